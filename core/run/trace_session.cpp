// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/errors.h"
#include "core/run/trace.h"

#include "core/run/stage_clock.h"

#include <algorithm>
#include <utility>

namespace prunescope {
namespace {

bool sameQuestion(const RunRequest& a, const RunRequest& b) {
    return a.rawPrompt == b.rawPrompt && (a.rawPrompt || a.question == b.question);
}

/// What "auto" came to when the run was recorded.
PruneOptions resolvedAs(const RunResult& recorded, PruneOptions options) {
    const PruneOptions& known = recorded.decision->options;
    options.relevanceSpace = known.relevanceSpace;
    options.queryWords = known.queryWords;
    options.queryPooling = options.queryPooling == QueryPooling::kAuto ? known.queryPooling : options.queryPooling;
    options.positions = options.positions == PositionMode::kAuto ? known.positions : options.positions;
    return options;
}

}  // namespace

bool answersTrace(const ModelFacts& model, const Trace& trace) {
    const ModelFacts& known = trace.model;
    return model.family == known.family && model.parameters == known.parameters && model.hidden == known.hidden && model.visualTokens == known.visualTokens
           && model.gridRows == known.gridRows && model.gridCols == known.gridCols;
}

/// A pruning session and the run whose question it holds.
struct TraceSession::Asked {
    std::shared_ptr<const RunResult> run;
    PruneSession session;
};

TraceSession::TraceSession(std::shared_ptr<const Trace> trace) : m_trace(std::move(trace)) {}
TraceSession::~TraceSession() = default;

bool TraceSession::holds(const RunRequest& request) const {
    return request.image == m_trace->image->decoded
           && std::any_of(m_trace->runs.begin(), m_trace->runs.end(), [&](const auto& run) { return sameQuestion(run->request, request); });
}

Result<TraceSession::Asked*> TraceSession::sessionFor(const RunRequest& request, std::stop_token stop) {
    const RelevanceSpace space = request.prune.relevanceSpace;
    std::shared_ptr<const RunResult> match;
    bool asked = false;
    for (const auto& run : m_trace->runs) {
        const PruneOptions& known = run->decision->options;
        const bool question = sameQuestion(run->request, request);
        asked = asked || question;
        if (!match && question && known.queryWords == request.prune.queryWords && (space == RelevanceSpace::kAuto || space == known.relevanceSpace)) {
            match = run;
        }
    }
    if (!match) {
        return makeError(ErrorCode::kBadInput, "TRACE-QUESTION", "cannot decide from the trace", {},
                         asked ? "it holds this question, but not in this relevance space or with these query words" : "it does not hold this question",
                         "load the model to ask something new");
    }
    for (const auto& known : m_asked) {
        if (known->run->input == match->input) {
            return known.get();
        }
    }
    auto fresh = std::make_unique<Asked>();
    fresh->run = match;
    if (const auto set = fresh->session.setInput(*match->input, stop); !set) {
        return set.error();
    }
    m_asked.push_back(std::move(fresh));
    return m_asked.back().get();
}

Result<std::shared_ptr<const RunResult>> TraceSession::run(const RunRequest& request, const RunCallbacks& callbacks, std::stop_token stop) {
    return guarded("cannot decide from the trace", [&]() -> Result<std::shared_ptr<const RunResult>> {
        StageClock clock;
        const Result<Asked*> asked = sessionFor(request, stop);
        if (!asked) {
            return asked.error();
        }
        const RunResult& recorded = *(*asked)->run;
        Result<PruneDecision> decision = (*asked)->session.decide(resolvedAs(recorded, request.prune), stop);
        if (!decision) {
            return decision.error();
        }
        auto result = std::make_shared<RunResult>();
        result->jobId = request.jobId;
        result->request = request;
        result->image = m_trace->image;
        result->input = recorded.input;
        result->words = recorded.words;
        result->promptTokens = recorded.promptTokens;
        result->warnings = m_trace->warnings;
        result->warnings.insert(result->warnings.end(), decision->warnings.begin(), decision->warnings.end());
        result->decision = std::make_shared<const PruneDecision>(std::move(*decision));
        clock.lap(result->timings.pruneMs);
        result->timings.totalMs = result->timings.pruneMs;
        result->timings.visionFromCache = true;
        if (callbacks.onDecision) {
            callbacks.onDecision(request.withAnswer ? std::make_shared<const RunResult>(*result) : std::shared_ptr<const RunResult>(result));
        }
        if (!request.withAnswer) {
            return std::shared_ptr<const RunResult>(std::move(result));
        }
        for (const auto& run : m_trace->runs) {
            const bool sameInput = sameQuestion(run->request, request) && run->decision->emitted == result->decision->emitted
                                   && run->decision->options.positions == result->decision->options.positions;
            if (!run->hasAnswer || !sameInput || (run->finish != FinishReason::kEos && run->request.maxNewTokens != request.maxNewTokens)) {
                continue;
            }
            const auto decided = result->decision;
            const std::vector<std::string> warnings = result->warnings;
            *result = *run;
            result->jobId = request.jobId;
            result->request = request;
            result->decision = decided;
            result->warnings = warnings;
            if (callbacks.onText) {
                callbacks.onText(result->answer);
            }
            return std::shared_ptr<const RunResult>(std::move(result));
        }
        return makeError(ErrorCode::kBadModel, "TRACE-NO-MODEL", "no answer for these tokens in the trace", {}, "the trace holds the answers of its own runs only",
                         "load the model for new answers");
    });
}

Result<Inspection> TraceSession::inspect(const RunRequest& request, const InspectWish& wish, std::stop_token stop) {
    return guarded("cannot look closer", [&]() -> Result<Inspection> {
        if (wish.decision) {
            return inspectionOf(run(decisionOf(request), {}, stop));
        }
        const Result<Asked*> asked = sessionFor(request, stop);
        if (!asked) {
            return asked.error();
        }
        const PruneOptions options = resolvedAs(*(*asked)->run, request.prune);
        auto inspection = inspectDecision((*asked)->session, options, wish, stop);
        if (!inspection) {
            return inspection.error();
        }
        inspection->jobId = request.jobId;
        if (!wish.lens.any()) {
            return inspection;
        }
        QuestionVectors other;
        if (!wish.lens.otherQuestion.empty()) {
            RunRequest second = request;
            second.question = wish.lens.otherQuestion;
            second.rawPrompt.reset();
            second.prune.relevanceSpace = options.relevanceSpace;
            const Result<Asked*> recorded = sessionFor(second, stop);   // its session stays where it is: Asked are held by pointer
            if (!recorded) {
                return recorded.error();
            }
            other = {wish.lens.otherQuestion, (*recorded)->run->input->query, (*recorded)->run->input->querySegments};
        }
        auto lens = lookAtQuestion((*asked)->session, options, (*asked)->run->words, wish.lens.otherQuestion.empty() ? nullptr : &other, wish.lens);
        if (!lens) {
            return lens.error();
        }
        inspection->lens = std::make_shared<const QuestionLens>(std::move(*lens));
        return inspection;
    });
}

}  // namespace prunescope
