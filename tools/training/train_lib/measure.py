# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of a checkpoint folder on a suite folder, as `prunescope-cli eval` counts them, at all 576 tokens.

`python -m train_lib.measure MODEL SUITE.jsonl [--blank] [--json OUT]`; intervals by bootstrap over images.
"""
import argparse
import json
import os
from collections import defaultdict

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from scenes_lib.cli import unrle

from .device import put
from .export import load
from .net import Llava, Shape, to_patches
from .rows import Asked, Rows, decode_rows
from .tokens import Words

ALL = np.arange(576)
POINT = .3   # share of a patch that must be covered, as in `eval`


class Plain:
    """What Rows needs to know about a picture nothing is taught about."""
    obj = np.full(576, -1)


def coverage(refs):
    m = np.zeros((336, 336), bool)
    for r in refs:
        m |= unrle(r["rle"])
    return m.reshape(24, 14, 24, 14).mean((1, 3)).ravel()


def answers(model, words, im, questions, most=24):
    """[(first token's text, most relevant patch)] for the questions about one picture."""
    out = []
    with torch.no_grad():
        f, _ = model.vision(to_patches(put(im[None])), put(ALL)[None], False)
        h = model.projector(f)
        hn = F.normalize(h[0], dim=-1)
        for i in range(0, len(questions), most):
            part = questions[i:i + most]
            rows = Rows(words, [Plain], [[Asked(q, "yes", "") for q in part]], [ALL], [ALL])
            logits, _, _ = decode_rows(model, rows, h)
            for q, g in zip(part, logits[0::2].argmax(1).tolist()):
                e = model.embed(torch.tensor(words.ids(q))).mean(0)
                out.append((words.tok.decode([g]), int((hn @ e).argmax())))
    return out


def f1(rows):
    tp = sum(r["got"] == "yes" == r["answer"] for r in rows)
    miss = sum((r["got"] == "yes") != (r["answer"] == "yes") for r in rows)
    return 2 * tp / max(1, 2 * tp + miss)


def interval(rows, value, draws=1000):
    """95 % by resampling images."""
    by = defaultdict(list)
    for r in rows:
        by[r["image"]].append(r)
    groups, rng, out = list(by.values()), np.random.default_rng(0), []
    for _ in range(draws):
        out.append(value([r for i in rng.integers(len(groups), size=len(groups)) for r in groups[i]]))
    return [round(100 * float(v), 1) for v in np.percentile(out, [2.5, 97.5])]


def mean(key):
    return lambda rows: float(np.mean([r[key] for r in rows])) if rows else float("nan")


def table(rows):
    out = {}
    for fam in sorted({r["family"] for r in rows}):
        sel = [r for r in rows if r["family"] == fam]
        t = {"n": len(sel), "accuracy": round(100 * mean("ok")(sel), 1), "ci95": interval(sel, mean("ok"))}
        if fam == "exist":
            t |= {"f1": round(100 * f1(sel), 1), "f1_ci95": interval(sel, f1)}
            for k in ("random", "adversarial"):
                t["no_" + k] = round(100 * mean("ok")([r for r in sel if r["negative"] == k]), 1)
            t["yes"] = round(100 * mean("ok")([r for r in sel if r["answer"] == "yes"]), 1)
        ref = [r for r in sel if r["on"] is not None]
        if ref:
            t |= {"pointing_n": len(ref), "pointing": round(100 * mean("on")(ref), 1), "pointing_ci95": interval(ref, mean("on")),
                  "pointing_half": round(100 * mean("half")(ref), 1)}
        out[fam] = t
    return out


def measure(folder, suite, blank=False):
    words = Words()
    model = load(Llava(Shape(words.size)), folder).eval()
    base, by = os.path.dirname(suite), defaultdict(list)
    with open(suite, encoding="utf-8") as f:
        for line in f:
            q = json.loads(line)
            by[q["image"]].append(q)
    rows = []
    for image, qs in by.items():
        im = np.array(Image.open(os.path.join(base, image)).convert("RGB"))
        if blank:
            im[:] = im.reshape(-1, 3).mean(0).round().astype(np.uint8)
        for q, (got, best) in zip(qs, answers(model, words, im, [q["question"] for q in qs])):
            cov = coverage(q["refs"]) if q["refs"] and not blank else np.zeros(1)
            c = cov[best] if cov.max() >= .5 else None
            rows.append({"id": q["id"], "image": image, "family": q["family"], "negative": q.get("negative"),
                         "answer": q["answer"], "got": got, "ok": got == q["answer"],
                         "on": None if c is None else bool(c >= POINT), "half": None if c is None else bool(c >= .5)})
    return rows


def main(argv=None):
    ap = argparse.ArgumentParser(prog="measure", description=__doc__)
    ap.add_argument("model")
    ap.add_argument("suite")
    ap.add_argument("--blank", action="store_true")
    ap.add_argument("--json")
    a = ap.parse_args(argv)
    t = table(measure(a.model, a.suite, a.blank))
    for fam, v in t.items():
        print(fam, json.dumps(v))
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump(t, f, indent=1)


if __name__ == "__main__":
    main()
