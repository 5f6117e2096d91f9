#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CMake guard refuses links that docs/architecture.md does not draw, also those added after prunescope_room().

    test_arrows_guard.py CMAKE_FOLDER      (the repository's cmake/)
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CMAKE = pathlib.Path(sys.argv.pop(1)).resolve()
HEAD = f"""cmake_minimum_required(VERSION 3.25)
project(Guard LANGUAGES NONE)
include("{CMAKE}/PruneScopeRooms.cmake")
add_subdirectory(core)
prunescope_check_arrows()
"""
# The rooms as plain targets: the guard reads names and links only, so no compiler is needed.
ROOMS = "\n".join(f"add_library(prunescope_{room} INTERFACE)" for room in ("base", "ops", "prune", "run", "engine", "widgets")) + """
add_library(Qt6::Core INTERFACE IMPORTED GLOBAL)
add_library(prunescope::torch_cpu INTERFACE IMPORTED GLOBAL)
add_library(GTest::gtest INTERFACE IMPORTED GLOBAL)
target_link_libraries(prunescope_ops INTERFACE prunescope_base)
target_link_libraries(prunescope_run INTERFACE prunescope_prune prunescope_base)
target_link_libraries(prunescope_engine INTERFACE prunescope_run prunescope::torch_cpu)
"""


def configure(extra):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "core").mkdir()
        (root / "CMakeLists.txt").write_text(HEAD)
        (root / "core" / "CMakeLists.txt").write_text(ROOMS + extra + "\n")
        done = subprocess.run(["cmake", "-S", folder, "-B", folder + "/build"], capture_output=True, text=True, check=False)
        return done.returncode, " ".join((done.stdout + done.stderr).split())


class ArrowsGuardTest(unittest.TestCase):
    def test_drawn_arrows_pass(self):
        code, output = configure("")
        self.assertEqual(code, 0, output)

    def refused(self, link, reason):
        code, output = configure(f"target_link_libraries({link})")
        self.assertNotEqual(code, 0, link)
        self.assertIn(reason, output)

    def test_arrow_upwards(self):
        self.refused("prunescope_base INTERFACE prunescope_ops", "room 'base' may not link 'prunescope_ops'")

    def test_window_to_engine(self):
        self.refused("prunescope_widgets INTERFACE prunescope_engine", "room 'widgets' may not link 'prunescope_engine'")

    def test_qt_in_core(self):
        self.refused("prunescope_run INTERFACE Qt6::Core", "no Qt in core/ or cuda/")

    def test_torch_outside_the_engine(self):
        self.refused("prunescope_run INTERFACE prunescope::torch_cpu", "LibTorch belongs to core/engine")

    def test_tests_are_not_linked(self):
        self.refused("prunescope_run INTERFACE GTest::gtest", "nothing links tests")


if __name__ == "__main__":
    unittest.main()
