// SPDX-License-Identifier: GPL-3.0-or-later
// The CPU loops in portable vectors, and the choice of instruction set.

#include "core/engine/cpu_kernels.h"

#include <array>
#include <cstddef>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define PRUNESCOPE_LANES 4
#define PRUNESCOPE_ISA_NAME "baseline"
namespace prunescope::engine {
namespace {
#include "core/engine/cpu_kernels_body.h"
}  // namespace

const CpuKernels* avx512Kernels();
const CpuKernels* avx2Kernels();

namespace {

struct Available {
    std::array<const CpuKernels*, 3> sets{};
    int count = 0;
};

Available findSets() {
    Available found;
    const auto take = [&](const CpuKernels* set) { found.sets.at(static_cast<std::size_t>(found.count++)) = set; };
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
                        __builtin_cpu_supports("avx512dq") != 0;
    if (avx512) {
        take(avx512Kernels());
    }
    if (avx2) {
        take(avx2Kernels());   // every processor with AVX2 also converts half precision
    }
#endif
    take(&kKernels);
    return found;
}

const Available& available() {
    static const Available found = findSets();
    return found;
}

}  // namespace

const CpuKernels& cpuKernels() { return *available().sets.front(); }

bool bfloat16Native() {
#if defined(__x86_64__)
    unsigned a = 0, b = 0, c = 0, d = 0;
    const bool amx = __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d >> 22 & 1U) != 0;
    const bool avx512 = __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a >> 5 & 1U) != 0;
    return amx || avx512;
#else
    return false;
#endif
}

const CpuKernels* const* allCpuKernels(int& count) {
    count = available().count;
    return available().sets.data();
}

}  // namespace prunescope::engine
