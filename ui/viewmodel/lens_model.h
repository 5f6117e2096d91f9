// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Which word of the question, and which other question, the two lens overlays are about; and the overlays themselves.

#include "ui/viewmodel/overlay_data.h"
#include "ui/viewmodel/question_tabs.h"

#include <QJsonObject>
#include <QObject>
#include <QString>

namespace prunescope {

class LensModel : public QObject {
    Q_OBJECT

public:
    LensModel(SessionModel& session, QuestionTabs& tabs, QObject* parent = nullptr);

    /// Place of the word in the question, counted from 0.
    void setWord(int word);
    /// Text of another tab.
    void setOther(const QString& question);
    /// The chosen word; else the last content word with a map ("pot" of "Is there a pot in the image?"), else the last one with letters; -1: none.
    [[nodiscard]] int shownWord() const;
    /// The chosen one where it is still a tab, else the first other tab; empty when there is none.
    [[nodiscard]] QString other() const;
    /// Words of the question that was decided; empty until they are known.
    [[nodiscard]] QStringList words() const;
    /// Words that have a map: `--query-words content` leaves others out.
    [[nodiscard]] bool hasMap(int word) const;
    /// The nearest word with a map in a direction, round the end.
    void step(int direction);
    /// What the worker is to be asked for while `kind` is shown.
    [[nodiscard]] LensWish wishFor(OverlayKind kind) const;
    /// The overlay of `kind` (kWord or kQuestions) on a decision; without values while it is being worked out.
    [[nodiscard]] OverlayData overlay(const RunResult& result, OverlayKind kind) const;

    [[nodiscard]] QJsonObject json() const;
    void restore(const QJsonObject& json);

Q_SIGNALS:
    void changed();

private:
    SessionModel& m_session;
    QuestionTabs& m_tabs;
    int m_word = -1;   ///< -1: not chosen
    QString m_other;
};

/// Signed cosine of every token with one word of the question alone, on the range of this image.
[[nodiscard]] OverlayData wordOverlay(const RunResult& result, const QuestionLens& lens, std::size_t word);
/// Signed cosine of the present question minus that of another one, diverging, centred at 0.
[[nodiscard]] OverlayData questionsOverlay(const RunResult& result, const QuestionLens& lens);

}  // namespace prunescope
