// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Two decisions about the same tokens side by side. Pure functions on plain values.

#include "core/prune/prune.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prunescope {

enum class Side : std::uint8_t { kNeither, kOnlyA, kOnlyB, kBoth };
/// "neither", "only_a", "only_b", "both".
[[nodiscard]] const char* nameOf(Side side);

struct DecisionComparison {
    std::vector<Side> sides;   ///< [n]
    std::int64_t onlyA = 0, both = 0, onlyB = 0, neither = 0;
    double iou = 1;            ///< both / (onlyA + both + onlyB); 1 when neither keeps anything
};
/// Error COMPARE-SIZE (kBadInput) when the decisions are about different numbers of tokens.
[[nodiscard]] Result<DecisionComparison> compareDecisions(const PruneDecision& a, const PruneDecision& b);

/// A quantity that the tokens of a decision carry.
enum class ScoreQuantity { kRelevance, kRelevanceRaw, kGspScore, kMeanSimilarity, kDegree, kDppGain };
/// Its key in prunescope.prune/1: "relevance", "gsp_score", …
[[nodiscard]] const char* nameOf(ScoreQuantity quantity);
/// [n]; NaN where the method did not compute it.
[[nodiscard]] std::vector<float> scoresOf(const PruneDecision& decision, ScoreQuantity quantity);

/// How scores of two decisions are brought to one scale before they are subtracted.
/// raw: as they are. min-max: each to [0, 1] by its own smallest and largest finite value (a constant becomes 0). rank: average rank
/// (ties share theirs) over count - 1, so that 0 is the smallest and 1 the largest.
enum class Normalisation { kRaw, kMinMax, kRank };
[[nodiscard]] const char* nameOf(Normalisation normalisation);

struct ScoreDifference {
    Normalisation normalisation = Normalisation::kMinMax;
    std::vector<float> difference;           ///< [n] B - A after normalisation; NaN where either is missing
    std::int64_t common = 0;                 ///< tokens for which both are known; normalised over these alone
    float largest = 0;                       ///< largest |difference|: the end of a diverging scale centred at 0
    std::optional<double> rankCorrelation;   ///< Spearman's rho over the common tokens, ties at average rank; absent where fewer than 2 are
                                             ///< common or one side is constant
};
/// `a`, `b`: [n] each, NaN for unknown. Error COMPARE-SIZE.
[[nodiscard]] Result<ScoreDifference> compareScores(const std::vector<float>& a, const std::vector<float>& b, Normalisation normalisation);

}  // namespace prunescope
