// SPDX-License-Identifier: GPL-3.0-or-later

// The whole window against baselines: 1x and 2x, light and dark, its overlays and panels, one line each. What is shown is a recorded trace, so
// that every number in the picture is the same on every machine.

#include "app/inference_worker.h"
#include "core/run/errors.h"
#include "tests/ui/picture_check.h"
#include "ui/viewmodel/compare_model.h"
#include "ui/viewmodel/translation.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/inspector.h"
#include "ui/widgets/main_window.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QFile>
#include <QSignalSpy>
#include <QStatusBar>
#include <QTest>

#include <memory>

using namespace prunescope;
using testing::differsFrom;

namespace {

constexpr int kPatience = 30000;
const QString kNotOpened = QStringLiteral("the trace was not opened");

class TestPictures : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<InferenceWorker> m_worker;
    std::unique_ptr<MainWindow> m_window;

    /// The window on the kitchen's trace.
    [[nodiscard]] bool open(Theme theme) {
        m_window.reset();
        applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), theme);
        m_worker = std::make_unique<InferenceWorker>([](const std::filesystem::path&, const LoadOptions&, const ProgressSink&, std::stop_token) -> Result<std::unique_ptr<Pipeline>> {
            return makeError(ErrorCode::kBadModel, "MODEL-NONE", "cannot load model", {}, "there is none in this test");
        });
        WindowSetup setup;
        setup.theme = theme;
        m_window = std::make_unique<MainWindow>(*m_worker, setup);
        m_window->resize(1024, 700);
        m_window->show();
        QSignalSpy opened(&m_window->session(), &SessionModel::traceOpened);
        m_window->openPath(QStringLiteral(PRUNESCOPE_SOURCE_DIR "/tests/data/traces/kitchen.prunescope"));
        const bool there = QTest::qWaitFor([&] { return opened.count() > 0; }, kPatience);
        m_window->messageBar()->dismiss();
        settle();
        return there;
    }

    static void settle() {
        QTest::qWait(150);   // the chart draws once more when the panels have their sizes
    }

    /// What is on screen, at `scale` device pixels a unit.
    QImage shot(double scale = 1) {
        settle();
        m_window->statusBar()->hide();   // the time of a decision made again is of now
        settle();
        QImage image((QSizeF(m_window->size()) * scale).toSize(), QImage::Format_RGB32);
        image.setDevicePixelRatio(scale);
        image.fill(Qt::magenta);
        m_window->render(&image);
        m_window->statusBar()->show();
        image.setDevicePixelRatio(1);
        return image;
    }

    /// The pinned token's reasons and its survival are there.
    bool inspected() {
        SessionModel& session = m_window->session();
        return QTest::qWaitFor([&] { return session.analysisCurrent() && session.survivalCurrent() && !session.busy(); }, kPatience);
    }

private Q_SLOTS:
    void initTestCase() {
        QVERIFY2(testing::useTestFont(), "DejaVu Sans is not installed (fonts-dejavu-core)");
        installLanguage(QStringLiteral("en"));
    }

    void cleanupTestCase() { m_window.reset(); }

    void light1x() { QCOMPARE(open(Theme::kLight) ? differsFrom(shot(1), QStringLiteral("window-light-1x")) : kNotOpened, QString()); }
    void light15x() { QCOMPARE(open(Theme::kLight) ? differsFrom(shot(1.5), QStringLiteral("window-light-1.5x")) : kNotOpened, QString()); }
    void light2x() { QCOMPARE(open(Theme::kLight) ? differsFrom(shot(2), QStringLiteral("window-light-2x")) : kNotOpened, QString()); }
    void dark1x() { QCOMPARE(open(Theme::kDark) ? differsFrom(shot(1), QStringLiteral("window-dark-1x")) : kNotOpened, QString()); }
    void dark2x() { QCOMPARE(open(Theme::kDark) ? differsFrom(shot(2), QStringLiteral("window-dark-2x")) : kNotOpened, QString()); }

    void survivalAndInspector() {
        QVERIFY(open(Theme::kLight));
        m_window->setOverlay(OverlayKind::kSurvival);
        m_window->canvas()->setPinned(GridMap::Cell{11, 13});
        m_window->inspector()->setLinksShown(true);
        QVERIFY(inspected());
        QCOMPARE(differsFrom(shot(), QStringLiteral("window-survival-pinned")), QString());
    }

    void sideBySide() {
        QVERIFY(open(Theme::kDark));
        m_window->compareModel().setA(m_window->compareModel().present());
        PruneOptions options = m_window->session().options();
        options.method = "relevance";
        m_window->session().setOptions(options, QStringLiteral("method"));
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->session().busy() && !m_window->session().decisionStale(), kPatience);
        QCOMPARE(differsFrom(shot(), QStringLiteral("window-dark-sides")), QString());
    }

    void anErrorIsOneLine() {
        QVERIFY(open(Theme::kLight));
        m_window->openPath(QStringLiteral("gone.prunescope"));
        QTRY_VERIFY_WITH_TIMEOUT(m_window->messageBar()->isVisible(), kPatience);
        QCOMPARE(differsFrom(shot(), QStringLiteral("window-error")), QString());
    }

    void aChangedPictureIsFound() {   // the comparison itself: a label painted over is seen
        QVERIFY(open(Theme::kLight));
        QImage image = shot();
        QVERIFY(differsFrom(image, QStringLiteral("window-light-1x")).isEmpty());
        if (!qEnvironmentVariableIsSet("PRUNESCOPE_UPDATE_BASELINES")) {
            for (int y = 80; y < 130; ++y) {
                for (int x = 10; x < 130; ++x) {
                    image.setPixel(x, y, qRgb(240, 240, 240));
                }
            }
            QVERIFY(!differsFrom(image, QStringLiteral("window-light-1x")).isEmpty());
            QVERIFY(QFile::remove(QStringLiteral("window-light-1x-differs.png")));
        }
    }
};

}  // namespace

/// 96 dpi whatever the machine says: points are pixels only then.
int main(int argc, char** argv) {
    qputenv("QT_FONT_DPI", "96");
    QApplication application(argc, argv);
    TestPictures test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_pictures.moc"
