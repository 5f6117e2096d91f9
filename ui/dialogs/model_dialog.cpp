// SPDX-License-Identifier: GPL-3.0-or-later

// The list of model folders.

#include "ui/dialogs/model_dialog.h"

#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTimer>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <utility>

namespace prunescope {

namespace {

constexpr int kUsableRole = Qt::UserRole;
constexpr int kReasonRole = Qt::UserRole + 1;
constexpr int kFolderRole = Qt::UserRole + 2;

}  // namespace

ModelDialog::ModelDialog(const QStringList& folders, const QString& current, ModelInspector inspect, QWidget* parent)
    : QDialog(parent), m_inspect(std::move(inspect)), m_current(current) {
    setWindowTitle(tr("Open model folder"));
    auto* column = new QVBoxLayout(this);
    m_list = new QTreeWidget(this);
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setHeaderLabels({tr("Folder"), tr("Family"), tr("Parameters"), tr("Stored as"), tr("Memory"), tr("State")});
    m_list->setAccessibleName(tr("Model folders"));
    m_list->header()->setStretchLastSection(true);
    column->addWidget(m_list, 1);
    m_reason = new QLabel(this);
    m_reason->setWordWrap(true);
    m_reason->setTextFormat(Qt::PlainText);
    m_reason->setMinimumHeight(QFontMetrics(font()).lineSpacing() * 2);
    m_reason->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_reason->setAccessibleName(tr("About the chosen folder"));
    column->addWidget(m_reason);
    auto* buttons = new QDialogButtonBox(this);
    auto* browse = buttons->addButton(tr("&Browse…"), QDialogButtonBox::ActionRole);
    m_open = buttons->addButton(tr("&Load"), QDialogButtonBox::AcceptRole);
    buttons->addButton(QDialogButtonBox::Cancel);
    m_open->setEnabled(false);
    column->addWidget(buttons);
    connect(browse, &QPushButton::clicked, this, [this] {
        const QString folder = QFileDialog::getExistingDirectory(this, tr("Model folder"), m_current);
        if (!folder.isEmpty()) {
            addFolder(folder);
        }
    });
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        m_chosen = m_list->currentItem()->data(0, kFolderRole).toString();
        accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_list, &QTreeWidget::currentItemChanged, this, &ModelDialog::selectionChanged);
    connect(m_list, &QTreeWidget::itemActivated, this, [this] {
        if (m_open->isEnabled()) {
            m_open->click();
        }
    });
    for (const QString& folder : folders) {
        addFolder(folder);
    }
    if (m_list->topLevelItemCount() > 0) {
        m_list->setCurrentItem(m_list->topLevelItem(0));
    }
    constexpr int kWidth = 720;
    constexpr int kHeight = 340;
    resize(kWidth, kHeight);
}

void ModelDialog::addFolder(const QString& folder) {
    auto* item = new QTreeWidgetItem(m_list, {QFileInfo(folder).fileName(), QString(), QString(), QString(), QString(), tr("reading …")});
    item->setToolTip(0, folder);
    item->setData(0, kFolderRole, folder);
    item->setData(0, kUsableRole, false);
    item->setData(0, kReasonRole, folder);
    m_list->setCurrentItem(item);
    QTimer::singleShot(0, this, &ModelDialog::inspectNext);
}

void ModelDialog::inspectNext() {
    if (m_next >= m_list->topLevelItemCount()) {
        return;
    }
    const int row = m_next++;
    showCandidate(row, m_inspect(m_list->topLevelItem(row)->data(0, kFolderRole).toString()));
}

void ModelDialog::showCandidate(int row, const ModelCandidate& candidate) {
    QTreeWidgetItem* item = m_list->topLevelItem(row);
    item->setText(1, candidate.family);
    item->setText(2, candidate.parameters);
    item->setText(3, candidate.dtype);
    item->setText(4, candidate.memory);
    const bool loaded = candidate.folder == m_current;
    if (candidate.problem) {
        const Error& error = *candidate.problem;
        QString why = QString::fromStdString(error.why.empty() ? error.what : error.why);
        item->setText(5, tr("unfit: %1").arg(why));
        if (!error.hint.empty()) {
            why += QStringLiteral("; ") + QString::fromStdString(error.hint);
        }
        item->setData(0, kReasonRole, tr("%1\nCannot be used: %2").arg(candidate.folder, why));
        for (int column = 0; column < item->columnCount(); ++column) {
            item->setForeground(column, palette().brush(QPalette::Disabled, QPalette::Text));
        }
    } else {
        item->setText(5, loaded ? tr("loaded") : tr("fits"));
        item->setData(0, kReasonRole, candidate.folder);
    }
    item->setData(0, kUsableRole, !candidate.problem);
    for (int column = 0; column + 1 < m_list->columnCount(); ++column) {
        m_list->resizeColumnToContents(column);
    }
    selectionChanged();
}

void ModelDialog::selectionChanged() {
    const QTreeWidgetItem* item = m_list->currentItem();
    m_open->setEnabled(item != nullptr && item->data(0, kUsableRole).toBool());
    m_reason->setText(item != nullptr ? item->data(0, kReasonRole).toString() : tr("No folder with a model is known here: browse to one."));
}

}  // namespace prunescope
