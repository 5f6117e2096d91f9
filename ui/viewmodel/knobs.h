// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Knobs as keys and wheel turn them: one notch of a number, and which knobs a method listens to.

#include "core/run/pipeline.h"

#include <QString>

#include <cstdint>

namespace prunescope {

/// What a notch needs to know beside the options.
struct KnobState {
    std::int64_t keep = 64;     ///< budget in tokens that the options mean
    std::int64_t tokens = 576;  ///< visual tokens of the image
};

/// False: the method's outcome does not depend on this option ("keep", "tau", "gamma", "gsp-ratio", "fusion", "relevance-space",
/// "relevance-sign"); true for options of other names.
[[nodiscard]] bool methodUses(const QString& method, const QString& option);

/// `options` with the number `option` moved by `notches` (coarse: `ParameterInfo::coarse`, fine: `ParameterInfo::step`), clamped to the
/// slider's range. A coarse notch lands on a multiple of itself. Options without a number, and those that the method ignores, stay.
[[nodiscard]] PruneOptions turned(const PruneOptions& options, const QString& option, int notches, bool fine, const KnobState& state);

}  // namespace prunescope
