// SPDX-License-Identifier: GPL-3.0-or-later

// Understanding a decision in the real window, on decisions that core/prune really makes: survival, inspector, forced tokens, A against B.

#include "tests/ui/feature_service.h"
#include "ui/figure/colour_map.h"
#include "ui/viewmodel/compare_model.h"
#include "ui/viewmodel/forced_tokens.h"
#include "ui/viewmodel/option_text.h"
#include "ui/viewmodel/reason_text.h"
#include "ui/viewmodel/word_diff.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/compare_panel.h"
#include "ui/widgets/inspector.h"
#include "ui/widgets/main_window.h"
#include "ui/widgets/overlay_bar.h"
#include "ui/widgets/token_panel.h"

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QMouseEvent>
#include <QPainter>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

using namespace prunescope;
using testing::FeatureService;

namespace {

constexpr int kPatience = 60000;   // a loaded machine is no failure

class TestStudy : public QObject {
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
            window.session().setQuestion(QStringLiteral("Where is it?"));
            window.openImage(QStringLiteral("synthetic"));
        }
        SessionModel& session() { return window.session(); }
        CanvasWidget* canvas() { return window.canvas(); }
        const PruneDecision& decision() { return *window.session().decision()->decision; }
        bool settled() { return session().decision() && !session().decisionStale(); }
        void setKeep(std::int64_t keep) {
            PruneOptions options = session().options();
            options.keep = keep;
            session().setOptions(options, QStringLiteral("keep"));
        }
        /// A copy: the decision may be replaced at any time.
        template <typename Test>
        TokenTrace first(Test test) {
            const auto& tokens = decision().tokens;
            const auto found = std::find_if(tokens.begin(), tokens.end(), test);
            return found == tokens.end() ? TokenTrace{} : *found;
        }
        QPoint centreOf(int row, int col) { return canvas()->sceneToWidget().map(canvas()->scene().cellRect(row, col).center()).toPoint(); }
        void drag(const std::vector<QPoint>& path, Qt::KeyboardModifiers modifiers) {
            QTest::mousePress(canvas(), Qt::LeftButton, modifiers, path.front());
            for (const QPoint& at : path) {
                QMouseEvent move(QEvent::MouseMove, QPointF(at), canvas()->mapToGlobal(QPointF(at)), Qt::NoButton, Qt::LeftButton, modifiers);
                QApplication::sendEvent(canvas(), &move);
            }
            QTest::mouseRelease(canvas(), Qt::LeftButton, modifiers, path.back());
        }
    };

private Q_SLOTS:
    void initTestCase() { applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), Theme::kLight); }

    void survivalMapCutAtABudgetIsTheKeptSet() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        shown.window.setOverlay(OverlayKind::kSurvival);
        QTRY_VERIFY_WITH_TIMEOUT(shown.canvas()->scene().overlay.hasHeat(), kPatience);
        const OverlayData map = shown.canvas()->scene().overlay;
        QCOMPARE(map.contours.size(), std::size_t{5});
        QVERIFY(map.logarithmic && map.label.contains(QStringLiteral("smallest budget")));
        for (const std::int64_t keep : {1, 16, 64, 100, 300, 575}) {
            shown.setKeep(keep);
            QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
            for (std::size_t i = 0; i < map.values.size(); ++i) {
                QCOMPARE(map.values[i] <= static_cast<float>(keep), shown.decision().tokens[i].kept);
            }
        }
        QVERIFY(shown.canvas()->badge().isEmpty());   // the map does not depend on the budget
    }

    void survivalOverTauNamesItsQuantity() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        shown.window.setOverlay(OverlayKind::kTauSurvival);
        QTRY_VERIFY_WITH_TIMEOUT(shown.canvas()->scene().overlay.hasHeat(), kPatience);
        QVERIFY(shown.canvas()->scene().overlay.normalisation.contains(QStringLiteral("share of tau")));
        QVERIFY(shown.session().analysis()->taus != nullptr);
        PruneOptions options = shown.session().options();
        options.method = "random";
        shown.session().setOptions(options, QStringLiteral("method"));
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled() && shown.session().analysisCurrent(), kPatience);
        QTRY_VERIFY(!shown.canvas()->scene().overlay.hasHeat());
        QVERIFY(shown.canvas()->scene().overlay.normalisation.contains(QStringLiteral("random does not compute it")));
    }

    void aPinnedTokenTellsEveryNumberAndWhatWouldChangeIt() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        const TokenTrace token = shown.first([](const TokenTrace& t) { return t.reason == Reason::kGsp; });
        const TokenTrace* dropped = &token;
        QVERIFY(token.reason == Reason::kGsp);
        QTest::mouseClick(shown.canvas(), Qt::LeftButton, Qt::NoModifier, shown.centreOf(dropped->row, dropped->col));
        TokenPanel* panel = shown.window.tokenPanel();
        QTRY_VERIFY_WITH_TIMEOUT(!panel->flip().isEmpty(), kPatience);
        const auto analysis = shown.session().analysis();   // held: another takes its place when the knobs move
        const TokenReasons& reasons = *analysis->reasons;
        QCOMPARE(reasons.trace.index, dropped->index);
        const QString text = panel->details();
        for (const double number : {static_cast<double>(dropped->gspScore), static_cast<double>(dropped->meanSimilarity), static_cast<double>(dropped->relevanceRaw),
                                    static_cast<double>(dropped->relevance), static_cast<double>(reasons.cutDiscarded), reasons.remaining, reasons.weight,
                                    static_cast<double>(reasons.partners.front().similarity)}) {
            QVERIFY2(text.contains(exactText(number)), qPrintable(exactText(number)));
        }
        QVERIFY(text.contains(QStringLiteral("%1 of %2").arg(dropped->degree).arg(reasons.oppositeSize)));
        QVERIFY(text.contains(QStringLiteral("kept from budget")) && text.contains(QStringLiteral("redundant at tau")));
        QVERIFY(panel->flip().startsWith(reasons.flips.empty() ? QStringLiteral("No budget") : QStringLiteral("Kept if")));
        for (const Counterfactual& flip : reasons.flips) {   // what it says comes true
            PruneOptions options = shown.session().options();
            options.keep = shown.session().effectiveKeep();
            flip.knob == Knob::kBudget ? void(options.keep = std::llround(flip.value)) : flip.knob == Knob::kTau ? void(options.tau.value = flip.value) : void(options.gspRatio = flip.value);
            shown.session().setOptions(options, QStringLiteral("flip"));
            QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
            QCOMPARE(shown.decision().tokens[static_cast<std::size_t>(dropped->index)].kept, flip.keptThen);
            shown.session().undoStack().undo();
            QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        }
    }

    void linesLeadToThePartners() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        shown.canvas()->setFocus();
        shown.canvas()->setPinned(GridMap::Cell{10, 10});
        QVERIFY(shown.canvas()->links().empty());
        QTest::keyClick(shown.canvas(), Qt::Key_E);
        QTRY_VERIFY_WITH_TIMEOUT(!shown.canvas()->links().empty(), kPatience);
        QVERIFY(shown.window.tokenPanel()->linksBox()->isChecked());
        const auto& partners = shown.session().analysis()->reasons->partners;
        QCOMPARE(shown.canvas()->links().size(), partners.size());
        for (std::size_t i = 0; i < partners.size(); ++i) {
            QCOMPARE(shown.canvas()->links()[i].to.row * 24 + shown.canvas()->links()[i].to.col, partners[i].token);
        }
        QTest::keyClick(shown.canvas(), Qt::Key_Right);   // the lines follow the pin
        QTRY_VERIFY_WITH_TIMEOUT(shown.session().analysis() && shown.session().analysis()->reasons && shown.session().analysis()->reasons->trace.index == 10 * 24 + 11, kPatience);
        shown.window.tokenPanel()->linksBox()->click();
        QVERIFY(shown.canvas()->links().empty());
    }

    void forcedTokensSurviveTheSliderAndUndo() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        const TokenTrace dropped = shown.first([](const TokenTrace& t) { return !t.kept; });
        const TokenTrace kept = shown.first([](const TokenTrace& t) { return t.kept; });
        const int steps = shown.session().undoStack().index();
        const auto lost = static_cast<std::size_t>(dropped.index);
        const auto held = static_cast<std::size_t>(kept.index);
        QTest::mouseClick(shown.canvas(), Qt::LeftButton, Qt::ControlModifier, shown.centreOf(dropped.row, dropped.col));
        QTest::mouseClick(shown.canvas(), Qt::LeftButton, Qt::ShiftModifier, shown.centreOf(kept.row, kept.col));
        QCOMPARE(shown.session().options().forceKeep, std::vector<std::int64_t>{static_cast<std::int64_t>(lost)});
        QCOMPARE(shown.session().options().forceDrop, std::vector<std::int64_t>{static_cast<std::int64_t>(held)});
        for (const std::int64_t keep : {64, 40, 200}) {
            shown.setKeep(keep);
            QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
            QVERIFY(shown.decision().tokens[lost].kept && !shown.decision().tokens[held].kept);
            QCOMPARE(shown.decision().kept.size(), static_cast<std::size_t>(keep));
            QCOMPARE(shown.canvas()->scene().overlay.forced[lost], std::uint8_t{1});
            QCOMPARE(shown.canvas()->scene().overlay.forced[held], std::uint8_t{2});
        }
        QVERIFY(shown.canvas()->scene().overlay.normalisation.contains(QStringLiteral("by hand, 2")));
        while (shown.session().undoStack().index() > steps) {
            shown.session().undoStack().undo();
        }
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        QVERIFY(shown.decision().tokens[held].kept && !shown.decision().tokens[lost].kept && shown.canvas()->scene().overlay.forced.empty());
    }

    void brushAndLassoMarkWhatTheyTouch() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        const int steps = shown.session().undoStack().count();
        shown.drag({shown.centreOf(5, 5), shown.centreOf(5, 8), shown.centreOf(5, 12)}, Qt::ShiftModifier);
        const std::set<std::int64_t> row(shown.session().options().forceDrop.begin(), shown.session().options().forceDrop.end());
        for (int col = 5; col <= 12; ++col) {
            QVERIFY(row.count(5 * 24 + col) == 1);
        }
        QCOMPARE(row.size(), std::size_t{8});
        QCOMPARE(shown.session().undoStack().count(), steps + 1);   // one stroke, one step
        const QPoint a = shown.centreOf(14, 2);
        const QPoint b = shown.centreOf(17, 5);
        shown.drag({a + QPoint(-8, -8), {b.x() + 8, a.y() - 8}, b + QPoint(8, 8), {a.x() - 8, b.y() + 8}}, Qt::ControlModifier | Qt::AltModifier);
        QCOMPARE(shown.session().options().forceKeep.size(), std::size_t{16});
        QVERIFY(forceOf(shown.session().options(), 15 * 24 + 3) == ForceMark::kKeep);
        shown.canvas()->setFocus();
        shown.canvas()->setPinned(GridMap::Cell{15, 3});
        QTest::keyClick(shown.canvas(), Qt::Key_D);
        QVERIFY(forceOf(shown.session().options(), 15 * 24 + 3) == ForceMark::kDrop);
        QTest::keyClick(shown.canvas(), Qt::Key_C);
        QVERIFY(forceOf(shown.session().options(), 15 * 24 + 3) == ForceMark::kNone);
        shown.window.commands().action(QStringLiteral("token.freeAll"))->trigger();
        QVERIFY(shown.session().options().forceKeep.empty() && shown.session().options().forceDrop.empty());
    }

    void aAgainstItselfIsTheSame() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        shown.canvas()->setFocus();
        QVERIFY(!shown.window.comparePanel()->isVisible());
        QTest::keyClick(shown.canvas(), Qt::Key_P);
        QVERIFY(shown.window.comparePanel()->isVisible());
        QCOMPARE(shown.window.comparePanel()->counts(), QStringLiteral("only A 0 · both 64 · only B 0 · neither 512 · IoU 1.000"));
        shown.window.compareModel().setView(CompareView::kDifference);
        for (const float value : shown.canvas()->scene().overlay.values) {
            QCOMPARE(value, 0.0F);
        }
        QTest::keyClick(shown.canvas(), Qt::Key_P, Qt::ShiftModifier);
        QVERIFY(!shown.window.comparePanel()->isVisible());
        QVERIFY(shown.canvas()->scene().overlay.kind == OverlayKind::kRetained);
    }

    void countsAreThoseOfTheTwoDecisions() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        const std::set<std::int64_t> a(shown.decision().kept.begin(), shown.decision().kept.end());
        shown.window.commands().action(QStringLiteral("compare.pin"))->trigger();
        PruneOptions options = shown.session().options();
        options.method = "relevance";
        options.keep = 100;
        shown.session().setOptions(options, QStringLiteral("method"));
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        const std::set<std::int64_t> b(shown.decision().kept.begin(), shown.decision().kept.end());
        std::vector<std::int64_t> both;
        std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
        const std::size_t all = a.size() + b.size() - both.size();
        const QString counts = QStringLiteral("only A %1 · both %2 · only B %3 · neither %4 · IoU %5")
                                   .arg(a.size() - both.size()).arg(both.size()).arg(b.size() - both.size()).arg(576 - all)
                                   .arg(QString::number(static_cast<double>(both.size()) / static_cast<double>(all), 'f', 3));
        QCOMPARE(shown.window.comparePanel()->counts(), counts);
        const OverlayData& sides = shown.canvas()->scene().overlay;
        QVERIFY(sides.kind == OverlayKind::kSides);
        QCOMPARE(sides.sideCounts[static_cast<std::size_t>(Side::kBoth)], static_cast<std::int64_t>(both.size()));
        for (std::size_t i = 0; i < sides.values.size(); ++i) {
            const bool inA = a.count(static_cast<std::int64_t>(i)) == 1;
            const bool inB = b.count(static_cast<std::int64_t>(i)) == 1;
            QCOMPARE(static_cast<Side>(static_cast<int>(sides.values[i])), inA && inB ? Side::kBoth : inA ? Side::kOnlyA : inB ? Side::kOnlyB : Side::kNeither);
        }
        shown.window.compareModel().setView(CompareView::kDifference);
        shown.window.compareModel().setNormalisation(Normalisation::kRank);
        const OverlayData& difference = shown.canvas()->scene().overlay;
        QVERIFY(difference.low == -difference.high && difference.normalisation.contains(QStringLiteral("centred at 0")));
        QVERIFY(shown.canvas()->scene().colourMap == ColourMap::kPuOr);
    }

    void wipeHasAHandleAndFlickerStaysInPlace() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        shown.canvas()->setFocus();
        shown.window.commands().action(QStringLiteral("compare.pin"))->trigger();
        shown.setKeep(200);
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        QTest::keyClick(shown.canvas(), Qt::Key_W);
        QVERIFY(shown.canvas()->scene().wipe.has_value());
        QCOMPARE(shown.canvas()->scene().other.keptCount, std::size_t{64});
        QCOMPARE(shown.canvas()->scene().overlay.keptCount, std::size_t{200});
        const QRectF grid = shown.canvas()->sceneToWidget().mapRect(shown.canvas()->scene().tokenRect);
        const QPoint handle(static_cast<int>(grid.center().x()), static_cast<int>(grid.center().y()));
        shown.drag({handle, handle + QPoint(static_cast<int>(grid.width() / 4), 0)}, Qt::NoModifier);
        QVERIFY(std::abs(*shown.canvas()->scene().wipe - 0.75) < 0.02);
        const QTransform view = shown.canvas()->sceneToWidget();
        QTest::keyClick(shown.canvas(), Qt::Key_F);
        QCOMPARE(shown.canvas()->scene().overlay.keptCount, std::size_t{64});
        QVERIFY(shown.canvas()->scene().leftName.startsWith(QStringLiteral("A:")));
        QTest::keyClick(shown.canvas(), Qt::Key_F);
        QCOMPARE(shown.canvas()->scene().overlay.keptCount, std::size_t{200});
        QVERIFY(shown.canvas()->sceneToWidget() == view);
    }

    void answersShowTheWordsThatDiffer() {
        const auto [a, b] = diffWords(QStringLiteral("Yes, a red pot."), QStringLiteral("yes a blue pot"));
        QCOMPARE(diffHtml(a), QStringLiteral("Yes, a <b><u>red</u></b> pot."));
        QCOMPARE(diffHtml(b), QStringLiteral("yes a <b><u>blue</u></b> pot"));
        QCOMPARE(diffHtml(diffWords(QStringLiteral("no"), QStringLiteral("no")).first), QStringLiteral("no"));
        QCOMPARE(diffHtml(diffWords(QStringLiteral("<b>"), QString()).first), QStringLiteral("<b><u>&lt;b&gt;</u></b>"));
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        shown.session().run();
        QTRY_VERIFY_WITH_TIMEOUT(shown.session().runComplete(), kPatience);
        shown.window.commands().action(QStringLiteral("compare.pin"))->trigger();
        QCOMPARE(shown.window.comparePanel()->answerA(), QStringLiteral("A: yes"));
        shown.setKeep(30);
        QVERIFY(shown.window.comparePanel()->answerB().contains(QStringLiteral("stale")));
    }

    void paperStyleIsOneSwitch() {
        Shown shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.settled(), kPatience);
        QAction* paper = shown.window.commands().action(QStringLiteral("view.paper"));
        paper->trigger();
        QVERIFY(paper->isChecked() && shown.canvas()->scene().paper);
        shown.window.setOverlay(OverlayKind::kRelevance);
        QVERIFY(shown.canvas()->scene().colourMap == ColourMap::kJet);
        QCOMPARE(shown.canvas()->scene().opacity, 0.5);
        shown.window.setOverlay(OverlayKind::kRetained);
        CanvasScene white = shown.canvas()->scene();   // a black picture under 65 % white is 166 of 255
        white.picture.fill(Qt::black);
        QImage target(336, 336, QImage::Format_RGB32);
        QPainter painter(&target);
        paintCanvas(painter, white, QTransform(), {});
        painter.end();
        const TokenTrace dropped = shown.first([](const TokenTrace& t) { return !t.kept; });
        QVERIFY(std::abs(qRed(target.pixel(dropped.col * 14 + 7, dropped.row * 14 + 7)) - 166) <= 1);
        paper->trigger();
        QVERIFY(!shown.canvas()->scene().paper);
    }

    void divergingMapIsPaleInTheMiddleAndDarkAtBothEnds() {
        const auto lightness = [](double t) { return QColor(colourAt(ColourMap::kPuOr, t)).lightness(); };
        QVERIFY(lightness(0.5) > 240 && lightness(0.0) < 90 && lightness(1.0) < 90);
        for (int i = 1; i <= 50; ++i) {
            QVERIFY(lightness(0.5 - i / 100.0) <= lightness(0.5 - (i - 1) / 100.0) + 1);
            QVERIFY(lightness(0.5 + i / 100.0) <= lightness(0.5 + (i - 1) / 100.0) + 1);
        }
    }
};

}  // namespace

QTEST_MAIN(TestStudy)
#include "test_study.moc"
