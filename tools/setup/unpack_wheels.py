#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpacks what PruneScope links of LibTorch's wheels: headers, libraries, licences.

    unpack_wheels.py cpu|cuda WHEEL_FOLDER OUTPUT_FOLDER

`cpu` leaves out what only a GPU needs (libtorch_cuda.so alone is 456 MB). Members with unexpected paths are refused.
The wheels' checksums were verified when they were downloaded (torch-*.lock). Standard library only.
"""
import pathlib
import shutil
import sys
import zipfile

CPU_LIBRARIES = ("libtorch_cpu.so", "libtorch.so", "libc10.so", "libshm.so", "libgomp", "libtorch_global_deps.so")


def wanted(name: str, flavour: str) -> bool:
    if name.endswith("/"):
        return False
    if ".dist-info/" in name:
        return "LICENSE" in name or "NOTICE" in name or name.endswith("/METADATA")
    if name == "torch/version.py" or name.startswith(("torch/include/", "torch.libs/")):
        return True
    if name.startswith("torch/lib/"):
        base = name.removeprefix("torch/lib/")
        return base.startswith(CPU_LIBRARIES) if flavour == "cpu" else ".so" in base
    if name.startswith("nvidia/"):
        base = name.rsplit("/", 1)[-1]
        if flavour == "cpu":
            return base.startswith(("libcupti.so", "libcudart.so"))
        return "/lib/" in name or "/include/" in name
    return False


def main() -> int:
    if len(sys.argv) != 4 or sys.argv[1] not in ("cpu", "cuda"):
        print(__doc__, file=sys.stderr)
        return 2
    flavour, wheels, output = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    for wheel in sorted(wheels.glob("*.whl")):
        print(f"    {wheel.name}", flush=True)
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                if not wanted(member.filename, flavour):
                    continue
                parts = pathlib.PurePosixPath(member.filename).parts
                if ".." in parts or member.filename.startswith("/"):
                    raise SystemExit(f"unexpected path in {wheel.name}: {member.filename!r}")
                target = output.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, open(target, "wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
    for needed in ("torch/version.py", "torch/lib/libtorch_cpu.so", "torch/lib/libc10.so", "torch/include/ATen/ATen.h",
                   "nvidia/cu13/lib/libcupti.so.13", "nvidia/cu13/lib/libcudart.so.13"):
        if not output.joinpath(needed).is_file():
            raise SystemExit(f"the wheels do not hold {needed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
