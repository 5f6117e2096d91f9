// SPDX-License-Identifier: GPL-3.0-or-later
// The inference worker: order of events, newest request wins, cancel, reuse of the unpruned answer, quick shutdown.
#include "app/inference_worker.h"
#include "core/base/sha256.h"
#include "tests/run/fake_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace prunescope {
namespace {

using namespace prunescope::testing;

// Everything the worker said, in order, as words like "decision 1", "text 1 pruned", "finished 1 whole", "error 0 MODEL-X".
class Listener {
public:
    ServiceEvents events() {
        ServiceEvents events;
        events.onLoadProgress = [this](double, const std::string&) { say("progress"); };
        events.onModelReady = [this](const ModelFacts& facts, const std::string&) { say("ready " + facts.family); };
        events.onDecision = [this](std::uint64_t job, const std::shared_ptr<const RunResult>& result) {
            say("decision " + std::to_string(job) + (result->jobId == job ? "" : " with another id"));
        };
        events.onText = [this](std::uint64_t job, bool unpruned, const std::string& text) {
            const std::lock_guard lock(m_mutex);
            m_texts[std::to_string(job) + (unpruned ? " whole" : " pruned")] += text;
        };
        events.onFinished = [this](std::uint64_t job, bool unpruned, const std::shared_ptr<const RunResult>& result) {
            say("finished " + std::to_string(job) + (unpruned ? " whole" : " pruned") + (result->finish == FinishReason::kCancelled ? " cancelled" : ""));
        };
        events.onInspection = [this](std::uint64_t id, const std::shared_ptr<const Inspection>& inspection) {
            say("inspected " + std::to_string(id) + " token " + std::to_string(inspection->reasons.at(0).trace.index));
        };
        events.onInspectionError = [this](std::uint64_t id, const Error& error) { say("inspection error " + std::to_string(id) + " " + error.id); };
        events.onTraceReady = [this](const std::shared_ptr<const Trace>& trace, const std::string&) {
            {
                const std::lock_guard lock(m_mutex);
                m_trace = trace;
            }
            say("trace " + std::to_string(trace->runs.size()));
        };
        events.onTraceSaved = [this](const std::string&) { say("saved"); };
        events.onTraceError = [this](const std::string&, const Error& error) { say("trace error " + error.id); };
        events.onError = [this](std::uint64_t job, const Error& error) { say("error " + std::to_string(job) + " " + error.id); };
        return events;
    }
    // Waits until `word` was said; a minute is only reached by a worker that hangs.
    bool waitFor(const std::string& word) {
        std::unique_lock lock(m_mutex);
        return m_heard.wait_for(lock, std::chrono::minutes(1), [&] { return std::find(m_words.begin(), m_words.end(), word) != m_words.end(); });
    }
    std::vector<std::string> words() {
        const std::lock_guard lock(m_mutex);
        return m_words;
    }
    bool has(const std::string& word) {
        const auto all = words();
        return std::find(all.begin(), all.end(), word) != all.end();
    }
    std::string text(const std::string& key) {
        const std::lock_guard lock(m_mutex);
        return m_texts[key];
    }
    void clear() {
        const std::lock_guard lock(m_mutex);
        m_words.clear();
    }
    std::shared_ptr<const Trace> trace() {
        const std::lock_guard lock(m_mutex);
        return m_trace;
    }

private:
    void say(std::string word) {
        const std::lock_guard lock(m_mutex);
        if (m_words.empty() || m_words.back() != word || word != "progress") {
            m_words.push_back(std::move(word));
        }
        m_heard.notify_all();
    }
    std::mutex m_mutex;
    std::condition_variable m_heard;
    std::vector<std::string> m_words;
    std::map<std::string, std::string> m_texts;
    std::shared_ptr<const Trace> m_trace;
};

PipelineOpener fakeOpener(const std::shared_ptr<FakeScript>& script) {
    return [script](const std::filesystem::path& folder, const LoadOptions&, const ProgressSink& progress,
                    const std::stop_token& stop) -> Result<std::unique_ptr<Pipeline>> {
        for (int i = 0; i <= 1000; ++i) {
            progress(i / 1000.0, "loading");
        }
        if (folder == "broken" || stop.stop_requested()) {
            Error error;
            error.code = stop.stop_requested() ? ErrorCode::kCancelled : ErrorCode::kBadModel;
            error.id = stop.stop_requested() ? "CANCELLED" : "MODEL-BROKEN";
            return error;
        }
        return fakePipeline(script);
    };
}

RunRequest ask(const std::string& question, const std::string& sha = "a") {
    RunRequest request;
    request.image = fakePicture(sha);
    request.question = question;
    request.prune.keep = 5;
    return request;
}

struct Fixture {
    std::shared_ptr<FakeScript> script = scriptSaying("yes it is");
    Listener listener;
    InferenceWorker worker{fakeOpener(script)};
    Fixture() {
        worker.setEvents(listener.events());
        worker.loadModel("fake", {});
        EXPECT_TRUE(listener.waitFor("ready llava"));
        listener.clear();
    }
};

TEST(InferenceWorker, DecisionThenPrunedThenWhole) {
    Fixture f;
    EXPECT_EQ(f.worker.submit(ask("pot")), 1U);
    ASSERT_TRUE(f.listener.waitFor("finished 1 whole"));
    EXPECT_EQ(f.listener.words(), (std::vector<std::string>{"decision 1", "finished 1 pruned", "finished 1 whole"}));
    EXPECT_EQ(f.listener.text("1 pruned"), "yes it is");
    EXPECT_EQ(f.listener.text("1 whole"), "yes it is");
    EXPECT_EQ(f.script->generations, 2);
}

TEST(InferenceWorker, WholeAnswerIsRememberedPerImageAndQuestion) {
    Fixture f;
    const auto picture = fakePicture("same");
    RunRequest request = ask("pot");
    request.image = picture;
    f.worker.submit(request);
    ASSERT_TRUE(f.listener.waitFor("finished 1 whole"));
    request.prune.tau.value = 0.1;
    f.worker.submit(request);
    ASSERT_TRUE(f.listener.waitFor("finished 2 pruned"));
    EXPECT_EQ(f.script->generations, 3);
    const auto words = f.listener.words();
    const auto decision = std::find(words.begin(), words.end(), "decision 2");
    ASSERT_NE(decision, words.end());
    EXPECT_EQ(*(decision + 1), "finished 2 whole") << "the known answer comes at once";
    request.question = "dog";
    f.worker.submit(request);
    ASSERT_TRUE(f.listener.waitFor("finished 3 whole"));
    EXPECT_EQ(f.script->generations, 5);
    EXPECT_EQ(f.script->visionRuns, 1);
}

TEST(InferenceWorker, DecisionOnly) {
    Fixture f;
    RunRequest request = ask("pot");
    request.withAnswer = false;
    f.worker.submit(request);
    ASSERT_TRUE(f.listener.waitFor("decision 1"));
    f.worker.submit(ask("pot"));
    ASSERT_TRUE(f.listener.waitFor("finished 2 whole"));
    EXPECT_FALSE(f.listener.has("finished 1 pruned"));
}

TEST(InferenceWorker, MethodNoneIsBothAnswers) {
    Fixture f;
    RunRequest request = ask("pot");
    request.prune = {};
    request.prune.method = "none";
    f.worker.submit(request);
    ASSERT_TRUE(f.listener.waitFor("finished 1 whole"));
    EXPECT_TRUE(f.listener.has("finished 1 pruned"));
    EXPECT_EQ(f.script->generations, 1);
}

// The model waits at a step until the test lets it go on or it is stopped.
class Gate {
public:
    void hold(std::stop_token stop) {
        std::unique_lock lock(m_mutex);
        m_here = true;
        m_changed.notify_all();
        m_changed.wait(lock, stop, [this] { return m_open; });
        m_here = false;
    }
    bool waitUntilHeld() {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, std::chrono::minutes(1), [this] { return m_here; });
    }
    void open() {
        const std::lock_guard lock(m_mutex);
        m_open = true;
        m_changed.notify_all();
    }

private:
    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    bool m_open = false, m_here = false;
};

TEST(InferenceWorker, NewRequestStopsTheOldOneAndSilencesIt) {
    Fixture f;
    Gate gate;
    f.script->onStep = [&](int step, const std::stop_token& stop) {
        if (step == 1 && f.script->generations == 1) {
            gate.hold(stop);
        }
    };
    f.worker.submit(ask("pot"));
    ASSERT_TRUE(gate.waitUntilHeld());
    f.worker.submit(ask("dog"));
    ASSERT_TRUE(f.listener.waitFor("finished 2 whole"));
    for (const std::string& word : f.listener.words()) {
        EXPECT_TRUE(word == "decision 1" || word.find(" 2") != std::string::npos) << word;
    }
    EXPECT_FALSE(f.listener.has("finished 1 pruned cancelled"));
}

TEST(InferenceWorker, OnlyTheNewestOfManyRuns) {
    Fixture f;
    Gate gate;
    f.script->onVision = [&](const std::stop_token& stop) {
        if (f.script->visionRuns == 1) {
            gate.hold(stop);
        }
    };
    const auto picture = fakePicture("held");
    RunRequest request = ask("pot");
    request.image = picture;
    f.worker.submit(request);
    ASSERT_TRUE(gate.waitUntilHeld());
    std::uint64_t last = 0;
    for (int i = 0; i < 50; ++i) {
        request.prune.tau.value = 0.01 * i;
        last = f.worker.submit(request);
    }
    gate.open();
    ASSERT_TRUE(f.listener.waitFor("finished " + std::to_string(last) + " whole"));
    EXPECT_EQ(f.script->visionRuns, 1) << "requests on the same image do not start the tower again";
    EXPECT_EQ(f.script->generations, 2);
    for (const std::string& word : f.listener.words()) {
        EXPECT_NE(word.find(std::to_string(last)), std::string::npos) << word;
    }
}

TEST(InferenceWorker, AnotherImageStopsTheTower) {
    Fixture f;
    Gate gate;
    f.script->onVision = [&](const std::stop_token& stop) {
        if (f.script->visionRuns == 1) {
            gate.hold(stop);   // never opened: only the stop ends it
        }
    };
    f.worker.submit(ask("pot", "first"));
    ASSERT_TRUE(gate.waitUntilHeld());
    f.worker.submit(ask("pot", "second"));
    ASSERT_TRUE(f.listener.waitFor("finished 2 whole"));
    EXPECT_EQ(f.script->visionRuns, 2);
}

TEST(InferenceWorker, CancelIsReported) {
    Fixture f;
    Gate gate;
    f.script->onStep = [&](int step, const std::stop_token& stop) {
        if (step == 2) {
            gate.hold(stop);
        }
    };
    f.worker.submit(ask("pot"));
    ASSERT_TRUE(gate.waitUntilHeld());
    f.worker.cancel();
    EXPECT_TRUE(f.listener.waitFor("finished 1 pruned cancelled"));
    EXPECT_FALSE(f.listener.has("finished 1 whole"));
    f.script->onStep = nullptr;
    f.worker.submit(ask("pot"));
    EXPECT_TRUE(f.listener.waitFor("finished 2 whole")) << "the worker goes on after a cancel";
}

TEST(InferenceWorker, ErrorsCarryTheirJob) {
    Fixture f;
    f.worker.submit(ask(""));
    EXPECT_TRUE(f.listener.waitFor("error 1 U-QUERY"));
    f.script->outOfMemory = true;
    f.worker.submit(ask("pot"));
    EXPECT_TRUE(f.listener.waitFor("error 2 MEM-HOST"));
    f.script->outOfMemory = false;
    f.worker.loadModel("broken", {});
    EXPECT_TRUE(f.listener.waitFor("error 0 MODEL-BROKEN"));
    f.worker.submit(ask("pot"));
    EXPECT_TRUE(f.listener.waitFor("finished 3 whole")) << "the old model stays when a new one cannot be loaded";
}

TEST(InferenceWorker, WithoutAModel) {
    Listener listener;
    InferenceWorker worker(fakeOpener(scriptSaying("no")));
    worker.setEvents(listener.events());
    worker.submit(ask("pot"));
    EXPECT_TRUE(listener.waitFor("error 1 MODEL-NONE"));
}

TEST(InferenceWorker, RequestWaitsForTheModelThatIsLoading) {
    const auto script = scriptSaying("yes it is");
    Listener listener;
    InferenceWorker worker(fakeOpener(script));
    worker.setEvents(listener.events());
    worker.loadModel("fake", {});
    worker.submit(ask("pot"));
    EXPECT_TRUE(listener.waitFor("finished 1 whole"));
}

TEST(InferenceWorker, ProgressIsThrottled) {
    Listener listener;
    int calls = 0;
    ServiceEvents events = listener.events();
    events.onLoadProgress = [&](double, const std::string&) { ++calls; };
    InferenceWorker worker(fakeOpener(scriptSaying("no")));
    worker.setEvents(events);
    worker.loadModel("fake", {});
    ASSERT_TRUE(listener.waitFor("ready llava"));
    EXPECT_GE(calls, 2) << "the first and the last step are told";
    EXPECT_LT(calls, 1001) << "1,001 steps were reported";
}

TEST(InferenceWorker, DestructionStopsARunningJob) {
    const auto script = scriptSaying("yes it is");
    Gate gate;
    script->onStep = [&](int step, const std::stop_token& stop) {
        if (step == 1) {
            gate.hold(stop);   // never opened
        }
    };
    Listener listener;
    {
        InferenceWorker worker(fakeOpener(script));
        worker.setEvents(listener.events());
        worker.loadModel("fake", {});
        worker.submit(ask("pot"));
        ASSERT_TRUE(gate.waitUntilHeld());
    }
    EXPECT_FALSE(listener.has("finished 1 pruned cancelled")) << "no event after the end";
}

// R10: cancel and start again a thousand times; the last one wins.
TEST(Catalogue, R10_CancelAndStartAThousandTimes) {
    Fixture f;
    const auto picture = fakePicture("r10");
    RunRequest request = ask("pot");
    request.image = picture;
    std::uint64_t last = 0;
    for (int i = 0; i < 1000; ++i) {
        request.prune.keep = 1 + i % 15;
        last = f.worker.submit(request);
        if (i % 3 == 0) {
            f.worker.cancel();
        }
    }
    last = f.worker.submit(request);
    EXPECT_TRUE(f.listener.waitFor("finished " + std::to_string(last) + " whole"));
}

InspectWish about(std::int64_t token) {
    InspectWish wish;
    wish.tokens = {token};
    return wish;
}

TEST(InferenceWorker, InspectsWhenIdle) {
    Fixture f;
    EXPECT_EQ(f.worker.inspect(ask("pot"), about(3)), 1U);
    ASSERT_TRUE(f.listener.waitFor("inspected 1 token 3"));
    EXPECT_EQ(f.worker.inspect(ask("pot"), about(99)), 2U);
    ASSERT_TRUE(f.listener.waitFor("inspection error 2 PRUNE-TOKEN"));
    EXPECT_EQ(f.script->generations, 0);
}

TEST(InferenceWorker, InspectsBetweenTwoTokens) {
    Fixture f;
    bool asked = false;
    f.script->onStep = [&](int step, const std::stop_token&) {
        if (step == 1 && !asked) {
            asked = true;
            f.worker.inspect(ask("pot"), about(5));
        }
    };
    f.worker.submit(ask("pot"));
    ASSERT_TRUE(f.listener.waitFor("finished 1 whole"));
    const auto words = f.listener.words();
    const auto inspected = std::find(words.begin(), words.end(), "inspected 1 token 5");
    ASSERT_NE(inspected, words.end());
    EXPECT_LT(inspected, std::find(words.begin(), words.end(), "finished 1 pruned")) << "while the answer was being generated";
    EXPECT_EQ(f.listener.text("1 pruned"), "yes it is");
}

TEST(InferenceWorker, NewestInspectionWins) {
    Fixture f;
    f.script->onVision = [&](const std::stop_token&) {
        for (int i = 0; i < 20; ++i) {
            f.worker.inspect(ask("pot"), about(i % 16));
        }
    };
    f.worker.submit(ask("pot"));
    ASSERT_TRUE(f.listener.waitFor("inspected 20 token 3"));
    const auto words = f.listener.words();
    EXPECT_EQ(std::count_if(words.begin(), words.end(), [](const std::string& word) { return word.rfind("inspect", 0) == 0; }), 1);
}

// What onScores says against runs that score the same tokens one by one.
TEST(InferenceWorker, ScoresTheUnprunedAnswerUnderEachKeptSet) {
    Fixture f;
    f.script->scoresByTokens = true;
    std::mutex mutex;
    std::condition_variable heard;
    std::map<std::uint64_t, AnswerScores> scores;
    ServiceEvents events = f.listener.events();
    events.onScores = [&](std::uint64_t job, const AnswerScores& found) {
        const std::lock_guard lock(mutex);
        scores[job] = found;
        heard.notify_all();
    };
    f.worker.setEvents(events);
    const auto wait = [&](std::uint64_t job) {
        std::unique_lock lock(mutex);
        return heard.wait_for(lock, std::chrono::minutes(1), [&] { return scores.count(job) > 0; });
    };
    RunRequest request = ask("pot");
    f.worker.submit(request);
    ASSERT_TRUE(wait(1));
    request.prune.forceKeep = {2, 3};
    f.worker.submit(request);
    ASSERT_TRUE(wait(2));
    const auto script = scriptSaying("yes it is");
    script->scoresByTokens = true;
    const auto pipeline = fakePipeline(script);
    RunRequest whole = request;
    whole.prune = PruneOptions();
    whole.prune.method = "none";
    const auto answer = pipeline->run(whole, {}, {}).value();
    const auto scored = [&](RunRequest asked, std::vector<std::int64_t> forced) {
        asked.withAnswer = false;
        asked.prune.forceKeep = std::move(forced);
        asked.scoreTokens = answer->answerTokens;
        return *pipeline->run(asked, {}, {}).value()->scoredLogProbability;
    };
    const std::lock_guard lock(mutex);
    EXPECT_EQ(scores[1].answer, "yes it is");
    EXPECT_EQ(scores[1].tokens, static_cast<std::int64_t>(answer->answerTokens.size()));
    EXPECT_DOUBLE_EQ(scores[1].now, scored(request, {}));
    EXPECT_FALSE(scores[1].unforced.has_value());
    EXPECT_DOUBLE_EQ(scores[2].now, scored(request, {2, 3}));
    ASSERT_TRUE(scores[2].unforced.has_value());
    EXPECT_DOUBLE_EQ(*scores[2].unforced, scores[1].now);
    EXPECT_NE(scores[2].now, scores[1].now) << "forcing changes what the answer rests on";
}

TEST(InferenceWorker, MeasuresAndStops) {
    Fixture f;
    std::atomic<int> runs{0};
    ServiceEvents events = f.listener.events();
    std::mutex mutex;
    std::condition_variable heard;
    std::vector<std::string> words;
    const auto say = [&](std::string word) {
        const std::lock_guard lock(mutex);
        words.push_back(std::move(word));
        heard.notify_all();
    };
    const auto wait = [&](const std::string& word) {
        std::unique_lock lock(mutex);
        return heard.wait_for(lock, std::chrono::minutes(1), [&] { return std::find(words.begin(), words.end(), word) != words.end(); });
    };
    events.onMeasureProgress = [&](std::uint64_t, int done, int all) { say("run " + std::to_string(done) + " of " + std::to_string(all)); };
    events.onMeasured = [&](std::uint64_t id, const std::shared_ptr<const Measurement>& measured) {
        say("measured " + std::to_string(id) + ", " + std::to_string(measured->pruned.times.size()) + " and " + std::to_string(measured->unpruned.times.size()));
    };
    events.onMeasureError = [&](std::uint64_t id, const Error& error) { say("stopped " + std::to_string(id) + " " + error.id); };
    f.worker.setEvents(events);
    EXPECT_EQ(f.worker.measure(ask("pot"), {1, 3}), 1U);
    ASSERT_TRUE(wait("measured 1, 3 and 3"));
    ASSERT_TRUE(wait("run 8 of 8"));
    f.script->onStep = [&](int step, const std::stop_token& stop) {   // every token waits until somebody stops it
        ++runs;
        say("token");
        for (int i = 0; step == 0 && i < 60000 && !stop.stop_requested(); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    };
    {
        const std::lock_guard lock(mutex);
        words.clear();
    }
    f.worker.measure(ask("pot"), {1, 3});
    ASSERT_TRUE(wait("token"));
    f.worker.cancel();
    ASSERT_TRUE(wait("stopped 2 CANCELLED"));
    f.worker.measure(ask("pot"), {1, 3});
    f.worker.cancel();
    ASSERT_TRUE(wait("stopped 3 CANCELLED"));
    RunRequest decide = ask("pot");
    decide.withAnswer = false;
    {
        const std::lock_guard lock(mutex);
        words.clear();
    }
    f.worker.measure(ask("pot"), {1, 3});
    ASSERT_TRUE(wait("token"));
    f.worker.submit(decide);   // somebody moves a slider
    ASSERT_TRUE(wait("stopped 4 CANCELLED"));
    EXPECT_TRUE(f.listener.waitFor("decision 1"));
}

TEST(InferenceWorker, TraceWithoutAModel) {
    const std::string path = (std::filesystem::temp_directory_path() / ("worker-" + freshId() + ".prunescope")).string();
    {
        auto pipeline = fakePipeline(scriptSaying("yes it is"));
        RunRequest whole = ask("pot");
        whole.prune.method = "none";
        whole.image = fakePicture("a");
        RunRequest pruned = ask("pot");
        pruned.image = whole.image;
        const auto trace = makeTrace({pipeline->run(pruned, {}, {}).value(), pipeline->run(whole, {}, {}).value()}, pipeline->facts(), "fake", {}, PictureRule::kEmbed);
        ASSERT_TRUE(saveTrace(path, *trace).ok());
    }
    Listener listener;
    InferenceWorker worker(fakeOpener(scriptSaying("other")));
    worker.setEvents(listener.events());
    worker.openTrace(path);
    ASSERT_TRUE(listener.waitFor("trace 2"));
    std::filesystem::remove(path);
    RunRequest request = listener.trace()->runs[0]->request;
    worker.submit(request);
    ASSERT_TRUE(listener.waitFor("finished 1 whole"));
    EXPECT_EQ(listener.words(), (std::vector<std::string>{"trace 2", "decision 1", "finished 1 pruned", "finished 1 whole"}));
    EXPECT_EQ(listener.text("1 pruned"), "yes it is");
    worker.inspect(request, about(2));
    ASSERT_TRUE(listener.waitFor("inspected 1 token 2"));
    request.prune.keep = 7;
    worker.submit(request);
    ASSERT_TRUE(listener.waitFor("error 2 TRACE-NO-MODEL"));
    EXPECT_TRUE(listener.has("decision 2"));
    worker.openTrace("/nowhere.prunescope");
    ASSERT_TRUE(listener.waitFor("trace error FILE-NOENT"));
    worker.saveTrace({path, listener.trace()->runs, listener.trace(), {}, {}, {}, {}});
    ASSERT_TRUE(listener.waitFor("saved"));
    const auto again = openTrace(path);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->runs.size(), 2U);
    EXPECT_EQ(again->modelPath, "fake");
    std::filesystem::remove(path);
    worker.saveTrace({"/nowhere/x.prunescope", listener.trace()->runs, listener.trace(), {}, {}, {}, {}});
    ASSERT_TRUE(listener.waitFor("trace error OUT-NOENT"));
    worker.loadModel("fake", {});   // with a model the answer is new
    ASSERT_TRUE(listener.waitFor("ready llava"));
    worker.submit(request);
    ASSERT_TRUE(listener.waitFor("finished 3 whole"));
    EXPECT_EQ(listener.text("3 pruned"), "other");
}

}  // namespace
}  // namespace prunescope
