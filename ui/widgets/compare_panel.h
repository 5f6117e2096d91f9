// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The strip above the canvas while a state is pinned as A: what A is, how the two are shown, counts and IoU, both answers with the words that
// differ. Hidden without an A.

#include "ui/figure/canvas_painter.h"
#include "ui/viewmodel/compare_model.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QMenu;

namespace prunescope {

class CanvasWidget;
class CommandRegistry;

class ComparePanel : public QWidget {
    Q_OBJECT

public:
    ComparePanel(CompareModel& model, SessionModel& session, QWidget* parent = nullptr);
    /// Puts the comparison over a scene that shows the present decision; `threshold` as for makeOverlay. Does nothing without an A.
    void dress(CanvasScene& scene, double threshold) const;
    [[nodiscard]] QString counts() const;
    [[nodiscard]] QString answerA() const;   ///< rich text
    [[nodiscard]] QString answerB() const;   ///< rich text
    [[nodiscard]] QComboBox* viewBox() const { return m_view; }

private:
    void refresh();
    void refreshAnswers();

    CompareModel& m_model;
    SessionModel& m_session;
    QLabel* m_title = nullptr;
    QComboBox* m_view = nullptr;
    QComboBox* m_quantity = nullptr;
    QComboBox* m_normalisation = nullptr;
    QLabel* m_counts = nullptr;
    QLabel* m_answerA = nullptr;
    QLabel* m_answerB = nullptr;
};

/// Pin as A (P), end (Shift+P), only A <-> only B (F), wipe (W), sides (S), difference: with the focus on the canvas.
void addCompareCommands(CommandRegistry& commands, QMenu* menu, CompareModel& model, QWidget* canvas);

}  // namespace prunescope
