// SPDX-License-Identifier: GPL-3.0-or-later

// Traces in the window with the real worker and no model: opening, everything that works without one, saving, refusal. The traces are those
// of sample scenes in tests/data/traces.

#include "app/inference_worker.h"
#include "core/base/files.h"
#include "core/run/errors.h"
#include "core/run/trace.h"
#include "ui/viewmodel/compare_model.h"
#include "ui/widgets/answer_panel.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/compare_panel.h"
#include "ui/widgets/inspector.h"
#include "ui/widgets/main_window.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/overlay_bar.h"
#include "ui/widgets/question_panel.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QElapsedTimer>
#include <QFile>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>

#include <algorithm>

using namespace prunescope;

namespace {

constexpr int kPatience = 30000;

PipelineOpener noModel() {
    return [](const std::filesystem::path& folder, const LoadOptions&, const ProgressSink&, std::stop_token) -> Result<std::unique_ptr<Pipeline>> {
        return makeError(ErrorCode::kBadModel, "MODEL-NONE", "cannot load model", folder.string(), "there is none in this test");
    };
}

struct Shown {
    InferenceWorker worker{noModel()};
    MainWindow window{worker, WindowSetup{}};
    QSignalSpy errors{&window, &MainWindow::errorShown};
    Shown() {
        window.resize(1024, 700);
        window.show();
    }
    SessionModel& session() { return window.session(); }
    [[nodiscard]] bool open(const QString& path) {
        QSignalSpy opened(&session(), &SessionModel::traceOpened);
        window.openPath(path);
        return QTest::qWaitFor([&] { return opened.count() > 0; }, kPatience);
    }
    [[nodiscard]] std::size_t kept() { return session().decision()->decision->kept.size(); }
    [[nodiscard]] bool keep(std::int64_t budget) {
        PruneOptions options = session().options();
        options.keep = budget;
        session().setOptions(options, QStringLiteral("keep"));
        return QTest::qWaitFor([&] { return !session().busy() && kept() == static_cast<std::size_t>(budget); }, kPatience);
    }
};

class TestTraces : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    const QString m_kitchen = QStringLiteral(PRUNESCOPE_SOURCE_DIR "/tests/data/traces/kitchen.prunescope");
    const QString m_crossing = QStringLiteral(PRUNESCOPE_SOURCE_DIR "/tests/data/traces/crossing.prunescope");

    QString damaged(const QString& name, const std::function<void(QByteArray&)>& damage) {
        QFile file(m_kitchen);
        const QString path = m_folder.filePath(name);
        QFile out(path);
        if (!file.open(QIODevice::ReadOnly) || !out.open(QIODevice::WriteOnly)) {
            return {};
        }
        QByteArray bytes = file.readAll();
        damage(bytes);
        out.write(bytes);
        return path;
    }

private Q_SLOTS:
    void initTestCase() { QVERIFY(QDir::setCurrent(m_folder.path())); }   // the original pictures are not found from here

    void opensWithoutAModelAsItWasRecorded() {
        Shown shown;
        QElapsedTimer clock;
        clock.start();
        QVERIFY(shown.open(m_kitchen));
        const qint64 ms = clock.elapsed();
        qInfo("a trace of 576 tokens is on the screen after %lld ms", static_cast<long long>(ms));
        const auto trace = shown.session().trace();
        QVERIFY(trace != nullptr);
        QCOMPARE(shown.session().modelState(), ModelState::kNone);
        QCOMPARE(shown.session().decision()->decision->kept, trace->runs[0]->decision->kept);
        QCOMPARE(shown.session().prunedAnswer().text, QString::fromStdString(trace->runs[0]->answer));
        QCOMPARE(shown.session().unprunedAnswer().text, QString::fromStdString(trace->runs[1]->answer));
        QVERIFY(!shown.session().prunedAnswer().stale && !shown.session().decisionStale());
        QVERIFY(shown.session().runComplete());
        QCOMPARE(shown.session().question(), QString::fromStdString(trace->runs[0]->request.question));
        QCOMPARE(shown.window.questionPanel()->questionBox()->currentText(), shown.session().question());
        QVERIFY(!shown.window.canvas()->scene().picture.isNull());
        QVERIFY(!shown.session().undoStack().canUndo());
        QVERIFY(!shown.session().busy());
        bool said = false;
        for (const QLabel* label : shown.window.findChildren<QLabel*>()) {
            said = said || label->text().contains(QStringLiteral("trace of 2026-11-23"));
        }
        QVERIFY(said);
        QVERIFY(!trace->warnings.empty());   // the picture that the model saw stands in for the original
        QCOMPARE(shown.window.messageBar()->line(), QString::fromStdString(trace->warnings.front()));
    }

    void everythingButNewAnswersWorks() {
        Shown shown;
        QVERIFY(shown.open(m_kitchen));
        for (const OverlayKind kind : kOverlayKinds) {   // every overlay has values, survival after its inspection
            shown.window.setOverlay(kind);
            if (kind == OverlayKind::kWord || kind == OverlayKind::kQuestions) {   // these traces are older than recorded words, and hold one question
                const QString wanted = kind == OverlayKind::kWord ? QStringLiteral("not recorded") : QStringLiteral("second question");
                QTRY_VERIFY_WITH_TIMEOUT(shown.window.canvas()->scene().overlay.normalisation.contains(wanted), kPatience);
                continue;
            }
            const bool values = kind == OverlayKind::kNone || QTest::qWaitFor([&] { return shown.window.canvas()->scene().overlay.kind == kind && !shown.window.canvas()->scene().overlay.values.empty(); }, kPatience);
            QVERIFY2(values, qPrintable(wordOf(kind)));
        }
        QVERIFY(shown.keep(32));
        QVERIFY(shown.session().prunedAnswer().stale);
        QVERIFY(!shown.session().decisionStale());
        QTest::qWait(2 * SessionModel::kRestMs);   // live answers rest: there is nothing to answer with
        QCOMPARE(shown.errors.count(), 0);
        shown.window.canvas()->setPinned(GridMap::Cell{10, 7});
        QTRY_VERIFY_WITH_TIMEOUT(shown.session().analysisCurrent() && shown.session().analysis()->reasons && shown.session().analysis()->reasons->trace.index == 10 * 24 + 7, kPatience);
        const auto a = shown.window.compareModel().present();
        QVERIFY(a != nullptr);
        shown.window.compareModel().setA(a);
        shown.session().setOptions(shown.session().trace()->runs[0]->request.prune, QStringLiteral("keep"));
        QTRY_VERIFY_WITH_TIMEOUT(!shown.session().busy() && shown.kept() == 64, kPatience);
        QVERIFY(!shown.session().prunedAnswer().stale);   // back at the recorded knobs: its answer holds again
        QVERIFY(shown.window.comparePanel()->isVisible());
        QVERIFY(shown.window.compareModel().comparison().has_value());
    }

    void newAnswersAreRefusedWithOneLine() {
        Shown shown;
        QVERIFY(shown.open(m_kitchen));
        QVERIFY(shown.window.questionPanel()->runButton()->isEnabled());
        shown.session().run();
        QTRY_VERIFY_WITH_TIMEOUT(!shown.session().busy() && shown.session().runComplete(), kPatience);   // recorded
        QCOMPARE(shown.errors.count(), 0);
        QVERIFY(shown.keep(31));
        shown.session().run();
        QTRY_COMPARE_WITH_TIMEOUT(shown.errors.count(), 1, kPatience);
        QVERIFY(shown.window.messageBar()->isVisible() && shown.window.messageBar()->details().contains(QStringLiteral("TRACE-NO-MODEL")));
        QVERIFY(!shown.session().busy());
        shown.session().setQuestion(QStringLiteral("What is it?"));
        shown.session().run();
        QTRY_VERIFY_WITH_TIMEOUT(shown.window.messageBar()->details().contains(QStringLiteral("TRACE-QUESTION")), kPatience);
        QVERIFY(shown.session().decision() != nullptr);   // what was shown stays
        QVERIFY(shown.session().decisionStale());
    }

    void savedTraceHoldsRunsAndTheRunPinnedAsA() {
        const QString path = m_folder.filePath(QStringLiteral("saved.prunescope"));
        Shown shown;
        QVERIFY(shown.open(m_kitchen));
        QVERIFY(shown.keep(40));
        shown.window.compareModel().setA(shown.window.compareModel().present());
        QVERIFY(shown.keep(80));
        QSignalSpy saved(&shown.session(), &SessionModel::traceSaved);
        shown.window.saveTrace(path);
        QTRY_COMPARE_WITH_TIMEOUT(saved.count(), 1, kPatience);
        const auto trace = openTrace(path.toStdString());
        QVERIFY(trace.ok());
        std::vector<std::size_t> kept;
        for (const auto& run : trace->runs) {
            kept.push_back(run->decision->kept.size());
        }
        QCOMPARE(kept, (std::vector<std::size_t>{80, 576, 40, 64}));   // shown, whole, A, and what the first trace had besides
        QVERIFY(shown.open(path));
        QCOMPARE(shown.kept(), std::size_t{80});
        QVERIFY(shown.session().prunedAnswer().text.isEmpty());   // never answered with 80
        QVERIFY(!shown.session().unprunedAnswer().text.isEmpty());
        shown.window.saveTrace(m_folder.filePath(QStringLiteral("no/folder.prunescope")));
        QTRY_VERIFY_WITH_TIMEOUT(shown.window.messageBar()->details().contains(QStringLiteral("OUT-NOENT")), kPatience);
    }

    void savedOnceMoreIsTheSameFile() {
        Shown shown;
        QVERIFY(shown.open(m_crossing));
        const QString first = m_folder.filePath(QStringLiteral("first.prunescope"));
        const QString second = m_folder.filePath(QStringLiteral("second.prunescope"));
        QSignalSpy saved(&shown.session(), &SessionModel::traceSaved);
        shown.window.saveTrace(first);
        QTRY_COMPARE_WITH_TIMEOUT(saved.count(), 1, kPatience);
        auto one = openTrace(first.toStdString());
        auto two = openTrace(m_crossing.toStdString());
        QVERIFY(one.ok() && two.ok());
        one->created = two->created = "now";
        one->program = two->program;
        one->environment = two->environment;
        QVERIFY(traceBytes(*one) == traceBytes(*two));
    }

    void damagedAndNewerFilesAreRefusedWhereTheyAre() {
        Shown shown;
        QVERIFY(shown.open(m_crossing));
        const auto before = shown.session().decision();
        const std::pair<QString, QString> cases[] = {
            {damaged(QStringLiteral("cut.prunescope"), [](QByteArray& bytes) { bytes.truncate(500000); }), QStringLiteral("ends after byte 500,000")},
            {damaged(QStringLiteral("altered.prunescope"), [](QByteArray& bytes) { bytes[600000] = static_cast<char>(bytes[600000] ^ 1); }), QStringLiteral("'tokens'")},
            {damaged(QStringLiteral("newer.prunescope"), [](QByteArray& bytes) { bytes[8] = 9; }), QStringLiteral("newer version")},
            {m_folder.filePath(QStringLiteral("gone.prunescope")), QStringLiteral("gone.prunescope")}};
        for (const auto& [path, words] : cases) {
            QSignalSpy failed(&shown.window, &MainWindow::errorShown);
            shown.window.openPath(path);
            QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, kPatience);
            const QString line = shown.window.messageBar()->line() + shown.window.messageBar()->details();
            QVERIFY2(line.contains(words), qPrintable(line));
            QVERIFY(!shown.window.messageBar()->line().contains(QLatin1Char('\n')));
            QVERIFY(shown.session().decision() == before);   // what was shown stays
            QCOMPARE(shown.session().imagePath(), m_crossing);
            QVERIFY(shown.session().pendingImagePath().isEmpty());
            QVERIFY(!shown.session().busy());
        }
        QVERIFY(shown.keep(20));   // and still works
    }

    void droppedAndRemembered() {
        Shown shown;
        QMimeData files;
        files.setUrls({QUrl::fromLocalFile(m_kitchen)});
        QDragEnterEvent enter(QPoint(100, 100), Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&shown.window, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(100, 100), Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&shown.window, &drop);
        QTRY_VERIFY_WITH_TIMEOUT(shown.session().trace() != nullptr, kPatience);
        QCOMPARE(shown.session().trace()->runs.size(), std::size_t{2});
        QVERIFY(shown.open(m_crossing));
        QCOMPARE(shown.session().imagePath(), m_crossing);
        QVERIFY(shown.window.commands().action(QStringLiteral("file.recent.1"))->text().contains(QStringLiteral("kitchen.prunescope")));
    }

    void sessionOnATraceComesBack() {
        const QString path = m_folder.filePath(QStringLiteral("on-a-trace.prunescope-session"));
        QByteArray hash;
        {
            Shown shown;
            QVERIFY(shown.open(m_kitchen));
            QVERIFY(shown.keep(48));
            shown.window.setOverlay(OverlayKind::kRelevance);
            shown.window.canvas()->setPinned(GridMap::Cell{3, 4});
            QVERIFY(shown.window.saveSession(path).ok());
            hash = shown.window.state().hash();
        }
        Shown again;
        QVERIFY(again.open(path));
        QTRY_VERIFY_WITH_TIMEOUT(!again.session().busy() && again.kept() == 48, kPatience);
        QCOMPARE(again.window.overlayBar()->kind(), OverlayKind::kRelevance);
        QTRY_COMPARE_WITH_TIMEOUT(again.window.state().hash(), hash, kPatience);
    }

    void anotherTraceReplacesTheOneThatIsStillOpening() {
        Shown shown;
        shown.window.openPath(m_kitchen);
        QVERIFY(shown.open(m_crossing));
        QTest::qWait(50);
        QCOMPARE(shown.session().imagePath(), m_crossing);
        QVERIFY(shown.keep(50));
        QCOMPARE(shown.session().decision()->image, shown.session().trace()->image);
    }
};

}  // namespace

QTEST_MAIN(TestTraces)
#include "test_traces.moc"
