// SPDX-License-Identifier: GPL-3.0-or-later

// prunescope: the window. Shows first, then loads the model in the worker. With --screenshot it draws the same window without a display,
// writes its picture when both answers are there, prints the answer and quits.

#include "app/cli/standard_streams.h"
#include "app/inference_worker.h"
#include "app/window/command_line.h"
#include "app/window/model_list.h"
#include "core/base/files.h"
#include "core/engine/engine.h"
#include "core/run/errors.h"
#include "ui/figure/app_icon.h"
#include "ui/viewmodel/option_text.h"
#include "ui/viewmodel/sample_scenes.h"
#include "ui/viewmodel/session_file.h"
#include "ui/viewmodel/translation.h"
#include "ui/widgets/main_window.h"
#include "ui/widgets/overlay_bar.h"

#include <QApplication>
#include <QDir>
#include <QFileInfo>
#include <QSettings>
#include <QTimer>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace prunescope {

namespace {

std::vector<SampleScene> sampleScenes() {
    if (const auto folder = sampleDataFolder()) {
        if (auto scenes = readSampleScenes(*folder / "scenes")) {
            return std::move(*scenes);
        }
    }
    return {};
}

int fail(const Error& error) {
    cli::writeStderr(formatErrorLine("prunescope", error) + '\n');
    return exitCodeOf(error.code);
}

/// Qt's own chatter is not for users; what would abort the program becomes the one error line.
void quietMessages(QtMsgType type, const QMessageLogContext&, const QString& text) {
    if (type == QtFatalMsg) {
        const Error error = makeError(ErrorCode::kDevice, "DISPLAY", "cannot open a window", {}, "no usable display", "set DISPLAY, or QT_QPA_PLATFORM=offscreen with --screenshot");
        std::_Exit(fail(error));
    }
    if (qEnvironmentVariableIsSet("PRUNESCOPE_QT_MESSAGES")) {
        cli::writeStderr(text.toStdString() + '\n');
    }
}

bool displayMissing() {
    for (const char* name : {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"}) {
        if (!qEnvironmentVariableIsEmpty(name)) {
            return false;
        }
    }
    return true;
}

/// Drives one start of the program: sets the window up, waits for the run where it has to.
class Start : public QObject {
public:
    Start(MainWindow& window, WindowArguments arguments) : m_window(window), m_arguments(std::move(arguments)) {
        QObject::connect(&window.session(), &SessionModel::runFinished, this, [this] { finished(); });
        QObject::connect(&window, &MainWindow::errorShown, this, [this](const Error& error) { failed(error); });
        QObject::connect(&window.session(), &SessionModel::modelChanged, this, [this] { checkBudget(); });
        if (unattended() && m_arguments.timeoutSeconds > 0) {
            constexpr double kMillisecondsPerSecond = 1000;
            QTimer::singleShot(static_cast<int>(m_arguments.timeoutSeconds * kMillisecondsPerSecond), this, [this] {
                failed(makeError(ErrorCode::kTimeout, "TIMEOUT", "stopped", "--timeout", "the time is over", "give more seconds"));
            });
        }
    }

    void begin(const QString& image, const QString& question) {
        SessionModel& session = m_window.session();
        session.setMaxNewTokens(m_arguments.maxNewTokens);
        if (!sameDefaults()) {
            session.setOptions(m_arguments.prune, MainWindow::tr("options given at the start"));
            session.undoStack().clear();
        }
        session.setQuestion(question);
        m_window.setOverlay(m_arguments.overlay);
        m_window.setColourMap(m_arguments.colourMap);
        m_window.overlayBar()->setOriginal(m_arguments.whole);
        const bool isSession = isSessionPath(image);
        if (!image.isEmpty() && !isSession) {
            m_window.openImage(image);
        }
        if (isTracePath(image)) {   // which brings its own question and knobs
            QObject::connect(&session, &SessionModel::traceOpened, this, [this, question] { askedFor(question); }, Qt::SingleShotConnection);
        }
        if (!isTracePath(image) || !m_arguments.model.isEmpty()) {   // a trace needs none, and its own is seldom the bundled one
            loadModel();
        }
        if (isSession) {
            m_window.openPath(image);
        }
        if (!unattended()) {
            m_window.offerRecovery();
        }
        if (m_arguments.run && !m_failed) {
            session.run();
        }
    }

private:
    [[nodiscard]] bool unattended() const { return !m_arguments.screenshot.isEmpty(); }
    [[nodiscard]] bool sameDefaults() const;

    /// What the command line says wins over what a trace has recorded.
    void askedFor(const QString& question) {
        if (!question.isEmpty()) {
            m_window.session().setQuestion(question);
        }
        if (!sameDefaults()) {
            m_window.session().setOptions(m_arguments.prune, MainWindow::tr("options given at the start"));
        }
        if (m_arguments.run) {
            m_window.session().run();
        }
    }

    void loadModel() {
        QString folder = m_arguments.model;
        if (folder.isEmpty()) {
            const auto bundled = bundledModelFolder();
            if (!bundled) {
                m_window.showError(bundled.error());
                return;
            }
            folder = QString::fromStdString(bundled->string());
        }
        m_window.session().loadModel(folder, m_arguments.load);
    }

    /// A budget above what the model has: an error where nobody can see it corrected, else all tokens and a word about it.
    void checkBudget() {
        SessionModel& session = m_window.session();
        const std::int64_t tokens = session.modelState() == ModelState::kReady ? session.facts().visualTokens : 0;
        const std::int64_t keep = session.options().keep.value_or(0);
        if (tokens <= 0 || keep <= tokens) {
            return;
        }
        const Error error = makeError(ErrorCode::kUsage, "USAGE-RANGE", "bad value for --keep", std::to_string(keep),
                                      "the image has " + std::to_string(tokens) + " tokens", "use 1 to " + std::to_string(tokens));
        if (unattended()) {
            failed(error);
            return;
        }
        PruneOptions options = session.options();
        options.keep = tokens;
        session.setOptions(options, QStringLiteral("keep"));
        QTimer::singleShot(0, &m_window, [this, error] { m_window.showError(error); });
    }

    void finished() {
        if (m_done || m_failed) {
            return;
        }
        m_done = true;
        if ((unattended() || m_arguments.printAnswer)
            && cli::writeStdout(m_window.session().prunedAnswer().text.toStdString() + '\n') == cli::Written::kFailed) {
            m_done = false;
            failed(cli::stdoutError());
            return;
        }
        if (unattended()) {
            QTimer::singleShot(0, this, [this] { QTimer::singleShot(50, this, [this] { takePicture(); }); });   // the chart redraws first
        }
    }

    void takePicture() {
        const auto written = m_window.saveScreenshot(m_arguments.screenshot);
        QCoreApplication::exit(written ? 0 : fail(written.error()));
    }

    void failed(const Error& error) {
        if (unattended() && !m_failed) {
            m_failed = true;
            const int code = fail(error);
            QTimer::singleShot(0, [code] { QCoreApplication::exit(code); });
        }
    }

    MainWindow& m_window;
    WindowArguments m_arguments;
    bool m_done = false, m_failed = false;
};

bool Start::sameDefaults() const {
    return sameOptions(m_arguments.prune, PruneOptions{});
}

/// Image and question of the start: what was given, else the first sample scene.
struct FirstScene {
    QString image, question;
};

Result<FirstScene> firstScene(const WindowArguments& arguments, const std::vector<SampleScene>& scenes) {
    FirstScene first{arguments.image, arguments.question};
    if (first.image.isEmpty() && !scenes.empty()) {
        first.image = scenes.front().imagePath;
    }
    if (first.question.isEmpty()) {
        for (const SampleScene& scene : scenes) {
            if (QFileInfo(scene.imagePath) == QFileInfo(first.image)) {
                first.question = scene.questions.value(0);
            }
        }
    }
    if (arguments.run && first.image.isEmpty()) {
        return makeError(ErrorCode::kUsage, "USAGE-IMAGE", "nothing to ask about", {}, "no image was given and no sample scene was found", "give an image file");
    }
    if (arguments.run && first.question.isEmpty() && !isSessionPath(first.image) && !isTracePath(first.image)) {
        return makeError(ErrorCode::kUsage, "USAGE-QUESTION", "nothing to ask", {}, "no question was given", "give one with -q");
    }
    return first;
}

int runProgram(int argc, char** argv) {
    QStringList words;
    for (int i = 0; i < argc; ++i) {
        words << QString::fromLocal8Bit(argv[i]);
    }
    const QString version = QStringLiteral(PRUNESCOPE_VERSION);
    auto arguments = readCommandLine(words, version);
    if (!arguments) {
        return fail(arguments.error());
    }
    if (arguments->textOnly) {
        return cli::writeStdout(arguments->textOnly->toStdString()) == cli::Written::kFailed ? fail(cli::stdoutError()) : 0;
    }
    const std::vector<SampleScene> scenes = sampleScenes();
    const auto first = firstScene(*arguments, scenes);
    if (!first) {
        return fail(first.error());
    }
    if (!arguments->scale.isEmpty()) {
        qputenv("QT_SCALE_FACTOR", arguments->scale.toLatin1());
    }
    qInstallMessageHandler(quietMessages);
    if (displayMissing()) {
        qFatal("no display");
    }
    int noArguments = 1;
    QApplication application(noArguments, argv);
    QApplication::setApplicationName(QStringLiteral("prunescope"));
    QApplication::setOrganizationName(QStringLiteral("prunescope"));
    QApplication::setApplicationVersion(version);
    QApplication::setWindowIcon(appIcon());
    QGuiApplication::setDesktopFileName(QStringLiteral("org.prunescope.PruneScope"));
    const QString language = arguments->screenshot.isEmpty() ? QSettings().value(QStringLiteral("view/language"), QStringLiteral("system")).toString() : QStringLiteral("en");
    installLanguage(language);
    QLocale::setDefault(QLocale::c());
    applyTheme(application, arguments->theme);

    WindowSetup setup;
    setup.scenes = scenes;
    setup.load = arguments->load;
    setup.version = version;
    setup.aboutText = QStringLiteral("Qt %1\nLibTorch %2").arg(QLatin1String(qVersion()), QString::fromStdString(engineReport().torchVersion));
    setup.torchVersion = QString::fromStdString(engineReport().torchVersion);
    setup.cudaVersion = QString::fromStdString(engineReport().cudaVersion);
    setup.language = language;
    setup.theme = arguments->theme;
    setup.useSettings = arguments->screenshot.isEmpty();
    if (const auto bundled = bundledModelFolder()) {
        setup.bundledModel = QString::fromStdString(bundled->string());
    }
    if (const auto states = userStateDir(); states && setup.useSettings) {
        setup.stateFolder = QString::fromStdString((*states / "sessions").string());
    }
    setup.modelFolders = knownModelFolders(arguments->model);
    setup.inspectModel = inspectModelFolder;
    auto worker = std::make_unique<InferenceWorker>(pipelineOpener(loadLanguageModel, arguments->resize, arguments->prefix));
    MainWindow window(*worker, std::move(setup));
    if (!arguments->size.isEmpty()) {
        window.resize(arguments->size);
    }
    Start start(window, *arguments);
    window.show();
    QTimer::singleShot(0, &window, [&] { start.begin(first->image, first->question); });
    const int code = QApplication::exec();
    worker->cancel();
    return code;
}

}  // namespace

}  // namespace prunescope

int main(int argc, char** argv) {
    using namespace prunescope;
    cli::guardStandardStreams();
    try {
        return runProgram(argc, argv);
    } catch (const std::bad_alloc&) {
        return fail(makeError(ErrorCode::kDevice, "MEM-HOST", "cannot go on", {}, "out of memory", "close other programs or use a smaller model"));
    } catch (const std::exception&) {
        return fail(makeError(ErrorCode::kInternal, "INTERNAL", "cannot go on", {}, "unexpected exception", "please report the command that shows this"));
    }
}
