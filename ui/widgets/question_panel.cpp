// SPDX-License-Identifier: GPL-3.0-or-later

// Question and answers.

#include "ui/widgets/question_panel.h"

#include "ui/widgets/answer_panel.h"

#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTabBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

/// "640 × 480, centre crop: 75 % seen" of the picture on screen.
QString geometryText(const GridMap& grid) {
    const QString size = QStringLiteral("%1 × %2").arg(grid.imageWidth).arg(grid.imageHeight);
    if (grid.padded) {
        return QuestionPanel::tr("%1, padded to a square").arg(size);
    }
    const RectF seen = grid.seenArea();
    const double share = (seen.x1 - seen.x0) * (seen.y1 - seen.y0) / (static_cast<double>(grid.imageWidth) * grid.imageHeight);
    constexpr double kAll = 0.995;
    return share >= kAll ? QuestionPanel::tr("%1, all seen").arg(size) : QuestionPanel::tr("%1, crop: %2 % seen").arg(size).arg(std::lround(share * 100));
}

}  // namespace

QuestionPanel::QuestionPanel(SessionModel& session, QuestionTabs& tabs, QWidget* parent) : QWidget(parent), m_session(session), m_tabs(tabs) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 6, 8, 6);
    column->setSpacing(5);
    auto* imageRow = new QHBoxLayout;
    m_image = new QLabel(this);
    m_image->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_image->setAccessibleName(tr("Image"));
    auto* open = new QPushButton(tr("&Open…"), this);
    open->setAccessibleName(tr("Open image"));
    open->setToolTip(tr("Open an image (Ctrl+O); or drop one on the window"));
    m_geometry = new QLabel(this);
    m_geometry->setObjectName(QStringLiteral("muted"));
    m_geometry->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* imageText = new QVBoxLayout;
    imageText->setSpacing(0);
    imageText->addWidget(m_image);
    imageText->addWidget(m_geometry);
    imageRow->addLayout(imageText, 1);
    imageRow->addWidget(open);
    column->addLayout(imageRow);
    m_question = new QComboBox(this);
    m_question->setEditable(true);
    m_question->setInsertPolicy(QComboBox::NoInsert);
    m_question->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_question->setMinimumContentsLength(10);
    m_question->setAccessibleName(tr("Question"));
    m_question->lineEdit()->setPlaceholderText(tr("Ask about the image"));
    m_question->setToolTip(tr("Question about the image; Enter asks it"));
    buildTabs(column);
    auto* buttons = new QHBoxLayout;
    m_run = new QPushButton(tr("R&un"), this);
    m_run->setToolTip(tr("Decide and answer, pruned and unpruned (Ctrl+Return)"));
    m_run->setDefault(true);
    m_stop = new QPushButton(tr("Sto&p"), this);
    m_stop->setToolTip(tr("Stop what runs (Esc)"));
    buttons->addWidget(m_run, 1);
    buttons->addWidget(m_stop, 1);
    column->addLayout(buttons);
    m_answers = new AnswerPanel(m_session, this);
    column->addWidget(m_answers, 1);
    connect(open, &QPushButton::clicked, this, &QuestionPanel::openRequested);
    connect(m_question, &QComboBox::editTextChanged, &m_session, &SessionModel::setQuestion);
    connect(m_question, &QComboBox::activated, this, [this] { m_session.run(); });
    connect(m_question->lineEdit(), &QLineEdit::returnPressed, this, [this] { m_session.run(); });
    connect(m_run, &QPushButton::clicked, &m_session, &SessionModel::run);
    connect(m_stop, &QPushButton::clicked, &m_session, &SessionModel::cancel);
    for (auto signal : {&SessionModel::imageChanged, &SessionModel::questionChanged, &SessionModel::activityChanged, &SessionModel::decisionChanged}) {
        connect(&m_session, signal, this, &QuestionPanel::refresh);
    }
    connect(&m_tabs, &QuestionTabs::changed, this, &QuestionPanel::refreshTabs);
    connect(&m_session, &SessionModel::answersChanged, this, &QuestionPanel::refreshTabs);
    refresh();
    refreshTabs();
}

/// The row of tabs, there from the second question on, and under it the question with a button for another one.
void QuestionPanel::buildTabs(QVBoxLayout* column) {
    m_tabRow = new QWidget(this);
    auto* tabs = new QHBoxLayout(m_tabRow);
    tabs->setContentsMargins(0, 0, 0, 0);
    tabs->setSpacing(3);
    m_bar = new QTabBar(m_tabRow);
    m_bar->setDrawBase(false);
    m_bar->setExpanding(false);
    m_bar->setUsesScrollButtons(true);
    m_bar->setAccessibleName(tr("Questions on this image"));
    auto* close = new QToolButton(m_tabRow);
    close->setText(QStringLiteral("×"));
    close->setAccessibleName(tr("Close this question"));
    close->setToolTip(tr("Close this question's tab (Ctrl+F4)"));
    close->setFocusPolicy(Qt::StrongFocus);
    tabs->addWidget(m_bar, 1);
    tabs->addWidget(close);
    column->addWidget(m_tabRow);
    m_add = new QToolButton(this);
    m_add->setText(QStringLiteral("+"));
    m_add->setAccessibleName(tr("Another question"));
    m_add->setToolTip(tr("Another question on this image, in a tab of its own (Ctrl+T)"));
    m_add->setFocusPolicy(Qt::StrongFocus);
    auto* row = new QHBoxLayout;
    row->setSpacing(4);
    row->addWidget(m_question, 1);
    row->addWidget(m_add);
    column->addLayout(row);
    connect(m_bar, &QTabBar::currentChanged, &m_tabs, &QuestionTabs::select);
    connect(close, &QToolButton::clicked, this, [this] { m_tabs.close(m_tabs.active()); });
    connect(m_add, &QToolButton::clicked, this, [this] {
        m_tabs.add();
        m_question->setFocus();
    });
}

void QuestionPanel::refreshTabs() {
    const QSignalBlocker blocker(m_bar);
    while (m_bar->count() > m_tabs.count()) {
        m_bar->removeTab(m_bar->count() - 1);
    }
    constexpr int kTitleWidth = 88;
    for (int i = 0; i < m_tabs.count(); ++i) {
        const QString question = m_tabs.question(i);
        const QString title = question.trimmed().isEmpty() ? tr("new") : fontMetrics().elidedText(question, Qt::ElideRight, kTitleWidth).replace(QLatin1Char('&'), QStringLiteral("&&"));
        if (i >= m_bar->count()) {
            m_bar->addTab(title);
        } else if (m_bar->tabText(i) != title) {
            m_bar->setTabText(i, title);
        }
        const QString summary = m_tabs.summary(i);
        if (m_bar->tabToolTip(i) != summary) {
            m_bar->setTabToolTip(i, summary);
        }
    }
    m_bar->setCurrentIndex(m_tabs.active());
    m_tabRow->setVisible(m_tabs.count() > 1);
    m_add->setEnabled(m_tabs.count() < QuestionTabs::kMost);
}

void QuestionPanel::setSuggestions(const QStringList& questions) {
    const QSignalBlocker blocker(m_question);
    const QString text = m_session.question();
    m_question->clear();
    m_question->addItems(questions);
    m_question->setEditText(text);
    m_question->lineEdit()->setCursorPosition(0);
}

void QuestionPanel::refresh() {
    if (m_question->currentText() != m_session.question()) {
        const QSignalBlocker blocker(m_question);
        m_question->setEditText(m_session.question());
        m_question->lineEdit()->setCursorPosition(0);
    }
    const bool reading = !m_session.pendingImagePath().isEmpty();
    const QString path = reading ? m_session.pendingImagePath() : m_session.imagePath();
    m_image->setText(path.isEmpty() ? tr("No image") : QFileInfo(path).fileName());
    QString geometry = reading ? tr("not read yet") : QString();
    if (!reading && m_session.decision() && m_session.decision()->image) {
        geometry = geometryText(m_session.decision()->image->input.grid);
    }
    m_geometry->setText(geometry);
    m_image->setToolTip(path);
    m_geometry->setToolTip(geometry);
    m_run->setEnabled(!path.isEmpty() && (m_session.trace() || (m_session.modelState() != ModelState::kFailed && m_session.modelState() != ModelState::kNone)));
    m_stop->setEnabled(m_session.busy());
}

}  // namespace prunescope
