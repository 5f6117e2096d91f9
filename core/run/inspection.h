// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Looking closer at a decision: reasons of single tokens, survival over budgets and taus. Asked of a Pipeline, a TraceSession or, through
// InferenceService::inspect, of the worker; the same values come back from each.

#include "core/prune/reasons.h"
#include "core/prune/survival.h"
#include "core/run/question_lens.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace prunescope {

struct RunResult;   // core/run/pipeline.h

/// What to work out about the decision of a request.
struct InspectWish {
    std::vector<std::int64_t> tokens;   ///< explain these
    ReasonWish reasons;
    bool budgets = false;               ///< survival over budgets
    std::int64_t lastBudget = 0;        ///< … up to this one; 0: all, which needs the greedy order to its end: about 0.5 s at 2880 tokens
    bool taus = false;                  ///< survival over tau
    double tauStep = 0.01;
    LensWish lens;                      ///< words of the question, another question
    bool decision = false;              ///< nothing of the above, but the decision itself, beside the one that is shown
};

struct Inspection {
    std::uint64_t jobId = 0;
    PruneOptions options;                              ///< resolved: what the numbers below are about
    std::vector<TokenReasons> reasons;                 ///< in the order of `tokens`
    std::shared_ptr<const BudgetSurvival> budgets;     ///< null unless asked for
    std::shared_ptr<const TauSurvival> taus;
    std::shared_ptr<const QuestionLens> lens;
    std::shared_ptr<const RunResult> result;           ///< InspectWish::decision
};

/// The answer to InspectWish::decision: what run() made of a request without answer.
[[nodiscard]] Result<Inspection> inspectionOf(const Result<std::shared_ptr<const RunResult>>& decided);

/// On a session whose image and question are set; all but the lens, which needs the question's words. Errors of PruneSession.
[[nodiscard]] Result<Inspection> inspectDecision(PruneSession& session, const PruneOptions& options, const InspectWish& wish, std::stop_token stop);

}  // namespace prunescope
