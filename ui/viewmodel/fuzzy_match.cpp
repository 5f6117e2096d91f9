// SPDX-License-Identifier: GPL-3.0-or-later

// Best placement of the letters by dynamic programming: texts are short.

#include "ui/viewmodel/fuzzy_match.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace prunescope {

std::optional<int> fuzzyScore(const QString& typed, const QString& text) {
    QString letters = typed.toCaseFolded();
    letters.removeIf([](QChar c) { return c.isSpace(); });
    const QString folded = text.toCaseFolded();
    if (letters.isEmpty()) {
        return 0;
    }
    constexpr int kNone = std::numeric_limits<int>::min() / 2;
    constexpr int kHit = 10;
    constexpr int kWordStart = 12;
    constexpr int kRun = 15;
    // best[j]: best score with the present letter at j; any[j]: best with it at or before j
    std::vector<int> best(static_cast<std::size_t>(folded.size()), kNone);
    std::vector<int> any(best);
    for (int i = 0; i < letters.size(); ++i) {
        std::vector<int> now(best.size(), kNone);
        for (std::size_t j = 0; j < now.size(); ++j) {
            const auto at = static_cast<int>(j);
            if (folded[at] != letters[i]) {
                continue;
            }
            const int start = at == 0 || !folded[at - 1].isLetterOrNumber() ? kWordStart : 0;
            const int apart = i == 0 ? 0 : (j > 0 ? any[j - 1] : kNone);
            const int run = i > 0 && j > 0 && best[j - 1] > kNone ? best[j - 1] + kRun : kNone;
            const int before = std::max(apart, run);
            now[j] = before <= kNone ? kNone : before + kHit + start;
        }
        best = now;
        int most = kNone;
        for (std::size_t j = 0; j < now.size(); ++j) {
            most = std::max(most, now[j]);
            any[j] = most;
        }
    }
    if (any.empty() || any.back() <= kNone) {
        return std::nullopt;
    }
    return any.back() - static_cast<int>(folded.size()) / 4;
}

}  // namespace prunescope
