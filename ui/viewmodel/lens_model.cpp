// SPDX-License-Identifier: GPL-3.0-or-later

// Words, questions and their maps.

#include "ui/viewmodel/lens_model.h"

#include "core/text/prompt.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace prunescope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Lens", text);
}

QString quoted(const QString& question) {
    constexpr qsizetype kLongest = 40;
    return tr("“%1”").arg(question.size() > kLongest ? question.left(kLongest - 1) + QStringLiteral("…") : question);
}

}  // namespace

LensModel::LensModel(SessionModel& session, QuestionTabs& tabs, QObject* parent) : QObject(parent), m_session(session), m_tabs(tabs) {
    connect(&m_tabs, &QuestionTabs::changed, this, &LensModel::changed);
}

void LensModel::setWord(int word) {
    if (word != m_word) {
        m_word = word;
        Q_EMIT changed();
    }
}

void LensModel::setOther(const QString& question) {
    if (question != m_other) {
        m_other = question;
        Q_EMIT changed();
    }
}

QString LensModel::other() const {
    QString first;
    for (int i = 0; i < m_tabs.count(); ++i) {
        const QString question = m_tabs.question(i);
        if (i == m_tabs.active() || question.trimmed().isEmpty()) {
            continue;
        }
        if (question == m_other) {
            return question;
        }
        first = first.isEmpty() ? question : first;
    }
    return first;
}

QStringList LensModel::words() const {
    QStringList all;
    if (const auto result = m_session.decision()) {
        for (const AskedWord& word : result->words) {
            all << QString::fromStdString(word.text);
        }
    }
    return all;
}

bool LensModel::hasMap(int word) const {
    const auto result = m_session.decision();
    return result && word >= 0 && static_cast<std::size_t>(word) < result->words.size() && result->words[static_cast<std::size_t>(word)].rows > 0;
}

int LensModel::shownWord() const {
    const QStringList all = words();
    if (m_word >= 0 && m_word < all.size()) {
        return m_word;
    }
    int lettered = -1;
    for (int i = static_cast<int>(all.size()) - 1; i >= 0; --i) {
        if (!hasMap(i) || std::none_of(all[i].begin(), all[i].end(), [](QChar c) { return c.isLetterOrNumber(); })) {
            continue;
        }
        if (isContentWord(all[i].toStdString())) {
            return i;
        }
        lettered = std::max(lettered, i);
    }
    return lettered;
}

void LensModel::step(int direction) {
    const int count = static_cast<int>(words().size());
    int at = std::max(0, shownWord());
    for (int i = 0; i < count; ++i) {
        at = (at + direction + count) % count;
        if (hasMap(at)) {
            setWord(at);
            return;
        }
    }
}

LensWish LensModel::wishFor(OverlayKind kind) const {
    LensWish wish;
    wish.words = kind == OverlayKind::kWord;
    wish.otherQuestion = kind == OverlayKind::kQuestions ? other().toStdString() : std::string();
    return wish;
}

OverlayData LensModel::overlay(const RunResult& result, OverlayKind kind) const {
    OverlayData waiting = blankOverlay(result, kind);
    waiting.label = titleOf(kind);
    const auto analysis = m_session.analysis();
    const QuestionLens* lens = analysis ? analysis->lens.get() : nullptr;
    if (kind == OverlayKind::kQuestions && other().isEmpty()) {
        waiting.normalisation = tr("needs a second question: add one with Ctrl+T");
        return waiting;
    }
    if (lens == nullptr || !(lens->wish == wishFor(kind))) {
        waiting.normalisation = tr("being worked out");
        return waiting;
    }
    if (kind == OverlayKind::kQuestions) {
        return questionsOverlay(result, *lens);
    }
    if (!lens->perWord) {
        const bool clip = analysis->options.relevanceSpace == RelevanceSpace::kClip;
        waiting.normalisation = clip ? tr("one vector for the whole question here (CLIP space), none for its words") : tr("the words of this question were not recorded");
        return waiting;
    }
    const int word = shownWord();
    if (word < 0 || static_cast<std::size_t>(word) >= lens->words.size() || lens->words[static_cast<std::size_t>(word)].cosine.empty()) {
        waiting.normalisation = tr("this word does not count in the question's vector");
        return waiting;
    }
    return wordOverlay(result, *lens, static_cast<std::size_t>(word));
}

QJsonObject LensModel::json() const {
    return {{QStringLiteral("word"), m_word}, {QStringLiteral("other"), m_other}};
}

void LensModel::restore(const QJsonObject& json) {
    m_word = json.value(QStringLiteral("word")).toInt(-1);
    m_other = json.value(QStringLiteral("other")).toString();
    Q_EMIT changed();
}

OverlayData wordOverlay(const RunResult& result, const QuestionLens& lens, std::size_t word) {
    OverlayData data = blankOverlay(result, OverlayKind::kWord);
    const WordRelevance& found = lens.words[word];
    placeTokens(data, result, found.cosine);
    std::tie(data.low, data.high) = finiteRange(data.values);
    data.label = tr("Relevance of “%1” alone").arg(QString::fromStdString(found.word.text));
    data.normalisation = found.word.rows == 1 ? tr("cosine, range of this image; 1 token") : tr("cosine, range of this image; mean of %1 tokens").arg(found.word.rows);
    data.lowWords = tr("less relevant");
    data.highWords = tr("more relevant");
    return data;
}

OverlayData questionsOverlay(const RunResult& result, const QuestionLens& lens) {
    OverlayData data = blankOverlay(result, OverlayKind::kQuestions);
    std::vector<float> difference;
    float largest = 0;
    for (std::size_t i = 0; i < lens.own.size() && i < lens.other.size(); ++i) {
        difference.push_back(lens.own[i] - lens.other[i]);
        largest = std::max(largest, std::abs(difference.back()));
    }
    placeTokens(data, result, difference);
    data.high = largest > 0 ? static_cast<double>(largest) : 1.0;
    data.low = -data.high;
    data.label = tr("Difference of relevance");
    data.normalisation = tr("difference of cosines, centred at 0");
    data.lowWords = tr("more for %1").arg(quoted(QString::fromStdString(lens.wish.otherQuestion)));
    data.highWords = tr("more for %1").arg(quoted(QString::fromStdString(result.request.question)));
    return data;
}

}  // namespace prunescope
