// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The window's state without a window: image, question, knobs, what the worker last said, and whether that is still true. Decides when to
// ask the worker: a decision at once for each change (one in flight, later changes coalesced), an answer after 150 ms of rest. Lives on the
// UI thread; the worker's callbacks are queued onto it and dropped when their job is no longer the present one.

#include "core/run/inference_service.h"
#include "ui/viewmodel/decision_analysis.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>
#include <QUndoStack>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace prunescope {

enum class ModelState { kNone, kLoading, kReady, kFailed };

/// One answer as it stands. `result` is null while streaming.
struct AnswerState {
    enum class Phase { kNone, kWaiting, kStreaming, kDone, kStopped };
    Phase phase = Phase::kNone;
    QString text;
    QString madeFor;     ///< knobs it was computed for, in words
    bool stale = false;  ///< image, question or knobs have changed since
    std::shared_ptr<const RunResult> result;
};

/// Everything that is known for one question. While another question is shown it is kept as it is; whether it still holds is judged anew when
/// it comes back.
struct QuestionState {
    QString question, asked;   ///< as typed; as last asked
    bool armed = false;        ///< it was run: changes are answered after a rest
    int model = 0;             ///< which of the models loaded so far
    QString image;             ///< of the decision
    std::shared_ptr<const RunResult> decision;
    std::shared_ptr<const DecisionAnalysis> analysis;
    QString decisionQuestion;
    PruneOptions decisionOptions;
    AnswerState pruned, unpruned;
    QString prunedImage, prunedQuestion, unprunedImage, unprunedQuestion;
    PruneOptions prunedOptions;
    std::optional<AnswerScores> scores;   ///< of both answers, while neither is stale
    QString unforcedAnswer;               ///< the last pruned answer with nothing forced …
    PruneOptions unforcedOptions;         ///< … and its knobs; they count for `prunedImage` and `prunedQuestion`
    bool hasUnforced = false;
};

class SessionModel : public QObject {
    Q_OBJECT

public:
    /// Milliseconds without a change before the answer is asked for again.
    static constexpr int kRestMs = 150;

    explicit SessionModel(InferenceService& service, QObject* parent = nullptr);
    ~SessionModel() override;
    SessionModel(const SessionModel&) = delete;
    SessionModel& operator=(const SessionModel&) = delete;

    void loadModel(const QString& folder, const LoadOptions& options);
    /// Replaces the image once the worker has read it; until then, and when it cannot be read, the old one stays.
    void openImage(const QString& path);
    /// Opens a trace (`.prunescope`): recorded image, decision and answers; decisions and inspections follow from it without a model. With
    /// `asRecorded` question and knobs become those of its first run; without (sessions) they stay. traceOpened or errorOccurred follows.
    void openTrace(const QString& path, bool asRecorded = true);
    /// Writes answers and decision of the present image, and `more` runs on it, to one file. traceSaved or errorOccurred follows.
    void saveTrace(const QString& path, std::vector<std::shared_ptr<const RunResult>> more, const QString& torch, const QString& cuda);
    /// The trace that the present image comes from; null where it does not.
    [[nodiscard]] std::shared_ptr<const Trace> trace() const { return m_imagePath == m_tracePath ? m_trace : nullptr; }
    /// Answers at a ladder of budgets until it is known where the answer changes; sweepChanged after each. `cancel()` and any new request end it.
    void findFlip();
    /// The newest sweep, finished or as far as it came; null until there is one on this image.
    [[nodiscard]] std::shared_ptr<const BudgetSweep> sweep() const { return m_sweep; }
    [[nodiscard]] bool sweeping() const { return m_sweepId != 0; }
    /// It was made for another question or other knobs than the controls show; the budget does not count.
    [[nodiscard]] bool sweepStale() const;
    /// Share of the runs that are done.
    [[nodiscard]] double sweepShare() const { return m_sweepShare; }
    /// Questions that the present trace holds, each once.
    [[nodiscard]] QStringList traceQuestions() const;
    /// New answers can be had: there is a model, and with a trace it is the trace's.
    [[nodiscard]] bool canAnswer() const;
    /// The question as typed; it counts from `run()` on.
    void setQuestion(const QString& question);
    /// Shows another question with all that is known for it, at once; what is known for the present one comes back. Answers under way stop; the
    /// decision is made anew where image or knobs have moved since.
    QuestionState exchangeQuestion(QuestionState next);
    /// The present question's; answers under way as they are.
    [[nodiscard]] const QuestionState& questionState() const { return m_shown; }
    /// Changes knobs: undoable, decided at once. `name` is the option that moved (changes of one option merge while dragging).
    void setOptions(const PruneOptions& options, const QString& name);
    /// Between press and release of a slider: value ranges stay locked, undo steps merge.
    void setInteracting(bool interacting);
    /// false: answers are computed only by `run()`.
    void setLiveAnswers(bool live);
    /// What is worked out beside every decision; asked for at once when it grows. Counterfactuals come only with knobs at rest.
    void setWish(const AnalysisWish& wish);
    void setMaxNewTokens(std::int64_t count) { m_maxNewTokens = count; }

    /// Decision and both answers for what is on screen. Waits for the model when it is still loading.
    void run();
    /// Both runs of what is on screen, repeated; false where there is nothing to measure. A change of knobs or `cancel()` ends it.
    bool measure(const MeasureWish& wish);
    /// The decision for another question and other knobs on the present image, beside the one that is shown. `done` is not called when it cannot
    /// be made, or another image comes first.
    void decideBeside(const QString& question, const PruneOptions& options, std::function<void(std::shared_ptr<const RunResult>)> done);
    /// Ends whatever runs (or loads). What was known stays.
    void cancel();

    [[nodiscard]] const PruneOptions& options() const { return m_options; }
    [[nodiscard]] QString question() const { return m_shown.question; }
    [[nodiscard]] QString askedQuestion() const { return m_shown.asked; }
    [[nodiscard]] QString imagePath() const { return m_imagePath; }
    [[nodiscard]] QString pendingImagePath() const { return m_pendingImage; }
    [[nodiscard]] ModelState modelState() const { return m_modelState; }
    [[nodiscard]] const ModelFacts& facts() const { return m_facts; }
    [[nodiscard]] QString modelFolder() const { return m_modelFolder; }
    [[nodiscard]] double loadProgress() const { return m_loadProgress; }
    [[nodiscard]] QString loadText() const { return m_loadText; }
    [[nodiscard]] bool interacting() const { return m_interacting; }
    [[nodiscard]] bool liveAnswers() const { return m_liveAnswers; }
    [[nodiscard]] std::shared_ptr<const RunResult> decision() const { return m_shown.decision; }
    /// The newest analysis on this image and question; null until there is one.
    [[nodiscard]] std::shared_ptr<const DecisionAnalysis> analysis() const { return m_shown.analysis; }
    /// It belongs to `decision()`, not to the knobs of a moment before.
    [[nodiscard]] bool analysisCurrent() const { return m_shown.analysis && m_shown.decision && m_shown.decision->decision && m_shown.analysis->options == m_shown.decision->decision->options; }
    /// Its survival maps hold for `decision()`: all knobs but the one they run over are the same.
    [[nodiscard]] bool survivalCurrent() const;
    /// Its lens holds for `decision()`: the knobs of relevance are the same (the question is, or there is no analysis).
    [[nodiscard]] bool lensCurrent() const;
    /// How likely the unpruned answer is with the tokens kept now; nothing while an answer is stale or not there.
    [[nodiscard]] const AnswerScores* scores() const { return m_shown.scores && runComplete() ? &*m_shown.scores : nullptr; }
    /// The overlay is for another question or other knobs than the controls show.
    [[nodiscard]] bool decisionStale() const;
    [[nodiscard]] const AnswerState& prunedAnswer() const { return m_shown.pruned; }
    [[nodiscard]] const AnswerState& unprunedAnswer() const { return m_shown.unpruned; }
    [[nodiscard]] bool busy() const { return m_job.active || m_measuring != 0 || m_sweepId != 0 || m_modelState == ModelState::kLoading; }
    [[nodiscard]] bool measuring() const { return m_measuring != 0; }
    /// Share in [0, 1] of what runs, where it is known: loading, measuring, a sweep.
    [[nodiscard]] std::optional<double> share() const;
    /// The newest measurement of this session; null before there is one.
    [[nodiscard]] std::shared_ptr<const Measurement> measurement() const { return m_measurement; }
    /// It is about another image, question, other knobs or another model than those on screen.
    [[nodiscard]] bool measurementStale() const;
    /// Tokens forced to stay are more than the budget: there is no decision for these knobs.
    [[nodiscard]] bool overForced() const;
    /// The answer before anything was forced, the other knobs being as they are; empty when it is not known or nothing is forced.
    [[nodiscard]] std::optional<QString> answerBeforeForcing() const;
    /// What the worker does now, in words; empty when idle.
    [[nodiscard]] QString activity() const;
    /// Both answers belong to the present image, question and knobs.
    [[nodiscard]] bool runComplete() const;
    /// Budget in tokens that the present knobs mean (as far as the number of tokens is known).
    [[nodiscard]] std::int64_t effectiveKeep() const;
    [[nodiscard]] std::int64_t tokenCount() const;
    [[nodiscard]] QUndoStack& undoStack() { return m_undo; }

Q_SIGNALS:
    void optionsChanged();
    void questionChanged();
    void imageChanged();
    void modelChanged();
    void decisionChanged();
    /// `analysis()` is another one, or none any more.
    void analysisChanged();
    void answersChanged();
    void activityChanged();
    void errorOccurred(const prunescope::Error& error);
    void errorCleared();
    void runFinished();
    void traceOpened();
    /// `sweep()`, `sweeping()` or `sweepStale()` is another one.
    void sweepChanged();
    void traceSaved(const QString& path);
    /// A measurement began, went on, or ended.
    void measurementChanged();

private:
    friend class OptionsCommand;
    struct Gate {
        std::mutex mutex;
        SessionModel* target = nullptr;
    };
    struct Job {
        std::uint64_t id = 0;
        bool active = false, withAnswer = false, decided = false;
        QString image, question;
        PruneOptions options;
    };

    void connectService();
    static void post(const std::shared_ptr<Gate>& gate, std::function<void(SessionModel&)> function);
    void applyOptions(const PruneOptions& options);
    void changed();
    void pump();
    [[nodiscard]] RunRequest requestFor(const QString& image, const QString& question) const;
    void submit(bool withAnswer);
    void refreshStale();
    void finishJob();
    void stopAnswers();
    void loadEnded(ModelState otherwise);
    [[nodiscard]] QString targetImage() const { return m_pendingImage.isEmpty() ? m_imagePath : m_pendingImage; }

    void onModelReady(const ModelFacts& facts, const QString& folder);
    void onDecision(std::uint64_t job, const std::shared_ptr<const RunResult>& result);
    void inspect();
    void onInspection(std::uint64_t inspection, const Inspection& found);
    void onText(std::uint64_t job, bool unpruned, const QString& piece);
    void onFinished(std::uint64_t job, bool unpruned, const std::shared_ptr<const RunResult>& result);
    void onError(std::uint64_t job, const Error& error);
    void connectTraces(ServiceEvents& events);
    void connectSweeps(ServiceEvents& events);
    void onSweep(std::uint64_t id, const std::shared_ptr<const BudgetSweep>& sweep, double share);
    void onTraceReady(const std::shared_ptr<const Trace>& trace, const QString& path);
    void onTraceError(const QString& path, const Error& error);
    void showRecorded(const std::shared_ptr<const RunResult>& run, bool asRecorded);
    void askTrace(RunRequest& request) const;
    [[nodiscard]] bool onTrace() const { return m_trace && targetImage() == m_tracePath; }
    [[nodiscard]] bool answersEnd(bool unpruned) const;
    void onMeasured(std::uint64_t id, const std::shared_ptr<const Measurement>& measured);
    void measuringEnded(std::uint64_t id, std::uint64_t& running, void (SessionModel::*news)(), const Error& error);
    void pumpBeside();
    void onScores(std::uint64_t job, const AnswerScores& scores);

    InferenceService& m_service;
    std::shared_ptr<Gate> m_gate;
    QTimer m_rest;
    QUndoStack m_undo;

    ModelState m_modelState = ModelState::kNone;
    ModelFacts m_facts;
    QString m_modelFolder, m_readyFolder, m_loadText;   ///< m_readyFolder: the model that the worker still has
    double m_loadProgress = 0;

    std::shared_ptr<const BudgetSweep> m_sweep;
    std::uint64_t m_sweepId = 0;   ///< that is running
    double m_sweepShare = 0;
    QString m_sweepQuestion;
    PruneOptions m_sweepOptions;
    std::shared_ptr<const Trace> m_trace;
    QString m_tracePath, m_openingTrace;   ///< m_openingTrace: asked for, not there yet
    bool m_asRecorded = true;
    QString m_imagePath, m_pendingImage;
    QuestionState m_shown;
    int m_models = 0;   ///< models that became ready so far
    std::uint64_t m_measuring = 0;   ///< id of the one that runs
    int m_measureDone = 0, m_measureAll = 0, m_measureModel = 0;
    QString m_measureImage, m_measureQuestion, m_measuredImage, m_measuredQuestion;   ///< of the one that runs; of the newest one
    std::shared_ptr<const Measurement> m_measurement;
    struct Beside {
        QString image, question;
        PruneOptions options;
        std::function<void(std::shared_ptr<const RunResult>)> done;
    };
    std::vector<Beside> m_beside;      ///< the first one is asked for when nothing else is looked at
    std::uint64_t m_besideId = 0;
    PruneOptions m_options;
    std::int64_t m_maxNewTokens = 64;
    bool m_interacting = false, m_liveAnswers = true, m_dirty = false, m_answerDue = false;
    AnalysisWish m_wish;
    std::uint64_t m_inspection = 0;   ///< the one that is waited for

    Job m_job;
};

}  // namespace prunescope
