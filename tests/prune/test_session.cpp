// SPDX-License-Identifier: GPL-3.0-or-later

// A session that answers many changes of knobs and questions says what a fresh one would say, and computes what it says only once.

#include "make_input.h"

#include <gtest/gtest.h>

#include <cmath>

namespace prunescope {
namespace {

/// Counts what is asked of the operations.
class CountingOps final : public CoreOps {
public:
    mutable int similarities = 0, tables = 0, relevances = 0, greedies = 0;
    std::string name() const override { return "counting"; }
    Result<HostTensor> similarity(MatrixView tokens) const override {
        ++similarities;
        return workingOps()->similarity(tokens);
    }
    Result<ThresholdTable> thresholdTable(MatrixView s, const std::vector<std::uint8_t>& side, int bins) const override {
        ++tables;
        return workingOps()->thresholdTable(s, side, bins);
    }
    Result<std::vector<float>> relevance(MatrixView tokens, const std::vector<float>& query) const override {
        ++relevances;
        return workingOps()->relevance(tokens, query);
    }
    Result<GreedyOrder> greedyDpp(MatrixView s, const std::vector<float>& weights, std::int64_t k) const override {
        return workingOps()->greedyDpp(s, weights, k);
    }
    Result<std::unique_ptr<GreedyRun>> startGreedy(MatrixView s, std::vector<float> weights) const override {
        ++greedies;
        return workingOps()->startGreedy(s, std::move(weights));
    }
};

void expectSame(const PruneDecision& a, const PruneDecision& b, const std::string& what) {
    EXPECT_EQ(a.kept, b.kept) << what;
    EXPECT_EQ(a.order, b.order) << what;
    EXPECT_EQ(a.gain, b.gain) << what;
    EXPECT_EQ(a.emitted, b.emitted) << what;
    EXPECT_EQ(a.warnings, b.warnings) << what;
    const auto same = [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); };
    for (std::size_t i = 0; i < a.tokens.size(); ++i) {
        const TokenTrace& x = a.tokens[i];
        const TokenTrace& y = b.tokens[i];
        ASSERT_TRUE(x.kept == y.kept && x.reason == y.reason && x.degree == y.degree && x.gspRank == y.gspRank && x.dppRank == y.dppRank) << what << " " << i;
        ASSERT_TRUE(same(x.gspScore, y.gspScore) && same(x.meanSimilarity, y.meanSimilarity) && same(x.relevance, y.relevance) && same(x.dppGain, y.dppGain))
            << what << " " << i;
    }
}

TEST(Session, RandomKnobSequencesEqualFreshDecisions) {
    for (unsigned round = 0; round < 12; ++round) {
        FieldSpec spec;
        spec.tiles = round % 4 == 3 ? 5 : 1;
        PruneInput input = makeInput(100 + round, spec);
        PruneSession session;
        ASSERT_TRUE(session.setInput(input).ok());
        std::mt19937 random(round);
        std::uniform_real_distribution<double> uniform(0.0, 1.0);
        PruneOptions options;
        options.keep = 12;
        const std::vector<std::string> methods{"script", "gsp", "qcsp", "relevance", "random", "grid", "none"};
        for (int step = 0; step < 60; ++step) {
            switch (random() % 10) {
                case 0: options.tau = {uniform(random), false}; break;
                case 1: options.gamma = 5 * uniform(random); break;
                case 2: options.gspRatio = uniform(random); break;
                case 3: options.keep = 1 + static_cast<std::int64_t>(random() % 40); break;
                case 4: options.method = methods[random() % methods.size()]; break;
                case 5: options.fusion = static_cast<Fusion>(random() % 4); break;
                case 6: options.partition = static_cast<Partition>(random() % 3); break;
                case 7: options.relevancePower = 0.5 + uniform(random); break;
                case 8: options.scope = static_cast<TileScope>(random() % 2); break;
                default:
                    input.query = makeInput(1000 + static_cast<unsigned>(random() % 3), spec).query;
                    ASSERT_TRUE(session.setQuery(input.query).ok());
            }
            const auto decision = session.decide(options);
            ASSERT_TRUE(decision.ok()) << decision.error().why;
            expectSame(*decision, decideFresh(input, options), "round " + std::to_string(round) + " step " + std::to_string(step));
        }
    }
}

TEST(Session, ComputesOnceWhatDoesNotChange) {
    const auto ops = std::make_shared<CountingOps>();
    PruneSession session(ops);
    const PruneInput input = makeInput(1, {});
    ASSERT_TRUE(session.setInput(input).ok());
    PruneOptions options;
    for (int step = 0; step < 50; ++step) {
        options.keep = 3 + step % 20;
        options.tau.value = 0.01 * step;
        options.gamma = 0.1 * step;
        options.gspRatio = 0.015 * step;
        ASSERT_TRUE(session.decide(options).ok());
    }
    EXPECT_EQ(ops->similarities, 1);
    EXPECT_EQ(ops->tables, 1);
    EXPECT_EQ(ops->relevances, 1);
    EXPECT_EQ(ops->greedies, 1);
    ASSERT_TRUE(session.setQuery(makeInput(2, {}).query).ok());
    ASSERT_TRUE(session.decide(options).ok());
    EXPECT_EQ(ops->similarities, 1) << "a new question leaves the similarity alone";
    EXPECT_EQ(ops->tables, 1);
    EXPECT_EQ(ops->relevances, 2);
    EXPECT_EQ(ops->greedies, 2);
    options.method = "gsp";
    options.partition = Partition::kCheckerboard;
    ASSERT_TRUE(session.decide(options).ok());
    EXPECT_EQ(ops->tables, 2);
    EXPECT_EQ(ops->greedies, 2) << "gsp asks for no order";
    ASSERT_TRUE(session.setInput(input).ok());
    ASSERT_TRUE(session.decide(options).ok());
    EXPECT_EQ(ops->similarities, 2);
}

TEST(Session, NothingIsComputedForAFullBudget) {
    const auto ops = std::make_shared<CountingOps>();
    PruneSession session(ops);
    ASSERT_TRUE(session.setInput(makeInput(1, {})).ok());
    PruneOptions options;
    options.keep = 36;
    ASSERT_TRUE(session.decide(options).ok());
    options.method = "none";
    ASSERT_TRUE(session.decide(options).ok());
    EXPECT_EQ(ops->similarities + ops->tables + ops->relevances + ops->greedies, 0);
}

TEST(Session, StopsOnRequest) {
    PruneSession session;
    std::stop_source source;
    source.request_stop();
    ASSERT_TRUE(session.setInput(makeInput(1, {})).ok());
    PruneOptions options;
    options.keep = 4;
    EXPECT_EQ(session.decide(options, source.get_token()).error().code, ErrorCode::kCancelled);
    EXPECT_TRUE(session.decide(options).ok()) << "the session stays usable";
}

TEST(Session, RefusedInputLeavesNothingBehind) {
    PruneSession session;
    ASSERT_TRUE(session.setInput(makeInput(1, {})).ok());
    PruneInput bad = makeInput(1, {});
    bad.tokens = HostTensor({36, 24}, std::vector<float>(36 * 24, std::numeric_limits<float>::quiet_NaN()));
    EXPECT_EQ(session.setInput(bad).error().id, "NUM-NONFINITE");
    EXPECT_FALSE(session.decide({}).ok());
}

TEST(Session, TimingsAddUp) {
    PruneSession session;
    ASSERT_TRUE(session.setInput(makeInput(1, {})).ok());
    PruneOptions options;
    options.keep = 9;
    const auto first = session.decide(options);
    EXPECT_GT(first->timings.gramMs, 0);
    EXPECT_GT(first->timings.greedyMs, 0);
    EXPECT_GE(first->timings.totalMs,
              first->timings.gramMs + first->timings.relevanceMs + first->timings.gspMs + first->timings.greedyMs - 1e-6);
    EXPECT_EQ(session.decide(options)->timings.gramMs, 0) << "kept from the first time";
}

}  // namespace
}  // namespace prunescope
