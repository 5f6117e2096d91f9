// SPDX-License-Identifier: GPL-3.0-or-later

// Table and cells.

#include "ui/widgets/canvas_accessible.h"

#include "ui/widgets/canvas_widget.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <QPointer>

#include <map>

namespace prunescope {

namespace {

class TokenCell;

/// The grid. Cells are made when they are asked for.
class TokenTable : public QAccessibleWidget, public QAccessibleTableInterface {
public:
    explicit TokenTable(CanvasWidget* canvas) : QAccessibleWidget(canvas, QAccessible::Table), m_canvas(canvas) {}
    ~TokenTable() override {
        for (const auto& [index, id] : m_cells) {
            QAccessible::deleteAccessibleInterface(id);
        }
    }
    TokenTable(const TokenTable&) = delete;
    TokenTable& operator=(const TokenTable&) = delete;

    [[nodiscard]] CanvasWidget* canvas() const { return m_canvas; }

    void* interface_cast(QAccessible::InterfaceType type) override {
        return type == QAccessible::TableInterface ? static_cast<QAccessibleTableInterface*>(this) : QAccessibleWidget::interface_cast(type);
    }
    [[nodiscard]] int childCount() const override { return rowCount() * columnCount(); }
    [[nodiscard]] QAccessibleInterface* child(int index) const override { return index >= 0 && index < childCount() ? cellAt(index / columnCount(), index % columnCount()) : nullptr; }
    int indexOfChild(const QAccessibleInterface* child) const override;
    QAccessibleInterface* childAt(int x, int y) const override {
        const auto cell = m_canvas->cellAt(m_canvas->mapFromGlobal(QPoint(x, y)));
        return cell ? cellAt(cell->row, cell->col) : nullptr;
    }
    QAccessibleInterface* focusChild() const override { return m_canvas->pinned() ? cellAt(m_canvas->pinned()->row, m_canvas->pinned()->col) : nullptr; }

    [[nodiscard]] QAccessibleInterface* caption() const override { return nullptr; }
    [[nodiscard]] QAccessibleInterface* summary() const override { return nullptr; }
    QAccessibleInterface* cellAt(int row, int column) const override;
    [[nodiscard]] int selectedCellCount() const override { return m_canvas->pinned() ? 1 : 0; }
    [[nodiscard]] QList<QAccessibleInterface*> selectedCells() const override { return m_canvas->pinned() ? QList<QAccessibleInterface*>{focusChild()} : QList<QAccessibleInterface*>(); }
    [[nodiscard]] QString columnDescription(int column) const override { return CanvasWidget::tr("column %1").arg(column); }
    [[nodiscard]] QString rowDescription(int row) const override { return CanvasWidget::tr("row %1").arg(row); }
    [[nodiscard]] int selectedColumnCount() const override { return 0; }
    [[nodiscard]] int selectedRowCount() const override { return 0; }
    [[nodiscard]] int columnCount() const override { return m_canvas->scene().cols; }
    [[nodiscard]] int rowCount() const override { return m_canvas->scene().rows; }
    [[nodiscard]] QList<int> selectedColumns() const override { return {}; }
    [[nodiscard]] QList<int> selectedRows() const override { return {}; }
    [[nodiscard]] bool isColumnSelected(int) const override { return false; }
    [[nodiscard]] bool isRowSelected(int) const override { return false; }
    bool selectRow(int) override { return false; }
    bool selectColumn(int) override { return false; }
    bool unselectRow(int) override { return false; }
    bool unselectColumn(int) override { return false; }
    void modelChange(QAccessibleTableModelChangeEvent*) override {}

private:
    CanvasWidget* m_canvas;
    mutable std::map<int, QAccessible::Id> m_cells;
};

/// One token.
class TokenCell : public QAccessibleInterface, public QAccessibleTableCellInterface {
public:
    TokenCell(const TokenTable& table, int row, int column) : m_table(table), m_row(row), m_column(column) {}

    void* interface_cast(QAccessible::InterfaceType type) override { return type == QAccessible::TableCellInterface ? static_cast<QAccessibleTableCellInterface*>(this) : nullptr; }
    [[nodiscard]] bool isValid() const override { return m_row < m_table.rowCount() && m_column < m_table.columnCount(); }
    [[nodiscard]] QObject* object() const override { return nullptr; }
    [[nodiscard]] QAccessibleInterface* childAt(int, int) const override { return nullptr; }
    [[nodiscard]] QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(m_table.canvas()); }
    [[nodiscard]] QAccessibleInterface* child(int) const override { return nullptr; }
    [[nodiscard]] int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    [[nodiscard]] QString text(QAccessible::Text kind) const override {
        if (kind == QAccessible::Name) {
            return m_table.canvas()->cellName(m_row, m_column);
        }
        return kind == QAccessible::Description ? m_table.canvas()->cellDescription(m_row, m_column) : QString();
    }
    void setText(QAccessible::Text, const QString&) override {}
    [[nodiscard]] QRect rect() const override {
        const CanvasWidget* canvas = m_table.canvas();
        const QRectF onWidget = canvas->sceneToWidget().mapRect(canvas->scene().cellRect(m_row, m_column));
        return {canvas->mapToGlobal(onWidget.topLeft().toPoint()), onWidget.size().toSize()};
    }
    [[nodiscard]] QAccessible::Role role() const override { return QAccessible::Cell; }
    [[nodiscard]] QAccessible::State state() const override {
        QAccessible::State state;
        state.focusable = state.selectable = true;
        state.selected = state.focused = isSelected();
        return state;
    }

    [[nodiscard]] bool isSelected() const override {
        const auto pin = m_table.canvas()->pinned();
        return pin && pin->row == m_row && pin->col == m_column;
    }
    [[nodiscard]] QList<QAccessibleInterface*> columnHeaderCells() const override { return {}; }
    [[nodiscard]] QList<QAccessibleInterface*> rowHeaderCells() const override { return {}; }
    [[nodiscard]] int columnIndex() const override { return m_column; }
    [[nodiscard]] int rowIndex() const override { return m_row; }
    [[nodiscard]] int columnExtent() const override { return 1; }
    [[nodiscard]] int rowExtent() const override { return 1; }
    [[nodiscard]] QAccessibleInterface* table() const override { return parent(); }

private:
    const TokenTable& m_table;
    int m_row, m_column;
};

QAccessibleInterface* TokenTable::cellAt(int row, int column) const {
    if (row < 0 || column < 0 || row >= rowCount() || column >= columnCount()) {
        return nullptr;
    }
    constexpr int kMostColumns = 4096;
    const int index = row * kMostColumns + column;
    if (const auto found = m_cells.find(index); found != m_cells.end()) {
        return QAccessible::accessibleInterface(found->second);
    }
    auto* cell = new TokenCell(*this, row, column);
    m_cells.emplace(index, QAccessible::registerAccessibleInterface(cell));
    return cell;
}

int TokenTable::indexOfChild(const QAccessibleInterface* child) const {
    const auto* cell = dynamic_cast<const TokenCell*>(child);
    return cell == nullptr ? -1 : cell->rowIndex() * columnCount() + cell->columnIndex();
}

}  // namespace

QAccessibleInterface* canvasAccessible(const QString& className, QObject* object) {
    auto* canvas = className == QLatin1String("prunescope::CanvasWidget") ? qobject_cast<CanvasWidget*>(object) : nullptr;
    return canvas != nullptr ? new TokenTable(canvas) : nullptr;
}

}  // namespace prunescope
