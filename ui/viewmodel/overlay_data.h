// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What an overlay shows, as plain numbers on the token grid: values, range, the quantity's name and its normalisation. Five quantities that
// must never be confused (reference/ux.md 6.2): relevance, Eq. 9 redundancy score, local redundancy, greedy order, retained tokens.

#include "core/run/pipeline.h"
#include "ui/viewmodel/decision_analysis.h"

#include <QString>

#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace prunescope {

enum class OverlayKind { kRetained, kRelevance, kGspScore, kLocalRedundancy, kGreedyOrder, kNone, kSurvival, kTauSurvival, kSides, kDifference, kWord, kQuestions };
/// Those of the menu; kSides and kDifference belong to a comparison (compare_model.h), kWord and kQuestions are made by lens_model.h.
inline constexpr std::array<OverlayKind, 10> kOverlayKinds{OverlayKind::kRetained,    OverlayKind::kRelevance, OverlayKind::kGspScore, OverlayKind::kLocalRedundancy,
                                                          OverlayKind::kGreedyOrder, OverlayKind::kNone,      OverlayKind::kSurvival, OverlayKind::kTauSurvival,
                                                           OverlayKind::kWord,        OverlayKind::kQuestions};
/// Budgets of the contours of a survival map.
inline constexpr std::array<int, 5> kSurvivalContours{16, 32, 64, 128, 192};

/// Menu name, e.g. "Retained tokens"; and the word for the command line, e.g. "retained".
[[nodiscard]] QString titleOf(OverlayKind kind);
[[nodiscard]] QString wordOf(OverlayKind kind);
[[nodiscard]] std::optional<OverlayKind> overlayFromWord(const QString& word);

/// The five thresholds of the strip of masks (paper Fig. 9).
inline constexpr std::array<double, 5> kMaskThresholds{0.1, 0.3, 0.5, 0.7, 0.9};

struct OverlayData {
    OverlayKind kind = OverlayKind::kNone;
    int rows = 0, cols = 0;
    std::vector<float> values;            ///< [rows * cols], row-major; NaN where the quantity does not exist
    std::vector<std::uint8_t> kept;       ///< [rows * cols]
    std::vector<std::uint8_t> marked;     ///< local redundancy only: 1 = at or over the threshold
    double low = 0, high = 1;             ///< values at the two ends of the colour bar (low may be the larger number)
    QString label;                        ///< quantity, for the colour bar
    QString normalisation;                ///< how the range was chosen
    QString lowWords, highWords;          ///< what the ends mean
    std::optional<double> threshold;      ///< drawn as a tick on the bar
    bool logarithmic = false;             ///< positions on the bar go by the logarithm (values, low and high are over 0 then)
    std::vector<double> contours;         ///< lines between cells at most this and cells over it, with the number beside them
    std::vector<std::uint8_t> forced;     ///< [rows * cols] 1: kept by hand, 2: dropped by hand; empty: none
    std::size_t keptCount = 0, markedCount = 0;
    std::array<std::int64_t, 4> sideCounts{};   ///< kSides only: neither, only A, only B, both

    [[nodiscard]] bool hasHeat() const { return kind != OverlayKind::kNone && kind != OverlayKind::kRetained && !values.empty(); }
    /// Position of cell `i` on the colour bar in [0, 1]; NaN where there is no value.
    [[nodiscard]] double position(std::size_t i) const;
};

/// Builds the overlay of a result with a decision. `threshold` is the one of the local redundancy mask; `lockedRange` keeps the ends of the
/// bar while a slider is held. The survival maps need an analysis; without one they have no values.
[[nodiscard]] OverlayData makeOverlay(const RunResult& result, OverlayKind kind, double threshold,
                                      std::optional<std::pair<double, double>> lockedRange = std::nullopt, const DecisionAnalysis* analysis = nullptr);
/// The overlay of a result without values: its grid, what is kept and forced.
[[nodiscard]] OverlayData blankOverlay(const RunResult& result, OverlayKind kind);
/// One value a token onto the cells; NaN where there is no token.
void placeTokens(OverlayData& data, const RunResult& result, const std::vector<float>& tokens);
/// Range of the finite values; {0, 1} when there are none, a little around them when all are equal.
[[nodiscard]] std::pair<double, double> finiteRange(const std::vector<float>& values);
/// Index of the first token that has a place: 1 after a class token.
[[nodiscard]] std::size_t patchOffset(const GridMap& grid);

/// Mask of the local redundancy at `tau` on the grid, and the share of patches that it marks.
struct RedundancyMask {
    double tau = 0;
    std::vector<std::uint8_t> marked;   ///< [rows * cols]
    double share = 0;
};
[[nodiscard]] RedundancyMask makeMask(const ImageContext& image, double tau);

/// Trace of the token at a grid cell, or nullptr outside.
[[nodiscard]] const TokenTrace* traceAt(const RunResult& result, int row, int col);
/// Local redundancy of the token at a grid cell; NaN when it is not known.
[[nodiscard]] double localRedundancyAt(const ImageContext& image, int row, int col);

}  // namespace prunescope
