// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/prune/decision_bench.h"

#include "core/prune/errors.h"
#include "core/prune/random_source.h"
#include "core/prune/reasons.h"
#include "core/prune/relevance.h"
#include "core/prune/survival.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace prunescope {
namespace {

using detail::RandomSource;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Sum of twelve uniforms: normal enough, and the same everywhere.
float bell(RandomSource& random) {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) {
        sum += random.uniform();
    }
    return static_cast<float>(sum);
}

struct Shape {
    int side = 0, tiles = 0;
};

Shape shapeOf(std::int64_t n) {
    if (n > 0 && n % 576 == 0 && n / 576 <= 64) {
        return {24, static_cast<int>(n / 576)};
    }
    const int side = static_cast<int>(std::lround(std::sqrt(static_cast<double>(std::max<std::int64_t>(0, n)))));
    return static_cast<std::int64_t>(side) * side == n && n > 1 && n <= 65536 ? Shape{side, 1} : Shape{};
}

Error shapeError(std::int64_t n) {
    return detail::pruneError(ErrorCode::kUsage, "BENCH-SHAPE", "cannot time this number of tokens", std::to_string(n),
                              "neither a square nor a multiple of 576", "");
}

/// A random setting of the four knobs. Budgets as published: 1/36 to 1/3 of the tokens.
void drawKnobs(RandomSource& random, std::int64_t n, PruneOptions& options) {
    options.tau.value = 0.05 + 0.9 * random.uniform();
    options.gamma = 4.0 * random.uniform();
    options.gspRatio = 0.9 * random.uniform();
    options.keep = n / 36 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(n / 3 - n / 36 + 1)));
}

}  // namespace

PruneInput syntheticInput(int side, int tiles, std::int64_t d, std::uint64_t seed) {
    RandomSource random(seed, 0x62656E6368ULL);
    const std::int64_t cells = static_cast<std::int64_t>(side) * side;
    constexpr int kBumps = 24;
    PruneInput input;
    input.gridRows = input.gridCols = side;
    input.tiles = tiles;
    input.tokens = HostTensor({cells * tiles, d});
    input.query = HostTensor({d});
    float* x = input.tokens.mutableData();
    std::vector<float> shared(at(d));
    std::generate(shared.begin(), shared.end(), [&] { return 0.6F * bell(random); });
    for (std::int64_t i = 0; i < cells * tiles; ++i) {
        for (std::int64_t c = 0; c < d; ++c) {
            x[i * d + c] = shared[at(c)] + 0.4F * bell(random);
        }
    }
    std::vector<float> direction(at(d));
    for (std::int64_t t = 0; t < tiles; ++t) {
        for (int bump = 0; bump < kBumps; ++bump) {
            const double row = random.uniform() * side;
            const double col = random.uniform() * side;
            const double radius = (0.04 + 0.16 * random.uniform()) * side;
            std::generate(direction.begin(), direction.end(), [&] { return 1.2F * bell(random); });
            for (std::int64_t i = 0; i < cells; ++i) {
                const double dr = static_cast<double>(i / side) - row;
                const double dc = static_cast<double>(i % side) - col;
                const float height = static_cast<float>(std::exp(-(dr * dr + dc * dc) / (2 * radius * radius)));
                for (std::int64_t c = 0; c < d && height > 1e-4F; ++c) {
                    x[(t * cells + i) * d + c] += height * direction[at(c)];
                }
            }
            for (std::int64_t c = 0; c < d && t == 0 && bump < 2; ++c) {
                input.query.mutableData()[c] += direction[at(c)];
            }
        }
    }
    return input;
}

Result<DecisionTiming> timeDecisions(std::int64_t n, std::int64_t d, std::int64_t changes, std::uint64_t seed) {
    const Shape shape = shapeOf(n);
    if (shape.side == 0 || d < 1 || changes < 1) {
        return shapeError(n);
    }
    PruneSession session;
    if (Result<void> set = session.setInput(syntheticInput(shape.side, shape.tiles, d, seed)); !set) {
        return set.error();
    }
    std::vector<PruneOptions> knobs(at(changes));
    RandomSource random(seed, 0x6B6E6F62ULL);
    for (PruneOptions& options : knobs) {
        options.scope = TileScope::kImage;
        drawKnobs(random, n, options);
    }
    std::vector<double> times;
    for (int pass = 0; pass < 2; ++pass) {   // the first pass reads the greedy order as far as it is needed
        for (std::size_t c = 0; c < knobs.size(); ++c) {
            const auto start = std::chrono::steady_clock::now();
            Result<PruneDecision> decision = session.decide(knobs[c]);
            const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
            if (!decision) {
                return decision.error();
            }
            if (pass == 1) {
                times.push_back(ms);
            }
        }
    }
    std::sort(times.begin(), times.end());
    DecisionTiming timing;
    timing.changes = changes;
    timing.medianMs = times[times.size() / 2];
    timing.p95Ms = times[std::min(times.size() - 1, times.size() * 95 / 100)];
    return timing;
}

Result<AnalysisTiming> timeAnalyses(std::int64_t n, std::int64_t d, std::int64_t lastBudget, bool withFlips, std::uint64_t seed) {
    const Shape shape = shapeOf(n);
    if (shape.side == 0 || d < 1) {
        return shapeError(n);
    }
    PruneSession session;
    if (Result<void> set = session.setInput(syntheticInput(shape.side, shape.tiles, d, seed)); !set) {
        return set.error();
    }
    PruneOptions options;
    options.scope = TileScope::kImage;
    options.keep = n / 9;
    if (Result<PruneDecision> decision = session.decide(options); !decision) {
        return decision.error();
    }
    AnalysisTiming timing;
    timing.lastBudget = lastBudget;
    const auto clocked = [](double& target, const auto& work) -> Result<void> {
        const auto start = std::chrono::steady_clock::now();
        const auto done = work();
        target = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
        return done ? Result<void>() : done.error();
    };
    const auto explained = [&](double& target, bool flips) -> Result<void> {
        std::vector<double> times;
        for (std::int64_t token = 0; token < n; token += std::max<std::int64_t>(1, n / 24)) {
            if (Result<void> done = clocked(times.emplace_back(), [&] { return session.explain(options, token, {8, flips}); }); !done) {
                return done;
            }
        }
        std::sort(times.begin(), times.end());
        target = times[times.size() / 2];
        return {};
    };
    for (const Result<void>& step : {explained(timing.explainMs, false), clocked(timing.budgetsMs, [&] { return session.budgetSurvival(options, lastBudget); }),
                                     clocked(timing.tausMs, [&] { return session.tauSurvival(options); }),
                                     withFlips ? explained(timing.flipsMs, true) : Result<void>()}) {
        if (!step) {
            return step.error();
        }
    }
    return timing;
}

Result<GreedyBenchInput> greedyBenchInput(std::int64_t n, std::int64_t d, std::uint64_t seed) {
    const Shape shape = shapeOf(n);
    if (shape.side == 0 || d < 1) {
        return shapeError(n);
    }
    const PruneInput input = syntheticInput(shape.side, shape.tiles, d, seed);
    const auto ops = workingOps();
    Result<HostTensor> similarity = ops->similarity(MatrixView(input.tokens));
    if (!similarity) {
        return similarity.error();
    }
    Result<std::vector<float>> cosines =
        detail::rawRelevance(*ops, MatrixView(input.tokens), detail::queryVectors(input.query, HostTensor(), QueryPooling::kMean));
    if (!cosines) {
        return cosines.error();
    }
    const detail::RelevanceScores scores = detail::relevanceScores(*cosines, 1, 1.0, std::nullopt, std::vector<std::uint8_t>(at(n), 0));
    return GreedyBenchInput{std::move(*similarity), scores.value};
}

GreedyOrder plainGreedy(MatrixView similarity, const std::vector<float>& weights, std::int64_t k) {
    const std::int64_t n = similarity.rows;
    std::vector<float> rows(at(std::min(k, n) * n));
    std::vector<float> residual(at(n));
    std::vector<std::uint8_t> taken(at(n), 0);
    for (std::int64_t i = 0; i < n; ++i) {
        residual[at(i)] = similarity.row(i)[i];
    }
    GreedyOrder result;
    for (std::int64_t t = 0; t < std::min(k, n); ++t) {
        std::int64_t j = -1;
        float best = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            const float gain = taken[at(i)] != 0 ? 0.0F : weights[at(i)] * weights[at(i)] * residual[at(i)];
            if (gain > best && residual[at(i)] > static_cast<float>(kRankTolerance)) {
                best = gain;
                j = i;
            }
        }
        if (j < 0) {
            result.exhausted = true;
            break;
        }
        result.order.push_back(static_cast<std::int32_t>(j));
        result.gain.push_back(best);
        taken[at(j)] = 1;
        float* row = rows.data() + t * n;
        std::copy_n(similarity.row(j), n, row);
        for (std::int64_t s = 0; s < t; ++s) {
            const float* earlier = rows.data() + s * n;
            const float factor = earlier[j];
            for (std::int64_t i = 0; i < n; ++i) {
                row[i] -= factor * earlier[i];
            }
        }
        const float inverse = 1.0F / std::sqrt(residual[at(j)]);
        for (std::int64_t i = 0; i < n; ++i) {
            row[i] *= inverse;
            residual[at(i)] -= row[i] * row[i];
        }
    }
    return result;
}

}  // namespace prunescope
