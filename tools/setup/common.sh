# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Shared by ./run and ./test: installs what is missing, finds or fetches LibTorch, configures, builds. Sourced, not run.
# Environment: PRUNESCOPE_TORCH_ROOT (an unpacked `torch` folder to use instead of the download), PRUNESCOPE_SKIP_PACKAGES=1 (leave
# packages alone), XDG_CACHE_HOME (where LibTorch is kept), CMAKE_BUILD_PARALLEL_LEVEL.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
buildFolder=$repository/build/release
program=${0##*/}

say() { printf '%s: %s\n' "$program" "$*" >&2; }
die() { local code=$1; shift; printf '%s: error: %s\n' "$program" "$*" >&2; exit "$code"; }

# Debian packages ------------------------------------------------------------------------------------------------------------------------

# Prints the first of `a|b|c` that is installed, else the first that this release knows, else the first.
packageName() {
    local name
    for name in ${1//|/ }; do [[ -v installed[$name] ]] && { echo "$name"; return; }; done
    for name in ${1//|/ }; do apt-cache show "$name" >/dev/null 2>&1 && { echo "$name"; return; }; done
    echo "${1%%|*}"
}

asRoot() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi
}

installPackages() {
    [ "${PRUNESCOPE_SKIP_PACKAGES:-0}" = 1 ] && return 0
    command -v dpkg-query >/dev/null || die 5 "this is no Debian or Ubuntu: install what tools/setup/packages.txt names, then set PRUNESCOPE_SKIP_PACKAGES=1"
    local entries=() missing=() names=() entry name status log
    declare -A installed=()
    mapfile -t entries < <(grep -Ev '^(#|$)' "$repository/tools/setup/packages.txt")
    # shellcheck disable=SC2046
    while read -r name status; do [ "$status" = ii ] && installed[${name%%:*}]=1; done \
        < <(dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' $(printf '%s\n' "${entries[@]}" | tr '|' ' ') 2>/dev/null)
    for entry in "${entries[@]}"; do
        local found=0
        for name in ${entry//|/ }; do [[ -v installed[$name] ]] && found=1; done
        [ $found = 1 ] || missing+=("$entry")
    done
    [ ${#missing[@]} = 0 ] && return 0
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || die 5 "${#missing[@]} packages are missing (${missing[*]%%|*}) and there is neither root nor sudo: install them, then try again"
    say "installing ${#missing[@]} of ${#entries[@]} Debian packages and what they need"
    asRoot env DEBIAN_FRONTEND=noninteractive apt-get update -q -o APT::Update::Error-Mode=any >&2 || say "apt-get update failed; trying with the package lists that are here"
    for entry in "${missing[@]}"; do names+=("$(packageName "$entry")"); done
    log=$(mktemp)
    if ! asRoot env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${names[@]}" 2>&1 | tee "$log" | packageProgress; then
        tail -n 4 "$log" >&2
        rm -f "$log"
        die 5 "apt-get could not install ${#names[@]} packages (its last lines are above): check the network and the disk, then run the same command again"
    fi
    rm -f "$log"
}

# One line per 25 packages instead of apt's three per package.
packageProgress() {
    awk '/newly installed/ { print "    " $0; total = $3 + $1 } /^Need to get/ { print "    " $0 }
         /^Get:/ && ++got % 25 == 0 { print "    downloaded " got " of " total }
         /^Setting up/ && ++set % 25 == 0 { print "    installed " set " of " total }
         { fflush() }' >&2
}

# LibTorch -------------------------------------------------------------------------------------------------------------------------------

hasNvidiaGpu() { [ -e /proc/driver/nvidia/version ] && ls /dev/nvidia[0-9]* >/dev/null 2>&1; }

# Sets torchRoot: $PRUNESCOPE_TORCH_ROOT, or the cached folder, which is filled when it is not complete yet.
findTorch() {
    if [ -n "${PRUNESCOPE_TORCH_ROOT:-}" ]; then
        torchRoot=$PRUNESCOPE_TORCH_ROOT
        [ -f "$torchRoot/version.py" ] || die 5 "PRUNESCOPE_TORCH_ROOT '$torchRoot' holds no version.py: it must be the folder 'torch' of torch 2.11.0"
        return 0
    fi
    local flavour=cpu cache=${XDG_CACHE_HOME:-$HOME/.cache}/prunescope folder
    hasNvidiaGpu && flavour=cuda
    folder=$cache/torch-2.11.0; [ $flavour = cuda ] && folder=$folder-cuda
    torchRoot=$folder/torch
    [ -f "$folder/COMPLETE" ] && return 0
    [ "$(uname -m)" = x86_64 ] || die 5 "LibTorch's wheel is for x86_64, this machine is $(uname -m): set PRUNESCOPE_TORCH_ROOT to a torch 2.11.0 of its own"
    mkdir -p "$cache" || die 8 "cannot write to '$cache': set XDG_CACHE_HOME to a folder that can be written"
    (
        command -v flock >/dev/null && { flock -n 9 || { say "another ./run is fetching LibTorch: waiting"; flock 9; }; }
        [ -f "$folder/COMPLETE" ] || fetchTorch $flavour "$cache" "$folder"
    ) 9>"$cache/lock" || exit $?
}

# fetchTorch FLAVOUR CACHE FOLDER: downloads and unpacks into a temporary folder beside FOLDER and renames it when all is there.
fetchTorch() {
    local flavour=$1 cache=$2 folder=$3 stage try free need=3 i platforms=() size="0.5 GB"
    [ "$flavour" = cuda ] && need=12 size="2.5 GB"
    rm -rf "$cache"/stage-*   # left by a run that was killed: we hold the lock
    free=$(df -Pk "$cache" | awk 'NR==2 { print int($4 / 1048576) }')
    [ "$free" -ge $need ] || die 8 "LibTorch needs $need GiB in '$cache' while it is unpacked, $free are free: set XDG_CACHE_HOME to a larger disk"
    stage=$(mktemp -d "$cache/stage-XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$stage'" EXIT
    for ((i = 28; i >= 5; i--)); do platforms+=(--platform "manylinux_2_${i}_x86_64"); done
    platforms+=(--platform manylinux2014_x86_64 --platform manylinux2010_x86_64 --platform manylinux1_x86_64)
    for try in 1 2 3; do
        say "downloading LibTorch 2.11.0 for $flavour (about $size), try $try of 3"
        # One checked wheel after the other; those that are whole are kept for the next try. The checksums are in the lock file.
        if python3 -m pip download --no-deps --no-cache-dir --disable-pip-version-check --only-binary=:all: --python-version 3.12 \
            --implementation cp --abi cp312 "${platforms[@]}" --require-hashes -r "$repository/tools/setup/torch-$flavour.lock" \
            -d "$stage/wheels" >&2; then
            say "unpacking LibTorch into '$folder'"
            python3 "$repository/tools/setup/unpack_wheels.py" "$flavour" "$stage/wheels" "$stage/out" >&2 \
                || die 5 "LibTorch's wheels could not be unpacked; nothing was installed"
            date -u +%Y-%m-%dT%H:%M:%SZ > "$stage/out/COMPLETE"
            chmod 755 "$stage/out"
            rm -rf "$folder"
            mv -T "$stage/out" "$folder" || die 8 "cannot write '$folder'; nothing was installed"
            return 0
        fi
        [ $try = 3 ] || sleep $((try * ${PRUNESCOPE_RETRY_SECONDS:-2}))
    done
    die 5 "LibTorch could not be downloaded in 3 tries (pip's reason is above): check the network, then run the same command again; nothing was installed"
}

# Build ----------------------------------------------------------------------------------------------------------------------------------

# prepare: packages, LibTorch, build folder configured. Second time: a few file checks.
prepare() {
    installPackages
    findTorch
    local configured=
    [ -f "$buildFolder/build.ninja" ] && configured=$(sed -n 's/^PRUNESCOPE_TORCH_ROOT:[A-Z]*=//p' "$buildFolder/CMakeCache.txt" 2>/dev/null)
    if [ "$configured" != "$torchRoot" ]; then
        say "configuring build/release"
        local torchCuda=OFF
        hasNvidiaGpu && [ -f "$torchRoot/lib/libtorch_cuda.so" ] && torchCuda=ON
        (cd "$repository" && cmake --preset release -DPRUNESCOPE_TORCH_ROOT="$torchRoot" -DPRUNESCOPE_CUDA_LIBDIR= \
            -DPRUNESCOPE_TORCH_CUDA=$torchCuda >&2) || die 1 "CMake could not configure build/release (its reason is above)"
    fi
}

# build TARGET…: ninja's own progress; its output only when there is something to do.
build() {
    local jobs=()
    [ -n "${CMAKE_BUILD_PARALLEL_LEVEL:-}" ] && jobs=(-j "$CMAKE_BUILD_PARALLEL_LEVEL")
    (cd "$buildFolder" && ninja "${jobs[@]}" "$@" >&2) || die 1 "the build failed (the compiler's reason is above)"
}
