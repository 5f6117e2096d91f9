# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by `scenes` and `train`: python_env NAME PACKAGE… makes .deps/NAME once and sets PY.
fail() { echo "$(basename "$0"): error: $1" >&2; exit 5; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null 2>&1; then sudo -n "$@"; else return 1; fi
}

need_venv() {
  command -v python3 >/dev/null 2>&1 && python3 -c 'import venv, ensurepip' >/dev/null 2>&1 && return 0
  command -v apt-get >/dev/null 2>&1 || fail "python3 with venv is missing; install python3 and python3-venv"
  echo "$(basename "$0"): installing python3-venv" >&2
  { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3 python3-venv >/dev/null 2>&1 ||
    { as_root apt-get update -qq >/dev/null 2>&1 &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3 python3-venv >/dev/null 2>&1; }; } ||
    fail "python3-venv could not be installed; run: apt-get install python3-venv"
}

python_env() {
  local name="$1" dir stamp
  shift
  dir="$ROOT/.deps/$name"
  stamp="$dir/ready-$(printf '%s\n' "$@" | cksum | cut -d' ' -f1)"
  PY="$dir/bin/python"
  [ -e "$stamp" ] && [ -x "$PY" ] && return 0
  need_venv
  echo "$(basename "$0"): making a Python environment in .deps/$name" >&2
  mkdir -p "$ROOT/.deps"
  (
    flock 9
    [ -e "$stamp" ] && exit 0
    rm -rf "$dir"
    python3 -m venv "$dir" || exit 1
    "$PY" -m pip install --quiet --disable-pip-version-check --retries 8 "$@" >&2 || { rm -rf "$dir"; exit 1; }
    touch "$stamp"
  ) 9>"$ROOT/.deps/$name.lock" || fail "the Python packages could not be installed ($*)"
}
