// SPDX-License-Identifier: GPL-3.0-or-later

// Query-conditioned selection alone: the first m picks of the greedy k-DPP with relevance weights, or the m most relevant tokens with
// --qcsp topk (methods.md 3.1, A13-A16, A27).

#include "core/prune/method.h"

namespace prunescope::detail {
namespace {

class QcspMethod final : public PruningMethod {
public:
    MethodInfo info() const override { return {"qcsp", "Query-conditioned selection: relevant and mutually different tokens (k-DPP)", true, true}; }

    Result<void> select(Block& block, const PruneOptions& options, Selection& selection, PruneTimings& timings, const std::stop_token&) const override {
        Result<const RelevanceScores*> scores = block.relevance(options, timings);
        if (!scores) {
            return scores.error();
        }
        selection.relevance = *scores;
        warnAboutRelevance(**scores, block, selection);
        for (std::int64_t i = 0; i < block.size(); ++i) {
            selection.explainDrop(i, Reason::kQcsp);
        }
        if (options.qcsp == QcspRule::kTopK) {
            for (const std::int32_t token : (*scores)->order) {
                selection.offer(token, Reason::kKept);
            }
            return {};
        }
        Result<GreedyRun*> run = block.greedy(options, timings);
        if (!run) {
            return run.error();
        }
        OrderReader order(**run, selection, timings);
        while (!selection.full() && !order.exhausted()) {
            Result<std::int64_t> token = order.next();
            if (!token) {
                return token.error();
            }
            if (*token >= 0) {
                selection.offer(*token, Reason::kKept);
            }
        }
        fillRest(**scores, nullptr, selection, "NUM-RANK: the features span " + std::to_string(selection.order.size()) + " picks");
        return {};
    }
};

}  // namespace

std::unique_ptr<PruningMethod> makeQcspMethod() { return std::make_unique<QcspMethod>(); }

}  // namespace prunescope::detail
