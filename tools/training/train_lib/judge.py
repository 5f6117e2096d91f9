# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program's `eval` measures, in Python: whole scenes, 576 tokens, greedy, with a blank picture as control."""
import numpy as np
import torch
import torch.nn.functional as F

from scenes_lib.questions import questions
from scenes_lib.scene import rng_for

from .device import put
from .labels import Window
from .net import to_patches
from .rows import Asked, Rows, decode_rows

ALL = torch.arange(576)[None]


def as_asked(q):
    return Asked(q["question"], q["answer"], q["family"])


@torch.no_grad()
def scene_rows(model, words, im, maps, scene, qs, blank=False):
    """(answers, relevance argmax patch) of each question."""
    px = np.broadcast_to(im.reshape(-1, 3).mean(0).round().astype(np.uint8), im.shape).copy() if blank else np.array(im)
    dtype = model.embed.weight.dtype
    f, _ = model.vision(to_patches(put(px[None]), dtype), ALL, False)
    h = model.projector(f)
    w = Window(maps, scene, 24)
    rows = Rows(words, [w], [[as_asked(q) for q in qs]], [np.arange(576)], [np.arange(576)])
    logits, _, _ = decode_rows(model, rows, h)
    got = logits[0::2].argmax(1).tolist()
    hn = F.normalize(h[0].float(), dim=-1)
    best = [int((hn @ model.embed(torch.tensor(words.ids(q["question"]))).float().mean(0)).argmax()) for q in qs]
    return [words.tok.decode([g]) for g in got], best, w


def f1(tp, fp, fn):
    return 2 * tp / max(1, 2 * tp + fp + fn)


@torch.no_grad()
def figures(model, words, pool, n, seed=1, split="val", blank=False, start=0):
    """Accuracy by family, existence F1, pointing by family, counts."""
    hit, point, tp, fp, fn = {}, {}, 0, 0, 0
    for i in range(start, min(start + n, len(pool))):
        im, maps, scene = pool.get(i)
        qs = questions(scene, rng_for(seed, split, i, 1))
        got, best, w = scene_rows(model, words, im, maps, scene, qs, blank)
        for q, a, p in zip(qs, got, best):
            fam = q["family"] if q["negative"] is None else q["negative"]
            fam = "yes" if fam == "exist" else fam
            hit.setdefault(fam, []).append(a == q["answer"])
            if q["family"] == "exist":
                tp += a == "yes" == q["answer"]
                fp += a == "yes" != q["answer"]
                fn += a != "yes" == q["answer"]
            if q["refs"]:
                point.setdefault(q["family"], []).append(w.cov[p, [r + 1 for r in q["refs"]]].sum() >= .5)
    out = {"F1": round(100 * f1(tp, fp, fn), 1), "n": {k: len(v) for k, v in hit.items()}}
    out.update({k: round(100 * float(np.mean(v)), 1) for k, v in hit.items()})
    out["point"] = {k: round(100 * float(np.mean(v)), 1) for k, v in point.items()}
    return out
