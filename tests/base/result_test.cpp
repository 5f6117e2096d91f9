// SPDX-License-Identifier: GPL-3.0-or-later
// The one error line: shape, length, escapes.
#include "core/base/result.h"

#include "core/base/utf8.h"

#include <gtest/gtest.h>

namespace prunescope {
namespace {

Error sample() { return Error{ErrorCode::kBadInput, "IMG-TRUNCATED", "cannot read image", "a.png", "file ends", "fetch it again", nullptr}; }

TEST(ErrorLine, HasTheContractsShape) {
    EXPECT_EQ(formatErrorLine("prunescope-cli", sample()), "prunescope-cli: error[IMG-TRUNCATED]: cannot read image 'a.png': file ends; fetch it again");
    Error bare = sample();
    bare.where = bare.hint = "";
    EXPECT_EQ(formatErrorLine("p", bare), "p: error[IMG-TRUNCATED]: cannot read image: file ends");
    EXPECT_EQ(formatErrorLine("p", Error{}), "p: error[INTERNAL]: failed");
}

TEST(ErrorLine, CauseSpeaksWhenTheErrorIsSilent) {
    const Error wrapped = sample().wrappedBy(Error{ErrorCode::kPartial, "EVAL-ITEM", "item failed", "7", "", "", nullptr});
    ASSERT_NE(wrapped.cause, nullptr);
    EXPECT_EQ(formatErrorLine("p", wrapped), "p: error[EVAL-ITEM]: item failed '7': file ends");
}

TEST(ErrorLine, NeverLongerThan240BytesAndAlwaysWhole) {
    for (const std::string& piece : {std::string("x"), std::string("\xC3\xB6"), std::string("\xE6\x97\xA5"), std::string("\xF0\x9F\x8D\xB2")}) {
        for (std::size_t length = 0; length < 400; length += 7) {
            std::string text;
            while (text.size() < length) {
                text += piece;
            }
            for (int which = 0; which < 4; ++which) {
                Error error = sample();
                (which == 0 ? error.what : which == 1 ? error.where : which == 2 ? error.why : error.hint) = text;
                const std::string line = formatErrorLine("prunescope-cli", error);
                ASSERT_LT(line.size(), 240U);
                ASSERT_TRUE(isUtf8(line)) << line;
                ASSERT_NE(line.find("error[IMG-TRUNCATED]: "), std::string::npos);
            }
        }
    }
}

TEST(ErrorLine, LongPathsGiveWayToTheReasonAndTheHint) {
    Error error = sample();
    error.where = "/home/" + std::string(3000, 'a') + "/picture.png";
    const std::string line = formatErrorLine("prunescope-cli", error);
    EXPECT_NE(line.find("file ends; fetch it again"), std::string::npos);
    EXPECT_NE(line.find("picture.png"), std::string::npos);
}

TEST(Catalogue, F09_ControlCharactersAreEscaped) {
    Error error = sample();
    error.where = "a\nb\x1b[31m\t\x7f\xC2\x9B.png";
    const std::string line = formatErrorLine("p", error);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
    EXPECT_NE(line.find("a\\x0ab\\x1b[31m\\x09\\x7f\\x9b.png"), std::string::npos) << line;
}

TEST(Catalogue, F11_InvalidUtf8IsShownAsBytes) {
    Error error = sample();
    error.where = "bad\xFF\xC0\xAF.png";
    EXPECT_NE(formatErrorLine("p", error).find("bad\\xff\\xc0\\xaf.png"), std::string::npos);
}

TEST(Catalogue, M22_RightToLeftOverrideIsShownAsCode) {
    EXPECT_EQ(escapeForLine("a\xE2\x80\xAE" "b"), "a\\u{202e}b");
    EXPECT_EQ(escapeForLine("\xEF\xBB\xBFx"), "\\u{feff}x");
    EXPECT_EQ(escapeForLine("gr\xC3\xB6\xC3\x9F" "e\xE6\x97\xA5"), "gr\xC3\xB6\xC3\x9F" "e\xE6\x97\xA5");
}

TEST(ExitCodes, FollowTheContract) {
    EXPECT_EQ(exitCodeOf(ErrorCode::kInternal), 1);
    EXPECT_EQ(exitCodeOf(ErrorCode::kUsage), 2);
    EXPECT_EQ(exitCodeOf(ErrorCode::kBadInput), 3);
    EXPECT_EQ(exitCodeOf(ErrorCode::kBadModel), 4);
    EXPECT_EQ(exitCodeOf(ErrorCode::kDevice), 5);
    EXPECT_EQ(exitCodeOf(ErrorCode::kDiffers), 6);
    EXPECT_EQ(exitCodeOf(ErrorCode::kPartial), 7);
    EXPECT_EQ(exitCodeOf(ErrorCode::kNotWritten), 8);
    EXPECT_EQ(exitCodeOf(ErrorCode::kLimit), 9);
    EXPECT_EQ(exitCodeOf(ErrorCode::kNumeric), 10);
    EXPECT_EQ(exitCodeOf(ErrorCode::kInUse), 11);
    EXPECT_EQ(exitCodeOf(ErrorCode::kTimeout), 124);
}

TEST(Utf8, DecodesStrictly) {
    EXPECT_TRUE(isUtf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
    for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xE2\x82", "\xC3"}) {
        EXPECT_FALSE(isUtf8(bad));
    }
    EXPECT_EQ(elide("abcdefghij", 7, false), "abcd...");
    EXPECT_EQ(elide("abcdefghij", 7, true), "ab...ij");
    EXPECT_EQ(elide("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 6, false), "\xC3\xA9...");
}

}  // namespace
}  // namespace prunescope
