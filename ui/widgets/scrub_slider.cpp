// SPDX-License-Identifier: GPL-3.0-or-later

// Pointer and wheel of a slider.

#include "ui/widgets/scrub_slider.h"

#include <QMouseEvent>
#include <QStyle>
#include <QStyleOptionSlider>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

constexpr double kFine = 0.1;     // part of the movement that counts with Shift
constexpr int kNotch = 120;       // eighths of a degree

}  // namespace

ScrubSlider::ScrubSlider(QWidget* parent) : QSlider(Qt::Horizontal, parent) {
    setFocusPolicy(Qt::StrongFocus);   // the wheel turns it without taking the focus
}

double ScrubSlider::valuePerPixel() const {
    QStyleOptionSlider option;
    initStyleOption(&option);
    const QRect groove = style()->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderGroove, this);
    const QRect handle = style()->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderHandle, this);
    return static_cast<double>(maximum() - minimum()) / std::max(1, groove.width() - handle.width());
}

void ScrubSlider::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) {
        QSlider::mousePressEvent(event);
        return;
    }
    QStyleOptionSlider option;
    initStyleOption(&option);
    const QRect groove = style()->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderGroove, this);
    const QRect handle = style()->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderHandle, this);
    m_lastX = event->position().x();
    m_at = value();
    setSliderDown(true);
    if (!handle.contains(event->position().toPoint())) {
        m_at = std::clamp(minimum() + (m_lastX - groove.left() - handle.width() / 2.0) * valuePerPixel(), static_cast<double>(minimum()), static_cast<double>(maximum()));
        setValue(static_cast<int>(std::lround(m_at)));
    }
    event->accept();
}

void ScrubSlider::mouseMoveEvent(QMouseEvent* event) {
    if (!isSliderDown()) {
        event->ignore();
        return;
    }
    const double x = event->position().x();
    const bool fine = (event->modifiers() & Qt::ShiftModifier) != 0;
    m_at = std::clamp(m_at + (x - m_lastX) * valuePerPixel() * (fine ? kFine : 1.0), static_cast<double>(minimum()), static_cast<double>(maximum()));
    m_lastX = x;
    setValue(static_cast<int>(std::lround(m_at)));
    event->accept();
}

void ScrubSlider::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && isSliderDown()) {
        setSliderDown(false);
        event->accept();
        return;
    }
    QSlider::mouseReleaseEvent(event);
}

void ScrubSlider::wheelEvent(QWheelEvent* event) {
    const QPoint angle = event->angleDelta();
    m_wheelRest += angle.y() != 0 ? angle.y() : angle.x();   // some systems turn Shift and wheel sideways
    const int notches = m_wheelRest / kNotch;
    m_wheelRest -= notches * kNotch;
    if (notches != 0) {
        Q_EMIT notched(notches, (event->modifiers() & Qt::ShiftModifier) != 0);
    }
    event->accept();
}

}  // namespace prunescope
