// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Two runs on one image share the vision pass: the second takes it from the cache. So that they can be compared, the pass counts in both
// with the time that it took when it was run.

#include "core/run/pipeline.h"

namespace prunescope {

/// Measured times of a run with decoding, preprocessing, vision and projector as they were when the image was new; first token and total
/// move by the difference. A run that did the pass itself comes back as it is.
[[nodiscard]] StageTimings comparableTimings(const RunResult& result);

}  // namespace prunescope
