// SPDX-License-Identifier: GPL-3.0-or-later

// The table of costs.

#include "ui/widgets/latency_panel.h"

#include "ui/plot/stage_chart.h"
#include "ui/viewmodel/number_text.h"
#include "ui/viewmodel/run_timings.h"
#include "ui/widgets/theme.h"

#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace prunescope {

namespace {

constexpr std::size_t kPeakLine = 4;
constexpr std::size_t kWeightLine = 6;

/// One side of the table: a run and, where it was repeated, the repeats.
struct CostSide {
    const RunResult* run = nullptr;
    const MeasuredRun* measured = nullptr;
    std::int64_t weightBytes = 0;
};

struct Quantity {
    QString name, how, tip;
    std::function<double(const CostSide&)> value;
    std::function<QString(double)> text;
};

double timeOf(const CostSide& side, double StageTimings::*which) {
    return side.measured != nullptr ? side.measured->stage(which).median : comparableTimings(*side.run).*which;
}

std::vector<Quantity> quantities() {
    const auto tr = [](const char* text) { return LatencyPanel::tr(text); };
    const QString measured = tr("measured");
    const QString computed = tr("computed");
    const auto time = [](double v) { return durationText(v); };
    const auto bytes = [](double v) { return bytesText(std::llround(v)); };
    return {
        {tr("First token"), measured, tr("From the request to the first generated token; the vision pass, which both runs share, counts in both."), [](const CostSide& s) { return timeOf(s, &StageTimings::firstTokenMs); }, time},
        {tr("Per token"), measured, tr("Mean time of a generated token after the first."), [](const CostSide& s) { return timeOf(s, &StageTimings::perTokenMs); }, time},
        {tr("Total"), measured, tr("Wall time of the run; the vision pass, which both runs share, counts in both."), [](const CostSide& s) { return timeOf(s, &StageTimings::totalMs); }, time},
        {tr("KV cache"), measured, tr("Bytes of the cache in use at the end of the run."), [](const CostSide& s) { return static_cast<double>(s.run->measuredKvBytes); }, bytes},
        {tr("Peak memory"), measured, tr("Highest resident size of this whole process during a run, the window included: the kernel's high-water mark, set back before each run of a measurement; the largest of the repeats."),
         [](const CostSide& s) { return s.measured != nullptr ? static_cast<double>(s.measured->peakMemoryBytes) : 0.0; }, bytes},
        {tr("KV cache"), computed, tr("2 · layers · kv heads · head size · positions · bytes per number."), [](const CostSide& s) { return static_cast<double>(s.run->cost.kvBytes); }, bytes},
        {tr("Weights and KV"), computed, tr("Parameters times bytes each, and the KV cache: what must be in memory. Activations, libraries and the window come on top."),
         [](const CostSide& s) { return s.weightBytes > 0 ? static_cast<double>(s.weightBytes + s.run->cost.kvBytes) : 0.0; }, bytes},
        {tr("Multiply-adds"), computed, tr("Vision tower, projector and language model, from the model's shape."),
         [](const CostSide& s) { return static_cast<double>(s.run->cost.macsTotal); }, [](double v) { return countText(std::llround(v)); }},
    };
}

QLabel* number(QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    return label;
}

QLabel* group(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setObjectName(QStringLiteral("muted"));
    return label;
}

}  // namespace

std::vector<CostRow> costRows(const RunResult* pruned, const RunResult* unpruned, const Measurement* measurement) {
    const bool repeated = measurement != nullptr && measurement->pruned.last && measurement->unpruned.last;
    const CostSide left{repeated ? measurement->pruned.last.get() : pruned, repeated ? &measurement->pruned : nullptr, repeated ? measurement->weightBytes : 0};
    const CostSide right{repeated ? measurement->unpruned.last.get() : unpruned, repeated ? &measurement->unpruned : nullptr, left.weightBytes};
    std::vector<CostRow> rows;
    for (const Quantity& quantity : quantities()) {
        CostRow row{quantity.name, quantity.how, QStringLiteral("–"), QStringLiteral("–"), QString()};
        const double a = left.run != nullptr ? quantity.value(left) : 0;
        const double b = right.run != nullptr ? quantity.value(right) : 0;
        if (a > 0) {
            row.pruned = quantity.text(a);
        }
        if (b > 0) {
            row.unpruned = quantity.text(b);
        }
        if (a > 0 && b > 0) {
            row.ratio = QStringLiteral("%1×").arg(QString::number(a / b, 'f', 2));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

BreakEvenWords breakEvenWords(const Measurement& measurement) {
    const auto tr = [](const char* text) { return LatencyPanel::tr(text); };
    const auto found = breakEven(measurement);
    if (!found) {
        return {};
    }
    BreakEvenWords words;
    words.how = tr("Computed from measured medians: the pruner takes %1; prefill and decoding of the unpruned answer's length take %2 less with %3 of %4 tokens, taken as a straight line, %5 for each token left out. "
                   "The pruner is taken to cost the same at every budget.")
                    .arg(durationText(std::max(0.0, found->prunerMs)), durationText(std::abs(found->savedMs))).arg(found->kept).arg(found->total).arg(durationText(std::abs(found->savedPerTokenMs)));
    if (found->budget) {
        words.line = tr("Pruning pays up to a budget of %1 of %2 tokens (computed from measured).").arg(*found->budget).arg(found->total);
    } else if (found->savedPerTokenMs <= 0) {
        words.line = tr("Pruning saves no time here: leaving tokens out was not quicker (measured).");
        words.how = tr("Medians of prefill and decoding, at the unpruned answer's length, are not smaller with %1 of %2 tokens.").arg(found->kept).arg(found->total);
    } else {
        words.line = tr("Pruning pays at no budget here: the pruner takes longer than all that can be saved (computed from measured).");
    }
    return words;
}

LatencyPanel::LatencyPanel(SessionModel& session, QWidget* parent) : QWidget(parent), m_session(session) {
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* inner = new QWidget(scroll);
    scroll->setWidget(inner);
    outer->addWidget(scroll);
    auto* column = new QVBoxLayout(inner);
    column->setContentsMargins(8, 4, 8, 6);
    column->setSpacing(4);
    m_chart = new StageChart(inner);
    column->addWidget(m_chart, 1);
    m_breakEven = new QLabel(inner);
    m_breakEven->setWordWrap(true);
    m_breakEven->setAccessibleName(tr("Break-even budget"));
    column->addWidget(m_breakEven);
    buildTable(inner, column);
    auto* row = new QHBoxLayout;   // stays in place while the figures scroll
    row->setContentsMargins(8, 0, 8, 6);
    row->setSpacing(5);
    m_measure = new QPushButton(tr("&Measure"), this);
    m_measure->setToolTip(tr("Repeat both runs in turn after a warm-up, each from the image file on, and show medians and quartiles (Ctrl+M). Esc stops it."));
    m_repeats = new QSpinBox(this);
    constexpr int kMostRepeats = 99;
    constexpr int kRepeats = 7;
    m_repeats->setRange(1, kMostRepeats);
    m_repeats->setValue(kRepeats);
    m_repeats->setSuffix(QStringLiteral(" ×"));
    m_repeats->setAccessibleName(tr("Repeats of a measurement"));
    m_repeats->setToolTip(tr("How often each run is repeated, beside one warm-up; 1 to 99"));
    row->addWidget(m_measure, 1);
    row->addWidget(m_repeats);
    outer->addLayout(row);
    connect(m_measure, &QPushButton::clicked, this, &LatencyPanel::measure);
    for (auto signal : {&SessionModel::answersChanged, &SessionModel::measurementChanged, &SessionModel::imageChanged, &SessionModel::modelChanged}) {
        connect(&m_session, signal, this, &LatencyPanel::refresh);
    }
    refreshKeys();
    refresh();
}

void LatencyPanel::measure() {
    MeasureWish wish;
    wish.repeats = m_repeats->value();
    m_session.measure(wish);
}

void LatencyPanel::buildTable(QWidget* parent, QVBoxLayout* column) {
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(1);
    grid->setColumnStretch(0, 1);
    m_prunedKey = number(parent);
    m_unprunedKey = number(parent);
    auto* ratioKey = number(parent);
    ratioKey->setText(tr("ratio"));
    ratioKey->setObjectName(QStringLiteral("muted"));
    ratioKey->setToolTip(tr("Pruned divided by all tokens; under 1 pruning saves."));
    grid->addWidget(group(tr("measured"), parent), 0, 0);
    grid->addWidget(m_prunedKey, 0, 1);
    grid->addWidget(m_unprunedKey, 0, 2);
    grid->addWidget(ratioKey, 0, 3);
    int line = 1;
    QString how;
    for (const Quantity& quantity : quantities()) {
        if (line > 1 && quantity.how != how) {
            grid->addWidget(group(quantity.how, parent), line, 0);
            ++line;
        }
        how = quantity.how;
        Line labels{new QLabel(parent), number(parent), number(parent), number(parent)};
        labels.name->setText(quantity.name);
        labels.name->setToolTip(tr("%1 (%2)").arg(quantity.tip, quantity.how));
        labels.pruned->setAccessibleName(tr("%1 of the pruned run, %2").arg(quantity.name, quantity.how));
        labels.unpruned->setAccessibleName(tr("%1 of the run with all tokens, %2").arg(quantity.name, quantity.how));
        labels.ratio->setObjectName(QStringLiteral("muted"));
        grid->addWidget(labels.name, line, 0);
        grid->addWidget(labels.pruned, line, 1);
        grid->addWidget(labels.unpruned, line, 2);
        grid->addWidget(labels.ratio, line, 3);
        m_lines.push_back(labels);
        ++line;
    }
    column->addLayout(grid);
}

void LatencyPanel::refreshKeys() {
    const auto key = [](const QColor& colour, const QString& text) { return QStringLiteral("<span style='color:%1'>■</span> %2").arg(colour.name(), text); };
    m_prunedKey->setText(key(prunedColour(), tr("pruned")));
    m_unprunedKey->setText(key(unprunedColour(), tr("all")));
}

void LatencyPanel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && m_prunedKey != nullptr) {
        refreshKeys();
    }
    QWidget::changeEvent(event);
}

void LatencyPanel::refresh() {
    const RunResult* pruned = m_session.prunedAnswer().result.get();
    const RunResult* unpruned = m_session.unprunedAnswer().result.get();
    const Measurement* measurement = m_session.measurementStale() ? nullptr : m_session.measurement().get();
    measurement != nullptr ? m_chart->setRows(stageRows(*measurement), measurement->wish.repeats) : m_chart->setRows(stageRows(pruned, unpruned));
    const bool prunedStale = measurement == nullptr && m_session.prunedAnswer().stale;
    const bool unprunedStale = measurement == nullptr && m_session.unprunedAnswer().stale;
    const std::vector<CostRow> rows = costRows(pruned, unpruned, measurement);
    for (std::size_t i = 0; i < rows.size() && i < m_lines.size(); ++i) {
        const Line& line = m_lines[i];
        line.pruned->setText(rows[i].pruned);
        line.unpruned->setText(rows[i].unpruned);
        line.ratio->setText(rows[i].ratio);
        line.pruned->setEnabled(!prunedStale);
        line.unpruned->setEnabled(!unprunedStale);
        line.ratio->setEnabled(!prunedStale && !unprunedStale);
        const bool known = rows[i].pruned != QStringLiteral("–") || rows[i].unpruned != QStringLiteral("–");
        const bool optional = i == kPeakLine || i == kWeightLine;   // only a measurement knows them
        for (QLabel* label : {line.name, line.pruned, line.unpruned, line.ratio}) {
            label->setVisible(known || !optional);
        }
    }
    const BreakEvenWords words = measurement != nullptr ? breakEvenWords(*measurement) : BreakEvenWords{};
    m_breakEven->setText(!words.line.isEmpty() || m_session.measurement() == nullptr || measurement != nullptr ? words.line : tr("Measured before with other settings; Measure repeats it."));
    m_breakEven->setToolTip(words.how);
    m_breakEven->setVisible(!m_breakEven->text().isEmpty());
    m_measure->setEnabled(!m_session.measuring() && m_session.canAnswer() && !m_session.imagePath().isEmpty() && m_session.decision() != nullptr);
    m_measure->setText(m_session.measuring() ? tr("Measuring…") : tr("&Measure"));
}

QString LatencyPanel::breakEvenLine() const {
    return m_breakEven->text();
}

}  // namespace prunescope
