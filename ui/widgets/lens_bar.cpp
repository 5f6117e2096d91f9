// SPDX-License-Identifier: GPL-3.0-or-later

// Words, questions, and their commands.

#include "ui/widgets/lens_bar.h"

#include "ui/figure/canvas_painter.h"
#include "ui/widgets/command_registry.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QSignalBlocker>
#include <QTabBar>

namespace prunescope {

LensBar::LensBar(LensModel& model, SessionModel& session, QuestionTabs& tabs, QWidget* parent) : QWidget(parent), m_model(model), m_session(session), m_tabs(tabs) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(5);
    m_label = new QLabel(this);
    m_label->setObjectName(QStringLiteral("muted"));
    m_words = new QTabBar(this);
    m_words->setDrawBase(false);
    m_words->setExpanding(false);
    m_words->setUsesScrollButtons(true);
    m_words->setAccessibleName(tr("Word of the question"));
    m_words->setToolTip(tr("The word whose relevance is shown; Q and Shift+Q step through them (canvas keys)"));
    m_other = new QComboBox(this);
    m_other->setAccessibleName(tr("Question that is subtracted"));
    m_other->setToolTip(tr("Its relevance is subtracted from that of the present question"));
    m_other->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_other->setMinimumContentsLength(12);
    row->addWidget(m_label);
    row->addWidget(m_words, 1);
    row->addWidget(m_other, 1);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(m_words, &QTabBar::currentChanged, this, [this](int index) { m_model.setWord(index); });
    connect(m_other, &QComboBox::activated, this, [this] { m_model.setOther(m_other->currentData().toString()); });
    connect(&m_model, &LensModel::changed, this, &LensBar::refresh);
    connect(&m_session, &SessionModel::decisionChanged, this, &LensBar::refresh);
    refresh();
}

void LensBar::setKind(OverlayKind kind) {
    if (kind != m_kind) {
        m_kind = kind;
        refresh();
    }
}

void LensBar::refresh() {
    const bool words = m_kind == OverlayKind::kWord;
    const bool questions = m_kind == OverlayKind::kQuestions;
    setVisible(words || questions);
    if (!words && !questions) {
        return;
    }
    const QSignalBlocker wordBlocker(m_words);
    const QSignalBlocker otherBlocker(m_other);
    const QStringList all = m_model.words();
    while (m_words->count() > all.size()) {
        m_words->removeTab(m_words->count() - 1);
    }
    for (int i = 0; i < all.size(); ++i) {
        const QString text = QString(all[i]).replace(QLatin1Char('&'), QStringLiteral("&&"));
        i < m_words->count() ? m_words->setTabText(i, text) : static_cast<void>(m_words->addTab(text));
        m_words->setTabEnabled(i, m_model.hasMap(i));
    }
    if (m_model.shownWord() >= 0) {
        m_words->setCurrentIndex(m_model.shownWord());
    }
    m_other->clear();
    for (int i = 0; i < m_tabs.count(); ++i) {
        if (const QString question = m_tabs.question(i); i != m_tabs.active() && !question.trimmed().isEmpty()) {
            m_other->addItem(question, question);
        }
    }
    m_other->setCurrentIndex(m_other->findData(m_model.other()));
    m_words->setVisible(words && !all.isEmpty());
    m_other->setVisible(questions && m_other->count() > 0);
    m_label->setText(words ? (all.isEmpty() ? tr("No words known yet") : tr("Word:"))
                           : m_other->count() > 0 ? tr("This question minus:") : tr("Add a second question with Ctrl+T to see the difference."));
}

void LensBar::dress(CanvasScene& scene, OverlayKind kind) const {
    const auto result = m_session.decision();
    if (!result || !result->decision || !result->image || (kind != OverlayKind::kWord && kind != OverlayKind::kQuestions) || scene.overlay.kind != kind) {
        return;
    }
    scene.overlay = m_model.overlay(*result, kind);
    scene.wipe.reset();   // a lens looks at the present question alone
    scene.leftName.clear();
    scene.rightName.clear();
    if (kind == OverlayKind::kQuestions) {
        scene.colourMap = ColourMap::kPuOr;
    }
}

void addLensCommands(CommandRegistry& commands, QMenu* menu, LensModel& lens, QuestionTabs& tabs, QWidget* canvas) {
    const auto tr = [](const char* text) { return LensBar::tr(text); };
    const auto many = [&tabs] { return tabs.count() > 1; };
    commands.add(menu, {QStringLiteral("question.add"), tr("&New question"), tr("Another question on this image, in a tab of its own"), {QKeySequence(Qt::CTRL | Qt::Key_T)}, [&tabs] { tabs.add(); },
                        [&tabs] { return tabs.count() < QuestionTabs::kMost; }});
    commands.add(menu, {QStringLiteral("question.close"), tr("&Close question"), tr("Close this question's tab"), {QKeySequence(Qt::CTRL | Qt::Key_F4)}, [&tabs] { tabs.close(tabs.active()); }, many});
    commands.add(menu, {QStringLiteral("question.next"), tr("Ne&xt question"), tr("Show the next question's tab"), {QKeySequence(Qt::CTRL | Qt::Key_PageDown)}, [&tabs] { tabs.next(); }, many});
    commands.add(menu, {QStringLiteral("question.previous"), tr("Pre&vious question"), tr("Show the tab before"), {QKeySequence(Qt::CTRL | Qt::Key_PageUp)}, [&tabs] { tabs.previous(); }, many});
    const auto step = [&](const char* id, const QString& text, const QString& tip, const QKeySequence& key, int direction) {
        Command command{QLatin1String(id), text, tip, {key}};
        command.run = [&lens, direction] { lens.step(direction); };
        command.enabled = [&lens] { return !lens.words().isEmpty(); };
        command.scope = canvas;
        commands.add(menu, std::move(command));
    };
    step("lens.nextWord", tr("Next &word"), tr("Relevance of the next word of the question"), QKeySequence(Qt::Key_Q), 1);
    step("lens.previousWord", tr("Previous w&ord"), tr("Relevance of the word before"), QKeySequence(Qt::SHIFT | Qt::Key_Q), -1);
}

}  // namespace prunescope
