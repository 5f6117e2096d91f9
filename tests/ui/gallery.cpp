// SPDX-License-Identifier: GPL-3.0-or-later

// Draws the window with synthetic results in each overlay, to be looked at: ui_gallery FOLDER [light|dark] [WxH] [IMAGE] [en|zh_CN].

#include "tests/ui/fake_service.h"
#include "tests/ui/feature_service.h"
#include "ui/dialogs/cheat_sheet.h"
#include "ui/dialogs/command_palette.h"
#include "ui/dialogs/key_dialog.h"
#include "ui/viewmodel/overlay_data.h"
#include "ui/viewmodel/question_tabs.h"
#include "ui/viewmodel/translation.h"
#include "ui/viewmodel/compare_model.h"
#include "ui/viewmodel/forced_tokens.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/inspector.h"
#include "ui/widgets/latency_panel.h"
#include "ui/widgets/main_window.h"
#include "ui/widgets/overlay_bar.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QKeySequenceEdit>
#include <QLineEdit>
#include <QPushButton>

#include <array>
#include <cstdio>
#include <utility>

namespace {

using namespace prunescope;

void settle(SessionModel& session) {
    QElapsedTimer clock;
    clock.start();
    constexpr qint64 kMostMs = 20000;
    while (!session.runComplete() && clock.elapsed() < kMostMs) {
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents, 50);
    }
    for (int i = 0; i < 10; ++i) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
    }
}

void wait(int milliseconds) {
    QElapsedTimer clock;
    clock.start();
    while (clock.elapsed() < milliseconds) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
    }
}

/// Survival, inspector, forced tokens and A against B, on decisions that are really made.
bool drawStudy(const QString& stem, const QStringList& size, Theme theme) {
    testing::FeatureService service(24, 24);
    WindowSetup setup;
    setup.theme = theme;
    MainWindow window(service, setup);
    window.resize(size.value(0).toInt(), size.value(1).toInt());
    window.show();
    SessionModel& session = window.session();
    session.loadModel(QStringLiteral("synthetic"), {});
    session.setQuestion(QStringLiteral("Is there a pot on the stove?"));
    window.openImage(QStringLiteral("synthetic"));
    session.run();
    settle(session);
    constexpr int kMs = 1500;
    const auto shot = [&](const char* name) {
        wait(kMs);
        return window.saveScreenshot(stem + QLatin1String(name) + QStringLiteral(".png")).ok();
    };
    bool good = true;
    window.setOverlay(OverlayKind::kSurvival);
    good = shot("survival") && good;
    window.canvas()->setPinned(GridMap::Cell{9, 13});
    window.inspector()->setLinksShown(true);
    window.setOverlay(OverlayKind::kTauSurvival);
    good = shot("survival-tau-pinned") && good;
    window.inspector()->setLinksShown(false);
    window.setOverlay(OverlayKind::kRetained);
    session.setOptions(withForced(withForced(session.options(), {100, 101, 102, 124, 125, 126}, ForceMark::kKeep), {300, 301, 302}, ForceMark::kDrop), QStringLiteral("forced tokens"));
    good = shot("forced") && good;
    session.undoStack().undo();
    wait(kMs);
    window.compareModel().setA(window.compareModel().present());
    PruneOptions options = session.options();
    options.method = "relevance";
    session.setOptions(options, QStringLiteral("method"));
    good = shot("sides") && good;
    window.compareModel().setView(CompareView::kWipe);
    good = shot("wipe") && good;
    options.method = "script";
    options.tau.value = 0.7;
    options.gamma = 3;
    session.setOptions(options, QStringLiteral("tau"));
    window.compareModel().setQuantity(ScoreQuantity::kGspScore);
    window.compareModel().setNormalisation(Normalisation::kRank);
    window.compareModel().setView(CompareView::kDifference);
    good = shot("difference") && good;
    window.compareModel().setA(nullptr);
    window.overlayBar()->setPaper(true);
    good = shot("paper") && good;
    window.overlayBar()->setPaper(false);
    window.questions().add(QStringLiteral("What colour is the kettle?"));
    session.run();
    settle(session);
    window.setOverlay(OverlayKind::kWord);
    good = shot("word") && good;
    window.questions().previous();
    window.setOverlay(OverlayKind::kQuestions);
    good = shot("questions") && good;
    return good;
}

}  // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    const QStringList words = QCoreApplication::arguments();
    const QString folder = words.value(1, QStringLiteral("."));
    const Theme theme = themeFromWord(words.value(2)).value_or(Theme::kLight);
    const QStringList size = words.value(3, QStringLiteral("1024x700")).split(QLatin1Char('x'));
    QString image = words.value(4);
    if (image.isEmpty()) {
        image = folder + QStringLiteral("/painted.png");
        if (!testing::paintedScene(640, 480).save(image)) {
            return 1;
        }
    }
    installLanguage(words.value(5, QStringLiteral("en")));
    applyTheme(application, theme);
    testing::FakeService service(testing::FakeService::Mode::kAutomatic);
    WindowSetup setup;
    setup.theme = theme;
    MainWindow window(service, setup);
    window.resize(size.value(0).toInt(), size.value(1).toInt());
    window.show();
    window.session().loadModel(QStringLiteral("model"), {});
    window.session().setQuestion(QStringLiteral("Is there a pot on the stove?"));
    window.openImage(image);
    window.session().run();
    settle(window.session());
    window.canvas()->setPinned(GridMap::Cell{11, 9});
    const QString stem = QStringLiteral("%1/%2-%3-").arg(folder, wordOf(theme), words.value(3, QStringLiteral("1024x700")));
    for (const OverlayKind kind : kOverlayKinds) {
        window.setOverlay(kind);
        settle(window.session());
        if (!window.saveScreenshot(stem + wordOf(kind) + QStringLiteral(".png"))) {
            return 1;
        }
    }
    window.setOverlay(OverlayKind::kRetained);
    window.latencyPanel()->measure();
    settle(window.session());
    if (!window.saveScreenshot(stem + QStringLiteral("measured.png"))) {
        return 1;
    }
    window.session().setOptions(withForced(window.session().options(), {10, 11, 12}, ForceMark::kKeep), QStringLiteral("forced tokens"));
    settle(window.session());
    wait(400);
    if (!window.saveScreenshot(stem + QStringLiteral("scores.png"))) {
        return 1;
    }
    window.session().undoStack().undo();
    settle(window.session());
    window.setOverlay(OverlayKind::kRelevance);
    window.overlayBar()->setOriginal(true);
    window.showError(Error{ErrorCode::kBadInput, "IMG-FORMAT", "cannot read image", "/home/someone/notes.txt", "it is not an image: the first bytes are text", "open a PNG or JPEG file", nullptr});
    PruneOptions options;
    options.keep = 5;
    window.session().setLiveAnswers(false);
    window.session().setOptions(options, QStringLiteral("keep"));
    for (int i = 0; i < 20; ++i) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
    }
    if (!window.saveScreenshot(stem + QStringLiteral("stale.png")) || !window.saveCanvas(stem + QStringLiteral("figure.png"))) {
        return 1;
    }
    CommandPalette palette(window.commands(), &window);
    palette.show();
    palette.field()->setText(QStringLiteral("o"));
    CheatSheet sheet(window.commands(), &window);
    sheet.show();
    KeyDialog keys(window.commands(), &window);
    keys.show();
    keys.select(QStringLiteral("view.actual"));
    keys.keyField()->setKeySequence(QKeySequence(Qt::CTRL | Qt::Key_G));
    keys.assignButton()->click();
    const std::array<std::pair<QWidget*, QString>, 3> dialogs{{{&palette, QStringLiteral("palette")}, {&sheet, QStringLiteral("cheat-sheet")}, {&keys, QStringLiteral("keys")}}};
    for (const auto& [dialog, name] : dialogs) {
        QCoreApplication::processEvents();
        if (!dialog->grab().save(stem + name + QStringLiteral(".png"))) {
            return 1;
        }
    }
    if (!drawStudy(stem, size, theme)) {
        return 1;
    }
    std::puts("done");
    return 0;
}
