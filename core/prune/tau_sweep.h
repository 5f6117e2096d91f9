// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// All rankings of Eq. 9 that any tau gives, one after the other from tau = 1 down. Between two similarities no edge changes, and there
// log d + gamma (mu - tau) moves for every connected token by the same amount, so that log d + gamma mu ranks them; each pair that becomes
// an edge changes the key of its two tokens, which then find their new places among their neighbours.

#include "core/prune/method.h"
#include "core/prune/survival.h"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace prunescope::detail {

/// The largest tau at which two tokens of this similarity share an edge: edgeBound(tau) <= value.
[[nodiscard]] double largestTauOf(float value);

class TauSweep {
public:
    /// `similarity` [n, n] must outlive the sweep. Starts without edges.
    TauSweep(MatrixView similarity, const std::vector<std::uint8_t>& side, const std::vector<std::uint8_t>& zeroNorm, double gamma);

    [[nodiscard]] bool hasNext() const { return m_next < m_pairs.size(); }
    /// Similarity of the next pairs. They become edges at largestTauOf() of it.
    [[nodiscard]] float nextValue() const { return m_pairs[m_next].value; }
    /// Makes those pairs edges. Returns true when any place in the order changed.
    bool advance();
    /// Least redundant first, as GspScores::keepOrder.
    [[nodiscard]] const std::vector<std::int32_t>& order() const { return m_order; }
    /// From here on crossed() names the tokens that an advance() moved over the boundary between places `cut - 1` and `cut`; some may be back.
    /// Without `ranks` only the two sides of that boundary are followed, several times quicker, and order() stays as it was.
    void watch(std::int64_t cut, bool ranks);
    /// At or behind the boundary.
    [[nodiscard]] bool beyond(std::int32_t token) const { return m_beyond[static_cast<std::size_t>(token)] != 0; }
    [[nodiscard]] const std::vector<std::int32_t>& crossed() const { return m_crossed; }

private:
    struct Pair {
        float value;
        std::int32_t a, b;
    };
    struct Key {
        int group = 0;   ///< 0 without edges, 1 with, 2 without length
        double value = 0;
    };
    [[nodiscard]] bool before(std::int32_t a, std::int32_t b) const;
    void addEdge(std::int32_t token, float value);
    void settle(std::int32_t token);
    void swapPlaces(std::size_t left);
    void settleSide(std::int32_t token);
    void replay(std::int32_t token);

    double m_gamma = 1, m_shrink = 1;
    std::vector<Pair> m_pairs;   ///< most similar first
    std::size_t m_next = 0;
    std::vector<std::int32_t> m_degree;
    std::vector<double> m_sum;
    std::vector<Key> m_keys;
    std::vector<std::int32_t> m_order, m_place, m_crossed;
    std::int64_t m_cut = -1;
    bool m_moved = false, m_ranks = true;
    std::vector<std::uint8_t> m_beyond;
    /// Without ranks: trees of winners over the tokens, leaves from m_leaves on, root at 1; -1: nobody. The last one before the boundary, the
    /// first one behind it.
    std::vector<std::int32_t> m_lastWithin, m_firstBeyond;
    std::size_t m_leaves = 1;
};

/// Appends the tokens of one block to `out`. `budget`: of the block.
[[nodiscard]] Result<void> appendTauSurvival(Block& block, const PruningMethod& method, const PruneOptions& options, std::int64_t budget,
                                             const Forced& forced, double step, const std::stop_token& stop, TauSurvival& out);

}  // namespace prunescope::detail
