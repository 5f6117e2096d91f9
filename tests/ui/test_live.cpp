// SPDX-License-Identifier: GPL-3.0-or-later

// The window with the real worker, engine and bundled model: a drag is followed live, the vision tower runs once, the answer comes after rest.

#include "app/inference_worker.h"
#include "core/engine/engine.h"
#include "core/run/sweep.h"
#include "ui/widgets/budget_strip.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/command_registry.h"
#include "ui/viewmodel/lens_model.h"
#include "ui/widgets/main_window.h"
#include "ui/widgets/parameter_panel.h"

#include <QAction>
#include <QApplication>
#include <QFile>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>

#include <memory>

using namespace prunescope;

namespace {

constexpr int kPatienceMs = 240'000;   // a loaded machine is no failure

class TestLive : public QObject {
    Q_OBJECT

    /// What the sweep says about its edges is what Run answers there.
    static void findsTheBudgetWhereTheAnswerChanges(MainWindow& window) {
        SessionModel& session = window.session();
        window.commands().refresh();
        window.commands().action(QStringLiteral("prune.findFlip"))->trigger();
        QVERIFY(session.sweeping() && session.busy());
        QTRY_VERIFY_WITH_TIMEOUT(session.sweep() && session.sweep()->points.size() >= 2, kPatienceMs);
        session.cancel();   // ends with what there is
        QVERIFY(!session.sweeping() && !session.busy());
        QVERIFY(!session.sweep()->complete);
        session.findFlip();
        QTRY_VERIFY_WITH_TIMEOUT(!session.sweeping() && session.sweep() && session.sweep()->complete, kPatienceMs);
        const auto sweep = session.sweep();
        QCOMPARE(sweep->total, std::int64_t{576});
        auto* strip = window.findChild<BudgetStrip*>();
        QVERIFY(strip->isVisible() && !strip->summary().isEmpty());
        for (const SweepPoint& point : {sweep->points.front(), sweep->points.back()}) {
            PruneOptions options = session.options();
            options.keep = point.budget;
            session.setOptions(options, QStringLiteral("keep"));
            QVERIFY(!session.sweepStale());   // the budget is what it is about
            session.run();
            QTRY_VERIFY_WITH_TIMEOUT(session.runComplete(), kPatienceMs);
            QCOMPARE(session.prunedAnswer().text.toStdString(), point.answer);
            QCOMPARE(session.unprunedAnswer().text.toStdString(), sweep->whole);
        }
        PruneOptions options = session.options();
        options.gamma += 1;
        session.setOptions(options, QStringLiteral("gamma"));
        QVERIFY(session.sweepStale());
    }

private Q_SLOTS:
    void dragIsFollowedAndTheAnswerComesAfterRest() {
        const QString model = QStringLiteral(PRUNESCOPE_SOURCE_DIR "/sample_data/model");
        if (!QFile::exists(model + QStringLiteral("/config.json"))) {
            QSKIP("no bundled model in this tree");
        }
        auto worker = std::make_unique<InferenceWorker>(pipelineOpener(loadLanguageModel));
        MainWindow window(*worker, WindowSetup{});
        window.resize(1024, 700);
        window.show();
        SessionModel& session = window.session();
        QSignalSpy errors(&session, &SessionModel::errorOccurred);
        LoadOptions load;
        load.threads = 1;   // two threads crawl where others run
        session.loadModel(model, load);
        session.setQuestion(QStringLiteral("Is there a pot in the image?"));
        window.openImage(QStringLiteral(PRUNESCOPE_SOURCE_DIR "/sample_data/scenes/kitchen.png"));
        session.run();
        QTRY_VERIFY_WITH_TIMEOUT(session.runComplete(), kPatienceMs);
        const auto firstImage = session.decision()->image;
        QVERIFY(!session.prunedAnswer().text.isEmpty());

        window.canvas()->setPinned(GridMap::Cell{10, 7});   // looked at with default options: what is automatic resolves in the same way
        QTRY_VERIFY_WITH_TIMEOUT(session.analysisCurrent() && session.analysis()->reasons && session.survivalCurrent(), kPatienceMs);
        QCOMPARE(session.analysis()->reasons->trace.index, std::int64_t{10 * 24 + 7});

        QSlider* slider = window.parameters()->slider(QStringLiteral("keep"));
        QSignalSpy decisions(&session, &SessionModel::decisionChanged);
        slider->setSliderDown(true);
        for (int keep = 40; keep < 140; ++keep) {
            slider->setValue(keep);
            QCoreApplication::processEvents();
        }
        slider->setSliderDown(false);
        QVERIFY(session.prunedAnswer().stale);
        QTRY_VERIFY_WITH_TIMEOUT(!session.decisionStale(), kPatienceMs);
        QVERIFY(decisions.count() >= 1);
        QCOMPARE(session.decision()->decision->kept.size(), std::size_t{139});
        QCOMPARE(window.canvas()->scene().overlay.keptCount, std::size_t{139});
        QVERIFY(session.decision()->timings.visionFromCache);
        QTRY_VERIFY_WITH_TIMEOUT(session.runComplete(), kPatienceMs);
        QCOMPARE(session.prunedAnswer().result->decision->kept.size(), std::size_t{139});

        for (int i = 0; i < 5; ++i) {   // cancelled in the middle of an answer: at once for the user, and the worker is free soon after
            session.run();
            QTest::qWait(20 * i);
            QElapsedTimer clock;
            clock.start();
            session.cancel();
            const double said = static_cast<double>(clock.nsecsElapsed()) / 1e6;
            QVERIFY(!session.busy());
            slider->setValue(20 + i % 2);   // and it goes on
            QTRY_VERIFY_WITH_TIMEOUT(!session.decisionStale(), kPatienceMs);
            qInfo("cancel: window idle after %.2f ms, next decision on screen after %lld ms", said, static_cast<long long>(clock.elapsed()));
        }
        slider->setValue(20);
        QTRY_VERIFY_WITH_TIMEOUT(!session.decisionStale(), kPatienceMs);
        QCOMPARE(session.decision()->decision->kept.size(), std::size_t{20});
        QVERIFY(session.decision()->image->sha256 == firstImage->sha256);

        findsTheBudgetWhereTheAnswerChanges(window);
        session.run();   // costs measured and the unpruned answer scored, both by the real model
        QTRY_VERIFY_WITH_TIMEOUT(session.scores() != nullptr, kPatienceMs);
        QVERIFY(session.scores()->now < 0 && session.scores()->unpruned < 0 && !session.scores()->unforced);
        QVERIFY(session.measure({0, 2}));
        QTRY_VERIFY_WITH_TIMEOUT(session.measurement() != nullptr, kPatienceMs);
        QVERIFY(!session.measurementStale());
        QCOMPARE(session.measurement()->pruned.times.size(), std::size_t{2});
        QVERIFY(session.measurement()->pruned.stage(&StageTimings::visionMs).median > 0 && session.measurement()->pruned.stage(&StageTimings::pruneMs).median > 0);
        QCOMPARE(session.measurement()->unpruned.last->decision->kept.size(), std::size_t{576});
        QVERIFY(session.measurement()->weightBytes > 0);

        window.setOverlay(OverlayKind::kWord);   // words of the real tokenizer
        QTRY_VERIFY_WITH_TIMEOUT(window.canvas()->scene().overlay.hasHeat(), kPatienceMs);
        QCOMPARE(window.lens().words().value(window.lens().shownWord()), QStringLiteral("pot"));   // the last content word
        window.setOverlay(OverlayKind::kRetained);

        window.openImage(QStringLiteral(PRUNESCOPE_SOURCE_DIR "/README.md"));
        QTRY_COMPARE_WITH_TIMEOUT(errors.count(), 1, kPatienceMs);
        QVERIFY(session.imagePath().endsWith(QStringLiteral("kitchen.png")));
    }
};

}  // namespace

QTEST_MAIN(TestLive)
#include "test_live.moc"
