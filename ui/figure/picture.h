// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Pictures for painting: the model's uint8 picture or the decoded original as QImage, and the dimmed, desaturated copy that stands for
// dropped tokens.

#include "core/run/pipeline.h"

#include <QImage>
#include <QString>

namespace prunescope {

/// Copy as RGB32, scaled down (area average) so that neither side exceeds `maxSide`. Empty image: null.
[[nodiscard]] QImage toQImage(const RgbImage& image, int maxSide = 2048);
/// Desaturated, and blended by `strength` (0 … 1) towards `ground`: lightness and saturation both change, so that hue is never the only sign.
[[nodiscard]] QImage dimmed(const QImage& picture, QRgb ground, double strength);
/// Small preview of a file for the time until the worker has read it: null when the format is unknown or it has over 4 million pixels.
[[nodiscard]] QImage previewOf(const QString& path);

}  // namespace prunescope
