// SPDX-License-Identifier: GPL-3.0-or-later
// Results as JSON and text.
#include "core/run/report.h"

#include "core/base/numbers.h"
#include "core/run/option_names.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

namespace prunescope {
namespace {

// Microseconds are enough for times.
double rounded(double ms) { return std::round(ms * 1000.0) / 1000.0; }

// float32 as the shortest decimal that reads back to the same float32; NaN and infinities are not JSON.
Json number(float value) {
    if (!std::isfinite(value)) {
        return nullptr;
    }
    std::array<char, 32> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
    const auto shortest = parseDouble(std::string_view(text.data(), static_cast<std::size_t>(written.ptr - text.data())));
    return shortest ? Json(*shortest) : Json(static_cast<double>(value));
}

Json textOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json rank(std::int32_t value) { return value < 0 ? Json(nullptr) : Json(value); }

Json methodJson(const PruneDecision& decision) {
    return {{"name", decision.options.method}, {"options", optionsJson(decision.options, decision.resolvedTau)}};
}

std::string padded(std::string text, std::size_t width) {
    text.insert(0, width > text.size() ? width - text.size() : 0, ' ');
    return text;
}

}  // namespace

std::string programVersion() { return PRUNESCOPE_VERSION; }

Json optionsJson(const PruneOptions& options, double resolvedTau) {
    Json json;
    json["keep"] = options.keep ? Json(*options.keep) : Json(nullptr);
    if (options.keepRatio) {
        json["keep_ratio"] = *options.keepRatio;
    }
    if (options.keepPerTile) {
        json["keep_per_tile"] = true;
    }
    json["tau"] = std::isfinite(resolvedTau) ? Json(resolvedTau) : Json(nullptr);
    if (options.tau.isQuantile) {
        json["tau_quantile"] = options.tau.value;
    }
    json["gamma"] = options.gamma;
    json["gsp_ratio"] = options.gspRatio;
    json["fusion"] = nameOf(options.fusion);
    json["partition"] = nameOf(options.partition);
    json["qcsp"] = nameOf(options.qcsp);
    json["relevance_space"] = nameOf(options.relevanceSpace);
    json["relevance_sign"] = nameOf(options.relevanceSign);
    json["relevance_power"] = options.relevancePower;
    json["relevance_theta"] = options.relevanceTheta ? Json(*options.relevanceTheta) : Json(nullptr);
    json["query_pooling"] = nameOf(options.queryPooling);
    json["query_words"] = nameOf(options.queryWords);
    json["scope"] = nameOf(options.scope);
    json["positions"] = nameOf(options.positions);
    json["force_keep"] = options.forceKeep;
    json["force_drop"] = options.forceDrop;
    json["seed"] = options.seed;
    return json;
}

Json runJson(const RunResult& result, const ModelFacts& model, const ProgramFacts& program, const std::string& modelPath, double loadModelMs) {
    const PruneDecision& decision = *result.decision;
    const GridMap& grid = result.image->input.grid;
    const StageTimings& t = result.timings;
    Json json;
    json["schema"] = "prunescope.run/1";
    json["program"] = {{"version", program.version}, {"torch", textOrNull(program.torch)}, {"cuda", textOrNull(program.cuda)}};
    json["model"] = {{"path", modelPath}, {"family", model.family}, {"parameters", model.parameters}, {"dtype", model.dtype}, {"device", model.device}};
    json["image"] = {{"path", result.image->path},
                     {"width", result.image->decoded->rgb.width},
                     {"height", result.image->decoded->rgb.height},
                     {"sha256", result.image->sha256},
                     {"format", result.image->format}};
    json["question"] = result.request.rawPrompt ? Json(nullptr) : Json(result.request.question);
    if (result.request.rawPrompt) {
        json["prompt"] = *result.request.rawPrompt;
    }
    json["prompt_tokens"] = result.promptTokens;
    json["method"] = methodJson(decision);
    json["visual_tokens"] = {{"total", decision.n}, {"kept", decision.kept.size()}, {"grid", {grid.rows, grid.cols}}};
    json["kept"] = decision.kept;
    json["answer"] = result.answer;
    json["answer_tokens"] = result.answerTokens;
    Json logProbabilities = Json::array();
    for (const float value : result.answerLogProbabilities) {
        logProbabilities.push_back(number(value));
    }
    json["answer_log_probabilities"] = std::move(logProbabilities);
    json["finish_reason"] = nameOf(result.finish);
    json["timings_ms"] = {{"load_model", rounded(loadModelMs)},
                          {"decode_image", rounded(t.decodeImageMs)},
                          {"preprocess", rounded(t.preprocessMs)},
                          {"vision", rounded(t.visionMs)},
                          {"project", rounded(t.projectMs)},
                          {"prune", rounded(t.pruneMs)},
                          {"prefill", rounded(t.prefillMs)},
                          {"decode", rounded(t.decodeMs)},
                          {"first_token", rounded(t.firstTokenMs)},
                          {"per_token", rounded(t.perTokenMs)},
                          {"total", rounded(t.totalMs + loadModelMs)}};
    json["cost"] = {{"macs_visual_only", result.cost.macsVisualOnly}, {"macs_llm", result.cost.macsLlm},       {"macs_vision", result.cost.macsVision},
                    {"macs_total", result.cost.macsTotal},            {"kv_bytes", result.cost.kvBytes},       {"kv_bytes_measured", result.measuredKvBytes},
                    {"peak_memory_bytes", result.peakMemoryBytes}};
    json["warnings"] = result.warnings;
    return json;
}

Json pruneJson(const PruneDecision& decision, double loadMs) {
    Json json;
    json["schema"] = "prunescope.prune/1";
    json["method"] = methodJson(decision);
    json["n"] = decision.n;
    json["kept"] = decision.kept;
    json["order"] = decision.order;
    Json gain = Json::array();
    for (const float value : decision.gain) {
        gain.push_back(number(value));
    }
    json["gain"] = std::move(gain);
    json["emitted"] = decision.emitted.empty() ? decision.kept : decision.emitted;
    json["timings_ms"] = {{"load", rounded(loadMs)},
                          {"gram", rounded(decision.timings.gramMs)},
                          {"relevance", rounded(decision.timings.relevanceMs)},
                          {"gsp", rounded(decision.timings.gspMs)},
                          {"greedy", rounded(decision.timings.greedyMs)},
                          {"total", rounded(loadMs + decision.timings.totalMs)}};
    Json tokens = Json::array();
    for (const TokenTrace& token : decision.tokens) {
        tokens.push_back({{"index", token.index},
                          {"row", token.row},
                          {"col", token.col},
                          {"kept", token.kept},
                          {"reason", nameOf(token.reason)},
                          {"degree", rank(token.degree)},
                          {"mean_similarity", number(token.meanSimilarity)},
                          {"gsp_score", number(token.gspScore)},
                          {"gsp_rank", rank(token.gspRank)},
                          {"relevance_raw", number(token.relevanceRaw)},
                          {"relevance", number(token.relevance)},
                          {"dpp_rank", rank(token.dppRank)},
                          {"dpp_gain", number(token.dppGain)}});
    }
    json["tokens"] = std::move(tokens);
    json["warnings"] = decision.warnings;
    return json;
}

std::string drawDecision(const PruneDecision& decision) {
    std::string text;
    std::int64_t forced = 0;
    std::int32_t row = -1;
    for (const TokenTrace& token : decision.tokens) {
        if (token.row != row && !text.empty()) {
            text += '\n';
        }
        if (row > token.row && token.row >= 0) {
            text += '\n';   // the next tile
        }
        row = token.row;
        const bool isForced = token.reason == Reason::kForced;
        forced += isForced ? 1 : 0;
        text += token.kept ? (isForced ? '+' : '#') : (isForced ? 'x' : '.');
    }
    text += '\n';
    text += decision.options.method + ": kept " + formatCount(static_cast<std::int64_t>(decision.kept.size())) + " of " + formatCount(decision.n) + " tokens ("
            + formatFixed(decision.n > 0 ? 100.0 * static_cast<double>(decision.kept.size()) / static_cast<double>(decision.n) : 0, 1) + " %), dropped "
            + formatCount(decision.n - static_cast<std::int64_t>(decision.kept.size())) + ", forced " + formatCount(forced) + "\n";
    return text;
}

std::string stageTable(const StageTimings& t) {
    const std::pair<const char*, double> rows[] = {{"load model", t.loadModelMs}, {"decode image", t.decodeImageMs}, {"preprocess", t.preprocessMs},
                                                   {"vision", t.visionMs},        {"project", t.projectMs},          {"prune", t.pruneMs},
                                                   {"prefill", t.prefillMs},      {"decode", t.decodeMs},            {"total", t.totalMs + t.loadModelMs}};
    std::string text;
    for (const auto& [name, ms] : rows) {
        std::string label(name);
        label.resize(14, ' ');
        text += label + padded(formatFixed(ms, 2), 10) + " ms\n";
    }
    text += "first token   " + padded(formatFixed(t.firstTokenMs, 2), 10) + " ms\n";
    return text;
}

std::string dumpJson(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace prunescope
