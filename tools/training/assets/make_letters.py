#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds letters.png + letters.json from DejaVu faces (developer tool; the result is committed)."""
import json
import os
import sys

from PIL import Image, ImageDraw, ImageFont

HERE = os.path.dirname(os.path.abspath(__file__))
FACES = ["DejaVuSans-Bold", "DejaVuSerif-Bold", "DejaVuSansMono-Bold", "DejaVuSansCondensed-Bold"]
CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
HEIGHT = 72


def main():
    folder = sys.argv[1]
    rows, meta, y = [], [], 0
    for face in FACES:
        font = ImageFont.truetype(os.path.join(folder, face + ".ttf"), 60)
        im = Image.new("L", (60 * len(CHARS), HEIGHT), 0)
        d = ImageDraw.Draw(im)
        x, table = 0, {}
        for c in CHARS:
            adv = int(font.getlength(c) + 0.5)
            d.text((x, 56), c, font=font, fill=255, anchor="ls")
            table[c] = [x, adv]
            x += adv + 6
        rows.append(im.crop((0, 0, x, HEIGHT)))
        meta.append({"face": face, "y": y, "glyphs": table})
        y += HEIGHT
    sheet = Image.new("L", (max(r.width for r in rows), y), 0)
    for r, m in zip(rows, meta):
        sheet.paste(r, (0, m["y"]))
    sheet.save(os.path.join(HERE, "letters.png"), optimize=True)
    with open(os.path.join(HERE, "letters.json"), "w") as f:
        json.dump({"height": HEIGHT, "faces": meta}, f, sort_keys=True)
        f.write("\n")


if __name__ == "__main__":
    main()
