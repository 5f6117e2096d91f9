// SPDX-License-Identifier: GPL-3.0-or-later

// The strip of masks.

#include "ui/widgets/mask_strip.h"

#include "ui/figure/picture.h"
#include "ui/viewmodel/number_text.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <utility>

namespace prunescope {

MaskButton::MaskButton(double tau, QWidget* parent) : QAbstractButton(parent), m_tau(tau) {
    setCheckable(true);
    setFocusPolicy(Qt::TabFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    clear();
}

void MaskButton::clear() {
    m_picture = {};
    setEnabled(false);
    setAccessibleName(tr("Redundancy mask at tau %1").arg(m_tau));
    setToolTip(tr("Local redundancy at tau %1: no image yet").arg(m_tau));
    update();
}

void MaskButton::setMask(const QImage& picture, int rows, int cols, RedundancyMask mask) {
    m_picture = picture;
    m_rows = rows;
    m_cols = cols;
    m_mask = std::move(mask);
    setEnabled(true);
    const QString share = percentText(m_mask.share);
    setAccessibleName(tr("Redundancy mask at tau %1, %2 marked").arg(QString::number(m_tau), share));
    setToolTip(tr("<p><b>tau = %1</b>: %2 of the patches have a mean cosine of at least %1 with their 8 neighbours (veiled).</p><p>Click: use this tau.</p>")
                   .arg(QString::number(m_tau), share));
    update();
}

QSize MaskButton::minimumSizeHint() const {
    return {62, 62 + QFontMetrics(font()).height() + 4};
}

QSize MaskButton::sizeHint() const {
    return {84, 78 + QFontMetrics(font()).height() + 4};
}

void MaskButton::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const FigureStyle style = figureStyle(*this);
    const int caption = QFontMetrics(font()).height() + 2;
    const double side = std::min<double>(width() - 6, height() - caption - 6);
    const QRectF box(std::round((width() - side) / 2), 3, side, side);
    if (m_picture.isNull()) {
        painter.setPen(QPen(style.frame, 1, Qt::DashLine));
        painter.drawRect(box.adjusted(0, 0, -1, -1));
    } else {
        paintMask(painter, box, m_picture, m_rows, m_cols, m_mask.marked, style);
        painter.setPen(QPen(style.frame, 1));
        painter.drawRect(box.adjusted(0, 0, -1, -1));
    }
    if (isChecked() || underMouse() || hasFocus()) {
        painter.setPen(QPen(style.accent, isChecked() ? 3 : 1));
        painter.drawRect(box.adjusted(-1, -1, 0, 0));
    }
    QFont captionFont = font();
    captionFont.setBold(isChecked());
    painter.setFont(captionFont);
    painter.setPen(isEnabled() ? style.text : style.muted);
    const QString text = m_picture.isNull() ? QString::number(m_tau) : QStringLiteral("%1 · %2 %").arg(QString::number(m_tau)).arg(std::lround(m_mask.share * 100));
    painter.drawText(QRectF(0, box.bottom() + 3, width(), caption), Qt::AlignHCenter | Qt::AlignTop, text);
}

MaskStrip::MaskStrip(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(1);
    m_title = new QLabel(tr("Locally redundant patches (8 neighbours) at tau = …, share marked"), this);
    m_title->setObjectName(QStringLiteral("muted"));
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    column->addWidget(m_title);
    auto* row = new QHBoxLayout;
    row->setSpacing(4);
    for (std::size_t i = 0; i < m_buttons.size(); ++i) {
        auto* button = new MaskButton(kMaskThresholds[i], this);
        connect(button, &QAbstractButton::clicked, this, [this, button] {
            setTau(button->tau(), false);
            Q_EMIT tauChosen(button->tau());
        });
        row->addWidget(button);
        m_buttons[i] = button;
    }
    column->addLayout(row);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void MaskStrip::setImage(const std::shared_ptr<const ImageContext>& image) {
    if (image == m_image && image) {
        return;
    }
    m_image = image;
    if (!image) {
        for (MaskButton* button : m_buttons) {
            button->clear();
        }
        return;
    }
    constexpr int kThumbnail = 160;
    const QImage picture = toQImage(image->input.seen, kThumbnail);
    for (MaskButton* button : m_buttons) {
        button->setMask(picture, image->input.grid.rows, image->input.grid.cols, makeMask(*image, button->tau()));
    }
}

void MaskStrip::setTau(double tau, bool isQuantile) {
    constexpr double kSame = 1e-9;
    for (MaskButton* button : m_buttons) {
        button->setChecked(!isQuantile && std::abs(button->tau() - tau) < kSame);
    }
}

}  // namespace prunescope
