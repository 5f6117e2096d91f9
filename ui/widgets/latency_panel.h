// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What both runs cost: stage bars, first token, multiply-adds, KV cache, memory; each number says whether it was measured or computed. After
// "Measure" the times are medians of repeated runs, and the budget up to which pruning pays is worked out from them.

#include "ui/viewmodel/session_model.h"

#include <QWidget>

#include <vector>

class QLabel;
class QPushButton;
class QSpinBox;
class QVBoxLayout;

namespace prunescope {

class StageChart;

/// One line of the table under the bars.
struct CostRow {
    QString name, how, pruned, unpruned, ratio;   ///< how: "measured" or "computed"
};

/// Rows for two finished runs; null: "–". With a measurement its medians and peak memory; a figure that was not measured is a dash.
[[nodiscard]] std::vector<CostRow> costRows(const RunResult* pruned, const RunResult* unpruned, const Measurement* measurement = nullptr);
/// "Pays up to 512 of 576 tokens …", or why it does not; empty where both sides keep the same tokens. `how`: how it was worked out.
struct BreakEvenWords {
    QString line, how;
};
[[nodiscard]] BreakEvenWords breakEvenWords(const Measurement& measurement);

class LatencyPanel : public QWidget {
    Q_OBJECT

public:
    explicit LatencyPanel(SessionModel& session, QWidget* parent = nullptr);
    [[nodiscard]] StageChart* chart() const { return m_chart; }
    [[nodiscard]] QPushButton* measureButton() const { return m_measure; }
    [[nodiscard]] QSpinBox* repeatsBox() const { return m_repeats; }
    [[nodiscard]] QString breakEvenLine() const;
    /// Repeats both runs as often as the box says.
    void measure();

private:
    struct Line {
        QLabel* name;
        QLabel* pruned;
        QLabel* unpruned;
        QLabel* ratio;
    };
    void buildTable(QWidget* parent, QVBoxLayout* column);
    void refresh();
    void refreshKeys();

protected:
    void changeEvent(QEvent* event) override;

private:
    SessionModel& m_session;
    StageChart* m_chart = nullptr;
    QPushButton* m_measure = nullptr;
    QSpinBox* m_repeats = nullptr;
    QLabel* m_breakEven = nullptr;
    QLabel* m_prunedKey = nullptr;
    QLabel* m_unprunedKey = nullptr;
    std::vector<Line> m_lines;
};

}  // namespace prunescope
