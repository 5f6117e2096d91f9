// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A finished run as one portable file (`.prunescope`): image, questions, features, decisions, answers, timings, environment. It opens without
// model and GPU into the RunResults that the pipeline made, and `TraceSession` decides, explains and compares on it; only new answers need the
// model. Format: docs/trace-format.md.

#include "core/run/inspection.h"
#include "core/run/pipeline.h"
#include "core/run/report.h"
#include "core/run/trace_file.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunescope {

/// What a trace keeps of the original picture beside the one the model saw. kEmbed: the file's bytes (the decoded pixels where the file has
/// changed or never was one). kPathOnly: path and SHA-256; where the file is gone, the picture as the model saw it stands in for it.
enum class PictureRule { kEmbed, kPathOnly };

/// Immutable once made. All runs are about one image and one model.
struct Trace {
    ModelFacts model;
    std::string modelPath;
    ProgramFacts program;
    std::map<std::string, std::string> environment;   ///< "cpu", "threads", "system", …: free text
    std::string created;                              ///< UTC, 2026-11-23T00:10:00Z
    PictureRule picture = PictureRule::kEmbed;
    std::vector<std::uint8_t> pictureFile;            ///< the original's bytes; empty where they are not in the trace
    std::optional<GridMap> recordedGrid;              ///< of the original where a stand-in is shown (PictureRule::kPathOnly)
    std::shared_ptr<const ImageContext> image;        ///< vision.features and input.pixels are not kept: empty after openTrace
    std::vector<std::shared_ptr<const RunResult>> runs;
    std::vector<std::string> warnings;                ///< of opening
    TraceContainer unknown;                           ///< header keys and sections of newer versions: written back as they were
};

/// Puts finished runs together. Errors: TRACE-RUNS (kUsage) when there is none, or they are about different images or lack `input`.
[[nodiscard]] Result<Trace> makeTrace(std::vector<std::shared_ptr<const RunResult>> runs, const ModelFacts& model, const std::string& modelPath,
                                      const ProgramFacts& program, PictureRule picture);
/// Writes atomically; at any moment the file is the old one or the new one. Errors: OUT-* (kNotWritten).
[[nodiscard]] Result<void> saveTrace(const std::filesystem::path& path, const Trace& trace);
/// The bytes that saveTrace writes.
[[nodiscard]] std::vector<std::uint8_t> traceBytes(const Trace& trace);

/// Reads, checks every byte and every number. Errors: FILE-*, TRACE-*, JSON-*, IMG-* (kBadInput), FILE-LIMIT (kLimit; --limit trace-bytes).
[[nodiscard]] Result<Trace> openTrace(const std::filesystem::path& path, std::int64_t limitBytes = 2LL << 30);
[[nodiscard]] Result<Trace> readTrace(std::span<const std::uint8_t> bytes, const std::string& where);

/// Whether a loaded model is the one of the trace as far as can be told: family, sizes and grid are the same.
[[nodiscard]] bool answersTrace(const ModelFacts& model, const Trace& trace);

/// Decides on the tensors of a trace, as a Pipeline does on a model's. Not thread-safe: one owner.
class TraceSession {
public:
    explicit TraceSession(std::shared_ptr<const Trace> trace);
    ~TraceSession();

    [[nodiscard]] const Trace& trace() const { return *m_trace; }
    /// Whether a request is about this trace: its image is trace().image->decoded, and the question is one of its runs.
    [[nodiscard]] bool holds(const RunRequest& request) const;
    /// The decision for the knobs of `request`. With `withAnswer`: the recorded answer of a run with the same question, kept tokens and
    /// positions; where there is none, Error TRACE-NO-MODEL (kBadModel) after onDecision. Errors: TRACE-QUESTION (kBadInput), PRUNE-*, USAGE-*.
    [[nodiscard]] Result<std::shared_ptr<const RunResult>> run(const RunRequest& request, const RunCallbacks& callbacks, std::stop_token stop);
    [[nodiscard]] Result<Inspection> inspect(const RunRequest& request, const InspectWish& wish, std::stop_token stop);

private:
    struct Asked;
    [[nodiscard]] Result<Asked*> sessionFor(const RunRequest& request, std::stop_token stop);
    std::shared_ptr<const Trace> m_trace;
    std::vector<std::unique_ptr<Asked>> m_asked;   ///< one pruning session a question
};

/// prunescope.trace/1: what a trace holds, for `trace open --json`.
[[nodiscard]] Json traceJson(const Trace& trace, const std::string& path, std::int64_t fileBytes);
/// prunescope.trace-diff/1: run `runA` of one trace against run `runB` of another.
[[nodiscard]] Result<Json> traceDiffJson(const Trace& a, std::size_t runA, const Trace& b, std::size_t runB);

}  // namespace prunescope
