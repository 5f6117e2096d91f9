// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/prune/tau_sweep.h"

#include "core/prune/errors.h"
#include "core/prune/session_state.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace prunescope::detail {
namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Ranges of tau per token while tau falls.
class RangeRecorder {
public:
    explicit RangeRecorder(std::int64_t n) : m_ranges(at(n)), m_open(at(n), std::numeric_limits<double>::quiet_NaN()) {}

    /// From `tau` down the token is on, or off.
    void set(std::int64_t token, bool on, double tau) {
        double& open = m_open[at(token)];
        if (on == !std::isnan(open)) {
            return;
        }
        if (on) {
            open = tau;
        } else {
            m_ranges[at(token)].push_back({std::nextafter(tau, 2.0), open});
            open = std::numeric_limits<double>::quiet_NaN();
        }
    }
    [[nodiscard]] bool isOn(std::int64_t token) const { return !std::isnan(m_open[at(token)]); }
    /// At the end: open ranges reach down to -1; ascending order.
    std::vector<std::vector<TauRange>> finish() {
        for (std::size_t i = 0; i < m_ranges.size(); ++i) {
            if (!std::isnan(m_open[i])) {
                m_ranges[i].push_back({-1.0, m_open[i]});
            }
            std::reverse(m_ranges[i].begin(), m_ranges[i].end());
        }
        return std::move(m_ranges);
    }

private:
    std::vector<std::vector<TauRange>> m_ranges;
    std::vector<double> m_open;
};

/// The order that script walks along, read as deep as it is needed: greedy picks, then the rest by relevance; or relevance alone.
class WalkOrder {
public:
    static Result<WalkOrder> make(Block& block, const PruneOptions& options, PruneTimings& timings) {
        WalkOrder order;
        Result<const RelevanceScores*> relevance = block.relevance(options, timings);
        if (!relevance) {
            return relevance.error();
        }
        order.m_relevance = *relevance;
        if (options.qcsp == QcspRule::kTopK) {
            order.m_tokens = (*relevance)->order;
            order.m_complete = true;
            return order;
        }
        Result<GreedyRun*> run = block.greedy(options, timings);
        if (!run) {
            return run.error();
        }
        order.m_run = *run;
        return order;
    }
    /// The token at `place`; -1 behind the end.
    Result<std::int32_t> tokenAt(std::size_t place) {
        while (!m_complete && m_tokens.size() <= place) {
            if (Result<void> more = grow(static_cast<std::int64_t>(place) + 64); !more) {
                return more.error();
            }
        }
        return place < m_tokens.size() ? m_tokens[place] : -1;
    }

private:
    Result<void> grow(std::int64_t target) {
        if (Result<void> extended = m_run->extend(target); !extended) {
            return extended;
        }
        const GreedyOrder& known = m_run->result();
        m_tokens.insert(m_tokens.end(), known.order.begin() + static_cast<std::ptrdiff_t>(m_tokens.size()), known.order.end());
        if (!known.exhausted && m_tokens.size() < m_relevance->order.size()) {
            return {};
        }
        m_complete = true;
        std::vector<std::uint8_t> picked(m_relevance->order.size(), 0);
        for (const std::int32_t token : m_tokens) {
            picked[at(token)] = 1;
        }
        for (const std::int32_t token : m_relevance->order) {
            if (picked[at(token)] == 0) {
                m_tokens.push_back(token);
            }
        }
        return {};
    }

    const RelevanceScores* m_relevance = nullptr;
    GreedyRun* m_run = nullptr;
    std::vector<std::int32_t> m_tokens;
    bool m_complete = false;
};

/// Kept tokens of one block as tau falls.
class KeptFollower {
public:
    KeptFollower(Block& block, std::int64_t budget, const Forced& forced)
        : m_forced(&forced), m_recorder(block.size()), m_stamp(at(block.size()), 0) {
        const std::int64_t available = block.size() - forced.dropped();
        m_places = std::min(budget, available) - forced.kept();
    }
    void follow(WalkOrder* order) { m_order = order; }
    [[nodiscard]] RangeRecorder& recorder() { return m_recorder; }

    /// The kept set of this ranking, from `tau` down.
    Result<void> update(const TauSweep& sweep, double tau) {
        std::vector<std::int32_t> now;
        if (m_order == nullptr) {
            fromRanking(sweep, now);
        } else if (Result<void> walked = fromWalk(sweep, now); !walked) {
            return walked;
        }
        m_turn += 1;
        for (const std::int32_t token : now) {
            m_stamp[at(token)] = m_turn;
        }
        for (const std::int32_t token : m_kept) {
            if (m_stamp[at(token)] != m_turn) {
                m_recorder.set(token, false, tau);
            }
        }
        for (const std::int32_t token : now) {
            m_recorder.set(token, true, tau);
        }
        m_kept = std::move(now);
        return {};
    }

private:
    [[nodiscard]] bool settled(std::int32_t token) const { return m_forced->keep[at(token)] != 0 || m_forced->drop[at(token)] != 0; }
    [[nodiscard]] bool full(const std::vector<std::int32_t>& now) const { return static_cast<std::int64_t>(now.size()) >= m_places; }

    void fromRanking(const TauSweep& sweep, std::vector<std::int32_t>& now) const {
        for (auto it = sweep.order().begin(); it != sweep.order().end() && !full(now); ++it) {
            if (!settled(*it)) {
                now.push_back(*it);
            }
        }
    }
    /// Members of G along the order, then what is left of the order.
    Result<void> fromWalk(const TauSweep& sweep, std::vector<std::int32_t>& now) {
        for (const bool members : {true, false}) {
            for (std::size_t place = 0; !full(now); ++place) {
                const Result<std::int32_t> token = m_order->tokenAt(place);
                if (!token) {
                    return token.error();
                }
                if (*token < 0) {
                    break;
                }
                if (!settled(*token) && !sweep.beyond(*token) == members) {
                    now.push_back(*token);
                }
            }
        }
        return {};
    }

    const Forced* m_forced;
    std::int64_t m_places = 0;
    WalkOrder* m_order = nullptr;
    RangeRecorder m_recorder;
    std::vector<std::int32_t> m_kept;
    std::vector<std::int64_t> m_stamp;
    std::int64_t m_turn = 0;
};

/// One run over all taus: where GSP discards each token, and (with `kept`) where it is kept.
Result<void> sweepBlock(TauSweep& sweep, std::int64_t n, std::int64_t through, bool byRanking, KeptFollower* kept, RangeRecorder& redundant,
                        const std::stop_token& stop) {
    sweep.watch(through, byRanking);
    while (sweep.hasNext() && largestTauOf(sweep.nextValue()) >= 1.0) {
        sweep.advance();
    }
    for (std::int32_t i = 0; i < n; ++i) {
        redundant.set(i, sweep.beyond(i), 1.0);
    }
    if (kept != nullptr) {
        if (Result<void> updated = kept->update(sweep, 1.0); !updated) {
            return updated;
        }
    }
    constexpr float kSurelyAbove = -0.99F;   // the exact tau is worked out only where something happens at it
    for (std::int64_t turn = 0; sweep.hasNext() && (sweep.nextValue() > kSurelyAbove || largestTauOf(sweep.nextValue()) >= -1.0); ++turn) {
        if (turn % 1024 == 0) {
            if (Result<void> going = checkStop(stop); !going) {
                return going;
            }
        }
        const float value = sweep.nextValue();
        const bool moved = sweep.advance();
        if (sweep.crossed().empty() && !(byRanking && moved)) {
            continue;
        }
        const double tau = largestTauOf(value);
        bool flipped = false;
        for (const std::int32_t token : sweep.crossed()) {
            const bool discarded = sweep.beyond(token);
            flipped = flipped || discarded != redundant.isOn(token);
            redundant.set(token, discarded, tau);
        }
        if (kept != nullptr && (byRanking ? moved : flipped)) {
            if (Result<void> updated = kept->update(sweep, tau); !updated) {
                return updated;
            }
        }
    }
    return {};
}

/// Kept at -1, -1 + step, … 1.
Result<std::vector<std::vector<TauRange>>> decidedTaus(Block& block, const PruningMethod& method, PruneOptions options, std::int64_t budget,
                                                       const Forced& forced, double step, const std::stop_token& stop) {
    std::vector<std::vector<TauRange>> ranges(at(block.size()));
    PruneTimings timings;
    const auto steps = static_cast<std::int64_t>(std::floor(2.0 / step + 1e-9));
    std::vector<std::uint8_t> before(at(block.size()), 0);
    for (std::int64_t s = 0; s <= steps; ++s) {
        options.tau.value = std::min(1.0, -1.0 + step * static_cast<double>(s));
        const Result<Selection> selection = decideBlock(block, method, options, budget, forced.keep, forced.drop, timings, stop);
        if (!selection) {
            return selection.error();
        }
        for (std::int64_t i = 0; i < block.size(); ++i) {
            if (selection->isKept(i) && before[at(i)] != 0) {
                ranges[at(i)].back().to = options.tau.value;
            } else if (selection->isKept(i)) {
                ranges[at(i)].push_back({options.tau.value, options.tau.value});
            }
            before[at(i)] = selection->isKept(i) ? 1 : 0;
        }
        if (Result<void> going = checkStop(stop); !going) {
            return going.error();
        }
    }
    return ranges;
}

}  // namespace

double largestTauOf(float value) {
    const float next = std::nextafter(value, 2.0F);
    double tau = (static_cast<double>(value) + static_cast<double>(next)) / 2 + kEdgeTolerance;
    while (edgeBound(tau) > value) {
        tau = std::nextafter(tau, -3.0);
    }
    while (edgeBound(std::nextafter(tau, 3.0)) <= value) {
        tau = std::nextafter(tau, 3.0);
    }
    return tau;
}

TauSweep::TauSweep(MatrixView similarity, const std::vector<std::uint8_t>& side, const std::vector<std::uint8_t>& zeroNorm, double gamma)
    : m_gamma(gamma), m_shrink(gamma > 1e200 ? 1e200 / gamma : 1.0) {
    const std::int64_t n = similarity.rows;
    m_degree.assign(at(n), 0);
    m_sum.assign(at(n), 0);
    m_keys.resize(at(n));
    m_place.resize(at(n));
    m_order.resize(at(n));
    std::iota(m_order.begin(), m_order.end(), 0);
    for (std::int64_t i = 0; i < n; ++i) {
        double sum = 0;
        std::int64_t opposite = 0;
        for (std::int64_t j = 0; j < n; ++j) {
            if (side[at(i)] == side[at(j)]) {
                continue;
            }
            sum += similarity.row(i)[j];
            opposite += 1;
            if (i < j) {
                m_pairs.push_back({similarity.row(i)[j], static_cast<std::int32_t>(i), static_cast<std::int32_t>(j)});
            }
        }
        m_keys[at(i)] = {zeroNorm[at(i)] != 0 ? 2 : 0, opposite > 0 ? sum / static_cast<double>(opposite) - 4.0 : -4.0};
        if (zeroNorm[at(i)] != 0) {
            m_keys[at(i)].value = 0;
        }
    }
    std::sort(m_pairs.begin(), m_pairs.end(), [](const Pair& x, const Pair& y) { return x.value > y.value; });
    std::sort(m_order.begin(), m_order.end(), [&](std::int32_t x, std::int32_t y) { return before(x, y); });
    for (std::int64_t place = 0; place < n; ++place) {
        m_place[at(m_order[at(place)])] = static_cast<std::int32_t>(place);
    }
}

bool TauSweep::advance() {
    m_crossed.clear();
    m_moved = false;
    const float value = m_pairs[m_next].value;
    for (; m_next < m_pairs.size() && m_pairs[m_next].value == value; ++m_next) {
        const Pair& pair = m_pairs[m_next];
        addEdge(pair.a, value);
        addEdge(pair.b, value);
    }
    return m_moved;
}

bool TauSweep::before(std::int32_t a, std::int32_t b) const {
    const Key& x = m_keys[at(a)];
    const Key& y = m_keys[at(b)];
    if (x.group != y.group) {
        return x.group < y.group;
    }
    return x.value != y.value ? x.value < y.value : a < b;
}

void TauSweep::addEdge(std::int32_t token, float value) {
    Key& key = m_keys[at(token)];
    m_degree[at(token)] += 1;
    m_sum[at(token)] += value;
    if (key.group == 2) {
        return;
    }
    const double degree = m_degree[at(token)];
    key.group = 1;
    key.value = m_shrink * std::log(degree) + m_gamma * m_shrink * (m_sum[at(token)] / degree);
    m_ranks ? settle(token) : settleSide(token);
}

void TauSweep::watch(std::int64_t cut, bool ranks) {
    m_cut = cut;
    m_ranks = ranks;
    const auto n = m_place.size();
    m_beyond.resize(n);
    for (std::size_t token = 0; token < n; ++token) {
        m_beyond[token] = m_place[token] >= cut ? 1 : 0;
    }
    if (ranks) {
        return;
    }
    while (m_leaves < n) {
        m_leaves *= 2;
    }
    m_lastWithin.assign(2 * m_leaves, -1);
    m_firstBeyond.assign(2 * m_leaves, -1);
    for (std::size_t token = 0; token < n; ++token) {
        replay(static_cast<std::int32_t>(token));
    }
}

/// Both trees after the token's key or side has changed.
void TauSweep::replay(std::int32_t token) {
    for (const bool within : {true, false}) {
        std::vector<std::int32_t>& tree = within ? m_lastWithin : m_firstBeyond;
        std::size_t node = m_leaves + at(token);
        const std::int32_t leaf = (m_beyond[at(token)] == 0) == within ? token : -1;
        if (leaf < 0 && tree[node] < 0) {
            continue;
        }
        tree[node] = leaf;
        while (node > 1) {
            node /= 2;
            const std::int32_t x = tree[2 * node];
            const std::int32_t y = tree[2 * node + 1];
            const std::int32_t winner = x < 0 ? y : y < 0 ? x : before(x, y) == within ? y : x;
            if (winner == tree[node] && winner != token) {
                break;   // nothing above has this token to compare with
            }
            tree[node] = winner;
        }
    }
}

/// One token's key has changed: at most it and its opposite number across the boundary trade sides.
void TauSweep::settleSide(std::int32_t token) {
    replay(token);
    const std::int32_t last = m_lastWithin[1];
    const std::int32_t first = m_firstBeyond[1];
    if (last < 0 || first < 0 || before(last, first)) {
        return;
    }
    m_beyond[at(last)] = 1;
    m_beyond[at(first)] = 0;
    for (const std::int32_t moved : {last, first}) {
        replay(moved);
        m_crossed.push_back(moved);
    }
}

void TauSweep::settle(std::int32_t token) {
    auto place = at(m_place[at(token)]);
    while (place > 0 && before(token, m_order[place - 1])) {
        swapPlaces(--place);
    }
    while (place + 1 < m_order.size() && before(m_order[place + 1], token)) {
        swapPlaces(place++);
    }
}

void TauSweep::swapPlaces(std::size_t left) {
    std::swap(m_order[left], m_order[left + 1]);
    m_place[at(m_order[left])] = static_cast<std::int32_t>(left);
    m_place[at(m_order[left + 1])] = static_cast<std::int32_t>(left + 1);
    m_moved = true;
    if (static_cast<std::int64_t>(left) + 1 == m_cut) {
        m_beyond[at(m_order[left])] = 0;
        m_beyond[at(m_order[left + 1])] = 1;
        m_crossed.push_back(m_order[left]);
        m_crossed.push_back(m_order[left + 1]);
    }
}

Result<void> appendTauSurvival(Block& block, const PruningMethod& method, const PruneOptions& options, std::int64_t budget, const Forced& forced,
                               double step, const std::stop_token& stop, TauSurvival& out) {
    PruneTimings timings;
    const std::int64_t n = block.size();
    const GraphUse use = method.graphUse(options);
    const bool everything = method.keepsAll() || budget >= n - forced.dropped();
    if (forced.kept() > budget || use == GraphUse::kNone || everything) {   // one decision says it, or refuses
        const Result<Selection> selection = decideBlock(block, method, options, budget, forced.keep, forced.drop, timings, stop);
        if (!selection) {
            return selection.error();
        }
        for (std::int64_t i = 0; i < n; ++i) {
            out.kept.emplace_back(selection->isKept(i) ? 1 : 0, TauRange{-1.0, 1.0});
            out.redundant.emplace_back();
        }
        return {};
    }
    Result<HostTensor> similarity = block.similarity(timings);
    if (!similarity) {
        return similarity.error();
    }
    const std::uint64_t seed = options.partition == Partition::kRandom ? options.seed : 0;
    TauSweep sweep(MatrixView(*similarity), partitionSides(options.partition, block.cells(), seed), block.zeroNorm(), options.gamma);
    const std::int64_t through = survivorCount(n, options.gspRatio, budget);
    RangeRecorder redundant(n);
    KeptFollower kept(block, budget, forced);
    for (std::int64_t i = 0; i < n; ++i) {
        kept.recorder().set(i, forced.keep[at(i)] != 0, 1.0);
    }
    std::optional<WalkOrder> walk;
    if (use == GraphUse::kWalk) {
        Result<WalkOrder> made = WalkOrder::make(block, options, timings);
        if (!made) {
            return made.error();
        }
        walk.emplace(std::move(*made));
        kept.follow(&*walk);
    }
    KeptFollower* follower = use == GraphUse::kOther ? nullptr : &kept;
    if (Result<void> swept = sweepBlock(sweep, n, through, use == GraphUse::kRanking, follower, redundant, stop); !swept) {
        return swept;
    }
    std::vector<std::vector<TauRange>> keptRanges;
    if (follower != nullptr) {
        keptRanges = kept.recorder().finish();
    } else {
        Result<std::vector<std::vector<TauRange>>> decided = decidedTaus(block, method, options, budget, forced, step, stop);
        if (!decided) {
            return decided.error();
        }
        keptRanges = std::move(*decided);
        out.step = step;
    }
    std::vector<std::vector<TauRange>> redundantRanges = redundant.finish();
    std::move(keptRanges.begin(), keptRanges.end(), std::back_inserter(out.kept));
    std::move(redundantRanges.begin(), redundantRanges.end(), std::back_inserter(out.redundant));
    return {};
}

}  // namespace prunescope::detail
