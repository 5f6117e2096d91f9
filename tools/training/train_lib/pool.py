# SPDX-License-Identifier: GPL-3.0-or-later
"""Pool of rendered scenes as uint8 arrays on disk, made once, in shards."""
import json
import multiprocessing
import os
import sys
import time

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from scenes_lib.scene import Obj, Scene, render  # noqa: E402

SHARD = 200
MIX = ["packed", "std", "signs", "count", "packed", "text", "pairs", "std", "packed", "std", "text", "dense", "packed",
       "pairs", "std", "signs", "text", "std", "count", "packed"]
ARRAYS = ("img", "ids", "let")   # picture, object of each pixel, letter of each pixel (1..26, 0 none)


def shard_path(folder, split, k):
    return os.path.join(folder, f"{split}-{k:04d}")


def make_shard(folder, seed, split, k, presets, count=SHARD):
    """Renders scenes k*count … and writes them through a temporary name."""
    base = shard_path(folder, split, k)
    if os.path.exists(base + ".json"):
        return
    img = np.empty((count, 336, 336, 3), np.uint8)
    ids, let = (np.empty((count, 336, 336), np.uint8) for _ in range(2))
    meta = []
    for j in range(count):
        i = k * count + j
        s = render(seed, split, i, presets[i % len(presets)])
        img[j], ids[j], let[j] = s.img, s.idmap, s.letters
        meta.append({"kind": s.kind, "objs": [vars(o) for o in s.objs]})
    tmp = f"{base}.{os.getpid()}"
    for name, array in zip(ARRAYS, (img, ids, let)):
        np.save(f"{tmp}.{name}.npy", array)
        os.replace(f"{tmp}.{name}.npy", f"{base}.{name}.npy")
    with open(tmp + ".json", "w", encoding="utf-8") as f:
        json.dump(meta, f)
    os.replace(tmp + ".json", base + ".json")


def ensure(folder, seed, split, shards, presets=None, processes=1, log=print):
    """Makes the shards that are missing, with time left; several processes share them."""
    os.makedirs(folder, exist_ok=True)
    missing = [k for k in range(shards) if not os.path.exists(shard_path(folder, split, k) + ".json")]
    t0, todo = time.time(), [(folder, seed, split, k, presets or MIX) for k in missing]
    if not missing:
        return
    log(f"scenes {split}: {len(missing) * SHARD} to draw", flush=True)
    with multiprocessing.Pool(min(processes, len(missing))) as team:
        for n, _ in enumerate(team.imap_unordered(one_shard, todo), 1):
            left = (time.time() - t0) / n * (len(missing) - n)
            log(f"scenes {split}: {n * SHARD} of {len(missing) * SHARD}, {left:.0f} s left", flush=True)


def one_shard(job):
    make_shard(*job)


class Pool:
    """Reads finished shards; more may appear while it is in use."""

    def __init__(self, folder, split):
        self.folder, self.split = folder, split
        self.arrays, self.meta, self.known = [], [], set()
        self.signs, self.one_sign = [], []   # numbers of scenes of nothing but signs, and of those with one that can be read
        self.refresh()

    def refresh(self):
        for k in range(10000):
            base = shard_path(self.folder, self.split, k)
            if k in self.known:
                continue
            if not os.path.exists(base + ".json"):
                if k > max(self.known, default=0) + 8:
                    break
                continue
            self.arrays.append([np.load(f"{base}.{a}.npy", mmap_mode="r") for a in ARRAYS])
            with open(base + ".json", encoding="utf-8") as f:
                self.meta.append([Scene(m["kind"], 336, [Obj(**o) for o in m["objs"]]) for m in json.load(f)])
            self.known.add(k)
            at = sum(len(m) for m in self.meta[:-1])
            for i, s in enumerate(self.meta[-1], at):
                signs = [o for o in s.objs if o.name == "sign"]
                if len(signs) == 1 and signs[0].vis > .95:
                    self.one_sign.append(i)
                elif len(signs) > 1 and len(signs) == len(s.objs):
                    self.signs.append(i)

    def __len__(self):
        return sum(len(m) for m in self.meta)

    def draw(self, rng, signs=0.0, one_sign=0.0):
        """The number of a scene; with the chance `signs` one of nothing but signs, with `one_sign` one whose sign can be asked about."""
        r = rng.random()
        for some, chance in ((self.signs, signs), (self.one_sign, one_sign)):
            if some and r < chance:
                return some[int(rng.integers(len(some)))]
            r -= chance
        return int(rng.integers(len(self)))

    def get(self, i):
        """Image, (id map, letter map) and scene (its arrays left empty)."""
        for (img, ids, let), m in zip(self.arrays, self.meta):
            if i < len(m):
                return img[i], (ids[i], let[i]), m[i]
            i -= len(m)
        raise IndexError
