// SPDX-License-Identifier: GPL-3.0-or-later

// Lines of the inspector.

#include "ui/viewmodel/reason_text.h"

#include "ui/viewmodel/number_text.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <utility>

namespace prunescope {

namespace {

constexpr std::size_t kMostLines = 5;

QString tr(const char* text) {
    return QCoreApplication::translate("Reasons", text);
}

QString outcomeMark(bool kept) {
    return kept ? tr("kept") : tr("dropped");
}

void addGraph(const TokenReasons& reasons, std::vector<ReasonGroup>& groups) {
    if (!reasons.hasGraph) {
        return;
    }
    const TokenTrace& token = reasons.trace;
    ReasonGroup group{tr("Redundancy (GSP, Eq. 8-9)"), {}};
    group.facts.push_back({tr("edges at tau %1").arg(exactText(reasons.tau)), tr("%1 of %2").arg(token.degree).arg(reasons.oppositeSize)});
    group.facts.push_back({tr("mean similarity (cosine)"), exactText(token.meanSimilarity)});
    group.facts.push_back({tr("score at gamma %1").arg(exactText(reasons.gamma)), exactText(token.gspScore)});
    group.facts.push_back({tr("rank, 1 = most redundant"), tr("%1 of %2").arg(token.gspRank + 1).arg(reasons.blockSize)});
    group.facts.push_back({tr("discarded ranks"), reasons.discarded > 0 ? tr("1 to %1").arg(reasons.discarded) : tr("none")});
    if (std::isfinite(reasons.cutDiscarded)) {
        group.facts.push_back({tr("cut: discarded from"), exactText(reasons.cutDiscarded)});
        group.facts.push_back({tr("cut: let through up to"), exactText(reasons.cutPassed)});
    }
    groups.push_back(std::move(group));
}

void addPartners(const std::vector<Partner>& partners, const QString& heading, std::vector<ReasonGroup>& groups) {
    if (partners.empty()) {
        return;
    }
    ReasonGroup group{heading, {}};
    for (std::size_t i = 0; i < std::min(kMostLines, partners.size()); ++i) {
        const Partner& partner = partners[i];
        group.facts.push_back({tr("#%1, %2%3").arg(partner.token).arg(outcomeMark(partner.kept), partner.edge ? tr(", edge") : QString()), exactText(partner.similarity)});
    }
    groups.push_back(std::move(group));
}

void addRelevance(const TokenReasons& reasons, std::vector<ReasonGroup>& groups) {
    if (reasons.hasRelevance) {
        groups.push_back({tr("Relevance (Eq. 4)"),
                          {{tr("raw (signed cosine)"), exactText(reasons.trace.relevanceRaw)},
                           {tr("of this image, least to most"), tr("%1\nto %2").arg(exactText(reasons.relevanceLow), exactText(reasons.relevanceHigh))},
                           {tr("scaled (min-max, floor, power)"), exactText(reasons.trace.relevance)}}});
    }
}

void addOrder(const TokenReasons& reasons, std::vector<ReasonGroup>& groups) {
    if (!reasons.hasOrder) {
        return;
    }
    const TokenTrace& token = reasons.trace;
    ReasonGroup group{tr("Greedy selection (QCSP, Eq. 11)"), {}};
    group.facts.push_back({tr("pick"), token.dppRank < 0 ? tr("not in %1 picks").arg(reasons.picksSeen) : QString::number(token.dppRank + 1)});
    if (token.dppRank >= 0) {
        group.facts.push_back({tr("gain at its pick (w^2 d^2)"), exactText(token.dppGain)});
    }
    group.facts.push_back({tr("weight w"), exactText(reasons.weight)});
    group.facts.push_back({tr("explained by %1 earlier picks").arg(reasons.picksSeen), percentText(reasons.explained)});
    group.facts.push_back({tr("own part left (d^2)"), exactText(reasons.remaining)});
    groups.push_back(std::move(group));
    if (!reasons.shares.empty()) {
        ReasonGroup shares{tr("Explained by (share e^2)"), {}};
        for (std::size_t i = 0; i < std::min(kMostLines, reasons.shares.size()); ++i) {
            const ExplainedShare& share = reasons.shares[i];
            shares.facts.push_back({tr("#%1, pick %2, %3").arg(share.token).arg(share.rank + 1).arg(outcomeMark(share.kept)), percentText(share.share)});
        }
        groups.push_back(std::move(shares));
    }
}

void addSurvival(std::int64_t token, const BudgetSurvival* budgets, const TauSurvival* taus, std::vector<ReasonGroup>& groups) {
    const auto at = static_cast<std::size_t>(token);
    ReasonGroup group{tr("Survival, other knobs as set"), {}};
    if (budgets != nullptr && at < budgets->entersAt.size()) {
        const std::int32_t enters = budgets->entersAt[at];
        group.facts.push_back({tr("kept from budget"), enters == BudgetSurvival::kNever ? tr("not up to %1").arg(budgets->lastBudget) : QString::number(enters)});
    }
    if (taus != nullptr && taus->usesTau && at < taus->redundant.size()) {
        QStringList ranges;
        for (const TauRange& range : taus->redundant[at]) {
            ranges << tr("%1 to %2").arg(exactText(range.from), exactText(range.to));
        }
        const qsizetype count = ranges.size();
        constexpr qsizetype kMostRanges = 3;
        if (count > kMostRanges) {
            ranges = ranges.mid(0, kMostRanges);
            ranges << tr("and %1 more").arg(count - kMostRanges);
        }
        group.facts.push_back({tr("redundant at tau"), ranges.isEmpty() ? tr("never") : ranges.join(QStringLiteral(";\n"))});
    }
    if (!group.facts.empty()) {
        groups.push_back(std::move(group));
    }
}

/// "budget >= 88", or "tau 0.62 to 0.71" where the outcome turns again before the end of the knob.
QString flipWords(const Counterfactual& flip, double now, std::int64_t tokens) {
    const bool budget = flip.knob == Knob::kBudget;
    const auto text = [budget](double value) { return budget ? QString::number(std::llround(value)) : exactText(value); };
    const QString name = budget ? tr("budget") : flip.knob == Knob::kTau ? tr("tau") : tr("p");
    constexpr double kTop = 0.99;
    constexpr double kLow = 0.005;
    const double top = budget ? static_cast<double>(tokens) : kTop;
    const double bottom = budget ? 1.0 : flip.knob == Knob::kTau ? -kTop : kLow;
    if (flip.value >= now && flip.to >= top) {
        return tr("%1 >= %2").arg(name, text(flip.value));
    }
    if (flip.value < now && flip.from <= bottom) {
        return tr("%1 <= %2").arg(name, text(flip.value));
    }
    return tr("%1 %2 to %3").arg(name, text(flip.from), text(flip.to));
}

}  // namespace

QString exactText(double value) {
    constexpr int kDigits = 6;
    return std::isfinite(value) ? QString::number(value, 'g', kDigits) : QStringLiteral("n/a");
}

std::vector<ReasonGroup> reasonGroups(const TokenReasons& reasons, const BudgetSurvival* budgets, const TauSurvival* taus) {
    std::vector<ReasonGroup> groups;
    addGraph(reasons, groups);
    addPartners(reasons.partners, tr("Nearest partners, other side (cosine)"), groups);
    addRelevance(reasons, groups);
    addOrder(reasons, groups);
    if (!reasons.hasGraph) {
        addPartners(reasons.nearest, tr("Nearest tokens (cosine)"), groups);
    }
    addSurvival(reasons.trace.index, budgets, taus, groups);
    return groups;
}

QString flipLine(const TokenReasons& reasons, const PruneOptions& options, bool askedFor) {
    if (reasons.flips.empty()) {
        return askedFor ? tr("No budget, tau or p alone would change that.") : QString();
    }
    QStringList ways;
    for (const Counterfactual& flip : reasons.flips) {
        const double now = flip.knob == Knob::kBudget ? static_cast<double>(reasons.budget) : flip.knob == Knob::kTau ? reasons.tau : options.gspRatio;
        ways << flipWords(flip, now, reasons.blockSize);
    }
    const QString joined = ways.join(tr(" or "));
    return (reasons.flips.front().keptThen ? tr("Kept if %1.") : tr("Dropped if %1.")).arg(joined);
}

}  // namespace prunescope
