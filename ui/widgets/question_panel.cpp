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

QuestionPanel::QuestionPanel(SessionModel& session, QWidget* parent) : QWidget(parent), m_session(session) {
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
    column->addWidget(m_question);
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
    refresh();
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
