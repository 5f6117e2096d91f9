// SPDX-License-Identifier: GPL-3.0-or-later

// The session on a trace: the recorded run is shown as it was made; other knobs are decided from the trace's tensors by the worker.

#include "core/run/trace.h"
#include "ui/viewmodel/option_text.h"
#include "ui/viewmodel/session_model.h"

#include <algorithm>
#include <utility>

namespace prunescope {

namespace {

QString questionOf(const RunResult& run) {
    return QString::fromStdString(run.request.rawPrompt.value_or(run.request.question));
}

bool isWhole(const RunResult& run) {
    return run.decision->options.method == "none";
}

/// The answered run without pruning that belongs to `question`; null where there is none.
std::shared_ptr<const RunResult> wholeOf(const Trace& trace, const QString& question) {
    const auto found = std::find_if(trace.runs.begin(), trace.runs.end(), [&](const auto& run) { return isWhole(*run) && run->hasAnswer && questionOf(*run) == question; });
    return found == trace.runs.end() ? nullptr : *found;
}

AnswerState recordedAnswer(const std::shared_ptr<const RunResult>& run, const QString& madeFor) {
    AnswerState answer;
    if (run && run->hasAnswer) {
        answer.phase = run->finish == FinishReason::kCancelled ? AnswerState::Phase::kStopped : AnswerState::Phase::kDone;
        answer.text = QString::fromStdString(run->answer);
        answer.madeFor = madeFor;
        answer.result = run;
    }
    return answer;
}

}  // namespace

void SessionModel::openTrace(const QString& path, bool asRecorded) {
    openImage(path);   // pending like any picture: what is shown stays until this one is there
    m_openingTrace = path;
    m_asRecorded = asRecorded;
    m_service.cancel();
    m_service.openTrace(path.toStdString());
    Q_EMIT activityChanged();
}

QStringList SessionModel::traceQuestions() const {
    QStringList questions;
    if (const auto shown = trace()) {
        for (const auto& run : shown->runs) {
            questions << questionOf(*run);
        }
    }
    questions.removeDuplicates();
    return questions;
}

bool SessionModel::canAnswer() const {
    return m_modelState == ModelState::kReady && (!onTrace() || answersTrace(m_facts, *m_trace));
}

/// A request on the trace's image carries the image itself; that is how the worker knows it.
void SessionModel::askTrace(RunRequest& request) const {
    if (!onTrace()) {
        return;
    }
    request.image = m_trace->image->decoded;
    request.imagePath = m_trace->image->path;
    for (const auto& run : m_trace->runs) {
        if (run->request.rawPrompt && *run->request.rawPrompt == request.question) {
            request.rawPrompt = std::exchange(request.question, {});
            break;
        }
    }
}

/// Without the model the answer of all tokens comes only where it was recorded.
bool SessionModel::answersEnd(bool unpruned) const {
    return !unpruned && onTrace() && !canAnswer() && !wholeOf(*m_trace, m_job.question);
}

void SessionModel::connectTraces(ServiceEvents& events) {
    const std::shared_ptr<Gate> gate = m_gate;
    events.onTraceReady = [gate](const std::shared_ptr<const Trace>& trace, const std::string& path) {
        post(gate, [trace, path](SessionModel& self) { self.onTraceReady(trace, QString::fromStdString(path)); });
    };
    events.onTraceSaved = [gate](const std::string& path) { post(gate, [path](SessionModel& self) { Q_EMIT self.traceSaved(QString::fromStdString(path)); }); };
    events.onTraceError = [gate](const std::string& path, const Error& error) { post(gate, [path, error](SessionModel& self) { self.onTraceError(QString::fromStdString(path), error); }); };
}

void SessionModel::onTraceError(const QString& path, const Error& error) {
    if (path == m_openingTrace) {
        m_openingTrace.clear();
        m_pendingImage.clear();
        m_dirty = false;
        m_answerDue = false;
        refreshStale();
        Q_EMIT imageChanged();
        Q_EMIT activityChanged();
    }
    Q_EMIT errorOccurred(error);
}

void SessionModel::onTraceReady(const std::shared_ptr<const Trace>& trace, const QString& path) {
    if (path != m_openingTrace) {
        return;   // something else was opened since
    }
    m_openingTrace.clear();
    m_pendingImage.clear();
    m_trace = trace;
    m_tracePath = m_imagePath = path;
    m_shown.armed = false;
    m_answerDue = m_answerDue && (canAnswer() || m_modelState == ModelState::kLoading || m_asRecorded);
    m_shown.analysis.reset();
    m_sweep.reset();
    const auto pruned = std::find_if(trace->runs.begin(), trace->runs.end(), [](const auto& run) { return !isWhole(*run); });
    showRecorded(pruned == trace->runs.end() ? trace->runs.front() : *pruned, m_asRecorded);
    Q_EMIT errorCleared();
    Q_EMIT traceOpened();
    Q_EMIT imageChanged();
    Q_EMIT decisionChanged();
    Q_EMIT analysisChanged();
    refreshStale();
    if (m_asRecorded) {
        Q_EMIT questionChanged();
        Q_EMIT optionsChanged();
        m_undo.clear();   // another document
    }
    Q_EMIT activityChanged();
    inspect();
    pump();
}

void SessionModel::showRecorded(const std::shared_ptr<const RunResult>& run, bool asRecorded) {
    const QString question = questionOf(*run);
    m_shown.decision = run;
    m_shown.decisionOptions = m_shown.prunedOptions = run->request.prune;
    m_shown.decisionQuestion = m_shown.prunedQuestion = m_shown.unprunedQuestion = question;
    m_shown.image = m_shown.prunedImage = m_shown.unprunedImage = m_imagePath;
    m_shown.scores.reset();
    m_shown.hasUnforced = false;
    m_shown.pruned = recordedAnswer(run, shortLabel(run->decision->options));
    m_shown.unpruned = recordedAnswer(wholeOf(*m_trace, question), tr("all tokens"));
    if (asRecorded) {
        m_shown.question = m_shown.asked = question;
        m_options = m_shown.decisionOptions;
    }
    m_dirty = !asRecorded && (m_shown.question != question || !sameOptions(m_options, m_shown.decisionOptions));
}

void SessionModel::saveTrace(const QString& path, std::vector<std::shared_ptr<const RunResult>> more, const QString& torch, const QString& cuda) {
    TraceOrder order;
    order.path = path.toStdString();
    const auto add = [&](const std::shared_ptr<const RunResult>& run) {
        const bool known = !run || !m_shown.decision || run->image->sha256 != m_shown.decision->image->sha256 || run->image->path != m_shown.decision->image->path ||
                           std::any_of(order.runs.begin(), order.runs.end(), [&](const auto& had) {
                               return had == run || (!run->hasAnswer && questionOf(*had) == questionOf(*run) && had->decision->options == run->decision->options);
                           });
        if (!known) {
            order.runs.push_back(run);
        }
    };
    add(m_shown.pruned.result && !m_shown.pruned.stale ? m_shown.pruned.result : m_shown.decision);
    add(m_shown.unpruned.result);
    for (const auto& run : more) {
        add(run);
    }
    order.base = trace();
    for (const auto& run : order.base ? order.base->runs : std::vector<std::shared_ptr<const RunResult>>{}) {
        add(run);
    }
    order.model = m_facts;
    order.modelPath = m_modelFolder.toStdString();
    order.torch = torch.toStdString();
    order.cuda = cuda.toStdString();
    m_service.saveTrace(std::move(order));
}

}  // namespace prunescope
