// SPDX-License-Identifier: GPL-3.0-or-later

// Every picture of docs/pictures, drawn by the real window with the bundled model: ui_pictures FOLDER [WxH] (target `pictures` gives it docs/pictures;
// QT_SCALE_FACTOR=2 as with any Qt program).
// It takes the walk of docs/first-ten-minutes.md through the program's own actions. Tokens, scenes and questions are chosen by rule from
// what the model says, so that another model needs no change here.

#include "app/inference_worker.h"
#include "core/engine/engine.h"
#include "core/run/sweep.h"
#include "tests/ui/picture_check.h"
#include "ui/viewmodel/compare_model.h"
#include "ui/viewmodel/forced_tokens.h"
#include "ui/viewmodel/sample_scenes.h"
#include "ui/viewmodel/translation.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/inspector.h"
#include "ui/widgets/main_window.h"

#include <QAction>
#include <QApplication>
#include <QElapsedTimer>
#include <QFileInfo>

#include <algorithm>
#include <cstdio>
#include <functional>

namespace {

using namespace prunescope;

void wait(int milliseconds) {
    QElapsedTimer clock;
    clock.start();
    while (clock.elapsed() < milliseconds) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
    }
}

bool waitFor(const std::function<bool()>& ready) {
    constexpr qint64 kMostMs = 300'000;
    QElapsedTimer clock;
    clock.start();
    while (!ready() && clock.elapsed() < kMostMs) {
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 50);
    }
    constexpr int kCalmMs = 250;
    wait(kCalmMs);   // layouts and the chart come to rest
    return ready();
}

class Painter {
public:
    Painter(MainWindow& window, QString folder, std::vector<SampleScene> scenes)
        : m_window(window), m_session(window.session()), m_folder(std::move(folder)), m_scenes(std::move(scenes)) {}

    [[nodiscard]] bool all() {
        return open(m_scenes.front()) && plain() && whyDropped() && forced() && compared() && flip();
    }

private:
    void act(const char* id) {
        m_window.commands().refresh();
        m_window.commands().action(QLatin1String(id))->trigger();
    }

    bool shot(const char* name) {
        constexpr int kCalmMs = 400;
        wait(kCalmMs);
        const QString path = QStringLiteral("%1/%2.png").arg(m_folder, QLatin1String(name));
        std::printf("%s\n", qPrintable(path));
        return m_window.saveScreenshot(path).ok();
    }

    bool open(const SampleScene& scene) {
        m_session.setOptions(PruneOptions{}, QStringLiteral("all parameters"));
        m_window.openScene(scene);
        return waitFor([&] { return m_session.runComplete() && m_session.imagePath() == scene.imagePath && m_session.askedQuestion() == scene.questions.value(0) && !m_session.busy(); });
    }

    bool answered(const PruneOptions& options, const char* what) {
        m_session.setOptions(options, QLatin1String(what));
        m_session.run();
        return waitFor([&] { return m_session.runComplete() && !m_session.decisionStale() && !m_session.busy(); });
    }

    bool inspected() {
        return waitFor([&] { return m_session.analysisCurrent() && m_session.survivalCurrent(); });
    }

    bool plain() {
        bool good = shot("window");
        m_window.setTheme(Theme::kDark);
        good = shot("dark") && good;
        m_window.setTheme(Theme::kLight);
        m_window.setOverlay(OverlayKind::kRelevance);
        good = shot("relevance") && good;
        m_window.setOverlay(OverlayKind::kSurvival);
        good = waitFor([&] { return m_session.analysis() && m_session.survivalCurrent(); }) && shot("survival") && good;
        m_window.setOverlay(OverlayKind::kRetained);
        return good;
    }

    /// The dropped token that the question is most about.
    bool whyDropped() {
        const auto& tokens = m_session.decision()->decision->tokens;
        const TokenTrace* found = nullptr;
        for (const TokenTrace& token : tokens) {
            if (!token.kept && token.row >= 0 && (found == nullptr || token.relevanceRaw > found->relevanceRaw)) {
                found = &token;
            }
        }
        if (found == nullptr) {
            return false;
        }
        m_pinned = GridMap::Cell{found->row, found->col};
        m_window.canvas()->setPinned(m_pinned);
        m_window.inspector()->setLinksShown(true);
        return inspected() && shot("token");
    }

    /// Its block of nine kept by hand.
    bool forced() {
        m_window.inspector()->setLinksShown(false);
        std::vector<std::int64_t> block;
        for (const TokenTrace& token : m_session.decision()->decision->tokens) {
            if (std::abs(token.row - m_pinned.row) <= 1 && std::abs(token.col - m_pinned.col) <= 1 && token.row >= 0) {
                block.push_back(token.index);
            }
        }
        const PruneOptions before = m_session.options();
        const bool good = answered(withForced(before, block, ForceMark::kKeep), "forced tokens") && shot("force");
        m_window.canvas()->setPinned(std::nullopt);
        return answered(before, "forced tokens") && good;
    }

    bool compared() {
        act("compare.pin");
        PruneOptions options = m_session.options();
        options.method = "relevance";
        const bool good = answered(options, "method") && shot("compare") && m_window.saveCanvas(m_folder + QStringLiteral("/figure.png")).ok();
        m_window.compareModel().setA(nullptr);
        return good;
    }

    /// The first of the scenes' questions whose answer changes at a budget that is not tiny; else the one with the largest. Questions after what
    /// a thing is like come first: yes and no are often guessed.
    bool flip() {
        constexpr std::int64_t kEnough = 12;
        constexpr int kMostSweeps = 16;
        std::int64_t best = -1;
        SampleScene chosen = m_scenes.front();
        int sweeps = 0;
        for (const SampleScene& scene : m_scenes) {
            for (const QString& question : scene.questions) {
                const bool yesNo = question.startsWith(QLatin1String("Is ")) || question.startsWith(QLatin1String("Are "));
                if (yesNo || best >= kEnough || sweeps++ >= kMostSweeps) {
                    continue;
                }
                SampleScene asked = scene;
                asked.questions = {question};
                if (!open(asked) || !swept()) {
                    return false;
                }
                if (const std::int64_t edge = m_session.sweep()->lastOther().value_or(0); edge > best) {
                    best = edge;
                    chosen = asked;
                }
            }
        }
        if (!open(chosen) || !swept()) {
            return false;
        }
        PruneOptions options = m_session.options();
        options.keep = m_session.sweep()->lastOther().value_or(1);
        return answered(options, "keep") && shot("flip");
    }

    bool swept() {
        act("prune.findFlip");
        return waitFor([&] { return m_session.sweep() && m_session.sweep()->complete && !m_session.sweeping(); });
    }

    MainWindow& m_window;
    SessionModel& m_session;
    QString m_folder;
    std::vector<SampleScene> m_scenes;
    GridMap::Cell m_pinned{};
};

}  // namespace

int main(int argc, char** argv) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("QT_FONT_DPI", "96");
    QApplication application(argc, argv);
    const auto samples = sampleDataFolder();
    const auto model = bundledModelFolder();
    if (argc < 2 || argc > 3 || !samples || !model || !testing::useTestFont()) {
        std::fputs("usage: ui_pictures FOLDER [WxH]; needs sample_data with its model, and the font DejaVu Sans\n", stderr);
        return 2;
    }
    auto scenes = readSampleScenes(*samples / "scenes");
    if (!scenes || scenes->empty()) {
        std::fputs("no sample scenes\n", stderr);
        return 3;
    }
    installLanguage(QStringLiteral("en"));
    applyTheme(application, Theme::kLight);
    InferenceWorker worker(pipelineOpener(loadLanguageModel));
    WindowSetup setup;
    setup.scenes = *scenes;
    setup.theme = Theme::kLight;
    MainWindow window(worker, setup);
    const QStringList size = QString::fromLatin1(argc > 2 ? argv[2] : "1280x800").split(QLatin1Char('x'));
    window.resize(size.value(0).toInt(), size.value(1).toInt());
    window.show();
    LoadOptions load;
    load.threads = 1;
    window.session().loadModel(QString::fromStdString(model->string()), load);
    if (!Painter(window, QString::fromLocal8Bit(argv[1]), *scenes).all()) {
        std::fputs("a picture could not be made\n", stderr);
        return 1;
    }
    return 0;
}
