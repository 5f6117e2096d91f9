// SPDX-License-Identifier: GPL-3.0-or-later

// What a run costs, from the shape of the model. (reference/methods.md 12)

#include "core/analysis/diagnostics.h"

#include <algorithm>

namespace prunescope {
namespace {

/// One decoder layer stack over n positions: q, k, v, o projections n d (2 dq + 2 dkv), attention 2 n^2 dq (not causal, as the papers
/// count), gated feed-forward 3 n d m. With dq = dkv = d this is T (4 n d^2 + 2 n^2 d + 3 n d m).
std::int64_t prefillMacs(const DecoderShape& shape, std::int64_t n) {
    const std::int64_t query = shape.heads * shape.headDim;
    const std::int64_t keyValue = shape.kvHeads * shape.headDim;
    return shape.layers * (n * shape.hidden * (2 * query + 2 * keyValue) + 2 * n * n * query + 3 * n * shape.hidden * shape.intermediate);
}

/// One new token that attends to `length` positions, itself included.
std::int64_t decodeMacs(const DecoderShape& shape, std::int64_t length) {
    const std::int64_t query = shape.heads * shape.headDim;
    const std::int64_t keyValue = shape.kvHeads * shape.headDim;
    return shape.layers * (shape.hidden * (2 * query + 2 * keyValue) + 2 * length * query + 3 * shape.hidden * shape.intermediate);
}

/// Patch embedding, blocks with a two-matrix feed-forward, and the two-layer projector on the patches.
std::int64_t visionMacs(const VisionShape& vision, std::int64_t hidden) {
    const std::int64_t t = vision.tokens;
    const std::int64_t h = vision.hidden;
    const std::int64_t patches = std::max<std::int64_t>(0, t - 1);   // the class token is neither embedded nor projected
    return patches * 3 * vision.patch * vision.patch * h + vision.layersRun * (4 * t * h * h + 2 * t * t * h + 2 * t * h * vision.intermediate) +
           patches * (vision.projectorIn * hidden + hidden * hidden);
}

}  // namespace

CostEstimate estimateCost(const DecoderShape& decoder, const VisionShape& vision, std::int64_t visualTokens, std::int64_t textTokens,
                          std::int64_t generated, std::int64_t bytesPerElement) {
    CostEstimate cost;
    const std::int64_t prompt = visualTokens + textTokens;
    // The last generated token is never fed back: it costs its logits alone.
    const std::int64_t fedBack = std::max<std::int64_t>(0, generated - 1);
    cost.macsVisualOnly = prefillMacs(decoder, visualTokens);
    cost.macsLlm = prefillMacs(decoder, prompt);
    for (std::int64_t t = 1; t <= fedBack; ++t) {
        cost.macsLlm += decodeMacs(decoder, prompt + t);
    }
    cost.macsVision = visionMacs(vision, decoder.hidden);
    const std::int64_t logits = std::max<std::int64_t>(1, generated) * decoder.hidden * decoder.vocab;
    cost.macsTotal = cost.macsVision + cost.macsLlm + (prompt > 0 ? logits : 0);
    cost.kvBytes = decoder.layers * 2 * decoder.kvHeads * decoder.headDim * bytesPerElement * (prompt + fedBack);
    return cost;
}

}  // namespace prunescope
