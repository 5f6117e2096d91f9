# SPDX-License-Identifier: GPL-3.0-or-later
"""Composed scenes: `python -m scenes_lib.samples OUT` draws assets/samples.json at twice the size."""
import json
import os
import sys

from PIL import Image

from .assets import ASSETS
from .scene import render


def load():
    with open(os.path.join(ASSETS, "samples.json"), encoding="utf-8") as f:
        return json.load(f)


def compose(name, scale=2):
    s = load()[name]
    return render(s["seed"], "val", 900000 + s["seed"], "std", scale, s)


def main(out):
    os.makedirs(out, exist_ok=True)
    for name in load():
        Image.fromarray(compose(name).img).save(os.path.join(out, name + ".png"), optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
