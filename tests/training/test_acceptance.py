# SPDX-License-Identifier: GPL-3.0-or-later
"""tools/training/acceptance on a program that answers from a script: figures, gates, resuming, errors."""
import json
import os
import stat
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = """#!{python}
import json, os, sys
a = sys.argv[1:]
assert a[0] == "eval" and os.path.exists(a[a.index("--data") + 1])
method = a[a.index("--method") + 1]
with open({log!r}, "a") as f:
    f.write(" ".join(a) + "\\n")
recall = {{"none": .9, "random": .4}}.get(method, .8)
if "--blank" in a:
    recall = .1
def fam(n, ok, **more):
    return dict(n=n, correct=ok, accuracy=ok / n, ci95=[0, 1], pointing=.95, pointing_n=n, **more)
print(json.dumps({{"families": {{"exist": fam(10, int(10 * recall), f1=recall, recall=recall), "count": fam(10, 6), "colour": fam(10, 7)}},
                  "evidence_recall": .5, "timings_ms_median": {{"prefill": 80.0 if method == "none" else 16.0}}}}))
"""


class Acceptance(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory()
        self.addCleanup(self.tmp.cleanup)
        self.log = os.path.join(self.tmp.name, "calls")
        self.program = os.path.join(self.tmp.name, "program")
        with open(self.program, "w", encoding="utf-8") as f:
            f.write(PROGRAM.format(python=sys.executable, log=self.log))
        os.chmod(self.program, stat.S_IRWXU)
        self.out = os.path.join(self.tmp.name, "out")
        for split, n in (("test", 2), ("test_comp", 1)):
            folder = os.path.join(self.out, f"{split}-90210-{n}")
            os.makedirs(folder)
            with open(os.path.join(folder, "suite.jsonl"), "w", encoding="utf-8") as f:
                for i in range(10):
                    f.write(json.dumps({"family": "count", "answer": "one" if i < 5 else "two"}) + "\n")

    def call(self, *more):
        return subprocess.run([os.path.join(ROOT, "tools", "training", "acceptance"), "--program", self.program, "--out", self.out,
                               "--scenes", "2", "--method-scenes", "0", *more], capture_output=True, text=True, check=False)

    def test_figures_and_gates(self):
        run = self.call()
        self.assertEqual(run.returncode, 0, run.stderr)
        with open(os.path.join(self.out, "figures.json"), encoding="utf-8") as f:
            fig = json.load(f)
        self.assertAlmostEqual(fig["exist_over_blank"], .8)
        self.assertAlmostEqual(fig["count_over_prior"], .1)     # 6 of 10 right, half of the answers are "one"
        self.assertAlmostEqual(fig["full_minus_random"], .5)
        self.assertAlmostEqual(fig["prefill"], 5.)
        self.assertIn("| existence F1 | 90.0 % | 85.0 % | yes |", run.stdout)
        self.assertIn("| colour | 70.0 % | 75.0 % | NOT REACHED |", run.stdout)
        self.assertIn("| sign words | 0.0 % | 40.0 % | NOT REACHED |", run.stdout)

    def test_goes_on_where_it_stopped(self):
        self.assertEqual(self.call().returncode, 0)
        os.remove(os.path.join(self.out, "blank.json"))
        self.assertEqual(self.call().returncode, 0)
        with open(self.log, encoding="utf-8") as f:
            calls = f.read().splitlines()
        self.assertEqual(len(calls), 6)
        self.assertIn("--blank", calls[5])

    def test_errors(self):
        self.program = os.path.join(self.tmp.name, "absent")
        run = self.call()
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("no prunescope-cli", run.stderr)
        self.assertNotEqual(self.call("--scenes", "0").returncode, 0)


if __name__ == "__main__":
    unittest.main()
