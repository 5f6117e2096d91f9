// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// One token in words: where it is, what each stage found, and why it was kept or dropped. Tooltip and inspector print these and nothing else.

#include "core/run/pipeline.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace prunescope {

/// Row `name`, `value` of the inspector.
struct TokenFact {
    QString name, value;
};

/// "Token 295 · row 12, column 7".
[[nodiscard]] QString tokenTitle(const TokenTrace& token);
/// One sentence: "Dropped by GSP: among the 288 most redundant (rank 9 of 576)."
[[nodiscard]] QString tokenVerdict(const RunResult& result, const TokenTrace& token);
/// Verdict word and reason for narrow places: "kept", "dropped: redundant (GSP)".
[[nodiscard]] QString tokenVerdictShort(const TokenTrace& token);
/// Every number that is known about the token, in stage order.
[[nodiscard]] std::vector<TokenFact> tokenFacts(const RunResult& result, const TokenTrace& token);
/// Number of tokens that GSP discarded in this decision; 0 when the method has no GSP.
[[nodiscard]] std::int64_t gspCut(const PruneDecision& decision);

}  // namespace prunescope
