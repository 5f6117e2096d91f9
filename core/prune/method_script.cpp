// SPDX-License-Identifier: GPL-3.0-or-later

// Script: what GSP lets through and QCSP selects (paper 4.1-4.3; methods.md 3.5, fusion A3-A5).
// walk: the greedy order is followed and its members of G are kept until the budget is full; picks outside G still condition what follows.
// restrict: the greedy order of G alone. append: members of G among the first m picks, then later picks whatever GSP says. none: QCSP alone.

#include "core/prune/errors.h"
#include "core/prune/method.h"

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

class ScriptMethod final : public PruningMethod {
public:
    MethodInfo info() const override { return {"script", "Script: survivors of graph pruning in the order of the query-conditioned k-DPP", true, true}; }

    Result<void> select(Block& block, const PruneOptions& options, Selection& selection, PruneTimings& timings,
                        const std::stop_token& stop) const override {
        return ScriptRun(block, options, selection, timings, stop).run();
    }
};

}  // namespace

std::unique_ptr<PruningMethod> makeScriptMethod() { return std::make_unique<ScriptMethod>(); }

}  // namespace prunescope::detail
