// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the window asks of the worker that owns the engine. app/ implements it with one thread; ui/ sees only this. Every call returns at
// once; callbacks arrive on the worker's thread and carry the job's id, so that stale ones can be dropped again on arrival.

#include "core/run/answer_scores.h"
#include "core/run/measure.h"
#include "core/run/sweep.h"
#include "core/run/pipeline.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prunescope {

struct Trace;   // core/run/trace.h

/// What goes into a trace file, and where it goes.
struct TraceOrder {
    std::filesystem::path path;
    std::vector<std::shared_ptr<const RunResult>> runs;   ///< about one image, with `input`; null ones are left out
    std::shared_ptr<const Trace> base;                    ///< the trace that the image was opened from; its original picture and model go along
    ModelFacts model;                                     ///< that made the runs; not looked at with a base
    std::string modelPath, torch, cuda;
};

struct ServiceEvents {
    std::function<void(double, const std::string&)> onLoadProgress;
    std::function<void(ModelFacts, std::string folder)> onModelReady;
    std::function<void(std::uint64_t job, std::shared_ptr<const RunResult>)> onDecision;   ///< overlays can be drawn
    std::function<void(std::uint64_t job, bool unpruned, const std::string&)> onText;      ///< streamed answer pieces
    std::function<void(std::uint64_t job, bool unpruned, std::shared_ptr<const RunResult>)> onFinished;
    std::function<void(std::uint64_t job, AnswerScores)> onScores;                         ///< after both onFinished
    std::function<void(std::uint64_t measurement, int done, int all)> onMeasureProgress;   ///< runs
    std::function<void(std::uint64_t measurement, std::shared_ptr<const Measurement>)> onMeasured;
    std::function<void(std::uint64_t measurement, Error)> onMeasureError;                  ///< kCancelled: by cancel() or by a submit
    std::function<void(std::uint64_t sweep, std::shared_ptr<const BudgetSweep>, int done, int all)> onSweep;   ///< after each run; the last is complete
    std::function<void(std::uint64_t sweep, Error)> onSweepError;                          ///< kCancelled: by cancel() or by a submit
    std::function<void(std::uint64_t job, Error)> onError;                                 ///< job 0: loading a model
    std::function<void(std::uint64_t inspection, std::shared_ptr<const Inspection>)> onInspection;
    std::function<void(std::uint64_t inspection, Error)> onInspectionError;
    std::function<void(std::shared_ptr<const Trace>, std::string path)> onTraceReady;      ///< its runs are results to show as they are
    std::function<void(std::string path)> onTraceSaved;
    std::function<void(std::string path, Error)> onTraceError;                             ///< neither opened nor saved
};

class InferenceService {
public:
    virtual ~InferenceService() = default;
    virtual void setEvents(ServiceEvents events) = 0;
    virtual void loadModel(const std::filesystem::path& folder, const LoadOptions& options) = 0;
    /// Cancels what runs and decides at once (vision from the cache when the image is the same); with `request.withAnswer` the pruned
    /// answer follows, and the unpruned one too unless it is known for this image and question.
    virtual std::uint64_t submit(RunRequest request) = 0;
    /// Ends the job, an inspection and a measurement that run or wait.
    virtual void cancel() = 0;
    /// Reasons and survival of the decision for `request` (no answer is made). The newest wins, and a submit ends one that is running: ask again
    /// after its onDecision. While an answer is being generated, inspections are served between two tokens. Returns the id that
    /// Inspection::jobId and the events carry; 0 from a service that cannot.
    virtual std::uint64_t inspect(RunRequest request, InspectWish wish) {
        (void)request;
        (void)wish;
        return 0;
    }
    /// Pruned and unpruned run of `request`, repeated (core/run/measure.h). A submit or cancel() ends it; onMeasured or onMeasureError follow.
    /// Returns the id that the events carry; 0 from a service that cannot.
    virtual std::uint64_t measure(RunRequest request, MeasureWish wish) {
        (void)request;
        (void)wish;
        return 0;
    }
    /// The budget at which the answer of `request` changes (core/run/sweep.h). A submit or cancel() ends it. Returns the id that the events carry;
    /// 0 from a service that cannot.
    virtual std::uint64_t sweep(RunRequest request) {
        (void)request;
        return 0;
    }
    /// Opens a trace beside the model, or without one; onTraceReady or onTraceError follow. From then on a request whose image is the trace's
    /// (`request.image == trace->image->decoded`) and whose question is recorded is decided and inspected from the trace; its answers are the
    /// recorded ones (else TRACE-NO-MODEL) unless the loaded model is the trace's own (`answersTrace`): then they are new.
    virtual void openTrace(const std::filesystem::path& path) { (void)path; }
    /// onTraceSaved or onTraceError follow; whatever was at the path stays until the new file is whole.
    virtual void saveTrace(TraceOrder order) { (void)order; }
};

}  // namespace prunescope
