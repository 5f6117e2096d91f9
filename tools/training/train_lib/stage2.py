# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 2: the decoder alone on cached projected tokens of windows, in short packed rows."""
import os
import time

import numpy as np
import torch

from .net import to_patches
from .rows import answer_losses, ask, decode_rows, subset, Rows
from .stage1 import crop_batch

RMS = .1   # size of visual tokens and of embeddings when they enter the decoder


@torch.no_grad()
def rescale(model, words, h):
    """Brings embeddings and projected tokens to one size; cosines do not change. Returns the factor for h."""
    known = torch.arange(259, words.size)
    e = model.embed.weight[known].float().pow(2).mean().sqrt()
    model.embed.weight.mul_(RMS / e)
    k = RMS / h.float().pow(2).mean().sqrt()
    model.projector.linear_2.weight.mul_(k)
    model.projector.linear_2.bias.mul_(k)
    return k


@torch.no_grad()
def cache_windows(model, pool, rng, n, side=12):
    """[(tokens, position ids, window)] of n windows by the present tower."""
    out = []
    for _ in range(n // 25):
        img, pos, wins = crop_batch(pool, rng, 25, side)
        f, _ = model.vision(to_patches(img, torch.bfloat16), pos, False)
        h = model.projector(f)
        out += list(zip(h, pos.numpy(), wins))
    return out


def batch_rows(words, cache, rng, b, keep, per, mix=None):
    picks = [cache[int(i)] for i in rng.integers(len(cache), size=b)]
    wins = [w for _, _, w in picks]
    asked = [ask(rng, w, per, mix) for w in wins]
    kept = [subset(rng, w, keep) for w in wins]
    rows = Rows(words, wins, asked, kept, [p for _, p, _ in picks])
    h = torch.stack([t[torch.from_numpy(k)] for (t, _, _), k in zip(picks, kept)])
    return rows, h


def decoder_groups(model):
    out = []
    for n, p in model.named_parameters():
        if n.startswith("decoder."):
            out.append((n, p, "muon" if p.ndim == 2 and "blocks" in n else "adam"))
    return out


def step_loss(model, words, cache, rng, b=24, keep=48, per=8, ground=.15, mix=None):
    rows, h = batch_rows(words, cache, rng, b, keep, per, mix)
    logits, maps = decode_rows(model, rows, h)
    ce, g, by = answer_losses(rows, logits, maps)
    return ce + ground * g, ce, g, by


class Means:
    """Running means for the log."""

    def __init__(self, keep=.97):
        self.v, self.keep = {}, keep

    def add(self, by, **kv):
        for k, x in list(kv.items()) + [(f, sum(h) / len(h)) for f, h in by.items()]:
            self.v[k] = self.keep * self.v.get(k, float(x)) + (1 - self.keep) * float(x)

    def show(self):
        return {k: round(v, 3) for k, v in self.v.items()}


def timed(done, total):
    return dict(minutes=round(done / 60, 1), left=round((total - done) / 60, 1))


def clock():
    return time.time()


def exists(folder, name):
    return os.path.exists(os.path.join(folder, name))


def seeded(seed, stage, step):
    return np.random.default_rng([seed, stage, step])
