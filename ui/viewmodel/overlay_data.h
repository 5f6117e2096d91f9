// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What an overlay shows, as plain numbers on the token grid: values, range, the quantity's name and its normalisation. Five quantities that
// must never be confused (reference/ux.md 6.2): relevance, Eq. 9 redundancy score, local redundancy, greedy order, retained tokens.

#include "core/run/pipeline.h"

#include <QString>

#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace prunescope {

enum class OverlayKind { kRetained, kRelevance, kGspScore, kLocalRedundancy, kGreedyOrder, kNone };
inline constexpr std::array<OverlayKind, 6> kOverlayKinds{OverlayKind::kRetained,        OverlayKind::kRelevance,   OverlayKind::kGspScore,
                                                          OverlayKind::kLocalRedundancy, OverlayKind::kGreedyOrder, OverlayKind::kNone};

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
    std::size_t keptCount = 0, markedCount = 0;

    [[nodiscard]] bool hasHeat() const { return kind != OverlayKind::kNone && kind != OverlayKind::kRetained && !values.empty(); }
    /// Position of cell `i` on the colour bar in [0, 1]; NaN where there is no value.
    [[nodiscard]] double position(std::size_t i) const;
};

/// Builds the overlay of a result with a decision. `threshold` is the one of the local redundancy mask; `lockedRange` keeps the ends of the
/// bar while a slider is held.
[[nodiscard]] OverlayData makeOverlay(const RunResult& result, OverlayKind kind, double threshold,
                                      std::optional<std::pair<double, double>> lockedRange = std::nullopt);

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
