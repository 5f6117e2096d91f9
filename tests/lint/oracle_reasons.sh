#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Recomputes what `prune --explain --survival` prints, where a Python with numpy is there; elsewhere skips and says so (the C++ test
# ReasonsRecord compares with recorded numbers in any case).
#   oracle_reasons.sh ORACLES_FOLDER PRUNESCOPE_CLI         $PRUNESCOPE_ORACLE_PYTHON: the Python to use, else python3
set -euo pipefail
exec "${PRUNESCOPE_ORACLE_PYTHON:-python3}" "$1/reasons_oracle.py" --cli "$2"
