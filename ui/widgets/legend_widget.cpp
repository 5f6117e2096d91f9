// SPDX-License-Identifier: GPL-3.0-or-later

// The legend as a widget.

#include "ui/widgets/legend_widget.h"

#include "ui/widgets/theme.h"

#include <QPainter>

#include <cmath>

namespace prunescope {

LegendWidget::LegendWidget(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Legend of the overlay"));
}

void LegendWidget::setScene(const CanvasScene& scene) {
    m_scene.overlay = scene.overlay;
    m_scene.colourMap = scene.colourMap;
    m_scene.opacity = scene.opacity;
    m_scene.paper = scene.paper;
    const QString text = QStringLiteral("%1. %2").arg(scene.overlay.label, scene.overlay.normalisation);
    setAccessibleDescription(text);
    setToolTip(scene.overlay.hasHeat() ? tr("%1.\nThe bar shows the colours before they are blended with the picture.").arg(text) : text);
    update();
}

QSize LegendWidget::sizeHint() const {
    return {320, static_cast<int>(std::ceil(legendHeight(font())))};
}

void LegendWidget::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintLegend(painter, QRectF(rect()), m_scene, figureStyle(*this));
}

}  // namespace prunescope
