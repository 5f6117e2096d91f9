# SPDX-License-Identifier: GPL-3.0-or-later
"""Surfaces that look photographed: a small bank of grey textures, made once a process, cut and tinted for every scene.

A texture is float32 (SIDE, SIDE), mean about 1: what a surface's colour is multiplied by. All are made from seeded noise, so
that every process has the same bank.
"""
import functools

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 512
BANK = ("wood", "planks", "marble", "plaster", "concrete", "cloth", "carpet", "grass", "sand", "leaves", "bokeh", "stone", "water")


def _rng(name, salt=0):
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([sum(map(ord, name)), len(name), salt])))


def _noise(rng, cx, cy):
    g = rng.integers(0, 256, size=(cy, cx), dtype=np.int64).astype(np.uint8)
    return np.asarray(Image.fromarray(g).resize((SIDE, SIDE), Image.BICUBIC), np.float32) / 128 - 1


def _fractal(rng, cx, cy, octaves=5, fall=.55):
    out, k = np.zeros((SIDE, SIDE), np.float32), np.float32(1)
    for i in range(octaves):
        out += k * _noise(rng, min(SIDE, cx << i) + 1, min(SIDE, cy << i) + 1)
        k *= np.float32(fall)
    return out


def _bands(v):
    """Triangle waves of height 1."""
    return np.abs(v - np.floor(v) - np.float32(.5)) * 2


def _wood(rng):
    return 1 + .14 * (_bands(_fractal(rng, 1, 5, 3) * 2.2) - .5) + .08 * _fractal(rng, 3, 90, 3) + .05 * _fractal(rng, 2, 3)


def _planks(rng):
    out = _wood(rng)
    for y in range(0, SIDE, 64):
        out[y:y + 64] *= np.float32(.84 + .3 * rng.random())
        out[y:y + 3] *= np.float32(.55)
        out[y:y + 64, int(rng.integers(SIDE)):][:, :3] *= np.float32(.6)
    return out


def _marble(rng):
    v = 1 - np.abs(_fractal(rng, 3, 4, 6))
    return 1.02 - .24 * np.clip(v * 3 - 2.2, 0, 1) + .05 * _fractal(rng, 4, 4)


def _cloth(rng):
    x = np.arange(SIDE)
    w = ((x[:, None] // 2 + x[None] // 2) % 2).astype(np.float32) * .08
    return .96 + w + .07 * _fractal(rng, 5, 5, 4) + .05 * _noise(rng, 400, 60) + .05 * _noise(rng, 60, 400)


def _grass(rng):
    return 1 + .16 * _noise(rng, 330, 70) + .14 * _noise(rng, 200, 40) + .1 * _fractal(rng, 8, 8, 4)


def _leaves(rng):
    im = Image.new("L", (SIDE, SIDE), 96)
    d = ImageDraw.Draw(im)
    for i in range(1500):
        x, y, r = (int(v) for v in rng.integers((0, 0, 5), (SIDE, SIDE, 22)))
        d.ellipse([x - r, y - r // 2, x + r, y + r // 2], fill=int(50 + 130 * rng.random() * (.5 + i / 3000)))
    return .45 + np.asarray(im.filter(ImageFilter.GaussianBlur(1.2)), np.float32) / 180


def _bokeh(rng):
    im = Image.new("L", (SIDE, SIDE), 104)
    for _ in range(110):
        x, y, r = (int(v) for v in rng.integers((0, 0, 6), (SIDE, SIDE, 34)))
        disc = Image.new("L", (SIDE, SIDE), 0)
        ImageDraw.Draw(disc).ellipse([x - r, y - r, x + r, y + r], fill=int(rng.integers(30, 110)))
        im = Image.composite(Image.new("L", im.size, int(rng.integers(150, 250))), im, disc)
    return .55 + np.asarray(im.filter(ImageFilter.GaussianBlur(2)), np.float32) / 270 + .1 * _fractal(rng, 2, 2, 2)


def _stone(rng):
    """Cells of a shaken grid."""
    side = SIDE // 8
    pts = [(x * side + int(rng.integers(6, side - 5)), y * side + int(rng.integers(6, side - 5))) for y in range(-1, 9) for x in range(-1, 9)]
    yy, xx = np.mgrid[0:SIDE:2, 0:SIDE:2].astype(np.float32)
    best, second, who = np.full(yy.shape, 1e9, np.float32), np.full(yy.shape, 1e9, np.float32), np.zeros(yy.shape, np.float32)
    for px, py in pts:
        d = (xx - px) ** 2 + (yy - py) ** 2
        near = d < best
        second = np.where(near, best, np.minimum(second, d))
        who = np.where(near, np.float32(rng.random()), who)
        best = np.where(near, d, best)
    joint = np.clip((np.sqrt(second) - np.sqrt(best)) / 7, 0, 1)
    v = (.55 + .3 * joint + .25 * who * joint).repeat(2, 0).repeat(2, 1)
    return v + .08 * _fractal(rng, 10, 10, 5)


MAKE = {"wood": _wood, "planks": _planks, "marble": _marble, "cloth": _cloth, "grass": _grass, "leaves": _leaves, "bokeh": _bokeh,
        "stone": _stone,
        "plaster": lambda r: 1 + .05 * _fractal(r, 3, 3, 6, .7) + .03 * _noise(r, 400, 400),
        "concrete": lambda r: 1 + .1 * _fractal(r, 3, 3, 7, .72) - .05 * (_fractal(r, 60, 60, 2) > .9),
        "carpet": lambda r: 1 + .2 * _noise(r, 300, 300) + .08 * _fractal(r, 3, 3, 3),
        "sand": lambda r: 1 + .05 * _noise(r, 500, 500) + .09 * _fractal(r, 2, 9, 5) + .04 * _bands(_fractal(r, 2, 6, 3) * 4),
        "water": lambda r: 1 + .14 * _fractal(r, 6, 40, 4)}


@functools.lru_cache(maxsize=None)
def texture(name):
    """One of BANK as float32 (SIDE, SIDE), clipped to [.3, 1.7], never written to."""
    t = np.clip(MAKE[name](_rng(name)).astype(np.float32), .3, 1.7)
    t.setflags(write=False)
    return t


@functools.lru_cache(maxsize=64)
def _scaled(name, w, h):
    return np.asarray(Image.fromarray(texture(name)).resize((w, h), Image.BILINEAR))


def cut(rng, name, w, h, zoom=1.0, flat=1.0):
    """A (h, w) piece of a texture, drawn `zoom` times as large and pressed to `flat` of its height (a surface seen from the side)."""
    tw = max(w + 8, int(SIDE * zoom) // 32 * 32)
    th = max(h + 8, int(SIDE * zoom * flat) // 32 * 32)
    t = _scaled(name, tw, th)
    x, y = int(rng.integers(tw - w + 1)), int(rng.integers(th - h + 1))
    t = t[y:y + h, x:x + w]
    return t[:, ::-1] if rng.integers(2) else t


@functools.lru_cache(maxsize=None)
def grain():
    """int8 (3, 800, 800), uniform in [-64, 63]: film grain, cut at a random place for every picture."""
    g = _rng("grain").integers(-64, 64, size=(3, 800, 800), dtype=np.int64).astype(np.int8)
    g.setflags(write=False)
    return g
