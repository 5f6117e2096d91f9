// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON gate.
#include "core/base/json_gate.h"

#include <gtest/gtest.h>

#include <fstream>

namespace prunescope {
namespace {

std::string idOf(const std::string& text, const JsonLimits& limits = {}) {
    const auto json = parseJson(text, "x.json", limits);
    return json.ok() ? "" : json.error().id;
}

TEST(JsonGate, AcceptsWhatIsJson) {
    EXPECT_EQ(idOf("{}"), "");
    EXPECT_EQ(idOf(" [1, 2.5, \"a\\u00e9\\ud83d\\ude00\", null, true, {\"k\": []}] \n"), "");
    EXPECT_EQ(idOf("\xEF\xBB\xBF{\"a\":1}"), "");   // a BOM is accepted
    EXPECT_EQ(idOf("{\"a\":{\"b\":1},\"c\":{\"b\":2}}"), "");
    const auto json = parseJson(R"({"a":[1,{"b":"c"}],"d":-3,"e":18446744073709551615})", "x");
    ASSERT_TRUE(json.ok());
    EXPECT_EQ(json->dump(), R"({"a":[1,{"b":"c"}],"d":-3,"e":18446744073709551615})");
}

TEST(Catalogue, M51_BrokenConfigsAreRefused) {
    for (const char* bad : {"", " ", "{", "[1,]", "{\"a\":1,}", "{'a':1}", "// c\n{}", "/* c */{}", "nul", "{}{}", "{} x", "[1 2]", "\"open", "{\"a\"}", "01", "+1", ".5", "1.", "tru", "\x01"}) {
        EXPECT_EQ(idOf(bad), "JSON-SYNTAX") << bad;
    }
}

TEST(JsonGate, AZeroByteIsNotTheEnd) {
    using namespace std::string_literals;
    for (const std::string& bad : {"{}\0"s, "{}\0trailing"s, "[1]\0[2]"s, "\0{}"s, "\"a\0b\""s}) {
        EXPECT_EQ(idOf(bad), "JSON-SYNTAX");
    }
}

TEST(Catalogue, S04_NumbersTextAndKeysAreStrict) {
    for (const char* bad : {"NaN", "Infinity", "-Infinity", "[NaN]"}) {
        EXPECT_EQ(idOf(bad), "JSON-SYNTAX") << bad;
    }
    EXPECT_EQ(idOf("1e400"), "JSON-NUM");
    EXPECT_EQ(idOf("{\"a\":1,\"a\":2}"), "JSON-DUP");
    EXPECT_EQ(idOf("{\"a\":1,\"\\u0061\":2}"), "JSON-DUP");
    EXPECT_EQ(idOf("[{\"x\":{\"a\":1,\"b\":{},\"a\":2}}]"), "JSON-DUP");
    EXPECT_EQ(idOf("\"\\ud800\""), "JSON-SYNTAX");
    EXPECT_EQ(idOf("\"\xFF\""), "JSON-SYNTAX");
    EXPECT_EQ(idOf("\"\xED\xA0\x80\""), "JSON-SYNTAX");
    EXPECT_EQ(idOf("\"a\nb\""), "JSON-SYNTAX");
}

TEST(Catalogue, M06_DepthIsBounded) {
    EXPECT_EQ(idOf(std::string(64, '[') + std::string(64, ']')), "");
    EXPECT_EQ(idOf(std::string(65, '[') + std::string(65, ']')), "JSON-DEPTH");
    EXPECT_EQ(idOf(std::string(1'000'000, '[')), "JSON-DEPTH");
    std::string objects;
    for (int i = 0; i < 100'000; ++i) {
        objects += "{\"a\":";
    }
    EXPECT_EQ(idOf(objects), "JSON-DEPTH");
}

TEST(Catalogue, M50_SizeAndCountAreBounded) {
    const auto large = parseJson(std::string(2000, ' ') + "{}", "x", JsonLimits{1000, 8});
    ASSERT_FALSE(large.ok());
    EXPECT_EQ(large.error().id, "JSON-LIMIT");
    EXPECT_EQ(exitCodeOf(large.error().code), 9);
    std::string many = "[0";
    for (int i = 0; i < 1000; ++i) {
        many += ",0";
    }
    EXPECT_EQ(idOf(many + "]", JsonLimits{1 << 20, 8, 500}), "JSON-LIMIT");
}

TEST(Catalogue, M52_GettersDoNotLie) {
    const auto whole = [](const char* text) { return wholeNumber(*parseJson(text, "x"), -100, 1LL << 40); };
    EXPECT_EQ(whole("4096"), 4096);
    EXPECT_EQ(whole("4096.0"), 4096);
    EXPECT_EQ(whole("-100"), -100);
    for (const char* bad : {"4096.5", "true", "\"4096\"", "null", "1e30", "18446744073709551615", "[4096]", "-101", "2199023255552"}) {
        EXPECT_FALSE(whole(bad).has_value()) << bad;
    }
    EXPECT_EQ(finiteNumber(*parseJson("1e30", "x")), 1e30);
    EXPECT_FALSE(finiteNumber(*parseJson("true", "x")).has_value());
    EXPECT_EQ(describeJson(*parseJson("\"a\\nb\"", "x")), "text \"a\\x0ab\"");
    EXPECT_EQ(describeJson(*parseJson("[1,2,3]", "x")), "an array of 3");
}

TEST(JsonGate, NamesThePlaceAndForeignFiles) {
    const auto json = parseJson("{\n  \"a\": 1,\n  \"b\": }\n", "x.json");
    ASSERT_FALSE(json.ok());
    EXPECT_NE(json.error().why.find("line 3"), std::string::npos) << json.error().why;
    const auto pointer = parseJson("version https://git-lfs.github.com/spec/v1\n", "x.json");
    ASSERT_FALSE(pointer.ok());
    EXPECT_NE(pointer.error().hint.find("git lfs"), std::string::npos);
}

TEST(JsonGate, FilesCarryTheCallersErrorClass) {
    const auto path = std::filesystem::temp_directory_path() / "prunescope-json-test.json";
    std::ofstream(path) << "{";
    EXPECT_EQ(readJsonFile(path, ErrorCode::kBadModel).error().code, ErrorCode::kBadModel);
    EXPECT_EQ(readJsonFile(path, ErrorCode::kBadInput).error().code, ErrorCode::kBadInput);
    std::filesystem::remove(path);
    EXPECT_EQ(readJsonFile(path, ErrorCode::kBadModel).error().id, "FILE-NOENT");
}

}  // namespace
}  // namespace prunescope
