# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 2: the decoder alone on cached projected tokens of whole scenes, in short packed rows."""
import os
import time

import numpy as np
import torch

from . import aux
from .device import load, put
from .judge import figures
from .loop import fresh, lists, moved, save, say
from .net import to_patches
from .optim import Optim, schedule
from .rows import answer_losses, ask, decode_rows, subset, Rows
from .stage1 import crop_batch, groups
from .team import Team

RMS = .1   # size of visual tokens and of embeddings when they enter the decoder


@torch.no_grad()
def rescale(model, words, h, heads=None):
    """Brings embeddings and projected tokens to one size; cosines do not change, and the heads that read the tokens follow.
    Returns the factor on the tokens."""
    known = torch.arange(259, words.size)
    e = model.embed.weight[known].float().pow(2).mean().sqrt()
    model.embed.weight.mul_(RMS / e)
    k = RMS / h.float().pow(2).mean().sqrt()
    model.projector.linear_2.weight.mul_(k)
    model.projector.linear_2.bias.mul_(k)
    if heads is not None:
        for name in ("colour", "word", "letter", "place", "extent", "middle"):
            getattr(heads, name).weight.div_(k)
    return float(k)


@torch.no_grad()
def cache_scenes(model, pool, rng, n, side=24, one_sign=0.0):
    """[(tokens, position ids, window)] of n scenes (or windows of `side` patches) by the present tower."""
    out = []
    for _ in range(max(1, n // 10)):
        img, pos, wins = crop_batch(pool, rng, 10, side, one_sign=one_sign)
        f, _ = model.vision(to_patches(img, torch.bfloat16), pos, False)
        out += list(zip(model.projector(f), pos.cpu().numpy(), wins))
    return out


def batch_rows(words, cache, rng, b, keep, per, mix=None):
    picks = [cache[int(i)] for i in rng.integers(len(cache), size=b)]
    wins = [w for _, _, w in picks]
    asked = [ask(rng, w, per, mix) for w in wins]
    kept = [subset(rng, w, keep) for w in wins]
    rows = Rows(words, wins, asked, kept, [p for _, p, _ in picks])
    h = torch.stack([t[put(k)] for (t, _, _), k in zip(picks, kept)])
    return rows, h


def decoder_groups(model, heads):
    out = []
    for n, p in model.named_parameters():
        if n.startswith("decoder."):
            out.append((n, p, "muon" if p.ndim == 2 and "blocks" in n else "adam"))
    return out + [("heads.readers." + n, p, "adam") for n, p in heads.readers.named_parameters()]


def step_loss(model, words, cache, rng, b=24, keep=48, per=8, mix=None, readers=None):
    rows, h = batch_rows(words, cache, rng, b, keep, per, mix)
    logits, maps, seen = decode_rows(model, rows, h)
    ce, told, by = answer_losses(rows, logits, maps, seen, readers)
    kv = {k: float(v.detach()) for k, v in told.items()}
    return ce + sum(aux.WEIGHT[k] * v for k, v in told.items()), dict(ce=float(ce.detach()), **kv), by


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


def seeded(seed, stage, step):
    return np.random.default_rng([seed, stage, step])


def load_tower(folder, words, seed=1):
    """Averaged stage-1 weights in a fresh network, bf16; minutes they have been trained."""
    model, heads = fresh(words, seed)
    opt = Optim(groups(model, heads), 2e-3, 1.2e-3)
    s = load(os.path.join(folder, "stage1.pt"))
    model.bfloat16(), heads.bfloat16()
    opt.load(s["opt"], moved(words, s))
    opt.use_average(True)
    return model, heads, s["done"] / 60


MIX = {"yes": .16, "random": .08, "adversarial": .09, "colour": .17, "leftright": .11, "abovebelow": .07, "count": .14,
       "support": .05, "text": .1, "place": .04}
ONE_SIGN = .35   # a fifth of the scenes has a sign to ask about, too few for the share of its questions
KEEP = 72    # tokens of a short row: two of every object, then other object patches, some background


def run_stage2(folder, words, pool, val, minutes, seed=1, rows=24, per=12, most=4000, probe_every=480.0, whole=.8,
               team=Team()):
    """Trains the decoder for `minutes` on a cache of scenes that grows while it trains; the tower does not change. From the
    share `whole` of the time on every second step has all 576 tokens in its rows."""
    model, heads, age = load_tower(folder, words, seed)
    probe = cache_scenes(model, pool, seeded(seed, 22, 0), 50, 12)
    rescale(model, words, torch.stack([h for h, _, _ in probe]))
    for p in model.parameters():
        p.requires_grad_(False)
    for p in model.decoder.parameters():
        p.requires_grad_(True)
    opt = Optim(decoder_groups(model, heads), 1.2e-3, 6e-4, ema=.98, team=team)
    path, done, step, asked = os.path.join(folder, "stage2.pt"), 0.0, 0, 0
    if os.path.exists(path):
        s = load(path)
        opt.load(s["opt"], moved(words, s))
        done, step, asked = s["done"], s["step"], s.get("asked", 0)
    total, mark, saved, means = minutes * 60, done, done, Means(.95)
    rng = np.random.default_rng(team.seed(seed, 22, step))
    cache, past = cache_scenes(model, pool, rng, 300, one_sign=ONE_SIGN), step
    while done < total:
        t0 = time.time()
        if len(cache) < most and step % 8 == 0:
            cache += cache_scenes(model, pool, rng, 40, one_sign=ONE_SIGN)
        size = (4, 576, 2 * per) if done > whole * total and step % 2 else (rows, KEEP, per)
        loss, kv, by = step_loss(model, words, cache, rng, *size, MIX, heads.readers)
        loss.backward()
        opt.step(schedule(done, total, step - past, 10, .35, .05))
        step += 1
        asked += size[0] * size[2] * team.size
        means.add(by, **kv)
        done = team.clock(done + time.time() - t0)
        if step % 20 == 0 and team.leads:
            say(folder, stage=2, step=step, questions=asked, scenes=len(cache), **timed(done, total), **means.show())
        if done - saved > 120 or done >= total:
            saved = done
            if team.leads:
                save(path, {"opt": opt.state(), "done": done, "step": step, "asked": asked, **lists(words)})
        if done - mark > probe_every or done >= total:
            mark = done
            if not team.leads:
                continue
            opt.use_average(True)
            say(folder, stage=2, tower_minutes=round(age, 1), val=figures(model, words, val, 40))
            opt.use_average(False)
    team.clock(0)   # nobody goes on before the state is written
    return model
