// SPDX-License-Identifier: GPL-3.0-or-later

// When to ask the worker, and what to believe of what it says.

#include "ui/viewmodel/session_model.h"

#include "ui/viewmodel/option_text.h"

#include <QUndoCommand>

#include <algorithm>
#include <cmath>
#include <utility>

namespace prunescope {

/// One step of the knobs; steps of the same knob merge while a slider is held or within 100 ms.
class OptionsCommand : public QUndoCommand {
public:
    OptionsCommand(SessionModel& session, PruneOptions before, PruneOptions after, QString name)
        : QUndoCommand(SessionModel::tr("change of %1").arg(name)), m_session(session), m_before(std::move(before)), m_after(std::move(after)),
          m_name(std::move(name)) {
        m_clock.start();
    }

    [[nodiscard]] int id() const override { return 1; }

    bool mergeWith(const QUndoCommand* other) override {
        const auto* next = dynamic_cast<const OptionsCommand*>(other);
        constexpr qint64 kMergeMs = 100;
        if (next == nullptr || next->m_name != m_name || !(m_session.m_interacting || m_clock.elapsed() < kMergeMs)) {
            return false;
        }
        m_after = next->m_after;
        m_clock.restart();
        return true;
    }

    void undo() override { m_session.applyOptions(m_before); }
    void redo() override { m_session.applyOptions(m_after); }

private:
    SessionModel& m_session;
    PruneOptions m_before, m_after;
    QString m_name;
    QElapsedTimer m_clock;
};

SessionModel::SessionModel(InferenceService& service, QObject* parent) : QObject(parent), m_service(service), m_gate(std::make_shared<Gate>()) {
    m_gate->target = this;
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, [this] {
        m_answerDue = m_shown.armed && m_liveAnswers && canAnswer();
        pump();
    });
    connectService();
}

SessionModel::~SessionModel() {
    {
        const std::scoped_lock lock(m_gate->mutex);
        m_gate->target = nullptr;
    }
    m_service.cancel();
    m_service.setEvents({});
}

void SessionModel::post(const std::shared_ptr<Gate>& gate, std::function<void(SessionModel&)> function) {
    const std::scoped_lock lock(gate->mutex);
    if (SessionModel* target = gate->target) {
        QMetaObject::invokeMethod(
            target, [target, function = std::move(function)] { function(*target); }, Qt::QueuedConnection);
    }
}

void SessionModel::connectService() {
    ServiceEvents events;
    const std::shared_ptr<Gate> gate = m_gate;
    events.onLoadProgress = [gate](double share, const std::string& text) {
        post(gate, [share, text](SessionModel& self) {
            self.m_loadProgress = share;
            self.m_loadText = QString::fromStdString(text);
            Q_EMIT self.activityChanged();
        });
    };
    events.onModelReady = [gate](const ModelFacts& facts, const std::string& folder) {
        post(gate, [facts, folder](SessionModel& self) { self.onModelReady(facts, QString::fromStdString(folder)); });
    };
    events.onDecision = [gate](std::uint64_t job, const std::shared_ptr<const RunResult>& result) {
        post(gate, [job, result](SessionModel& self) { self.onDecision(job, result); });
    };
    events.onInspection = [gate](std::uint64_t inspection, const std::shared_ptr<const Inspection>& found) {
        post(gate, [inspection, found](SessionModel& self) { self.onInspection(inspection, *found); });
    };
    events.onInspectionError = [gate](std::uint64_t inspection, const Error& error) {
        post(gate, [inspection, error](SessionModel& self) {
            if (inspection == self.m_inspection) {
                self.m_inspection = 0;
                if (error.code != ErrorCode::kCancelled) {
                    Q_EMIT self.errorOccurred(error);
                }
            } else if (inspection == self.m_besideId && !self.m_beside.empty()) {
                self.m_besideId = 0;
                self.m_beside.erase(self.m_beside.begin());   // it cannot be made
            }
            self.pumpBeside();
        });
    };
    events.onText = [gate](std::uint64_t job, bool unpruned, const std::string& piece) {
        post(gate, [job, unpruned, piece](SessionModel& self) { self.onText(job, unpruned, QString::fromStdString(piece)); });
    };
    events.onFinished = [gate](std::uint64_t job, bool unpruned, const std::shared_ptr<const RunResult>& result) {
        post(gate, [job, unpruned, result](SessionModel& self) { self.onFinished(job, unpruned, result); });
    };
    events.onMeasureProgress = [gate](std::uint64_t id, int done, int all) {
        post(gate, [id, done, all](SessionModel& self) {
            if (id == self.m_measuring) {
                self.m_measureDone = done;
                self.m_measureAll = all;
                Q_EMIT self.activityChanged();
            }
        });
    };
    events.onMeasured = [gate](std::uint64_t id, const std::shared_ptr<const Measurement>& measured) {
        post(gate, [id, measured](SessionModel& self) { self.onMeasured(id, measured); });
    };
    events.onMeasureError = [gate](std::uint64_t id, const Error& error) {
        post(gate, [id, error](SessionModel& self) { self.measuringEnded(id, self.m_measuring, &SessionModel::measurementChanged, error); });
    };
    events.onScores = [gate](std::uint64_t job, const AnswerScores& scores) {
        post(gate, [job, scores](SessionModel& self) { self.onScores(job, scores); });
    };
    events.onError = [gate](std::uint64_t job, const Error& error) {
        post(gate, [job, error](SessionModel& self) { self.onError(job, error); });
    };
    connectTraces(events);
    connectSweeps(events);
    m_service.setEvents(std::move(events));
}

void SessionModel::loadModel(const QString& folder, const LoadOptions& options) {
    m_modelState = ModelState::kLoading;
    m_modelFolder = folder;
    m_loadProgress = 0;
    m_loadText = tr("opening");
    m_job.active = false;
    m_service.loadModel(folder.toStdString(), options);
    Q_EMIT modelChanged();
    Q_EMIT activityChanged();
}

/// A load ended without a new model: the one before, if there is one, is still there.
void SessionModel::loadEnded(ModelState otherwise) {
    m_modelState = m_readyFolder.isEmpty() ? otherwise : ModelState::kReady;
    if (!m_readyFolder.isEmpty()) {
        m_modelFolder = m_readyFolder;
    }
    Q_EMIT modelChanged();
    Q_EMIT activityChanged();
}

void SessionModel::openImage(const QString& path) {
    m_pendingImage = path;
    m_openingTrace.clear();
    m_shown.asked = m_shown.question;
    m_rest.stop();
    m_answerDue = false;
    m_dirty = true;
    m_job.active = false;   // the worker drops the old job when the new one arrives
    refreshStale();
    Q_EMIT imageChanged();
    pump();
}

void SessionModel::setQuestion(const QString& question) {
    if (question == m_shown.question) {
        return;
    }
    m_shown.question = question;
    refreshStale();
    Q_EMIT questionChanged();
}

QuestionState SessionModel::exchangeQuestion(QuestionState next) {
    m_rest.stop();
    m_answerDue = false;
    stopAnswers();
    QuestionState old = std::exchange(m_shown, std::move(next));
    if (m_shown.model != m_models) {   // of a model that is gone
        QuestionState blank;
        blank.question = blank.asked = m_shown.question;
        blank.model = m_models;
        m_shown = std::move(blank);
    }
    if (m_shown.image != m_imagePath) {
        m_shown.decision.reset();
        m_shown.analysis.reset();
        m_shown.armed = false;
    }
    m_shown.image = m_imagePath;
    m_inspection = 0;   // it was about the old question
    const bool working = std::exchange(m_job.active, false);
    const bool known = m_shown.decision && sameOptions(m_shown.decisionOptions, m_options) && m_pendingImage.isEmpty();
    m_dirty = !known && !targetImage().isEmpty() && !m_shown.asked.isEmpty();
    if (working && !m_dirty && m_modelState == ModelState::kReady) {
        m_service.cancel();   // nothing follows that would end the old question's job
    }
    refreshStale();
    if (m_shown.armed && m_shown.pruned.stale) {
        m_rest.start();
    }
    Q_EMIT questionChanged();
    Q_EMIT decisionChanged();
    Q_EMIT analysisChanged();
    Q_EMIT activityChanged();
    if (!m_dirty) {
        inspect();
    }
    pump();
    return old;
}

void SessionModel::setOptions(const PruneOptions& options, const QString& name) {
    if (!sameOptions(options, m_options)) {
        m_undo.push(new OptionsCommand(*this, m_options, options, name));
    }
}

void SessionModel::applyOptions(const PruneOptions& options) {
    m_options = options;
    changed();
    Q_EMIT optionsChanged();
}

void SessionModel::changed() {
    m_dirty = true;
    m_answerDue = false;
    refreshStale();
    m_rest.start();
    pump();
}

void SessionModel::setInteracting(bool interacting) {
    m_interacting = interacting;
    if (!interacting) {
        Q_EMIT decisionChanged();   // ranges unlock
        if (m_wish.token && m_wish.reasons.flips) {
            inspect();   // counterfactuals were left out while the knobs moved
        }
    }
}

void SessionModel::setWish(const AnalysisWish& wish) {
    const bool more = (wish.budgets && !m_wish.budgets) || (wish.taus && !m_wish.taus) || (wish.token && wish.token != m_wish.token) ||
                      (wish.reasons.flips && !m_wish.reasons.flips) || wish.reasons.partners > m_wish.reasons.partners ||
                      (wish.lens.any() && !(wish.lens == m_wish.lens));
    m_wish = wish;
    if (more) {
        inspect();
    }
}

void SessionModel::setLiveAnswers(bool live) {
    m_liveAnswers = live;
    if (live && m_shown.armed) {
        m_rest.start();
    }
}

void SessionModel::run() {
    m_shown.asked = m_shown.question;
    m_shown.armed = true;
    m_answerDue = true;
    m_rest.stop();
    refreshStale();
    pump();
}

void SessionModel::cancel() {
    m_rest.stop();
    m_answerDue = false;
    m_dirty = false;
    m_service.cancel();
    m_inspection = 0;
    m_measuring = 0;   // what comes of it is not waited for
    m_beside.clear();
    Q_EMIT measurementChanged();
    if (m_modelState == ModelState::kLoading) {
        loadEnded(ModelState::kNone);
    }
    m_pendingImage.clear();
    m_openingTrace.clear();
    m_sweepId = 0;   // what comes of it later is dropped
    Q_EMIT sweepChanged();
    finishJob();
    stopAnswers();
    refreshStale();
    Q_EMIT imageChanged();
}

bool SessionModel::measure(const MeasureWish& wish) {
    if (!canAnswer() || m_imagePath.isEmpty() || !m_pendingImage.isEmpty() || m_shown.question.trimmed().isEmpty()) {
        return false;
    }
    m_rest.stop();
    m_answerDue = false;
    RunRequest request = requestFor(m_imagePath, m_shown.question);
    m_measureImage = m_imagePath;
    m_measureQuestion = m_shown.question;
    m_measureDone = 0;
    m_measureAll = 2 * (wish.warmUps + wish.repeats);
    m_sweepId = 0;   // the newest one wins
    m_measuring = m_service.measure(std::move(request), wish);
    Q_EMIT sweepChanged();
    Q_EMIT errorCleared();
    Q_EMIT measurementChanged();
    Q_EMIT activityChanged();
    return m_measuring != 0;
}

std::optional<double> SessionModel::share() const {
    if (m_modelState == ModelState::kLoading) {
        return m_loadProgress;
    }
    if (m_sweepId != 0) {
        return m_sweepShare;
    }
    return m_measuring != 0 && m_measureAll > 0 ? std::optional(static_cast<double>(m_measureDone) / m_measureAll) : std::nullopt;
}

bool SessionModel::measurementStale() const {
    if (!m_measurement || !m_measurement->pruned.last) {
        return true;
    }
    const RunRequest& made = m_measurement->pruned.last->request;
    return m_measureModel != m_models || m_measuredImage != targetImage() || m_measuredQuestion != m_shown.question ||
           !sameOptions(made.prune, m_options);
}

void SessionModel::onMeasured(std::uint64_t id, const std::shared_ptr<const Measurement>& measured) {
    if (id != m_measuring || id == 0) {
        return;
    }
    m_measuring = 0;
    m_measurement = measured;
    m_measuredImage = m_measureImage;
    m_measuredQuestion = m_measureQuestion;
    m_measureModel = m_models;
    Q_EMIT measurementChanged();
    Q_EMIT activityChanged();
}

/// A measurement or a sweep (`running`) was cancelled or failed; what was measured until then stays.
void SessionModel::measuringEnded(std::uint64_t id, std::uint64_t& running, void (SessionModel::*news)(), const Error& error) {
    if (id != running || id == 0) {
        return;
    }
    running = 0;
    Q_EMIT (this->*news)();
    Q_EMIT activityChanged();
    if (error.code != ErrorCode::kCancelled) {
        Q_EMIT errorOccurred(error);
    }
}

bool SessionModel::overForced() const {
    return m_options.method != "none" && static_cast<std::int64_t>(m_options.forceKeep.size()) > effectiveKeep();
}

std::optional<QString> SessionModel::answerBeforeForcing() const {
    if (!m_shown.hasUnforced || !runComplete() || !m_options.anyForced()) {
        return std::nullopt;
    }
    return sameOptions(m_options.withoutForced(), m_shown.unforcedOptions) ? std::optional(m_shown.unforcedAnswer) : std::nullopt;
}

void SessionModel::decideBeside(const QString& question, const PruneOptions& options, std::function<void(std::shared_ptr<const RunResult>)> done) {
    m_beside.push_back({targetImage(), question, options, std::move(done)});
    pumpBeside();
}

/// One at a time, and only when neither a decision nor a closer look is under way: both would end it.
void SessionModel::pumpBeside() {
    while (!m_beside.empty() && m_beside.front().image != targetImage()) {
        m_beside.erase(m_beside.begin());
        m_besideId = 0;
    }
    if (m_beside.empty() || m_besideId != 0 || m_inspection != 0 || !m_shown.decision || !m_pendingImage.isEmpty() || (m_job.active && !m_job.decided)) {
        return;
    }
    RunRequest request = m_shown.decision->request;
    request.question = m_beside.front().question.toStdString();
    request.prune = m_beside.front().options;
    request.withAnswer = false;
    InspectWish wish;
    wish.decision = true;
    m_besideId = m_service.inspect(std::move(request), std::move(wish));
}

void SessionModel::stopAnswers() {
    for (AnswerState* answer : {&m_shown.pruned, &m_shown.unpruned}) {
        if (answer->phase == AnswerState::Phase::kWaiting || answer->phase == AnswerState::Phase::kStreaming) {
            answer->phase = AnswerState::Phase::kStopped;
        }
    }
}

void SessionModel::pump() {
    if ((m_modelState != ModelState::kReady && !onTrace()) || targetImage().isEmpty() || !m_openingTrace.isEmpty()) {
        Q_EMIT activityChanged();
        return;
    }
    if (m_job.active && !m_job.decided && m_job.image == targetImage()) {
        return;   // one decision in flight; the newest knobs follow when it is there
    }
    if (m_answerDue && m_modelState != ModelState::kLoading) {
        m_answerDue = false;
        m_dirty = false;
        submit(true);
    } else if (m_dirty) {
        m_dirty = false;
        submit(false);
    }
}

/// With the present knobs; on a trace's image as the trace wants it.
RunRequest SessionModel::requestFor(const QString& image, const QString& question) const {
    RunRequest request;
    request.imagePath = image.toStdString();
    request.question = question.toStdString();
    request.prune = m_options;
    request.maxNewTokens = m_maxNewTokens;
    askTrace(request);
    return request;
}

void SessionModel::submit(bool withAnswer) {
    if (m_shown.asked.isEmpty()) {
        m_shown.asked = m_shown.question;
    }
    RunRequest request = requestFor(targetImage(), m_shown.asked);
    request.withAnswer = withAnswer;
    m_job = Job{0, true, withAnswer, false, targetImage(), m_shown.asked, m_options};
    m_inspection = 0;
    m_besideId = 0;   // a submit ends inspections
    m_job.id = m_service.submit(std::move(request));
    if (withAnswer) {
        m_shown.scores.reset();
        m_shown.pruned.phase = AnswerState::Phase::kWaiting;
        const bool known = m_shown.unpruned.result && m_shown.unprunedImage == m_job.image && m_shown.unprunedQuestion == m_job.question;
        if (!known) {
            m_shown.unpruned.phase = AnswerState::Phase::kWaiting;
        }
        Q_EMIT answersChanged();
    }
    Q_EMIT errorCleared();
    Q_EMIT activityChanged();
}

void SessionModel::finishJob() {
    m_job.active = false;
    Q_EMIT activityChanged();
}

bool SessionModel::survivalCurrent() const {
    if (!m_shown.analysis || !m_shown.decision || !m_shown.decision->decision) {
        return false;
    }
    PruneOptions made = m_shown.analysis->options;
    const PruneOptions& now = m_shown.decision->decision->options;
    if (m_shown.analysis->budgets && !m_shown.analysis->taus) {
        made.keep = now.keep;
        made.keepRatio = now.keepRatio;
    } else if (m_shown.analysis->taus && !m_shown.analysis->budgets) {
        made.tau = now.tau;
    }
    return made == now;
}

bool SessionModel::lensCurrent() const {
    if (!m_shown.analysis || !m_shown.analysis->lens || !m_shown.decision || !m_shown.decision->decision) {
        return false;
    }
    const PruneOptions& made = m_shown.analysis->options;
    const PruneOptions& now = m_shown.decision->decision->options;
    return made.relevanceSpace == now.relevanceSpace && made.relevanceSign == now.relevanceSign && made.queryPooling == now.queryPooling && made.queryWords == now.queryWords;
}

bool SessionModel::decisionStale() const {
    return m_shown.decision && (!sameOptions(m_shown.decisionOptions, m_options) || m_shown.decisionQuestion != m_shown.question);
}

void SessionModel::refreshStale() {
    const bool pruned = m_shown.prunedImage != targetImage() || m_shown.prunedQuestion != m_shown.question || !sameOptions(m_shown.prunedOptions, m_options);
    const bool unpruned = m_shown.unprunedImage != targetImage() || m_shown.unprunedQuestion != m_shown.question;
    m_shown.pruned.stale = pruned && !m_shown.pruned.text.isEmpty();
    m_shown.unpruned.stale = unpruned && !m_shown.unpruned.text.isEmpty();
    Q_EMIT answersChanged();
}

void SessionModel::onModelReady(const ModelFacts& facts, const QString& folder) {
    m_modelState = ModelState::kReady;
    m_facts = facts;
    m_modelFolder = folder;
    m_readyFolder = folder;
    m_shown.hasUnforced = false;
    m_beside.clear();
    if (!onTrace()) {   // what a trace says stays true
        m_shown.model = ++m_models;
        m_shown.decision.reset();
        m_shown.analysis.reset();
        m_shown.pruned = {};
        m_shown.unpruned = {};
        m_shown.scores.reset();
        m_dirty = !targetImage().isEmpty();
    }
    Q_EMIT modelChanged();
    Q_EMIT decisionChanged();
    Q_EMIT answersChanged();
    Q_EMIT activityChanged();
    pump();
}

void SessionModel::onDecision(std::uint64_t job, const std::shared_ptr<const RunResult>& result) {
    if (job != m_job.id || !m_job.active || !result || m_job.decided) {
        return;
    }
    m_job.decided = true;
    const bool newImage = m_imagePath != m_job.image;
    m_imagePath = m_job.image;
    m_pendingImage.clear();
    if (newImage && !m_job.withAnswer && !m_answerDue) {
        m_shown.armed = false;   // a new picture: answers wait for the next Run
    }
    const bool newQuestion = m_shown.decisionQuestion != m_job.question;
    m_shown.hasUnforced = m_shown.hasUnforced && !newImage && !newQuestion;
    m_shown.decision = result;
    m_shown.image = m_job.image;
    m_shown.decisionOptions = m_job.options;
    m_shown.decisionQuestion = m_job.question;
    if (newImage || newQuestion) {
        m_shown.analysis.reset();
    }
    if (newImage) {
        m_sweep.reset();
    }
    if (!m_job.withAnswer) {
        finishJob();
    }
    if (newImage) {
        Q_EMIT imageChanged();
    }
    Q_EMIT decisionChanged();
    refreshStale();
    inspect();
    pump();
    pumpBeside();
}

/// Asks about the decision that is shown; the answer of an older question is dropped on arrival.
void SessionModel::inspect() {
    if (!m_wish.any() || !m_shown.decision || !m_shown.decision->decision || m_modelState == ModelState::kLoading) {
        return;
    }
    constexpr std::int64_t kManyTokens = 1024;   // beyond, all budgets take seconds
    constexpr std::int64_t kSomeBudgets = 320;
    RunRequest request = m_shown.decision->request;
    request.withAnswer = false;
    InspectWish wish;
    if (m_wish.token) {
        wish.tokens.push_back(*m_wish.token);
    }
    wish.reasons = m_wish.reasons;
    wish.reasons.flips = m_wish.reasons.flips && !m_interacting;
    wish.budgets = m_wish.budgets;
    wish.lastBudget = m_shown.decision->decision->n > kManyTokens ? kSomeBudgets : 0;
    wish.taus = m_wish.taus;
    wish.lens = m_wish.lens;
    m_besideId = 0;   // the newest one wins
    m_inspection = m_service.inspect(std::move(request), std::move(wish));
}

void SessionModel::onInspection(std::uint64_t inspection, const Inspection& found) {
    if (inspection != 0 && inspection == m_besideId && !m_beside.empty()) {
        m_besideId = 0;
        const Beside asked = std::move(m_beside.front());
        m_beside.erase(m_beside.begin());
        if (found.result && asked.done) {
            asked.done(found.result);
        }
        pumpBeside();
        return;
    }
    if (inspection != m_inspection || inspection == 0 || !m_shown.decision) {
        return;
    }
    auto analysis = std::make_shared<DecisionAnalysis>();
    analysis->options = found.options;
    analysis->budgets = found.budgets;
    analysis->taus = found.taus;
    analysis->lens = found.lens;
    if (!found.reasons.empty()) {
        analysis->reasons = found.reasons.front();
    }
    m_shown.analysis = std::move(analysis);
    m_inspection = 0;
    Q_EMIT analysisChanged();
    pumpBeside();
}

void SessionModel::onText(std::uint64_t job, bool unpruned, const QString& piece) {
    if (job != m_job.id || !m_job.active || !m_job.decided || !m_shown.decision || !m_shown.decision->decision) {
        return;
    }
    AnswerState& answer = unpruned ? m_shown.unpruned : m_shown.pruned;
    if (answer.phase != AnswerState::Phase::kStreaming) {
        answer = {};
        answer.phase = AnswerState::Phase::kStreaming;
        answer.madeFor = unpruned ? tr("all tokens") : shortLabel(m_shown.decision->decision->options);
        (unpruned ? m_shown.unprunedImage : m_shown.prunedImage) = m_job.image;
        (unpruned ? m_shown.unprunedQuestion : m_shown.prunedQuestion) = m_job.question;
        if (!unpruned) {
            m_shown.prunedOptions = m_job.options;
        }
    }
    answer.text += piece;
    refreshStale();
}

void SessionModel::onFinished(std::uint64_t job, bool unpruned, const std::shared_ptr<const RunResult>& result) {
    if (job != m_job.id || !m_job.active || !result) {
        return;
    }
    if (!m_job.decided) {
        onDecision(job, result);
    }
    if (!result->hasAnswer) {
        return;   // the end of a job without answer
    }
    AnswerState& answer = unpruned ? m_shown.unpruned : m_shown.pruned;
    answer.phase = result->finish == FinishReason::kCancelled ? AnswerState::Phase::kStopped : AnswerState::Phase::kDone;
    answer.text = QString::fromStdString(result->answer);
    answer.result = result;
    answer.madeFor = unpruned || !result->decision ? tr("all tokens") : shortLabel(result->decision->options);
    (unpruned ? m_shown.unprunedImage : m_shown.prunedImage) = m_job.image;
    (unpruned ? m_shown.unprunedQuestion : m_shown.prunedQuestion) = m_job.question;
    if (!unpruned) {
        m_shown.prunedOptions = m_job.options;
        if (!m_job.options.anyForced() && answer.phase == AnswerState::Phase::kDone) {
            m_shown.unforcedAnswer = answer.text;
            m_shown.unforcedOptions = m_job.options;
            m_shown.hasUnforced = true;
        }
    }
    refreshStale();
    const bool bothKnown = m_shown.pruned.phase == AnswerState::Phase::kDone && m_shown.unpruned.phase == AnswerState::Phase::kDone &&
                           m_shown.unprunedImage == m_job.image && m_shown.unprunedQuestion == m_job.question;
    if (bothKnown || answersEnd(unpruned)) {
        finishJob();
        Q_EMIT runFinished();
        pump();
    }
}

void SessionModel::onScores(std::uint64_t job, const AnswerScores& scores) {
    if (job == m_job.id && runComplete()) {
        m_shown.scores = scores;
        Q_EMIT answersChanged();
    }
}

void SessionModel::onError(std::uint64_t job, const Error& error) {
    if (job == 0) {
        loadEnded(error.code == ErrorCode::kCancelled ? ModelState::kNone : ModelState::kFailed);
    } else if (job != m_job.id || !m_job.active) {
        return;
    } else {
        m_answerDue = m_answerDue && m_pendingImage.isEmpty();   // an answer asked for on an image that cannot be read
        m_pendingImage.clear();
        finishJob();
        stopAnswers();
        Q_EMIT imageChanged();
        refreshStale();
    }
    Q_EMIT activityChanged();
    if (error.code != ErrorCode::kCancelled && !(error.id == "USAGE-FORCE" && overForced())) {   // the canvas says that one
        Q_EMIT errorOccurred(error);
    }
    if (m_dirty && job != 0) {
        pump();   // the knobs have moved since: the newest setting may be fine
    }
}

QString SessionModel::activity() const {
    if (!m_openingTrace.isEmpty()) {
        return tr("Opening the trace");
    }
    if (m_modelState == ModelState::kLoading) {
        return tr("Loading model: %1").arg(m_loadText);
    }
    if (m_sweepId != 0) {
        return tr("Answering at one budget after the other, %1 %").arg(qRound(m_sweepShare * 100));
    }
    if (m_measuring != 0) {
        return tr("Measuring: run %1 of %2").arg(std::min(m_measureDone + 1, m_measureAll)).arg(m_measureAll);
    }
    if (!m_job.active) {
        return {};
    }
    if (!m_job.decided) {
        return m_shown.decision && m_job.image == m_imagePath ? tr("Deciding which tokens stay") : tr("Looking at the picture");
    }
    return m_shown.pruned.phase == AnswerState::Phase::kDone ? tr("Answering with all tokens") : tr("Answering with the kept tokens");
}

bool SessionModel::runComplete() const {
    return m_shown.pruned.phase == AnswerState::Phase::kDone && m_shown.unpruned.phase == AnswerState::Phase::kDone && !m_shown.pruned.stale && !m_shown.unpruned.stale;
}

std::int64_t SessionModel::tokenCount() const {
    if (m_shown.decision && m_shown.decision->decision) {
        return m_shown.decision->decision->n;
    }
    return m_facts.visualTokens > 0 ? m_facts.visualTokens : 576;
}

std::int64_t SessionModel::effectiveKeep() const {
    const std::int64_t n = tokenCount();
    constexpr std::int64_t kDefaultKeep = 64;
    std::int64_t keep = std::min(kDefaultKeep, n);
    if (m_options.keep) {
        keep = *m_options.keep;
    } else if (m_options.keepRatio) {
        keep = std::llround(*m_options.keepRatio * static_cast<double>(n));
    }
    return std::clamp<std::int64_t>(keep, 1, n);
}

}  // namespace prunescope
