// SPDX-License-Identifier: GPL-3.0-or-later

// The command registry: every action in a menu, keys without conflict, palette, cheat sheet, rebinding that is kept.

#include "tests/ui/manual_window.h"
#include "ui/dialogs/cheat_sheet.h"
#include "ui/dialogs/command_palette.h"
#include "ui/dialogs/key_dialog.h"
#include "ui/viewmodel/fuzzy_match.h"
#include "ui/viewmodel/sample_scenes.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/main_window.h"

#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QKeySequenceEdit>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QTreeWidget>

using namespace prunescope;
using testing::FakeService;
using testing::ManualWindow;

namespace {

class TestCommands : public QObject {
    Q_OBJECT

private:
    struct Shown : ManualWindow {
        Shown() : ManualWindow(setupWithScene()) {}
        static WindowSetup setupWithScene() {
            WindowSetup setup;
            SampleScene scene;
            scene.title = QStringLiteral("Kitchen");
            scene.imagePath = QStringLiteral("/nowhere/kitchen.png");
            scene.questions = {QStringLiteral("Is there a pot?"), QStringLiteral("What colour is it?")};
            setup.scenes = {scene};
            return setup;
        }
    };

    static void collect(const QList<QAction*>& actions, QSet<QAction*>& into) {
        for (QAction* action : actions) {
            if (action->menu() != nullptr) {
                collect(action->menu()->actions(), into);
            } else if (!action->isSeparator()) {
                into.insert(action);
            }
        }
    }

private Q_SLOTS:
    void initTestCase() {
        applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), Theme::kLight);
    }

    void menuOfTheShippedScenesFitsTheSmallestWindow() {
        const auto scenes = readSampleScenes(std::filesystem::path(PRUNESCOPE_SOURCE_DIR) / "sample_data" / "scenes");
        QVERIFY(scenes.ok());
        WindowSetup setup;
        setup.scenes = *scenes;
        FakeService service{FakeService::Mode::kManual};
        const MainWindow window(service, setup);
        QMenu* samples = nullptr;
        for (QMenu* menu : window.findChildren<QMenu*>()) {
            samples = menu->title().remove(QLatin1Char('&')) == QStringLiteral("Sample scenes") ? menu : samples;
        }
        QVERIFY(samples != nullptr);
        QCOMPARE(samples->actions().size(), qsizetype(scenes->size()));
        QVERIFY2(samples->sizeHint().height() < 700, qPrintable(QString::number(samples->sizeHint().height())));
        int widest = 0;
        for (QAction* action : samples->actions()) {
            QCOMPARE(action->menu()->actions().size(), qsizetype(scenes->at(std::size_t(samples->actions().indexOf(action))).questions.size()));
            widest = std::max(widest, action->menu()->sizeHint().width());
        }
        QVERIFY2(samples->sizeHint().width() + widest < 800, qPrintable(QString::number(widest)));
        if (const QByteArray file = qgetenv("PRUNESCOPE_MENU_PICTURE"); !file.isEmpty()) {
            samples->ensurePolished();
            samples->resize(samples->sizeHint());
            QVERIFY(samples->grab().save(QString::fromLocal8Bit(file)));
        }
    }

    void everyActionIsInAMenuAndInTheRegistry() {
        Shown shown;
        QSet<QAction*> inMenus;
        collect(shown.window.menuBar()->actions(), inMenus);
        QSet<QAction*> declared;
        QSet<QString> ids;
        for (const CommandRegistry::Entry& entry : shown.window.commands().entries()) {
            QVERIFY2(inMenus.contains(entry.action), qPrintable(entry.command.id));
            QVERIFY2(!entry.command.tip.isEmpty(), qPrintable(entry.command.id));
            QVERIFY2(!entry.place.isEmpty(), qPrintable(entry.command.id));
            QVERIFY2(!ids.contains(entry.command.id), qPrintable(entry.command.id));
            ids.insert(entry.command.id);
            declared.insert(entry.action);
        }
        for (QAction* action : inMenus) {
            QVERIFY2(declared.contains(action), qPrintable(action->text()));
        }
        for (QAction* action : shown.window.findChildren<QAction*>()) {   // nor does an action with a key hide anywhere else
            QVERIFY2(action->shortcuts().isEmpty() || declared.contains(action) || qobject_cast<QLineEdit*>(action->parent()) != nullptr, qPrintable(action->text()));
        }
        QVERIFY(declared.size() >= 30);
    }

    void noTwoActionsShareAKey() {
        Shown shown;
        CommandRegistry& commands = shown.window.commands();
        for (const CommandRegistry::Entry& entry : commands.entries()) {
            QVERIFY2(commands.setKeys(entry.command.id, entry.command.keys).ok(), qPrintable(entry.command.id));
        }
    }

    void conflictIsRefusedAndNothingChanges() {
        Shown shown;
        CommandRegistry& commands = shown.window.commands();
        const QList<QKeySequence> before = commands.action(QStringLiteral("view.grid"))->shortcuts();
        const auto taken = commands.setKeys(QStringLiteral("view.grid"), {QKeySequence(Qt::CTRL | Qt::Key_W)});
        QVERIFY(!taken && taken.error().id == "KEYS-CONFLICT");
        QVERIFY(QString::fromStdString(taken.error().why).contains(QStringLiteral("Whole original image")));
        const auto prefix = commands.setKeys(QStringLiteral("view.grid"), {QKeySequence(QStringLiteral("Ctrl+W, X"))});
        QVERIFY(!prefix);   // the first half alone would fire the other one
        QCOMPARE(commands.action(QStringLiteral("view.grid"))->shortcuts(), before);
        QVERIFY(!commands.setKeys(QStringLiteral("no.such"), {}));
    }

    void reboundKeyWorksAndIsKept() {
        const QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("settings.ini"));
        {
            Shown shown;
            CommandRegistry& commands = shown.window.commands();
            QVERIFY(commands.setKeys(QStringLiteral("view.whole"), {}).ok());
            QVERIFY(commands.setKeys(QStringLiteral("view.grid"), {QKeySequence(Qt::CTRL | Qt::Key_W)}).ok());
            shown.window.activateWindow();
            QAction* grid = commands.action(QStringLiteral("view.grid"));
            QVERIFY(!grid->isChecked());
            QTest::keyClick(&shown.window, Qt::Key_W, Qt::ControlModifier);
            QVERIFY(grid->isChecked());
            QSettings settings(file, QSettings::IniFormat);
            commands.writeKeys(settings);
            QCOMPARE(settings.allKeys().size(), 2);   // only what differs from the defaults
        }
        Shown again;
        CommandRegistry& commands = again.window.commands();
        QSettings settings(file, QSettings::IniFormat);
        settings.setValue(QStringLiteral("keys/from.the.future"), QStringList{QStringLiteral("Ctrl+J")});
        commands.readKeys(settings);
        QVERIFY(commands.action(QStringLiteral("view.whole"))->shortcuts().isEmpty());
        QCOMPARE(commands.action(QStringLiteral("view.grid"))->shortcut(), QKeySequence(Qt::CTRL | Qt::Key_W));
        commands.resetAllKeys();
        QVERIFY(commands.hasDefaultKeys(QStringLiteral("view.grid")) && commands.hasDefaultKeys(QStringLiteral("view.whole")));
    }

    void fuzzyScoreRanks() {
        QVERIFY(!fuzzyScore(QStringLiteral("xyz"), QStringLiteral("Open image")));
        QVERIFY(!fuzzyScore(QStringLiteral("oo"), QStringLiteral("Open image")));
        QCOMPARE(fuzzyScore(QString(), QStringLiteral("anything")), std::optional<int>(0));
        QVERIFY(*fuzzyScore(QStringLiteral("oi"), QStringLiteral("Open image")) > *fuzzyScore(QStringLiteral("oi"), QStringLiteral("Zoom in")));
        QVERIFY(*fuzzyScore(QStringLiteral("gsp"), QStringLiteral("View GSP score")) > *fuzzyScore(QStringLiteral("gsp"), QStringLiteral("Figure as picture")));
    }

    void paletteFindsAndRuns() {
        Shown shown;
        CommandPalette palette(shown.window.commands(), &shown.window);
        palette.show();
        QCOMPARE(palette.list()->topLevelItemCount(), static_cast<int>(shown.window.commands().entries().size()));
        QTest::keyClicks(palette.field(), QStringLiteral("patch gr"));
        QCOMPARE(palette.list()->topLevelItem(0)->data(0, Qt::UserRole).toString(), QStringLiteral("view.grid"));
        QCOMPARE(palette.list()->topLevelItem(0)->text(1), QStringLiteral("Ctrl+G"));
        QTest::keyClick(palette.field(), Qt::Key_Return);
        QVERIFY(!palette.isVisible());
        QTRY_VERIFY(shown.window.commands().action(QStringLiteral("view.grid"))->isChecked());
    }

    void paletteListsWhatCannotBeUsedButDoesNotRunIt() {
        Shown shown;
        CommandPalette palette(shown.window.commands(), &shown.window);
        palette.show();
        QTest::keyClicks(palette.field(), QStringLiteral("copy canvas"));
        QVERIFY(palette.list()->topLevelItem(0)->isDisabled());   // there is no picture yet
        QTest::keyClick(palette.field(), Qt::Key_Return);
        QVERIFY(palette.isVisible());
        palette.field()->clear();
        QTest::keyClick(palette.field(), Qt::Key_Down);
        QVERIFY(palette.list()->currentItem() != palette.list()->topLevelItem(0));
    }

    void sampleQuestionsAreCommands() {
        Shown shown;
        const auto* entry = shown.window.commands().find(QStringLiteral("file.sample.0.1"));
        QVERIFY(entry != nullptr);
        QCOMPARE(entry->place, QStringLiteral("File › Sample scenes › Kitchen"));
        entry->action->trigger();
        QCOMPARE(shown.window.session().question(), QStringLiteral("What colour is it?"));
    }

    void cheatSheetNamesEveryKeyThatIsBound() {
        Shown shown;
        CommandRegistry& commands = shown.window.commands();
        QVERIFY(commands.setKeys(QStringLiteral("view.actual"), {QKeySequence(Qt::CTRL | Qt::Key_J)}).ok());
        CheatSheet sheet(commands, &shown.window);
        const QString text = sheet.page()->toPlainText();
        for (const CommandRegistry::Entry& entry : commands.entries()) {
            const QString keys = keysText(entry.action->shortcuts());
            QVERIFY2(keys.isEmpty() || (text.contains(keys) && text.contains(plainText(entry.action->text()))), qPrintable(entry.command.id));
        }
        QVERIFY(text.contains(QStringLiteral("Ctrl+J")));
        QVERIFY(text.contains(QStringLiteral("Retained tokens ✓")));
    }

    void keyDialogRefusesAndAssigns() {
        Shown shown;
        CommandRegistry& commands = shown.window.commands();
        KeyDialog dialog(commands, &shown.window);
        dialog.show();
        dialog.select(QStringLiteral("view.actual"));
        dialog.keyField()->setKeySequence(QKeySequence(Qt::CTRL | Qt::Key_G));
        dialog.assignButton()->click();
        QVERIFY2(dialog.message().contains(QStringLiteral("Patch grid")), qPrintable(dialog.message()));
        QVERIFY(commands.action(QStringLiteral("view.actual"))->shortcuts().isEmpty());
        dialog.keyField()->setKeySequence(QKeySequence(Qt::ALT | Qt::Key_1));
        dialog.assignButton()->click();
        QVERIFY(dialog.message().isEmpty());
        QCOMPARE(commands.action(QStringLiteral("view.actual"))->shortcut(), QKeySequence(Qt::ALT | Qt::Key_1));
    }

    void panelsHideAndTheLayoutReturns() {
        Shown shown;
        auto* dock = shown.window.findChild<QDockWidget*>(QStringLiteral("tokenDock"));
        QVERIFY(dock->isVisible());
        shown.window.commands().action(QStringLiteral("view.panel.tokenDock"))->trigger();
        QVERIFY(!dock->isVisible());
        shown.window.addDockWidget(Qt::BottomDockWidgetArea, shown.window.findChild<QDockWidget*>(QStringLiteral("parameterDock")));
        shown.window.commands().action(QStringLiteral("view.panel.reset"))->trigger();
        QTRY_VERIFY(dock->isVisible());
        QCOMPARE(shown.window.dockWidgetArea(shown.window.findChild<QDockWidget*>(QStringLiteral("parameterDock"))), Qt::RightDockWidgetArea);
    }

    void plainTextDropsMnemonics() {
        QCOMPARE(plainText(QStringLiteral("&Open image…")), QStringLiteral("Open image"));
        QCOMPARE(plainText(QStringLiteral("打开图像(&O)…")), QStringLiteral("打开图像"));
        QCOMPARE(plainText(QStringLiteral("Salt && pepper")), QStringLiteral("Salt & pepper"));
    }
};

}  // namespace

QTEST_MAIN(TestCommands)
#include "test_commands.moc"
