# SPDX-License-Identifier: GPL-3.0-or-later
"""Timed loops with checkpoints: one function a stage."""
import json
import os
import time

import numpy as np
import torch

from . import aux, stage1
from .device import load
from .net import Llava, Shape
from .optim import Optim, schedule
from .probe import vision_figures
from .team import Team


SIGNS = .22   # share of the windows that come from scenes of nothing but signs, beside those of the mix


def say(folder, **kv):
    line = json.dumps(kv)
    print(line, flush=True)
    with open(os.path.join(folder, "log.jsonl"), "a", encoding="utf-8") as f:
        f.write(line + "\n")


def save(path, value):
    torch.save(value, path + ".part")
    os.replace(path + ".part", path)


def moved(words, saved):
    """For Optim.load: where the rows of word tables lie now, when words or classes were added since the state was saved."""
    out = {}
    was = {w: i for i, w in enumerate(saved.get("vocab", []))}
    now = [words.tok.id_to_token(i) for i in range(words.size)]
    if was and list(was) != now:
        pairs = [(i, was[t]) for i, t in enumerate(now) if t in was]
        out["embed.weight"] = out["decoder.head.weight"] = tuple(torch.tensor(x) for x in zip(*pairs))
    for key, names in (("cls", stage1.CLASSES), ("word", list(stage1.WORD_INDEX))):
        had = {n: i for i, n in enumerate(saved.get(key + "_names", []))}
        if had and list(had) != list(names):
            pairs = [(i, had[n]) for i, n in enumerate(names) if n in had]
            for part in ("weight", "bias"):
                out[f"heads.{key}.{part}"] = tuple(torch.tensor(x) for x in zip(*pairs))
    return out


def lists(words):
    """What a saved state must remember to be warm-started from after words or classes were added."""
    return {"vocab": [words.tok.id_to_token(i) for i in range(words.size)], "cls_names": list(stage1.CLASSES),
            "word_names": list(stage1.WORD_INDEX)}


def fresh(words, seed):
    torch.manual_seed(seed)
    model = Llava(Shape(words.size))
    heads = stage1.Heads(model.c)
    heads.readers = aux.Readers(model.c)
    return model, heads


def run_stage1(folder, words, pool, val, minutes, seed=1, batch=32, probe_every=300.0, team=Team()):
    """Trains for `minutes` of this stage in all (resumed time counted) and returns the averaged network; `batch` windows a
    process."""
    model, heads = fresh(words, seed)
    opt = Optim(stage1.groups(model, heads), 2e-3, 1.2e-3, team=team)
    model.bfloat16(), heads.bfloat16()
    opt.use_average(False)
    path, done, step, crops = os.path.join(folder, "stage1.pt"), 0.0, 0, 0
    if os.path.exists(path):
        s = load(path)
        opt.load(s["opt"], moved(words, s))
        done, step = s["done"], s["step"]
        crops = s.get("crops", step * batch)
    rng = np.random.default_rng(team.seed(seed, 11, step))
    total, mark, last_save, mean = minutes * 60, done, done, {}
    while done < total:
        t0 = time.time()
        loss, parts, _ = stage1.losses(model, heads, words, stage1.crop_batch(pool, rng, batch, signs=SIGNS), rng)
        loss.backward()
        opt.step(schedule(done, total, step, tail=.5))
        step, crops = step + 1, crops + batch * team.size
        for k, v in parts.items():
            v = float(v.detach())
            mean[k] = .98 * mean.get(k, v) + .02 * v
        done = team.clock(done + time.time() - t0)
        if step % 50 == 0 and team.leads:
            say(folder, stage=1, step=step, crops=crops, minutes=round(done / 60, 1),
                left=round((total - done) / 60, 1), **{k: round(v, 3) for k, v in mean.items()})
        if done - last_save > 150 or done >= total:
            if team.leads:
                save(path, {"opt": opt.state(), "done": done, "step": step, "crops": crops, **lists(words)})
            last_save = done
            pool.refresh()
        if done - mark > probe_every or done >= total:
            mark = done
            if not team.leads:
                continue
            opt.use_average(True)
            model.eval()
            say(folder, stage=1, step=step, minutes=round(done / 60, 1), val=vision_figures(model, heads, words, val))
            model.train()
            opt.use_average(False)
    team.clock(0)   # nobody goes on before the state is written
    opt.use_average(True)
    return model, heads
