# SPDX-License-Identifier: GPL-3.0-or-later
"""Where training computes: torch's default device, which every tensor made here follows."""
import torch


def choose(name):
    """Makes `name` (auto, cpu, cuda) the default device and returns its type; auto takes a GPU where torch sees one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_default_device(name)
    return name


def put(array):
    """A numpy array as a tensor on the default device."""
    return torch.from_numpy(array).to(torch.get_default_device())


def load(path):
    """A saved state, on the default device."""
    return torch.load(path, map_location=torch.get_default_device())
