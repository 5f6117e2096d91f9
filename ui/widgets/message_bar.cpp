// SPDX-License-Identifier: GPL-3.0-or-later

// The bar.

#include "ui/widgets/message_bar.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

namespace prunescope {

namespace {

/// "Cannot read image notes.txt: not an image. Choose a PNG …" without the program's name and id.
QString sentence(const Error& error) {
    QString text = QString::fromStdString(error.what);
    if (!text.isEmpty()) {
        text[0] = text[0].toUpper();
    }
    if (!error.where.empty()) {
        const QString where = QString::fromStdString(error.where);
        text += QLatin1Char(' ') + (where.contains(QLatin1Char('/')) ? QFileInfo(where).fileName() : where);
    }
    if (!error.why.empty()) {
        text += QStringLiteral(": ") + QString::fromStdString(error.why);
    }
    if (!error.hint.empty()) {
        text += QStringLiteral("; ") + QString::fromStdString(error.hint);
    }
    return text + QLatin1Char('.');
}

QString chain(const Error& error) {
    QStringList lines{QString::fromStdString(formatErrorLine("prunescope", error))};
    for (const Error* cause = error.cause.get(); cause != nullptr; cause = cause->cause.get()) {
        lines << MessageBar::tr("because: %1").arg(QString::fromStdString(formatErrorLine("prunescope", *cause)));
    }
    if (error.where.find('/') != std::string::npos) {
        lines << MessageBar::tr("file: %1").arg(QString::fromStdString(error.where));
    }
    return lines.join(QLatin1Char('\n'));
}

}  // namespace

MessageBar::MessageBar(QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("messageBar"));
    setAccessibleName(tr("Message"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 4, 4, 4);
    column->setSpacing(2);
    m_row = new QHBoxLayout;
    QHBoxLayout* row = m_row;
    m_line = new QLabel(this);
    m_line->setWordWrap(true);
    m_line->setTextFormat(Qt::PlainText);
    m_line->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_line->setAccessibleName(tr("What went wrong"));
    m_more = new QToolButton(this);
    m_more->setText(tr("Details"));
    m_more->setCheckable(true);
    m_more->setAutoRaise(true);
    auto* close = new QToolButton(this);
    close->setText(QStringLiteral("✕"));
    close->setAutoRaise(true);
    close->setToolTip(tr("Dismiss"));
    close->setAccessibleName(tr("Dismiss the message"));
    row->addWidget(m_line, 1);
    row->addWidget(m_more);
    row->addWidget(close);
    column->addLayout(row);
    m_details = new QLabel(this);
    m_details->setObjectName(QStringLiteral("muted"));
    m_details->setWordWrap(true);
    m_details->setTextFormat(Qt::PlainText);
    m_details->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_details->setAccessibleName(tr("Details of the message"));
    m_details->hide();
    column->addWidget(m_details);
    connect(m_more, &QToolButton::toggled, m_details, &QLabel::setVisible);
    connect(close, &QToolButton::clicked, this, &MessageBar::dismiss);
    hide();
}

void MessageBar::showError(const Error& error) {
    m_line->setText(sentence(error));
    m_details->setText(chain(error));
    m_more->setChecked(false);
    m_more->show();
    dropAnswers();
    m_notice = false;
    show();
}

void MessageBar::showNotice(const QString& line, const std::vector<std::pair<QString, std::function<void()>>>& answers) {
    m_line->setText(line);
    m_details->clear();
    m_more->setChecked(false);
    m_more->hide();
    dropAnswers();
    m_notice = true;
    for (const auto& [text, run] : answers) {
        auto* button = new QToolButton(this);
        button->setText(text);
        button->setFocusPolicy(Qt::StrongFocus);
        m_row->insertWidget(m_row->count() - 1, button);
        m_answers.push_back(button);
        connect(button, &QToolButton::clicked, this, [this, action = run] {
            dismiss();
            action();
        });
    }
    show();
}

void MessageBar::dropAnswers() {
    for (QToolButton* button : m_answers) {
        button->hide();
        button->deleteLater();
    }
    m_answers.clear();
}

void MessageBar::clearError() {
    if (!m_notice) {
        dismiss();
    }
}

void MessageBar::dismiss() {
    hide();
}

QString MessageBar::line() const {
    return m_line->text();
}

QString MessageBar::details() const {
    return m_details->text();
}

}  // namespace prunescope
