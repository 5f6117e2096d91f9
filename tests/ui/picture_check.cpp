// SPDX-License-Identifier: GPL-3.0-or-later

// Block-wise comparison; the picture that differs is left in the working folder to be looked at.

#include "tests/ui/picture_check.h"

#include <QApplication>
#include <QFont>
#include <QFontDatabase>

#include <algorithm>
#include <cmath>

namespace prunescope::testing {

bool useTestFont() {
    if (!QFontDatabase::families().contains(QStringLiteral("DejaVu Sans"))) {
        return false;
    }
    constexpr double kPoints = 9;
    QFont font(QStringLiteral("DejaVu Sans"));
    font.setPointSizeF(kPoints);
    font.setHintingPreference(QFont::PreferNoHinting);
    QApplication::setFont(font);
    return true;
}

QString differsFrom(const QImage& picture, const QString& name, double largest) {
    const QString path = QStringLiteral(PRUNESCOPE_SOURCE_DIR "/tests/ui/baselines/%1.png").arg(name);
    const QImage small = picture.scaled(picture.size() / 4, Qt::IgnoreAspectRatio, Qt::SmoothTransformation).convertToFormat(QImage::Format_RGB888);
    if (qEnvironmentVariableIsSet("PRUNESCOPE_UPDATE_BASELINES")) {
        return small.save(path) ? QString() : QStringLiteral("cannot write %1").arg(path);
    }
    const QImage wanted = QImage(path).convertToFormat(QImage::Format_RGB888);
    if (wanted.size() != small.size()) {
        return QStringLiteral("%1 is %2 x %3, the baseline %4 x %5").arg(name).arg(small.width()).arg(small.height()).arg(wanted.width()).arg(wanted.height());
    }
    constexpr int kBlock = 8;
    double worst = 0;
    QPoint where;
    for (int y0 = 0; y0 < small.height(); y0 += kBlock) {
        for (int x0 = 0; x0 < small.width(); x0 += kBlock) {
            const int rows = std::min(kBlock, small.height() - y0);
            const int cols = std::min(kBlock, small.width() - x0);
            double sum = 0;
            for (int y = y0; y < y0 + rows; ++y) {
                for (int x = x0 * 3; x < (x0 + cols) * 3; ++x) {
                    sum += std::abs(small.constScanLine(y)[x] - wanted.constScanLine(y)[x]);
                }
            }
            if (const double mean = sum / (rows * cols * 3.0); mean > worst) {
                worst = mean;
                where = QPoint(x0 * 4, y0 * 4);
            }
        }
    }
    if (worst < largest) {
        return {};
    }
    (void)picture.save(QStringLiteral("%1-differs.png").arg(name));
    return QStringLiteral("%1 differs by %2 at (%3, %4); see %1-differs.png, and if it is meant: PRUNESCOPE_UPDATE_BASELINES=1").arg(name).arg(worst).arg(where.x()).arg(where.y());
}

}  // namespace prunescope::testing
