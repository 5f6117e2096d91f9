// SPDX-License-Identifier: GPL-3.0-or-later

// State and overlays of a comparison.

#include "ui/viewmodel/compare_model.h"

#include "ui/viewmodel/number_text.h"
#include "ui/viewmodel/option_text.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace prunescope {

namespace {

QString words(const char* text) {
    return QCoreApplication::translate("Compare", text);
}

/// An overlay of a run without values yet.
OverlayData blankOverlay(const RunResult& result, OverlayKind kind) {
    OverlayData data = makeOverlay(result, OverlayKind::kNone, 0);
    data.kind = kind;
    return data;
}

}  // namespace

CompareModel::CompareModel(SessionModel& session, QObject* parent) : QObject(parent), m_session(session) {
    for (auto signal : {&SessionModel::decisionChanged, &SessionModel::answersChanged}) {
        connect(&m_session, signal, this, [this] {
            if (m_a) {
                Q_EMIT changed();
            }
        });
    }
}

std::shared_ptr<const PinnedRun> CompareModel::present() const {
    const auto result = m_session.decision();
    if (!result || !result->decision || m_session.decisionStale()) {
        return nullptr;
    }
    auto run = std::make_shared<PinnedRun>();
    run->result = result;
    run->analysis = m_session.analysisCurrent() ? m_session.analysis() : nullptr;
    run->label = shortLabel(result->decision->options);
    run->question = QString::fromStdString(result->request.question);
    const AnswerState& answer = m_session.prunedAnswer();
    run->answered = answer.phase == AnswerState::Phase::kDone && !answer.stale;
    run->answer = run->answered ? answer.text : QString();
    return run;
}

void CompareModel::setA(std::shared_ptr<const PinnedRun> run) {
    m_a = std::move(run);
    Q_EMIT changed();
}

void CompareModel::setView(CompareView view) {
    m_view = view;
    Q_EMIT changed();
}

void CompareModel::setQuantity(ScoreQuantity quantity) {
    m_quantity = quantity;
    Q_EMIT changed();
}

void CompareModel::setNormalisation(Normalisation normalisation) {
    m_normalisation = normalisation;
    Q_EMIT changed();
}

void CompareModel::setWipe(double share) {
    m_wipe = std::clamp(share, 0.0, 1.0);
    Q_EMIT changed();
}

void CompareModel::flicker() {
    setView(m_view == CompareView::kOnlyA ? CompareView::kOnlyB : CompareView::kOnlyA);
}

std::optional<DecisionComparison> CompareModel::comparison() const {
    const auto b = m_session.decision();
    if (!m_a || !b || !b->decision || !b->image || !m_a->result->image || b->image->input.grid.rows != m_a->result->image->input.grid.rows) {
        return std::nullopt;
    }
    auto compared = compareDecisions(*m_a->result->decision, *b->decision);
    return compared ? std::optional(std::move(*compared)) : std::nullopt;
}

OverlayData sidesOverlay(const RunResult& b, const DecisionComparison& comparison) {
    OverlayData data = blankOverlay(b, OverlayKind::kSides);
    const std::size_t offset = patchOffset(b.image->input.grid);
    for (std::size_t i = 0; i < data.values.size() && i + offset < comparison.sides.size(); ++i) {
        data.values[i] = static_cast<float>(comparison.sides[i + offset]);
    }
    data.sideCounts = {comparison.neither, comparison.onlyA, comparison.onlyB, comparison.both};
    data.label = words("Kept by A and by B (now)");
    data.normalisation = words("IoU %1: both / (only A + both + only B)").arg(QString::number(comparison.iou, 'f', 3));
    return data;
}

OverlayData differenceOverlay(const RunResult& a, const RunResult& b, ScoreQuantity quantity, Normalisation normalisation) {
    OverlayData data = blankOverlay(b, OverlayKind::kDifference);
    data.label = words("%1: B - A").arg(titleOf(quantity));
    const auto difference = compareScores(scoresOf(*a.decision, quantity), scoresOf(*b.decision, quantity), normalisation);
    if (!difference || difference->common == 0) {
        data.values.clear();
        data.normalisation = words("one of the methods does not compute it");
        return data;
    }
    const std::size_t offset = patchOffset(b.image->input.grid);
    for (std::size_t i = 0; i < data.values.size(); ++i) {
        data.values[i] = i + offset < difference->difference.size() ? difference->difference[i + offset] : std::numeric_limits<float>::quiet_NaN();
    }
    const double end = difference->largest > 0 ? static_cast<double>(difference->largest) : 1.0;
    data.low = -end;
    data.high = end;
    data.lowWords = words("more in A");
    data.highWords = words("more in B");
    const QString rho = difference->rankCorrelation ? words("; Spearman's rho %1").arg(QString::number(*difference->rankCorrelation, 'f', 3)) : QString();
    data.normalisation = words("%1, centred at 0%2").arg(titleOf(normalisation), rho);
    return data;
}

std::pair<OverlayData, OverlayData> sharedOverlays(const PinnedRun& a, const RunResult& b, const DecisionAnalysis* analysisOfB, OverlayKind kind, double threshold) {
    OverlayData left = makeOverlay(*a.result, kind, threshold, std::nullopt, a.analysis.get());
    OverlayData right = makeOverlay(b, kind, threshold, std::nullopt, analysisOfB);
    if (kind == OverlayKind::kGspScore && left.hasHeat() && right.hasHeat()) {
        const std::pair<double, double> range{std::min(left.low, right.low), std::max(left.high, right.high)};
        left = makeOverlay(*a.result, kind, threshold, range, a.analysis.get());
        right = makeOverlay(b, kind, threshold, range, analysisOfB);
        left.normalisation = right.normalisation = words("one range for A and B, not normalised");
    }
    if (kind == OverlayKind::kGreedyOrder && left.hasHeat() && right.hasHeat()) {
        left.low = right.low = std::max(left.low, right.low);
    }
    return {std::move(left), std::move(right)};
}

QString titleOf(ScoreQuantity quantity) {
    switch (quantity) {
    case ScoreQuantity::kRelevance: return words("Relevance, scaled");
    case ScoreQuantity::kRelevanceRaw: return words("Relevance, cosine");
    case ScoreQuantity::kGspScore: return words("GSP score");
    case ScoreQuantity::kMeanSimilarity: return words("Mean similarity");
    case ScoreQuantity::kDegree: return words("Edges at tau");
    case ScoreQuantity::kDppGain: return words("Gain at pick");
    }
    return {};
}

QString titleOf(Normalisation normalisation) {
    switch (normalisation) {
    case Normalisation::kRaw: return words("as they are");
    case Normalisation::kMinMax: return words("each min-max");
    case Normalisation::kRank: return words("ranks 0 to 1");
    }
    return {};
}

}  // namespace prunescope
