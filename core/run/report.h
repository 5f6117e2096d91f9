// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Results as JSON (schemas prunescope.run/1 and prunescope.prune/1) and as text for a terminal. Keys are only ever added.

#include "core/run/pipeline.h"

#include <nlohmann/json.hpp>

#include <string>

namespace prunescope {

using Json = nlohmann::ordered_json;

/// What the program was built with and runs on.
struct ProgramFacts {
    std::string version;
    std::string torch;   ///< "" without an engine: null in JSON
    std::string cuda;    ///< "" without CUDA: null in JSON
};

/// Version of this build.
[[nodiscard]] std::string programVersion();

/// All resolved options of a decision; `tau` is the value a quantile came to.
[[nodiscard]] Json optionsJson(const PruneOptions& options, double resolvedTau);

/// prunescope.run/1. `loadModelMs` becomes timings_ms.load_model and part of the total.
[[nodiscard]] Json runJson(const RunResult& result, const ModelFacts& model, const ProgramFacts& program, const std::string& modelPath, double loadModelMs);

/// prunescope.prune/1. `loadMs`: reading the file (or image and model). Numbers that were not computed are null.
[[nodiscard]] Json pruneJson(const PruneDecision& decision, double loadMs);

/// What `prune --explain` adds for each token: the numbers behind its outcome (core/prune/reasons.h).
[[nodiscard]] Json reasonsJson(const TokenReasons& reasons);
/// What `prune --survival` adds: `budget` (entry by token, or the ranges where kept sets are not nested) and `tau` (ranges by token).
[[nodiscard]] Json survivalJson(const BudgetSurvival& budgets, const TauSurvival& taus);

/// The token grid, one character a token: '#' kept, '+' forced, '.' dropped, 'x' force-dropped; tiles one below the other; then one line of counts.
[[nodiscard]] std::string drawDecision(const PruneDecision& decision);

/// A short table of stages for stderr.
[[nodiscard]] std::string stageTable(const StageTimings& timings);

/// One line of JSON; bytes that are not UTF-8 become U+FFFD, NaN becomes null.
[[nodiscard]] std::string dumpJson(const Json& json);

}  // namespace prunescope
