// SPDX-License-Identifier: GPL-3.0-or-later
// Scoring a given answer under a decision against generating under it; a trace of a real run decides as the run did.
#include "core/engine/engine.h"
#include "core/run/trace.h"
#include "tests/engine/engine_fixture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace prunescope::test {
namespace {

std::unique_ptr<Pipeline> openPipeline() {
    LoadOptions options;
    options.device = DeviceChoice::kCpu;
    options.threads = 1;
    auto pipeline = Pipeline::open(fixtureFolder("tied_head"), loadLanguageModel, options, ResizeMode::kPillow13, LlamaPrefix::kFile, {}, {});
    EXPECT_TRUE(pipeline.ok()) << (pipeline.ok() ? "" : pipeline.error().id + " " + pipeline.error().why);
    return pipeline.ok() ? std::move(*pipeline) : nullptr;
}

RunRequest ask() {
    auto picture = std::make_shared<DecodedImage>();
    picture->rgb.width = 40;
    picture->rgb.height = 30;
    for (int i = 0; i < 40 * 30 * 3; ++i) {
        picture->rgb.pixels.push_back(static_cast<std::uint8_t>((i * 37 + i / 120 * 11) % 256));
    }
    picture->format = "png";
    RunRequest request;
    request.image = picture;
    request.question = "is it red?";
    request.maxNewTokens = 6;
    request.prune.keep = 5;
    return request;
}

double sumOf(const std::vector<float>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

TEST(Scoring, AnAnswerScoresWhatGeneratingItDid) {
    const auto pipeline = openPipeline();
    ASSERT_TRUE(pipeline);
    RunRequest request = ask();
    const auto free = pipeline->run(request, {}, {}).value();
    ASSERT_EQ(free->answerLogProbabilities.size(), free->answerTokens.size());
    request.withAnswer = false;
    request.scoreTokens = free->answerTokens;
    const auto scored = pipeline->run(request, {}, {}).value();
    EXPECT_NEAR(*scored->scoredLogProbability, sumOf(free->answerLogProbabilities), 2e-4);

    // Under a forced decision: the answer generated there, and the old one, both scored there.
    request.prune.forceDrop = free->decision->kept;
    request.withAnswer = true;
    const auto forced = pipeline->run(request, {}, {}).value();
    EXPECT_EQ(forced->decision->kept.size(), 5U);
    request.scoreTokens = forced->answerTokens;
    request.withAnswer = false;
    const auto own = pipeline->run(request, {}, {}).value();
    EXPECT_NEAR(*own->scoredLogProbability, sumOf(forced->answerLogProbabilities), 2e-4);
    ASSERT_TRUE(forced->scoredLogProbability.has_value());
    EXPECT_GT(std::fabs(*forced->scoredLogProbability - *scored->scoredLogProbability), 1e-6) << "other tokens were seen";
}

TEST(Scoring, ATraceOfARealRunDecidesAsItDid) {
    const auto pipeline = openPipeline();
    ASSERT_TRUE(pipeline);
    const auto run = pipeline->run(ask(), {}, {}).value();
    const Trace made = makeTrace({run}, pipeline->facts(), "tied_head", {"0", "", ""}, PictureRule::kEmbed).value();
    auto trace = std::make_shared<const Trace>(readTrace(traceBytes(made), "t").value());
    TraceSession session(trace);
    RunRequest request = trace->runs.front()->request;
    const auto replayed = session.run(request, {}, {}).value();
    EXPECT_EQ(replayed->answer, run->answer);
    EXPECT_EQ(replayed->decision->kept, run->decision->kept);
    EXPECT_EQ(replayed->decision->gain, run->decision->gain);
    request.withAnswer = false;
    for (const int keep : {1, 3, 8, 12}) {
        RunRequest live = ask();
        live.withAnswer = false;
        live.prune.keep = request.prune.keep = keep;
        EXPECT_EQ(session.run(request, {}, {}).value()->decision->kept, pipeline->run(live, {}, {}).value()->decision->kept);
    }
}

}  // namespace
}  // namespace prunescope::test
