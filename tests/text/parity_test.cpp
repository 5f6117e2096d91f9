// SPDX-License-Identifier: GPL-3.0-or-later

// Ids, offsets and decoded text against the Rust library, recorded by tests/oracles/tokenizer_fixtures.py. PRUNESCOPE_TEXT_FUZZ names a folder
// with further recorded strings (--fuzz) to be compared instead.

#include "core/text/tokenizer.h"
#include "fixture_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

using prunescope::Encoding;
using prunescope::LlamaPrefix;
using prunescope::Result;
using prunescope::StreamingDecoder;
using prunescope::Tokenizer;

namespace {

const std::string kData = std::string(PRUNESCOPE_TEST_DATA) + "/text/";
constexpr int kMostFailures = 12;

std::string caseFolder() {
    const char* other = std::getenv("PRUNESCOPE_TEXT_FUZZ");
    return other != nullptr ? std::string(other) + "/" : kData;
}

std::string shown(const std::vector<std::int64_t>& ids) {
    std::string out;
    for (const std::int64_t id : ids) out += std::to_string(id) + " ";
    return out.size() > 1500 ? out.substr(0, 1500) + "…" : out;
}

std::string escaped(const std::string& text) {
    static const char* const digits = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 32 || byte == 127) out += std::string("\\x") + digits[byte / 16] + digits[byte % 16];
        else out.push_back(c);
    }
    return out.size() > 700 ? out.substr(0, 700) + "…" : out;
}

std::size_t codePoints(const std::string& text, std::size_t bytes) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < std::min(bytes, text.size()); ++i) count += (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U ? 1 : 0;
    return count;
}

Tokenizer loadShape(const std::string& shape, LlamaPrefix prefix = LlamaPrefix::kFile) {
    Result<Tokenizer> tokenizer = Tokenizer::load(kData + "tokenizer_" + shape + ".json", prefix);
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.error().id << ": " << tokenizer.error().why;
    return std::move(tokenizer).value();
}

class Parity : public testing::TestWithParam<std::string> {};

TEST_P(Parity, EveryStringGivesTheIdsOfTheOracle) {
    const Tokenizer tokenizer = loadShape(GetParam());
    const std::vector<std::string> strings = fixture::readStrings(caseFolder() + "strings.bin");
    const std::vector<fixture::Case> cases = fixture::readCases(caseFolder() + "cases_" + GetParam() + ".bin", strings);
    ASSERT_GT(cases.size(), 500U);
    int failures = 0;
    for (const fixture::Case& c : cases) {
        const std::string& text = strings[c.string];
        const Result<Encoding> encoding = tokenizer.encode(text, c.addSpecial);
        ASSERT_TRUE(encoding.ok()) << escaped(text) << ": " << encoding.error().why;
        if (encoding->ids != c.ids && ++failures <= kMostFailures)
            ADD_FAILURE() << "string " << c.string << " \"" << escaped(text) << "\"\n  expected " << shown(c.ids) << "\n  got      " << shown(encoding->ids);
    }
    EXPECT_EQ(failures, 0) << "of " << cases.size();
}

TEST_P(Parity, EveryIdListDecodesAsTheOracleDoes) {
    const Tokenizer tokenizer = loadShape(GetParam());
    const std::vector<std::string> strings = fixture::readStrings(caseFolder() + "strings.bin");
    int failures = 0;
    for (const fixture::Case& c : fixture::readCases(caseFolder() + "cases_" + GetParam() + ".bin", strings)) {
        const std::string plain = tokenizer.decode(c.ids, false), skipped = tokenizer.decode(c.ids, true);
        if ((plain != c.decoded || skipped != c.decodedWithoutSpecial) && ++failures <= kMostFailures)
            ADD_FAILURE() << "ids " << shown(c.ids) << "\n  expected " << escaped(c.decoded) << "\n  got      " << escaped(plain) << "\n  without special, expected "
                          << escaped(c.decodedWithoutSpecial) << "\n  got      " << escaped(skipped);
    }
    EXPECT_EQ(failures, 0);
}

TEST_P(Parity, OffsetsAreThoseOfTheOracle) {
    const Tokenizer tokenizer = loadShape(GetParam());
    const std::vector<std::string> strings = fixture::readStrings(caseFolder() + "strings.bin");
    int failures = 0, compared = 0;
    for (const fixture::Case& c : fixture::readCases(caseFolder() + "cases_" + GetParam() + ".bin", strings)) {
        if (!c.hasOffsets) continue;
        const std::string& text = strings[c.string];
        const Result<Encoding> encoding = tokenizer.encode(text, c.addSpecial);
        ASSERT_TRUE(encoding.ok());
        if (encoding->ids != c.ids) continue;   // reported above
        ++compared;
        for (std::size_t i = 0; i < c.ids.size(); ++i) {
            const auto begin = static_cast<std::int64_t>(codePoints(text, encoding->offsets[i].first));
            const auto end = static_cast<std::int64_t>(codePoints(text, encoding->offsets[i].second));
            if (std::pair(begin, end) == c.offsets[i]) continue;
            if (++failures <= kMostFailures)
                ADD_FAILURE() << "\"" << escaped(text) << "\" id " << i << " (" << c.ids[i] << "): expected [" << c.offsets[i].first << ", " << c.offsets[i].second
                              << "), got [" << begin << ", " << end << ")";
            break;
        }
    }
    EXPECT_EQ(failures, 0) << "of " << compared;
    EXPECT_GT(compared, 100);
}

TEST_P(Parity, StreamedTextEqualsTheWhole) {
    const Tokenizer tokenizer = loadShape(GetParam());
    const std::vector<std::string> strings = fixture::readStrings(caseFolder() + "strings.bin");
    int done = 0;
    for (const fixture::Case& c : fixture::readCases(caseFolder() + "cases_" + GetParam() + ".bin", strings)) {
        if (c.ids.size() > 60 || ++done > 400) continue;
        StreamingDecoder stream(tokenizer);
        std::string streamed;
        for (const std::int64_t id : c.ids) streamed += stream.push(id);
        streamed += stream.finish();
        ASSERT_EQ(streamed, tokenizer.decode(c.ids, true)) << shown(c.ids);
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Parity,
                         testing::Values("llama_legacy", "llama_first", "llama_always", "llama_never", "qwen2", "gpt2", "clip", "unk_fused", "unk_single"),
                         [](const testing::TestParamInfo<std::string>& shape) { return shape.param; });

}  // namespace
