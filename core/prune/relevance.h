// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Relevance of every token to the question: signed cosine (Eq. 4), min-max with a floor, then a power or CDPruner's temperature map.
// (methods.md 3.4 A6-A14)

#include "core/ops/op_registry.h"
#include "core/prune/prune.h"

#include <cstdint>
#include <vector>

namespace prunescope::detail {

inline constexpr double kRelevanceFloor = 1e-6;       ///< r^ = eps + (1 - eps) min-max (A10)
inline constexpr double kConstantRelevance = 1e-6;    ///< raw values closer than this are one value: cosines of float32 are not finer

/// The vectors to compare with: pooled `query`, or each of `segments` when there are any. Empty: no question.
[[nodiscard]] std::vector<std::vector<float>> queryVectors(const HostTensor& query, const HostTensor& segments, QueryPooling pooling);

/// Mean cosine of each row of `tokens` with the vectors (unsigned). Zero without a question.
[[nodiscard]] Result<std::vector<float>> rawRelevance(const CoreOps& ops, MatrixView tokens, const std::vector<std::vector<float>>& queries);

struct RelevanceScores {
    std::vector<float> raw;              ///< signed cosine
    std::vector<float> value;            ///< weight w of the kernel L = diag(w) S diag(w)
    std::vector<std::int32_t> order;     ///< most relevant first; ties: lower index first; zero-norm tokens last
    bool constant = false;               ///< max == min: every value is 1
};

/// From unsigned cosines. `theta` replaces `power` when given.
[[nodiscard]] RelevanceScores relevanceScores(const std::vector<float>& cosines, int sign, double power, const std::optional<double>& theta,
                                              const std::vector<std::uint8_t>& zeroNorm);

}  // namespace prunescope::detail
