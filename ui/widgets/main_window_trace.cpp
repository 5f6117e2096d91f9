// SPDX-License-Identifier: GPL-3.0-or-later

// Traces in the window: opened like a picture, saved by the worker, and said where they are shown.

#include "core/run/trace.h"
#include "ui/viewmodel/compare_model.h"
#include "ui/viewmodel/number_text.h"
#include "ui/viewmodel/session_file.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/main_window.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/question_panel.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QStatusBar>

namespace prunescope {

namespace {

const QString kTraceSuffix = QStringLiteral(".prunescope");

}  // namespace

void MainWindow::buildTraceMenu(QMenu* menu) {
    m_commands->add(menu, {QStringLiteral("file.saveTrace"), tr("Save &trace…"), tr("Picture, decisions, answers and timings in one file that opens without the model"), {Qt::CTRL | Qt::SHIFT | Qt::Key_T},
                           [this] { chooseTraceFile(); }, [this] { return m_session.decision() != nullptr; }});
}

void MainWindow::wireTraces() {
    connect(&m_session, &SessionModel::traceOpened, this, [this] {
        m_question->setSuggestions(m_session.traceQuestions());
        for (const std::string& warning : m_session.trace()->warnings) {
            m_message->showNotice(QString::fromStdString(warning), {});
        }
        refreshStatus();
    });
    connect(&m_session, &SessionModel::traceSaved, this, [this](const QString& path) {
        remember(path);
        constexpr int kShownMs = 5000;
        statusBar()->showMessage(tr("Saved %1").arg(QFileInfo(path).fileName()), kShownMs);
    });
    connect(&m_session, &SessionModel::imageChanged, this, &MainWindow::refreshStatus);
}

void MainWindow::saveTrace(const QString& path) {
    std::vector<std::shared_ptr<const RunResult>> more;
    if (m_compareModel->a()) {
        more.push_back(m_compareModel->a()->result);
    }
    m_session.saveTrace(QFileInfo(path).absoluteFilePath(), std::move(more), m_setup.torchVersion, m_setup.cudaVersion);
}

void MainWindow::chooseTraceFile() {
    const QString proposal = QFileInfo(m_session.imagePath()).completeBaseName() + kTraceSuffix;
    QString path = QFileDialog::getSaveFileName(this, tr("Save trace"), proposal, tr("Traces (*.prunescope)"));
    if (path.isEmpty()) {
        return;
    }
    saveTrace(isTracePath(path) ? path : path + kTraceSuffix);
}

/// "trace of 2026-11-23 · model · 19.9 M parameters": what is shown was made there and then.
QString MainWindow::traceLine() const {
    const Trace& trace = *m_session.trace();
    const QString model = QDir(QString::fromStdString(trace.modelPath)).dirName();
    return tr("trace of %1 · %2 · %3 parameters").arg(QString::fromStdString(trace.created).left(10), model, countText(trace.model.parameters));
}

QString MainWindow::traceDetails() const {
    const Trace& trace = *m_session.trace();
    QStringList lines{tr("Recorded %1 with PruneScope %2 on %3, %4").arg(QString::fromStdString(trace.created), QString::fromStdString(trace.program.version),
                                                                                           QString::fromStdString(trace.model.device), QString::fromStdString(trace.model.dtype)),
                      tr("Model: %1").arg(QString::fromStdString(trace.modelPath))};
    lines << (m_session.canAnswer() ? tr("This model is loaded: Run makes new answers.") : tr("This model is not loaded: new answers need it, everything else works from the trace."));
    return lines.join(QLatin1Char('\n'));
}

}  // namespace prunescope
