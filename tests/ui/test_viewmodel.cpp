// SPDX-License-Identifier: GPL-3.0-or-later

// The session's state machine and the words and numbers that the window shows.

#include "core/run/option_names.h"
#include "tests/ui/fake_service.h"
#include "ui/viewmodel/number_text.h"
#include "ui/viewmodel/option_text.h"
#include "ui/viewmodel/overlay_data.h"
#include "ui/viewmodel/parameter_info.h"
#include "ui/viewmodel/run_timings.h"
#include "ui/viewmodel/sample_scenes.h"
#include "ui/viewmodel/session_model.h"
#include "ui/viewmodel/token_text.h"

#include <QGuiApplication>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <limits>

using namespace prunescope;
using testing::FakeService;

namespace {

class TestViewModel : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_image, m_other;

    /// A session with model and image ready and decided.
    struct Ready {
        FakeService service{FakeService::Mode::kManual};
        SessionModel session{service};
        explicit Ready(const QString& image) {
            session.loadModel(QStringLiteral("model"), {});
            service.finishLoading();
            QCoreApplication::processEvents();
            session.setQuestion(QStringLiteral("Is there a pot?"));
            session.openImage(image);
            service.decide();
            QCoreApplication::processEvents();
        }
        void settle() { QCoreApplication::processEvents(); }
        void keep(std::int64_t count) {
            PruneOptions options = session.options();
            options.keep = count;
            session.setOptions(options, QStringLiteral("keep"));
        }
        void answerAll() {
            service.decide();
            service.finishPruned();
            service.finishUnpruned();
            settle();
        }
    };

private Q_SLOTS:
    void initTestCase() {
        m_image = m_folder.filePath(QStringLiteral("scene.png"));
        m_other = m_folder.filePath(QStringLiteral("other.png"));
        QVERIFY(testing::paintedScene(320, 240).save(m_image));
        QVERIFY(testing::paintedScene(200, 300).save(m_other));
    }

    void numbersForPeople() {
        QCOMPARE(durationText(0.4212), QStringLiteral("0.42 ms"));
        QCOMPARE(durationText(12.34), QStringLiteral("12.3 ms"));
        QCOMPARE(durationText(1250), QStringLiteral("1.25 s"));
        QCOMPARE(durationText(-1), QStringLiteral("n/a"));
        QCOMPARE(bytesText(812), QStringLiteral("812 B"));
        QCOMPARE(bytesText(1 << 20), QStringLiteral("1.00 MiB"));
        QCOMPARE(countText(1'530'000'000), QStringLiteral("1.53 G"));
        QCOMPARE(percentText(1.0 / 9), QStringLiteral("11.1 %"));
        QCOMPARE(scoreText(std::numeric_limits<double>::quiet_NaN()), QStringLiteral("n/a"));
    }

    void everyOptionTextCanBeReadBack() {
        PruneOptions options;
        options.keep = 77;
        options.tau = Threshold{90, true};
        options.forceKeep = {3, 17};
        options.relevanceSign = RelevanceSign::kMinus;
        PruneOptions again;
        for (const std::string& name : pruneOptionNames()) {
            const QString text = optionText(options, QString::fromStdString(name));
            if (!text.isEmpty()) {
                QVERIFY2(setOptionText(again, QString::fromStdString(name), text).ok(), name.c_str());
            }
        }
        QVERIFY(sameOptions(options, again));
        again.gamma = 2;
        QVERIFY(!sameOptions(options, again));
    }

    void everyKnobExplainsItself() {
        QCOMPARE(parameterInfos().size(), std::size_t{8});
        for (const ParameterInfo& info : parameterInfos()) {
            QVERIFY(!optionText(PruneOptions{}, info.option).isEmpty() || info.option == QLatin1String("keep"));
            const QString tip = tooltipOf(info);
            for (const char* part : {"Range:", "Paper:", "Equation:"}) {
                QVERIFY2(tip.contains(QLatin1String(part)), qPrintable(info.option));
            }
        }
    }

    void changesInFlightAreCoalesced() {
        Ready ready(m_image);
        const std::size_t before = ready.service.submissions();
        for (int keep = 10; keep < 40; ++keep) {
            ready.keep(keep);
        }
        QCOMPARE(ready.service.submissions(), before + 1);
        QVERIFY(!ready.service.last().withAnswer);
        QCOMPARE(*ready.service.last().prune.keep, std::int64_t{10});
        ready.service.decide();
        ready.settle();
        QCOMPARE(ready.service.submissions(), before + 2);
        QCOMPARE(*ready.service.last().prune.keep, std::int64_t{39});
        QVERIFY(ready.session.decisionStale());
        ready.service.decide();
        ready.settle();
        QVERIFY(!ready.session.decisionStale());
        QCOMPARE(ready.session.decision()->decision->kept.size(), std::size_t{39});
    }

    void restAsksForTheAnswerAgain() {
        Ready ready(m_image);
        ready.session.run();
        ready.answerAll();
        QVERIFY(ready.session.runComplete());
        const std::size_t before = ready.service.submissions();
        ready.keep(32);
        QCOMPARE(ready.service.submissions(), before + 1);
        QVERIFY(!ready.service.last().withAnswer);
        QVERIFY(ready.session.prunedAnswer().stale);
        QVERIFY(!ready.session.unprunedAnswer().stale);
        ready.service.decide();
        QTRY_COMPARE(ready.service.submissions(), before + 2);
        QVERIFY(ready.service.last().withAnswer);
        ready.service.decide();
        ready.settle();
        QVERIFY(ready.session.prunedAnswer().stale);   // the old text is still there, marked
        ready.service.sayPruned("yes, ");
        ready.settle();
        QVERIFY(!ready.session.prunedAnswer().stale);
        QCOMPARE(ready.session.prunedAnswer().text, QStringLiteral("yes, "));
        ready.service.finishPruned();
        ready.settle();
        QVERIFY(ready.session.runComplete());   // the unpruned answer was known
    }

    void noAnswerBeforeTheFirstRun() {
        Ready ready(m_image);
        const std::size_t before = ready.service.submissions();
        ready.keep(12);
        ready.service.decide();
        QTest::qWait(SessionModel::kRestMs * 3);
        QCOMPARE(ready.service.submissions(), before + 1);
    }

    void oldJobsAreDropped() {
        Ready ready(m_image);
        ready.session.run();
        ready.service.decide();
        ready.service.sayPruned("stale text");   // queued, then the job changes
        ready.keep(9);
        ready.settle();
        QVERIFY(ready.session.prunedAnswer().text.isEmpty());
    }

    void anotherQuestionMakesBothAnswersStale() {
        Ready ready(m_image);
        ready.session.run();
        ready.answerAll();
        ready.session.setQuestion(QStringLiteral("Is there a cat?"));
        QVERIFY(ready.session.prunedAnswer().stale && ready.session.unprunedAnswer().stale);
        QVERIFY(ready.session.decisionStale());
        ready.session.setQuestion(QStringLiteral("Is there a pot?"));
        QVERIFY(ready.session.runComplete());
    }

    void badImageKeepsTheOldOne() {
        Ready ready(m_image);
        QSignalSpy errors(&ready.session, &SessionModel::errorOccurred);
        ready.session.openImage(QStringLiteral("/nowhere/at-all.png"));
        QCOMPARE(ready.session.pendingImagePath(), QStringLiteral("/nowhere/at-all.png"));
        ready.service.decide();
        ready.settle();
        QCOMPARE(errors.count(), 1);
        QVERIFY(ready.session.pendingImagePath().isEmpty());
        QCOMPARE(ready.session.imagePath(), m_image);
        QVERIFY(ready.session.decision()->image->path == m_image.toStdString());
    }

    void afterAnErrorTheNewestKnobsAreTried() {
        Ready ready(m_image);
        ready.keep(10);
        ready.keep(20);
        const std::size_t before = ready.service.submissions();
        ready.service.fail(Error{ErrorCode::kUsage, "USAGE-RANGE", "bad value", "keep", "out of range", "", nullptr});
        ready.settle();
        QCOMPARE(ready.service.submissions(), before + 1);
        QCOMPARE(*ready.service.last().prune.keep, std::int64_t{20});
    }

    void cancelEndsTheJob() {
        Ready ready(m_image);
        ready.session.run();
        QVERIFY(ready.session.busy());
        const int before = ready.service.cancels();
        ready.session.cancel();
        QCOMPARE(ready.service.cancels(), before + 1);
        QVERIFY(!ready.session.busy());
        QVERIFY(ready.session.prunedAnswer().phase == AnswerState::Phase::kStopped);
        ready.service.finishPruned();
        ready.settle();
        QVERIFY(!ready.session.prunedAnswer().result);
    }

    void failedLoadKeepsTheModelBefore() {
        Ready ready(m_image);
        QSignalSpy errors(&ready.session, &SessionModel::errorOccurred);
        ready.session.loadModel(QStringLiteral("broken"), {});
        QVERIFY(ready.session.modelState() == ModelState::kLoading);
        ready.service.failLoading(Error{ErrorCode::kBadModel, "MODEL-CFG", "cannot load model", "broken", "no config.json", "", nullptr});
        ready.settle();
        QCOMPARE(errors.count(), 1);
        QVERIFY(ready.session.modelState() == ModelState::kReady);
        QCOMPARE(ready.session.modelFolder(), QStringLiteral("model"));
    }

    void undoMergesADrag() {
        Ready ready(m_image);
        ready.session.setInteracting(true);
        for (int keep = 60; keep > 20; --keep) {
            ready.keep(keep);
        }
        ready.session.setInteracting(false);
        QCOMPARE(ready.session.undoStack().count(), 1);
        ready.session.undoStack().undo();
        QVERIFY(!ready.session.options().keep.has_value());
        ready.session.undoStack().redo();
        QCOMPARE(*ready.session.options().keep, std::int64_t{21});
    }

    void overlaysHoldTheRightNumbers() {
        Ready ready(m_image);
        const RunResult& result = *ready.session.decision();
        const OverlayData retained = makeOverlay(result, OverlayKind::kRetained, 0.5);
        QCOMPARE(retained.keptCount, result.decision->kept.size());
        const OverlayData order = makeOverlay(result, OverlayKind::kGreedyOrder, 0.5);
        const auto first = static_cast<std::size_t>(result.decision->order.front());
        QCOMPARE(order.position(first), 1.0);
        QVERIFY(std::isnan(order.position(0)) == (result.decision->tokens[0].dppRank < 0));
        const OverlayData local = makeOverlay(result, OverlayKind::kLocalRedundancy, 0.7);
        const RedundancyMask mask = makeMask(*result.image, 0.7);
        QVERIFY(local.marked == mask.marked);
        QCOMPARE(mask.share, static_cast<double>(local.markedCount) / 576.0);
        QVERIFY(makeMask(*result.image, 0.1).share >= mask.share);
        const OverlayData gsp = makeOverlay(result, OverlayKind::kGspScore, 0.5, std::make_pair(1.0, 2.0));
        QCOMPARE(gsp.low, 1.0);
        QCOMPARE(gsp.high, 2.0);
        QVERIFY(gsp.normalisation.contains(QStringLiteral("held")));
        for (const OverlayKind kind : kOverlayKinds) {
            QCOMPARE(overlayFromWord(wordOf(kind)), std::optional(kind));
        }
    }

    void aMissingQuantityIsSaidNotDrawn() {
        Ready ready(m_image);
        RunResult result = *ready.session.decision();
        PruneDecision bare = *result.decision;
        for (TokenTrace& token : bare.tokens) {
            token.dppRank = -1;
        }
        bare.order.clear();
        bare.options.method = "gsp";
        result.decision = std::make_shared<const PruneDecision>(bare);
        const OverlayData data = makeOverlay(result, OverlayKind::kGreedyOrder, 0.5);
        QVERIFY(!data.hasHeat());
        QCOMPARE(data.normalisation, QStringLiteral("method gsp does not compute it"));
    }

    void reasonsInWords() {
        Ready ready(m_image);
        const RunResult& result = *ready.session.decision();
        QCOMPARE(gspCut(*result.decision), std::int64_t{288});
        bool sawGsp = false;
        bool sawKept = false;
        for (const TokenTrace& token : result.decision->tokens) {
            const QString text = tokenVerdict(result, token);
            QVERIFY(!text.isEmpty());
            if (token.reason == Reason::kGsp && !sawGsp) {
                sawGsp = true;
                QCOMPARE(text, QStringLiteral("Dropped by GSP: among the 288 most redundant of 576 (rank %1, score %2).").arg(token.gspRank + 1).arg(scoreText(token.gspScore)));
            }
            if (token.kept && !sawKept) {
                sawKept = true;
                QCOMPARE(text, QStringLiteral("Kept by QCSP: pick %1, gain %2.").arg(token.dppRank + 1).arg(scoreText(token.dppGain)));
            }
        }
        QVERIFY(sawGsp && sawKept);
        QCOMPARE(traceAt(result, 3, 5)->index, 3 * 24 + 5);
        QVERIFY(traceAt(result, 24, 0) == nullptr);
    }

    void sharedVisionCountsInBothRuns() {
        auto image = std::make_shared<ImageContext>();
        image->decodeImageMs = 5;
        image->preprocessMs = 7;
        image->vision.visionMs = 100;
        image->vision.projectMs = 3;
        RunResult result;
        result.image = image;
        result.timings.preprocessMs = 1;
        result.timings.firstTokenMs = 50;
        result.timings.totalMs = 60;
        QCOMPARE(comparableTimings(result).totalMs, 60.0);
        result.timings.visionFromCache = true;
        const StageTimings times = comparableTimings(result);
        QCOMPARE(times.visionMs, 100.0);
        QCOMPARE(times.totalMs, 60.0 + 115.0 - 1.0);
        QCOMPARE(times.firstTokenMs, 50.0 + 115.0 - 1.0);
    }

    void sampleScenesAreRead() {
        const auto scenes = readSampleScenes(std::filesystem::path(PRUNESCOPE_SOURCE_DIR) / "sample_data" / "scenes");
        QVERIFY(scenes.ok());
        QVERIFY(scenes->size() >= 12);
        for (const SampleScene& scene : *scenes) {
            QVERIFY(!scene.title.isEmpty() && !scene.licence.isEmpty() && !scene.questions.isEmpty());
            QCOMPARE(scene.questions.size(), scene.answers.size());
        }
        QVERIFY(!readSampleScenes(m_folder.path().toStdString()).ok());
    }
};

}  // namespace

QTEST_MAIN(TestViewModel)
#include "test_viewmodel.moc"
