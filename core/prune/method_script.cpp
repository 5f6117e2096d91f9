// SPDX-License-Identifier: GPL-3.0-or-later

// Script: what GSP lets through and QCSP selects (paper 4.1-4.3; methods.md 3.5, fusion A3-A5).
// walk: the greedy order is followed and its members of G are kept until the budget is full; picks outside G still condition what follows.
// restrict: the greedy order of G alone. append: members of G among the first m picks, then later picks whatever GSP says. none: QCSP alone.

#include "core/prune/errors.h"
#include "core/prune/method.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

namespace prunescope::detail {
namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// One decision on one block.
class ScriptRun {
public:
    ScriptRun(Block& block, const PruneOptions& options, Selection& selection, PruneTimings& timings, const std::stop_token& stop)
        : m_block(&block), m_options(&options), m_selection(&selection), m_timings(&timings), m_stop(&stop) {}

    Result<void> run() {
        if (Result<void> ready = prepare(); !ready) {
            return ready;
        }
        if (m_options->qcsp == QcspRule::kTopK) {
            followRelevance();
            return {};
        }
        if (m_options->fusion == Fusion::kRestrict) {
            return followRestricted();
        }
        return followOrder();
    }

private:
    Result<void> prepare() {
        Result<const RelevanceScores*> relevance = m_block->relevance(*m_options, *m_timings);
        if (!relevance) {
            return relevance.error();
        }
        m_relevance = *relevance;
        m_selection->relevance = m_relevance;
        warnAboutRelevance(*m_relevance, *m_block, *m_selection);
        m_through.assign(at(m_block->size()), 1);
        if (m_options->fusion != Fusion::kNone) {
            Result<const GspScores*> gsp = m_block->gsp(*m_options, *m_timings);
            if (!gsp) {
                return gsp.error();
            }
            m_selection->gsp = *gsp;
            warnAboutGraph(**gsp, *m_selection);
            m_through = survivors(**gsp, *m_options, *m_selection);
        }
        for (std::int64_t i = 0; i < m_block->size(); ++i) {
            m_selection->explainDrop(i, m_through[at(i)] != 0 ? Reason::kQcsp : Reason::kGsp);
        }
        return checkStop(*m_stop);
    }

    /// walk, append and none on the greedy order of all tokens.
    Result<void> followOrder() {
        Result<GreedyRun*> run = m_block->greedy(*m_options, *m_timings);
        return run ? readOrder(**run) : run.error();
    }

    Result<void> followRestricted() {
        std::vector<std::uint8_t> allowed = m_through;
        Result<std::unique_ptr<GreedyRun>> run = m_block->greedyAmong(allowed, *m_options, *m_timings);
        return run ? readOrder(**run) : run.error();
    }

    Result<void> readOrder(GreedyRun& run) {
        OrderReader order(run, *m_selection, *m_timings);
        while (!m_selection->full() && !order.exhausted()) {
            if (m_selection->order.size() % 256 == 0) {
                if (Result<void> going = checkStop(*m_stop); !going) {
                    return going;
                }
            }
            Result<std::int64_t> token = order.next();
            if (!token) {
                return token.error();
            }
            if (*token >= 0 && accepts(*token, static_cast<std::int64_t>(m_selection->order.size()))) {
                m_selection->offer(*token, Reason::kKept);
            }
        }
        fillRest(*m_relevance, &m_through, *m_selection,
                 "NUM-RANK: the greedy order ends after " + std::to_string(m_selection->order.size()) + " picks");
        return {};
    }

    /// `picks`: how many have been read, this one included.
    [[nodiscard]] bool accepts(std::int64_t token, std::int64_t picks) const {
        return m_through[at(token)] != 0 || (m_options->fusion == Fusion::kAppend && picks > m_selection->budget());
    }

    /// The same fusions with relevance ranks in place of the greedy order (A27).
    void followRelevance() {
        std::int64_t picks = 0;
        for (const std::int32_t token : m_relevance->order) {
            ++picks;
            if (accepts(token, picks)) {
                m_selection->offer(token, Reason::kKept);
            }
        }
        fillRest(*m_relevance, &m_through, *m_selection, "PRUNE-FILL: GSP let too few tokens through");
    }

    Block* m_block;
    const PruneOptions* m_options;
    Selection* m_selection;
    PruneTimings* m_timings;
    const std::stop_token* m_stop;
    const RelevanceScores* m_relevance = nullptr;
    std::vector<std::uint8_t> m_through;
};

/// The order in which tokens enter as the budget k grows (survival.h). At k the members of G come first along one order, then the rest along
/// a second one; G holds the g0 = n - floor(p n) least redundant tokens, and from k = g0 on the k least redundant ones. So one token enters at
/// each budget: the first member of G that is not kept yet, or without one the first other token.
class BudgetWalk {
public:
    BudgetWalk(Block& block, const PruneOptions& options, const Forced& forced, std::int64_t last) : m_block(&block), m_options(&options), m_forced(&forced), m_last(last) {}

    Result<std::vector<std::int32_t>> run(PruneTimings& timings, const std::stop_token& stop) {
        Result<const RelevanceScores*> relevance = m_block->relevance(*m_options, timings);
        if (!relevance) {
            return relevance.error();
        }
        m_first.assign(at(m_block->size()), 0);
        for (std::int64_t place = 0; place < m_block->size(); ++place) {   // behind every pick
            m_first[at((*relevance)->order[at(place)])] = static_cast<std::int32_t>(m_block->size() + place);
        }
        m_second = m_first;
        m_through = m_block->size();
        if (m_options->fusion != Fusion::kNone) {
            Result<const GspScores*> gsp = m_block->gsp(*m_options, timings);
            if (!gsp) {
                return gsp.error();
            }
            m_ranking = (*gsp)->keepOrder;
            m_through = survivorCount(m_block->size(), m_options->gspRatio, 0);
        } else {
            m_ranking = (*relevance)->order;   // any: all are members
        }
        if (m_options->qcsp == QcspRule::kDpp) {
            if (Result<void> read = readPicks(timings, stop); !read) {
                return read.error();
            }
        }
        return enter();
    }

private:
    [[nodiscard]] bool settled(std::int32_t token) const { return m_forced->keep[at(token)] != 0 || m_forced->drop[at(token)] != 0; }

    /// Ranks of the picks, as deep as the budgets need them.
    Result<void> readPicks(PruneTimings& timings, const std::stop_token& stop) {
        std::vector<std::uint8_t> member(at(m_block->size()), 0);
        std::for_each(m_ranking.begin(), m_ranking.begin() + m_through, [&](std::int32_t token) { member[at(token)] = 1; });
        const bool restricted = m_options->fusion == Fusion::kRestrict;
        std::unique_ptr<GreedyRun> own;
        GreedyRun* run = nullptr;
        if (restricted) {
            Result<std::unique_ptr<GreedyRun>> made = m_block->greedyAmong(member, *m_options, timings);
            if (!made) {
                return made.error();
            }
            own = std::move(*made);
            run = own.get();
        } else {
            Result<GreedyRun*> kept = m_block->greedy(*m_options, timings);
            if (!kept) {
                return kept.error();
            }
            run = *kept;
        }
        const bool forced = m_forced->kept() + m_forced->dropped() > 0;
        const std::int64_t wanted = forced && m_last > m_through ? m_block->size() + 1 : std::min(m_last, m_through);
        std::int64_t members = 0;
        std::size_t place = 0;
        while (members < wanted) {
            if (run->result().order.size() <= place) {
                if (Result<void> going = checkStop(stop); !going) {
                    return going;
                }
                if (run->result().exhausted) {
                    break;
                }
                if (Result<void> extended = run->extend(static_cast<std::int64_t>(place) + 64); !extended) {
                    return extended;
                }
                if (run->result().order.size() <= place) {
                    break;
                }
            }
            const std::int32_t token = run->result().order[place];
            m_first[at(token)] = static_cast<std::int32_t>(place);
            if (!restricted) {
                m_second[at(token)] = static_cast<std::int32_t>(place);
            }
            members += member[at(token)] != 0 && !settled(token) ? 1 : 0;
            ++place;
        }
        return {};
    }

    [[nodiscard]] std::vector<std::int32_t> enter() const {
        using Place = std::pair<std::int32_t, std::int32_t>;
        std::priority_queue<Place, std::vector<Place>, std::greater<>> members;
        std::priority_queue<Place, std::vector<Place>, std::greater<>> others;
        for (std::int32_t token = 0; token < m_block->size(); ++token) {
            if (!settled(token)) {
                others.emplace(m_second[at(token)], token);
            }
        }
        std::vector<std::uint8_t> taken(at(m_block->size()), 0);
        std::vector<std::int32_t> order;
        std::int64_t in = 0;
        const auto takeFrom = [&](auto& queue) {
            while (!queue.empty() && taken[at(queue.top().second)] != 0) {
                queue.pop();
            }
            if (queue.empty()) {
                return false;
            }
            taken[at(queue.top().second)] = 1;
            order.push_back(queue.top().second);
            return true;
        };
        for (std::int64_t k = m_forced->kept() + 1; k <= m_last; ++k) {
            for (const std::int64_t size = std::max(m_through, k); in < size && in < m_block->size(); ++in) {
                const std::int32_t token = m_ranking[at(in)];
                if (!settled(token)) {
                    members.emplace(m_first[at(token)], token);
                }
            }
            if (!takeFrom(members) && !takeFrom(others)) {
                break;
            }
        }
        return order;
    }

    Block* m_block;
    const PruneOptions* m_options;
    const Forced* m_forced;
    std::int64_t m_last, m_through = 0;
    std::vector<std::int32_t> m_ranking;           // least redundant first
    std::vector<std::int32_t> m_first, m_second;   // place of a token among members, among the others
};

class ScriptMethod final : public PruningMethod {
public:
    MethodInfo info() const override { return {"script", "Script: survivors of graph pruning in the order of the query-conditioned k-DPP", true, true}; }

    Result<void> select(Block& block, const PruneOptions& options, Selection& selection, PruneTimings& timings,
                        const std::stop_token& stop) const override {
        return ScriptRun(block, options, selection, timings, stop).run();
    }

    Result<std::optional<std::vector<std::int32_t>>> budgetOrder(Block& block, const PruneOptions& options, const Forced& forced, std::int64_t lastBudget,
                                                                 PruneTimings& timings, const std::stop_token& stop) const override {
        const bool restricted = options.fusion == Fusion::kRestrict && options.qcsp == QcspRule::kDpp;
        if (options.fusion == Fusion::kAppend || (restricted && forced.kept() > 0)) {
            return std::optional<std::vector<std::int32_t>>();
        }
        Result<std::vector<std::int32_t>> order = BudgetWalk(block, options, forced, lastBudget).run(timings, stop);
        if (!order) {
            return order.error();
        }
        return std::optional(std::move(*order));
    }

    GraphUse graphUse(const PruneOptions& options) const override {
        switch (options.fusion) {
            case Fusion::kNone: return GraphUse::kNone;
            case Fusion::kWalk: return GraphUse::kWalk;
            case Fusion::kRestrict: return options.qcsp == QcspRule::kTopK ? GraphUse::kWalk : GraphUse::kOther;
            case Fusion::kAppend: break;
        }
        return GraphUse::kOther;
    }
};

}  // namespace

std::unique_ptr<PruningMethod> makeScriptMethod() { return std::make_unique<ScriptMethod>(); }

}  // namespace prunescope::detail
