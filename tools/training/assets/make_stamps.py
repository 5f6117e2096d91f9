#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds stamps.webp + stamps.json, the photographic and painted styles, from stamps.tsv (developer tool; the result is committed).

Usage: make_stamps.py FOLDER, where `dpkg -x tuxpaint-stamps-default_2022.06.04-1_all.deb FOLDER` has unpacked the Debian package.
"""
import json
import os
import sys

from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
BELOW = "usr/share/tuxpaint/stamps"
SIDE, WIDTH = 168, 2016


def stamp(path):
    """The opaque part, at most SIDE pixels, with colour spread under the transparent rim so that it does not fringe."""
    im = Image.open(path).convert("RGBA")
    box = im.getchannel("A").point([0] * 24 + [255] * 232).getbbox()
    im = im.crop(box)
    k = min(1.0, SIDE / max(im.size))
    if k < 1:
        im = im.convert("RGBa").resize((max(1, round(im.width * k)), max(1, round(im.height * k))), Image.LANCZOS).convert("RGBA")
    return im


def main():
    root = os.path.join(sys.argv[1], BELOW)
    index, x, y, row, placed = {}, 0, 0, 0, []
    with open(os.path.join(HERE, "stamps.tsv"), encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f if not line.startswith("#")]
    parts = []
    for name, files in rows:
        for entry in files.split(","):
            style, path = entry.split(" ")
            parts.append((name, style, stamp(os.path.join(root, path))))
    for name, style, im in sorted(parts, key=lambda p: (-p[2].height, p[0])):
        if x + im.width > WIDTH:
            x, y, row = 0, y + row, 0
        placed.append((x, y, im))
        index.setdefault(name, []).append([x, y, im.width, im.height, style])
        x, row = x + im.width, max(row, im.height)
    sheet = Image.new("RGBA", (WIDTH, y + row), (0, 0, 0, 0))
    for x, y, im in placed:
        sheet.paste(im, (x, y))
    sheet.save(os.path.join(HERE, "stamps.webp"), quality=88, method=6, alpha_quality=100)
    with open(os.path.join(HERE, "stamps.json"), "w", encoding="utf-8") as f:
        json.dump({k: sorted(v, key=lambda e: (e[4] != "photo", e[1], e[0])) for k, v in sorted(index.items())}, f, indent=0)
        f.write("\n")
    print(len(placed), "sprites of", len(index), "classes", sheet.size, os.path.getsize(os.path.join(HERE, "stamps.webp")))


if __name__ == "__main__":
    main()
