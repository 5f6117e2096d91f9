// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The three numeric operations of the Script core behind one interface, so that kernels register themselves and `app/` decides which
// backends exist. `referenceOps()` is the float64 definition; `workingOps()` the fast CPU path; cuda/ adds its own.

#include "core/base/result.h"
#include "core/base/tensor.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prunescope {

/// Per-token counts and sums of similarities above each of `bins` thresholds, for every token against the opposite side of the partition.
/// Bin b covers tau_b = -1 + 2 b / bins; entries are suffix sums: degree(i, b) = #{j : S_ij >= tau_b}, sum(i, b) = their similarity sum.
struct ThresholdTable {
    std::int64_t n = 0;
    int bins = 0;
    std::vector<std::int32_t> degree;   ///< [n, bins + 1]
    std::vector<double> sum;            ///< [n, bins + 1]
};

/// Result of a greedy k-DPP run on L = diag(w) S diag(w): picks in order with the residual (gain) of each at its pick.
struct GreedyOrder {
    std::vector<std::int32_t> order;
    std::vector<float> gain;
    bool exhausted = false;   ///< stopped early: best residual <= tolerance (numerical rank reached)
};

/// One backend of the core's numeric operations. Pure; thread-safe.
class CoreOps {
public:
    virtual ~CoreOps() = default;
    [[nodiscard]] virtual std::string name() const = 0;
    /// Cosine similarity S = normalised(H) normalised(H)^T, [n, n]; a zero-norm row has similarity 0 to all others and 1 to itself.
    [[nodiscard]] virtual Result<HostTensor> similarity(MatrixView tokens) const = 0;
    /// Histogram table of S between the two sides of a partition (`side[i]` in {0, 1}).
    [[nodiscard]] virtual Result<ThresholdTable> thresholdTable(MatrixView similarity, const std::vector<std::uint8_t>& side, int bins) const = 0;
    /// Raw relevance: cos(tokens_i, query) for each token (Eq. 4); 0 for a zero-norm token or query.
    [[nodiscard]] virtual Result<std::vector<float>> relevance(MatrixView tokens, const std::vector<float>& query) const = 0;
    /// Greedy MAP order of length <= k (Eq. 11; Cholesky on S with weights w as factors, ties to the lower index).
    [[nodiscard]] virtual Result<GreedyOrder> greedyDpp(MatrixView similarity, const std::vector<float>& weights, std::int64_t k) const = 0;
};

/// Float64 definition, written as the textbook says.
[[nodiscard]] std::shared_ptr<const CoreOps> referenceOps();
/// The working CPU path (dispatched at run time by CPU features); equal to the definition wherever the margin allows.
[[nodiscard]] std::shared_ptr<const CoreOps> workingOps();

/// Backends by name; `cuda` adds itself through `registerOps` when `app/` links it and a device is there.
void registerOps(const std::string& name, std::shared_ptr<const CoreOps> ops);
[[nodiscard]] std::shared_ptr<const CoreOps> findOps(const std::string& name);
[[nodiscard]] std::vector<std::string> registeredOps();

}  // namespace prunescope
