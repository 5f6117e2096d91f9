# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes, colours, words and sprites. Everything comes from files beside this package."""
import functools
import hashlib
import json
import os

import numpy as np
from PIL import Image

ASSETS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "assets")
COLOURS = {
    "red": (212, 38, 38), "orange": (244, 128, 28), "yellow": (250, 214, 38), "green": (48, 158, 62),
    "blue": (38, 92, 214), "purple": (128, 58, 182), "pink": (246, 132, 182), "brown": (124, 76, 42),
    "black": (40, 40, 44), "white": (244, 244, 244), "gray": (138, 140, 146)}
COLOUR_NAMES = list(COLOURS)
PLACES = {"k": "kitchen", "t": "table", "r": "room", "o": "office", "s": "street", "p": "park", "b": "beach"}
PLACE_NAMES = list(PLACES.values())
WORDS = ("OPEN STOP EXIT CAFE BANK TAXI HOTEL SALE ZOO MILK TEA FREE NEW HELLO SCHOOL MUSIC BAR SHOP GATE FARM "
         "POST LIFT FIRE SLOW QUIET DANGER PUSH PULL MENU FRESH JUICE BREAD FLOWERS TICKETS LIBRARY CINEMA "
         "GARDEN MARKET NORTH SOUTH EAST WEST LEFT RIGHT YES NO TODAY WELCOME").split()
SUPPORTERS = {"stove": 0.03, "box": 0.16, "chair": 0.55}
ON_TOP = {"stove": ["pot", "pan", "teapot", "egg", "pizza"],
          "box": ["cat", "book", "teapot", "apple", "ring", "camera", "cake", "key", "bell", "frog", "vase"],
          "chair": ["cat", "book", "hat", "teddy", "backpack", "gift", "rabbit", "handbag", "laptop"]}


class Klass:
    """One row of classes.tsv."""
    __slots__ = ("name", "plural", "size", "places", "recolour")

    def __init__(self, row):
        self.name, _cp, self.plural, self.size, places, rec = row
        self.places = [PLACES[c] for c in places]
        self.recolour = rec == "1"


@functools.lru_cache(maxsize=None)
def classes():
    with open(os.path.join(ASSETS, "classes.tsv"), encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f if not line.startswith("#")]
    return [Klass(r) for r in rows]


@functools.lru_cache(maxsize=None)
def class_index():
    return {k.name: i for i, k in enumerate(classes())}


@functools.lru_cache(maxsize=None)
def _sheet():
    with open(os.path.join(ASSETS, "atlas.json"), encoding="utf-8") as f:
        index = json.load(f)
    return Image.open(os.path.join(ASSETS, "atlas.png")).convert("RGBA"), index


def _recolour(im, rgb):
    a = np.asarray(im).astype(np.int32)
    mx, mn = a[..., :3].max(2), a[..., :3].min(2)
    sel = ((mx - mn) * 4 > mx) & (a[..., 3] > 8)
    if not sel.any():
        return im, 0.0
    base = max(1, int(np.median(mx[sel])))
    gain = np.clip(mx * 256 // base, 96, 400)
    out = a.copy()
    for c in range(3):
        v = np.where(gain <= 256, rgb[c] * gain // 256, rgb[c] + (255 - rgb[c]) * (gain - 256) // 256)
        out[..., c] = np.where(sel, v, a[..., c])
    share = float(sel.sum()) / float((a[..., 3] > 127).sum())
    return Image.fromarray(out.astype(np.uint8), "RGBA"), share


@functools.lru_cache(maxsize=4096)
def sprite(name, colour=None):
    """RGBA image of a class; with a colour, its saturated pixels take that colour."""
    sheet, index = _sheet()
    x, y, w, h = index[name]
    im = sheet.crop((x, y, x + w, y + h))
    return im if colour is None else _recolour(im, COLOURS[colour])[0]


def nearest_colour(pixels):
    """Index into COLOUR_NAMES of the nearest named colour of each RGB row."""
    ref = np.array(list(COLOURS.values()), np.int32)
    d = ((pixels.astype(np.int32)[:, None, :] - ref[None]) ** 2).sum(2)
    return d.argmin(1)


@functools.lru_cache(maxsize=None)
def colour_ok(name, colour):
    """True where a pixel count agrees: the named colour (by recoloured area and by nearest name) is dominant."""
    sheet, index = _sheet()
    x, y, w, h = index[name]
    im, share = _recolour(sheet.crop((x, y, x + w, y + h)), COLOURS[colour])
    if share < 0.45:
        return False
    a = np.asarray(im)
    names = nearest_colour(a[a[..., 3] > 127][:, :3])
    return float((names == COLOUR_NAMES.index(colour)).mean()) >= 0.35


@functools.lru_cache(maxsize=None)
def colours_of(name):
    return tuple(c for c in COLOUR_NAMES if colour_ok(name, c))


def held_out(name, colour):
    """15 % of the (class, colour) pairs never appear outside the split test_comp."""
    return hashlib.sha1(f"{name}/{colour}".encode()).digest()[0] < 38


@functools.lru_cache(maxsize=None)
def letters():
    with open(os.path.join(ASSETS, "letters.json"), encoding="utf-8") as f:
        meta = json.load(f)
    return Image.open(os.path.join(ASSETS, "letters.png")).convert("L"), meta
