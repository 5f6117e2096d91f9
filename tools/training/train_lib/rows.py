# SPDX-License-Identifier: GPL-3.0-or-later
"""Packed rows: one visual prefix, several questions behind it that do not see each other."""
import numpy as np
import torch

from scenes_lib import assets as A
from scenes_lib.questions import NUMBERS, SUPPORT_WORDS, fill, plural

TEXT_START = 4 + 576
FAMILIES = ["yes", "no", "colour", "relation", "count", "support", "text", "place"]
MIX = {"yes": .27, "random": .13, "adversarial": .13, "colour": .22, "leftright": .05, "abovebelow": .03, "count": .06,
       "support": .04, "text": .03, "place": .04}


class Asked:
    """One question: text, answer, family, and for each name in it the object indices ([] = absent)."""
    __slots__ = ("text", "answer", "family", "names", "refs")

    def __init__(self, text, answer, family, names=(), refs=()):
        self.text, self.answer, self.family, self.names, self.refs = text, answer, family, list(names), list(refs)


def absent(rng, w, adversarial):
    gone = [k for k in A.classes() if k.name not in w.present]
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
        ix = [i for i in w.indices("sign") if w.inside[i] > .97 and w.scene.objs[i].vis > .95]
        if len(ix) != 1 or "sign" not in w.clear:
            return None
        return Asked(fill(rng, "text", paraphrase=True), w.scene.objs[ix[0]].text.lower(), "text", ["sign"], [ix])
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
        return Asked(fill(rng, "colour", x, paraphrase=True), o.colour, "colour", [x], [w.indices(x)])
    if kind == "count":
        many = [c for c in things if len(w.indices(c)) > 1]
        x = pick(rng, many if many and rng.random() < .7 else things)
        n = len(w.indices(x))
        return Asked(fill(rng, "count", x, paraphrase=True), NUMBERS[n], "count", [plural(x)], [w.indices(x)]) if n <= 4 else None
    tops = [(i, o) for i, o in enumerate(w.scene.objs) if o.on is not None and w.whole[i] and w.whole[o.on]
            and len(w.indices(w.scene.objs[o.on].name)) == 1]
    if not tops or tops[0][1].name not in w.clear:
        return None
    i, o = tops[0]
    s = w.scene.objs[o.on].name
    return Asked(fill(rng, "support", s), o.name, "support", [s], [w.indices(s)]) if s in SUPPORT_WORDS else None


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


def subset(rng, w, keep):
    """Patches of a short row: every object's best patch and one more, then others, some background."""
    if keep >= len(w.obj):
        return np.arange(len(w.obj))
    must = []
    for i in range(len(w.scene.objs)):
        mine = np.flatnonzero(w.obj == i)
        if len(mine):
            must.append(int(mine[w.cov[mine, i + 1].argmax()]))
            must.append(int(mine[rng.integers(len(mine))]))
    must = list(dict.fromkeys(must))[:keep - 6]
    taken = set(must)
    objs = [int(i) for i in rng.permutation(np.flatnonzero(w.obj >= 0)) if int(i) not in taken][:max(0, keep - 6 - len(must))]
    taken.update(objs)
    rest = [i for i in range(len(w.obj)) if i not in taken]
    rest = [rest[i] for i in rng.permutation(len(rest))[:keep - len(must) - len(objs)]]
    return np.array(sorted(must + objs + rest))


class Rows:
    """Tensors of a batch of packed rows. The visual part is written in later (same number of tokens a row)."""

    def __init__(self, words, wins, asked, kept, raster):
        b, nv, np_ = len(wins), len(kept[0]), len(words.prefix)
        texts = [[words.after_image(q.text) + [words.word(q.answer), words.eos] for q in qs] for qs in asked]
        width = np_ + nv + max(sum(len(t) - 1 for t in row) for row in texts)
        ids = np.full((b, width), words.pad, np.int64)
        pos = np.zeros((b, width), np.int64)
        seg = np.full((b, width), -1, np.int64)
        self.start, self.nv = np_, nv
        at_row, at_col, target, self.family = [], [], [], []
        g_row, g_col, g_mask = [], [], []
        for r in range(b):
            ids[r, :np_], pos[r, :np_], seg[r, :np_ + nv] = words.prefix, np.arange(np_), 0
            pos[r, np_:np_ + nv] = np_ + raster[r][kept[r]]
            at = np_ + nv
            for s, (q, t) in enumerate(zip(asked[r], texts[r])):
                n = len(t) - 1
                ids[r, at:at + n], pos[r, at:at + n], seg[r, at:at + n] = t[:-1], TEXT_START + np.arange(n), s + 1
                for back in (2, 1):
                    at_row.append(r), at_col.append(at + n - back), target.append(t[n + 1 - back])
                self.family.append(q.family)
                for name, ix in zip(q.names, q.refs):
                    m = np.zeros(width, bool)
                    if ix:
                        on = np.isin(wins[r].obj[kept[r]], ix)
                        m[np_:np_ + nv] = on
                    else:
                        m[0] = True
                    if m.any():
                        g_row.append(r), g_col.append(at + t.index(words.word(name))), g_mask.append(m)
                at += n
        self.ids, self.pos, self.seg = (torch.from_numpy(x) for x in (ids, pos, seg))
        self.at = torch.tensor(at_row), torch.tensor(at_col)
        self.target = torch.tensor(target)
        self.g_at = torch.tensor(g_row), torch.tensor(g_col)
        self.g_mask = torch.from_numpy(np.stack(g_mask)) if g_mask else None

    def mask(self, dtype):
        i = torch.arange(self.ids.shape[1])
        s = self.seg
        ok = (i[None, :] <= i[:, None]) & ((s[:, None, :] == 0) | (s[:, None, :] == s[:, :, None]))
        ok = ok | torch.eye(len(i), dtype=torch.bool)
        return torch.zeros(ok.shape, dtype=dtype).masked_fill_(~ok, -1e4)[:, None]


GROUND = (5, 6)     # layers 6 and 7 counted from one


def decode_rows(model, rows, h, embed=None):
    """Logits at the answer places and the attention maps. h (B, nv, d) visual tokens."""
    x = (embed or model.embed)(rows.ids)
    x = torch.cat([x[:, :rows.start], h.to(x.dtype), x[:, rows.start + rows.nv:]], 1)
    y, maps = model.decoder(x, rows.pos, rows.mask(x.dtype), GROUND)
    return model.decoder.head(y[rows.at[0], rows.at[1]]).float(), maps


def answer_losses(rows, logits, maps):
    """Cross-entropy, grounding, and hits by family."""
    ce = torch.nn.functional.cross_entropy(logits, rows.target, reduction="none")
    ground = torch.zeros(())
    if rows.g_mask is not None:
        for m in maps:
            mass = (m[rows.g_at[0], rows.g_at[1]].float() * rows.g_mask).sum(1)
            ground = ground - torch.log(mass + 1e-4).mean() / len(maps)
    hit = (logits.argmax(1) == rows.target)[0::2]
    by = {}
    for f, ok in zip(rows.family, hit.tolist()):
        by.setdefault(f, []).append(ok)
    return ce[0::2].mean() + .1 * ce[1::2].mean(), ground, by
