// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Which overlay, in which colours, how strong, and how the picture is shown.

#include "ui/figure/colour_map.h"
#include "ui/viewmodel/overlay_data.h"

#include <QWidget>

#include <map>

class QComboBox;
class QSlider;
class QToolButton;

namespace prunescope {

class OverlayBar : public QWidget {
    Q_OBJECT

public:
    explicit OverlayBar(QWidget* parent = nullptr);
    void setKind(OverlayKind kind);
    void setColourMap(ColourMap map);
    void setOriginal(bool original);
    /// Strengths in [0, 1] of heat maps and of retained tokens.
    void setOpacities(double heat, double retained);
    [[nodiscard]] double heatOpacity() const { return m_heatOpacity; }
    [[nodiscard]] double retainedOpacity() const { return m_retainedOpacity; }
    /// As in the figures of papers: dropped tokens under 65 % white, heat in jet at 50 %.
    void setPaper(bool paper);
    [[nodiscard]] bool paper() const { return m_paper; }
    [[nodiscard]] OverlayKind kind() const { return m_kind; }
    /// As drawn: in paper style jet.
    [[nodiscard]] ColourMap colourMap() const;
    /// As chosen: what comes back after paper style.
    [[nodiscard]] ColourMap chosenMap() const;
    /// Strength of the present overlay in [0, 1]; heat maps and retained tokens keep their own.
    [[nodiscard]] double opacity() const;
    [[nodiscard]] bool original() const;
    [[nodiscard]] QSlider* opacitySlider() const { return m_opacity; }

Q_SIGNALS:
    void changed();
    void fitRequested();
    void actualPixelsRequested();

private:
    void refresh();

    OverlayKind m_kind = OverlayKind::kRetained;
    bool m_paper = false;
    double m_heatOpacity = 0.6, m_retainedOpacity = 0.9;
    QComboBox* m_overlay = nullptr;
    QComboBox* m_map = nullptr;
    QSlider* m_opacity = nullptr;
    QToolButton* m_original = nullptr;
};

}  // namespace prunescope
