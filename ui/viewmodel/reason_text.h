// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The reasons of one token in lines for the inspector: every number that the decision compared, which kept tokens explain it, what would
// change its outcome. Nothing is computed here; core/prune/reasons.h says what each number is.

#include "core/prune/reasons.h"
#include "core/prune/survival.h"
#include "ui/viewmodel/token_text.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace prunescope {

/// A group of lines under a heading: "Redundancy (GSP)".
struct ReasonGroup {
    QString heading;
    std::vector<TokenFact> facts;
};

/// Groups in stage order: place, redundancy, nearest partners, relevance, selection, explained by, survival. Groups without lines are left out.
[[nodiscard]] std::vector<ReasonGroup> reasonGroups(const TokenReasons& reasons, const BudgetSurvival* budgets, const TauSurvival* taus);
/// `options`: of the decision. "Kept if budget >= 88 or tau >= 0.62."; "Nothing found that would change it." when asked for and none exists; empty while not asked for.
[[nodiscard]] QString flipLine(const TokenReasons& reasons, const PruneOptions& options, bool askedFor);
/// Six significant digits, C locale: what table and JSON show as well.
[[nodiscard]] QString exactText(double value);

}  // namespace prunescope
