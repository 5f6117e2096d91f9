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

/// Two tokens share an edge at tau when S_ij >= tau - kEdgeTolerance: the float32 cosine of a vector with its own copy is below 1 about
/// every second time (reference/reliability.md 0.10), and tau = 1 must still find duplicates.
inline constexpr double kEdgeTolerance = 1e-6;
/// Residuals of a unit-diagonal S at or below this are rounding noise past the numerical rank of a float32 matrix (methods.md A16,
/// reliability.md 0.9); such tokens are never picked.
inline constexpr double kRankTolerance = 1e-5;
/// The greedy run also stops when the best gain w_i^2 d_i^2 falls to this share of the largest initial one (methods.md A16).
inline constexpr double kGainTolerance = 1e-10;
/// Lower bound of an edge as a float, the one comparison that tables and exact scans share.
[[nodiscard]] inline float edgeBound(double tau) { return static_cast<float>(tau - kEdgeTolerance); }

/// The bin of a similarity: the largest b in [0, bins] with value >= edgeBound(-1 + 2 b / bins).
[[nodiscard]] inline int thresholdBin(float value, int bins) {
    const double step = 2.0 / bins;
    int bin = static_cast<int>((static_cast<double>(value) + 1.0 + kEdgeTolerance) / step);
    bin = bin < 0 ? 0 : (bin > bins ? bins : bin);
    while (bin > 0 && value < edgeBound(-1.0 + step * bin)) {
        --bin;
    }
    while (bin < bins && value >= edgeBound(-1.0 + step * (bin + 1))) {
        ++bin;
    }
    return bin;
}

/// Per-token counts and sums of similarities above each of `bins` thresholds, for every token against the opposite side of the partition.
/// Bin b covers tau_b = -1 + 2 b / bins; entries are suffix sums: degree(i, b) = #{j : S_ij >= edgeBound(tau_b)}, sum(i, b) = their
/// similarity sum. Entry 0 covers the whole opposite side.
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

/// A greedy run that can go on: `extend(k)` lengthens the order to min(k, what the rank allows) picks. Picks never change (nestedness).
/// The similarity it was started on must outlive it. One owner.
class GreedyRun {
public:
    virtual ~GreedyRun() = default;
    [[nodiscard]] virtual Result<void> extend(std::int64_t k) = 0;
    [[nodiscard]] virtual const GreedyOrder& result() const = 0;
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
    /// The same as a run that can be extended; the default calls `greedyDpp` again with a longer k.
    [[nodiscard]] virtual Result<std::unique_ptr<GreedyRun>> startGreedy(MatrixView similarity, std::vector<float> weights) const;
};

/// Float64 definition, written as the textbook says.
[[nodiscard]] std::shared_ptr<const CoreOps> referenceOps();
/// The working CPU path (dispatched at run time by CPU features); equal to the definition wherever the margin allows.
[[nodiscard]] std::shared_ptr<const CoreOps> workingOps();

/// CPU levels of the working path: "base" (SSE2), "avx2" (AVX2 + FMA), "avx512" (F, BW, DQ, VL); those this CPU and build offer, slowest first.
[[nodiscard]] std::vector<std::string> workingLevels();
/// The working path pinned to one of `workingLevels()` (tests, bench); nullptr for a level that is not there.
[[nodiscard]] std::shared_ptr<const CoreOps> workingOpsAt(const std::string& level);

/// Checks that all numbers of a matrix are finite and that it has rows (NUM-EMPTY, NUM-NONFINITE with row and column; kNumeric).
[[nodiscard]] Result<void> requireFinite(MatrixView matrix, const std::string& name);

/// Backends by name ("reference" and "working" are always there); `cuda` adds itself through `registerOps` when `app/` links it and a device is there.
void registerOps(const std::string& name, std::shared_ptr<const CoreOps> ops);
[[nodiscard]] std::shared_ptr<const CoreOps> findOps(const std::string& name);
[[nodiscard]] std::vector<std::string> registeredOps();

}  // namespace prunescope
