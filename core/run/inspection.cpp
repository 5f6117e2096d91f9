// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/inspection.h"

#include "core/run/pipeline.h"

#include <utility>

namespace prunescope {

Result<Inspection> inspectionOf(const Result<std::shared_ptr<const RunResult>>& decided) {
    if (!decided) {
        return decided.error();
    }
    Inspection made;
    made.jobId = (*decided)->jobId;
    made.options = (*decided)->decision->options;
    made.result = *decided;
    return made;
}

Result<Inspection> inspectDecision(PruneSession& session, const PruneOptions& options, const InspectWish& wish, std::stop_token stop) {
    Inspection out;
    const auto decided = session.decide(options, stop);
    if (!decided) {
        return decided.error();
    }
    out.options = decided->options;   // resolved, as the decision that is looked at says them
    for (const std::int64_t token : wish.tokens) {
        auto reasons = session.explain(options, token, wish.reasons, stop);
        if (!reasons) {
            return reasons.error();
        }
        out.reasons.push_back(std::move(*reasons));
    }
    if (wish.budgets) {
        auto budgets = session.budgetSurvival(options, wish.lastBudget, stop);
        if (!budgets) {
            return budgets.error();
        }
        out.budgets = std::make_shared<const BudgetSurvival>(std::move(*budgets));
    }
    if (wish.taus) {
        auto taus = session.tauSurvival(options, wish.tauStep, stop);
        if (!taus) {
            return taus.error();
        }
        out.taus = std::make_shared<const TauSurvival>(std::move(*taus));
    }
    return out;
}

}  // namespace prunescope
