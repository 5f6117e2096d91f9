// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A slider for scrubbing: a press jumps to the pointer and drags from there, Shift makes the drag ten times finer; the wheel is handed on as
// notches instead of moving by the system's number of lines.

#include <QSlider>

namespace prunescope {

class ScrubSlider : public QSlider {
    Q_OBJECT

public:
    explicit ScrubSlider(QWidget* parent = nullptr);

Q_SIGNALS:
    /// Wheel over the slider: `notches` up (right) or down; `fine` with Shift.
    void notched(int notches, bool fine);

protected:
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    [[nodiscard]] double valuePerPixel() const;

    double m_at = 0;        ///< value under the pointer, unrounded
    double m_lastX = 0;
    int m_wheelRest = 0;    ///< angle of high-resolution wheels that has not made a notch yet
};

}  // namespace prunescope
