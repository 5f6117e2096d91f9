// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The image with its overlay: zoom at the pointer, pan, hover and pin of tokens. Paints through ui/figure and owns nothing but the view.

#include "ui/figure/canvas_painter.h"

#include <QPolygonF>
#include <QWidget>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace prunescope {

class CanvasWidget : public QWidget {
    Q_OBJECT

public:
    explicit CanvasWidget(QWidget* parent = nullptr);

    /// New picture: fits it unless its size is the one before (another overlay keeps the view).
    void setScene(const CanvasScene& scene);
    [[nodiscard]] const CanvasScene& scene() const { return m_scene; }
    /// Text in the middle while there is no picture.
    void setPlaceholder(const QString& text);
    /// Mark in the corner that what is shown is not up to date; empty: none.
    void setBadge(const QString& text);
    [[nodiscard]] QString badge() const { return m_badge; }
    /// Text of the tooltip for the token under the pointer.
    void setHoverText(const QString& text);
    [[nodiscard]] QString hoverText() const { return m_hoverText; }

    /// Words about a token for assistive technology: its place and fate; what decided it.
    struct CellWords {
        QString name, description;
    };
    void setCellDescriber(std::function<CellWords(int row, int col)> describe) { m_describe = std::move(describe); }
    [[nodiscard]] QString cellName(int row, int col) const { return m_describe ? m_describe(row, col).name : QString(); }
    [[nodiscard]] QString cellDescription(int row, int col) const { return m_describe ? m_describe(row, col).description : QString(); }

    void fitView();
    /// One image pixel on one device pixel.
    void actualPixels();
    void zoomBy(double factor);
    /// Device-independent pixels per scene unit.
    [[nodiscard]] double zoom() const { return m_zoom; }
    /// The whole picture is in view and stays so when the widget changes its size.
    [[nodiscard]] bool fitted() const { return m_fitted; }
    /// Scene point in the middle of the widget.
    [[nodiscard]] QPointF centre() const { return m_centre; }
    void setView(double zoom, const QPointF& centre);
    [[nodiscard]] QTransform sceneToWidget() const;
    [[nodiscard]] std::optional<GridMap::Cell> hovered() const { return m_marks.hovered; }
    [[nodiscard]] std::optional<GridMap::Cell> pinned() const { return m_marks.pinned; }
    void setPinned(std::optional<GridMap::Cell> cell);
    /// Lines from the pinned token.
    void setLinks(std::vector<CellLink> links);
    [[nodiscard]] const std::vector<CellLink>& links() const { return m_marks.links; }
    [[nodiscard]] std::optional<GridMap::Cell> cellAt(const QPointF& position) const;

    [[nodiscard]] QSize sizeHint() const override { return {480, 480}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {220, 220}; }

Q_SIGNALS:
    /// The token to be described has changed (hovered, else pinned).
    void cellChanged();
    void viewChanged();
    /// Cells under a brush (Ctrl: 1 keep, Shift: 2 drop) or inside a lasso (with Alt); `mark` is a ForceMark.
    void forceRequested(const std::vector<prunescope::GridMap::Cell>& cells, int mark);
    /// A brush was put down or lifted.
    void forceHeld(bool held);
    /// The handle of the wipe was moved to this share of the grid's width.
    void wipeMoved(double share);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    void zoomAt(const QPointF& point, double factor);
    void clampView();
    void setHovered(std::optional<GridMap::Cell> cell);
    void movePin(int rows, int cols);
    [[nodiscard]] double fitZoom() const;
    void paintBadge(QPainter& painter) const;
    void paintSideName(QPainter& painter) const;
    void paintLasso(QPainter& painter) const;
    [[nodiscard]] bool overWipe(const QPointF& position) const;
    void moveWipe(const QPointF& position);
    void beginForce(QMouseEvent* event);
    void moveForce(const QPointF& position);
    void endForce();
    [[nodiscard]] std::vector<GridMap::Cell> cellsBetween(const QPointF& from, const QPointF& to) const;
    [[nodiscard]] std::vector<GridMap::Cell> cellsInside(const QPolygonF& outline) const;

    CanvasScene m_scene;
    CanvasMarks m_marks;
    std::function<CellWords(int row, int col)> m_describe;
    QString m_placeholder, m_badge, m_hoverText;
    double m_zoom = 1;
    QPointF m_centre;   ///< scene point in the middle of the widget
    bool m_fitted = true, m_panning = false;
    QPointF m_pressed, m_last;
    bool m_wiping = false, m_brushed = false;
    int m_force = 0;          ///< mark that is being painted; 0: none
    QPolygonF m_lasso;        ///< widget coordinates; empty: brush
};

}  // namespace prunescope
