// SPDX-License-Identifier: GPL-3.0-or-later
// `bench`: the pruning core (on core/prune's synthetic features) and the engine, with a yardstick in the same run.
#include "app/cli/machine.h"
#include "app/cli/session.h"
#include "core/base/numbers.h"
#include "core/engine/engine.h"
#include "core/engine/straight_greedy.h"
#include "core/prune/decision_bench.h"
#include "core/run/errors.h"
#include "core/run/stage_clock.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

namespace prunescope::cli {
namespace {

constexpr std::int64_t kChannels = 1024;   // of the synthetic features, a CLIP tower's width

double medianOf(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

double rounded(double ms) { return std::round(ms * 1e4) / 1e4; }

Result<Json> timeGreedy(std::int64_t n, std::int64_t k, int rounds) {
    const auto ops = workingOps();
    const auto problem = greedyBenchInput(n, kChannels);
    if (!problem) {
        return problem.error();
    }
    const MatrixView matrix(problem->similarity);
    // In turns, each for about as long as the other and after an unmeasured run of its own: what is compared is two loops, not what one
    // of them left in the other's caches.
    constexpr int kOursInTurn = 10;
    constexpr int kStraightInTurn = 2;
    std::vector<double> ours;
    std::vector<double> straight;
    std::vector<double> ratios;
    std::vector<double> kernel;
    std::int64_t same = 0;
    for (int round = 0; round < rounds; ++round) {
        std::vector<double> oursNow;
        std::vector<double> straightNow;
        GreedyOrder mine;
        for (int run = 0; run <= kOursInTurn; ++run) {
            StageClock clock;
            double ms = 0;
            auto order = ops->greedyDpp(matrix, problem->weights, k);
            clock.lap(ms);
            if (!order) {
                return order.error();
            }
            if (run > 0) {
                oursNow.push_back(ms);
            }
            mine = std::move(*order);
        }
        for (int run = 0; run <= kStraightInTurn; ++run) {
            const auto plain = straightGreedy(matrix, problem->weights, k);
            if (!plain) {
                return plain.error();
            }
            if (run > 0) {
                straightNow.push_back(plain->ms);
                kernel.push_back(plain->kernelMs);
            }
            same = 0;
            for (std::size_t i = 0; i < std::min(mine.order.size(), plain->order.size()); ++i) {
                same += mine.order[i] == plain->order[i] ? 1 : 0;
            }
        }
        ratios.push_back(medianOf(straightNow) / std::max(1e-6, medianOf(oursNow)));
        ours.insert(ours.end(), oursNow.begin(), oursNow.end());
        straight.insert(straight.end(), straightNow.begin(), straightNow.end());
    }
    const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
    const auto twoPlaces = [](double value) { return std::round(100 * value) / 100; };
    return Json{{"ms", rounded(medianOf(ours))},
                {"straight_ms", rounded(medianOf(straight))},
                {"ratio", twoPlaces(medianOf(ratios))},
                {"ratio_range", {twoPlaces(*least), twoPlaces(*most)}},
                {"straight_kernel_ms", rounded(medianOf(kernel))},   // not in the ratio
                {"equal_picks", same},
                {"statistic", "median"}};
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
        input.ids.push_back(isVisual ? config.imageToken : 3 + i % 60);
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
    return EngineTimes{medianOf(prefill), medianOf(decode)};
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
                {"vision_ms", rounded(medianOf(vision))},
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
    for (const auto& [n, row] : report["analysis_ms"].items()) {
        text += "analysis n=" + n + ": one token " + ms(row["explain"]) + ", budgets " + ms(row["budgets"]) + ", taus " + ms(row["taus"]) + "\n";
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
    Json report;
    report["schema"] = "prunescope.bench/1";
    report["machine"] = {{"cpu", cpuName()}, {"threads", engineReport().threads}};
    report["program"] = {{"version", programVersion()}};
    const std::pair<const char*, Result<DecisionTiming>> decisions[] = {{"576", timeDecisions(576, kChannels, 400)}, {"2880", timeDecisions(2880, kChannels, 400)}};
    for (const auto& [name, timing] : decisions) {
        if (!timing) {
            return session.fail(timing.error());
        }
        report["decision_ms"][name] = {{"median", rounded(timing->medianMs)}, {"p95", rounded(timing->p95Ms)}, {"changes", timing->changes}};
    }
    const std::pair<const char*, Result<AnalysisTiming>> analyses[] = {{"576", timeAnalyses(576, kChannels, 576, true)}, {"2880", timeAnalyses(2880, kChannels, 320, false)}};
    for (const auto& [name, timing] : analyses) {
        if (!timing) {
            return session.fail(timing.error());
        }
        report["analysis_ms"][name] = {{"explain", rounded(timing->explainMs)}, {"budgets", rounded(timing->budgetsMs)}, {"last_budget", timing->lastBudget},
                                       {"taus", rounded(timing->tausMs)}, {"explain_with_flips", timing->flipsMs > 0 ? Json(rounded(timing->flipsMs)) : Json(nullptr)}};
    }
    const std::pair<const char*, Result<Json>> greedy[] = {{"576x64", timeGreedy(576, 64, 25)}, {"2880x320", timeGreedy(2880, 320, 11)}};
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
