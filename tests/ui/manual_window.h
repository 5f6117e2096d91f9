// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A shown window with a loaded model whose service answers when it is told to.

#include "tests/ui/fake_service.h"
#include "ui/widgets/main_window.h"

#include <QCoreApplication>

namespace prunescope::testing {

struct ManualWindow {
    FakeService service{FakeService::Mode::kManual};
    MainWindow window;

    explicit ManualWindow(const WindowSetup& setup = {}, const QSize& size = QSize(1024, 700)) : window(service, setup) {
        window.resize(size);
        window.show();
        window.session().loadModel(QStringLiteral("model"), {});
        service.finishLoading();
        settle();
    }
    void settle() {
        QCoreApplication::processEvents();
        QCoreApplication::processEvents();
    }
    void ask(const QString& image) {
        window.session().setQuestion(QStringLiteral("Is there a pot?"));
        window.openImage(image);
    }
    void askAndDecide(const QString& image) {
        ask(image);
        service.decide();
        settle();
    }
    void runAll() {
        window.session().run();
        service.decide();
        service.finishPruned();
        service.finishUnpruned();
        settle();
    }
};

}  // namespace prunescope::testing
