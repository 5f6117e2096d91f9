# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene generator: same bytes, exact masks, and every answer derived a second time from text and masks."""
import hashlib
import json
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools", "training"))
from scenes_lib import assets as A  # noqa: E402
from scenes_lib.cli import build, rle, unrle  # noqa: E402
from scenes_lib.questions import NUMBERS, questions  # noqa: E402
from scenes_lib.scene import PRESETS, render, rng_for  # noqa: E402

SINGULAR = {k.plural: k.name for k in A.classes()} | {"signs": "sign"}
CASES = [("easy", 8), ("std", 24), ("dense", 8), ("tiny", 6), ("text", 10)]


def scenes(paraphrase=False):
    for preset, n in CASES:
        for i in range(n):
            s = render(99, "val", i, preset)
            yield preset, i, s, questions(s, rng_for(99, "val", i, 1), paraphrase=paraphrase)


class Oracle:
    """Answers from the words of a question, the id map and the names of the objects; nothing of questions.py."""

    def __init__(self, scene):
        self.s = scene
        self.names = [o.name for o in scene.objs]

    def middle(self, name):
        ys, xs = np.nonzero(self.s.idmap == self.names.index(name) + 1)
        return (xs.min() + xs.max() + 1) / 2, (ys.min() + ys.max() + 1) / 2

    def answer(self, q):
        rules = [(r"(?:Is there|Can you see) an? (\w+)(?: in the image)?\?", self.exist), (r"What (?:is the )?color (?:is|of) the (\w+)\?", self.colour),
                 (r"How many (\w+) are there(?: in the image)?\?", self.count), (r"Is the (\w+) (.*?)of the (\w+)\?", self.side),
                 (r"Is the (\w+) above or below the (\w+)\?", self.height), (r"What is on the (\w+)\?", self.on),
                 (r"What (?:does the sign say|word is on the sign)\?", self.word), (r"(?:What place is this|Where is this)\?", self.place)]
        for pattern, rule in rules:
            m = re.fullmatch(pattern, q)
            if m:
                return rule(*m.groups())
        raise AssertionError(q)

    def exist(self, x):
        return "yes" if x in self.names else "no"

    def colour(self, x):
        return self.s.objs[self.names.index(x)].colour

    def count(self, xs):
        return NUMBERS[len([n for n in self.names if n == SINGULAR[xs]])]

    def side(self, x, _words, y):
        return "left" if self.middle(x)[0] < self.middle(y)[0] else "right"

    def height(self, x, y):
        return "above" if self.middle(x)[1] < self.middle(y)[1] else "below"

    def on(self, x):
        base = self.names.index(x)
        return next(o.name for o in self.s.objs if o.on == base)

    def word(self):
        return next(o.text for o in self.s.objs if o.name == "sign").lower()

    def place(self):
        return self.s.kind


class Answers(unittest.TestCase):
    def test_second_path(self):
        families = {}
        for paraphrase in (False, True):
            for preset, i, s, qs in scenes(paraphrase):
                o = Oracle(s)
                for q in qs:
                    self.assertEqual(o.answer(q["question"]), q["answer"], (preset, i, q))
                    families[q["family"]] = families.get(q["family"], 0) + 1
        self.assertEqual(set(families), {"exist", "colour", "count", "relation", "support", "text", "place"})

    def test_existence_is_one_to_one(self):
        for _p, _i, s, qs in scenes():
            ex = [q for q in qs if q["family"] == "exist"]
            yes = [q for q in ex if q["answer"] == "yes"]
            self.assertEqual(len(ex), 2 * len(yes))
            for q in ex:
                self.assertEqual(q["negative"] in ("random", "adversarial"), q["answer"] == "no")
                self.assertEqual(bool(q["refs"]), q["answer"] == "yes")

    def test_grammar(self):
        for _p, _i, _s, qs in scenes(True):
            for q in qs:
                m = re.search(r"\b(an?) (\w)", q["question"])
                if m:
                    self.assertEqual(m.group(1) == "an", m.group(2) in "aeiou", q["question"])

    def test_signs_are_whole_and_colours_dominate(self):
        for _p, _i, s, qs in scenes():
            for q in qs:
                if q["family"] == "text":
                    self.assertGreater(s.objs[q["refs"][0]].vis, .95)
                if q["family"] == "colour":
                    o = s.objs[q["refs"][0]]
                    self.assertTrue(A.colour_ok(o.name, o.colour))


class Masks(unittest.TestCase):
    def test_every_pixel_has_one_owner(self):
        for preset, i, s, _qs in scenes():
            total = int((s.idmap == 0).sum())
            for j, o in enumerate(s.objs):
                mask = s.idmap == j + 1
                self.assertEqual(int(mask.sum()), o.area)
                ys, xs = np.nonzero(mask)
                if o.area:
                    self.assertEqual(o.box, (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1))
                self.assertGreaterEqual(o.vis, PRESETS[preset]["vis"] - 1e-9)
                total += o.area
            self.assertEqual(total, 336 * 336)

    def test_rle_both_ways(self):
        rng = np.random.default_rng(3)
        for shape in ((1, 1), (7, 5), (336, 336)):
            for share in (0, .3, 1):
                m = rng.random(shape) < share
                r = rle(m)
                self.assertEqual(sum(r["counts"]), m.size)
                self.assertTrue((unrle(r) == m).all())


class Streams(unittest.TestCase):
    def test_same_arguments_same_bytes(self):
        sums = []
        for _ in range(2):
            with tempfile.TemporaryDirectory() as d:
                build(11, 6, d, "std", "test")
                h = hashlib.sha256()
                for name in sorted(os.listdir(os.path.join(d, "images"))):
                    h.update(Path(os.path.join(d, "images", name)).read_bytes())
                h.update(Path(os.path.join(d, "suite.jsonl")).read_bytes())
                sums.append(h.hexdigest())
                for line in Path(d, "suite.jsonl").read_text(encoding="utf-8").splitlines():
                    q = json.loads(line)
                    self.assertLessEqual({"id", "image", "question", "answer", "family", "refs", "negative"}, set(q))
                    self.assertTrue(os.path.exists(os.path.join(d, q["image"])))
        self.assertEqual(sums[0], sums[1])

    def test_a_scene_does_not_depend_on_its_neighbours(self):
        a = render(5, "test", 3, "std")
        render(5, "test", 2, "dense")
        b = render(5, "test", 3, "std")
        self.assertTrue((a.img == b.img).all() and (a.idmap == b.idmap).all())

    def test_splits_differ_and_keep_pairs_apart(self):
        self.assertFalse((render(5, "test", 0).img == render(5, "train", 0).img).all())
        for split in ("train", "val", "test"):
            for i in range(12):
                for o in render(5, split, i, "dense").objs:
                    if o.colour and o.name != "sign":
                        self.assertFalse(A.held_out(o.name, o.colour))

    def test_at_least_a_hundred_classes(self):
        names = [k.name for k in A.classes()]
        self.assertGreaterEqual(len(set(names)), 100)
        self.assertEqual(len(set(names)), len(names))
        self.assertEqual(len(A.COLOURS), 11)
        self.assertEqual(len(A.PLACES), 7)


if __name__ == "__main__":
    unittest.main()
