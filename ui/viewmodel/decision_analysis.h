// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the window asks about a decision beside the decision (InferenceService::inspect), and what came back: survival over budgets and
// thresholds, the reasons of one token.

#include "core/run/inspection.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace prunescope {

struct AnalysisWish {
    bool budgets = false;                 ///< smallest budget at which each token enters
    bool taus = false;                    ///< values of tau at which each token is redundant, and kept
    std::optional<std::int64_t> token;    ///< explain this one
    ReasonWish reasons;
    LensWish lens;                        ///< words of the question, another question

    [[nodiscard]] bool any() const { return budgets || taus || token.has_value() || lens.any(); }
};

/// Immutable once made. Members that were not asked for are empty.
struct DecisionAnalysis {
    PruneOptions options;                 ///< of the decision, resolved
    std::shared_ptr<const BudgetSurvival> budgets;
    std::shared_ptr<const TauSurvival> taus;
    std::optional<TokenReasons> reasons;
    std::shared_ptr<const QuestionLens> lens;
};

}  // namespace prunescope
