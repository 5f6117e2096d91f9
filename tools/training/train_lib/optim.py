# SPDX-License-Identifier: GPL-3.0-or-later
"""Muon for matrices, AdamW for the rest; bf16 weights with float32 masters; an average of the masters."""
from collections import defaultdict

import torch


def orthogonalise(g, steps=5):
    """Newton-Schulz on a stack of matrices, in bf16."""
    x = g.to(torch.bfloat16)
    flip = x.shape[-2] > x.shape[-1]
    if flip:
        x = x.transpose(-1, -2)
    x = x / (x.float().norm(dim=(-2, -1), keepdim=True) + 1e-7).to(x.dtype)
    for _ in range(steps):
        a = x @ x.transpose(-1, -2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return (x.transpose(-1, -2) if flip else x).float()


class Optim:
    """groups: [(name, param, kind)] with kind "muon" or "adam"; slow: {name: factor on its learning rate}."""

    def __init__(self, groups, muon_lr, adam_lr, muon_wd=.05, adam_wd=.02, ema=.999, team=None, slow=None):
        self.team, self.rate = team, [(slow or {}).get(n, 1.0) for n, _, _ in groups]
        self.names = [n for n, _, _ in groups]
        self.params = [p for _, p, _ in groups]
        self.kinds = [k for _, _, k in groups]
        self.master = [p.detach().float().clone() for p in self.params]
        self.avg = [m.clone() for m in self.master]
        self.m1 = [torch.zeros_like(m) for m in self.master]
        self.m2 = [torch.zeros_like(m) if k == "adam" else None for m, k in zip(self.master, self.kinds)]
        self.muon_lr, self.adam_lr, self.muon_wd, self.adam_wd, self.ema, self.t = muon_lr, adam_lr, muon_wd, adam_wd, ema, 0
        stacks = defaultdict(list)
        for i, (m, k) in enumerate(zip(self.master, self.kinds)):
            if k == "muon":
                stacks[tuple(m.shape)].append(i)
        self.stacks = list(stacks.items())

    @torch.no_grad()
    def step(self, scale=1.0):
        """One step with the learning rates times `scale`."""
        self.t += 1
        if self.team:
            self.team.average([p for p in self.params if p.requires_grad])
        adam = [i for i, k in enumerate(self.kinds) if k == "adam" and self.params[i].grad is not None]
        grads = {i: self.params[i].grad.float() for i in adam}
        norm = torch.sqrt(sum((g * g).sum() for g in grads.values())) if adam else torch.tensor(0.)
        clip = min(1.0, 1.0 / (float(norm) + 1e-6))
        b1, b2 = .9, .98
        c1, c2 = 1 - b1 ** self.t, 1 - b2 ** self.t
        for i in adam:
            g = grads[i] * clip
            self.m1[i].mul_(b1).add_(g, alpha=1 - b1)
            self.m2[i].mul_(b2).addcmul_(g, g, value=1 - b2)
            if self.master[i].ndim > 1:
                self.master[i].mul_(1 - self.adam_lr * scale * self.adam_wd)
            self.master[i].addcdiv_(self.m1[i] / c1, (self.m2[i] / c2).sqrt_().add_(1e-8), value=-self.adam_lr * scale * self.rate[i])
        for shape, ix in self.stacks:
            ix = [i for i in ix if self.params[i].grad is not None]
            if not ix:
                continue
            up = []
            for i in ix:
                g = self.params[i].grad.float()
                self.m1[i].mul_(.95).add_(g)
                up.append(g.add_(self.m1[i], alpha=.95))
            o = orthogonalise(torch.stack(up))
            lr = self.muon_lr * scale * .2 * max(shape) ** .5
            for i, d in zip(ix, o):
                self.master[i].mul_(1 - self.muon_lr * scale * self.muon_wd).add_(d, alpha=-lr * self.rate[i])
        decay = min(self.ema, (1 + self.t) / (10 + self.t))
        for p, m, a in zip(self.params, self.master, self.avg):
            p.copy_(m)
            a.lerp_(m, 1 - decay)
            p.grad = None
        return float(norm)

    @torch.no_grad()
    def use_average(self, on=True):
        """The averaged weights into the network, or the current ones back."""
        for p, m, a in zip(self.params, self.master, self.avg):
            p.copy_(a if on else m)

    def state(self):
        return {"t": self.t, "names": self.names, "master": self.master, "avg": self.avg, "m1": self.m1, "m2": self.m2}

    def load(self, s, remap=None):
        """A saved state. Parameters that it does not know, or has in another shape, keep their start; `remap` gives for some
        names (rows here, rows there) of tables whose rows have moved."""
        self.t = s["t"]
        old = {n: i for i, n in enumerate(s["names"])}
        for j, n in enumerate(self.names):
            i = old.get(n)
            if i is None:
                continue
            pairs = [(self.master, s["master"]), (self.avg, s["avg"]), (self.m1, s["m1"])]
            if self.kinds[j] == "adam" and s["m2"][i] is not None:
                pairs.append((self.m2, s["m2"]))
            if remap and n in remap:
                here, there = remap[n]
                for mine, its in pairs:
                    mine[j][here] = its[i][there]
            elif s["master"][i].shape == self.master[j].shape:
                for mine, its in pairs:
                    mine[j] = its[i]
        self.use_average(False)


def schedule(done, total, step, warm=150, tail=.25, floor=.05):
    """Warm up by steps, stay, and fall linearly over the last `tail` of the time."""
    left = max(0.0, 1 - done / total)
    return min(1.0, (step + 1) / warm) * (1.0 if left > tail else floor + (1 - floor) * left / tail)
