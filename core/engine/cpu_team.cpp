// SPDX-License-Identifier: GPL-3.0-or-later
// The one unit compiled with OpenMP: it borrows LibTorch's own pool (the same libgomp), sized by at::set_num_threads.

#include "core/engine/cpu_team.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <thread>

namespace prunescope::engine {

namespace {

inline void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

}  // namespace

void TeamMember::barrier() {
    if (m_size == 1) {
        return;
    }
    const unsigned phase = m_meeting.phase.load(std::memory_order_acquire);
    if (m_meeting.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == m_size) {
        m_meeting.arrived.store(0, std::memory_order_relaxed);
        m_meeting.phase.store(phase + 1, std::memory_order_release);
        return;
    }
    for (int spins = 0; m_meeting.phase.load(std::memory_order_acquire) == phase; ++spins) {
        if (spins < 4000) {
            relax();
        } else {
            std::this_thread::yield();
        }
    }
}

void runRanges(std::int64_t n, std::int64_t grain, RangeFunction function, void* context) {
    at::parallel_for(0, n, grain, [&](std::int64_t first, std::int64_t last) { function(context, first, last); });
}

void runTeam(int wanted, TeamFunction function, void* context) {
    TeamMember::Meeting meeting;
    if (wanted <= 1 || at::get_num_threads() <= 1 || at::in_parallel_region()) {
        TeamMember alone(0, 1, meeting);
        function(context, alone);
        return;
    }
#ifdef _OPENMP
#pragma omp parallel
    {
        const int size = std::min(wanted, omp_get_num_threads());
        if (omp_get_thread_num() < size) {
            TeamMember member(omp_get_thread_num(), size, meeting);
            function(context, member);
        }
    }
#else
    TeamMember alone(0, 1, meeting);
    function(context, alone);
#endif
}

}  // namespace prunescope::engine
