# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures on whole unseen scenes at 576 tokens: naming, pointing, colour, position."""
import numpy as np
import torch
import torch.nn.functional as F

from scenes_lib.questions import questions
from scenes_lib.scene import rng_for

from .device import put
from .labels import CLASSES, IGNORE, INDEX, Window
from .net import to_patches
from .stage1 import name_table

ALL = torch.arange(576)[None]


@torch.no_grad()
def vision_figures(model, heads, words, pool, n=60):
    """Patch, object and colour accuracy; pointing by family; R2 of position on object patches."""
    hits = {}

    def note(k, v):
        hits.setdefault(k, []).append(float(v))

    table, err, var = name_table(model, words), [], []
    for i in range(min(n, len(pool))):
        im, maps, scene = pool.get(i)
        w = Window(maps, scene, 24)
        f, _ = model.vision(to_patches(put(im[None].copy()), torch.bfloat16), ALL, False)
        h = model.projector(f)[0]
        hn = F.normalize(h.float(), dim=-1)
        logits = hn @ table.T
        on = (w.label >= 0) & (w.label < len(CLASSES))
        for ok in (logits.argmax(1).cpu().numpy() == w.label)[on]:
            note("patch", ok)
        for j, o in enumerate(scene.objs):
            sel = put(w.obj == j)
            if sel.any() and o.vis >= .5:
                note("object", int(logits[sel].mean(0).argmax()) == INDEX[o.name])
        col = w.colour()
        cl = heads.colour(h).float().argmax(1).cpu().numpy()
        for ok in (cl == col)[col != IGNORE]:
            note("colour_patch", ok)
        xy = np.stack([np.arange(576) % 24, np.arange(576) // 24], 1) / 11.5 - 1
        got = heads.place(h).float().cpu().numpy()
        err.append(((got - xy) ** 2)[on])
        var.append(((xy - xy[on].mean(0)) ** 2)[on] if on.any() else err[-1])
        for q in questions(scene, rng_for(1, "val", i, 1)):
            if not q["refs"]:
                continue
            e = model.embed(torch.tensor(words.ids(q["question"]))).float().mean(0)
            best = int((hn @ e).argmax())
            cov = w.cov[best, [r + 1 for r in q["refs"]]].sum()
            note("point_" + q["family"], cov >= .5)
            note("loose_" + q["family"], cov > 0)
    out = {k: round(100 * sum(v) / len(v), 1) for k, v in hits.items()}
    e, v = np.concatenate(err).mean(0), np.concatenate(var).mean(0)
    out["R2"] = [round(float(x), 2) for x in 1 - e / v]
    out["n_exist"] = len(hits.get("point_exist", []))
    return out
