// SPDX-License-Identifier: GPL-3.0-or-later

// Names, locks and what is left over.

#include "ui/viewmodel/autosave.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>

#include <algorithm>

namespace prunescope {

namespace {

const QString kSuffix = QStringLiteral(".prunescope-session");

QString lockOf(const QString& path) {
    return path.chopped(kSuffix.size()) + QStringLiteral(".lock");
}

}  // namespace

Autosave::Autosave(const QString& folder) {
    if (!QDir().mkpath(folder)) {
        return;
    }
    constexpr int kMost = 64;
    for (int i = 0; i < kMost && m_lock == nullptr; ++i) {
        const QString path = QStringLiteral("%1/window-%2-%3%4").arg(folder).arg(QCoreApplication::applicationPid()).arg(i).arg(kSuffix);
        if (QFile::exists(path)) {
            continue;   // left by a process that had our number
        }
        auto lock = std::make_unique<QLockFile>(lockOf(path));
        lock->setStaleLockTime(0);   // only a dead process makes it stale
        if (lock->tryLock(0)) {
            m_lock = std::move(lock);
            m_path = path;
        }
    }
}

Autosave::~Autosave() {
    if (m_lock != nullptr) {
        QFile::remove(m_path);
    }
}

Result<void> Autosave::save(const SessionDocument& document) const {
    return m_lock == nullptr ? Result<void>() : writeSession(document, m_path);
}

QStringList Autosave::abandoned(const QString& folder) {
    QStringList left;
    for (const QFileInfo& file : QDir(folder).entryInfoList({QStringLiteral("window-*") + kSuffix}, QDir::Files, QDir::Time)) {
        QLockFile lock(lockOf(file.absoluteFilePath()));
        lock.setStaleLockTime(0);
        if (lock.tryLock(0) && readSession(file.absoluteFilePath())) {
            left << file.absoluteFilePath();
        }
    }
    return left;
}

void Autosave::discard(const QString& path) {
    QFile::remove(path);
    QFile::remove(lockOf(path));
}

}  // namespace prunescope
