// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// How well typed letters fit a text: for the command palette.

#include <QString>

#include <optional>

namespace prunescope {

/// The letters of `typed` in their order somewhere in `text`, case and blanks ignored: a score, higher is better (starts of words and runs
/// of letters count more, long texts less); nothing when a letter is missing. Nothing typed fits everything with 0.
[[nodiscard]] std::optional<int> fuzzyScore(const QString& typed, const QString& text);

}  // namespace prunescope
