// SPDX-License-Identifier: GPL-3.0-or-later

// Reasons in words. Numbers come from the trace as they are; nothing is computed again here but counts.

#include "ui/viewmodel/token_text.h"

#include "ui/viewmodel/number_text.h"
#include "ui/viewmodel/overlay_data.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Token", text);
}

QString pickWords(const TokenTrace& token) {
    return token.dppRank < 0 ? QString() : tr("pick %1, gain %2").arg(token.dppRank + 1).arg(scoreText(token.dppGain));
}

QString keptWords(const PruneDecision& decision, const TokenTrace& token) {
    const QString pick = pickWords(token);
    if (!pick.isEmpty()) {
        return tr("Kept by QCSP: %1.").arg(pick);
    }
    return tr("Kept by method %1.").arg(QString::fromStdString(decision.options.method));
}

QString gspWords(const PruneDecision& decision, const TokenTrace& token) {
    return tr("Dropped by GSP: among the %1 most redundant of %2 (rank %3, score %4).")
        .arg(gspCut(decision))
        .arg(decision.n)
        .arg(token.gspRank + 1)
        .arg(scoreText(token.gspScore));
}

QString budgetWords(const PruneDecision& decision, const TokenTrace& token) {
    const auto kept = static_cast<qint64>(decision.kept.size());
    const QString pick = pickWords(token);
    if (!pick.isEmpty()) {
        return tr("Dropped: QCSP %1, after the budget of %2 was full.").arg(pick).arg(kept);
    }
    return tr("Dropped: the budget of %1 was full before its turn.").arg(kept);
}

}  // namespace

std::int64_t gspCut(const PruneDecision& decision) {
    const bool ranked = std::any_of(decision.tokens.begin(), decision.tokens.end(), [](const TokenTrace& token) { return token.gspRank >= 0; });
    if (!ranked) {
        return 0;
    }
    const std::int64_t keep = decision.options.keep.value_or(static_cast<std::int64_t>(decision.kept.size()));
    const auto wanted = static_cast<std::int64_t>(std::floor(decision.options.gspRatio * static_cast<double>(decision.n)));
    return std::clamp<std::int64_t>(wanted, 0, std::max<std::int64_t>(0, decision.n - keep));
}

QString tokenTitle(const TokenTrace& token) {
    return tr("Token %1 · row %2, column %3").arg(token.index).arg(token.row).arg(token.col);
}

QString tokenVerdictShort(const TokenTrace& token) {
    switch (token.reason) {
    case Reason::kKept: return tr("kept");
    case Reason::kForced: return token.kept ? tr("kept: forced by hand") : tr("dropped: forced by hand");
    case Reason::kFill: return token.kept ? tr("kept: fills the budget") : tr("dropped");
    case Reason::kGsp: return tr("dropped: redundant (GSP)");
    case Reason::kQcsp: return tr("dropped: not chosen (QCSP)");
    case Reason::kBudget: return tr("dropped: budget full");
    case Reason::kMethod: return token.kept ? tr("kept by the method") : tr("dropped by the method");
    }
    return {};
}

QString tokenVerdict(const RunResult& result, const TokenTrace& token) {
    const PruneDecision& decision = *result.decision;
    switch (token.reason) {
    case Reason::kKept: return keptWords(decision, token);
    case Reason::kForced: return token.kept ? tr("Kept because it was forced by hand.") : tr("Dropped because it was forced by hand.");
    case Reason::kFill: return tr("Kept to fill the budget after the greedy order ended.");
    case Reason::kGsp: return gspWords(decision, token);
    case Reason::kQcsp: {
        const QString pick = pickWords(token);
        return pick.isEmpty() ? tr("Dropped by QCSP: the greedy order never reached it; others say the same or matter more.")
                              : tr("Dropped by QCSP: %1, too late for a budget of %2.").arg(pick).arg(decision.kept.size());
    }
    case Reason::kBudget: return budgetWords(decision, token);
    case Reason::kMethod:
        return (token.kept ? tr("Kept by method %1.") : tr("Dropped by method %1.")).arg(QString::fromStdString(decision.options.method));
    }
    return {};
}

std::vector<TokenFact> tokenFacts(const RunResult& result, const TokenTrace& token) {
    const PruneDecision& decision = *result.decision;
    std::vector<TokenFact> facts;
    if (result.image) {
        const RectF box = result.image->input.grid.pixelsOf(token.index);
        const QString pixels = box.empty() ? tr("padding only") : QStringLiteral("%1, %2 … %3, %4")
                                                                      .arg(std::lround(box.x0)).arg(std::lround(box.y0))
                                                                      .arg(std::lround(box.x1)).arg(std::lround(box.y1));
        facts.push_back({tr("pixels"), pixels});
        const double local = localRedundancyAt(*result.image, token.row, token.col);
        if (std::isfinite(local)) {
            facts.push_back({tr("local redundancy"), scoreText(local)});
        }
    }
    if (std::isfinite(token.relevance)) {
        facts.push_back({tr("relevance (cosine)"), QStringLiteral("%1 (%2)").arg(scoreText(token.relevance), scoreText(token.relevanceRaw))});
    }
    if (token.gspRank >= 0) {
        facts.push_back({tr("edges at tau"), QString::number(token.degree)});
        facts.push_back({tr("mean similarity"), scoreText(token.meanSimilarity)});
        facts.push_back({tr("GSP score (Eq. 9)"), scoreText(token.gspScore)});
        facts.push_back({tr("GSP rank (cut)"), tr("%1 of %2 (%3)").arg(token.gspRank + 1).arg(decision.n).arg(gspCut(decision))});
    }
    if (token.dppRank >= 0) {
        facts.push_back({tr("QCSP pick"), tr("%1 of %2").arg(token.dppRank + 1).arg(decision.order.size())});
        facts.push_back({tr("gain at pick"), scoreText(token.dppGain)});
    }
    return facts;
}

}  // namespace prunescope
