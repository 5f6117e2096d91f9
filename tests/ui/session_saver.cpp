// SPDX-License-Identifier: GPL-3.0-or-later

// Saves sessions over one file until it is killed: ui_session_saver FILE. Prints a line once it has begun.

#include "ui/viewmodel/session_file.h"

#include <QCoreApplication>

#include <cstdio>

int main(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    const QString path = QCoreApplication::arguments().value(1);
    prunescope::SessionDocument document;
    document.state.insert(QStringLiteral("text"), QString(100000, QLatin1Char('x')));
    std::puts("saving");
    std::fflush(stdout);
    for (int generation = 1; generation < 1000000; ++generation) {
        document.state.insert(QStringLiteral("generation"), generation);
        if (!prunescope::writeSession(document, path)) {
            return 1;
        }
    }
    return 0;
}
