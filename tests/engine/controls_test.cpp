// SPDX-License-Identifier: GPL-3.0-or-later
// Negative controls (a deliberately wrong setting must leave the tolerance), cancelling, refusals, and agreement of prompt and step paths.

#include "tests/engine/engine_fixture.h"

#include <random>
#include <thread>

namespace prunescope::test {
namespace {

HostTensor logitsOf(const Checkpoint& checkpoint, const Expected& expected) {
    const auto model = load(checkpoint);
    return model->logits(promptOf(expected, model->encodeImage(expected.tensor("pixel_values"), {}).value().projected), {}).value();
}

/// Does the recorded run notice the change, in logits or in a probe?
bool caught(const std::string& fixture, const std::function<void(ModelConfig&)>& change) {
    const Expected expected(fixture);
    Checkpoint checkpoint = openFixture(fixture);
    EXPECT_LE(excess(logitsOf(checkpoint, expected), expected.tensor("logits"), 2e-5, 1e-5), 0.0) << "unchanged " << fixture;
    change(checkpoint.config);
    if (excess(logitsOf(checkpoint, expected), expected.tensor("logits"), 2e-5, 1e-5) > 0.0) {
        return true;
    }
    const auto model = load(checkpoint);
    for (const std::string& key : expected.keysFrom("probe.norm.")) {
        const std::string norm = key.substr(std::string("probe.norm.").size());
        const auto probe = probeNorm(*model, norm, expected.tensor(norm.starts_with("lm.") ? "probe.input.text" : "probe.input.vision"));
        if (probe.ok() && excess(*probe, expected.tensor(key), 1e-6, 0.0) > 0.0) {
            return true;
        }
    }
    return false;
}

TEST(EngineControls, WrongSettingsAreCaught) {
    EXPECT_TRUE(caught("l0_llama", [](ModelConfig& c) { c.featureLayers = {-1}; })) << "feature layer";
    EXPECT_TRUE(caught("l0_llama", [](ModelConfig& c) { c.featureLayers = {-3}; })) << "feature layer";
    EXPECT_TRUE(caught("l0_llama", [](ModelConfig& c) { c.vision.activation = "gelu"; })) << "vision activation";
    EXPECT_TRUE(caught("no_crop_gelu", [](ModelConfig& c) { c.vision.activation = "gelu_pytorch_tanh"; })) << "gelu flavour";
    EXPECT_TRUE(caught("no_crop_gelu", [](ModelConfig& c) { c.vision.activation = "quick_gelu"; })) << "gelu flavour";
    EXPECT_TRUE(caught("l0_llama", [](ModelConfig& c) { c.projectorActivation = "gelu_pytorch_tanh"; })) << "projector's gelu flavour";
    EXPECT_TRUE(caught("l0_llama", [](ModelConfig& c) { c.vision.layerNormEps = 1e-6; })) << "LayerNorm eps";
    EXPECT_TRUE(caught("l0_llama", [](ModelConfig& c) { c.text.rmsNormEps = 1e-6; })) << "RMSNorm eps";
    EXPECT_TRUE(caught("qwen2", [](ModelConfig& c) { c.text.rmsNormEps = 1e-5; })) << "RMSNorm eps";
    EXPECT_TRUE(caught("l0_llama", [](ModelConfig& c) { c.text.rope.theta = 5e4; })) << "rope theta";
    EXPECT_TRUE(caught("l2_mistral_gqa", [](ModelConfig& c) { c.text.rope.theta = 1e4; })) << "rope theta";
    EXPECT_TRUE(caught("rope_linear", [](ModelConfig& c) { c.text.rope.factor = 2.0; })) << "rope factor";
    EXPECT_TRUE(caught("rope_linear", [](ModelConfig& c) { c.text.rope.type = "default"; })) << "rope type";
    EXPECT_TRUE(caught("rope_llama3", [](ModelConfig& c) { c.text.rope.type = "default"; })) << "rope type";
    EXPECT_TRUE(caught("rope_llama3", [](ModelConfig& c) { c.text.rope.highFreqFactor = 2.0; })) << "rope's high frequency factor";
}

TEST(EngineControls, AllRowsSplicedIsTheWholePrompt) {
    const Expected expected("l0_llama");
    const auto model = load(openFixture("l0_llama"));
    const HostTensor projected = model->encodeImage(expected.tensor("pixel_values"), {}).value().projected;
    const PrefillInput input = promptOf(expected, projected);
    PrefillInput copy = input;
    copy.visual = HostTensor(projected.shape(), {projected.values().begin(), projected.values().end()});
    EXPECT_EQ(largestDifference(model->logits(input, {}).value(), model->logits(copy, {}).value()), 0.0);
}

TEST(EngineControls, ScoresAContinuation) {
    const Expected expected("l2_mistral_gqa");
    const auto model = load(openFixture("l2_mistral_gqa"));
    const PrefillInput input = promptOf(expected, expected.tensor("projected"));
    const std::vector<std::int64_t> greedy = expected.ids("greedy");
    const HostTensor each = expected.tensor("greedy_logprob");
    const std::vector<std::int64_t> start(greedy.begin(), greedy.begin() + 5);
    const double wanted = std::accumulate(each.values().begin(), each.values().begin() + 5, 0.0);
    EXPECT_NEAR(model->scoreContinuation(input, start, {}).value(), wanted, 2e-4);
    EXPECT_EQ(model->scoreContinuation(input, {}, {}).value(), 0.0);
    EXPECT_EQ(model->scoreContinuation(input, {4000}, {}).error().id, "PROMPT-ID");
}

TEST(EngineControls, EndTokensAndVocabularyBound) {
    const Expected expected("l0_llama");
    const auto model = load(openFixture("l0_llama"));
    const PrefillInput input = promptOf(expected, expected.tensor("projected"));
    const std::vector<std::int64_t> greedy = expected.ids("greedy");
    GenerateOptions options;
    options.eosTokens = {greedy[5]};
    const auto stopped = model->generate(input, options, {}, {}).value();
    EXPECT_EQ(stopped.finish, FinishReason::kEos);
    EXPECT_EQ(stopped.ids.back(), greedy[5]);   // the end token is included
    EXPECT_LE(stopped.ids.size(), 6U);
    options.eosTokens.clear();
    options.tokenizerSize = 64;
    const Generation bounded = model->generate(input, options, {}, {}).value();
    for (const std::int64_t id : bounded.ids) {
        EXPECT_LT(id, 64);
    }
}

TEST(EngineControls, StopsBetweenTokensAndLayers) {
    const Expected expected("l0_llama");
    const auto model = load(openFixture("l0_llama"));
    const PrefillInput input = promptOf(expected, expected.tensor("projected"));
    std::stop_source source;
    GenerateOptions options;
    std::size_t tokens = 0;
    const auto partial = model->generate(input, options, [&](std::int64_t) { if (++tokens == 3) { source.request_stop(); } }, source.get_token()).value();
    EXPECT_EQ(partial.finish, FinishReason::kCancelled);
    EXPECT_EQ(partial.ids.size(), 3U);
    // A request that is already stopped gets nowhere.
    EXPECT_TRUE(model->generate(input, options, {}, source.get_token()).value().ids.empty());
    EXPECT_EQ(model->logits(input, source.get_token()).error().code, ErrorCode::kCancelled);
    EXPECT_EQ(model->encodeImage(expected.tensor("pixel_values"), source.get_token()).error().code, ErrorCode::kCancelled);
    // And the model is as good as before.
    EXPECT_EQ(model->generate(input, GenerateOptions{}, {}, {}).value().ids, expected.ids("greedy"));
}

TEST(EngineControls, RefusesWhatCannotRun) {
    const Expected expected("l0_llama");
    Checkpoint checkpoint = openFixture("l0_llama");
    const auto model = load(checkpoint);
    PrefillInput input = promptOf(expected, expected.tensor("projected"));
    input.ids.push_back(checkpoint.config.imageToken);
    input.positions.push_back(input.nextPosition);
    const auto mismatch = model->logits(input, {});
    ASSERT_FALSE(mismatch.ok());
    EXPECT_EQ(mismatch.error().id, "PROMPT-VISUAL");
    EXPECT_EQ(mismatch.error().why, "17 image tokens in the prompt, 16 visual rows");
    EXPECT_EQ(model->encodeImage(HostTensor({1, 3, 14, 14}), {}).error().id, "IMAGE-SHAPE");
    EXPECT_EQ(model->embedTokens({5000}).error().id, "PROMPT-ID");

    LoadOptions options;
    options.dtype = DtypeChoice::kFloat16;
    options.device = DeviceChoice::kCpu;
    EXPECT_EQ(loadLanguageModel(checkpoint, options, {}, {}).error().id, "DEVICE-DTYPE");
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(loadLanguageModel(checkpoint, LoadOptions{}, {}, source.get_token()).error().code, ErrorCode::kCancelled);

    // A single NaN among the weights.
    std::vector<std::uint8_t> bytes;
    WeightEntry& entry = checkpoint.weights.at("lm.layers.1.mlp.down_proj.weight");
    bytes.assign(entry.record.bytes.begin(), entry.record.bytes.end());
    const float bad = std::nanf("");
    std::memcpy(bytes.data() + 40 * sizeof(float), &bad, sizeof bad);
    const std::span<const std::uint8_t> before = entry.record.bytes;
    entry.record.bytes = bytes;
    const auto refused = loadLanguageModel(checkpoint, LoadOptions{}, {}, {});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().id, "NUM-WEIGHTS");
    EXPECT_EQ(refused.error().code, ErrorCode::kNumeric);
    EXPECT_EQ(refused.error().where, "lm.layers.1.mlp.down_proj.weight");
    entry.record.bytes = before;
    checkpoint.weights.erase("lm.norm.weight");
    EXPECT_EQ(loadLanguageModel(checkpoint, LoadOptions{}, {}, {}).error().id, "MODEL-WEIGHT-MISSING");
}

TEST(EngineControls, RefusesAModelThatCannotFit) {
    Checkpoint checkpoint = openFixture("l0_llama");
    checkpoint.weights.at("lm.embed_tokens.weight").record.shape = {1LL << 30, 1LL << 12};
    const auto refused = loadLanguageModel(checkpoint, LoadOptions{}, {}, {});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().id, "MEM-MODEL");
    EXPECT_EQ(refused.error().code, ErrorCode::kDevice);
}

TEST(EngineControls, Report) {
    const EngineReport report = engineReport();
    EXPECT_TRUE(report.torchVersion.starts_with("2.11.0"));
    EXPECT_GE(report.threads, 1);
    EXPECT_FALSE(report.cpuCapability.empty());
    EXPECT_NE(report.cudaDevices.empty(), report.whyNoCuda.empty());
    if (report.cudaDevices.empty()) {
        LoadOptions options;
        options.device = DeviceChoice::kCuda;
        EXPECT_EQ(loadLanguageModel(openFixture("l0_llama"), options, {}, {}).error().id, "DEVICE-CUDA");
    }
}

/// A random checkpoint in memory with the shapes of a real head (64 channels), so that full vectors and several blocks are used.
struct RandomCheckpoint {
    Checkpoint checkpoint;
    std::vector<std::vector<std::uint16_t>> storage;

    explicit RandomCheckpoint(int kvHeads) {
        ModelConfig& c = checkpoint.config;
        c.vision.hidden = 64;
        c.vision.intermediate = 96;
        c.vision.layers = 2;
        c.vision.heads = 1;
        c.vision.imageSize = 28;
        c.text.vocab = 211;
        c.text.hidden = 192;
        c.text.intermediate = 200;
        c.text.layers = 3;
        c.text.heads = 4;
        c.text.kvHeads = kvHeads;
        c.text.headDim = 64;
        c.imageToken = 210;
        const auto side = static_cast<std::int64_t>(c.vision.imageSize / c.vision.patchSize);
        add("vision_tower.embeddings.patch_embedding.weight", {64, 3, 14, 14});
        add("vision_tower.embeddings.class_embedding", {64});
        add("vision_tower.embeddings.position_embedding.weight", {side * side + 1, 64});
        norm("vision_tower.pre_layrnorm", 64);
        const std::string block = "vision_tower.encoder.layers.0.";
        norm(block + "layer_norm1", 64);
        norm(block + "layer_norm2", 64);
        for (const std::string part : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
            linear(block + "self_attn." + part, 64, 64, true);
        }
        linear(block + "mlp.fc1", 96, 64, true);
        linear(block + "mlp.fc2", 64, 96, true);
        linear("multi_modal_projector.linear_1", 192, 64, true);
        linear("multi_modal_projector.linear_2", 192, 192, true);
        add("lm.embed_tokens.weight", {211, 192});
        for (int i = 0; i < 3; ++i) {
            const std::string layer = "lm.layers." + std::to_string(i) + ".";
            add(layer + "input_layernorm.weight", {192});
            add(layer + "post_attention_layernorm.weight", {192});
            linear(layer + "self_attn.q_proj", 256, 192, true);
            linear(layer + "self_attn.k_proj", 64 * kvHeads, 192, true);
            linear(layer + "self_attn.v_proj", 64 * kvHeads, 192, true);
            linear(layer + "self_attn.o_proj", 192, 256, false);
            linear(layer + "mlp.gate_proj", 200, 192, false);
            linear(layer + "mlp.up_proj", 200, 192, false);
            linear(layer + "mlp.down_proj", 192, 200, false);
        }
        add("lm.norm.weight", {192});
        linear("lm_head", 211, 192, false);
    }

private:
    std::mt19937 m_random{7};
    void add(const std::string& name, const std::vector<std::int64_t>& shape) {
        std::int64_t count = 1;
        for (const std::int64_t n : shape) {
            count *= n;
        }
        std::normal_distribution<float> normal(shape.size() == 1 ? 1.0F : 0.0F, 0.1F);
        std::vector<std::uint16_t> values(static_cast<std::size_t>(count));
        for (std::uint16_t& v : values) {
            const float drawn = normal(m_random);
            std::uint32_t bits = 0;
            std::memcpy(&bits, &drawn, sizeof bits);
            v = static_cast<std::uint16_t>(bits >> 16);
        }
        storage.push_back(std::move(values));
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(storage.back().data());
        checkpoint.weights[name] = WeightEntry{0, name, TensorRecord{name, StorageType::kBF16, shape, {bytes, storage.back().size() * 2}}};
    }
    void norm(const std::string& name, std::int64_t width) {
        add(name + ".weight", {width});
        add(name + ".bias", {width});
    }
    void linear(const std::string& name, std::int64_t out, std::int64_t in, bool bias) {
        add(name + ".weight", {out, in});
        if (bias) {
            add(name + ".bias", {out});
        }
    }
};

// Prompt and step are separate code: a token decoded after its predecessors must get the logits that the whole prompt gives it, on both paths
// and with 1 and 2 threads.
TEST(EngineControls, StepsAgreeWithTheWholePrompt) {
    for (const int kvHeads : {4, 2, 1}) {
        const RandomCheckpoint random(kvHeads);
        for (const bool libraryOnly : {false, true}) {
            for (const int threads : {1, 2}) {
                const auto model = load(random.checkpoint, DtypeChoice::kFloat32, libraryOnly, threads);
                PrefillInput input;
                for (int t = 0; t < 101; ++t) {
                    input.ids.push_back(t * 37 % 209);
                    input.positions.push_back(t);
                }
                input.nextPosition = 101;
                GenerateOptions options;
                options.maxNewTokens = 12;
                const auto generated = model->generate(input, options, {}, {}).value();
                PrefillInput whole = input;
                for (std::size_t i = 0; i + 1 < generated.ids.size(); ++i) {
                    whole.ids.push_back(generated.ids[i]);
                    whole.positions.push_back(101 + static_cast<std::int64_t>(i));
                }
                const HostTensor logits = model->logits(whole, {}).value();
                for (std::size_t i = 0; i < generated.ids.size(); ++i) {
                    const float* row = logits.data() + static_cast<std::int64_t>(100 + i) * 211;
                    double total = 0.0;
                    for (int v = 0; v < 211; ++v) {
                        total += std::exp(static_cast<double>(row[v] - row[generated.ids[i]]));
                    }
                    EXPECT_EQ(std::max_element(row, row + 211) - row, generated.ids[i]) << "token " << i;
                    EXPECT_NEAR(generated.logProbabilities[i], -std::log(total), 1e-4) << "token " << i << ", kv heads " << kvHeads << ", threads " << threads;
                }
            }
        }
        const auto own = load(random.checkpoint), library = load(random.checkpoint, DtypeChoice::kFloat32, true);
        PrefillInput input;
        for (int t = 0; t < 77; ++t) {
            input.ids.push_back(t * 11 % 200);
            input.positions.push_back(t * 2);
        }
        EXPECT_LE(excess(own->logits(input, {}).value(), library->logits(input, {}).value(), 1e-4, 1e-5), 0.0);
    }
}

}  // namespace
}  // namespace prunescope::test
