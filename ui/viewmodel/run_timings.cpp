// SPDX-License-Identifier: GPL-3.0-or-later

// Making runs comparable.

#include "ui/viewmodel/run_timings.h"

namespace prunescope {

StageTimings comparableTimings(const RunResult& result) {
    StageTimings times = result.timings;
    if (!times.visionFromCache || !result.image) {
        return times;
    }
    const ImageContext& image = *result.image;
    const double before = times.decodeImageMs + times.preprocessMs + times.visionMs + times.projectMs;
    times.decodeImageMs = image.decodeImageMs;
    times.preprocessMs = image.preprocessMs;
    times.visionMs = image.vision.visionMs;
    times.projectMs = image.vision.projectMs;
    const double shared = times.decodeImageMs + times.preprocessMs + times.visionMs + times.projectMs - before;
    times.totalMs += shared;
    times.firstTokenMs += times.firstTokenMs > 0 ? shared : 0;
    return times;
}

}  // namespace prunescope
