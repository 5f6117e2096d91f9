// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Graph-structured pruning: every token scored against the opposite side of a bipartition (Eq. 8-9; methods.md 3.1, 3.4 A1-A3, A19-A23).
// An EdgeTable holds, per image and partition, everything that does not depend on tau and gamma: counts and sums above each of 512
// thresholds (performance.md 3.8) and the similarities themselves grouped by threshold, so that any tau costs a look-up plus a scan of the
// one group that it cuts.

#include "core/ops/op_registry.h"
#include "core/prune/prune.h"

#include <cstdint>
#include <vector>

namespace prunescope::detail {

/// Where a token stands in its tile; -1, -1 for a class token.
struct Cell {
    std::int32_t tile = 0, row = -1, col = -1;
};

/// Side (0 or 1) of each token. Random sides differ in size by at most one and depend on `seed` alone.
[[nodiscard]] std::vector<std::uint8_t> partitionSides(Partition partition, const std::vector<Cell>& cells, std::uint64_t seed);

/// Scores at one (tau, gamma).
struct GspScores {
    double tau = 0;
    std::vector<std::int32_t> degree;      ///< edges at tau
    std::vector<float> mean;               ///< mu over edges; over the whole opposite side when isolated
    std::vector<float> score;              ///< Eq. 9, clipped to the largest float
    std::vector<std::int32_t> keepOrder;   ///< least redundant first; ties: lower index first; zero-norm tokens last
    std::vector<std::int32_t> rank;        ///< 0 = most redundant
    bool clipped = false;                  ///< a score did not fit a float (the ranking is done on its logarithm)
    bool saturated = false;                ///< every token is connected to the whole opposite side
    std::int64_t isolated = 0;             ///< tokens without an edge
};

class EdgeTable {
public:
    [[nodiscard]] static Result<EdgeTable> build(const CoreOps& ops, MatrixView similarity, std::vector<std::uint8_t> side);

    /// The q-th percentile (0 to 100) of the similarities between the sides, linear interpolation as numpy.
    [[nodiscard]] double quantile(double percent) const;
    /// Eq. 9 for every token. `zeroNorm[i] != 0` marks tokens that rank as most redundant whatever their score.
    [[nodiscard]] GspScores scores(double tau, double gamma, const std::vector<std::uint8_t>& zeroNorm) const;

private:
    static constexpr int kBins = 512;   ///< edges at tau = j / 256, exact in float32

    struct Edges {
        std::int32_t degree;
        double sum;
    };
    [[nodiscard]] Edges edgesOf(std::int64_t token, int bin, float bound) const;
    [[nodiscard]] std::vector<float> valuesFrom(int low, int high) const;

    std::int64_t m_n = 0;
    std::vector<std::uint8_t> m_side;
    std::vector<std::int32_t> m_degree;    ///< [kBins + 2, n], last row zero
    std::vector<double> m_sum;             ///< [kBins + 2, n], last row zero
    std::vector<float> m_values;           ///< per token, its similarities to the other side, high thresholds first
    std::vector<std::int64_t> m_first;     ///< [n] start of a token's values
};

}  // namespace prunescope::detail
