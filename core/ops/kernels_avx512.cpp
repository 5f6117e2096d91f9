// SPDX-License-Identifier: GPL-3.0-or-later

// Inner loops for AVX-512; this file alone is compiled with AVX-512 flags (core/ops/kernel_flags.cmake).

#ifdef PRUNESCOPE_X86_KERNELS

#define PRUNESCOPE_LANES 16
#define PRUNESCOPE_TILE_ROWS 12
#define PRUNESCOPE_TILE_VECTORS 2
#include "core/ops/kernels_body.h"

namespace prunescope::detail {

const KernelTable& avx512Kernels() {
    static const KernelTable kTable = makeTable("avx512");
    return kTable;
}

}  // namespace prunescope::detail

#endif
