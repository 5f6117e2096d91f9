// SPDX-License-Identifier: GPL-3.0-or-later

// Arrangement of the window and the way from the session to the screen.

#include "ui/widgets/main_window.h"

#include "core/base/files.h"

#include "ui/figure/picture.h"
#include "ui/viewmodel/session_file.h"
#include "ui/viewmodel/number_text.h"
#include "ui/viewmodel/option_text.h"
#include "ui/viewmodel/time_left.h"
#include "ui/viewmodel/token_text.h"
#include "ui/widgets/answer_panel.h"
#include "ui/widgets/budget_strip.h"
#include "ui/widgets/canvas_accessible.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/compare_panel.h"
#include "ui/widgets/inspector.h"
#include "ui/widgets/latency_panel.h"
#include "ui/widgets/legend_widget.h"
#include "ui/widgets/lens_bar.h"
#include "ui/widgets/mask_strip.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/overlay_bar.h"
#include "ui/widgets/parameter_panel.h"
#include "ui/widgets/question_panel.h"
#include "ui/widgets/token_panel.h"

#include <QAccessible>
#include <QBuffer>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QImageWriter>
#include <QLabel>
#include <QMimeData>
#include <QProgressBar>
#include <QScrollArea>
#include <QSettings>
#include <QStatusBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>
#include <utility>

namespace prunescope {

namespace {

constexpr int kLeftWidth = 298;
constexpr int kRightWidth = 262;
constexpr int kLayoutVersion = 2;
constexpr int kLateMs = 150;   // progress and stale marks appear after this

/// PNG bytes of an image; empty when encoding failed.
QByteArray pngOf(const QImage& image) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QImageWriter writer(&buffer, "png");
    return writer.write(image) ? bytes : QByteArray();
}

Result<void> writePng(const QString& path, const QImage& image) {
    const QByteArray bytes = pngOf(image);
    if (bytes.isEmpty()) {
        return Error{ErrorCode::kNotWritten, "OUT-ENCODE", "cannot encode picture", path.toStdString(), "PNG writer failed", "", nullptr};
    }
    return atomicWriteFile(path.toStdString(), std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

}  // namespace

MainWindow::MainWindow(InferenceService& service, WindowSetup setup, QWidget* parent)
    : QMainWindow(parent), m_setup(std::move(setup)), m_session(service), m_state(m_session.undoStack()) {
    setObjectName(QStringLiteral("MainWindow"));
    setWindowTitle(tr("PruneScope"));
    setAcceptDrops(true);
    setDockOptions(QMainWindow::AnimatedDocks | QMainWindow::AllowNestedDocks);
    buildCentre();
    buildDocks();
    buildStatusBar();
    m_commands = new CommandRegistry(this);
    buildMenus();
    buildState();
    wire();
    constexpr int kWidth = 1180;
    constexpr int kHeight = 780;
    resize(kWidth, kHeight);
    m_defaultLayout = saveState(kLayoutVersion);
    if (m_setup.useSettings) {
        readSettings();
    }
    refreshScene();
    refreshStatus();
}

MainWindow::~MainWindow() {
    disconnect(&m_session, nullptr, this, nullptr);
}

void MainWindow::buildCentre() {
    auto* centre = new QWidget(this);
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(4, 6, 4, 4);
    column->setSpacing(5);
    m_message = new MessageBar(centre);
    m_overlayBar = new OverlayBar(centre);
    m_canvas = new CanvasWidget(centre);
    static const bool kReadable = (QAccessible::installFactory(canvasAccessible), true);
    Q_UNUSED(kReadable)
    m_canvas->setCellDescriber([this](int row, int col) -> CanvasWidget::CellWords {
        const std::shared_ptr<const RunResult> result = m_session.decision();
        const TokenTrace* token = result ? traceAt(*result, row, col) : nullptr;
        if (token == nullptr) {
            return {};
        }
        QStringList lines{tokenVerdict(*result, *token)};
        for (const TokenFact& fact : tokenFacts(*result, *token)) {
            lines << QStringLiteral("%1: %2").arg(fact.name, fact.value);
        }
        return {QStringLiteral("%1, %2").arg(tokenTitle(*token), tokenVerdictShort(*token)), lines.join(QLatin1Char('\n'))};
    });
    m_canvas->setPlaceholder(tr("Drop an image here, or open one with Ctrl+O"));
    m_legend = new LegendWidget(centre);
    m_masks = new MaskStrip(centre);
    column->addWidget(m_message);
    m_compareModel = new CompareModel(m_session, this);
    m_compare = new ComparePanel(*m_compareModel, m_session, centre);
    m_tabs = new QuestionTabs(m_session, this);
    m_lens = new LensModel(m_session, *m_tabs, this);
    m_lensBar = new LensBar(*m_lens, m_session, *m_tabs, centre);
    column->addWidget(m_overlayBar);
    column->addWidget(m_lensBar);
    column->addWidget(m_compare);
    column->addWidget(new BudgetStrip(m_session, centre));
    column->addWidget(m_canvas, 1);
    column->addWidget(m_legend);
    column->addWidget(m_masks);
    setCentralWidget(centre);
}

void MainWindow::addDock(const QString& title, const QString& name, QWidget* content, Qt::DockWidgetArea area) {
    auto* dock = new QDockWidget(title, this);
    dock->setObjectName(name);
    dock->setWidget(content);
    addDockWidget(area, dock);
    m_docks.push_back(dock);
}

void MainWindow::buildDocks() {
    m_question = new QuestionPanel(m_session, *m_tabs, this);
    m_latency = new LatencyPanel(m_session, this);
    m_parameters = new ParameterPanel(m_session, this);
    m_token = new TokenPanel(this);
    auto* scroll = new QScrollArea(this);
    scroll->setWidget(m_parameters);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    addDock(tr("Question and answers"), QStringLiteral("questionDock"), m_question, Qt::LeftDockWidgetArea);
    addDock(tr("Latency and cost"), QStringLiteral("latencyDock"), m_latency, Qt::LeftDockWidgetArea);
    addDock(tr("Parameters"), QStringLiteral("parameterDock"), scroll, Qt::RightDockWidgetArea);
    addDock(tr("Token"), QStringLiteral("tokenDock"), m_token, Qt::RightDockWidgetArea);
    m_inspector = new Inspector(m_session, *m_compareModel, *m_canvas, *m_overlayBar, *m_token, this);
    m_inspector->setLens(m_lens);
    m_inspector->refresh();
}

void MainWindow::arrangeDocks() {
    resizeDocks({m_docks[0], m_docks[2]}, {kLeftWidth, kRightWidth}, Qt::Horizontal);
    resizeDocks({m_docks[0], m_docks[1]}, {2, 3}, Qt::Vertical);
    resizeDocks({m_docks[2], m_docks[3]}, {1, 1}, Qt::Vertical);
}

void MainWindow::resetLayout() {
    for (QDockWidget* dock : m_docks) {
        dock->setFloating(false);
    }
    restoreState(m_defaultLayout, kLayoutVersion);
    arrangeDocks();
}

void MainWindow::showEvent(QShowEvent* event) {
    QMainWindow::showEvent(event);
    if (!m_arranged) {   // sizes of docks count only once the window has its own
        m_arranged = true;
        arrangeDocks();
    }
}

void MainWindow::buildStatusBar() {
    m_activity = new QLabel(this);
    m_activity->setAccessibleName(tr("Activity"));
    m_progress = new QProgressBar(this);
    m_progress->setMaximumWidth(160);
    m_progress->setTextVisible(false);
    m_progress->setAccessibleName(tr("Progress"));
    m_cancel = new QToolButton(this);
    m_cancel->setText(tr("Cancel"));
    m_cancel->setAccessibleName(tr("Cancel what runs"));
    m_cancel->setToolTip(tr("Stop what runs (Esc)"));
    m_model = new QLabel(this);
    m_model->setObjectName(QStringLiteral("muted"));
    m_model->setAccessibleName(tr("Model"));
    statusBar()->addWidget(m_activity, 1);
    statusBar()->addWidget(m_progress);
    statusBar()->addWidget(m_cancel);
    statusBar()->addPermanentWidget(m_model);
    statusBar()->setSizeGripEnabled(false);
    statusBar()->setContentsMargins(6, 0, 8, 0);
    m_progress->hide();
    m_cancel->hide();
}

void MainWindow::wire() {
    m_lateBadge.setSingleShot(true);
    m_lateBadge.setInterval(kLateMs);
    connect(&m_lateBadge, &QTimer::timeout, this, &MainWindow::refreshBadge);
    connect(&m_session, &SessionModel::decisionChanged, this, [this] {
        refreshScene();
        placePinAndView();
        refreshMasks();
        refreshBadge();
    });
    connect(&m_session, &SessionModel::optionsChanged, this, [this] {
        refreshMasks();
        if (m_overlayBar->kind() == OverlayKind::kLocalRedundancy) {
            refreshScene();   // its threshold is known without the worker
        }
        m_lateBadge.start();
    });
    connect(&m_session, &SessionModel::questionChanged, this, &MainWindow::refreshBadge);
    connect(&m_session, &SessionModel::imageChanged, this, [this] {
        refreshScene();
        refreshBadge();
        refreshTitle();
    });
    connect(&m_session, &SessionModel::modelChanged, this, &MainWindow::refreshStatus);
    connect(&m_session, &SessionModel::activityChanged, this, &MainWindow::refreshStatus);
    connect(&m_session, &SessionModel::errorOccurred, this, &MainWindow::showError);
    connect(&m_session, &SessionModel::errorCleared, m_message, &MessageBar::clearError);
    connect(m_overlayBar, &OverlayBar::changed, this, [this] {
        m_lensBar->setKind(m_overlayBar->kind());
        refreshScene();
    });
    connect(m_lens, &LensModel::changed, this, [this] {
        if (m_overlayBar->kind() == OverlayKind::kWord || m_overlayBar->kind() == OverlayKind::kQuestions) {
            refreshScene();
        }
    });
    connect(m_overlayBar, &OverlayBar::fitRequested, m_canvas, &CanvasWidget::fitView);
    connect(m_overlayBar, &OverlayBar::actualPixelsRequested, m_canvas, &CanvasWidget::actualPixels);
    connect(m_canvas, &CanvasWidget::cellChanged, m_inspector, &Inspector::refresh);
    connect(m_canvas, &CanvasWidget::wipeMoved, m_compareModel, &CompareModel::setWipe);
    connect(m_compareModel, &CompareModel::changed, this, &MainWindow::refreshScene);
    connect(&m_session, &SessionModel::analysisChanged, this, [this] {
        refreshScene();
        refreshBadge();
    });
    connect(m_masks, &MaskStrip::tauChosen, this, [this](double tau) {
        PruneOptions options = m_session.options();
        options.tau = Threshold{tau, false};
        m_session.setOptions(options, QStringLiteral("tau"));
    });
    connect(m_question, &QuestionPanel::openRequested, this, &MainWindow::chooseImage);
    connect(m_cancel, &QToolButton::clicked, &m_session, &SessionModel::cancel);
    wireTraces();
}

void MainWindow::openImage(const QString& path) {
    QStringList questions;
    for (const SampleScene& scene : m_setup.scenes) {
        if (QFileInfo(scene.imagePath) == QFileInfo(path)) {
            questions = scene.questions;
        }
    }
    m_question->setSuggestions(questions);
    m_answered = false;
    m_deferred = {};
    isTracePath(path) ? m_session.openTrace(QFileInfo(path).absoluteFilePath(), !m_restoring) : m_session.openImage(path);
    remember(path);
}

void MainWindow::openScene(const SampleScene& scene) {
    m_session.setQuestion(scene.questions.value(0));
    openImage(scene.imagePath);
    m_session.run();
}

void MainWindow::refreshScene() {
    const std::shared_ptr<const RunResult> result = m_session.decision();
    if (!result || !result->image) {
        const QString pending = m_session.pendingImagePath();
        if (pending != m_previewPath || m_sceneImage != nullptr) {
            m_previewPath = pending;
            m_sceneImage = nullptr;
            CanvasScene preview;
            preview.picture = pending.isEmpty() ? QImage() : previewOf(pending);
            preview.pictureRect = QRectF(QPointF(0, 0), QSizeF(preview.picture.size()));
            const DocumentState::Quiet quiet(m_state);
            m_canvas->setScene(preview);
            m_legend->setScene(preview);
        }
        return;
    }
    const bool original = m_overlayBar->original();
    const bool dark = themeIsDark();
    if (m_sceneImage != result->image.get() || m_sceneOriginal != original || m_sceneDark != dark || m_baseScene.picture.isNull()) {
        m_baseScene = makeScene(*result, original, dark);
        m_sceneImage = result->image.get();
        m_sceneOriginal = original;
        m_sceneDark = dark;
    }
    if (!m_session.interacting()) {
        m_lockedRange.reset();
    }
    const Threshold& tau = m_session.options().tau;
    const double threshold = tau.isQuantile && result->decision ? result->decision->resolvedTau : tau.value;
    CanvasScene scene = m_baseScene;
    const bool gsp = m_overlayBar->kind() == OverlayKind::kGspScore;
    const OverlayData& shown = m_canvas->scene().overlay;
    if (gsp && m_session.interacting() && !m_lockedRange && shown.kind == OverlayKind::kGspScore) {
        m_lockedRange = std::make_pair(shown.low, shown.high);   // the range from before the drag
    }
    scene.overlay = makeOverlay(*result, m_overlayBar->kind(), threshold, gsp ? m_lockedRange : std::nullopt, m_session.analysis().get());
    scene.colourMap = m_overlayBar->colourMap();
    scene.opacity = m_overlayBar->opacity();
    scene.gridLines = m_gridLines;
    scene.paper = m_overlayBar->paper();
    m_compare->dress(scene, threshold);
    m_lensBar->dress(scene, m_overlayBar->kind());
    {
        const DocumentState::Quiet quiet(m_state);   // another picture drops the pin: no step of the user
        m_canvas->setScene(scene);
    }
    m_legend->setScene(scene);
    m_inspector->refresh();
}

void MainWindow::refreshMasks() {
    const std::shared_ptr<const RunResult> result = m_session.decision();
    m_masks->setImage(result ? result->image : nullptr);
    m_masks->setTau(m_session.options().tau.value, m_session.options().tau.isQuantile);
}

void MainWindow::refreshBadge() {
    const std::shared_ptr<const RunResult> result = m_session.decision();
    QString text;
    if (!m_session.pendingImagePath().isEmpty()) {
        text = m_session.modelState() == ModelState::kReady || isTracePath(m_session.pendingImagePath()) ? tr("reading %1 …").arg(QFileInfo(m_session.pendingImagePath()).fileName())
                                                            : tr("not seen by a model yet");
    } else if (result && m_session.decisionStale()) {
        text = m_session.question() != QString::fromStdString(result->request.question) ? tr("stale: for another question (Enter asks)")
                                                                                        : tr("stale: for %1").arg(shortLabel(result->request.prune));
    }
    const bool survival = m_overlayBar->kind() == OverlayKind::kSurvival || m_overlayBar->kind() == OverlayKind::kTauSurvival;
    if (text.isEmpty() && survival && m_session.analysis() && !m_session.survivalCurrent()) {
        text = tr("stale: survival with other knobs");
    }
    if (m_session.overForced()) {
        text = tr("%1 tokens are forced to stay, the budget is %2: raise it, or free some").arg(m_session.options().forceKeep.size()).arg(m_session.effectiveKeep());
    }
    const bool lens = m_overlayBar->kind() == OverlayKind::kWord || m_overlayBar->kind() == OverlayKind::kQuestions;
    if (text.isEmpty() && lens && m_session.analysis() && m_session.analysis()->lens && !m_session.lensCurrent()) {
        text = tr("stale: relevance with other knobs");
    }
    m_canvas->setBadge(text);
}

void MainWindow::refreshStatus() {
    const QString activity = m_session.activity();
    const bool loading = m_session.modelState() == ModelState::kLoading;
    const std::optional<double> share = m_session.share();   // of loading or measuring
    m_progress->setRange(0, share ? 100 : 0);
    m_progress->setValue(share ? static_cast<int>(std::lround(*share * 100)) : 0);
    m_progress->setVisible(loading || m_session.busy());
    m_cancel->setVisible(m_session.busy());
    const ModelFacts& facts = m_session.facts();
    switch (m_session.modelState()) {
    case ModelState::kReady:
        m_model->setText(tr("%1 · %2 parameters · %3 · %4").arg(QFileInfo(m_session.modelFolder()).fileName(), countText(facts.parameters), QString::fromStdString(facts.dtype), QString::fromStdString(facts.device)));
        break;
    case ModelState::kLoading: m_model->setText(QFileInfo(m_session.modelFolder()).fileName()); break;
    case ModelState::kNone: m_model->setText(tr("no model")); break;
    case ModelState::kFailed: m_model->setText(tr("model not loaded")); break;
    }
    m_model->setToolTip(m_session.modelFolder());
    if (m_session.trace()) {
        m_model->setText(traceLine());
        m_model->setToolTip(traceDetails());
    }
    QString idle = tr("Ready");
    if (m_session.modelState() != ModelState::kReady && !m_session.trace()) {
        idle = tr("No model: open a model folder with Ctrl+Shift+O");
    } else if (m_session.decision() && m_session.decision()->decision) {
        const PruneDecision& decision = *m_session.decision()->decision;
        idle = tr("%1 of %2 tokens kept, decided in %3").arg(decision.kept.size()).arg(decision.n).arg(durationText(decision.timings.totalMs));
    }
    if (!share) {
        m_loading.invalidate();
    } else if (!m_loading.isValid()) {
        m_loading.start();
    }
    const QString left = share ? timeLeftText(m_loading.elapsed(), *share) : QString();
    m_activity->setText(activity.isEmpty() ? idle : left.isEmpty() ? activity : QStringLiteral("%1 · %2").arg(activity, left));
}

void MainWindow::showError(const Error& error) {
    m_message->showError(error);
    Q_EMIT errorShown(error);
}

QImage MainWindow::figure(int side) const {
    const std::shared_ptr<const RunResult> result = m_session.decision();
    FigureStyle style = figureStyle(*m_canvas);
    style.background = palette().color(QPalette::Base);
    const QString question = result ? QString::fromStdString(result->request.question) : QString();
    QString settings = result && result->decision ? shortLabel(result->decision->options) : QString();
    if (const auto a = m_compareModel->a(); a && !settings.isEmpty()) {   // a picture of two states names both
        settings = QStringLiteral("A: %1\nB: %2").arg(a->label, settings);
    }
    return renderFigure(m_canvas->scene(), question, settings, style, side);
}

Result<void> MainWindow::saveCanvas(const QString& path) const {
    const CanvasScene& scene = m_canvas->scene();
    if (scene.picture.isNull()) {
        return Error{ErrorCode::kBadInput, "FIGURE-EMPTY", "cannot save the canvas", path.toStdString(), "there is no picture in it", "open an image first", nullptr};
    }
    constexpr int kSide = 1344;   // 56 pixels a patch at 24 x 24
    return writePng(path, figure(kSide));
}

Result<void> MainWindow::saveScreenshot(const QString& path) {
    return writePng(path, grab().toImage());
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls() || event->mimeData()->hasImage()) {
        event->acceptProposedAction();
    }
}

void MainWindow::dropEvent(QDropEvent* event) {
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.isEmpty()) {
        if (event->mimeData()->hasImage()) {
            openPicture(qvariant_cast<QImage>(event->mimeData()->imageData()));
            event->acceptProposedAction();
        }
        return;
    }
    const QString path = urls.front().toLocalFile();
    if (path.isEmpty()) {
        showError(Error{ErrorCode::kBadInput, "DROP-REMOTE", "cannot open what was dropped", urls.front().toString().left(80).toStdString(), "it is not a local file",
                        "save it first and drop the file", nullptr});
    } else {
        openPath(path);
    }
    event->acceptProposedAction();
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (m_setup.useSettings) {
        writeSettings();
    }
    keepSession();
    QMainWindow::closeEvent(event);
}

void MainWindow::readSettings() {
    QSettings settings;
    restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray());
    m_arranged = restoreState(settings.value(QStringLiteral("window/state")).toByteArray(), kLayoutVersion);
    m_commands->readKeys(settings);
    m_recent = settings.value(QStringLiteral("files/recent")).toStringList();
    refreshRecent();
    if (const auto map = colourMapFromName(settings.value(QStringLiteral("view/colourMap")).toString())) {
        setColourMap(*map);
    }
    if (m_setup.theme == Theme::kSystem) {
        setTheme(themeFromWord(settings.value(QStringLiteral("view/theme")).toString()).value_or(Theme::kSystem));
    }
}

void MainWindow::writeSettings() {
    QSettings settings;
    settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
    settings.setValue(QStringLiteral("window/state"), saveState(kLayoutVersion));
    m_commands->writeKeys(settings);
    settings.setValue(QStringLiteral("files/recent"), m_recent);
    settings.setValue(QStringLiteral("view/colourMap"), nameOf(m_overlayBar->chosenMap()));
    settings.setValue(QStringLiteral("view/theme"), wordOf(m_setup.theme));
}

}  // namespace prunescope
