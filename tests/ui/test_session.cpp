// SPDX-License-Identifier: GPL-3.0-or-later

// Undo of everything, sessions that come back whole, autosave that survives kill -9, recent files, paste and drop.

#include "core/base/files.h"
#include "tests/ui/manual_window.h"
#include "ui/viewmodel/option_text.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/main_window.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/overlay_bar.h"
#include "ui/widgets/parameter_panel.h"
#include "ui/widgets/question_panel.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLineEdit>
#include <QMimeData>
#include <QProcess>
#include <QSlider>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <array>
#include <csignal>
#include <random>

using namespace prunescope;
using testing::ManualWindow;

namespace {

/// Seeded actions of a user on everything that undo knows.
class RandomUser {
public:
    RandomUser(MainWindow& window, std::uint32_t seed) : m_window(window), m_random(seed) {}

    void act() {
        SessionModel& session = m_window.session();
        PruneOptions options = session.options();
        switch (below(11)) {
        case 0: options.keep = 1 + below(576); session.setOptions(options, QStringLiteral("keep")); break;
        case 1: options.tau = Threshold{below(101) / 100.0, false}; session.setOptions(options, QStringLiteral("tau")); break;
        case 2: options.gamma = below(500) / 100.0; session.setOptions(options, QStringLiteral("gamma")); break;
        case 3: {
            const QStringList methods = optionChoices(QStringLiteral("method"));
            options.method = methods[below(static_cast<int>(methods.size()))].toStdString();
            session.setOptions(options, QStringLiteral("method"));
            break;
        }
        case 4: session.setQuestion(QStringLiteral("question %1").arg(below(50))); break;
        case 5: m_window.setOverlay(kOverlayKinds[static_cast<std::size_t>(below(static_cast<int>(kOverlayKinds.size())))]); break;
        case 6: m_window.setColourMap(kColourMaps[static_cast<std::size_t>(below(static_cast<int>(kColourMaps.size())))]); break;
        case 7: m_window.overlayBar()->opacitySlider()->setValue(below(101)); break;
        case 8: m_window.overlayBar()->setOriginal(below(2) == 0); break;
        case 9: m_window.setGridLines(below(2) == 0); break;
        default: m_window.canvas()->setPinned(below(4) == 0 ? std::nullopt : std::optional(GridMap::Cell{below(24), below(24)})); break;
        }
    }
    int below(int bound) { return static_cast<int>(m_random() % static_cast<std::uint32_t>(bound)); }

private:
    MainWindow& m_window;
    std::mt19937 m_random;
};

class TestSession : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_image;

    struct Shown : ManualWindow {
        explicit Shown(const QString& image = {}, const QString& stateFolder = {}) : ManualWindow(setupFor(stateFolder)) {
            if (!image.isEmpty()) {
                askAndDecide(image);
            }
            window.session().undoStack().clear();
        }
        static WindowSetup setupFor(const QString& stateFolder) {
            WindowSetup setup;
            setup.stateFolder = stateFolder;
            return setup;
        }
    };

    static QByteArray contentOf(const QString& path) {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private Q_SLOTS:
    void initTestCase() {
        m_image = m_folder.filePath(QStringLiteral("scene.png"));
        QVERIFY(testing::paintedScene(448, 336).save(m_image));
        applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), Theme::kLight);
    }

    void fiveHundredActionsUndoneAndRedone() {
        Shown shown(m_image);
        QUndoStack& undo = shown.window.session().undoStack();
        RandomUser user(shown.window, 20261123);
        const QByteArray start = shown.window.state().hash();
        for (int i = 0; i < 500; ++i) {
            user.act();
            if (user.below(20) == 0) {
                shown.service.decide();
                shown.settle();
            }
        }
        const QByteArray end = shown.window.state().hash();
        QVERIFY(start != end);
        const int steps = undo.count();
        QVERIFY2(steps > 250, qPrintable(QString::number(steps)));
        for (int round = 0; round < 2; ++round) {
            while (undo.canUndo()) {
                undo.undo();
            }
            QCOMPARE(shown.window.state().hash(), start);
            QCOMPARE(undo.count(), steps);   // undoing makes no steps
            while (undo.canRedo()) {
                undo.redo();
            }
            QCOMPARE(shown.window.state().hash(), end);
            QCOMPARE(undo.count(), steps);
        }
    }

    void eachKindOfChangeIsOneStepWithAName() {
        Shown shown(m_image);
        QUndoStack& undo = shown.window.session().undoStack();
        shown.window.setOverlay(OverlayKind::kRelevance);
        QCOMPARE(undo.undoText(), QStringLiteral("change of overlay"));
        shown.window.canvas()->setPinned(GridMap::Cell{3, 4});
        QCOMPARE(undo.undoText(), QStringLiteral("change of pinned token"));
        shown.window.session().setQuestion(QStringLiteral("Is there a cat?"));
        QCOMPARE(undo.undoText(), QStringLiteral("change of question"));
        QCOMPARE(undo.count(), 3);
        undo.undo();
        QCOMPARE(shown.window.questionPanel()->questionBox()->currentText(), QStringLiteral("Is there a pot?"));
        undo.undo();
        QVERIFY(!shown.window.canvas()->pinned());
        undo.undo();
        QCOMPARE(shown.window.overlayBar()->kind(), OverlayKind::kRetained);
    }

    void changesOfOneControlMergeWithin100Ms() {
        Shown shown(m_image);
        QUndoStack& undo = shown.window.session().undoStack();
        QSlider* opacity = shown.window.overlayBar()->opacitySlider();
        opacity->setSliderDown(true);   // held: one step however long it takes
        for (int i = 0; i < 5; ++i) {
            opacity->setValue(10 + i);
            QTest::qWait(60);
        }
        opacity->setSliderDown(false);
        QCOMPARE(undo.count(), 1);
        QTest::qWait(120);
        shown.window.setOverlay(OverlayKind::kRelevance);
        QTest::qWait(120);
        shown.window.setOverlay(OverlayKind::kGspScore);
        QCOMPARE(undo.count(), 3);
        QLineEdit* field = shown.window.questionPanel()->questionBox()->lineEdit();
        shown.window.activateWindow();
        field->setFocus();
        QVERIFY(QTest::qWaitFor([&] { return field->hasFocus(); }));
        field->selectAll();
        QTest::keyClicks(field, QStringLiteral("A cat?"), Qt::NoModifier, 30);
        QCOMPARE(undo.count(), 4);   // typing is one step
        undo.undo();
        QCOMPARE(shown.window.session().question(), QStringLiteral("Is there a pot?"));
    }

    void anotherPictureIsNoStep() {
        Shown shown(m_image);
        shown.window.canvas()->setPinned(GridMap::Cell{3, 4});
        const int steps = shown.window.session().undoStack().count();
        const QString other = m_folder.filePath(QStringLiteral("other.png"));
        QVERIFY(testing::paintedScene(300, 500).save(other));
        shown.window.openImage(other);
        shown.service.decide();
        shown.settle();
        QCOMPARE(shown.window.session().imagePath(), other);
        QCOMPARE(shown.window.session().undoStack().count(), steps);
    }

    void saveLoadSaveIsByteEqual() {
        const QString first = m_folder.filePath(QStringLiteral("a.prunescope-session"));
        const QString second = m_folder.filePath(QStringLiteral("b.prunescope-session"));
        QByteArray hash;
        {
            Shown shown(m_image);
            RandomUser user(shown.window, 7);
            for (int i = 0; i < 80; ++i) {
                user.act();
            }
            shown.window.canvas()->setPinned(GridMap::Cell{5, 6});
            shown.window.canvas()->setView(2.375, QPointF(100.25, 90.5));
            shown.window.session().setLiveAnswers(false);
            QVERIFY(shown.window.saveSession(first).ok());
            hash = shown.window.state().hash();
        }
        Shown again;
        QVERIFY(again.window.openSession(first).ok());
        QVERIFY(again.window.saveSession(second).ok());   // even before the picture is there
        QCOMPARE(contentOf(second), contentOf(first));
        again.service.decide();
        again.settle();
        QVERIFY(again.window.saveSession(second).ok());
        QCOMPARE(contentOf(second), contentOf(first));
        QCOMPARE(again.window.state().hash(), hash);
        QCOMPARE(again.window.canvas()->pinned()->col, 6);
        QCOMPARE(again.window.canvas()->zoom(), 2.375);
        QCOMPARE(again.window.session().imagePath(), m_image);
        QCOMPARE(again.window.session().undoStack().count(), 0);
    }

    void unknownKeysAreKept() {
        const QString path = m_folder.filePath(QStringLiteral("newer.prunescope-session"));
        Shown shown(m_image);
        QVERIFY(shown.window.saveSession(path).ok());
        QJsonObject object = QJsonDocument::fromJson(contentOf(path)).object();
        object.insert(QStringLiteral("fromTheFuture"), QJsonArray{1, 2, 3});
        QJsonObject state = object.value(QStringLiteral("state")).toObject();
        state.insert(QStringLiteral("hologram"), QStringLiteral("on"));
        object.insert(QStringLiteral("state"), state);
        const QByteArray bytes = QJsonDocument(object).toJson();
        QVERIFY(atomicWriteFile(path.toStdString(), std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size()))).ok());
        QVERIFY(shown.window.openSession(path).ok());
        shown.service.decide();
        shown.settle();
        QVERIFY(shown.window.saveSession(path).ok());
        QCOMPARE(contentOf(path), bytes);
    }

    void pathsAreRelativeAndMoveWithTheFolder() {
        const QString path = m_folder.filePath(QStringLiteral("relative.prunescope-session"));
        Shown shown(m_image);
        QVERIFY(shown.window.saveSession(path).ok());
        QVERIFY(!contentOf(path).contains(m_folder.path().toUtf8()));
        QTemporaryDir elsewhere;
        const QString moved = elsewhere.filePath(QStringLiteral("relative.prunescope-session"));
        QVERIFY(QFile::copy(path, moved) && QFile::copy(m_image, elsewhere.filePath(QStringLiteral("scene.png"))));
        QVERIFY(shown.window.openSession(moved).ok());
        shown.service.decide();
        shown.settle();
        QCOMPARE(shown.window.session().imagePath(), elsewhere.filePath(QStringLiteral("scene.png")));
    }

    void badSessionsAreRefusedWithALine() {
        Shown shown(m_image);
        const QString path = m_folder.filePath(QStringLiteral("bad.prunescope-session"));
        const auto idFor = [&](const std::string& text) {
            return atomicWriteFile(path.toStdString(), text).ok() ? shown.window.openSession(path).error().id : std::string("not written");
        };
        QCOMPARE(idFor("{ \"format\": \"prunescope-ses"), std::string("SESSION-FORMAT"));
        QCOMPARE(idFor("[]"), std::string("SESSION-FORMAT"));
        QCOMPARE(idFor("{\"format\":\"prunescope-session\",\"schema\":99,\"state\":{}}"), std::string("SESSION-NEWER"));
        QCOMPARE(idFor("{\"format\":\"prunescope-session\",\"schema\":1}"), std::string("SESSION-FORMAT"));
        QCOMPARE(idFor("{\"format\":\"prunescope-session\",\"schema\":1,\"image\":7,\"state\":{}}"), std::string("SESSION-FORMAT"));
        const QByteArray before = shown.window.state().hash();
        QVERIFY(idFor("{\"format\":\"prunescope-session\",\"schema\":1,\"state\":[]}") == "SESSION-FORMAT");
        QCOMPARE(shown.window.state().hash(), before);
        QCOMPARE(shown.window.session().imagePath(), m_image);
        // wrong kinds of values inside fall back instead of failing
        QVERIFY(atomicWriteFile(path.toStdString(), std::string_view(R"({"format":"prunescope-session","schema":1,"state":{"pin":"x","parameters":{"tau":"NaN","keep":"40"},"overlay.kind":3}})")).ok());
        QVERIFY(shown.window.openSession(path).ok());
        QCOMPARE(*shown.window.session().options().keep, std::int64_t{40});
        QCOMPARE(shown.window.session().options().tau.value, PruneOptions{}.tau.value);
    }

    void autosaveIsOfferedAfterACrashAndNotAfterAGoodEnd() {
        QTemporaryDir states;
        QString copy;
        {
            Shown shown(m_image, states.path());
            shown.window.setOverlay(OverlayKind::kGreedyOrder);
            QTRY_VERIFY_WITH_TIMEOUT(!QDir(states.path()).entryList({QStringLiteral("window-*.prunescope-session")}).isEmpty(), 10000);
            const QString file = states.filePath(QDir(states.path()).entryList({QStringLiteral("window-*.prunescope-session")}).front());
            copy = contentOf(file);
            QVERIFY(Autosave::abandoned(states.path()).isEmpty());   // its process lives
        }
        QVERIFY(Autosave::abandoned(states.path()).isEmpty());
        {
            Shown calm(QString(), states.path());
            calm.window.offerRecovery();
            QVERIFY(!calm.window.messageBar()->isVisible());
        }
        QVERIFY(atomicWriteFile(states.filePath(QStringLiteral("window-1-0.prunescope-session")).toStdString(), copy.toStdString()).ok());
        Shown next(QString(), states.path());
        next.window.offerRecovery();
        QVERIFY(next.window.messageBar()->isVisible());
        next.window.session().openImage(m_image);   // a request that succeeds clears errors, not this
        QVERIFY(next.window.messageBar()->isVisible());
        for (QToolButton* button : next.window.messageBar()->findChildren<QToolButton*>()) {
            if (button->text() == QLatin1String("Restore")) {
                button->click();
                break;
            }
        }
        next.service.decide();
        next.settle();
        QCOMPARE(next.window.overlayBar()->kind(), OverlayKind::kGreedyOrder);
        QCOMPARE(next.window.session().imagePath(), m_image);
        QVERIFY(Autosave::abandoned(states.path()).isEmpty());
    }

    void killedSaverLeavesAWholeFileEachTime() {
        QTemporaryDir states;
        const QString path = states.filePath(QStringLiteral("victim.prunescope-session"));
        SessionDocument document;
        document.state.insert(QStringLiteral("generation"), 0);
        QVERIFY(writeSession(document, path).ok());
        std::mt19937 random(99);
        int newer = 0;
        for (int i = 0; i < 100; ++i) {
            QProcess saver;
            saver.start(QCoreApplication::applicationDirPath() + QStringLiteral("/ui_session_saver"), {path});
            QVERIFY(saver.waitForStarted());
            QVERIFY(saver.waitForReadyRead(20000));   // it is saving by now
            QTest::qSleep(static_cast<int>(random() % 6));
            ::kill(static_cast<pid_t>(saver.processId()), SIGKILL);
            saver.waitForFinished();
            const auto read = readSession(path);
            QVERIFY2(read.ok(), read.ok() ? "" : read.error().why.c_str());
            QCOMPARE(read->state.value(QStringLiteral("text")).toString().size(), read->state.value(QStringLiteral("generation")).toInt() == 0 ? 0 : 100000);
            newer += read->state.value(QStringLiteral("generation")).toInt() > 0 ? 1 : 0;
        }
        QVERIFY(newer > 50);   // the savers did save
    }

    void closingKeepsTheSessionForTheNextStart() {
        QTemporaryDir states;
        {
            Shown shown(m_image, states.path());
            shown.window.setOverlay(OverlayKind::kLocalRedundancy);
            shown.window.close();
        }
        Shown next(QString(), states.path());
        QAction* last = next.window.commands().action(QStringLiteral("file.lastSession"));
        next.window.commands().refresh();
        QVERIFY(last->isEnabled());
        last->trigger();
        QCOMPARE(next.window.overlayBar()->kind(), OverlayKind::kLocalRedundancy);
    }

    void recentFilesAreCommands() {
        Shown shown(m_image);
        const QString gone = m_folder.filePath(QStringLiteral("gone & away.png"));
        QVERIFY(QFile::copy(m_image, gone));
        shown.window.openImage(gone);
        QCOMPARE(plainText(shown.window.commands().action(QStringLiteral("file.recent.0"))->text()), QStringLiteral("gone & away.png"));
        QCOMPARE(plainText(shown.window.commands().action(QStringLiteral("file.recent.1"))->text()), QStringLiteral("scene.png"));
        QVERIFY(QFile::remove(gone));
        shown.window.commands().refresh();
        QVERIFY(!shown.window.commands().action(QStringLiteral("file.recent.0"))->isEnabled());
        shown.window.commands().action(QStringLiteral("file.recent.1"))->trigger();
        QCOMPARE(shown.window.session().pendingImagePath(), m_image);
        shown.window.commands().action(QStringLiteral("file.recent.clear"))->trigger();
        QVERIFY(shown.window.commands().action(QStringLiteral("file.recent.0")) == nullptr);
    }

    void pasteOpensPicturesAndFiles() {
        QTemporaryDir states;
        Shown shown(m_image, states.path());
        QApplication::clipboard()->setImage(testing::paintedScene(320, 240));
        shown.window.pasteImage();
        QVERIFY(shown.window.session().pendingImagePath().startsWith(states.path()));
        QCOMPARE(QImage(shown.window.session().pendingImagePath()).size(), QSize(320, 240));
        auto* files = new QMimeData;
        files->setUrls({QUrl::fromLocalFile(m_image)});
        QApplication::clipboard()->setMimeData(files);
        shown.window.pasteImage();
        QCOMPARE(shown.window.session().pendingImagePath(), m_image);
        QApplication::clipboard()->setText(QStringLiteral("just words"));
        shown.window.pasteImage();
        QVERIFY(shown.window.messageBar()->details().contains(QStringLiteral("PASTE-EMPTY")));
    }

    void dropOpensSessionsAndPictures() {
        const QString path = m_folder.filePath(QStringLiteral("dropped.prunescope-session"));
        Shown shown(m_image);
        shown.window.setOverlay(OverlayKind::kRelevance);
        QVERIFY(shown.window.saveSession(path).ok());
        Shown next;
        QMimeData files;
        files.setUrls({QUrl::fromLocalFile(path)});
        QDragEnterEvent enter(QPoint(100, 100), Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&next.window, &enter);
        QDropEvent drop(QPointF(100, 100), Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&next.window, &drop);
        QCOMPARE(next.window.overlayBar()->kind(), OverlayKind::kRelevance);
        QMimeData picture;
        picture.setImageData(testing::paintedScene(64, 64));
        QDragEnterEvent again(QPoint(100, 100), Qt::CopyAction, &picture, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&next.window, &again);
        QVERIFY(again.isAccepted());
        QDropEvent second(QPointF(100, 100), Qt::CopyAction, &picture, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&next.window, &second);
        QCOMPARE(QImage(next.window.session().pendingImagePath()).size(), QSize(64, 64));
        QVERIFY(QFile::remove(next.window.session().pendingImagePath()));
    }
};

}  // namespace

QTEST_MAIN(TestSession)
#include "test_session.moc"
