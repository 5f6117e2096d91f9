#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""tools/setup: LibTorch is pinned by checksum, fetched once, retried, and never half-installed. Nothing is downloaded here: a stand-in
for `python3 -m pip` writes small wheels or fails.

    test_setup.py REPOSITORY
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import zipfile

REPOSITORY = pathlib.Path(sys.argv.pop(1)).resolve()
MEMBERS = {
    "torch-2.11.0-x.whl": ["torch/version.py", "torch/lib/libtorch_cpu.so", "torch/lib/libc10.so", "torch/lib/libtorch_cuda.so",
                           "torch/include/ATen/ATen.h", "torch/nn/modules.py", "torch-2.11.0.dist-info/licenses/LICENSE"],
    "nvidia_cuda_cupti-13.0.85-x.whl": ["nvidia/cu13/lib/libcupti.so.13", "nvidia/cu13/include/cupti.h"],
    "nvidia_cuda_runtime-13.0.96-x.whl": ["nvidia/cu13/lib/libcudart.so.13"],
}
# Stands in for python3: `-m pip download … -d FOLDER` follows $PLAN (a line a try), anything else goes to the real one.
STAND_IN = """#!/usr/bin/env bash
[ "$1 $2 $3" = "-m pip download" ] || exec "$REAL_PYTHON" "$@"
echo try >> "$WORK/tries"
step=$(sed -n "$(wc -l < "$WORK/tries")p" <<< "$PLAN")
while [ "$1" != -d ]; do shift; done
mkdir -p "$2"
case $step in
    fail) echo "hash mismatch" >&2; exit 1 ;;
    slow) sleep 1 ;;
esac
cp "$WORK/wheels/"*.whl "$2/"
[ "$step" != short ] || rm "$2"/nvidia_cuda_runtime*
"""


class SetupTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.work = pathlib.Path(self.folder.name)
        (self.work / "wheels").mkdir()
        for name, members in MEMBERS.items():
            with zipfile.ZipFile(self.work / "wheels" / name, "w") as archive:
                for member in members:
                    archive.writestr(member, member)
        stand_in = self.work / "bin" / "python3"
        stand_in.parent.mkdir()
        stand_in.write_text(STAND_IN)
        stand_in.chmod(0o755)
        self.cache = self.work / "cache" / "prunescope"
        self.complete = self.cache / "torch-2.11.0"

    def start(self, plan):
        environment = {**os.environ, "PLAN": plan, "WORK": str(self.work), "REAL_PYTHON": sys.executable, "PRUNESCOPE_RETRY_SECONDS": "0",
                       "XDG_CACHE_HOME": str(self.work / "cache"), "PATH": f"{self.work}/bin:{os.environ['PATH']}"}
        environment.pop("PRUNESCOPE_TORCH_ROOT", None)
        script = f'set -euo pipefail; source "{REPOSITORY}/tools/setup/common.sh"; hasNvidiaGpu() {{ false; }}; findTorch; echo "$torchRoot"'
        return subprocess.Popen(["bash", "-c", script, "run"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, process):
        output, errors = process.communicate(timeout=100)
        return process.returncode, output, errors

    def tries(self):
        return len((self.work / "tries").read_text().splitlines())

    def test_first_try(self):
        code, output, errors = self.finish(self.start("good"))
        self.assertEqual((code, output), (0, f"{self.complete}/torch\n"), errors)
        here = sorted(p.relative_to(self.complete).as_posix() for p in self.complete.rglob("*") if p.is_file())
        self.assertEqual(here, ["COMPLETE", "nvidia/cu13/lib/libcudart.so.13", "nvidia/cu13/lib/libcupti.so.13",
                                "torch-2.11.0.dist-info/licenses/LICENSE", "torch/include/ATen/ATen.h", "torch/lib/libc10.so",
                                "torch/lib/libtorch_cpu.so", "torch/version.py"])

    def test_second_run_does_not_download(self):
        self.finish(self.start("good"))
        self.assertEqual(self.finish(self.start("fail\nfail\nfail\nfail"))[0], 0)
        self.assertEqual(self.tries(), 1)

    def test_broken_download_is_tried_again(self):
        code, _, errors = self.finish(self.start("fail\nfail\ngood"))
        self.assertEqual((code, self.tries()), (0, 3), errors)

    def test_no_network_leaves_nothing(self):
        code, _, errors = self.finish(self.start("fail\nfail\nfail"))
        self.assertEqual((code, self.tries()), (5, 3))
        self.assertRegex(errors.splitlines()[-1], r"^run: error: LibTorch could not be downloaded in 3 tries .*nothing was installed$")
        self.assertEqual([p.name for p in self.cache.iterdir()], ["lock"])

    def test_wheels_that_lack_a_library_are_not_installed(self):
        code, _, errors = self.finish(self.start("short"))
        self.assertEqual(code, 5, errors)
        self.assertEqual([p.name for p in self.cache.iterdir()], ["lock"])

    def test_two_clones_download_once(self):
        both = [self.start("slow\nfail\nfail\nfail"), self.start("slow\nfail\nfail\nfail")]
        self.assertEqual([self.finish(p)[0] for p in both], [0, 0])
        self.assertEqual(self.tries(), 1)

    def test_what_a_killed_run_left_is_removed(self):
        (self.cache / "stage-dead00").mkdir(parents=True)
        self.complete.mkdir()   # without COMPLETE: not trusted
        code, _, errors = self.finish(self.start("good"))
        self.assertEqual(code, 0, errors)
        self.assertEqual(sorted(p.name for p in self.cache.iterdir()), ["lock", "torch-2.11.0"])


class LocksTest(unittest.TestCase):
    def test_every_wheel_is_pinned_by_version_and_checksum(self):
        for name, count in (("torch-cpu.lock", 3), ("torch-cuda.lock", 16)):
            text = (REPOSITORY / "tools" / "setup" / name).read_text()
            entries = re.findall(r"^[a-z0-9-]+==[\d.]+ \\\n    --hash=sha256:[0-9a-f]{64}$", text, re.M)
            self.assertEqual(len(entries), count, name)
            rest = re.sub(r"^[a-z0-9-]+==[\d.]+ \\\n    --hash=sha256:[0-9a-f]{64}$|^#.*$", "", text, flags=re.M)
            self.assertEqual(rest.strip(), "", name)

    def test_scripts_explain_themselves(self):
        for script in ("run", "test"):
            done = subprocess.run([REPOSITORY / script, "--help"], capture_output=True, text=True, check=True)
            self.assertIn(f"./{script} --help", done.stdout)


if __name__ == "__main__":
    unittest.main()
