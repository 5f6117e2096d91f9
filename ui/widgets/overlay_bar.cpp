// SPDX-License-Identifier: GPL-3.0-or-later

// The row of controls above the canvas.

#include "ui/widgets/overlay_bar.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QPainter>
#include <QPixmap>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>

#include <cmath>

namespace prunescope {

namespace {

QIcon rampIcon(ColourMap map) {
    constexpr int kWidth = 28;
    constexpr int kHeight = 12;
    QPixmap pixmap(kWidth, kHeight);
    QPainter painter(&pixmap);
    for (int x = 0; x < kWidth; ++x) {
        painter.setPen(QColor(colourAt(map, x / (kWidth - 1.0))));
        painter.drawLine(x, 0, x, kHeight);
    }
    return QIcon(pixmap);
}

QToolButton* flatButton(const QString& text, const QString& tip, QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setText(text);
    button->setToolTip(tip);
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

}  // namespace

OverlayBar::OverlayBar(QWidget* parent) : QWidget(parent) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(5);
    m_overlay = new QComboBox(this);
    for (const OverlayKind kind : kOverlayKinds) {
        m_overlay->addItem(titleOf(kind), static_cast<int>(kind));
    }
    m_overlay->setAccessibleName(tr("Overlay"));
    m_overlay->setToolTip(tr("What is drawn over the picture (Ctrl+1 … Ctrl+9)"));
    m_overlay->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_overlay->setMinimumContentsLength(10);
    m_map = new QComboBox(this);
    for (const ColourMap map : kColourMaps) {
        m_map->addItem(rampIcon(map), nameOf(map));
    }
    m_map->setIconSize(QSize(28, 12));
    m_map->setAccessibleName(tr("Colour map"));
    m_map->setToolTip(tr("Colour map of heat overlays; cividis is safe for colour-blind eyes"));
    m_map->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_map->setMinimumContentsLength(6);
    m_opacity = new QSlider(Qt::Horizontal, this);
    m_opacity->setRange(0, 100);
    m_opacity->setPageStep(10);
    m_opacity->setMinimumWidth(50);
    m_opacity->setAccessibleName(tr("Overlay opacity"));
    m_original = flatButton(tr("&Whole"), tr("Show the whole original image; what the model does not see is hatched. Off: the picture as the model sees it."), this);
    m_original->setCheckable(true);
    m_original->setAccessibleName(tr("Whole original image"));
    auto* fit = flatButton(tr("Fit"), tr("Fit the picture into the canvas (0, or double click)"), this);
    auto* actual = flatButton(tr("1:1"), tr("One image pixel on one screen pixel (1)"), this);
    fit->setAccessibleName(tr("Fit the picture"));
    actual->setAccessibleName(tr("One to one"));
    row->addWidget(m_overlay, 3);
    row->addWidget(m_map, 2);
    row->addWidget(m_opacity, 2);
    row->addWidget(m_original);
    row->addWidget(fit);
    row->addWidget(actual);
    connect(m_overlay, &QComboBox::activated, this, [this](int index) {
        m_kind = kOverlayKinds[static_cast<std::size_t>(index)];
        refresh();
        Q_EMIT changed();
    });
    connect(m_map, &QComboBox::activated, this, &OverlayBar::changed);
    connect(m_original, &QToolButton::toggled, this, &OverlayBar::changed);
    connect(m_opacity, &QSlider::valueChanged, this, [this](int percent) {
        (m_kind == OverlayKind::kRetained ? m_retainedOpacity : m_heatOpacity) = percent / 100.0;
        m_opacity->setToolTip(tr("Opacity of the overlay: %1 %").arg(percent));
        Q_EMIT changed();
    });
    connect(fit, &QToolButton::clicked, this, &OverlayBar::fitRequested);
    connect(actual, &QToolButton::clicked, this, &OverlayBar::actualPixelsRequested);
    refresh();
}

void OverlayBar::refresh() {
    m_overlay->setCurrentIndex(m_overlay->findData(static_cast<int>(m_kind)));
    const bool heat = m_kind != OverlayKind::kRetained && m_kind != OverlayKind::kNone;
    m_map->setEnabled(heat && !m_paper);
    m_opacity->setEnabled(m_kind != OverlayKind::kNone && !m_paper);
    const QSignalBlocker blocker(m_opacity);
    m_opacity->setValue(static_cast<int>(std::lround(opacity() * 100)));
    m_opacity->setToolTip(tr("Opacity of the overlay: %1 %").arg(m_opacity->value()));
}

void OverlayBar::setKind(OverlayKind kind) {
    m_kind = kind;
    refresh();
    Q_EMIT changed();
}

void OverlayBar::setColourMap(ColourMap map) {
    m_map->setCurrentText(nameOf(map));
    Q_EMIT changed();
}

void OverlayBar::setOriginal(bool original) {
    m_original->setChecked(original);
}

void OverlayBar::setOpacities(double heat, double retained) {
    m_heatOpacity = heat;
    m_retainedOpacity = retained;
    refresh();
    Q_EMIT changed();
}

void OverlayBar::setPaper(bool paper) {
    m_paper = paper;
    refresh();
    Q_EMIT changed();
}

ColourMap OverlayBar::colourMap() const {
    if (m_paper) {
        return ColourMap::kJet;
    }
    return chosenMap();
}

ColourMap OverlayBar::chosenMap() const {
    return colourMapFromName(m_map->currentText()).value_or(ColourMap::kViridis);
}

double OverlayBar::opacity() const {
    if (m_paper) {
        constexpr double kPaperHeat = 0.5;
        return m_kind == OverlayKind::kRetained ? 1.0 : kPaperHeat;
    }
    return m_kind == OverlayKind::kRetained ? m_retainedOpacity : m_heatOpacity;
}

bool OverlayBar::original() const {
    return m_original->isChecked();
}

}  // namespace prunescope
