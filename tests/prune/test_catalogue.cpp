// SPDX-License-Identifier: GPL-3.0-or-later

// Rows of the catalogue of bad numbers (reference/reliability.md 3.9), named by their numbers.

#include "make_input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace prunescope {
namespace {

constexpr const char* kFeatureMethods[] = {"script", "gsp", "qcsp", "relevance"};

PruneOptions withMethod(const std::string& method, std::int64_t keep) {
    PruneOptions options;
    options.method = method;
    options.keep = keep;
    return options;
}

bool warns(const PruneDecision& decision, const std::string& id) {
    return std::any_of(decision.warnings.begin(), decision.warnings.end(), [&](const std::string& w) { return w.rfind(id, 0) == 0; });
}

/// Exactly min(k, n) distinct sorted tokens, no NaN where a method computed something.
void expectSound(const PruneDecision& decision, std::size_t keep) {
    ASSERT_EQ(decision.kept.size(), keep);
    EXPECT_EQ(std::adjacent_find(decision.kept.begin(), decision.kept.end(), std::greater_equal<>()), decision.kept.end());
    for (const float gain : decision.gain) {
        EXPECT_TRUE(std::isfinite(gain));
    }
    for (const TokenTrace& token : decision.tokens) {
        EXPECT_TRUE(token.degree < 0 || (std::isfinite(token.gspScore) && std::isfinite(token.meanSimilarity)));
        EXPECT_TRUE(std::isnan(token.relevance) == std::isnan(token.relevanceRaw));
    }
}

PruneInput inputOf(std::int64_t n, std::int64_t d, std::vector<float> values) {
    PruneInput input;
    input.tokens = HostTensor({n, d}, std::move(values));
    return input;
}

PruneInput randomInput(unsigned seed, int rows, int cols, std::int64_t d, bool withQuestion = true) {
    FieldSpec spec;
    spec.rows = rows;
    spec.cols = cols;
    spec.d = d;
    spec.withQuestion = withQuestion;
    return makeInput(seed, spec);
}

TEST(Catalogue, N01_NoTokens) {
    PruneSession session;
    const auto refused = session.setInput({});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().id, "NUM-EMPTY");
    EXPECT_EQ(refused.error().code, ErrorCode::kNumeric);
    PruneInput none;
    none.tokens = HostTensor({0, 8});
    EXPECT_EQ(session.setInput(none).error().id, "NUM-EMPTY");
    none.tokens = HostTensor({8, 0});
    EXPECT_EQ(session.setInput(none).error().id, "NUM-EMPTY");
}

TEST(Catalogue, N02_OneToken) {
    for (const char* method : kFeatureMethods) {
        const PruneDecision decision = decideFresh(inputOf(1, 3, {1, 2, 3}), withMethod(method, 1));
        expectSound(decision, 1);
        EXPECT_TRUE(warns(decision, "NUM-SINGLE"));
    }
}

TEST(Catalogue, N03_TwoAndThreeTokens) {
    for (const char* method : kFeatureMethods) {
        expectSound(decideFresh(inputOf(2, 2, {1, 0, 0, 1}), withMethod(method, 1)), 1);
        for (std::int64_t keep : {1, 2}) {
            const PruneDecision decision = decideFresh(inputOf(3, 2, {1, 0, 0, 1, 1, 1}), withMethod(method, keep));
            expectSound(decision, static_cast<std::size_t>(keep));
        }
    }
    // Odd n: tokens 0 and 2 face token 1 alone.
    const PruneDecision three = decideFresh(inputOf(3, 2, {1, 0, 1, 0, 1, 0}), withMethod("gsp", 1));
    EXPECT_EQ(three.tokens[0].degree, 1);
    EXPECT_EQ(three.tokens[1].degree, 2);
}

TEST(Catalogue, N04_AllTokensIdentical) {
    std::vector<float> values;
    for (int i = 0; i < 100; ++i) {
        values.insert(values.end(), {0.3F, -1.7F, 2.2F, 0.11F});
    }
    PruneInput input = inputOf(100, 4, values);
    input.query = HostTensor({4}, {1, 0, 0, 0});
    for (const char* method : {"qcsp", "script"}) {
        const PruneDecision decision = decideFresh(input, withMethod(method, 64));
        expectSound(decision, 64);
        EXPECT_EQ(decision.order, std::vector<std::int64_t>{0}) << "rank 1";
        EXPECT_TRUE(warns(decision, "NUM-RANK"));
        EXPECT_TRUE(warns(decision, "NUM-CONST"));
    }
    const PruneDecision qcsp = decideFresh(input, withMethod("qcsp", 64));
    EXPECT_EQ(qcsp.kept.back(), 63) << "by index order";
}

TEST(Catalogue, N05_SixteenDistinctTokens) {
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    std::vector<float> distinct(16 * 40);
    std::generate(distinct.begin(), distinct.end(), [&] { return normal(random); });
    std::vector<float> values;
    for (int i = 0; i < 36; ++i) {
        values.insert(values.end(), distinct.begin(), distinct.end());
    }
    const PruneDecision decision = decideFresh(inputOf(576, 40, values), withMethod("qcsp", 64));
    expectSound(decision, 64);
    EXPECT_EQ(decision.order.size(), 16U);
    EXPECT_TRUE(std::all_of(decision.order.begin(), decision.order.end(), [](std::int64_t i) { return i < 16; }));
    EXPECT_EQ(std::count_if(decision.tokens.begin(), decision.tokens.end(), [](const TokenTrace& t) { return t.reason == Reason::kFill; }), 48);
    EXPECT_TRUE(warns(decision, "NUM-RANK: the features span 16 picks"));
}

TEST(Catalogue, N06_RankBelowBudget) {
    for (const std::int64_t rank : {32, 64}) {
        const PruneInput input = randomInput(6, 24, 24, rank);
        for (const std::int64_t keep : {128, 192}) {
            const PruneDecision decision = decideFresh(input, withMethod("qcsp", keep));
            expectSound(decision, static_cast<std::size_t>(keep));
            EXPECT_EQ(static_cast<std::int64_t>(decision.order.size()), rank);
            // What is filled in is at least as relevant as what is left.
            float lowestFilled = 2;
            float highestLeft = -2;
            for (const TokenTrace& token : decision.tokens) {
                lowestFilled = token.reason == Reason::kFill ? std::min(lowestFilled, token.relevance) : lowestFilled;
                highestLeft = token.kept ? highestLeft : std::max(highestLeft, token.relevance);
            }
            EXPECT_GE(lowestFilled, highestLeft);
        }
    }
}

TEST(Catalogue, N07_ZeroNormTokens) {
    for (const char* method : kFeatureMethods) {
        for (const int zeros : {1, 18, 36}) {
            PruneInput input = randomInput(7, 6, 6, 24);
            for (int i = 0; i < zeros; ++i) {
                std::fill_n(input.tokens.mutableData() + i * 24, 24, 0.0F);
            }
            const PruneDecision decision = decideFresh(input, withMethod(method, 18));
            expectSound(decision, 18);
            EXPECT_TRUE(std::string(method) == "gsp" || warns(decision, "NUM-ZERO"));
            for (const std::int64_t i : decision.kept) {
                EXPECT_TRUE(i >= zeros || zeros > 18) << method << ": a token without length is kept last";
            }
            if (zeros == 36) {
                EXPECT_EQ(decision.kept.back(), 17) << "by index";
            }
        }
    }
}

TEST(Catalogue, N08_NonFiniteElements) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
        PruneSession session;
        PruneInput input = randomInput(8, 6, 6, 24);
        input.tokens.mutableData()[7 * 24 + 3] = bad;
        const auto refused = session.setInput(input);
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().id, "NUM-NONFINITE");
        EXPECT_EQ(exitCodeOf(refused.error().code), 10);
        EXPECT_NE(refused.error().why.find("row 7, column 3"), std::string::npos);
        PruneInput question = randomInput(8, 6, 6, 24);
        question.query.mutableData()[2] = bad;
        EXPECT_EQ(session.setInput(question).error().id, "NUM-NONFINITE");
        ASSERT_TRUE(session.setInput(randomInput(8, 6, 6, 24)).ok());
        EXPECT_EQ(session.setQuery(question.query).error().id, "NUM-NONFINITE");
    }
}

TEST(Catalogue, N09_TinyAndHugeNorms) {
    const PruneInput unit = randomInput(9, 6, 6, 24);
    for (const char* method : kFeatureMethods) {
        const std::vector<std::int64_t> expected = decideFresh(unit, withMethod(method, 10)).kept;
        for (const int mode : {0, 1, 2}) {
            PruneInput scaled = unit;
            scaled.tokens = HostTensor(unit.tokens.shape(), std::vector<float>(unit.tokens.values().begin(), unit.tokens.values().end()));
            for (std::int64_t i = 0; i < 36; ++i) {
                const float factor = mode == 0 ? 1e-30F : mode == 1 ? 1e25F : (i % 2 == 0 ? 1e-20F : 1e20F);
                for (std::int64_t c = 0; c < 24; ++c) {
                    scaled.tokens.mutableData()[i * 24 + c] *= factor;
                }
            }
            const PruneDecision decision = decideFresh(scaled, withMethod(method, 10));
            expectSound(decision, 10);
            EXPECT_EQ(decision.kept, expected) << method << " mode " << mode;
        }
    }
}

TEST(Catalogue, N10_HalfPrecisionExtremes) {
    PruneInput input = randomInput(10, 6, 6, 24);
    for (std::int64_t i = 0; i < 36 * 24; ++i) {
        float& v = input.tokens.mutableData()[i];
        v = i % 3 == 0 ? std::copysign(65504.0F, v) : (i % 3 == 1 ? 6e-8F * v : v);
    }
    input.tokens.mutableData()[0] = std::numeric_limits<float>::denorm_min();
    for (const char* method : kFeatureMethods) {
        expectSound(decideFresh(input, withMethod(method, 10)), 10);
    }
}

TEST(Catalogue, N11_ConstantRelevance) {
    PruneInput input = randomInput(11, 6, 6, 24);
    input.relevanceTokens = HostTensor({36, 2}, std::vector<float>(72, 1.0F));
    input.query = HostTensor({2}, {0.3F, 0.4F});
    const PruneDecision decision = decideFresh(input, withMethod("qcsp", 10));
    expectSound(decision, 10);
    EXPECT_TRUE(warns(decision, "NUM-CONST"));
    EXPECT_TRUE(std::all_of(decision.tokens.begin(), decision.tokens.end(), [](const TokenTrace& t) { return t.relevance == 1.0F; }));
    PruneInput silent = randomInput(11, 6, 6, 24, false);
    const PruneDecision without = decideFresh(silent, withMethod("qcsp", 10));
    EXPECT_EQ(without.kept, decision.kept) << "no question: pure diversity";
    EXPECT_FALSE(warns(without, "NUM-CONST"));
}

TEST(Catalogue, N12_OnlyFortyTokensWithRelevance) {
    PruneInput input = randomInput(12, 10, 10, 128);
    std::vector<float> relevance;
    for (int i = 0; i < 100; ++i) {
        const bool relevant = i % 5 < 2;   // forty of them
        relevance.insert(relevance.end(), {relevant ? 1.0F + 0.01F * static_cast<float>(i) : 0.0F, 1.0F});
    }
    input.relevanceTokens = HostTensor({100, 2}, relevance);
    input.query = HostTensor({2}, {1, 0});
    PruneOptions options = withMethod("qcsp", 64);
    options.relevancePower = 2.0;   // the floor is 1e-12 then, a gain of 1e-24
    const PruneDecision decision = decideFresh(input, options);
    expectSound(decision, 64);
    EXPECT_EQ(decision.order.size(), 40U);
    EXPECT_EQ(std::count_if(decision.tokens.begin(), decision.tokens.end(), [](const TokenTrace& t) { return t.reason == Reason::kFill; }), 24);
}

TEST(Catalogue, N13_FullBudget) {
    const PruneInput input = randomInput(13, 6, 6, 24);
    for (const char* method : kFeatureMethods) {
        for (const std::int64_t keep : {36, 37, 100000}) {
            const PruneDecision decision = decideFresh(input, withMethod(method, keep));
            expectSound(decision, 36);
            EXPECT_TRUE(decision.order.empty()) << "nothing was computed";
        }
        expectSound(decideFresh(input, withMethod(method, 35)), 35);
    }
}

TEST(Catalogue, N14_QuestionWithoutDirection) {
    PruneInput zero = randomInput(14, 6, 6, 24);
    zero.query = HostTensor({2, 24});
    for (std::int64_t c = 0; c < 24; ++c) {   // the mean of a vector and its opposite
        zero.query.mutableData()[c] = static_cast<float>(c) - 3;
        zero.query.mutableData()[24 + c] = 3 - static_cast<float>(c);
    }
    const PruneDecision decision = decideFresh(zero, withMethod("qcsp", 10));
    expectSound(decision, 10);
    EXPECT_TRUE(warns(decision, "NUM-CONST"));
    PruneInput against = randomInput(14, 6, 6, 24);
    PruneInput opposite = against;
    opposite.query = HostTensor({24});
    for (std::int64_t c = 0; c < 24; ++c) {
        opposite.query.mutableData()[c] = -against.query.data()[c];
    }
    PruneOptions minus = withMethod("relevance", 10);
    minus.relevanceSign = RelevanceSign::kMinus;
    EXPECT_EQ(decideFresh(opposite, minus).kept, decideFresh(against, withMethod("relevance", 10)).kept) << "two signs cancel";
}

TEST(Catalogue, N15_TauOneFindsDuplicates) {
    std::mt19937 random(15);
    std::normal_distribution<float> normal;
    std::vector<float> values;
    for (int i = 0; i < 200; ++i) {   // pairs (2i, 2i + 1) of one vector at two scales, on opposite sides
        std::vector<float> v(512);
        std::generate(v.begin(), v.end(), [&] { return normal(random); });
        values.insert(values.end(), v.begin(), v.end());
        for (float& x : v) {
            x *= 1.3F;
        }
        values.insert(values.end(), v.begin(), v.end());
    }
    PruneOptions options = withMethod("gsp", 100);
    options.tau.value = 1.0;
    for (const auto& ops : {workingOps(), referenceOps()}) {
        const PruneDecision decision = decideFresh(inputOf(400, 512, values), options, ops);
        for (const TokenTrace& token : decision.tokens) {
            ASSERT_EQ(token.degree, 1) << token.index;
        }
    }
}

TEST(Catalogue, N16_TauAtItsEnds) {
    const PruneInput input = randomInput(16, 6, 6, 24);
    for (const double tau : {-1.0, 0.0, 0.999999, 1.0}) {
        PruneOptions options = withMethod("script", 10);
        options.tau.value = tau;
        const PruneDecision decision = decideFresh(input, options);
        expectSound(decision, 10);
        for (const TokenTrace& token : decision.tokens) {
            EXPECT_GE(token.degree, tau == -1.0 ? 18 : 0);
            EXPECT_LE(token.degree, tau > 0.99 ? 0 : 18);
        }
        EXPECT_TRUE(tau > -1.0 || warns(decision, "GSP-SATURATED"));
        EXPECT_EQ(warns(decision, "GSP-NO-EDGE"), tau > 0.99);
    }
}

TEST(Catalogue, N17_NoEdgeAtAll) {
    std::vector<float> values(16 * 16, 0.0F);
    for (std::size_t i = 0; i < 16; ++i) {
        values[i * 17] = 1.0F;   // orthogonal
    }
    const PruneDecision decision = decideFresh(inputOf(16, 16, values), withMethod("gsp", 4));
    EXPECT_EQ(decision.kept, (std::vector<std::int64_t>{0, 1, 2, 3})) << "all tie at mean 0: the lower index is kept";
    EXPECT_TRUE(warns(decision, "GSP-NO-EDGE"));
}

TEST(Catalogue, N18_HugeGamma) {
    const PruneInput input = randomInput(18, 12, 12, 24);
    PruneOptions options = withMethod("gsp", 40);
    options.tau.value = 0.2;
    for (const double gamma : {0.0, 88.0, 89.0, 1e3, 1e300, 1.7e308}) {
        options.gamma = gamma;
        const PruneDecision decision = decideFresh(input, options);
        expectSound(decision, 40);
        EXPECT_EQ(warns(decision, "NUM-CLIP"), gamma >= 1e3) << gamma;
        for (const TokenTrace& a : decision.tokens) {
            for (const TokenTrace& b : decision.tokens) {
                if (a.degree > 0 && b.degree > 0 && gamma <= 89) {   // the log ranking is the ranking of Eq. 9 itself
                    const double excess = a.meanSimilarity - static_cast<double>(b.meanSimilarity);
                    const double difference = std::log(static_cast<double>(a.degree) / b.degree) + gamma * excess;
                    EXPECT_FALSE(difference > 1e-4 && a.gspRank > b.gspRank);
                }
                if (a.degree > 0 && b.degree > 0 && gamma >= 1e300) {   // the mean decides alone
                    EXPECT_FALSE(a.meanSimilarity > b.meanSimilarity + 1e-6F && a.gspRank > b.gspRank);
                }
            }
        }
    }
}

TEST(Catalogue, N19_NegativeGamma) {
    PruneOptions options;
    options.gamma = -0.5;
    EXPECT_EQ(validateOptions(options).error().id, "USAGE-RANGE");
}

TEST(Catalogue, N20_GspRatioEndsAndRounding) {
    const PruneInput input = randomInput(20, 5, 5, 24);
    PruneOptions options = withMethod("gsp", 3);
    const auto dropped = [&](double p) {
        options.gspRatio = p;
        const PruneDecision decision = decideFresh(input, options);
        return std::count_if(decision.tokens.begin(), decision.tokens.end(), [](const TokenTrace& t) { return t.reason == Reason::kGsp; });
    };
    EXPECT_EQ(dropped(0), 0) << "all pass; the budget does the rest";
    EXPECT_EQ(dropped(0.5), 12) << "floor(12.5)";
    EXPECT_EQ(dropped(0.2), 5);
    EXPECT_EQ(dropped(1), 22) << "the budget is kept";
}

TEST(Catalogue, N21_IntersectionTooSmall) {
    const PruneInput input = randomInput(21, 6, 6, 24);   // rank 24 of 36
    PruneOptions options = withMethod("script", 20);
    options.gspRatio = 0.9;
    const PruneDecision decision = decideFresh(input, options);
    expectSound(decision, 20);
    EXPECT_TRUE(warns(decision, "PRUNE-CLAMP"));
    EXPECT_EQ(decision.kept, decideFresh(input, withMethod("gsp", 20)).kept) << "G of the size of the budget is what is kept";
}

TEST(Catalogue, N22_EmptyIntersection) {
    // Tokens 0..3 are all that QCSP can pick (the rest is a copy of token 0), and GSP drops exactly these.
    PruneInput input = randomInput(22, 4, 4, 24);
    for (std::int64_t i = 8; i < 16; ++i) {
        std::fill_n(input.tokens.mutableData() + i * 24, 24, 0.0F);
    }
    PruneOptions options = withMethod("script", 4);
    for (std::int64_t i = 0; i < 8; ++i) {
        options.forceDrop.push_back(i);   // nothing that has a length is left
    }
    const PruneDecision decision = decideFresh(input, options);
    expectSound(decision, 4);
    EXPECT_EQ(decision.kept, (std::vector<std::int64_t>{8, 9, 10, 11}));
    EXPECT_TRUE(warns(decision, "NUM-RANK"));
    for (const std::int64_t i : decision.kept) {
        EXPECT_EQ(decision.tokens[static_cast<std::size_t>(i)].reason, Reason::kFill);
    }
}

TEST(Catalogue, N23_TiesEverywhere) {
    std::vector<float> values;
    for (int i = 0; i < 48; ++i) {
        values.insert(values.end(), {i % 3 == 0 ? 1.0F : 0.0F, i % 3 == 1 ? 1.0F : 0.0F, i % 3 == 2 ? 1.0F : 0.0F});
    }
    PruneInput input = inputOf(48, 3, values);
    input.query = HostTensor({3}, {1, 1, 1});
    EXPECT_EQ(decideFresh(input, withMethod("qcsp", 3)).kept, (std::vector<std::int64_t>{0, 1, 2}));
    EXPECT_EQ(decideFresh(input, withMethod("relevance", 5)).kept, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
    EXPECT_EQ(decideFresh(input, withMethod("gsp", 5)).kept, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
    for (const std::string& level : workingLevels()) {
        EXPECT_EQ(decideFresh(input, withMethod("script", 7), workingOpsAt(level)).kept, decideFresh(input, withMethod("script", 7)).kept) << level;
    }
}

TEST(Catalogue, N28_DeterminantUnderflow) {
    // 192 picks of strongly correlated tokens: the product of the gains is far below 1e-300, the picks are not affected.
    FieldSpec spec;
    spec.rows = spec.cols = 16;
    spec.d = 300;
    spec.shared = 4.0F;
    spec.noise = 0.3F;
    const PruneDecision decision = decideFresh(makeInput(28, spec), withMethod("qcsp", 192));
    expectSound(decision, 192);
    double logDeterminant = 0;
    for (const float gain : decision.gain) {
        logDeterminant += std::log(static_cast<double>(gain));
    }
    EXPECT_LT(logDeterminant, std::log(1e-300));
    EXPECT_TRUE(std::isfinite(logDeterminant));
    EXPECT_EQ(decision.kept, decideFresh(makeInput(28, spec), withMethod("qcsp", 192), referenceOps()).kept);
}

TEST(Catalogue, N29_BudgetNotDivisibleByFrames) {
    PruneInput input = inputOf(64 * 9, 2, std::vector<float>(64 * 9 * 2, 1.0F));
    input.tiles = 64;
    input.gridRows = input.gridCols = 3;
    for (const std::int64_t keep : {1, 63, 64, 65, 200}) {
        const PruneDecision decision = decideFresh(input, withMethod("random", keep));
        EXPECT_EQ(static_cast<std::int64_t>(decision.kept.size()), keep) << "the sum is exact";
        std::vector<std::int64_t> perFrame(64, 0);
        for (const std::int64_t i : decision.kept) {
            perFrame[static_cast<std::size_t>(i / 9)] += 1;
        }
        EXPECT_TRUE(std::is_sorted(perFrame.rbegin(), perFrame.rend())) << "the remainder goes to the first frames";
        EXPECT_LE(perFrame.front() - perFrame.back(), 1);
    }
}

TEST(Catalogue, N30_RandomIsReproducible) {
    PruneOptions options = withMethod("random", 8);
    options.seed = 42;
    const PruneInput input = inputOf(32, 1, std::vector<float>(32, 1.0F));
    const std::vector<std::int64_t> first = decideFresh(input, options).kept;
    EXPECT_EQ(decideFresh(input, options).kept, first);
    // Recorded from a second implementation of SplitMix64 and the shuffle: the draw must not change between machines, compilers or versions.
    EXPECT_EQ(first, (std::vector<std::int64_t>{3, 8, 11, 12, 20, 25, 27, 29}));
}

}  // namespace
}  // namespace prunescope
