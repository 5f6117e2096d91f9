// SPDX-License-Identifier: GPL-3.0-or-later

// Takes the kernels' place where they are not compiled.

#include "cuda/cuda_ops.h"

namespace prunescope {

Result<void> registerCudaOps() {
    return Error{ErrorCode::kDevice, "DEVICE-NO-CUDA-BUILD", "no CUDA backend for the pruning core", "", "this program was built without CUDA kernels",
                 "build where nvcc is installed, with PRUNESCOPE_CUDA=on", nullptr};
}

}  // namespace prunescope
