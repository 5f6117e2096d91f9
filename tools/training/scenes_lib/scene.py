# SPDX-License-Identifier: GPL-3.0-or-later
"""One scene: objects are composited in painter's order and every pixel knows whose it is."""
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from . import assets as A
from .background import background, pick, value_noise
from .texture import grain as grain_bank

SPLITS = {"train": 1, "val": 2, "test": 3, "test_comp": 4}
PRESETS = {  # objects, side in px, share that must stay visible, clutter, stray classes, chance of signs
    "easy": dict(n=(2, 6), px=(44, 110), vis=.6, clutter=(0, 4), stray=2, signs=.25, dup=.2),
    "std": dict(n=(3, 10), px=(30, 84), vis=.5, clutter=(0, 8), stray=4, signs=.3, dup=.25),
    "dense": dict(n=(8, 18), px=(26, 56), vis=.5, clutter=(2, 10), stray=6, signs=.35, dup=.25),
    "tiny": dict(n=(4, 10), px=(16, 34), vis=.7, clutter=(0, 6), stray=4, signs=.2, dup=.25),
    "text": dict(n=(2, 6), px=(30, 76), vis=.6, clutter=(0, 5), stray=3, signs=1., dup=.2),
    # the following are for training only
    "packed": dict(n=(14, 26), px=(28, 84), vis=.7, clutter=(0, 5), stray=40, signs=.6, dup=.35),
    "signs": dict(n=(0, 0), px=(24, 42), vis=.97, clutter=(0, 5), stray=0, signs=1., dup=0.),
    "count": dict(n=(2, 12), px=(34, 66), vis=1., clutter=(0, 5), stray=0, signs=0., dup=0.),
    "pairs": dict(n=(2, 3), px=(44, 92), vis=1., clutter=(0, 5), stray=0, signs=.25, dup=0.),
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
    on: int | None = None  # index of the object it stands on or sticks out of
    variant: int = 0     # which of the class's sprites (assets.styles)
    box: tuple = ()      # of the visible pixels: x0, y0, x1, y1 (exclusive)
    vis: float = 0.0     # visible share of its own pixels
    area: int = 0        # visible pixels


@dataclass
class Scene:
    kind: str
    size: int
    objs: list = field(default_factory=list)
    img: np.ndarray = None
    idmap: np.ndarray = None  # uint8: 0 background, i + 1 object i
    preset: str = ""
    letters: np.ndarray = None  # uint8: 0 none, 1..26 the letter whose box on a sign this visible pixel lies in


def rng_for(seed, split, index, stream=0):
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, SPLITS[split], index, stream])))


def sign_layers(rng, word, height, colour):
    """A board with a word, from the letter sheet, and (same size, "L") the letter 1..26 whose box each pixel lies in."""
    sheet, meta = A.letters()
    face = pick(rng, meta["faces"])
    text = word if rng.integers(3) else word.title()
    gap, x, tall = 2, 0, meta["height"]
    strip = Image.new("L", (sum(face["glyphs"][c][1] + gap for c in text), tall), 0)
    marks = Image.new("L", (strip.width + 44, tall + 24), 0)
    for c in text:
        gx, adv = face["glyphs"][c]
        strip.paste(sheet.crop((gx, face["y"], gx + adv, face["y"] + tall)), (x, 0))
        top = 10 if c.isupper() or c in "bdfhijklt" else 22
        marks.paste(ord(c.upper()) - 64, (22 + x, 12 + top, 22 + x + adv, 12 + (72 if c in "gjpqy" else 59)))
        x += adv + gap
    bg = A.COLOURS[colour]
    light = bg[0] * 3 + bg[1] * 6 + bg[2] > 1400
    im = Image.new("RGBA", marks.size, (0, 0, 0, 0))
    d = ImageDraw.Draw(im)
    edge = (30, 30, 34, 255) if light else (246, 246, 246, 255)
    d.rounded_rectangle([0, 0, im.width - 1, im.height - 1], 10, fill=bg + (255,), outline=edge, width=4)
    ink = Image.new("RGBA", strip.size, edge[:3] + (255,))
    im.paste(ink, (22, 12), strip)
    size = (max(8, im.width * height // im.height), height)
    return im.resize(size, Image.LANCZOS), marks.resize(size, Image.NEAREST)


def sign_image(rng, word, height, colour):
    """The board alone."""
    return sign_layers(rng, word, height, colour)[0]


def object_layers(rng, o):
    """(RGBA image of an object, its letter map or None): scaled, flipped and rotated alike."""
    marks = None
    if o.name == "sign":
        im, marks = sign_layers(rng, o.text, o.size, o.colour)
    else:
        sp = A.sprite(o.name, o.colour, o.variant)
        k = o.size / max(sp.size)
        im = sp.resize((max(3, int(sp.width * k + .5)), max(3, int(sp.height * k + .5))), Image.HAMMING if k < .75 else Image.LANCZOS)
    if o.flip and marks is None:
        im = im.transpose(Image.FLIP_LEFT_RIGHT)
    if o.rot:
        im = im.rotate(o.rot, Image.BILINEAR, expand=True)
        marks = marks and marks.rotate(o.rot, Image.NEAREST, expand=True)
        box = im.getchannel("A").point([0] * 9 + [255] * 247).getbbox()
        if box:
            im, marks = im.crop(box), marks and marks.crop(box)
    return im, marks


def object_image(rng, o):
    return object_layers(rng, o)[0]


class Canvas:
    """Image (float32, three planes), id map, letter map and the rules about how much of everything must stay visible."""

    def __init__(self, size, bg, min_vis, kind=""):
        self.size, self.img, self.min_vis, self.kind = size, bg, min_vis, kind
        self.ids = np.zeros((size, size), np.uint8)
        self.letters = np.zeros((size, size), np.uint8)
        self.own, self.seen, self.floor, self.reach, self.objs = [], [], [], [], []

    def place(self, o, im, light, min_vis=None, shadow=True, marks=None):
        """Composites `im` with its base at (o.cx, o.by); false, and nothing changes, where that hides too much of another object.
        `min_vis`: the share of this one that must stay visible. `marks`: its letter map."""
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
        a = a.transpose(2, 0, 1).astype(np.float32)
        part = self.img[:, y0:y0 + h, x0:x0 + w]
        part += (a[:3] * light - part) * (a[3] / np.float32(255))
        under[solid] = len(self.objs) + 1
        self.letters[y0:y0 + h, x0:x0 + w][solid] = 0 if marks is None else np.asarray(marks)[solid]
        for i in range(len(self.objs)):
            self.seen[i] -= int(hit[i + 1])
        n = int(solid.sum())
        self.own.append(n)
        self.seen.append(n)
        self.floor.append(self.min_vis if min_vis is None else min_vis)
        self.reach.append((w, h))
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
        self.img[:, y0:y1, x0:x1] *= 1.0 - k


def choose_colour(rng, name, split, variant=0):
    """A colour that this sprite takes and this split may show; None (as drawn, and nothing is asked about it) where there is none.
    In test_comp every pair is one that the other splits never show."""
    ok = [c for c in A.colours_of(name, variant) if A.held_out(name, c) == (split == "test_comp")]
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


def make_obj(rng, name, split, by, px, rot=0):
    """An object of this class in one of its drawing styles, in a colour that the split allows."""
    k = A.classes()[A.class_index()[name]]
    styles = A.styles(name)
    variant = 0 if len(styles) == 1 or styles[0] == "drawn" and rng.random() < .4 else int(rng.integers(len(styles)))
    colour = choose_colour(rng, name, split, variant) if k.recolour else None
    return Obj(name, colour, 0, by, px, rot, bool(rng.integers(2)), variant=variant)


def scaled(rng, k, p, by, size, scale):
    """Side in px of an object of class k whose base is at row `by`: nearer is larger."""
    lo, hi = p["px"]
    px = lo + (hi - lo) * float(rng.random())
    return int(min(hi * 1.15, max(lo, px * (.8 + .4 * by / size) * SIZE[k.size] / 100)) * scale)


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
        rot = int(rng.integers(-12, 13)) if k.size != "L" else int(rng.integers(-4, 5))
        objs.append(make_obj(rng, k.name, split, by, scaled(rng, k, p, by, size, scale), rot if rng.integers(2) else 0))
    return objs


def put(rng, cv, o, tries=6, jitter=14, shadow=True):
    """Tries columns (and rows near o.by) until the object fits."""
    im, marks = object_layers(rng, o)
    light = np.float32(.88 + .2 * float(rng.random()))
    for _ in range(tries):
        half = im.width // 2 + 1
        if cv.size - half <= half:
            return False
        o.cx = int(rng.integers(half, cv.size - half))
        o.by = min(cv.size - 1, max(o.by, im.height + 1))
        if cv.place(o, im, light, None, shadow, marks):
            return True
        o.by = min(cv.size - 1, max(im.height + 1, o.by + int(rng.integers(-jitter, jitter + 1))))
    return False


def put_on(rng, cv, split, size, hz, p, scale):
    """A supporter with something standing on it."""
    base = pick(rng, list(A.supporters()))
    px = int(min(size * .36, p["px"][1] * 1.2 * scale))
    s = make_obj(rng, base, split, int(rng.integers(hz + (size - hz) // 3, size)), px)
    if not put(rng, cv, s):
        return
    at = len(cv.objs) - 1
    o = make_obj(rng, pick(rng, A.supporters()[base]), split, 0, max(int(p["px"][0] * scale), px * int(rng.integers(50, 74)) // 100))
    sp = A.sprite(base, None, s.variant)
    h = max(3, int(px * sp.height / max(sp.size)))
    o.cx, o.by, o.on = s.cx, s.by - h + int(h * A.SUPPORTERS[base]) + 2 * scale, at
    cv.place(o, object_image(rng, o), np.float32(1.0), None)


def put_in(rng, cv, split, size, hz, p, scale):
    """A container with something sticking out of it: the thing is drawn first, the container hides its lower part."""
    base = pick(rng, list(A.CONTAINERS))
    px = int(min(size * .3, p["px"][1] * scale))
    s = make_obj(rng, base, split, int(rng.integers(hz + (size - hz) // 3, size)), px)
    box = object_image(rng, s)
    o = make_obj(rng, pick(rng, A.INSIDE[base]), split, 0, max(int(p["px"][0] * scale), px * int(rng.integers(60, 84)) // 100))
    im = object_image(rng, o)
    half = max(box.width, im.width) // 2 + 2
    top = s.by - box.height + int(im.height * A.CONTAINERS[base])
    if top - im.height < 1 or size - half <= half or s.by - box.height < 1:
        return
    o.cx = s.cx = int(rng.integers(half, size - half))
    o.by = top
    if any(cv.ids[max(0, o.by - im.height):s.by, s.cx - half:s.cx + half].ravel()):
        return
    if cv.place(o, im, np.float32(1.0), .4, False) and cv.place(s, box, np.float32(1.0)):
        o.on = len(cv.objs) - 1
    elif cv.objs and cv.objs[-1] is o:
        cv.floor[-1] = cv.min_vis


def put_pair(rng, cv, split, size, hz, p, scale):
    (put_in if A.full_world() and rng.integers(3) == 0 else put_on)(rng, cv, split, size, hz, p, scale)


def add_signs(rng, cv, p, preset, hz, scale):
    if rng.random() >= p["signs"]:
        return
    many = preset == "packed" or preset == "text" and rng.random() < .4   # a word is asked only where there is one sign
    for _ in range(int(rng.integers(1, 4)) if many else 1):
        put_sign(rng, cv, int(rng.integers(22, 42)) * scale, int(rng.integers(hz // 2, cv.size)))


def put_sign(rng, cv, cap, by):
    o = Obj("sign", pick(rng, A.COLOUR_NAMES), 0, by, cap, int(rng.integers(-6, 7)), False, pick(rng, A.WORDS))
    return put(rng, cv, o)


def fill_signs(rng, cv, split, size, hz, p, scale):
    """Only signs, about nine of them, none of them hidden."""
    for i in range(24):
        lo, hi = p["px"]
        put_sign(rng, cv, int(rng.integers(lo, hi)) * scale, (i % 8 + 1) * size // 8 - 2)
        if len(cv.objs) == 9:
            break


def distinct(rng, kind, n):
    """n classes of which none could be called by another's name; half of the draws prefer what belongs to the place."""
    ks, out = A.classes(), []
    if rng.integers(2):
        ks = [k for k in ks if kind in k.places]
    for i in rng.permutation(len(ks)):
        if not any(ks[i].name in A.overlaps(k.name) for k in out):
            out.append(ks[i])
        if len(out) == n:
            break
    return out


def fill_count(rng, cv, split, size, hz, p, scale):
    """Two or three classes; of each one to four equal objects, each number equally often, none touching another."""
    want = []
    for k in distinct(rng, cv.kind, int(rng.integers(2, 4))):
        px = int(rng.integers(p["px"][0], p["px"][1] + 1))
        o = make_obj(rng, k.name, split, 0, px * scale)
        want += [(o, px)] * (1 + int(rng.integers(4)))
    want.sort(key=lambda t: -t[1])   # large ones first: every one of them has to find its place
    for o, px in want:
        for k in range(40):
            e = Obj(o.name, o.colour, 0, int(rng.integers(px * scale, size)), max(24, px - k) * scale, int(rng.integers(-8, 9)), bool(rng.integers(2)),
                    variant=o.variant)
            if put(rng, cv, e, 6, 40 * scale):
                break
        else:
            return False
    return True


def fill_pairs(rng, cv, split, size, hz, p, scale):
    """Two or three objects of different classes whose centres are apart by a fifth of the picture across or down."""
    centres = []
    for k in distinct(rng, cv.kind, int(rng.integers(*p["n"], endpoint=True))):
        px = int(rng.integers(p["px"][0], p["px"][1] + 1)) * scale
        o = make_obj(rng, k.name, split, 0, px)
        im = object_image(rng, o)
        for _ in range(40):
            half = im.width // 2 + 1
            o.cx, o.by = int(rng.integers(half, size - half)), int(rng.integers(im.height + 1, size))
            c = (o.cx, o.by - im.height / 2)
            if all(max(abs(c[0] - d[0]), abs(c[1] - d[1])) > size * .24 for d in centres) and cv.place(o, im, np.float32(.9 + .2 * float(rng.random()))):
                centres.append(c)
                break
    return len(centres) > 1


def finish(rng, cv, scene, scale, grain=None):
    """Light, cast, noise; then boxes and visible shares from the id map."""
    size = cv.size
    ramp = np.linspace(-1, 1, size, dtype=np.float32)
    gx, gy = float(rng.integers(-10, 11)) / 100, float(rng.integers(-10, 11)) / 100
    light = 1.0 + np.float32(gx) * ramp[None, :] + np.float32(gy) * ramp[:, None]
    cast = (100 + rng.integers(-7, 8, size=3)).astype(np.float32) / 100
    img, soft = cv.img, value_noise(rng, size, size, 3, 8) + np.float32(.5)
    for c in range(3):
        img[c] *= light * cast[c]
    img += soft
    amp = int(rng.integers(1, 9)) if grain is None else grain
    bank = grain_bank()
    y, x = (int(v) for v in rng.integers(0, bank.shape[1] - size + 1, size=2))
    img += bank[:, y:y + size, x:x + size] * np.float32(amp / 64)
    planes = np.clip(img, 0, 255, out=img).astype(np.uint8)
    scene.img = np.asarray(Image.merge("RGB", [Image.fromarray(c) for c in planes]))
    scene.idmap, scene.letters = cv.ids, cv.letters
    for i, o in enumerate(cv.objs):
        y0, x0 = max(0, o.by - cv.reach[i][1]), max(0, o.cx - cv.reach[i][0] // 2)
        ys, xs = np.nonzero(cv.ids[y0:o.by + 1, x0:x0 + cv.reach[i][0] + 1] == i + 1)
        o.area, o.vis = len(ys), len(ys) / max(1, cv.own[i])
        o.box = (x0 + int(xs.min()), y0 + int(ys.min()), x0 + int(xs.max()) + 1, y0 + int(ys.max()) + 1) if len(ys) else (0, 0, 0, 0)
    scene.objs = cv.objs
    return scene


def compose(rng, cv, scene, scale, script):
    """Places what the script lists, in its order."""
    size = cv.size
    for e in script["objects"]:
        o = Obj(e["name"], e.get("colour"), int(e["x"] * scale), int(e["y"] * scale), int(e["px"] * scale), e.get("rot", 0),
                e.get("flip", False), e.get("text"), e.get("on"), e.get("variant", 0))
        im, marks = object_layers(rng, o)
        o.cx = min(max(o.cx, im.width // 2 + 1), size - im.width // 2 - 2)
        o.by = min(max(o.by, im.height + 1), size - 1)
        if not cv.place(o, im, np.float32(1.0), 0.0, not e.get("floats"), marks):
            raise ValueError(f"{e['name']} does not fit")
    return finish(rng, cv, scene, scale, 0)


FILLERS = {"signs": fill_signs, "count": fill_count, "pairs": fill_pairs}


def populate(rng, cv, kind, split, p, preset, hz, scale):
    """Objects of a scene in painter's order."""
    size = cv.size
    objs = plan(rng, kind, split, p, preset, size, hz, scale)
    pair = preset in ("easy", "std", "text") and rng.random() < (.5 if kind in ("kitchen", "room") else .25)
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


def render(seed, split, index, preset="std", scale=1, script=None):
    """Scene `index` of a stream. `script` = {"place", "objects": [...], "look"?} composes one by hand."""
    rng = rng_for(seed, split, index)
    p = PRESETS[preset]
    size = 336 * scale
    kind = script["place"] if script else pick(rng, A.PLACE_NAMES)
    n_cl = 0 if script else int(rng.integers(p["clutter"][0], p["clutter"][1] + 1))
    bg, hz = background(rng, kind, size, scale, n_cl, script.get("look") if script else None if A.full_world() else "drawn")
    scene = Scene(kind, size, preset=preset)
    if script:
        return compose(rng, Canvas(size, bg, p["vis"], kind), scene, scale, script)
    if preset not in FILLERS:
        cv = Canvas(size, bg, p["vis"], kind)
        populate(rng, cv, kind, split, p, preset, hz, scale)
        return finish(rng, cv, scene, scale)
    for _ in range(20):
        cv = Canvas(size, bg.copy(), p["vis"], kind)
        if FILLERS[preset](rng, cv, split, size, hz, p, scale) is not False:
            break
    else:
        raise RuntimeError(f"no layout found for {preset} scene {index} of seed {seed}")
    return finish(rng, cv, scene, scale)
