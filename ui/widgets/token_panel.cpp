// SPDX-License-Identifier: GPL-3.0-or-later

// Labels of the inspector.

#include "ui/widgets/token_panel.h"

#include "ui/viewmodel/token_text.h"

#include <QGridLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace prunescope {

TokenPanel::TokenPanel(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 6, 8, 6);
    column->setSpacing(4);
    m_title = new QLabel(this);
    QFont heavy = m_title->font();
    heavy.setBold(true);
    m_title->setFont(heavy);
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);   // the window must not move when a token is named
    m_verdict = new QLabel(this);
    m_verdict->setWordWrap(true);
    m_verdict->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_verdict->setMinimumHeight(QFontMetrics(font()).lineSpacing() * 2);
    m_verdict->setAccessibleName(tr("Why this token was kept or dropped"));
    m_grid = new QGridLayout;
    m_grid->setHorizontalSpacing(8);
    m_grid->setVerticalSpacing(1);
    m_grid->setColumnStretch(0, 1);
    column->addWidget(m_title);
    column->addWidget(m_verdict);
    column->addLayout(m_grid);
    column->addStretch(1);
}

void TokenPanel::showToken(const QString& title, const QString& verdict, const std::vector<TokenFact>& facts) {
    m_title->setText(title);
    m_verdict->setText(verdict);
    while (m_lines.size() < facts.size()) {
        auto* name = new QLabel(this);
        name->setObjectName(QStringLiteral("muted"));
        name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        auto* value = new QLabel(this);
        value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        const int row = static_cast<int>(m_lines.size());
        m_grid->addWidget(name, row, 0);
        m_grid->addWidget(value, row, 1);
        m_lines.emplace_back(name, value);
    }
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const bool used = i < facts.size();
        m_lines[i].first->setText(used ? facts[i].name : QString());
        m_lines[i].second->setText(used ? facts[i].value : QString());
        m_lines[i].first->setVisible(used);
        m_lines[i].second->setVisible(used);
    }
}

void TokenPanel::showNothing(const QString& hint) {
    showToken(tr("No token"), hint, {});
}

QString TokenPanel::verdict() const {
    return m_verdict->text();
}

}  // namespace prunescope
