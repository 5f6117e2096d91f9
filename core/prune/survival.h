// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Survival of every token: the budgets, and the values of tau, at which it is kept. `PruneSession::budgetSurvival` and
// `PruneSession::tauSurvival` make these; they are plain values that any thread may read.
//
// Budget. For most methods the kept sets are nested: what is kept at k is kept at k + 1, and one number a token says it all. That holds for
// gsp, qcsp, relevance, random, none, and for script with --fusion walk and none (dpp and topk) whatever is forced, and with --fusion
// restrict unless tokens are kept by force. It does not hold for grid (another grid for each budget), for script with --fusion append (a
// token outside G may enter as a later pick and leave again when the budget passes its rank), nor for restrict with forced keeps (the
// greedy order is that of a set G which grows with the budget). There the decision is made for every budget, and `ranges` holds what came out.
//
// Tau. A token's edges, and with them all ranks of Eq. 9, change only where tau passes a similarity; all similarities between the two sides
// are walked through once, from the largest down.

#include <cstdint>
#include <limits>
#include <vector>

namespace prunescope {

/// `from` to `to`, both included.
struct BudgetRange {
    std::int32_t from = 0, to = 0;
    bool operator==(const BudgetRange&) const = default;
};

struct BudgetSurvival {
    static constexpr std::int32_t kNever = std::numeric_limits<std::int32_t>::max();

    std::int64_t n = 0;
    std::int32_t firstBudget = 1;   ///< smaller ones are refused: more tokens are kept by force (USAGE-FORCE)
    std::int32_t lastBudget = 0;    ///< budgets beyond were not looked at; a budget is that of --keep (with keepPerTile: of each tile)
    bool nested = true;
    std::vector<std::int32_t> entersAt;             ///< [n] smallest budget in [firstBudget, lastBudget] at which the token is kept, or kNever
    std::vector<std::vector<BudgetRange>> ranges;   ///< [n] all budgets at which it is kept, ascending; empty where `nested`

    /// The decision at budget k, firstBudget <= k <= lastBudget. With `nested` this is entersAt[token] <= k.
    [[nodiscard]] bool keptAt(std::int64_t token, std::int64_t k) const;
};

/// `from` <= tau <= `to`, in [-1, 1].
struct TauRange {
    double from = 0, to = 0;
    bool operator==(const TauRange&) const = default;
};

struct TauSurvival {
    std::int64_t n = 0;
    bool usesTau = false;   ///< false: the method (or its fusion) has no graph; no token has a range in `redundant`, and `kept` is the whole range or nothing
    double step = 0;        ///< 0: exact. Else `kept` was decided at -1, -1 + step, … 1 and each range reaches from its first to its last such
                            ///< value (fusion restrict and append); `redundant` is exact in any case
    std::vector<std::vector<TauRange>> redundant;   ///< [n] where GSP discards the token (outside the share that p and the budget let through)
    std::vector<std::vector<TauRange>> kept;        ///< [n] where the token is kept, ascending

    [[nodiscard]] bool redundantAt(std::int64_t token, double tau) const;
    [[nodiscard]] bool keptAt(std::int64_t token, double tau) const;
};

}  // namespace prunescope
