// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Five masks of local redundancy side by side, at tau = 0.1, 0.3, 0.5, 0.7, 0.9 (paper Fig. 9); a click takes that tau.

#include "ui/figure/canvas_painter.h"
#include "ui/viewmodel/overlay_data.h"

#include <QAbstractButton>
#include <QImage>
#include <QWidget>

#include <array>
#include <memory>

class QLabel;

namespace prunescope {

/// One thumbnail with its caption.
class MaskButton : public QAbstractButton {
    Q_OBJECT

public:
    explicit MaskButton(double tau, QWidget* parent = nullptr);
    void setMask(const QImage& picture, int rows, int cols, RedundancyMask mask);
    void clear();
    [[nodiscard]] double tau() const { return m_tau; }
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    double m_tau;
    QImage m_picture;
    int m_rows = 0, m_cols = 0;
    RedundancyMask m_mask;
};

class MaskStrip : public QWidget {
    Q_OBJECT

public:
    explicit MaskStrip(QWidget* parent = nullptr);
    /// Masks of this image; nullptr: empty thumbnails. Does nothing when the image is the one shown.
    void setImage(const std::shared_ptr<const ImageContext>& image);
    /// Marks the thumbnail of the present threshold, if it is one of the five.
    void setTau(double tau, bool isQuantile);
    [[nodiscard]] const std::array<MaskButton*, 5>& buttons() const { return m_buttons; }

Q_SIGNALS:
    void tauChosen(double tau);

private:
    std::array<MaskButton*, 5> m_buttons{};
    std::shared_ptr<const ImageContext> m_image;
    QLabel* m_title = nullptr;
};

}  // namespace prunescope
