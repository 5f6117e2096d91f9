# SPDX-License-Identifier: GPL-3.0-or-later
"""One scene: objects are composited in painter's order and every pixel knows whose it is."""
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from . import assets as A
from .background import background, pick, value_noise

SPLITS = {"train": 1, "val": 2, "test": 3, "test_comp": 4}
PRESETS = {  # objects, side in px, share that must stay visible, clutter, stray classes, chance of signs
    "easy": dict(n=(2, 6), px=(44, 110), vis=.6, clutter=(0, 4), stray=2, signs=.25, dup=.2),
    "std": dict(n=(3, 10), px=(30, 84), vis=.5, clutter=(0, 8), stray=4, signs=.3, dup=.25),
    "dense": dict(n=(8, 18), px=(26, 56), vis=.5, clutter=(2, 10), stray=6, signs=.35, dup=.25),
    "tiny": dict(n=(4, 10), px=(16, 34), vis=.7, clutter=(0, 6), stray=4, signs=.2, dup=.25),
    "text": dict(n=(2, 6), px=(30, 76), vis=.6, clutter=(0, 5), stray=3, signs=1., dup=.2),
    "packed": dict(n=(14, 26), px=(28, 80), vis=.7, clutter=(0, 5), stray=40, signs=.3, dup=.35),
}
SIZE = {"S": 78, "M": 100, "L": 124}


@dataclass
class Obj:
    name: str            # class name, or "sign"
    colour: str | None
    cx: int              # centre column of the base, px
    by: int              # row of the base, px
    size: int            # longer side, px
    rot: int = 0         # degrees
    flip: bool = False
    text: str | None = None
    on: int | None = None  # index of the object it stands on
    box: tuple = ()      # of the visible pixels: x0, y0, x1, y1 (exclusive)
    vis: float = 0.0     # visible share of its own pixels
    area: int = 0        # visible pixels


@dataclass
class Scene:
    kind: str
    size: int
    objs: list = field(default_factory=list)
    img: np.ndarray = None
    idmap: np.ndarray = None  # 0 background, i + 1 object i


def rng_for(seed, split, index, stream=0):
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, SPLITS[split], index, stream])))


def sign_image(rng, word, height, colour):
    """A board with a word; the letters come from the letter sheet."""
    sheet, meta = A.letters()
    face = pick(rng, meta["faces"])
    text = word if rng.integers(3) else word.title()
    gap, x = 2, 0
    strip = Image.new("L", (sum(face["glyphs"][c][1] + gap for c in text), meta["height"]), 0)
    for c in text:
        gx, adv = face["glyphs"][c]
        strip.paste(sheet.crop((gx, face["y"], gx + adv, face["y"] + meta["height"])), (x, 0))
        x += adv + gap
    bg = A.COLOURS[colour]
    light = bg[0] * 3 + bg[1] * 6 + bg[2] > 1400
    im = Image.new("RGBA", (strip.width + 44, meta["height"] + 24), (0, 0, 0, 0))
    d = ImageDraw.Draw(im)
    edge = (30, 30, 34, 255) if light else (246, 246, 246, 255)
    d.rounded_rectangle([0, 0, im.width - 1, im.height - 1], 10, fill=bg + (255,), outline=edge, width=4)
    ink = Image.new("RGBA", strip.size, edge[:3] + (255,))
    im.paste(ink, (22, 12), strip)
    return im.resize((max(8, im.width * height // im.height), height), Image.LANCZOS)


def object_image(rng, o):
    if o.name == "sign":
        im = sign_image(rng, o.text, o.size, o.colour)
    else:
        sp = A.sprite(o.name, o.colour)
        k = o.size / max(sp.size)
        im = sp.resize((max(3, int(sp.width * k + .5)), max(3, int(sp.height * k + .5))), Image.LANCZOS)
    if o.flip:
        im = im.transpose(Image.FLIP_LEFT_RIGHT)
    if o.rot:
        im = im.rotate(o.rot, Image.BICUBIC, expand=True)
        box = im.getchannel("A").point([0] * 9 + [255] * 247).getbbox()
        im = im.crop(box) if box else im
    return im


class Canvas:
    """Image, id map and the rules about how much of everything must stay visible."""

    def __init__(self, size, bg, min_vis):
        self.size, self.img, self.min_vis = size, bg, min_vis
        self.ids = np.zeros((size, size), np.uint8)
        self.own, self.seen, self.floor, self.objs = [], [], [], []

    def place(self, o, im, light, min_vis=None, shadow=True):
        w, h = im.size
        x0, y0 = o.cx - w // 2, o.by - h
        if x0 < 0 or y0 < 0 or x0 + w > self.size or y0 + h > self.size:
            return False
        a = np.asarray(im)
        solid = a[..., 3] > 127
        under = self.ids[y0:y0 + h, x0:x0 + w]
        hit = np.bincount(under[solid], minlength=len(self.objs) + 1)
        for i, f in enumerate(self.floor):
            if hit[i + 1] and self.seen[i] - hit[i + 1] < f * self.own[i]:
                return False
        if shadow:
            self._shadow(o.cx, o.by, w)
        alpha = a[..., 3:].astype(np.float32) / 255.0
        part = self.img[y0:y0 + h, x0:x0 + w]
        self.img[y0:y0 + h, x0:x0 + w] = part + (a[..., :3].astype(np.float32) * light - part) * alpha
        under[solid] = len(self.objs) + 1
        for i in range(len(self.objs)):
            self.seen[i] -= int(hit[i + 1])
        n = int(solid.sum())
        self.own.append(n)
        self.seen.append(n)
        self.floor.append(self.min_vis if min_vis is None else min_vis)
        self.objs.append(o)
        return True

    def _shadow(self, cx, by, w):
        sw, sh = int(w * 1.1), max(3, w // 5)
        x0, y0 = max(0, cx - sw // 2), max(0, by - sh // 2)
        x1, y1 = min(self.size, cx + sw // 2), min(self.size, by + sh // 2)
        if x1 <= x0 or y1 <= y0:
            return
        xx = (np.arange(x0, x1, dtype=np.float32) - cx) / (sw / 2)
        yy = (np.arange(y0, y1, dtype=np.float32) - by) / (sh / 2)
        k = np.clip(1.0 - (xx * xx)[None] - (yy * yy)[:, None], 0, 1) * np.float32(.42)
        self.img[y0:y1, x0:x1] *= (1.0 - k)[..., None]


def choose_colour(rng, name, split):
    ok = A.colours_of(name)
    if split == "test_comp":
        ok = [c for c in ok if A.held_out(name, c)] or list(ok)
    else:
        ok = [c for c in ok if not A.held_out(name, c)]
    return pick(rng, ok) if ok else None


def draw_classes(rng, kind, p, preset):
    """The classes of this scene: those that belong to the place, and some strays."""
    ks = A.classes()
    if preset == "packed":
        idx = rng.permutation(len(ks))[:40]
        return [ks[i] for i in idx]
    home = [k for k in ks if kind in k.places]
    pool = [home[i] for i in rng.permutation(len(home))[:12]]
    pool += [ks[i] for i in rng.permutation(len(ks))[:p["stray"]]]
    return pool


def plan(rng, kind, split, p, preset, size, hz, scale):
    """Draws the objects, far ones first."""
    n = int(rng.integers(p["n"][0], p["n"][1] + 1))
    pool, out = draw_classes(rng, kind, p, preset), []
    for _ in range(n):
        if out and rng.random() < p["dup"]:
            k = pick(rng, out)[0]
        else:
            k = pick(rng, pool)
        out.append((k, int(rng.integers(hz // 2 if preset in ("packed", "dense") else hz * 4 // 5, size))))
    out.sort(key=lambda t: t[1])
    objs = []
    for k, by in out:
        lo, hi = p["px"]
        px = lo + (hi - lo) * float(rng.random())
        depth = .8 + .4 * by / size
        px = int(min(hi * 1.15, max(lo, px * depth * SIZE[k.size] / 100)) * scale)
        colour = choose_colour(rng, k.name, split) if k.recolour else None
        rot = int(rng.integers(-12, 13)) if k.size != "L" else int(rng.integers(-4, 5))
        objs.append(Obj(k.name, colour, 0, by, px, rot if rng.integers(2) else 0, bool(rng.integers(2))))
    return objs


def put(rng, cv, o, tries=6):
    im = object_image(rng, o)
    light = np.float32(.88 + .2 * float(rng.random()))
    for _ in range(tries):
        half = im.width // 2 + 1
        if cv.size - half <= half:
            return False
        o.cx = int(rng.integers(half, cv.size - half))
        o.by = max(o.by, im.height + 1)
        if cv.place(o, im, light):
            return True
        o.by = min(cv.size - 1, max(im.height + 1, o.by + int(rng.integers(-14, 15))))
    return False


def put_pair(rng, cv, split, size, hz, p, scale):
    """A supporter with something standing on it."""
    base = pick(rng, list(A.SUPPORTERS))
    k = A.classes()[A.class_index()[base]]
    px = int(min(size * .36, p["px"][1] * 1.2 * scale))
    s = Obj(base, choose_colour(rng, base, split) if k.recolour else None, 0,
            int(rng.integers(hz + (size - hz) // 3, size)), px, 0, bool(rng.integers(2)))
    if not put(rng, cv, s):
        return
    at = len(cv.objs) - 1
    top = pick(rng, A.ON_TOP[base])
    kt = A.classes()[A.class_index()[top]]
    o = Obj(top, choose_colour(rng, top, split) if kt.recolour else None, s.cx, 0,
            max(int(p["px"][0] * scale), px * int(rng.integers(50, 74)) // 100), 0, bool(rng.integers(2)), on=at)
    im = object_image(rng, o)
    h = max(3, int(px * A.sprite(base).height / max(A.sprite(base).size)))
    o.by = s.by - h + int(h * A.SUPPORTERS[base]) + 2 * scale
    cv.place(o, im, np.float32(1.0), None)


def add_signs(rng, cv, p, preset, hz, scale):
    if rng.random() >= p["signs"]:
        return
    for _ in range(int(rng.integers(1, 4)) if preset in ("text", "packed") else 1):
        cap = int(rng.integers(22, 42)) * scale
        o = Obj("sign", pick(rng, A.COLOUR_NAMES), 0, int(rng.integers(hz // 2, cv.size)), cap,
                int(rng.integers(-6, 7)), False, pick(rng, A.WORDS))
        put(rng, cv, o)


def finish(rng, cv, scene, scale, grain=None):
    """Light, cast, noise; then boxes and visible shares from the id map."""
    size = cv.size
    ramp = np.linspace(-1, 1, size, dtype=np.float32)
    gx, gy = float(rng.integers(-10, 11)) / 100, float(rng.integers(-10, 11)) / 100
    light = 1.0 + np.float32(gx) * ramp[None, :] + np.float32(gy) * ramp[:, None]
    cast = (100 + rng.integers(-7, 8, size=3)).astype(np.float32) / 100
    img = cv.img * light[..., None] * cast
    img = img + value_noise(rng, size, size, 3, 8)[..., None]
    amp = grain or int(rng.integers(1, 9))
    noise = rng.integers(-amp, amp + 1, size=(size, size, 3), dtype=np.int16)
    scene.img = np.clip(img + noise + .5, 0, 255).astype(np.uint8)
    scene.idmap = cv.ids
    for i, o in enumerate(cv.objs):
        ys, xs = np.nonzero(cv.ids == i + 1)
        o.area, o.vis = len(ys), len(ys) / max(1, cv.own[i])
        o.box = (int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1) if len(ys) else (0, 0, 0, 0)
    scene.objs = cv.objs
    return scene


def render(seed, split, index, preset="std", scale=1, script=None):
    """Scene `index` of a stream. `script` = {"place", "objects": [...]} composes one by hand."""
    rng = rng_for(seed, split, index)
    p = PRESETS[preset]
    size = 336 * scale
    kind = script["place"] if script else pick(rng, A.PLACE_NAMES)
    n_cl = 0 if script else int(rng.integers(p["clutter"][0], p["clutter"][1] + 1))
    bg, hz = background(rng, kind, size, scale, n_cl)
    cv = Canvas(size, bg, p["vis"])
    scene = Scene(kind, size)
    if script:
        for e in script["objects"]:
            o = Obj(e["name"], e.get("colour"), int(e["x"] * scale), int(e["y"] * scale), int(e["px"] * scale),
                    e.get("rot", 0), e.get("flip", False), e.get("text"), e.get("on"))
            im = object_image(rng, o)
            o.cx = min(max(o.cx, im.width // 2 + 1), size - im.width // 2 - 2)
            o.by = min(max(o.by, im.height + 1), size - 1)
            if not cv.place(o, im, np.float32(1.0), 0.0, not e.get("floats")):
                raise ValueError(f"{e['name']} does not fit")
        return finish(rng, cv, scene, scale, 1)
    objs = plan(rng, kind, split, p, preset, size, hz, scale)
    pair = preset in ("easy", "std", "text") and rng.random() < (.5 if kind in ("kitchen", "room") else .2)
    done = not pair
    for o in objs:
        if not done and o.by > (size + hz) // 2:
            put_pair(rng, cv, split, size, hz, p, scale)
            done = True
        put(rng, cv, o)
    if not done:
        put_pair(rng, cv, split, size, hz, p, scale)
    add_signs(rng, cv, p, preset, hz, scale)
    if not cv.objs:
        put(rng, cv, Obj("apple", None, 0, size - 20, 60 * scale))
    return finish(rng, cv, scene, scale)
