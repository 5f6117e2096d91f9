// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Several questions on one image, one of them shown. The shown one lives in the session; the others wait here with their decisions and
// answers, so that going back to one takes no computing. A tab is named by its question: editing the question renames it.

#include "ui/viewmodel/session_model.h"

#include <QHash>
#include <QJsonObject>
#include <QObject>
#include <QStringList>

#include <vector>

namespace prunescope {

class QuestionTabs : public QObject {
    Q_OBJECT

public:
    static constexpr int kMost = 16;

    explicit QuestionTabs(SessionModel& session, QObject* parent = nullptr);

    [[nodiscard]] int count() const { return static_cast<int>(m_tabs.size()); }
    [[nodiscard]] int active() const { return m_active; }
    [[nodiscard]] QString question(int index) const;
    [[nodiscard]] QStringList questions() const;
    /// Question and its answers as far as they are known, a line each; a stale one says so.
    [[nodiscard]] QString summary(int index) const;
    /// A new tab behind the shown one, and shows it. Until it is asked the picture keeps the old decision, marked as another question's.
    void add(const QString& question = {});
    /// The last one stays.
    void close(int index);
    void select(int index);
    void next() { select((m_active + 1) % count()); }
    void previous() { select((m_active + count() - 1) % count()); }
    /// One tab with the session's question.
    void reset();

    /// {"active": 1, "list": ["…", "…"]}, for undo and sessions. What is known for a question comes back with it.
    [[nodiscard]] QJsonObject json() const;
    void restore(const QJsonObject& json);
    /// The last two changes were edits of one tab's text: one undo step while somebody types.
    [[nodiscard]] bool typing() const { return m_typed > 1; }

Q_SIGNALS:
    /// Tabs, their names, or which one is shown.
    void changed();

private:
    void show(int index, QuestionState next);
    void remember(const QuestionState& state);
    [[nodiscard]] QuestionState recall(const QString& question) const;

    SessionModel& m_session;
    std::vector<QuestionState> m_tabs;   ///< the shown one's entry is out of date: the session has it
    QHash<QString, QuestionState> m_closed;   ///< of tabs that are gone, for undo
    int m_active = 0, m_typed = 0;
    bool m_moving = false;
};

}  // namespace prunescope
