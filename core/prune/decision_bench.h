// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What `bench` times of this room, on features made from a seed that look like a vision tower's: smooth over the grid, a direction that all
// tokens share, an own part for each. (reference/performance.md 5.2)

#include "core/base/result.h"
#include "core/prune/prune.h"

#include <cstdint>

namespace prunescope {

/// `tiles` tiles of side x side tokens with d numbers each, and a question near one of the bumps. Equal bytes for equal arguments.
[[nodiscard]] PruneInput syntheticInput(int side, int tiles, std::int64_t d, std::uint64_t seed);

/// Times in milliseconds over many changes of the knobs.
struct DecisionTiming {
    double medianMs = 0, p95Ms = 0;
    std::int64_t changes = 0;
};

/// One change of (tau, gamma, p, k) to the new kept set, similarity and greedy order given: n = 576 is one tile of 24 x 24, n = 2880 five of
/// them that compete as one image; other n must be a multiple of 576 or a square. The order is read once as far as the changes need it before
/// the clock starts; each change draws all four knobs anew. Errors: BENCH-SHAPE (kUsage) and those of PruneSession.
[[nodiscard]] Result<DecisionTiming> timeDecisions(std::int64_t n, std::int64_t d, std::int64_t changes, std::uint64_t seed = 1);

/// Times of the analyses on the same features, similarity and edge table given; the greedy order is read by the first of them that needs it.
struct AnalysisTiming {
    double explainMs = 0;    ///< one token without counterfactuals, median over tokens
    double budgetsMs = 0;    ///< survival over budgets 1 to `lastBudget`
    double tausMs = 0;       ///< survival over tau
    double flipsMs = 0;      ///< one token with counterfactuals, once both survivals are known; median over tokens
    std::int64_t lastBudget = 0;
};
/// `withFlips`: they need the survival over all budgets and taus.
[[nodiscard]] Result<AnalysisTiming> timeAnalyses(std::int64_t n, std::int64_t d, std::int64_t lastBudget, bool withFlips, std::uint64_t seed = 1);

/// Similarity and weights for the greedy comparison of `bench` at n tokens (same shapes as timeDecisions).
struct GreedyBenchInput {
    HostTensor similarity;        ///< [n, n]
    std::vector<float> weights;   ///< [n]
};
[[nodiscard]] Result<GreedyBenchInput> greedyBenchInput(std::int64_t n, std::int64_t d, std::uint64_t seed = 1);

/// The same algorithm as a plain loop in float32, one coefficient row per pick: what the working greedy is compared with where LibTorch is
/// not linked.
[[nodiscard]] GreedyOrder plainGreedy(MatrixView similarity, const std::vector<float>& weights, std::int64_t k);

}  // namespace prunescope
