#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recomputes every number that `prunescope-cli prune --explain --survival` prints, from the features alone, in float64.

Shares no code with the program or with script_oracle.py: written from the description of the method (reference/methods.md 3.1-3.5).
  reasons_oracle.py --cli PROGRAM   makes features, runs the program on them and compares (exit 77 without numpy)
  reasons_oracle.py                 writes tests/data/prune/reasons.json, the record that the C++ test reads
  reasons_oracle.py --check         makes the record again and compares
"""
import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("skipped: no numpy")
    sys.exit(77)

RECORD = pathlib.Path(__file__).resolve().parent.parent / "data" / "prune" / "reasons.json"
ROWS = COLS = 6
N, D = ROWS * COLS, 10


def features(seed):
    """Smooth fields with noise, four decimals; a generator of its own, so that every numpy gives the same."""
    state = [seed * 2654435761 % 2**32 + 1]

    def uniform():
        state[0] = (1664525 * state[0] + 1013904223) % 2**32
        return state[0] / 2**32

    def bell():
        return sum(uniform() for _ in range(12)) - 6

    shared = [0.6 * bell() for _ in range(D)]
    tokens = np.array([[shared[c] + 0.3 * bell() for c in range(D)] for _ in range(N)])
    for _ in range(5):
        y, x, r = uniform() * ROWS, uniform() * COLS, 0.7 + 1.5 * uniform()
        direction = np.array([bell() for _ in range(D)])
        for i in range(N):
            tokens[i] += np.exp(-((i // COLS - y) ** 2 + (i % COLS - x) ** 2) / (2 * r * r)) * direction
    query = np.array([bell() for _ in range(D)])
    return np.round(tokens, 4).astype(np.float32), np.round(query, 4).astype(np.float32)


class Script:
    """The method on one image: everything that does not depend on the knobs, then decide()."""

    def __init__(self, tokens, query):
        x = tokens.astype(np.float64)
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        self.s = np.clip(x @ x.T, -1, 1)
        np.fill_diagonal(self.s, 1.0)
        q = query.astype(np.float64)
        self.raw = x @ (q / np.linalg.norm(q))
        spread = self.raw.max() - self.raw.min()
        self.w = 1e-6 + (1 - 1e-6) * (self.raw - self.raw.min()) / spread
        self.side = np.arange(N) % 2
        self.greedy()

    def greedy(self):
        """Conditional variances by Schur complements, one elimination a pick: not the incremental rows of the program."""
        kernel = np.diag(self.w) @ self.s @ np.diag(self.w)
        left = self.s.copy()
        self.order, self.gain, self.shares, open_ = [], [], [], np.ones(N, bool)
        while open_.any():
            gains = np.where(open_, np.diag(left) * self.w**2, -1)
            j = int(np.argmax(gains))
            if left[j, j] <= 1e-5 or gains[j] <= 1e-10 * np.diag(kernel).max():
                break
            self.order.append(j)
            self.gain.append(float(gains[j]))
            self.shares.append(left[:, j] ** 2 / left[j, j])   # what this pick takes of every token's d^2
            left = left - np.outer(left[:, j], left[j]) / left[j, j]
            open_[j] = False

    def graph(self, tau, gamma):
        degree, mean, score, key = np.zeros(N, int), np.zeros(N), np.zeros(N), np.zeros(N)
        for i in range(N):
            others = self.s[i][self.side != self.side[i]]
            edges = others[others >= tau - 1e-6]
            degree[i] = len(edges)
            mean[i] = edges.mean() if len(edges) else others.mean()
            score[i] = len(edges) * np.exp(gamma * max(0.0, mean[i] - tau)) if len(edges) else mean[i]
            key[i] = np.log(len(edges)) + gamma * max(0.0, mean[i] - tau) if len(edges) else mean[i] - 4
        ranking = sorted(range(N), key=lambda i: (key[i], i))   # least redundant first
        return degree, mean, score, ranking

    def decide(self, keep, tau=0.5, gamma=1.0, p=0.5):
        ranking = self.graph(tau, gamma)[3]
        through = set(ranking[: max(N - int(np.floor(p * N)), keep)])
        kept, read = [], 0
        for j in self.order:
            if len(kept) == keep:
                break
            read += 1
            if j in through:
                kept.append(j)
        rest = sorted(through - set(kept), key=lambda i: (-self.raw[i], i)) + [j for j in self.order if j not in through]
        rest += sorted(range(N), key=lambda i: (-self.raw[i], i))
        for j in rest:
            if len(kept) < keep and j not in kept:
                kept.append(j)
        return set(kept), read


def expected(script, keep, tau, gamma, p):
    kept, read = script.decide(keep, tau, gamma, p)
    degree, mean, score, ranking = script.graph(tau, gamma)
    size = max(N - int(np.floor(p * N)), keep)
    rank = {token: N - 1 - place for place, token in enumerate(ranking)}
    sets = [script.decide(k, tau, gamma, p)[0] for k in range(1, N + 1)]
    tokens = []
    for i in range(N):
        own = script.order.index(i) if i in script.order[:read] else None
        seen = read if own is None else own
        shares = [float(script.shares[t][i]) for t in range(seen)]
        by_similarity = [j for j in sorted(range(N), key=lambda j: -script.s[i, j]) if j != i]
        flips = [k for k in range(1, N + 1) if (i in sets[k - 1]) != (i in kept)]
        tokens.append({
            "kept": i in kept, "degree": int(degree[i]), "mean_similarity": float(mean[i]), "score": float(score[i]), "rank": rank[i],
            "partners": [[j, float(script.s[i, j])] for j in by_similarity if script.side[j] != script.side[i]][:8],
            "nearest": [[j, float(script.s[i, j])] for j in by_similarity][:8],
            "relevance_raw": float(script.raw[i]), "relevance": float(script.w[i]), "order_rank": own, "picks_seen": seen, "shares": shares,
            "gain": script.gain[own] if own is not None else None, "explained": sum(shares),
            "enters": min(k for k in range(1, N + 1) if i in sets[k - 1]), "budget_flip": min(flips, key=lambda k: abs(k - keep)) if flips else None})
    return {"keep": keep, "tau": tau, "gamma": gamma, "p": p, "discarded": N - size, "cut_passed": float(score[ranking[size - 1]]),
            "cut_discarded": float(score[ranking[size]]), "low": float(script.raw.min()), "high": float(script.raw.max()), "order": script.order[:read], "tokens": tokens}


class Differences:
    def __init__(self):
        self.count, self.compared = 0, 0

    def see(self, what, mine, theirs, tolerance=0.0):
        self.compared += 1
        same = mine == theirs if tolerance == 0 or mine is None or theirs is None else abs(mine - theirs) <= tolerance * max(1.0, abs(mine))
        if not same:
            self.count += 1
            print(f"DIFFERENT {what}: recomputed {mine}, printed {theirs}")


def compare_token(diff, i, mine, reasons, script, case, sets_at):
    graph, order = reasons["graph"], reasons["order"]
    here = f"keep {case['keep']} token {i} "
    diff.see(here + "kept", mine["kept"], reasons["kept"])
    for key in ("degree", "rank"):
        diff.see(here + key, mine[key], graph[key])
    for key, name in (("mean_similarity", "mean_similarity"), ("score", "score")):
        diff.see(here + key, mine[key], graph[name], 1e-5)
    for key in ("discarded",):
        diff.see(here + key, case[key], graph[key])
    for key in ("cut_passed", "cut_discarded"):
        diff.see(here + key, case[key], graph[key], 1e-5)
    diff.see(here + "opposite", N // 2, graph["opposite"])
    for name, list_ in (("partners", graph["partners"]), ("nearest", reasons["nearest"])):
        diff.see(here + name, [p[0] for p in mine[name]], [p["token"] for p in list_])
        for (j, value), printed in zip(mine[name], list_):
            diff.see(here + f"{name} {j}", value, printed["similarity"], 1e-5)
            diff.see(here + f"{name} {j} kept", case["tokens"][j]["kept"], printed["kept"])
            diff.see(here + f"{name} {j} edge", bool(script.side[i] != script.side[j] and script.s[i, j] >= case["tau"] - 1e-6), printed["edge"])
    relevance = reasons["relevance"]
    for key, name in (("relevance_raw", "raw"), ("relevance", "value")):
        diff.see(here + key, mine[key], relevance[name], 1e-5)
    for key in ("low", "high"):
        diff.see(here + key, case[key], relevance[key], 1e-5)
    diff.see(here + "order rank", mine["order_rank"], order["rank"])
    diff.see(here + "gain", mine["gain"], order["gain"], 1e-4)
    diff.see(here + "picks seen", mine["picks_seen"], order["picks_seen"])
    diff.see(here + "weight", mine["relevance"], order["weight"], 1e-5)
    diff.see(here + "explained", mine["explained"], order["explained"], 1e-4)
    diff.see(here + "remaining", 1 - mine["explained"], order["remaining"], 1e-4)
    diff.see(here + "sum", 1.0, order["explained"] + order["remaining"], 1e-9)
    printed = {s["rank"]: s for s in order["shares"]}
    for t, share in enumerate(mine["shares"]):
        diff.see(here + f"share {t}", share, printed[t]["share"] if t in printed else 0.0, 1e-4)
        if t in printed:
            diff.see(here + f"share {t} token", case["order"][t], printed[t]["token"])
            diff.see(here + f"share {t} kept", case["tokens"][case["order"][t]]["kept"], printed[t]["kept"])
    flips = {f["knob"]: f for f in reasons["flips"]}
    budget = flips.get("budget")
    diff.see(here + "budget flip", mine["budget_flip"], int(budget["value"]) if budget else None)
    if "tau" in flips:
        flip = flips["tau"]
        at = lambda tau: (i in sets_at(case["keep"], tau, case["p"])) != mine["kept"]
        diff.see(here + "tau flip", True, at(flip["value"]))
        edge = flip["from"] if flip["value"] > case["tau"] else flip["to"]
        pairs = np.unique(script.s[np.ix_(script.side == 0, script.side == 1)]) + 1e-6
        low, high = min(edge, case["tau"]), max(edge, case["tau"])
        cuts = np.concatenate(([low], pairs[(pairs > low) & (pairs < high)], [high]))
        for tau in (cuts[:-1] + cuts[1:]) / 2:
            if abs(tau - edge) > 3e-6:
                diff.see(here + f"tau {tau}", False, at(tau))
    if "gsp-ratio" in flips:
        flip = flips["gsp-ratio"]
        at = lambda p: (i in sets_at(case["keep"], case["tau"], p)) != mine["kept"]
        diff.see(here + "gsp-ratio flip", True, at(flip["value"]))
        now, then = int(np.floor(case["p"] * N)), int(np.floor(flip["value"] * N))
        for count in range(min(now, then) + 1, max(now, then)):
            diff.see(here + f"gsp-ratio {count} of {N}", False, at((count + 0.5) / N))


def save(path, tokens, query):
    entries, body = {"__metadata__": {"grid": f"{ROWS}x{COLS}"}}, b""
    for name, array in (("tokens", tokens), ("query", query)):
        entries[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(body), len(body) + array.nbytes]}
        body += array.astype("<f4").tobytes()
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def against_program(program):
    diff = Differences()
    with tempfile.TemporaryDirectory() as folder:
        for seed, keep, tau, gamma, p in ((1, 9, 0.5, 1.0, 0.5), (2, 5, 0.3, 2.0, 0.7), (3, 14, 0.6, 0.0, 0.3)):
            tokens, query = features(seed)
            path = pathlib.Path(folder) / f"f{seed}.safetensors"
            save(path, tokens, query)
            ran = subprocess.run([program, "prune", "--features", str(path), "--keep", str(keep), "--tau", str(tau), "--gamma", str(gamma), "--gsp-ratio", str(p),
                                  "--relevance-sign", "+", "--explain", f"0-{N - 1}", "--survival", "--json"], capture_output=True, text=True, check=True)
            printed = json.loads(ran.stdout)
            script = Script(tokens, query)
            case = expected(script, keep, tau, gamma, p)
            known = {}

            def sets_at(k, t, ratio):
                key = (k, float(t), float(ratio))
                if key not in known:
                    known[key] = script.decide(k, t, gamma, ratio)[0]
                return known[key]

            for i in range(N):
                compare_token(diff, i, case["tokens"][i], printed["reasons"][i], script, case, sets_at)
                diff.see(f"token {i} enters", case["tokens"][i]["enters"], printed["survival"]["budget"]["enters"][i])
                ranges = printed["survival"]["tau"]["kept"][i]
                for step in range(80):
                    t = -1 + step / 40 + 1e-4
                    diff.see(f"token {i} kept at tau {t}", i in sets_at(keep, t, p), any(a <= t <= b for a, b in ranges))
    print(f"{diff.compared} numbers compared, {diff.count} different")
    return 1 if diff.count else 0


def record():
    cases = []
    for seed, keep, tau, gamma, p in ((4, 9, 0.5, 1.0, 0.5), (5, 6, 0.4, 2.0, 0.6)):
        tokens, query = features(seed)
        case = expected(Script(tokens, query), keep, tau, gamma, p)
        cases.append({"tokens": [[round(float(v), 4) for v in row] for row in tokens], "query": [round(float(v), 4) for v in query], "expected": case})
    return {"rows": ROWS, "cols": COLS, "cases": cases}


def same(a, b):
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    return abs(a - b) <= 1e-9 * max(1, abs(a)) if isinstance(a, float) and isinstance(b, float) else a == b


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.cli:
        return against_program(arguments.cli)
    made = json.loads(json.dumps(record()))
    if arguments.check:
        equal = same(json.loads(RECORD.read_text()), made)
        print(("same      " if equal else "DIFFERENT ") + RECORD.name)
        return 0 if equal else 1
    RECORD.write_text(json.dumps(made, separators=(",", ":")) + "\n")
    print("written " + RECORD.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
