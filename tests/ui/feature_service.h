// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// An inference service without a model that really decides: synthetic features of any grid, the pruning session of core/prune on a thread of
// its own, newest request first. For measurements of the whole way from an input event to the repainted canvas.

#include "core/run/inference_service.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace prunescope::testing {

class FeatureService : public InferenceService {
public:
    /// rows x cols tokens of `width` numbers in some forty clusters, fixed seed.
    FeatureService(int rows, int cols, int width = 64);
    ~FeatureService() override;
    FeatureService(const FeatureService&) = delete;
    FeatureService& operator=(const FeatureService&) = delete;

    void setEvents(ServiceEvents events) override;
    void loadModel(const std::filesystem::path& folder, const LoadOptions& options) override;
    std::uint64_t submit(RunRequest request) override;
    void cancel() override;
    std::uint64_t inspect(RunRequest request, InspectWish wish) override;

private:
    void serve(const std::stop_token& quit);
    [[nodiscard]] ServiceEvents events() const;
    void sayReady();
    void answer(const RunRequest& request, std::uint64_t job);
    void lookCloser(const RunRequest& request, const InspectWish& wish, std::uint64_t inspection);

    int m_rows, m_cols, m_width;
    mutable std::mutex m_mutex;
    std::condition_variable_any m_wake;
    ServiceEvents m_events;
    RunRequest m_request;
    std::uint64_t m_job = 0, m_served = 0, m_inspection = 0, m_inspected = 0;
    RunRequest m_inspectRequest;
    InspectWish m_wish;
    bool m_loadWaiting = false;
    PruneSession m_session;                       ///< thread only
    std::shared_ptr<const ImageContext> m_image;  ///< thread only
    std::string m_question;                       ///< thread only
    std::jthread m_thread;
};

}  // namespace prunescope::testing
