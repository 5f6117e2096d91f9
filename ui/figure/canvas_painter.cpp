// SPDX-License-Identifier: GPL-3.0-or-later

// Painting of picture and overlays.

#include "ui/figure/canvas_painter.h"

#include "ui/figure/cell_grid.h"
#include "ui/figure/picture.h"

#include <QPainter>
#include <QPen>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

namespace prunescope {

using namespace figure;

namespace {

/// Fills and hatches what of `all` lies outside `inner`.
void hatchAround(QPainter& painter, const QRectF& all, const QRectF& inner, const QColor& fill) {
    const QRectF parts[4] = {QRectF(all.left(), all.top(), all.width(), inner.top() - all.top()),
                             QRectF(all.left(), inner.bottom(), all.width(), all.bottom() - inner.bottom()),
                             QRectF(all.left(), inner.top(), inner.left() - all.left(), inner.height()),
                             QRectF(inner.right(), inner.top(), all.right() - inner.right(), inner.height())};
    for (const QRectF& part : parts) {
        if (part.width() > 0.5 && part.height() > 0.5) {
            painter.fillRect(part, fill);
            hatch(painter, part, QColor(255, 255, 255, 90), 9.0);
        }
    }
}

void paintUnseen(QPainter& painter, const CanvasScene& scene, const QTransform& transform) {
    const QRectF all = transform.mapRect(scene.pictureRect);
    hatchAround(painter, all, transform.mapRect(scene.tokenRect).intersected(all), QColor(30, 34, 40, 150));
    const QRectF padding = transform.mapRect(scene.tokenRect);
    if (!all.contains(padding.adjusted(1, 1, -1, -1))) {   // the grid reaches beyond the image: padding
        painter.setPen(QPen(QColor(128, 136, 148), 1, Qt::DashLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(padding);
    }
}

void paintHeat(QPainter& painter, const CanvasScene& scene, const CellGrid& grid) {
    const OverlayData& data = scene.overlay;
    QImage heat(scene.cols, scene.rows, QImage::Format_RGB32);
    for (int row = 0; row < scene.rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(heat.scanLine(row));
        for (int col = 0; col < scene.cols; ++col) {
            line[col] = colourAt(scene.colourMap, data.position(static_cast<std::size_t>(row * scene.cols + col)));
        }
    }
    painter.setOpacity(scene.opacity);
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(QRectF(grid.cell(0, 0).topLeft(), grid.cell(scene.rows - 1, scene.cols - 1).bottomRight()), heat);
    painter.setOpacity(1.0);
    if (!data.contours.empty()) {
        paintContours(painter, scene, grid);
    }
    if (!data.marked.empty()) {
        const CellTest marked = [&](int row, int col) { return data.marked[static_cast<std::size_t>(row * scene.cols + col)] != 0; };
        forEachRun(scene, marked, [&](int row, int begin, int end) { hatch(painter, grid.span(row, begin, end), QColor(0, 0, 0, 95), 6.0); });
        outlineCells(painter, grid, marked, 1.0);
    }
}

void paintRetained(QPainter& painter, const CanvasScene& scene, const CellGrid& grid) {
    const CellTest kept = [&](int row, int col) { return scene.overlay.kept[static_cast<std::size_t>(row * scene.cols + col)] != 0; };
    const CellTest dropped = [&](int row, int col) { return !kept(row, col); };
    if (scene.paper) {
        constexpr double kPaperWhite = 0.65;   // as in the figures of the paper
        forEachRun(scene, dropped, [&](int row, int begin, int end) { painter.fillRect(grid.span(row, begin, end), QColor::fromRgbF(1.0F, 1.0F, 1.0F, static_cast<float>(kPaperWhite))); });
        return;
    }
    painter.setOpacity(scene.opacity);
    forEachRun(scene, dropped, [&](int row, int begin, int end) { drawPicturePart(painter, scene, scene.faded, grid.transform, grid.span(row, begin, end)); });
    painter.setOpacity(1.0);
    outlineCells(painter, grid, kept, 1.4);
}

void paintGridLines(QPainter& painter, const CanvasScene& scene, const CellGrid& grid) {
    if (grid.cell(0, 0).width() < 4) {
        return;
    }
    painter.setPen(QPen(QColor(255, 255, 255, 60), 0));
    for (int row = 0; row <= scene.rows; ++row) {
        const qreal y = row < scene.rows ? grid.cell(row, 0).top() : grid.cell(row - 1, 0).bottom();
        painter.drawLine(QPointF(grid.cell(0, 0).left(), y), QPointF(grid.cell(0, scene.cols - 1).right(), y));
    }
    for (int col = 0; col <= scene.cols; ++col) {
        const qreal x = col < scene.cols ? grid.cell(0, col).left() : grid.cell(0, col - 1).right();
        painter.drawLine(QPointF(x, grid.cell(0, 0).top()), QPointF(x, grid.cell(scene.rows - 1, 0).bottom()));
    }
}

bool overlayFits(const CanvasScene& scene) {
    return scene.rows > 0 && scene.cols > 0 && scene.overlay.rows == scene.rows && scene.overlay.cols == scene.cols;
}

void paintOverlay(QPainter& painter, const CanvasScene& scene, const CellGrid& grid) {
    if (scene.overlay.kind == OverlayKind::kRetained) {
        paintRetained(painter, scene, grid);
    } else if (scene.overlay.kind == OverlayKind::kSides && !scene.overlay.values.empty()) {
        paintSides(painter, scene, grid);
    } else if (scene.overlay.hasHeat()) {
        paintHeat(painter, scene, grid);
    }
    paintForced(painter, scene, grid);
}

/// Name of a side of the wipe, on a plate in its upper corner.
void paintSideName(QPainter& painter, const QRectF& part, const QString& name, Qt::Alignment side) {
    const QFontMetricsF metrics(painter.font());
    if (part.width() < metrics.averageCharWidth() * 6) {
        return;
    }
    const QString text = metrics.elidedText(name, Qt::ElideRight, part.width() - 16);
    QRectF box(0, part.top() + 4, metrics.horizontalAdvance(text) + 8, metrics.height() + 2);
    side == Qt::AlignLeft ? box.moveLeft(part.left() + 4) : box.moveRight(part.right() - 4);
    painter.fillRect(box, QColor(16, 20, 26, 225));
    painter.setPen(Qt::white);
    painter.drawText(box, Qt::AlignCenter, text);
}

void paintWiped(QPainter& painter, const CanvasScene& scene, const QTransform& transform) {
    const qreal ratio = painter.device()->devicePixelRatioF();
    const QRectF all = transform.mapRect(scene.tokenRect);
    const qreal split = std::round((all.left() + all.width() * *scene.wipe) * ratio) / ratio;
    const QRectF left(all.left(), all.top(), split - all.left(), all.height());
    const QRectF right(split, all.top(), all.right() - split, all.height());
    CanvasScene a = scene;
    a.overlay = scene.other;
    const std::array<std::pair<const CanvasScene*, QRectF>, 2> parts{{{&a, left}, {&scene, right}}};
    for (const auto& [part, area] : parts) {
        if (area.width() > 0) {
            painter.save();
            painter.setClipRect(area, Qt::IntersectClip);
            paintOverlay(painter, *part, CellGrid{*part, transform, ratio});
            painter.restore();
        }
    }
    painter.setPen(QPen(QColor(0, 0, 0, 220), 4));
    painter.drawLine(QPointF(split, all.top()), QPointF(split, all.bottom()));
    painter.setPen(QPen(Qt::white, 2));
    painter.drawLine(QPointF(split, all.top()), QPointF(split, all.bottom()));
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(QPen(QColor(0, 0, 0, 220), 1));
    painter.setBrush(Qt::white);
    constexpr qreal kHandle = 8;
    const QPointF middle(split, all.center().y());
    painter.drawEllipse(middle, kHandle, kHandle);
    painter.setPen(QPen(QColor(16, 20, 26), 1.6));
    for (const qreal direction : {-1.0, 1.0}) {
        painter.drawPolyline(QPolygonF({middle + QPointF(direction * 2.5, -3), middle + QPointF(direction * 5, 0), middle + QPointF(direction * 2.5, 3)}));
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
    paintSideName(painter, left, scene.leftName, Qt::AlignLeft);
    paintSideName(painter, right, scene.rightName, Qt::AlignRight);
}

}  // namespace

QRectF CanvasScene::cellRect(int row, int col) const {
    return {tokenRect.left() + tokenRect.width() * col / cols, tokenRect.top() + tokenRect.height() * row / rows, tokenRect.width() / cols, tokenRect.height() / rows};
}

CanvasScene makeScene(const RunResult& result, bool original, bool darkGround) {
    CanvasScene scene;
    if (!result.image) {
        return scene;
    }
    const ImageContext& image = *result.image;
    const GridMap& grid = image.input.grid;
    scene.rows = grid.rows;
    scene.cols = grid.cols;
    scene.original = original && image.decoded != nullptr;
    const double gridWidth = static_cast<double>(grid.patchSize) * grid.cols;
    const double gridHeight = static_cast<double>(grid.patchSize) * grid.rows;
    if (scene.original) {
        scene.picture = toQImage(image.decoded->rgb);
        scene.pictureRect = QRectF(0, 0, grid.imageWidth, grid.imageHeight);
        scene.tokenRect = QRectF(grid.offsetX, grid.offsetY, gridWidth * grid.scaleX, gridHeight * grid.scaleY);
    } else {
        scene.picture = toQImage(image.input.seen);
        scene.pictureRect = QRectF(0, 0, image.input.seen.width, image.input.seen.height);
        scene.tokenRect = QRectF(0, 0, gridWidth, gridHeight);
        if (grid.padded && grid.scaleX > 0 && grid.scaleY > 0) {
            scene.imagePart = QRectF(-grid.offsetX / grid.scaleX, -grid.offsetY / grid.scaleY, grid.imageWidth / grid.scaleX, grid.imageHeight / grid.scaleY);
        }
    }
    constexpr double kFade = 0.72;
    scene.faded = dimmed(scene.picture, darkGround ? qRgb(20, 22, 26) : qRgb(250, 250, 251), kFade);
    return scene;
}

void paintCanvas(QPainter& painter, const CanvasScene& scene, const QTransform& sceneToTarget, const CanvasMarks& marks) {
    if (scene.picture.isNull()) {
        return;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    const double pixelScale = sceneToTarget.m11() * scene.pictureRect.width() / scene.picture.width() * painter.device()->devicePixelRatioF();
    painter.setRenderHint(QPainter::SmoothPixmapTransform, pixelScale < 4.0);   // from 4x on, pixels are shown as they are
    painter.drawImage(sceneToTarget.mapRect(scene.pictureRect), scene.picture);
    if (scene.original) {
        paintUnseen(painter, scene, sceneToTarget);
    } else if (!scene.imagePart.isNull()) {
        hatchAround(painter, sceneToTarget.mapRect(scene.pictureRect), sceneToTarget.mapRect(scene.imagePart.intersected(scene.pictureRect)), Qt::transparent);
    }
    if (overlayFits(scene)) {
        const CellGrid grid{scene, sceneToTarget, painter.device()->devicePixelRatioF()};
        scene.wipe ? paintWiped(painter, scene, sceneToTarget) : paintOverlay(painter, scene, grid);
        if (scene.gridLines && !scene.paper) {
            paintGridLines(painter, scene, grid);
        }
        paintLinks(painter, grid, marks);
        if (marks.pinned) {
            paintMark(painter, grid.cell(marks.pinned->row, marks.pinned->col), 2.0);
        }
        if (marks.hovered) {
            paintMark(painter, grid.cell(marks.hovered->row, marks.hovered->col), 1.0);
        }
    }
    painter.restore();
}

void paintMask(QPainter& painter, const QRectF& area, const QImage& picture, int rows, int cols, const std::vector<std::uint8_t>& marked, const FigureStyle& style) {
    painter.save();
    painter.setRenderHint(QPainter::SmoothPixmapTransform, true);
    painter.drawImage(area, picture);
    if (rows > 0 && cols > 0 && marked.size() == static_cast<std::size_t>(rows * cols)) {
        QImage veil(cols, rows, QImage::Format_ARGB32);
        const QRgb cover = style.dark ? qRgba(16, 18, 21, 225) : qRgba(255, 255, 255, 225);
        for (int row = 0; row < rows; ++row) {
            auto* line = reinterpret_cast<QRgb*>(veil.scanLine(row));
            for (int col = 0; col < cols; ++col) {
                line[col] = marked[static_cast<std::size_t>(row * cols + col)] != 0 ? cover : qRgba(0, 0, 0, 0);
            }
        }
        painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
        painter.drawImage(area, veil);
    }
    painter.restore();
}

QImage renderFigure(const CanvasScene& scene, const QString& title, const QString& settings, const FigureStyle& style, int side) {
    const QRectF bounds = scene.bounds();
    if (scene.picture.isNull() || bounds.isEmpty()) {
        return {};
    }
    const double scale = side / std::max(bounds.width(), bounds.height());
    FigureStyle scaled = style;
    constexpr int kPixelsPerLine = 48;   // text of 1/48 of the width
    scaled.font.setPixelSize(std::max(11, side / kPixelsPerLine));
    const QFontMetricsF metrics(scaled.font);
    const double margin = metrics.height() * 0.8;
    const double width = std::max(bounds.width() * scale, side * 0.6);
    const double lineHeight = metrics.height() * 1.25;
    const QStringList lines = settings.isEmpty() ? QStringList() : settings.split(QLatin1Char('\n'));
    const double titleHeight = (title.isEmpty() ? 0 : lineHeight) + lineHeight * static_cast<double>(lines.size());
    const double legend = scene.overlay.kind == OverlayKind::kNone ? 0 : legendHeight(scaled.font);
    const double canvasHeight = bounds.height() * scale;
    QImage image(static_cast<int>(std::ceil(width + 2 * margin)), static_cast<int>(std::ceil(titleHeight + canvasHeight + legend + 2.5 * margin)), QImage::Format_RGB32);
    image.fill(style.background);
    QPainter painter(&image);
    painter.setFont(scaled.font);
    painter.setPen(style.text);
    painter.drawText(QRectF(margin, margin * 0.5, width, lineHeight), Qt::AlignLeft | Qt::AlignTop, metrics.elidedText(title, Qt::ElideRight, width));
    painter.setPen(style.muted);
    double line = margin * 0.5 + (title.isEmpty() ? 0 : lineHeight);
    for (const QString& text : lines) {
        painter.drawText(QRectF(margin, line, width, lineHeight), Qt::AlignLeft | Qt::AlignTop, metrics.elidedText(text, Qt::ElideRight, width));
        line += lineHeight;
    }
    const double left = margin + (width - bounds.width() * scale) / 2;
    const double top = margin * 0.6 + titleHeight;
    QTransform transform;
    transform.translate(left - bounds.left() * scale, top - bounds.top() * scale);
    transform.scale(scale, scale);
    paintCanvas(painter, scene, transform, {});
    paintLegend(painter, QRectF(margin, top + canvasHeight + margin * 0.6, width, legend), scene, scaled);
    return image;
}

}  // namespace prunescope
