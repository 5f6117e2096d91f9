// SPDX-License-Identifier: GPL-3.0-or-later

// The real window, offscreen: live sliders, stale marks, hover, masks, drop, save, keyboard reach, scale and schemes.

#include "tests/ui/manual_window.h"
#include "ui/dialogs/model_dialog.h"
#include "ui/plot/stage_chart.h"
#include "ui/viewmodel/token_text.h"
#include "ui/widgets/answer_panel.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/latency_panel.h"
#include "ui/widgets/main_window.h"
#include "ui/widgets/mask_strip.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/overlay_bar.h"
#include "ui/widgets/parameter_panel.h"
#include "ui/widgets/question_panel.h"
#include "ui/widgets/token_panel.h"

#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QElapsedTimer>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSlider>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QTreeWidget>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace prunescope;
using testing::FakeService;
using testing::ManualWindow;

namespace {

class TestWindow : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_image;

    struct Shown : ManualWindow {
        explicit Shown(const QString& image, const QSize& size = QSize(1024, 700)) : ManualWindow({}, size) { askAndDecide(image); }
    };

    static QPoint centreOf(const CanvasWidget& canvas, int row, int col) {
        return canvas.sceneToWidget().map(canvas.scene().cellRect(row, col).center()).toPoint();
    }

private Q_SLOTS:
    void initTestCase() {
        m_image = m_folder.filePath(QStringLiteral("scene.png"));
        QVERIFY(testing::paintedScene(448, 336).save(m_image));
        applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), Theme::kLight);
    }

    void sliderDecidesAtOnceAndCanvasFollows() {
        Shown shown(m_image);
        QSlider* slider = shown.window.parameters()->slider(QStringLiteral("keep"));
        QCOMPARE(slider->maximum(), 576);
        const std::size_t before = shown.service.submissions();
        slider->setSliderDown(true);
        slider->setValue(200);
        slider->setValue(128);
        slider->setValue(96);
        QCOMPARE(shown.service.submissions(), before + 1);
        shown.service.decide();
        shown.settle();
        QCOMPARE(shown.service.submissions(), before + 2);
        shown.service.decide();
        shown.settle();
        slider->setSliderDown(false);
        QCOMPARE(shown.window.canvas()->scene().overlay.keptCount, std::size_t{96});
        QCOMPARE(shown.window.parameters()->spin(QStringLiteral("keep"))->value(), 96.0);
        QVERIFY(shown.window.canvas()->badge().isEmpty());
    }

    void everyStepOfADragEndsInARepaintedCanvas() {
        Shown shown(m_image);
        QSlider* slider = shown.window.parameters()->slider(QStringLiteral("tau"));
        shown.window.setOverlay(OverlayKind::kGspScore);
        std::vector<double> steps;
        slider->setSliderDown(true);
        const double low = shown.window.canvas()->scene().overlay.low;
        for (int i = 0; i < 300; ++i) {
            QElapsedTimer clock;
            clock.start();
            slider->setValue(i % 2 == 0 ? i % 100 : 99 - i % 100);
            shown.service.decide();
            QCoreApplication::processEvents();
            shown.window.canvas()->repaint();
            steps.push_back(static_cast<double>(clock.nsecsElapsed()) * 1e-6);
            QCOMPARE(shown.window.session().decision()->request.prune.tau.value, slider->value() * 0.01);
            QCOMPARE(shown.window.canvas()->scene().overlay.low, low);   // ranges stay locked while the slider is held
        }
        slider->setSliderDown(false);
        std::sort(steps.begin(), steps.end());
        qInfo("drag of 300 steps, decision and repaint: median %.2f ms, p95 %.2f ms", steps[150], steps[285]);
    }

    void answerIsMarkedStaleUntilItIsThere() {
        Shown shown(m_image);
        shown.runAll();
        AnswerCard* card = shown.window.questionPanel()->answers()->prunedCard();
        QCOMPARE(card->text(), QStringLiteral("yes, a red pot"));
        QVERIFY(card->badgeText().isEmpty());
        shown.window.parameters()->spin(QStringLiteral("gamma"))->setValue(2.5);
        QCOMPARE(card->badgeText(), QStringLiteral("stale"));
        QVERIFY(shown.window.questionPanel()->answers()->unprunedCard()->badgeText().isEmpty());
        shown.service.decide();
        shown.settle();
        QTRY_VERIFY(shown.service.last().withAnswer);
        shown.service.decide();
        shown.service.sayPruned("yes");
        shown.settle();
        QCOMPARE(card->badgeText(), QStringLiteral("answering"));
        shown.service.finishPruned();
        shown.settle();
        QVERIFY(card->badgeText().isEmpty());
    }

    void latencyShowsBothRunsAndHowItKnows() {
        Shown shown(m_image);
        shown.runAll();
        const QString text = shown.window.latencyPanel()->chart()->asText();
        for (const char* stage : {"preprocess", "vision", "projector", "prune", "prefill", "decode"}) {
            QVERIFY2(text.contains(QLatin1String(stage)), stage);
        }
        const auto rows = costRows(shown.window.session().prunedAnswer().result.get(), shown.window.session().unprunedAnswer().result.get());
        int computed = 0;
        for (const CostRow& row : rows) {
            QVERIFY(row.how == QLatin1String("measured") || row.how == QLatin1String("computed"));
            computed += row.how == QLatin1String("computed") ? 1 : 0;
            const bool onlyMeasured = row.name == QStringLiteral("Peak memory") || row.name == QStringLiteral("Weights and KV");   // of repeated runs
            QCOMPARE(row.ratio.isEmpty(), onlyMeasured);
        }
        QCOMPARE(computed, 3);
    }

    void hoverNamesTokenScoresAndReason() {
        Shown shown(m_image);
        CanvasWidget* canvas = shown.window.canvas();
        QTest::mouseMove(canvas, centreOf(*canvas, 5, 7));
        shown.settle();
        QVERIFY(canvas->hovered().has_value());
        const RunResult& result = *shown.window.session().decision();
        const TokenTrace& token = result.decision->tokens[5 * 24 + 7];
        const QString hover = canvas->hoverText();
        QVERIFY2(hover.contains(QStringLiteral("row 5, column 7")), qPrintable(hover));
        QVERIFY(hover.contains(tokenVerdict(result, token)));
        for (const TokenFact& fact : tokenFacts(result, token)) {
            QVERIFY2(hover.contains(fact.value), qPrintable(fact.name));
        }
        QCOMPARE(shown.window.tokenPanel()->verdict(), tokenVerdict(result, token));
    }

    void namingATokenDoesNotMoveTheWindow() {
        Shown shown(m_image);
        const QRect before = shown.window.canvas()->geometry();
        shown.window.canvas()->setPinned(GridMap::Cell{11, 9});
        shown.settle();
        QCOMPARE(shown.window.canvas()->geometry(), before);
    }

    void arrowKeysWalkTheGrid() {
        Shown shown(m_image);
        CanvasWidget* canvas = shown.window.canvas();
        canvas->setPinned(GridMap::Cell{4, 4});
        QTest::keyClick(canvas, Qt::Key_Down);
        QTest::keyClick(canvas, Qt::Key_Right);
        QCOMPARE(canvas->pinned()->row, 5);
        QCOMPARE(canvas->pinned()->col, 5);
        QVERIFY(shown.window.tokenPanel()->verdict() == tokenVerdict(*shown.window.session().decision(), *traceAt(*shown.window.session().decision(), 5, 5)));
    }

    void maskClickTakesItsTau() {
        Shown shown(m_image);
        MaskButton* button = shown.window.maskStrip()->buttons()[3];
        QVERIFY(button->isEnabled());
        QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(shown.window.session().options().tau.value, 0.7);
        QCOMPARE(shown.window.parameters()->spin(QStringLiteral("tau"))->value(), 0.7);
        QVERIFY(button->isChecked() && !shown.window.maskStrip()->buttons()[2]->isChecked());
        QCOMPARE(shown.service.last().prune.tau.value, 0.7);
    }

    void resetBringsTheDefaultBack() {
        Shown shown(m_image);
        QToolButton* reset = shown.window.parameters()->resetButton(QStringLiteral("tau"));
        QVERIFY(!reset->isEnabled());
        shown.window.parameters()->spin(QStringLiteral("tau"))->setValue(0.8);
        QVERIFY(reset->isEnabled());
        QTest::mouseClick(reset, Qt::LeftButton);
        QCOMPARE(shown.window.session().options().tau.value, PruneOptions{}.tau.value);
    }

    void escapeCancels() {
        Shown shown(m_image);
        shown.window.session().run();
        QVERIFY(shown.window.session().busy());
        shown.window.activateWindow();
        QTest::keyClick(&shown.window, Qt::Key_Escape);
        QVERIFY(!shown.window.session().busy());
        QVERIFY(shown.service.cancels() > 0);
    }

    void dropOfABadFileShowsAnErrorAndKeepsTheImage() {
        Shown shown(m_image);
        const QString bad = m_folder.filePath(QStringLiteral("notes.txt"));
        QFile file(bad);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("no image") > 0);
        file.close();
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(bad)});
        QDragEnterEvent enter(QPoint(100, 100), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&shown.window, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(100, 100), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&shown.window, &drop);
        shown.service.decide();
        shown.settle();
        QVERIFY(shown.window.messageBar()->isVisible());
        QVERIFY(shown.window.messageBar()->line().contains(QStringLiteral("notes.txt")));
        QVERIFY(shown.window.messageBar()->details().contains(QStringLiteral("IMG-FORMAT")));
        QCOMPARE(shown.window.session().imagePath(), m_image);
        QVERIFY(!shown.window.canvas()->scene().picture.isNull());
    }

    void canvasIsSavedWhole() {
        Shown shown(m_image);
        const QString path = m_folder.filePath(QStringLiteral("figure.png"));
        QVERIFY(shown.window.saveCanvas(path).ok());
        const QImage figure(path);
        QVERIFY(figure.width() >= 1344);
        QVERIFY(!shown.window.saveCanvas(QStringLiteral("/nowhere/at/all.png")).ok());
        QVERIFY(shown.window.saveCanvas(QStringLiteral("/nowhere/at/all.png")).error().code == ErrorCode::kNotWritten);
        FakeService service(FakeService::Mode::kManual);
        MainWindow empty(service, WindowSetup{});
        QVERIFY(empty.saveCanvas(path).error().id == "FIGURE-EMPTY");
        QCOMPARE(QImage(path).size(), figure.size());
    }

    void zoomKeepsThePointUnderThePointer() {
        Shown shown(m_image);
        CanvasWidget* canvas = shown.window.canvas();
        const QPointF at = centreOf(*canvas, 6, 18);
        const QPointF before = canvas->sceneToWidget().inverted().map(at);
        QWheelEvent wheel(at, canvas->mapToGlobal(at.toPoint()), QPoint(), QPoint(0, 360), Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
        QApplication::sendEvent(canvas, &wheel);
        const QPointF after = canvas->sceneToWidget().inverted().map(at);
        QVERIFY(std::hypot(after.x() - before.x(), after.y() - before.y()) < 1.5);
        canvas->actualPixels();
        QCOMPARE(canvas->zoom() * canvas->devicePixelRatioF(), 1.0);
        canvas->fitView();
        QVERIFY(canvas->zoom() > 0.8);
    }

    void typedQuestionMarksTheOverlay() {
        Shown shown(m_image);
        QComboBox* box = shown.window.questionPanel()->questionBox();
        box->lineEdit()->setText(QStringLiteral("Is there a cat?"));
        QVERIFY(shown.window.canvas()->badge().startsWith(QStringLiteral("stale")));
        QTest::keyClick(box->lineEdit(), Qt::Key_Return);
        QCOMPARE(QString::fromStdString(shown.service.last().question), QStringLiteral("Is there a cat?"));
        QVERIFY(shown.service.last().withAnswer);
        shown.service.decide();
        shown.settle();
        QVERIFY(shown.window.canvas()->badge().isEmpty());
    }

    void keyboardReachesEveryControlAndEachHasAName() {
        Shown shown(m_image);
        shown.runAll();
        QSet<QWidget*> reached;
        QWidget* at = shown.window.canvas();
        for (int i = 0; i < 200 && at != nullptr && !reached.contains(at); ++i) {
            reached.insert(at);
            do {
                at = at->nextInFocusChain();
            } while (at != shown.window.canvas() && !(at->isVisible() && at->isEnabled() && (at->focusPolicy() & Qt::TabFocus) != 0));
        }
        int controls = 0;
        for (QWidget* widget : shown.window.findChildren<QWidget*>()) {
            const bool control = qobject_cast<QSlider*>(widget) != nullptr || qobject_cast<QComboBox*>(widget) != nullptr ||
                                 qobject_cast<QDoubleSpinBox*>(widget) != nullptr || qobject_cast<QPushButton*>(widget) != nullptr ||
                                 qobject_cast<MaskButton*>(widget) != nullptr || qobject_cast<QPlainTextEdit*>(widget) != nullptr;
            if (!control || !widget->isVisible() || !widget->isEnabled()) {
                continue;
            }
            ++controls;
            auto* button = qobject_cast<QAbstractButton*>(widget);
            QVERIFY2(!widget->accessibleName().isEmpty() || (button != nullptr && !button->text().isEmpty()), widget->metaObject()->className());
            QVERIFY2(reached.contains(widget), qPrintable(widget->accessibleName()));
        }
        QVERIFY(controls >= 20);
    }

    void nothingIsCutOffAtTheSmallestSize() {
        for (const QSize& size : {QSize(1024, 700), QSize(1400, 900)}) {
            Shown shown(m_image, size);
            shown.runAll();
            QCOMPARE(shown.window.size(), size);
            QVERIFY(shown.window.canvas()->width() >= 380 && shown.window.canvas()->height() >= 300);
            for (QAbstractButton* button : shown.window.findChildren<QAbstractButton*>()) {
                if (button->isVisible() && !button->text().isEmpty() && button->objectName() != QLatin1String("qt_dockwidget_closebutton")) {
                    QVERIFY2(button->width() >= button->fontMetrics().horizontalAdvance(QString(button->text()).remove(QLatin1Char('&'))), qPrintable(button->text()));
                }
            }
            for (QLabel* label : shown.window.findChildren<QLabel*>()) {
                const bool mayShrink = label->wordWrap() || label->sizePolicy().horizontalPolicy() == QSizePolicy::Ignored;
                if (label->isVisible() && !mayShrink && !label->text().isEmpty()) {
                    QVERIFY2(label->width() + 1 >= label->sizeHint().width(), qPrintable(label->text()));
                }
            }
        }
    }

    void schemesDiffer() {
        Shown shown(m_image);
        const QImage light = shown.window.grab().toImage();
        shown.window.setTheme(Theme::kDark);
        shown.settle();
        const QImage dark = shown.window.grab().toImage();
        const auto mean = [](const QImage& image) { return QColor(image.scaled(1, 1, Qt::IgnoreAspectRatio, Qt::SmoothTransformation).pixel(0, 0)).lightness(); };
        QVERIFY(mean(light) > mean(dark) + 60);
        shown.window.setTheme(Theme::kLight);
    }

    void modelDialogSaysWhyAFolderIsUnfit() {
        const auto inspect = [](const QString& folder) {
            ModelCandidate candidate;
            candidate.folder = folder;
            if (folder.endsWith(QStringLiteral("bad"))) {
                candidate.problem = Error{ErrorCode::kBadModel, "MODEL-WEIGHTS", "cannot open model", folder.toStdString(), "weights of layer 3 are missing", "download it again", nullptr};
            }
            return candidate;
        };
        ModelDialog dialog({QStringLiteral("/m/good"), QStringLiteral("/m/bad")}, QStringLiteral("/m/good"), inspect);
        dialog.show();
        QTRY_COMPARE(dialog.list()->topLevelItem(1)->text(5), QStringLiteral("unfit: weights of layer 3 are missing"));
        QCOMPARE(dialog.list()->topLevelItem(0)->text(5), QStringLiteral("loaded"));
        dialog.list()->setCurrentItem(dialog.list()->topLevelItem(1));
        bool sawReason = false;
        for (const QLabel* label : dialog.findChildren<QLabel*>()) {
            sawReason = sawReason || label->text().contains(QStringLiteral("download it again"));
        }
        QVERIFY(sawReason);
    }
};

}  // namespace

QTEST_MAIN(TestWindow)
#include "test_window.moc"
