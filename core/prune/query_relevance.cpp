// SPDX-License-Identifier: GPL-3.0-or-later

// Relevance to a question that is not the session's own.

#include "core/prune/errors.h"
#include "core/prune/relevance.h"
#include "core/prune/session_state.h"

#include <new>

namespace prunescope {

Result<std::vector<float>> PruneSession::relevanceTo(const PruneOptions& options, const HostTensor& query, const HostTensor& segments) const {
    const State& state = *m_state;
    if (state.n == 0) {
        return detail::pruneError(ErrorCode::kInternal, "PRUNE-NO-INPUT", "no relevance", "", "setInput has not succeeded");
    }
    PruneOptions resolved = options;
    detail::resolveOptions(resolved, state.input);
    const MatrixView tokens(state.relevanceTokens());
    for (const HostTensor* vectors : {&query, &segments}) {
        if (!vectors->empty() && vectors->count() > 0 && MatrixView(*vectors).cols != tokens.cols) {
            return detail::pruneError(ErrorCode::kBadInput, "PRUNE-SHAPE", "features do not fit together", "query",
                                      "its rows have " + std::to_string(MatrixView(*vectors).cols) + " numbers, " + std::to_string(tokens.cols) + " are needed");
        }
    }
    try {
        Result<std::vector<float>> cosines = detail::rawRelevance(*state.ops, tokens, detail::queryVectors(query, segments, resolved.queryPooling));
        if (cosines && resolved.relevanceSign == RelevanceSign::kMinus) {
            for (float& value : *cosines) {
                value = value == 0 ? 0.0F : -value;
            }
        }
        return cosines;
    } catch (const std::bad_alloc&) {
        return detail::pruneError(ErrorCode::kDevice, "MEM-HOST", "no relevance", "", "out of memory");
    }
}

}  // namespace prunescope
