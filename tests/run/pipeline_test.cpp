// SPDX-License-Identifier: GPL-3.0-or-later
// The pipeline's logic with a model in memory: caching, splicing, positions, timings, cancelling, errors.
#include "tests/run/fake_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunescope {
namespace {

using namespace prunescope::testing;

RunRequest requestFor(const std::string& question, const std::string& sha = "a") {
    RunRequest request;
    request.image = fakePicture(sha);
    request.question = question;
    request.prune.method = "script";
    request.prune.keep = 5;
    return request;
}

std::shared_ptr<const RunResult> mustRun(Pipeline& pipeline, const RunRequest& request, const RunCallbacks& callbacks = {}) {
    auto ran = pipeline.run(request, callbacks, {});
    EXPECT_TRUE(ran.ok()) << (ran.ok() ? "" : ran.error().id + ": " + ran.error().why);
    return ran.ok() ? *ran : nullptr;
}

double stageSum(const StageTimings& t) {
    return t.decodeImageMs + t.preprocessMs + t.visionMs + t.projectMs + t.pruneMs + t.prefillMs + t.decodeMs;
}

TEST(Pipeline, AnswersAndStreams) {
    auto script = scriptSaying("yes it is");
    const auto pipeline = fakePipeline(script);
    std::string streamed;
    int decisions = 0;
    RunCallbacks callbacks;
    callbacks.onText = [&](const std::string& piece) { streamed += piece; };
    callbacks.onDecision = [&](const std::shared_ptr<const RunResult>& decided) {
        ++decisions;
        EXPECT_FALSE(decided->hasAnswer);
        EXPECT_TRUE(streamed.empty());
        EXPECT_EQ(decided->decision->kept.size(), 5U);
    };
    const auto result = mustRun(*pipeline, requestFor("is there a pot?"), callbacks);
    EXPECT_EQ(result->answer, "yes it is");
    EXPECT_EQ(streamed, result->answer);
    EXPECT_EQ(decisions, 1);
    EXPECT_EQ(result->finish, FinishReason::kEos);
    EXPECT_EQ(result->answerTokens.back(), 2);
    EXPECT_TRUE(result->hasAnswer);
    EXPECT_GT(result->peakMemoryBytes, 0);
    EXPECT_EQ(result->measuredKvBytes, 64 * (result->promptTokens + 5));
}

TEST(Pipeline, VisionRunsOncePerImage) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    const auto first = mustRun(*pipeline, requestFor("is there a pot?"));
    EXPECT_FALSE(first->timings.visionFromCache);
    RunRequest other = requestFor("what is it?");
    other.prune.tau.value = 0.1;
    const auto second = mustRun(*pipeline, other);
    EXPECT_TRUE(second->timings.visionFromCache);
    EXPECT_EQ(second->timings.visionMs, 0);
    EXPECT_EQ(script->visionRuns, 1);
    EXPECT_EQ(first->image, second->image) << "one context serves all results on an image";
    mustRun(*pipeline, requestFor("is there a pot?", "b"));
    EXPECT_EQ(script->visionRuns, 2);
    mustRun(*pipeline, requestFor("is there a pot?", "a"));
    EXPECT_EQ(script->visionRuns, 2);
}

TEST(Pipeline, PreparedImageCountsForTheNextRunOnly) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    ASSERT_TRUE(pipeline->prepareImage(requestFor("x"), {}).ok());
    ASSERT_TRUE(pipeline->prepareImage(requestFor("x"), {}).ok());
    const auto first = mustRun(*pipeline, requestFor("x"));
    EXPECT_FALSE(first->timings.visionFromCache);
    EXPECT_DOUBLE_EQ(first->timings.visionMs, 0.25);
    EXPECT_NEAR(stageSum(first->timings), first->timings.totalMs, 1e-9);
    const auto second = mustRun(*pipeline, requestFor("x"));
    EXPECT_TRUE(second->timings.visionFromCache);
    EXPECT_EQ(script->visionRuns, 1);
}

TEST(Pipeline, QuestionIsEmbeddedOnceUntilItChanges) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    RunRequest request = requestFor("is there a pot?");
    mustRun(*pipeline, request);
    request.prune.keep = 3;
    mustRun(*pipeline, request);
    EXPECT_EQ(script->embeddings, 1);
    request.question = "is there a dog?";
    mustRun(*pipeline, request);
    EXPECT_EQ(script->embeddings, 2);
}

TEST(Pipeline, RelevanceIsAskedWithTheQuestionsTokensOnly) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    mustRun(*pipeline, requestFor("a pot"));
    std::string embedded;
    for (const std::int64_t id : script->embedded) {
        embedded += fakeTokenizer().tokenOf(id).value_or("?");
    }
    EXPECT_NE(embedded.find("pot"), std::string::npos) << embedded;
    EXPECT_EQ(embedded.find("USER"), std::string::npos) << embedded;
    EXPECT_EQ(embedded.find("ASS"), std::string::npos) << embedded;
}

TEST(Pipeline, ContentWordsLeaveTheFunctionWordsOut) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    RunRequest request = requestFor("is there a pot in the image?");
    request.prune.queryWords = QueryWords::kContent;
    mustRun(*pipeline, request);
    std::string embedded;
    for (const std::int64_t id : script->embedded) {
        embedded += fakeTokenizer().tokenOf(id).value_or("?");
    }
    EXPECT_NE(embedded.find("pot"), std::string::npos) << embedded;
    EXPECT_EQ(embedded.find("image"), std::string::npos) << embedded;
    EXPECT_EQ(embedded.find("there"), std::string::npos) << embedded;
}

TEST(Pipeline, CompactPositionsCountOn) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    const auto result = mustRun(*pipeline, requestFor("pot"));
    const PrefillInput& input = script->prefills.back();
    ASSERT_EQ(input.ids.size(), static_cast<std::size_t>(result->promptTokens) + 5);
    std::vector<std::int64_t> expected(input.ids.size());
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(input.positions, expected);
    EXPECT_EQ(input.nextPosition, static_cast<std::int64_t>(input.ids.size()));
    EXPECT_EQ(result->decision->options.positions, PositionMode::kCompact);
}

TEST(Pipeline, TheModelFolderMayAskForOriginalPositions) {
    Checkpoint checkpoint = fakeCheckpoint();
    checkpoint.relevance = RelevanceCalibration{};
    checkpoint.relevance->positions = "original";
    const auto pipeline = fakePipeline(scriptSaying("no"), std::move(checkpoint));
    RunRequest request = requestFor("pot");
    EXPECT_EQ(mustRun(*pipeline, request)->decision->options.positions, PositionMode::kOriginal);
    request.prune.positions = PositionMode::kCompact;
    EXPECT_EQ(mustRun(*pipeline, request)->decision->options.positions, PositionMode::kCompact);
}

TEST(Pipeline, OriginalPositionsKeepTheirPlaces) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    RunRequest request = requestFor("pot");
    request.prune.positions = PositionMode::kOriginal;
    const auto result = mustRun(*pipeline, request);
    const PrefillInput& input = script->prefills.back();
    const auto first = static_cast<std::size_t>(std::find(input.ids.begin(), input.ids.end(), 120) - input.ids.begin());
    const auto& kept = result->decision->kept;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        EXPECT_EQ(input.ids[first + i], 120);
        EXPECT_EQ(input.positions[first + i], static_cast<std::int64_t>(first) + kept[i]);
        const auto row = fakeRow(static_cast<int>(kept[i]));
        EXPECT_TRUE(std::equal(row.begin(), row.end(), input.visual.data() + i * kWidth)) << "row " << i;
    }
    EXPECT_EQ(input.positions[first + kept.size()], static_cast<std::int64_t>(first) + kVisual);
    EXPECT_EQ(input.nextPosition, result->promptTokens + kVisual);
    EXPECT_EQ(input.positions.back() + 1, input.nextPosition);
}

TEST(Pipeline, NoneKeepsEverythingInOrder) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    RunRequest request = requestFor("pot");
    request.prune = {};
    request.prune.method = "none";
    const auto result = mustRun(*pipeline, request);
    EXPECT_EQ(result->decision->kept.size(), static_cast<std::size_t>(kVisual));
    EXPECT_EQ(std::count(script->prefills.back().ids.begin(), script->prefills.back().ids.end(), 120), kVisual);
}

TEST(Pipeline, ForcedTokensAreKeptAndReachTheDecoder) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    RunRequest request = requestFor("pot");
    request.prune.forceKeep = {2, 9};
    request.prune.forceDrop = {0, 1};
    const auto result = mustRun(*pipeline, request);
    const auto& kept = result->decision->kept;
    EXPECT_EQ(kept.size(), 5U);
    EXPECT_TRUE(std::binary_search(kept.begin(), kept.end(), 2));
    EXPECT_TRUE(std::binary_search(kept.begin(), kept.end(), 9));
    EXPECT_FALSE(std::binary_search(kept.begin(), kept.end(), 0));
    EXPECT_FALSE(std::binary_search(kept.begin(), kept.end(), 1));
    EXPECT_EQ(result->decision->tokens[2].reason, Reason::kForced);
}

TEST(Pipeline, StagesSumToTheTotal) {
    auto script = scriptSaying("yes it is");
    const auto pipeline = fakePipeline(script);
    RunRequest request = requestFor("pot");
    request.decodedMs = 3.5;
    const auto result = mustRun(*pipeline, request);
    const StageTimings& t = result->timings;
    EXPECT_NEAR(stageSum(t), t.totalMs, 1e-9);
    EXPECT_GE(t.decodeImageMs, 3.5);
    EXPECT_GE(t.firstTokenMs, t.decodeImageMs + t.preprocessMs + t.visionMs);
    EXPECT_LE(t.firstTokenMs, t.totalMs);
}

TEST(Pipeline, DecisionOnlyDoesNotGenerate) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    RunRequest request = requestFor("pot");
    request.withAnswer = false;
    const auto result = mustRun(*pipeline, request);
    EXPECT_FALSE(result->hasAnswer);
    EXPECT_EQ(script->generations, 0);
    EXPECT_EQ(result->image->localRedundancy.size(), static_cast<std::size_t>(kVisual));
}

TEST(Pipeline, CostFollowsTheKeptTokens) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    RunRequest request = requestFor("pot");
    const auto pruned = mustRun(*pipeline, request);
    request.prune = {};
    request.prune.method = "none";
    const auto whole = mustRun(*pipeline, request);
    EXPECT_LT(pruned->cost.macsVisualOnly, whole->cost.macsVisualOnly);
    // 2 layers x (K and V) x 8 channels x 4 bytes = 128 bytes a position.
    EXPECT_EQ(whole->cost.kvBytes - pruned->cost.kvBytes, 128 * (kVisual - 5));
}

TEST(Pipeline, CancelInsideGenerationReturnsWhatThereIs) {
    auto script = scriptSaying("yes it is");
    std::stop_source source;
    script->onStep = [&](int step, const std::stop_token&) {
        if (step == 3) {
            source.request_stop();
        }
    };
    const auto pipeline = fakePipeline(script);
    const auto ran = pipeline->run(requestFor("pot"), {}, source.get_token());
    ASSERT_TRUE(ran.ok());
    EXPECT_EQ((*ran)->finish, FinishReason::kCancelled);
    EXPECT_EQ((*ran)->answerTokens.size(), 3U);
}

TEST(Pipeline, CancelBeforeVisionIsAnError) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    std::stop_source source;
    source.request_stop();
    const auto ran = pipeline->run(requestFor("pot"), {}, source.get_token());
    ASSERT_FALSE(ran.ok());
    EXPECT_EQ(ran.error().code, ErrorCode::kCancelled);
    EXPECT_EQ(script->visionRuns, 0);
}

TEST(Pipeline, OutOfMemoryIsAnErrorAndTheNextRunWorks) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    script->outOfMemory = true;
    const auto ran = pipeline->run(requestFor("pot"), {}, {});
    ASSERT_FALSE(ran.ok());
    EXPECT_EQ(ran.error().code, ErrorCode::kDevice);
    EXPECT_EQ(ran.error().id, "MEM-HOST");
    script->outOfMemory = false;
    EXPECT_EQ(mustRun(*pipeline, requestFor("pot"))->answer, "no");
}

TEST(Pipeline, FailedVisionIsNotCached) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    script->badVision = true;
    EXPECT_FALSE(pipeline->run(requestFor("pot"), {}, {}).ok());
    script->badVision = false;
    EXPECT_FALSE(mustRun(*pipeline, requestFor("pot"))->timings.visionFromCache);
}

TEST(Pipeline, ClipSpaceIsTakenWhenTheModelHasIt) {
    auto script = scriptSaying("no");
    script->clip = true;
    const auto pipeline = fakePipeline(script);
    const auto result = mustRun(*pipeline, requestFor("pot"));
    EXPECT_EQ(result->decision->options.relevanceSpace, RelevanceSpace::kClip);
    EXPECT_EQ(result->decision->options.relevanceSign, RelevanceSign::kMinus);
    EXPECT_EQ(script->embeddings, 0);
    RunRequest request = requestFor("pot");
    request.prune.relevanceSpace = RelevanceSpace::kLlm;
    const auto llm = mustRun(*pipeline, request);
    EXPECT_EQ(llm->decision->options.relevanceSign, RelevanceSign::kPlus);
    EXPECT_EQ(script->visionRuns, 1);
}

TEST(Pipeline, ClipSpaceWithoutATowerIsRefused) {
    const auto pipeline = fakePipeline(scriptSaying("no"));
    RunRequest request = requestFor("pot");
    request.prune.relevanceSpace = RelevanceSpace::kClip;
    const auto ran = pipeline->run(request, {}, {});
    ASSERT_FALSE(ran.ok());
    EXPECT_EQ(ran.error().id, "MODEL-NO-CLIP");
}

TEST(Pipeline, DumpHasOneRowPerPosition) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    const auto dumped = pipeline->dump(requestFor("pot"), {});
    ASSERT_TRUE(dumped.ok());
    EXPECT_EQ(dumped->pixelValues.shape(), (std::vector<std::int64_t>{1, 3, 28, 28}));
    EXPECT_EQ(dumped->visionFeatures.shape(), (std::vector<std::int64_t>{kVisual, 3}));
    EXPECT_EQ(dumped->projected.shape(), (std::vector<std::int64_t>{5, kWidth}));
    EXPECT_EQ(dumped->inputIds.size(), dumped->positions.size());
    EXPECT_EQ(dumped->logits.size(0), static_cast<std::int64_t>(dumped->inputIds.size()));
    EXPECT_EQ(script->generations, 0);
}

TEST(Pipeline, ModelThatDoesNotFitThePictureIsRefused) {
    Checkpoint checkpoint = fakeCheckpoint();
    checkpoint.preprocess.shortestEdge = checkpoint.preprocess.cropWidth = checkpoint.preprocess.cropHeight = 35;
    const auto pipeline = Pipeline::assemble(checkpoint, fakeTokenizer(), std::make_unique<FakeModel>(scriptSaying("no")), ResizeMode::kPillow13);
    const auto ran = pipeline->run(requestFor("pot"), {}, {});
    ASSERT_FALSE(ran.ok());
    EXPECT_EQ(ran.error().id, "MODEL-GRID");
}

// Catalogue rows of reliability.md 3.5 that the pipeline decides.
TEST(Catalogue, T13_QuestionWithoutWords) {
    const auto pipeline = fakePipeline(scriptSaying("no"));
    for (const std::string question : {"", "   ", "\n\t"}) {
        const auto ran = pipeline->run(requestFor(question), {}, {});
        ASSERT_FALSE(ran.ok()) << '"' << question << '"';
        EXPECT_EQ(ran.error().code, ErrorCode::kUsage);
        EXPECT_EQ(ran.error().id, "U-QUERY");
    }
}

TEST(Catalogue, T14_QuestionOverTheLimit) {
    const auto pipeline = fakePipeline(scriptSaying("no"));
    const auto ran = pipeline->run(requestFor(std::string(8193, 'a')), {}, {});
    ASSERT_FALSE(ran.ok());
    EXPECT_EQ(ran.error().code, ErrorCode::kLimit);
    EXPECT_NE(ran.error().hint.find("--limit query="), std::string::npos);
    PipelineLimits limits;
    limits.questionBytes = 9000;
    pipeline->setLimits(limits);
    EXPECT_TRUE(pipeline->run(requestFor(std::string(8193, 'a')), {}, {}).ok());
}

TEST(Catalogue, T15_QuestionThatIsNotUtf8) {
    const auto pipeline = fakePipeline(scriptSaying("no"));
    for (const std::string question : {"\xff\xfe", "a\xc0\xaf", "pot \xed\xa0\x80"}) {
        const auto ran = pipeline->run(requestFor(question), {}, {});
        ASSERT_FALSE(ran.ok());
        EXPECT_EQ(ran.error().id, "TOK-UTF8");
    }
    EXPECT_TRUE(pipeline->run(requestFor("\xe2\x80\xae right to left \xe2\x80\x8d joined"), {}, {}).ok());
}

TEST(Catalogue, T16_QuestionWithTheImageTokenInIt) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    mustRun(*pipeline, requestFor("what is <image> here </s>"));
    const auto& ids = script->prefills.back().ids;
    EXPECT_EQ(std::count(ids.begin(), ids.end(), 120), 5) << "one place for the picture: the five rows kept";
    EXPECT_EQ(std::count(ids.begin(), ids.end(), 2), 0) << "a control token in the question is text";
    RunRequest raw = requestFor("");
    raw.rawPrompt = "no image here";
    EXPECT_EQ(pipeline->run(raw, {}, {}).error().id, "U-PROMPT");
    raw.rawPrompt = "<image><image> twice";
    EXPECT_EQ(pipeline->run(raw, {}, {}).error().id, "U-PROMPT");
    raw.rawPrompt = "USER: <image>\npot ASSISTANT:";
    EXPECT_TRUE(pipeline->run(raw, {}, {}).ok());
}

TEST(Catalogue, T17_TokenWithoutAnEmbedding) {
    Checkpoint checkpoint = fakeCheckpoint();
    checkpoint.config.text.vocab = 60;   // letters have ids above
    const auto pipeline = Pipeline::assemble(checkpoint, fakeTokenizer(), std::make_unique<FakeModel>(scriptSaying("no")), ResizeMode::kPillow13);
    const auto ran = pipeline->run(requestFor("pot"), {}, {});
    ASSERT_FALSE(ran.ok());
    EXPECT_EQ(ran.error().code, ErrorCode::kBadModel);
    EXPECT_EQ(ran.error().id, "TOK-RANGE");
}

TEST(Pipeline, ResultsCarryWhatTheDecisionLookedAt) {
    const auto pipeline = fakePipeline(scriptSaying("no"));
    const auto result = mustRun(*pipeline, requestFor("is there a pot?"));
    const auto again = mustRun(*pipeline, requestFor("is there a pot?"));
    const auto other = mustRun(*pipeline, requestFor("what is it?"));
    ASSERT_TRUE(result->input);
    EXPECT_EQ(result->input, again->input);
    EXPECT_NE(result->input, other->input);
    EXPECT_EQ(result->input->tokens.data(), result->image->vision.projected.data()) << "shared, not copied";
    for (const auto& each : {result, other}) {
        PruneSession session;
        ASSERT_TRUE(session.setInput(*each->input).ok());
        EXPECT_EQ(session.decide(each->decision->options).value().kept, each->decision->kept);
    }
}

TEST(Pipeline, InspectsTheDecisionThatItWouldMake) {
    auto script = scriptSaying("no");
    const auto pipeline = fakePipeline(script);
    RunRequest request = requestFor("is there a pot?");
    request.jobId = 7;
    InspectWish wish;
    wish.tokens = {3, 0};
    wish.budgets = true;
    const auto inspection = pipeline->inspect(request, wish, {});
    ASSERT_TRUE(inspection.ok()) << inspection.error().why;
    const auto result = mustRun(*pipeline, request);
    EXPECT_EQ(script->visionRuns, 1);
    EXPECT_EQ(inspection->jobId, 7U);
    ASSERT_EQ(inspection->reasons.size(), 2U);
    EXPECT_EQ(inspection->reasons[0].trace.index, 3);
    EXPECT_EQ(inspection->reasons[0].trace.gspScore, result->decision->tokens[3].gspScore);
    EXPECT_EQ(inspection->taus, nullptr);
    for (std::size_t i = 0; i < result->decision->tokens.size(); ++i) {
        EXPECT_EQ(inspection->budgets->entersAt[i] <= 5, result->decision->tokens[i].kept);
    }
    wish.tokens = {16};
    EXPECT_EQ(pipeline->inspect(request, wish, {}).error().id, "PRUNE-TOKEN");
}

TEST(Pipeline, MayBeInspectedBetweenTwoTokens) {
    const auto pipeline = fakePipeline(scriptSaying("yes it is"));
    RunRequest request = requestFor("is there a pot?");
    InspectWish wish;
    wish.tokens = {1};
    int steps = 0;
    RunCallbacks callbacks;
    callbacks.onStep = [&] {
        ++steps;
        EXPECT_TRUE(pipeline->inspect(request, wish, {}).ok());
    };
    const auto result = mustRun(*pipeline, request, callbacks);
    EXPECT_EQ(steps, static_cast<int>(result->answerTokens.size()));
    EXPECT_EQ(result->answer, "yes it is");
}

TEST(Pipeline, ScoresGivenAnswers) {
    auto script = scriptSaying("yes it is");
    const auto pipeline = fakePipeline(script);
    RunRequest request = requestFor("is there a pot?");
    request.scoreTokens = {41, 42, 2};
    // The fake's logits are all equal, and its vocabulary is padded beyond the tokenizer: the padding does not count.
    const double wanted = -3.0 * std::log(static_cast<double>(pipeline->tokenizer().size()));
    ASSERT_LT(pipeline->tokenizer().size(), 128);
    const auto both = mustRun(*pipeline, request);
    EXPECT_TRUE(both->hasAnswer);
    EXPECT_NEAR(*both->scoredLogProbability, wanted, 1e-9);
    request.withAnswer = false;
    const int generations = script->generations;
    const auto alone = mustRun(*pipeline, request);
    EXPECT_FALSE(alone->hasAnswer);
    EXPECT_NEAR(*alone->scoredLogProbability, wanted, 1e-9);
    EXPECT_EQ(script->generations, generations);
    request.scoreTokens = {41, pipeline->tokenizer().size()};
    EXPECT_EQ(pipeline->run(request, {}, {}).error().id, "PROMPT-ID");
    request.scoreTokens.clear();
    EXPECT_FALSE(mustRun(*pipeline, request)->scoredLogProbability);
    // Without padding the model's own sum is taken.
    Checkpoint tight = fakeCheckpoint();
    tight.config.text.vocab = static_cast<int>(pipeline->tokenizer().size());
    request.scoreTokens = {41, 42, 2};
    EXPECT_EQ(mustRun(*fakePipeline(script, tight), request)->scoredLogProbability, -3.0);
}

}  // namespace
}  // namespace prunescope
