// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the window tells about each knob: label, range, step, unit, the paper's value and the equation it enters. (reference/methods.md 3.4)

#include <QString>

#include <vector>

namespace prunescope {

struct ParameterInfo {
    QString option;      ///< name on the command line, without dashes
    QString label;       ///< with mnemonic
    QString unit;
    QString range;       ///< in words
    QString paper;       ///< value in the paper, or what it leaves open
    QString equation;
    QString meaning;     ///< one sentence
    double low = 0, high = 1, step = 0.01;   ///< of the slider; numbers only
    double coarse = 0.05;                    ///< one notch of wheel or key; `step` is the fine one
    QString keys = {};                       ///< on the canvas: "[ ]"
    int decimals = 2;
};

/// The knobs of the parameter panel, in its order.
[[nodiscard]] const std::vector<ParameterInfo>& parameterInfos();
/// nullptr when there is none of that name.
[[nodiscard]] const ParameterInfo* parameterInfo(const QString& option);
/// Rich text for the tooltip.
[[nodiscard]] QString tooltipOf(const ParameterInfo& info);

}  // namespace prunescope
