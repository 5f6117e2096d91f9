// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Pictures against baselines, in one line each. Compared at a quarter of the size, block by block, so that a hair of anti-aliasing or hinting
// in another version of Qt or FreeType passes and a cropped label, a wrong colour or a moved panel does not.

#include <QImage>
#include <QString>

namespace prunescope::testing {

/// Text of every widget in DejaVu Sans, 9 pt at 96 dpi: the font that tools/setup installs. False where it is not there.
[[nodiscard]] bool useTestFont();

/// Empty when `picture` looks like tests/ui/baselines/NAME.png, else what differs and where. PRUNESCOPE_UPDATE_BASELINES=1 writes the baseline
/// instead. `largest`: mean difference of a block of 8 x 8 quarter-size pixels, of 255.
[[nodiscard]] QString differsFrom(const QImage& picture, const QString& name, double largest = 20.0);

}  // namespace prunescope::testing
