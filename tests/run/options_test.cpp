// SPDX-License-Identifier: GPL-3.0-or-later
// Option words and numbers, the features file, result JSON.
#include "core/checkpoint/checkpoint.h"
#include "core/run/features_file.h"
#include "core/run/option_names.h"
#include "core/run/report.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace prunescope {
namespace {

namespace fs = std::filesystem;

std::string idOf(const std::string& name, const std::string& text) {
    PruneOptions options;
    const auto set = setPruneOption(options, name, text);
    return set ? "ok" : set.error().id;
}

TEST(Catalogue, C03_TauTexts) {
    for (const char* text : {"nan", "inf", "1e-400", "0x1p-1", "0,5", "0.5 ", " 0.5", "", "q", "q0x5", "qnan", "+0.5"}) {
        EXPECT_EQ(idOf("tau", text), "USAGE-NUMBER") << text;
    }
    for (const char* text : {"1.0000001", "-1.01", "q101", "q-1"}) {
        EXPECT_EQ(idOf("tau", text), "USAGE-RANGE") << text;
    }
    PruneOptions options;
    ASSERT_TRUE(setPruneOption(options, "tau", "-0.0").ok());
    EXPECT_FALSE(std::signbit(options.tau.value));
    ASSERT_TRUE(setPruneOption(options, "tau", "q90").ok());
    EXPECT_TRUE(options.tau.isQuantile);
    EXPECT_DOUBLE_EQ(options.tau.value, 90);
}

TEST(Catalogue, C04_GammaTexts) {
    for (const char* text : {"nan", "1e309", "inf", "abc"}) {
        EXPECT_EQ(idOf("gamma", text), "USAGE-NUMBER") << text;
    }
    EXPECT_EQ(idOf("gamma", "-5"), "USAGE-RANGE");
    EXPECT_EQ(idOf("gamma", "0"), "ok");
    EXPECT_EQ(idOf("gamma", "1e300"), "ok");
}

TEST(Catalogue, C05_KeepTexts) {
    for (const char* text : {"64.5", "1e3", "010", "0x10", "99999999999999999999", "sixty", "", "64 "}) {
        EXPECT_EQ(idOf("keep", text), "USAGE-NUMBER") << text;
    }
    for (const char* text : {"0", "-1", "99999999999"}) {
        EXPECT_EQ(idOf("keep", text), "USAGE-RANGE") << text;
    }
    EXPECT_EQ(idOf("keep", "64"), "ok");
}

TEST(Catalogue, C06_RatioTexts) {
    EXPECT_EQ(idOf("gsp-ratio", "1.5"), "USAGE-RANGE");
    EXPECT_EQ(idOf("gsp-ratio", "100%"), "USAGE-NUMBER");
    EXPECT_EQ(idOf("gsp-ratio", "0"), "ok");
    EXPECT_EQ(idOf("gsp-ratio", "1"), "ok");
    EXPECT_EQ(idOf("keep-ratio", "0"), "USAGE-RANGE");
    EXPECT_EQ(idOf("keep-ratio", "0.5"), "ok");
}

TEST(Catalogue, C07_Lists) {
    for (const char* text : {"1,2,x", "1,,2", ",", "3-1", "1-", "1-2-3", "1,2,", "", "-1", "1.5", "0-70000", "1--2"}) {
        EXPECT_EQ(idOf("force-keep", text), "USAGE-LIST") << text;
    }
    PruneOptions options;
    ASSERT_TRUE(setPruneOption(options, "force-drop", "3,17,0").ok());
    EXPECT_EQ(options.forceDrop, (std::vector<std::int64_t>{3, 17, 0}));
    ASSERT_TRUE(setPruneOption(options, "force-drop", "3,17,40-44,9-9").ok());
    EXPECT_EQ(options.forceDrop, (std::vector<std::int64_t>{3, 17, 40, 41, 42, 43, 44, 9}));
}

TEST(Catalogue, C12_SeedTexts) {
    for (const char* text : {"-1", "18446744073709551616", "abc", "01", "1.0", ""}) {
        EXPECT_EQ(idOf("seed", text), "USAGE-NUMBER") << text;
    }
    PruneOptions options;
    ASSERT_TRUE(setPruneOption(options, "seed", "18446744073709551615").ok());
    EXPECT_EQ(options.seed, UINT64_MAX);
}

TEST(OptionNames, TextsReadBackToEqualOptions) {
    PruneOptions options;
    const auto roundTrip = [&] {
        PruneOptions read;
        for (const auto& [name, text] : pruneOptionTexts(options)) {
            EXPECT_TRUE(setPruneOption(read, name, text).ok()) << name << " " << text;
        }
        return read;
    };
    EXPECT_EQ(roundTrip(), options);
    const std::pair<const char*, const char*> texts[] = {{"method", "gsp"}, {"keep", "7"}, {"keep-ratio", "0.1"}, {"tau", "q33.3"}, {"gamma", "1e300"}, {"gsp-ratio", "0.1"},
                                                         {"fusion", "append"}, {"partition", "random"}, {"qcsp", "topk"}, {"relevance-space", "clip"}, {"relevance-sign", "-"},
                                                         {"relevance-power", "0.3"}, {"relevance-theta", "0.7"}, {"query-pooling", "eot"}, {"query-words", "content"},
                                                         {"scope", "tile"}, {"positions", "original"}, {"force-keep", "1,5-7"}, {"force-drop", "9"}, {"seed", "18446744073709551615"}};
    for (const auto& [name, text] : texts) {
        ASSERT_TRUE(setPruneOption(options, name, text).ok()) << name;
        EXPECT_EQ(roundTrip(), options) << name;
    }
    ASSERT_TRUE(setPruneOption(options, "scope", "image").ok());
    EXPECT_EQ(roundTrip(), options);
}

TEST(OptionNames, WordsGoBothWays) {
    PruneOptions options;
    const std::pair<const char*, const char*> words[] = {{"fusion", "restrict"}, {"partition", "checkerboard"}, {"relevance-space", "clip"}, {"relevance-sign", "-"},
                                                         {"query-pooling", "eot"}, {"query-words", "content"}, {"scope", "image"}, {"positions", "original"}, {"qcsp", "topk"}};
    for (const auto& [name, word] : words) {
        EXPECT_TRUE(setPruneOption(options, name, word).ok()) << name;
        EXPECT_EQ(idOf(name, "no such word"), "USAGE-WORD") << name;
    }
    const Json json = optionsJson(options, 0.5);
    EXPECT_EQ(json["fusion"], "restrict");
    EXPECT_EQ(json["relevance_sign"], "-");
    EXPECT_EQ(json["positions"], "original");
    EXPECT_EQ(json["qcsp"], "topk");
    EXPECT_EQ(idOf("gama", "1"), "USAGE-OPTION");
}

TEST(OptionNames, NearestName) {
    EXPECT_EQ(nearestName("gama", pruneOptionNames()), std::optional<std::string>("gamma"));
    EXPECT_EQ(nearestName("keep-ration", pruneOptionNames()), std::optional<std::string>("keep-ratio"));
    EXPECT_EQ(nearestName("something", pruneOptionNames()), std::nullopt);
}

TEST(Report, NumbersThatAreNotThereAreNull) {
    PruneDecision decision;
    decision.n = 2;
    decision.options.keep = 1;
    decision.kept = {1};
    decision.gain = {0.1F};
    decision.order = {1};
    TokenTrace token;
    token.relevanceRaw = std::nanf("");
    token.relevance = 0.1F;
    decision.tokens = {token, token};
    decision.tokens[1].index = 1;
    const std::string text = dumpJson(pruneJson(decision, 1.5));
    const Json json = Json::parse(text);
    EXPECT_TRUE(json["tokens"][0]["relevance_raw"].is_null());
    EXPECT_TRUE(json["tokens"][0]["gsp_rank"].is_null());
    EXPECT_NE(text.find("\"gain\":[0.1]"), std::string::npos) << "float32 is written as its shortest decimal: " << text;
    for (const char* key : {"schema", "method", "n", "kept", "order", "gain", "emitted", "timings_ms", "tokens"}) {
        EXPECT_TRUE(json.contains(key)) << key;
    }
    for (const char* key : {"load", "gram", "relevance", "gsp", "greedy", "total"}) {
        EXPECT_TRUE(json["timings_ms"].contains(key)) << key;
    }
}

TEST(Report, PathsThatAreNotUtf8AreWritten) {
    EXPECT_EQ(dumpJson(Json{{"path", "a\xff"}}), "{\"path\":\"a\xef\xbf\xbd\"}");
}

class Features : public ::testing::Test {
protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "prunescope-features-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        m_folder = name;
    }
    void TearDown() override { fs::remove_all(m_folder); }
    static TensorToWrite tensor(const std::string& name, std::vector<std::int64_t> shape) {
        std::int64_t count = 1;
        for (const std::int64_t side : shape) {
            count *= side;
        }
        std::vector<float> values;
        for (std::int64_t i = 0; i < count; ++i) {
            values.push_back(static_cast<float>(std::sin(static_cast<double>(i) * 1.7)));
        }
        return {name, std::move(shape), std::move(values), {}};
    }
    [[nodiscard]] Result<FeaturesFile> readBack(const std::vector<TensorToWrite>& tensors, const std::map<std::string, std::string>& metadata) const {
        const fs::path path = m_folder / "features.safetensors";
        EXPECT_TRUE(writeSafetensors(path, tensors, metadata).ok());
        return readFeaturesFile(path);
    }
    fs::path m_folder;
};

TEST_F(Features, TokensQueryAndGrid) {
    const auto file = readBack({tensor("tokens", {12, 5}), tensor("query", {2, 5}), tensor("keys", {12, 3}), tensor("llm_attention.2", {4, 12}), tensor("llm_hidden.x", {1})},
                               {{"grid", "3x4"}});
    ASSERT_TRUE(file.ok()) << file.error().why;
    EXPECT_EQ(file->input.gridRows, 3);
    EXPECT_EQ(file->input.gridCols, 4);
    EXPECT_EQ(file->input.query.shape(), (std::vector<std::int64_t>{2, 5}));
    ASSERT_EQ(file->warnings.size(), 1U);
    EXPECT_NE(file->warnings[0].find("llm_hidden.x"), std::string::npos);
    EXPECT_TRUE(requireTensors(*file, "relevance", "f").ok());
}

TEST_F(Features, TilesAndMissingGrid) {
    const auto tiled = readBack({tensor("tokens", {20, 5})}, {{"grid", "2x2"}, {"tiles", "5"}});
    ASSERT_TRUE(tiled.ok());
    EXPECT_EQ(tiled->input.tiles, 5);
    const auto plain = readBack({tensor("tokens", {9, 5})}, {});
    ASSERT_TRUE(plain.ok());
    EXPECT_EQ(plain->input.gridRows, 3);
    EXPECT_EQ(plain->warnings.size(), 1U);
}

TEST_F(Features, BadOnesAreBadInput) {
    const std::pair<const char*, Result<FeaturesFile>> cases[] = {
        {"FEATURES-TOKENS", readBack({tensor("query", {5})}, {})},
        {"FEATURES-SHAPE", readBack({tensor("tokens", {12})}, {})},
        {"FEATURES-SHAPE", readBack({tensor("tokens", {12, 5}), tensor("query", {4})}, {})},
        {"FEATURES-SHAPE", readBack({tensor("tokens", {12, 5}), tensor("relevance_tokens", {11, 4})}, {})},
        {"FEATURES-SHAPE", readBack({tensor("tokens", {12, 5}), tensor("query", {1, 1, 5})}, {})},
        {"FEATURES-GRID", readBack({tensor("tokens", {12, 5})}, {{"grid", "24x24"}})},
        {"FEATURES-GRID", readBack({tensor("tokens", {12, 5})}, {{"grid", "3*4"}})},
        {"FEATURES-TILES", readBack({tensor("tokens", {12, 5})}, {{"tiles", "5"}})}};
    for (const auto& [id, result] : cases) {
        ASSERT_FALSE(result.ok()) << id;
        EXPECT_EQ(result.error().id, id);
        EXPECT_EQ(result.error().code, ErrorCode::kBadInput);
    }
}

TEST_F(Features, MethodNamesTheTensorItMisses) {
    const auto file = readBack({tensor("tokens", {12, 5})}, {{"grid", "3x4"}});
    ASSERT_TRUE(file.ok());
    const auto needs = requireTensors(*file, "relevance", "f");
    ASSERT_FALSE(needs.ok());
    EXPECT_EQ(needs.error().where, "query");
    EXPECT_EQ(needs.error().code, ErrorCode::kBadInput);
    EXPECT_TRUE(requireTensors(*file, "gsp", "f").ok());
}

}  // namespace
}  // namespace prunescope
