// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/image: the antialiased bicubic resize, restricted to a window of its output. A window gives the same bytes as cutting it
// out of the full result, because every output pixel depends on input pixels only.

#include "core/image/image.h"

namespace prunescope {

/// Part of the resized picture, in its pixels.
struct ResizeWindow {
    int left = 0, top = 0, width = 0, height = 0;
};

/// An image inside a larger one that is of one colour elsewhere; the larger one is never built.
struct PaddedImage {
    const RgbImage& image;
    int width = 0, height = 0;   ///< of the larger one
    int left = 0, top = 0;       ///< where the image lies in it
    std::array<std::uint8_t, 3> colour{};
};

/// The pixels of `window` of `image` resized to width x height. 1 <= width, height; the window lies inside.
[[nodiscard]] RgbImage resizeBicubicWindow(const PaddedImage& source, int width, int height, ResizeMode mode, const ResizeWindow& window);
[[nodiscard]] RgbImage resizeBicubicWindow(const RgbImage& image, int width, int height, ResizeMode mode, const ResizeWindow& window);

}  // namespace prunescope
