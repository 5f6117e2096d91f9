// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The yardstick of `bench`: greedy MAP of a k-DPP as one would write it from the textbook in tensor operations. Never used for a decision.
// (Algorithm: incremental Cholesky, reference/methods.md Eq. 11; shape of the loop: reference/performance.md 3.3.)

#include "core/base/result.h"
#include "core/base/tensor.h"

#include <cstdint>
#include <vector>

namespace prunescope {

struct StraightGreedy {
    std::vector<std::int64_t> order;   ///< [k]
    double ms = 0;                     ///< of the loop, the kernel L given
    double kernelMs = 0;               ///< of building L = diag(w) S diag(w), which this form needs anew for each question
};

/// similarity [n, n], weights [n], 1 <= k <= n. One thread or many: as the intra-op pool is sized.
[[nodiscard]] Result<StraightGreedy> straightGreedy(MatrixView similarity, const std::vector<float>& weights, std::int64_t k);

}  // namespace prunescope
