// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// How a model wants its pictures: read by core/checkpoint, obeyed by core/image.

#include <array>

namespace prunescope {

/// What preprocessor_config.json / processor_config.json ask for, defaults of CLIPImageProcessor filled in.
struct PreprocessConfig {
    int shortestEdge = 336;      ///< resize target; 0 = resize to exactly resizeWidth x resizeHeight
    int resizeWidth = 0, resizeHeight = 0;
    bool doResize = true, doCenterCrop = true, doRescale = true, doNormalize = true, doConvertRgb = true, doPad = false;
    int cropWidth = 336, cropHeight = 336;
    double rescaleFactor = 1.0 / 255.0;
    std::array<double, 3> mean{0.48145466, 0.4578275, 0.40821073};
    std::array<double, 3> std{0.26862954, 0.26130258, 0.27577711};
};

}  // namespace prunescope
