# SPDX-License-Identifier: GPL-3.0-or-later
"""Losses that teach the decoder where an answer comes from; the heads are thrown away after training.

The way of an answer through the layers (counted from one), each step supervised by masks:
- layers 6, 7: a name's token attends to its object's patches (head 0), every instance alike (head 4), absent: to <s>;
- layer 6: it also attends to the leftmost and the rightmost of them (heads 1 and 2), layer 7: to the topmost and the lowest. One is
  told from several by their places: the share of <s> alone, 1 / (1 + number), is too noisy (standard deviation .13);
- after layer 8: the name's token knows place, outermost places, colour, number and (a sign's) word of what it names (linear heads);
- layers 9, 10: the last token attends to the first name (head 1) and to the second (head 2);
- layers 10, 11: the last token attends to the patches that the answer is read from (head 3);
- after layer 10: the last token of a two-object question knows the difference of the places.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from .labels import WORD_INDEX

GROUND = (5, 6)
OUTER = ((5, 1), (5, 2), (6, 1), (6, 2))   # (layer, head): leftmost, rightmost, topmost, lowest
KNOWS = 7
POINT = (8, 9)
READ = (9, 10)
DIFFER = 9
MAPS = tuple(sorted({*GROUND, *POINT, *READ}))
STATES = (KNOWS, DIFFER)
WEIGHT = {"ground": .15, "spread": .5, "ends": .3, "edges": 2., "xy": 3., "hue": .2, "number": 1., "first": .1, "second": .1,
          "read": .15, "differ": 2., "sign": .3}


class Readers(nn.Module):
    """Linear heads on the decoder's states."""

    def __init__(self, c):
        super().__init__()
        self.xy, self.hue, self.number = nn.Linear(c.d, 2), nn.Linear(c.d, 11), nn.Linear(c.d, 5)
        self.edges = nn.Linear(c.d, 4)
        self.differ, self.word = nn.Linear(c.d, 2), nn.Linear(c.d, len(WORD_INDEX))


def flat(x):
    """States at one size, whatever the residual stream has grown to."""
    return F.rms_norm(x, (x.shape[-1],))


def log_mass(maps, layers, head, at, mask):
    """-log of the attention from `at` (rows, columns) that lies on `mask`, mean over places and layers."""
    total = torch.zeros(())
    for i in layers:
        total = total - torch.log((maps[i][at[0], head, at[1]].float() * mask).sum(1) + 1e-4).mean() / len(layers)
    return total


def terms(rows, readers, maps, seen):
    """Every loss that this batch has targets for."""
    out = {}
    if rows.g_mask is not None:
        out["ground"] = log_mass(maps, GROUND, 0, rows.g_at, rows.g_mask)
        if readers is None:
            return out
        at = rows.g_at
        x = flat(seen[KNOWS][at[0], at[1]])
        share = rows.g_share
        loss = torch.zeros(())
        for i in GROUND:
            p = maps[i][at[0], 4, at[1]].float()
            mass = torch.einsum("qt,qgt->qg", p, rows.g_parts)
            loss = loss - (share * torch.log(mass + 1e-4)).sum(1).mean() / len(GROUND)
        out["spread"] = loss
        some = ~rows.g_edges[:, 0].isnan()
        if some.any():
            far = [maps[i][at[0], h, at[1]].float() for i, h in OUTER]
            mass = torch.stack([(p * rows.g_ends[:, k]).sum(1) for k, p in enumerate(far)], 1)
            out["ends"] = -torch.log(mass[some] + 1e-4).mean()
            out["edges"] = ((readers.edges(x[some]).float() - rows.g_edges[some]) ** 2).mean()
        sel = rows.g_one
        if sel.any():
            out["xy"] = ((readers.xy(x[sel]).float() - rows.g_xy[sel]) ** 2).mean() * 2
        if (rows.g_hue >= 0).any():
            out["hue"] = F.cross_entropy(readers.hue(x).float(), rows.g_hue, ignore_index=-100)
        if (rows.g_word >= 0).any():
            out["sign"] = F.cross_entropy(readers.word(x).float(), rows.g_word, ignore_index=-100)
        out["number"] = F.cross_entropy(readers.number(x).float(), rows.g_n, torch.tensor([.5, .5, 1., 1.3, 1.6]))
    if readers is None:
        return out
    for key, head, t in (("first", 1, rows.first), ("second", 2, rows.second)):
        if t is not None:
            out[key] = log_mass(maps, POINT, head, t[:2], F.one_hot(t[2], rows.ids.shape[1]))
    if rows.r_mask is not None:
        out["read"] = log_mass(maps, READ, 3, rows.r_at, rows.r_mask)
    if rows.second is not None:
        x = flat(seen[DIFFER][rows.second[0], rows.second[1]])
        out["differ"] = ((readers.differ(x).float() - rows.d_xy) ** 2).mean()
    return out
