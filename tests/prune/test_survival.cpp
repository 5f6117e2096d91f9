// SPDX-License-Identifier: GPL-3.0-or-later
// Survival over budgets and taus against the decision itself: every budget, many taus, every method, forced or not.
#include "core/prune/prune.h"
#include "core/prune/survival.h"
#include "tests/prune/make_input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace prunescope {
namespace {

struct Setting {
    std::string name;
    PruneOptions options;
    bool nested = true;
};

std::vector<Setting> settings() {
    std::vector<Setting> all;
    const auto add = [&](const std::string& name, bool nested, const std::function<void(PruneOptions&)>& change) {
        Setting setting{name, {}, nested};
        change(setting.options);
        all.push_back(setting);
    };
    add("walk", true, [](PruneOptions&) {});
    add("walk p 0.8", true, [](PruneOptions& o) { o.gspRatio = 0.8; });
    add("walk topk", true, [](PruneOptions& o) { o.qcsp = QcspRule::kTopK; });
    add("fusion none", true, [](PruneOptions& o) { o.fusion = Fusion::kNone; });
    add("restrict", true, [](PruneOptions& o) { o.fusion = Fusion::kRestrict; });
    add("restrict topk", true, [](PruneOptions& o) { o.fusion = Fusion::kRestrict, o.qcsp = QcspRule::kTopK; });
    add("append", false, [](PruneOptions& o) { o.fusion = Fusion::kAppend; });
    add("gsp", true, [](PruneOptions& o) { o.method = "gsp"; });
    add("gsp checkerboard", true, [](PruneOptions& o) { o.method = "gsp", o.partition = Partition::kCheckerboard, o.gamma = 3; });
    add("qcsp", true, [](PruneOptions& o) { o.method = "qcsp"; });
    add("qcsp topk", true, [](PruneOptions& o) { o.method = "qcsp", o.qcsp = QcspRule::kTopK; });
    add("relevance", true, [](PruneOptions& o) { o.method = "relevance"; });
    add("random", true, [](PruneOptions& o) { o.method = "random", o.seed = 5; });
    add("grid", false, [](PruneOptions& o) { o.method = "grid"; });
    add("none", true, [](PruneOptions& o) { o.method = "none"; });
    return all;
}

PruneDecision decideAt(PruneSession& session, PruneOptions options, std::int64_t keep) {
    options.keep = keep;
    Result<PruneDecision> decision = session.decide(options);
    EXPECT_TRUE(decision.ok()) << formatErrorLine("t", decision.error());
    return decision.ok() ? *decision : PruneDecision{};
}

void expectEveryBudget(PruneSession& session, const Setting& setting, std::int64_t last) {
    const Result<BudgetSurvival> survival = session.budgetSurvival(setting.options, last);
    ASSERT_TRUE(survival.ok()) << setting.name << formatErrorLine("t", survival.error());
    EXPECT_EQ(survival->nested, setting.nested) << setting.name;
    for (std::int64_t k = survival->firstBudget; k <= survival->lastBudget; ++k) {
        const PruneDecision decision = decideAt(session, setting.options, k);
        for (std::int64_t i = 0; i < decision.n; ++i) {
            ASSERT_EQ(survival->keptAt(i, k), decision.tokens[static_cast<std::size_t>(i)].kept) << setting.name << " token " << i << " budget " << k;
            if (survival->nested) {
                ASSERT_EQ(survival->entersAt[static_cast<std::size_t>(i)] <= k, decision.tokens[static_cast<std::size_t>(i)].kept);
            }
        }
    }
}

TEST(BudgetSurvival, ThresholdsAreTheKeptSetsOfEveryBudget) {
    for (const unsigned seed : {1U, 2U, 3U}) {
        PruneSession session;
        ASSERT_TRUE(session.setInput(makeInput(seed, {})).ok());
        for (const Setting& setting : settings()) {
            expectEveryBudget(session, setting, 0);
            expectEveryBudget(session, setting, 11);
        }
    }
}

TEST(BudgetSurvival, ForcedTokensShiftTheOthers) {
    for (const unsigned seed : {4U, 5U, 6U}) {
        PruneSession session;
        ASSERT_TRUE(session.setInput(makeInput(seed, {})).ok());
        for (Setting setting : settings()) {
            setting.options.forceDrop = {0, 7, 20, 21, 22, 35};
            expectEveryBudget(session, setting, 0);
            setting.options.forceKeep = {3, 4, 30};
            setting.nested = setting.nested && setting.name != "restrict";
            expectEveryBudget(session, setting, 0);
            if (setting.name == "none") {
                continue;
            }
            const Result<BudgetSurvival> survival = session.budgetSurvival(setting.options);
            ASSERT_TRUE(survival.ok());
            EXPECT_EQ(survival->firstBudget, 3) << setting.name;
            setting.options.keep = 2;
            const Result<PruneDecision> refused = session.decide(setting.options);
            ASSERT_FALSE(refused.ok()) << setting.name;
            EXPECT_EQ(refused.error().id, "USAGE-FORCE");
        }
    }
}

TEST(BudgetSurvival, ForcedDropsThatLeaveGShortOfTheBudget) {
    PruneSession session;
    ASSERT_TRUE(session.setInput(makeInput(9, {})).ok());
    for (Setting setting : settings()) {
        setting.options.gspRatio = 0.8;   // G holds 8 of 36
        const PruneDecision decision = decideAt(session, setting.options, 4);
        for (const TokenTrace& token : decision.tokens) {
            if (token.reason == Reason::kKept || token.reason == Reason::kQcsp) {
                setting.options.forceDrop.push_back(token.index);
            }
        }
        if (setting.options.forceDrop.size() < 36) {
            expectEveryBudget(session, setting, 0);
        }
    }
}

TEST(BudgetSurvival, TilesShareTheBudgetOrHaveOneEach) {
    FieldSpec spec;
    spec.rows = spec.cols = 4;
    spec.tiles = 3;
    PruneSession session;
    ASSERT_TRUE(session.setInput(makeInput(11, spec)).ok());
    for (Setting setting : settings()) {
        expectEveryBudget(session, setting, 0);
        setting.options.keepPerTile = true;
        expectEveryBudget(session, setting, 0);
        setting.options.keepPerTile = false;
        setting.options.scope = TileScope::kImage;
        expectEveryBudget(session, setting, 0);
        setting.options.scope = TileScope::kTile;
        setting.options.forceKeep = {17, 18};
        setting.nested = setting.nested && setting.name != "restrict";
        expectEveryBudget(session, setting, 0);
    }
}

TEST(BudgetSurvival, DependentFeaturesAndTokensWithoutLength) {
    PruneInput input = makeInput(13, {});
    float* x = input.tokens.mutableData();
    for (int c = 0; c < 24; ++c) {
        x[5 * 24 + c] = 0;
        x[6 * 24 + c] = 0;
        for (int i = 20; i < 36; ++i) {
            x[i * 24 + c] = x[8 * 24 + c];   // the greedy order ends early
        }
    }
    PruneSession session;
    ASSERT_TRUE(session.setInput(input).ok());
    for (const Setting& setting : settings()) {
        expectEveryBudget(session, setting, 0);
    }
}

TEST(BudgetSurvival, AnotherQuestionIsAnotherSurvival) {
    PruneSession session;
    const PruneInput input = makeInput(14, {});
    ASSERT_TRUE(session.setInput(input).ok());
    const Result<BudgetSurvival> first = session.budgetSurvival({});
    ASSERT_TRUE(session.setQuery(HostTensor({24}, std::vector<float>(24, 1.0F))).ok());
    const Result<BudgetSurvival> second = session.budgetSurvival({});
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_NE(first->entersAt, second->entersAt);
    expectEveryBudget(session, {"walk", {}, true}, 0);
}

void expectTaus(PruneSession& session, const Setting& setting, std::mt19937& random) {
    const double step = 0.04;
    const Result<TauSurvival> survival = session.tauSurvival(setting.options, step);
    ASSERT_TRUE(survival.ok()) << setting.name;
    std::uniform_real_distribution<double> uniform(-1, 1);
    for (int i = 0; i <= 120; ++i) {
        const double tau = i <= 50 ? std::min(1.0, -1.0 + step * i) : uniform(random);
        PruneOptions options = setting.options;
        options.tau = {tau, false};
        const Result<PruneDecision> decision = session.decide(options);
        ASSERT_TRUE(decision.ok());
        const std::int64_t discarded = decision->n - std::clamp<std::int64_t>(decision->n - static_cast<std::int64_t>(std::floor(options.gspRatio * static_cast<double>(decision->n))),
                                                                              *decision->options.keep, decision->n);
        for (const TokenTrace& token : decision->tokens) {
            if (survival->step == 0 || i <= 50) {
                ASSERT_EQ(survival->keptAt(token.index, tau), token.kept) << setting.name << " token " << token.index << " tau " << tau;
            }
            if (survival->usesTau) {
                ASSERT_EQ(survival->redundantAt(token.index, tau), token.gspRank < discarded) << setting.name << " token " << token.index << " tau " << tau;
            }
        }
    }
}

TEST(TauSurvival, RangesAreTheDecisionsOfEveryTau) {
    std::mt19937 random(7);
    for (const unsigned seed : {21U, 22U, 23U}) {
        PruneSession session;
        ASSERT_TRUE(session.setInput(makeInput(seed, {})).ok());
        for (Setting setting : settings()) {
            setting.options.keep = 9;
            expectTaus(session, setting, random);
            setting.options.gamma = 0;
            setting.options.forceDrop = {2, 3, 10};
            setting.options.forceKeep = {5};
            expectTaus(session, setting, random);
        }
    }
}

TEST(TauSurvival, EdgesOfRangesAreExact) {
    PruneSession session;
    ASSERT_TRUE(session.setInput(makeInput(31, {})).ok());
    PruneOptions options;
    options.keep = 9;
    const Result<TauSurvival> survival = session.tauSurvival(options);
    ASSERT_TRUE(survival.ok());
    EXPECT_TRUE(survival->usesTau);
    EXPECT_EQ(survival->step, 0);
    int edges = 0;
    for (std::size_t i = 0; i < survival->kept.size(); ++i) {
        for (const TauRange& range : survival->kept[i]) {
            for (const auto& [tau, kept] : {std::pair(range.from, true), {range.to, true}, {std::nextafter(range.from, -2.0), false}, {std::nextafter(range.to, 2.0), false}}) {
                if (tau < -1 || tau > 1) {
                    continue;
                }
                options.tau = {tau, false};
                const Result<PruneDecision> decision = session.decide(options);
                ASSERT_TRUE(decision.ok());
                EXPECT_EQ(decision->tokens[i].kept, kept) << "token " << i << " tau " << tau;
                edges += 1;
            }
        }
    }
    EXPECT_GT(edges, 40);
}

TEST(TauSurvival, DuplicatesTieByIndexAsInTheDecision) {
    std::mt19937 random(8);
    PruneInput input = makeInput(33, {});
    float* x = input.tokens.mutableData();
    for (int c = 0; c < 24; ++c) {
        for (int i = 12; i < 36; ++i) {
            x[i * 24 + c] = x[(i % 4) * 24 + c];
        }
        x[7 * 24 + c] = 0;
    }
    PruneSession session;
    ASSERT_TRUE(session.setInput(input).ok());
    for (const char* method : {"gsp", "script"}) {
        Setting setting{method, {}, true};
        setting.options.method = method;
        setting.options.keep = 7;
        expectTaus(session, setting, random);
    }
}

TEST(TauSurvival, CancelsAndRefuses) {
    PruneSession session;
    ASSERT_TRUE(session.setInput(makeInput(34, {})).ok());
    std::stop_source stop;
    stop.request_stop();
    PruneOptions options;
    options.keep = 9;
    const Result<TauSurvival> stopped = session.tauSurvival(options, 0.01, stop.get_token());
    ASSERT_FALSE(stopped.ok());
    EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
    EXPECT_EQ(session.tauSurvival(options, 0).error().id, "USAGE-RANGE");
    options.method = "grid";
    EXPECT_EQ(session.budgetSurvival(options, 0, stop.get_token()).error().code, ErrorCode::kCancelled);
    options.forceKeep = {1, 2, 3, 4};
    EXPECT_EQ(session.budgetSurvival(options, 3).error().id, "USAGE-FORCE");
}

}  // namespace
}  // namespace prunescope
