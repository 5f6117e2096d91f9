# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks a checkpoint with `prunescope-cli eval` on scenes never trained on, and writes the tables of its card.

Needs only Python's own library. Every evaluation is kept in the output folder and resumed from there.
"""
import argparse
import json
import os
import subprocess
import sys
import time

SEED = 90210                      # the stream of seeds that no training uses
METHODS = ["script", "qcsp", "gsp", "relevance", "random", "grid"]
BUDGETS = [192, 128, 64, 32, 16]
GATES = [  # what, figure, at least
    ("existence F1", "exist_f1", .85), ("existence F1 above a blank picture by", "exist_over_blank", .25),
    ("pointing: existence", "point_exist", .90), ("pointing: colour", "point_colour", .90), ("pointing: sign", "point_text", .90),
    ("pointing: left/right and above/below", "point_relation", .85), ("pointing: count", "point_count", .80),
    ("colour", "colour", .75), ("left/right and above/below", "relation", .75), ("count above its prior by", "count_over_prior", .08),
    ("sign words", "text", .40), ("colour of held-out (class, colour) pairs", "heldout_colour", .60),
    ("existence recall, all tokens minus random at 64", "full_minus_random", .20), ("prefill, 576 against 64 tokens, times", "prefill", 4.)]


def program(given, root):
    for path in [given] if given else [os.path.join(root, "build", d, "bin", "prunescope-cli") for d in ("release", "work", "")]:
        if os.access(path, os.X_OK):
            return path
    sys.exit("acceptance: error: no prunescope-cli; build it first or name it with --program")


class Bench:
    """Runs evaluations one after the other and says how long the rest may take."""

    def __init__(self, a, root):
        self.a, self.root, self.cli, self.left, self.t0, self.n = a, root, program(a.program, root), 0, time.time(), 0

    def scenes(self, split, count):
        out = os.path.join(self.a.out, "-".join([split, str(self.a.seed), str(count)] + ([self.a.world] if self.a.world else [])))
        suite = os.path.join(out, "suite.jsonl")
        if not os.path.exists(suite):
            made = subprocess.run([os.path.join(self.root, "tools", "training", "scenes"), "--seed", str(self.a.seed), "--count",
                                   str(count), "--out", out, "--preset", "std", "--split", split,
                                   *(["--world", self.a.world] if self.a.world else [])], stderr=subprocess.DEVNULL)
            if made.returncode:
                sys.exit("acceptance: error: the scenes could not be drawn")
        return suite

    def eval(self, name, suite, *options):
        """The report of one evaluation; from the folder when it was made before."""
        path = os.path.join(self.a.out, name + ".json")
        if not os.path.exists(path):
            cmd = [self.cli, "eval", "--data", suite, "--out", os.path.join(self.a.out, name + ".items.jsonl"), "--json", "--quiet",
                   "--threads", str(self.a.threads), *options]
            if self.a.model:
                cmd += ["--model", self.a.model]
            run = subprocess.run(cmd, stdout=subprocess.PIPE, text=True)
            if run.returncode not in (0, 7):
                sys.exit(f"acceptance: error: {' '.join(cmd)} ended with {run.returncode}")
            with open(path + ".part", "w", encoding="utf-8") as f:
                f.write(run.stdout)
            os.replace(path + ".part", path)
        self.n += 1
        self.left = max(0, self.left - 1)
        took = (time.time() - self.t0) / self.n
        print(f"{name} done, about {took * self.left:.0f} s left", file=sys.stderr, flush=True)
        with open(path, encoding="utf-8") as f:
            return json.load(f)


def prior(suite, family):
    """Share of the commonest answer of a family."""
    seen = {}
    with open(suite, encoding="utf-8") as f:
        for q in map(json.loads, f):
            if q["family"] == family:
                seen[q["answer"]] = seen.get(q["answer"], 0) + 1
    return max(seen.values()) / sum(seen.values()) if seen else 0.0


def fam(report, family, key="accuracy"):
    return (report["families"].get(family) or {}).get(key) or 0.0


def cell(f, key="accuracy"):
    if f is None or f.get(key) is None:
        return "-"
    ci = f" ({100 * f['ci95'][0]:.0f} to {100 * f['ci95'][1]:.0f})" if key == "accuracy" and f.get("ci95") else ""
    return f"{100 * f[key]:.1f}{ci}"


def family_rows(full, blank, priors):
    out = ["| family | n | right, % (95 %) | blank picture, % | commonest answer, % | pointing, % (n) |", "|---|---|---|---|---|---|"]
    for name, f in full["families"].items():
        b = blank["families"].get(name)
        if name == "exist":
            out.append(f"| existence, F1 | {f['n']} | **{cell(f, 'f1')}** | {cell(b, 'f1')} | - | |")
        out.append(f"| {'existence' if name == 'exist' else name} | {f['n']} | {cell(f)} | {cell(b)} | {100 * priors[name]:.1f} | "
                   f"{cell(f, 'pointing')} ({f.get('pointing_n', 0)}) |")
    return out


def method_rows(runs, families):
    out = ["| method | tokens | all questions, % (95 %) | existence F1 | " + " | ".join(families) + " | evidence kept, % |",
           "|---" * (5 + len(families)) + "|"]
    for (method, keep), r in runs.items():
        fs = r["families"]
        n, ok = sum(f["n"] for f in fs.values()), sum(f["correct"] for f in fs.values())
        p = ok / n
        half = 1.96 * (p * (1 - p) / n) ** .5
        kept = r.get("evidence_recall")
        out.append(f"| {method} | {keep} | {100 * p:.1f} ({100 * (p - half):.1f} to {100 * (p + half):.1f}) | {cell(fs.get('exist'), 'f1')} | "
                   + " | ".join(cell(fs.get(x)).split(" ")[0] for x in families) + f" | {'-' if kept is None else f'{100 * kept:.1f}'} |")
    return out


def prefill_ratio(full, small):
    a, b = (r.get("timings_ms_median", {}).get("prefill") for r in (full, small))
    return a / b if a and b else 0.0


def figures(full, blank, comp, random64, small, suite):
    out = {"exist_f1": fam(full, "exist", "f1"), "exist_over_blank": fam(full, "exist", "f1") - fam(blank, "exist", "f1")}
    out |= {"point_" + f: fam(full, f, "pointing") for f in ("exist", "colour", "text", "relation", "count")}
    out |= {f: fam(full, f) for f in ("colour", "relation", "text", "count", "support", "place")}
    out["count_over_prior"] = out["count"] - prior(suite, "count")
    out["heldout_colour"] = fam(comp, "colour")
    out["full_minus_random"] = fam(full, "exist", "recall") - fam(random64, "exist", "recall")
    out["prefill"] = prefill_ratio(full, small)
    return out


def parse(argv):
    ap = argparse.ArgumentParser(prog="acceptance", description=__doc__)
    ap.add_argument("--model", help="folder of the checkpoint (default: the bundled one)")
    ap.add_argument("--program", help="prunescope-cli (default: the one in build/)")
    ap.add_argument("--out", required=True, help="folder for scenes, reports and the table")
    ap.add_argument("--scenes", type=int, default=150, help="scenes for the figures at all 576 tokens")
    ap.add_argument("--method-scenes", type=int, default=50, help="scenes for the table of methods and budgets; 0 leaves it out")
    ap.add_argument("--seed", type=int, default=SEED)
    ap.add_argument("--world", choices=["first", "full"], help="what may appear (default: what the bundled model was trained on)")
    ap.add_argument("--threads", type=int, default=1)
    a = ap.parse_args(argv)
    if a.scenes < 1 or a.method_scenes < 0 or a.threads < 1:
        ap.error("--scenes and --threads must be at least 1")
    a.out = os.path.abspath(a.out)
    os.makedirs(a.out, exist_ok=True)
    return a


def main(argv=None):
    a = parse(argv)
    b = Bench(a, os.environ.get("PRUNESCOPE_ROOT", os.getcwd()))
    b.left = 5 + (1 + len(METHODS) * len(BUDGETS) if a.method_scenes else 0)
    suite, comp_suite = b.scenes("test", a.scenes), b.scenes("test_comp", max(1, a.scenes // 2))
    full, blank = b.eval("full", suite, "--method", "none"), b.eval("blank", suite, "--method", "none", "--blank")
    comp = b.eval("comp", comp_suite, "--method", "none")
    random64 = b.eval("random64", suite, "--method", "random", "--keep", "64")
    small = b.eval("script64", suite, "--method", "script", "--keep", "64")
    fig = figures(full, blank, comp, random64, small, suite)
    lines = ["| figure | reached | at least | |", "|---|---|---|---|"]
    for what, key, least in GATES:
        unit = (lambda v: f"{v:.1f}") if key == "prefill" else (lambda v: f"{100 * v:.1f} %")
        lines.append(f"| {what} | {unit(fig[key])} | {unit(least)} | {'yes' if fig[key] >= least else 'NOT REACHED'} |")
    lines += [""] + family_rows(full, blank, {f: prior(suite, f) for f in full["families"]})
    if a.method_scenes:
        few = b.scenes("test", a.method_scenes)
        runs = {("none", 576): b.eval("m-none", few, "--method", "none")}
        for keep in BUDGETS:
            for m in METHODS:
                runs[m, keep] = b.eval(f"m-{m}-{keep}", few, "--method", m, "--keep", str(keep))
        lines += [""] + method_rows(runs, ["colour", "relation", "count", "text", "support", "place"])
    for name, text in (("table.md", "\n".join(lines) + "\n"), ("figures.json", json.dumps(fig, indent=1) + "\n")):
        with open(os.path.join(a.out, name), "w", encoding="utf-8") as f:
            f.write(text)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
