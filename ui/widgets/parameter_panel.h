// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The knobs: method, budget, tau, gamma, p, fusion, relevance space and sign. Every change goes to the session at once; each knob has a
// tooltip with unit, range, paper value and equation, and its own reset.

#include "ui/viewmodel/parameter_info.h"
#include "ui/viewmodel/session_model.h"

#include <QWidget>

#include <vector>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QSlider;
class QToolButton;

namespace prunescope {

class Scrubber;
class ScrubSlider;

class ParameterPanel : public QWidget {
    Q_OBJECT

public:
    explicit ParameterPanel(SessionModel& session, QWidget* parent = nullptr);
    /// Controls of one option, for keys and tests; nullptr when it has none.
    [[nodiscard]] QSlider* slider(const QString& option) const;
    [[nodiscard]] QDoubleSpinBox* spin(const QString& option) const;
    [[nodiscard]] QComboBox* choice(const QString& option) const;
    [[nodiscard]] QToolButton* resetButton(const QString& option) const;
    /// Keys and wheel of the knobs.
    [[nodiscard]] Scrubber* scrubber() const { return m_scrubber; }

private:
    struct Row {
        const ParameterInfo* info = nullptr;
        QLabel* label = nullptr;
        ScrubSlider* slider = nullptr;
        QDoubleSpinBox* spin = nullptr;
        QComboBox* choice = nullptr;
        QToolButton* reset = nullptr;
    };

    void addNumber(const ParameterInfo& info);
    void addChoice(const ParameterInfo& info);
    void connectSlider(Row& row);
    QToolButton* makeReset(const ParameterInfo& info);
    void setValue(const QString& option, double value);
    void refresh();
    void refreshNumber(Row& row);
    void refreshChoice(Row& row);
    void refreshEnabled();
    [[nodiscard]] double valueOf(const QString& option) const;
    [[nodiscard]] Row* find(const QString& option);
    [[nodiscard]] const Row* find(const QString& option) const;

    SessionModel& m_session;
    Scrubber* m_scrubber = nullptr;
    std::vector<Row> m_rows;
    QLabel* m_share = nullptr;
    QLabel* m_others = nullptr;
    QCheckBox* m_quantile = nullptr;
    bool m_refreshing = false;
};

}  // namespace prunescope
