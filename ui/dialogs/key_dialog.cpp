// SPDX-License-Identifier: GPL-3.0-or-later

// The list of actions with the key field under it.

#include "ui/dialogs/key_dialog.h"

#include "ui/viewmodel/fuzzy_match.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace prunescope {

KeyDialog::KeyDialog(CommandRegistry& registry, QWidget* parent) : QDialog(parent), m_registry(registry) {
    setWindowTitle(tr("Change keys"));
    auto* column = new QVBoxLayout(this);
    m_search = new QLineEdit(this);
    m_search->setPlaceholderText(tr("Search"));
    m_search->setAccessibleName(tr("Search commands"));
    m_list = new QTreeWidget(this);
    m_list->setAccessibleName(tr("Commands and their keys"));
    m_list->setHeaderLabels({tr("Command"), tr("Key")});
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_list->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    column->addWidget(m_search);
    column->addWidget(m_list, 1);
    buildRows();
    connect(m_search, &QLineEdit::textChanged, this, &KeyDialog::filter);
    connect(m_list, &QTreeWidget::currentItemChanged, this, [this] {
        m_key->clear();
        m_message->clear();
        refreshButtons();
    });
    fill();
    constexpr int kWidth = 600;
    constexpr int kHeight = 480;
    resize(kWidth, kHeight);
    refreshButtons();
}

void KeyDialog::buildRows() {
    auto* column = static_cast<QVBoxLayout*>(layout());
    auto* row = new QHBoxLayout;
    auto* label = new QLabel(tr("&New key:"), this);
    m_key = new QKeySequenceEdit(this);
    m_key->setAccessibleName(tr("New key"));
    label->setBuddy(m_key);
    m_assign = new QPushButton(tr("&Bind"), this);
    m_clear = new QPushButton(tr("&No key"), this);
    m_reset = new QPushButton(tr("&Default"), this);
    row->addWidget(label);
    row->addWidget(m_key, 1);
    row->addWidget(m_assign);
    row->addWidget(m_clear);
    row->addWidget(m_reset);
    column->addLayout(row);
    m_message = new QLabel(this);
    m_message->setWordWrap(true);
    m_message->setAccessibleName(tr("Message"));
    m_message->setMinimumHeight(2 * m_message->fontMetrics().height());
    m_message->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    column->addWidget(m_message);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    QPushButton* all = buttons->addButton(tr("&All to defaults"), QDialogButtonBox::ResetRole);
    buttons->button(QDialogButtonBox::Close)->setText(tr("&Close"));   // Qt's own translation may not be installed
    column->addWidget(buttons);
    for (QPushButton* button : {m_assign, m_clear, m_reset, all}) {
        button->setAutoDefault(false);
    }
    connect(m_assign, &QPushButton::clicked, this, [this] { assign({m_key->keySequence()}); });
    connect(m_clear, &QPushButton::clicked, this, [this] { assign({}); });
    connect(m_key, &QKeySequenceEdit::keySequenceChanged, this, &KeyDialog::refreshButtons);
    connect(m_reset, &QPushButton::clicked, this, [this] {
        if (const CommandRegistry::Entry* entry = m_registry.find(currentId())) {
            assign(entry->command.keys);   // through the check: the default may belong to another action by now
        }
    });
    connect(all, &QPushButton::clicked, this, [this] {
        m_registry.resetAllKeys();
        m_message->clear();
        fill();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

QString KeyDialog::currentId() const {
    const QTreeWidgetItem* item = m_list->currentItem();
    return item != nullptr ? item->data(0, Qt::UserRole).toString() : QString();
}

QString KeyDialog::message() const {
    return m_message->text();
}

void KeyDialog::select(const QString& id) {
    for (int i = 0; i < m_list->topLevelItemCount(); ++i) {
        if (m_list->topLevelItem(i)->data(0, Qt::UserRole).toString() == id) {
            m_list->setCurrentItem(m_list->topLevelItem(i));
        }
    }
}

void KeyDialog::fill() {
    const QString before = currentId();
    m_list->clear();
    for (const CommandRegistry::Entry& entry : m_registry.entries()) {
        auto* item = new QTreeWidgetItem(m_list, {QStringLiteral("%1 › %2").arg(entry.place, plainText(entry.action->text())), keysText(entry.action->shortcuts())});
        item->setData(0, Qt::UserRole, entry.command.id);
        item->setToolTip(0, entry.command.tip);
        if (!m_registry.hasDefaultKeys(entry.command.id)) {
            QFont bold = item->font(1);
            bold.setBold(true);
            item->setFont(1, bold);
        }
    }
    select(before);
    filter();
}

void KeyDialog::filter() {
    for (int i = 0; i < m_list->topLevelItemCount(); ++i) {
        QTreeWidgetItem* item = m_list->topLevelItem(i);
        item->setHidden(!fuzzyScore(m_search->text(), item->text(0) + QLatin1Char(' ') + item->text(1)));
    }
}

void KeyDialog::assign(const QList<QKeySequence>& keys) {
    const QString id = currentId();
    const Result<void> bound = m_registry.setKeys(id, keys);
    if (bound) {
        m_message->clear();
        m_key->clear();
        fill();
        return;
    }
    const Error& error = bound.error();
    QString what = QString::fromStdString(error.what);
    what.front() = what.front().toUpper();
    m_message->setText(QStringLiteral("%1: %2; %3.").arg(what, QString::fromStdString(error.why), QString::fromStdString(error.hint)));
}

void KeyDialog::refreshButtons() {
    const QString id = currentId();
    m_assign->setEnabled(!id.isEmpty() && !m_key->keySequence().isEmpty());
    m_clear->setEnabled(!id.isEmpty() && !m_registry.action(id)->shortcuts().isEmpty());
    m_reset->setEnabled(!id.isEmpty() && !m_registry.hasDefaultKeys(id));
}

}  // namespace prunescope
