// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The one thread that owns the engine. A new submit cancels what runs; the newest request wins. Per request: the decision first, then
// (withAnswer) the pruned answer, then the unpruned one unless it is known for this image, question and model.
//
// Events, all on the worker's thread, none for a superseded job:
//   decision only   onDecision
//   with answer     onDecision, [onFinished(unpruned = true) at once when the unpruned answer is known],
//                   onText(false)…, onFinished(false), onText(true)…, onFinished(true)
//   method "none"   the one answer is reported twice: onFinished(false), onFinished(true)
//   inspect()       onInspection or onInspectionError, unless a newer inspection or a submit came; between two tokens while one answers
//   after both      onScores, where pruning or forcing has changed what the answer rests on
//   measure()       onMeasureProgress…, then onMeasured or onMeasureError; a submit or cancel() ends it
//   sweep()         onSweep after each run, or onSweepError; in the measurement's place, so that the newer of the two wins
//   openTrace()     onTraceReady or onTraceError; requests on its image are then served from it
//   saveTrace()     onTraceSaved or onTraceError
//   cancel()        onFinished with FinishReason::kCancelled when tokens were out already, else onError(kCancelled)
// Text and load progress come at most every 33 ms (what is held back comes with the next piece, the last piece always before onFinished).
// A submit on the same image does not stop a running vision tower: its result is what the new request needs.

#include "core/run/inference_service.h"
#include "core/run/trace.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace prunescope {

/// Opens a model folder; called on the worker's thread.
using PipelineOpener = std::function<Result<std::unique_ptr<Pipeline>>(const std::filesystem::path&, const LoadOptions&, const ProgressSink&, std::stop_token)>;

/// The usual opener: Pipeline::open with this loader.
[[nodiscard]] PipelineOpener pipelineOpener(ModelLoader loader, ResizeMode resize = ResizeMode::kPillow13, LlamaPrefix prefix = LlamaPrefix::kFile,
                                            PipelineLimits limits = {});

class InferenceWorker final : public InferenceService {
public:
    explicit InferenceWorker(PipelineOpener opener);
    /// Stops what runs and joins.
    ~InferenceWorker() override;
    InferenceWorker(const InferenceWorker&) = delete;
    InferenceWorker& operator=(const InferenceWorker&) = delete;

    void setEvents(ServiceEvents events) override;
    void loadModel(const std::filesystem::path& folder, const LoadOptions& options) override;
    std::uint64_t submit(RunRequest request) override;
    void cancel() override;
    std::uint64_t inspect(RunRequest request, InspectWish wish) override;
    std::uint64_t measure(RunRequest request, MeasureWish wish) override;
    std::uint64_t sweep(RunRequest request) override;
    void openTrace(const std::filesystem::path& path) override;
    void saveTrace(TraceOrder order) override;

private:
    struct LoadJob {
        std::filesystem::path folder;
        LoadOptions options;
    };
    struct InspectJob {
        RunRequest request;   // jobId: of the inspection
        InspectWish wish;
    };
    struct MeasureJob {
        RunRequest request;   // jobId: of the measurement
        MeasureWish wish;
        bool cancelled = false;
        bool sweep = false;   // budgets instead of repeats
    };
    using Events = std::shared_ptr<const ServiceEvents>;
    using Known = std::map<std::string, std::shared_ptr<const RunResult>>;

    void loop(std::stop_token quit);
    void load(const LoadJob& job, std::stop_token stop);
    void serve(RunRequest request, std::stop_token stop, std::stop_token imageStop);
    void serveFromTrace(const RunRequest& request, std::stop_token stop);
    void loadTrace(const std::filesystem::path& path);
    void writeTrace(TraceOrder order);
    [[nodiscard]] bool fromTrace(const RunRequest& request) const;
    void serveInspection();
    void stopMeasurement();
    void serveMeasurement(const MeasureJob& job, std::stop_token stop);
    void serveSweep(const MeasureJob& job, std::stop_token stop);
    void score(const RunRequest& request, const RunResult& whole, std::stop_token stop);
    void reportLoadError(const Error& error);
    [[nodiscard]] bool runOnce(const RunRequest& request, bool unpruned, std::stop_token stop, std::shared_ptr<const RunResult>& result, bool withDecision);
    [[nodiscard]] Events events() const;
    [[nodiscard]] bool isCurrent(std::uint64_t job) const;
    void fail(std::uint64_t job, const Error& error);
    [[nodiscard]] static bool sameImage(const RunRequest& a, const RunRequest& b);

    PipelineOpener m_opener;
    std::unique_ptr<Pipeline> m_pipeline;   // worker thread only
    std::unique_ptr<TraceSession> m_trace;  // worker thread only
    Known m_unpruned;                       // worker thread only; answers by image, question and length

    mutable std::mutex m_mutex;
    std::condition_variable_any m_wake;
    Events m_events;
    std::optional<LoadJob> m_load;
    std::optional<std::filesystem::path> m_traceFile;
    std::deque<TraceOrder> m_orders;
    std::optional<InspectJob> m_inspection;
    std::optional<MeasureJob> m_measurement;
    std::uint64_t m_lastMeasurement = 0;
    bool m_measuring = false;
    std::stop_source m_inspectionStop;      // of the running one
    std::uint64_t m_lastInspection = 0;
    std::optional<RunRequest> m_pending;
    std::optional<RunRequest> m_running;
    std::stop_source m_stop;                // of the running job
    std::stop_source m_imageStop;           // of its vision tower
    std::uint64_t m_lastJob = 0;
    std::uint64_t m_current = 0;            // the newest job; events of others are dropped
    bool m_userCancelled = false;

    std::jthread m_thread;                  // last: starts when everything above is there
};

}  // namespace prunescope
