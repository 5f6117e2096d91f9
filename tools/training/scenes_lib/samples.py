# SPDX-License-Identifier: GPL-3.0-or-later
"""What ships under sample_data: composed scenes and a suite of 150 questions.

python -m scenes_lib.samples SAMPLE_DATA [scenes|suite|check|candidates] draws scenes/*.png from assets/samples.json at twice the size and writes
scenes/scenes.json with a licence beside each picture (scenes), suite150/ (suite), or both; check writes SAMPLE_DATA/scenes/check.jsonl,
the questions of scenes.json for `prunescope-cli eval --method none`, and no picture; candidates writes all that could be asked.
"""
import json
import os
import shutil
import sys
import tempfile

from PIL import Image

from .assets import ASSETS, styles
from .cli import build
from .questions import questions
from .scene import render, rng_for

LICENCE = "GPL-3.0-or-later AND OFL-1.1 AND Apache-2.0"
STAMPS = "GPL-3.0-or-later AND GPL-2.0-or-later AND OFL-1.1 AND Apache-2.0"   # where a scene shows a photograph or a painting
NOTE = """SPDX-FileCopyrightText: the PruneScope authors; sprites: Google Inc. and the Noto project authors{more}
SPDX-License-Identifier: {licence}

Drawn by tools/training/scenes_lib/samples.py: composition, background and furniture GPL-3.0-or-later;
object sprites from Noto Color Emoji (font OFL-1.1, upstream images Apache-2.0){stamps}; texts in tools/training/assets.
"""
SEED, QUESTIONS = 20261, 150


def load():
    with open(os.path.join(ASSETS, "samples.json"), encoding="utf-8") as f:
        return json.load(f)


def compose(name, scale=2):
    s = load()[name]
    return render(s["seed"], "val", 900000 + s["seed"], "std", scale, s)


def scenes(folder):
    os.makedirs(folder, exist_ok=True)
    index = []
    for name, s in load().items():
        scene = compose(name)
        stamps = any(o.name != "sign" and styles(o.name)[o.variant] != "drawn" for o in scene.objs)
        licence = STAMPS if stamps else LICENCE
        Image.fromarray(scene.img).save(os.path.join(folder, name + ".png"), optimize=True)
        with open(os.path.join(folder, name + ".png.license"), "w", encoding="utf-8") as f:
            f.write(NOTE.format(licence=licence, more="; Bill Kendrick and the contributors of Tux Paint stamps" if stamps else "",
                                stamps=" and Tux Paint stamps (GPL-2.0-or-later)" if stamps else ""))
        index.append({"image": name + ".png", "title": s["title"], "licence": licence,
                      "questions": [{"question": q, "answer": a} for q, a in s["questions"]]} | (
                          {"random_loses": s["random_loses"]} if "random_loses" in s else {}))
    with open(os.path.join(folder, "scenes.json"), "w", encoding="utf-8") as f:
        json.dump(index, f, indent=2, ensure_ascii=False)
        f.write("\n")


def check(folder):
    """The questions of scenes.json in the form that `prunescope-cli eval` reads."""
    with open(os.path.join(folder, "scenes.json"), encoding="utf-8") as f:
        index = json.load(f)
    with open(os.path.join(folder, "check.jsonl"), "w", encoding="utf-8") as f:
        for s in index:
            for j, q in enumerate(s["questions"]):
                line = {"id": f"{s['image']}-{j}", "image": s["image"], "family": "exist" if q["answer"] in ("yes", "no") else "other",
                        "refs": [], "negative": None}
                f.write(json.dumps(line | q) + "\n")


def candidates(folder):
    """Every question that the generator can ask about the composed scenes, to choose from."""
    amount = {"exist": 10, "colour": 9, "count": 9, "relation": 8, "support": 4, "text": 3, "place": 1}
    with open(os.path.join(folder, "candidates.jsonl"), "w", encoding="utf-8") as f:
        for name, s in load().items():
            for j, q in enumerate(questions(compose(name, 1), rng_for(s["seed"], "val", 900000, 1), amount)):
                line = {"id": f"{name}-{j}", "image": name + ".png", "refs": []}
                f.write(json.dumps(line | {k: q[k] for k in ("family", "question", "answer", "negative")}) + "\n")


def suite(folder):
    """The first scenes of a test stream; the last one only gives pairs of existence questions."""
    with tempfile.TemporaryDirectory() as tmp:
        build(SEED, 24, tmp, "std", "test")
        with open(os.path.join(tmp, "suite.jsonl"), encoding="utf-8") as f:
            lines = [json.loads(x) for x in f]
        images = list(dict.fromkeys(q["image"] for q in lines))
        kept = []
        for im in images:
            part = [q for q in lines if q["image"] == im]
            if len(kept) + len(part) > QUESTIONS:
                part = [q for q in part if q["family"] == "exist"]
                part = part[:(QUESTIONS - len(kept)) // 2 * 2]
            kept += part
        if len(kept) < QUESTIONS:
            kept += [q for q in lines if q["family"] == "count" and q not in kept][:QUESTIONS - len(kept)]
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(os.path.join(folder, "images"))
        for im in dict.fromkeys(q["image"] for q in kept):
            shutil.copyfile(os.path.join(tmp, im), os.path.join(folder, im))
    with open(os.path.join(folder, "suite.jsonl"), "w", encoding="utf-8", newline="\n") as f:
        for q in kept:
            f.write(json.dumps(q, separators=(",", ":")) + "\n")
    with open(os.path.join(folder, "LICENSE.md"), "w", encoding="utf-8") as f:
        f.write(f"# Pictures and questions of this suite\n\n{STAMPS}\n\nMade by `tools/training/scenes` (seed {SEED}, split test, preset std), "
                "never trained on. Sprites: Noto Color Emoji, Tux Paint stamps; texts of the licences in `tools/training/assets`.\n")


def main(out, what="all"):
    if what in ("all", "scenes"):
        scenes(os.path.join(out, "scenes"))
    if what in ("all", "suite"):
        suite(os.path.join(out, "suite150"))
    if what == "candidates":
        candidates(os.path.join(out, "scenes"))
    if what == "check":
        check(os.path.join(out, "scenes"))


if __name__ == "__main__":
    main(*sys.argv[1:3])
