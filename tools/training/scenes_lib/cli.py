# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a folder of scenes with questions: DIR/images/*.png and DIR/suite.jsonl."""
import argparse
import json
import os
import sys
import time

import numpy as np
from PIL import Image

from . import assets as A
from .questions import questions
from .scene import render, rng_for


def rle(mask):
    """Row-major run lengths, the first run counts zeros: {"size": [rows, columns], "counts": [...]}."""
    flat = np.asarray(mask, np.uint8).ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], edges, [flat.size]]))
    counts = [int(v) for v in runs]
    if flat.size and flat[0]:
        counts.insert(0, 0)
    return {"size": [int(mask.shape[0]), int(mask.shape[1])], "counts": counts}


def unrle(r):
    """The mask of an rle."""
    out = np.zeros(sum(r["counts"]), bool)
    at, on = 0, False
    for c in r["counts"]:
        out[at:at + c] = on
        at, on = at + c, not on
    return out.reshape(r["size"])


def suite_lines(scene, qs, image, prefix):
    for j, q in enumerate(qs):
        refs = [{"name": scene.objs[i].name, "box": list(scene.objs[i].box), "rle": rle(scene.idmap == i + 1)}
                for i in q["refs"]]
        yield {"id": f"{prefix}-q{j:02d}", "image": image, "question": q["question"], "answer": q["answer"],
               "family": q["family"], "refs": refs, "negative": q["negative"]}


def build(seed, count, out, preset, split, quality=None, log=None):
    """Renders and writes; a run that is cut leaves no suite.jsonl behind."""
    os.makedirs(os.path.join(out, "images"), exist_ok=True)
    tmp, n_q, t0 = os.path.join(out, "suite.jsonl.part"), 0, time.time()
    with open(tmp, "w", encoding="utf-8", newline="\n") as f:
        for i in range(count):
            scene = render(seed, split, i, preset)
            qs = questions(scene, rng_for(seed, split, i, 1))
            name = f"images/{preset}-{split}-{seed}-{i:06d}." + ("jpg" if quality else "png")
            im = Image.fromarray(scene.img)
            if quality:
                im.save(os.path.join(out, name), quality=quality, subsampling=0)
            else:
                im.save(os.path.join(out, name), compress_level=6)
            for line in suite_lines(scene, qs, name, f"{preset}-{split}-{seed}-{i:06d}"):
                f.write(json.dumps(line, separators=(",", ":")) + "\n")
                n_q += 1
            if log and (i + 1) % 50 == 0:
                log(f"{i + 1} of {count} scenes, {(time.time() - t0) / (i + 1) * (count - i - 1):.0f} s left")
    os.replace(tmp, os.path.join(out, "suite.jsonl"))
    return n_q


def main(argv=None):
    ap = argparse.ArgumentParser(prog="scenes", description=__doc__)
    ap.add_argument("--seed", type=int, required=True)
    ap.add_argument("--count", type=int, required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--preset", choices=["easy", "std", "dense", "tiny", "text"], default="std")
    ap.add_argument("--split", choices=["test", "test_comp", "val", "train"], default="test")
    ap.add_argument("--jpeg", type=int, default=None, metavar="Q", help="write JPEG of this quality instead of PNG")
    ap.add_argument("--world", choices=["first", "full"], default=A.BUNDLED_WORLD,
                    help="what may appear: what the bundled model was trained on (first), or all that training draws (full)")
    a = ap.parse_args(argv)
    if a.seed < 0 or a.count < 1:
        ap.error("--seed must be at least 0 and --count at least 1")
    A.use_world(a.world)
    n = build(a.seed, a.count, a.out, a.preset, a.split, a.jpeg, lambda s: print(s, file=sys.stderr, flush=True))
    print(f"{a.count} scenes, {n} questions in {a.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
