// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Numbers for people: times, bytes, counts of multiply-adds, scores. C locale everywhere, so that a picture of the window reads the same
// on every machine.

#include <QString>

#include <cstdint>

namespace prunescope {

/// "0.42 ms", "12.3 ms", "1.25 s"; "n/a" when negative or not a number.
[[nodiscard]] QString durationText(double milliseconds);
/// "812 B", "1.4 MiB".
[[nodiscard]] QString bytesText(std::int64_t bytes);
/// "1.53 G", "20.8 T" (decimal prefixes).
[[nodiscard]] QString countText(std::int64_t count);
/// Three significant digits, fixed where that reads better; "n/a" for NaN.
[[nodiscard]] QString scoreText(double value);
/// "11.1 %".
[[nodiscard]] QString percentText(double share);

}  // namespace prunescope
