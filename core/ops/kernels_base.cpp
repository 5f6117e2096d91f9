// SPDX-License-Identifier: GPL-3.0-or-later

// Inner loops with the instructions every CPU of this architecture has.

#define PRUNESCOPE_LANES 4
#define PRUNESCOPE_TILE_ROWS 6
#define PRUNESCOPE_TILE_VECTORS 2
#include "core/ops/kernels_body.h"

namespace prunescope::detail {

const KernelTable& baseKernels() {
    static const KernelTable kTable = makeTable("base");
    return kTable;
}

}  // namespace prunescope::detail
