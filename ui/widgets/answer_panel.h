// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The answer of the pruned run beside the unpruned one. A stale answer is dimmed, framed with dashes and says so; a streaming one grows.

#include "ui/viewmodel/session_model.h"

#include <QFrame>
#include <QWidget>

class QLabel;
class QPlainTextEdit;

namespace prunescope {

/// One answer with its heading, mark and footer.
class AnswerCard : public QFrame {
    Q_OBJECT

public:
    AnswerCard(const QString& title, const QString& accessibleName, QWidget* parent = nullptr);
    void setAnswer(const AnswerState& answer, const QString& heading);
    [[nodiscard]] QString text() const;
    [[nodiscard]] QString badgeText() const;

private:
    QString m_title;
    QLabel* m_heading = nullptr;
    QLabel* m_badge = nullptr;
    QPlainTextEdit* m_text = nullptr;
    QLabel* m_footer = nullptr;
};

class AnswerPanel : public QWidget {
    Q_OBJECT

public:
    explicit AnswerPanel(SessionModel& session, QWidget* parent = nullptr);
    [[nodiscard]] AnswerCard* prunedCard() const { return m_pruned; }
    /// What the log-probability line says; empty when it is not known.
    [[nodiscard]] QString scoreLine() const;
    [[nodiscard]] AnswerCard* unprunedCard() const { return m_unpruned; }

private:
    void refresh();
    void showScores();

    SessionModel& m_session;
    AnswerCard* m_pruned = nullptr;
    AnswerCard* m_unpruned = nullptr;
    QLabel* m_verdict = nullptr;
    QLabel* m_scores = nullptr;
};

}  // namespace prunescope
