// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Diagnostics of a feature grid that the paper draws (Fig. 3, Fig. 9): local redundancy and its masks, entropy of 3x3 neighbourhoods,
// similarity against distance; and what a run costs (multiply-adds, KV bytes). (reference/methods.md 3.7, 12.)

#include "core/base/result.h"
#include "core/base/tensor.h"

#include <cstdint>
#include <vector>

namespace prunescope {

/// Mean cosine of each token with its (up to) 8 neighbours on a rows x cols grid. Returns [rows * cols].
[[nodiscard]] Result<std::vector<float>> localRedundancy(MatrixView tokens, int rows, int cols, bool fourNeighbours = false);
/// 1 where the redundancy is >= tau (a marked cell is the REDUNDANT one).
[[nodiscard]] std::vector<std::uint8_t> redundancyMask(const std::vector<float>& redundancy, double tau);
/// Entropy (nats) of the 3x3 neighbourhood projected on its first principal component, 20 bins; `globalRange` uses one PC and range per image.
[[nodiscard]] Result<std::vector<float>> neighbourhoodEntropy(MatrixView tokens, int rows, int cols, bool globalRange = false);
/// Mean cosine per Manhattan distance 1..rows+cols-2 over unordered pairs; entry 0 is distance 1.
[[nodiscard]] Result<std::vector<double>> similarityByDistance(MatrixView tokens, int rows, int cols);

/// Multiply-adds and cache size of one run, computed from the model's shape (not measured). (reference/methods.md 12)
/// macsVisualOnly: the papers' number, decoder layers on visual tokens alone, attention not causal, T (4 n d^2 + 2 n^2 d + 3 n d m).
/// macsLlm: the same layers on all prompt tokens, plus every generated token that is fed back. macsVision: patch embedding, blocks that run,
/// projector on the patches. macsTotal: both, plus the output head once for each generated token. kvBytes: keys and values of all layers at
/// the end of the run. Zero sizes give zero.
struct CostEstimate { std::int64_t macsVisualOnly = 0, macsLlm = 0, macsVision = 0, macsTotal = 0, kvBytes = 0; };
struct DecoderShape { std::int64_t layers = 0, hidden = 0, intermediate = 0, heads = 0, kvHeads = 0, headDim = 0, vocab = 0; };
/// `tokens`: positions in the tower, class token included; `projectorIn`: width of what the projector reads.
struct VisionShape { std::int64_t layersRun = 0, hidden = 0, intermediate = 0, tokens = 0, patch = 0, projectorIn = 0; };
[[nodiscard]] CostEstimate estimateCost(const DecoderShape& decoder, const VisionShape& vision, std::int64_t visualTokens, std::int64_t textTokens,
                                        std::int64_t generated, std::int64_t bytesPerElement);

}  // namespace prunescope
