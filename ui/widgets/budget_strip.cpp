// SPDX-License-Identifier: GPL-3.0-or-later

// The strip, its axis and its command.

#include "ui/widgets/budget_strip.h"

#include "core/run/sweep.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QToolButton>
#include <QToolTip>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

constexpr int kMargin = 12;   // so that marks and numbers at the ends are whole
constexpr int kMark = 4;

QString shortened(const std::string& answer) {
    const QString text = QString::fromStdString(answer).simplified();
    constexpr int kLetters = 40;
    return text.size() <= kLetters ? text : text.left(kLetters - 1) + QChar(0x2026);
}

void takeBudget(SessionModel& session, std::int64_t budget) {
    PruneOptions options = session.options();
    options.keep = budget;
    options.keepRatio.reset();
    session.setOptions(options, QStringLiteral("keep"));
}

}  // namespace

BudgetAxis::BudgetAxis(SessionModel& session, QWidget* parent) : QWidget(parent), m_session(session) {
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(tr("Budgets that were measured"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize BudgetAxis::sizeHint() const {
    return {200, 2 * kMark + 6 + fontMetrics().height()};
}

double BudgetAxis::xOf(std::int64_t budget) const {
    const auto sweep = m_session.sweep();
    const double last = std::log2(static_cast<double>(std::max<std::int64_t>(2, sweep ? sweep->total : 2)));
    return kMargin + (width() - 2 * kMargin) * std::log2(static_cast<double>(std::max<std::int64_t>(1, budget))) / last;
}

std::optional<std::size_t> BudgetAxis::markAt(double x) const {
    const auto sweep = m_session.sweep();
    std::optional<std::size_t> nearest;
    double best = 2.5 * kMark;
    for (std::size_t i = 0; sweep && i < sweep->points.size(); ++i) {
        if (const double away = std::abs(xOf(sweep->points[i].budget) - x); away < best) {
            best = away;
            nearest = i;
        }
    }
    return nearest;
}

bool BudgetAxis::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = dynamic_cast<QHelpEvent*>(event);
        if (const auto mark = help != nullptr ? markAt(help->pos().x()) : std::nullopt) {
            const SweepPoint& point = m_session.sweep()->points[*mark];
            QToolTip::showText(help->globalPos(), tr("%1 tokens: %2 (measured). Click: keep %1").arg(point.budget).arg(shortened(point.answer)), this);
        } else {
            QToolTip::hideText();
        }
        return true;
    }
    return QWidget::event(event);
}

void BudgetAxis::paintEvent(QPaintEvent*) {
    const auto sweep = m_session.sweep();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double y = kMark + 2;
    const QColor ink = palette().color(QPalette::WindowText);
    painter.setPen(QPen(mutedText(), 1));
    painter.drawLine(QPointF(kMargin, y), QPointF(width() - kMargin, y));
    if (!sweep) {
        return;
    }
    const auto other = sweep->lastOther();
    const auto holds = sweep->holdsFrom();
    if (other && holds) {   // the gap in which the answer changes
        const double middle = (xOf(*other) + xOf(*holds)) / 2;
        painter.setPen(QPen(ink, 1, Qt::DashLine));
        painter.drawLine(QPointF(middle, 0), QPointF(middle, 2 * y));
    }
    for (const SweepPoint& point : sweep->points) {
        painter.setPen(QPen(point.same ? palette().color(QPalette::Highlight) : ink, 1.4));
        painter.setBrush(point.same ? palette().color(QPalette::Highlight) : palette().color(QPalette::Window));
        painter.drawEllipse(QPointF(xOf(point.budget), y), kMark, kMark);
    }
    const double now = xOf(m_session.effectiveKeep());   // a triangle under the axis
    painter.setPen(Qt::NoPen);
    painter.setBrush(ink);
    painter.drawPolygon(QPolygonF{QPointF(now, y + kMark + 1), QPointF(now - 4, y + kMark + 7), QPointF(now + 4, y + kMark + 7)});
    QFont bold = font();
    bold.setBold(true);
    const QString present = QString::number(m_session.effectiveKeep());
    const double presentWide = QFontMetrics(bold).horizontalAdvance(present);
    const double presentLeft = std::clamp(now + 7, 0.0, width() - presentWide);
    painter.setPen(mutedText());
    double free = 0;
    for (std::int64_t budget = 1; budget <= sweep->total; budget = budget * 2 > sweep->total && budget != sweep->total ? sweep->total : budget * 2) {
        const QString text = QString::number(budget);
        const double wide = fontMetrics().horizontalAdvance(text);
        const double left = std::min(xOf(budget) - wide / 2, width() - wide);
        const bool hidesPresent = left < presentLeft + presentWide + 6 && left + wide > now - 6;
        if (left >= free && !hidesPresent) {
            painter.drawText(QPointF(left, height() - fontMetrics().descent()), text);
            free = left + wide + 8;
        }
        if (budget == sweep->total) {
            break;
        }
    }
    painter.setPen(ink);
    painter.setFont(bold);
    painter.drawText(QPointF(presentLeft, height() - fontMetrics().descent()), present);
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
        painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
    }
}

void BudgetAxis::mousePressEvent(QMouseEvent* event) {
    if (const auto mark = markAt(event->position().x())) {
        takeBudget(m_session, m_session.sweep()->points[*mark].budget);
    }
}

void BudgetAxis::keyPressEvent(QKeyEvent* event) {
    const auto sweep = m_session.sweep();
    const bool left = event->key() == Qt::Key_Left;
    if (!sweep || (!left && event->key() != Qt::Key_Right)) {
        QWidget::keyPressEvent(event);
        return;
    }
    const std::int64_t now = m_session.effectiveKeep();
    std::optional<std::int64_t> next;
    for (const SweepPoint& point : sweep->points) {
        if (left && point.budget < now) {
            next = point.budget;
        } else if (!left && point.budget > now && !next) {
            next = point.budget;
        }
    }
    if (next) {
        takeBudget(m_session, *next);
    }
}

BudgetStrip::BudgetStrip(SessionModel& session, QWidget* parent) : QFrame(parent), m_session(session) {
    setObjectName(QStringLiteral("card"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(7, 4, 7, 3);
    column->setSpacing(2);
    auto* row = new QHBoxLayout;
    row->setSpacing(5);
    m_line = new QLabel(this);
    m_line->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_line->setAccessibleName(tr("Where the answer changes"));
    m_line->setWordWrap(true);
    m_below = new QToolButton(this);
    m_edge = new QToolButton(this);
    m_below->setAccessibleName(tr("Keep the largest budget with another answer"));
    m_edge->setAccessibleName(tr("Keep the smallest budget with the answer of all tokens"));
    auto* close = new QToolButton(this);
    close->setText(tr("Close"));
    close->setAccessibleName(tr("Close the strip of budgets"));
    for (QToolButton* button : {m_below, m_edge, close}) {
        button->setFocusPolicy(Qt::StrongFocus);
    }
    row->addWidget(m_line, 1);
    row->addWidget(m_below);
    row->addWidget(m_edge);
    row->addWidget(close);
    column->addLayout(row);
    m_axis = new BudgetAxis(session, this);
    column->addWidget(m_axis);
    m_how = new QLabel(this);
    m_how->setObjectName(QStringLiteral("muted"));
    m_how->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    column->addWidget(m_how);
    connect(m_below, &QToolButton::clicked, this, [this] { takeBudget(m_session, m_session.sweep()->lastOther().value()); });
    connect(m_edge, &QToolButton::clicked, this, [this] { takeBudget(m_session, m_session.sweep()->holdsFrom().value()); });
    connect(close, &QToolButton::clicked, this, [this] {
        m_closed = true;
        refresh();
    });
    connect(&m_session, &SessionModel::sweepChanged, this, &BudgetStrip::refresh);
    refresh();
}

QString BudgetStrip::summary() const {
    const auto sweep = m_session.sweep();
    if (!sweep) {
        return m_session.sweeping() ? tr("Answering with all tokens first …") : QString();
    }
    const auto other = sweep->lastOther();
    const auto holds = sweep->holdsFrom();
    if (!other) {
        return tr("“%1” at every measured budget, as with all %2 tokens.").arg(shortened(sweep->whole)).arg(sweep->total);
    }
    const auto point = std::find_if(sweep->points.begin(), sweep->points.end(), [&](const SweepPoint& each) { return each.budget == *other; });
    if (!holds) {
        return tr("Even with %1 of %2 tokens “%3”, with all of them “%4”.").arg(*other).arg(sweep->total).arg(shortened(point->answer), shortened(sweep->whole));
    }
    return tr("From %1 of %2 tokens on “%3”, as with all tokens; with %4 “%5”.").arg(*holds).arg(sweep->total).arg(shortened(sweep->whole)).arg(*other).arg(shortened(point->answer));
}

void BudgetStrip::refresh() {
    const auto sweep = m_session.sweep();
    if (m_session.sweeping() && !sweep) {
        m_closed = false;   // asked for again
    }
    setVisible(!m_closed && (sweep || m_session.sweeping()));
    m_line->setText(summary());
    const bool stale = sweep && m_session.sweepStale();
    m_line->setEnabled(!stale);
    m_axis->setEnabled(!stale);
    QString how = sweep ? tr("%1 budgets measured: ● as with all tokens, ○ another answer").arg(sweep->points.size()) : QString();
    if (stale) {
        how = tr("stale: for another question or other parameters");
    } else if (sweep && !sweep->complete && !m_session.sweeping()) {
        how = tr("stopped; %1").arg(how);
    }
    m_how->setText(how);
    m_how->setToolTip(tr("%1. Between the marks nothing is known.").arg(how));
    const auto other = sweep ? sweep->lastOther() : std::nullopt;
    const auto holds = sweep ? sweep->holdsFrom() : std::nullopt;
    m_below->setVisible(other.has_value());
    m_edge->setVisible(other && holds);
    m_below->setText(other ? tr("Keep %1").arg(*other) : QString());
    m_edge->setText(holds ? tr("Keep %1").arg(*holds) : QString());
    m_below->setToolTip(tr("Largest measured budget with another answer"));
    m_edge->setToolTip(tr("Smallest budget from which on every measured answer is that of all tokens"));
    m_axis->update();
    m_axis->setAccessibleDescription(summary());
}

void addFlipCommand(CommandRegistry& commands, QMenu* menu, SessionModel& session) {
    SessionModel* target = &session;
    commands.add(menu, {QStringLiteral("prune.findFlip"), BudgetStrip::tr("Find the &budget where the answer changes"), BudgetStrip::tr("Answers at some twenty budgets with the present method and parameters"),
                        {Qt::CTRL | Qt::Key_B}, [target] { target->findFlip(); },
                        [target] { return target->canAnswer() && target->decision() && !target->question().isEmpty() && !target->sweeping() && target->options().method != "none"; }});
}

}  // namespace prunescope
