// SPDX-License-Identifier: GPL-3.0-or-later

// The palette.

#include "ui/dialogs/command_palette.h"

#include "ui/viewmodel/fuzzy_match.h"

#include <QAction>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QTimer>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>
#include <vector>

namespace prunescope {

CommandPalette::CommandPalette(CommandRegistry& registry, QWidget* parent) : QDialog(parent), m_registry(registry) {
    setWindowTitle(tr("Commands"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->setSpacing(6);
    m_field = new QLineEdit(this);
    m_field->setPlaceholderText(tr("Type a few letters of a command"));
    m_field->setAccessibleName(tr("Search commands"));
    m_field->setClearButtonEnabled(true);
    m_list = new QTreeWidget(this);
    m_list->setAccessibleName(tr("Commands that fit"));
    m_list->setColumnCount(2);
    m_list->setHeaderHidden(true);
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_list->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    column->addWidget(m_field);
    column->addWidget(m_list, 1);
    m_field->installEventFilter(this);
    connect(m_field, &QLineEdit::textChanged, this, &CommandPalette::fill);
    connect(m_field, &QLineEdit::returnPressed, this, &CommandPalette::choose);
    connect(m_list, &QTreeWidget::itemActivated, this, &CommandPalette::choose);
    constexpr int kWidth = 560;
    constexpr int kHeight = 420;
    resize(kWidth, kHeight);
    m_registry.refresh();
    fill();
}

void CommandPalette::fill() {
    std::vector<std::pair<int, const CommandRegistry::Entry*>> fitting;
    for (const CommandRegistry::Entry& entry : m_registry.entries()) {
        const QString text = plainText(entry.action->text());
        const auto own = fuzzyScore(m_field->text(), text);
        const auto whole = fuzzyScore(m_field->text(), entry.place + QLatin1Char(' ') + text);
        const auto tip = fuzzyScore(m_field->text(), entry.command.tip + QLatin1Char(' ') + entry.command.id);   // the id is English in every language
        constexpr int kOwnText = 5;
        constexpr int kTip = -60;
        if (!own && !whole && tip) {
            fitting.emplace_back(*tip + kTip, &entry);
        } else if (own || whole) {
            fitting.emplace_back(std::max(own ? *own + kOwnText : *whole, whole.value_or(0)), &entry);
        }
    }
    if (!m_field->text().trimmed().isEmpty()) {
        std::stable_sort(fitting.begin(), fitting.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    }
    m_list->clear();
    for (const auto& each : fitting) {
        const CommandRegistry::Entry& entry = *each.second;
        const QString tick = entry.action->isChecked() ? QStringLiteral("✓ ") : QString();
        auto* item = new QTreeWidgetItem(m_list, {QStringLiteral("%1 › %2%3").arg(entry.place, tick, plainText(entry.action->text())), keysText(entry.action->shortcuts())});
        item->setData(0, Qt::UserRole, entry.command.id);
        item->setToolTip(0, entry.command.tip);
        item->setDisabled(!entry.action->isEnabled());
    }
    if (m_list->topLevelItemCount() > 0) {
        m_list->setCurrentItem(m_list->topLevelItem(0));
    }
}

void CommandPalette::choose() {
    const QTreeWidgetItem* item = m_list->currentItem();
    if (item == nullptr || item->isDisabled()) {
        return;
    }
    QAction* action = m_registry.action(item->data(0, Qt::UserRole).toString());
    accept();
    if (action != nullptr) {
        QTimer::singleShot(0, action, &QAction::trigger);   // once the palette is gone: the action may open a dialog
    }
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_field && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        switch (key->key()) {
        case Qt::Key_Up:
        case Qt::Key_Down:
        case Qt::Key_PageUp:
        case Qt::Key_PageDown: {
            QKeyEvent forwarded(event->type(), key->key(), key->modifiers(), key->text());
            static_cast<QObject*>(m_list)->event(&forwarded);
            return true;
        }
        default: break;
        }
    }
    return QDialog::eventFilter(watched, event);
}

}  // namespace prunescope
