// SPDX-License-Identifier: GPL-3.0-or-later
// `bench`: the pruning core and the engine, with a yardstick in the same run. Synthetic features: smooth fields with noise, a peaked
// relevance (the shape of CLIP grids; reference/performance.md 3.5).
#include "app/cli/machine.h"
#include "app/cli/session.h"
#include "core/base/numbers.h"
#include "core/engine/engine.h"
#include "core/engine/straight_greedy.h"
#include "core/run/errors.h"
#include "core/run/stage_clock.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

namespace prunescope::cli {
namespace {

struct Summary {
    double median = 0, p95 = 0;
};

Summary summaryOf(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    if (values.empty()) {
        return {};
    }
    const auto at = [&](double share) { return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))]; };
    return {at(0.5), at(0.95)};
}

double rounded(double ms) { return std::round(ms * 1e4) / 1e4; }

struct Problem {
    int rows = 0, cols = 0;
    HostTensor tokens, query;
    std::vector<float> weights;
};

// Tokens [rows * cols, d]: a few smooth waves over the grid plus noise; the query is one of the tokens with noise.
Problem makeProblem(int rows, int cols, int d, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    constexpr int kWaves = 24;
    Problem problem;
    problem.rows = rows;
    problem.cols = cols;
    problem.tokens = HostTensor({static_cast<std::int64_t>(rows) * cols, d});
    problem.query = HostTensor({d});
    std::vector<float> directions(static_cast<std::size_t>(kWaves * d));
    std::generate(directions.begin(), directions.end(), [&] { return normal(random); });
    std::vector<std::array<double, 3>> waves(kWaves);
    for (auto& wave : waves) {
        wave = {6.0 * normal(random), 6.0 * normal(random), 3.0 * normal(random)};
    }
    for (int r = 0; r < rows; ++r) {
        for (int c = 0; c < cols; ++c) {
            float* token = problem.tokens.mutableData() + (static_cast<std::int64_t>(r) * cols + c) * d;
            for (int k = 0; k < kWaves; ++k) {
                const auto& wave = waves[static_cast<std::size_t>(k)];
                const auto amount = static_cast<float>(std::cos(wave[0] * r / rows + wave[1] * c / cols + wave[2]));
                for (int i = 0; i < d; ++i) {
                    token[i] += amount * directions[static_cast<std::size_t>(k * d + i)];
                }
            }
            for (int i = 0; i < d; ++i) {
                token[i] += 1.5F * normal(random);
            }
        }
    }
    const float* centre = problem.tokens.data() + (static_cast<std::int64_t>(rows / 3) * cols + cols / 2) * d;
    for (int i = 0; i < d; ++i) {
        problem.query.mutableData()[i] = centre[i] + normal(random);
    }
    problem.weights.resize(static_cast<std::size_t>(rows * cols));
    std::generate(problem.weights.begin(), problem.weights.end(), [&] { return std::exp(-std::abs(0.7F * normal(random))); });
    return problem;
}

// Every combination of the sliders; similarity, relevance and greedy order are there after the first round, which is not counted.
Result<Summary> timeDecisions(const Problem& problem, const std::vector<std::int64_t>& budgets, std::stop_token stop) {
    PruneSession session;
    PruneInput input;
    input.tokens = problem.tokens;
    input.query = problem.query;
    input.gridRows = problem.rows;
    input.gridCols = problem.cols;
    if (const auto set = session.setInput(std::move(input), stop); !set) {
        return set.error();
    }
    std::vector<double> times;
    for (int round = 0; round < 4; ++round) {
        for (const double tau : {0.2, 0.5, 0.7, 0.9}) {
            for (const double gamma : {0.0, 1.0, 4.0}) {
                for (const double ratio : {0.25, 0.5, 0.75}) {
                    for (const std::int64_t keep : budgets) {
                        PruneOptions options;
                        options.keep = keep;
                        options.tau.value = tau;
                        options.gamma = gamma;
                        options.gspRatio = ratio;
                        StageClock clock;
                        double ms = 0;
                        const auto decision = session.decide(options, stop);
                        clock.lap(ms);
                        if (!decision) {
                            return decision.error();
                        }
                        if (round > 0) {
                            times.push_back(ms);
                        }
                    }
                }
            }
        }
    }
    return summaryOf(std::move(times));
}

Result<Json> timeGreedy(const Problem& problem, std::int64_t k, int rounds) {
    const auto ops = workingOps();
    const auto similarity = ops->similarity(MatrixView(problem.tokens));
    if (!similarity) {
        return similarity.error();
    }
    const MatrixView matrix(*similarity);
    std::vector<double> ours;
    std::vector<double> straight;
    std::int64_t same = 0;
    for (int round = 0; round <= rounds; ++round) {
        StageClock clock;
        double ms = 0;
        const auto order = ops->greedyDpp(matrix, problem.weights, k);
        clock.lap(ms);
        if (!order) {
            return order.error();
        }
        const auto plain = straightGreedy(matrix, problem.weights, k);
        if (!plain) {
            return plain.error();
        }
        if (round > 0) {   // the first warms caches and allocators up
            ours.push_back(ms);
            straight.push_back(plain->ms);
        }
        same = 0;
        for (std::size_t i = 0; i < std::min(order->order.size(), plain->order.size()); ++i) {
            same += order->order[i] == plain->order[i] ? 1 : 0;
        }
    }
    const double mine = summaryOf(ours).median;
    const double theirs = summaryOf(straight).median;
    return Json{{"ms", rounded(mine)}, {"straight_ms", rounded(theirs)}, {"ratio", mine > 0 ? std::round(100 * theirs / mine) / 100 : 0.0}, {"equal_picks", same}};
}

struct EngineTimes {
    double prefillMs = 0, decodeMs = 0;
};

// Median over runs of one prompt with `visual` rows of the tower's output and 44 text ids.
Result<EngineTimes> timeGeneration(Pipeline& pipeline, const HostTensor& projected, std::int64_t visual, std::int64_t newTokens, int rounds, std::stop_token stop) {
    const ModelConfig& config = pipeline.checkpoint().config;
    constexpr std::int64_t kText = 44;
    const std::int64_t width = projected.size(1);
    PrefillInput input;
    input.visual = HostTensor({visual, width}, {projected.data(), projected.data() + visual * width});
    for (std::int64_t i = 0; i < kText + visual; ++i) {
        const bool isVisual = i >= 8 && i < 8 + visual;
        input.ids.push_back(isVisual ? config.imageToken : 3 + i % 200 % std::max(1, config.text.vocab - 3));
        input.positions.push_back(i);
    }
    input.nextPosition = kText + visual;
    GenerateOptions options;
    options.maxNewTokens = newTokens;
    options.tokenizerSize = pipeline.tokenizer().size();
    std::vector<double> prefill;
    std::vector<double> decode;
    for (int round = 0; round <= rounds; ++round) {
        const auto generated = pipeline.languageModel().generate(input, options, [](std::int64_t) {}, stop);
        if (!generated) {
            return generated.error();
        }
        if (generated->finish == FinishReason::kCancelled) {
            return cancelledError("bench not finished");
        }
        if (round > 0) {
            prefill.push_back(generated->prefillMs);
            decode.push_back(generated->decodeMs / static_cast<double>(std::max<std::size_t>(2, generated->ids.size()) - 1));
        }
    }
    return EngineTimes{summaryOf(prefill).median, summaryOf(decode).median};
}

Result<Json> timeEngine(Session& session) {
    const auto pipeline = session.openPipeline();
    if (!pipeline) {
        return pipeline.error();
    }
    const Checkpoint& checkpoint = (*pipeline)->checkpoint();
    RgbImage picture;
    picture.width = picture.height = checkpoint.config.vision.imageSize;
    picture.pixels.resize(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 3);
    std::mt19937 random(7);
    std::generate(picture.pixels.begin(), picture.pixels.end(), [&] { return static_cast<std::uint8_t>(random() & 255U); });
    const auto input = preprocess(picture, checkpoint.preprocess, session.options().resize);
    if (!input) {
        return input.error();
    }
    std::vector<double> vision;
    HostTensor projected;
    for (int round = 0; round < 4; ++round) {
        const auto encoded = (*pipeline)->languageModel().encodeImage(input->pixels, session.stop());
        if (!encoded) {
            return encoded.error();
        }
        projected = encoded->projected;
        if (round > 0) {
            vision.push_back(encoded->visionMs + encoded->projectMs);
        }
    }
    const std::int64_t all = projected.size(0);
    const auto full = timeGeneration(**pipeline, projected, all, 1, 5, session.stop());
    if (!full) {
        return full.error();
    }
    const auto pruned = timeGeneration(**pipeline, projected, std::min<std::int64_t>(64, all), 33, 5, session.stop());
    if (!pruned) {
        return pruned.error();
    }
    const auto decode = timeGeneration(**pipeline, projected, all, 33, 3, session.stop());
    if (!decode) {
        return decode.error();
    }
    const ModelFacts& facts = (*pipeline)->facts();
    return Json{{"prefill_full_ms", rounded(full->prefillMs)},
                {"prefill_64_ms", rounded(pruned->prefillMs)},
                {"decode_ms_per_token", rounded(decode->decodeMs)},
                {"decode_64_ms_per_token", rounded(pruned->decodeMs)},
                {"vision_ms", rounded(summaryOf(vision).median)},
                {"load_ms", rounded(facts.loadMs)},
                {"visual_tokens", all},
                {"model", session.openedFolder()},
                {"dtype", facts.dtype},
                {"device", facts.device}};
}

std::string table(const Json& report) {
    std::string text;
    const auto ms = [](const Json& value) { return value.is_number() ? formatFixed(value.get<double>(), 3) + " ms" : std::string("-"); };
    for (const auto& [n, row] : report["decision_ms"].items()) {
        text += "decision n=" + n + ": median " + ms(row["median"]) + ", p95 " + ms(row["p95"]) + "\n";
    }
    for (const auto& [name, row] : report["greedy"].items()) {
        text += "greedy " + name + ": " + ms(row["ms"]) + ", straight loop " + ms(row["straight_ms"]) + ", ratio " + formatFixed(row["ratio"].get<double>(), 1) + "\n";
    }
    for (const auto& [name, value] : report["engine"].items()) {
        if (value.is_number_float()) {
            text += "engine " + name + ": " + ms(value) + "\n";
        }
    }
    return text;
}

}  // namespace

int benchVerb(Session& session) {
    configureEngineThreads(session.options().load.threads);
    const Problem small = makeProblem(24, 24, 256, 1);
    const Problem large = makeProblem(48, 60, 256, 2);
    Json report;
    report["schema"] = "prunescope.bench/1";
    report["machine"] = {{"cpu", cpuName()}, {"threads", engineReport().threads}};
    report["program"] = {{"version", programVersion()}};
    const std::pair<const char*, Result<Summary>> decisions[] = {{"576", timeDecisions(small, {32, 64, 128, 192}, session.stop())},
                                                                 {"2880", timeDecisions(large, {160, 320, 640}, session.stop())}};
    for (const auto& [name, summary] : decisions) {
        if (!summary) {
            return session.fail(summary.error());
        }
        report["decision_ms"][name] = {{"median", rounded(summary->median)}, {"p95", rounded(summary->p95)}};
    }
    const std::pair<const char*, Result<Json>> greedy[] = {{"576x64", timeGreedy(small, 64, 15)}, {"2880x320", timeGreedy(large, 320, 7)}};
    for (const auto& [name, row] : greedy) {
        if (!row) {
            return session.fail(row.error());
        }
        report["greedy"][name] = *row;
    }
    const auto engine = timeEngine(session);
    if (!engine) {
        return session.fail(engine.error());
    }
    report["engine"] = *engine;
    return session.print(session.json() ? dumpJson(report) + "\n" : table(report));
}

}  // namespace prunescope::cli
