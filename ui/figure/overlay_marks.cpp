// SPDX-License-Identifier: GPL-3.0-or-later

// Contours, sides of a comparison, marks of forced tokens, links of the pinned one; and the strokes that all overlays share.

#include "ui/figure/cell_grid.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QPen>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace prunescope::figure {

namespace {

std::size_t at(const CanvasScene& scene, int row, int col) {
    return static_cast<std::size_t>(row * scene.cols + col);
}

/// A number on a dark plate, centred at a point; false when it would touch one that is there already.
bool paintPlate(QPainter& painter, const QPointF& centre, const QString& text, const QRectF& area, std::vector<QRectF>& placed) {
    const QFontMetricsF metrics(painter.font());
    QRectF box(0, 0, metrics.horizontalAdvance(text) + 6, metrics.height());
    box.moveCenter(centre);
    box.moveLeft(std::clamp(box.left(), area.left(), std::max(area.left(), area.right() - box.width())));
    box.moveTop(std::clamp(box.top(), area.top(), std::max(area.top(), area.bottom() - box.height())));
    for (const QRectF& other : placed) {
        if (other.adjusted(-3, -2, 3, 2).intersects(box)) {
            return false;
        }
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(16, 20, 26, 225));
    painter.drawRect(box);
    painter.setPen(Qt::white);
    painter.drawText(box, Qt::AlignCenter, text);
    placed.push_back(box);
    return true;
}

}  // namespace

void forEachRun(const CanvasScene& scene, const CellTest& test, const std::function<void(int, int, int)>& draw) {
    for (int row = 0; row < scene.rows; ++row) {
        int begin = -1;
        for (int col = 0; col <= scene.cols; ++col) {
            const bool in = col < scene.cols && test(row, col);
            if (in && begin < 0) {
                begin = col;
            } else if (!in && begin >= 0) {
                draw(row, begin, col);
                begin = -1;
            }
        }
    }
}

void drawPicturePart(QPainter& painter, const CanvasScene& scene, const QImage& image, const QTransform& transform, const QRectF& target) {
    const QRectF inScene = transform.inverted().mapRect(target).intersected(scene.pictureRect);
    if (inScene.isEmpty()) {
        return;
    }
    const double sx = image.width() / scene.pictureRect.width();
    const double sy = image.height() / scene.pictureRect.height();
    const QRectF source((inScene.left() - scene.pictureRect.left()) * sx, (inScene.top() - scene.pictureRect.top()) * sy, inScene.width() * sx, inScene.height() * sy);
    painter.drawImage(transform.mapRect(inScene), image, source);
}

void outlineCells(QPainter& painter, const CellGrid& grid, const CellTest& test, qreal width, Qt::PenStyle style) {
    QVector<QLineF> lines;
    const CanvasScene& scene = grid.scene;
    const auto in = [&](int row, int col) { return row >= 0 && col >= 0 && row < scene.rows && col < scene.cols && test(row, col); };
    for (int row = 0; row < scene.rows; ++row) {
        for (int col = 0; col < scene.cols; ++col) {
            if (!in(row, col)) {
                continue;
            }
            const QRectF box = grid.cell(row, col);
            const std::pair<bool, QLineF> edges[] = {{in(row - 1, col), {box.topLeft(), box.topRight()}}, {in(row + 1, col), {box.bottomLeft(), box.bottomRight()}},
                                                     {in(row, col - 1), {box.topLeft(), box.bottomLeft()}}, {in(row, col + 1), {box.topRight(), box.bottomRight()}}};
            for (const auto& [inside, line] : edges) {
                if (!inside) {
                    lines << line;
                }
            }
        }
    }
    painter.setPen(QPen(QColor(0, 0, 0, 170), width * 2.4, Qt::SolidLine, Qt::SquareCap));
    painter.drawLines(lines);
    painter.setPen(QPen(QColor(255, 255, 255, 245), width, style, Qt::SquareCap));
    painter.drawLines(lines);
}

void hatch(QPainter& painter, const QRectF& area, const QColor& colour, qreal spacing, bool rising, qreal width) {
    painter.save();
    painter.setClipRect(area, Qt::IntersectClip);
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(QPen(colour, width));
    if (rising) {
        const qreal first = std::floor((area.left() - area.height() + area.top()) / spacing) * spacing + area.height();
        for (qreal sum = first; sum < area.right() + area.bottom(); sum += spacing) {
            painter.drawLine(QPointF(sum - area.bottom(), area.bottom()), QPointF(sum - area.top(), area.top()));
        }
    } else {
        const qreal first = std::floor((area.left() - area.bottom()) / spacing) * spacing;   // lines x - y = const
        for (qreal gap = first; gap < area.right() - area.top(); gap += spacing) {
            painter.drawLine(QPointF(gap + area.top(), area.top()), QPointF(gap + area.bottom(), area.bottom()));
        }
    }
    painter.restore();
}

void paintMark(QPainter& painter, const QRectF& box, qreal width) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 220), width + 2));
    painter.drawRect(box.adjusted(-1, -1, 1, 1));
    painter.setPen(QPen(QColor(255, 255, 255), width));
    painter.drawRect(box.adjusted(-1, -1, 1, 1));
}

void paintContours(QPainter& painter, const CanvasScene& scene, const CellGrid& grid) {
    const OverlayData& data = scene.overlay;
    const QRectF area(grid.cell(0, 0).topLeft(), grid.cell(scene.rows - 1, scene.cols - 1).bottomRight());
    std::vector<QRectF> placed;
    QFont font = painter.font();
    font.setPixelSize(std::clamp(static_cast<int>(grid.cell(0, 0).height() * 0.8), 9, 22));
    font.setBold(true);
    for (const double level : data.contours) {
        const CellTest inside = [&](int row, int col) { return static_cast<double>(data.values[at(scene, row, col)]) <= level; };
        outlineCells(painter, grid, inside, 1.0);
    }
    painter.setFont(font);
    painter.setRenderHint(QPainter::Antialiasing, true);
    for (const double level : data.contours) {
        const CellTest inside = [&](int row, int col) { return row >= 0 && static_cast<double>(data.values[at(scene, row, col)]) <= level; };
        bool done = false;
        for (int row = 0; row < scene.rows && !done; ++row) {   // the first place on the upper edge that is free
            for (int col = 0; col < scene.cols && !done; ++col) {
                if (inside(row, col) && !inside(row - 1, col)) {
                    const QRectF box = grid.cell(row, col);
                    done = paintPlate(painter, QPointF(box.center().x(), box.top()), QString::number(level), area, placed);
                }
            }
        }
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void paintSides(QPainter& painter, const CanvasScene& scene, const CellGrid& grid) {
    const auto side = [&](int row, int col) { return static_cast<int>(scene.overlay.values[at(scene, row, col)]); };
    const auto is = [&](Side wanted) { return CellTest([&side, wanted](int row, int col) { return side(row, col) == static_cast<int>(wanted); }); };
    painter.setOpacity(scene.opacity);
    forEachRun(scene, is(Side::kNeither), [&](int row, int begin, int end) { drawPicturePart(painter, scene, scene.faded, grid.transform, grid.span(row, begin, end)); });
    painter.setOpacity(1.0);
    const std::array<std::pair<Side, bool>, 2> ones{{{Side::kOnlyA, true}, {Side::kOnlyB, false}}};
    for (const auto& [which, rising] : ones) {
        const QColor colour = which == Side::kOnlyA ? kOnlyAColour : kOnlyBColour;
        QColor veil = colour;
        veil.setAlpha(70);
        forEachRun(scene, is(which), [&, up = rising](int row, int begin, int end) {
            const QRectF box = grid.span(row, begin, end);
            painter.fillRect(box, veil);
            hatch(painter, box, QColor(0, 0, 0, 190), 6.0, up, 3.2);
            hatch(painter, box, colour, 6.0, up, 1.8);
        });
    }
    outlineCells(painter, grid, is(Side::kBoth), 1.6);
    outlineCells(painter, grid, is(Side::kOnlyA), 1.0);
    outlineCells(painter, grid, is(Side::kOnlyB), 1.0);
}

void paintForced(QPainter& painter, const CanvasScene& scene, const CellGrid& grid) {
    const OverlayData& data = scene.overlay;
    if (data.forced.size() != static_cast<std::size_t>(scene.rows * scene.cols)) {
        return;
    }
    painter.setRenderHint(QPainter::Antialiasing, true);
    for (int row = 0; row < scene.rows; ++row) {
        for (int col = 0; col < scene.cols; ++col) {
            const std::uint8_t mark = data.forced[at(scene, row, col)];
            if (mark == 0) {
                continue;
            }
            const QRectF box = grid.cell(row, col);
            const qreal radius = std::min(box.width(), box.height()) * 0.3;
            painter.setPen(QPen(Qt::white, 1.2));
            painter.setBrush(QColor(16, 20, 26, 235));
            painter.drawEllipse(box.center(), radius, radius);
            painter.setPen(QPen(Qt::white, std::max(1.4, radius * 0.34), Qt::SolidLine, Qt::RoundCap));
            const qreal arm = radius * 0.5;
            if (mark == 1) {   // a tick: kept by hand
                painter.drawPolyline(QPolygonF({box.center() + QPointF(-arm, 0), box.center() + QPointF(-arm * 0.2, arm * 0.7), box.center() + QPointF(arm, -arm * 0.7)}));
            } else {           // a cross: dropped by hand
                painter.drawLine(box.center() + QPointF(-arm, -arm) * 0.8, box.center() + QPointF(arm, arm) * 0.8);
                painter.drawLine(box.center() + QPointF(-arm, arm) * 0.8, box.center() + QPointF(arm, -arm) * 0.8);
            }
        }
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void paintLinks(QPainter& painter, const CellGrid& grid, const CanvasMarks& marks) {
    if (!marks.pinned || marks.links.empty()) {
        return;
    }
    painter.setRenderHint(QPainter::Antialiasing, true);
    const QPointF from = grid.cell(marks.pinned->row, marks.pinned->col).center();
    QFont font = painter.font();
    font.setPixelSize(11);
    painter.setFont(font);
    std::vector<QRectF> placed{grid.cell(marks.pinned->row, marks.pinned->col)};
    const QRectF area(grid.cell(0, 0).topLeft(), grid.cell(grid.scene.rows - 1, grid.scene.cols - 1).bottomRight());
    for (const CellLink& link : marks.links) {
        const QPointF to = grid.cell(link.to.row, link.to.col).center();
        painter.setPen(QPen(QColor(0, 0, 0, 200), 4.0));
        painter.drawLine(from, to);
        painter.setPen(QPen(Qt::white, 1.8, link.edge ? Qt::SolidLine : Qt::DotLine));
        painter.drawLine(from, to);
    }
    for (const CellLink& link : marks.links) {
        const QRectF box = grid.cell(link.to.row, link.to.col);
        paintMark(painter, box, 1.0);
        const QLineF away(from, box.center());   // beyond the partner, where no line runs
        const QPointF outwards = away.length() > 0 ? (away.p2() - away.p1()) / away.length() : QPointF(0, 1);
        paintPlate(painter, box.center() + QPointF(outwards.x() * (box.width() / 2 + 20), outwards.y() * (box.height() / 2 + 9)), QString::number(link.similarity, 'f', 3), area, placed);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

}  // namespace prunescope::figure
