# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions about a scene, with answers from the scene graph and the objects they depend on."""
from collections import defaultdict

from . import assets as A
from .background import pick

MIN_AREA, MIN_VIS = 260, .5     # px and share that an object must show to be asked about
TEMPLATES = {
    "exist": ["Is there {a} {x} in the image?", "Is there {a} {x}?", "Can you see {a} {x}?"],
    "colour": ["What color is the {x}?", "What is the color of the {x}?"],
    "count": ["How many {xs} are there in the image?", "How many {xs} are there?"],
    "leftright": ["Is the {x} to the left or right of the {y}?", "Is the {x} left or right of the {y}?"],
    "abovebelow": ["Is the {x} above or below the {y}?"],
    "support": ["What is {on} the {x}?"],   # on or in, by the thing
    "text": ["What does the sign say?", "What word is on the sign?"],
    "place": ["What place is this?", "Where is this?"],
}
SUPPORT_WORDS = tuple(A.SUPPORTERS) + tuple(A.CONTAINERS)
NUMBERS = ["zero", "one", "two", "three", "four"]


def article(word):
    return "an" if word[0] in "aeiou" else "a"


def plural(name):
    return "signs" if name == "sign" else A.classes()[A.class_index()[name]].plural


def fill(rng, family, x="", y="", paraphrase=False):
    """The main form, or one of all forms (training)."""
    forms = TEMPLATES[family]
    t = forms[0]
    if paraphrase and len(forms) > 1 and rng.random() < .35:
        t = pick(rng, forms[1:])
    return t.format(a=article(x or "x"), x=x, y=y, xs=plural(x) if x else "", on="in" if x in A.CONTAINERS else "on")


def groups(scene):
    """Class name -> indices of its objects; and the classes clear enough to be asked about."""
    by = defaultdict(list)
    for i, o in enumerate(scene.objs):
        by[o.name].append(i)
    clear = [n for n, ix in by.items() if any(scene.objs[i].area >= MIN_AREA and scene.objs[i].vis >= MIN_VIS for i in ix)]
    return by, clear


def all_clear(scene, ix):
    return all(scene.objs[i].area >= MIN_AREA and scene.objs[i].vis >= MIN_VIS for i in ix)


def negatives(rng, scene, by, how):
    """An absent class: any (random), or one that belongs to this place (adversarial); never one whose name fits something present."""
    taken = set().union(*(A.overlaps(n) for n in by)) if by else set()
    absent = [k for k in A.classes() if k.name not in taken]
    if how == "adversarial":
        absent = [k for k in absent if scene.kind in k.places] or absent
    return pick(rng, absent).name


def q_exist(rng, scene, by, clear, n, par):
    """n present classes and n absent ones, random and adversarial in turn."""
    names = [c for c in clear if c != "sign"]
    names = [names[i] for i in rng.permutation(len(names))[:n]]
    out, used = [], set()
    first = int(rng.integers(2))
    for j, x in enumerate(names):
        out.append(dict(family="exist", question=fill(rng, "exist", x, paraphrase=par), answer="yes", refs=list(by[x]),
                        names=[x], negative=None))
        how = ("random", "adversarial")[(j + first) % 2]
        for _ in range(20):
            neg = negatives(rng, scene, by, how)
            if neg not in used:
                break
        used.add(neg)
        out.append(dict(family="exist", question=fill(rng, "exist", neg, paraphrase=par), answer="no", refs=[],
                        names=[neg], negative=how))
    return out


def q_colour(rng, scene, by, clear, n, par):
    names = [c for c in clear if len(by[c]) == 1 and c != "sign" and scene.objs[by[c][0]].colour]
    names = [names[i] for i in rng.permutation(len(names))[:n]]
    return [dict(family="colour", question=fill(rng, "colour", x, paraphrase=par), answer=scene.objs[by[x][0]].colour,
                 refs=list(by[x]), names=[x], negative=None) for x in names]


def q_count(rng, scene, by, clear, n, par):
    """Mostly of classes with several objects; in preset count of any class, where every number is equally often by construction."""
    names = [c for c in clear if c != "sign" and len(by[c]) <= 4 and all_clear(scene, by[c])]
    many = [c for c in names if len(by[c]) > 1]
    out = []
    for _ in range(n):
        pool = many if many and scene.preset != "count" and rng.random() < .7 else names
        if not pool:
            break
        x = pick(rng, pool)
        names = [c for c in names if c != x]
        many = [c for c in many if c != x]
        out.append(dict(family="count", question=fill(rng, "count", x, paraphrase=par), answer=NUMBERS[len(by[x])],
                        refs=list(by[x]), names=[x], negative=None))
    return out


def centre(o):
    return (o.box[0] + o.box[2]) / 2, (o.box[1] + o.box[3]) / 2


def q_relation(rng, scene, by, clear, n, par):
    names = [c for c in clear if len(by[c]) == 1 and all_clear(scene, by[c])]
    out, gap = [], scene.size * .12
    for _ in range(n * 4):
        if len(names) < 2 or len(out) == n:
            break
        i, j = rng.permutation(len(names))[:2]
        x, y = names[i], names[j]
        (ax, ay), (bx, by_) = centre(scene.objs[by[x][0]]), centre(scene.objs[by[y][0]])
        dx, dy = ax - bx, ay - by_
        if abs(dx) > gap and abs(dx) > abs(dy) * .7:
            fam, ans = "leftright", "left" if dx < 0 else "right"
        elif abs(dy) > gap:
            fam, ans = "abovebelow", "above" if dy < 0 else "below"
        else:
            continue
        out.append(dict(family="relation", question=fill(rng, fam, x, y, par), answer=ans,
                        refs=[by[x][0], by[y][0]], names=[x, y], negative=None))
    return out


def q_support(rng, scene, by, clear, n, par):
    out = []
    for o_i, o in enumerate(scene.objs):
        if o.on is None or len(out) == n:
            continue
        s = scene.objs[o.on]
        if len(by[s.name]) == 1 and s.name in clear and o.area >= MIN_AREA and o.vis >= .45:
            out.append(dict(family="support", question=fill(rng, "support", s.name, paraphrase=par), answer=o.name,
                            refs=[o_i, o.on], names=[s.name], negative=None))
    return out


def q_text(rng, scene, by, clear, n, par):
    ix = by.get("sign", [])
    if n and len(ix) == 1 and scene.objs[ix[0]].vis > .95:
        o = scene.objs[ix[0]]
        return [dict(family="text", question=fill(rng, "text", "", paraphrase=par), answer=o.text.lower(), refs=list(ix),
                     names=["sign"], negative=None)]
    return []


def q_place(rng, scene, by, clear, n, par):
    return [dict(family="place", question=fill(rng, "place", paraphrase=par), answer=scene.kind, refs=[], names=[],
                 negative=None)][:n]


MAKERS = {"exist": q_exist, "colour": q_colour, "count": q_count, "relation": q_relation, "support": q_support,
          "text": q_text, "place": q_place}
AMOUNT = {"exist": 2, "colour": 2, "count": 1, "relation": 1, "support": 1, "text": 1, "place": 1}


def questions(scene, rng, amount=None, paraphrase=False):
    """Records {family, question, answer, refs (object indices), names, negative} in a fixed order of families."""
    by, clear = groups(scene)
    out = []
    for family, make in MAKERS.items():
        n = (amount or AMOUNT).get(family, 0)
        if family == "place" and amount is None and rng.random() > .34:
            continue
        out += make(rng, scene, by, clear, n, paraphrase)
    return out
