// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Between canvas and token panel: which token is described (hovered, else pinned), what the session is asked to work out about it, lines to
// its partners, and forcing by hand.

#include "ui/viewmodel/compare_model.h"
#include "ui/viewmodel/forced_tokens.h"
#include "ui/viewmodel/session_model.h"

#include <QObject>

#include <vector>

class QMenu;

namespace prunescope {

class CanvasWidget;
class CommandRegistry;
class LensModel;
class OverlayBar;
class TokenPanel;

class Inspector : public QObject {
    Q_OBJECT

public:
    Inspector(SessionModel& session, CompareModel& compare, CanvasWidget& canvas, const OverlayBar& overlay, TokenPanel& panel, QObject* parent = nullptr);
    /// Text, lines and wish anew.
    void refresh();
    /// Asked what the lens overlays need.
    void setLens(const LensModel* lens) { m_lens = lens; }
    void setLinksShown(bool shown);
    [[nodiscard]] bool linksShown() const { return m_links; }
    /// Marks the pinned token; the same mark again takes it off.
    void forcePinned(ForceMark mark);
    void forceCells(const std::vector<GridMap::Cell>& cells, ForceMark mark);
    void clearForced();
    void addCommands(CommandRegistry& commands, QMenu* menu);

Q_SIGNALS:
    void linksShownChanged(bool shown);

private:
    void refreshWish();
    void showText();
    void showLinks();
    [[nodiscard]] const TokenReasons* reasonsOf(const TokenTrace& token) const;

    SessionModel& m_session;
    CompareModel& m_compare;
    CanvasWidget& m_canvas;
    const OverlayBar& m_overlay;
    TokenPanel& m_panel;
    const LensModel* m_lens = nullptr;
    bool m_links = false;
};

}  // namespace prunescope
