// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What this process and this machine have in memory, from /proc; 0 where the kernel does not say.

#include <cstdint>

namespace prunescope {

/// Highest resident size of this process so far (VmHWM), bytes.
[[nodiscard]] std::int64_t peakMemoryBytes();
/// The high-water mark starts again from what is resident now. false where the kernel does not let us: it then stands for the whole process.
[[nodiscard]] bool resetPeakMemory();
/// Memory that can be taken without swapping (MemAvailable), bytes.
[[nodiscard]] std::int64_t availableMemoryBytes();

}  // namespace prunescope
