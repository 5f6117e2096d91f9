// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/ops/lazy_greedy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>

namespace prunescope::detail {
namespace {

constexpr std::int64_t kMostActive = 64;     // tokens that compete in a round
constexpr std::int64_t kPicksWanted = 8;      // per round; the level adapts
constexpr std::int64_t kStep = 16;            // columns between two looks at whether a token can still compete
constexpr std::size_t kPooledFloats = std::size_t{16} << 20U;   // 64 MiB at most wait for the next run

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Chunks of finished runs. A new question on the same image needs the same memory again; fresh pages cost more than the sums in them.
class ChunkPool {
public:
    std::unique_ptr<float[]> take(std::size_t floats) {
        {
            const std::lock_guard lock(m_mutex);
            if (floats == m_floats && !m_free.empty()) {
                std::unique_ptr<float[]> chunk = std::move(m_free.back());
                m_free.pop_back();
                return chunk;
            }
        }
        return std::make_unique_for_overwrite<float[]>(floats);
    }

    void give(std::vector<std::unique_ptr<float[]>>& chunks, std::size_t floats) noexcept {
        const std::lock_guard lock(m_mutex);
        if (floats != m_floats) {
            m_free.clear();
            m_floats = floats;
        }
        while (!chunks.empty() && m_free.size() < m_free.capacity() && (m_free.size() + 1) * floats <= kPooledFloats) {
            m_free.push_back(std::move(chunks.back()));
            chunks.pop_back();
        }
    }

private:
    std::mutex m_mutex;
    std::vector<std::unique_ptr<float[]>> m_free = [] {
        std::vector<std::unique_ptr<float[]>> slots;
        slots.reserve(256);
        return slots;
    }();
    std::size_t m_floats = 0;   ///< size of each
};

ChunkPool& chunkPool() {
    static ChunkPool pool;
    return pool;
}

}  // namespace

LazyGreedy::LazyGreedy(const KernelTable& kernels, MatrixView similarity, const std::vector<float>& weights)
    : m_kernels(&kernels), m_similarity(similarity) {
    const std::int64_t n = similarity.rows;
    m_square.resize(at(n));
    m_residual.resize(at(n));
    m_cut.resize(at(n));
    m_bound.resize(at(n));
    m_done.assign(at(n), 0);
    m_stale.resize(at(n + 1));
    m_active.resize(at(n + 1));
    for (std::int64_t i = 0; i < n; ++i) {
        const double weight = weights[at(i)];
        m_square[at(i)] = weight * weight;
        m_residual[at(i)] = similarity.row(i)[i];
        m_cut[at(i)] = kRankTolerance * m_residual[at(i)];
        m_bound[at(i)] = gainOf(i);
        m_level = std::max(m_level, m_bound[at(i)]);
    }
    m_floor = kGainTolerance * m_level;
}

LazyGreedy::~LazyGreedy() { chunkPool().give(m_chunkOwner, at(m_similarity.rows * kChunk)); }

double LazyGreedy::gainOf(std::int64_t token) const {
    return m_residual[at(token)] > m_cut[at(token)] ? m_square[at(token)] * m_residual[at(token)] : 0.0;
}

/// Rows grow by whole chunks; nothing moves.
void LazyGreedy::reserve(std::int64_t columns) {
    while (static_cast<std::int64_t>(m_chunks.size()) * kChunk < columns) {
        m_chunkOwner.push_back(chunkPool().take(at(m_similarity.rows * kChunk)));
        m_chunks.push_back(m_chunkOwner.back().get());
    }
}

/// Brings up to 16 tokens of similar age up to date, or as far as it takes to show that none of them reaches `theta`.
void LazyGreedy::refreshGroup(const std::int32_t* tokens, std::int64_t count, double theta) {
    std::array<std::int32_t, kBlockTokens> token{};
    std::array<double, kBlockTokens> residual{};
    std::array<double, kBlockTokens> square{};
    std::array<float, kBlockTokens> done{};
    const std::int64_t now = picks();
    std::int64_t from = now;
    for (std::int64_t lane = 0; lane < kBlockTokens; ++lane) {
        const std::int64_t i = tokens[std::min(lane, count - 1)];
        token[at(lane)] = static_cast<std::int32_t>(i);
        residual[at(lane)] = m_residual[at(i)];
        square[at(lane)] = m_square[at(i)];
        done[at(lane)] = static_cast<float>(m_done[at(i)]);
        from = std::min<std::int64_t>(from, m_done[at(i)]);
    }

    CatchUp work;
    work.columns = m_columns.data();
    work.factor = m_factorRow.data();
    work.inverseRoot = m_inverse.data();
    work.residual = residual.data();
    work.done = done.data();
    work.to = from;
    m_kernels->pack(m_chunks.data(), token.data(), from, m_columns.data());
    double best = 0;
    do {
        work.from = work.to;
        work.to = std::min(now, (work.from / kStep + 1) * kStep);
        m_kernels->gather(m_similarityRow.data(), token.data(), work.from, work.to, m_columns.data());
        for (std::int64_t lane = 0; lane < kBlockTokens; ++lane) {   // those that are further have coefficients there already
            const std::int64_t known = std::min<std::int64_t>(work.to, m_done[at(token[at(lane)])]);
            for (std::int64_t s = work.from; s < known; ++s) {
                m_columns[at(s * kBlockTokens + lane)] = m_chunks[at(s / kChunk)][token[at(lane)] * kChunk + s % kChunk];
            }
        }
        m_kernels->catchUp(work);
        best = 0;
        for (std::int64_t lane = 0; lane < kBlockTokens; ++lane) {
            const double bound = square[at(lane)] * residual[at(lane)];
            best = bound > best ? bound : best;
        }
    } while (work.to < now && best > theta);
    m_kernels->unpack(m_columns.data(), token.data(), from, work.to, m_chunks.data());
    m_coefficients += (work.to - from) * kBlockTokens;
    for (std::int64_t lane = 0; lane < count; ++lane) {
        const std::int64_t i = token[at(lane)];
        m_residual[at(i)] = residual[at(lane)];
        m_done[at(i)] = std::max(m_done[at(i)], static_cast<std::int32_t>(work.to));
        m_bound[at(i)] = gainOf(i);
    }
}

/// The first `count` tokens of m_stale, those of similar age together.
void LazyGreedy::refresh(std::int64_t count, double theta) {
    m_ageCount.assign(at(picks() + 1), 0);
    for (std::int64_t i = 0; i < count; ++i) {
        m_ageCount[at(m_done[at(m_stale[at(i)])] + 1)] += 1;
    }
    for (std::size_t age = 1; age < m_ageCount.size(); ++age) {
        m_ageCount[age] += m_ageCount[age - 1];
    }
    m_sorted.resize(at(count));
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int32_t token = m_stale[at(i)];
        m_sorted[at(m_ageCount[at(m_done[at(token)])]++)] = token;
    }
    for (std::int64_t i = 0; i < count; i += kBlockTokens) {
        refreshGroup(m_sorted.data() + i, std::min(kBlockTokens, count - i), theta);
    }
}

/// Fills m_active, in the order of their indices, with up-to-date tokens of which one is the next pick (none: the rank is exhausted).
/// Returns what no other token's gain exceeds.
double LazyGreedy::gatherActive() {
    const std::int64_t n = m_similarity.rows;
    const std::int32_t now = static_cast<std::int32_t>(picks());
    const double* bounds = m_bound.data();
    const std::int32_t* done = m_done.data();
    std::int64_t active = 0;
    double outside = 0;
    while (active == 0) {
        const double theta = std::max(m_level * m_ratio, m_floor);
        std::int64_t stale = 0;
        for (std::int64_t i = 0; i < n; ++i) {   // every index is stored and kept by moving on: as branches, half would be mispredicted
            const auto reaches = static_cast<std::int64_t>(bounds[i] > theta);
            const auto upToDate = static_cast<std::int64_t>(done[i] == now);
            m_stale[at(stale)] = static_cast<std::int32_t>(i);
            m_active[at(active)] = static_cast<std::int32_t>(i);
            stale += reaches & (1 - upToDate);
            active += reaches & upToDate;
        }
        const std::int64_t knownBefore = active;
        refresh(stale, theta);
        for (std::int64_t s = 0; s < stale; ++s) {
            m_active[at(active)] = m_stale[at(s)];
            active += static_cast<std::int64_t>(bounds[m_stale[at(s)]] > theta);
        }
        std::inplace_merge(m_active.begin(), m_active.begin() + knownBefore, m_active.begin() + active);
        outside = theta;
        if (active == 0) {
            m_level = theta;
            if (theta <= m_floor) {
                break;
            }
        }
    }
    if (active > kMostActive) {
        std::nth_element(m_active.begin(), m_active.begin() + kMostActive, m_active.begin() + active, [this](std::int32_t a, std::int32_t b) {
            return m_bound[at(a)] != m_bound[at(b)] ? m_bound[at(a)] > m_bound[at(b)] : a < b;
        });
        outside = m_bound[at(m_active[at(kMostActive)])];   // the largest that stays out
        active = kMostActive;
        std::sort(m_active.begin(), m_active.begin() + active);
        m_ratio = std::sqrt(m_ratio);
    }
    m_activeCount = active;
    return outside;
}

void LazyGreedy::record(std::int32_t token, const float* lane, double residual) {
    const std::int64_t count = picks();
    std::vector<float> row(at(count));
    for (std::int64_t s = 0; s < count; ++s) {
        row[at(s)] = lane[s * kBlockTokens];
    }
    m_result.order.push_back(token);
    m_result.gain.push_back(static_cast<float>(m_square[at(token)] * residual));
    m_factor.push_back(std::move(row));
    m_factorRow.push_back(m_factor.back().data());
    m_similarityRow.push_back(m_similarity.row(token));
    m_inverse.push_back(static_cast<float>(1.0 / std::sqrt(residual)));
    m_square[at(token)] = 0;
}

/// Picks among m_active while the best of them beats `outside`, the largest bound of all others. The first pick is theirs in any case.
void LazyGreedy::compete(std::int64_t target, double outside) {
    const std::int64_t count = m_activeCount;
    const std::int64_t groups = (count + kBlockTokens - 1) / kBlockTokens;
    const std::int64_t start = picks();
    const std::int64_t stride = static_cast<std::int64_t>(m_chunks.size()) * kChunk * kBlockTokens;
    std::array<std::int32_t, kMostActive> token{};
    std::array<double, kMostActive> residual{};
    std::array<double, kMostActive> square{};
    std::array<double, kMostActive> cut{};
    constexpr std::array<float, kBlockTokens> done{};
    for (std::int64_t a = 0; a < groups * kBlockTokens; ++a) {
        token[at(a)] = m_active[at(std::min(a, count - 1))];
        residual[at(a)] = m_residual[at(token[at(a)])];
        square[at(a)] = a < count ? m_square[at(token[at(a)])] : 0.0;   // the last group may repeat its last token
        cut[at(a)] = m_cut[at(token[at(a)])];
    }
    for (std::int64_t g = 0; g < groups; ++g) {
        m_kernels->pack(m_chunks.data(), token.data() + g * kBlockTokens, start, m_columns.data() + g * stride);
    }
    while (picks() < target) {
        std::array<double, kMostActive> gain{};
        double best = 0;
        for (std::int64_t a = 0; a < groups * kBlockTokens; ++a) {
            gain[at(a)] = residual[at(a)] > cut[at(a)] ? square[at(a)] * residual[at(a)] : 0.0;
            best = gain[at(a)] > best ? gain[at(a)] : best;
        }
        const std::int64_t winner = std::find(gain.begin(), gain.begin() + count, best) - gain.begin();   // the first of equals
        if (best <= m_floor || (picks() > start && best <= outside)) {
            break;
        }
        m_level = best;
        record(token[at(winner)], m_columns.data() + winner / kBlockTokens * stride + winner % kBlockTokens, residual[at(winner)]);
        square[at(winner)] = 0;
        const std::int64_t now = picks();
        const float* similarity = m_similarityRow.back();
        for (std::int64_t i = 0; i < m_similarity.rows; i += kChunk) {   // the next refresh reads all of it, in no order a CPU foresees
            __builtin_prefetch(similarity + i);
        }
        for (std::int64_t a = 0; a < groups * kBlockTokens; ++a) {
            m_columns[at(a / kBlockTokens * stride + (now - 1) * kBlockTokens + a % kBlockTokens)] = similarity[token[at(a)]];
        }
        for (std::int64_t g = 0; g < groups; ++g) {
            CatchUp work;
            work.columns = m_columns.data() + g * stride;
            work.from = now - 1;
            work.to = now;
            work.factor = m_factorRow.data();
            work.inverseRoot = m_inverse.data();
            work.residual = residual.data() + g * kBlockTokens;
            work.done = done.data();
            m_kernels->catchUp(work);
        }
        m_coefficients += groups * kBlockTokens;
    }
    for (std::int64_t g = 0; g < groups; ++g) {
        m_kernels->unpack(m_columns.data() + g * stride, token.data() + g * kBlockTokens, start, picks(), m_chunks.data());
    }
    for (std::int64_t a = 0; a < count; ++a) {
        const std::int64_t i = token[at(a)];
        m_residual[at(i)] = residual[at(a)];
        m_done[at(i)] = static_cast<std::int32_t>(picks());
        m_bound[at(i)] = gainOf(i);
    }
    if (picks() - start < kPicksWanted && picks() < target && count < kMostActive) {
        m_ratio = std::max(0.3, m_ratio * m_ratio);
    }
}

Result<void> LazyGreedy::extend(std::int64_t k) {
    const std::int64_t n = m_similarity.rows;
    const std::int64_t target = std::min(k, n);
    if (target <= picks() || m_result.exhausted) {
        return {};
    }
    reserve(target);
    m_columns.resize(m_chunks.size() * at(kChunk * kMostActive));
    while (picks() < target && !m_result.exhausted) {
        ++m_rounds;
        const double outside = gatherActive();
        if (m_activeCount == 0) {
            m_result.exhausted = true;
            break;
        }
        compete(target, outside);
    }
    return {};
}

}  // namespace prunescope::detail
