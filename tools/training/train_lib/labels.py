# SPDX-License-Identifier: GPL-3.0-or-later
"""Patch labels, and questions with the patches they are about, of a window of a scene."""
import numpy as np

from scenes_lib import assets as A
from scenes_lib.questions import SUPPORT_WORDS, fill

CLASSES = [k.name for k in A.classes()] + ["sign"]
INDEX = {n: i for i, n in enumerate(CLASSES)}
BACKGROUND, IGNORE = len(CLASSES), -100
WORD_INDEX = {w: i for i, w in enumerate(A.WORDS)}


class Window:
    """Labels of the patches of one crop; `side` patches a side."""

    def __init__(self, maps, scene, side):
        """maps: object and letter of each pixel (side * 14 square, 0 none)."""
        ids, letters = np.asarray(maps[0], np.int64), np.asarray(maps[1], np.int64)
        n = len(scene.objs) + 1
        owner = (np.arange(side * 14) // 14)
        patch = owner[:, None] * side + owner[None, :]
        count = np.bincount((patch * n + ids).ravel(), minlength=side * side * n).reshape(side * side, n)
        self.cov = count.astype(np.float32) / 196.0          # (patches, 1 + objects)
        self.letters = self._middles = None
        if letters.any():
            self.letters = np.bincount((patch * 27 + letters).ravel(), minlength=side * side * 27).reshape(-1, 27)[:, 1:] >= 24
        self.scene, self.side = scene, side
        objs = scene.objs
        self.cls = np.array([INDEX[o.name] for o in objs], np.int64)
        inside = count[:, 1:].sum(0)
        self.inside = inside / np.maximum(1, [o.area for o in objs])
        self.whole = self.inside > .6
        best = self.cov[:, 1:].argmax(1) if n > 1 else np.zeros(len(self.cov), np.int64)
        top = self.cov[np.arange(len(best)), best + 1] if n > 1 else np.zeros(len(self.cov))
        self.obj = np.where(top >= .35, best, -1)             # object of each patch or -1
        self.label = np.where(self.obj >= 0, self.cls[best], np.where(self.cov[:, 0] >= .85, BACKGROUND, IGNORE))
        self.present = sorted({o.name for i, o in enumerate(objs) if inside[i] > 0})
        ok = {}
        for i, o in enumerate(objs):
            ok.setdefault(o.name, []).append(bool(self.whole[i] or inside[i] == 0))
        shown = {o.name for i, o in enumerate(objs) if self.whole[i] and (self.obj == i).sum() >= 1 and inside[i] >= 260}
        self.clear = sorted(n for n in shown if all(ok[n]))   # may be asked about

    def indices(self, name):
        return [i for i, o in enumerate(self.scene.objs) if o.name == name and self.whole[i]]

    def readable(self):
        """The signs whose word can be read: whole and not hidden."""
        return [i for i, o in enumerate(self.scene.objs) if o.name == "sign" and self.inside[i] > .97 and o.vis > .95]

    def centre(self, i):
        """Column and row of an object in -1..1 of the window, from its patches."""
        c = self.cov[:, i + 1]
        at = np.arange(len(c))
        k = 2 / max(1e-6, c.sum() * (self.side - 1))
        return float((c * (at % self.side)).sum() * k - 1), float((c * (at // self.side)).sum() * k - 1)

    def middles(self):
        """Each object's patch nearest to the middle of what the window shows of it, -1 where it has none."""
        if self._middles is not None:
            return self._middles
        self._middles = out = np.full(len(self.scene.objs), -1, np.int64)
        at = np.arange(len(self.obj))
        for i in set(self.obj[self.obj >= 0].tolist()):
            mine, c = at[self.obj == i], self.cov[:, i + 1]
            x, y = (c * (at % self.side)).sum() / c.sum(), (c * (at // self.side)).sum() / c.sum()
            out[i] = mine[((mine % self.side - x) ** 2 + (mine // self.side - y) ** 2).argmin()]
        return out

    def offsets(self):
        """(patches, 3): columns and rows to the middle patch of the patch's object, in fours of patches, and whether it is
        that patch; not a number where there is no object."""
        out = np.full((len(self.obj), 3), np.nan, np.float32)
        at, on = np.arange(len(self.obj)), self.obj >= 0
        mid = self.middles()[self.obj[on]]
        out[on, 0] = (mid % self.side - at[on] % self.side) / 4
        out[on, 1] = (mid // self.side - at[on] // self.side) / 4
        out[on, 2] = mid == at[on]
        return out

    def extent(self):
        """Log of the number of patches that the patch's object shows, 0 to about 2; IGNORE where there is none."""
        n = np.log1p(self.cov[:, 1:].sum(0)) / 2
        return np.where(self.obj >= 0, n[np.maximum(self.obj, 0)] if len(n) else 0, IGNORE).astype(np.float32)

    def patches(self, ix):
        """(positive, ignored) patch masks of these objects."""
        c = self.cov[:, [i + 1 for i in ix]].sum(1)
        pos = c >= .5
        if not pos.any():
            pos = c >= .35
        return pos, (c >= .3) & ~pos

    def colour(self):
        out = np.full(len(self.label), IGNORE, np.int64)
        for i, o in enumerate(self.scene.objs):
            if o.colour and o.name != "sign":
                out[self.obj == i] = A.COLOUR_NAMES.index(o.colour)
        return out

    def word(self):
        out = np.full(len(self.label), IGNORE, np.int64)
        for i in self.readable():
            out[self.obj == i] = WORD_INDEX[self.scene.objs[i].text]
        return out

    def multilabel(self):
        """Classes in the window: 1, absent 0, unclear (also: could be said of something present) -1."""
        y = np.zeros(len(CLASSES), np.float32)
        for n in self.present:
            for other in A.overlaps(n):
                y[INDEX[other]] = -1
        for n in self.present:
            y[INDEX[n]] = 1 if n in self.clear else -1
        return y


def query(rng, w):
    """A question of any family about this window: text and object index lists, or None."""
    if not w.clear:
        return None
    x = w.clear[int(rng.integers(len(w.clear)))]
    r = rng.random()
    if x == "sign" and r < .6:
        return fill(rng, "text", paraphrase=True), [w.indices("sign")]
    if x in SUPPORT_WORDS and r < .25:
        for i, o in enumerate(w.scene.objs):
            if o.on is not None and w.scene.objs[o.on].name == x and w.whole[i]:
                return fill(rng, "support", x), [[i], w.indices(x)]
    if r < .36:
        return fill(rng, "exist", x, paraphrase=True), [w.indices(x)]
    if r < .60:
        return fill(rng, "colour", x, paraphrase=True), [w.indices(x)]
    if r < .78 or len(w.clear) < 2:
        return fill(rng, "count", x, paraphrase=True), [w.indices(x)]
    others = [c for c in w.clear if c != x]
    y = others[int(rng.integers(len(others)))]
    fam = "leftright" if rng.random() < .6 else "abovebelow"
    return fill(rng, fam, x, y, True), [w.indices(x), w.indices(y)]
