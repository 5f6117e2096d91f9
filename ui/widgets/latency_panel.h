// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What both runs cost: stage bars, first token, multiply-adds, KV cache; each number says whether it was measured or computed.

#include "ui/viewmodel/session_model.h"

#include <QWidget>

#include <vector>

class QLabel;

namespace prunescope {

class StageChart;

/// One line of the table under the bars.
struct CostRow {
    QString name, how, pruned, unpruned, ratio;   ///< how: "measured" or "computed"
};

/// Rows for two finished runs; null: "n/a".
[[nodiscard]] std::vector<CostRow> costRows(const RunResult* pruned, const RunResult* unpruned);

class LatencyPanel : public QWidget {
    Q_OBJECT

public:
    explicit LatencyPanel(SessionModel& session, QWidget* parent = nullptr);
    [[nodiscard]] StageChart* chart() const { return m_chart; }

private:
    struct Line {
        QLabel* name;
        QLabel* pruned;
        QLabel* unpruned;
        QLabel* ratio;
    };
    void refresh();
    void refreshKeys();

protected:
    void changeEvent(QEvent* event) override;

private:
    SessionModel& m_session;
    StageChart* m_chart = nullptr;
    QLabel* m_prunedKey = nullptr;
    QLabel* m_unprunedKey = nullptr;
    std::vector<Line> m_lines;
};

}  // namespace prunescope
