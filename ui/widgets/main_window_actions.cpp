// SPDX-License-Identifier: GPL-3.0-or-later

// Menus, actions and what they open.

#include "ui/widgets/main_window.h"

#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/overlay_bar.h"
#include "ui/widgets/question_panel.h"

#include <QAction>
#include <QActionGroup>
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
#include <QStandardPaths>
#include <QVBoxLayout>

#include <array>

namespace prunescope {

QAction* MainWindow::addAction(QMenu* menu, const QString& text, const QKeySequence& key, const QString& tip) {
    QAction* action = menu->addAction(text);
    action->setShortcut(key);
    action->setStatusTip(tip);
    return action;
}

QAction* MainWindow::addViewAction(QMenu* menu, const QString& text, const QKeySequence& key, const QString& tip) {
    QAction* action = addAction(menu, text, key, tip);
    action->setCheckable(true);
    return action;
}

void MainWindow::buildMenus() {
    buildFileMenu();
    buildEditMenu();
    buildViewMenu();
    buildRunMenu();
    buildHelpMenu();
}

void MainWindow::buildFileMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&File"));
    connect(addAction(menu, tr("&Open image…"), QKeySequence::Open, tr("Open an image file")), &QAction::triggered, this, &MainWindow::chooseImage);
    QMenu* samples = menu->addMenu(tr("&Sample scenes"));
    samples->setEnabled(!m_setup.scenes.empty());
    samples->setToolTipsVisible(true);
    for (const SampleScene& scene : m_setup.scenes) {
        QMenu* entry = samples->addMenu(scene.title.isEmpty() ? QFileInfo(scene.imagePath).fileName() : scene.title);
        entry->setToolTip(scene.licence);
        for (const QString& question : scene.questions) {
            connect(entry->addAction(question), &QAction::triggered, this, [this, scene, question] {
                SampleScene asked = scene;
                asked.questions.removeAll(question);
                asked.questions.prepend(question);
                openScene(asked);
            });
        }
    }
    menu->addSeparator();
    connect(addAction(menu, tr("Open &model folder…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O), tr("Load another model")), &QAction::triggered, this, &MainWindow::chooseModel);
    menu->addSeparator();
    connect(addAction(menu, tr("&Save canvas as PNG…"), QKeySequence::Save, tr("Write canvas and legend to a file")), &QAction::triggered, this, &MainWindow::chooseFigureFile);
    menu->addSeparator();
    connect(addAction(menu, tr("&Quit"), QKeySequence::Quit, tr("Close the window")), &QAction::triggered, this, &MainWindow::close);
}

void MainWindow::buildEditMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&Edit"));
    QAction* undo = m_session.undoStack().createUndoAction(this, tr("&Undo"));
    undo->setShortcut(QKeySequence::Undo);
    QAction* redo = m_session.undoStack().createRedoAction(this, tr("&Redo"));
    redo->setShortcut(QKeySequence::Redo);
    menu->addAction(undo);
    menu->addAction(redo);
    menu->addSeparator();
    connect(addAction(menu, tr("&Copy canvas"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C), tr("Copy the picture with its overlay")), &QAction::triggered, this, &MainWindow::copyCanvas);
    menu->addSeparator();
    connect(addAction(menu, tr("Reset all &parameters"), {}, tr("Every parameter back to its default")), &QAction::triggered, this, [this] { m_session.setOptions(PruneOptions{}, tr("all parameters")); });
}

void MainWindow::buildViewMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&View"));
    m_overlayActions = new QActionGroup(this);
    int number = 1;
    for (const OverlayKind kind : kOverlayKinds) {
        QAction* action = addViewAction(menu, QStringLiteral("&%1").arg(titleOf(kind)), QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_0 + number)), tr("Show this overlay"));
        action->setChecked(kind == m_overlayBar->kind());
        action->setData(static_cast<int>(kind));
        m_overlayActions->addAction(action);
        connect(action, &QAction::triggered, this, [this, kind] { setOverlay(kind); });
        ++number;
    }
    connect(m_overlayBar, &OverlayBar::changed, this, [this] {
        for (QAction* action : m_overlayActions->actions()) {
            action->setChecked(action->data().toInt() == static_cast<int>(m_overlayBar->kind()));
        }
    });
    menu->addSeparator();
    QMenu* maps = menu->addMenu(tr("Colour &map"));
    m_mapActions = new QActionGroup(this);
    for (const ColourMap map : kColourMaps) {
        QAction* action = addViewAction(maps, nameOf(map), {}, tr("Colour map of heat overlays"));
        action->setChecked(map == m_overlayBar->colourMap());
        m_mapActions->addAction(action);
        connect(action, &QAction::triggered, this, [this, map] { setColourMap(map); });
    }
    m_originalAction = addViewAction(menu, tr("&Whole original image"), QKeySequence(Qt::CTRL | Qt::Key_W), tr("Show what the model does not see, hatched"));
    connect(m_originalAction, &QAction::toggled, m_overlayBar, &OverlayBar::setOriginal);
    connect(m_overlayBar, &OverlayBar::changed, this, [this] { m_originalAction->setChecked(m_overlayBar->original()); });
    m_gridAction = addViewAction(menu, tr("Patch &grid"), QKeySequence(Qt::CTRL | Qt::Key_G), tr("Lines between patches"));
    connect(m_gridAction, &QAction::toggled, this, &MainWindow::refreshScene);
    menu->addSeparator();
    connect(addAction(menu, tr("Zoom &in"), QKeySequence::ZoomIn, tr("Larger")), &QAction::triggered, this, [this] { m_canvas->zoomBy(1.25); });
    connect(addAction(menu, tr("Zoom &out"), QKeySequence::ZoomOut, tr("Smaller")), &QAction::triggered, this, [this] { m_canvas->zoomBy(0.8); });
    connect(addAction(menu, tr("&Fit"), QKeySequence(Qt::CTRL | Qt::Key_0), tr("Fit the picture into the canvas")), &QAction::triggered, m_canvas, &CanvasWidget::fitView);
    connect(addAction(menu, tr("One to on&e"), {}, tr("One image pixel on one screen pixel")), &QAction::triggered, m_canvas, &CanvasWidget::actualPixels);
    menu->addSeparator();
    QMenu* panels = menu->addMenu(tr("&Panels"));
    for (QDockWidget* dock : m_docks) {
        panels->addAction(dock->toggleViewAction());
    }
    QMenu* themes = menu->addMenu(tr("&Theme"));
    m_themeActions = new QActionGroup(this);
    const std::array<std::pair<Theme, QString>, 3> choices{{{Theme::kSystem, tr("&System")}, {Theme::kLight, tr("&Light")}, {Theme::kDark, tr("&Dark")}}};
    for (const auto& [theme, title] : choices) {
        QAction* action = addViewAction(themes, title, {}, tr("Colours of the window"));
        action->setData(static_cast<int>(theme));
        action->setChecked(theme == m_setup.theme);
        m_themeActions->addAction(action);
        connect(action, &QAction::triggered, this, [this, chosen = theme] { setTheme(chosen); });
    }
}

void MainWindow::buildRunMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&Run"));
    QAction* run = addAction(menu, tr("&Run"), {}, tr("Decide and answer, pruned and unpruned"));
    run->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_Return), QKeySequence(Qt::CTRL | Qt::Key_Enter)});
    connect(run, &QAction::triggered, &m_session, &SessionModel::run);
    connect(addAction(menu, tr("&Edit question"), QKeySequence(Qt::CTRL | Qt::Key_L), tr("Go to the question")), &QAction::triggered, this, [this] {
        m_question->questionBox()->setFocus();
        m_question->questionBox()->lineEdit()->selectAll();
    });
    QAction* stop = addAction(menu, tr("&Stop"), QKeySequence(Qt::Key_Escape), tr("Stop what runs"));
    connect(stop, &QAction::triggered, &m_session, &SessionModel::cancel);
    menu->addSeparator();
    QAction* live = addViewAction(menu, tr("&Answer while parameters change"), {}, tr("Ask again after 150 ms of rest"));
    live->setChecked(m_session.liveAnswers());
    connect(live, &QAction::toggled, &m_session, &SessionModel::setLiveAnswers);
}

void MainWindow::buildHelpMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&Help"));
    connect(addAction(menu, tr("&Keys"), QKeySequence::HelpContents, tr("List of keys")), &QAction::triggered, this, &MainWindow::showShortcuts);
    connect(addAction(menu, tr("&About PruneScope"), {}, tr("Versions and licence")), &QAction::triggered, this, &MainWindow::showAbout);
}

void MainWindow::setOverlay(OverlayKind kind) {
    m_overlayBar->setKind(kind);
}

void MainWindow::setColourMap(ColourMap map) {
    m_overlayBar->setColourMap(map);
    for (QAction* action : m_mapActions->actions()) {
        action->setChecked(action->text() == nameOf(map));
    }
}

void MainWindow::setTheme(Theme theme) {
    m_setup.theme = theme;
    if (auto* application = qobject_cast<QApplication*>(QCoreApplication::instance())) {
        applyTheme(*application, theme);
    }
    for (QAction* action : m_themeActions->actions()) {
        action->setChecked(action->data().toInt() == static_cast<int>(theme));
    }
    refreshScene();
}

void MainWindow::chooseImage() {
    const QString start = m_session.imagePath().isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::PicturesLocation) : QFileInfo(m_session.imagePath()).path();
    const QString path = QFileDialog::getOpenFileName(this, tr("Open image"), start, tr("Images (*.png *.jpg *.jpeg *.bmp *.webp *.tif *.tiff *.gif *.pnm *.ppm);;All files (*)"));
    if (!path.isEmpty()) {
        openImage(path);
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
    const QString rows = tr("<table cellspacing='6'>"
                            "<tr><td><b>Ctrl+Return</b></td><td>run: decide and answer</td></tr>"
                            "<tr><td><b>Ctrl+L</b></td><td>go to the question</td></tr>"
                            "<tr><td><b>Esc</b></td><td>stop what runs</td></tr>"
                            "<tr><td><b>Ctrl+1 … Ctrl+6</b></td><td>retained, relevance, GSP score, local redundancy, greedy order, picture only</td></tr>"
                            "<tr><td><b>Arrow keys</b></td><td>on the canvas: move the pinned token</td></tr>"
                            "<tr><td><b>+ - 0 1</b></td><td>on the canvas: zoom in, out, fit, one to one</td></tr>"
                            "<tr><td><b>Wheel, drag</b></td><td>zoom at the pointer, pan</td></tr>"
                            "<tr><td><b>Ctrl+W, Ctrl+G</b></td><td>whole original image, patch grid</td></tr>"
                            "<tr><td><b>Ctrl+O, Ctrl+Shift+O</b></td><td>open an image, a model folder</td></tr>"
                            "<tr><td><b>Ctrl+S, Ctrl+Shift+C</b></td><td>save, copy the canvas</td></tr>"
                            "<tr><td><b>Ctrl+Z, Ctrl+Shift+Z</b></td><td>undo, redo parameters</td></tr></table>");
    QMessageBox box(QMessageBox::NoIcon, tr("Keys"), rows, QMessageBox::Close, this);
    box.setTextFormat(Qt::RichText);
    box.exec();
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
