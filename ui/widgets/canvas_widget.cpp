// SPDX-License-Identifier: GPL-3.0-or-later

// View transform and pointer of the canvas.

#include "ui/widgets/canvas_widget.h"

#include "ui/widgets/theme.h"

#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

constexpr double kMargin = 6;        // around the fitted picture
constexpr double kMostZoom = 64;     // device-independent pixels per scene unit
constexpr double kWheelStep = 120;   // eighths of a degree per notch

}  // namespace

CanvasWidget::CanvasWidget(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setAccessibleName(tr("Image with token grid"));
}

void CanvasWidget::setScene(const CanvasScene& scene) {
    const bool sameView = m_scene.bounds() == scene.bounds();
    m_scene = scene;
    if (m_scene.rows == 0) {
        m_marks = {};
    }
    if (!sameView) {
        m_marks = {};
        fitView();
        Q_EMIT cellChanged();
    }
    update();
}

void CanvasWidget::setPlaceholder(const QString& text) {
    m_placeholder = text;
    update();
}

void CanvasWidget::setBadge(const QString& text) {
    if (text != m_badge) {
        m_badge = text;
        update();
    }
}

void CanvasWidget::setHoverText(const QString& text) {
    m_hoverText = text;
    setAccessibleDescription(text);
}

double CanvasWidget::fitZoom() const {
    const QRectF bounds = m_scene.bounds();
    if (bounds.isEmpty()) {
        return 1;
    }
    return std::max(0.01, std::min((width() - 2 * kMargin) / bounds.width(), (height() - 2 * kMargin) / bounds.height()));
}

void CanvasWidget::fitView() {
    m_fitted = true;
    m_zoom = fitZoom();
    m_centre = m_scene.bounds().center();
    update();
    Q_EMIT viewChanged();
}

void CanvasWidget::actualPixels() {
    m_fitted = false;
    m_zoom = 1.0 / devicePixelRatioF();
    clampView();
    update();
    Q_EMIT viewChanged();
}

void CanvasWidget::setView(double zoom, const QPointF& centre) {
    m_fitted = false;
    m_zoom = std::clamp(zoom, 0.01, kMostZoom);
    m_centre = centre;
    clampView();
    update();
    Q_EMIT viewChanged();
}

void CanvasWidget::zoomBy(double factor) {
    zoomAt(QPointF(width() / 2.0, height() / 2.0), factor);
}

void CanvasWidget::zoomAt(const QPointF& point, double factor) {
    const double least = fitZoom() * 0.5;
    const double wanted = std::clamp(m_zoom * factor, least, std::max(least, kMostZoom));
    const QPointF under = sceneToWidget().inverted().map(point);
    m_fitted = false;
    m_zoom = wanted;
    m_centre = under + (QPointF(width() / 2.0, height() / 2.0) - point) / m_zoom;
    clampView();
    update();
    Q_EMIT viewChanged();
}

void CanvasWidget::clampView() {
    const QRectF bounds = m_scene.bounds();
    m_centre.setX(std::clamp(m_centre.x(), bounds.left(), bounds.right()));
    m_centre.setY(std::clamp(m_centre.y(), bounds.top(), bounds.bottom()));
}

QTransform CanvasWidget::sceneToWidget() const {
    QTransform transform;
    transform.translate(std::round(width() / 2.0 - m_centre.x() * m_zoom), std::round(height() / 2.0 - m_centre.y() * m_zoom));
    transform.scale(m_zoom, m_zoom);
    return transform;
}

std::optional<GridMap::Cell> CanvasWidget::cellAt(const QPointF& position) const {
    if (m_scene.rows <= 0 || m_scene.cols <= 0 || m_scene.tokenRect.isEmpty()) {
        return std::nullopt;
    }
    const QPointF at = sceneToWidget().inverted().map(position);
    const int col = static_cast<int>(std::floor((at.x() - m_scene.tokenRect.left()) / m_scene.tokenRect.width() * m_scene.cols));
    const int row = static_cast<int>(std::floor((at.y() - m_scene.tokenRect.top()) / m_scene.tokenRect.height() * m_scene.rows));
    if (row < 0 || col < 0 || row >= m_scene.rows || col >= m_scene.cols) {
        return std::nullopt;
    }
    return GridMap::Cell{row, col};
}

void CanvasWidget::setHovered(std::optional<GridMap::Cell> cell) {
    const bool same = cell.has_value() == m_marks.hovered.has_value() && (!cell || (cell->row == m_marks.hovered->row && cell->col == m_marks.hovered->col));
    if (!same) {
        m_marks.hovered = cell;
        update();
        Q_EMIT cellChanged();
    }
}

void CanvasWidget::setPinned(std::optional<GridMap::Cell> cell) {
    m_marks.pinned = cell;
    m_marks.links.clear();
    update();
    if (cell && QAccessible::isActive()) {   // a screen reader follows the pin
        QAccessibleEvent moved(this, QAccessible::Focus);
        moved.setChild(cell->row * m_scene.cols + cell->col);
        QAccessible::updateAccessibility(&moved);
    }
    Q_EMIT cellChanged();
}

void CanvasWidget::setLinks(std::vector<CellLink> links) {
    const bool nothing = links.empty() && m_marks.links.empty();
    m_marks.links = std::move(links);
    if (!nothing) {
        update();
    }
}

void CanvasWidget::movePin(int rows, int cols) {
    if (m_scene.rows <= 0) {
        return;
    }
    const GridMap::Cell from = m_marks.pinned.value_or(GridMap::Cell{m_scene.rows / 2, m_scene.cols / 2});
    m_marks.hovered.reset();
    setPinned(GridMap::Cell{std::clamp(from.row + rows, 0, m_scene.rows - 1), std::clamp(from.col + cols, 0, m_scene.cols - 1)});
}

void CanvasWidget::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const FigureStyle style = figureStyle(*this);
    painter.fillRect(rect(), style.background);
    if (m_scene.picture.isNull()) {
        painter.setPen(style.muted);
        painter.drawText(rect().adjusted(20, 20, -20, -20), Qt::AlignCenter | Qt::TextWordWrap, m_placeholder);
    } else {
        paintCanvas(painter, m_scene, sceneToWidget(), m_marks);
    }
    paintLasso(painter);
    paintSideName(painter);
    paintBadge(painter);
    if (hasFocus()) {
        painter.setPen(QPen(style.accent, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void CanvasWidget::paintBadge(QPainter& painter) const {
    if (m_badge.isEmpty()) {
        return;
    }
    const FigureStyle style = figureStyle(*this);
    const QFontMetrics metrics(font());
    const QString text = metrics.elidedText(m_badge, Qt::ElideRight, width() - 40);
    const QRect box(10, 10, metrics.horizontalAdvance(text) + 16, metrics.height() + 8);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(20, 24, 30, 225));
    painter.drawRoundedRect(box, 4, 4);
    painter.setPen(QColor(0xff, 0xd0, 0x8a));
    painter.drawText(box, Qt::AlignCenter, text);
    painter.setRenderHint(QPainter::Antialiasing, false);
}

/// A alone or B alone: its name in the lower left corner.
void CanvasWidget::paintSideName(QPainter& painter) const {
    if (m_scene.leftName.isEmpty() || m_scene.wipe) {
        return;
    }
    const QFontMetrics metrics(font());
    const QString text = metrics.elidedText(m_scene.leftName, Qt::ElideRight, width() - 40);
    QRect box(10, 0, metrics.horizontalAdvance(text) + 12, metrics.height() + 6);
    box.moveBottom(height() - 10);
    painter.fillRect(box, QColor(16, 20, 26, 225));
    painter.setPen(Qt::white);
    painter.drawText(box, Qt::AlignCenter, text);
}

void CanvasWidget::paintLasso(QPainter& painter) const {
    if (m_lasso.size() < 2) {
        return;
    }
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(Qt::black, 3));
    painter.drawPolygon(m_lasso);
    painter.setPen(QPen(Qt::white, 1.4, m_force == 1 ? Qt::SolidLine : Qt::DashLine));
    painter.drawPolygon(m_lasso);
    painter.setRenderHint(QPainter::Antialiasing, false);
}

bool CanvasWidget::overWipe(const QPointF& position) const {
    if (!m_scene.wipe) {
        return false;
    }
    constexpr double kReach = 8;
    const QRectF grid = sceneToWidget().mapRect(m_scene.tokenRect);
    return std::abs(position.x() - (grid.left() + grid.width() * *m_scene.wipe)) <= kReach && position.y() >= grid.top() && position.y() <= grid.bottom();
}

void CanvasWidget::moveWipe(const QPointF& position) {
    const QRectF grid = sceneToWidget().mapRect(m_scene.tokenRect);
    Q_EMIT wipeMoved(std::clamp((position.x() - grid.left()) / grid.width(), 0.0, 1.0));
}

void CanvasWidget::beginForce(QMouseEvent* event) {
    m_force = (event->modifiers() & Qt::ControlModifier) != 0 ? 1 : 2;
    m_brushed = false;
    m_lasso.clear();
    if ((event->modifiers() & Qt::AltModifier) != 0) {
        m_lasso << event->position();
    }
}

void CanvasWidget::moveForce(const QPointF& position) {
    if (!m_lasso.isEmpty()) {
        m_lasso << position;
        update();
        return;
    }
    constexpr double kSlop = 4;
    if (!m_brushed && (position - m_pressed).manhattanLength() <= kSlop) {
        return;
    }
    if (!m_brushed) {
        m_brushed = true;
        Q_EMIT forceHeld(true);
    }
    if (const auto cells = cellsBetween(m_last, position); !cells.empty()) {
        Q_EMIT forceRequested(cells, m_force);
    }
    m_last = position;
}

void CanvasWidget::endForce() {
    const int mark = std::exchange(m_force, 0);
    if (!m_lasso.isEmpty()) {
        const auto cells = cellsInside(m_lasso);
        m_lasso.clear();
        update();
        if (!cells.empty()) {
            Q_EMIT forceRequested(cells, mark);
        }
    } else if (m_brushed) {
        Q_EMIT forceHeld(false);
    } else if (const auto cell = cellAt(m_pressed)) {
        Q_EMIT forceRequested({*cell}, mark);
    }
}

std::vector<GridMap::Cell> CanvasWidget::cellsBetween(const QPointF& from, const QPointF& to) const {
    std::vector<GridMap::Cell> cells;
    const double side = std::max(1.0, m_scene.tokenRect.width() / std::max(1, m_scene.cols) * m_zoom);
    const int steps = std::max(1, static_cast<int>(std::ceil(QLineF(from, to).length() / side * 2)));
    for (int i = 0; i <= steps; ++i) {
        const auto cell = cellAt(from + (to - from) * (static_cast<double>(i) / steps));
        if (cell && (cells.empty() || cells.back().row != cell->row || cells.back().col != cell->col)) {
            cells.push_back(*cell);
        }
    }
    return cells;
}

std::vector<GridMap::Cell> CanvasWidget::cellsInside(const QPolygonF& outline) const {
    std::vector<GridMap::Cell> cells;
    const QTransform transform = sceneToWidget();
    for (int row = 0; row < m_scene.rows; ++row) {
        for (int col = 0; col < m_scene.cols; ++col) {
            if (outline.containsPoint(transform.map(m_scene.cellRect(row, col).center()), Qt::OddEvenFill)) {
                cells.push_back({row, col});
            }
        }
    }
    return cells;
}

void CanvasWidget::resizeEvent(QResizeEvent*) {
    if (m_fitted) {
        fitView();
    }
}

void CanvasWidget::wheelEvent(QWheelEvent* event) {
    const double notches = event->angleDelta().y() / kWheelStep;
    if (!m_scene.picture.isNull() && notches != 0) {
        zoomAt(event->position(), std::pow(1.2, notches));
        setHovered(cellAt(event->position()));
    }
    event->accept();
}

void CanvasWidget::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton || event->button() == Qt::MiddleButton) {
        m_pressed = event->position();
        m_last = m_pressed;
        const bool forcing = event->button() == Qt::LeftButton && (event->modifiers() & (Qt::ControlModifier | Qt::ShiftModifier)) != 0;
        if (forcing && m_scene.rows > 0) {
            beginForce(event);
        } else if (event->button() == Qt::LeftButton && overWipe(m_pressed)) {
            m_wiping = true;
        }
    }
}

void CanvasWidget::mouseMoveEvent(QMouseEvent* event) {
    if (m_wiping) {
        moveWipe(event->position());
        return;
    }
    if (m_force != 0) {
        moveForce(event->position());
        return;
    }
    if ((event->buttons() & (Qt::LeftButton | Qt::MiddleButton)) != 0) {
        constexpr double kSlop = 4;
        m_panning = m_panning || (event->position() - m_pressed).manhattanLength() > kSlop;
        if (m_panning) {
            setCursor(Qt::ClosedHandCursor);
            m_fitted = false;
            m_centre -= (event->position() - m_last) / m_zoom;
            m_last = event->position();
            clampView();
            update();
            Q_EMIT viewChanged();
        }
        return;
    }
    overWipe(event->position()) ? setCursor(Qt::SplitHCursor) : unsetCursor();
    setHovered(cellAt(event->position()));
}

void CanvasWidget::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && (m_wiping || m_force != 0)) {
        m_wiping ? moveWipe(event->position()) : endForce();
        m_wiping = false;
        return;
    }
    if (!m_panning && event->button() == Qt::LeftButton) {
        const std::optional<GridMap::Cell> cell = cellAt(event->position());
        const bool again = cell && m_marks.pinned && cell->row == m_marks.pinned->row && cell->col == m_marks.pinned->col;
        setPinned(again ? std::nullopt : cell);
    }
    m_panning = false;
    unsetCursor();
}

void CanvasWidget::mouseDoubleClickEvent(QMouseEvent*) {
    fitView();
}

void CanvasWidget::leaveEvent(QEvent*) {
    setHovered(std::nullopt);
}

void CanvasWidget::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Left: movePin(0, -1); break;
    case Qt::Key_Right: movePin(0, 1); break;
    case Qt::Key_Up: movePin(-1, 0); break;
    case Qt::Key_Down: movePin(1, 0); break;
    case Qt::Key_Plus: zoomBy(1.25); break;
    case Qt::Key_Underscore: zoomBy(0.8); break;   // - and = turn the budget
    case Qt::Key_0: fitView(); break;
    case Qt::Key_1: actualPixels(); break;
    default: QWidget::keyPressEvent(event);
    }
}

bool CanvasWidget::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        if (m_marks.hovered && !m_hoverText.isEmpty()) {
            QToolTip::showText(help->globalPos(), QStringLiteral("<p style='white-space:pre-wrap'>%1</p>").arg(m_hoverText.toHtmlEscaped()), this);
        } else {
            QToolTip::hideText();
        }
        return true;
    }
    return QWidget::event(event);
}

}  // namespace prunescope
