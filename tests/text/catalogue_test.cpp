// SPDX-License-Identifier: GPL-3.0-or-later

// The rows T01 to T18 of reference/reliability.md 3.5, and further malformed or hostile tokenizer.json files.

#include "core/text/prompt.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

using namespace prunescope;
using Json = nlohmann::json;

namespace {

namespace fs = std::filesystem;

Json smallModel() {
    return Json::parse(R"({"version":"1.0","added_tokens":[{"id":0,"content":"<unk>","special":true},{"id":8,"content":"<image>","special":true,"normalized":false}],
      "normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":null,
      "model":{"type":"BPE","unk_token":"<unk>","vocab":{"<unk>":0,"a":1,"b":2,"c":3,"ab":4,"abc":5,"aa":6,"aaaa":7},"merges":["a b","ab c","a a","aa aa"]}})");
}

Result<Tokenizer> parse(const Json& json) { return Tokenizer::parse(json.dump(), "tokenizer.json"); }

/// "ID key…" of the refusal, or "accepted".
std::string outcome(const std::string& text, ErrorCode code = ErrorCode::kBadModel) {
    const Result<Tokenizer> tokenizer = Tokenizer::parse(text, "tokenizer.json");
    if (tokenizer.ok()) return "accepted";
    EXPECT_EQ(tokenizer.error().code, code) << tokenizer.error().id << " " << tokenizer.error().why;
    const std::string line = formatErrorLine("prunescope-cli", tokenizer.error());
    EXPECT_LE(line.size(), 240U);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_NE(line.find("tokenizer.json"), std::string::npos) << line;
    return tokenizer.error().id + " " + tokenizer.error().why;
}
std::string changed(const std::function<void(Json&)>& change, ErrorCode code = ErrorCode::kBadModel) {
    Json json = smallModel();
    change(json);
    return outcome(json.dump(), code);
}
bool starts(const std::string& text, const std::string& with) { return text.compare(0, with.size(), with) == 0; }
#define EXPECT_STARTS(text, with) EXPECT_PRED2(starts, text, with)

std::vector<std::int64_t> ids(const Tokenizer& tokenizer, const std::string& text) {
    const Result<Encoding> encoding = tokenizer.encode(text, false);
    EXPECT_TRUE(encoding.ok());
    return encoding.ok() ? encoding->ids : std::vector<std::int64_t>();
}

fs::path scratch(const std::string& name) {
    const fs::path folder = fs::temp_directory_path() / ("prunescope-text-" + name);
    fs::remove_all(folder);
    fs::create_directories(folder);
    return folder;
}
void write(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

Tokenizer shape(const std::string& name) {
    Result<Tokenizer> tokenizer = Tokenizer::load(std::string(PRUNESCOPE_TEST_DATA) + "/text/tokenizer_" + name + ".json");
    EXPECT_TRUE(tokenizer.ok());
    return std::move(tokenizer).value();
}

TEST(Catalogue, T01_SentencePieceOnlySaysWhatIsSupported) {
    const fs::path folder = scratch("t01");
    Result<Tokenizer> tokenizer = Tokenizer::load(folder / "tokenizer.json");
    ASSERT_FALSE(tokenizer.ok());
    EXPECT_EQ(tokenizer.error().id, "TOK-MISSING");
    EXPECT_EQ(tokenizer.error().code, ErrorCode::kBadModel);
    write(folder / "tokenizer.model", "x");
    tokenizer = Tokenizer::load(folder / "tokenizer.json");
    ASSERT_FALSE(tokenizer.ok());
    EXPECT_EQ(tokenizer.error().id, "TOK-KIND");
    EXPECT_NE(tokenizer.error().hint.find("tokenizer.json"), std::string::npos);
    fs::remove_all(folder);
}

TEST(Catalogue, T02_TruncatedDeepHugeOrDoubledIsRefused) {
    const std::string whole = smallModel().dump();
    for (std::size_t length = 0; length < whole.size(); length += 7) EXPECT_NE(outcome(whole.substr(0, length)), "accepted");
    EXPECT_FALSE(Tokenizer::parse(std::string(100000, '['), "tokenizer.json").ok());
    EXPECT_FALSE(Tokenizer::parse(std::string(100000, '[') + std::string(100000, ']'), "tokenizer.json").ok());
    std::string doubled = whole;
    doubled.replace(doubled.find("\"a\":1"), 5, "\"a\":1,\"a\":1");
    EXPECT_NE(outcome(doubled), "accepted");
    const Result<Tokenizer> huge = Tokenizer::parse(std::string(std::size_t{65} << 20, ' ') + whole, "tokenizer.json");
    ASSERT_FALSE(huge.ok());
    EXPECT_EQ(huge.error().code, ErrorCode::kLimit);
    for (const char* text : {"null", "[]", "3", "\"x\"", "{}"}) EXPECT_NE(outcome(text), "accepted");
}

TEST(Catalogue, T03_IdsOutsideTheirRangeAreRefused) {
    for (const char* id : {"-1", "2147483648", "9007199254740993", "1.5", "\"3\"", "1e30", "true", "null", "[1]", "1000000000", "18446744073709551615", "4"}) {
        std::string text = smallModel().dump();
        text.replace(text.find("\"abc\":5"), 7, std::string("\"abc\":") + id);
        EXPECT_STARTS(outcome(text), "TOK-ID model.vocab[") << id;
    }
    for (const char* id : {"-1", "2147483648", "1.5", "\"0\"", "1000000000"}) {
        std::string text = smallModel().dump();
        text.replace(text.find("\"id\":8"), 6, std::string("\"id\":") + id);
        EXPECT_STARTS(outcome(text), "TOK-ID added_tokens[1].id") << id;
    }
}

TEST(Catalogue, T04_EmptyOrOversizedVocabularyIsRefused) {
    EXPECT_STARTS(changed([](Json& j) { j["model"]["vocab"] = Json::object(); }), "TOK-EMPTY model.vocab");
    EXPECT_STARTS(changed([](Json& j) { j["model"]["vocab"] = Json::array(); }), "TOK-FORM model.vocab");
    EXPECT_STARTS(changed([](Json& j) { j["model"].erase("vocab"); }), "TOK-FORM model.vocab: missing");
    std::string big = R"({"model":{"type":"BPE","merges":[],"vocab":{"x":0)";
    for (int i = 1; i <= 1'000'000; ++i) big += ",\"" + std::to_string(i) + "\":" + std::to_string(i);
    EXPECT_STARTS(outcome(big + "}}}", ErrorCode::kLimit), "TOK-LIMIT model.vocab");
    EXPECT_STARTS(changed([](Json& j) { j["model"]["vocab"][std::string(70000, 'x')] = 9; }, ErrorCode::kLimit), "TOK-LIMIT model.vocab");
    const Result<Tokenizer> specialOnly = Tokenizer::parse(R"({"model":{"type":"BPE","merges":[],"vocab":{"<s>":0}}})", "tokenizer.json");
    ASSERT_TRUE(specialOnly.ok());
    EXPECT_TRUE(ids(*specialOnly, "abc").empty());
}

TEST(Catalogue, T05_MergesAreCheckedAndBothFormsRead) {
    EXPECT_STARTS(changed([](Json& j) { j["model"]["merges"].push_back("a x"); }), "TOK-MERGE model.merges[4]: token 'x'");
    EXPECT_STARTS(changed([](Json& j) { j["model"]["merges"].push_back("b a"); }), "TOK-MERGE model.merges[4]: token 'ba'");
    for (const Json& bad : {Json("ab"), Json("a b c"), Json(""), Json(" "), Json(3), Json::array({"a"}), Json::array({"a", "b", "c"}), Json::array({"a", 1}), Json(), Json::object()})
        EXPECT_STARTS(changed([&bad](Json& j) { j["model"]["merges"][0] = bad; }), "TOK-MERGE model.merges[0]") << bad;
    EXPECT_STARTS(changed([](Json& j) { j["model"]["merges"] = "a b"; }), "TOK-FORM model.merges");
    EXPECT_STARTS(changed([](Json& j) { j["model"].erase("merges"); }), "TOK-FORM model.merges: missing");
    Json pairs = smallModel();
    pairs["model"]["merges"] = Json::array({Json::array({"a", "b"}), Json::array({"ab", "c"}), Json::array({"a", "a"}), Json::array({"aa", "aa"})});
    const Result<Tokenizer> first = parse(smallModel()), second = parse(pairs);
    ASSERT_TRUE(first.ok() && second.ok());
    for (const std::string text : {"abc", "aabaaaab", "cab", "aaaaaaa", "xabx"}) EXPECT_EQ(ids(*first, text), ids(*second, text));
    EXPECT_EQ(ids(*first, "abc"), (std::vector<std::int64_t>{5}));
}

TEST(Catalogue, T06_OneLongWordIsTokenized) {
    Json json = smallModel();
    const Result<Tokenizer> tokenizer = parse(json);
    ASSERT_TRUE(tokenizer.ok());
    const std::vector<std::int64_t> query = ids(*tokenizer, std::string(8192, 'a'));
    EXPECT_EQ(query, std::vector<std::int64_t>(2048, 7));
    // A quadratic merge loop would need hours for this one.
    EXPECT_EQ(ids(*tokenizer, std::string(std::size_t{1} << 20, 'a')), std::vector<std::int64_t>(std::size_t{1} << 18, 7));
    const Tokenizer llama = shape("llama_legacy");
    EXPECT_FALSE(ids(llama, std::string(std::size_t{1} << 20, 'e')).empty());
}

TEST(Catalogue, T07_AddedTokensThatClashAreRefused) {
    EXPECT_STARTS(changed([](Json& j) { j["added_tokens"][0]["id"] = 1; }), "TOK-ADDED added_tokens[0].id");
    EXPECT_STARTS(changed([](Json& j) { j["added_tokens"][1]["id"] = 3; }), "TOK-ADDED added_tokens[1].id: id 3");
    EXPECT_STARTS(changed([](Json& j) { j["added_tokens"][1]["id"] = 12; }), "TOK-ADDED added_tokens[1].id");
    EXPECT_STARTS(changed([](Json& j) { j["added_tokens"][1]["content"] = ""; }), "TOK-ADDED added_tokens[1].content: empty");
    EXPECT_STARTS(changed([](Json& j) { j["added_tokens"].push_back(j["added_tokens"][1]); }), "TOK-ADDED added_tokens[2].content");
    EXPECT_STARTS(changed([](Json& j) { j["added_tokens"] = 3; }), "TOK-FORM added_tokens");
    EXPECT_STARTS(changed([](Json& j) { j["added_tokens"][0] = 3; }), "TOK-FORM added_tokens[0]");
    EXPECT_STARTS(changed([](Json& j) { j["added_tokens"][0]["special"] = "yes"; }), "TOK-FORM added_tokens[0].special");
    EXPECT_STARTS(changed([](Json& j) { j["added_tokens"][1]["content"] = std::string(5000, 'x'); }, ErrorCode::kLimit), "TOK-LIMIT added_tokens[1]");
    EXPECT_STARTS(changed(
                      [](Json& j) {
                          for (int i = 2; i < 100001; ++i) j["added_tokens"].push_back(Json{{"id", i + 7}, {"content", "<" + std::to_string(i) + ">"}});
                      },
                      ErrorCode::kLimit),
                  "TOK-LIMIT added_tokens");
    EXPECT_STARTS(changed(
                      [](Json& j) {
                          for (int i = 0; i < 1100; ++i) j["added_tokens"].push_back(Json{{"id", i + 9}, {"content", std::to_string(i) + std::string(4000, 'x')}});
                      },
                      ErrorCode::kLimit),
                  "TOK-LIMIT added_tokens: more than 4 MiB");
    EXPECT_STARTS(changed([](Json& j) {
                      j["normalizer"] = Json{{"type", "Lowercase"}};
                      j["added_tokens"].push_back(Json{{"id", 9}, {"content", "<X>"}, {"normalized", true}});
                      j["added_tokens"].push_back(Json{{"id", 10}, {"content", "<x>"}, {"normalized", true}});
                  }),
                  "TOK-ADDED added_tokens[3]");
}

TEST(Catalogue, T08_MalformedByteTokensAreRefused) {
    for (const char* token : {"<0x-1>", "<0x100>", "<0xZZ>", "<0x>", "<0x1>", "<0x1G>", "<0x+1>", "<0x 1>", "<0x00000000000>"}) {
        EXPECT_STARTS(changed([token](Json& j) {
                          j["model"]["byte_fallback"] = true;
                          j["model"]["vocab"][token] = 8;
                          j["added_tokens"].erase(1);
                      }),
                      "TOK-BYTE model.vocab[")
            << token;
    }
    Json json = smallModel();
    json["model"]["byte_fallback"] = true;
    json["model"]["vocab"]["<0xFF>"] = 8;
    json["added_tokens"].erase(1);
    EXPECT_TRUE(parse(json).ok());
}

TEST(Catalogue, T09_PatternsThatBacktrackWithoutEndGiveAnError) {
    for (const char* pattern : {"(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*)*x", "(?:a*)*b", "a*a*a*a*a*a*a*a*b", "(?=(a+)+$)", "^(([a-z])+.)+[A-Z]([a-z])+$"}) {
        Json json = smallModel();
        json["pre_tokenizer"] = Json{{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
        const Result<Tokenizer> tokenizer = parse(json);
        if (!tokenizer.ok()) {
            EXPECT_EQ(tokenizer.error().id, "TOK-REGEX");
            continue;
        }
        const Result<Encoding> encoding = tokenizer->encode(std::string(3000, 'a') + "!", false);
        EXPECT_TRUE(encoding.ok() || encoding.error().id == "TOK-REGEX") << pattern;
    }
    Json json = smallModel();
    json["pre_tokenizer"] = Json{{"type", "Split"}, {"pattern", {{"Regex", "(a+)+$"}}}, {"behavior", "Isolated"}, {"invert", false}};
    const Result<Tokenizer> tokenizer = parse(json);
    ASSERT_TRUE(tokenizer.ok());
    const Result<Encoding> encoding = tokenizer->encode(std::string(30, 'a') + "!", false);
    ASSERT_FALSE(encoding.ok());
    EXPECT_EQ(encoding.error().id, "TOK-REGEX");
    EXPECT_EQ(encoding.error().code, ErrorCode::kBadModel);
}

TEST(Catalogue, T09_PatternsThatDoNotCompileAreNamed) {
    for (const char* pattern : {"", "(", "[", "[]", "a{2,1}", "\\p{Nonsense}", "(?<name>a)\\k<name>", "(?P<x>a)", "[a&&b]", "[a[b]]", "(*UTF)a", "\\p{L", "(?m:a)", "\\1", "*", "a{1}+",
                                "((((((((((a{1000}){1000}){1000}){1000}){1000}))))))", "\\x{110000}"}) {
        for (const char* where : {"pre_tokenizer", "normalizer", "decoder"}) {
            const std::string result = changed([&](Json& j) {
                j[where] = Json{{"type", std::string(where) == "pre_tokenizer" ? "Split" : "Replace"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"content", "x"}};
            });
            EXPECT_STARTS(result, std::string("TOK-REGEX ") + where + ".pattern.Regex") << pattern;
        }
    }
    EXPECT_STARTS(changed([](Json& j) { j["normalizer"] = Json{{"type", "Replace"}, {"pattern", {{"String", ""}}}, {"content", "x"}}; }), "TOK-REGEX normalizer.pattern.String");
}

TEST(Catalogue, T10_UnknownComponentsAreNamed) {
    EXPECT_STARTS(changed([](Json& j) { j["normalizer"] = Json{{"type", "BertNormalizer"}}; }), "TOK-KIND normalizer: normalizer 'BertNormalizer'");
    EXPECT_STARTS(changed([](Json& j) { j["pre_tokenizer"] = Json{{"type", "UnicodeScripts"}}; }), "TOK-KIND pre_tokenizer: pre-tokenizer 'UnicodeScripts'");
    EXPECT_STARTS(changed([](Json& j) { j["decoder"] = Json{{"type", "WordPiece"}}; }), "TOK-KIND decoder: decoder 'WordPiece'");
    EXPECT_STARTS(changed([](Json& j) { j["post_processor"] = Json{{"type", "BertProcessing"}}; }), "TOK-KIND post_processor: post-processor 'BertProcessing'");
    for (const char* type : {"WordLevel", "WordPiece", "Unigram", "Nonsense"})
        EXPECT_STARTS(changed([type](Json& j) { j["model"]["type"] = type; }), std::string("TOK-KIND model.type: '") + type + "'");
    EXPECT_STARTS(changed([](Json& j) { j["model"]["dropout"] = 0.1; }), "TOK-KIND model.dropout");
    EXPECT_STARTS(changed([](Json& j) {
                      j["normalizer"] = Json{{"type", "Sequence"}, {"normalizers", Json::array({Json{{"type", "NFC"}}, Json{{"type", "Nmt"}}})}};
                  }),
                  "TOK-KIND normalizer.normalizers[1]");
    EXPECT_STARTS(changed([](Json& j) { j["pre_tokenizer"] = Json{{"type", "Split"}, {"pattern", {{"String", "a"}}}, {"behavior", "Sideways"}}; }), "TOK-KIND pre_tokenizer.behavior");
    EXPECT_STARTS(changed([](Json& j) { j["pre_tokenizer"] = Json{{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "maybe"}}; }), "TOK-KIND pre_tokenizer.prepend_scheme");
    for (const char* key : {"normalizer", "pre_tokenizer", "post_processor", "decoder"}) {
        EXPECT_STARTS(changed([key](Json& j) { j[key] = 7; }), std::string("TOK-FORM ") + key);
        EXPECT_STARTS(changed([key](Json& j) { j[key] = Json::object(); }), std::string("TOK-FORM ") + key + ".type: missing");
        EXPECT_STARTS(changed([key](Json& j) { j[key] = Json{{"type", 3}}; }), std::string("TOK-FORM ") + key + ".type");
        EXPECT_STARTS(changed([key](Json& j) { j[key] = Json{{"type", "Sequence"}}; }), std::string("TOK-FORM ") + key);
    }
}

TEST(Catalogue, T10_ComponentsWithoutEndAreRefused) {
    EXPECT_STARTS(changed(
                      [](Json& j) {
                          Json list = Json::array();
                          for (int i = 0; i < 100; ++i) list.push_back(Json{{"type", "NFC"}});
                          j["normalizer"] = Json{{"type", "Sequence"}, {"normalizers", list}};
                      },
                      ErrorCode::kLimit),
                  "TOK-LIMIT normalizer");
    // A chain that multiplies the text by ten, eight times.
    Json json = smallModel();
    Json list = Json::array();
    for (int i = 0; i < 8; ++i) list.push_back(Json{{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aaaaaaaaaa"}});
    json["normalizer"] = Json{{"type", "Sequence"}, {"normalizers", list}};
    const Result<Tokenizer> tokenizer = parse(json);
    ASSERT_TRUE(tokenizer.ok());
    const Result<Encoding> encoding = tokenizer->encode("a", false);
    ASSERT_FALSE(encoding.ok());
    EXPECT_EQ(encoding.error().id, "TOK-LIMIT");
    EXPECT_EQ(encoding.error().code, ErrorCode::kLimit);
    // The same in a decoder: the text stays bounded.
    json = smallModel();
    for (Json& step : list) step["content"] = std::string(1000, 'a');
    json["decoder"] = Json{{"type", "Sequence"}, {"decoders", list}};
    const Result<Tokenizer> growing = parse(json);
    ASSERT_TRUE(growing.ok());
    EXPECT_LE(growing->decode(std::vector<std::int64_t>(50, 6), false).size(), std::size_t{64} << 20);
}

TEST(Catalogue, T11_PrecompiledCharsmapIsRefused) {
    for (const std::string& map : {std::string("!!!"), std::string(1 << 20, 'A'), std::string()})
        EXPECT_STARTS(changed([&map](Json& j) { j["normalizer"] = Json{{"type", "Precompiled"}, {"precompiled_charsmap", map}}; }), "TOK-NORM normalizer");
}

TEST(Catalogue, T12_UnknownTokenAndTemplateIdsMustExist) {
    EXPECT_STARTS(changed([](Json& j) { j["model"]["unk_token"] = "<nothing>"; }), "TOK-ID model.unk_token");
    EXPECT_STARTS(changed([](Json& j) { j["model"]["unk_token"] = 5; }), "TOK-FORM model.unk_token");
    const auto withPost = [](const Json& ids) {
        return changed([&ids](Json& j) {
            j["post_processor"] = Json{{"type", "TemplateProcessing"},
                                       {"single", Json::array({Json{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}}, Json{{"Sequence", {{"id", "A"}, {"type_id", 0}}}}})},
                                       {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", ids}, {"tokens", Json::array({"<s>"})}}}}}};
        });
    };
    EXPECT_EQ(withPost(Json::array({8})), "accepted");
    for (const Json& bad : {Json(9), Json(-1), Json(2147483648LL), Json(1.5), Json("0"), Json(1000000000)}) EXPECT_STARTS(withPost(Json::array({bad})), "TOK-ID post_processor") << bad;
    EXPECT_STARTS(withPost(Json(1)), "TOK-FORM post_processor");
    EXPECT_STARTS(changed([](Json& j) { j["post_processor"] = Json{{"type", "RobertaProcessing"}, {"cls", Json::array({"<s>", 0})}, {"sep", Json::array({"</s>", 99})}}; }),
                  "TOK-ID post_processor.sep");
    EXPECT_STARTS(changed([](Json& j) { j["post_processor"] = Json{{"type", "RobertaProcessing"}, {"cls", "x"}, {"sep", Json::array({"</s>", 0})}}; }), "TOK-FORM post_processor.cls");
    EXPECT_STARTS(changed([](Json& j) { j["post_processor"] = Json{{"type", "TemplateProcessing"}, {"single", Json::array({Json{{"Sequence", {{"id", "B"}}}}})}}; }), "TOK-FORM post_processor");
}

TEST(Catalogue, T13_QuestionWithoutTokensIsAUsageError) {
    for (const std::string text : {"", " ", "\n\t  ", "\xC2\xA0\xE3\x80\x80"}) {
        const Result<void> checked = checkQuestion(text);
        ASSERT_FALSE(checked.ok());
        EXPECT_EQ(checked.error().id, "U-QUERY");
        EXPECT_EQ(exitCodeOf(checked.error().code), 2);
    }
    EXPECT_TRUE(checkQuestion("?").ok());
}

TEST(Catalogue, T14_QuestionOverTheLimitNamesTheSwitch) {
    EXPECT_TRUE(checkQuestion(std::string(8192, 'a')).ok());
    std::string emoji;
    for (int i = 0; i < 1'000'000; ++i) emoji += "\xF0\x9F\x98\x80";
    for (const std::string& text : {std::string(8193, 'a'), std::string(10 << 20, 'a'), emoji}) {
        const Result<void> checked = checkQuestion(text);
        ASSERT_FALSE(checked.ok());
        EXPECT_EQ(checked.error().id, "L-QUERY");
        EXPECT_EQ(exitCodeOf(checked.error().code), 9);
        EXPECT_NE(checked.error().hint.find("--limit"), std::string::npos);
    }
    EXPECT_TRUE(checkQuestion(std::string(20000, 'a'), 1 << 20).ok());
    emoji.resize(40000);
    EXPECT_EQ(ids(shape("qwen2"), emoji).size() % 10000, 0U);
}

TEST(Catalogue, T15_InvalidUtf8IsAnInputErrorAndOddTextIsNot) {
    const Tokenizer tokenizer = shape("qwen2");
    for (const std::string text : {"\xff", "a\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "ab\xE2\x82", "\xF0\x9F\x98"}) {
        const Result<Encoding> encoding = tokenizer.encode(text, true);
        ASSERT_FALSE(encoding.ok());
        EXPECT_EQ(encoding.error().id, "TOK-UTF8");
        EXPECT_EQ(encoding.error().code, ErrorCode::kBadInput);
        EXPECT_EQ(checkQuestion(text).error().id, "TOK-UTF8");
    }
    std::string marks = "o";
    for (int i = 0; i < 10000; ++i) marks += i % 2 == 0 ? "\xCC\x88" : "\xCC\xA3";
    for (const std::string& text : {std::string("a\0b", 3), std::string("\xE2\x80\x8D"), std::string("\xE2\x80\xAE" "abc"), marks, std::string("\xEF\xBF\xBF\xF4\x8F\xBF\xBF")}) {
        const Result<Encoding> encoding = tokenizer.encode(text, true);
        ASSERT_TRUE(encoding.ok());
        EXPECT_FALSE(encoding->ids.empty());
    }
}

TEST(Catalogue, T16_ControlTokensInAQuestionStayText) {
    const Tokenizer tokenizer = shape("llama_legacy");
    const std::int64_t image = *tokenizer.idOf("<image>");
    for (const std::string question : {"<image>", "what </s> is", "<image><image> pot", "[INST] x [/INST]", "<s>", "a<image>b</s><pad>", "<imag", "<unk>"}) {
        const Result<RenderedPrompt> prompt = renderPrompt("", "<image>", "<s>", question);
        ASSERT_TRUE(prompt.ok());
        const Result<EncodedPrompt> encoded = encodePrompt(tokenizer, *prompt, "<s>");
        ASSERT_TRUE(encoded.ok()) << question << ": " << encoded.error().why;
        EXPECT_EQ(std::count(encoded->ids.begin(), encoded->ids.end(), image), 1) << question;
        for (std::size_t i = encoded->questionBegin; i < encoded->questionEnd; ++i) EXPECT_FALSE(tokenizer.isSpecial(encoded->ids[i])) << question;
        std::vector<std::int64_t> tail(encoded->ids.begin() + static_cast<std::ptrdiff_t>(encoded->imageIndex) + 1, encoded->ids.end());
        EXPECT_EQ(tokenizer.decode(tail, false), "\n" + question + " ASSISTANT:");
    }
    // A template that looks at the question is not steered by it.
    const Result<RenderedPrompt> steered = renderPrompt("{% for m in messages %}{% if '<image>' not in m.content[1].text %}<image>{% endif %}{{ m.content[1].text }}{% endfor %}", "<image>", "", "<image> x");
    ASSERT_TRUE(steered.ok());
    EXPECT_EQ(steered->text, "<image><image> x");
    ASSERT_TRUE(encodePrompt(tokenizer, *steered, "<s>").ok());
    EXPECT_EQ(encodePrompt(tokenizer, *steered, "<s>")->imageIndex, 1U);
}

TEST(Catalogue, T17_IdsWithoutEmbeddingRowAreFound) {
    EXPECT_TRUE(checkIds({0, 5, 9}, 10).ok());
    for (const std::int64_t bad : {std::int64_t{10}, std::int64_t{-1}, std::int64_t{1} << 40}) {
        const Result<void> checked = checkIds({0, bad}, 10);
        ASSERT_FALSE(checked.ok());
        EXPECT_EQ(checked.error().id, "TOK-RANGE");
        EXPECT_EQ(exitCodeOf(checked.error().code), 4);
    }
}

TEST(Catalogue, T18_TokenizerOfAnotherModelIsNoticed) {
    const Tokenizer tokenizer = shape("llama_legacy");
    EXPECT_EQ(checkAgainstModel(tokenizer, tokenizer.size()).value(), "");
    EXPECT_EQ(checkAgainstModel(tokenizer, tokenizer.size() + 64).value(), "");
    EXPECT_STARTS(checkAgainstModel(tokenizer, 152064).value(), "TOK-MISMATCH");
    const Result<std::string> small = checkAgainstModel(tokenizer, tokenizer.size() - 1);
    ASSERT_FALSE(small.ok());
    EXPECT_EQ(small.error().id, "TOK-RANGE");
    EXPECT_EQ(small.error().code, ErrorCode::kBadModel);
}

}  // namespace
