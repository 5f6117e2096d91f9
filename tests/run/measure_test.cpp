// SPDX-License-Identifier: GPL-3.0-or-later
// Repeated runs with a runner that says what each took; no clock is read here.
#include "core/run/measure.h"
#include "tests/run/fake_model.h"

#include <gtest/gtest.h>

#include <cmath>

namespace prunescope {
namespace {

using namespace prunescope::testing;

std::shared_ptr<const RunResult> timed(const RunRequest& request, double prune, double prefill, double perToken, std::int64_t kept, std::int64_t answer) {
    auto result = std::make_shared<RunResult>();
    result->request = request;
    auto decision = std::make_shared<PruneDecision>();
    decision->n = 100;
    for (std::int64_t i = 0; i < kept; ++i) {
        decision->kept.push_back(i);
    }
    result->decision = decision;
    result->hasAnswer = true;
    result->answerTokens.assign(static_cast<std::size_t>(answer), 7);
    result->timings.pruneMs = prune;
    result->timings.prefillMs = prefill;
    result->timings.perTokenMs = perToken;
    return result;
}

TEST(Measure, QuartilesAreThoseOfR) {
    EXPECT_EQ(spreadOf({}), (Spread{0, 0, 0}));
    EXPECT_EQ(spreadOf({5}), (Spread{5, 5, 5}));
    EXPECT_EQ(spreadOf({4, 1, 3, 2}), (Spread{1.75, 2.5, 3.25}));   // quantile(c(1,2,3,4), c(.25,.5,.75))
    EXPECT_EQ(spreadOf({9, 1, 5, 3, 7}), (Spread{3, 5, 7}));
}

TEST(Measure, RepeatsBothSidesInTurnAfterTheWarmUp) {
    std::vector<std::string> methods;
    std::vector<int> progress;
    RunRequest request;
    request.prune.keep = 10;
    request.withAnswer = false;
    double round = 0;
    const Runner runner = [&](const RunRequest& asked, std::stop_token) -> Result<std::shared_ptr<const RunResult>> {
        EXPECT_TRUE(asked.fresh);
        EXPECT_TRUE(asked.withAnswer);
        EXPECT_FALSE(asked.withDiagnostics);
        methods.push_back(asked.prune.method);
        round += 1;
        return timed(asked, round, 0, 0, 10, 2);
    };
    const auto measured = measureRuns(runner, request, {1, 3}, [&](int done, int all) {
        progress.push_back(done);
        EXPECT_EQ(all, 8);
    }, {});
    ASSERT_TRUE(measured.ok());
    EXPECT_EQ(methods, (std::vector<std::string>{"script", "none", "script", "none", "script", "none", "script", "none"}));
    EXPECT_EQ(progress, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
    ASSERT_EQ(measured->pruned.times.size(), 3U);   // the first pair is warm-up
    EXPECT_EQ(measured->pruned.stage(&StageTimings::pruneMs), (Spread{4, 5, 6}));
    EXPECT_EQ(measured->unpruned.stage(&StageTimings::pruneMs), (Spread{5, 6, 7}));
}

TEST(Measure, StopsAndPassesErrorsOn) {
    std::stop_source source;
    int runs = 0;
    const Runner stopping = [&](const RunRequest& asked, std::stop_token) -> Result<std::shared_ptr<const RunResult>> {
        if (++runs == 3) {
            source.request_stop();
        }
        return timed(asked, 1, 1, 1, 10, 2);
    };
    const auto stopped = measureRuns(stopping, {}, {0, 5}, {}, source.get_token());
    ASSERT_FALSE(stopped.ok());
    EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
    EXPECT_EQ(runs, 3);
    const Runner failing = [](const RunRequest&, std::stop_token) -> Result<std::shared_ptr<const RunResult>> {
        Error error;
        error.id = "IMG-FORMAT";
        return error;
    };
    EXPECT_EQ(measureRuns(failing, {}, {}, {}, {}).error().id, "IMG-FORMAT");
    EXPECT_EQ(measureRuns(failing, {}, {0, 0}, {}, {}).error().id, "MEASURE-WISH");
}

Measurement sides(double prune, double prefillPruned, double prefillAll, double perTokenPruned, double perTokenAll) {
    Measurement out;
    out.pruned.last = timed({}, prune, prefillPruned, perTokenPruned, 20, 3);
    out.pruned.times = {out.pruned.last->timings};
    out.unpruned.last = timed({}, 0, prefillAll, perTokenAll, 100, 5);
    out.unpruned.times = {out.unpruned.last->timings};
    return out;
}

TEST(Measure, BreakEvenByHand) {
    // The decoder takes 40 + 4 * 2 = 48 ms with 20 tokens and 100 + 4 * 5 = 120 ms with 100 (five answer tokens, four after the first): 0.9 ms a token.
    const auto pays = breakEven(sides(9, 40, 100, 2, 5));
    ASSERT_TRUE(pays.has_value());
    EXPECT_DOUBLE_EQ(pays->savedMs, 72);
    EXPECT_DOUBLE_EQ(pays->savedPerTokenMs, 0.9);
    EXPECT_EQ(pays->leastLeftOut(), 10);   // 9 / 0.9
    EXPECT_EQ(pays->budget, 90);
    // slow definition: the largest budget whose saving covers the pruner
    std::int64_t slow = 0;
    for (std::int64_t budget = 1; budget <= 100; ++budget) {
        slow = 0.9 * static_cast<double>(100 - budget) + 1e-9 >= 9 ? budget : slow;
    }
    EXPECT_EQ(*pays->budget, slow);
}

TEST(Measure, BreakEvenSaysWhereThereIsNone) {
    EXPECT_FALSE(breakEven(sides(500, 40, 100, 2, 5))->budget.has_value());    // dearer than all that can be saved
    EXPECT_FALSE(breakEven(sides(1, 100, 40, 2, 2))->budget.has_value());      // leaving tokens out takes longer
    EXPECT_EQ(breakEven(sides(0, 40, 100, 2, 5))->budget, 100);                // a pruner that takes no time
    Measurement same = sides(1, 40, 100, 2, 5);
    same.pruned.last = same.unpruned.last;
    EXPECT_FALSE(breakEven(same).has_value());
    EXPECT_FALSE(breakEven({}).has_value());
}

TEST(Measure, RunsOfAPipelineAreWhole) {
    auto script = scriptSaying("yes it is");
    const auto pipeline = fakePipeline(script);
    RunRequest request;
    request.image = fakePicture("a");
    request.question = "is there a pot?";
    request.prune.keep = 5;
    ASSERT_TRUE(pipeline->run(request, {}, {}).ok());   // everything is in the cache now
    const int before = script->visionRuns;
    const Runner runner = [&](const RunRequest& asked, std::stop_token stop) { return pipeline->run(asked, {}, stop); };
    const auto measured = measureRuns(runner, request, {1, 2}, {}, {});
    ASSERT_TRUE(measured.ok());
    EXPECT_EQ(script->visionRuns - before, 6);
    for (const StageTimings& times : measured->pruned.times) {
        EXPECT_FALSE(times.visionFromCache);
    }
    EXPECT_EQ(measured->pruned.last->decision->kept.size(), 5U);
    EXPECT_EQ(measured->unpruned.last->decision->kept.size(), 16U);
    EXPECT_GT(measured->pruned.peakMemoryBytes, 0);
}

}  // namespace
}  // namespace prunescope
