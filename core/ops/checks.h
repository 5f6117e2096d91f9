// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What every backend checks before it computes. (core/ops, cuda)

#include "core/ops/op_registry.h"

namespace prunescope::detail {

[[nodiscard]] inline Error opShapeError(const std::string& what, const std::string& why) {
    return Error{ErrorCode::kBadInput, "PRUNE-SHAPE", what, "", why, "", nullptr};
}

/// Square similarity, one entry per token in `side`, at least one bin.
[[nodiscard]] inline Result<void> checkTableInput(MatrixView similarity, const std::vector<std::uint8_t>& side, int bins) {
    if (similarity.rows != similarity.cols || static_cast<std::int64_t>(side.size()) != similarity.rows) {
        return opShapeError("cannot count edges", "similarity and partition differ in size");
    }
    if (bins < 1 || bins > (1 << 20)) {
        return opShapeError("cannot count edges", "the number of bins is out of range");
    }
    return {};
}

[[nodiscard]] inline Result<void> checkRelevanceInput(MatrixView tokens, const std::vector<float>& query) {
    if (static_cast<std::int64_t>(query.size()) != tokens.cols) {
        return opShapeError("cannot compare tokens with the question",
                            "the question has " + std::to_string(query.size()) + " numbers, a token " + std::to_string(tokens.cols));
    }
    if (Result<void> finite = requireFinite(MatrixView(query.data(), 1, tokens.cols), "query"); !finite) {
        return finite;
    }
    return requireFinite(tokens, "relevance_tokens");
}

[[nodiscard]] inline Result<void> checkGreedyInput(MatrixView similarity, const std::vector<float>& weights) {
    if (similarity.rows != similarity.cols || static_cast<std::int64_t>(weights.size()) != similarity.rows) {
        return opShapeError("cannot order tokens", "similarity and weights differ in size");
    }
    return requireFinite(MatrixView(weights.data(), 1, similarity.rows), "relevance");
}

}  // namespace prunescope::detail
