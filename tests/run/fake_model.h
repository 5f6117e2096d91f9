// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A language model that lives in memory and answers what it is told to: the pipeline's logic is tested without LibTorch.

#include "core/run/language_model.h"
#include "core/run/pipeline.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prunescope::testing {

/// What a test tells the model and what it heard; shared, because the pipeline owns the model.
struct FakeScript {
    std::vector<std::int64_t> answer{41, 42, 43, 2};         ///< ids to generate; the last one is the end token
    std::function<void(int step, std::stop_token)> onStep;   ///< called before each id
    std::function<void(std::stop_token)> onVision;           ///< called inside encodeImage
    std::atomic<int> visionRuns{0}, generations{0}, embeddings{0};
    std::vector<PrefillInput> prefills;
    std::vector<std::int64_t> embedded;                      ///< ids of the last embedTokens
    bool badVision = false;                                  ///< encodeImage fails
    bool outOfMemory = false;                                ///< generate throws bad_alloc
    bool scoresByTokens = false;                             ///< logits depend on the visual rows; else they are all the same
    bool clip = false;                                       ///< has a CLIP text tower
};

constexpr int kGrid = 4;
constexpr int kVisual = kGrid * kGrid;
constexpr int kWidth = 8;

class FakeModel final : public LanguageModel {
public:
    explicit FakeModel(std::shared_ptr<FakeScript> script);
    [[nodiscard]] const ModelFacts& facts() const override { return m_facts; }
    [[nodiscard]] Result<VisionOutput> encodeImage(const HostTensor& pixels, std::stop_token stop) override;
    [[nodiscard]] Result<HostTensor> embedTokens(const std::vector<std::int64_t>& ids) override;
    [[nodiscard]] Result<HostTensor> clipTextFeatures(const std::vector<std::int64_t>& clipIds) override;
    [[nodiscard]] Result<Generation> generate(const PrefillInput& input, const GenerateOptions& options, const std::function<void(std::int64_t)>& onToken,
                                              std::stop_token stop) override;
    [[nodiscard]] Result<HostTensor> logits(const PrefillInput& input, std::stop_token stop) override;
    [[nodiscard]] Result<double> scoreContinuation(const PrefillInput& input, const std::vector<std::int64_t>& continuation, std::stop_token stop) override;

private:
    std::shared_ptr<FakeScript> m_script;
    ModelFacts m_facts;
};

/// Projector row of a token: direction and length differ from token to token.
[[nodiscard]] std::vector<float> fakeRow(int token);
/// A checkpoint of the fake's shape (no files), its tokenizer from the engine's fixtures.
[[nodiscard]] Checkpoint fakeCheckpoint();
[[nodiscard]] Tokenizer fakeTokenizer();
[[nodiscard]] std::unique_ptr<Pipeline> fakePipeline(std::shared_ptr<FakeScript> script, Checkpoint checkpoint = fakeCheckpoint());
/// A picture of one colour in memory; `sha` as given.
[[nodiscard]] std::shared_ptr<const DecodedImage> fakePicture(const std::string& sha, std::uint8_t grey = 90, int width = 56, int height = 28);
/// Ids of a text without special tokens.
[[nodiscard]] std::vector<std::int64_t> idsOf(const std::string& text);
/// Script whose answer is `text` and the end token.
[[nodiscard]] std::shared_ptr<FakeScript> scriptSaying(const std::string& text);

}  // namespace prunescope::testing
