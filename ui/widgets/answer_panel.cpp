// SPDX-License-Identifier: GPL-3.0-or-later

// The two cards.

#include "ui/widgets/answer_panel.h"

#include "ui/viewmodel/number_text.h"
#include "ui/viewmodel/run_timings.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QStyle>
#include <QVBoxLayout>

namespace prunescope {

namespace {

QString phaseMark(const AnswerState& answer) {
    switch (answer.phase) {
    case AnswerState::Phase::kWaiting: return answer.text.isEmpty() ? AnswerCard::tr("waiting") : AnswerCard::tr("stale");
    case AnswerState::Phase::kStreaming: return AnswerCard::tr("answering");
    case AnswerState::Phase::kStopped: return AnswerCard::tr("stopped");
    case AnswerState::Phase::kNone:
    case AnswerState::Phase::kDone: break;
    }
    return answer.stale ? AnswerCard::tr("stale") : QString();
}

QString endMark(const RunResult& result) {
    return result.finish == FinishReason::kLength ? AnswerCard::tr(", cut") : QString();
}

}  // namespace

AnswerCard::AnswerCard(const QString& title, const QString& accessibleName, QWidget* parent) : QFrame(parent), m_title(title) {
    setObjectName(QStringLiteral("card"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(7, 5, 7, 5);
    column->setSpacing(2);
    m_heading = new QLabel(title, this);
    QFont heavy = m_heading->font();
    heavy.setBold(true);
    m_heading->setFont(heavy);
    m_heading->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_badge = new QLabel(this);
    m_badge->setObjectName(QStringLiteral("badge"));
    m_badge->hide();
    column->addWidget(m_heading);
    m_text = new QPlainTextEdit(this);
    m_text->setObjectName(QStringLiteral("cardText"));
    m_text->setReadOnly(true);
    m_text->setTabChangesFocus(true);
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->document()->setDocumentMargin(0);
    m_text->setAccessibleName(accessibleName);
    m_text->setMinimumHeight(QFontMetrics(font()).lineSpacing() * 2);
    column->addWidget(m_text, 1);
    m_footer = new QLabel(this);
    m_footer->setObjectName(QStringLiteral("muted"));
    m_footer->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* foot = new QHBoxLayout;
    foot->setSpacing(5);
    foot->addWidget(m_badge);
    foot->addWidget(m_footer, 1);
    column->addLayout(foot);
}

void AnswerCard::setAnswer(const AnswerState& answer, const QString& heading) {
    m_heading->setText(heading);
    m_heading->setToolTip(heading);
    const QString mark = phaseMark(answer);
    m_badge->setText(mark);
    m_badge->setVisible(!mark.isEmpty());
    const bool dim = answer.stale || (answer.phase == AnswerState::Phase::kWaiting && !answer.text.isEmpty());
    if (m_text->toPlainText() != answer.text) {
        m_text->setPlainText(answer.text);
    }
    m_text->setEnabled(!dim);
    m_text->setToolTip(dim ? tr("Stale: this answer is for %1").arg(answer.madeFor) : QString());
    if (property("stale").toBool() != dim) {
        setProperty("stale", dim);
        style()->unpolish(this);
        style()->polish(this);
    }
    if (answer.result) {
        const auto tokens = static_cast<qint64>(answer.result->answerTokens.size());
        const QString made = answer.result->decision ? tr("for %1 kept").arg(answer.result->decision->kept.size()) : answer.madeFor;
        const QString took = durationText(comparableTimings(*answer.result).totalMs);
        m_footer->setText(dim ? made : tr("%1 tokens%2 · %3").arg(tokens).arg(endMark(*answer.result), took));
    } else {
        m_footer->clear();
    }
    m_footer->setToolTip(answer.result && answer.result->finish == FinishReason::kLength ? tr("Cut at the limit of new tokens. For %1").arg(answer.madeFor) : answer.madeFor);
}

QString AnswerCard::text() const {
    return m_text->toPlainText();
}

QString AnswerCard::badgeText() const {
    return m_badge->isHidden() ? QString() : m_badge->text();
}

AnswerPanel::AnswerPanel(SessionModel& session, QWidget* parent) : QWidget(parent), m_session(session) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(3);
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    m_pruned = new AnswerCard(tr("Pruned"), tr("Answer with the kept tokens"), this);
    m_unpruned = new AnswerCard(tr("All tokens"), tr("Answer with all tokens"), this);
    row->addWidget(m_pruned, 1);
    row->addWidget(m_unpruned, 1);
    column->addLayout(row, 1);
    m_verdict = new QLabel(this);
    m_verdict->setObjectName(QStringLiteral("muted"));
    m_verdict->setAccessibleName(tr("Comparison of the answers"));
    column->addWidget(m_verdict);
    m_scores = new QLabel(this);
    m_scores->setObjectName(QStringLiteral("muted"));
    m_scores->setWordWrap(true);
    m_scores->setAccessibleName(tr("Log-probability of the answer with all tokens"));
    column->addWidget(m_scores);
    connect(&m_session, &SessionModel::answersChanged, this, &AnswerPanel::refresh);
    connect(&m_session, &SessionModel::decisionChanged, this, &AnswerPanel::refresh);
    refresh();
}

void AnswerPanel::refresh() {
    const AnswerState& pruned = m_session.prunedAnswer();
    const AnswerState& unpruned = m_session.unprunedAnswer();
    const auto keptBy = [](const AnswerState& answer, const QString& title) {
        return answer.result && answer.result->decision ? tr("%1 · %2").arg(title).arg(answer.result->decision->kept.size()) : title;
    };
    m_pruned->setAnswer(pruned, keptBy(pruned, tr("Pruned")));
    m_unpruned->setAnswer(unpruned, keptBy(unpruned, tr("All tokens")));
    if (const auto before = m_session.answerBeforeForcing()) {
        m_verdict->setText(*before == pruned.text ? tr("Forcing leaves the answer as it was.") : tr("Forcing changes the answer: was “%1”.").arg(*before));
    } else if (m_session.runComplete()) {
        m_verdict->setText(pruned.text == unpruned.text ? tr("Same answer with and without pruning.") : tr("Pruning changes the answer."));
    } else {
        m_verdict->setText(QStringLiteral(" "));
    }
    m_verdict->setToolTip(m_verdict->text());
    showScores();
}

void AnswerPanel::showScores() {
    const AnswerScores* scores = m_session.scores();
    m_scores->setVisible(scores != nullptr);
    if (scores == nullptr) {
        m_scores->clear();
        return;
    }
    const auto number = [](double value) { return QString::number(value, 'f', 3).replace(QLatin1Char('-'), QChar(0x2212)); };
    const auto change = [&](double value) { return (value >= 0 ? QStringLiteral("+") : QString()) + number(value); };
    m_scores->setText(scores->unforced ? tr("log p of the full answer: method %1, forced %2 (%3), all tokens %4").arg(number(*scores->unforced), number(scores->now), change(scores->now - *scores->unforced), number(scores->unpruned))
                                       : tr("log p of the full answer: now %1 (%2), all tokens %3").arg(number(scores->now), change(scores->now - scores->unpruned), number(scores->unpruned)));
    m_scores->setToolTip(tr("Natural log-probability, summed over the %1 tokens of “%2” (the answer with all tokens), which is scored again with the tokens kept now%3. In brackets: the change.")
                             .arg(scores->tokens).arg(QString::fromStdString(scores->answer), scores->unforced ? tr(", and with what the method keeps when nothing is forced") : QString()));
}

QString AnswerPanel::scoreLine() const {
    return m_scores->text();
}

}  // namespace prunescope
