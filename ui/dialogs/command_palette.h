// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Type a few letters of any action, press Enter. Lists the command registry, best fit first, with keys; what cannot be used now is grey.

#include "ui/widgets/command_registry.h"

#include <QDialog>

class QLineEdit;
class QTreeWidget;

namespace prunescope {

class CommandPalette : public QDialog {
    Q_OBJECT

public:
    explicit CommandPalette(CommandRegistry& registry, QWidget* parent = nullptr);
    [[nodiscard]] QLineEdit* field() const { return m_field; }
    [[nodiscard]] QTreeWidget* list() const { return m_list; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fill();
    void choose();

    CommandRegistry& m_registry;
    QLineEdit* m_field = nullptr;
    QTreeWidget* m_list = nullptr;
};

}  // namespace prunescope
