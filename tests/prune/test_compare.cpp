// SPDX-License-Identifier: GPL-3.0-or-later
// Two decisions side by side.
#include "core/prune/compare.h"
#include "tests/prune/make_input.h"

#include <gtest/gtest.h>

#include <limits>

namespace prunescope {
namespace {

TEST(Compare, CountsAndMirror) {
    const PruneInput input = makeInput(61, {});
    PruneOptions options;
    options.keep = 10;
    const PruneDecision a = decideFresh(input, options);
    options.method = "relevance";
    options.keep = 14;
    const PruneDecision b = decideFresh(input, options);
    const DecisionComparison ab = compareDecisions(a, b).value();
    const DecisionComparison ba = compareDecisions(b, a).value();
    EXPECT_EQ(ab.onlyA + ab.both, 10);
    EXPECT_EQ(ab.onlyB + ab.both, 14);
    EXPECT_EQ(ab.onlyA + ab.both + ab.onlyB + ab.neither, 36);
    EXPECT_EQ(ab.onlyA, ba.onlyB);
    EXPECT_EQ(ab.iou, ba.iou);
    EXPECT_DOUBLE_EQ(ab.iou, static_cast<double>(ab.both) / static_cast<double>(ab.onlyA + ab.both + ab.onlyB));
    for (std::size_t i = 0; i < 36; ++i) {
        EXPECT_EQ(ab.sides[i] == Side::kOnlyA || ab.sides[i] == Side::kBoth, a.tokens[i].kept);
        EXPECT_EQ(ab.sides[i] == Side::kOnlyB || ab.sides[i] == Side::kBoth, b.tokens[i].kept);
    }
    const DecisionComparison same = compareDecisions(a, a).value();
    EXPECT_EQ(same.iou, 1.0);
    EXPECT_EQ(same.onlyA + same.onlyB, 0);
    EXPECT_EQ(compareDecisions(a, {}).error().id, "COMPARE-SIZE");
}

TEST(Compare, DifferencesByNormalisation) {
    constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> a{1, 3, 5, kNone, 2};
    const std::vector<float> b{10, 20, 30, 1, 30};
    const ScoreDifference raw = compareScores(a, b, Normalisation::kRaw).value();
    EXPECT_EQ(raw.common, 4);
    EXPECT_EQ(raw.difference[1], 17);
    EXPECT_TRUE(std::isnan(raw.difference[3]));
    EXPECT_EQ(raw.largest, 28);
    const ScoreDifference minmax = compareScores(a, b, Normalisation::kMinMax).value();
    EXPECT_FLOAT_EQ(minmax.difference[0], 0);
    EXPECT_FLOAT_EQ(minmax.difference[1], 0.5F - 0.5F);
    EXPECT_FLOAT_EQ(minmax.difference[4], 1.0F - 0.25F);
    const ScoreDifference rank = compareScores(a, b, Normalisation::kRank).value();
    EXPECT_FLOAT_EQ(rank.difference[2], 2.5F / 3 - 1.0F);   // two share the last rank in b
    EXPECT_FLOAT_EQ(rank.difference[4], 2.5F / 3 - 1.0F / 3);
    // Spearman with ties: ranks a 0 2 3 1, b 0 1 2.5 2.5.
    EXPECT_NEAR(*raw.rankCorrelation, 3.0 / std::sqrt(5.0 * 4.5), 1e-12);
    EXPECT_EQ(minmax.rankCorrelation, raw.rankCorrelation);
    EXPECT_FALSE(compareScores({1, 1, 1}, {1, 2, 3}, Normalisation::kMinMax).value().rankCorrelation);
    EXPECT_FALSE(compareScores({1, kNone}, {1, 2}, Normalisation::kRaw).value().rankCorrelation);
    EXPECT_EQ(compareScores({1}, {1, 2}, Normalisation::kRaw).error().id, "COMPARE-SIZE");
}

TEST(Compare, QuantitiesOfADecision) {
    PruneOptions options;
    options.keep = 10;
    const PruneDecision script = decideFresh(makeInput(62, {}), options);
    EXPECT_EQ(scoresOf(script, ScoreQuantity::kDegree)[3], static_cast<float>(script.tokens[3].degree));
    EXPECT_EQ(scoresOf(script, ScoreQuantity::kGspScore)[3], script.tokens[3].gspScore);
    options.method = "relevance";
    const PruneDecision relevance = decideFresh(makeInput(62, {}), options);
    EXPECT_TRUE(std::isnan(scoresOf(relevance, ScoreQuantity::kDegree)[3]));
    const ScoreDifference none = compareScores(scoresOf(script, ScoreQuantity::kRelevance), scoresOf(relevance, ScoreQuantity::kRelevance), Normalisation::kMinMax).value();
    EXPECT_EQ(none.largest, 0);   // the same question
    EXPECT_NEAR(*none.rankCorrelation, 1.0, 1e-12);
}

}  // namespace
}  // namespace prunescope
