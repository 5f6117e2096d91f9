// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What this machine is, for `bench` and `doctor`.

#include <string>
#include <vector>

namespace prunescope::cli {

/// "model name" of the first CPU; "" where the kernel does not say.
[[nodiscard]] std::string cpuName();
/// Those of the CPU's features that the program can use (avx2, fma, avx512f, avx512_bf16, amx_tile, …).
[[nodiscard]] std::vector<std::string> cpuFeatures();

}  // namespace prunescope::cli
