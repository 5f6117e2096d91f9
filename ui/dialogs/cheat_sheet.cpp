// SPDX-License-Identifier: GPL-3.0-or-later

// The page.

#include "ui/dialogs/cheat_sheet.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QPushButton>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <utility>
#include <vector>

namespace prunescope {

namespace {

struct Block {
    QString title;
    QStringList rows;
};

QString rowOf(const QString& keys, const QString& text) {
    return QStringLiteral("<tr><td style='padding:1px 10px 1px 0'><b>%1</b></td><td style='padding:1px 0'>%2</td></tr>").arg(keys.toHtmlEscaped(), text.toHtmlEscaped());
}

std::vector<Block> blocksOf(const CommandRegistry& registry) {
    std::vector<Block> blocks;
    for (const CommandRegistry::Entry& entry : registry.entries()) {
        if (entry.action->shortcuts().isEmpty()) {
            continue;
        }
        const QString title = entry.place.section(QStringLiteral(" › "), 0, 0);
        if (blocks.empty() || blocks.back().title != title) {
            blocks.push_back({title, {}});
        }
        const QString tick = entry.action->isChecked() ? QStringLiteral(" ✓") : QString();
        blocks.back().rows << rowOf(keysText(entry.action->shortcuts()), plainText(entry.action->text()) + tick);
    }
    blocks.push_back({CheatSheet::tr("On the picture"),
                      {rowOf(CheatSheet::tr("Wheel"), CheatSheet::tr("zoom at the pointer")), rowOf(CheatSheet::tr("Drag"), CheatSheet::tr("move the picture")),
                       rowOf(CheatSheet::tr("Click"), CheatSheet::tr("pin a token")), rowOf(CheatSheet::tr("Arrow keys"), CheatSheet::tr("move the pinned token")),
                       rowOf(QStringLiteral("+ - 0 1"), CheatSheet::tr("zoom in, out, fit, one to one"))}});
    return blocks;
}

}  // namespace

CheatSheet::CheatSheet(CommandRegistry& registry, QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("Keys"));
    registry.refresh();
    const std::vector<Block> blocks = blocksOf(registry);
    std::size_t rows = 0;
    for (const Block& block : blocks) {
        rows += static_cast<std::size_t>(block.rows.size()) + 2;
    }
    QString columns[2];
    std::size_t used = 0;
    for (const Block& block : blocks) {
        QString& column = columns[used * 2 + static_cast<std::size_t>(block.rows.size()) < rows ? 0 : 1];
        used += static_cast<std::size_t>(block.rows.size()) + 2;
        column += QStringLiteral("<h4 style='margin:8px 0 2px 0'>%1</h4><table cellspacing='0'>%2</table>").arg(block.title.toHtmlEscaped(), block.rows.join(QString()));
    }
    auto* layout = new QVBoxLayout(this);
    m_page = new QTextBrowser(this);
    m_page->setAccessibleName(tr("List of keys"));
    m_page->setFrameShape(QFrame::NoFrame);
    m_page->setHtml(QStringLiteral("<table width='100%'><tr><td width='50%' valign='top'>%1</td><td width='50%' valign='top'>%2</td></tr></table>").arg(columns[0], columns[1]));
    layout->addWidget(m_page, 1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    QPushButton* edit = buttons->addButton(tr("Change &keys…"), QDialogButtonBox::ActionRole);
    buttons->button(QDialogButtonBox::Close)->setText(tr("&Close"));   // Qt's own translation may not be installed
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(edit, &QPushButton::clicked, this, [this] {
        accept();
        Q_EMIT editRequested();
    });
    constexpr int kWidth = 760;
    constexpr int kHeight = 560;
    resize(kWidth, kHeight);
}

}  // namespace prunescope
