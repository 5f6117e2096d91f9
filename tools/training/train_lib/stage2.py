# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 2: the decoder alone on cached projected tokens of whole scenes, in short packed rows."""
import copy
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
from .rows import Rows, answer_losses, ask, counted, decode_rows, one_question, one_sign, subset
from .stage1 import crop_batch, groups
from .team import Team

RMS = .1   # size of visual tokens and of embeddings when they enter the decoder


@torch.no_grad()
def rescale(model, words, h, heads):
    """Brings embeddings and projected tokens to one size; cosines do not change, and the heads that read the tokens follow.
    Returns the factor on the tokens."""
    known = torch.arange(259, words.size)
    e = model.embed.weight[known].float().pow(2).mean().sqrt()
    model.embed.weight.mul_(RMS / e)
    k = RMS / h.float().pow(2).mean().sqrt()
    model.projector.linear_2.weight.mul_(k)
    model.projector.linear_2.bias.mul_(k)
    for name in ("colour", "word", "letter", "place", "extent", "middle"):
        getattr(heads, name).weight.div_(k)
    return float(k)


@torch.no_grad()
def cache_scenes(model, pool, rng, n, side=24, one_sign=0.0, signs=0.0):
    """[(tokens, position ids, window)] of n scenes (or windows of `side` patches) by the present tower."""
    out = []
    for _ in range(max(1, n // 10)):
        img, pos, wins = crop_batch(pool, rng, 10, side, signs, one_sign)
        f, _ = model.vision(to_patches(img, torch.bfloat16), pos, False)
        out += list(zip(model.projector(f), pos.cpu().numpy(), wins))
    return out


def batch_rows(words, cache, rng, b, keep, per, mix=None):
    picks = [cache[int(i)] for i in rng.integers(len(cache), size=b)]
    wins = [w for _, _, w in picks]
    asked = [ask(rng, w, per, mix) for w in wins]
    kept = [subset(rng, w, keep, counted(qs)) for w, qs in zip(wins, asked)]
    rows = Rows(words, wins, asked, kept, [p for _, p, _ in picks])
    h = torch.stack([t[put(k)] for (t, _, _), k in zip(picks, kept)])
    return rows, h


def sign_rows(words, cache, rng, b, keep):
    """Rows of one sign and patches around it, each with the question for its word: of these the mix above has too few for
    a list of words to be learnt."""
    picks = []
    while len(picks) < b:
        t, p, w = cache[int(rng.integers(len(cache)))]
        one = one_sign(rng, w, keep)
        if one is not None:
            picks.append((t, p, *one))
    wins = [w for _, _, w, _ in picks]
    rows = Rows(words, wins, [[one_question(rng, w, "text")] for w in wins], [k for *_, k in picks], [p for _, p, _, _ in picks])
    return rows, torch.stack([t[put(k)] for t, _, _, k in picks])


def decoder_groups(model, heads):
    out = []
    for n, p in model.named_parameters():
        if n.startswith("decoder."):
            out.append((n, p, "muon" if p.ndim == 2 and "blocks" in n else "adam"))
    return out + [("heads.readers." + n, p, "adam") for n, p in heads.readers.named_parameters()]


def step_loss(model, rows, h, readers=None):
    """Loss of a batch of rows, its parts, and hits by family."""
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


def load_tower(folder, words, pool, seed=1):
    """Averaged stage-1 weights in a fresh network, float32, with tokens and embeddings of one size; its heads; the minutes it
    has been trained; the factor by which tokens were made smaller."""
    model, heads = fresh(words, seed)
    opt = Optim(groups(model, heads), 2e-3, 1.2e-3)
    s = load(os.path.join(folder, "stage1.pt"))
    opt.load(s["opt"], moved(words, s))
    opt.use_average(True)
    probe = cache_scenes(copy.deepcopy(model).bfloat16(), pool, seeded(seed, 22, 0), 50, 12)
    size = rescale(model, words, torch.stack([h for h, _, _ in probe]), heads)
    return model, heads, s["done"] / 60, size


MIX = {"yes": .17, "random": .08, "adversarial": .1, "colour": .18, "leftright": .09, "abovebelow": .06, "count": .2,
       "support": .06, "text": .03, "place": .03}
WHOLE = {"yes": .19, "random": .09, "adversarial": .11, "colour": .18, "leftright": .08, "abovebelow": .05, "count": .14,
         "support": .05, "text": .08, "place": .03}   # at all 576 tokens
ONE_SIGN = .35   # a fifth of the scenes has a sign to ask about, too few for the share of its questions
KEEP = 72    # tokens of a short row: two of every object, then other object patches, some background


def run_stage2(folder, words, pool, val, minutes, seed=1, rows=24, per=12, most=4000, probe_every=480.0, whole=.7,
               team=Team()):
    """Trains the decoder for `minutes` on a cache of scenes that grows while it trains; the tower does not change. Every fourth
    step has rows of one sign, from the share `whole` of the time on another fourth has all 576 tokens in its rows."""
    model, heads, age, _ = load_tower(folder, words, pool, seed)
    for p in model.parameters():
        p.requires_grad_(False)
    for p in model.decoder.parameters():
        p.requires_grad_(True)
    opt = Optim(decoder_groups(model, heads), 1.2e-3, 6e-4, ema=.98, team=team)
    model.bfloat16(), heads.bfloat16()
    path, done, step, asked = os.path.join(folder, "stage2.pt"), 0.0, 0, 0
    if os.path.exists(path):
        s = load(path)
        opt.load(s["opt"], moved(words, s))
        done, step, asked = s["done"], s["step"], s.get("asked", 0)
    total, mark, saved, means = minutes * 60, done, done, Means(.95)
    rng = np.random.default_rng(team.seed(seed, 22, step))
    cache, past = cache_scenes(model, pool, rng, 300, one_sign=ONE_SIGN), step
    texts = cache_scenes(model, pool, rng, 200, signs=.4, one_sign=.6)
    while done < total:
        t0 = time.time()
        if len(cache) < most and step % 8 == 0:
            cache += cache_scenes(model, pool, rng, 40, one_sign=ONE_SIGN)
            texts += cache_scenes(model, pool, rng, 20, signs=.4, one_sign=.6)
        kinds = {"short": lambda: batch_rows(words, cache, rng, rows, KEEP, per, MIX),
                 "sign": lambda: sign_rows(words, texts, rng, 48, 40),
                 "whole": lambda: batch_rows(words, cache, rng, 4, 576, 2 * per, WHOLE)}
        kind = ("short", "sign", "short", "whole" if done > whole * total else "short")[step % 4]
        loss, kv, by = step_loss(model, *kinds[kind](), heads.readers)
        loss.backward()
        opt.step(schedule(done, total, step - past, 10, .5, .05))
        step += 1
        asked += sum(map(len, by.values())) * team.size
        if kind == "sign":
            by, kv = {"sign_rows": by["text"]}, {"sign_row": kv.get("sign", 0.)}
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
