# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 1: tower, projector and embedding table on windows of 12 x 12 patches; no decoder."""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from .device import put
from .labels import BACKGROUND, CLASSES, IGNORE, WORD_INDEX, Window, query
from .net import to_patches


class Heads(nn.Module):
    """Throw-away heads of the auxiliary losses."""

    def __init__(self, c):
        super().__init__()
        self.background = nn.Parameter(torch.randn(1, c.d) * .05)
        self.t_dense = nn.Parameter(torch.tensor(2.64))   # log 14
        self.t_query = nn.Parameter(torch.tensor(2.64))
        self.cls = nn.Linear(c.vd, len(CLASSES))
        self.colour = nn.Linear(c.d, 11)
        self.word = nn.Linear(c.d, len(WORD_INDEX))
        self.letter = nn.Linear(c.d, 26)
        self.place = nn.Linear(c.d, 2)
        self.extent = nn.Linear(c.d, 1)
        self.middle = nn.Linear(c.d, 3)


def crop_batch(pool, rng, b, side=12, signs=0.0, one_sign=0.0):
    """Windows at a random pixel offset with a random window of position ids."""
    s = side * 14
    img = np.empty((b, s, s, 3), np.uint8)
    pos = np.empty((b, side * side), np.int64)
    wins = []
    for j in range(b):
        im, maps, scene = pool.get(pool.draw(rng, signs, one_sign))
        y, x = int(rng.integers(336 - s + 1)), int(rng.integers(336 - s + 1))
        img[j] = im[y:y + s, x:x + s]
        wins.append(Window([m[y:y + s, x:x + s] for m in maps], scene, side))
        r, c = (int(v) for v in rng.integers(0, 24 - side + 1, size=2))
        pos[j] = ((np.arange(side) + r)[:, None] * 24 + np.arange(side)[None] + c).ravel()
    return put(img), put(pos), wins


def name_table(model, words):
    ids = torch.tensor([words.word(n) for n in CLASSES])
    return F.normalize(model.embed(ids).float(), dim=-1)


def dense_terms(model, heads, words, h, pos, wins):
    """Losses that every patch carries. h (B, T, d)."""
    hn = F.normalize(h.float(), dim=-1)
    table = torch.cat([name_table(model, words), F.normalize(heads.background.float(), dim=-1)])
    logits = hn @ table.T * heads.t_dense.float().exp().clamp(max=50)
    label = put(np.stack([w.label for w in wins]))
    weight = torch.ones(len(CLASSES) + 1)
    weight[BACKGROUND] = .12
    flat = label.reshape(-1)
    out = {"dense": F.cross_entropy(logits.reshape(len(flat), -1), flat, weight, ignore_index=IGNORE)}
    with torch.no_grad():
        on = (flat >= 0) & (flat != BACKGROUND)
        out["acc"] = (logits.reshape(len(flat), -1).argmax(1) == flat)[on].float().mean()
    for key, make in (("colour", Window.colour), ("word", Window.word)):
        y = put(np.stack([make(w) for w in wins])).reshape(-1)
        sel = y >= 0
        if sel.any():
            out[key] = F.cross_entropy(getattr(heads, key)(h.reshape(len(y), -1)[sel]).float(), y[sel])
    xy = torch.stack([(pos % 24).float(), (pos // 24).float()], -1) / 11.5 - 1
    some = [(i, w.letters) for i, w in enumerate(wins) if w.letters is not None]
    if some:  # the letters that a patch shows: any of them will do
        y = put(np.stack([m for _, m in some])).reshape(-1, 26)
        x = h[torch.tensor([i for i, _ in some])].reshape(len(y), -1)[y.any(1)]
        lp = F.log_softmax(heads.letter(x).float(), -1)
        out["letter"] = -torch.logsumexp(lp.masked_fill(~y[y.any(1)], -1e4), 1).mean()
    y = put(np.stack([w.extent() for w in wins])).reshape(-1)
    sel = y != IGNORE
    if sel.any():
        out["extent"] = ((heads.extent(h.reshape(len(y), -1)[sel]).float()[:, 0] - y[sel]) ** 2).mean()
    y = put(np.stack([w.offsets() for w in wins])).reshape(-1, 3)
    sel = ~y[:, 0].isnan()
    if sel.any():  # where one object ends and the next begins: counting needs one patch of each
        got, y = heads.middle(h.reshape(len(sel), -1)[sel]).float(), y[sel]
        out["offset"] = F.smooth_l1_loss(got[:, :2], y[:, :2], beta=.25)
        out["middle"] = F.binary_cross_entropy_with_logits(got[:, 2], y[:, 2], pos_weight=torch.tensor(3.))
        with torch.no_grad():
            out["middle_f1"] = 2 * ((got[:, 2] > .8) & (y[:, 2] > 0)).sum() / ((got[:, 2] > .8).sum() + y[:, 2].sum()).clamp(min=1)
    out["place"] = ((heads.place(h).float() - xy) ** 2).mean() * 2
    return out, hn


def query_term(model, heads, words, hn, wins, rng, per=3):
    """Relevance made trainable: the mean of all question tokens must be nearest to the referred patches."""
    rows, embeds, pos, ign = [], [], [], []
    for b, w in enumerate(wins):
        for _ in range(per):
            q = query(rng, w)
            if q is None:
                break
            ids = words.ids(q[0])
            for ix in q[1]:
                p, g = w.patches(ix)
                other = w.patches([i for jx in q[1] for i in jx])
                rows.append(b)
                embeds.append(ids)
                pos.append(p)
                ign.append((g | other[0] | other[1]) & ~p)
    if not rows:
        return torch.zeros(())
    width = max(map(len, embeds))
    ids = torch.tensor([e + [0] * (width - len(e)) for e in embeds])
    mask = torch.tensor([[1.] * len(e) + [0.] * (width - len(e)) for e in embeds])
    q = (model.embed(ids).float() * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    s = torch.einsum("qd,qtd->qt", F.normalize(q, dim=-1), hn[torch.tensor(rows)])
    s = s * heads.t_query.float().exp().clamp(max=50)
    s = s.masked_fill(put(np.stack(ign)), -1e4)
    pos = put(np.stack(pos))
    return (torch.logsumexp(s, 1) - torch.logsumexp(s.masked_fill(~pos, -1e4), 1)).mean()


WEIGHT = {"dense": 1., "query": .4, "cls": .5, "colour": .3, "word": .5, "letter": .5, "place": 1., "extent": .5,
          "offset": 1., "middle": .4}


def losses(model, heads, words, batch, rng, feats=None):
    """All stage-1 losses of a batch and the projected tokens."""
    img, pos, wins = batch
    f, pooled = model.vision(to_patches(img, torch.bfloat16), pos) if feats is None else feats
    h = model.projector(f)
    out, hn = dense_terms(model, heads, words, h, pos, wins)
    out["query"] = query_term(model, heads, words, hn, wins, rng)
    y = put(np.stack([w.multilabel() for w in wins]))
    bce = F.binary_cross_entropy_with_logits(heads.cls(pooled).float(), y.clamp(min=0), reduction="none")
    out["cls"] = (bce * (y >= 0)).sum(1).mean() / 8
    total = sum(WEIGHT[k] * v for k, v in out.items() if k in WEIGHT)
    return total, out, h


def groups(model, heads, decoder=False):
    """Muon takes the matrices of blocks and projector; AdamW the rest."""
    out = []
    for n, p in model.named_parameters():
        if n.startswith("decoder.") and not decoder:
            continue
        mat = p.ndim == 2 and ("blocks" in n or "projector" in n)
        out.append((n, p, "muon" if mat else "adam"))
    out += [("heads." + n, p, "adam") for n, p in heads.named_parameters()]
    return out
