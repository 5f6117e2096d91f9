// SPDX-License-Identifier: GPL-3.0-or-later

// What the window remembers: values for undo and sessions, session files, autosave and recovery, recent files, pasted pictures.

#include "ui/widgets/main_window.h"

#include "core/base/files.h"
#include "core/run/errors.h"
#include "core/run/option_names.h"
#include "ui/figure/picture.h"
#include "ui/viewmodel/compare_model.h"
#include "ui/viewmodel/lens_model.h"
#include "ui/viewmodel/option_text.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/overlay_bar.h"
#include "ui/widgets/question_panel.h"

#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QComboBox>
#include <QCryptographicHash>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QJsonArray>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QSlider>

#include <algorithm>
#include <utility>

namespace prunescope {

namespace {

constexpr int kAutosaveMs = 1000;
constexpr int kRecentFiles = 10;
const QString kSuffix = QStringLiteral(".prunescope-session");
const QString kPin = QStringLiteral("pin");
const QString kView = QStringLiteral("view");

QJsonValue pinOf(const CanvasWidget& canvas) {
    return canvas.pinned() ? QJsonValue(QJsonArray{canvas.pinned()->row, canvas.pinned()->col}) : QJsonValue();
}

void setPin(CanvasWidget& canvas, const QJsonValue& value) {
    const QJsonArray cell = value.toArray();
    canvas.setPinned(cell.size() == 2 ? std::optional(GridMap::Cell{cell[0].toInt(), cell[1].toInt()}) : std::nullopt);
}

QJsonValue viewOf(const CanvasWidget& canvas) {
    return canvas.fitted() ? QJsonValue() : QJsonValue(QJsonArray{canvas.zoom(), canvas.centre().x(), canvas.centre().y()});
}

void setView(CanvasWidget& canvas, const QJsonValue& value) {
    const QJsonArray view = value.toArray();
    view.size() == 3 ? canvas.setView(view[0].toDouble(), QPointF(view[1].toDouble(), view[2].toDouble())) : canvas.fitView();
}

}  // namespace

void MainWindow::buildState() {
    const auto typing = [this] { return m_question->questionBox()->lineEdit()->hasFocus(); };
    m_state.add({QStringLiteral("parameters"), {}, [this] { return jsonFromOptions(m_session.options()); },
                 [this](const QJsonValue& value) { m_session.setOptions(optionsFromJson(value.toObject()), QStringLiteral("session")); }});
    m_state.add({QStringLiteral("question"), {}, [this] { return m_session.question(); }, [this](const QJsonValue& value) {   // of sessions from before there were tabs
                     m_tabs->reset();
                     m_session.setQuestion(value.toString());
                 }});
    m_state.add({QStringLiteral("questions"), tr("question"), [this] { return m_tabs->json(); }, [this](const QJsonValue& value) { m_tabs->restore(value.toObject()); },
                 [this, typing] { return typing() && m_tabs->typing(); }});
    m_state.add({QStringLiteral("lens"), tr("word"), [this] { return m_lens->json(); }, [this](const QJsonValue& value) { m_lens->restore(value.toObject()); }});
    m_state.add({QStringLiteral("overlay.kind"), tr("overlay"), [this] { return wordOf(m_overlayBar->kind()); },
                 [this](const QJsonValue& value) { setOverlay(overlayFromWord(value.toString()).value_or(OverlayKind::kRetained)); }});
    m_state.add({QStringLiteral("overlay.map"), tr("colour map"), [this] { return nameOf(m_overlayBar->chosenMap()); },
                 [this](const QJsonValue& value) { setColourMap(colourMapFromName(value.toString()).value_or(ColourMap::kViridis)); }});
    m_state.add({QStringLiteral("overlay.opacity"), tr("opacity"), [this] { return QJsonArray{m_overlayBar->heatOpacity(), m_overlayBar->retainedOpacity()}; },
                 [this](const QJsonValue& value) { m_overlayBar->setOpacities(value.toArray().at(0).toDouble(), value.toArray().at(1).toDouble()); },
                 [this] { return m_overlayBar->opacitySlider()->isSliderDown(); }});
    m_state.add({QStringLiteral("overlay.whole"), tr("whole image"), [this] { return m_overlayBar->original(); }, [this](const QJsonValue& value) { m_overlayBar->setOriginal(value.toBool()); }});
    m_state.add({QStringLiteral("overlay.grid"), tr("patch grid"), [this] { return m_gridLines; }, [this](const QJsonValue& value) { setGridLines(value.toBool()); }});
    m_state.add({QStringLiteral("overlay.paper"), tr("paper style"), [this] { return m_overlayBar->paper(); }, [this](const QJsonValue& value) { m_overlayBar->setPaper(value.toBool()); }});
    m_state.add({QStringLiteral("compare"), tr("comparison"), [this] { return m_compareModel->json(); }, [this](const QJsonValue& value) { m_compareModel->restore(value.toObject()); }});
    m_state.add({kPin, tr("pinned token"), [this] { return m_deferred.contains(kPin) ? m_deferred.value(kPin) : pinOf(*m_canvas); }, [this](const QJsonValue& value) { setPin(*m_canvas, value); }});
    m_state.add({kView, {}, [this] { return m_deferred.contains(kView) ? m_deferred.value(kView) : viewOf(*m_canvas); }, [this](const QJsonValue& value) { setView(*m_canvas, value); }});
    m_state.add({QStringLiteral("answers.live"), {}, [this] { return m_session.liveAnswers(); }, [this](const QJsonValue& value) { m_session.setLiveAnswers(value.toBool()); }});
    connect(&m_session, &SessionModel::optionsChanged, this, [this] { m_state.changed(QStringLiteral("parameters")); });
    connect(m_tabs, &QuestionTabs::changed, this, [this] {
        m_state.changed(QStringLiteral("question"));
        m_state.changed(QStringLiteral("questions"));
    });
    connect(m_compareModel, &CompareModel::changed, this, [this] { m_state.changed(QStringLiteral("compare")); });
    connect(m_lens, &LensModel::changed, this, [this] { m_state.changed(QStringLiteral("lens")); });
    connect(&m_session, &SessionModel::imageChanged, this, &MainWindow::autosaveSoon);
    connect(&m_session, &SessionModel::modelChanged, this, &MainWindow::autosaveSoon);
    connect(m_overlayBar, &OverlayBar::changed, this, [this] {
        for (const char* key : {"overlay.kind", "overlay.map", "overlay.opacity", "overlay.whole", "overlay.paper"}) {
            m_state.changed(QLatin1String(key));
        }
    });
    connect(m_canvas, &CanvasWidget::cellChanged, this, [this] { m_state.changed(kPin); });
    connect(m_canvas, &CanvasWidget::viewChanged, this, [this] { m_state.changed(kView); });
    connect(&m_session, &SessionModel::answersChanged, this, [this] { m_answered = m_answered || m_session.prunedAnswer().phase != AnswerState::Phase::kNone; });
    connect(&m_state, &DocumentState::modified, this, [this] {
        setWindowModified(!m_sessionPath.isEmpty());
        autosaveSoon();
    });
    m_autosaveTimer.setSingleShot(true);
    m_autosaveTimer.setInterval(kAutosaveMs);
    connect(&m_autosaveTimer, &QTimer::timeout, this, &MainWindow::autosaveNow);
    if (!m_setup.stateFolder.isEmpty()) {
        m_autosave = std::make_unique<Autosave>(m_setup.stateFolder);
    }
}

void MainWindow::buildSessionMenu(QMenu* menu) {
    const auto hasImage = [this] { return !document().image.isEmpty(); };
    m_commands->add(menu, {QStringLiteral("file.openSession"), tr("Open sess&ion…"), tr("Open a saved session"), {Qt::CTRL | Qt::ALT | Qt::Key_O}, [this] { chooseSession(); }});
    m_commands->add(menu, {QStringLiteral("file.saveSession"), tr("&Save session"), tr("Save image, question, parameters and view"), {QKeySequence::Save},
                           [this] {
                               if (m_sessionPath.isEmpty()) {
                                   chooseSessionFile();
                               } else if (const Result<void> saved = saveSession(m_sessionPath); !saved) {
                                   showError(saved.error());
                               }
                           },
                           hasImage});
    m_commands->add(menu, {QStringLiteral("file.saveSessionAs"), tr("Save session &as…"), tr("Save the session under another name"), {Qt::CTRL | Qt::SHIFT | Qt::Key_S}, [this] { chooseSessionFile(); }, hasImage});
    buildTraceMenu(menu);
    const QString last = m_setup.stateFolder + QStringLiteral("/last") + kSuffix;
    m_commands->add(menu, {QStringLiteral("file.lastSession"), tr("Reopen &last session"), tr("Go on where the program was closed"), {}, [this, last] { openPath(last); },
                           [this, last] { return !m_setup.stateFolder.isEmpty() && QFileInfo::exists(last); }});
}

SessionDocument MainWindow::document() const {
    SessionDocument document;
    const QString pending = m_session.pendingImagePath();
    document.image = pending.isEmpty() ? m_session.imagePath() : pending;
    document.image = document.image.isEmpty() ? QString() : QFileInfo(document.image).absoluteFilePath();
    const QString model = m_session.modelFolder();
    const bool bundled = !m_setup.bundledModel.isEmpty() && QFileInfo(model) == QFileInfo(m_setup.bundledModel);
    document.model = bundled ? QString::fromLatin1(SessionDocument::kBundled) : model.isEmpty() ? QString() : QFileInfo(model).absoluteFilePath();
    document.answered = m_answered;
    document.state = m_state.values();
    document.foreign = m_sessionForeign;
    return document;
}

Result<void> MainWindow::saveSession(const QString& path) {
    const QString whole = QFileInfo(path).absoluteFilePath();
    Result<void> written = writeSession(document(), whole);
    if (written) {
        m_sessionPath = whole;
        setWindowModified(false);
        refreshTitle();
        remember(whole);
    }
    return written;
}

Result<void> MainWindow::openSession(const QString& path) {
    const QString whole = QFileInfo(path).absoluteFilePath();
    const auto read = readSession(whole);
    if (!read) {
        return read.error();
    }
    restoreDocument(*read);
    m_sessionPath = whole;
    setWindowModified(false);
    refreshTitle();
    remember(whole);
    return {};
}

void MainWindow::restoreDocument(const SessionDocument& document) {
    const QString model = document.model == QLatin1String(SessionDocument::kBundled) ? m_setup.bundledModel : document.model;
    if (!model.isEmpty() && QFileInfo(model) != QFileInfo(m_session.modelFolder())) {
        m_session.loadModel(model, m_setup.load);
    }
    m_sessionForeign = document.foreign;
    {
        const DocumentState::Quiet quiet(m_state);
        m_deferred = {};
        m_state.restore(document.state);   // before the image: what is asked of it is already right
        if (!document.image.isEmpty()) {
            m_restoring = true;
            openImage(document.image);
            m_restoring = false;
            for (const QString& key : {kPin, kView}) {
                m_deferred.insert(key, document.state.value(key));
            }
            m_deferredImage = document.image;
        }
    }
    m_session.undoStack().clear();
    m_answered = document.answered;
    if (document.answered) {
        m_session.run();
    }
}

/// Pin and zoom of a session: once its picture is on the canvas.
void MainWindow::placePinAndView() {
    const std::shared_ptr<const RunResult> result = m_session.decision();
    if (m_deferred.isEmpty() || !result || !result->image || !m_session.pendingImagePath().isEmpty() || m_session.imagePath() != m_deferredImage) {
        return;
    }
    const DocumentState::Quiet quiet(m_state);
    const QJsonObject deferred = std::exchange(m_deferred, {});
    setPin(*m_canvas, deferred.value(kPin));
    setView(*m_canvas, deferred.value(kView));
}

void MainWindow::openPath(const QString& path) {
    if (isSessionPath(path)) {
        if (const Result<void> opened = openSession(path); !opened) {
            showError(opened.error());
        }
    } else if (QFileInfo(path).isDir()) {
        m_session.loadModel(path, m_setup.load);
    } else {
        openImage(path);
    }
}

void MainWindow::autosaveSoon() {
    if (m_autosave && !m_autosaveTimer.isActive()) {
        m_autosaveTimer.start();
    }
}

void MainWindow::autosaveNow() {
    const SessionDocument now = document();
    if (!m_autosave || !m_autosave->active() || now.image.isEmpty()) {
        return;
    }
    if (const Result<void> saved = m_autosave->save(now); !saved) {
        m_autosave.reset();   // said once; the disk will not get better by asking every second
        showError(saved.error());
    }
}

/// At the end: the session for "Reopen last session".
void MainWindow::keepSession() {
    m_autosaveTimer.stop();
    if (m_setup.stateFolder.isEmpty() || document().image.isEmpty()) {
        return;
    }
    (void)QDir().mkpath(m_setup.stateFolder);
    (void)writeSession(document(), m_setup.stateFolder + QStringLiteral("/last") + kSuffix);   // nobody is left to tell
}

void MainWindow::offerRecovery() {
    if (m_setup.stateFolder.isEmpty()) {
        return;
    }
    const QStringList left = Autosave::abandoned(m_setup.stateFolder);
    if (left.isEmpty()) {
        return;
    }
    m_message->showNotice(tr("PruneScope ended unexpectedly last time. Its session was saved."),
                          {{tr("Restore"), [this, path = left.front()] { recover(path); }},
                           {tr("Discard"), [left] {
                                for (const QString& path : left) {
                                    Autosave::discard(path);
                                }
                            }}});
}

void MainWindow::recover(const QString& path) {
    const auto read = readSession(path);
    if (!read) {
        showError(read.error());
        return;
    }
    restoreDocument(*read);
    autosaveNow();   // ours from here on
    Autosave::discard(path);
}

void MainWindow::openPicture(const QImage& picture) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    if (picture.isNull() || !buffer.open(QIODevice::WriteOnly) || !picture.save(&buffer, "PNG")) {
        showError(makeError(ErrorCode::kBadInput, "PASTE-EMPTY", "cannot paste", {}, "there is no picture in the clipboard", "copy an image or an image file first"));
        return;
    }
    const QString folder = (m_setup.stateFolder.isEmpty() ? QDir::tempPath() + QStringLiteral("/prunescope") : m_setup.stateFolder) + QStringLiteral("/pasted");
    (void)QDir().mkpath(folder);   // its failure is the writer's error
    const QString name = QString::fromLatin1(QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex().left(12));
    const QString path = QStringLiteral("%1/pasted-%2.png").arg(folder, name);
    if (const Result<void> written = atomicWriteFile(path.toStdString(), std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size()))); !written) {
        showError(written.error());
        return;
    }
    openImage(path);
}

void MainWindow::pasteImage() {
    const QMimeData* held = QApplication::clipboard()->mimeData();
    if (held != nullptr && held->hasUrls() && held->urls().front().isLocalFile()) {
        openPath(held->urls().front().toLocalFile());
    } else {
        openPicture(held != nullptr && held->hasImage() ? qvariant_cast<QImage>(held->imageData()) : QImage());
    }
}

void MainWindow::remember(const QString& path) {
    const QString whole = QFileInfo(path).absoluteFilePath();
    if (!m_setup.stateFolder.isEmpty() && whole.startsWith(QFileInfo(m_setup.stateFolder).absoluteFilePath())) {
        return;   // pasted pictures and autosaved sessions
    }
    m_recent.removeAll(whole);
    m_recent.prepend(whole);
    m_recent = m_recent.mid(0, kRecentFiles);
    refreshRecent();
}

void MainWindow::refreshRecent() {
    m_commands->removeAll(QStringLiteral("file.recent."));
    m_recentMenu->clear();
    m_recentMenu->setToolTipsVisible(true);
    int number = 0;
    for (const QString& path : std::as_const(m_recent)) {
        const QString text = QFileInfo(path).fileName().replace(QLatin1Char('&'), QStringLiteral("&&"));
        m_commands->add(m_recentMenu, {QStringLiteral("file.recent.%1").arg(number), text, QDir::toNativeSeparators(path), {}, [this, path] { openPath(path); }, [path] { return QFileInfo::exists(path); }});
        ++number;
    }
    m_recentMenu->addSeparator();
    m_commands->add(m_recentMenu, {QStringLiteral("file.recent.clear"), tr("&Clear list"), tr("Forget the recent files"), {},
                                   [this] {
                                       m_recent.clear();
                                       refreshRecent();
                                   },
                                   [this] { return !m_recent.isEmpty(); }});
}

void MainWindow::refreshTitle() {
    const QString image = QFileInfo(m_session.imagePath()).fileName();
    const QString name = m_sessionPath.isEmpty() ? image : QFileInfo(m_sessionPath).completeBaseName();
    setWindowTitle(name.isEmpty() ? tr("PruneScope") : tr("%1[*] – PruneScope").arg(name));
}

void MainWindow::chooseSession() {
    const QString path = QFileDialog::getOpenFileName(this, tr("Open session"), QFileInfo(m_sessionPath).path(), tr("Sessions (*.prunescope-session);;All files (*)"));
    if (!path.isEmpty()) {
        if (const Result<void> opened = openSession(path); !opened) {
            showError(opened.error());
        }
    }
}

void MainWindow::chooseSessionFile() {
    const QString proposal = m_sessionPath.isEmpty() ? QFileInfo(m_session.imagePath()).completeBaseName() + kSuffix : m_sessionPath;
    QString path = QFileDialog::getSaveFileName(this, tr("Save session"), proposal, tr("Sessions (*.prunescope-session)"));
    if (path.isEmpty()) {
        return;
    }
    if (!isSessionPath(path)) {
        path += kSuffix;
    }
    if (const Result<void> saved = saveSession(path); !saved) {
        showError(saved.error());
    }
}

}  // namespace prunescope
