// SPDX-License-Identifier: GPL-3.0-or-later

// State and overlays of a comparison.

#include "ui/viewmodel/compare_model.h"

#include "ui/viewmodel/number_text.h"
#include "ui/viewmodel/option_text.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace prunescope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Compare", text);
}

constexpr std::array<std::pair<CompareView, const char*>, 5> kViewWords{{{CompareView::kSides, "sides"}, {CompareView::kDifference, "difference"}, {CompareView::kWipe, "wipe"},
                                                                         {CompareView::kOnlyA, "a"}, {CompareView::kOnlyB, "b"}}};
constexpr std::array<std::pair<ScoreQuantity, const char*>, 6> kQuantityWords{{{ScoreQuantity::kRelevance, "relevance"}, {ScoreQuantity::kRelevanceRaw, "cosine"},
                                                                               {ScoreQuantity::kGspScore, "gsp"}, {ScoreQuantity::kMeanSimilarity, "similarity"},
                                                                               {ScoreQuantity::kDegree, "degree"}, {ScoreQuantity::kDppGain, "gain"}}};
constexpr std::array<std::pair<Normalisation, const char*>, 3> kScaleWords{{{Normalisation::kRaw, "raw"}, {Normalisation::kMinMax, "min-max"}, {Normalisation::kRank, "rank"}}};

template <typename Words, typename Value>
QString wordOf(const Words& words, Value value) {
    for (const auto& [known, word] : words) {
        if (known == value) {
            return QLatin1String(word);
        }
    }
    return {};
}

template <typename Words, typename Value>
Value valueOf(const Words& words, const QJsonValue& json, Value otherwise) {
    for (const auto& [known, word] : words) {
        if (json.toString() == QLatin1String(word)) {
            return known;
        }
    }
    return otherwise;
}

/// What says again which state was pinned.
QJsonObject pinnedJson(const PinnedRun& run) {
    QJsonObject object{{QStringLiteral("options"), jsonFromOptions(run.result->request.prune)}, {QStringLiteral("question"), run.question}};
    if (run.answered) {
        object.insert(QStringLiteral("answer"), run.answer);
    }
    return object;
}

}  // namespace

CompareModel::CompareModel(SessionModel& session, QObject* parent) : QObject(parent), m_session(session) {
    for (auto signal : {&SessionModel::decisionChanged, &SessionModel::answersChanged}) {
        connect(&m_session, signal, this, [this] {
            fetch();
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
    m_wanted = {};
    constexpr std::size_t kKnown = 32;
    if (m_a && std::find(m_known.begin(), m_known.end(), m_a) == m_known.end()) {
        m_known.push_back(m_a);
        if (m_known.size() > kKnown) {
            m_known.erase(m_known.begin());
        }
    }
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

QJsonObject CompareModel::json() const {
    QJsonObject object{{QStringLiteral("view"), wordOf(kViewWords, m_view)}, {QStringLiteral("quantity"), wordOf(kQuantityWords, m_quantity)},
                       {QStringLiteral("scale"), wordOf(kScaleWords, m_normalisation)}, {QStringLiteral("wipe"), m_wipe}};
    if (m_a || !m_wanted.isEmpty()) {
        object.insert(QStringLiteral("a"), m_a ? pinnedJson(*m_a) : m_wanted);
    }
    return object;
}

void CompareModel::restore(const QJsonObject& json) {
    m_view = valueOf(kViewWords, json.value(QStringLiteral("view")), CompareView::kSides);
    m_quantity = valueOf(kQuantityWords, json.value(QStringLiteral("quantity")), ScoreQuantity::kRelevance);
    m_normalisation = valueOf(kScaleWords, json.value(QStringLiteral("scale")), Normalisation::kRaw);
    constexpr double kMiddle = 0.5;
    m_wipe = std::clamp(json.value(QStringLiteral("wipe")).toDouble(kMiddle), 0.0, 1.0);
    const QJsonObject a = json.value(QStringLiteral("a")).toObject();
    m_wanted = {};
    m_wantedImage.clear();
    if (a.isEmpty()) {
        m_a = nullptr;
    } else if (!m_a || pinnedJson(*m_a) != a) {
        const std::string image = m_session.imagePath().toStdString();
        const auto known = std::find_if(m_known.rbegin(), m_known.rend(), [&](const auto& run) { return run->result->request.imagePath.string() == image && pinnedJson(*run) == a; });
        m_a = known != m_known.rend() ? *known : nullptr;
        m_wanted = m_a ? QJsonObject() : a;
    }
    fetch();
    Q_EMIT changed();
}

/// Has the decision of a wanted A made, once its image is there.
void CompareModel::fetch() {
    if (m_wanted.isEmpty() || !m_session.decision() || !m_session.pendingImagePath().isEmpty() || m_wantedImage == m_session.imagePath()) {
        return;
    }
    m_wantedImage = m_session.imagePath();
    const QJsonObject wanted = m_wanted;
    m_session.decideBeside(wanted.value(QStringLiteral("question")).toString(), optionsFromJson(wanted.value(QStringLiteral("options")).toObject()),
                           [this, wanted](const std::shared_ptr<const RunResult>& result) {
                               if (m_wanted != wanted || !result->decision) {
                                   return;
                               }
                               auto run = std::make_shared<PinnedRun>();
                               run->result = result;
                               run->label = shortLabel(result->decision->options);
                               run->question = wanted.value(QStringLiteral("question")).toString();
                               run->answer = wanted.value(QStringLiteral("answer")).toString();
                               run->answered = wanted.contains(QStringLiteral("answer"));
                               setA(std::move(run));
                           });
}

OverlayData sidesOverlay(const RunResult& b, const DecisionComparison& comparison) {
    OverlayData data = blankOverlay(b, OverlayKind::kSides);
    std::vector<float> sides;
    for (const auto side : comparison.sides) {
        sides.push_back(static_cast<float>(side));
    }
    placeTokens(data, b, sides);
    data.sideCounts = {comparison.neither, comparison.onlyA, comparison.onlyB, comparison.both};
    data.label = tr("Kept by A and by B (now)");
    data.normalisation = tr("IoU %1: both / (only A + both + only B)").arg(QString::number(comparison.iou, 'f', 3));
    return data;
}

OverlayData differenceOverlay(const RunResult& a, const RunResult& b, ScoreQuantity quantity, Normalisation normalisation) {
    OverlayData data = blankOverlay(b, OverlayKind::kDifference);
    data.label = tr("%1: B - A").arg(titleOf(quantity));
    const auto difference = compareScores(scoresOf(*a.decision, quantity), scoresOf(*b.decision, quantity), normalisation);
    if (!difference || difference->common == 0) {
        data.normalisation = tr("one of the methods does not compute it");
        return data;
    }
    placeTokens(data, b, difference->difference);
    const double end = difference->largest > 0 ? static_cast<double>(difference->largest) : 1.0;
    data.low = -end;
    data.high = end;
    data.lowWords = tr("more in A");
    data.highWords = tr("more in B");
    const QString rho = difference->rankCorrelation ? tr("; Spearman's rho %1").arg(QString::number(*difference->rankCorrelation, 'f', 3)) : QString();
    data.normalisation = tr("%1, centred at 0%2").arg(titleOf(normalisation), rho);
    return data;
}

std::pair<OverlayData, OverlayData> sharedOverlays(const PinnedRun& a, const RunResult& b, const DecisionAnalysis* analysisOfB, OverlayKind kind, double threshold) {
    OverlayData left = makeOverlay(*a.result, kind, threshold, std::nullopt, a.analysis.get());
    OverlayData right = makeOverlay(b, kind, threshold, std::nullopt, analysisOfB);
    if (kind == OverlayKind::kGspScore && left.hasHeat() && right.hasHeat()) {
        const std::pair<double, double> range{std::min(left.low, right.low), std::max(left.high, right.high)};
        left = makeOverlay(*a.result, kind, threshold, range, a.analysis.get());
        right = makeOverlay(b, kind, threshold, range, analysisOfB);
        left.normalisation = right.normalisation = tr("one range for A and B, not normalised");
    }
    if (kind == OverlayKind::kGreedyOrder && left.hasHeat() && right.hasHeat()) {
        left.low = right.low = std::max(left.low, right.low);
    }
    return {std::move(left), std::move(right)};
}

QString titleOf(ScoreQuantity quantity) {
    switch (quantity) {
    case ScoreQuantity::kRelevance: return tr("Relevance, scaled");
    case ScoreQuantity::kRelevanceRaw: return tr("Relevance, cosine");
    case ScoreQuantity::kGspScore: return tr("GSP score");
    case ScoreQuantity::kMeanSimilarity: return tr("Mean similarity");
    case ScoreQuantity::kDegree: return tr("Edges at tau");
    case ScoreQuantity::kDppGain: return tr("Gain at pick");
    }
    return {};
}

QString titleOf(Normalisation normalisation) {
    switch (normalisation) {
    case Normalisation::kRaw: return tr("as they are");
    case Normalisation::kMinMax: return tr("each min-max");
    case Normalisation::kRank: return tr("ranks 0 to 1");
    }
    return {};
}

}  // namespace prunescope
