// SPDX-License-Identifier: GPL-3.0-or-later

// Menus, actions and what they open.

#include "ui/widgets/main_window.h"

#include "ui/dialogs/cheat_sheet.h"
#include "ui/dialogs/command_palette.h"
#include "ui/dialogs/key_dialog.h"
#include "ui/viewmodel/option_text.h"
#include "ui/viewmodel/translation.h"
#include "ui/widgets/budget_strip.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/compare_panel.h"
#include "ui/widgets/inspector.h"
#include "ui/widgets/latency_panel.h"
#include "ui/widgets/lens_bar.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/overlay_bar.h"
#include "ui/widgets/parameter_panel.h"
#include "ui/widgets/question_panel.h"
#include "ui/widgets/scrubber.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QVBoxLayout>

#include <array>

namespace prunescope {

QMenu* MainWindow::addMenu(const QString& title) {
    QMenu* menu = menuBar()->addMenu(title);
    menu->setToolTipsVisible(true);
    return menu;
}

void MainWindow::buildMenus() {
    buildFileMenu();
    buildEditMenu();
    buildViewMenu();
    buildPruneMenu();
    buildRunMenu();
    buildHelpMenu();
    for (auto signal : {&SessionModel::activityChanged, &SessionModel::decisionChanged, &SessionModel::optionsChanged, &SessionModel::imageChanged, &SessionModel::modelChanged}) {
        connect(&m_session, signal, m_commands, &CommandRegistry::refresh);
    }
    connect(m_overlayBar, &OverlayBar::changed, m_commands, &CommandRegistry::refresh);
}

void MainWindow::buildFileMenu() {
    QMenu* menu = addMenu(tr("&File"));
    const auto hasPicture = [this] { return !m_canvas->scene().picture.isNull(); };
    m_commands->add(menu, {QStringLiteral("file.open"), tr("&Open…"), tr("Open an image, a trace or a session"), {QKeySequence::Open}, [this] { chooseImage(); }});
    m_recentMenu = menu->addMenu(tr("Open &recent"));
    refreshRecent();
    buildSampleMenu(menu->addMenu(tr("Sa&mple scenes")));
    menu->addSeparator();
    m_commands->add(menu, {QStringLiteral("file.model"), tr("Open model &folder…"), tr("Load another model"), {Qt::CTRL | Qt::SHIFT | Qt::Key_O}, [this] { chooseModel(); }});
    menu->addSeparator();
    buildSessionMenu(menu);
    menu->addSeparator();
    m_commands->add(menu, {QStringLiteral("file.saveCanvas"), tr("&Export canvas as PNG…"), tr("Write canvas and legend to a file"), {Qt::CTRL | Qt::Key_E}, [this] { chooseFigureFile(); }, hasPicture});
    menu->addSeparator();
    m_commands->add(menu, {QStringLiteral("file.quit"), tr("&Quit"), tr("Close the window"), {Qt::CTRL | Qt::Key_Q}, [this] { close(); }});
}

void MainWindow::buildSampleMenu(QMenu* samples) {
    samples->setEnabled(!m_setup.scenes.empty());
    samples->setToolTipsVisible(true);
    int sceneNumber = 0;
    for (const SampleScene& scene : m_setup.scenes) {
        QMenu* entry = samples->addMenu(scene.title.isEmpty() ? QFileInfo(scene.imagePath).fileName() : scene.title);
        entry->setToolTip(scene.licence);
        int number = 0;
        for (const QString& question : scene.questions) {
            const auto ask = [this, scene, question] {
                SampleScene asked = scene;
                asked.questions.removeAll(question);
                asked.questions.prepend(question);
                openScene(asked);
            };
            m_commands->add(entry, {QStringLiteral("file.sample.%1.%2").arg(sceneNumber).arg(number++), question, tr("Open this scene and ask this"), {}, ask});
        }
        ++sceneNumber;
    }
}

void MainWindow::buildEditMenu() {
    QMenu* menu = addMenu(tr("&Edit"));
    QAction* undo = m_session.undoStack().createUndoAction(this, tr("&Undo"));
    QAction* redo = m_session.undoStack().createRedoAction(this, tr("&Redo"));
    m_commands->adopt(menu, undo, {"edit.undo", tr("&Undo"), tr("Take back the last change"), {QKeySequence::Undo}});
    m_commands->adopt(menu, redo, {"edit.redo", tr("&Redo"), tr("Make the change again"), {QKeySequence::Redo}});
    menu->addSeparator();
    m_commands->add(menu, {QStringLiteral("edit.copyCanvas"), tr("&Copy canvas"), tr("Copy the picture with its overlay"), {Qt::CTRL | Qt::SHIFT | Qt::Key_C}, [this] { copyCanvas(); },
                           [this] { return !m_canvas->scene().picture.isNull(); }});
    m_commands->add(menu, {QStringLiteral("edit.paste"), tr("P&aste image"), tr("Open the picture or file in the clipboard"), {QKeySequence::Paste}, [this] { pasteImage(); }});
    menu->addSeparator();
    m_commands->add(menu, {QStringLiteral("edit.resetParameters"), tr("Reset all &parameters"), tr("Every parameter back to its default"), {},
                           [this] { m_session.setOptions(PruneOptions{}, tr("all parameters")); }, [this] { return !sameOptions(m_session.options(), PruneOptions{}); }});
    menu->addSeparator();
    m_commands->add(menu, {QStringLiteral("edit.keys"), tr("Change &keys…"), tr("Bind other keys to actions"), {}, [this] { editKeys(); }});
}

void MainWindow::buildViewMenu() {
    QMenu* menu = addMenu(tr("&View"));
    int number = 1;
    for (const OverlayKind kind : kOverlayKinds) {
        const QKeySequence key = number <= 9 ? QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_0 + number)) : QKeySequence();
        m_commands->add(menu, {QStringLiteral("view.overlay.") + wordOf(kind), QStringLiteral("&%1").arg(titleOf(kind)), tr("Show this overlay"), key.isEmpty() ? QList<QKeySequence>{} : QList<QKeySequence>{key},
                               [this, kind] { setOverlay(kind); }, {}, [this, kind] { return m_overlayBar->kind() == kind; }});
        ++number;
    }
    menu->addSeparator();
    QMenu* maps = menu->addMenu(tr("Colour &map"));
    for (const ColourMap map : kColourMaps) {
        m_commands->add(maps, {QStringLiteral("view.map.") + nameOf(map), nameOf(map), tr("Colour map of heat overlays"), {}, [this, map] { setColourMap(map); }, {},
                               [this, map] { return m_overlayBar->colourMap() == map; }});
    }
    m_commands->add(menu, {QStringLiteral("view.paper"), tr("&Paper style"), tr("Dropped tokens under 65 % white, heat in jet at 50 %: to match published figures"), {},
                           [this] { m_overlayBar->setPaper(!m_overlayBar->paper()); }, {}, [this] { return m_overlayBar->paper(); }});
    m_commands->add(menu, {QStringLiteral("view.whole"), tr("&Whole original image"), tr("Show what the model does not see, hatched"), {Qt::CTRL | Qt::Key_W},
                           [this] { m_overlayBar->setOriginal(!m_overlayBar->original()); }, {}, [this] { return m_overlayBar->original(); }});
    m_commands->add(menu, {QStringLiteral("view.grid"), tr("Patch &grid"), tr("Lines between patches"), {Qt::CTRL | Qt::Key_G}, [this] { setGridLines(!m_gridLines); }, {}, [this] { return m_gridLines; }});
    menu->addSeparator();
    m_commands->add(menu, {QStringLiteral("view.zoomIn"), tr("Zoom &in"), tr("Larger"), {QKeySequence::ZoomIn}, [this] { m_canvas->zoomBy(1.25); }});
    m_commands->add(menu, {QStringLiteral("view.zoomOut"), tr("Zoom &out"), tr("Smaller"), {QKeySequence::ZoomOut}, [this] { m_canvas->zoomBy(0.8); }});
    m_commands->add(menu, {QStringLiteral("view.fit"), tr("&Fit"), tr("Fit the picture into the canvas"), {Qt::CTRL | Qt::Key_0}, [this] { m_canvas->fitView(); }});
    m_commands->add(menu, {QStringLiteral("view.actual"), tr("One to on&e"), tr("One image pixel on one screen pixel"), {}, [this] { m_canvas->actualPixels(); }});
    menu->addSeparator();
    QMenu* panels = menu->addMenu(tr("&Panels"));
    for (QDockWidget* dock : m_docks) {
        m_commands->adopt(panels, dock->toggleViewAction(), {QStringLiteral("view.panel.") + dock->objectName(), dock->windowTitle(), tr("Show or hide this panel"), {}});
    }
    panels->addSeparator();
    m_commands->add(panels, {QStringLiteral("view.panel.reset"), tr("&Reset layout"), tr("All panels back to their places"), {}, [this] { resetLayout(); }});
    QMenu* themes = menu->addMenu(tr("&Theme"));
    const std::array<std::pair<Theme, QString>, 3> choices{{{Theme::kSystem, tr("&System")}, {Theme::kLight, tr("&Light")}, {Theme::kDark, tr("&Dark")}}};
    for (const auto& [theme, title] : choices) {
        m_commands->add(themes, {QStringLiteral("view.theme.") + wordOf(theme), title, tr("Colours of the window"), {}, [this, chosen = theme] { setTheme(chosen); }, {},
                                 [this, chosen = theme] { return m_setup.theme == chosen; }});
    }
    buildLanguageMenu(menu->addMenu(tr("&Language")));
}

void MainWindow::buildPruneMenu() {
    QMenu* menu = addMenu(tr("&Prune"));
    addScrubCommands(*m_commands, menu, m_session, *m_parameters->scrubber(), m_canvas);
    addFlipCommand(*m_commands, menu, m_session);
    menu->addSeparator();
    m_inspector->addCommands(*m_commands, menu);
    menu->addSeparator();
    addCompareCommands(*m_commands, menu, *m_compareModel, m_canvas);
    connect(m_compareModel, &CompareModel::changed, m_commands, &CommandRegistry::refresh);
}

void MainWindow::buildLanguageMenu(QMenu* menu) {
    for (const char* word : kLanguages) {
        const QString language = QLatin1String(word);
        m_commands->add(menu, {QStringLiteral("view.language.") + language, languageTitle(language), tr("Language of the window"), {}, [this, language] { chooseLanguage(language); }, {},
                               [this, language] { return m_setup.language == language; }});
    }
}

void MainWindow::buildRunMenu() {
    QMenu* menu = addMenu(tr("&Run"));
    m_commands->add(menu, {QStringLiteral("run.run"), tr("&Run"), tr("Decide and answer, pruned and unpruned"), {Qt::CTRL | Qt::Key_Return, Qt::CTRL | Qt::Key_Enter}, [this] { m_session.run(); },
                           [this] { return m_question->runButton()->isEnabled(); }});
    m_commands->add(menu, {QStringLiteral("run.question"), tr("&Edit question"), tr("Go to the question"), {Qt::CTRL | Qt::Key_L}, [this] {
                               m_question->questionBox()->setFocus();
                               m_question->questionBox()->lineEdit()->selectAll();
                           }});
    addLensCommands(*m_commands, menu, *m_lens, *m_tabs, m_canvas);
    connect(m_tabs, &QuestionTabs::changed, m_commands, &CommandRegistry::refresh);
    m_commands->add(menu, {QStringLiteral("run.stop"), tr("&Stop"), tr("Stop what runs"), {Qt::Key_Escape}, [this] { m_session.cancel(); }, [this] { return m_session.busy(); }});
    m_commands->add(menu, {QStringLiteral("run.measure"), tr("&Measure"), tr("Repeat both runs, for medians and the break-even budget"), {Qt::CTRL | Qt::Key_M}, [this] { m_latency->measure(); },
                           [this] { return m_latency->measureButton()->isEnabled(); }});
    menu->addSeparator();
    m_commands->add(menu, {QStringLiteral("run.live"), tr("&Answer while parameters change"), tr("Ask again after 150 ms of rest"), {}, [this] { m_session.setLiveAnswers(!m_session.liveAnswers()); }, {},
                           [this] { return m_session.liveAnswers(); }});
}

void MainWindow::buildHelpMenu() {
    QMenu* menu = addMenu(tr("&Help"));
    m_commands->add(menu, {QStringLiteral("help.palette"), tr("&Command palette…"), tr("Find any action by a few letters"), {Qt::CTRL | Qt::SHIFT | Qt::Key_P}, [this] { showPalette(); }});
    m_commands->add(menu, {QStringLiteral("help.keys"), tr("&Keys"), tr("List of keys"), {Qt::Key_Question, QKeySequence::HelpContents}, [this] { showShortcuts(); }});
    m_commands->add(menu, {QStringLiteral("help.about"), tr("&About PruneScope"), tr("Versions and licence"), {}, [this] { showAbout(); }});
}

void MainWindow::setOverlay(OverlayKind kind) {
    m_overlayBar->setKind(kind);
}

void MainWindow::setColourMap(ColourMap map) {
    m_overlayBar->setColourMap(map);
}

void MainWindow::setGridLines(bool on) {
    m_gridLines = on;
    m_state.changed(QStringLiteral("overlay.grid"));
    m_commands->refresh();
    refreshScene();
}

void MainWindow::setTheme(Theme theme) {
    m_setup.theme = theme;
    if (auto* application = qobject_cast<QApplication*>(QCoreApplication::instance())) {
        applyTheme(*application, theme);
    }
    m_commands->refresh();
    refreshScene();
}

void MainWindow::chooseLanguage(const QString& language) {
    m_setup.language = language;
    m_commands->refresh();
    if (m_setup.useSettings) {
        QSettings().setValue(QStringLiteral("view/language"), language);
    }
    std::vector<std::pair<QString, std::function<void()>>> answers;
    if (m_setup.useSettings && !m_setup.stateFolder.isEmpty()) {
        answers.emplace_back(tr("Start again now"), [this] { restart(); });
    }
    m_message->showNotice(tr("The language changes at the next start."), answers);
}

/// The same program again with the session of now.
void MainWindow::restart() {
    if (!close()) {
        return;
    }
    const QString last = m_setup.stateFolder + QStringLiteral("/last.prunescope-session");
    QProcess::startDetached(QCoreApplication::applicationFilePath(), QFileInfo::exists(last) ? QStringList{last} : QStringList{});
}

void MainWindow::chooseImage() {
    const QString start = m_session.imagePath().isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::PicturesLocation) : QFileInfo(m_session.imagePath()).path();
    const QString path = QFileDialog::getOpenFileName(this, tr("Open"), start,
                                                      tr("Images, traces, sessions (*.png *.jpg *.jpeg *.bmp *.webp *.tif *.tiff *.gif *.pnm *.ppm *.prunescope *.prunescope-session);;All files (*)"));
    if (!path.isEmpty()) {
        openPath(path);
    }
}

void MainWindow::chooseModel() {
    ModelDialog dialog(m_setup.modelFolders, m_session.modelFolder(), m_setup.inspectModel, this);
    if (dialog.exec() == QDialog::Accepted && !dialog.chosenFolder().isEmpty()) {
        m_session.loadModel(dialog.chosenFolder(), m_setup.load);
    }
}

void MainWindow::chooseFigureFile() {
    const QString proposal = QFileInfo(m_session.imagePath()).completeBaseName() + QStringLiteral("-%1.png").arg(wordOf(m_overlayBar->kind()));
    const QString path = QFileDialog::getSaveFileName(this, tr("Save canvas"), proposal, tr("PNG picture (*.png)"));
    if (path.isEmpty()) {
        return;
    }
    if (const Result<void> saved = saveCanvas(path); !saved) {
        showError(saved.error());
    }
}

void MainWindow::copyCanvas() {
    if (!m_canvas->scene().picture.isNull()) {
        constexpr int kSide = 1008;
        QApplication::clipboard()->setImage(figure(kSide));
    }
}

void MainWindow::showShortcuts() {
    CheatSheet sheet(*m_commands, this);
    connect(&sheet, &CheatSheet::editRequested, this, &MainWindow::editKeys, Qt::QueuedConnection);
    sheet.exec();
}

void MainWindow::showPalette() {
    CommandPalette palette(*m_commands, this);
    palette.exec();
}

void MainWindow::editKeys() {
    KeyDialog dialog(*m_commands, this);
    dialog.exec();
    if (m_setup.useSettings) {
        QSettings settings;
        m_commands->writeKeys(settings);
    }
}

void MainWindow::showAbout() {
    QMessageBox box(QMessageBox::NoIcon, tr("About PruneScope"),
                    tr("<p><b>PruneScope %1</b></p><p>Shows which visual tokens a pruning method keeps on LLaVA models, and why.</p><p>GPL-3.0-or-later</p>").arg(m_setup.version),
                    QMessageBox::Close, this);
    box.setTextFormat(Qt::RichText);
    box.setInformativeText(m_setup.aboutText.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>")));
    box.exec();
}

}  // namespace prunescope
