// SPDX-License-Identifier: GPL-3.0-or-later

// Questions as tabs, their words and differences on decisions that core/prune really makes; measured costs and log-probabilities on a service
// that says what it is told.

#include "tests/ui/fake_service.h"
#include "tests/ui/feature_service.h"
#include "ui/plot/stage_chart.h"
#include "ui/viewmodel/compare_model.h"
#include "ui/viewmodel/forced_tokens.h"
#include "ui/viewmodel/lens_model.h"
#include "ui/viewmodel/question_tabs.h"
#include "ui/widgets/answer_panel.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/latency_panel.h"
#include "ui/widgets/lens_bar.h"
#include "ui/widgets/main_window.h"
#include "ui/widgets/overlay_bar.h"
#include "ui/widgets/question_panel.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace prunescope;
using testing::FakeService;
using testing::FeatureService;

namespace {

constexpr int kPatience = 60000;   // a loaded machine is no failure

class TestLens : public QObject {
    Q_OBJECT

private:
    struct Shown {
        FeatureService service{24, 24};
        MainWindow window{service, WindowSetup{}};
        Shown() {
            window.resize(1180, 780);
            window.show();
            window.session().setLiveAnswers(false);
            window.session().loadModel(QStringLiteral("synthetic"), {});
            window.session().setQuestion(QStringLiteral("where is it"));
            window.openImage(QStringLiteral("synthetic"));
            window.session().run();
        }
        SessionModel& session() { return window.session(); }
        QuestionTabs& tabs() { return window.questions(); }
        bool settled() { return session().runComplete() && !session().decisionStale(); }
        std::string decided() { return session().decision()->request.question; }
        const OverlayData& overlay() { return window.canvas()->scene().overlay; }
        std::vector<float> relevance() {
            std::vector<float> raw;
            for (const TokenTrace& token : session().decision()->decision->tokens) {
                raw.push_back(token.relevanceRaw);
            }
            return raw;
        }
    };

    struct Manual {
        FakeService service{FakeService::Mode::kManual};
        MainWindow window{service, WindowSetup{}};
        QTemporaryDir folder;
        Manual() {
            const QString image = folder.filePath(QStringLiteral("scene.png"));
            testing::paintedScene(320, 240).save(image);
            window.resize(1180, 780);
            window.show();
            window.session().setLiveAnswers(false);
            window.session().loadModel(QStringLiteral("model"), {});
            service.finishLoading();
            QCoreApplication::processEvents();
            window.session().setQuestion(QStringLiteral("Is there a pot?"));
            window.openImage(image);
            window.session().run();
            answerAll();
        }
        void answerAll() {
            service.decide();
            QCoreApplication::processEvents();   // an answer that waited behind the decision is asked for now
            if (!window.session().decision() || !service.last().withAnswer) {
                return;
            }
            if (!window.session().busy()) {
                return;
            }
            service.decide();
            service.finishPruned();
            service.finishUnpruned();
            QCoreApplication::processEvents();
        }
    };

private Q_SLOTS:
    void initTestCase() { applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), Theme::kLight); }

    void tabsKeepWhatIsKnown() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        QVERIFY(!shown.window.questionPanel()->tabBar()->isVisible());
        const auto first = shown.session().decision();
        shown.window.commands().action(QStringLiteral("question.add"))->trigger();
        QCOMPARE(shown.tabs().count(), 2);
        QVERIFY(shown.window.questionPanel()->tabBar()->isVisible());
        QVERIFY(shown.session().question().isEmpty());
        QVERIFY(shown.session().decisionStale());   // the picture still shows the old question's decision, and says so
        QVERIFY(shown.window.canvas()->badge().contains(QStringLiteral("another question")));
        QVERIFY(shown.session().prunedAnswer().text.isEmpty());
        shown.session().setQuestion(QStringLiteral("what colour"));
        shown.session().run();
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled() && shown.decided() == "what colour", kPatience);
        shown.tabs().previous();   // no event in between: it is there at once
        QCOMPARE(shown.session().question(), QStringLiteral("where is it"));
        QCOMPARE(shown.session().decision(), first);
        QVERIFY(shown.settled());
        QVERIFY(shown.window.canvas()->badge().isEmpty());
        QCOMPARE(shown.session().prunedAnswer().text, QStringLiteral("yes"));
        QCOMPARE(shown.window.questionPanel()->tabBar()->currentIndex(), 0);
        QVERIFY(shown.tabs().summary(1).contains(QStringLiteral("yes")));
    }

    void movedKnobsMakeATabStale() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        shown.tabs().add(QStringLiteral("what colour"));
        shown.session().run();
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled() && shown.decided() == "what colour", kPatience);
        PruneOptions options = shown.session().options();
        options.keep = 20;
        shown.session().setOptions(options, QStringLiteral("keep"));
        QTRY_VERIFY_WITH_TIMEOUT(!shown.session().decisionStale(), kPatience);
        QVERIFY(shown.tabs().summary(0).contains(QStringLiteral("stale")));
        shown.tabs().select(0);
        QVERIFY(shown.session().prunedAnswer().stale);
        QVERIFY(!shown.session().unprunedAnswer().stale);   // it does not depend on the knobs
        QTRY_VERIFY_WITH_TIMEOUT(!shown.session().decisionStale(), kPatience);   // the decision follows by itself
        QCOMPARE(shown.decided(), std::string("where is it"));
        QCOMPARE(shown.session().decision()->decision->kept.size(), std::size_t{20});
        QVERIFY(shown.session().prunedAnswer().stale);
    }

    void tabsAreUndoneAndSaved() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        shown.session().undoStack().clear();   // the steps of setting up
        const QByteArray before = shown.window.state().hash();
        shown.tabs().add(QStringLiteral("what colour"));
        shown.session().run();
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled() && shown.decided() == "what colour", kPatience);
        const QByteArray after = shown.window.state().hash();
        QVERIFY(before != after);
        shown.session().undoStack().undo();
        QCOMPARE(shown.tabs().questions(), QStringList{QStringLiteral("where is it")});
        QCOMPARE(shown.window.state().hash(), before);
        QVERIFY(shown.settled());
        shown.session().undoStack().redo();
        QCOMPARE(shown.tabs().questions(), (QStringList{QStringLiteral("where is it"), QStringLiteral("what colour")}));
        QCOMPARE(shown.window.state().hash(), after);
        QVERIFY(shown.settled());   // its answers came back with it
        const QJsonObject saved = shown.window.state().values();
        shown.tabs().close(1);
        QTest::qWait(150);          // beyond the time in which steps merge
        QCOMPARE(shown.tabs().count(), 1);
        shown.window.state().restore(saved);
        QCOMPARE(shown.tabs().questions(), (QStringList{QStringLiteral("where is it"), QStringLiteral("what colour")}));
        QCOMPARE(shown.tabs().active(), 1);
        QJsonObject old = saved;    // a session from before there were tabs
        old.remove(QStringLiteral("questions"));
        shown.window.state().restore(old);
        QCOMPARE(shown.tabs().questions(), QStringList{QStringLiteral("what colour")});
    }

    void wordsShowTheirOwnRelevance() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        shown.window.setOverlay(OverlayKind::kWord);
        QTRY_VERIFY_WITH_TIMEOUT(shown.overlay().hasHeat(), kPatience);
        QTabBar* bar = shown.window.lensBar()->wordBar();
        QVERIFY(bar->isVisible());
        QCOMPARE(bar->count(), 3);
        QCOMPARE(bar->tabText(bar->currentIndex()), QStringLiteral("it"));   // the last one, until somebody chooses
        QVERIFY(shown.overlay().label.contains(QStringLiteral("“it”")));
        bar->setCurrentIndex(0);
        QVERIFY(shown.overlay().label.contains(QStringLiteral("“where”")));
        QVERIFY(shown.overlay().normalisation.contains(QStringLiteral("range of this image")));
        const OverlayData where = shown.overlay();
        shown.tabs().add(QStringLiteral("where"));   // the word as the whole question: the same map
        shown.session().run();
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled() && shown.decided() == "where", kPatience);
        const std::vector<float> alone = shown.relevance();
        for (std::size_t i = 0; i < alone.size(); ++i) {
            QVERIFY(std::abs(where.values[i] - alone[i]) < 1e-6F);
        }
        const auto [low, high] = finiteRange(where.values);
        QCOMPARE(where.low, low);
        QCOMPARE(where.high, high);
        shown.tabs().previous();
        QTRY_VERIFY_WITH_TIMEOUT(shown.overlay().hasHeat(), kPatience);
        shown.window.lens().step(1);
        QVERIFY(shown.overlay().label.contains(QStringLiteral("“is”")));
        shown.window.lens().step(-1);
        shown.window.lens().step(-1);
        QVERIFY(shown.overlay().label.contains(QStringLiteral("“it”")));
    }

    void questionsAreSubtracted() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        const std::vector<float> first = shown.relevance();
        shown.window.setOverlay(OverlayKind::kQuestions);
        QVERIFY(!shown.overlay().hasHeat());
        QVERIFY(shown.overlay().normalisation.contains(QStringLiteral("Ctrl+T")));
        shown.tabs().add(QStringLiteral("what colour"));
        shown.session().run();
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled() && shown.decided() == "what colour", kPatience);
        const std::vector<float> second = shown.relevance();
        QTRY_VERIFY_WITH_TIMEOUT(shown.overlay().hasHeat(), kPatience);
        const OverlayData& map = shown.overlay();
        QCOMPARE(map.low, -map.high);
        QVERIFY(map.highWords.contains(QStringLiteral("what colour")) && map.lowWords.contains(QStringLiteral("where is it")));
        double largest = 0;
        for (std::size_t i = 0; i < first.size(); ++i) {
            QVERIFY(std::abs(map.values[i] - (second[i] - first[i])) < 1e-6F);
            largest = std::max(largest, std::abs(static_cast<double>(map.values[i])));
        }
        QCOMPARE(map.high, largest);
        QCOMPARE(shown.window.lensBar()->otherBox()->currentText(), QStringLiteral("where is it"));
        shown.tabs().close(0);
        QTRY_VERIFY_WITH_TIMEOUT(!shown.overlay().hasHeat(), kPatience);   // nothing left to subtract
    }

    void comparisonIsUndoneAndSaved() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        shown.session().undoStack().clear();
        CompareModel& compare = shown.window.compareModel();
        const auto hash = [&] { return shown.window.state().hash(); };
        const auto apart = [] { QTest::qWait(150); };   // beyond the time in which steps merge
        QList<QByteArray> hashes{hash()};
        compare.setA(compare.present());
        hashes << hash();
        const auto pinned = compare.a();
        QVERIFY(pinned && pinned->answered);
        apart();
        PruneOptions options = shown.session().options();
        options.keep = 30;
        shown.session().setOptions(options, QStringLiteral("keep"));
        QTRY_VERIFY_WITH_TIMEOUT(!shown.session().decisionStale(), kPatience);
        hashes << hash();
        apart();
        compare.setView(CompareView::kWipe);
        hashes << hash();
        apart();
        compare.setWipe(0.25);
        hashes << hash();
        apart();
        shown.window.overlayBar()->setPaper(true);
        hashes << hash();
        const QJsonObject saved = shown.window.state().values();
        QStringList steps;
        for (int i = 0; i < shown.session().undoStack().count(); ++i) {
            steps << shown.session().undoStack().text(i);
        }
        QVERIFY2(steps.size() == 5, qPrintable(steps.join(QLatin1Char('|'))));
        for (int i = 4; i >= 0; --i) {
            shown.session().undoStack().undo();
            QCOMPARE(hash(), hashes[i]);
        }
        QVERIFY(compare.a() == nullptr && !shown.window.overlayBar()->paper());
        for (int i = 1; i <= 5; ++i) {
            shown.session().undoStack().redo();
            QCOMPARE(hash(), hashes[i]);
        }
        QCOMPARE(compare.a(), pinned);   // as it was, not decided again
        Shown other;                     // a session opened later: A is decided anew
        QTRY_VERIFY_WITH_TIMEOUT(other.settled(), kPatience);
        other.window.state().restore(saved);
        QVERIFY(other.window.state().values().value(QStringLiteral("compare")) == saved.value(QStringLiteral("compare")));   // also while it is waited for
        QTRY_VERIFY_WITH_TIMEOUT(other.window.compareModel().a() != nullptr, kPatience);
        QCOMPARE(other.window.compareModel().a()->result->decision->kept, pinned->result->decision->kept);
        QCOMPARE(other.window.compareModel().a()->answer, pinned->answer);
        QCOMPARE(other.window.compareModel().view(), CompareView::kWipe);
        QCOMPARE(other.window.compareModel().wipe(), 0.25);
        QVERIFY(other.window.overlayBar()->paper());
        QCOMPARE(other.window.state().hash(), shown.window.state().hash());
        QTRY_COMPARE_WITH_TIMEOUT(other.session().decision()->decision->kept.size(), std::size_t{30}, kPatience);
        const auto counted = other.window.compareModel().comparison();
        QVERIFY(counted && counted->onlyA + counted->both == static_cast<std::int64_t>(pinned->result->decision->kept.size()));
    }

    void measuredCostsSayHow() {
        Manual manual;
        LatencyPanel* panel = manual.window.latencyPanel();
        QVERIFY(manual.window.session().runComplete());
        QVERIFY(panel->measureButton()->isEnabled());
        panel->repeatsBox()->setValue(5);
        panel->measureButton()->click();
        QVERIFY(manual.window.session().measuring() && !panel->measureButton()->isEnabled());
        QVERIFY(manual.service.measured()->question == "Is there a pot?");
        manual.service.sayMeasureProgress(3, 12);
        QCoreApplication::processEvents();
        QVERIFY(manual.window.session().activity().contains(QStringLiteral("run 4 of 12")));
        QCOMPARE(manual.window.session().share().value_or(0), 0.25);
        manual.service.finishMeasuring();
        QCoreApplication::processEvents();
        QVERIFY(!manual.window.session().measuring());
        const auto measured = manual.window.session().measurement();
        QVERIFY(measured && !manual.window.session().measurementStale());
        QVERIFY(panel->chart()->asText().contains(QStringLiteral("quartiles")));
        const auto even = breakEven(*measured);
        QVERIFY(even && even->budget);
        QVERIFY(panel->breakEvenLine().contains(QString::number(*even->budget)) && panel->breakEvenLine().contains(QStringLiteral("computed from measured")));
        bool peak = false;
        for (const CostRow& row : costRows(nullptr, nullptr, measured.get())) {
            peak = peak || (row.name == QStringLiteral("Peak memory") && row.how == QStringLiteral("measured") && row.pruned != QStringLiteral("–"));
        }
        QVERIFY(peak);
        PruneOptions options = manual.window.session().options();
        options.keep = 99;
        manual.window.session().setOptions(options, QStringLiteral("keep"));
        QVERIFY(manual.window.session().measurementStale());
        QVERIFY(!panel->chart()->asText().contains(QStringLiteral("quartiles")));
        QVERIFY(!panel->breakEvenLine().contains(QStringLiteral("pays")));
    }

    void notMeasuredIsNotShown() {
        Measurement measured;
        QVERIFY(breakEvenWords(measured).line.isEmpty());
        auto run = std::make_shared<RunResult>();
        auto decision = std::make_shared<PruneDecision>();
        decision->kept = {1, 2};
        run->decision = decision;
        measured.pruned.last = measured.unpruned.last = run;
        for (const CostRow& row : costRows(nullptr, nullptr, &measured)) {
            QCOMPARE(row.pruned, QStringLiteral("–"));
            QVERIFY(row.ratio.isEmpty());
        }
    }

    void cancelEndsAMeasurementAtOnce() {
        Manual manual;
        manual.window.latencyPanel()->measure();
        QVERIFY(manual.window.session().busy());
        const int before = manual.service.cancels();
        manual.window.commands().action(QStringLiteral("run.stop"))->trigger();
        QCOMPARE(manual.service.cancels(), before + 1);
        QVERIFY(!manual.window.session().measuring());
        manual.service.finishMeasuring();   // what still comes is not believed
        QCoreApplication::processEvents();
        QVERIFY(manual.window.session().measurement() == nullptr);
    }

    void forcingSaysWhatItChanges() {
        Manual manual;
        AnswerPanel* answers = manual.window.questionPanel()->answers();
        QVERIFY(answers->scoreLine().isEmpty());
        manual.service.sayScores({"yes, a red pot", -0.1, -0.4, std::nullopt, 4});
        QCoreApplication::processEvents();
        QVERIFY(answers->scoreLine().contains(QStringLiteral("now −0.400 (−0.300)")));
        manual.window.session().setOptions(withForced(manual.window.session().options(), {1, 2}, ForceMark::kKeep), QStringLiteral("forced tokens"));
        QVERIFY(answers->scoreLine().isEmpty());   // it was for other tokens
        manual.window.session().run();
        manual.answerAll();
        manual.answerAll();
        QVERIFY(manual.window.session().runComplete());
        manual.service.sayScores({"yes, a red pot", -0.1, -0.25, -0.4, 4});
        QCoreApplication::processEvents();
        QVERIFY(answers->scoreLine().contains(QStringLiteral("method −0.400, forced −0.250 (+0.150)")));
        QVERIFY(manual.window.session().answerBeforeForcing().has_value());
    }

    void moreForcedThanTheBudgetIsOneCalmLine() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        QStringList errors;
        connect(&shown.window, &MainWindow::errorShown, this, [&](const Error& error) { errors << QString::fromStdString(error.id); });
        PruneOptions options = shown.session().options();
        options.keep = 2;
        shown.session().setOptions(withForced(options, {5, 6, 7}, ForceMark::kKeep), QStringLiteral("forced tokens"));
        QTRY_VERIFY_WITH_TIMEOUT(shown.window.canvas()->badge().contains(QStringLiteral("3 tokens are forced to stay, the budget is 2")), kPatience);
        QTest::qWait(300);
        QVERIFY2(errors.isEmpty(), qPrintable(errors.join(QLatin1Char(' '))));
        options.keep = 3;
        shown.session().setOptions(withForced(options, {5, 6, 7}, ForceMark::kKeep), QStringLiteral("keep"));
        QTRY_VERIFY_WITH_TIMEOUT(shown.window.canvas()->badge().isEmpty() && !shown.session().decisionStale(), kPatience);
    }
};

}  // namespace

QTEST_MAIN(TestLens)
#include "test_lens.moc"
