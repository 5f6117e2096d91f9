// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as text, hashes, tensors.
#include "core/base/numbers.h"
#include "core/base/sha256.h"
#include "core/base/tensor.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace prunescope {
namespace {

TEST(Catalogue, C03_RealNumbersAreStrict) {
    for (const char* bad : {"nan", "inf", "-inf", "1e-400", "1e400", "0x1p-1", "0,5", "0.5 ", " 0.5", "", "+1", "1_000", "-", ".", "1e", "0.5x", "NaN", "\xD9\xA1"}) {
        EXPECT_FALSE(parseDouble(bad).has_value()) << bad;
    }
    EXPECT_EQ(parseDouble("0.5"), 0.5);
    EXPECT_EQ(parseDouble("-1e-3"), -1e-3);
    EXPECT_EQ(parseDouble(".5"), 0.5);
    EXPECT_EQ(parseDouble("1e39"), 1e39);
    ASSERT_TRUE(parseDouble("-0.0").has_value());
    EXPECT_FALSE(std::signbit(*parseDouble("-0.0")));
}

TEST(Catalogue, C05_WholeNumbersAreStrict) {
    for (const char* bad : {"", "-", "+1", "010", "0x10", "64.5", "1e3", " 1", "1 ", "99999999999999999999", "--1", "1,000", "00"}) {
        EXPECT_FALSE(parseInt(bad).has_value()) << bad;
    }
    EXPECT_EQ(parseInt("0"), 0);
    EXPECT_EQ(parseInt("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
    EXPECT_FALSE(parseInt("577", 1, 576).has_value());
    EXPECT_FALSE(parseInt("-1", 0).has_value());
}

TEST(Catalogue, C18_LocaleChangesNothing) {
    const char* old = std::setlocale(LC_ALL, nullptr);
    const std::string kept = old != nullptr ? old : "C";
    for (const char* name : {"de_DE.UTF-8", "tr_TR.UTF-8", "ar_EG.UTF-8", "C.UTF-8", "C"}) {
        if (std::setlocale(LC_ALL, name) == nullptr) {
            continue;   // not installed here
        }
        EXPECT_EQ(formatNumber(0.5), "0.5");
        EXPECT_EQ(formatFixed(1234.5, 2), "1234.50");
        EXPECT_EQ(parseDouble("0.5"), 0.5);
        EXPECT_FALSE(parseDouble("0,5").has_value());
    }
    std::setlocale(LC_ALL, kept.c_str());
}

TEST(Numbers, FormatsReadBackEqual) {
    for (const double value : {0.1, 1.0 / 3, 1e300, -2.5e-308, 64.0, 123456789.125}) {
        EXPECT_EQ(parseDouble(formatNumber(value)), value);
    }
    EXPECT_EQ(formatNumber(std::numeric_limits<double>::quiet_NaN()), "nan");
    EXPECT_EQ(formatCount(0), "0");
    EXPECT_EQ(formatCount(-1234567), "-1,234,567");
    EXPECT_EQ(formatCount(999), "999");
    EXPECT_EQ(formatBytes(1023), "1023 B");
    EXPECT_EQ(formatBytes(1536), "1.5 KiB");
    EXPECT_EQ(formatBytes(1ULL << 40U), "1.0 TiB");
}

TEST(Numbers, ProductsAndSumsKnowTheirBounds) {
    EXPECT_EQ(checkedMultiply(1LL << 31, 1LL << 31), 1LL << 62);
    EXPECT_FALSE(checkedMultiply(1LL << 32, 1LL << 31).has_value());
    EXPECT_FALSE(checkedMultiply(-1, 2).has_value());
    EXPECT_FALSE(checkedAdd(std::numeric_limits<std::int64_t>::max(), 1).has_value());
}

TEST(Sha256, KnownAnswers) {
    EXPECT_EQ(sha256(std::string_view("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256(std::string_view("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Sha256 pieces;
    const std::string million(1000, 'a');
    for (int i = 0; i < 1000; ++i) {
        pieces.update(std::string_view(million));
    }
    EXPECT_EQ(pieces.finish(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    EXPECT_NE(freshId(), freshId());
}

TEST(HostTensor, ShapesAreChecked) {
    EXPECT_TRUE(HostTensor().empty());
    EXPECT_EQ(HostTensor(std::vector<std::int64_t>{}).count(), 1);
    EXPECT_EQ(HostTensor({2, 0, 3}).count(), 0);
    EXPECT_THROW(HostTensor({2, 2}, std::vector<float>{1, 2, 3}), std::invalid_argument);
    EXPECT_THROW(HostTensor(std::vector<std::int64_t>{1LL << 40, 1LL << 40}), std::invalid_argument);
    EXPECT_THROW(HostTensor(std::vector<std::int64_t>{-1}), std::invalid_argument);
    const HostTensor matrix({2, 3}, {0, 1, 2, 3, 4, 5});
    const MatrixView view(matrix);
    EXPECT_EQ(view.rows, 2);
    EXPECT_EQ(view.row(1)[2], 5.0F);
    EXPECT_EQ(MatrixView(HostTensor({3}, {7, 8, 9})).rows, 1);
    EXPECT_TRUE(MatrixView(HostTensor({1, 2, 3})).empty());
    EXPECT_TRUE(MatrixView(HostTensor()).empty());
}

}  // namespace
}  // namespace prunescope
