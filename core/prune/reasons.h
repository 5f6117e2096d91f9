// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Why one token was kept or dropped: the numbers that the decision compared, its partners in the graph, which picks explain it (the e_i^2
// terms of Eq. 11), and what would have to change for the other outcome. Made by `PruneSession::explain`; a plain value.

#include "core/prune/prune.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace prunescope {

/// A token beside the one explained.
struct Partner {
    std::int32_t token = 0;
    float similarity = 0;    ///< cosine of the two tokens
    bool opposite = false;   ///< on the other side of the partition: Eq. 9 compares with these only
    bool edge = false;       ///< opposite and at tau or above
    bool kept = false;
};

/// One term of Eq. 11 on the scale of S, where every token starts with d^2 = 1: the pick took e^2 of it away.
struct ExplainedShare {
    std::int32_t token = 0;   ///< the pick
    std::int32_t rank = 0;    ///< its place in the greedy order
    double share = 0;         ///< e^2, in [0, 1]
    bool kept = false;        ///< false: picked by the order, not kept by the walk (it conditions all the same)
};

enum class Knob { kBudget, kTau, kGspRatio };
/// "budget", "tau", "gsp-ratio".
[[nodiscard]] const char* nameOf(Knob knob);

/// The nearest value of one knob, all others as they are, at which the token's outcome is the other one. Never guessed: the decision was made
/// again at `value`.
struct Counterfactual {
    Knob knob = Knob::kBudget;
    double value = 0;
    double from = 0, to = 0;   ///< the values around `value`, both included, over which the outcome stays the other one ("kept from 88 up")
    bool keptThen = false;
};

struct TokenReasons {
    TokenTrace trace;                ///< the record that table and JSON show
    double tau = 0.5, gamma = 1;     ///< as resolved
    std::int64_t blockSize = 0;      ///< tokens that compete with this one (its tile, or all)
    std::int64_t budget = 0;         ///< of these

    bool hasGraph = false;           ///< the method looked at Eq. 8-9: trace.degree, meanSimilarity, gspScore, gspRank are set
    std::int32_t oppositeSize = 0;   ///< tokens on the other side of the partition
    std::int32_t discarded = 0;      ///< GSP discards ranks 0 to discarded - 1 (rank 0 is the most redundant)
    float cutPassed = std::numeric_limits<float>::quiet_NaN();      ///< Eq. 9 score of the most redundant token let through
    float cutDiscarded = std::numeric_limits<float>::quiet_NaN();   ///< … of the least redundant one discarded; NaN when none was
    std::vector<Partner> partners;   ///< of the other side, most similar first; empty without a graph
    std::vector<Partner> nearest;    ///< of all tokens it competes with, most similar first

    bool hasRelevance = false;       ///< trace.relevanceRaw, relevance are set
    float relevanceLow = 0, relevanceHigh = 0;   ///< smallest and largest raw relevance of the block: what min-max used

    bool hasOrder = false;           ///< a greedy order was computed
    std::int32_t picksSeen = 0;      ///< picks before this token's own, or all picks of the decision when it was not picked
    std::vector<ExplainedShare> shares;   ///< largest first; left out: shares below 1e-12, picks past the rank of the features
    double explained = 0;            ///< sum over ALL picksSeen of e^2
    double remaining = 1;            ///< d^2 = 1 - explained, from the same recursion
    double weight = 0;               ///< w of L = diag(w) S diag(w); its gain is w^2 d^2

    std::vector<Counterfactual> flips;   ///< at most one a knob, in the order of Knob; empty unless asked for
};

/// What to work out beside the numbers.
struct ReasonWish {
    int partners = 8;      ///< how many of each list
    bool flips = false;    ///< counterfactuals: 10 to 100 ms at 576 tokens the first time, then mostly kept
};

}  // namespace prunescope
