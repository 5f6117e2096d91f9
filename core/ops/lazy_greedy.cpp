// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/ops/lazy_greedy.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prunescope::detail {
namespace {

constexpr std::int64_t kMostActive = 96;     // tokens that compete in a round
constexpr std::int64_t kPicksWanted = 16;     // per round; the level adapts

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

LazyGreedy::LazyGreedy(const KernelTable& kernels, MatrixView similarity, const std::vector<float>& weights)
    : m_kernels(&kernels), m_similarity(similarity) {
    const std::int64_t n = similarity.rows;
    m_square.resize(at(n));
    m_residual.resize(at(n));
    m_cut.resize(at(n));
    m_bound.resize(at(n));
    m_done.assign(at(n), 0);
    m_isActive.assign(at(n), 0);
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

double LazyGreedy::gainOf(std::int64_t token) const {
    return m_residual[at(token)] > m_cut[at(token)] ? m_square[at(token)] * m_residual[at(token)] : 0.0;
}

/// Rows grow by whole chunks; nothing moves.
void LazyGreedy::reserve(std::int64_t columns) {
    while (static_cast<std::int64_t>(m_chunks.size()) * kChunk < columns) {
        m_chunkOwner.push_back(std::make_unique_for_overwrite<float[]>(at(m_similarity.rows * kChunk)));
        m_chunks.push_back(m_chunkOwner.back().get());
    }
}

/// Brings up to 16 tokens of similar age up to date.
void LazyGreedy::refreshGroup(const std::int32_t* tokens, std::int64_t count) {
    std::array<std::int32_t, kBlockTokens> token{};
    std::array<double, kBlockTokens> residual{};
    std::array<float, kBlockTokens> done{};
    std::int64_t from = picks();
    for (std::int64_t lane = 0; lane < kBlockTokens; ++lane) {
        token[at(lane)] = tokens[std::min(lane, count - 1)];
        residual[at(lane)] = m_residual[at(token[at(lane)])];
        done[at(lane)] = static_cast<float>(m_done[at(token[at(lane)])]);
        from = std::min<std::int64_t>(from, m_done[at(token[at(lane)])]);
    }

    const std::int64_t to = picks();
    m_kernels->pack(m_chunks.data(), token.data(), to, m_columns.data());
    CatchUp work;
    work.columns = m_columns.data();
    work.from = from;
    work.to = to;
    work.factor = m_factorRow.data();
    work.inverseRoot = m_inverse.data();
    work.residual = residual.data();
    work.done = done.data();
    m_kernels->catchUp(work);
    m_kernels->unpack(m_columns.data(), token.data(), from, to, m_chunks.data());
    m_coefficients += (to - from) * kBlockTokens;
    for (std::int64_t lane = 0; lane < count; ++lane) {
        const std::int64_t i = token[at(lane)];
        m_residual[at(i)] = residual[at(lane)];
        m_done[at(i)] = static_cast<std::int32_t>(to);
        m_bound[at(i)] = gainOf(i);
    }
}

/// All tokens in m_stale, those of similar age together.
void LazyGreedy::refresh() {
    m_ageCount.assign(at(picks() + 1), 0);
    for (const std::int32_t i : m_stale) {
        m_ageCount[at(m_done[at(i)] + 1)] += 1;
    }
    for (std::size_t age = 1; age < m_ageCount.size(); ++age) {
        m_ageCount[age] += m_ageCount[age - 1];
    }
    m_sorted.resize(m_stale.size());
    for (const std::int32_t i : m_stale) {
        m_sorted[at(m_ageCount[at(m_done[at(i)])]++)] = i;
    }
    const std::int64_t count = static_cast<std::int64_t>(m_stale.size());
    for (std::int64_t i = 0; i < count; i += kBlockTokens) {
        refreshGroup(m_sorted.data() + i, std::min(kBlockTokens, count - i));
    }
}

/// Fills m_active with up-to-date tokens of which one is the next pick (none: the rank is exhausted).
void LazyGreedy::gatherActive() {
    const std::int64_t n = m_similarity.rows;
    const std::int32_t now = static_cast<std::int32_t>(picks());
    m_active.clear();
    while (m_active.empty()) {
        const double theta = std::max(m_level * m_ratio, m_floor);
        m_stale.clear();
        for (std::int64_t i = 0; i < n; ++i) {
            if (m_bound[at(i)] > theta && m_done[at(i)] < now) {
                m_stale.push_back(static_cast<std::int32_t>(i));
            }
        }
        refresh();
        double best = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            best = std::max(best, m_bound[at(i)]);
            if (m_bound[at(i)] > theta) {
                m_active.push_back(static_cast<std::int32_t>(i));
            }
        }
        m_level = best;
        if (best <= m_floor) {
            return;
        }
    }
    if (static_cast<std::int64_t>(m_active.size()) > kMostActive) {
        std::nth_element(m_active.begin(), m_active.begin() + kMostActive, m_active.end(), [this](std::int32_t a, std::int32_t b) {
            return m_bound[at(a)] != m_bound[at(b)] ? m_bound[at(a)] > m_bound[at(b)] : a < b;
        });
        m_active.resize(at(kMostActive));
        std::sort(m_active.begin(), m_active.end());
        m_ratio = std::sqrt(m_ratio);
    }
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

/// Hands the similarities of the picks since `from` to all tokens, as numbers yet to become coefficients.
void LazyGreedy::publish(std::int64_t from) {
    m_kernels->spread(m_similarityRow.data() + from, from, picks() - from, m_similarity.rows, m_chunks.data());
}

/// Picks among m_active while the best of them beats `outside`, the largest bound of all others. The first pick is theirs in any case.
void LazyGreedy::compete(std::int64_t target, double outside) {
    const std::int64_t count = static_cast<std::int64_t>(m_active.size());
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
    publish(start);
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
        gatherActive();
        if (m_active.empty()) {
            m_result.exhausted = true;
            break;
        }
        for (const std::int32_t i : m_active) {
            m_isActive[at(i)] = 1;
        }
        double outside = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            outside = m_isActive[at(i)] != 0 ? outside : std::max(outside, m_bound[at(i)]);
        }
        compete(target, outside);
        for (const std::int32_t i : m_active) {
            m_isActive[at(i)] = 0;
        }
    }
    return {};
}

}  // namespace prunescope::detail
