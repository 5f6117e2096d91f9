#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds atlas.png + atlas.json from Noto Color Emoji (developer tool; the result is committed).

Usage: make_atlas.py /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf
The two drawn classes (pot, stove) are made here with Pillow; a code point with * in front is turned green (lime).
"""
import json
import os
import sys

from PIL import Image, ImageDraw, ImageFont

HERE = os.path.dirname(os.path.abspath(__file__))
CELL = 136


def draw_pot():
    """A saucepan with a lid, drawn at four times the size."""
    k = 4
    im = Image.new("RGBA", (136 * k, 110 * k), (0, 0, 0, 0))
    d = ImageDraw.Draw(im)

    def rr(x0, y0, x1, y1, r, c):
        d.rounded_rectangle([x0 * k, y0 * k, x1 * k, y1 * k], r * k, fill=c)

    rr(2, 44, 30, 54, 5, (70, 70, 74, 255))
    rr(106, 44, 134, 54, 5, (70, 70, 74, 255))
    rr(22, 36, 114, 106, 14, (190, 40, 36, 255))
    rr(28, 42, 46, 98, 8, (222, 92, 84, 255))
    rr(22, 90, 114, 106, 12, (150, 26, 26, 255))
    d.pieslice([20 * k, 12 * k, 116 * k, 64 * k], 180, 360, fill=(208, 56, 50, 255))
    d.pieslice([30 * k, 17 * k, 84 * k, 52 * k], 190, 260, fill=(232, 120, 110, 255))
    rr(18, 35, 118, 42, 3, (226, 226, 230, 255))
    rr(58, 2, 78, 14, 5, (60, 60, 64, 255))
    return im.resize((136, 110), Image.LANCZOS)


def draw_stove():
    """A cooker with four burners seen from the front, drawn at four times the size."""
    k = 4
    im = Image.new("RGBA", (136 * k, 136 * k), (0, 0, 0, 0))
    d = ImageDraw.Draw(im)

    def rr(x0, y0, x1, y1, r, c):
        d.rounded_rectangle([x0 * k, y0 * k, x1 * k, y1 * k], r * k, fill=c)

    rr(6, 8, 130, 132, 5, (206, 210, 214, 255))
    rr(2, 2, 134, 14, 4, (52, 54, 58, 255))
    for x in (16, 46, 76, 106):
        rr(x - 6, 0, x + 16, 5, 2, (24, 24, 26, 255))
    rr(6, 14, 130, 34, 2, (232, 234, 238, 255))
    for x in (24, 46, 90, 112):
        d.ellipse([(x - 6) * k, 18 * k, (x + 6) * k, 30 * k], fill=(60, 62, 68, 255))
        d.ellipse([(x - 2) * k, 19 * k, (x + 2) * k, 24 * k], fill=(190, 194, 198, 255))
    rr(60, 19, 76, 29, 2, (30, 60, 50, 255))
    rr(12, 40, 124, 106, 5, (160, 164, 170, 255))
    rr(22, 42, 114, 47, 2, (90, 94, 100, 255))
    rr(22, 54, 114, 100, 5, (34, 36, 44, 255))
    d.polygon([(40 * k, 54 * k), (58 * k, 54 * k), (38 * k, 100 * k), (22 * k, 100 * k)], fill=(58, 62, 74, 255))
    rr(12, 110, 124, 128, 3, (178, 182, 188, 255))
    rr(46, 116, 90, 120, 2, (90, 94, 100, 255))
    return im.resize((136, 136), Image.LANCZOS)


def glyph(font, cp):
    im = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    ImageDraw.Draw(im).text((20, 20), chr(int(cp, 16)), font=font, embedded_color=True)
    box = im.getchannel("A").point(lambda v: 255 if v > 8 else 0).getbbox()
    return im.crop(box) if box else None


def greener(im):
    """A lemon becomes a lime: red down, so that yellow turns green."""
    r, g, b, a = im.split()
    return Image.merge("RGBA", (r.point([v * 52 // 100 for v in range(256)]), g.point([v * 92 // 100 for v in range(256)]), b, a))


def main():
    font = ImageFont.truetype(sys.argv[1], 109)
    rows = [l.rstrip("\n").split("\t") for l in open(os.path.join(HERE, "classes.tsv")) if not l.startswith("#")]
    cols = 16
    sheet = Image.new("RGBA", (cols * CELL, (len(rows) + cols - 1) // cols * CELL), (0, 0, 0, 0))
    index = {}
    drawn = {"pot": draw_pot, "stove": draw_stove}
    for i, (name, cp, *_rest) in enumerate(rows):
        if cp == "-" and name not in drawn:
            continue   # only in stamps.webp
        im = drawn[name]() if cp == "-" else glyph(font, cp.lstrip("*"))
        if im is None:
            sys.exit(f"no glyph for {name}")
        if cp[0] == "*":
            im = greener(im)
        im = im.crop((0, 0, min(im.width, CELL), min(im.height, CELL)))
        x, y = i % cols * CELL, i // cols * CELL
        sheet.paste(im, (x, y))
        index[name] = [x, y, im.width, im.height]
    sheet.save(os.path.join(HERE, "atlas.png"), optimize=True)
    with open(os.path.join(HERE, "atlas.json"), "w") as f:
        json.dump(index, f, indent=0, sort_keys=True)
        f.write("\n")


if __name__ == "__main__":
    main()
