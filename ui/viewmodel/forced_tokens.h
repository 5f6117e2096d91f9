// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Tokens kept or dropped by hand on top of any method (--force-keep, --force-drop): part of the options, so that they survive every move of
// a slider and undo like any other change.

#include "core/prune/prune.h"

#include <cstdint>
#include <vector>

namespace prunescope {

enum class ForceMark { kNone, kKeep, kDrop };

[[nodiscard]] ForceMark forceOf(const PruneOptions& options, std::int64_t token);
/// `options` with these tokens marked so; both lists stay ascending and without repeats.
[[nodiscard]] PruneOptions withForced(PruneOptions options, const std::vector<std::int64_t>& tokens, ForceMark mark);

}  // namespace prunescope
