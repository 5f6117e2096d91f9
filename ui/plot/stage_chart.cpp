// SPDX-License-Identifier: GPL-3.0-or-later

// The chart with QCustomPlot.

#include "ui/plot/stage_chart.h"

#include "ui/plot/qcp.h"

#include "ui/viewmodel/number_text.h"
#include "ui/viewmodel/run_timings.h"
#include "ui/widgets/theme.h"

#include <QEvent>
#include <QVBoxLayout>

#include <algorithm>

namespace prunescope {

namespace {

constexpr double kHalf = 0.2;       // distance of the two bars from the row's middle
constexpr double kBarWidth = 0.36;

QString labelOf(const std::optional<double>& value, bool cached) {
    if (!value) {
        return {};
    }
    return cached ? StageChart::tr("%1, shared").arg(durationText(*value)) : durationText(*value);
}

}  // namespace

namespace {

struct Stage {
    const char* name;
    double StageTimings::*time;
    bool vision;
};
constexpr Stage kStages[] = {{QT_TRANSLATE_NOOP("StageChart", "preprocess"), &StageTimings::preprocessMs, true},
                             {QT_TRANSLATE_NOOP("StageChart", "vision"), &StageTimings::visionMs, true},
                             {QT_TRANSLATE_NOOP("StageChart", "projector"), &StageTimings::projectMs, true},
                             {QT_TRANSLATE_NOOP("StageChart", "prune"), &StageTimings::pruneMs, false},
                             {QT_TRANSLATE_NOOP("StageChart", "prefill"), &StageTimings::prefillMs, false},
                             {QT_TRANSLATE_NOOP("StageChart", "decode"), &StageTimings::decodeMs, false}};

}  // namespace

std::vector<StageRow> stageRows(const RunResult* pruned, const RunResult* unpruned) {
    std::vector<StageRow> rows;
    for (const Stage& stage : kStages) {
        StageRow row;
        row.name = QCoreApplication::translate("StageChart", stage.name);
        if (pruned != nullptr) {
            row.pruned = comparableTimings(*pruned).*stage.time;
            row.prunedCached = stage.vision && pruned->timings.visionFromCache;
        }
        if (unpruned != nullptr) {
            row.unpruned = comparableTimings(*unpruned).*stage.time;
            row.unprunedCached = stage.vision && unpruned->timings.visionFromCache;
        }
        rows.push_back(row);
    }
    return rows;
}

std::vector<StageRow> stageRows(const Measurement& measurement) {
    std::vector<StageRow> rows;
    for (const Stage& stage : kStages) {
        StageRow row;
        row.name = QCoreApplication::translate("StageChart", stage.name);
        row.prunedSpread = measurement.pruned.stage(stage.time);
        row.unprunedSpread = measurement.unpruned.stage(stage.time);
        row.pruned = row.prunedSpread->median;
        row.unpruned = row.unprunedSpread->median;
        rows.push_back(row);
    }
    return rows;
}

StageChart::StageChart(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    m_plot = new QCustomPlot(this);
    m_plot->setFocusPolicy(Qt::NoFocus);
    column->addWidget(m_plot);
    m_plot->xAxis->setVisible(true);
    m_plot->yAxis->setRangeReversed(true);
    m_prunedBars = new QCPBars(m_plot->yAxis, m_plot->xAxis);
    m_unprunedBars = new QCPBars(m_plot->yAxis, m_plot->xAxis);
    m_prunedBars->setName(tr("pruned"));
    m_unprunedBars->setName(tr("all tokens"));
    for (QCPBars* bars : {m_prunedBars, m_unprunedBars}) {
        bars->setWidth(kBarWidth);
    }
    const auto errors = [this](QCPBars* bars) {
        auto* whiskers = new QCPErrorBars(m_plot->yAxis, m_plot->xAxis);
        whiskers->removeFromLegend();
        whiskers->setDataPlottable(bars);
        whiskers->setErrorType(QCPErrorBars::etValueError);
        whiskers->setWhiskerWidth(5);
        whiskers->setSymbolGap(0);
        return whiskers;
    };
    m_prunedErrors = errors(m_prunedBars);
    m_unprunedErrors = errors(m_unprunedBars);
    setAccessibleName(tr("Stage times of both runs"));
    restyle();
}

void StageChart::restyle() {
    const FigureStyle style = figureStyle(*this);
    m_plot->setBackground(palette().brush(QPalette::Window));
    m_prunedBars->setBrush(prunedColour());
    m_prunedBars->setPen(QPen(style.text, 0.8));
    m_unprunedBars->setBrush(unprunedColour());
    m_unprunedBars->setPen(QPen(style.muted, 0.8));
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis}) {
        axis->setBasePen(QPen(style.frame));
        axis->setTickPen(QPen(style.frame));
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLabelColor(style.text);
        axis->setLabelColor(style.muted);
        axis->setTickLabelFont(small);
        axis->setLabelFont(small);
        axis->grid()->setPen(QPen(style.frame, 0.6, Qt::DotLine));
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    m_plot->yAxis->grid()->setVisible(false);
    for (QCPErrorBars* errors : {m_prunedErrors, m_unprunedErrors}) {
        errors->setPen(QPen(style.text, 1.4));
    }
    m_plot->xAxis->ticker()->setTickCount(4);
    m_plot->xAxis->setLabelPadding(1);
    m_plot->axisRect()->setMinimumMargins(QMargins(0, 2, 6, 0));
    rebuild();
}

void StageChart::addLabel(double key, double value, const QString& text) {
    if (text.isEmpty()) {
        return;
    }
    auto* label = new QCPItemText(m_plot);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.82);
    label->setFont(small);
    label->setColor(figureStyle(*this).text);
    label->setText(text);
    label->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    label->setPadding(QMargins(3, 0, 0, 0));
    label->setClipToAxisRect(false);
    label->position->setCoords(value, key);
}

void StageChart::setRows(const std::vector<StageRow>& rows, int repeats) {
    if (rows != m_rows || repeats != m_repeats) {   // asked with every step of a drag
        m_rows = rows;
        m_repeats = repeats;
        rebuild();
    }
}

void StageChart::rebuild() {
    m_plot->clearItems();
    QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
    QVector<double> prunedKeys, prunedValues, unprunedKeys, unprunedValues;
    QVector<double> prunedBelow, prunedAbove, unprunedBelow, unprunedAbove;
    double longest = 0;
    double key = 0;
    for (const StageRow& row : m_rows) {
        ticker->addTick(key, row.name);
        for (const bool isPruned : {true, false}) {
            const std::optional<double>& time = isPruned ? row.pruned : row.unpruned;
            const bool cached = isPruned ? row.prunedCached : row.unprunedCached;
            const double at = key + (isPruned ? -kHalf : kHalf);
            const double value = time ? *time : 0.0;
            (isPruned ? prunedKeys : unprunedKeys) << at;
            (isPruned ? prunedValues : unprunedValues) << value;
            const Spread spread = (isPruned ? row.prunedSpread : row.unprunedSpread).value_or(Spread{value, value, value});
            (isPruned ? prunedBelow : unprunedBelow) << value - spread.low;
            (isPruned ? prunedAbove : unprunedAbove) << spread.high - value;
            longest = std::max(longest, spread.high);
            if (time) {
                addLabel(at, spread.high, labelOf(time, cached));
            }
        }
        key += 1;
    }
    m_prunedBars->setData(prunedKeys, prunedValues);
    m_unprunedBars->setData(unprunedKeys, unprunedValues);
    m_prunedErrors->setData(prunedBelow, prunedAbove);
    m_unprunedErrors->setData(unprunedBelow, unprunedAbove);
    m_prunedErrors->setVisible(m_repeats > 0);
    m_unprunedErrors->setVisible(m_repeats > 0);
    m_plot->xAxis->setLabel(m_repeats > 0 ? tr("ms, median of %1; whiskers: quartiles").arg(m_repeats) : tr("ms, one run each"));
    m_plot->yAxis->setTicker(ticker);
    m_plot->yAxis->setRange(-0.6, std::max(1.0, key) - 0.4);
    constexpr double kRoomForNumbers = 1.6;
    m_plot->xAxis->setRange(0, longest > 0 ? longest * kRoomForNumbers : 1);
    setAccessibleDescription(asText());
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

QString StageChart::asText() const {
    QStringList lines;
    const auto spread = [](const std::optional<Spread>& found) {
        return found ? tr(" (quartiles %1 to %2)").arg(durationText(found->low), durationText(found->high)) : QString();
    };
    for (const StageRow& row : m_rows) {
        lines << QStringLiteral("%1: %2%4 / %3%5").arg(row.name, row.pruned ? labelOf(row.pruned, row.prunedCached) : tr("n/a"),
                                                   row.unpruned ? labelOf(row.unpruned, row.unprunedCached) : tr("n/a"), spread(row.prunedSpread), spread(row.unprunedSpread));
    }
    return lines.join(QLatin1Char('\n'));
}

void StageChart::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        restyle();
    }
    QWidget::changeEvent(event);
}

}  // namespace prunescope
