# SPDX-License-Identifier: GPL-3.0-or-later
"""Packed rows: one visual prefix, several questions behind it that do not see each other."""
import copy

import numpy as np
import torch

from scenes_lib import assets as A
from scenes_lib.questions import NUMBERS, SUPPORT_WORDS, fill, plural

from . import aux
from .device import put
from .labels import WORD_INDEX

TEXT_START = 4 + 576
FAMILIES = ["yes", "no", "colour", "relation", "count", "support", "text", "place"]
MIX = {"yes": .27, "random": .13, "adversarial": .13, "colour": .22, "leftright": .05, "abovebelow": .03, "count": .06,
       "support": .04, "text": .03, "place": .04}


MANY = .65   # share of the questions "how many" about something that there is more than one of, as in the suites


class Asked:
    """One question: text, answer, family, for each name in it the object indices ([] = absent), and the objects that
    the answer is read from."""
    __slots__ = ("text", "answer", "family", "names", "refs", "read")

    def __init__(self, text, answer, family, names=(), refs=(), read=()):
        self.text, self.answer, self.family = text, answer, family
        self.names, self.refs, self.read = list(names), list(refs), list(read)


def absent(rng, w, adversarial):
    taken = set().union(*(A.overlaps(n) for n in w.present))
    gone = [k for k in A.classes() if k.name not in taken]
    if adversarial:
        gone = [k for k in gone if w.scene.kind in k.places] or gone
    return gone[int(rng.integers(len(gone)))].name


def pick(rng, seq):
    return seq[int(rng.integers(len(seq)))]


def relation(rng, w, fam):
    one = [c for c in w.clear if len(w.indices(c)) == 1]
    if len(one) < 2:
        return None
    x, y = (one[i] for i in rng.permutation(len(one))[:2])
    ox, oy = w.scene.objs[w.indices(x)[0]], w.scene.objs[w.indices(y)[0]]
    dx = (ox.box[0] + ox.box[2] - oy.box[0] - oy.box[2]) / 2
    dy = (ox.box[1] + ox.box[3] - oy.box[1] - oy.box[3]) / 2
    if fam == "leftright" and abs(dx) > 40 and abs(dx) > .7 * abs(dy):
        ans = "left" if dx < 0 else "right"
    elif fam == "abovebelow" and abs(dy) > 40:
        ans = "above" if dy < 0 else "below"
    else:
        return None
    return Asked(fill(rng, fam, x, y, True), ans, "relation", [x, y], [w.indices(x), w.indices(y)])


def one_question(rng, w, kind):
    """A question of this kind about the window, or None."""
    things = [c for c in w.clear if c != "sign"]
    if kind in ("random", "adversarial"):
        x = absent(rng, w, kind == "adversarial")
        return Asked(fill(rng, "exist", x, paraphrase=True), "no", "no", [x], [[]])
    if kind == "place":
        return Asked(fill(rng, "place", paraphrase=True), w.scene.kind, "place")
    if kind in ("leftright", "abovebelow"):
        return relation(rng, w, kind)
    if kind == "text":
        ix = [i for i in w.readable() if w.whole[i]]
        if len(ix) != 1 or "sign" not in w.clear:
            return None
        return Asked(fill(rng, "text", paraphrase=True), w.scene.objs[ix[0]].text.lower(), "text", ["sign"], [ix], ix)
    if not things:
        return None
    if kind == "yes":
        x = pick(rng, things)
        return Asked(fill(rng, "exist", x, paraphrase=True), "yes", "yes", [x], [w.indices(x)])
    if kind == "colour":
        things = [c for c in things if len(w.indices(c)) == 1 and w.scene.objs[w.indices(c)[0]].colour]
        if not things:
            return None
        x = pick(rng, things)
        o = w.scene.objs[w.indices(x)[0]]
        return Asked(fill(rng, "colour", x, paraphrase=True), o.colour, "colour", [x], [w.indices(x)], w.indices(x))
    if kind == "count":
        few = [c for c in things if len(w.indices(c)) <= 4]
        many = [c for c in few if len(w.indices(c)) > 1]
        if not few:
            return None
        x = pick(rng, many if many and rng.random() < MANY else few)
        n = len(w.indices(x))
        return Asked(fill(rng, "count", x, paraphrase=True), NUMBERS[n], "count", [plural(x)], [w.indices(x)])
    tops = [(i, o) for i, o in enumerate(w.scene.objs) if o.on is not None and w.whole[i] and w.whole[o.on]
            and len(w.indices(w.scene.objs[o.on].name)) == 1]
    if not tops:
        return None
    i, o = pick(rng, tops)
    if o.name not in w.clear:
        return None
    s = w.scene.objs[o.on].name
    return Asked(fill(rng, "support", s), o.name, "support", [s], [w.indices(s)], [i]) if s in SUPPORT_WORDS else None


def ask(rng, w, n, mix=None):
    """n questions; a kind that does not fit is drawn again, existence stays 1:1."""
    mix = mix or MIX
    kinds, p = list(mix), np.array(list(mix.values()))
    p = p / p.sum()
    out = []
    for _ in range(n * 6):
        if len(out) >= n:
            break
        kind = kinds[int(rng.choice(len(kinds), p=p))]
        q = one_question(rng, w, kind)
        if q is not None:
            out.append(q)
    while len(out) < n:
        out.append(one_question(rng, w, "place"))
    return out


def subset(rng, w, keep, entire=()):
    """Patches of a short row: every object's middle patch and one more, then all of the objects `entire`, then other objects'
    patches and some background."""
    if keep >= len(w.obj):
        return np.arange(len(w.obj))
    must = []
    for i, middle in enumerate(w.middles().tolist()):
        mine = np.flatnonzero(w.obj == i)
        if len(mine):
            must.append(middle)
            must.append(int(mine[rng.integers(len(mine))]))
    must += rng.permutation(np.flatnonzero(np.isin(w.obj, list(entire)))).tolist()
    must = list(dict.fromkeys(must))[:keep - 6]
    taken = set(must)
    objs = [int(i) for i in rng.permutation(np.flatnonzero(w.obj >= 0)) if int(i) not in taken][:max(0, keep - 6 - len(must))]
    taken.update(objs)
    rest = [i for i in range(len(w.obj)) if i not in taken]
    rest = [rest[i] for i in rng.permutation(len(rest))[:keep - len(must) - len(objs)]]
    return np.array(sorted(must + objs + rest))


def counted(asked):
    """The objects that questions "how many" are about."""
    return [i for q in asked if q.family == "count" for ix in q.refs for i in ix]


def one_sign(rng, w, keep):
    """(the window as if it had one sign only, `keep` patches of which none shows another sign), or None where no sign can be
    read. So a scene of many signs asks for each of their words."""
    whole = w.readable()
    if not whole:
        return None
    me = pick(rng, whole)
    others = [i for i, o in enumerate(w.scene.objs) if o.name == "sign" and i != me]
    v = copy.copy(w)
    v.whole, v.clear = w.whole.copy(), sorted({*w.clear, "sign"})
    v.whole[others] = False
    free = w.cov[:, [i + 1 for i in others]].sum(1) == 0
    mine = rng.permutation(np.flatnonzero(free & (w.obj == me)))[:keep - 8]
    rest = rng.permutation(np.flatnonzero(free & (w.obj != me)))[:keep - len(mine)]
    if not len(mine) or len(mine) + len(rest) < keep:
        return None
    return v, np.sort(np.concatenate([mine, rest]))


class Told:
    """Collects what the decoder is told about its questions (targets of `aux`)."""

    def __init__(self, width, start, nv):
        self.width, self.vis = width, slice(start, start + nv)
        self.g, self.points, self.reads, self.diff = [], {0: [], 1: []}, [], []

    def add(self, r, w, kept, q, cols, last):
        """Question `q` of row `r`: columns of its names' tokens, column of its last token."""
        obj, places = w.obj[kept], []
        for k, (ix, col) in enumerate(zip(q.refs, cols)):
            ix = [i for i in ix if (obj == i).any()]
            if q.refs[k] and not ix:
                continue
            parts = np.zeros((6, self.width), np.float32)
            share = np.zeros(6, np.float32)
            if not ix:
                parts[5, 0] = share[5] = 1
            elif len(ix) <= 4:
                for j, i in enumerate(ix):
                    parts[j, self.vis] = obj == i
                share[:len(ix)] = parts[5, 0] = 1
                share[5] = 1
            whole = np.zeros(self.width, bool)
            whole[self.vis] = np.isin(obj, ix)
            whole[0] = not ix
            one = w.scene.objs[ix[0]] if len(ix) == 1 else None
            xy = w.centre(ix[0]) if one else (0., 0.)
            hue = A.COLOUR_NAMES.index(one.colour) if one and one.colour and one.name != "sign" else -100
            n = len(ix) if len(ix) <= 4 else -100
            ends, edges = np.zeros((4, self.width), np.float32), (np.nan,) * 4
            if ix and len(ix) <= 4:
                at = np.array([w.centre(i) for i in ix])
                outer = (at[:, 0].argmin(), at[:, 0].argmax(), at[:, 1].argmin(), at[:, 1].argmax())
                for j, k2 in enumerate(outer):
                    ends[j, self.vis] = obj == ix[k2]
                edges = tuple(at[k2, j // 2] for j, k2 in enumerate(outer))
            word = WORD_INDEX[one.text] if one and one.name == "sign" and q.family == "text" else -100
            self.g.append((r, col - self.vis.stop, whole, parts, share / max(1, share.sum()), bool(one), xy, hue, n, word, ends,
                           edges))
            places.append(xy if one else None)
        for k, col in enumerate(cols[:2]):
            self.points[k].append((r, last - self.vis.stop, col))
        if len(cols) == 2:
            ok = len(places) == 2 and None not in places
            self.diff.append(np.subtract(*places) if ok else (0., 0.))
        m = np.isin(obj, q.read) if q.read else np.zeros(1, bool)
        if m.any():
            row = np.zeros(self.width, bool)
            row[self.vis] = m
            self.reads.append((r, last - self.vis.stop, row))

    def into(self, rows):
        rows.g_mask = rows.first = rows.second = rows.r_mask = None
        if self.g:
            c = list(zip(*self.g))
            rows.g_at = torch.tensor(c[0]), torch.tensor(c[1])
            rows.g_mask, rows.g_parts, rows.g_share = (put(np.stack(x)) for x in c[2:5])
            rows.g_one, rows.g_xy = torch.tensor(c[5]), torch.tensor(c[6], dtype=torch.float32)
            rows.g_hue, rows.g_n, rows.g_word = (torch.tensor(x) for x in c[7:10])
            rows.g_ends, rows.g_edges = put(np.stack(c[10])), torch.tensor(np.array(c[11]), dtype=torch.float32)
        if self.points[0]:
            rows.first = torch.tensor(self.points[0]).T
        if self.points[1]:
            rows.second = torch.tensor(self.points[1]).T
            rows.d_xy = torch.tensor(np.array(self.diff), dtype=torch.float32)
        if self.reads:
            c = list(zip(*self.reads))
            rows.r_at, rows.r_mask = (torch.tensor(c[0]), torch.tensor(c[1])), put(np.stack(c[2]))


class Rows:
    """Tensors of a batch of packed rows. The visual part is written in later (same number of tokens a row)."""

    def __init__(self, words, wins, asked, kept, raster):
        b, nv, np_ = len(wins), len(kept[0]), len(words.prefix)
        texts = [[words.after_image(q.text) + [words.word(q.answer), words.eos] for q in qs] for qs in asked]
        width = np_ + nv + max(sum(len(t) - 1 for t in row) for row in texts)
        ids = np.full((b, width), words.pad, np.int64)
        pos = np.zeros((b, width), np.int64)
        seg = np.full((b, width), -1, np.int64)
        self.start, self.first_text = np_, np_ + nv
        at_row, at_col, target, self.family = [], [], [], []
        told = Told(width, np_, nv)
        for r in range(b):
            ids[r, :np_], pos[r, :np_], seg[r, :np_ + nv] = words.prefix, np.arange(np_), 0
            pos[r, np_:np_ + nv] = np_ + raster[r][kept[r]]
            at = np_ + nv
            for s, (q, t) in enumerate(zip(asked[r], texts[r])):
                n = len(t) - 1
                ids[r, at:at + n], pos[r, at:at + n], seg[r, at:at + n] = t[:-1], TEXT_START + np.arange(n), s + 1
                for back in (2, 1):
                    at_row.append(r), at_col.append(at + n - back - np_ - nv), target.append(t[n + 1 - back])
                self.family.append(q.family)
                told.add(r, wins[r], kept[r], q, [at + t.index(words.word(name)) for name in q.names], at + n - 2)
                at += n
        self.ids, self.pos, self.seg = (put(x) for x in (ids, pos, seg))
        self.at = torch.tensor(at_row), torch.tensor(at_col)
        self.target = torch.tensor(target)
        told.into(self)

    def parts(self, dtype):
        """[(first row, end, mask)]: the prefix in two causal pieces, then all questions, which see it and themselves."""
        n, t, half = self.first_text, self.ids.shape[1], self.first_text // 2
        out = []
        for lo, hi in ((0, half), (half, n)):
            bad = torch.ones(hi - lo, hi, dtype=torch.bool).triu(lo + 1)
            out.append((lo, hi, torch.zeros(bad.shape, dtype=dtype).masked_fill_(bad, -1e4)))
        i = torch.arange(t)
        s = self.seg
        ok = (i[None, :] <= i[n:, None]) & ((s[:, None, :] == 0) | (s[:, None, :] == s[:, n:, None]))
        ok = ok | (i[None, :] == i[n:, None])
        return out + [(n, t, torch.zeros(ok.shape, dtype=dtype).masked_fill_(~ok, -1e4)[:, None])]


def decode_rows(model, rows, h, embed=None):
    """Logits at the answer places, attention maps and states of the question tokens. h (B, nv, d) visual tokens."""
    x = (embed or model.embed)(rows.ids)
    x = torch.cat([x[:, :rows.start], h.to(x.dtype), x[:, rows.first_text:]], 1)
    y, maps, seen = model.decoder(x, rows.pos, rows.parts(x.dtype), aux.MAPS, aux.STATES)
    return model.decoder.head(y[rows.at[0], rows.at[1]]).float(), maps, seen


def answer_losses(rows, logits, maps, seen, readers=None):
    """Cross-entropy, {aux loss: value}, and hits by family."""
    ce = torch.nn.functional.cross_entropy(logits, rows.target, reduction="none")
    hit = (logits.argmax(1) == rows.target)[0::2]
    by = {}
    for f, ok in zip(rows.family, hit.tolist()):
        by.setdefault(f, []).append(ok)
    return ce[0::2].mean() + .1 * ce[1::2].mean(), aux.terms(rows, readers, maps, seen), by
