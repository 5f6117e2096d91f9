// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// All keys on one page, made from the command registry: what is bound now, and what is switched on.

#include "ui/widgets/command_registry.h"

#include <QDialog>

class QTextBrowser;

namespace prunescope {

class CheatSheet : public QDialog {
    Q_OBJECT

public:
    explicit CheatSheet(CommandRegistry& registry, QWidget* parent = nullptr);
    [[nodiscard]] QTextBrowser* page() const { return m_page; }

Q_SIGNALS:
    void editRequested();

private:
    QTextBrowser* m_page = nullptr;
};

}  // namespace prunescope
