// SPDX-License-Identifier: GPL-3.0-or-later
// The CPU loops for AVX-512. Only called where the processor has it.

#include "core/engine/cpu_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c,prefer-vector-width=512")
#endif
#define PRUNESCOPE_LANES 16
#define PRUNESCOPE_ISA_NAME "AVX-512"
namespace prunescope::engine {
namespace {
#include "core/engine/cpu_kernels_body.h"
}  // namespace
const CpuKernels* avx512Kernels() { return &kKernels; }
}  // namespace prunescope::engine
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#else
namespace prunescope::engine {
const CpuKernels* avx512Kernels() { return nullptr; }
}  // namespace prunescope::engine
#endif
