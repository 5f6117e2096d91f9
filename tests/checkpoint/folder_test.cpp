// SPDX-License-Identifier: GPL-3.0-or-later
// Model folders: what opens and what is refused (reference/reliability.md 3.4, M33-M58; reference/models.md 2 and 3).
#include "core/checkpoint/describe.h"
#include "tests/checkpoint/st_bytes.h"

#include "core/base/numbers.h"

#include <gtest/gtest.h>

namespace prunescope {
namespace {

using testing::MiniModel;
using testing::stFile;
using nlohmann::json;

std::string idWith(const std::function<void(json&)>& change) {
    MiniModel model;
    change(model.config);
    // the weights stay those of the unchanged configuration
    MiniModel plain;
    model.scratch.put("config.json", model.config.dump());
    model.scratch.put("preprocessor_config.json", model.processor.dump());
    model.scratch.put("tokenizer.json", "{}");
    model.scratch.put("model.safetensors", stFile(plain.tensors()));
    const auto opened = model.open();
    if (!opened.ok()) {
        EXPECT_LT(formatErrorLine("prunescope-cli", opened.error()).size(), 241U);
    }
    return opened.ok() ? "" : opened.error().id;
}

TEST(Checkpoint, OpensTheSmallestFolder) {
    MiniModel model;
    model.write();
    const auto opened = model.open();
    ASSERT_TRUE(opened.ok()) << formatErrorLine("t", opened.error());
    EXPECT_EQ(opened->config.tokensPerImage(), 4);
    EXPECT_EQ(opened->config.text.headDim, 4);
    EXPECT_EQ(opened->config.text.kvHeads, 2);
    EXPECT_EQ(opened->config.eosTokens, (std::vector<std::int64_t>{2}));
    EXPECT_EQ(opened->config.vision.activation, "quick_gelu");
    EXPECT_DOUBLE_EQ(opened->config.text.rmsNormEps, 1e-5);
    EXPECT_DOUBLE_EQ(opened->config.text.rope.theta, 10000);
    EXPECT_EQ(opened->weights.at("lm_head.weight").storedName, "language_model.lm_head.weight");
    EXPECT_FALSE(opened->config.text.tieEmbeddings);
    EXPECT_EQ(opened->weightBytes, opened->parameters * 4);
    EXPECT_EQ(opened->chatTemplate, "");
}

TEST(Checkpoint, OpensEveryEngineFixture) {
    const std::filesystem::path fixtures = std::filesystem::path(PRUNESCOPE_TEST_DATA) / "engine";
    if (!std::filesystem::exists(fixtures)) {
        GTEST_SKIP() << "the engine's fixtures are not here";
    }
    for (const auto& entry : std::filesystem::directory_iterator(fixtures)) {
        if (std::filesystem::exists(entry.path() / "config.json")) {
            const auto opened = openCheckpoint(entry.path());
            EXPECT_TRUE(opened.ok()) << formatErrorLine("t", opened.error());
        }
    }
}

TEST(Checkpoint, CanonicalNamesOfAllLayouts) {
    const std::pair<const char*, const char*> names[] = {
        {"language_model.model.layers.0.mlp.up_proj.weight", "lm.layers.0.mlp.up_proj.weight"},
        {"language_model.lm_head.weight", "lm_head.weight"},
        {"vision_tower.vision_model.embeddings.class_embedding", "vision_tower.embeddings.class_embedding"},
        {"multi_modal_projector.linear_1.bias", "multi_modal_projector.linear_1.bias"},
        {"model.language_model.embed_tokens.weight", "lm.embed_tokens.weight"},
        {"lm_head.weight", "lm_head.weight"},
        {"model.vision_tower.vision_model.pre_layrnorm.weight", "vision_tower.pre_layrnorm.weight"},
        {"model.vision_tower.pre_layrnorm.weight", "vision_tower.pre_layrnorm.weight"},
        {"model.multi_modal_projector.linear_2.weight", "multi_modal_projector.linear_2.weight"},
        {"vision_tower.encoder.layers.3.mlp.fc1.weight", "vision_tower.encoder.layers.3.mlp.fc1.weight"},
        {"model.image_newline", "image_newline"},
        {"model.layers.0.x", "model.layers.0.x"}};
    for (const auto& [stored, canonical] : names) {
        EXPECT_EQ(canonicalWeightName(stored, false), canonical);
    }
    EXPECT_EQ(canonicalWeightName("model.layers.0.mlp.up_proj.weight", true), "lm.layers.0.mlp.up_proj.weight");
    EXPECT_EQ(canonicalWeightName("model.mm_projector.2.bias", true), "multi_modal_projector.linear_2.bias");
    EXPECT_EQ(canonicalWeightName("model.vision_tower.vision_tower.vision_model.post_layernorm.bias", true), "vision_tower.post_layernorm.bias");
    EXPECT_EQ(canonicalWeightName("model.image_newline", true), "image_newline");
    EXPECT_EQ(canonicalWeightName("lm_head.weight", true), "lm_head.weight");
}

TEST(Checkpoint, ClassDefaultsFillTheGaps) {
    std::vector<std::string> warnings;
    const auto read = [&](const char* text) { return *readModelConfig(json::parse(text), "config.json", warnings); };
    const ModelConfig bare = read(R"({"model_type":"llava"})");
    EXPECT_EQ(bare.vision.hidden, 1024);
    EXPECT_EQ(bare.vision.imageSize, 336);
    EXPECT_EQ(bare.text.hidden, 4096);
    EXPECT_DOUBLE_EQ(bare.text.rmsNormEps, 1e-6);
    EXPECT_EQ(bare.imageToken, 32000);
    EXPECT_EQ(bare.tokensPerImage(), 576);
    const ModelConfig clip = read(R"({"model_type":"llava","vision_config":{}})");
    EXPECT_EQ(clip.vision.hidden, 768);
    EXPECT_EQ(clip.vision.patchSize, 32);
    EXPECT_EQ(clip.vision.imageSize, 224);
    EXPECT_EQ(clip.vision.activation, "quick_gelu");
    const ModelConfig mistral = read(R"({"model_type":"llava","text_config":{"model_type":"mistral","sliding_window":null}})");
    EXPECT_EQ(mistral.text.kvHeads, 8);
    EXPECT_EQ(mistral.text.intermediate, 14336);
    EXPECT_EQ(mistral.text.maxPosition, 131072);
    const ModelConfig qwen = read(R"({"model_type":"llava","text_config":{"model_type":"qwen2","rope_theta":1000000}})");
    EXPECT_TRUE(qwen.text.attentionBias);
    EXPECT_EQ(qwen.text.vocab, 151936);
    EXPECT_DOUBLE_EQ(qwen.text.rope.theta, 1e6);
}

TEST(Checkpoint, NamesThatMoved) {
    std::vector<std::string> warnings;
    const auto read = [&](const char* text) { return *readModelConfig(json::parse(text), "config.json", warnings); };
    const ModelConfig v5 = read(R"({"model_type":"llava","dtype":"bfloat16","image_token_id":7,"vision_feature_layer":[-2,1],"vision_feature_select_strategy":"full",
        "vision_config":{"image_size":[56,56],"patch_size":[14,14]},
        "text_config":{"rope_parameters":{"rope_type":"llama3","rope_theta":500000.0,"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":32}}})");
    EXPECT_EQ(v5.storageDtype, "bfloat16");
    EXPECT_EQ(v5.imageToken, 7);
    EXPECT_EQ(v5.vision.imageSize, 56);
    EXPECT_EQ(v5.featureLayers, (std::vector<int>{-2, 1}));
    EXPECT_TRUE(v5.featureLayerIsList);
    EXPECT_EQ(v5.tokensPerImage(), 17);
    EXPECT_EQ(v5.text.rope.type, "llama3");
    EXPECT_EQ(v5.text.rope.originalMaxPosition, 32);
    const ModelConfig v4 = read(R"({"model_type":"llava","torch_dtype":"float16","text_config":{"rope_theta":5000,"rope_scaling":{"type":"linear","factor":2.5}}})");
    EXPECT_EQ(v4.storageDtype, "float16");
    EXPECT_EQ(v4.text.rope.type, "linear");
    EXPECT_DOUBLE_EQ(v4.text.rope.factor, 2.5);
    EXPECT_DOUBLE_EQ(v4.text.rope.theta, 5000);
}

TEST(Checkpoint, SlidingWindowBoundsTheContext) {
    std::vector<std::string> warnings;
    const auto config = readModelConfig(json::parse(R"({"model_type":"llava","text_config":{"model_type":"mistral","sliding_window":4096}})"), "c", warnings);
    ASSERT_TRUE(config.ok());
    EXPECT_EQ(config->text.maxPosition, 4096);
    EXPECT_EQ(warnings.size(), 1U);
}

TEST(Checkpoint, StopTokensComeFromTheGenerationFileFirst) {
    MiniModel model;
    model.config["eos_token_id"] = 5;
    model.config["text_config"]["eos_token_id"] = {4, 6};
    model.write();
    EXPECT_EQ(model.open()->config.eosTokens, (std::vector<std::int64_t>{4, 6}));
    model.scratch.put("generation_config.json", R"({"eos_token_id":[7,8,7]})");
    EXPECT_EQ(model.open()->config.eosTokens, (std::vector<std::int64_t>{7, 8}));
    model.scratch.put("generation_config.json", R"({"eos_token_id":"x"})");
    EXPECT_EQ(model.id(), "MODEL-CFG-NUM");
}

TEST(Checkpoint, ProcessorFilesOldAndNew) {
    MiniModel model;
    model.write();
    model.scratch.put("processor_config.json", R"({"image_processor":{"image_processor_type":"LlavaImageProcessor","do_pad":true,"size":{"shortest_edge":28},"crop_size":{"height":28,"width":28},"image_mean":0.5,"image_std":[1,2,3]}})");
    const auto nested = model.open();
    ASSERT_TRUE(nested.ok());
    EXPECT_TRUE(nested->preprocess.doPad);
    EXPECT_DOUBLE_EQ(nested->preprocess.mean[2], 0.5);
    EXPECT_DOUBLE_EQ(nested->preprocess.std[2], 3);
    model.scratch.put("processor_config.json", R"({"patch_size":14})");
    EXPECT_FALSE(model.open()->preprocess.doPad);
    model.scratch.put("preprocessor_config.json", R"({"size":28,"crop_size":28,"do_center_crop":null})");
    EXPECT_EQ(model.open()->preprocess.cropWidth, 28);
    std::filesystem::remove(model.scratch.path / "preprocessor_config.json");
    const auto fallback = model.open();
    ASSERT_TRUE(fallback.ok());
    EXPECT_EQ(fallback->preprocess.cropWidth, 28);
    EXPECT_EQ(fallback->warnings.size(), 1U);
}

TEST(Checkpoint, ChatTemplateOrder) {
    MiniModel model;
    model.write();
    model.scratch.put("tokenizer_config.json", R"({"chat_template":[{"name":"tool","template":"T"},{"name":"default","template":"C"}]})");
    EXPECT_EQ(model.open()->chatTemplate, "C");
    model.scratch.put("chat_template.jinja", "B");
    EXPECT_EQ(model.open()->chatTemplate, "B");
    model.scratch.put("chat_template.json", R"({"chat_template":"A"})");
    EXPECT_EQ(model.open()->chatTemplate, "A");
    model.scratch.put("chat_template.json", R"({"other":1})");
    EXPECT_EQ(model.id(), "MODEL-TEMPLATE");
}

TEST(Checkpoint, RelevanceAndClipFolder) {
    MiniModel model;
    model.write();
    EXPECT_FALSE(model.open()->relevance.has_value());
    model.scratch.put("relevance.json", R"({"space":"clip","sign":-1,"temperature":0.1})");
    EXPECT_EQ(model.open()->relevance->sign, -1);
    EXPECT_EQ(model.open()->relevance->space, "clip");
    model.scratch.put("relevance.json", R"({"space":"moon"})");
    EXPECT_EQ(model.id(), "MODEL-RELEVANCE");
    model.scratch.put("relevance.json", R"({"positions":"original"})");
    EXPECT_EQ(model.open()->relevance->positions, "original");
    model.scratch.put("relevance.json", R"({"positions":"elsewhere"})");
    EXPECT_EQ(model.id(), "MODEL-RELEVANCE");
    model.scratch.put("relevance.json", R"({"sign":2})");
    EXPECT_EQ(model.id(), "MODEL-RELEVANCE");
    std::filesystem::remove(model.scratch.path / "relevance.json");
    model.scratch.put("clip/config.json", "{}");
    EXPECT_FALSE(model.open()->clipTextFolder.has_value());
    EXPECT_EQ(model.open()->warnings.size(), 1U);
    model.scratch.put("clip/model.safetensors", stFile({{"text_model.embeddings.token_embedding.weight", {2, 2}}, {"text_projection.weight", {2, 2}}, {"visual_projection.weight", {2, 2}}}));
    EXPECT_EQ(model.open()->clipTextFolder, model.scratch.path / "clip");
}

TEST(Checkpoint, DescribesFoldersFitAndUnfit) {
    MiniModel model;
    model.write();
    const FolderDescription fit = describeFolder(model.scratch.path);
    EXPECT_TRUE(fit.fit());
    EXPECT_EQ(fit.family, "llava");
    EXPECT_EQ(fit.dtype, "float32");
    EXPECT_GT(fit.memoryBytes, fit.parameters * 4);
    const testing::ScratchFolder root;
    std::filesystem::create_directories(root.path / "unfit");
    root.put("unfit/config.json", "{}");
    std::filesystem::copy(model.scratch.path, root.path / "fit");
    const auto all = describeFolders({root.path});
    ASSERT_EQ(all.size(), 2U);
    EXPECT_TRUE(all[0].fit());
    EXPECT_FALSE(all[1].fit());
    EXPECT_EQ(all[1].reason->id, "MODEL-FAMILY");
    EXPECT_EQ(describeFolders({root.path / "none"}).size(), 1U);
}

TEST(Catalogue, M28_ShardLargerThanMemoryIsRefusedUnread) {
    MiniModel model;
    model.write();
    // 2^40 bytes of embedding, sparse: vocabulary 4,000,000 x hidden 65,536 x 4 bytes is about 1 TB
    model.config["text_config"]["vocab_size"] = 4'000'000;
    model.config["text_config"]["hidden_size"] = 65536;
    json header = json::object();
    std::uint64_t at = 0;
    for (const auto& [name, shape] : model.tensors()) {
        std::uint64_t bytes = 4;
        for (const std::int64_t side : shape) {
            bytes *= static_cast<std::uint64_t>(side);
        }
        header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {at, at + bytes}}};
        at += bytes;
    }
    const auto start = testing::stBytes(header.dump());
    const auto path = model.scratch.put("model.safetensors", std::string(start.begin(), start.end()));
    model.scratch.put("config.json", model.config.dump());
    std::error_code failure;
    std::filesystem::resize_file(path, start.size() + at, failure);
    if (failure) {
        GTEST_SKIP() << "the file system takes no sparse file of " << formatBytes(at);
    }
    const auto opened = model.open();
    ASSERT_FALSE(opened.ok());
    EXPECT_TRUE(opened.error().id == "MODEL-MEMORY" || opened.error().id == "MEM-HOST") << opened.error().id;
}

TEST(Catalogue, M31_PickledFolderIsRefusedWithAHint) {
    MiniModel model;
    model.write();
    std::filesystem::remove(model.scratch.path / "model.safetensors");
    EXPECT_EQ(model.id(), "MODEL-NOWEIGHTS");
    model.scratch.put("pytorch_model.bin", "x");
    const auto opened = model.open();
    EXPECT_EQ(opened.error().id, "MODEL-PICKLE");
    EXPECT_NE(opened.error().hint.find("never opened"), std::string::npos);
}

TEST(Catalogue, M32_OtherContainersAreNamed) {
    MiniModel model;
    model.write();
    std::filesystem::remove(model.scratch.path / "model.safetensors");
    model.scratch.put("model.gguf", "GGUF");
    EXPECT_EQ(model.id(), "MODEL-FORMAT");
}

TEST(Catalogue, M33_QuantisedWeightsAreRefused) {
    EXPECT_EQ(idWith([](json& c) { c["quantization_config"] = {{"quant_method", "gptq"}}; }), "MODEL-QUANT");
    MiniModel model;
    auto tensors = model.tensors();
    tensors.emplace_back("language_model.model.layers.0.self_attn.q_proj.qweight", std::vector<std::int64_t>{1});
    model.write();
    model.scratch.put("model.safetensors", stFile(tensors));
    EXPECT_EQ(model.id(), "MODEL-QUANT");
}

TEST(Catalogue, M34_WrongShapeNamesBoth) {
    MiniModel model;
    model.write();
    auto tensors = model.tensors();
    for (auto& [name, shape] : tensors) {
        if (name.find("layers.0.self_attn.q_proj.weight") != std::string::npos && name.find("language") == 0) {
            shape = {8, 7};
        }
    }
    model.scratch.put("model.safetensors", stFile(tensors));
    const auto opened = model.open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().id, "MODEL-SHAPE");
    EXPECT_NE(opened.error().why.find("[8,7]"), std::string::npos);
    EXPECT_NE(opened.error().why.find("[8,8]"), std::string::npos);
}

TEST(Catalogue, M35_MissingAndExtraWeightsAreCounted) {
    MiniModel model;
    model.write();
    auto tensors = model.tensors();
    std::erase_if(tensors, [](const auto& t) { return t.first.find("layers.1.mlp") != std::string::npos && t.first.find("language") == 0; });
    model.scratch.put("model.safetensors", stFile(tensors));
    const auto missing = model.open();
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().id, "MODEL-MISSING");
    EXPECT_NE(missing.error().why.find("3 weights missing"), std::string::npos) << missing.error().why;
    tensors = model.tensors();
    for (int i = 0; i < 40'000; ++i) {
        tensors.emplace_back("extra." + std::to_string(i), std::vector<std::int64_t>{0});
    }
    model.scratch.put("model.safetensors", stFile(tensors));
    const auto extra = model.open();
    ASSERT_FALSE(extra.ok());
    EXPECT_EQ(extra.error().id, "MODEL-UNKNOWN");
    EXPECT_NE(extra.error().why.find("40,000"), std::string::npos);
    tensors = model.tensors();
    tensors.emplace_back("language_model.model.layers.0.self_attn.rotary_emb.inv_freq", std::vector<std::int64_t>{2});
    tensors.emplace_back("vision_tower.vision_model.embeddings.position_ids", std::vector<std::int64_t>{1, 5});
    model.scratch.put("model.safetensors", stFile(tensors));
    EXPECT_EQ(model.id(), "");   // known leftovers are ignored
}

TEST(Catalogue, M36_TiedHeadAndUnusedParts) {
    MiniModel model;
    model.write();
    auto tensors = model.tensors();
    std::erase_if(tensors, [](const auto& t) { return t.first.find("lm_head") != std::string::npos || t.first.find("post_layernorm") != std::string::npos || t.first.find("encoder.layers.2.") != std::string::npos; });
    model.scratch.put("model.safetensors", stFile(tensors));
    const auto opened = model.open();   // the feature layer is -2: the third vision block is not needed
    ASSERT_TRUE(opened.ok()) << formatErrorLine("t", opened.error());
    EXPECT_TRUE(opened->config.text.tieEmbeddings);
    EXPECT_EQ(opened->warnings.size(), 1U);
}

TEST(Catalogue, M37_WithoutProjector) {
    MiniModel model;
    model.write();
    auto tensors = model.tensors();
    std::erase_if(tensors, [](const auto& t) { return t.first.find("projector") != std::string::npos; });
    model.scratch.put("model.safetensors", stFile(tensors));
    const auto opened = model.open();
    EXPECT_EQ(opened.error().id, "MODEL-MISSING");
    EXPECT_NE(opened.error().hint.find("projector"), std::string::npos);
    EXPECT_EQ(idWith([](json& c) { c = {{"model_type", "clip"}}; }), "MODEL-FAMILY");
}

TEST(Catalogue, M38_MixedAndUnknownTypes) {
    MiniModel model;
    model.config["torch_dtype"] = "bogus";
    model.write();
    const auto opened = model.open();
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->warnings.size(), 1U);
    model.scratch.put("model.safetensors", stFile(model.tensors(), "BF16"));
    EXPECT_EQ(storedType(*model.open()), "bfloat16");
    model.scratch.put("model.safetensors", stFile(model.tensors(), "I32"));
    EXPECT_EQ(model.id(), "MODEL-TYPE");
}

/// A folder whose weights lie in two shards.
struct Sharded : MiniModel {
    json index = json::object();
    Sharded() {
        write();
        std::filesystem::remove(scratch.path / "model.safetensors");
        const auto all = tensors();
        const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
        first.assign(all.begin(), middle);
        second.assign(middle, all.end());
        index["metadata"] = {{"total_size", 1}};
        for (const auto& [name, shape] : first) {
            index["weight_map"][name] = "model-00001-of-00002.safetensors";
        }
        for (const auto& [name, shape] : second) {
            index["weight_map"][name] = "model-00002-of-00002.safetensors";
        }
        save();
    }
    void save() const {
        scratch.put("model.safetensors.index.json", index.dump());
        scratch.put("model-00001-of-00002.safetensors", stFile(first));
        scratch.put("model-00002-of-00002.safetensors", stFile(second));
    }
    std::vector<std::pair<std::string, std::vector<std::int64_t>>> first, second;
};

TEST(Checkpoint, ShardsOpen) {
    const Sharded model;
    const auto opened = model.open();
    ASSERT_TRUE(opened.ok()) << formatErrorLine("t", opened.error());
    EXPECT_EQ(opened->files.size(), 2U);
}

TEST(Catalogue, M39_SameTensorInTwoShards) {
    Sharded model;
    model.second.push_back(model.first.front());
    model.save();
    EXPECT_EQ(model.id(), "MODEL-INDEX-DUP");
}

TEST(Catalogue, M40_TooManyShards) {
    Sharded model;
    for (int i = 0; i < 1025; ++i) {
        model.index["weight_map"]["t" + std::to_string(i)] = "s" + std::to_string(i) + ".safetensors";
    }
    model.save();
    const auto opened = model.open();
    EXPECT_EQ(opened.error().id, "MODEL-SHARDS");
    EXPECT_EQ(exitCodeOf(opened.error().code), 9);
}

TEST(Catalogue, M41_IndexNamesOutsideTheFolder) {
    for (const std::string& name : {std::string("../x.safetensors"), std::string("/etc/passwd"), std::string("a/b.safetensors"), std::string("a\\b.safetensors"), std::string("C:x.safetensors"),
                                    std::string("."), std::string(".."), std::string(), std::string("x\0.safetensors", 14), std::string(300, 'n')}) {
        Sharded model;
        model.index["weight_map"][model.first.front().first] = name;
        model.save();
        EXPECT_EQ(model.id(), "MODEL-INDEX-NAME") << name;
    }
    Sharded model;
    model.index["weight_map"][model.first.front().first] = "pytorch_model-00001.bin";
    model.save();
    EXPECT_EQ(model.id(), "MODEL-PICKLE");
}

TEST(Catalogue, M42_MalformedIndex) {
    for (const char* text : {"{}", "[]", R"({"weight_map":{}})", R"({"weight_map":[]})", R"({"weight_map":{"a":1}})", R"({"weight_map":null})"}) {
        Sharded model;
        model.scratch.put("model.safetensors.index.json", text);
        EXPECT_EQ(model.id(), "MODEL-INDEX") << text;
    }
}

TEST(Catalogue, M43_MissingShard) {
    const Sharded model;
    std::filesystem::remove(model.scratch.path / "model-00002-of-00002.safetensors");
    const auto opened = model.open();
    EXPECT_EQ(opened.error().id, "MODEL-SHARD-MISSING");
    EXPECT_NE(opened.error().why.find("1 of 2"), std::string::npos);
}

TEST(Catalogue, M44_TensorNotInItsShard) {
    Sharded model;
    model.index["weight_map"][model.first.front().first] = "model-00002-of-00002.safetensors";
    model.save();
    EXPECT_EQ(model.id(), "MODEL-INDEX-MAP");
}

TEST(Catalogue, M45_IndexWinsOverSingleFile) {
    Sharded model;
    model.scratch.put("model.safetensors", "not even a file of weights");
    const auto opened = model.open();
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->warnings.size(), 1U);
    model.second.emplace_back("left.over", std::vector<std::int64_t>{1});
    model.save();
    EXPECT_EQ(model.open()->warnings.size(), 2U);   // tensors the index does not name are noted
}

TEST(Catalogue, M46_OddTotalSize) {
    Sharded model;
    model.index["metadata"]["total_size"] = -5;
    model.save();
    EXPECT_EQ(model.open()->warnings.size(), 1U);
    model.scratch.put("model.safetensors.index.json", R"({"metadata":{"total_size":1e400},"weight_map":{}})");
    EXPECT_EQ(model.id(), "JSON-NUM");
}

TEST(Catalogue, M47_ShardsThatAreLinksOfACache) {
    const Sharded model;
    const testing::ScratchFolder blobs;
    std::filesystem::rename(model.scratch.path / "model-00001-of-00002.safetensors", blobs.path / "0123abcd");
    std::filesystem::create_symlink(blobs.path / "0123abcd", model.scratch.path / "model-00001-of-00002.safetensors");
    EXPECT_EQ(model.id(), "");
}

TEST(Catalogue, M49_FolderBehindALink) {
    MiniModel model;
    model.write();
    const testing::ScratchFolder other;
    std::filesystem::create_directory_symlink(model.scratch.path, other.path / "link");
    EXPECT_TRUE(openCheckpoint(other.path / "link").ok());
    EXPECT_EQ(openCheckpoint(other.path / "none").error().id, "MODEL-NOENT");
    EXPECT_EQ(openCheckpoint(other.put("file", "x")).error().id, "MODEL-KIND");
}

TEST(Catalogue, M51_ConfigThatIsNone) {
    MiniModel model;
    model.write();
    for (const auto& [text, id] : {std::pair{"{}", "MODEL-FAMILY"}, {"[]", "MODEL-CFG"}, {"null", "MODEL-CFG"}, {"text", "JSON-SYNTAX"}, {"{\"a\":1,}", "JSON-SYNTAX"}, {"// c\n{}", "JSON-SYNTAX"}, {"", "FILE-EMPTY"}}) {
        model.scratch.put("config.json", text);
        const auto opened = model.open();
        ASSERT_FALSE(opened.ok());
        EXPECT_EQ(opened.error().id, id) << text;
        EXPECT_EQ(exitCodeOf(opened.error().code), 4) << text;
    }
    model.scratch.put("config.json", "\xEF\xBB\xBF" + model.config.dump());
    EXPECT_EQ(model.id(), "");
    std::filesystem::remove(model.scratch.path / "config.json");
    EXPECT_EQ(model.id(), "MODEL-CFG");
}

TEST(Catalogue, M52_NumbersThatLie) {
    for (const char* text : {"2147483648", "4294967297", "-1", "0", "4096.5", "1e30", "true", "\"4096\"", "null", "[8]"}) {
        EXPECT_EQ(idWith([&](json& c) { c["text_config"]["hidden_size"] = json::parse(text); }), "MODEL-CFG-NUM") << text;
        EXPECT_EQ(idWith([&](json& c) { c["vision_config"]["hidden_size"] = json::parse(text); }), "MODEL-CFG-NUM") << text;
    }
}

TEST(Catalogue, M53_SizesThatCannotBe) {
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["num_hidden_layers"] = 1'000'000'000; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["num_attention_heads"] = 0; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["num_attention_heads"] = 7; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["vision_config"]["num_attention_heads"] = 3; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["num_key_value_heads"] = 3; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["vision_config"]["patch_size"] = 0; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["vision_config"]["patch_size"] = 29; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["vision_config"]["image_size"] = 1'000'000; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["vision_config"]["image_size"] = {28, 42}; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["vocab_size"] = 2147483648LL; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["vision_feature_layer"] = -9; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["vision_feature_layer"] = json::array(); }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["vision_feature_select_strategy"] = "some"; }), "MODEL-CFG");
    EXPECT_EQ(idWith([](json& c) { c["projector_hidden_act"] = "swish9"; }), "MODEL-ACTIVATION");
}

TEST(Catalogue, M54_OtherFamilies) {
    for (const char* family : {"llava_next", "video_llava", "llava_onevision", "internvl", "qwen2_vl", "llama", "clip", "siglip", "llava_llama", "x"}) {
        EXPECT_EQ(idWith([&](json& c) { c["model_type"] = family; }), "MODEL-FAMILY") << family;
    }
    EXPECT_EQ(idWith([](json& c) { c["mm_projector_type"] = "mlp2x_gelu"; }), "MODEL-FAMILY");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["model_type"] = "gemma"; }), "MODEL-ARCH");
    EXPECT_EQ(idWith([](json& c) { c["vision_config"]["model_type"] = "siglip_vision_model"; }), "MODEL-ARCH");
    EXPECT_EQ(idWith([](json& c) { c["vision_config"] = "openai/clip-vit-large-patch14-336"; }), "MODEL-CFG");
}

TEST(Catalogue, M55_CodeInTheFolderIsIgnored) {
    MiniModel model;
    model.config["auto_map"] = {{"AutoModel", "modeling.Evil"}};
    model.config["trust_remote_code"] = true;
    model.write();
    model.scratch.put("modeling.py", "raise SystemExit");
    model.scratch.put("chat_template.jinja", "{{ x.__class__ }}");
    const auto opened = model.open();
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->chatTemplate, "{{ x.__class__ }}");   // inert text
}

TEST(Catalogue, M56_ProcessorNumbers) {
    const auto idOf = [](const char* key, const char* value) {
        MiniModel model;
        model.processor[key] = json::parse(value);
        return model.idAfterWrite();
    };
    EXPECT_EQ(idOf("image_std", "[1,0,1]"), "MODEL-PREPROCESS");
    EXPECT_EQ(idOf("image_std", "0"), "MODEL-PREPROCESS");
    EXPECT_EQ(idOf("image_mean", "[1,2]"), "MODEL-PREPROCESS");
    EXPECT_EQ(idOf("image_mean", "[1,2,null]"), "MODEL-PREPROCESS");
    EXPECT_EQ(idOf("crop_size", R"({"height":0,"width":28})"), "MODEL-PREPROCESS");
    EXPECT_EQ(idOf("crop_size", R"({"height":27,"width":28})"), "MODEL-PREPROCESS");
    EXPECT_EQ(idOf("crop_size", "{}"), "MODEL-PREPROCESS");
    EXPECT_EQ(idOf("resample", "99"), "MODEL-PREPROCESS");
    EXPECT_EQ(idOf("resample", "2"), "MODEL-PREPROCESS");
    EXPECT_EQ(idOf("size", R"({"longest_edge":28})"), "MODEL-PREPROCESS");
    EXPECT_EQ(idOf("size", R"({"shortest_edge":-3})"), "MODEL-PREPROCESS");
    EXPECT_EQ(idOf("do_center_crop", "false"), "MODEL-PREPROCESS");   // the picture's size would depend on the image
    EXPECT_EQ(idOf("do_resize", "\"yes\""), "MODEL-PREPROCESS");
    EXPECT_EQ(idOf("rescale_factor", "0"), "MODEL-PREPROCESS");
    EXPECT_EQ(idOf("resample", "3"), "");
}

TEST(Catalogue, M57_RopeAndNormNumbers) {
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["rope_theta"] = 0; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["rope_theta"] = -1; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["rope_theta"] = "x"; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["rms_norm_eps"] = 0; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["rms_norm_eps"] = -1e-5; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["vision_config"]["layer_norm_eps"] = 0; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["rope_scaling"] = {{"type", "yarn"}, {"factor", 2}}; }), "MODEL-ROPE");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["rope_parameters"] = {{"rope_type", "longrope"}}; }), "MODEL-ROPE");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["rope_scaling"] = {{"type", "linear"}}; }), "MODEL-ROPE");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["rope_scaling"] = {{"type", "linear"}, {"factor", 0}}; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["partial_rotary_factor"] = 0.5; }), "MODEL-CFG-NUM");
    EXPECT_EQ(idWith([](json& c) { c["text_config"]["rope_scaling"] = nullptr; }), "");
}

TEST(Catalogue, M58_FullFoldersOpenQuickly) {
    MiniModel model;
    model.write();
    for (int i = 0; i < 400; ++i) {
        model.scratch.put("unrelated-" + std::to_string(i), "");
    }
    EXPECT_EQ(model.id(), "");
}

TEST(Catalogue, T01_TokenizerMissing) {
    MiniModel model;
    model.write();
    std::filesystem::remove(model.scratch.path / "tokenizer.json");
    EXPECT_EQ(model.id(), "MODEL-TOKENIZER");
    model.scratch.put("tokenizer.model", "x");
    EXPECT_NE(model.open().error().why.find("tokenizer.model"), std::string::npos);
}

}  // namespace
}  // namespace prunescope
