// SPDX-License-Identifier: GPL-3.0-or-later
// The inference worker.
#include "app/inference_worker.h"

#include "core/run/errors.h"

#include <chrono>
#include <utility>

namespace prunescope {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(33);
constexpr std::size_t kKnownAnswers = 64;

// Lets one call through per interval.
class Throttle {
public:
    bool open() {
        const auto now = std::chrono::steady_clock::now();
        if (m_started && now - m_last < kInterval) {
            return false;
        }
        m_started = true;
        m_last = now;
        return true;
    }

private:
    std::chrono::steady_clock::time_point m_last;
    bool m_started = false;
};

std::string answerKey(const RunResult& result) {
    const RunRequest& request = result.request;
    const std::string image = result.image->sha256.empty() ? result.image->path : result.image->sha256;
    return image + '\n' + (request.rawPrompt ? "p" + *request.rawPrompt : "q" + request.question) + '\n' + std::to_string(request.maxNewTokens);
}

Error noModel(std::string what) { return makeError(ErrorCode::kBadModel, "MODEL-NONE", std::move(what), {}, "no model is loaded", "choose a model folder"); }

}  // namespace

PipelineOpener pipelineOpener(ModelLoader loader, ResizeMode resize, LlamaPrefix prefix, PipelineLimits limits) {
    return [loader = std::move(loader), resize, prefix, limits](const std::filesystem::path& folder, const LoadOptions& options, const ProgressSink& progress,
                                                                std::stop_token stop) {
        auto pipeline = Pipeline::open(folder, loader, options, resize, prefix, progress, stop);
        if (pipeline) {
            (*pipeline)->setLimits(limits);
        }
        return pipeline;
    };
}

InferenceWorker::InferenceWorker(PipelineOpener opener)
    : m_opener(std::move(opener)), m_events(std::make_shared<const ServiceEvents>()), m_thread([this](std::stop_token quit) { loop(quit); }) {}

InferenceWorker::~InferenceWorker() {
    {
        const std::lock_guard lock(m_mutex);
        m_current = 0;
        m_load.reset();
        m_pending.reset();
        m_traceFile.reset();
        m_orders.clear();
        m_inspection.reset();
        m_measurement.reset();
        m_events = std::make_shared<const ServiceEvents>();
        m_inspectionStop.request_stop();
        m_stop.request_stop();
        m_imageStop.request_stop();
    }
    m_thread.request_stop();
    m_wake.notify_all();
    if (m_thread.joinable()) {
        m_thread.join();
    }
}

void InferenceWorker::setEvents(ServiceEvents events) {
    const std::lock_guard lock(m_mutex);
    m_events = std::make_shared<const ServiceEvents>(std::move(events));
}

void InferenceWorker::loadModel(const std::filesystem::path& folder, const LoadOptions& options) {
    const std::lock_guard lock(m_mutex);
    m_load = LoadJob{folder, options};
    m_stop.request_stop();
    m_imageStop.request_stop();
    m_wake.notify_all();
}

bool InferenceWorker::sameImage(const RunRequest& a, const RunRequest& b) {
    return a.image || b.image ? a.image == b.image : a.imagePath == b.imagePath;
}

std::uint64_t InferenceWorker::submit(RunRequest request) {
    const std::lock_guard lock(m_mutex);
    request.jobId = ++m_lastJob;
    m_current = request.jobId;
    m_userCancelled = false;
    if (m_running) {   // a model that is loading is what this request waits for
        m_stop.request_stop();
        if (!sameImage(*m_running, request)) {
            m_imageStop.request_stop();
        }
    }
    stopMeasurement();
    m_pending = std::move(request);
    m_inspectionStop.request_stop();
    m_wake.notify_all();
    return m_current;
}

std::uint64_t InferenceWorker::inspect(RunRequest request, InspectWish wish) {
    const std::lock_guard lock(m_mutex);
    request.jobId = ++m_lastInspection;
    m_inspection = InspectJob{std::move(request), std::move(wish)};
    m_inspectionStop.request_stop();
    m_wake.notify_all();
    return m_lastInspection;
}

std::uint64_t InferenceWorker::measure(RunRequest request, MeasureWish wish) {
    const std::lock_guard lock(m_mutex);
    stopMeasurement();
    request.jobId = ++m_lastMeasurement;
    m_measurement = MeasureJob{std::move(request), wish, false, false};
    m_wake.notify_all();
    return m_lastMeasurement;
}

std::uint64_t InferenceWorker::sweep(RunRequest request) {
    const std::lock_guard lock(m_mutex);
    stopMeasurement();
    request.jobId = ++m_lastMeasurement;
    m_measurement = MeasureJob{std::move(request), {}, false, true};
    m_wake.notify_all();
    return m_lastMeasurement;
}

/// With the mutex held. One that waits is reported as cancelled when it is taken.
void InferenceWorker::stopMeasurement() {
    if (m_measuring) {
        m_stop.request_stop();
    }
    if (m_measurement) {
        m_measurement->cancelled = true;
    }
}

void InferenceWorker::openTrace(const std::filesystem::path& path) {
    const std::lock_guard lock(m_mutex);
    m_traceFile = path;
    m_wake.notify_all();
}

void InferenceWorker::saveTrace(TraceOrder order) {
    const std::lock_guard lock(m_mutex);
    m_orders.push_back(std::move(order));
    m_wake.notify_all();
}

void InferenceWorker::cancel() {
    const std::lock_guard lock(m_mutex);
    m_userCancelled = true;
    m_inspection.reset();
    m_inspectionStop.request_stop();
    stopMeasurement();
    const bool waiting = m_pending.has_value();
    if (!waiting) {
        m_stop.request_stop();
        m_imageStop.request_stop();
        return;
    }
    // Not begun yet: the worker reports it as cancelled when it takes it.
    m_wake.notify_all();
}

InferenceWorker::Events InferenceWorker::events() const {
    const std::lock_guard lock(m_mutex);
    return m_events;
}

bool InferenceWorker::isCurrent(std::uint64_t job) const {
    const std::lock_guard lock(m_mutex);
    return m_current == job;
}

void InferenceWorker::fail(std::uint64_t job, const Error& error) {
    // Superseded jobs end in silence; a cancel of the user's is reported.
    if (const auto sinks = events(); isCurrent(job) && sinks->onError) {
        sinks->onError(job, error);
    }
}

void InferenceWorker::reportLoadError(const Error& error) {
    if (const auto sinks = events(); sinks->onError) {
        sinks->onError(0, error);
    }
}

void InferenceWorker::loop(std::stop_token quit) {
    while (!quit.stop_requested()) {
        std::optional<LoadJob> loadJob;
        std::optional<std::filesystem::path> traceFile;
        std::optional<TraceOrder> order;
        std::optional<RunRequest> request;
        std::optional<MeasureJob> measurement;
        std::stop_token stop;
        std::stop_token imageStop;
        bool cancelled = false;
        {
            std::unique_lock lock(m_mutex);
            m_running.reset();
            m_measuring = false;
            if (!m_wake.wait(lock, quit, [this] { return m_load || m_traceFile || !m_orders.empty() || m_pending || m_inspection || m_measurement; })) {
                return;
            }
            m_stop = std::stop_source();
            m_imageStop = std::stop_source();
            stop = m_stop.get_token();
            imageStop = m_imageStop.get_token();
            if (m_traceFile) {   // before a model: it is there at once
                traceFile = std::exchange(m_traceFile, std::nullopt);
            } else if (m_load) {
                loadJob = std::exchange(m_load, std::nullopt);
            } else if (!m_orders.empty()) {
                order = std::move(m_orders.front());
                m_orders.pop_front();
            } else if (m_pending) {
                request = std::exchange(m_pending, std::nullopt);
                m_running = request;
                cancelled = m_userCancelled;
            } else if (!m_inspection) {
                measurement = std::exchange(m_measurement, std::nullopt);
                m_measuring = true;
            }
        }
        const std::uint64_t job = request ? request->jobId : 0;
        try {
            if (loadJob) {
                load(*loadJob, stop);
            } else if (traceFile) {
                loadTrace(*traceFile);
            } else if (measurement) {
                serveMeasurement(*measurement, stop);
            } else if (order) {
                writeTrace(std::move(*order));
            } else if (!request) {
                serveInspection();
            } else if (cancelled) {
                fail(job, cancelledError("not run"));
            } else {
                serve(std::move(*request), stop, imageStop);
            }
        } catch (const std::bad_alloc&) {
            const Error error = makeError(ErrorCode::kDevice, "MEM-HOST", "cannot run", {}, "out of memory");
            loadJob ? reportLoadError(error) : fail(job, error);
        } catch (...) {
            const Error error = makeError(ErrorCode::kInternal, "INTERNAL", "cannot run", {}, "unexpected exception");
            loadJob ? reportLoadError(error) : fail(job, error);
        }
    }
}

void InferenceWorker::load(const LoadJob& job, std::stop_token stop) {
    const auto sinks = events();
    Throttle throttle;
    auto opened = m_opener(job.folder, job.options, [&](double part, const std::string& text) {
        if (sinks->onLoadProgress && (part >= 1.0 || throttle.open())) {
            sinks->onLoadProgress(part, text);
        }
    }, stop);
    if (!opened) {
        // A load that was replaced by another one ends in silence; the old model stays.
        bool replaced = false;
        {
            const std::lock_guard lock(m_mutex);
            replaced = m_load.has_value();
        }
        if (!replaced) {
            reportLoadError(opened.error());
        }
        return;
    }
    m_pipeline = std::move(*opened);
    m_unpruned.clear();
    if (sinks->onModelReady) {
        sinks->onModelReady(m_pipeline->facts(), job.folder.string());
    }
}

void InferenceWorker::loadTrace(const std::filesystem::path& path) {
    auto opened = prunescope::openTrace(path);
    if (!opened) {
        if (const auto sinks = events(); sinks->onTraceError) {
            sinks->onTraceError(path.string(), opened.error());
        }
        return;
    }
    const auto trace = std::make_shared<const Trace>(std::move(*opened));
    m_trace = std::make_unique<TraceSession>(trace);
    if (const auto sinks = events(); sinks->onTraceReady) {
        sinks->onTraceReady(trace, path.string());
    }
}

void InferenceWorker::writeTrace(TraceOrder order) {
    std::erase(order.runs, nullptr);
    const ModelFacts& model = order.base ? order.base->model : order.model;
    auto trace = makeTrace(std::move(order.runs), model, order.base ? order.base->modelPath : order.modelPath, {programVersion(), order.torch, order.cuda}, PictureRule::kEmbed);
    if (trace && order.base) {
        trace->pictureFile = order.base->pictureFile;
        trace->recordedGrid = order.base->recordedGrid;
        trace->picture = order.base->picture;
    }
    const Result<void> written = trace ? prunescope::saveTrace(order.path, *trace) : Result<void>(trace.error());
    const auto sinks = events();
    if (written && sinks->onTraceSaved) {
        sinks->onTraceSaved(order.path.string());
    } else if (!written && sinks->onTraceError) {
        sinks->onTraceError(order.path.string(), written.error());
    }
}

/// On the trace's image: everything that is recorded, and whatever a model that is not the trace's would answer for other tokens.
bool InferenceWorker::fromTrace(const RunRequest& request) const {
    if (!m_trace || request.image != m_trace->trace().image->decoded) {
        return false;
    }
    const bool own = m_pipeline && answersTrace(m_pipeline->facts(), m_trace->trace());
    return !own || (!request.withAnswer && m_trace->holds(request));
}

/// The newest inspection that waits, if one does. Called by the loop, and between two tokens of an answer.
void InferenceWorker::serveInspection() {
    std::optional<InspectJob> job;
    std::stop_token stop;
    {
        const std::lock_guard lock(m_mutex);
        if (!m_inspection) {
            return;
        }
        job = std::exchange(m_inspection, std::nullopt);
        m_inspectionStop = std::stop_source();
        stop = m_inspectionStop.get_token();
    }
    const std::uint64_t id = job->request.jobId;
    Result<Inspection> done = noModel("cannot look closer");
    if (m_trace && m_trace->holds(job->request)) {
        done = m_trace->inspect(job->request, job->wish, stop);
    } else if (m_pipeline) {
        done = m_pipeline->inspect(job->request, job->wish, stop);
    }
    const auto sinks = events();
    {
        const std::lock_guard lock(m_mutex);
        if (m_lastInspection != id || stop.stop_requested()) {
            return;
        }
    }
    if (done && sinks->onInspection) {
        sinks->onInspection(id, std::make_shared<const Inspection>(std::move(*done)));
    } else if (!done && sinks->onInspectionError) {
        sinks->onInspectionError(id, done.error());
    }
}

void InferenceWorker::serveSweep(const MeasureJob& job, std::stop_token stop) {
    const std::uint64_t id = job.request.jobId;
    const auto sinks = events();
    Result<BudgetSweep> swept = cancelledError("the sweep was not begun");
    int done = 0;
    if (!m_pipeline) {
        swept = noModel("cannot look for a budget");
    } else if (!job.cancelled) {
        const auto runner = [this](const RunRequest& request, std::stop_token token) { return m_pipeline->run(request, {{}, {}, [this] { serveInspection(); }}, token); };
        swept = sweepBudgets(runner, job.request, [&](const BudgetSweep& so, int ready, int all) {
            done = ready;
            if (sinks->onSweep) {
                auto heard = std::make_shared<BudgetSweep>(so);
                heard->id = id;
                sinks->onSweep(id, std::move(heard), ready, all);
            }
        }, stop);
    }
    if (swept && sinks->onSweep) {
        swept->id = id;
        sinks->onSweep(id, std::make_shared<const BudgetSweep>(std::move(*swept)), done, done);
    } else if (!swept && sinks->onSweepError) {
        sinks->onSweepError(id, swept.error());
    }
}

void InferenceWorker::serveMeasurement(const MeasureJob& job, std::stop_token stop) {
    if (job.sweep) {
        serveSweep(job, std::move(stop));
        return;
    }
    const std::uint64_t id = job.request.jobId;
    const auto sinks = events();
    Result<Measurement> measured = cancelledError("measurement not begun");
    if (!m_pipeline) {
        measured = noModel("cannot measure");
    } else if (!job.cancelled) {
        const auto runner = [this](const RunRequest& request, std::stop_token token) { return m_pipeline->run(request, {}, token); };
        measured = measureRuns(runner, job.request, job.wish, [&](int done, int all) {
            if (sinks->onMeasureProgress) {
                sinks->onMeasureProgress(id, done, all);
            }
        }, stop);
    }
    if (measured) {
        const ModelFacts& facts = m_pipeline->facts();
        measured->id = id;
        measured->weightBytes = facts.parameters * facts.bytesPerNumber();
        if (sinks->onMeasured) {
            sinks->onMeasured(id, std::make_shared<const Measurement>(std::move(*measured)));
        }
    } else if (sinks->onMeasureError) {
        sinks->onMeasureError(id, measured.error());
    }
}

/// How likely the unpruned answer is with the tokens of `request`. What cannot be scored is not reported.
void InferenceWorker::score(const RunRequest& request, const RunResult& whole, std::stop_token stop) {
    const auto sinks = events();
    const bool forced = request.prune.anyForced();
    if (!sinks->onScores || whole.answerTokens.empty() || whole.finish == FinishReason::kCancelled || (request.prune.method == "none" && !forced)) {
        return;
    }
    const auto scored = [&](const PruneOptions& prune) -> std::optional<double> {
        RunRequest asked = request;
        asked.prune = prune;
        asked.withAnswer = false;
        asked.withDiagnostics = false;
        asked.scoreTokens = whole.answerTokens;
        const auto ran = m_pipeline->run(asked, {}, stop);
        return ran ? (*ran)->scoredLogProbability : std::nullopt;
    };
    AnswerScores scores;
    scores.answer = whole.answer;
    scores.tokens = static_cast<std::int64_t>(whole.answerTokens.size());
    for (const float each : whole.answerLogProbabilities) {
        scores.unpruned += static_cast<double>(each);
    }
    const auto now = scored(request.prune);
    if (!now) {
        return;
    }
    scores.now = *now;
    if (forced) {
        if (scores.unforced = scored(request.prune.withoutForced()); !scores.unforced) {
            return;
        }
    }
    if (isCurrent(request.jobId)) {
        sinks->onScores(request.jobId, std::move(scores));
    }
}

/// A request on the trace's image: decision, then the recorded answers where there are some.
void InferenceWorker::serveFromTrace(const RunRequest& request, std::stop_token stop) {
    const auto sinks = events();
    RunCallbacks callbacks;
    callbacks.onDecision = [&](std::shared_ptr<const RunResult> decided) {
        if (isCurrent(request.jobId) && sinks->onDecision) {
            sinks->onDecision(request.jobId, std::move(decided));
        }
    };
    callbacks.onText = [&](const std::string& text) {
        if (isCurrent(request.jobId) && sinks->onText) {
            sinks->onText(request.jobId, false, text);
        }
    };
    const auto pruned = m_trace->run(request, callbacks, stop);
    if (!pruned) {
        fail(request.jobId, pruned.error());
        return;
    }
    if (!request.withAnswer || !sinks->onFinished || !isCurrent(request.jobId)) {
        return;
    }
    sinks->onFinished(request.jobId, false, *pruned);
    if (const auto whole = m_trace->run(unprunedOf(request), {}, stop); whole && isCurrent(request.jobId)) {
        sinks->onFinished(request.jobId, true, *whole);   // not recorded: there is nothing to compare with
    }
}

bool InferenceWorker::runOnce(const RunRequest& request, bool unpruned, std::stop_token stop, std::shared_ptr<const RunResult>& result, bool withDecision) {
    const auto sinks = events();
    Throttle throttle;
    std::string held;
    const auto flush = [&](bool force) {
        if (!held.empty() && (force || throttle.open()) && isCurrent(request.jobId) && sinks->onText) {
            sinks->onText(request.jobId, unpruned, std::exchange(held, {}));
        }
    };
    RunCallbacks callbacks;
    callbacks.onDecision = [&](std::shared_ptr<const RunResult> decided) {
        if (!withDecision || !isCurrent(request.jobId)) {
            return;
        }
        if (sinks->onDecision) {
            sinks->onDecision(request.jobId, decided);
        }
        const auto known = m_unpruned.find(answerKey(*decided));
        if (request.withAnswer && known != m_unpruned.end() && sinks->onFinished) {
            sinks->onFinished(request.jobId, true, known->second);
        }
    };
    callbacks.onText = [&](const std::string& piece) {
        held += piece;
        flush(false);
    };
    callbacks.onStep = [this] { serveInspection(); };
    auto ran = m_pipeline->run(request, callbacks, stop);
    if (!ran) {
        fail(request.jobId, ran.error());
        return false;
    }
    flush(true);
    result = *ran;
    if (result->hasAnswer && isCurrent(request.jobId) && sinks->onFinished) {
        sinks->onFinished(request.jobId, unpruned, result);
    }
    return !result->hasAnswer || result->finish != FinishReason::kCancelled;
}

void InferenceWorker::serve(RunRequest request, std::stop_token stop, std::stop_token imageStop) {
    if (fromTrace(request)) {
        serveFromTrace(request, stop);
        return;
    }
    if (!m_pipeline) {
        fail(request.jobId, noModel("cannot run"));
        return;
    }
    if (const auto prepared = m_pipeline->prepareImage(request, imageStop); !prepared) {
        fail(request.jobId, prepared.error());
        return;
    }
    std::shared_ptr<const RunResult> pruned;
    if (!runOnce(request, false, stop, pruned, true) || !request.withAnswer) {
        return;
    }
    const std::string key = answerKey(*pruned);
    std::shared_ptr<const RunResult> whole;
    if (request.prune.method == "none") {
        whole = pruned;
        if (const auto sinks = events(); isCurrent(request.jobId) && sinks->onFinished && m_unpruned.find(key) == m_unpruned.end()) {
            sinks->onFinished(request.jobId, true, whole);
        }
    } else if (const auto known = m_unpruned.find(key); known != m_unpruned.end()) {
        whole = known->second;
    } else if (!runOnce(unprunedOf(request), true, stop, whole, false)) {
        return;
    }
    if (m_unpruned.size() >= kKnownAnswers) {
        m_unpruned.clear();
    }
    m_unpruned[key] = whole;
    score(request, *whole, stop);
}

}  // namespace prunescope
