// SPDX-License-Identifier: GPL-3.0-or-later
// The budget at which an answer changes, on a runner whose answers are known.
#include "core/run/sweep.h"

#include "core/run/errors.h"

#include <gtest/gtest.h>

#include <set>

namespace prunescope {
namespace {

constexpr std::int64_t kTokens = 576;

/// Answers "yes" where `yes` says so; `asked` remembers the budgets.
Runner runnerWith(const std::function<bool(std::int64_t)>& yes, std::vector<std::int64_t>& asked) {
    return [yes, &asked](const RunRequest& request, std::stop_token) -> Result<std::shared_ptr<const RunResult>> {
        auto result = std::make_shared<RunResult>();
        PruneDecision decision;
        decision.n = kTokens;
        result->decision = std::make_shared<const PruneDecision>(std::move(decision));
        const bool whole = request.prune.method == "none";
        asked.push_back(whole ? kTokens : request.prune.keep.value_or(-1));
        result->answer = whole || yes(asked.back()) ? "yes" : "no";
        result->hasAnswer = true;
        return std::shared_ptr<const RunResult>(std::move(result));
    };
}

TEST(BudgetSweep, FindsTheEdgeToTheTokenForEveryEdge) {
    for (std::int64_t edge = 2; edge < kTokens; edge += 7) {
        std::vector<std::int64_t> asked;
        const auto sweep = sweepBudgets(runnerWith([&](std::int64_t budget) { return budget >= edge; }, asked), {}, {}, {});
        ASSERT_TRUE(sweep.ok());
        EXPECT_EQ(sweep->holdsFrom(), edge);
        EXPECT_EQ(sweep->lastOther(), edge - 1);
        EXPECT_TRUE(sweep->complete);
        EXPECT_LE(asked.size(), 26U);
        EXPECT_EQ(std::set<std::int64_t>(asked.begin(), asked.end()).size(), asked.size());   // none twice
        EXPECT_TRUE(std::is_sorted(sweep->points.begin(), sweep->points.end(), [](const auto& a, const auto& b) { return a.budget < b.budget; }));
    }
}

TEST(BudgetSweep, NeverAndAlwaysTheSameAnswer) {
    std::vector<std::int64_t> asked;
    const auto always = sweepBudgets(runnerWith([](std::int64_t) { return true; }, asked), {}, {}, {});
    ASSERT_TRUE(always.ok());
    EXPECT_EQ(always->holdsFrom(), 1);
    EXPECT_FALSE(always->lastOther());
    const auto never = sweepBudgets(runnerWith([](std::int64_t) { return false; }, asked), {}, {}, {});
    ASSERT_TRUE(never.ok());
    EXPECT_FALSE(never->holdsFrom());   // not measured at any budget below all tokens
    EXPECT_EQ(never->lastOther(), kTokens - 1);
}

TEST(BudgetSweep, AnAnswerThatComesAndGoesIsFollowedAtItsLastChange) {
    std::vector<std::int64_t> asked;
    const auto sweep = sweepBudgets(runnerWith([](std::int64_t budget) { return budget == 8 || budget >= 101; }, asked), {}, {}, {});
    ASSERT_TRUE(sweep.ok());
    EXPECT_EQ(sweep->holdsFrom(), 101);
    EXPECT_EQ(sweep->lastOther(), 100);
    EXPECT_TRUE(std::any_of(sweep->points.begin(), sweep->points.end(), [](const SweepPoint& point) { return point.budget == 8 && point.same; }));
}

TEST(BudgetSweep, StopsErrorsAndForcedTokens) {
    std::vector<std::int64_t> asked;
    std::stop_source source;
    std::size_t heard = 0;
    const auto stopped = sweepBudgets(runnerWith([](std::int64_t) { return true; }, asked), {}, [&](const BudgetSweep& so, int done, int all) {
        heard = so.points.size();
        EXPECT_LE(done, all);
        if (heard == 3) {
            source.request_stop();
        }
    }, source.get_token());
    EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
    EXPECT_EQ(heard, 3U);
    RunRequest forced;
    forced.prune.forceKeep = {1, 2, 3, 4, 5};
    asked.clear();
    ASSERT_TRUE(sweepBudgets(runnerWith([](std::int64_t) { return true; }, asked), forced, {}, {}).ok());
    EXPECT_EQ(*std::min_element(asked.begin(), asked.end()), 8);   // fewer than the forced ones is no budget
    const Runner failing = [](const RunRequest&, std::stop_token) -> Result<std::shared_ptr<const RunResult>> { return makeError(ErrorCode::kBadInput, "IMG-FORMAT", "no"); };
    EXPECT_EQ(sweepBudgets(failing, {}, {}, {}).error().id, "IMG-FORMAT");
    RunRequest none;
    none.prune.method = "none";
    EXPECT_EQ(sweepBudgets(failing, none, {}, {}).error().id, "SWEEP-METHOD");
}

}  // namespace
}  // namespace prunescope
