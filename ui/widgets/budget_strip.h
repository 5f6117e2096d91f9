// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Budget against answer: one mark for each budget that was run (filled: the answer of all tokens; hollow: another one), the gap in which the
// answer changes, and the present budget. Hidden until a sweep begins. Says that it is measured, and at how many budgets.

#include "ui/viewmodel/session_model.h"

#include <QFrame>

#include <optional>

class QLabel;
class QMenu;
class QToolButton;

namespace prunescope {

class CommandRegistry;

/// The axis with the marks. Click: take that budget; left and right step from mark to mark.
class BudgetAxis : public QWidget {
    Q_OBJECT

public:
    explicit BudgetAxis(SessionModel& session, QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }
    /// Place of a budget on the logarithmic axis, in widget coordinates.
    [[nodiscard]] double xOf(std::int64_t budget) const;

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    [[nodiscard]] std::optional<std::size_t> markAt(double x) const;

    SessionModel& m_session;
};

class BudgetStrip : public QFrame {
    Q_OBJECT

public:
    explicit BudgetStrip(SessionModel& session, QWidget* parent = nullptr);
    /// "From 23 of 576 tokens on: "yes", as with all tokens; with 22: "no"." Empty without a sweep.
    [[nodiscard]] QString summary() const;
    [[nodiscard]] BudgetAxis* axis() const { return m_axis; }
    /// Below and on the edge; disabled where there is none.
    [[nodiscard]] QToolButton* belowButton() const { return m_below; }
    [[nodiscard]] QToolButton* edgeButton() const { return m_edge; }

private:
    void refresh();

    SessionModel& m_session;
    QLabel* m_line = nullptr;
    QLabel* m_how = nullptr;
    QToolButton* m_below = nullptr;
    QToolButton* m_edge = nullptr;
    BudgetAxis* m_axis = nullptr;
    bool m_closed = false;
};

/// "Find the budget where the answer changes" (Ctrl+B).
void addFlipCommand(CommandRegistry& commands, QMenu* menu, SessionModel& session);

}  // namespace prunescope
