// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The core's operations as CUDA kernels behind the op registry: similarity and threshold table, relevance, greedy k-DPP. Plain kernels that
// follow the float64 definition closely, written for clarity; tuning comes later. Without nvcc a stub takes this file's place, without a
// device the call says why.

#include "core/base/result.h"

namespace prunescope {

/// Registers the backend "cuda" when this build has kernels and the machine a device they run on. Otherwise DEVICE-NO-CUDA-BUILD or
/// DEVICE-NO-CUDA (kDevice) with the reason; nothing is registered then. Cheap enough to call at start.
[[nodiscard]] Result<void> registerCudaOps();

}  // namespace prunescope
