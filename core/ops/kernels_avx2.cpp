// SPDX-License-Identifier: GPL-3.0-or-later

// Inner loops for AVX2 with FMA; this file alone is compiled with -mavx2 -mfma (core/ops/kernel_flags.cmake).

#ifdef PRUNESCOPE_X86_KERNELS

#define PRUNESCOPE_LANES 8
#define PRUNESCOPE_TILE_ROWS 6
#define PRUNESCOPE_TILE_VECTORS 2
#include "core/ops/kernels_body.h"

namespace prunescope::detail {

const KernelTable& avx2Kernels() {
    static const KernelTable kTable = makeTable("avx2");
    return kTable;
}

}  // namespace prunescope::detail

#endif
