// SPDX-License-Identifier: GPL-3.0-or-later

// Synthetic scores: relevance is a hill where the painted pot stands, redundancy is high on flat ground.

#include "tests/ui/fake_service.h"

#include <QPainter>
#include <QString>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

namespace prunescope::testing {

namespace {

constexpr int kSide = 24;
constexpr int kTokens = kSide * kSide;
constexpr int kPatch = 14;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

RgbImage rgbOf(const QImage& image) {
    const QImage rgb = image.convertToFormat(QImage::Format_RGB888);
    RgbImage out{rgb.width(), rgb.height(), {}};
    for (int y = 0; y < rgb.height(); ++y) {
        out.pixels.insert(out.pixels.end(), rgb.constScanLine(y), rgb.constScanLine(y) + rgb.width() * 3);
    }
    return out;
}

std::shared_ptr<const ImageContext> contextOf(const std::string& path) {
    const QImage image(QString::fromStdString(path));
    if (image.isNull()) {
        return nullptr;
    }
    auto context = std::make_shared<ImageContext>();
    context->path = path;
    context->sha256 = path;
    auto decoded = std::make_shared<DecodedImage>();
    decoded->rgb = rgbOf(image);
    context->decoded = decoded;
    const int shortest = std::min(image.width(), image.height());
    const QRect crop((image.width() - shortest) / 2, (image.height() - shortest) / 2, shortest, shortest);
    context->input.seen = rgbOf(image.copy(crop).scaled(kSide * kPatch, kSide * kPatch, Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
    GridMap& grid = context->input.grid;
    grid.rows = grid.cols = kSide;
    grid.imageWidth = image.width();
    grid.imageHeight = image.height();
    grid.inputSize = kSide * kPatch;
    grid.patchSize = kPatch;
    grid.scaleX = grid.scaleY = static_cast<double>(shortest) / grid.inputSize;
    grid.offsetX = crop.x();
    grid.offsetY = crop.y();
    for (int i = 0; i < kTokens; ++i) {
        const double wave = std::sin(i % kSide * 0.4) * std::cos(i / kSide * 0.3);
        context->localRedundancy.push_back(static_cast<float>(0.55 + 0.4 * wave));
    }
    return context;
}

double relevanceAt(int i, const std::string& question) {
    const double shift = static_cast<double>(question.size() % 7);
    const double dx = i % kSide - (8.0 + shift);
    const double dy = i / kSide - 12.0;
    return std::exp(-(dx * dx + dy * dy) / 40.0);
}

double redundancyAt(int i, const PruneOptions& options, float local) {
    const double degree = std::max(0.0, 60.0 * (local - (options.tau.isQuantile ? 0.5 : options.tau.value)) + 20.0);
    return degree * std::exp(options.gamma * local) + 1e-3 * i;
}

std::vector<int> sortedBy(const std::vector<double>& score) {
    std::vector<int> order(score.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return score[at(a)] > score[at(b)]; });
    return order;
}

std::int64_t budgetOf(const PruneOptions& options) {
    return options.method == "none" ? kTokens : options.keep ? *options.keep : options.keepRatio ? std::llround(*options.keepRatio * kTokens) : 64;
}

std::shared_ptr<const PruneDecision> decisionOf(const RunRequest& request, const ImageContext& image) {
    auto decision = std::make_shared<PruneDecision>();
    decision->options = request.prune;
    decision->options.keep = budgetOf(request.prune);
    decision->n = kTokens;
    decision->resolvedTau = request.prune.tau.isQuantile ? 0.5 : request.prune.tau.value;
    std::vector<double> relevance, redundancy;
    for (int i = 0; i < kTokens; ++i) {
        relevance.push_back(relevanceAt(i, request.question));
        redundancy.push_back(redundancyAt(i, request.prune, image.localRedundancy[at(i)]));
        TokenTrace token;
        token.index = i;
        token.row = i / kSide;
        token.col = i % kSide;
        token.reason = Reason::kQcsp;
        token.degree = static_cast<std::int32_t>(redundancy.back());
        token.meanSimilarity = image.localRedundancy[at(i)];
        token.gspScore = static_cast<float>(redundancy.back());
        token.relevance = static_cast<float>(relevance.back());
        token.relevanceRaw = static_cast<float>(relevance.back() * 0.4 - 0.1);
        decision->tokens.push_back(token);
    }
    const std::vector<int> byRedundancy = sortedBy(redundancy);
    const auto cut = static_cast<int>(std::min<double>(request.prune.gspRatio * kTokens, static_cast<double>(kTokens - *decision->options.keep)));
    for (int rank = 0; rank < kTokens; ++rank) {
        TokenTrace& token = decision->tokens[at(byRedundancy[at(rank)])];
        token.gspRank = rank;
        if (rank < cut) {
            token.reason = Reason::kGsp;
        }
    }
    for (const int i : sortedBy(relevance)) {
        TokenTrace& token = decision->tokens[at(i)];
        if (static_cast<std::int64_t>(decision->kept.size()) == *decision->options.keep) {
            break;
        }
        token.dppRank = static_cast<std::int32_t>(decision->order.size());
        token.dppGain = token.relevance;
        decision->order.push_back(i);
        decision->gain.push_back(token.dppGain);
        if (token.reason != Reason::kGsp) {
            token.reason = Reason::kKept;
            token.kept = true;
            decision->kept.push_back(i);
        }
    }
    std::sort(decision->kept.begin(), decision->kept.end());
    decision->emitted = decision->kept;
    decision->timings.totalMs = 0.31;
    return decision;
}

void fillTimings(RunResult& result, bool unpruned) {
    const double share = static_cast<double>(result.decision->kept.size()) / kTokens;
    result.timings = StageTimings{0, 6.1, 4.2, 171.0, 3.4, unpruned ? 0.0 : 0.4, 20 + 180 * share, 61.0 + 10 * share, 230 + 180 * share, 12.2, 290 + 190 * share, false};
    result.cost.macsTotal = static_cast<std::int64_t>(9e9 + 40e9 * share);
    result.cost.kvBytes = static_cast<std::int64_t>((40 + 576 * share) * 16384);
    result.measuredKvBytes = result.cost.kvBytes;
}

}  // namespace

QImage paintedScene(int width, int height) {
    QImage image(width, height, QImage::Format_RGB32);
    QPainter painter(&image);
    QLinearGradient wall(0, 0, 0, height);
    wall.setColorAt(0, QColor(236, 224, 200));
    wall.setColorAt(1, QColor(196, 176, 148));
    painter.fillRect(image.rect(), wall);
    painter.fillRect(0, height * 6 / 10, width, height, QColor(118, 124, 132));
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(184, 44, 38));
    painter.drawRoundedRect(width * 3 / 10, height * 4 / 10, width * 3 / 10, height * 22 / 100, 12, 12);
    painter.setBrush(QColor(90, 20, 18));
    painter.drawEllipse(width * 3 / 10, height * 37 / 100, width * 3 / 10, height * 7 / 100);
    painter.setBrush(QColor(70, 130, 70));
    painter.drawEllipse(width * 7 / 10, height * 2 / 10, width / 6, height / 5);
    return image;
}

FakeService::FakeService(Mode mode) : m_mode(mode) {
    if (mode == Mode::kAutomatic) {
        m_thread = std::jthread([this](std::stop_token quit) { serve(quit); });
    }
}

FakeService::~FakeService() {
    m_thread.request_stop();
    m_wake.notify_all();
}

void FakeService::setEvents(ServiceEvents events) {
    const std::scoped_lock lock(m_mutex);
    m_events = std::move(events);
}

ServiceEvents FakeService::events() const {
    const std::scoped_lock lock(m_mutex);
    return m_events;
}

void FakeService::loadModel(const std::filesystem::path& folder, const LoadOptions&) {
    {
        const std::scoped_lock lock(m_mutex);
        m_folder = folder.string();
        m_loadWaiting = true;
    }
    m_wake.notify_all();
}

std::uint64_t FakeService::submit(RunRequest request) {
    std::uint64_t job = 0;
    {
        const std::scoped_lock lock(m_mutex);
        m_requests.push_back(std::move(request));
        job = ++m_job;
    }
    m_wake.notify_all();
    return job;
}

void FakeService::cancel() {
    const std::scoped_lock lock(m_mutex);
    ++m_cancels;
    m_served = m_job;
}

void FakeService::finishLoading() {
    m_loadWaiting = false;
    ModelFacts facts;
    facts.family = "llava";
    facts.device = "cpu";
    facts.dtype = "float32";
    facts.parameters = 22'300'000;
    facts.visualTokens = kTokens;
    facts.gridRows = facts.gridCols = kSide;
    if (const auto sinks = events(); sinks.onModelReady) {
        sinks.onModelReady(facts, m_folder);
    }
}

std::shared_ptr<const RunResult> FakeService::makeResult(const RunRequest& request, std::uint64_t job, bool withAnswer, bool unpruned) {
    if (!m_image || m_image->path != request.imagePath.string()) {
        m_image = contextOf(request.imagePath.string());
    }
    if (!m_image) {
        return nullptr;
    }
    RunRequest asked = request;
    if (unpruned) {
        asked.prune = PruneOptions{};
        asked.prune.method = "none";
    }
    auto result = std::make_shared<RunResult>();
    result->jobId = job;
    result->request = asked;
    result->image = m_image;
    result->decision = decisionOf(asked, *m_image);
    result->hasAnswer = withAnswer;
    if (withAnswer) {
        result->answer = unpruned ? "yes, a red pot" : result->decision->kept.size() >= 8 ? "yes, a red pot" : "no";
        result->answerTokens = {1, 2, 3, 4};
    }
    fillTimings(*result, unpruned);
    return result;
}

void FakeService::decide() {
    if (const auto result = makeResult(m_requests.back(), m_job, false, false)) {
        events().onDecision(m_job, result);
    } else {
        fail(Error{ErrorCode::kBadInput, "IMG-FORMAT", "cannot read image", m_requests.back().imagePath.string(), "not an image that is known here", "use PNG or JPEG", nullptr});
    }
}

void FakeService::sayPruned(const std::string& piece) { events().onText(m_job, false, piece); }
void FakeService::finishPruned() { events().onFinished(m_job, false, makeResult(m_requests.back(), m_job, true, false)); }
void FakeService::finishUnpruned() { events().onFinished(m_job, true, makeResult(m_requests.back(), m_job, true, true)); }
void FakeService::sayScores(const AnswerScores& scores) { events().onScores(m_job, scores); }
void FakeService::sayMeasureProgress(int done, int all) { events().onMeasureProgress(m_measurement, done, all); }

std::uint64_t FakeService::measure(RunRequest request, MeasureWish wish) {
    m_measureRequest = std::move(request);
    m_measureWish = wish;
    ++m_measurement;
    if (m_mode == Mode::kAutomatic) {
        finishMeasuring();
    }
    return m_measurement;
}

void FakeService::finishMeasuring() {
    int run = 0;
    const Runner runner = [&](const RunRequest& request, std::stop_token) -> Result<std::shared_ptr<const RunResult>> {
        auto made = std::make_shared<RunResult>(*makeResult(request, 0, true, request.prune.method == "none"));
        const double jitter = 1 + 0.04 * ((++run * 7) % 5 - 2);
        for (double StageTimings::*stage : {&StageTimings::preprocessMs, &StageTimings::visionMs, &StageTimings::projectMs, &StageTimings::pruneMs, &StageTimings::prefillMs,
                                            &StageTimings::decodeMs, &StageTimings::firstTokenMs, &StageTimings::perTokenMs, &StageTimings::totalMs}) {
            made->timings.*stage *= jitter;
        }
        made->timings.pruneMs *= 30;   // similarity and order are made anew
        return std::shared_ptr<const RunResult>(std::move(made));
    };
    auto measured = measureRuns(runner, *m_measureRequest, m_measureWish, {}, {});
    measured->id = m_measurement;
    measured->weightBytes = 22'300'000LL * 4;
    measured->pruned.peakMemoryBytes = 411LL << 20;
    measured->unpruned.peakMemoryBytes = 433LL << 20;
    events().onMeasured(m_measurement, std::make_shared<const Measurement>(std::move(*measured)));
}

void FakeService::failLoading(Error error) { events().onError(0, error); }
void FakeService::fail(Error error) { events().onError(m_job, error); }

void FakeService::serve(std::stop_token quit) {
    while (!quit.stop_requested()) {
        bool withAnswer = false;
        {
            std::unique_lock lock(m_mutex);
            if (!m_wake.wait(lock, quit, [this] { return m_loadWaiting || m_served != m_job; })) {
                return;
            }
            if (!m_loadWaiting) {
                m_served = m_job;
                withAnswer = m_requests.back().withAnswer;
            }
        }
        if (m_loadWaiting) {
            finishLoading();
            continue;
        }
        decide();
        if (withAnswer && m_image) {
            finishPruned();
            finishUnpruned();
            const PruneOptions& prune = m_requests.back().prune;
            const bool forced = !prune.forceKeep.empty() || !prune.forceDrop.empty();
            sayScores({"yes, a red pot", -0.118, forced ? -0.312 : -0.457, forced ? std::optional(-0.457) : std::nullopt, 4});
        }
    }
}

}  // namespace prunescope::testing
