// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Two answers word by word: which words the other one does not have at that place (longest common subsequence of words).

#include <QString>

#include <utility>
#include <vector>

namespace prunescope {

struct DiffWord {
    QString text;
    bool differs = false;
};

/// Words of both texts in order. Compared without case and surrounding punctuation; shown as they are.
[[nodiscard]] std::pair<std::vector<DiffWord>, std::vector<DiffWord>> diffWords(const QString& a, const QString& b);
/// As rich text; words that differ are bold and underlined (never by colour alone).
[[nodiscard]] QString diffHtml(const std::vector<DiffWord>& words);

}  // namespace prunescope
