# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 3: everything together at all 576 tokens, the dense losses still on. No pruning here or anywhere."""
import os
import time

import numpy as np
import torch

from . import aux
from .device import load, put
from .judge import figures
from .labels import Window
from .loop import fresh, lists, moved, save, say
from .net import to_patches
from .optim import Optim, schedule
from .rows import Rows, answer_losses, ask, decode_rows
from .stage1 import groups, losses
from .stage2 import (KEEP, MIX as SHORT, ONE_SIGN, WHOLE, Means, batch_rows, cache_scenes, decoder_groups, load_tower,
                     step_loss, timed)
from .team import Team

ALL = np.arange(576)


def load_joint(folder, words, pool, seed):
    """The newest tower, and the decoder of stage 2, float32; the factor by which the tokens were made smaller."""
    model, heads, _, size = load_tower(folder, words, pool, seed)
    opt = Optim(decoder_groups(model, heads), 0., 0.)
    s = load(os.path.join(folder, "stage2.pt"))
    opt.load(s["opt"], moved(words, s))
    opt.use_average(True)
    return model, heads, size


def judge_and_ship(folder, step, model, opt, words, val, out):
    """Figures of the averaged weights, and these to `out` in float32: a checkpoint holds more of them than the bf16 that training
    works in."""
    opt.use_average(True)
    say(folder, stage=3, step=step, val=figures(model, words, val, 40))
    model.float()
    opt.use_average(True)
    out(model)
    model.bfloat16()
    opt.use_average(False)


def batch(pool, rng, b):
    img, wins = np.empty((b, 336, 336, 3), np.uint8), []
    for j in range(b):
        im, maps, scene = pool.get(pool.draw(rng, one_sign=ONE_SIGN))
        img[j] = im
        wins.append(Window(maps, scene, 24))
    return put(img), torch.arange(576).repeat(b, 1), wins


def joint_loss(model, heads, words, data, rng, per, dense=.5, mix=None):
    img, pos, wins = data
    feats = model.vision(to_patches(img, torch.bfloat16), pos)
    first, parts, h = losses(model, heads, words, data, rng, feats)
    rows = Rows(words, wins, [ask(rng, w, per, mix) for w in wins], [ALL] * len(wins), [ALL] * len(wins))
    logits, maps, seen = decode_rows(model, rows, h)
    ce, told, by = answer_losses(rows, logits, maps, seen, heads.readers)
    keep = {k: float(v.detach()) for k, v in parts.items()} | {k: float(v.detach()) for k, v in told.items()}
    return ce + sum(aux.WEIGHT[k] * v for k, v in told.items()) + dense * first, dict(ce=float(ce.detach()), **keep), by, h


TOWER = .3   # of the step size: four pictures a step say less about the tower than the windows of stage 1 did


def run_stage3(folder, words, pool, val, minutes, seed=1, b=4, per=24, lr=3e-4, muon_lr=6e-4, probe_every=420.0, most=200,
               team=Team(), *, out):
    """Joint training for `minutes`; `out(model)` is called at every probe and at the end with the averaged weights. Each step at
    576 tokens is followed by one of the decoder on short rows of the last `most` pictures, which costs as much and asks three
    times as many questions."""
    path, done, step, asked = os.path.join(folder, "stage3.pt"), 0.0, 0, 0
    was = load(path) if os.path.exists(path) else None
    model, heads, size = (*fresh(words, seed), was["size"]) if was else load_joint(folder, words, pool, seed)
    # steps have one size whatever the weights are: the layer that was made smaller takes smaller ones, or it is lost in a few
    named = groups(model, heads, True)
    slow = {n: TOWER for n, _, _ in named if n.startswith(("vision.", "projector."))}
    slow |= {"projector.linear_2.weight": TOWER * size, "projector.linear_2.bias": TOWER * size}
    opt = Optim(named, muon_lr, lr, ema=.98, team=team, slow=slow)
    model.bfloat16(), heads.bfloat16()
    if was:
        opt.load(was["opt"], moved(words, was))
        done, step, asked = was["done"], was["step"], was.get("asked", was["step"] * b * per)
    total, mark, saved, means, past = minutes * 60, done, done, Means(), step
    if done >= total and team.leads:   # no time is left for this stage: what stages 1 and 2 have made
        judge_and_ship(folder, step, model, opt, words, val, out)
    rng, short = np.random.default_rng(team.seed(seed, 33, step)), Means()
    replay = cache_scenes(model, pool, rng, most, one_sign=ONE_SIGN) if done < total else []
    while done < total:
        t0 = time.time()
        data, rate = batch(pool, rng, b), schedule(done, total, step - past, 20, .4, .05)
        loss, kv, by, h = joint_loss(model, heads, words, data, rng, per, mix=WHOLE)
        loss.backward()
        opt.step(rate)
        means.add(by, **kv)
        replay += zip(h.detach(), data[1].cpu().numpy(), data[2])
        del replay[:-most]
        loss, _, by = step_loss(model, *batch_rows(words, replay, rng, 24, KEEP, 12, SHORT), heads.readers)
        loss.backward()
        opt.step(rate)
        short.add(by)
        step, asked = step + 1, asked + b * per * team.size
        done = team.clock(done + time.time() - t0)
        if step % 20 == 0 and team.leads:
            say(folder, stage=3, step=step, questions=asked, **timed(done, total), **means.show(), short=short.show())
        if done - saved > 120 or done >= total:
            saved = done
            if team.leads:
                save(path, {"opt": opt.state(), "done": done, "step": step, "asked": asked, "size": size, **lists(words)})
        if done - mark > probe_every or done >= total:
            mark = done
            if team.leads:
                judge_and_ship(folder, step, model, opt, words, val, out)
    team.clock(0)   # nobody goes on before the state is written
    opt.use_average(True)
    return model
