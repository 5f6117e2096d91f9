#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records what transformers' Pillow-based image processors make of pictures drawn by an integer formula.

Writes tests/data/image/preprocess.json: for each case the SHA-256 of the float32 pixel values and of the 8-bit picture before scaling,
for each plain resize the SHA-256 of its RGB bytes. Modes: pil13 (Pillow 13), pil12 (Pillow 12.1, which always runs horizontally first),
torch16 (ATen's antialiased bicubic on uint8, CPU). Needs numpy, torch and transformers; the two Pillow versions are fetched with pip into
folders of their own unless --pillow13 / --pillow12 name such folders.

  pillow_preprocess.py            make the file again
  pillow_preprocess.py --check    make it again and compare
"""
import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "tests/data/image/preprocess.json"
PILLOW = {"pil13": "pillow==13.0.0", "pil12": "pillow==12.1.1"}

# (width, height) of the pictures: 1-pixel sides, extreme aspects, multiples, primes, exact fits, tall ones where the order of passes shows
SIZES = [
    (1, 1), (1, 2), (2, 1), (1, 40), (40, 1), (1, 100), (100, 1), (2, 77), (77, 2), (3, 300), (300, 3), (5, 5), (7, 11), (13, 13), (14, 14),
    (28, 28), (31, 97), (97, 31), (100, 100), (127, 255), (200, 900), (224, 224), (255, 127), (335, 337), (336, 335), (336, 336), (336, 672),
    (336, 1200), (337, 336), (338, 1013), (341, 1400), (347, 509), (400, 2000), (448, 336), (480, 640), (500, 333), (503, 1511), (640, 480),
    (641, 479), (672, 336), (673, 2021), (700, 1401), (800, 601), (1000, 250), (1024, 1024), (1200, 336), (1279, 853), (2000, 400),
]
# (width, height, new width, new height)
RESIZES = [
    (1, 1, 5, 3), (1, 50, 9, 7), (50, 1, 7, 9), (3, 3, 1, 1), (10, 400, 10, 30), (10, 400, 9, 30), (400, 10, 30, 10), (400, 10, 30, 9), (64, 64, 64, 17),
    (64, 64, 17, 64), (90, 301, 70, 100), (99, 200, 98, 197), (100, 300, 33, 100), (120, 360, 240, 60), (123, 457, 61, 228), (200, 500, 150, 200),
    (257, 513, 129, 65), (300, 100, 100, 33), (320, 900, 20, 10), (333, 999, 999, 333), (640, 360, 37, 360), (640, 360, 640, 37), (1000, 1000, 3, 3),
]
CONFIGS = {
    "clip336": {"class": "clip", "size": {"shortest_edge": 336}, "crop_size": {"height": 336, "width": 336}},
    "pad336": {"class": "llava", "size": {"shortest_edge": 336}, "crop_size": {"height": 336, "width": 336}, "do_pad": True},
    "tiny28": {"class": "clip", "size": {"shortest_edge": 28}, "crop_size": {"height": 28, "width": 28}},
    "square56": {"class": "clip", "size": {"height": 56, "width": 56}, "do_center_crop": False},
    "oblong": {"class": "clip", "size": {"height": 42, "width": 70}, "do_center_crop": False, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.25, 0.125]},
    "cropbig": {"class": "clip", "size": {"shortest_edge": 50}, "crop_size": {"height": 83, "width": 84}},
    "noresize": {"class": "clip", "do_resize": False, "crop_size": {"height": 56, "width": 57}},
    "plain": {"class": "clip", "size": {"shortest_edge": 28}, "crop_size": {"height": 28, "width": 28}, "do_normalize": False},
    "norescale": {"class": "clip", "size": {"shortest_edge": 28}, "crop_size": {"height": 28, "width": 28}, "do_rescale": False},
}
SMALL = [(1, 1), (1, 30), (33, 1), (20, 61), (61, 20), (50, 50), (57, 56), (97, 300), (300, 97), (127, 128)]


def picture(width, height, seed):
    """RGB picture of an integer formula; tests/image/drawn_picture.h draws the same."""
    import numpy as np
    y, x, c = np.meshgrid(np.arange(height, dtype=np.uint32), np.arange(width, dtype=np.uint32), np.arange(3, dtype=np.uint32), indexing="ij")
    h = x * np.uint32(0x9E3779B1) + y * np.uint32(0x85EBCA77) + c * np.uint32(0xC2B2AE3D) + np.uint32(seed * 0x27D4EB2F & 0xFFFFFFFF)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x2C1B3C6D)
    h ^= h >> np.uint32(12)
    noise = h & np.uint32(255)
    smooth = (x * 3 + y * 5 + c * 40 + ((x * y) >> np.uint32(6))) & np.uint32(255)
    edge = (((x >> np.uint32(2)) + (y >> np.uint32(3)) + c) & np.uint32(1)) * np.uint32(255)
    select = ((x >> np.uint32(5)) + (y >> np.uint32(5)) + np.uint32(seed)) % np.uint32(3)
    return np.where(select == 0, noise, np.where(select == 1, smooth, edge)).astype(np.uint8)


def sha(array):
    return hashlib.sha256(array.tobytes()).hexdigest()


def processor(config):
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil
    options = {k: v for k, v in config.items() if k != "class"}
    return (LlavaImageProcessorPil if config["class"] == "llava" else CLIPImageProcessorPil)(**options)


def preprocess_cases(mode):
    import numpy as np
    from PIL import Image
    cases = []
    for name, config in CONFIGS.items():
        make = processor(config)
        for index, (width, height) in enumerate(SIZES if name in ("clip336", "pad336") else SMALL):
            image = Image.fromarray(picture(width, height, index))
            values = np.ascontiguousarray(make(image, return_tensors="np")["pixel_values"])
            if values.dtype != np.float32:   # without scaling the processor hands on bytes
                values = values.astype(np.float32)
            seen = np.asarray(make(image, do_rescale=False, do_normalize=False, return_tensors="np")["pixel_values"][0])
            assert seen.dtype == np.uint8, seen.dtype
            cases.append({"mode": mode, "config": name, "width": width, "height": height, "seed": index, "shape": list(values.shape),
                          "pixels": sha(values), "seen": sha(np.ascontiguousarray(seen.transpose(1, 2, 0)))})
    return cases


def resize_cases(mode):
    import numpy as np
    cases = []
    for index, (width, height, new_width, new_height) in enumerate(RESIZES):
        array = picture(width, height, index)
        if mode == "torch16":
            import torch
            tensor = torch.from_numpy(array).permute(2, 0, 1)[None].contiguous(memory_format=torch.channels_last)
            out = torch.nn.functional.interpolate(tensor, size=(new_height, new_width), mode="bicubic", antialias=True)
            out = np.ascontiguousarray(out[0].permute(1, 2, 0).numpy())
        else:
            from PIL import Image
            out = np.asarray(Image.fromarray(array).resize((new_width, new_height), Image.Resampling.BICUBIC))
        cases.append({"mode": mode, "width": width, "height": height, "seed": index, "new_width": new_width, "new_height": new_height, "rgb": sha(out)})
    return cases


def child(mode):
    record = {"preprocess": [] if mode == "torch16" else preprocess_cases(mode), "resize": resize_cases(mode)}
    import PIL
    import torch
    import transformers
    record["versions"] = {"transformers": transformers.__version__, ("torch" if mode == "torch16" else "pillow"): torch.__version__ if mode == "torch16" else PIL.__version__}
    print(json.dumps(record))


def make(folders):
    record = {"about": "made by tests/oracles/pillow_preprocess.py", "configs": CONFIGS, "versions": {}, "preprocess": [], "resize": []}
    for mode in ("pil13", "pil12", "torch16"):
        env = dict(os.environ)
        if mode in folders:
            env["PYTHONPATH"] = str(folders[mode])
        result = subprocess.run([sys.executable, __file__, "--child", mode], env=env, check=True, stdout=subprocess.PIPE, text=True)
        part = json.loads(result.stdout.strip().splitlines()[-1])
        record["versions"][mode] = part["versions"]
        record["preprocess"] += part["preprocess"]
        record["resize"] += part["resize"]
    lines = ["{"]
    for key in ("about", "configs", "versions"):
        lines.append(f"{json.dumps(key)}: {json.dumps(record[key])},")
    for key in ("preprocess", "resize"):
        rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in record[key])
        lines.append(f"{json.dumps(key)}: [\n{rows}\n]" + ("," if key == "preprocess" else ""))
    return "\n".join(lines + ["}"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--pillow13", type=pathlib.Path)
    parser.add_argument("--pillow12", type=pathlib.Path)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args.child)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        folders = {"pil13": args.pillow13, "pil12": args.pillow12}
        for mode, folder in folders.items():
            if folder is None:
                folders[mode] = pathlib.Path(scratch) / mode
                subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", str(folders[mode]), PILLOW[mode]], check=True)
        text = make(folders)
    if not args.check:
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        TARGET.write_text(text)
        print(f"wrote {TARGET.relative_to(ROOT)}")
        return 0
    same = TARGET.read_text() == text
    print("same" if same else f"{TARGET.relative_to(ROOT)} differs from what this machine makes")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
