// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Work sharing on LibTorch's intra-op pool; the engine starts no threads of its own. Two shapes: independent ranges, and a team that walks
// through one decoding step together and meets at barriers (a step has sixty short parallel parts; entering the pool for each would cost more
// than the work).

#include <atomic>
#include <cstdint>

namespace prunescope::engine {

/// A thread's place in a team.
class TeamMember {
public:
    struct Meeting {
        alignas(64) std::atomic<int> arrived{0};
        alignas(64) std::atomic<unsigned> phase{0};
    };
    TeamMember(int rank, int size, Meeting& meeting) : m_rank(rank), m_size(size), m_meeting(meeting) {}

    [[nodiscard]] int rank() const { return m_rank; }
    [[nodiscard]] int size() const { return m_size; }
    /// Waits until every member is here.
    void barrier();
    /// This member's part of n items, in whole multiples of `unit`.
    [[nodiscard]] std::int64_t begin(std::int64_t n, std::int64_t unit) const { return cut(n, unit, m_rank); }
    [[nodiscard]] std::int64_t end(std::int64_t n, std::int64_t unit) const { return cut(n, unit, m_rank + 1); }

private:
    [[nodiscard]] std::int64_t cut(std::int64_t n, std::int64_t unit, int part) const {
        const std::int64_t units = (n + unit - 1) / unit;
        const std::int64_t at = units * part / m_size * unit;
        return at < n ? at : n;
    }
    int m_rank, m_size;
    Meeting& m_meeting;
};

using RangeFunction = void (*)(void* context, std::int64_t first, std::int64_t last);
using TeamFunction = void (*)(void* context, TeamMember& member);
void runRanges(std::int64_t n, std::int64_t grain, RangeFunction function, void* context);
void runTeam(int wanted, TeamFunction function, void* context);

/// f(first, last) on parts of [0, n), at least `grain` items each.
template <class F>
void forRanges(std::int64_t n, std::int64_t grain, F&& f) {
    runRanges(n, grain, [](void* context, std::int64_t first, std::int64_t last) { (*static_cast<F*>(context))(first, last); }, &f);
}
/// f(member) on up to `wanted` threads; f must not throw.
template <class F>
void asTeam(int wanted, F&& f) {
    runTeam(wanted, [](void* context, TeamMember& member) { (*static_cast<F*>(context))(member); }, &f);
}

}  // namespace prunescope::engine
