// SPDX-License-Identifier: GPL-3.0-or-later

// Methods and options one by one: hand-checked oracles of methods.md 15, reasons, forced tokens, tiles, budgets, option checks.

#include "make_input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace prunescope {
namespace {

PruneOptions withMethod(const std::string& method, std::int64_t keep) {
    PruneOptions options;
    options.method = method;
    options.keep = keep;
    return options;
}

std::vector<std::int64_t> reasonsOf(const PruneDecision& decision, Reason reason) {
    std::vector<std::int64_t> out;
    for (const TokenTrace& token : decision.tokens) {
        if (token.reason == reason) {
            out.push_back(token.index);
        }
    }
    return out;
}

/// Four unit vectors whose cross similarities are S01 = .9, S03 = .6, S21 = .2, S23 = .4 (methods.md 15).
HostTensor handCheckedTokens() {
    // h1 = e0, h3 = e1; h0 = (.9, .6, a) would be longer than 1, so h1 and h3 are tilted: h1.h3 = c with h0 in their span plus one axis.
    // Solved for c = .5: h1 = (1, 0), h3 = (.5, sqrt(.75)).
    const double s = std::sqrt(0.75);
    const auto token = [&](double one, double three, std::size_t own) {
        const double x = one;
        const double y = (three - 0.5 * one) / s;
        std::vector<float> v{static_cast<float>(x), static_cast<float>(y), 0, 0};
        v[own] = static_cast<float>(std::sqrt(std::max(0.0, 1 - x * x - y * y)));
        return v;
    };
    std::vector<float> values;
    for (const auto& v : {token(0.9, 0.6, 2), std::vector<float>{1, 0, 0, 0}, token(0.2, 0.4, 3), std::vector<float>{0.5F, static_cast<float>(s), 0, 0}}) {
        values.insert(values.end(), v.begin(), v.end());
    }
    return HostTensor({4, 4}, values);
}

TEST(Gsp, HandCheckedScores) {
    PruneInput input;
    input.tokens = handCheckedTokens();
    const PruneDecision decision = decideFresh(input, withMethod("gsp", 1));
    ASSERT_EQ(decision.tokens.size(), 4U);
    const double expected[] = {2 * std::exp(0.25), std::exp(0.4), 0.3, std::exp(0.1)};
    const int degrees[] = {2, 1, 0, 1};
    const int ranks[] = {0, 1, 3, 2};   // discard order 0, 1, 3, 2
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_NEAR(decision.tokens[i].gspScore, expected[i], 2e-6) << i;
        EXPECT_EQ(decision.tokens[i].degree, degrees[i]) << i;
        EXPECT_EQ(decision.tokens[i].gspRank, ranks[i]) << i;
    }
    EXPECT_EQ(decision.kept, std::vector<std::int64_t>{2});
    // p = 0.5 lets two through: the other survivor is over budget, the rest fell to GSP.
    EXPECT_EQ(reasonsOf(decision, Reason::kBudget), std::vector<std::int64_t>{3});
    EXPECT_EQ(reasonsOf(decision, Reason::kGsp), (std::vector<std::int64_t>{0, 1}));
}

TEST(Gsp, ConnectedTokensRankAsMoreRedundantThanIsolatedOnes) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        const PruneDecision decision = decideFresh(makeInput(seed, {}), withMethod("gsp", 10));
        for (const TokenTrace& a : decision.tokens) {
            EXPECT_TRUE(a.degree == 0 ? a.gspScore <= 1.0F : a.gspScore >= 1.0F - 1e-5F);
            for (const TokenTrace& b : decision.tokens) {
                EXPECT_FALSE(a.degree > 0 && b.degree == 0 && a.gspRank > b.gspRank);
            }
        }
    }
}

PruneInput handCheckedDpp() {
    PruneInput input;
    input.tokens = HostTensor({5, 3}, {1, 0, 0, 1, 0, 0, 0, 1, 0, .6F, .8F, 0, 0, 0, 1});
    // Relevance .9, 1, .5, .7, .3 up to min-max: cosines with the question chosen so.
    std::vector<float> relevance;
    for (const double r : {0.9, 1.0, 0.5, 0.7, 0.3}) {
        relevance.push_back(static_cast<float>(r * 0.5));
        relevance.push_back(static_cast<float>(std::sqrt(1 - r * r * 0.25)));
    }
    input.relevanceTokens = HostTensor({5, 2}, relevance);
    input.query = HostTensor({2}, {1, 0});
    return input;
}

TEST(Qcsp, StopsAtTheRankAndFillsByRelevance) {
    const PruneDecision decision = decideFresh(handCheckedDpp(), withMethod("qcsp", 4));
    // Min-max gives the lowest token (4) the floor: picks 1, 3, then the floor token; 0 and 2 depend on them.
    EXPECT_EQ(decision.order.front(), 1);
    EXPECT_EQ(decision.tokens[1].dppRank, 0);
    EXPECT_FLOAT_EQ(decision.tokens[1].relevance, 1.0F);
    EXPECT_EQ(decision.kept.size(), 4U);
    EXPECT_TRUE(decision.tokens[0].kept);
    EXPECT_EQ(decision.tokens[0].reason, Reason::kFill);
    EXPECT_FALSE(decision.warnings.empty());
    EXPECT_EQ(decision.warnings.front().rfind("NUM-RANK", 0), 0U) << decision.warnings.front();
}

TEST(Qcsp, TopKIsTheRelevanceMethod) {
    for (unsigned seed = 0; seed < 10; ++seed) {
        PruneOptions options = withMethod("qcsp", 9);
        options.qcsp = QcspRule::kTopK;
        const PruneInput input = makeInput(seed, {});
        EXPECT_EQ(decideFresh(input, options).kept, decideFresh(input, withMethod("relevance", 9)).kept);
    }
}

TEST(Script, FusionIdentities) {   // methods.md 15
    for (unsigned seed = 0; seed < 25; ++seed) {
        const PruneInput input = makeInput(seed, {});
        PruneOptions options = withMethod("script", 9);
        options.gspRatio = 0;
        const std::vector<std::int64_t> qcsp = decideFresh(input, withMethod("qcsp", 9)).kept;
        EXPECT_EQ(decideFresh(input, options).kept, qcsp) << "p = 0 is QCSP";
        options.fusion = Fusion::kNone;
        options.gspRatio = 0.5;
        EXPECT_EQ(decideFresh(input, options).kept, qcsp) << "no fusion is QCSP";
        options.fusion = Fusion::kWalk;
        options.gspRatio = 1.0 - 9.0 / 36.0;
        EXPECT_EQ(decideFresh(input, options).kept, decideFresh(input, withMethod("gsp", 9)).kept) << "walk with |G| = m returns G";
        options.gspRatio = 1.0;
        const PruneDecision clamped = decideFresh(input, options);
        EXPECT_EQ(clamped.kept, decideFresh(input, withMethod("gsp", 9)).kept);
        EXPECT_TRUE(std::any_of(clamped.warnings.begin(), clamped.warnings.end(), [](const std::string& w) { return w.rfind("PRUNE-CLAMP", 0) == 0; }));
    }
}

TEST(Script, WalkEqualsRestrictWhenGHoldsThePrefix) {
    int met = 0;
    for (unsigned seed = 0; seed < 60; ++seed) {
        const PruneInput input = makeInput(seed, {});
        PruneOptions options = withMethod("script", 4);
        options.gspRatio = 0.25;
        const PruneDecision walk = decideFresh(input, options);
        if (walk.order.size() == 4) {   // nothing was skipped
            ++met;
            options.fusion = Fusion::kRestrict;
            EXPECT_EQ(decideFresh(input, options).kept, walk.kept);
        }
    }
    EXPECT_GT(met, 5);
}

TEST(Script, EveryTokenSaysWhy) {
    for (const Fusion fusion : {Fusion::kWalk, Fusion::kRestrict, Fusion::kAppend, Fusion::kNone}) {
        for (const QcspRule rule : {QcspRule::kDpp, QcspRule::kTopK}) {
            for (const Partition partition : {Partition::kParity, Partition::kCheckerboard, Partition::kRandom}) {
                PruneOptions options = withMethod("script", 11);
                options.fusion = fusion;
                options.qcsp = rule;
                options.partition = partition;
                const PruneDecision decision = decideFresh(makeInput(3, {}), options);
                ASSERT_EQ(decision.kept.size(), 11U);
                EXPECT_TRUE(std::is_sorted(decision.kept.begin(), decision.kept.end()));
                EXPECT_EQ(decision.emitted, decision.kept);
                for (const TokenTrace& token : decision.tokens) {
                    const bool listed = std::binary_search(decision.kept.begin(), decision.kept.end(), token.index);
                    EXPECT_EQ(listed, token.kept);
                    EXPECT_EQ(token.kept, token.reason == Reason::kKept || token.reason == Reason::kFill) << nameOf(token.reason);
                    EXPECT_FALSE(!token.kept && token.reason != Reason::kGsp && token.reason != Reason::kQcsp);
                    EXPECT_EQ(token.row, token.index / 6);
                    EXPECT_EQ(token.col, token.index % 6);
                }
                for (std::size_t rank = 0; rank < decision.order.size(); ++rank) {
                    EXPECT_EQ(decision.tokens[static_cast<std::size_t>(decision.order[rank])].dppRank, static_cast<int>(rank));
                }
            }
        }
    }
}

TEST(Script, BudgetsAreNestedInTheOrder) {
    const PruneInput input = makeInput(5, {});
    std::vector<std::int64_t> last;
    for (std::int64_t keep = 1; keep <= 20; ++keep) {
        PruneOptions options = withMethod("script", keep);
        options.gspRatio = 0.25;   // |G| = 27 for every budget here
        const PruneDecision decision = decideFresh(input, options);
        EXPECT_TRUE(std::includes(decision.kept.begin(), decision.kept.end(), last.begin(), last.end())) << keep;
        last = decision.kept;
    }
}

TEST(Script, ScaleOfTokensDoesNotMatter) {
    const PruneInput input = makeInput(6, {});
    PruneInput scaled = input;
    scaled.tokens = HostTensor(input.tokens.shape(), std::vector<float>(input.tokens.values().begin(), input.tokens.values().end()));
    for (std::int64_t i = 0; i < 36; ++i) {
        for (std::int64_t c = 0; c < 24; ++c) {
            scaled.tokens.mutableData()[i * 24 + c] *= std::ldexp(1.0F, static_cast<int>(i % 61) - 30);
        }
    }
    for (const char* method : {"script", "gsp", "qcsp", "relevance"}) {
        EXPECT_EQ(decideFresh(scaled, withMethod(method, 10)).kept, decideFresh(input, withMethod(method, 10)).kept) << method;
    }
}

TEST(Relevance, PermutingTokensPermutesTheResult) {
    const PruneInput input = makeInput(8, {});
    PruneInput reversed = input;
    reversed.tokens = HostTensor(input.tokens.shape());
    for (std::int64_t i = 0; i < 36; ++i) {
        std::copy_n(input.tokens.data() + i * 24, 24, reversed.tokens.mutableData() + (35 - i) * 24);
    }
    for (const char* method : {"qcsp", "relevance"}) {
        std::vector<std::int64_t> mapped;
        for (const std::int64_t i : decideFresh(reversed, withMethod(method, 10)).kept) {
            mapped.push_back(35 - i);
        }
        std::sort(mapped.begin(), mapped.end());
        EXPECT_EQ(mapped, decideFresh(input, withMethod(method, 10)).kept) << method;
    }
}

TEST(Relevance, QueryRowsArePooledAndSegmentsAveraged) {
    PruneInput input = makeInput(9, {});
    const PruneDecision first = decideFresh(input, withMethod("relevance", 5));
    std::vector<float> two(input.query.values().begin(), input.query.values().end());
    for (std::size_t c = 0; c < 24; ++c) {
        two.push_back(-3.0F * two[c] + (c == 0 ? 1.0F : 0.0F));
    }
    PruneInput rows = input;
    rows.query = HostTensor({2, 24}, two);
    PruneOptions options = withMethod("relevance", 5);
    options.queryPooling = QueryPooling::kEot;
    PruneInput last = input;
    last.query = HostTensor({24}, std::vector<float>(two.begin() + 24, two.end()));
    EXPECT_EQ(decideFresh(rows, options).kept, decideFresh(last, options).kept) << "eot is the last row";
    PruneInput segments = input;
    segments.query = HostTensor();
    segments.querySegments = rows.query;
    const PruneDecision mean = decideFresh(segments, withMethod("relevance", 5));
    const PruneDecision second = decideFresh(last, withMethod("relevance", 5));
    for (std::size_t i = 0; i < 36; ++i) {
        EXPECT_NEAR(mean.tokens[i].relevanceRaw, (first.tokens[i].relevanceRaw + second.tokens[i].relevanceRaw) / 2, 1e-6);
    }
    EXPECT_EQ(first.options.queryPooling, QueryPooling::kMean) << "llm space";
    EXPECT_EQ(first.options.relevanceSpace, RelevanceSpace::kLlm);
}

TEST(Grid, Uniform64Of576) {   // methods.md 15
    PruneInput input;
    input.tokens = HostTensor({576, 2}, std::vector<float>(1152, 1.0F));
    input.gridRows = input.gridCols = 24;
    std::set<std::int64_t> rows;
    std::set<std::int64_t> cols;
    const PruneDecision decision = decideFresh(input, withMethod("grid", 64));
    for (const std::int64_t i : decision.kept) {
        rows.insert(i / 24);
        cols.insert(i % 24);
    }
    const std::set<std::int64_t> expected{1, 4, 7, 10, 13, 16, 19, 22};
    EXPECT_EQ(rows, expected);
    EXPECT_EQ(cols, expected);
    EXPECT_EQ(decision.kept.size(), 64U);
    for (const auto& [keep, gh, gw] : {std::array<std::size_t, 3>{192, 12, 16}, {128, 8, 16}, {32, 4, 8}, {16, 4, 4}}) {
        rows.clear();
        cols.clear();
        for (const std::int64_t i : decideFresh(input, withMethod("grid", static_cast<std::int64_t>(keep))).kept) {
            rows.insert(i / 24);
            cols.insert(i % 24);
        }
        EXPECT_EQ(rows.size(), gh) << keep;
        EXPECT_EQ(cols.size(), gw) << keep;
    }
}

TEST(Grid, EveryBudgetIsMetOnEveryGrid) {
    for (const auto& [rows, cols] : {std::pair{24, 24}, {7, 5}, {1, 9}, {9, 1}, {3, 20}}) {
        PruneInput input;
        const std::int64_t n = static_cast<std::int64_t>(rows) * cols;
        input.tokens = HostTensor({n, 1}, std::vector<float>(static_cast<std::size_t>(n), 1.0F));
        input.gridRows = rows;
        input.gridCols = cols;
        for (std::int64_t keep = 1; keep < n; ++keep) {
            const PruneDecision decision = decideFresh(input, withMethod("grid", keep));
            ASSERT_EQ(static_cast<std::int64_t>(decision.kept.size()), keep);
            ASSERT_TRUE(reasonsOf(decision, Reason::kFill).empty()) << rows << "x" << cols << " keep " << keep;
        }
    }
}

TEST(Grid, NeedsToKnowTheGrid) {
    PruneInput input = makeInput(1, {});
    input.gridRows = input.gridCols = 0;
    PruneSession session;
    ASSERT_TRUE(session.setInput(input).ok());
    EXPECT_EQ(session.decide(withMethod("grid", 5)).error().id, "PRUNE-GRID");
    EXPECT_TRUE(session.decide(withMethod("script", 5)).ok());
}

TEST(Random, FollowsTheSeedAndIsNested) {
    const PruneInput input = makeInput(1, {});
    PruneOptions options = withMethod("random", 12);
    const PruneDecision a = decideFresh(input, options);
    EXPECT_EQ(a.kept, decideFresh(input, options).kept);
    EXPECT_EQ(a.kept.size(), 12U);
    options.keep = 20;
    const PruneDecision more = decideFresh(input, options);
    EXPECT_TRUE(std::includes(more.kept.begin(), more.kept.end(), a.kept.begin(), a.kept.end()));
    options.seed = 1;
    EXPECT_NE(decideFresh(input, options).kept, more.kept);
    EXPECT_EQ(reasonsOf(a, Reason::kMethod).size(), 24U);
    // Every token is drawn about as often: 400 seeds, 12 of 36.
    std::vector<int> drawn(36, 0);
    options.keep = 12;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        options.seed = seed;
        for (const std::int64_t i : decideFresh(input, options).kept) {
            drawn[static_cast<std::size_t>(i)] += 1;
        }
    }
    for (const int count : drawn) {
        EXPECT_NEAR(count, 400.0 / 3, 45);
    }
}

TEST(None, KeepsAll) {
    const PruneDecision decision = decideFresh(makeInput(1, {}), withMethod("none", 5));
    EXPECT_EQ(decision.kept.size(), 36U);
    EXPECT_EQ(*decision.options.keep, 36);
    EXPECT_TRUE(decision.order.empty());
}

TEST(Forced, TokensAreKeptAndDroppedInsideTheBudget) {
    const PruneInput input = makeInput(2, {});
    for (const char* method : {"script", "gsp", "qcsp", "relevance", "random", "grid"}) {
        PruneOptions options = withMethod(method, 9);
        const PruneDecision plain = decideFresh(input, options);
        const std::int64_t outsider = plain.kept.front() == 0 ? plain.kept.back() + 1 < 36 ? plain.kept.back() + 1 : 1 : 0;
        options.forceKeep = {outsider};
        options.forceDrop = {plain.kept[3], plain.kept[4]};
        const PruneDecision forced = decideFresh(input, options);
        EXPECT_EQ(forced.kept.size(), 9U) << method;
        EXPECT_TRUE(forced.tokens[static_cast<std::size_t>(outsider)].kept) << method;
        EXPECT_EQ(forced.tokens[static_cast<std::size_t>(outsider)].reason, Reason::kForced) << method;
        EXPECT_FALSE(forced.tokens[static_cast<std::size_t>(plain.kept[3])].kept) << method;
        EXPECT_EQ(forced.tokens[static_cast<std::size_t>(plain.kept[4])].reason, Reason::kForced) << method;
    }
}

TEST(Forced, ConflictsAreErrors) {
    PruneSession session;
    ASSERT_TRUE(session.setInput(makeInput(2, {})).ok());
    PruneOptions options = withMethod("script", 3);
    options.forceKeep = {1, 2};
    options.forceDrop = {2};
    EXPECT_EQ(session.decide(options).error().id, "USAGE-FORCE");
    options.forceDrop = {};
    options.forceKeep = {0, 1, 2, 3};
    EXPECT_EQ(session.decide(options).error().id, "USAGE-FORCE");
    options.forceKeep = {36};
    EXPECT_EQ(session.decide(options).error().id, "USAGE-FORCE");
    options.forceKeep = {-1};
    EXPECT_EQ(session.decide(options).error().code, ErrorCode::kUsage);
    options.forceKeep = {};
    options.keep = 30;
    for (std::int64_t i = 0; i < 10; ++i) {
        options.forceDrop.push_back(i);
    }
    const auto decision = session.decide(options);   // 26 are left
    ASSERT_TRUE(decision.ok());
    EXPECT_EQ(decision->kept.size(), 26U);
    EXPECT_EQ(decision->warnings.front().rfind("PRUNE-SHORT", 0), 0U);
}

TEST(Budget, RatioAndDefault) {
    const PruneInput input = makeInput(4, {});   // 36 tokens
    PruneOptions options;
    EXPECT_EQ(decideFresh(input, options).kept.size(), 36U) << "64 of 36";
    options.keepRatio = 0.25;
    EXPECT_EQ(decideFresh(input, options).kept.size(), 9U);
    options.keepRatio = 1.0 / 72;   // 0.5: half to even is 0, at least one
    EXPECT_EQ(decideFresh(input, options).kept.size(), 1U);
    options.keepRatio = 2.5 / 36;
    EXPECT_EQ(decideFresh(input, options).kept.size(), 2U);
    options.keep = 7;
    EXPECT_EQ(decideFresh(input, options).kept.size(), 7U) << "keep wins over the ratio";
    options.keep = 1000;
    EXPECT_EQ(decideFresh(input, options).kept.size(), 36U);
}

TEST(Tiles, BudgetIsDealtToTheLowestTilesFirst) {
    FieldSpec spec;
    spec.tiles = 5;
    const PruneInput input = makeInput(7, spec);
    for (const char* method : {"script", "gsp", "qcsp", "relevance", "random", "grid"}) {
        PruneOptions options = withMethod(method, 33);
        const PruneDecision decision = decideFresh(input, options);
        std::vector<int> perTile(5, 0);
        for (const std::int64_t i : decision.kept) {
            perTile[static_cast<std::size_t>(i / 36)] += 1;
        }
        EXPECT_EQ(perTile, (std::vector<int>{7, 7, 7, 6, 6})) << method;
        options.keepPerTile = true;
        options.keep = 4;
        EXPECT_EQ(decideFresh(input, options).kept.size(), 20U) << method;
        options.scope = TileScope::kImage;
        EXPECT_EQ(decideFresh(input, options).kept.size(), 4U) << method;
    }
    PruneOptions few = withMethod("script", 3);   // fewer than tiles
    EXPECT_EQ(decideFresh(input, few).kept.size(), 3U);
}

TEST(Tiles, TileScopeIsEachTileAlone) {
    FieldSpec spec;
    spec.tiles = 2;
    const PruneInput input = makeInput(11, spec);
    const PruneDecision whole = decideFresh(input, withMethod("script", 20));
    for (std::int64_t t = 0; t < 2; ++t) {
        PruneInput one = input;
        one.tiles = 1;
        one.tokens = HostTensor({36, 24}, std::vector<float>(input.tokens.data() + t * 36 * 24, input.tokens.data() + (t + 1) * 36 * 24));
        std::vector<std::int64_t> expected;
        for (const std::int64_t i : decideFresh(one, withMethod("script", 10)).kept) {
            expected.push_back(i + t * 36);
        }
        std::vector<std::int64_t> part;
        std::copy_if(whole.kept.begin(), whole.kept.end(), std::back_inserter(part), [t](std::int64_t i) { return i / 36 == t; });
        EXPECT_EQ(part, expected);
    }
    PruneSession session;
    ASSERT_TRUE(session.setInput(input).ok());
    const auto s = session.similarity();
    ASSERT_TRUE(s.ok());
    EXPECT_EQ(s->data()[36], 0.0F) << "tiles do not see each other";
    PruneOptions image = withMethod("script", 20);
    image.scope = TileScope::kImage;
    ASSERT_TRUE(session.decide(image).ok());
    EXPECT_NE(session.similarity()->data()[36], 0.0F);
}

TEST(Tiles, FiveTilesAreEmittedBaseFirstThenRowsAcrossTiles) {   // methods.md 1.1
    FieldSpec spec;
    spec.tiles = 5;
    spec.rows = spec.cols = 3;
    const PruneDecision decision = decideFresh(makeInput(12, spec), withMethod("none", 45));
    ASSERT_EQ(decision.emitted.size(), 45U);
    for (std::int64_t i = 0; i < 9; ++i) {
        EXPECT_EQ(decision.emitted[static_cast<std::size_t>(i)], i);
    }
    const std::vector<std::int64_t> row{9, 10, 11, 18, 19, 20};   // first row of tile 1, then of tile 2
    EXPECT_TRUE(std::equal(row.begin(), row.end(), decision.emitted.begin() + 9));
    EXPECT_EQ(decision.emitted[27], 27) << "tile 3 starts the lower half";
}

TEST(Options, RangesAndNames) {
    const auto idOf = [](const auto& change) {
        PruneOptions options;
        change(options);
        const auto result = validateOptions(options);
        return result.ok() ? std::string() : result.error().id;
    };
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(idOf([](PruneOptions&) {}), "");
    EXPECT_EQ(idOf([](PruneOptions& o) { o.keep = 0; }), "USAGE-RANGE");
    EXPECT_EQ(idOf([](PruneOptions& o) { o.keep = -4; }), "USAGE-RANGE");
    EXPECT_EQ(idOf([](PruneOptions& o) { o.keepRatio = 0.0; }), "USAGE-RANGE");
    EXPECT_EQ(idOf([](PruneOptions& o) { o.keepRatio = 1.01; }), "USAGE-RANGE");
    EXPECT_EQ(idOf([&](PruneOptions& o) { o.keepRatio = nan; }), "USAGE-RANGE");
    EXPECT_EQ(idOf([](PruneOptions& o) { o.tau.value = 1.1; }), "USAGE-RANGE");
    EXPECT_EQ(idOf([&](PruneOptions& o) { o.tau.value = nan; }), "USAGE-RANGE");
    EXPECT_EQ(idOf([](PruneOptions& o) { o.tau = {90, true}; }), "");
    EXPECT_EQ(idOf([](PruneOptions& o) { o.tau = {101, true}; }), "USAGE-RANGE");
    EXPECT_EQ(idOf([](PruneOptions& o) { o.gamma = -1; }), "USAGE-RANGE");
    EXPECT_EQ(idOf([](PruneOptions& o) { o.gamma = std::numeric_limits<double>::infinity(); }), "USAGE-RANGE");
    EXPECT_EQ(idOf([](PruneOptions& o) { o.gspRatio = 1.5; }), "USAGE-RANGE");
    EXPECT_EQ(idOf([&](PruneOptions& o) { o.gspRatio = nan; }), "USAGE-RANGE");
    EXPECT_EQ(idOf([](PruneOptions& o) { o.relevancePower = -0.1; }), "USAGE-RANGE");
    EXPECT_EQ(idOf([](PruneOptions& o) { o.relevanceTheta = 1.0; }), "USAGE-RANGE");
    EXPECT_EQ(idOf([](PruneOptions& o) { o.method = "nothing"; }), "USAGE-METHOD");
    for (const char* later : {"script-released", "trim", "visionzip", "fastv", "pdrop", "sparsevlm"}) {
        PruneOptions options;
        options.method = later;
        const auto result = validateOptions(options);
        ASSERT_FALSE(result.ok());
        EXPECT_EQ(result.error().id, "USAGE-METHOD");
        EXPECT_EQ(result.error().code, ErrorCode::kUsage);
        EXPECT_NE(result.error().what.find("not built yet"), std::string::npos);
        EXPECT_NE(result.error().hint.find("script, gsp"), std::string::npos);
        EXPECT_LE(formatErrorLine("prunescope-cli", result.error()).size(), 240U);
    }
}

TEST(Options, RegistryNamesAreUniqueAndDescribed) {
    std::set<std::string> names;
    for (const MethodInfo& info : pruningMethods()) {
        EXPECT_TRUE(names.insert(info.name).second);
        EXPECT_FALSE(info.summary.empty());
        PruneOptions options;
        options.method = info.name;
        EXPECT_TRUE(validateOptions(options).ok());
    }
    for (const char* name : {"none", "script", "gsp", "qcsp", "relevance", "random", "grid"}) {
        EXPECT_EQ(names.count(name), 1U) << name;
    }
}

TEST(Input, ShapesAreChecked) {
    PruneSession session;
    const PruneInput good = makeInput(1, {});
    const auto idOf = [&](const auto& change) {
        PruneInput input = good;
        change(input);
        const auto result = session.setInput(input);
        return result.ok() ? std::string() : result.error().id;
    };
    EXPECT_EQ(idOf([](PruneInput&) {}), "");
    EXPECT_EQ(idOf([](PruneInput& i) { i.relevanceTokens = HostTensor({35, 4}); }), "PRUNE-SHAPE");
    EXPECT_EQ(idOf([](PruneInput& i) { i.query = HostTensor({23}); }), "PRUNE-SHAPE");
    EXPECT_EQ(idOf([](PruneInput& i) { i.tokens = HostTensor({2, 18, 24}); }), "PRUNE-SHAPE");
    EXPECT_EQ(idOf([](PruneInput& i) { i.tiles = 5; }), "PRUNE-SHAPE");
    EXPECT_EQ(idOf([](PruneInput& i) { i.tiles = 0; }), "PRUNE-SHAPE");
    EXPECT_EQ(idOf([](PruneInput& i) { i.gridRows = 7; }), "PRUNE-SHAPE");
    EXPECT_EQ(idOf([](PruneInput& i) { i.gridRows = 5; i.gridCols = 7; }), "") << "35 places and a class token";
    EXPECT_EQ(session.decide({}).ok(), true);
    PruneSession empty;
    EXPECT_EQ(empty.decide({}).error().id, "PRUNE-NO-INPUT");
    EXPECT_EQ(empty.similarity().error().id, "PRUNE-NO-INPUT");
    EXPECT_EQ(empty.setQuery({}).error().id, "PRUNE-NO-INPUT");
}

TEST(Input, ClassTokenHasNoPlace) {
    PruneInput input = makeInput(1, {});
    input.gridRows = 5;
    input.gridCols = 7;
    const PruneDecision decision = decideFresh(input, withMethod("grid", 6));
    EXPECT_EQ(decision.tokens[0].row, -1);
    EXPECT_EQ(decision.tokens[1].row, 0);
    EXPECT_EQ(decision.tokens[35].col, 6);
    EXPECT_FALSE(decision.tokens[0].kept);
}

}  // namespace
}  // namespace prunescope
