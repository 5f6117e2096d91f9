// SPDX-License-Identifier: GPL-3.0-or-later

// Survival over budgets: the method's own order where kept sets are nested, one decision a budget where they are not. Tau is in tau_sweep.cpp.

#include "core/prune/survival.h"

#include "core/prune/errors.h"
#include "core/prune/session_state.h"
#include "core/prune/tau_sweep.h"

#include <algorithm>
#include <new>

namespace prunescope {
namespace {

using detail::Block;
using detail::Forced;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

Error memoryError() {
    return detail::pruneError(ErrorCode::kDevice, "MEM-HOST", "cannot look at all decisions", "", "out of memory", "use fewer tokens");
}

/// Survival of one block in budgets of its own.
struct LocalSurvival {
    bool nested = true;
    std::vector<std::int32_t> enters;                // 0: kept by force
    std::vector<std::vector<BudgetRange>> ranges;
};

Result<LocalSurvival> nestedSurvival(const std::vector<std::int32_t>& order, const Forced& forced, std::int64_t last) {
    LocalSurvival out;
    out.enters.assign(forced.keep.size(), BudgetSurvival::kNever);
    std::int32_t budget = 0;
    for (std::size_t i = 0; i < forced.keep.size(); ++i) {
        if (forced.keep[i] != 0) {
            out.enters[i] = 0;
            budget += 1;
        }
    }
    for (const std::int32_t token : order) {
        budget += 1;
        if (budget <= last) {
            out.enters[at(token)] = budget;
        }
    }
    return out;
}

/// One decision a budget.
Result<LocalSurvival> decidedSurvival(Block& block, const detail::PruningMethod& method, const PruneOptions& options, const Forced& forced,
                                      std::int64_t last, const std::stop_token& stop) {
    LocalSurvival out;
    out.nested = false;
    out.enters.assign(at(block.size()), BudgetSurvival::kNever);
    out.ranges.resize(at(block.size()));
    PruneTimings timings;
    for (std::int64_t k = std::max<std::int64_t>(1, forced.kept()); k <= last; ++k) {
        if (Result<void> going = detail::checkStop(stop); !going) {
            return going.error();
        }
        const Result<detail::Selection> selection = detail::decideBlock(block, method, options, k, forced.keep, forced.drop, timings, stop);
        if (!selection) {
            return selection.error();
        }
        const auto budget = static_cast<std::int32_t>(k);
        for (std::int64_t i = 0; i < block.size(); ++i) {
            if (!selection->isKept(i)) {
                continue;
            }
            std::vector<BudgetRange>& ranges = out.ranges[at(i)];
            if (!ranges.empty() && ranges.back().to == budget - 1) {
                ranges.back().to = budget;
            } else {
                ranges.push_back({budget, budget});
            }
            out.enters[at(i)] = std::min(out.enters[at(i)], budget);
        }
    }
    return out;
}

Result<LocalSurvival> survivalOf(Block& block, const detail::PruningMethod& method, const PruneOptions& options, const Forced& forced, std::int64_t last,
                                 const std::stop_token& stop) {
    if (method.keepsAll()) {   // whatever the budget
        LocalSurvival out;
        for (std::int64_t i = 0; i < block.size(); ++i) {
            out.enters.push_back(forced.drop[at(i)] != 0 ? BudgetSurvival::kNever : 0);
        }
        return out;
    }
    PruneTimings timings;
    const auto order = method.budgetOrder(block, options, forced, last, timings, stop);
    if (!order) {
        return order.error();
    }
    return *order ? nestedSurvival(**order, forced, last) : decidedSurvival(block, method, options, forced, last, stop);
}

/// Budgets of all tokens together for each budget of one block: [k] smallest such budget from `first` on, and the largest.
struct BudgetMap {
    std::vector<std::int32_t> smallest, largest;
};

BudgetMap mapBudgets(const std::vector<std::int64_t>& local, std::int32_t first, std::int64_t blockSize) {
    BudgetMap map{std::vector<std::int32_t>(at(blockSize + 1), BudgetSurvival::kNever), std::vector<std::int32_t>(at(blockSize + 1), 0)};
    for (std::size_t step = 0; step < local.size(); ++step) {
        const auto budget = first + static_cast<std::int32_t>(step);
        for (std::int64_t k = local[step]; k >= 0 && map.smallest[at(k)] == BudgetSurvival::kNever; --k) {
            map.smallest[at(k)] = budget;
        }
        map.largest[at(local[step])] = budget;
    }
    for (std::int64_t k = 1; k <= blockSize; ++k) {
        map.largest[at(k)] = std::max(map.largest[at(k)], map.largest[at(k - 1)]);
    }
    return map;
}

void publish(const LocalSurvival& local, const BudgetMap& map, BudgetSurvival& out) {
    for (std::size_t i = 0; i < local.enters.size(); ++i) {
        const std::int32_t enters = local.enters[i];
        out.entersAt.push_back(enters == BudgetSurvival::kNever ? enters : map.smallest[at(enters)]);
        out.ranges.emplace_back();
        if (local.nested) {   // used only when another block is not
            if (out.entersAt.back() != BudgetSurvival::kNever) {
                out.ranges.back().push_back({out.entersAt.back(), out.lastBudget});
            }
            continue;
        }
        for (const BudgetRange& range : local.ranges[i]) {
            const BudgetRange whole{map.smallest[at(range.from)], map.largest[at(range.to)]};
            if (whole.from <= whole.to) {
                out.ranges.back().push_back(whole);
            }
        }
    }
}

template <typename Range, typename Value>
bool within(const std::vector<Range>& ranges, Value value) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) { return range.from <= value && value <= range.to; });
}

}  // namespace

bool BudgetSurvival::keptAt(std::int64_t token, std::int64_t k) const {
    return nested ? entersAt[at(token)] <= k : within(ranges[at(token)], k);
}

bool TauSurvival::redundantAt(std::int64_t token, double tau) const { return usesTau && within(redundant[at(token)], tau); }

bool TauSurvival::keptAt(std::int64_t token, double tau) const { return within(kept[at(token)], tau); }

Result<BudgetSurvival> PruneSession::budgetSurvival(const PruneOptions& options, std::int64_t lastBudget, std::stop_token stop) {
    State& state = *m_state;
    PruneOptions wanted = options;
    wanted.keep = 1;   // checked, not used
    wanted.keepRatio.reset();
    const Result<detail::Prepared> prepared = detail::prepare(state.input, state.n, wanted);
    if (!prepared) {
        return prepared.error();
    }
    try {
        std::vector<Block>& blocks = state.blocks(options.scope);
        const std::int64_t size = blocks.front().size();
        const bool each = options.keepPerTile && options.scope == TileScope::kTile;
        const std::int64_t most = each ? size : state.n;
        BudgetSurvival out;
        out.n = state.n;
        out.lastBudget = static_cast<std::int32_t>(lastBudget > 0 ? std::min(lastBudget, most) : most);
        if (state.budgetSurvival && state.budgetSurvival->first == prepared->options && state.budgetSurvival->second.lastBudget >= out.lastBudget) {
            return state.budgetSurvival->second;
        }
        std::vector<Forced> forced;
        std::vector<std::vector<std::int64_t>> local(blocks.size());   // budgets of each block, from firstBudget on
        for (std::size_t b = 0; b < blocks.size(); ++b) {
            forced.push_back(prepared->forced.part(static_cast<std::int64_t>(b) * size, size));
        }
        PruneOptions probe = prepared->options;
        out.firstBudget = 0;
        for (std::int32_t k = 1; k <= out.lastBudget; ++k) {
            probe.keep = k;
            const detail::Deal deal = detail::dealBudget(probe, false, state.n, static_cast<std::int64_t>(blocks.size()));
            bool enough = true;
            for (std::size_t b = 0; b < blocks.size(); ++b) {
                enough = enough && (prepared->method->keepsAll() || forced[b].kept() <= deal.budget[b]);
            }
            if (enough && out.firstBudget == 0) {
                out.firstBudget = k;
            }
            for (std::size_t b = 0; b < blocks.size() && out.firstBudget > 0; ++b) {
                local[b].push_back(deal.budget[b]);
            }
        }
        if (out.firstBudget == 0) {
            return detail::pruneError(ErrorCode::kUsage, "USAGE-FORCE", "more tokens are kept by force than the budget allows", "--force-keep",
                                      "no budget up to " + std::to_string(out.lastBudget) + " holds them", "raise --keep");
        }
        for (std::size_t b = 0; b < blocks.size(); ++b) {
            const auto survival = survivalOf(blocks[b], *prepared->method, prepared->options, forced[b], local[b].back(), stop);
            if (!survival) {
                return survival.error();
            }
            out.nested = out.nested && survival->nested;
            publish(*survival, mapBudgets(local[b], out.firstBudget, size), out);
        }
        if (out.nested) {
            out.ranges.clear();
        }
        state.budgetSurvival.emplace(prepared->options, out);
        return out;
    } catch (const std::bad_alloc&) {
        return memoryError();
    }
}

Result<TauSurvival> PruneSession::tauSurvival(const PruneOptions& options, double step, std::stop_token stop) {
    State& state = *m_state;
    PruneOptions wanted = options;
    wanted.tau = Threshold();
    const Result<detail::Prepared> prepared = detail::prepare(state.input, state.n, wanted);
    if (!prepared) {
        return prepared.error();
    }
    if (!(step > 0 && step <= 1)) {
        return detail::pruneError(ErrorCode::kUsage, "USAGE-RANGE", "bad step of tau", std::to_string(step), "not in (0, 1]");
    }
    try {
        std::vector<Block>& blocks = state.blocks(options.scope);
        const auto count = static_cast<std::int64_t>(blocks.size());
        const detail::Deal deal = detail::dealBudget(options, prepared->method->keepsAll(), state.n, count);
        PruneOptions key = prepared->options;
        key.keep = deal.total;
        if (state.tauSurvival && state.tauSurvival->first == key && (state.tauSurvival->second.step <= step)) {
            return state.tauSurvival->second;
        }
        TauSurvival out;
        out.n = state.n;
        out.usesTau = prepared->method->graphUse(prepared->options) != detail::GraphUse::kNone;
        const std::int64_t size = blocks.front().size();
        for (std::int64_t b = 0; b < count; ++b) {
            const Result<void> done = detail::appendTauSurvival(blocks[at(b)], *prepared->method, key, deal.budget[at(b)],
                                                                prepared->forced.part(b * size, size), step, stop, out);
            if (!done) {
                return done.error();
            }
        }
        state.tauSurvival.emplace(key, out);
        return out;
    } catch (const std::bad_alloc&) {
        return memoryError();
    }
}

}  // namespace prunescope
