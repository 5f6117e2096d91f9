// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The token grid on the target, and what all overlays are drawn with: runs of cells, outlines, hatching. Private to ui/figure.

#include "ui/figure/canvas_painter.h"

#include <QRectF>
#include <QTransform>

#include <cmath>
#include <functional>

class QPainter;

namespace prunescope::figure {

/// Cell edges rounded to whole target pixels, so that neighbours share an edge without seam or overlap.
struct CellGrid {
    const CanvasScene& scene;
    QTransform transform;
    qreal ratio;   ///< device pixels per target unit

    [[nodiscard]] qreal snap(qreal v) const { return std::round(v * ratio) / ratio; }
    [[nodiscard]] QRectF cell(int row, int col) const { return span(row, col, col + 1); }
    [[nodiscard]] QRectF span(int row, int colBegin, int colEnd) const {
        const QRectF& t = scene.tokenRect;
        const QPointF a = transform.map(QPointF(t.left() + t.width() * colBegin / scene.cols, t.top() + t.height() * row / scene.rows));
        const QPointF b = transform.map(QPointF(t.left() + t.width() * colEnd / scene.cols, t.top() + t.height() * (row + 1) / scene.rows));
        return {QPointF(snap(a.x()), snap(a.y())), QPointF(snap(b.x()), snap(b.y()))};
    }
};

using CellTest = std::function<bool(int, int)>;

using CellTest = std::function<bool(int, int)>;

/// Calls `draw(row, begin, end)` for each run of cells of a row that pass.
void forEachRun(const CanvasScene& scene, const CellTest& test, const std::function<void(int, int, int)>& draw);
/// The part of a picture that lies under `target`.
void drawPicturePart(QPainter& painter, const CanvasScene& scene, const QImage& image, const QTransform& transform, const QRectF& target);
/// Lines between cells that pass and cells that do not: light on a dark casing, visible on any picture.
void outlineCells(QPainter& painter, const CellGrid& grid, const CellTest& test, qreal width, Qt::PenStyle style = Qt::SolidLine);
/// Parallel lines, rising to the right or falling; they stay put while panning.
void hatch(QPainter& painter, const QRectF& area, const QColor& colour, qreal spacing, bool rising = true, qreal width = 1.0);
/// A cell of the pointer: white on a black casing.
void paintMark(QPainter& painter, const QRectF& box, qreal width);

/// Lines and numbers of OverlayData::contours.
void paintContours(QPainter& painter, const CanvasScene& scene, const CellGrid& grid);
/// Only A, only B, both, neither: pattern, outline and colour.
void paintSides(QPainter& painter, const CanvasScene& scene, const CellGrid& grid);
/// Padlocks of tokens kept or dropped by hand.
void paintForced(QPainter& painter, const CanvasScene& scene, const CellGrid& grid);
/// Lines from the pinned token to its partners.
void paintLinks(QPainter& painter, const CellGrid& grid, const CanvasMarks& marks);

}  // namespace prunescope::figure
