// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Colour bar or legend of the overlay, under the canvas.

#include "ui/figure/canvas_painter.h"

#include <QWidget>

namespace prunescope {

class LegendWidget : public QWidget {
    Q_OBJECT

public:
    explicit LegendWidget(QWidget* parent = nullptr);
    void setScene(const CanvasScene& scene);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {160, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    CanvasScene m_scene;
};

}  // namespace prunescope
