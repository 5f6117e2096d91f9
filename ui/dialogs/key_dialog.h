// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Binds keys to actions. A key that another action has is refused with a line that names it; every action can go back to its default.

#include "ui/widgets/command_registry.h"

#include <QDialog>

class QKeySequenceEdit;
class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;

namespace prunescope {

class KeyDialog : public QDialog {
    Q_OBJECT

public:
    explicit KeyDialog(CommandRegistry& registry, QWidget* parent = nullptr);
    [[nodiscard]] QTreeWidget* list() const { return m_list; }
    [[nodiscard]] QKeySequenceEdit* keyField() const { return m_key; }
    [[nodiscard]] QPushButton* assignButton() const { return m_assign; }
    [[nodiscard]] QString message() const;
    void select(const QString& id);

private:
    void buildRows();
    void fill();
    void filter();
    void assign(const QList<QKeySequence>& keys);
    void refreshButtons();
    [[nodiscard]] QString currentId() const;

    CommandRegistry& m_registry;
    QLineEdit* m_search = nullptr;
    QTreeWidget* m_list = nullptr;
    QKeySequenceEdit* m_key = nullptr;
    QPushButton* m_assign = nullptr;
    QPushButton* m_clear = nullptr;
    QPushButton* m_reset = nullptr;
    QLabel* m_message = nullptr;
};

}  // namespace prunescope
