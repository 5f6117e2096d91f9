// SPDX-License-Identifier: GPL-3.0-or-later

// Synthetic features: a few clusters laid out in patches, with noise, so that partners, ranks and ties look like those of a picture.

#include "tests/ui/feature_service.h"

#include "tests/ui/fake_service.h"

#include <cmath>
#include <functional>
#include <random>
#include <sstream>
#include <utility>

namespace prunescope::testing {

namespace {

constexpr int kPatch = 14;
constexpr int kClusters = 40;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

HostTensor matrixOf(std::vector<float> values, std::int64_t rows, std::int64_t cols) {
    return HostTensor({rows, cols}, std::move(values));
}

HostTensor features(int rows, int cols, int width) {
    std::mt19937 random(20);
    std::normal_distribution<float> normal;
    std::vector<float> centres(at(kClusters) * at(width));
    for (float& value : centres) {
        value = normal(random);
    }
    std::vector<float> values;
    values.reserve(at(rows) * at(cols) * at(width));
    constexpr int kBlock = 5;
    for (int i = 0; i < rows * cols; ++i) {
        const int block = i / cols / kBlock * 31 + i % cols / kBlock;
        const auto cluster = at(block * 7 % kClusters) * at(width);
        const float spread = 0.4F + 0.5F * static_cast<float>(block % 3);
        for (int d = 0; d < width; ++d) {
            values.push_back(centres[cluster + at(d)] + spread * normal(random));
        }
    }
    return matrixOf(std::move(values), static_cast<std::int64_t>(rows) * cols, width);
}

/// The words of a question, one row of its query each.
std::vector<AskedWord> wordsOf(const std::string& question) {
    std::vector<AskedWord> words;
    std::istringstream text(question);
    for (std::string word; text >> word;) {
        words.push_back({word, static_cast<std::int64_t>(words.size()), 1});
    }
    return words;
}

/// Every word its own direction, the same in every question.
HostTensor queryOf(const std::string& question, int width) {
    std::vector<float> values;
    std::normal_distribution<float> normal;
    const std::vector<AskedWord> words = wordsOf(question);
    for (const AskedWord& word : words) {
        std::mt19937 random(static_cast<std::mt19937::result_type>(std::hash<std::string>{}(word.text)));
        for (int d = 0; d < width; ++d) {
            values.push_back(normal(random));
        }
    }
    return words.empty() ? HostTensor() : matrixOf(std::move(values), static_cast<std::int64_t>(words.size()), width);
}

std::shared_ptr<const ImageContext> contextOf(const std::string& path, int rows, int cols) {
    auto context = std::make_shared<ImageContext>();
    context->path = path;
    const QImage scene = paintedScene(cols * kPatch, rows * kPatch).convertToFormat(QImage::Format_RGB888);
    context->input.seen = RgbImage{scene.width(), scene.height(), {}};
    for (int y = 0; y < scene.height(); ++y) {
        context->input.seen.pixels.insert(context->input.seen.pixels.end(), scene.constScanLine(y), scene.constScanLine(y) + scene.width() * 3);
    }
    GridMap& grid = context->input.grid;
    grid.rows = rows;
    grid.cols = cols;
    grid.imageWidth = scene.width();
    grid.imageHeight = scene.height();
    grid.inputSize = scene.width();
    grid.patchSize = kPatch;
    for (int i = 0; i < rows * cols; ++i) {
        context->localRedundancy.push_back(static_cast<float>(0.5 + 0.4 * std::sin(i * 0.07)));
    }
    return context;
}

}  // namespace

FeatureService::FeatureService(int rows, int cols, int width) : m_rows(rows), m_cols(cols), m_width(width) {
    m_thread = std::jthread([this](const std::stop_token& quit) { serve(quit); });
}

FeatureService::~FeatureService() {
    m_thread.request_stop();
    m_wake.notify_all();
}

void FeatureService::setEvents(ServiceEvents events) {
    const std::scoped_lock lock(m_mutex);
    m_events = std::move(events);
}

ServiceEvents FeatureService::events() const {
    const std::scoped_lock lock(m_mutex);
    return m_events;
}

void FeatureService::loadModel(const std::filesystem::path&, const LoadOptions&) {
    {
        const std::scoped_lock lock(m_mutex);
        m_loadWaiting = true;
    }
    m_wake.notify_all();
}

std::uint64_t FeatureService::submit(RunRequest request) {
    std::uint64_t job = 0;
    {
        const std::scoped_lock lock(m_mutex);
        m_request = std::move(request);
        job = ++m_job;
    }
    m_wake.notify_all();
    return job;
}

void FeatureService::cancel() {
    const std::scoped_lock lock(m_mutex);
    m_served = m_job;
}

void FeatureService::sayReady() {
    ModelFacts facts;
    facts.family = "synthetic";
    facts.device = "cpu";
    facts.dtype = "float32";
    facts.visualTokens = static_cast<std::int64_t>(m_rows) * m_cols;
    facts.gridRows = m_rows;
    facts.gridCols = m_cols;
    if (const auto sinks = events(); sinks.onModelReady) {
        sinks.onModelReady(facts, "synthetic");
    }
}

void FeatureService::answer(const RunRequest& request, std::uint64_t job) {
    const auto sinks = events();
    if (!sinks.onDecision) {
        return;
    }
    if (!m_image || m_image->path != request.imagePath.string()) {
        m_image = contextOf(request.imagePath.string(), m_rows, m_cols);
        m_question.clear();
        PruneInput input;
        input.tokens = features(m_rows, m_cols, m_width);
        input.query = queryOf(request.question, m_width);
        input.gridRows = m_rows;
        input.gridCols = m_cols;
        if (const Result<void> set = m_session.setInput(std::move(input)); !set) {
            sinks.onError(job, set.error());
            return;
        }
        m_question = request.question;
    }
    if (m_question != request.question) {
        if (const Result<void> set = m_session.setQuery(queryOf(request.question, m_width)); !set) {
            sinks.onError(job, set.error());
            return;
        }
        m_question = request.question;
    }
    Result<PruneDecision> decision = m_session.decide(request.prune);
    if (!decision) {
        sinks.onError(job, decision.error());
        return;
    }
    auto result = std::make_shared<RunResult>();
    result->jobId = job;
    result->request = request;
    result->image = m_image;
    result->words = wordsOf(request.question);
    result->decision = std::make_shared<PruneDecision>(std::move(decision.value()));
    sinks.onDecision(job, result);
    if (request.withAnswer) {
        auto said = std::make_shared<RunResult>(*result);
        said->hasAnswer = true;
        said->answer = "yes";
        sinks.onFinished(job, false, said);
        sinks.onFinished(job, true, said);
    }
}

std::uint64_t FeatureService::inspect(RunRequest request, InspectWish wish) {
    std::uint64_t inspection = 0;
    {
        const std::scoped_lock lock(m_mutex);
        m_inspectRequest = std::move(request);
        m_wish = std::move(wish);
        inspection = ++m_inspection;
    }
    m_wake.notify_all();
    return inspection;
}

void FeatureService::lookCloser(const RunRequest& request, const InspectWish& wish, std::uint64_t inspection) {
    const auto sinks = events();
    if (!sinks.onInspection) {
        return;   // nobody listens any more
    }
    if (m_question != request.question) {
        if (const Result<void> set = m_session.setQuery(queryOf(request.question, m_width)); !set) {
            sinks.onInspectionError(inspection, set.error());
            return;
        }
        m_question = request.question;
    }
    Result<PruneDecision> decision = m_session.decide(request.prune);
    auto found = decision ? inspectDecision(m_session, decision->options, wish, {}) : Result<Inspection>(decision.error());
    if (!found) {
        sinks.onInspectionError(inspection, found.error());
        return;
    }
    found->jobId = inspection;
    if (wish.lens.any()) {
        const QuestionVectors other{wish.lens.otherQuestion, queryOf(wish.lens.otherQuestion, m_width), {}};
        auto lens = lookAtQuestion(m_session, decision->options, wordsOf(request.question), wish.lens.otherQuestion.empty() ? nullptr : &other, wish.lens);
        if (!lens) {
            sinks.onInspectionError(inspection, lens.error());
            return;
        }
        found->lens = std::make_shared<const QuestionLens>(std::move(*lens));
    }
    if (wish.decision) {
        auto result = std::make_shared<RunResult>();
        result->request = request;
        result->image = m_image;
        result->words = wordsOf(request.question);
        result->decision = std::make_shared<PruneDecision>(*decision);
        found->result = std::move(result);
    }
    sinks.onInspection(inspection, std::make_shared<const Inspection>(std::move(*found)));
}

void FeatureService::serve(const std::stop_token& quit) {
    while (!quit.stop_requested()) {
        RunRequest request;
        std::uint64_t job = 0;
        bool loading = false;
        bool deciding = false;
        InspectWish wish;
        {
            std::unique_lock lock(m_mutex);
            if (!m_wake.wait(lock, quit, [this] { return m_loadWaiting || m_served != m_job || m_inspected != m_inspection; })) {
                return;
            }
            loading = std::exchange(m_loadWaiting, false);
            deciding = !loading && m_served != m_job;
            if (deciding) {
                job = m_served = m_job;
                request = m_request;
            } else if (!loading) {
                job = m_inspected = m_inspection;
                request = m_inspectRequest;
                wish = m_wish;
            }
        }
        if (loading) {
            sayReady();
        } else if (deciding) {
            answer(request, job);
        } else {
            lookCloser(request, wish, job);
        }
    }
}

}  // namespace prunescope::testing
