#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes the recorded parity fixtures again and compares, where Python has torch and transformers; elsewhere skips and says so.
#   oracles_check.sh ORACLES_FOLDER          $PRUNESCOPE_ORACLE_PYTHON: the Python to use (no default: it takes minutes)
set -euo pipefail
python=${PRUNESCOPE_ORACLE_PYTHON:-}
if [ -z "$python" ]; then
    echo "skipped: PRUNESCOPE_ORACLE_PYTHON is not set (a Python with torch 2.11 and transformers makes the fixtures again)"
    exit 77
fi
status=0
for script in "$1"/*.py; do
    grep -q -e '--check' "$script" || continue
    echo "== ${script##*/}"
    "$python" "$script" --check || status=1
done
exit $status
