#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Float64 oracle of the pruning core in numpy, written from the description of the methods (reference/methods.md 3.1-3.7, 11).

Writes tests/data/prune/golden.json and tests/data/analysis/golden.json. `--check` computes everything again and compares with the files.
Features are rounded to four decimals, so that their float32 values are the same for every reader.
"""
import argparse
import json
import math
import pathlib
import sys

import numpy as np

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
EDGE_TOLERANCE = 1e-6
FLOOR = 1e-6
CONSTANT = 1e-6


def unit(rows):
    rows = np.asarray(rows, dtype=np.float64)
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)


def cosine_matrix(tokens):
    u = unit(tokens)
    s = np.clip(u @ u.T, -1, 1)
    np.fill_diagonal(s, 1.0)
    return s


def sides(n, partition, cols):
    if partition == "checkerboard":
        return np.array([(i // cols + i % cols) % 2 for i in range(n)])
    return np.arange(n) % 2


class Margin:
    """Smallest distance to a different decision."""

    def __init__(self):
        self.value = math.inf

    def see(self, distance):
        self.value = min(self.value, abs(float(distance)))


def gsp(s, side, tau, gamma, dead, margin):
    n = len(s)
    degree = np.zeros(n, dtype=int)
    mean = np.zeros(n)
    score = np.zeros(n)
    keys = []
    for i in range(n):
        row = s[i, side != side[i]]
        edges = row[row >= tau - EDGE_TOLERANCE]
        if len(row):
            margin.see(np.min(np.abs(row - (tau - EDGE_TOLERANCE))))
        degree[i] = len(edges)
        if len(edges):
            mean[i] = edges.mean()
            score[i] = len(edges) * math.exp(gamma * max(0.0, mean[i] - tau))
            key = (1, math.log(len(edges)) + gamma * max(0.0, mean[i] - tau))
        else:
            mean[i] = row.mean() if len(row) else 0.0
            score[i] = mean[i]
            key = (0, mean[i])
        keys.append(((2, 0.0) if dead[i] else key, i))
    keys.sort()
    keep_order = [i for _, i in keys]
    ranking = [k for k, _ in keys]
    return degree, mean, score, keep_order, ranking


def relevance(tokens, queries, sign, power, theta, dead, margin):
    n = len(tokens)
    if len(queries) == 0:
        return np.zeros(n), np.ones(n), sorted(range(n), key=lambda i: (dead[i], i)), True
    raw = sign * np.mean([unit(tokens) @ unit(q) for q in queries], axis=0)
    spread = raw.max() - raw.min()
    if spread <= CONSTANT:
        return raw, np.ones(n), sorted(range(n), key=lambda i: (dead[i], i)), True
    scaled = FLOOR + (1 - FLOOR) * (raw - raw.min()) / spread
    value = np.exp(theta / (2 * (1 - theta)) * scaled) if theta is not None else scaled ** power
    order = sorted(range(n), key=lambda i: (dead[i], -raw[i] if not dead[i] else 0.0, i))
    return raw, value, order, False


def greedy(s, w, k, margin):
    """Textbook incremental Cholesky on L = diag(w) S diag(w), float64, stop at 1e-10 of the largest diagonal."""
    kernel = w[:, None] * s * w[None, :]
    v = np.diag(kernel).copy()
    first = v.max()
    rows, order, gains = [], [], []
    taken = np.zeros(len(s), dtype=bool)
    while len(order) < min(k, len(s)):
        best = np.where(taken, -1.0, v)
        j = int(np.argmax(best))
        if best[j] <= 1e-10 * first:
            margin.see(1.0)
            return order, gains, True
        rest = np.delete(best, j)
        if len(rest):
            margin.see(best[j] - rest.max())
        margin.see(best[j])
        e = kernel[j].copy()
        for row in rows:
            e -= row[j] * row
        e /= math.sqrt(best[j])
        rows.append(e)
        order.append(j)
        gains.append(float(v[j]))
        taken[j] = True
        v = np.maximum(v - e * e, 0.0)
    return order, gains, False


def decide(case):
    tokens = np.asarray(case["tokens"], dtype=np.float32).astype(np.float64)
    features = np.asarray(case.get("relevance_tokens", case["tokens"]), dtype=np.float32).astype(np.float64)
    query = np.asarray(case["query"], dtype=np.float32).astype(np.float64)
    o = case["options"]
    n, m = len(tokens), o["keep"]
    margin = Margin()
    dead = ~tokens.any(axis=1)
    if query.ndim == 1:
        query = query[None]
    queries = [] if query.size == 0 else ([query[-1]] if o["query_pooling"] == "eot" else [query.mean(axis=0)])
    s = cosine_matrix(tokens)
    sign = -1 if o["relevance_sign"] == "-" else 1
    raw, value, by_relevance, constant = relevance(features, queries, sign, o["relevance_power"], o["relevance_theta"], dead, margin)
    side = sides(n, o["partition"], case["grid"][1])
    tau = o["tau"]
    if isinstance(tau, str):
        tau = float(np.percentile(s[np.ix_(side == 0, side == 1)].ravel(), float(tau[1:])))
        # A quantile may fall on a pair; where it does, the pair decides with the edge tolerance, far above rounding.
    degree, mean, score, keep_order, ranking = gsp(s, side, tau, o["gamma"], dead, margin)
    size = min(max(n - math.floor(o["gsp_ratio"] * n), m), n)

    def gap(place):
        if 0 < place < n:
            a, b = ranking[place - 1], ranking[place]
            if a[0] == b[0]:
                margin.see(a[1] - b[1])

    through = np.zeros(n, dtype=bool)
    through[keep_order[:size]] = True
    w = np.where(dead, 0.0, value)
    kept, order, gains = [], [], []

    def fill(first=None):
        pools = ([i for i in by_relevance if first[i]] if first is not None else []), order, by_relevance
        for pool in pools:
            for i in pool:
                if len(kept) < m and i not in kept:
                    kept.append(i)
                    if not constant and not dead[i]:
                        later = [abs(raw[i] - raw[x]) for x in by_relevance if x not in kept and not dead[x]]
                        margin.see(min(later) if later else 1.0)

    method, fusion = o["method"], o["fusion"]
    if method == "gsp":
        gap(m)
        kept = keep_order[:m]
    elif method == "relevance" or (method == "qcsp" and o["qcsp"] == "topk"):
        kept = by_relevance[:m]
        if not constant:
            margin.see(raw[by_relevance[m - 1]] - raw[by_relevance[m]] if m < n else 1.0)
    elif method == "qcsp" or fusion == "none":
        order, gains, _ = greedy(s, w, m, margin)
        kept = list(order)
        fill()
    else:
        gap(size)
        if fusion == "restrict":
            order, gains, _ = greedy(s, np.where(through, w, 0.0), m, margin)
            kept = list(order)
        else:
            # The longest order is computed; only the part that is read counts for the margin.
            k = m
            while True:
                part = Margin()
                order, gains, exhausted = greedy(s, w, k, part)
                kept = []
                for place, i in enumerate(order):
                    if len(kept) < m and (through[i] or (fusion == "append" and place >= m)):
                        kept.append(i)
                if len(kept) >= m or exhausted or k >= n:
                    margin.see(part.value)
                    break
                k += 1
        fill(through)
    return {"kept": sorted(int(i) for i in kept), "order": [int(i) for i in order], "gain": gains, "tau": tau, "margin": margin.value,
            "degree": degree.tolist(), "mean_similarity": mean.tolist(), "gsp_score": score.tolist(),
            "relevance_raw": raw.tolist(), "relevance": value.tolist(), "needs_gsp": method in ("gsp", "script") and fusion != "none"}


def field(rng, rows, cols, d, noise):
    """Smooth random features on a grid: bumps around centres, a shared direction, noise."""
    out = 0.5 * rng.standard_normal(d)[None, None, :] + noise * rng.standard_normal((rows, cols, d))
    for _ in range(6):
        y, x, r = rng.uniform(0, rows), rng.uniform(0, cols), rng.uniform(0.8, 2.5)
        bump = np.exp(-((np.arange(rows)[:, None] - y) ** 2 + (np.arange(cols)[None, :] - x) ** 2) / (2 * r * r))
        out += bump[:, :, None] * rng.standard_normal(d)
    return np.round(out.reshape(rows * cols, d), 4)


def golden_cases():
    rng = np.random.default_rng(20240731)
    base = {"method": "script", "keep": 8, "tau": 0.5, "gamma": 1.0, "gsp_ratio": 0.5, "fusion": "walk", "partition": "parity", "qcsp": "dpp",
            "relevance_sign": "+", "relevance_power": 1.0, "relevance_theta": None, "query_pooling": "mean"}
    variants = [{}, {"fusion": "restrict"}, {"fusion": "append"}, {"fusion": "none"}, {"method": "gsp"}, {"method": "qcsp"}, {"method": "relevance"},
                {"relevance_sign": "-"}, {"partition": "checkerboard"}, {"tau": "q90"}, {"tau": "q25", "gamma": 3.0}, {"tau": 0.71, "gamma": 0.0},
                {"tau": 0.333, "gsp_ratio": 0.25}, {"gsp_ratio": 0.9}, {"gsp_ratio": 0.0}, {"relevance_power": 0.5}, {"relevance_power": 2.0},
                {"relevance_theta": 0.6}, {"query_pooling": "eot"}, {"method": "qcsp", "qcsp": "topk"}, {"keep": 1}, {"keep": 15},
                {"method": "gsp", "keep": 12, "tau": 0.6}, {"gamma": 30.0}, {"fusion": "append", "keep": 14, "gsp_ratio": 0.6}]
    cases = []
    for index, variant in enumerate(variants):
        for attempt in range(200):
            rows, cols = [(4, 6), (5, 5), (6, 4)][index % 3]
            case = {"name": "case%02d" % index, "grid": [rows, cols], "tokens": field(rng, rows, cols, 10, 0.35).tolist(),
                    "query": np.round(rng.standard_normal((3, 10)), 4).tolist(), "options": {**base, **variant}}
            if index % 4 == 3:
                case["relevance_tokens"] = np.round(rng.standard_normal((rows * cols, 10)), 4).tolist()
            result = decide(case)
            if result["margin"] > 1e-4 or isinstance(case["options"]["tau"], str) and result["margin"] > 0.9e-6:
                cases.append({**case, "expected": result})
                break
        else:
            raise RuntimeError("no case with a margin for " + str(variant))
    return {"source": "tests/oracles/script_oracle.py", "cases": cases}


def entropy_of(values, low, high):
    if not high > low:
        return 0.0
    counts, _ = np.histogram(values, bins=20, range=(low, high), density=True)
    p = counts + 1e-8
    p /= p.sum()
    return float(-(p * np.log(p)).sum())


def first_component(x):
    x = x - x.mean(axis=0)
    u, sv, _ = np.linalg.svd(x, full_matrices=False)
    scores = u[:, 0] * sv[0]
    j = int(np.argmax(np.abs(scores) >= np.abs(scores).max() * (1 - 1e-9)))
    return scores * (-1 if scores[j] < 0 else 1)


def golden_analysis():
    rng = np.random.default_rng(7)
    cases = []
    for rows, cols, d in ((5, 6, 8), (3, 3, 12), (1, 7, 5), (4, 4, 3)):
        tokens = field(rng, rows, cols, d, 0.3)
        s = cosine_matrix(tokens)

        def near(i, j, four):
            dy, dx = abs(i // cols - j // cols), abs(i % cols - j % cols)
            return i != j and ((dy + dx == 1) if four else max(dy, dx) == 1)

        n = rows * cols
        redundancy = {}
        for name, four in (("eight", False), ("four", True)):
            redundancy[name] = [float(np.mean([s[i, j] for j in range(n) if near(i, j, four)])) for i in range(n)]
        boxes = [[j for j in range(n) if i == j or near(i, j, False)] for i in range(n)]
        local = []
        for box in boxes:
            p = first_component(tokens[box])
            local.append(entropy_of(p, p.min(), p.max()))
        p = first_component(tokens)
        shared = [entropy_of(p[box], p.min(), p.max()) for box in boxes]
        distance = []
        for step in range(1, rows + cols - 1):
            pairs = [s[i, j] for i in range(n) for j in range(i + 1, n) if abs(i // cols - j // cols) + abs(i % cols - j % cols) == step]
            distance.append(float(np.mean(pairs)))
        cases.append({"grid": [rows, cols], "tokens": tokens.tolist(), "redundancy": redundancy, "entropy_local": local, "entropy_global": shared,
                      "by_distance": distance})
    return {"source": "tests/oracles/script_oracle.py", "cases": cases}


def same(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k], path + "/" + k) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y, path) for x, y in zip(a, b))
    if isinstance(a, (int, float)) and isinstance(b, (int, float)) and not isinstance(a, bool):
        return abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b)) or (path.endswith("margin") and abs(a - b) < 1e-6)
    return a == b


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    arguments = parser.parse_args()
    good = True
    for path, make in ((DATA / "prune" / "golden.json", golden_cases), (DATA / "analysis" / "golden.json", golden_analysis)):
        made = json.loads(json.dumps(make()))
        if arguments.check:
            equal = same(json.loads(path.read_text()), made)
            good = good and equal
            print(("same      " if equal else "DIFFERENT ") + str(path.relative_to(DATA.parent)))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(made, separators=(",", ":")) + "\n")
            print("written " + str(path.relative_to(DATA.parent)))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
