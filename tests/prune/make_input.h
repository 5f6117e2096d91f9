// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Features for tests: smooth fields on a grid, like what a vision tower gives, from a seed.

#include "core/prune/prune.h"

#include <cmath>
#include <random>

namespace prunescope {

struct FieldSpec {
    int rows = 6, cols = 6, tiles = 1;
    std::int64_t d = 24;
    float noise = 0.35F, shared = 0.5F;
    bool withQuestion = true, ownRelevanceSpace = false;
};

inline HostTensor smoothField(std::mt19937& random, const FieldSpec& spec) {
    std::normal_distribution<float> normal;
    std::uniform_real_distribution<float> uniform(0.0F, 1.0F);
    const std::int64_t cells = static_cast<std::int64_t>(spec.rows) * spec.cols;
    HostTensor out({cells * spec.tiles, spec.d});
    float* x = out.mutableData();
    std::vector<float> direction(static_cast<std::size_t>(spec.d));
    for (float& v : direction) {
        v = spec.shared * normal(random);
    }
    for (std::int64_t i = 0; i < cells * spec.tiles; ++i) {
        for (std::int64_t c = 0; c < spec.d; ++c) {
            x[i * spec.d + c] = direction[static_cast<std::size_t>(c)] + spec.noise * normal(random);
        }
    }
    for (int t = 0; t < spec.tiles; ++t) {
        for (int bump = 0; bump < 7; ++bump) {
            const float y = uniform(random) * static_cast<float>(spec.rows);
            const float z = uniform(random) * static_cast<float>(spec.cols);
            const float r = 0.7F + 2.0F * uniform(random);
            for (float& v : direction) {
                v = normal(random);
            }
            for (std::int64_t i = 0; i < cells; ++i) {
                const float dy = static_cast<float>(i / spec.cols) - y;
                const float dz = static_cast<float>(i % spec.cols) - z;
                const float height = std::exp(-(dy * dy + dz * dz) / (2 * r * r));
                for (std::int64_t c = 0; c < spec.d; ++c) {
                    x[(t * cells + i) * spec.d + c] += height * direction[static_cast<std::size_t>(c)];
                }
            }
        }
    }
    return out;
}

inline PruneInput makeInput(unsigned seed, const FieldSpec& spec) {
    std::mt19937 random(seed);
    PruneInput input;
    input.tokens = smoothField(random, spec);
    if (spec.ownRelevanceSpace) {
        FieldSpec other = spec;
        other.d = 12;
        input.relevanceTokens = smoothField(random, other);
    }
    if (spec.withQuestion) {
        const std::int64_t c = spec.ownRelevanceSpace ? 12 : spec.d;
        input.query = HostTensor({c});
        std::normal_distribution<float> normal;
        for (std::int64_t i = 0; i < c; ++i) {
            input.query.mutableData()[i] = normal(random);
        }
    }
    input.gridRows = spec.rows;
    input.gridCols = spec.cols;
    input.tiles = spec.tiles;
    return input;
}

inline PruneDecision decideFresh(const PruneInput& input, const PruneOptions& options, std::shared_ptr<const CoreOps> ops = nullptr) {
    PruneSession session(std::move(ops));
    if (!session.setInput(input).ok()) {
        return {};
    }
    Result<PruneDecision> decision = session.decide(options);
    return decision.ok() ? *decision : PruneDecision{};
}

}  // namespace prunescope
