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
        m_answerDue = m_armed && m_liveAnswers && canAnswer();
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
            if (inspection == self.m_inspection && error.code != ErrorCode::kCancelled) {
                Q_EMIT self.errorOccurred(error);
            }
        });
    };
    events.onText = [gate](std::uint64_t job, bool unpruned, const std::string& piece) {
        post(gate, [job, unpruned, piece](SessionModel& self) { self.onText(job, unpruned, QString::fromStdString(piece)); });
    };
    events.onFinished = [gate](std::uint64_t job, bool unpruned, const std::shared_ptr<const RunResult>& result) {
        post(gate, [job, unpruned, result](SessionModel& self) { self.onFinished(job, unpruned, result); });
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
    m_askedQuestion = m_question;
    m_rest.stop();
    m_answerDue = false;
    m_dirty = true;
    m_job.active = false;   // the worker drops the old job when the new one arrives
    refreshStale();
    Q_EMIT imageChanged();
    pump();
}

void SessionModel::setQuestion(const QString& question) {
    if (question == m_question) {
        return;
    }
    m_question = question;
    refreshStale();
    Q_EMIT questionChanged();
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
                      (wish.reasons.flips && !m_wish.reasons.flips) || wish.reasons.partners > m_wish.reasons.partners;
    m_wish = wish;
    if (more) {
        inspect();
    }
}

void SessionModel::setLiveAnswers(bool live) {
    m_liveAnswers = live;
    if (live && m_armed) {
        m_rest.start();
    }
}

void SessionModel::run() {
    m_askedQuestion = m_question;
    m_armed = true;
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

void SessionModel::stopAnswers() {
    for (AnswerState* answer : {&m_pruned, &m_unpruned}) {
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

void SessionModel::submit(bool withAnswer) {
    if (m_askedQuestion.isEmpty()) {
        m_askedQuestion = m_question;
    }
    RunRequest request;
    request.imagePath = targetImage().toStdString();
    request.question = m_askedQuestion.toStdString();
    request.prune = m_options;
    request.maxNewTokens = m_maxNewTokens;
    request.withAnswer = withAnswer;
    askTrace(request);
    m_job = Job{0, true, withAnswer, false, targetImage(), m_askedQuestion, m_options};
    m_job.id = m_service.submit(std::move(request));
    if (withAnswer) {
        m_pruned.phase = AnswerState::Phase::kWaiting;
        const bool known = m_unpruned.result && m_unprunedImage == m_job.image && m_unprunedQuestion == m_job.question;
        if (!known) {
            m_unpruned.phase = AnswerState::Phase::kWaiting;
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
    if (!m_analysis || !m_decision || !m_decision->decision) {
        return false;
    }
    PruneOptions made = m_analysis->options;
    const PruneOptions& now = m_decision->decision->options;
    if (m_analysis->budgets && !m_analysis->taus) {
        made.keep = now.keep;
        made.keepRatio = now.keepRatio;
    } else if (m_analysis->taus && !m_analysis->budgets) {
        made.tau = now.tau;
    }
    return made == now;
}

bool SessionModel::decisionStale() const {
    return m_decision && (!sameOptions(m_decisionOptions, m_options) || m_decisionQuestion != m_question);
}

void SessionModel::refreshStale() {
    const bool pruned = m_prunedImage != targetImage() || m_prunedQuestion != m_question || !sameOptions(m_prunedOptions, m_options);
    const bool unpruned = m_unprunedImage != targetImage() || m_unprunedQuestion != m_question;
    m_pruned.stale = pruned && !m_pruned.text.isEmpty();
    m_unpruned.stale = unpruned && !m_unpruned.text.isEmpty();
    Q_EMIT answersChanged();
}

void SessionModel::onModelReady(const ModelFacts& facts, const QString& folder) {
    m_modelState = ModelState::kReady;
    m_facts = facts;
    m_modelFolder = folder;
    m_readyFolder = folder;
    if (!onTrace()) {   // what a trace says stays true
        m_decision.reset();
        m_analysis.reset();
        m_pruned = {};
        m_unpruned = {};
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
        m_armed = false;   // a new picture: answers wait for the next Run
    }
    const bool newQuestion = m_decisionQuestion != m_job.question;
    m_decision = result;
    m_decisionOptions = m_job.options;
    m_decisionQuestion = m_job.question;
    if (newImage || newQuestion) {
        m_analysis.reset();
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
}

/// Asks about the decision that is shown; the answer of an older question is dropped on arrival.
void SessionModel::inspect() {
    if (!m_wish.any() || !m_decision || !m_decision->decision || m_modelState == ModelState::kLoading) {
        return;
    }
    constexpr std::int64_t kManyTokens = 1024;   // beyond, all budgets take seconds
    constexpr std::int64_t kSomeBudgets = 320;
    RunRequest request = m_decision->request;
    request.withAnswer = false;
    InspectWish wish;
    if (m_wish.token) {
        wish.tokens.push_back(*m_wish.token);
    }
    wish.reasons = m_wish.reasons;
    wish.reasons.flips = m_wish.reasons.flips && !m_interacting;
    wish.budgets = m_wish.budgets;
    wish.lastBudget = m_decision->decision->n > kManyTokens ? kSomeBudgets : 0;
    wish.taus = m_wish.taus;
    m_inspection = m_service.inspect(std::move(request), std::move(wish));
}

void SessionModel::onInspection(std::uint64_t inspection, const Inspection& found) {
    if (inspection != m_inspection || inspection == 0 || !m_decision) {
        return;
    }
    auto analysis = std::make_shared<DecisionAnalysis>();
    analysis->options = found.options;
    analysis->budgets = found.budgets;
    analysis->taus = found.taus;
    if (!found.reasons.empty()) {
        analysis->reasons = found.reasons.front();
    }
    m_analysis = std::move(analysis);
    Q_EMIT analysisChanged();
}

void SessionModel::onText(std::uint64_t job, bool unpruned, const QString& piece) {
    if (job != m_job.id || !m_job.active || !m_job.decided || !m_decision || !m_decision->decision) {
        return;
    }
    AnswerState& answer = unpruned ? m_unpruned : m_pruned;
    if (answer.phase != AnswerState::Phase::kStreaming) {
        answer = {};
        answer.phase = AnswerState::Phase::kStreaming;
        answer.madeFor = unpruned ? tr("all tokens") : shortLabel(m_decision->decision->options);
        (unpruned ? m_unprunedImage : m_prunedImage) = m_job.image;
        (unpruned ? m_unprunedQuestion : m_prunedQuestion) = m_job.question;
        if (!unpruned) {
            m_prunedOptions = m_job.options;
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
    AnswerState& answer = unpruned ? m_unpruned : m_pruned;
    answer.phase = result->finish == FinishReason::kCancelled ? AnswerState::Phase::kStopped : AnswerState::Phase::kDone;
    answer.text = QString::fromStdString(result->answer);
    answer.result = result;
    answer.madeFor = unpruned || !result->decision ? tr("all tokens") : shortLabel(result->decision->options);
    (unpruned ? m_unprunedImage : m_prunedImage) = m_job.image;
    (unpruned ? m_unprunedQuestion : m_prunedQuestion) = m_job.question;
    if (!unpruned) {
        m_prunedOptions = m_job.options;
    }
    refreshStale();
    const bool both = m_pruned.phase == AnswerState::Phase::kDone && m_unpruned.phase == AnswerState::Phase::kDone && m_unprunedImage == m_job.image && m_unprunedQuestion == m_job.question;
    if (both || answersEnd(unpruned)) {
        finishJob();
        Q_EMIT runFinished();
        pump();
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
    if (error.code != ErrorCode::kCancelled) {
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
    if (!m_job.active) {
        return {};
    }
    if (!m_job.decided) {
        return m_decision && m_job.image == m_imagePath ? tr("Deciding which tokens stay") : tr("Looking at the picture");
    }
    return m_pruned.phase == AnswerState::Phase::kDone ? tr("Answering with all tokens") : tr("Answering with the kept tokens");
}

bool SessionModel::runComplete() const {
    return m_pruned.phase == AnswerState::Phase::kDone && m_unpruned.phase == AnswerState::Phase::kDone && !m_pruned.stale && !m_unpruned.stale;
}

std::int64_t SessionModel::tokenCount() const {
    if (m_decision && m_decision->decision) {
        return m_decision->decision->n;
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
