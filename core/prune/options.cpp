// SPDX-License-Identifier: GPL-3.0-or-later

// Names and ranges of the options, checked without data.

#include "core/prune/errors.h"
#include "core/prune/method.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prunescope {
namespace {

constexpr std::array<const char*, 8> kNotBuilt{"script-released", "cdpruner", "divprune", "trim", "visionzip", "fastv", "pdrop", "sparsevlm"};

Error rangeError(const std::string& option, const std::string& why, const std::string& hint) {
    return detail::pruneError(ErrorCode::kUsage, "USAGE-RANGE", "bad value for option", option, why, hint);
}

std::string builtMethods() {
    std::string names;
    for (const MethodInfo& info : pruningMethods()) {
        names += (names.empty() ? "" : ", ") + info.name;
    }
    return names;
}

Result<void> validateNumbers(const PruneOptions& options) {
    if (options.keep && *options.keep < 1) {
        return rangeError("--keep", "a budget is at least 1", "");
    }
    if (options.keepRatio && !(*options.keepRatio > 0 && *options.keepRatio <= 1)) {
        return rangeError("--keep-ratio", "not in (0, 1]", "");
    }
    const double low = options.tau.isQuantile ? 0.0 : -1.0;
    const double high = options.tau.isQuantile ? 100.0 : 1.0;
    if (!(options.tau.value >= low && options.tau.value <= high)) {
        return rangeError("--tau", options.tau.isQuantile ? "a quantile is in q0 to q100" : "a similarity is in [-1, 1]", "write 0.5 or q90");
    }
    if (!(options.gamma >= 0) || !std::isfinite(options.gamma)) {
        return rangeError("--gamma", "not a finite number from 0 up", "");
    }
    if (!(options.gspRatio >= 0 && options.gspRatio <= 1)) {
        return rangeError("--gsp-ratio", "not in [0, 1]", "");
    }
    if (!(options.relevancePower >= 0) || !std::isfinite(options.relevancePower)) {
        return rangeError("--relevance-power", "not a finite number from 0 up", "");
    }
    if (options.relevanceTheta && !(*options.relevanceTheta > 0 && *options.relevanceTheta < 1)) {
        return rangeError("--relevance-theta", "not in (0, 1)", "");
    }
    return {};
}

}  // namespace

const char* nameOf(Reason reason) {
    switch (reason) {
        case Reason::kKept: return "kept";
        case Reason::kGsp: return "gsp";
        case Reason::kQcsp: return "qcsp";
        case Reason::kBudget: return "budget";
        case Reason::kForced: return "forced";
        case Reason::kFill: return "fill";
        case Reason::kMethod: return "method";
    }
    return "budget";
}

Result<void> validateOptions(const PruneOptions& options) {
    if (detail::findMethod(options.method) == nullptr) {
        const bool later = std::find(kNotBuilt.begin(), kNotBuilt.end(), options.method) != kNotBuilt.end();
        return detail::pruneError(ErrorCode::kUsage, "USAGE-METHOD", later ? "this method is not built yet" : "unknown method", options.method,
                                  later ? "this version does not have it" : "no method has this name", "use one of " + builtMethods());
    }
    if (Result<void> numbers = validateNumbers(options); !numbers) {
        return numbers;
    }
    for (const std::int64_t token : options.forceKeep) {
        if (std::find(options.forceDrop.begin(), options.forceDrop.end(), token) != options.forceDrop.end()) {
            return detail::pruneError(ErrorCode::kUsage, "USAGE-FORCE", "token is both kept and dropped by force", std::to_string(token),
                                      "it stands in --force-keep and in --force-drop", "take it out of one list");
        }
    }
    return {};
}

}  // namespace prunescope
