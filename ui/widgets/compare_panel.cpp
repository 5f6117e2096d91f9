// SPDX-License-Identifier: GPL-3.0-or-later

// The strip and its commands.

#include "ui/widgets/compare_panel.h"

#include "ui/viewmodel/option_text.h"
#include "ui/viewmodel/word_diff.h"
#include "ui/widgets/command_registry.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include <array>
#include <utility>

namespace prunescope {

namespace {

constexpr std::array<CompareView, 5> kViews{CompareView::kSides, CompareView::kDifference, CompareView::kWipe, CompareView::kOnlyA, CompareView::kOnlyB};
constexpr std::array<ScoreQuantity, 6> kQuantities{ScoreQuantity::kRelevance, ScoreQuantity::kRelevanceRaw, ScoreQuantity::kGspScore,
                                                   ScoreQuantity::kMeanSimilarity, ScoreQuantity::kDegree, ScoreQuantity::kDppGain};
constexpr std::array<Normalisation, 3> kNormalisations{Normalisation::kRaw, Normalisation::kMinMax, Normalisation::kRank};

QString titleOf(CompareView view) {
    switch (view) {
    case CompareView::kSides: return ComparePanel::tr("Kept by whom");
    case CompareView::kDifference: return ComparePanel::tr("Score difference");
    case CompareView::kWipe: return ComparePanel::tr("Wipe");
    case CompareView::kOnlyA: return ComparePanel::tr("A alone");
    case CompareView::kOnlyB: return ComparePanel::tr("B alone");
    }
    return {};
}

/// One line of plain text that ends in dots where there is no room.
class ElidedLabel : public QLabel {
public:
    using QLabel::QLabel;

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setPen(palette().color(foregroundRole()));
        painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter, fontMetrics().elidedText(text(), Qt::ElideRight, width()));
    }
};

QLabel* shrinking(QWidget* parent, const QString& name, bool elided = true) {
    auto* label = elided ? new ElidedLabel(parent) : new QLabel(parent);
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    label->setAccessibleName(name);
    return label;
}

}  // namespace

ComparePanel::ComparePanel(CompareModel& model, SessionModel& session, QWidget* parent) : QWidget(parent), m_model(model), m_session(session) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(3);
    auto* row = new QHBoxLayout;
    row->setSpacing(5);
    m_title = shrinking(this, tr("Pinned state A"));
    m_view = new QComboBox(this);
    for (const CompareView view : kViews) {
        m_view->addItem(titleOf(view), static_cast<int>(view));
    }
    m_view->setAccessibleName(tr("How A and B are shown"));
    m_view->setToolTip(tr("S: kept by whom, W: wipe, F: A and B in turn (canvas keys)"));
    m_quantity = new QComboBox(this);
    for (const ScoreQuantity quantity : kQuantities) {
        m_quantity->addItem(prunescope::titleOf(quantity), static_cast<int>(quantity));
    }
    m_quantity->setAccessibleName(tr("Score that is subtracted"));
    m_normalisation = new QComboBox(this);
    for (const Normalisation normalisation : kNormalisations) {
        m_normalisation->addItem(prunescope::titleOf(normalisation), static_cast<int>(normalisation));
    }
    m_normalisation->setAccessibleName(tr("Scale before subtracting"));
    for (QComboBox* box : {m_view, m_quantity, m_normalisation}) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(9);
    }
    auto* end = new QToolButton(this);
    end->setText(tr("End"));
    end->setAccessibleName(tr("End the comparison"));
    end->setToolTip(tr("Forget A"));
    end->setFocusPolicy(Qt::StrongFocus);
    row->addWidget(m_title, 1);
    row->addWidget(m_view);
    row->addWidget(end);
    column->addLayout(row);
    m_counts = shrinking(this, tr("Counts of the comparison"));
    m_counts->setObjectName(QStringLiteral("muted"));
    auto* second = new QHBoxLayout;
    second->setSpacing(5);
    second->addWidget(m_counts, 1);
    second->addWidget(m_quantity);
    second->addWidget(m_normalisation);
    column->addLayout(second);
    auto* answers = new QHBoxLayout;
    answers->setSpacing(8);
    m_answerA = shrinking(this, tr("Answer of A"), false);
    m_answerB = shrinking(this, tr("Answer of B"), false);
    for (QLabel* label : {m_answerA, m_answerB}) {   // two lines; all of it in the tooltip
        label->setWordWrap(true);
        label->setAlignment(Qt::AlignLeft | Qt::AlignTop);
        label->setFixedHeight(label->fontMetrics().lineSpacing() * 2 + 2);
    }
    answers->addWidget(m_answerA, 1);
    answers->addWidget(m_answerB, 1);
    column->addLayout(answers);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(m_view, &QComboBox::activated, this, [this](int index) { m_model.setView(kViews[static_cast<std::size_t>(index)]); });
    connect(m_quantity, &QComboBox::activated, this, [this](int index) { m_model.setQuantity(kQuantities[static_cast<std::size_t>(index)]); });
    connect(m_normalisation, &QComboBox::activated, this, [this](int index) { m_model.setNormalisation(kNormalisations[static_cast<std::size_t>(index)]); });
    connect(end, &QToolButton::clicked, this, [this] { m_model.setA(nullptr); });
    connect(&m_model, &CompareModel::changed, this, &ComparePanel::refresh);
    refresh();
}

void ComparePanel::refresh() {
    const auto a = m_model.a();
    setVisible(a != nullptr);   // a waiting one shows when its decision is there
    if (!a) {
        return;
    }
    m_title->setText(tr("A: %1").arg(a->label));
    m_title->setToolTip(tr("A: %1\nQuestion: %2").arg(a->label, a->question));
    m_view->setCurrentIndex(m_view->findData(static_cast<int>(m_model.view())));
    const bool difference = m_model.view() == CompareView::kDifference;
    m_quantity->setVisible(difference);
    m_normalisation->setVisible(difference);
    m_quantity->setCurrentIndex(m_quantity->findData(static_cast<int>(m_model.quantity())));
    m_normalisation->setCurrentIndex(m_normalisation->findData(static_cast<int>(m_model.normalisation())));
    if (const auto compared = m_model.comparison()) {
        m_counts->setText(difference ? tr("IoU %1 · only A %2 · only B %3").arg(QString::number(compared->iou, 'f', 3)).arg(compared->onlyA).arg(compared->onlyB)
                                     : tr("only A %1 · both %2 · only B %3 · neither %4 · IoU %5")
                              .arg(compared->onlyA).arg(compared->both).arg(compared->onlyB).arg(compared->neither).arg(QString::number(compared->iou, 'f', 3)));
    } else {
        m_counts->setText(tr("A and B cannot be compared: another grid"));
    }
    refreshAnswers();
}

void ComparePanel::refreshAnswers() {
    const PinnedRun& a = *m_model.a();
    const AnswerState& b = m_session.prunedAnswer();
    const bool bKnown = b.phase == AnswerState::Phase::kDone && !b.stale;
    const auto [left, right] = diffWords(a.answer, b.text);
    const bool both = a.answered && bKnown;
    const QString none = tr("<i>no answer yet</i>");
    const QString stale = b.text.isEmpty() ? none : tr("<i>stale:</i> %1").arg(b.text.toHtmlEscaped());
    m_answerA->setText(tr("A: %1").arg(!a.answered ? none : both ? diffHtml(left) : a.answer.toHtmlEscaped()));
    m_answerB->setText(tr("B: %1").arg(!bKnown ? stale : both ? diffHtml(right) : b.text.toHtmlEscaped()));
    m_answerA->setToolTip(a.answer);
    m_answerB->setToolTip(b.text);
}

void ComparePanel::dress(CanvasScene& scene, double threshold) const {
    const auto a = m_model.a();
    const auto b = m_session.decision();
    const auto compared = m_model.comparison();
    if (!a || !b || !compared) {
        return;
    }
    const auto analysis = m_session.analysis();
    switch (m_model.view()) {
    case CompareView::kSides:
        scene.overlay = sidesOverlay(*b, *compared);
        break;
    case CompareView::kDifference:
        scene.overlay = differenceOverlay(*a->result, *b, m_model.quantity(), m_model.normalisation());
        scene.colourMap = ColourMap::kPuOr;
        break;
    case CompareView::kWipe:
    case CompareView::kOnlyA:
    case CompareView::kOnlyB: {
        auto [left, right] = sharedOverlays(*a, *b, analysis.get(), scene.overlay.kind, threshold);
        if (m_model.view() == CompareView::kWipe) {
            scene.other = std::move(left);
            scene.overlay = std::move(right);
            scene.wipe = m_model.wipe();
            scene.leftName = tr("A: %1").arg(a->label);
            scene.rightName = tr("B: %1").arg(b->decision ? shortLabel(b->decision->options) : QString());
        } else {
            scene.overlay = m_model.view() == CompareView::kOnlyA ? std::move(left) : std::move(right);
            scene.leftName = m_model.view() == CompareView::kOnlyA ? tr("A: %1").arg(a->label) : tr("B: %1").arg(shortLabel(b->decision->options));
        }
        break;
    }
    }
}

QString ComparePanel::counts() const { return m_counts->text(); }
QString ComparePanel::answerA() const { return m_answerA->text(); }
QString ComparePanel::answerB() const { return m_answerB->text(); }

void addCompareCommands(CommandRegistry& commands, QMenu* menu, CompareModel& model, QWidget* canvas) {
    const auto tr = [](const char* text) { return ComparePanel::tr(text); };
    const auto pinned = [&model] { return model.a() != nullptr; };
    const auto add = [&](const char* id, const QString& text, const QString& tip, const QKeySequence& key, std::function<void()> run, std::function<bool()> enabled) {
        Command command{QLatin1String(id), text, tip, {key}};
        command.run = std::move(run);
        command.enabled = std::move(enabled);
        command.scope = canvas;
        commands.add(menu, std::move(command));
    };
    add("compare.pin", tr("&Pin as A"), tr("Keep this state, to compare what comes with it"), QKeySequence(Qt::Key_P),
        [&model] {
            if (auto run = model.present()) {
                model.setA(std::move(run));
            }
        },
        [&model] { return model.present() != nullptr; });
    add("compare.end", tr("&End comparison"), tr("Forget A"), QKeySequence(Qt::SHIFT | Qt::Key_P), [&model] { model.setA(nullptr); }, pinned);
    add("compare.sides", tr("Kept by &whom"), tr("Only A, both, only B, neither"), QKeySequence(Qt::Key_S), [&model] { model.setView(CompareView::kSides); }, pinned);
    add("compare.difference", tr("Score &difference"), tr("Scores of B minus scores of A"), QKeySequence(Qt::SHIFT | Qt::Key_S), [&model] { model.setView(CompareView::kDifference); }, pinned);
    add("compare.wipe", tr("W&ipe"), tr("A on the left of a handle, B on its right"), QKeySequence(Qt::Key_W), [&model] { model.setView(CompareView::kWipe); }, pinned);
    add("compare.flicker", tr("&Flicker"), tr("A and B in turn, in the same place"), QKeySequence(Qt::Key_F), [&model] { model.flicker(); }, pinned);
}

}  // namespace prunescope
