// SPDX-License-Identifier: GPL-3.0-or-later

// Longest common subsequence of two word lists.

#include "ui/viewmodel/word_diff.h"

#include <QRegularExpression>
#include <QStringList>

#include <algorithm>

namespace prunescope {

namespace {

QString keyOf(const QString& word) {
    static const QRegularExpression kEdges(QStringLiteral("^\\W+|\\W+$"), QRegularExpression::UseUnicodePropertiesOption);
    QString key = word.toCaseFolded();
    key.remove(kEdges);
    return key.isEmpty() ? word : key;
}

std::vector<DiffWord> wordsOf(const QString& text) {
    std::vector<DiffWord> words;
    for (const QString& word : text.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        words.push_back({word, true});
    }
    return words;
}

}  // namespace

std::pair<std::vector<DiffWord>, std::vector<DiffWord>> diffWords(const QString& a, const QString& b) {
    std::vector<DiffWord> left = wordsOf(a);
    std::vector<DiffWord> right = wordsOf(b);
    constexpr std::size_t kMost = 2000;   // answers are short; the table is quadratic
    left.resize(std::min(left.size(), kMost));
    right.resize(std::min(right.size(), kMost));
    const std::size_t width = right.size() + 1;
    std::vector<int> length((left.size() + 1) * width, 0);
    for (std::size_t i = left.size(); i-- > 0;) {
        for (std::size_t j = right.size(); j-- > 0;) {
            length[i * width + j] = keyOf(left[i].text) == keyOf(right[j].text) ? length[(i + 1) * width + j + 1] + 1
                                                                                 : std::max(length[(i + 1) * width + j], length[i * width + j + 1]);
        }
    }
    for (std::size_t i = 0, j = 0; i < left.size() && j < right.size();) {
        if (keyOf(left[i].text) == keyOf(right[j].text)) {
            left[i++].differs = false;
            right[j++].differs = false;
        } else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) {
            ++i;
        } else {
            ++j;
        }
    }
    return {std::move(left), std::move(right)};
}

QString diffHtml(const std::vector<DiffWord>& words) {
    QStringList parts;
    for (const DiffWord& word : words) {
        parts << (word.differs ? QStringLiteral("<b><u>%1</u></b>") : QStringLiteral("%1")).arg(word.text.toHtmlEscaped());
    }
    return parts.join(QLatin1Char(' '));
}

}  // namespace prunescope
