# SPDX-License-Identifier: GPL-3.0-or-later
"""Procedural places: a far part, a near surface, and what belongs there."""
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .texture import cut


def value_noise(rng, w, h, cells, amp):
    """Smooth noise in [-amp, amp] as float32 (h, w)."""
    g = rng.integers(0, 256, size=(cells + 1, cells + 1), dtype=np.int64).astype(np.uint8)
    a = np.asarray(Image.fromarray(g).resize((w, h), Image.BICUBIC), np.float32)
    return (a - 128.0) * (amp / 128.0)


def pick(rng, seq):
    return seq[int(rng.integers(len(seq)))]


def tone(rng, base, spread=22):
    return tuple(int(np.clip(b + rng.integers(-spread, spread + 1), 0, 255)) for b in base)


def shade(c, k):
    return tuple(int(min(255, v * k // 100)) for v in c)


def tiles(d, rng, box, c, s, step):
    x0, y0, x1, y1 = box
    d.rectangle(box, fill=c)
    line = shade(c, pick(rng, [82, 88, 112]))
    for x in range(x0, x1, step):
        d.line([x, y0, x, y1], fill=line, width=max(1, s))
    for y in range(y0, y1, step):
        d.line([x0, y, x1, y], fill=line, width=max(1, s))


def stripes(d, rng, box, c, s, step):
    x0, y0, x1, y1 = box
    d.rectangle(box, fill=c)
    other = shade(c, pick(rng, [90, 94, 106]))
    for x in range(x0, x1, 2 * step):
        d.rectangle([x, y0, x + step, y1], fill=other)


def planks(d, rng, box, c, s, step):
    x0, y0, x1, y1 = box
    y = y0
    while y < y1:
        hgt = step // 2 + (y - y0) // 6
        d.rectangle([x0, y, x1, y + hgt], fill=shade(c, 94 + int(rng.integers(0, 13))))
        d.line([x0, y, x1, y], fill=shade(c, 74), width=max(1, s))
        for _ in range(3):
            x = int(rng.integers(x0, x1))
            d.line([x, y, x, y + hgt], fill=shade(c, 78), width=max(1, s))
        y += hgt


def bricks(d, rng, box, c, s, step):
    x0, y0, x1, y1 = box
    d.rectangle(box, fill=shade(c, 120))
    for j, y in enumerate(range(y0, y1, step // 2)):
        for x in range(x0 - (j % 2) * step // 2, x1, step):
            d.rectangle([x + s, y + s, x + step - s, y + step // 2 - s], fill=shade(c, 92 + int(rng.integers(0, 17))))


def plain(d, rng, box, c, s, step):
    d.rectangle(box, fill=c)


WALLS = {"kitchen": [tiles, plain, stripes], "table": [plain, stripes, bricks], "room": [plain, stripes, planks],
         "office": [plain, plain, tiles]}
WALL_TONE = [(226, 214, 190), (200, 214, 220), (214, 196, 206), (190, 204, 178), (232, 226, 216), (170, 186, 200),
             (150, 130, 120), (120, 140, 150)]
FLOOR_TONE = [(150, 108, 70), (186, 150, 110), (120, 84, 60), (172, 172, 170), (96, 104, 112), (204, 190, 166)]


def window(d, rng, w, hz, s):
    ww, hh = int(rng.integers(50, 100)) * s, int(rng.integers(44, 80)) * s
    x, y = int(rng.integers(0, w - ww)), int(rng.integers(4, max(5, hz - hh - 8)))
    frame = tone(rng, (236, 232, 224), 16)
    d.rectangle([x, y, x + ww, y + hh], fill=frame)
    b = 5 * s
    d.rectangle([x + b, y + b, x + ww - b, y + hh - b], fill=tone(rng, (150, 196, 232)))
    d.rectangle([x + b, y + hh * 2 // 3, x + ww - b, y + hh - b], fill=tone(rng, (120, 168, 96)))
    d.line([x + ww // 2, y, x + ww // 2, y + hh], fill=frame, width=4 * s)
    d.line([x, y + hh // 2, x + ww, y + hh // 2], fill=frame, width=4 * s)


def shelf(d, rng, w, hz, s):
    x, y = int(rng.integers(0, w // 2)), int(rng.integers(hz // 4, hz * 3 // 4))
    ln = int(rng.integers(70, 150)) * s
    c = tone(rng, (140, 96, 60))
    d.rectangle([x, y, x + ln, y + 5 * s], fill=c)
    d.rectangle([x, y + 5 * s, x + ln, y + 7 * s], fill=shade(c, 70))


def picture(d, rng, w, hz, s):
    ww, hh = int(rng.integers(26, 54)) * s, int(rng.integers(26, 50)) * s
    x, y = int(rng.integers(0, w - ww)), int(rng.integers(4, max(5, hz - hh - 6)))
    d.rectangle([x, y, x + ww, y + hh], fill=tone(rng, (90, 66, 40)))
    c = tone(rng, (180, 180, 180), 60)
    b = 4 * s
    d.rectangle([x + b, y + b, x + ww - b, y + hh - b], fill=c)
    d.polygon([(x + b, y + hh - b), (x + ww // 2, y + hh // 3), (x + ww - b, y + hh - b)], fill=shade(c, 76))


def cupboards(d, rng, w, hz, s):
    c = tone(rng, pick(rng, [(176, 130, 86), (220, 214, 204), (120, 150, 140), (150, 160, 178)]))
    top, n = int(rng.integers(30, 54)) * s, int(rng.integers(3, 6))
    for i in range(n):
        x0, x1 = i * w // n, (i + 1) * w // n
        d.rectangle([x0, 0, x1, top], fill=c, outline=shade(c, 74), width=2 * s)
        d.rectangle([x0 + 7 * s, 7 * s, x1 - 7 * s, top - 7 * s], outline=shade(c, 84), width=max(1, s))
        d.ellipse([x1 - 14 * s, top - 14 * s, x1 - 10 * s, top - 10 * s], fill=(70, 66, 60))


def indoor(d, rng, kind, w, h, hz, s):
    pick(rng, WALLS[kind])(d, rng, [0, 0, w, hz], tone(rng, pick(rng, WALL_TONE)), s, int(rng.integers(14, 34)) * s)
    if kind == "kitchen":
        cupboards(d, rng, w, hz, s)
    for _ in range(int(rng.integers(0, 3))):
        pick(rng, [window, shelf, picture] if kind != "kitchen" else [shelf, picture])(d, rng, w, hz, s)
    floor = pick(rng, [planks, tiles, plain, planks])
    c = tone(rng, pick(rng, FLOOR_TONE))
    floor(d, rng, [0, hz, w, h], c, s, int(rng.integers(20, 44)) * s)
    if kind == "table":
        d.rectangle([0, hz, w, hz + 5 * s], fill=shade(c, 120))
        if rng.integers(2):
            c2 = tone(rng, pick(rng, [(240, 236, 228), (196, 60, 60), (90, 130, 190), (110, 160, 110)]))
            stripes(d, rng, [0, hz + 8 * s, w, h], c2, s, int(rng.integers(8, 26)) * s)
    elif kind == "office":
        d.rectangle([0, hz - 3 * s, w, hz + 3 * s], fill=shade(c, 80))
        for _ in range(int(rng.integers(1, 4))):
            x, y = int(rng.integers(0, w)), int(rng.integers(hz, h))
            d.polygon([(x, y), (x + 40 * s, y + 4 * s), (x + 34 * s, y + 30 * s), (x - 8 * s, y + 24 * s)],
                      fill=tone(rng, (244, 244, 238), 8))
    elif kind == "kitchen":
        d.rectangle([0, hz, w, hz + 6 * s], fill=shade(c, 124))


def sky(d, rng, w, hz, s):
    top = tone(rng, pick(rng, [(110, 170, 232), (160, 196, 226), (232, 178, 140), (176, 184, 194)]))
    for y in range(hz):
        k = 100 + 22 * y // max(1, hz)
        d.line([0, y, w, y], fill=shade(top, k))
    for _ in range(int(rng.integers(0, 5))):
        x, y, r = int(rng.integers(0, w)), int(rng.integers(4, max(6, hz // 2))), int(rng.integers(8, 20)) * s
        for k in range(3):
            d.ellipse([x + k * r, y - (k % 2) * r // 3, x + k * r + 2 * r, y + r], fill=shade(top, 134))


def hills(d, rng, w, hz, s, c):
    for _ in range(int(rng.integers(1, 4))):
        x, r = int(rng.integers(-40 * s, w)), int(rng.integers(50, 130)) * s
        d.pieslice([x, hz - r // 2, x + 2 * r, hz + r // 2], 180, 360, fill=shade(c, 70 + int(rng.integers(0, 30))))


def buildings(d, rng, w, hz, s):
    x = 0
    while x < w:
        ww, hh = int(rng.integers(34, 80)) * s, int(rng.integers(40, 110)) * s
        c = tone(rng, pick(rng, [(170, 120, 100), (190, 180, 160), (130, 140, 150), (200, 160, 120), (110, 110, 120)]))
        box = [x, max(0, hz - hh), x + ww, hz]
        (bricks if rng.integers(4) == 0 else plain)(d, rng, box, c, s, 14 * s)
        glass = pick(rng, [(240, 226, 150), (90, 120, 150), (60, 70, 90)])
        for yy in range(box[1] + 8 * s, hz - 12 * s, 18 * s):
            for xx in range(x + 6 * s, x + ww - 10 * s, 16 * s):
                d.rectangle([xx, yy, xx + 8 * s, yy + 10 * s], fill=glass)
        x += ww


def outdoor(d, rng, kind, w, h, hz, s):
    sky(d, rng, w, hz, s)
    if kind == "street":
        buildings(d, rng, w, hz, s)
        walk = tone(rng, (176, 172, 166))
        tiles(d, rng, [0, hz, w, hz + (h - hz) // 3], walk, s, 24 * s)
        y = hz + (h - hz) // 3
        d.rectangle([0, y, w, h], fill=tone(rng, (84, 86, 92), 14))
        d.rectangle([0, y, w, y + 4 * s], fill=shade(walk, 116))
        ym = (y + h) // 2
        for x in range(int(rng.integers(0, 40)) * s, w, 60 * s):
            d.rectangle([x, ym, x + 30 * s, ym + 5 * s], fill=(224, 220, 200))
    elif kind == "park":
        c = tone(rng, (96, 160, 72))
        hills(d, rng, w, hz, s, c)
        d.rectangle([0, hz, w, h], fill=c)
        for _ in range(120):
            x, y = int(rng.integers(0, w)), int(rng.integers(hz, h))
            d.line([x, y, x + int(rng.integers(-3, 4)) * s, y - 7 * s], fill=shade(c, pick(rng, [80, 90, 114])), width=s)
        if rng.integers(2):
            x = int(rng.integers(0, w))
            d.polygon([(x, hz), (x + 20 * s, hz), (x + 110 * s, h), (x - 60 * s, h)], fill=tone(rng, (206, 184, 142)))
    else:
        sea = tone(rng, (58, 138, 186))
        ys = hz + (h - hz) // 4
        d.rectangle([0, hz, w, ys], fill=sea)
        for _ in range(24):
            x, y = int(rng.integers(0, w)), int(rng.integers(hz, ys))
            d.line([x, y, x + 14 * s, y], fill=shade(sea, 122), width=s)
        c = tone(rng, (228, 204, 152))
        d.rectangle([0, ys, w, h], fill=c)
        d.rectangle([0, ys, w, ys + 4 * s], fill=(240, 244, 244))
        for _ in range(90):
            x, y = int(rng.integers(0, w)), int(rng.integers(ys, h))
            d.ellipse([x, y, x + 2 * s, y + 2 * s], fill=shade(c, pick(rng, [82, 90, 110])))


def clutter(d, rng, w, h, hz, s, n):
    """Shapes without a name, so that not everything that stands out is an answer."""
    for _ in range(n):
        x, y = int(rng.integers(0, w)), int(rng.integers(hz // 3, h))
        r = int(rng.integers(5, 20)) * s
        c = tuple(int(v) for v in rng.integers(20, 240, size=3))
        k = int(rng.integers(4))
        if k == 0:
            d.ellipse([x - r, y - r // 2, x + r, y + r // 2], fill=c)
        elif k == 1:
            d.rectangle([x - r, y - r // 2, x + r, y + r // 2], fill=c, outline=shade(c, 70))
        elif k == 2:
            d.polygon([(x, y - r), (x + r, y + r // 2), (x - r, y + r // 3)], fill=c)
        else:
            d.line([x - r, y, x + r, y - r], fill=c, width=4 * s)


FAR = {"kitchen": ["plaster", "marble", "plaster"], "table": ["plaster", "bokeh", "cloth", "wood"], "room": ["plaster", "cloth", "planks"],
       "office": ["plaster", "concrete", "plaster"], "street": ["plaster"], "park": ["leaves", "bokeh"],
       "beach": ["plaster"]}   # under an open sky nothing is laid over the far part
NEAR = {"kitchen": ["planks", "marble", "stone", "concrete"], "table": ["wood", "wood", "cloth", "marble", "planks"],
        "room": ["carpet", "planks", "wood"], "office": ["carpet", "concrete", "wood"], "street": ["concrete", "concrete", "stone"],
        "park": ["grass"], "beach": ["sand"]}
LEAF_TONE = [(74, 118, 58), (104, 140, 70), (58, 96, 66), (150, 140, 70)]


def surfaces(rng, a, kind, hz, scale, photo):
    """Multiplies textures onto the far and the near part of `a`, float32 (3, size, size), in place."""
    size = a.shape[1]
    far = pick(rng, FAR[kind])
    if kind == "park" and photo and rng.integers(2):
        a[:, :hz] = a[:, :hz] * np.float32(.25) + np.array(tone(rng, pick(rng, LEAF_TONE)), np.float32)[:, None, None] * np.float32(.75)
    if kind in WALLS or kind == "park" and photo:
        a[:, :hz] *= cut(rng, far, size, hz, scale * (.7 + .8 * float(rng.random())))
    near = cut(rng, pick(rng, NEAR[kind]), size, size - hz, scale * (.8 + .6 * float(rng.random())), .7)
    slope = np.linspace(-.5, .5, size - hz, dtype=np.float32)[:, None] * np.float32(.4 * (rng.random() - .4))
    strength = np.float32(.7 + .6 * float(rng.random()))
    a[:, hz:] *= 1 + (near - 1) * strength + slope


def background(rng, kind, size, scale, n_clutter, look=None):
    """float32 (3, size, size) and the row where the near surface begins. `look`: drawn, textured or photo (far part out of focus);
    drawn by chance without it."""
    hz = size * int(rng.integers(30, 52)) // 100
    im = Image.new("RGB", (size, size))
    d = ImageDraw.Draw(im)
    (indoor if kind in WALLS else outdoor)(d, rng, kind, size, size, hz, scale)
    clutter(d, rng, size, size, hz, scale, n_clutter)
    look = look or pick(rng, ["drawn", "drawn", "textured", "textured", "textured", "photo", "photo"])
    if look == "photo":
        far = im.crop((0, 0, size, hz + 6 * scale)).filter(ImageFilter.BoxBlur(scale * int(rng.integers(2, 7))))
        im.paste(far, (0, 0))
        im = im.filter(ImageFilter.BoxBlur(scale))
    a = np.stack([np.asarray(c, np.float32) for c in im.split()])
    if look != "drawn":
        surfaces(rng, a, kind, hz, scale, look == "photo")
        return a, hz
    tex = value_noise(rng, size, size, int(rng.integers(5, 14)), float(rng.integers(3, 14)))
    tex = tex + value_noise(rng, size, size, int(rng.integers(40, 90)), float(rng.integers(2, 10)))
    a += tex
    return a, hz
