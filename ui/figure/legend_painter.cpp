// SPDX-License-Identifier: GPL-3.0-or-later

// Colour bar and legend: numbers, the quantity's name, how it was normalised.

#include "ui/figure/canvas_painter.h"

#include "ui/figure/cell_grid.h"
#include "ui/viewmodel/number_text.h"

#include <QCoreApplication>
#include <QPainter>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace prunescope {

namespace {

constexpr double kBarHeight = 0.75;   // of the font's height

QString tr(const char* text) {
    return QCoreApplication::translate("Legend", text);
}

QFont smaller(const QFont& font) {
    QFont small = font;
    if (font.pixelSize() > 0) {
        small.setPixelSize(std::max(9, static_cast<int>(std::lround(font.pixelSize() * 0.88))));
    } else {
        small.setPointSizeF(font.pointSizeF() * 0.88);
    }
    return small;
}

QFont bold(const QFont& font) {
    QFont heavy = font;
    heavy.setBold(true);
    return heavy;
}

QString tickText(const OverlayData& data, double value) {
    return data.kind == OverlayKind::kGreedyOrder || data.kind == OverlayKind::kSurvival ? QString::number(std::lround(value)) : scoreText(value);
}

/// How the overlay was normalised; in paper style also how it is drawn.
QString headerWords(const CanvasScene& scene) {
    const OverlayData& data = scene.overlay;
    if (!scene.paper) {
        return data.normalisation;
    }
    return data.kind == OverlayKind::kRetained ? tr("paper style: dropped under 65 % white") : tr("paper style, jet; %1").arg(data.normalisation);
}

void paintHeader(QPainter& painter, const QRectF& area, const CanvasScene& scene, const FigureStyle& style) {
    const OverlayData& data = scene.overlay;
    const QFont strong = bold(style.font);
    const QFont small = smaller(style.font);
    const QFontMetricsF strongMetrics(strong);
    const QFontMetricsF smallMetrics(small);
    painter.setFont(strong);
    painter.setPen(style.text);
    const QString label = strongMetrics.elidedText(data.label, Qt::ElideRight, area.width());
    painter.drawText(area, Qt::AlignLeft | Qt::AlignVCenter, label);
    const double used = strongMetrics.horizontalAdvance(label) + smallMetrics.averageCharWidth() * 2;
    painter.setFont(small);
    painter.setPen(style.muted);
    const QRectF rest = area.adjusted(used, 0, 0, 0);
    painter.drawText(rest, Qt::AlignRight | Qt::AlignVCenter, smallMetrics.elidedText(headerWords(scene), Qt::ElideRight, rest.width()));
}

void paintBar(QPainter& painter, const QRectF& bar, const CanvasScene& scene, const FigureStyle& style) {
    constexpr int kSteps = 256;
    QImage ramp(kSteps, 1, QImage::Format_RGB32);
    auto* line = reinterpret_cast<QRgb*>(ramp.scanLine(0));
    for (int i = 0; i < kSteps; ++i) {
        line[i] = colourAt(scene.colourMap, i / (kSteps - 1.0));
    }
    painter.drawImage(bar, ramp);
    painter.setPen(QPen(style.frame, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(bar);
    for (const double level : scene.overlay.contours) {
        const double t = (std::log(level) - std::log(scene.overlay.low)) / (std::log(scene.overlay.high) - std::log(scene.overlay.low));
        const double x = bar.left() + bar.width() * std::clamp(t, 0.0, 1.0);
        painter.setPen(QPen(QColor(16, 20, 26), 3));
        painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()));
        painter.setPen(QPen(Qt::white, 1));
        painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()));
    }
    if (scene.overlay.threshold) {
        const double t = std::clamp((*scene.overlay.threshold - scene.overlay.low) / (scene.overlay.high - scene.overlay.low), 0.0, 1.0);
        const double x = bar.left() + bar.width() * t;
        painter.setPen(QPen(style.dark ? Qt::white : Qt::black, 2));
        painter.drawLine(QPointF(x, bar.top() - 3), QPointF(x, bar.bottom() + 3));
    }
}

/// Numbers of the contours under their marks; those that would touch a neighbour are left out.
void paintContourTicks(QPainter& painter, const QRectF& area, const OverlayData& data, const FigureStyle& style) {
    const QFont small = smaller(style.font);
    const QFontMetricsF metrics(small);
    painter.setFont(small);
    painter.setPen(style.text);
    const QString lowText = tr("%1, %2").arg(tickText(data, data.low), data.lowWords);
    const QString highText = tr("%1, %2").arg(data.highWords, tickText(data, data.high));
    painter.drawText(area, Qt::AlignLeft | Qt::AlignTop, lowText);
    painter.drawText(area, Qt::AlignRight | Qt::AlignTop, highText);
    double right = area.right() - metrics.horizontalAdvance(highText) - metrics.averageCharWidth();
    const double left = area.left() + metrics.horizontalAdvance(lowText) + metrics.averageCharWidth();
    for (const double level : data.contours) {   // ascending budgets run from the right
        const QString text = QString::number(level);
        const double width = metrics.horizontalAdvance(text);
        const double x = area.left() + area.width() * (std::log(level) - std::log(data.low)) / (std::log(data.high) - std::log(data.low)) - width / 2;
        if (x + width <= right && x >= left) {
            painter.drawText(QRectF(x, area.top(), width + 1, area.height()), Qt::AlignLeft | Qt::AlignTop, text);
            right = x - metrics.averageCharWidth();
        }
    }
}

/// Five numbers under the bar; the words about its ends take the place of the second and fourth where they fit.
void paintTicks(QPainter& painter, const QRectF& area, const OverlayData& data, const FigureStyle& style) {
    const QFont small = smaller(style.font);
    const QFontMetricsF metrics(small);
    painter.setFont(small);
    const QString lowNumber = tickText(data, data.low);
    const QString highNumber = tickText(data, data.high);
    const QString middle = tickText(data, (data.low + data.high) / 2);
    painter.setPen(style.text);
    painter.drawText(area, Qt::AlignLeft | Qt::AlignTop, lowNumber);
    painter.drawText(area, Qt::AlignRight | Qt::AlignTop, highNumber);
    painter.drawText(area, Qt::AlignHCenter | Qt::AlignTop, middle);
    const double gap = metrics.averageCharWidth() * 1.5;
    const double half = (area.width() - metrics.horizontalAdvance(middle)) / 2 - 2 * gap;
    const double roomLow = half - metrics.horizontalAdvance(lowNumber);
    const double roomHigh = half - metrics.horizontalAdvance(highNumber);
    painter.setPen(style.muted);
    const QRectF low = area.adjusted(metrics.horizontalAdvance(lowNumber) + gap, 0, 0, 0);
    const QRectF high = area.adjusted(0, 0, -metrics.horizontalAdvance(highNumber) - gap, 0);
    painter.drawText(low, Qt::AlignLeft | Qt::AlignTop, metrics.elidedText(data.lowWords, Qt::ElideRight, roomLow));
    painter.drawText(high, Qt::AlignRight | Qt::AlignTop, metrics.elidedText(data.highWords, Qt::ElideRight, roomHigh));
}

void paintRetainedLegend(QPainter& painter, const QRectF& area, const CanvasScene& scene, const FigureStyle& style) {
    const OverlayData& data = scene.overlay;
    const std::size_t cells = data.kept.size();
    const double share = cells == 0 ? 0.0 : static_cast<double>(data.keptCount) / static_cast<double>(cells);
    const QFontMetricsF metrics(style.font);
    const double box = metrics.height() * 0.8;
    const double y = area.top() + metrics.height() * 1.25;
    double x = area.left() + 1;
    const std::array<QString, 2> words{tr("kept %1 (%2)").arg(data.keptCount).arg(percentText(share)),
                                       tr("dropped %1 (%2)").arg(cells - data.keptCount).arg(percentText(1.0 - share))};
    painter.setFont(style.font);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const QRectF swatch(x, y + (metrics.height() - box) / 2, box, box);
        painter.fillRect(swatch, i == 0 ? QColor(0x6e, 0x8b, 0xa8) : (style.dark ? QColor(0x2c, 0x2f, 0x34) : QColor(0xde, 0xe0, 0xe3)));
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(i == 0 ? QColor(30, 30, 30) : style.frame, i == 0 ? 3 : 1));
        painter.drawRect(swatch);
        if (i == 0) {
            painter.setPen(QPen(Qt::white, 1.4));
            painter.drawRect(swatch);
        }
        painter.setPen(style.text);
        x += box + metrics.averageCharWidth();
        painter.drawText(QRectF(x, y, area.right() - x, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter, words[i]);
        x += metrics.horizontalAdvance(words[i]) + metrics.averageCharWidth() * 3;
    }
}

void paintSidesLegend(QPainter& painter, const QRectF& area, const CanvasScene& scene, const FigureStyle& style) {
    const std::array<std::int64_t, 4>& counts = scene.overlay.sideCounts;
    const QFontMetricsF metrics(style.font);
    const double box = metrics.height() * 0.9;
    const double y = area.top() + metrics.height() * 1.25;
    double x = area.left() + 1;
    const std::array<std::pair<Side, QString>, 4> entries{{{Side::kOnlyA, tr("only A %1")}, {Side::kBoth, tr("both %1")}, {Side::kOnlyB, tr("only B %1")}, {Side::kNeither, tr("neither %1")}}};
    painter.setFont(style.font);
    for (const auto& [side, text] : entries) {
        const QRectF swatch(x, y + (metrics.height() - box) / 2, box, box);
        const bool neither = side == Side::kNeither;
        painter.fillRect(swatch, neither ? (style.dark ? QColor(0x2c, 0x2f, 0x34) : QColor(0xde, 0xe0, 0xe3)) : QColor(0x6e, 0x8b, 0xa8));
        if (side == Side::kOnlyA || side == Side::kOnlyB) {
            const bool rising = side == Side::kOnlyA;
            figure::hatch(painter, swatch, QColor(0, 0, 0, 190), 6.0, rising, 3.2);
            figure::hatch(painter, swatch, rising ? kOnlyAColour : kOnlyBColour, 6.0, rising, 1.8);
        }
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(side == Side::kBoth ? QColor(30, 30, 30) : style.frame, side == Side::kBoth ? 3 : 1));
        painter.drawRect(swatch);
        if (side == Side::kBoth) {
            painter.setPen(QPen(Qt::white, 1.4));
            painter.drawRect(swatch);
        }
        painter.setPen(style.text);
        x += box + metrics.averageCharWidth();
        const QString words = text.arg(counts[static_cast<std::size_t>(side)]);
        painter.drawText(QRectF(x, y, area.right() - x, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter, words);
        x += metrics.horizontalAdvance(words) + metrics.averageCharWidth() * 2.5;
    }
}

}  // namespace

double legendHeight(const QFont& font) {
    const QFontMetricsF metrics(font);
    return metrics.height() * (1.15 + kBarHeight + 0.25) + QFontMetricsF(smaller(font)).height();
}

void paintLegend(QPainter& painter, const QRectF& area, const CanvasScene& scene, const FigureStyle& style) {
    const OverlayData& data = scene.overlay;
    if (data.kind == OverlayKind::kNone || data.label.isEmpty()) {
        return;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    const QFontMetricsF metrics(style.font);
    paintHeader(painter, QRectF(area.left(), area.top(), area.width(), metrics.height()), scene, style);
    if (data.values.empty()) {
        painter.restore();
        return;
    }
    if (data.kind == OverlayKind::kRetained) {
        paintRetainedLegend(painter, area, scene, style);
    } else if (data.kind == OverlayKind::kSides) {
        paintSidesLegend(painter, area, scene, style);
    } else {
        const QRectF bar(area.left() + 0.5, area.top() + metrics.height() * 1.15, area.width() - 1, metrics.height() * kBarHeight);
        paintBar(painter, bar, scene, style);
        const QRectF ticks(area.left(), bar.bottom() + metrics.height() * 0.2, area.width(), metrics.height());
        data.contours.empty() ? paintTicks(painter, ticks, data, style) : paintContourTicks(painter, ticks, data, style);
    }
    painter.restore();
}

}  // namespace prunescope
