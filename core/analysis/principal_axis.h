// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Projections on the first principal component, with a sign that does not depend on the solver: the projection of largest magnitude is
// positive (the first of equals). Without variance every projection is 0.

#include "core/base/tensor.h"

#include <vector>

namespace prunescope::detail {

/// Centred projections of a handful of rows on their own first component (through their Gram matrix).
[[nodiscard]] std::vector<double> projectionOfFew(MatrixView tokens, const std::vector<std::int64_t>& rows);
/// Centred projections of all rows on the first component of all (Lanczos with full reorthogonalisation on the row side).
[[nodiscard]] std::vector<double> projectionOfAll(MatrixView tokens);

}  // namespace prunescope::detail
