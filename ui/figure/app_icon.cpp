// SPDX-License-Identifier: GPL-3.0-or-later

// Drawing of the icon.

#include "ui/figure/app_icon.h"

#include <QPainter>
#include <QPixmap>

#include <array>

namespace prunescope {

QIcon appIcon() {
    constexpr std::array<int, 16> kKept{0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1};
    QIcon icon;
    for (const int side : {16, 32, 64, 128, 256}) {
        QPixmap pixmap(side, side);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(QColor(0x16, 0x1b, 0x22));
        painter.drawRoundedRect(QRectF(0, 0, side, side), side * 0.18, side * 0.18);
        const double cell = side * 0.19;
        const double gap = side * 0.02;
        const double first = (side - 4 * cell - 3 * gap) / 2;
        for (std::size_t i = 0; i < kKept.size(); ++i) {
            const double x = first + static_cast<double>(i % 4) * (cell + gap);
            const double y = first + static_cast<double>(i / 4) * (cell + gap);
            painter.setBrush(kKept[i] != 0 ? QColor(0xfd, 0xe7, 0x25) : QColor(0x3a, 0x44, 0x52));
            painter.drawRoundedRect(QRectF(x, y, cell, cell), cell * 0.15, cell * 0.15);
        }
        painter.end();
        icon.addPixmap(pixmap);
    }
    return icon;
}

}  // namespace prunescope
