// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Horizontal bars of the stages of both runs, with their measured times as numbers. QCustomPlot stays behind this header.

#include "core/run/measure.h"

#include <QStringList>
#include <QWidget>

#include <memory>
#include <optional>
#include <vector>

class QCustomPlot;
class QCPBars;
class QCPErrorBars;

namespace prunescope {

/// One stage: its name and the times of the two runs in milliseconds.
struct StageRow {
    QString name;
    std::optional<double> pruned, unpruned;
    bool prunedCached = false, unprunedCached = false;   ///< taken from an earlier run on this image, with the time it took then
    std::optional<Spread> prunedSpread, unprunedSpread;  ///< of a measurement: the time is its median
    bool operator==(const StageRow&) const = default;
};

/// Rows in order of the run: preprocess, vision, projector, prune, prefill, decode. Null results leave their column out.
[[nodiscard]] std::vector<StageRow> stageRows(const RunResult* pruned, const RunResult* unpruned);
/// The same with medians and quartiles of repeated runs.
[[nodiscard]] std::vector<StageRow> stageRows(const Measurement& measurement);

class StageChart : public QWidget {
    Q_OBJECT

public:
    explicit StageChart(QWidget* parent = nullptr);
    /// `repeats` 0: one run each; else the rows are medians of that many and whiskers show the quartiles.
    void setRows(const std::vector<StageRow>& rows, int repeats = 0);
    /// The numbers as text, one stage a line, for assistive technology and tests.
    [[nodiscard]] QString asText() const;

    [[nodiscard]] QSize sizeHint() const override { return {280, 200}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 130}; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void restyle();
    void rebuild();
    void addLabel(double key, double value, const QString& text);

    QCustomPlot* m_plot = nullptr;
    QCPBars* m_prunedBars = nullptr;
    QCPBars* m_unprunedBars = nullptr;
    QCPErrorBars* m_prunedErrors = nullptr;
    QCPErrorBars* m_unprunedErrors = nullptr;
    std::vector<StageRow> m_rows;
    int m_repeats = 0;
};

}  // namespace prunescope
