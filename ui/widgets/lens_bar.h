// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The strip above the canvas while a lens overlay is shown: the words of the question to choose from, or the question to subtract.

#include "ui/viewmodel/lens_model.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QMenu;
class QTabBar;

namespace prunescope {

class CommandRegistry;
struct CanvasScene;

class LensBar : public QWidget {
    Q_OBJECT

public:
    explicit LensBar(LensModel& model, SessionModel& session, QuestionTabs& tabs, QWidget* parent = nullptr);
    /// Shows the controls of `kind`; nothing for other overlays.
    void setKind(OverlayKind kind);
    /// The lens overlay into a scene that is about to show `kind`.
    void dress(CanvasScene& scene, OverlayKind kind) const;
    [[nodiscard]] QTabBar* wordBar() const { return m_words; }
    [[nodiscard]] QComboBox* otherBox() const { return m_other; }

private:
    void refresh();

    LensModel& m_model;
    SessionModel& m_session;
    QuestionTabs& m_tabs;
    OverlayKind m_kind = OverlayKind::kRetained;
    QTabBar* m_words = nullptr;
    QLabel* m_label = nullptr;
    QComboBox* m_other = nullptr;
};

/// Next and previous word, tabs of questions.
void addLensCommands(CommandRegistry& commands, QMenu* menu, LensModel& lens, QuestionTabs& tabs, QWidget* canvas);

}  // namespace prunescope
