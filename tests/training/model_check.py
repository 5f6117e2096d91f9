# SPDX-License-Identifier: GPL-3.0-or-later
"""The bundled model on the 150 questions of sample_data/suite150 and on the sample scenes, by `prunescope-cli eval`.

    model_check.py PRUNESCOPE_CLI REPOSITORY

The bounds are the figures of the model's card less what 150 questions scatter; a model that cannot answer fails every one.
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM, ROOT = sys.argv[1:3] if len(sys.argv) > 2 else ("", "")
SUITE = os.path.join(ROOT, "sample_data", "suite150", "suite.jsonl")
BOUNDS = {"f1": .85, "f1_over_blank": .25, "pointing": .85, "recall_over_random": .20, "script_below_full": .10}
RIGHT = {"colour": .65, "relation": .75, "text": .6, "count": .5, "place": .6}   # of 17, 16, 5, 20 and 6 questions


def evaluate(suite, *options):
    run = subprocess.run([PROGRAM, "eval", "--data", suite, "--json", "--quiet", "--threads", "1", *options], stdout=subprocess.PIPE,
                         text=True, check=True)
    return json.loads(run.stdout)["families"]


class Suite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.families = evaluate(SUITE, "--method", "none")
        cls.full = cls.families["exist"]
        cls.tmp = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.tmp.cleanup)
        cls.exist = os.path.join(cls.tmp.name, "exist.jsonl")   # the other runs only need the questions about existence
        with open(SUITE, encoding="utf-8") as f, open(cls.exist, "w", encoding="utf-8") as out:
            for q in map(json.loads, f):
                if q["family"] == "exist":
                    out.write(json.dumps(q | {"image": os.path.join(os.path.dirname(SUITE), q["image"])}) + "\n")

    def test_existence(self):
        self.assertGreaterEqual(self.full["f1"], BOUNDS["f1"])
        blank = evaluate(self.exist, "--method", "none", "--blank")["exist"]
        self.assertGreaterEqual(self.full["f1"], (blank["f1"] or 0) + BOUNDS["f1_over_blank"])

    def test_families(self):
        reached = {family: self.families[family]["accuracy"] for family in RIGHT}
        self.assertEqual({f: a for f, a in reached.items() if a < RIGHT[f]}, {})

    def test_pointing(self):
        self.assertGreaterEqual(self.full["pointing"], BOUNDS["pointing"])

    def test_random_loses_answers_that_script_keeps(self):
        script = evaluate(self.exist, "--method", "script", "--keep", "64")["exist"]
        random = evaluate(self.exist, "--method", "random", "--keep", "64")["exist"]
        self.assertGreaterEqual(self.full["recall"], random["recall"] + BOUNDS["recall_over_random"])
        self.assertGreaterEqual(script["recall"], random["recall"] + BOUNDS["recall_over_random"])
        self.assertGreaterEqual(script["f1"], self.full["f1"] - BOUNDS["script_below_full"])


class SampleScenes(unittest.TestCase):
    FOLDER = os.path.join(ROOT, "sample_data", "scenes")

    def setUp(self):
        with open(os.path.join(self.FOLDER, "scenes.json"), encoding="utf-8") as f:
            self.scenes = json.load(f)

    def answers(self, asked, *options):
        """{(image, question): right} of [(scene, question with its answer)]."""
        with tempfile.TemporaryDirectory() as tmp:
            suite, out = os.path.join(tmp, "suite.jsonl"), os.path.join(tmp, "items.jsonl")
            with open(suite, "w", encoding="utf-8") as f:
                for s, q in asked:
                    f.write(json.dumps({"id": s["image"] + " " + q["question"], "image": os.path.join(self.FOLDER, s["image"]),
                                        "family": "sample", "refs": [], "negative": None} | q) + "\n")
            evaluate(suite, "--out", out, *options)
            with open(out, encoding="utf-8") as f:
                return {i["id"]: i["correct"] for i in map(json.loads, f) if "correct" in i}

    def test_every_answer_is_right(self):
        self.assertGreaterEqual(len(self.scenes), 12)
        right = self.answers([(s, q) for s in self.scenes for q in s["questions"]], "--method", "none")
        self.assertEqual([what for what, ok in right.items() if not ok], [])
        self.assertGreaterEqual(len(right), 2 * len(self.scenes))

    def test_at_the_named_budgets_random_loses_the_answer_and_script_keeps_it(self):
        shown = [s for s in self.scenes if "random_loses" in s]
        self.assertGreaterEqual(len(shown), 3)
        for s in shown:
            asked = [(s, q) for q in s["questions"] if q["question"] == s["random_loses"]["question"]]
            self.assertEqual(len(asked), 1, s["image"])
            keep = ["--keep", str(s["random_loses"]["keep"])]
            self.assertEqual(list(self.answers(asked, "--method", "script", *keep).values()), [True], s["image"])
            self.assertEqual(list(self.answers(asked, "--method", "random", *keep).values()), [False], s["image"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
