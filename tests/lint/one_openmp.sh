#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program loads exactly one OpenMP runtime (two would mean two thread pools) and finds every library it needs.
#   one_openmp.sh PROGRAM
set -euo pipefail
libraries=$(ldd "$1")
if grep 'not found' <<<"$libraries"; then echo "$1: libraries are missing"; exit 1; fi
count=$(grep -cE 'lib(gomp|omp|iomp5)[-.]' <<<"$libraries" || true)
echo "$1: $count OpenMP runtime(s)"
[ "$count" = 1 ]
