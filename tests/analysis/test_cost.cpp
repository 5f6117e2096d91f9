// SPDX-License-Identifier: GPL-3.0-or-later

// The cost formula against the printed tables. (reference/methods.md 12)

#include "core/analysis/diagnostics.h"

#include <gtest/gtest.h>

namespace prunescope {
namespace {

constexpr DecoderShape kSevenB{32, 4096, 11008, 32, 32, 128, 32000};
constexpr DecoderShape kThirteenB{40, 5120, 13824, 40, 40, 128, 32000};
constexpr VisionShape kClipLarge{24, 1024, 4096, 577, 14, 1024};

double visualTera(const DecoderShape& shape, std::int64_t n) { return static_cast<double>(estimateCost(shape, {}, n, 0, 0, 2).macsVisualOnly) / 1e12; }

TEST(Cost, VisualOnlyMultiplyAddsAreThePapers) {   // 12.1
    for (const auto& [n, tera] : {std::pair<std::int64_t, double>{576, 3.8172}, {192, 1.2531}, {128, 0.8332}, {64, 0.4155}, {32, 0.2075}, {16, 0.1037},
                                  {2880, 20.8252}, {640, 4.2520}, {320, 2.0992}, {160, 1.0429}}) {
        EXPECT_NEAR(visualTera(kSevenB, n), tera, 5.1e-5) << n;
    }
    EXPECT_NEAR(visualTera(kThirteenB, 576), 7.444, 5.1e-4);
    EXPECT_NEAR(visualTera(kThirteenB, 2880), 39.938, 5.1e-4);
}

TEST(Cost, KvBytesAreThePapers) {   // 12.3: MiB, 16-bit
    for (const auto& [n, mib] : {std::pair<std::int64_t, double>{2880, 1440.0}, {320, 160.0}, {576, 288.0}, {64, 32.0}}) {
        EXPECT_EQ(static_cast<double>(estimateCost(kSevenB, {}, n, 0, 0, 2).kvBytes) / (1 << 20), mib);
    }
    EXPECT_EQ(estimateCost(kSevenB, {}, 64, 36, 1, 2).kvBytes, 100LL << 19) << "the last token is not fed back";
    EXPECT_EQ(estimateCost(kSevenB, {}, 64, 36, 11, 2).kvBytes, 110LL << 19);
}

TEST(Cost, VisionAndProjector) {   // 12.2: 190.6 GMAC tower, 12.08 projector, and 0.35 for the patch embedding
    const CostEstimate cost = estimateCost(kSevenB, kClipLarge, 576, 95, 0, 2);
    EXPECT_NEAR(static_cast<double>(cost.macsVision) / 1e9, 190.6 + 12.08 + 0.347, 0.06);
    // 4.673 T in the table counts text tower and visual projection (7.1 G) and neither the head (0.13 G) nor the patch embedding.
    EXPECT_NEAR(static_cast<double>(cost.macsTotal) / 1e12, 4.673 - 0.0071 + 0.00013 + 0.00035, 0.0006);
    EXPECT_EQ(cost.macsTotal, cost.macsVision + cost.macsLlm + 4096LL * 32000);
}

TEST(Cost, GroupedQueriesAndDecoding) {
    DecoderShape grouped{2, 64, 160, 8, 2, 8, 100};
    const std::int64_t n = 10;
    const std::int64_t layer = n * 64 * (2 * 64 + 2 * 16) + 2 * n * n * 64 + 3 * n * 64 * 160;
    EXPECT_EQ(estimateCost(grouped, {}, n, 0, 0, 4).macsVisualOnly, 2 * layer);
    const std::int64_t one = 64 * (2 * 64 + 2 * 16) + 2 * 11 * 64 + 3 * 64 * 160;
    EXPECT_EQ(estimateCost(grouped, {}, n, 0, 2, 4).macsLlm - estimateCost(grouped, {}, n, 0, 1, 4).macsLlm, 2 * one);
    EXPECT_EQ(estimateCost(grouped, {}, n, 0, 1, 4).kvBytes, 2 * 2 * 2 * 8 * 4 * n);
}

TEST(Cost, NothingCostsNothing) {   // catalogue N31
    const CostEstimate none = estimateCost({}, {}, 0, 0, 0, 0);
    EXPECT_EQ(none.macsTotal, 0);
    EXPECT_EQ(none.kvBytes, 0);
    EXPECT_EQ(estimateCost(kSevenB, {}, 0, 0, 0, 2).macsTotal, 0);
}

}  // namespace
}  // namespace prunescope
