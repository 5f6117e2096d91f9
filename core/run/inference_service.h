// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the window asks of the worker that owns the engine. app/ implements it with one thread; ui/ sees only this. Every call returns at
// once; callbacks arrive on the worker's thread and carry the job's id, so that stale ones can be dropped again on arrival.

#include "core/run/pipeline.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace prunescope {

struct ServiceEvents {
    std::function<void(double, const std::string&)> onLoadProgress;
    std::function<void(ModelFacts, std::string folder)> onModelReady;
    std::function<void(std::uint64_t job, std::shared_ptr<const RunResult>)> onDecision;   ///< overlays can be drawn
    std::function<void(std::uint64_t job, bool unpruned, const std::string&)> onText;      ///< streamed answer pieces
    std::function<void(std::uint64_t job, bool unpruned, std::shared_ptr<const RunResult>)> onFinished;
    std::function<void(std::uint64_t job, Error)> onError;                                 ///< job 0: loading
};

class InferenceService {
public:
    virtual ~InferenceService() = default;
    virtual void setEvents(ServiceEvents events) = 0;
    virtual void loadModel(const std::filesystem::path& folder, const LoadOptions& options) = 0;
    /// Cancels what runs and decides at once (vision from the cache when the image is the same); with `request.withAnswer` the pruned
    /// answer follows, and the unpruned one too unless it is known for this image and question.
    virtual std::uint64_t submit(RunRequest request) = 0;
    virtual void cancel() = 0;
};

}  // namespace prunescope
