// SPDX-License-Identifier: GPL-3.0-or-later

// The m tokens most relevant to the question, ties to the lower index.

#include "core/prune/method.h"

namespace prunescope::detail {
namespace {

class RelevanceMethod final : public PruningMethod {
public:
    MethodInfo info() const override { return {"relevance", "Relevance only: the tokens most similar to the question", true, true}; }

    Result<void> select(Block& block, const PruneOptions& options, Selection& selection, PruneTimings& timings, const std::stop_token&) const override {
        Result<const RelevanceScores*> scores = block.relevance(options, timings);
        if (!scores) {
            return scores.error();
        }
        selection.relevance = *scores;
        warnAboutRelevance(**scores, block, selection);
        for (const std::int32_t token : (*scores)->order) {
            selection.offer(token, Reason::kKept);
            selection.explainDrop(token, Reason::kMethod);
        }
        return {};
    }
};

}  // namespace

std::unique_ptr<PruningMethod> makeRelevanceMethod() { return std::make_unique<RelevanceMethod>(); }

}  // namespace prunescope::detail
