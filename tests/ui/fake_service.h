// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// An inference service without a model: synthetic scores on a 24 x 24 grid, a decision that follows the knobs, answers spelt token by token.
// `kManual`: nothing happens until the test says so; `kAutomatic`: jobs are served one after the other on a thread of its own, like the real one.

#include "core/run/inference_service.h"

#include <QImage>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace prunescope::testing {

class FakeService : public InferenceService {
public:
    enum class Mode { kManual, kAutomatic };
    explicit FakeService(Mode mode);
    ~FakeService() override;
    FakeService(const FakeService&) = delete;
    FakeService& operator=(const FakeService&) = delete;

    void setEvents(ServiceEvents events) override;
    void loadModel(const std::filesystem::path& folder, const LoadOptions& options) override;
    std::uint64_t submit(RunRequest request) override;
    void cancel() override;
    /// Automatic mode: measured at once, with times that vary a little. Manual: see finishMeasuring().
    std::uint64_t measure(RunRequest request, MeasureWish wish) override;

    /// Manual mode: steps of the newest job.
    void finishLoading();
    void failLoading(Error error);
    void decide();
    void sayPruned(const std::string& piece);
    void finishPruned();
    void finishUnpruned();
    void sayScores(const AnswerScores& scores);
    void sayMeasureProgress(int done, int all);
    void finishMeasuring();
    [[nodiscard]] const std::optional<RunRequest>& measured() const { return m_measureRequest; }
    void fail(Error error);

    [[nodiscard]] std::size_t submissions() const { return m_requests.size(); }
    [[nodiscard]] const RunRequest& request(std::size_t i) const { return m_requests.at(i); }
    [[nodiscard]] const RunRequest& last() const { return m_requests.back(); }
    [[nodiscard]] int cancels() const { return m_cancels; }

    /// The result that this service gives; null when the image cannot be read.
    [[nodiscard]] std::shared_ptr<const RunResult> makeResult(const RunRequest& request, std::uint64_t job, bool withAnswer, bool unpruned);

private:
    void serve(std::stop_token quit);
    [[nodiscard]] ServiceEvents events() const;

    Mode m_mode;
    mutable std::mutex m_mutex;
    std::condition_variable_any m_wake;
    ServiceEvents m_events;
    std::vector<RunRequest> m_requests;
    std::uint64_t m_job = 0;
    std::uint64_t m_served = 0;
    int m_cancels = 0;
    std::optional<RunRequest> m_measureRequest;
    MeasureWish m_measureWish;
    std::uint64_t m_measurement = 0;
    bool m_loadWaiting = false;
    std::string m_folder;
    std::shared_ptr<const ImageContext> m_image;
    std::jthread m_thread;
};

/// A scene with an object in it, painted: for tests that need no sample data.
[[nodiscard]] QImage paintedScene(int width, int height);

}  // namespace prunescope::testing
