# SPDX-License-Identifier: GPL-3.0-or-later
"""One training process a core: every process draws its own batch, gradients and clocks are shared after each step."""
import os
import subprocess
import sys
import tempfile

import torch
import torch.distributed as dist


class Team:
    """Alone (size 1) every call is free and returns what it was given."""

    def __init__(self, rank=0, size=1, meeting=None):
        self.rank, self.size = rank, size
        if size > 1:
            dist.init_process_group("gloo", init_method="file://" + meeting, rank=rank, world_size=size)

    @property
    def leads(self):
        """Only the first process writes states, figures and the log."""
        return self.rank == 0

    @torch.no_grad()
    def average(self, params):
        """Gradients become their mean over the processes. A parameter that no process has a gradient for keeps none."""
        if self.size == 1:
            return
        has = torch.tensor([p.grad is not None for p in params], dtype=torch.float32)
        parts = [(torch.zeros_like(p) if p.grad is None else p.grad).float().flatten() for p in params]
        flat = torch.cat([has, *parts])
        dist.all_reduce(flat)
        flat[len(params):] /= self.size
        at = len(params)
        for p, n in zip(params, flat[:len(params)].tolist()):
            end = at + p.numel()
            p.grad = flat[at:end].view_as(p).to(p.dtype) if n else None
            at = end

    def clock(self, seconds):
        """The slowest process's time: all follow one schedule, so all have the same weights."""
        if self.size == 1:
            return seconds
        t = torch.tensor([seconds], dtype=torch.float64)
        dist.all_reduce(t, op=dist.ReduceOp.MAX)
        return float(t)

    def seed(self, *numbers):
        """Seeds of a generator of this process; those of the first are the ones of a run alone."""
        return [*numbers, self.rank] if self.rank else list(numbers)


def together(size):
    """The team of this run: starts `size` - 1 more processes with the same arguments, which find it by the environment."""
    rank, meeting = int(os.environ.get("PRUNESCOPE_TRAIN_RANK", 0)), os.environ.get("PRUNESCOPE_TRAIN_MEETING")
    if size == 1:
        return Team()
    if meeting is None:
        meeting = os.path.join(tempfile.mkdtemp(prefix="prunescope-train-"), "meeting")
        for r in range(1, size):
            env = dict(os.environ, PRUNESCOPE_TRAIN_RANK=str(r), PRUNESCOPE_TRAIN_MEETING=meeting)
            subprocess.Popen([sys.executable, "-B", "-m", "train_lib.cli", *sys.argv[1:]], env=env, stdout=subprocess.DEVNULL)
    return Team(rank, size, meeting)
