#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the tests of the scene generator where tools/training/scenes has already made its Python environment (numpy, Pillow); elsewhere skips.
#   training_check.sh REPOSITORY
set -euo pipefail
if ! compgen -G "$1/.deps/scenes/ready-*" >/dev/null; then
    echo "skipped: .deps/scenes is not there (tools/training/scenes makes it on first use)"
    exit 77
fi
exec "$1/tests/training/run"
