// SPDX-License-Identifier: GPL-3.0-or-later

// Labels of the inspector.

#include "ui/widgets/token_panel.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>

namespace prunescope {

namespace {

QString tableOf(const std::vector<ReasonGroup>& groups) {
    QString html = QStringLiteral("<table width='100%' cellspacing='0' cellpadding='1'>");
    for (const ReasonGroup& group : groups) {
        if (!group.heading.isEmpty()) {
            html += QStringLiteral("<tr><td colspan='2' style='padding-top:5px'><b>%1</b></td></tr>").arg(group.heading.toHtmlEscaped());
        }
        for (const TokenFact& fact : group.facts) {
            html += QStringLiteral("<tr><td>%1</td><td align='right' style='white-space:nowrap'>%2</td></tr>")
                        .arg(fact.name.toHtmlEscaped(), fact.value.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>")));
        }
    }
    return html + QStringLiteral("</table>");
}

}  // namespace

TokenPanel::TokenPanel(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 6, 4, 6);
    column->setSpacing(3);
    m_title = new QLabel(this);
    QFont heavy = m_title->font();
    heavy.setBold(true);
    m_title->setFont(heavy);
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);   // the window must not move when a token is named
    m_title->setWordWrap(true);   // "row 13, column 13" beside Unpin takes two lines where the panel is narrow
    m_unpin = new QToolButton(this);
    m_unpin->setObjectName(QStringLiteral("flat"));
    m_unpin->setText(tr("Unpin"));
    m_unpin->setToolTip(tr("Describe the token under the pointer again"));
    m_unpin->setFocusPolicy(Qt::StrongFocus);
    column->addWidget(m_title);
    m_verdict = new QLabel(this);
    m_verdict->setWordWrap(true);
    m_verdict->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_verdict->setMinimumHeight(QFontMetrics(font()).lineSpacing() * 2);
    m_verdict->setAccessibleName(tr("Why this token was kept or dropped"));
    column->addWidget(m_verdict);
    m_flip = new QLabel(this);
    m_flip->setWordWrap(true);
    m_flip->setAccessibleName(tr("What would change it"));
    column->addWidget(m_flip);
    m_links = new QCheckBox(tr("Lines to partners"), this);
    m_links->setToolTip(tr("From the pinned token to its nearest partners (E); solid: an edge at tau, dotted: below it"));
    auto* pinned = new QHBoxLayout;   // beside each other, so that the title has the whole width
    pinned->addWidget(m_links, 1);
    pinned->addWidget(m_unpin);
    column->addLayout(pinned);
    auto* scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setAccessibleName(tr("Numbers of this token"));
    m_details = new QLabel(scroll);
    m_details->setTextFormat(Qt::RichText);
    m_details->setWordWrap(true);
    m_details->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_details->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_details->setContentsMargins(0, 0, 6, 0);
    scroll->setWidget(m_details);
    scroll->viewport()->setAutoFillBackground(false);
    m_details->setAutoFillBackground(false);
    column->addWidget(scroll, 1);
    connect(m_links, &QCheckBox::toggled, this, &TokenPanel::linksToggled);
    connect(m_unpin, &QToolButton::clicked, this, &TokenPanel::unpinRequested);
}

void TokenPanel::show(const Content& content) {
    m_title->setText(content.title);
    m_title->setToolTip(content.title);
    m_verdict->setText(content.verdict);
    m_flip->setText(content.flip);
    m_flip->setVisible(!content.flip.isEmpty());
    m_links->setVisible(content.pinned);
    m_unpin->setVisible(content.pinned);
    QStringList lines;
    for (const ReasonGroup& group : content.groups) {
        for (const TokenFact& fact : group.facts) {
            lines << QStringLiteral("%1: %2").arg(fact.name, fact.value);
        }
    }
    const QString plain = lines.join(QLatin1Char('\n'));
    if (plain != m_plain || plain.isEmpty()) {
        m_plain = plain;
        m_details->setText(content.groups.empty() ? QString() : tableOf(content.groups));
        m_details->setAccessibleDescription(plain);
    }
}

void TokenPanel::showNothing(const QString& hint) {
    show({tr("No token"), hint, QString(), {}, false});
}

void TokenPanel::setLinksShown(bool shown) {
    m_links->setChecked(shown);
}

QString TokenPanel::verdict() const {
    return m_verdict->text();
}

QString TokenPanel::flip() const {
    return m_flip->text();
}

}  // namespace prunescope
