// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The window: canvas in the middle; question, answers and latency on the left; parameters and token on the right. Only arranges and wires;
// state lives in SessionModel, painting in ui/figure, computing in the worker.

#include "ui/dialogs/model_dialog.h"
#include "ui/figure/canvas_painter.h"
#include "ui/viewmodel/autosave.h"
#include "ui/viewmodel/document_state.h"
#include "ui/viewmodel/sample_scenes.h"
#include "ui/viewmodel/session_model.h"
#include "ui/widgets/theme.h"

#include <QElapsedTimer>
#include <QMainWindow>
#include <QTimer>

#include <utility>
#include <vector>

class QLabel;
class QMenu;
class QProgressBar;
class QToolButton;

namespace prunescope {

class CanvasWidget;
class CommandRegistry;
class CompareModel;
class ComparePanel;
class Inspector;
class LatencyPanel;
class LegendWidget;
class LensBar;
class LensModel;
class MaskStrip;
class MessageBar;
class OverlayBar;
class ParameterPanel;
class QuestionPanel;
class QuestionTabs;
class TokenPanel;

/// What app/ knows and the window does not.
struct WindowSetup {
    std::vector<SampleScene> scenes;
    QStringList modelFolders;          ///< for the model dialog
    ModelInspector inspectModel;
    LoadOptions load;
    QString version, aboutText;        ///< versions of program and libraries, one a line
    QString torchVersion, cudaVersion; ///< for traces; empty where there is none
    Theme theme = Theme::kSystem;
    QString language = QStringLiteral("system");   ///< what the settings say, not what it comes to
    bool useSettings = false;          ///< read and keep geometry and choices of view
    QString bundledModel;              ///< folder of the model that comes with the program
    QString stateFolder;               ///< autosaved sessions and pasted pictures; empty: no autosave
};

class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    MainWindow(InferenceService& service, WindowSetup setup, QWidget* parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] SessionModel& session() { return m_session; }
    void openImage(const QString& path);
    void openScene(const SampleScene& scene);
    /// Whatever it is: session, trace, model folder, image.
    void openPath(const QString& path);
    /// Errors: SESSION-*, FILE-*; the window stays as it was.
    [[nodiscard]] Result<void> openSession(const QString& path);
    /// Errors: OUT-*.
    [[nodiscard]] Result<void> saveSession(const QString& path);
    [[nodiscard]] SessionDocument document() const;
    /// Values that undo and sessions know; whoever adds a control to the window adds them here.
    [[nodiscard]] DocumentState& state() { return m_state; }
    /// Says so when an earlier window ended without closing, and offers its session.
    void offerRecovery();
    /// Image, questions, decisions and answers as one file (docs/trace-format.md), written by the worker.
    void saveTrace(const QString& path);
    void pasteImage();
    /// Figure of canvas and legend as PNG, atomically. Errors: OUT-* (kNotWritten), FIGURE-EMPTY (kBadInput).
    [[nodiscard]] Result<void> saveCanvas(const QString& path) const;
    /// Picture of the whole window as PNG, atomically.
    [[nodiscard]] Result<void> saveScreenshot(const QString& path);
    void setTheme(Theme theme);
    void setOverlay(OverlayKind kind);
    void setColourMap(ColourMap map);
    void setGridLines(bool on);
    /// Panels back to the default arrangement, all of them shown.
    void resetLayout();
    void showError(const Error& error);

    [[nodiscard]] CommandRegistry& commands() const { return *m_commands; }
    [[nodiscard]] CanvasWidget* canvas() const { return m_canvas; }
    [[nodiscard]] CompareModel& compareModel() const { return *m_compareModel; }
    [[nodiscard]] ComparePanel* comparePanel() const { return m_compare; }
    [[nodiscard]] QuestionTabs& questions() const { return *m_tabs; }
    [[nodiscard]] LensModel& lens() const { return *m_lens; }
    [[nodiscard]] LensBar* lensBar() const { return m_lensBar; }
    [[nodiscard]] Inspector* inspector() const { return m_inspector; }
    [[nodiscard]] OverlayBar* overlayBar() const { return m_overlayBar; }
    [[nodiscard]] MaskStrip* maskStrip() const { return m_masks; }
    [[nodiscard]] ParameterPanel* parameters() const { return m_parameters; }
    [[nodiscard]] QuestionPanel* questionPanel() const { return m_question; }
    [[nodiscard]] LatencyPanel* latencyPanel() const { return m_latency; }
    [[nodiscard]] TokenPanel* tokenPanel() const { return m_token; }
    [[nodiscard]] MessageBar* messageBar() const { return m_message; }

Q_SIGNALS:
    void errorShown(const prunescope::Error& error);

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void buildCentre();
    void buildDocks();
    void arrangeDocks();
    void buildStatusBar();
    void buildMenus();
    void buildFileMenu();
    void buildSampleMenu(QMenu* samples);
    void buildEditMenu();
    void buildViewMenu();
    void buildPruneMenu();
    void buildLanguageMenu(QMenu* menu);
    void buildRunMenu();
    void buildHelpMenu();
    void wire();
    void addDock(const QString& title, const QString& name, QWidget* content, Qt::DockWidgetArea area);
    QMenu* addMenu(const QString& title);

    void refreshScene();
    void refreshBadge();
    void refreshStatus();
    void refreshMasks();
    void buildState();
    void buildSessionMenu(QMenu* menu);
    void restoreDocument(const SessionDocument& document);
    void placePinAndView();
    void autosaveSoon();
    void autosaveNow();
    void openPicture(const QImage& picture);
    void remember(const QString& path);
    void refreshRecent();
    void refreshTitle();
    void chooseSession();
    void chooseSessionFile();
    void buildTraceMenu(QMenu* menu);
    void chooseTraceFile();
    void wireTraces();
    [[nodiscard]] QString traceLine() const;
    [[nodiscard]] QString traceDetails() const;
    void keepSession();
    void recover(const QString& path);
    void chooseImage();
    void chooseModel();
    void chooseFigureFile();
    void copyCanvas();
    void showShortcuts();
    void showPalette();
    void editKeys();
    void showAbout();
    void chooseLanguage(const QString& language);
    void restart();
    /// Figure of canvas and legend; null without a picture.
    [[nodiscard]] QImage figure(int side) const;
    void readSettings();
    void writeSettings();

    WindowSetup m_setup;
    SessionModel m_session;
    DocumentState m_state;
    std::unique_ptr<Autosave> m_autosave;
    QTimer m_autosaveTimer;
    QString m_sessionPath;         ///< the open session; empty: none
    QJsonObject m_sessionForeign;  ///< its keys of a newer version
    QJsonObject m_deferred;        ///< pin and view of a session, until its picture is there
    QString m_deferredImage;
    QStringList m_recent;
    QMenu* m_recentMenu = nullptr;
    bool m_answered = false, m_restoring = false;
    CanvasWidget* m_canvas = nullptr;
    LegendWidget* m_legend = nullptr;
    OverlayBar* m_overlayBar = nullptr;
    MaskStrip* m_masks = nullptr;
    ParameterPanel* m_parameters = nullptr;
    QuestionPanel* m_question = nullptr;
    LatencyPanel* m_latency = nullptr;
    TokenPanel* m_token = nullptr;
    MessageBar* m_message = nullptr;
    QLabel* m_activity = nullptr;
    QLabel* m_model = nullptr;
    QProgressBar* m_progress = nullptr;
    QToolButton* m_cancel = nullptr;
    CommandRegistry* m_commands = nullptr;
    CompareModel* m_compareModel = nullptr;
    ComparePanel* m_compare = nullptr;
    Inspector* m_inspector = nullptr;
    QuestionTabs* m_tabs = nullptr;
    LensModel* m_lens = nullptr;
    LensBar* m_lensBar = nullptr;
    std::vector<QDockWidget*> m_docks;

    CanvasScene m_baseScene;   ///< picture of the present image without overlay
    const ImageContext* m_sceneImage = nullptr;
    bool m_arranged = false, m_gridLines = false;
    QByteArray m_defaultLayout;   ///< as built, before settings
    bool m_sceneOriginal = false, m_sceneDark = false;
    QString m_previewPath;
    std::optional<std::pair<double, double>> m_lockedRange;
    QElapsedTimer m_loading;   ///< since the present load began
    QTimer m_lateBadge;        ///< a stale overlay is marked after 150 ms, not for every frame of a drag
};

}  // namespace prunescope
