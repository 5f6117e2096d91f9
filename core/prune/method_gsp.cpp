// SPDX-License-Identifier: GPL-3.0-or-later

// Graph-structured pruning alone: the least redundant tokens of the bipartite graph (methods.md 3.1). Question-free. A dropped token says
// `gsp` when it is among the share p that GSP discards, `budget` when GSP would let it through.

#include "core/prune/method.h"

namespace prunescope::detail {
namespace {

class GspMethod final : public PruningMethod {
public:
    MethodInfo info() const override { return {"gsp", "Graph-structured pruning: drops the tokens most similar to many others", false, true}; }

    Result<void> select(Block& block, const PruneOptions& options, Selection& selection, PruneTimings& timings, const std::stop_token&) const override {
        Result<const GspScores*> scores = block.gsp(options, timings);
        if (!scores) {
            return scores.error();
        }
        selection.gsp = *scores;
        warnAboutGraph(**scores, selection);
        const std::vector<std::uint8_t> through = survivors(**scores, options, selection);
        for (const std::int32_t token : (*scores)->keepOrder) {
            selection.offer(token, Reason::kKept);
            selection.explainDrop(token, through[static_cast<std::size_t>(token)] != 0 ? Reason::kBudget : Reason::kGsp);
        }
        return {};
    }

    GraphUse graphUse(const PruneOptions&) const override { return GraphUse::kRanking; }
};

}  // namespace

std::unique_ptr<PruningMethod> makeGspMethod() { return std::make_unique<GspMethod>(); }

}  // namespace prunescope::detail
