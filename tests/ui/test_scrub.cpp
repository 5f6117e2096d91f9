// SPDX-License-Identifier: GPL-3.0-or-later

// Scrubbing in the real window: keys, wheel, fine steps, locked ranges; and the measured drag, whose times are printed and never judged.

#include "tests/ui/manual_window.h"
#include "tests/ui/feature_service.h"
#include "ui/viewmodel/knobs.h"
#include "ui/viewmodel/option_text.h"
#include "ui/viewmodel/parameter_info.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/main_window.h"
#include "ui/widgets/overlay_bar.h"
#include "ui/widgets/parameter_panel.h"
#include "ui/widgets/scrub_slider.h"

#include <QAction>
#include <QApplication>
#include <QDoubleSpinBox>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QWheelEvent>

#include <algorithm>
#include <ctime>
#include <vector>

using namespace prunescope;
using testing::ManualWindow;
using testing::FeatureService;

namespace {

/// Times of the paint events of one widget, and the longest turn of the event loop.
class FrameClock : public QObject {
public:
    explicit FrameClock(QWidget* watched) : QObject(watched) {
        watched->installEventFilter(this);
        m_clock.start();
        m_beat.setInterval(0);
        connect(&m_beat, &QTimer::timeout, this, [this] {
            const qint64 wall = m_clock.nsecsElapsed();
            const qint64 cpu = threadTime();
            if (wall - m_lastWall > longest) {
                longest = wall - m_lastWall;
                longestCpu = cpu - m_lastCpu;
            }
            m_lastWall = wall;
            m_lastCpu = cpu;
        });
    }
    void watchStalls() {
        m_lastWall = m_clock.nsecsElapsed();
        m_lastCpu = threadTime();
        longest = 0;
        m_beat.start();
    }
    void stop() { m_beat.stop(); }
    [[nodiscard]] qint64 now() const { return m_clock.nsecsElapsed(); }
    int paints = 0;
    qint64 longest = 0, longestCpu = 0;   ///< longest turn; what the thread computed in it (the rest is the machine's other work)

protected:
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::Paint) {
            ++paints;
        }
        return QObject::eventFilter(watched, event);
    }

private:
    static qint64 threadTime() {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<qint64>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
    }

    QElapsedTimer m_clock;
    QTimer m_beat;
    qint64 m_lastWall = 0, m_lastCpu = 0;
};

class TestScrub : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_image;

    template <typename Service>
    static void wheel(QWidget* widget, int angle, Qt::KeyboardModifiers modifiers, Service&) {
        const QPointF at(widget->width() / 2.0, widget->height() / 2.0);
        QWheelEvent event(at, widget->mapToGlobal(at.toPoint()), QPoint(), QPoint(0, angle), Qt::NoButton, modifiers, Qt::NoScrollPhase, false);
        QApplication::sendEvent(widget, &event);
    }

    struct Shown : ManualWindow {
        explicit Shown(const QString& image) {
            window.openImage(image);
            service.decide();
            settle();
        }
        const PruneOptions& options() { return window.session().options(); }
    };

    /// A drag of `steps` mouse moves over a slider of a window on synthetic features: each move is followed to the repaint that shows it.
    static void measureDrag(int rows, int cols, const QString& option, int steps) {
        FeatureService service(rows, cols);
        MainWindow window(service, WindowSetup{});
        window.resize(1180, 780);
        window.show();
        window.session().setLiveAnswers(false);
        window.session().loadModel(QStringLiteral("synthetic"), {});
        window.session().setQuestion(QStringLiteral("Where is it?"));
        window.openImage(QStringLiteral("synthetic"));
        QTRY_VERIFY_WITH_TIMEOUT(window.session().decision() != nullptr, 60000);
        window.setOverlay(option == QLatin1String("keep") ? OverlayKind::kRetained : OverlayKind::kGspScore);
        QSlider* slider = window.parameters()->slider(option);
        const QPoint start(slider->width() / 4, slider->height() / 2);
        FrameClock clock(window.canvas());
        QTest::mousePress(slider, Qt::LeftButton, Qt::NoModifier, start);
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().decisionStale(), 60000);
        const double low = window.canvas()->scene().overlay.low;
        std::vector<double> times;
        clock.watchStalls();
        constexpr int kStride = 3;   // pixels a move: every move changes the value
        for (int i = 0; i < steps; ++i) {
            const int reach = slider->width() / 2 / kStride;
            const QPoint at(start.x() + kStride * (i / reach % 2 == 0 ? i % reach : reach - i % reach), start.y());
            const int painted = clock.paints;
            const int value = slider->value();
            const qint64 begun = clock.now();
            QMouseEvent move(QEvent::MouseMove, QPointF(at), slider->mapToGlobal(QPointF(at)), Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
            QApplication::sendEvent(slider, &move);
            if (slider->value() == value) {
                continue;
            }
            constexpr qint64 kPatience = 60'000'000'000;
            while ((window.session().decisionStale() || clock.paints == painted) && clock.now() - begun < kPatience) {
                QCoreApplication::processEvents(QEventLoop::AllEvents);
            }
            QVERIFY(!window.session().decisionStale() && clock.paints != painted);
            times.push_back(static_cast<double>(clock.now() - begun) * 1e-6);
            QCOMPARE(window.canvas()->scene().overlay.low, low);
        }
        clock.stop();
        QTest::mouseRelease(slider, Qt::LeftButton, Qt::NoModifier, start);
        QVERIFY(times.size() > static_cast<std::size_t>(steps) / 2);
        QCOMPARE(optionText(window.session().decision()->request.prune, option), optionText(window.session().options(), option));
        std::sort(times.begin(), times.end());
        qInfo("drag %s, n = %d: %zu frames, input event to repainted canvas: median %.2f ms, p95 %.2f ms, most %.2f ms; longest turn of the event loop %.2f ms, of it computing %.2f ms",
              qPrintable(option), rows * cols, times.size(), times[times.size() / 2], times[times.size() * 95 / 100], times.back(),
              static_cast<double>(clock.longest) * 1e-6, static_cast<double>(clock.longestCpu) * 1e-6);
    }

private Q_SLOTS:
    void initTestCase() {
        m_image = m_folder.filePath(QStringLiteral("scene.png"));
        QVERIFY(testing::paintedScene(448, 336).save(m_image));
        applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), Theme::kLight);
    }

    void notchesLandOnMultiplesAndStayInRange() {
        PruneOptions options;
        options.tau.value = 0.53;
        const KnobState state{64, 576};
        QCOMPARE(turned(options, QStringLiteral("tau"), 1, false, state).tau.value, 0.55);
        QCOMPARE(turned(options, QStringLiteral("tau"), -1, false, state).tau.value, 0.5);
        QCOMPARE(turned(options, QStringLiteral("tau"), 1, true, state).tau.value, 0.54);
        QCOMPARE(turned(options, QStringLiteral("tau"), 99, false, state).tau.value, 1.0);
        QCOMPARE(turned(options, QStringLiteral("gamma"), -9, false, state).gamma, 0.0);
        QCOMPARE(*turned(options, QStringLiteral("keep"), -1, false, state).keep, std::int64_t{56});
        QCOMPARE(*turned(options, QStringLiteral("keep"), 1, true, state).keep, std::int64_t{65});
        QCOMPARE(*turned(options, QStringLiteral("keep"), -99, false, state).keep, std::int64_t{1});
        QCOMPARE(turned(options, QStringLiteral("gsp-ratio"), 1, false, state).gspRatio, 0.55);
        options.tau = Threshold{90, true};
        QCOMPARE(turned(options, QStringLiteral("tau"), 1, false, state).tau.value, 95.0);
        QCOMPARE(turned(options, QStringLiteral("tau"), -1, true, state).tau.value, 89.0);
        options.method = "random";
        QVERIFY(sameOptions(turned(options, QStringLiteral("gamma"), 1, false, state), options));
        QVERIFY(sameOptions(turned(options, QStringLiteral("method"), 1, false, state), options));
    }

    void keysOnTheCanvasTurnTheKnobs() {
        Shown shown(m_image);
        CanvasWidget* canvas = shown.window.canvas();
        canvas->setFocus();
        QTest::keyClick(canvas, Qt::Key_BracketRight);
        QCOMPARE(shown.options().tau.value, 0.55);
        QTest::keyClick(canvas, Qt::Key_BracketLeft, Qt::AltModifier);
        QCOMPARE(shown.options().tau.value, 0.54);
        QTest::keyClick(canvas, Qt::Key_BraceRight);
        QCOMPARE(shown.options().gamma, 1.25);
        QTest::keyClick(canvas, Qt::Key_BraceLeft, Qt::AltModifier);
        QCOMPARE(shown.options().gamma, 1.2);
        QTest::keyClick(canvas, Qt::Key_Equal);
        QCOMPARE(*shown.options().keep, std::int64_t{72});
        QTest::keyClick(canvas, Qt::Key_Minus, Qt::AltModifier);
        QCOMPARE(*shown.options().keep, std::int64_t{71});
        QTest::keyClick(canvas, Qt::Key_Period);
        QCOMPARE(shown.options().gspRatio, 0.55);
        QCOMPARE(shown.window.parameters()->spin(QStringLiteral("tau"))->value(), 0.54);
        const double zoom = canvas->zoom();
        QTest::keyClick(canvas, Qt::Key_Plus, Qt::ShiftModifier);
        QVERIFY(canvas->zoom() > zoom);
        for (const char* option : {"tau", "gamma", "gsp-ratio", "keep"}) {   // the tooltips tell the keys that the commands have
            const QString id = QStringLiteral("prune.%1.").arg(QLatin1String(option));
            const QString keys = keysText(shown.window.commands().action(id + QStringLiteral("down"))->shortcuts()) + QLatin1Char(' ') +
                                 keysText(shown.window.commands().action(id + QStringLiteral("up"))->shortcuts());
            QCOMPARE(parameterInfo(QLatin1String(option))->keys, keys);
        }
    }

    void keysInARowAreOneStepOfUndoAndLockTheRange() {
        Shown shown(m_image);
        CanvasWidget* canvas = shown.window.canvas();
        canvas->setFocus();
        shown.window.setOverlay(OverlayKind::kGspScore);
        const int before = shown.window.session().undoStack().count();
        const double high = canvas->scene().overlay.high;
        for (int i = 0; i < 5; ++i) {
            QTest::keyClick(canvas, Qt::Key_BraceRight);
            shown.service.decide();
            QCoreApplication::processEvents();
            QCOMPARE(canvas->scene().overlay.high, high);
        }
        QVERIFY(shown.window.session().interacting());
        QTRY_VERIFY(!shown.window.session().interacting());
        QVERIFY(canvas->scene().overlay.high != high);
        QCOMPARE(shown.window.session().undoStack().count(), before + 1);
        shown.window.session().undoStack().undo();
        QCOMPARE(shown.options().gamma, 1.0);
    }

    void keysStayOutOfTheQuestionBox() {
        Shown shown(m_image);
        const PruneOptions before = shown.options();
        QWidget* box = shown.window.findChild<QWidget*>(QStringLiteral("qt_spinbox_lineedit"));
        QVERIFY(box != nullptr);
        QTest::keyClick(box, Qt::Key_BracketRight);
        QVERIFY(sameOptions(shown.options(), before));
    }

    void wheelOverASliderTurnsItWhereverTheFocusIs() {
        Shown shown(m_image);
        QSlider* slider = shown.window.parameters()->slider(QStringLiteral("tau"));
        shown.window.canvas()->setFocus();
        wheel(slider, 120, Qt::NoModifier, shown);
        QCOMPARE(shown.options().tau.value, 0.55);
        QVERIFY(shown.window.session().interacting());
        wheel(slider, 120, Qt::ShiftModifier, shown);
        QCOMPARE(shown.options().tau.value, 0.56);
        wheel(slider, -60, Qt::ShiftModifier, shown);
        QCOMPARE(shown.options().tau.value, 0.56);   // half a notch waits for the other half
        wheel(slider, -60, Qt::ShiftModifier, shown);
        QCOMPARE(shown.options().tau.value, 0.55);
        QVERIFY(shown.window.canvas()->hasFocus() || !shown.window.isActiveWindow());
        QTRY_VERIFY(!shown.window.session().interacting());
    }

    void shiftMakesADragTenTimesFiner() {
        Shown shown(m_image);
        QSlider* slider = shown.window.parameters()->slider(QStringLiteral("keep"));
        const QPoint from(slider->width() / 2, slider->height() / 2);
        QTest::mousePress(slider, Qt::LeftButton, Qt::NoModifier, from);
        QVERIFY(std::abs(slider->value() - 288) < 20);   // the press jumps to the pointer
        const int middle = slider->value();
        const auto drag = [&](const QPoint& at, Qt::KeyboardModifiers modifiers) {
            QMouseEvent move(QEvent::MouseMove, QPointF(at), slider->mapToGlobal(QPointF(at)), Qt::NoButton, Qt::LeftButton, modifiers);
            QApplication::sendEvent(slider, &move);
        };
        drag(from + QPoint(50, 0), Qt::NoModifier);
        const int coarse = slider->value() - middle;
        drag(from, Qt::NoModifier);
        QCOMPARE(slider->value(), middle);
        drag(from + QPoint(50, 0), Qt::ShiftModifier);
        const int fine = slider->value() - middle;
        QVERIFY2(fine > 0 && std::abs(coarse - 10 * fine) <= 10, qPrintable(QStringLiteral("%1 and %2").arg(coarse).arg(fine)));
        QVERIFY(shown.window.session().interacting());
        QTest::mouseRelease(slider, Qt::LeftButton, Qt::NoModifier, from);
        QVERIFY(!shown.window.session().interacting());
    }

    void dragsAreMeasured_data() {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("cols");
        QTest::addColumn<QString>("option");
        for (const char* option : {"tau", "keep"}) {
            QTest::addRow("%s 576", option) << 24 << 24 << QString::fromLatin1(option);
            QTest::addRow("%s 2880", option) << 48 << 60 << QString::fromLatin1(option);
        }
    }
    void dragsAreMeasured() {
        QFETCH(int, rows);
        QFETCH(int, cols);
        QFETCH(QString, option);
        measureDrag(rows, cols, option, 300);
    }
};

}  // namespace

QTEST_MAIN(TestScrub)
#include "test_scrub.moc"
