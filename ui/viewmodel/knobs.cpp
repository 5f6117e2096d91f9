// SPDX-License-Identifier: GPL-3.0-or-later

// Notches of the knobs.

#include "ui/viewmodel/knobs.h"

#include "ui/viewmodel/option_text.h"
#include "ui/viewmodel/parameter_info.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

/// The next multiple of `step` above (notches > 0) or below, `notches` times.
double moved(double value, double step, int notches) {
    constexpr double kSame = 1e-6;   // a value that lies on a multiple but for rounding
    const double at = value / step;
    const double from = notches > 0 ? std::floor(at + kSame) : std::ceil(at - kSame);
    return (from + notches) * step;
}

}  // namespace

bool methodUses(const QString& method, const QString& option) {
    const bool script = method == QLatin1String("script");
    if (option == QLatin1String("keep")) {
        return method != QLatin1String("none");
    }
    if (option == QLatin1String("tau") || option == QLatin1String("gamma")) {
        return script || method == QLatin1String("gsp");
    }
    if (option == QLatin1String("gsp-ratio") || option == QLatin1String("fusion")) {
        return script;
    }
    if (option == QLatin1String("relevance-space") || option == QLatin1String("relevance-sign")) {
        const auto& methods = pruningMethods();
        return std::any_of(methods.begin(), methods.end(), [&](const MethodInfo& info) { return info.name == method.toStdString() && info.usesQuestion; });
    }
    return true;
}

PruneOptions turned(const PruneOptions& options, const QString& option, int notches, bool fine, const KnobState& state) {
    const ParameterInfo* info = parameterInfo(option);
    PruneOptions next = options;
    if (info == nullptr || notches == 0 || !optionChoices(option).isEmpty() || !methodUses(QString::fromStdString(options.method), option)) {
        return next;
    }
    const double step = fine ? info->step : info->coarse;
    if (option == QLatin1String("keep")) {
        next.keep = std::clamp<std::int64_t>(std::llround(moved(static_cast<double>(state.keep), step, notches)), 1, state.tokens);
        next.keepRatio.reset();
    } else if (option == QLatin1String("tau") && options.tau.isQuantile) {
        constexpr double kPercent = 100;
        next.tau.value = std::clamp(moved(options.tau.value, fine ? 1.0 : step * kPercent, notches), 0.0, kPercent);
    } else {
        double& value = option == QLatin1String("tau") ? next.tau.value : option == QLatin1String("gamma") ? next.gamma : next.gspRatio;
        constexpr double kDigits = 1e4;   // 0.35, not 0.35000000000000003
        value = std::round(std::clamp(moved(value, step, notches), info->low, info->high) * kDigits) / kDigits;
    }
    return next;
}

}  // namespace prunescope
