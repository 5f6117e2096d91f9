// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// request -> pipeline -> result. A Pipeline owns one opened model and keeps what can be kept between requests: the decoded image, vision
// output and pruning session per image; the unpruned answer per question.

#include "core/base/grid_map.h"
#include "core/base/result.h"
#include "core/image/image.h"
#include "core/prune/prune.h"
#include "core/run/inspection.h"
#include "core/run/language_model.h"
#include "core/text/tokenizer.h"
#include "core/analysis/diagnostics.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace prunescope {

/// One image and one question with the knobs.
struct RunRequest {
    std::filesystem::path imagePath;              ///< used when `image` is null
    std::shared_ptr<const DecodedImage> image;    ///< already decoded (paste, eval --blank)
    double decodedMs = 0;                         ///< what decoding `image` took: becomes decodeImageMs
    std::string question;
    std::optional<std::string> rawPrompt;         ///< --prompt: image token inside, no template applied
    PruneOptions prune;
    std::int64_t maxNewTokens = 64;
    bool withAnswer = true;                       ///< false: the decision only
    bool withDiagnostics = true;                  ///< local redundancy for the overlays; its time is left out of all timings
    bool fresh = false;                           ///< measure: the file is decoded, the tower and the pruner run as for a new image
    std::uint64_t jobId = 0;                      ///< copied into the result
    std::vector<std::int64_t> scoreTokens;        ///< answer ids to score under this decision (teacher forcing); empty: none
};

/// The same image and question with all tokens; no other option of `request.prune` stays.
[[nodiscard]] RunRequest unprunedOf(const RunRequest& request);
/// The decision of `request` only: no answer, nothing scored.
[[nodiscard]] RunRequest decisionOf(const RunRequest& request);

struct StageTimings {
    double loadModelMs = 0, decodeImageMs = 0, preprocessMs = 0, visionMs = 0, projectMs = 0, pruneMs = 0, prefillMs = 0, decodeMs = 0;
    /// firstTokenMs: from the start of the request to the first token (loading left out); perTokenMs: mean over the tokens after the first.
    /// totalMs: wall time of the request; the stages sum to it within 2 % (loadModelMs is filled in and added by who loaded the model).
    double firstTokenMs = 0, perTokenMs = 0, totalMs = 0;
    bool visionFromCache = false;
};

/// What is known about an image once the tower has run; shared by all results on that image.
struct ImageContext {
    std::string path, sha256, format;
    std::shared_ptr<const DecodedImage> decoded;
    PreprocessedImage input;          ///< pixels, the picture the model saw, GridMap
    VisionOutput vision;
    std::vector<float> localRedundancy;   ///< [rows * cols] mean cosine with 8 neighbours, patches only; empty without diagnostics
    double decodeImageMs = 0, preprocessMs = 0;   ///< what it took when it was made (visionMs, projectMs: in `vision`), for runs from the cache
};

/// The immutable outcome of one request.
struct RunResult {
    std::uint64_t jobId = 0;
    RunRequest request;
    std::shared_ptr<const ImageContext> image;
    std::shared_ptr<const PruneDecision> decision;
    std::shared_ptr<const PruneInput> input;   ///< what the decision looked at (tensors shared): a PruneSession set to it decides the same
    std::vector<AskedWord> words;         ///< of the question; their rows are those of input->query (relevance in the decoder's space)
    std::int64_t promptTokens = 0;        ///< text ids in the prompt, visual tokens left out
    std::string answer;                   ///< empty while only the decision is known
    std::vector<std::int64_t> answerTokens;
    std::vector<float> answerLogProbabilities;   ///< natural log, of each answer token
    std::optional<double> scoredLogProbability;   ///< sum over request.scoreTokens, given this decision's visual tokens; its time is not in `timings`
    FinishReason finish = FinishReason::kEos;
    bool hasAnswer = false;
    StageTimings timings;
    CostEstimate cost;                    ///< computed from the shape
    std::int64_t measuredKvBytes = 0, peakMemoryBytes = 0;
    std::vector<std::string> warnings;
};

struct RunCallbacks {
    std::function<void(std::shared_ptr<const RunResult>)> onDecision;   ///< before the answer starts
    std::function<void(const std::string&)> onText;                     ///< streamed pieces of the answer
    std::function<void()> onStep;                                       ///< after each generated token: `inspect` may be called from here
};

/// What a request may ask of the machine; `--limit NAME=VALUE` raises them.
struct PipelineLimits {
    ImageLimits image;
    std::int64_t questionBytes = 8192;    ///< question or raw prompt, UTF-8 bytes
    std::int64_t promptTokens = 16384;    ///< text ids of one prompt
};

/// Not thread-safe: one worker owns it. Every call ends in a Result, bad_alloc (MEM-HOST, kDevice) included.
class Pipeline {
public:
    /// Opens the folder (checkpoint, tokenizer) and loads the weights with `loader`.
    [[nodiscard]] static Result<std::unique_ptr<Pipeline>> open(const std::filesystem::path& folder, const ModelLoader& loader, const LoadOptions& options,
                                                                ResizeMode resize, LlamaPrefix prefix, const ProgressSink& progress, std::stop_token stop);
    /// The same from parts that are open already (tests, other loaders). `clipTokenizer`: of the text tower, when there is one.
    [[nodiscard]] static std::unique_ptr<Pipeline> assemble(Checkpoint checkpoint, Tokenizer tokenizer, std::unique_ptr<LanguageModel> model,
                                                            ResizeMode resize, std::optional<Tokenizer> clipTokenizer = std::nullopt);
    ~Pipeline();

    void setLimits(const PipelineLimits& limits);

    /// Decodes, preprocesses and encodes the image of `request`, or takes it from the cache; a run on it then starts at the decision.
    [[nodiscard]] Result<std::shared_ptr<const ImageContext>> prepareImage(const RunRequest& request, std::stop_token stop);

    /// Decision and answer. A stop request before the first token is an Error (kCancelled); after it the result holds what there is
    /// (FinishReason::kCancelled). Errors: USAGE-*, FILE-*, IMG-*, MODEL-*, TOK-*, PRUNE-*, NUM-*, LIMIT-*, MEM-*, DEVICE-*.
    [[nodiscard]] Result<std::shared_ptr<const RunResult>> run(const RunRequest& request, const RunCallbacks& callbacks, std::stop_token stop);

    /// Reasons and survival of the decision that `run` would make; vision and session from the cache where they are. `request.withAnswer` is
    /// not looked at.
    [[nodiscard]] Result<Inspection> inspect(const RunRequest& request, const InspectWish& wish, std::stop_token stop);

    /// Intermediate tensors for `dump` (pixel_values, vision_features, projected, input_ids, positions, logits).
    struct DumpTensors { HostTensor pixelValues, visionFeatures, projected, logits; std::vector<std::int64_t> inputIds, positions; };
    [[nodiscard]] Result<DumpTensors> dump(const RunRequest& request, std::stop_token stop);

    [[nodiscard]] const Checkpoint& checkpoint() const;
    [[nodiscard]] const ModelFacts& facts() const;
    [[nodiscard]] const Tokenizer& tokenizer() const;
    /// The loaded model itself (bench).
    [[nodiscard]] LanguageModel& languageModel();

private:
    struct State;
    explicit Pipeline(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

/// The folder of the bundled model: $PRUNESCOPE_MODEL, beside the program, in the source tree, or where it was installed.
[[nodiscard]] Result<std::filesystem::path> bundledModelFolder();
/// The folder `sample_data` by the same search.
[[nodiscard]] Result<std::filesystem::path> sampleDataFolder();

}  // namespace prunescope
