#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures of every kind the image gate opens, and what Pillow makes of them.

Writes tests/data/image/files/* and tests/data/image/files.json: for each file its size after EXIF and the SHA-256 of its RGB bytes
(ImageOps.exif_transpose, then convert("RGB"); 16-bit grey: the high byte, where Pillow would clip). Needs numpy and Pillow.

  pillow_decode.py            make the files again
  pillow_decode.py --check    compare Pillow's reading of the committed files with files.json
"""
import argparse
import hashlib
import io
import json
import pathlib
import struct
import sys
import zlib

import numpy as np
from PIL import Image, ImageOps

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from pillow_preprocess import picture  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests/data/image/files"
RECORD = ROOT / "tests/data/image/files.json"
W, H = 37, 29


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(values, depth, colour, interlace=0, extra=b""):
    """values [h, w, c] of `depth` bits each -> PNG bytes; Adam7 when interlace is 1."""
    height, width, channels = values.shape

    def packed(block):
        rows = b""
        for row in block:
            flat = row.reshape(-1)
            if depth == 16:
                data = flat.astype(">u2").tobytes()
            elif depth == 8:
                data = flat.astype(np.uint8).tobytes()
            else:
                bits = "".join(format(int(v), f"0{depth}b") for v in flat)
                bits += "0" * (-len(bits) % 8)
                data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
            rows += b"\0" + data
        return rows

    if interlace:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        raw = b"".join(packed(values[y0::dy, x0::dx]) for x0, y0, dx, dy in passes if values[y0::dy, x0::dx].size)
    else:
        raw = packed(values)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


def saved(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def exif(orientation):
    record = Image.Exif()
    record[0x0112] = orientation
    return record.tobytes()


def bmp565(rgb):
    height, width, _ = rgb.shape
    rows = b""
    for row in rgb[::-1]:
        values = (row[:, 0].astype(np.uint16) >> 3 << 11) | (row[:, 1].astype(np.uint16) >> 2 << 5) | (row[:, 2].astype(np.uint16) >> 3)
        data = values.astype("<u2").tobytes()
        rows += data + b"\0" * (-len(data) % 4)
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 16, 3, len(rows), 0, 0, 0, 0) + struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + len(rows), 0, 0, 14 + len(head)) + head + rows


def make_files():
    rgb = picture(W, H, 0)
    wide = (rgb.astype(np.uint16) << 8) | picture(W, H, 1)
    grey, alpha = rgb[:, :, :1], picture(W, H, 2)[:, :, :1]
    palette = chunk(b"PLTE", bytes(range(256)) * 3)
    files = {}
    for interlace in (0, 1):
        tag = "i" if interlace else ""
        for depth in (1, 2, 4):
            files[f"grey{depth}{tag}.png"] = png(grey >> (8 - depth), depth, 0, interlace)
            files[f"palette{depth}{tag}.png"] = png(grey >> (8 - depth), depth, 3, interlace, chunk(b"PLTE", bytes((i * 37 + 11) % 256 for i in range(3 * (1 << depth)))))
        files[f"grey8{tag}.png"] = png(grey, 8, 0, interlace)
        files[f"grey16{tag}.png"] = png(wide[:, :, :1], 16, 0, interlace)
        files[f"palette8{tag}.png"] = png(grey, 8, 3, interlace, palette)
        files[f"palette8alpha{tag}.png"] = png(grey, 8, 3, interlace, palette + chunk(b"tRNS", bytes(range(200))))
        files[f"greyalpha8{tag}.png"] = png(np.concatenate([grey, alpha], 2), 8, 4, interlace)
        files[f"greyalpha16{tag}.png"] = png(np.concatenate([wide[:, :, :1], wide[:, :, 1:2]], 2), 16, 4, interlace)
        files[f"rgb8{tag}.png"] = png(rgb, 8, 2, interlace)
        files[f"rgb16{tag}.png"] = png(wide, 16, 2, interlace)
        files[f"rgba8{tag}.png"] = png(np.concatenate([rgb, alpha], 2), 8, 6, interlace)
        files[f"rgba16{tag}.png"] = png(np.concatenate([wide, wide[:, :, :1]], 2), 16, 6, interlace)
    files["rgbkey.png"] = png(rgb, 8, 2, 0, chunk(b"tRNS", struct.pack(">HHH", *[int(v) for v in rgb[3, 3]])))
    files["gamma.png"] = png(rgb, 8, 2, 0, chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"iCCP", b"x\0\0" + zlib.compress(b"no profile")))
    files["turned.png"] = png(rgb, 8, 2, 0, chunk(b"eXIf", exif(6)[6:]))
    image = Image.fromarray(rgb)
    for tag, sampling in (("444", 0), ("422", 1), ("420", 2)):
        files[f"jpeg{tag}.jpg"] = saved(image, "JPEG", quality=88, subsampling=sampling)
    files["progressive.jpg"] = saved(image, "JPEG", quality=80, progressive=True, subsampling=2)
    files["rgb.jpg"] = saved(image, "JPEG", quality=90, keep_rgb=True)
    files["restart.jpg"] = saved(image, "JPEG", quality=75, restart_marker_blocks=2)
    files["grey.jpg"] = saved(image.convert("L"), "JPEG", quality=85)
    cmyk = Image.fromarray(np.concatenate([rgb, alpha], 2), "CMYK")
    files["cmyk.jpg"] = saved(cmyk, "JPEG", quality=90)
    ycck = bytearray(files["cmyk.jpg"])
    at = ycck.index(b"Adobe")
    ycck[at + 11] = 2
    files["ycck.jpg"] = bytes(ycck)
    for orientation in range(1, 9):
        files[f"exif{orientation}.jpg"] = saved(image, "JPEG", quality=85, exif=exif(orientation))
    files["bw.bmp"] = saved(image.convert("1"), "BMP")
    files["palette.bmp"] = saved(image.convert("P"), "BMP")
    files["grey.bmp"] = saved(image.convert("L"), "BMP")
    files["rgb.bmp"] = saved(image, "BMP")
    files["rgba.bmp"] = saved(Image.fromarray(np.concatenate([rgb, alpha], 2), "RGBA"), "BMP")
    files["rgb565.bmp"] = bmp565(rgb)
    files["bw.pbm"] = saved(image.convert("1"), "PPM")
    files["grey.pgm"] = saved(image.convert("L"), "PPM")
    files["rgb.ppm"] = saved(image, "PPM")
    files["plain.ppm"] = f"P3\n# a comment\n{W} {H}\n200\n".encode() + " ".join(str(v * 200 // 255) for v in rgb.reshape(-1).tolist()).encode() + b"\n"
    files["plain.pgm"] = f"P2 {W} {H} 255\n".encode() + "\n".join(str(v) for v in grey.reshape(-1).tolist()).encode()
    files["plain.pbm"] = f"P1\n{W} {H}\n".encode() + "".join(str(v >> 7) for v in grey.reshape(-1).tolist()).encode() + b"\n"
    files["maxval100.ppm"] = f"P6\n{W} {H}\n100\n".encode() + (rgb.astype(np.uint16) * 100 // 255).astype(np.uint8).tobytes()
    return files


def reading(data):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode.startswith("I;16") or image.mode == "I":
        values = np.asarray(image).astype(np.int64) >> 8
        rgb = np.repeat(values[:, :, None], 3, 2).astype(np.uint8)
    else:
        rgb = np.asarray(image.convert("RGB"))
    return {"width": rgb.shape[1], "height": rgb.shape[0], "rgb": hashlib.sha256(np.ascontiguousarray(rgb).tobytes()).hexdigest()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    if not args.check:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, data in make_files().items():
            (FOLDER / name).write_bytes(data)
    record = {path.name: reading(path.read_bytes()) for path in sorted(FOLDER.iterdir())}
    text = "{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in record.items()) + "\n}\n"
    if not args.check:
        RECORD.write_text(text)
        print(f"wrote {len(record)} files")
        return 0
    same = RECORD.read_text() == text
    print("same" if same else "files.json differs from what this machine's Pillow reads")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
