// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Image line, questions, Run and Stop, and the two answers under them.

#include "ui/viewmodel/question_tabs.h"
#include "ui/viewmodel/session_model.h"

#include <QStringList>
#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QVBoxLayout;
class QTabBar;
class QToolButton;

namespace prunescope {

class AnswerPanel;

class QuestionPanel : public QWidget {
    Q_OBJECT

public:
    explicit QuestionPanel(SessionModel& session, QuestionTabs& tabs, QWidget* parent = nullptr);
    /// Questions to choose from beside free text.
    void setSuggestions(const QStringList& questions);
    [[nodiscard]] QComboBox* questionBox() const { return m_question; }
    [[nodiscard]] QTabBar* tabBar() const { return m_bar; }
    [[nodiscard]] QToolButton* addButton() const { return m_add; }
    [[nodiscard]] QPushButton* runButton() const { return m_run; }
    [[nodiscard]] QPushButton* stopButton() const { return m_stop; }
    [[nodiscard]] AnswerPanel* answers() const { return m_answers; }

Q_SIGNALS:
    void openRequested();

private:
    void refresh();
    void refreshTabs();
    void buildTabs(QVBoxLayout* column);

    SessionModel& m_session;
    QuestionTabs& m_tabs;
    QWidget* m_tabRow = nullptr;
    QTabBar* m_bar = nullptr;
    QToolButton* m_add = nullptr;
    QLabel* m_image = nullptr;
    QLabel* m_geometry = nullptr;
    QComboBox* m_question = nullptr;
    QPushButton* m_run = nullptr;
    QPushButton* m_stop = nullptr;
    AnswerPanel* m_answers = nullptr;
};

}  // namespace prunescope
