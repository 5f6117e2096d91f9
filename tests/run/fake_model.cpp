// SPDX-License-Identifier: GPL-3.0-or-later
// The fake model.
#include "tests/run/fake_model.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

namespace prunescope::testing {

std::vector<float> fakeRow(int token) {
    std::vector<float> row(kWidth);
    for (int i = 0; i < kWidth; ++i) {
        row[static_cast<std::size_t>(i)] = std::sin(0.7F * static_cast<float>(token * (i + 1))) + (i == token % kWidth ? 2.0F : 0.0F);
    }
    return row;
}

FakeModel::FakeModel(std::shared_ptr<FakeScript> script) : m_script(std::move(script)) {
    m_facts.family = "llava";
    m_facts.device = "cpu";
    m_facts.dtype = "float32";
    m_facts.parameters = 1234;
    m_facts.hidden = kWidth;
    m_facts.visualTokens = kVisual;
    m_facts.patchSize = 7;
    m_facts.gridRows = m_facts.gridCols = kGrid;
    m_facts.hasClipTextTower = m_script->clip;
}

Result<VisionOutput> FakeModel::encodeImage(const HostTensor& pixels, std::stop_token stop) {
    ++m_script->visionRuns;
    if (m_script->onVision) {
        m_script->onVision(stop);
    }
    Error error;
    if (stop.stop_requested()) {
        error.code = ErrorCode::kCancelled;
        error.id = "CANCELLED";
        return error;
    }
    if (m_script->badVision) {
        error.code = ErrorCode::kDevice;
        error.id = "MEM-HOST";
        return error;
    }
    VisionOutput out;
    out.features = HostTensor({kVisual, 3});
    out.projected = HostTensor({kVisual, kWidth});
    for (int token = 0; token < kVisual; ++token) {
        const auto row = fakeRow(token);
        std::copy(row.begin(), row.end(), out.projected.mutableData() + token * kWidth);
        out.features.mutableData()[token * 3] = pixels.data()[0];
    }
    if (m_script->clip) {
        out.clipTokens = out.projected;
    }
    out.visionMs = 0.25;
    out.projectMs = 0.125;
    return out;
}

Result<HostTensor> FakeModel::embedTokens(const std::vector<std::int64_t>& ids) {
    ++m_script->embeddings;
    m_script->embedded = ids;
    HostTensor rows({static_cast<std::int64_t>(ids.size()), kWidth});
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto row = fakeRow(static_cast<int>(ids[i] % kVisual));
        std::copy(row.begin(), row.end(), rows.mutableData() + static_cast<std::ptrdiff_t>(i) * kWidth);
    }
    return rows;
}

Result<HostTensor> FakeModel::clipTextFeatures(const std::vector<std::int64_t>& clipIds) {
    HostTensor rows({1, kWidth});
    const auto row = fakeRow(static_cast<int>(clipIds.size()) % kVisual);
    std::copy(row.begin(), row.end(), rows.mutableData());
    return rows;
}

Result<Generation> FakeModel::generate(const PrefillInput& input, const GenerateOptions& options, const std::function<void(std::int64_t)>& onToken,
                                       std::stop_token stop) {
    ++m_script->generations;
    m_script->prefills.push_back(input);
    if (m_script->outOfMemory) {
        throw std::bad_alloc();
    }
    Generation generation;
    generation.finish = FinishReason::kLength;
    for (std::size_t step = 0; step < m_script->answer.size() && static_cast<std::int64_t>(step) < options.maxNewTokens; ++step) {
        if (m_script->onStep) {
            m_script->onStep(static_cast<int>(step), stop);
        }
        if (stop.stop_requested()) {
            generation.finish = FinishReason::kCancelled;
            return generation;
        }
        const std::int64_t id = m_script->answer[step];
        generation.ids.push_back(id);
        generation.logProbabilities.push_back(-0.5F);
        onToken(id);
        if (std::find(options.eosTokens.begin(), options.eosTokens.end(), id) != options.eosTokens.end()) {
            generation.finish = FinishReason::kEos;
            break;
        }
    }
    generation.kvBytes = static_cast<std::int64_t>(input.ids.size()) * 64;
    return generation;
}

Result<HostTensor> FakeModel::logits(const PrefillInput& input, std::stop_token) {
    constexpr std::int64_t kVocab = 128;
    HostTensor out({static_cast<std::int64_t>(input.ids.size()), kVocab});
    float seen = 0;
    for (std::int64_t i = 0; m_script->scoresByTokens && i < input.visual.count(); ++i) {
        seen += input.visual.data()[i] * static_cast<float>(i % 5 + 1);
    }
    for (std::int64_t i = 0; i < out.count(); ++i) {
        out.mutableData()[i] = std::sin(seen * static_cast<float>(i % kVocab));
    }
    return out;
}

Result<double> FakeModel::scoreContinuation(const PrefillInput&, const std::vector<std::int64_t>& continuation, std::stop_token) {
    return -static_cast<double>(continuation.size());
}

Checkpoint fakeCheckpoint() {
    Checkpoint checkpoint;
    checkpoint.folder = "fake";
    ModelConfig& config = checkpoint.config;
    config.vision.hidden = 3;
    config.vision.intermediate = 12;
    config.vision.layers = 4;
    config.vision.heads = 1;
    config.vision.imageSize = 28;
    config.vision.patchSize = 7;
    config.text.vocab = 128;
    config.text.hidden = kWidth;
    config.text.intermediate = 16;
    config.text.layers = 2;
    config.text.heads = 2;
    config.text.kvHeads = 2;
    config.text.headDim = 4;
    config.text.maxPosition = 512;
    config.imageToken = 120;
    config.eosTokens = {2};
    checkpoint.preprocess.shortestEdge = 28;
    checkpoint.preprocess.cropWidth = checkpoint.preprocess.cropHeight = 28;
    checkpoint.parameters = 1234;
    return checkpoint;
}

Tokenizer fakeTokenizer() {
    auto tokenizer = Tokenizer::load(std::string(PRUNESCOPE_TEST_DATA) + "/engine/tied_head/tokenizer.json");
    if (!tokenizer) {
        throw std::runtime_error(tokenizer.error().why);
    }
    return *tokenizer;
}

std::unique_ptr<Pipeline> fakePipeline(std::shared_ptr<FakeScript> script, Checkpoint checkpoint) {
    std::optional<Tokenizer> clip;
    if (script->clip) {
        clip = fakeTokenizer();
    }
    return Pipeline::assemble(std::move(checkpoint), fakeTokenizer(), std::make_unique<FakeModel>(std::move(script)), ResizeMode::kPillow13, std::move(clip));
}

std::shared_ptr<const DecodedImage> fakePicture(const std::string& sha, std::uint8_t grey, int width, int height) {
    auto image = std::make_shared<DecodedImage>();
    image->rgb.width = width;
    image->rgb.height = height;
    image->rgb.pixels.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3, grey);
    image->format = "png";
    image->sha256 = sha;
    return image;
}

std::vector<std::int64_t> idsOf(const std::string& text) { return fakeTokenizer().encode(text, false).value().ids; }

std::shared_ptr<FakeScript> scriptSaying(const std::string& text) {
    auto script = std::make_shared<FakeScript>();
    script->answer = idsOf(text);
    script->answer.push_back(2);
    return script;
}

}  // namespace prunescope::testing
