// SPDX-License-Identifier: GPL-3.0-or-later
// Reasons against the record of an independent script (tests/oracles/reasons_oracle.py), number by number.
#include "core/base/json_gate.h"
#include "core/prune/reasons.h"
#include "core/prune/survival.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace prunescope {
namespace {

HostTensor matrix(const nlohmann::json& rows) {
    HostTensor out({static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows[0].size())});
    float* x = out.mutableData();
    for (const auto& row : rows) {
        for (const auto& value : row) {
            *x++ = value.get<float>();
        }
    }
    return out;
}

void expectPartners(const nlohmann::json& wanted, const std::vector<Partner>& partners) {
    ASSERT_EQ(partners.size(), wanted.size());
    for (std::size_t i = 0; i < partners.size(); ++i) {
        EXPECT_EQ(partners[i].token, wanted[i][0].get<int>());
        EXPECT_NEAR(partners[i].similarity, wanted[i][1].get<double>(), 1e-5);
    }
}

void expectToken(const nlohmann::json& wanted, const nlohmann::json& all, const TokenReasons& r) {
    EXPECT_EQ(r.trace.kept, wanted["kept"].get<bool>());
    EXPECT_EQ(r.trace.degree, wanted["degree"].get<int>());
    EXPECT_NEAR(r.trace.meanSimilarity, wanted["mean_similarity"].get<double>(), 1e-5);
    EXPECT_NEAR(r.trace.gspScore, wanted["score"].get<double>(), 1e-5 * (1 + std::fabs(wanted["score"].get<double>())));
    EXPECT_EQ(r.trace.gspRank, wanted["rank"].get<int>());
    EXPECT_EQ(r.discarded, all["discarded"].get<int>());
    EXPECT_NEAR(r.cutPassed, all["cut_passed"].get<double>(), 1e-4);
    EXPECT_NEAR(r.cutDiscarded, all["cut_discarded"].get<double>(), 1e-4);
    expectPartners(wanted["partners"], r.partners);
    expectPartners(wanted["nearest"], r.nearest);
    EXPECT_NEAR(r.trace.relevanceRaw, wanted["relevance_raw"].get<double>(), 1e-5);
    EXPECT_NEAR(r.trace.relevance, wanted["relevance"].get<double>(), 1e-5);
    EXPECT_NEAR(r.relevanceLow, all["low"].get<double>(), 1e-5);
    EXPECT_NEAR(r.relevanceHigh, all["high"].get<double>(), 1e-5);
    EXPECT_EQ(r.trace.dppRank, wanted["order_rank"].is_null() ? -1 : wanted["order_rank"].get<int>());
    EXPECT_EQ(r.picksSeen, wanted["picks_seen"].get<int>());
    EXPECT_NEAR(r.explained, wanted["explained"].get<double>(), 1e-4);
    EXPECT_NEAR(r.explained + r.remaining, 1.0, 1e-9);
    std::map<int, double> shares;
    for (const ExplainedShare& share : r.shares) {
        shares[share.rank] = share.share;
        EXPECT_EQ(share.token, all["order"][static_cast<std::size_t>(share.rank)].get<int>());
    }
    for (std::size_t t = 0; t < wanted["shares"].size(); ++t) {
        EXPECT_NEAR(shares[static_cast<int>(t)], wanted["shares"][t].get<double>(), 1e-4);
    }
    const auto budget = std::find_if(r.flips.begin(), r.flips.end(), [](const Counterfactual& flip) { return flip.knob == Knob::kBudget; });
    ASSERT_EQ(budget == r.flips.end(), wanted["budget_flip"].is_null());
    if (budget != r.flips.end()) {
        EXPECT_EQ(budget->value, wanted["budget_flip"].get<double>());
    }
}

TEST(ReasonsRecord, EveryNumberOfTheIndependentScript) {
    const auto record = readJsonFile(std::string(PRUNESCOPE_TEST_DATA) + "/prune/reasons.json", ErrorCode::kBadInput);
    ASSERT_TRUE(record.ok());
    for (const auto& each : (*record)["cases"]) {
        const auto& wanted = each["expected"];
        PruneInput input;
        input.tokens = matrix(each["tokens"]);
        input.query = HostTensor({input.tokens.size(1)}, each["query"].get<std::vector<float>>());
        input.gridRows = (*record)["rows"].get<int>();
        input.gridCols = (*record)["cols"].get<int>();
        PruneOptions options;
        options.keep = wanted["keep"].get<std::int64_t>();
        options.tau.value = wanted["tau"].get<double>();
        options.gamma = wanted["gamma"].get<double>();
        options.gspRatio = wanted["p"].get<double>();
        PruneSession session;
        ASSERT_TRUE(session.setInput(input).ok());
        const BudgetSurvival survival = session.budgetSurvival(options).value();
        for (std::size_t i = 0; i < wanted["tokens"].size(); ++i) {
            SCOPED_TRACE("token " + std::to_string(i));
            const auto reasons = session.explain(options, static_cast<std::int64_t>(i), {8, true});
            ASSERT_TRUE(reasons.ok());
            expectToken(wanted["tokens"][i], wanted, *reasons);
            EXPECT_EQ(survival.entersAt[i], wanted["tokens"][i]["enters"].get<int>());
        }
    }
}

}  // namespace
}  // namespace prunescope
