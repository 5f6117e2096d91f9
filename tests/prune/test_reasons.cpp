// SPDX-License-Identifier: GPL-3.0-or-later
// Reasons of single tokens: every number against a straight recomputation, the sum of Eq. 11, counterfactuals decided again.
#include "core/prune/counterfactual.h"
#include "core/prune/reasons.h"
#include "core/prune/share_table.h"
#include "core/prune/survival.h"
#include "tests/prune/make_input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace prunescope {
namespace {

struct Subject {
    PruneSession session;
    PruneOptions options;
    PruneDecision decision;
    HostTensor similarity;
};

void prepare(Subject& subject, unsigned seed, const std::function<void(PruneOptions&)>& change = {}) {
    ASSERT_TRUE(subject.session.setInput(makeInput(seed, {})).ok());
    subject.options.keep = 9;
    if (change) {
        change(subject.options);
    }
    Result<PruneDecision> decision = subject.session.decide(subject.options);
    ASSERT_TRUE(decision.ok());
    subject.decision = *decision;
    subject.similarity = subject.session.similarity().value();
}

TokenReasons explain(Subject& subject, std::int64_t token, bool flips = false) {
    Result<TokenReasons> reasons = subject.session.explain(subject.options, token, {8, flips});
    EXPECT_TRUE(reasons.ok()) << formatErrorLine("t", reasons.error());
    return reasons.ok() ? *reasons : TokenReasons{};
}

TEST(Reasons, GraphNumbersAndTheirCut) {
    Subject s;
    prepare(s, 41);
    for (std::int64_t i = 0; i < 36; ++i) {
        const TokenReasons r = explain(s, i);
        const TokenTrace& trace = s.decision.tokens[static_cast<std::size_t>(i)];
        ASSERT_TRUE(r.hasGraph);
        EXPECT_EQ(r.trace.gspScore, trace.gspScore);
        EXPECT_EQ(r.oppositeSize, 18);
        EXPECT_EQ(r.discarded, 18);
        EXPECT_EQ(r.budget, 9);
        int degree = 0;
        double sum = 0;
        float nearest = -2;
        for (std::int64_t j = 0; j < 36; ++j) {
            const float v = s.similarity.data()[i * 36 + j];
            if (j % 2 != i % 2 && v >= edgeBound(0.5)) {
                degree += 1;
                sum += v;
            }
            nearest = j == i ? nearest : std::max(nearest, v);
        }
        EXPECT_EQ(r.trace.degree, degree);
        if (degree > 0) {
            EXPECT_NEAR(r.trace.meanSimilarity, sum / degree, 1e-6);
            EXPECT_NEAR(r.trace.gspScore, degree * std::exp(std::max(0.0, sum / degree - 0.5)), 1e-4 * degree);
        }
        // The cut lies between the two scores, and this token on its side of it.
        EXPECT_LE(r.cutPassed, r.cutDiscarded);
        if (trace.gspRank < r.discarded) {
            EXPECT_GE(trace.gspScore, r.cutDiscarded);
        } else {
            EXPECT_LE(trace.gspScore, r.cutPassed);
        }
        ASSERT_EQ(r.nearest.size(), 8U);
        EXPECT_EQ(r.nearest.front().similarity, nearest);
        int edges = 0;
        for (std::size_t p = 0; p < r.partners.size(); ++p) {
            const Partner& partner = r.partners[p];
            EXPECT_EQ(partner.token % 2, 1 - i % 2);
            EXPECT_EQ(partner.similarity, s.similarity.data()[i * 36 + partner.token]);
            EXPECT_EQ(partner.kept, s.decision.tokens[static_cast<std::size_t>(partner.token)].kept);
            EXPECT_TRUE(p == 0 || r.partners[p - 1].similarity >= partner.similarity);
            edges += partner.edge ? 1 : 0;
        }
        EXPECT_EQ(edges, std::min(8, degree));
    }
}

TEST(Reasons, SharesOfEq11AddUpToOne) {
    for (const Fusion fusion : {Fusion::kWalk, Fusion::kRestrict, Fusion::kNone, Fusion::kAppend}) {
        Subject s;
        prepare(s, 43, [&](PruneOptions& o) { o.fusion = fusion; });
        for (std::int64_t i = 0; i < 36; ++i) {
            const TokenReasons r = explain(s, i);
            ASSERT_TRUE(r.hasOrder);
            EXPECT_NEAR(r.explained + r.remaining, 1.0, 1e-9);
            EXPECT_GT(r.remaining, -1e-6);
            double sum = 0;
            for (std::size_t k = 0; k < r.shares.size(); ++k) {
                const ExplainedShare& share = r.shares[k];
                EXPECT_EQ(s.decision.order[static_cast<std::size_t>(share.rank)], share.token);
                EXPECT_EQ(share.kept, s.decision.tokens[static_cast<std::size_t>(share.token)].kept);
                EXPECT_LT(share.rank, r.picksSeen);
                EXPECT_TRUE(k == 0 || r.shares[k - 1].share >= share.share);
                sum += share.share;
            }
            EXPECT_NEAR(sum, r.explained, 1e-9);
            EXPECT_EQ(r.picksSeen, r.trace.dppRank >= 0 ? r.trace.dppRank : static_cast<std::int32_t>(s.decision.order.size()));
            if (r.trace.dppRank >= 0) {   // what was left of it at its pick is the gain
                EXPECT_NEAR(r.weight * r.weight * r.remaining, r.trace.dppGain, 1e-4 * r.trace.dppGain + 1e-9);
            }
        }
    }
}

TEST(Reasons, ACopyIsExplainedByItsTwin) {
    PruneInput input = makeInput(44, {});
    std::copy_n(input.tokens.data() + 4 * 24, 24, input.tokens.mutableData() + 11 * 24);
    Subject s;
    ASSERT_TRUE(s.session.setInput(input).ok());
    s.options.method = "qcsp";
    s.options.keep = 35;
    s.decision = s.session.decide(s.options).value();
    const TokenReasons r = explain(s, 11);
    EXPECT_EQ(r.trace.dppRank, -1);
    EXPECT_NEAR(r.remaining, 0.0, 1e-6);
    EXPECT_FALSE(r.hasGraph);
    EXPECT_TRUE(r.partners.empty());
    EXPECT_EQ(r.nearest.front().token, 4);
    EXPECT_NEAR(r.nearest.front().similarity, 1.0, 1e-6);
}

TEST(Reasons, SharesStayFiniteAtTheEndOfTheRank) {
    FieldSpec spec;
    spec.rows = spec.cols = 12;
    spec.d = 16;   // 144 tokens in 16 dimensions
    PruneInput input = makeInput(46, spec);
    std::mt19937 random(1);
    std::normal_distribution<float> noise(0.0F, 2e-3F);   // as much beyond them as picks live on
    HostTensor wide({144, 80});
    for (int i = 0; i < 144; ++i) {
        for (int c = 0; c < 80; ++c) {
            wide.mutableData()[i * 80 + c] = c < 16 ? input.tokens.data()[i * 16 + c] : noise(random);
        }
    }
    input.tokens = wide;
    input.query = HostTensor({80}, std::vector<float>(80, 1.0F));
    Subject s;
    ASSERT_TRUE(s.session.setInput(input).ok());
    s.options.keep = 140;
    s.options.method = "qcsp";
    s.decision = s.session.decide(s.options).value();
    for (std::int64_t i = 0; i < 144; ++i) {
        const TokenReasons r = explain(s, i);
        ASSERT_TRUE(std::isfinite(r.explained));
        EXPECT_NEAR(r.explained + r.remaining, 1.0, 1e-9);
        EXPECT_GT(r.remaining, -1e-3);
        EXPECT_LT(r.explained, 1.001);
    }
}

TEST(Reasons, APickThatIsNothingButRoundingExplainsNothing) {
    // Tokens 0 and 1 are one direction, but for the last bits of float32.
    const HostTensor similarity({3, 3}, {1.0F, 1.0F, 0.5F, 1.0F, 1.0F, 0.5000001F, 0.5F, 0.5000001F, 1.0F});
    detail::ShareTable table;
    table.setPicks(MatrixView(similarity), {0, 1});
    const std::vector<double> terms = table.terms(MatrixView(similarity), 2, 2);
    EXPECT_NEAR(terms[0] * terms[0], 0.25, 1e-7);
    EXPECT_EQ(terms[1], 0.0);
}

TEST(Reasons, RelevanceAndItsRange) {
    Subject s;
    prepare(s, 45);
    for (std::int64_t i = 0; i < 36; ++i) {
        const TokenReasons r = explain(s, i);
        ASSERT_TRUE(r.hasRelevance);
        EXPECT_NEAR(r.trace.relevance, 1e-6 + (1 - 1e-6) * (r.trace.relevanceRaw - r.relevanceLow) / (static_cast<double>(r.relevanceHigh) - r.relevanceLow), 1e-6);
    }
}

/// The outcome at the value, and at the knob's nearest steps towards the present setting.
void expectFlip(Subject& s, const TokenReasons& r, const Counterfactual& flip) {
    const auto decide = [&](double value) {
        PruneOptions options = s.options;
        switch (flip.knob) {
            case Knob::kBudget: options.keep = static_cast<std::int64_t>(value); break;
            case Knob::kTau: options.tau = {value, false}; break;
            case Knob::kGspRatio: options.gspRatio = value; break;
        }
        return s.session.decide(options).value().tokens[static_cast<std::size_t>(r.trace.index)].kept;
    };
    EXPECT_NE(flip.keptThen, r.trace.kept);
    EXPECT_GE(flip.value, flip.from);
    EXPECT_LE(flip.value, flip.to);
    EXPECT_EQ(decide(flip.value), flip.keptThen) << nameOf(flip.knob) << " " << flip.value << " token " << r.trace.index;
    EXPECT_EQ(decide(flip.from), flip.keptThen) << nameOf(flip.knob);
    EXPECT_EQ(decide(flip.to), flip.keptThen) << nameOf(flip.knob);
    if (flip.knob == Knob::kBudget) {
        const std::int64_t step = flip.value > static_cast<double>(*s.options.keep) ? -1 : 1;
        for (std::int64_t k = static_cast<std::int64_t>(flip.value) + step; k != *s.options.keep; k += step) {
            EXPECT_EQ(decide(static_cast<double>(k)), r.trace.kept) << "a nearer budget flips it too";
        }
    }
    if (flip.knob == Knob::kTau) {
        const double edge = flip.value > 0.5 ? flip.from : flip.to;
        for (int i = 1; i < 40; ++i) {
            const double tau = 0.5 + (edge - 0.5) * i / 40.0;
            if (tau != edge) {
                EXPECT_EQ(decide(tau), r.trace.kept) << "a nearer tau flips it too";
            }
        }
    }
}

TEST(Reasons, CounterfactualsHoldWhenDecidedAgain) {
    int flips[3] = {0, 0, 0};
    for (const unsigned seed : {51U, 52U}) {
        for (const char* method : {"script", "gsp", "qcsp", "relevance", "random", "grid"}) {
            Subject s;
            prepare(s, seed, [&](PruneOptions& o) { o.method = method; });
            for (std::int64_t i = 0; i < 36; ++i) {
                const TokenReasons r = explain(s, i, true);
                for (const Counterfactual& flip : r.flips) {
                    expectFlip(s, r, flip);
                    flips[static_cast<int>(flip.knob)] += 1;
                }
                if (std::string(method) != "grid" && !r.trace.kept) {
                    ASSERT_FALSE(r.flips.empty()) << "with all budgets, every token is kept in the end";
                    EXPECT_EQ(r.flips.front().knob, Knob::kBudget);
                }
            }
        }
    }
    EXPECT_GT(flips[0], 300);
    EXPECT_GT(flips[1], 40);
    EXPECT_GT(flips[2], 20);
}

TEST(Reasons, ForcedTokensHaveNoCounterfactual) {
    Subject s;
    prepare(s, 53, [](PruneOptions& o) { o.forceKeep = {3}, o.forceDrop = {4}; });
    for (const std::int64_t token : {3, 4}) {
        const TokenReasons r = explain(s, token, true);
        EXPECT_EQ(r.trace.reason, Reason::kForced);
        EXPECT_TRUE(r.flips.empty());
    }
    EXPECT_EQ(s.session.explain(s.options, 36, {}).error().id, "PRUNE-TOKEN");
    EXPECT_EQ(s.session.explain(s.options, -1, {}).error().id, "PRUNE-TOKEN");
}

TEST(Reasons, ShortestDecimals) {
    EXPECT_EQ(detail::shortestWithin(0.6213, 0.63, true), 0.63);
    EXPECT_EQ(detail::shortestWithin(0.6213, 0.6287, true), 0.622);
    EXPECT_EQ(detail::shortestWithin(0.6213, 0.6287, false), 0.628);
    EXPECT_EQ(detail::shortestWithin(-1.0, -0.2, true), -1.0);
    EXPECT_EQ(detail::shortestWithin(0.1234567891234, 0.1234567891235, true), 0.1234567891234);
}

TEST(Reasons, ForcedSetsCountWithinTheBudget) {
    Subject s;
    prepare(s, 54);
    PruneOptions options = s.options;
    const std::int64_t outsider = std::find_if(s.decision.tokens.begin(), s.decision.tokens.end(), [](const TokenTrace& t) { return !t.kept; })->index;
    options.forceKeep = {outsider};
    const PruneDecision kept = s.session.decide(options).value();
    EXPECT_EQ(kept.kept.size(), 9U);
    EXPECT_TRUE(kept.tokens[static_cast<std::size_t>(outsider)].kept);
    options.forceKeep.clear();
    options.forceDrop = {s.decision.kept.front()};
    const PruneDecision dropped = s.session.decide(options).value();
    EXPECT_EQ(dropped.kept.size(), 9U);
    EXPECT_FALSE(dropped.tokens[static_cast<std::size_t>(options.forceDrop.front())].kept);
    EXPECT_EQ(dropped.tokens[static_cast<std::size_t>(options.forceDrop.front())].reason, Reason::kForced);
    // The place goes to the next of the order: everyone else who was kept stays.
    for (std::size_t i = 1; i < s.decision.kept.size(); ++i) {
        EXPECT_TRUE(dropped.tokens[static_cast<std::size_t>(s.decision.kept[i])].kept);
    }
}

}  // namespace
}  // namespace prunescope
