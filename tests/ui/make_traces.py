#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes tests/data/traces again: make_traces.py PRUNESCOPE_CLI, run in the root of the repository.

Two sample scenes with the first question of each, pruned and whole, the original pictures left out. What names the machine is taken out
of the header, so that the files say nothing about where they were made."""

import hashlib
import json
import pathlib
import struct
import subprocess
import sys

SCENES = ("kitchen", "crossing")


def neutral(data: bytes) -> bytes:
    """The same trace without environment; layout in docs/trace-format.md."""
    magic, major, minor, length, _total, _digest = struct.unpack("<8sIIQQ32s", data[:64])
    header = json.loads(data[64:64 + length])
    body = data[(64 + length + 63) // 64 * 64:]
    header["environment"] = {}
    header["created"] = "2026-11-23T00:00:00Z"
    header["model"]["path"] = "sample_data/model"
    text = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    start = (64 + len(text) + 63) // 64 * 64
    head = struct.pack("<8sIIQQ32s", magic, major, minor, len(text), start + len(body), hashlib.sha256(text).digest())
    return (head + text).ljust(start, b"\0") + body


def main() -> None:
    folder = pathlib.Path("tests/data/traces")
    folder.mkdir(parents=True, exist_ok=True)
    scenes = json.loads(pathlib.Path("sample_data/scenes/scenes.json").read_text())
    for scene in scenes:
        name = pathlib.Path(scene["image"]).stem
        if name not in SCENES:
            continue
        out = folder / f"{name}.prunescope"
        subprocess.run([sys.argv[1], "trace", "save", "--image", f"sample_data/scenes/{scene['image']}", "--question", scene["questions"][0]["question"],
                        "--unpruned", "--picture", "path", "--threads", "1", "--out", str(out)], check=True)
        out.write_bytes(neutral(out.read_bytes()))


main()
