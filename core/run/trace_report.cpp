// SPDX-License-Identifier: GPL-3.0-or-later
// Traces as JSON: what one holds, and how two differ.
#include "core/prune/compare.h"
#include "core/run/errors.h"
#include "core/run/option_names.h"
#include "core/run/trace.h"

#include <cmath>
#include <utility>

namespace prunescope {
namespace {

Json textOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json runSummary(const RunResult& run) {
    Json json;
    json["question"] = run.request.rawPrompt ? Json(nullptr) : Json(run.request.question);
    if (run.request.rawPrompt) {
        json["prompt"] = *run.request.rawPrompt;
    }
    json["method"] = {{"name", run.decision->options.method}, {"options", optionsJson(run.decision->options, run.decision->resolvedTau)}};
    json["visual_tokens"] = {{"total", run.decision->n}, {"kept", run.decision->kept.size()}};
    json["kept"] = run.decision->kept;
    json["answer"] = run.hasAnswer ? Json(run.answer) : Json(nullptr);
    json["answer_tokens"] = run.answerTokens;
    json["finish_reason"] = run.hasAnswer ? Json(nameOf(run.finish)) : Json(nullptr);
    json["timings_ms"] = {{"vision", run.timings.visionMs}, {"prune", run.timings.pruneMs}, {"prefill", run.timings.prefillMs}, {"decode", run.timings.decodeMs},
                          {"total", run.timings.totalMs}};
    return json;
}

Json bothValues(const Json& a, const Json& b) { return {{"a", a}, {"b", b}, {"same", a == b}}; }

/// Largest difference of two tensors; null where their shapes differ.
Json largestDifference(const HostTensor& a, const HostTensor& b) {
    if (a.shape() != b.shape()) {
        return nullptr;
    }
    double largest = 0;
    for (std::size_t i = 0; i < a.values().size(); ++i) {
        largest = std::max(largest, std::fabs(static_cast<double>(a.values()[i]) - static_cast<double>(b.values()[i])));
    }
    return largest;
}

}  // namespace

Json traceJson(const Trace& trace, const std::string& path, std::int64_t fileBytes) {
    const GridMap& grid = trace.image->input.grid;
    Json json;
    json["schema"] = "prunescope.trace/1";
    json["path"] = path;
    json["bytes"] = fileBytes;
    json["created"] = trace.created;
    json["program"] = {{"version", trace.program.version}, {"torch", textOrNull(trace.program.torch)}, {"cuda", textOrNull(trace.program.cuda)}};
    json["environment"] = trace.environment;
    json["model"] = {{"path", trace.modelPath}, {"family", trace.model.family}, {"parameters", trace.model.parameters}, {"dtype", trace.model.dtype},
                     {"device", trace.model.device}};
    const char* original = trace.recordedGrid ? "missing" : trace.picture == PictureRule::kPathOnly ? "path" : trace.pictureFile.empty() ? "pixels" : "file";
    json["image"] = {{"path", trace.image->path}, {"sha256", trace.image->sha256}, {"format", trace.image->format}, {"width", trace.image->decoded->rgb.width},
                     {"height", trace.image->decoded->rgb.height}, {"original", original}};
    json["visual_tokens"] = {{"total", trace.image->vision.projected.size(0)}, {"grid", {grid.rows, grid.cols}}};
    json["runs"] = Json::array();
    for (const auto& run : trace.runs) {
        json["runs"].push_back(runSummary(*run));
    }
    json["warnings"] = trace.warnings;
    return json;
}

Result<Json> traceDiffJson(const Trace& a, std::size_t runA, const Trace& b, std::size_t runB) {
    for (const auto& [trace, run] : {std::pair(&a, runA), std::pair(&b, runB)}) {
        if (run >= trace->runs.size()) {
            return makeError(ErrorCode::kUsage, "TRACE-RUN", "no such run in the trace", std::to_string(run), "it holds runs 0 to " + std::to_string(trace->runs.size() - 1));
        }
    }
    const RunResult& left = *a.runs[runA];
    const RunResult& right = *b.runs[runB];
    const auto comparison = compareDecisions(*left.decision, *right.decision);
    if (!comparison) {
        return comparison.error();
    }
    Json json;
    json["schema"] = "prunescope.trace-diff/1";
    json["image"] = bothValues(a.image->sha256, b.image->sha256);
    json["model"] = bothValues(a.modelPath, b.modelPath);
    json["question"] = bothValues(left.request.rawPrompt.value_or(left.request.question), right.request.rawPrompt.value_or(right.request.question));
    json["method"] = bothValues(left.decision->options.method, right.decision->options.method);
    json["options"] = Json::object();
    const Json optionsA = optionsJson(left.decision->options, left.decision->resolvedTau);
    const Json optionsB = optionsJson(right.decision->options, right.decision->resolvedTau);
    for (const auto& [name, value] : optionsA.items()) {
        const Json other = optionsB.value(name, Json(nullptr));
        if (value != other) {
            json["options"][name] = {{"a", value}, {"b", other}};
        }
    }
    Json onlyA = Json::array();
    Json onlyB = Json::array();
    for (std::size_t i = 0; i < comparison->sides.size(); ++i) {
        if (comparison->sides[i] == Side::kOnlyA) {
            onlyA.push_back(i);
        } else if (comparison->sides[i] == Side::kOnlyB) {
            onlyB.push_back(i);
        }
    }
    json["kept"] = {{"only_a", onlyA}, {"only_b", onlyB}, {"counts", {{"only_a", comparison->onlyA}, {"both", comparison->both}, {"only_b", comparison->onlyB},
                    {"neither", comparison->neither}}}, {"iou", comparison->iou}};
    json["rank_correlation"] = Json::object();
    for (const ScoreQuantity quantity : {ScoreQuantity::kRelevance, ScoreQuantity::kGspScore, ScoreQuantity::kMeanSimilarity}) {
        const auto difference = compareScores(scoresOf(*left.decision, quantity), scoresOf(*right.decision, quantity), Normalisation::kRaw);
        json["rank_correlation"][nameOf(quantity)] = difference && difference->rankCorrelation ? Json(*difference->rankCorrelation) : Json(nullptr);
    }
    json["features_max_difference"] = largestDifference(left.input->tokens, right.input->tokens);
    json["answer"] = bothValues(left.hasAnswer ? Json(left.answer) : Json(nullptr), right.hasAnswer ? Json(right.answer) : Json(nullptr));
    json["timings_ms"] = {{"prune", {{"a", left.timings.pruneMs}, {"b", right.timings.pruneMs}}}, {"prefill", {{"a", left.timings.prefillMs}, {"b", right.timings.prefillMs}}},
                          {"decode", {{"a", left.timings.decodeMs}, {"b", right.timings.decodeMs}}}, {"total", {{"a", left.timings.totalMs}, {"b", right.timings.totalMs}}}};
    json["same"] = comparison->onlyA == 0 && comparison->onlyB == 0 && left.answer == right.answer && left.hasAnswer == right.hasAnswer;
    return json;
}

}  // namespace prunescope
