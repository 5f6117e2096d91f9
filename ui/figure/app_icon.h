// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The program's icon, drawn: a grid of patches of which some are kept. The same drawing lies as resources/prunescope.svg for installation.

#include <QIcon>

namespace prunescope {

/// Needs a QGuiApplication.
[[nodiscard]] QIcon appIcon();

}  // namespace prunescope
