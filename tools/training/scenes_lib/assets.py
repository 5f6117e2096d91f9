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
# What stands on what: share of the supporter's height by which the thing sinks in, and the things.
SUPPORTERS = {"stove": 0.03, "box": 0.16, "chair": 0.55, "couch": 0.52, "barrel": 0.1, "toolbox": 0.06}
ON_TOP = {"stove": ["pot", "pan", "teapot", "egg", "pizza", "kettle"],
          "box": ["cat", "book", "teapot", "apple", "ring", "camera", "cake", "key", "bell", "frog", "vase"],
          "chair": ["cat", "book", "hat", "teddy", "backpack", "gift", "rabbit", "handbag", "laptop"],
          "couch": ["cat", "dog", "teddy", "book", "guitar", "handbag", "yarn"],
          "barrel": ["parrot", "rooster", "lantern", "cup", "cat", "beaver", "owl"],
          "toolbox": ["hammer", "wrench", "screwdriver", "cap", "radio", "lock"]}
# What sticks out of what: share of the thing's height that its container hides, and the things.
CONTAINERS = {"basket": 0.42, "bucket": 0.42, "vase": 0.4}
INSIDE = {"basket": ["apple", "pineapple", "baguette", "cat", "rabbit", "pear", "eggplant", "corn", "yarn", "pumpkin"],
          "bucket": ["fish", "crab", "broom", "paintbrush", "frog", "lobster", "duck", "shrimp"],
          "vase": ["tulip", "sunflower", "rose", "daffodil"]}
# Groups in which one name could be said of another thing: such a pair is never a negative of each other.
ALIKE = [("phone", "telephone"), ("truck", "firetruck"), ("bicycle", "tricycle"), ("hat", "cap", "helmet", "crown"),
         ("ship", "sailboat", "canoe"), ("tree", "palm"), ("clock", "watch"), ("cup", "bowl"), ("teapot", "kettle"),
         ("scooter", "motorcycle"), ("house", "igloo", "castle"), ("donkey", "horse"), ("duck", "swan"),
         ("pencil", "paintbrush"), ("vase", "jar", "pitcher"), ("boot", "sneaker"), ("car", "ambulance"),
         ("raspberry", "strawberry"), ("handbag", "briefcase"), ("candle", "lantern"), ("banjo", "guitar"),
         ("volleyball", "football", "basketball", "baseball"), ("lemon", "lime"), ("pot", "pan"), ("coat", "shirt"),
         ("basket", "bucket"), ("backpack", "handbag"), ("box", "toolbox"), ("monkey", "gorilla"), ("ladybug", "bee")]


# What may appear: "full" is what training draws; "first" is what the first run's model knew, 172 classes in one drawing style before
# drawn places. BUNDLED_WORLD is what the bundled model was trained on, so that its figures speak about unseen scenes, not unseen drawings.
FIRST_CLASSES = 172
FIRST_SUPPORTERS = {"stove": 5, "box": None, "chair": None}   # how many of ON_TOP, None: all
BUNDLED_WORLD = "full"
_full = True


def use_world(name):
    """Sets the world of everything drawn from here on: "first" or "full"."""
    global _full
    _full = {"full": True, "first": False}[name]
    for cached in (classes, class_index, styles):
        cached.cache_clear()


def full_world():
    return _full


def supporters():
    """Classes on which something stands, each with the classes that may."""
    return ON_TOP if _full else {k: ON_TOP[k][:n] for k, n in FIRST_SUPPORTERS.items()}


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
    return [Klass(r) for r in (rows if _full else rows[:FIRST_CLASSES])]


@functools.lru_cache(maxsize=None)
def class_index():
    return {k.name: i for i, k in enumerate(classes())}


@functools.lru_cache(maxsize=None)
def overlaps(name):
    """Names that could be said of this thing too (itself among them)."""
    return frozenset(n for g in ALIKE if name in g for n in g) | {name}


@functools.lru_cache(maxsize=None)
def _sheets():
    """Both sprite sheets and, for each class, its sprites as (sheet, x, y, w, h, style)."""
    table = {}
    with open(os.path.join(ASSETS, "atlas.json"), encoding="utf-8") as f:
        for name, (x, y, w, h) in json.load(f).items():
            table[name] = [(0, x, y, w, h, "drawn")]
    with open(os.path.join(ASSETS, "stamps.json"), encoding="utf-8") as f:
        for name, rows in json.load(f).items():
            table.setdefault(name, []).extend((1, *r) for r in rows)
    return [Image.open(os.path.join(ASSETS, n)).convert("RGBA") for n in ("atlas.png", "stamps.webp")], table


@functools.lru_cache(maxsize=None)
def styles(name):
    """The drawing style of every sprite of a class, in the order of `variant`: "drawn", "photo", "painted"."""
    return tuple(row[5] for row in _sheets()[1][name])[:None if _full else 1]


def _fill(a, rgb, level):
    """`rgb`, darker below level 256 and lighter above, for every pixel."""
    out = a.copy()
    for c in range(3):
        out[..., c] = np.where(level <= 256, rgb[c] * level // 256, rgb[c] + (255 - rgb[c]) * (level - 256) // 256)
    return out


def _recolour(im, rgb):
    """(image, share of the opaque pixels that took the colour): the saturated part, or, of a pale sprite, the light part."""
    a = np.asarray(im).astype(np.int32)
    mx, mn = a[..., :3].max(2), a[..., :3].min(2)
    solid = a[..., 3] > 127
    sel = ((mx - mn) * 4 > mx) & (a[..., 3] > 8)
    pale = ((mx - mn) * 6 <= mx) & (mx > 110) & (a[..., 3] > 8)
    n = max(1, int(solid.sum()))
    if int((sel & solid).sum()) * 10 < n * 3 and int((pale & solid).sum()) * 2 > n:
        sel, level = pale, np.clip(mx * 256 // 236, 0, 264)
    elif sel.any():
        level = np.clip(mx * 256 // max(1, int(np.median(mx[sel]))), 96, 400)
    else:
        return im, 0.0
    out = np.where(sel[..., None], _fill(a, rgb, level), a)
    return Image.fromarray(out.astype(np.uint8)), float(sel.sum()) / n


@functools.lru_cache(maxsize=None)
def _plain(name, variant):
    sheets, table = _sheets()
    k, x, y, w, h, _style = table[name][variant]
    return sheets[k].crop((x, y, x + w, y + h))


@functools.lru_cache(maxsize=4096)
def sprite(name, colour=None, variant=0):
    """RGBA image of a class; with a colour, its saturated pixels take that colour. `variant` counts the sprites of styles()."""
    im = _plain(name, variant)
    return im if colour is None else _recolour(im, COLOURS[colour])[0]


def nearest_colour(pixels):
    """Index into COLOUR_NAMES of the nearest named colour of each RGB row."""
    ref = np.array(list(COLOURS.values()), np.int32)
    d = ((pixels.astype(np.int32)[:, None, :] - ref[None]) ** 2).sum(2)
    return d.argmin(1)


@functools.lru_cache(maxsize=None)
def colour_ok(name, colour, variant=0):
    """True where a pixel count agrees: the named colour (by recoloured area and by nearest name) is dominant."""
    im, share = _recolour(_plain(name, variant), COLOURS[colour])
    if share < 0.45:
        return False
    a = np.asarray(im)
    names = nearest_colour(a[a[..., 3] > 127][:, :3])
    return float((names == COLOUR_NAMES.index(colour)).mean()) >= 0.35


@functools.lru_cache(maxsize=None)
def colours_of(name, variant=0):
    return tuple(c for c in COLOUR_NAMES if colour_ok(name, c, variant))


def held_out(name, colour):
    """15 % of the (class, colour) pairs never appear outside the split test_comp."""
    return hashlib.sha1(f"{name}/{colour}".encode()).digest()[0] < 38


@functools.lru_cache(maxsize=None)
def letters():
    with open(os.path.join(ASSETS, "letters.json"), encoding="utf-8") as f:
        meta = json.load(f)
    return Image.open(os.path.join(ASSETS, "letters.png")).convert("L"), meta
