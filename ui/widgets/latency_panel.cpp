// SPDX-License-Identifier: GPL-3.0-or-later

// The table of costs.

#include "ui/widgets/latency_panel.h"

#include "ui/plot/stage_chart.h"
#include "ui/viewmodel/number_text.h"
#include "ui/viewmodel/run_timings.h"
#include "ui/widgets/theme.h"

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <cmath>
#include <functional>
#include <utility>

namespace prunescope {

namespace {

struct Quantity {
    QString name, how, tip;
    std::function<double(const RunResult&)> value;
    std::function<QString(double)> text;
};

std::vector<Quantity> quantities() {
    const auto tr = [](const char* text) { return LatencyPanel::tr(text); };
    const QString measured = tr("measured");
    const QString computed = tr("computed");
    const auto time = [](double v) { return durationText(v); };
    const auto bytes = [](double v) { return bytesText(std::llround(v)); };
    return {
        {tr("First token"), measured, tr("From the request to the first generated token; the vision pass, which both runs share, counts in both."), [](const RunResult& r) { return comparableTimings(r).firstTokenMs; }, time},
        {tr("Per token"), measured, tr("Mean time of a generated token after the first."), [](const RunResult& r) { return r.timings.perTokenMs; }, time},
        {tr("Total"), measured, tr("Wall time of the run; the vision pass, which both runs share, counts in both."), [](const RunResult& r) { return comparableTimings(r).totalMs; }, time},
        {tr("KV cache"), measured, tr("Bytes of the cache in use at the end of the run."), [](const RunResult& r) { return static_cast<double>(r.measuredKvBytes); }, bytes},
        {tr("Multiply-adds"), computed, tr("Vision tower, projector and language model, from the model's shape."),
         [](const RunResult& r) { return static_cast<double>(r.cost.macsTotal); }, [](double v) { return countText(std::llround(v)); }},
        {tr("KV cache"), computed, tr("2 · layers · kv heads · head size · positions · bytes per number."), [](const RunResult& r) { return static_cast<double>(r.cost.kvBytes); }, bytes},
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

std::vector<CostRow> costRows(const RunResult* pruned, const RunResult* unpruned) {
    std::vector<CostRow> rows;
    for (const Quantity& quantity : quantities()) {
        CostRow row{quantity.name, quantity.how, QStringLiteral("–"), QStringLiteral("–"), QString()};
        const double a = pruned != nullptr ? quantity.value(*pruned) : 0;
        const double b = unpruned != nullptr ? quantity.value(*unpruned) : 0;
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

LatencyPanel::LatencyPanel(SessionModel& session, QWidget* parent) : QWidget(parent), m_session(session) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 4, 8, 6);
    column->setSpacing(4);
    m_chart = new StageChart(this);
    column->addWidget(m_chart, 1);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(1);
    grid->setColumnStretch(0, 1);
    m_prunedKey = number(this);
    m_unprunedKey = number(this);
    auto* ratioKey = number(this);
    ratioKey->setText(tr("ratio"));
    ratioKey->setObjectName(QStringLiteral("muted"));
    ratioKey->setToolTip(tr("Pruned divided by all tokens; under 1 pruning saves."));
    grid->addWidget(group(tr("measured"), this), 0, 0);
    grid->addWidget(m_prunedKey, 0, 1);
    grid->addWidget(m_unprunedKey, 0, 2);
    grid->addWidget(ratioKey, 0, 3);
    int line = 1;
    QString how;
    for (const Quantity& quantity : quantities()) {
        if (line > 1 && quantity.how != how) {
            grid->addWidget(group(quantity.how, this), line, 0);
            ++line;
        }
        how = quantity.how;
        Line labels{new QLabel(this), number(this), number(this), number(this)};
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
    connect(&m_session, &SessionModel::answersChanged, this, &LatencyPanel::refresh);
    refreshKeys();
    refresh();
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
    m_chart->setRows(stageRows(pruned, unpruned));
    const bool stale = m_session.prunedAnswer().stale || m_session.unprunedAnswer().stale;
    const std::vector<CostRow> rows = costRows(pruned, unpruned);
    for (std::size_t i = 0; i < rows.size() && i < m_lines.size(); ++i) {
        m_lines[i].pruned->setText(rows[i].pruned);
        m_lines[i].unpruned->setText(rows[i].unpruned);
        m_lines[i].ratio->setText(rows[i].ratio);
        m_lines[i].pruned->setEnabled(!m_session.prunedAnswer().stale);
        m_lines[i].unpruned->setEnabled(!m_session.unprunedAnswer().stale);
        m_lines[i].ratio->setEnabled(!stale);
    }
}

}  // namespace prunescope
