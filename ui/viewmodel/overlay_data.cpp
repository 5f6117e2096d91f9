// SPDX-License-Identifier: GPL-3.0-or-later

// From token traces to grid values.

#include "ui/viewmodel/overlay_data.h"

#include "ui/viewmodel/number_text.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunescope {

namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

QString tr(const char* text) {
    return QCoreApplication::translate("Overlay", text);
}

void fillRelevance(OverlayData& data, const PruneDecision& decision) {
    std::vector<float> raw;
    for (const TokenTrace& token : decision.tokens) {
        raw.push_back(token.relevanceRaw);
    }
    const auto [low, high] = finiteRange(raw);
    data.low = 0;
    data.high = 1;
    data.label = tr("Relevance r (Eq. 4)");
    data.normalisation = tr("min-max per image; cosine %1 … %2").arg(low, 0, 'f', 2).arg(high, 0, 'f', 2);
    data.lowWords = tr("less relevant");
    data.highWords = tr("more relevant");
}

void fillGsp(OverlayData& data, std::optional<std::pair<double, double>> locked) {
    const auto range = locked.value_or(finiteRange(data.values));
    data.low = range.first;
    data.high = range.second;
    data.label = tr("GSP redundancy score (Eq. 9)");
    data.normalisation = locked ? tr("range held while the slider moves") : tr("range of this image, not normalised");
    data.lowWords = tr("less redundant");
    data.highWords = tr("more redundant, dropped first");
}

void fillLocal(OverlayData& data, double threshold) {
    data.low = std::min(0.0, finiteRange(data.values).first);
    data.high = 1;
    data.threshold = threshold;
    data.label = tr("Local redundancy (8 neighbours)");
    data.normalisation = tr("mean cosine; hatched: at or over tau");
    data.lowWords = tr("differs from its neighbours");
    data.highWords = tr("like its neighbours");
    data.marked.assign(data.values.size(), 0);
    for (std::size_t i = 0; i < data.values.size(); ++i) {
        if (data.values[i] >= static_cast<float>(threshold)) {
            data.marked[i] = 1;
            ++data.markedCount;
        }
    }
}

void fillOrder(OverlayData& data, const PruneDecision& decision) {
    data.low = std::max<double>(2.0, static_cast<double>(decision.order.size()));
    data.high = 1;
    data.label = tr("Greedy order of QCSP (Eq. 11)");
    data.normalisation = tr("pick number, 1 = first; grey: never picked");
    data.lowWords = tr("picked late");
    data.highWords = tr("picked first");
}

float valueOf(const TokenTrace& token, OverlayKind kind) {
    switch (kind) {
    case OverlayKind::kRelevance: return token.relevance;
    case OverlayKind::kGspScore: return token.gspRank < 0 ? kNoValue : token.gspScore;
    case OverlayKind::kGreedyOrder: return token.dppRank < 0 ? kNoValue : static_cast<float>(token.dppRank + 1);
    case OverlayKind::kRetained: return token.kept ? 1.0F : 0.0F;
    case OverlayKind::kLocalRedundancy:
    case OverlayKind::kSurvival:
    case OverlayKind::kTauSurvival:
    case OverlayKind::kSides:
    case OverlayKind::kDifference:
    case OverlayKind::kWord:
    case OverlayKind::kQuestions:
    case OverlayKind::kNone: return kNoValue;
    }
    return kNoValue;
}

void fillSurvival(OverlayData& data, std::size_t offset, const DecisionAnalysis& analysis) {
    const BudgetSurvival& survival = *analysis.budgets;
    for (std::size_t i = 0; i < data.values.size() && i + offset < survival.entersAt.size(); ++i) {
        const std::int32_t budget = survival.entersAt[i + offset];
        data.values[i] = budget == BudgetSurvival::kNever ? kNoValue : static_cast<float>(budget);
    }
    const bool all = survival.lastBudget >= survival.n;
    data.low = std::max(2.0, static_cast<double>(all ? survival.n : survival.lastBudget));
    data.high = 1;
    data.logarithmic = true;
    for (const int budget : kSurvivalContours) {
        if (budget < survival.lastBudget) {
            data.contours.push_back(budget);
        }
    }
    data.label = tr("Survival: smallest budget that keeps the token");
    data.normalisation = !survival.nested ? tr("log scale; may drop out again") : all ? tr("log scale; grey: never") : tr("log scale; grey: not up to %1").arg(survival.lastBudget);
    data.lowWords = tr("enters late");
    data.highWords = tr("enters first");
}

void fillTaus(OverlayData& data, std::size_t offset, const TauSurvival& survival) {
    for (std::size_t i = 0; i < data.values.size() && i + offset < survival.redundant.size(); ++i) {
        double share = 0;
        for (const TauRange& range : survival.redundant[i + offset]) {
            share += std::max(0.0, std::min(1.0, range.to) - std::max(0.0, range.from));
        }
        data.values[i] = static_cast<float>(share);
    }
    data.low = 0;
    data.high = 1;
    data.label = tr("Redundant over tau (GSP)");
    data.normalisation = tr("share of tau in [0, 1] at which GSP discards it");
    data.lowWords = tr("never redundant");
    data.highWords = tr("at every tau");
}

void fillForced(OverlayData& data, std::size_t offset, const PruneOptions& options) {
    if (!options.anyForced()) {
        return;
    }
    data.forced.assign(data.kept.size(), 0);
    for (const auto& [list, mark] : {std::pair<const std::vector<std::int64_t>*, std::uint8_t>{&options.forceKeep, std::uint8_t{1}}, {&options.forceDrop, std::uint8_t{2}}}) {
        for (const std::int64_t token : *list) {
            const auto cell = static_cast<std::size_t>(token) - offset;
            if (cell < data.forced.size()) {
                data.forced[cell] = mark;
            }
        }
    }
}

/// What stands in the legend in place of a bar when the quantity is not there.
QString missingWords(OverlayKind kind, const PruneDecision& decision, const DecisionAnalysis* analysis) {
    const bool survival = kind == OverlayKind::kSurvival || kind == OverlayKind::kTauSurvival;
    const bool waiting = survival && (analysis == nullptr || (kind == OverlayKind::kSurvival ? !analysis->budgets : !analysis->taus));
    return waiting ? tr("being worked out") : tr("method %1 does not compute it").arg(QString::fromStdString(decision.options.method));
}

}  // namespace

std::size_t patchOffset(const GridMap& grid) {
    return grid.hasClassToken ? 1 : 0;
}

/// Range of the finite values; {0, 1} when there are none or all are equal to 0.
OverlayData blankOverlay(const RunResult& result, OverlayKind kind) {
    OverlayData data = makeOverlay(result, OverlayKind::kNone, 0);
    data.kind = kind;
    data.values.clear();
    return data;
}

void placeTokens(OverlayData& data, const RunResult& result, const std::vector<float>& tokens) {
    const std::size_t offset = patchOffset(result.image->input.grid);
    data.values.assign(data.kept.size(), std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < data.values.size() && i + offset < tokens.size(); ++i) {
        data.values[i] = tokens[i + offset];
    }
}

std::pair<double, double> finiteRange(const std::vector<float>& values) {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const float value : values) {
        if (std::isfinite(value)) {
            low = std::min(low, static_cast<double>(value));
            high = std::max(high, static_cast<double>(value));
        }
    }
    if (!(low <= high)) {
        return {0.0, 1.0};
    }
    if (low == high) {
        return {low - 0.5, high + 0.5};
    }
    return {low, high};
}

QString titleOf(OverlayKind kind) {
    switch (kind) {
    case OverlayKind::kRetained: return tr("Retained tokens");
    case OverlayKind::kRelevance: return tr("Relevance");
    case OverlayKind::kGspScore: return tr("GSP redundancy");
    case OverlayKind::kLocalRedundancy: return tr("Local redundancy");
    case OverlayKind::kGreedyOrder: return tr("Greedy order");
    case OverlayKind::kNone: return tr("Picture only");
    case OverlayKind::kSurvival: return tr("Survival (budget)");
    case OverlayKind::kTauSurvival: return tr("Survival (tau)");
    case OverlayKind::kSides: return tr("A against B");
    case OverlayKind::kDifference: return tr("Difference B - A");
    case OverlayKind::kWord: return tr("Word relevance");
    case OverlayKind::kQuestions: return tr("Two questions");
    }
    return {};
}

QString wordOf(OverlayKind kind) {
    switch (kind) {
    case OverlayKind::kRetained: return QStringLiteral("retained");
    case OverlayKind::kRelevance: return QStringLiteral("relevance");
    case OverlayKind::kGspScore: return QStringLiteral("gsp");
    case OverlayKind::kLocalRedundancy: return QStringLiteral("local");
    case OverlayKind::kGreedyOrder: return QStringLiteral("order");
    case OverlayKind::kNone: return QStringLiteral("none");
    case OverlayKind::kSurvival: return QStringLiteral("survival");
    case OverlayKind::kTauSurvival: return QStringLiteral("survival-tau");
    case OverlayKind::kSides: return QStringLiteral("sides");
    case OverlayKind::kDifference: return QStringLiteral("difference");
    case OverlayKind::kWord: return QStringLiteral("word");
    case OverlayKind::kQuestions: return QStringLiteral("questions");
    }
    return {};
}

std::optional<OverlayKind> overlayFromWord(const QString& word) {
    for (const OverlayKind kind : kOverlayKinds) {
        if (wordOf(kind) == word) {
            return kind;
        }
    }
    return std::nullopt;
}

double OverlayData::position(std::size_t i) const {
    const double value = i < values.size() ? static_cast<double>(values[i]) : std::numeric_limits<double>::quiet_NaN();
    return logarithmic ? (std::log(value) - std::log(low)) / (std::log(high) - std::log(low)) : (value - low) / (high - low);
}

OverlayData makeOverlay(const RunResult& result, OverlayKind kind, double threshold, std::optional<std::pair<double, double>> lockedRange,
                        const DecisionAnalysis* analysis) {
    OverlayData data;
    data.kind = kind;
    if (!result.image || !result.decision) {
        return data;
    }
    const GridMap& grid = result.image->input.grid;
    const PruneDecision& decision = *result.decision;
    data.rows = grid.rows;
    data.cols = grid.cols;
    const auto cells = static_cast<std::size_t>(std::max(0, grid.rows * grid.cols));
    data.values.assign(cells, kNoValue);
    data.kept.assign(cells, 0);
    const std::size_t offset = patchOffset(grid);
    for (std::size_t i = 0; i < cells && i + offset < decision.tokens.size(); ++i) {
        const TokenTrace& token = decision.tokens[i + offset];
        data.values[i] = valueOf(token, kind);
        data.kept[i] = token.kept ? 1 : 0;
        data.keptCount += data.kept[i];
    }
    switch (kind) {
    case OverlayKind::kRelevance: fillRelevance(data, decision); break;
    case OverlayKind::kGspScore: fillGsp(data, lockedRange); break;
    case OverlayKind::kLocalRedundancy:
        for (std::size_t i = 0; i < cells; ++i) {
            data.values[i] = static_cast<float>(localRedundancyAt(*result.image, static_cast<int>(i) / grid.cols, static_cast<int>(i) % grid.cols));
        }
        fillLocal(data, threshold);
        break;
    case OverlayKind::kGreedyOrder: fillOrder(data, decision); break;
    case OverlayKind::kRetained:
        data.label = tr("Retained tokens");
        data.normalisation = tr("outlined: kept; grey and dim: dropped");
        if (const std::size_t forced = decision.options.forceKeep.size() + decision.options.forceDrop.size(); forced > 0) {
            data.normalisation = tr("outlined: kept; dim: dropped; tick or cross: by hand, %1").arg(forced);
        }
        break;
    case OverlayKind::kSurvival:
        data.label = tr("Survival: smallest budget that keeps the token");
        if (analysis != nullptr && analysis->budgets) {
            fillSurvival(data, offset, *analysis);
        }
        break;
    case OverlayKind::kTauSurvival:
        data.label = tr("Redundant over tau (GSP)");
        if (analysis != nullptr && analysis->taus && analysis->taus->usesTau) {
            fillTaus(data, offset, *analysis->taus);
        }
        break;
    case OverlayKind::kSides:
    case OverlayKind::kDifference:
    case OverlayKind::kWord:
    case OverlayKind::kQuestions:
    case OverlayKind::kNone: break;
    }
    fillForced(data, offset, decision.options);
    const bool known = std::any_of(data.values.begin(), data.values.end(), [](float value) { return std::isfinite(value); });
    if (!known && kind != OverlayKind::kNone) {   // no bar of made-up numbers
        data.values.clear();
        data.normalisation = missingWords(kind, decision, analysis);
    }
    return data;
}

RedundancyMask makeMask(const ImageContext& image, double tau) {
    RedundancyMask mask;
    mask.tau = tau;
    const GridMap& grid = image.input.grid;
    const auto cells = static_cast<std::size_t>(std::max(0, grid.rows * grid.cols));
    mask.marked.assign(cells, 0);
    std::size_t count = 0;
    for (std::size_t i = 0; i < cells; ++i) {
        const double value = localRedundancyAt(image, static_cast<int>(i) / grid.cols, static_cast<int>(i) % grid.cols);
        mask.marked[i] = static_cast<float>(value) >= static_cast<float>(tau) ? 1 : 0;
        count += mask.marked[i];
    }
    mask.share = cells == 0 ? 0.0 : static_cast<double>(count) / static_cast<double>(cells);
    return mask;
}

const TokenTrace* traceAt(const RunResult& result, int row, int col) {
    if (!result.image || !result.decision) {
        return nullptr;
    }
    const GridMap& grid = result.image->input.grid;
    if (row < 0 || col < 0 || row >= grid.rows || col >= grid.cols) {
        return nullptr;
    }
    const std::size_t index = static_cast<std::size_t>(row * grid.cols + col) + patchOffset(grid);
    return index < result.decision->tokens.size() ? &result.decision->tokens[index] : nullptr;
}

double localRedundancyAt(const ImageContext& image, int row, int col) {
    const GridMap& grid = image.input.grid;
    const auto cells = static_cast<std::size_t>(std::max(0, grid.rows * grid.cols));
    const auto cell = static_cast<std::size_t>(row * grid.cols + col);
    // "patches only": one value per cell; a class token, where the list has one, stands in front
    const std::size_t offset = image.localRedundancy.size() > cells ? patchOffset(grid) : 0;
    return cell < cells && cell + offset < image.localRedundancy.size() ? static_cast<double>(image.localRedundancy[cell + offset])
                                                                        : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace prunescope
