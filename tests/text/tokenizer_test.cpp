// SPDX-License-Identifier: GPL-3.0-or-later

// The public face of the tokenizer beyond parity: prefix override, warnings, look-ups, streaming, odd ids, sizes.

#include "core/text/bpe.h"
#include "core/text/regex.h"
#include "core/text/tokenizer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

using namespace prunescope;

namespace {

const std::string kData = std::string(PRUNESCOPE_TEST_DATA) + "/text/";
namespace fs = std::filesystem;

Tokenizer shape(const std::string& name, LlamaPrefix prefix = LlamaPrefix::kFile) {
    Result<Tokenizer> tokenizer = Tokenizer::load(kData + "tokenizer_" + name + ".json", prefix);
    EXPECT_TRUE(tokenizer.ok());
    return std::move(tokenizer).value();
}

std::vector<std::int64_t> ids(const Tokenizer& tokenizer, const std::string& text) {
    const Result<Encoding> encoding = tokenizer.encode(text, false);
    EXPECT_TRUE(encoding.ok());
    return encoding->ids;
}

const std::vector<std::string> kTexts{"a", "  a", "", "<image> x", "x<image>", "\n", "x <image>\ny", "\xE2\x96\x81x", "USER: <image>\nred ASSISTANT:", " <s> b</s>c"};

TEST(LlamaPrefix, OverrideGivesTheOtherShape) {
    const Tokenizer legacy = shape("llama_legacy"), first = shape("llama_first");
    for (const char* from : {"llama_legacy", "llama_first"}) {
        const Tokenizer always = shape(from, LlamaPrefix::kAlways), once = shape(from, LlamaPrefix::kFirst), never = shape(from, LlamaPrefix::kNever);
        for (const std::string& text : kTexts) {
            EXPECT_EQ(ids(always, text), ids(legacy, text)) << text;
            EXPECT_EQ(ids(once, text), ids(first, text)) << text;
        }
        EXPECT_EQ(never.decode(ids(never, "red car"), false), "red car");
        EXPECT_NE(ids(never, "red car"), ids(first, "red car"));
        EXPECT_TRUE(always.warnings().empty());
    }
}

TEST(LlamaPrefix, PrefixComesForEverySegmentOrForTheFirstOnly) {
    const Tokenizer legacy = shape("llama_legacy"), first = shape("llama_first");
    const auto second = [](const Tokenizer& tokenizer, const std::string& text) { return *tokenizer.tokenOf(ids(tokenizer, text).at(1)); };
    EXPECT_EQ(second(legacy, "<image>\n").substr(0, 3), "\xE2\x96\x81");
    EXPECT_NE(second(first, "<image>\n").substr(0, 3), "\xE2\x96\x81");
    EXPECT_TRUE(ids(legacy, "").empty());
}

TEST(LlamaPrefix, NoRuleNoEffectButAWarning) {
    const Tokenizer tokenizer = shape("qwen2", LlamaPrefix::kFirst);
    ASSERT_EQ(tokenizer.warnings().size(), 1U);
    EXPECT_NE(tokenizer.warnings()[0].find("--llama-prefix"), std::string::npos);
    EXPECT_EQ(ids(tokenizer, "red car"), ids(shape("qwen2"), "red car"));
}

TEST(Warnings, LegacyFalseBesideThePrependRule) {
    const fs::path folder = fs::temp_directory_path() / "prunescope-text-warnings";
    fs::remove_all(folder);
    fs::create_directories(folder);
    fs::copy_file(kData + "tokenizer_llama_legacy.json", folder / "tokenizer.json");
    const auto warnings = [&folder](const std::string& config, LlamaPrefix prefix) {
        std::ofstream(folder / "tokenizer_config.json") << config;
        const Result<Tokenizer> tokenizer = Tokenizer::load(folder / "tokenizer.json", prefix);
        EXPECT_TRUE(tokenizer.ok());
        return tokenizer->warnings();
    };
    EXPECT_EQ(warnings(R"({"legacy":false})", LlamaPrefix::kFile).size(), 1U);
    EXPECT_EQ(warnings(R"({"legacy":false,"add_prefix_space":true})", LlamaPrefix::kFile).size(), 2U);
    EXPECT_TRUE(warnings(R"({"legacy":true,"add_prefix_space":null})", LlamaPrefix::kFile).empty());
    EXPECT_TRUE(warnings(R"({"legacy":false})", LlamaPrefix::kFirst).empty());
    EXPECT_TRUE(warnings("broken", LlamaPrefix::kFile).empty());
    fs::remove_all(folder);
}

TEST(Tokenizer, LookUpsAgree) {
    const Tokenizer tokenizer = shape("llama_legacy");
    int named = 0;
    for (std::int64_t id = 0; id < tokenizer.size(); ++id) {
        const std::optional<std::string> token = tokenizer.tokenOf(id);
        if (!token) continue;
        ++named;
        EXPECT_EQ(tokenizer.idOf(*token), id);
    }
    EXPECT_EQ(named, tokenizer.size());
    for (const std::int64_t id : {std::int64_t{-1}, tokenizer.size(), std::int64_t{1} << 40}) {
        EXPECT_FALSE(tokenizer.tokenOf(id));
        EXPECT_FALSE(tokenizer.isSpecial(id));
        EXPECT_EQ(tokenizer.decode({id}, false), "");
    }
    EXPECT_FALSE(tokenizer.idOf("no such token"));
    EXPECT_TRUE(tokenizer.isSpecial(*tokenizer.idOf("<image>")));
    EXPECT_FALSE(tokenizer.isSpecial(*tokenizer.idOf("WORDY")));
}

TEST(Tokenizer, SpecialIdsHaveEmptyOffsets) {
    const Tokenizer tokenizer = shape("llama_legacy");
    const Result<Encoding> encoding = tokenizer.encode("red car", true);
    ASSERT_TRUE(encoding.ok());
    EXPECT_EQ(encoding->ids.front(), *tokenizer.idOf("<s>"));
    EXPECT_EQ(encoding->offsets.front(), (std::pair<std::size_t, std::size_t>{0, 0}));
    EXPECT_EQ(encoding->offsets.back().second, 7U);
}

TEST(Tokenizer, GuardLeavesTheRestOfTheTextAlone) {
    const Tokenizer tokenizer = shape("llama_legacy");
    for (const std::string& text : kTexts) {
        const Result<Encoding> plain = tokenizer.encode(text, true);
        for (const std::size_t end : {std::size_t{0}, std::size_t{1}}) {
            const Result<Encoding> guarded = tokenizer.encodeGuarded(text, true, 0, text.find('<') == std::string::npos ? text.size() : end * std::min(text.find('<'), text.size()), {"<image>"});
            ASSERT_TRUE(guarded.ok());
            EXPECT_EQ(guarded->ids, plain->ids) << text;
        }
    }
}

TEST(Streaming, HoldsBackIncompleteCharacters) {
    const Tokenizer tokenizer = shape("llama_legacy");
    const std::string text = "red \xF0\x9F\xAB\xA0 car";
    StreamingDecoder stream(tokenizer);
    std::string streamed;
    int silent = 0;
    for (const std::int64_t id : ids(tokenizer, text)) {
        const std::string piece = stream.push(id);
        EXPECT_EQ(piece.find("\xEF\xBF\xBD"), std::string::npos);
        silent += piece.empty() ? 1 : 0;
        streamed += piece;
    }
    EXPECT_GE(silent, 3);
    EXPECT_EQ(streamed + stream.finish(), text);
    StreamingDecoder cut(tokenizer);
    EXPECT_EQ(cut.push(*tokenizer.idOf("<0xF0>")), "");
    EXPECT_EQ(cut.push(*tokenizer.idOf("<0x9F>")), "");
    EXPECT_EQ(cut.finish(), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Streaming, RandomIdsStreamToTheWholeText) {
    std::mt19937 random(5);
    for (const char* name : {"llama_legacy", "llama_always", "qwen2", "gpt2", "clip", "unk_fused"}) {
        const Tokenizer tokenizer = shape(name);
        std::uniform_int_distribution<std::int64_t> any(0, tokenizer.size() - 1);
        for (int round = 0; round < 40; ++round) {
            std::vector<std::int64_t> list;
            StreamingDecoder stream(tokenizer);
            std::string streamed;
            for (int i = 0; i < 40; ++i) {
                list.push_back(any(random));
                streamed += stream.push(list.back());
            }
            streamed += stream.finish();
            ASSERT_EQ(streamed, tokenizer.decode(list, true)) << name;
        }
    }
}

TEST(Qwen2, DecodingGivesBackTheNormalizedText) {
    const Tokenizer tokenizer = shape("qwen2");
    for (const std::string text : {"plain", "caf\xC3\xA9 x\n\n  y", "\xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80"}) EXPECT_EQ(tokenizer.decode(ids(tokenizer, text), false), text);
    EXPECT_EQ(tokenizer.decode(ids(tokenizer, "e\xCC\x81"), false), "\xC3\xA9");
}

TEST(Pattern, SpaceIsUnicodeWhiteSpace) {
    const Result<text::Pattern> space = text::Pattern::regex("\\s+", "t", "k"), negated = text::Pattern::regex("[^\\s]+", "t", "k");
    ASSERT_TRUE(space.ok() && negated.ok());
    const auto matched = [](const text::Pattern& pattern, const std::string& text) { return pattern.parts(text).value().front().isMatch; };
    for (const char* text : {" ", "\t", "\x0b", "\xC2\x85", "\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\xA8"}) {
        EXPECT_TRUE(matched(*space, text));
        EXPECT_FALSE(matched(*negated, text));
    }
    for (const char* text : {"\xE1\xA0\x8E", "\xE2\x80\x8B", "a", "\xEF\xBB\xBF"}) {
        EXPECT_FALSE(matched(*space, text));
        EXPECT_TRUE(matched(*negated, text));
    }
}

TEST(Pattern, PartsCoverTheText) {
    for (const char* source : {"a", "a*", "(?=b)", "\\s*", "x?", "$", "^", "[ab]+|c"}) {
        const Result<text::Pattern> pattern = text::Pattern::regex(source, "t", "k");
        ASSERT_TRUE(pattern.ok()) << source;
        for (const std::string text : {"", "abc", "\n", "aab\n\xC3\xA9 x", "\xF0\x9F\x98\x80"}) {
            const Result<std::vector<text::Part>> parts = pattern->parts(text);
            ASSERT_TRUE(parts.ok());
            std::size_t at = 0;
            for (const text::Part& part : *parts) {
                EXPECT_EQ(part.begin, at) << source;
                EXPECT_GE(part.end, part.begin);
                at = part.end;
            }
            EXPECT_EQ(at, text.size());
        }
    }
}

TEST(Vocabulary, RefusesTakenTextsAndIds) {
    text::Vocabulary vocabulary;
    EXPECT_EQ(vocabulary.find("a"), -1);
    EXPECT_TRUE(vocabulary.add("a", 3));
    EXPECT_FALSE(vocabulary.add("a", 4));
    EXPECT_FALSE(vocabulary.add("b", 3));
    for (std::uint32_t i = 10; i < 5000; ++i) EXPECT_TRUE(vocabulary.add("token" + std::to_string(i), i));
    for (std::uint32_t i = 10; i < 5000; ++i) EXPECT_EQ(vocabulary.find("token" + std::to_string(i)), i);
    EXPECT_FALSE(vocabulary.has(5));
    EXPECT_EQ(vocabulary.end(), 5000);
}

TEST(Golden, RealVocabularySizedFileLoadsAndRoundTrips) {
    // 150,000 tokens and as many merges, in the shape of a byte-level file of about 8 MB.
    std::string vocab = "{", merges = "[";
    std::vector<std::string> tokens;
    for (char c = 'a'; c <= 'z'; ++c) tokens.emplace_back(1, c);
    for (std::size_t i = 0; tokens.size() < 150000; ++i) {
        const std::string left = tokens[i];
        for (char c = 'a'; c <= 'z' && tokens.size() < 150000; ++c) {
            tokens.push_back(left + c);
            merges += std::string(merges.size() > 1 ? "," : "") + "[\"" + left + "\",\"" + c + "\"]";
        }
    }
    for (std::size_t i = 0; i < tokens.size(); ++i) vocab += std::string(i > 0 ? "," : "") + "\"" + tokens[i] + "\":" + std::to_string(i);
    const Result<Tokenizer> tokenizer = Tokenizer::parse(R"({"model":{"type":"BPE","vocab":)" + vocab + "},\"merges\":" + merges + "]}}", "t");
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().why;
    EXPECT_EQ(tokenizer->size(), 150000);
    for (const std::string text : {"thequickbrownfox", "zzzzzzzz", "a"}) {
        std::string joined;
        for (const std::int64_t id : ids(*tokenizer, text)) joined += *tokenizer->tokenOf(id);
        EXPECT_EQ(joined, text);
    }
}

}  // namespace
