// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// How long something still takes, judged by how far it came: for the status bar.

#include <QCoreApplication>
#include <QString>

#include <cmath>
#include <cstdint>

namespace prunescope {

/// "about 3 s left" after `elapsedMs` with `share` in [0, 1] done; empty in the first second, before a twentieth is done, and at the end.
[[nodiscard]] inline QString timeLeftText(std::int64_t elapsedMs, double share) {
    constexpr std::int64_t kSoonMs = 1000;
    constexpr double kLeastShare = 0.05;
    if (elapsedMs < kSoonMs || !(share >= kLeastShare) || share >= 1) {
        return {};
    }
    const double seconds = std::ceil(static_cast<double>(elapsedMs) * (1 - share) / share / 1000);
    constexpr double kMinute = 60;
    return seconds <= kMinute ? QCoreApplication::translate("prunescope", "about %1 s left").arg(seconds)
                              : QCoreApplication::translate("prunescope", "about %1 min left").arg(std::ceil(seconds / kMinute));
}

}  // namespace prunescope
