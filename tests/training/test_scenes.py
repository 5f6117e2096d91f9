# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene generator: same bytes, exact masks, and every answer derived a second time from text and masks."""
import functools
import hashlib
import json
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools", "training"))
from scenes_lib import assets as A  # noqa: E402
from scenes_lib.cli import build, rle, unrle  # noqa: E402
from scenes_lib import samples  # noqa: E402
from scenes_lib.questions import NUMBERS, questions  # noqa: E402
from scenes_lib.scene import PRESETS, Obj, object_layers, render, rng_for  # noqa: E402

SINGULAR = {k.plural: k.name for k in A.classes()} | {"signs": "sign"}
CASES = [("easy", 8), ("std", 24), ("dense", 8), ("tiny", 6), ("text", 10)]


@functools.lru_cache(maxsize=None)
def drawn(preset, i):
    return render(99, "val", i, preset)


def scenes(paraphrase=False):
    for preset, n in CASES:
        for i in range(n):
            s = drawn(preset, i)
            yield preset, i, s, questions(s, rng_for(99, "val", i, 1), paraphrase=paraphrase)


class Oracle:
    """Answers from the words of a question, the id map and the names of the objects; nothing of questions.py."""

    def __init__(self, scene):
        self.s = scene
        self.names = [o.name for o in scene.objs]

    def middle(self, name):
        ys, xs = np.nonzero(self.s.idmap == self.names.index(name) + 1)
        return (xs.min() + xs.max() + 1) / 2, (ys.min() + ys.max() + 1) / 2

    def answer(self, q):
        rules = [(r"(?:Is there|Can you see) an? (\w+)(?: in the image)?\?", self.exist), (r"What (?:is the )?color (?:is|of) the (\w+)\?", self.colour),
                 (r"How many (\w+) are there(?: in the image)?\?", self.count), (r"Is the (\w+) (.*?)of the (\w+)\?", self.side),
                 (r"Is the (\w+) above or below the (\w+)\?", self.height), (r"What is (on|in) the (\w+)\?", self.on),
                 (r"What (?:does the sign say|word is on the sign)\?", self.word), (r"(?:What place is this|Where is this)\?", self.place)]
        for pattern, rule in rules:
            m = re.fullmatch(pattern, q)
            if m:
                return rule(*m.groups())
        raise AssertionError(q)

    def exist(self, x):
        return "yes" if x in self.names else "no"

    def colour(self, x):
        return self.s.objs[self.names.index(x)].colour

    def count(self, xs):
        return NUMBERS[len([n for n in self.names if n == SINGULAR[xs]])]

    def side(self, x, _words, y):
        return "left" if self.middle(x)[0] < self.middle(y)[0] else "right"

    def height(self, x, y):
        return "above" if self.middle(x)[1] < self.middle(y)[1] else "below"

    def on(self, how, x):
        """From the pictures alone: who begins above it in the same columns; and the word that fits the thing."""
        base = self.names.index(x)
        assert (how == "in") == (x in ("basket", "bucket", "vase")), (how, x)
        return next(o.name for o in self.s.objs if o.on == base and o.box[1] < self.s.objs[base].box[1] and abs(o.cx - self.s.objs[base].cx) < 3)

    def word(self):
        return next(o.text for o in self.s.objs if o.name == "sign").lower()

    def place(self):
        return self.s.kind


class Answers(unittest.TestCase):
    def test_second_path(self):
        families = {}
        for paraphrase in (False, True):
            for preset, i, s, qs in scenes(paraphrase):
                o = Oracle(s)
                for q in qs:
                    self.assertEqual(o.answer(q["question"]), q["answer"], (preset, i, q))
                    families[q["family"]] = families.get(q["family"], 0) + 1
        self.assertEqual(set(families), {"exist", "colour", "count", "relation", "support", "text", "place"})

    def test_existence_is_one_to_one(self):
        for _p, _i, s, qs in scenes():
            ex = [q for q in qs if q["family"] == "exist"]
            yes = [q for q in ex if q["answer"] == "yes"]
            self.assertEqual(len(ex), 2 * len(yes))
            for q in ex:
                self.assertEqual(q["negative"] in ("random", "adversarial"), q["answer"] == "no")
                self.assertEqual(bool(q["refs"]), q["answer"] == "yes")

    def test_grammar(self):
        for _p, _i, _s, qs in scenes(True):
            for q in qs:
                m = re.search(r"\b(an?) (\w)", q["question"])
                if m:
                    self.assertEqual(m.group(1) == "an", m.group(2) in "aeiou", q["question"])

    def test_signs_are_whole_and_colours_dominate(self):
        for _p, _i, s, qs in scenes():
            for q in qs:
                if q["family"] == "text":
                    self.assertGreater(s.objs[q["refs"][0]].vis, .95)
                if q["family"] == "colour":
                    o = s.objs[q["refs"][0]]
                    self.assertTrue(A.colour_ok(o.name, o.colour, o.variant))


class Samples(unittest.TestCase):
    """The composed scenes that ship."""

    def test_answers_follow_from_the_scene(self):
        folder = Path(ROOT, "sample_data", "scenes")
        shipped = {e["image"]: e for e in json.loads((folder / "scenes.json").read_text(encoding="utf-8"))}
        self.assertEqual({n + ".png" for n in samples.load()}, set(shipped))
        self.assertGreaterEqual(len(shipped), 12)
        for name, s in samples.load().items():
            o = Oracle(samples.compose(name, 1))
            self.assertIn(len(s["questions"]), (2, 3))
            self.assertEqual([[q["question"], q["answer"]] for q in shipped[name + ".png"]["questions"]], s["questions"])
            for question, answer in s["questions"]:
                self.assertEqual(o.answer(question), answer, (name, question))
            self.assertIn("SPDX-License-Identifier: " + shipped[name + ".png"]["licence"], (folder / (name + ".png.license")).read_text())
            self.assertTrue(all(v.vis > .4 for v in o.s.objs), name)


class Masks(unittest.TestCase):
    def test_every_pixel_has_one_owner(self):
        for preset, i, s, _qs in scenes():
            total = int((s.idmap == 0).sum())
            for j, o in enumerate(s.objs):
                mask = s.idmap == j + 1
                self.assertEqual(int(mask.sum()), o.area)
                ys, xs = np.nonzero(mask)
                if o.area:
                    self.assertEqual(o.box, (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1))
                inside = o.on is not None and s.objs[o.on].name in A.CONTAINERS
                self.assertGreaterEqual(o.vis, (.4 if inside else PRESETS[preset]["vis"]) - 1e-9)
                total += o.area
            self.assertEqual(total, 336 * 336)

    def test_mask_is_the_sprite_where_nothing_covers_it(self):
        """Alpha of both sprites, worked out once more: the later one owns what they share."""
        for variant in (0, 1):
            script = {"place": "room", "objects": [{"name": "pineapple", "x": 120, "y": 250, "px": 110, "variant": variant},
                                                   {"name": "lemon", "x": 150, "y": 256, "px": 70, "rot": 9}]}
            s = render(1, "val", 0, script=script)
            want = np.zeros((336, 336), np.uint8)
            for i, o in enumerate(s.objs):
                im = object_layers(None, Obj(o.name, None, 0, 0, o.size, o.rot, variant=o.variant))[0]
                x0, y0 = o.cx - im.width // 2, o.by - im.height
                want[y0:y0 + im.height, x0:x0 + im.width][np.asarray(im)[..., 3] > 127] = i + 1
            self.assertTrue((s.idmap == want).all())
            self.assertLess(s.objs[0].vis, 1)
            self.assertEqual(s.objs[1].vis, 1)

    def test_letters_lie_in_order_on_their_sign(self):
        seen = 0
        for preset, i in [("text", i) for i in range(12)] + [("signs", i) for i in range(4)]:
            s = render(98, "train", i, preset)
            signs = np.isin(s.idmap, [j + 1 for j, o in enumerate(s.objs) if o.name == "sign"])
            self.assertFalse((s.letters[~signs] > 0).any())
            for j, o in enumerate(s.objs):
                if o.name != "sign" or o.vis < 1 or abs(o.rot) > 3:
                    continue
                here = np.where(s.idmap == j + 1, s.letters, 0)
                self.assertEqual({chr(64 + int(v)) for v in np.unique(here) if v}, set(o.text))
                columns = [int(np.bincount(c[c > 0]).argmax()) for c in here.T if (c > 0).any()]
                word = [c for k, c in enumerate(columns) if k == 0 or c != columns[k - 1]]
                squeezed = [ord(c) - 64 for k, c in enumerate(o.text) if k == 0 or c != o.text[k - 1]]
                self.assertEqual(word, squeezed, o.text)
                seen += 1
        self.assertGreater(seen, 8)

    def test_rle_both_ways(self):
        rng = np.random.default_rng(3)
        for shape in ((1, 1), (7, 5), (336, 336)):
            for share in (0, .3, 1):
                m = rng.random(shape) < share
                r = rle(m)
                self.assertEqual(sum(r["counts"]), m.size)
                self.assertTrue((unrle(r) == m).all())


class Streams(unittest.TestCase):
    def test_same_arguments_same_bytes(self):
        sums = []
        for _ in range(2):
            with tempfile.TemporaryDirectory() as d:
                build(11, 6, d, "std", "test")
                h = hashlib.sha256()
                for name in sorted(os.listdir(os.path.join(d, "images"))):
                    h.update(Path(os.path.join(d, "images", name)).read_bytes())
                h.update(Path(os.path.join(d, "suite.jsonl")).read_bytes())
                sums.append(h.hexdigest())
                for line in Path(d, "suite.jsonl").read_text(encoding="utf-8").splitlines():
                    q = json.loads(line)
                    self.assertLessEqual({"id", "image", "question", "answer", "family", "refs", "negative"}, set(q))
                    self.assertTrue(os.path.exists(os.path.join(d, q["image"])))
        self.assertEqual(sums[0], sums[1])

    def test_a_scene_does_not_depend_on_its_neighbours(self):
        a = render(5, "test", 3, "std")
        render(5, "test", 2, "dense")
        b = render(5, "test", 3, "std")
        self.assertTrue((a.img == b.img).all() and (a.idmap == b.idmap).all())

    def test_splits_differ_and_keep_pairs_apart(self):
        self.assertFalse((render(5, "test", 0).img == render(5, "train", 0).img).all())
        for split in ("train", "val", "test"):
            for i in range(12):
                for o in render(5, split, i, "dense").objs:
                    if o.colour and o.name != "sign":
                        self.assertFalse(A.held_out(o.name, o.colour))

    def test_classes_styles_colours_places(self):
        names = [k.name for k in A.classes()]
        self.assertGreaterEqual(len(set(names)), 200)
        self.assertEqual(len(set(names)), len(names))
        self.assertEqual(len({k.plural for k in A.classes()}), len(names))
        self.assertGreaterEqual(sum(len(set(A.styles(n))) > 1 for n in names), 60)
        self.assertGreaterEqual(sum("photo" in A.styles(n) for n in names), 60)
        self.assertEqual(len(A.COLOURS), 11)
        self.assertEqual(len(A.PLACES), 7)
        for group in (*A.ALIKE, *A.ON_TOP.values(), *A.INSIDE.values(), A.SUPPORTERS, A.CONTAINERS):
            self.assertLessEqual(set(group), set(names))
        shown = {A.styles(o.name)[o.variant] for i in range(12) for o in render(7, "train", i, "packed").objs if o.name != "sign"}
        self.assertEqual(shown, {"drawn", "photo", "painted"})


class Training(unittest.TestCase):
    """The presets that only the trainer draws from."""

    def test_no_held_out_pair_in_train(self):
        pairs = set()
        for preset in ("std", "packed", "count", "pairs"):
            for i in range(40):
                pairs |= {(o.name, o.colour) for o in render(3, "train", i, preset).objs if o.colour and o.name != "sign"}
        self.assertGreater(len(pairs), 100)
        self.assertFalse([p for p in pairs if A.held_out(*p)])
        comp = {(o.name, o.colour) for i in range(30) for o in render(3, "test_comp", i).objs if o.colour and o.name != "sign"}
        self.assertGreater(len(comp), 10)
        self.assertFalse([p for p in comp if not A.held_out(*p)])

    def test_counts_are_uniform_and_apart(self):
        answers = {}
        for i in range(120):
            s = render(21, "train", i, "count")
            self.assertTrue(all(o.vis == 1 for o in s.objs))
            by = {}
            for o in s.objs:
                by.setdefault(o.name, []).append((o.colour, o.variant))
            self.assertIn(len(by), (2, 3))
            for kind in by.values():
                self.assertEqual(len(set(kind)), 1)
                answers[len(kind)] = answers.get(len(kind), 0) + 1
        self.assertEqual(set(answers), {1, 2, 3, 4})
        n = sum(answers.values())
        self.assertLess(max(answers.values()), .25 * n + 4 * (n * .1875) ** .5)
        self.assertGreater(min(answers.values()), .25 * n - 4 * (n * .1875) ** .5)

    def test_pairs_are_apart_and_balanced(self):
        answers = {}
        for i in range(120):
            s = render(22, "train", i, "pairs")
            things = [o for o in s.objs if o.name != "sign"]
            self.assertEqual(len({o.name for o in things}), len(things))
            for q in questions(s, rng_for(22, "train", i, 1), {"relation": 2}):
                answers[q["answer"]] = answers.get(q["answer"], 0) + 1
        for a, b in (("left", "right"), ("above", "below")):
            n = answers[a] + answers[b]
            self.assertGreater(n, 40)
            self.assertLess(abs(answers[a] - answers[b]), 4 * n ** .5)

    def test_signs_only(self):
        n = 0
        for i in range(8):
            s = render(23, "train", i, "signs")
            self.assertTrue(all(o.name == "sign" and o.vis > .95 and o.text in A.WORDS for o in s.objs))
            n += len(s.objs)
        self.assertGreater(n, 8 * 6)

    def test_negatives_are_absent_by_every_name(self):
        for _p, _i, s, qs in scenes():
            called = set().union(*(A.overlaps(o.name) for o in s.objs))
            for q in qs:
                if q["negative"]:
                    self.assertNotIn(q["names"][0], called)
                if q["negative"] == "adversarial":
                    self.assertIn(s.kind, A.classes()[A.class_index()[q["names"][0]]].places)


if __name__ == "__main__":
    unittest.main()
