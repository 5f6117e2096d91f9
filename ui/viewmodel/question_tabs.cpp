// SPDX-License-Identifier: GPL-3.0-or-later

// Tabs of questions.

#include "ui/viewmodel/question_tabs.h"

#include "ui/viewmodel/option_text.h"

#include <QJsonArray>

#include <algorithm>
#include <utility>

namespace prunescope {

QuestionTabs::QuestionTabs(SessionModel& session, QObject* parent) : QObject(parent), m_session(session), m_tabs(1) {
    connect(&m_session, &SessionModel::questionChanged, this, [this] {
        if (!m_moving) {
            ++m_typed;
            Q_EMIT changed();
        }
    });
}

QString QuestionTabs::question(int index) const {
    return index == m_active ? m_session.question() : m_tabs[static_cast<std::size_t>(index)].question;
}

QStringList QuestionTabs::questions() const {
    QStringList all;
    for (int i = 0; i < count(); ++i) {
        all << question(i);
    }
    return all;
}

QString QuestionTabs::summary(int index) const {
    const QuestionState& state = index == m_active ? m_session.questionState() : m_tabs[static_cast<std::size_t>(index)];
    QStringList lines{question(index)};
    const auto say = [&](const QString& who, const AnswerState& answer, bool stale) {
        if (!answer.text.isEmpty()) {
            lines << (stale ? tr("%1: %2 (stale)") : QStringLiteral("%1: %2")).arg(who, answer.text);
        }
    };
    const bool other = state.prunedImage != m_session.imagePath() || state.model != m_session.questionState().model;
    say(tr("Pruned"), state.pruned, other || state.prunedQuestion != state.question || !sameOptions(state.prunedOptions, m_session.options()));
    say(tr("All tokens"), state.unpruned, other || state.unprunedQuestion != state.question);
    return lines.join(QLatin1Char('\n'));
}

/// The session takes `next`; what it held goes to the entry that was shown.
void QuestionTabs::show(int index, QuestionState next) {
    m_moving = true;
    const int before = std::exchange(m_active, index);
    QuestionState old = m_session.exchangeQuestion(std::move(next));
    if (before >= 0 && before < count()) {
        m_tabs[static_cast<std::size_t>(before)] = std::move(old);
    } else {
        remember(old);
    }
    m_moving = false;
    m_typed = 0;
    Q_EMIT changed();
}

void QuestionTabs::add(const QString& question) {
    if (count() >= kMost) {
        return;
    }
    QuestionState fresh = m_session.questionState();
    fresh.question = question;
    fresh.armed = false;
    fresh.pruned = fresh.unpruned = {};
    fresh.prunedImage.clear();
    fresh.unprunedImage.clear();
    fresh.scores.reset();
    m_tabs.emplace(m_tabs.begin() + m_active + 1);
    show(m_active + 1, std::move(fresh));
}

void QuestionTabs::select(int index) {
    if (index >= 0 && index < count() && index != m_active) {
        show(index, m_tabs[static_cast<std::size_t>(index)]);
    }
}

void QuestionTabs::close(int index) {
    if (count() < 2 || index < 0 || index >= count()) {
        return;
    }
    if (index == m_active) {
        select(index + 1 < count() ? index + 1 : index - 1);
    }
    remember(m_tabs[static_cast<std::size_t>(index)]);
    m_tabs.erase(m_tabs.begin() + index);
    m_active -= index < m_active ? 1 : 0;
    m_typed = 0;
    Q_EMIT changed();
}

void QuestionTabs::reset() {
    m_tabs.assign(1, QuestionState());
    m_active = 0;
    m_typed = 0;
    Q_EMIT changed();
}

void QuestionTabs::remember(const QuestionState& state) {
    constexpr int kRemembered = 64;
    if (m_closed.size() >= kRemembered) {
        m_closed.clear();
    }
    m_closed.insert(state.question, state);
}

QuestionState QuestionTabs::recall(const QString& question) const {
    const auto open = std::find_if(m_tabs.begin(), m_tabs.end(), [&](const QuestionState& tab) { return &tab != &m_tabs[static_cast<std::size_t>(m_active)] && tab.question == question; });
    if (open != m_tabs.end()) {
        return *open;
    }
    if (m_session.question() == question) {
        return m_session.questionState();
    }
    if (const auto gone = m_closed.constFind(question); gone != m_closed.constEnd()) {
        return *gone;
    }
    QuestionState unknown;
    unknown.question = unknown.asked = question;
    unknown.model = m_session.questionState().model;
    return unknown;
}

QJsonObject QuestionTabs::json() const {
    QJsonArray list;
    for (const QString& question : questions()) {
        list.append(question);
    }
    return {{QStringLiteral("active"), m_active}, {QStringLiteral("list"), list}};
}

void QuestionTabs::restore(const QJsonObject& json) {
    QStringList list;
    const QJsonArray values = json.value(QStringLiteral("list")).toArray();
    for (const QJsonValue& value : values) {
        list << value.toString();
    }
    list = list.mid(0, kMost);
    if (list.isEmpty()) {
        return;
    }
    const int active = std::clamp(json.value(QStringLiteral("active")).toInt(), 0, static_cast<int>(list.size()) - 1);
    QStringList now = questions();
    if (list.size() == now.size() && active == m_active) {
        now[active] = list[active];
        if (now == list) {   // an edit taken back: the tab keeps what it knows
            m_typed = 0;
            m_session.setQuestion(list[active]);
            Q_EMIT changed();
            return;
        }
    }
    std::vector<QuestionState> tabs;
    for (const QString& question : std::as_const(list)) {
        tabs.push_back(recall(question));
    }
    remember(m_session.questionState());
    m_tabs = std::move(tabs);
    m_active = -1;   // what is shown belongs to no tab any more
    show(active, m_tabs[static_cast<std::size_t>(active)]);
}

}  // namespace prunescope
