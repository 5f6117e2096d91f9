// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The session of a running window, kept beside a lock of its process. A window that ends well takes both away; what a killed one left is
// found by the next start.

#include "ui/viewmodel/session_file.h"

#include <QLockFile>
#include <QString>
#include <QStringList>

#include <memory>

namespace prunescope {

class Autosave {
public:
    /// Claims a name in `folder`, which is made when it is missing. Without a writable folder nothing is saved.
    explicit Autosave(const QString& folder);
    /// Removes file and lock: the end was a good one.
    ~Autosave();
    Autosave(const Autosave&) = delete;
    Autosave& operator=(const Autosave&) = delete;

    [[nodiscard]] bool active() const { return m_lock != nullptr; }
    [[nodiscard]] QString path() const { return m_path; }
    [[nodiscard]] Result<void> save(const SessionDocument& document) const;

    /// Readable sessions in `folder` whose process is gone, newest first.
    [[nodiscard]] static QStringList abandoned(const QString& folder);
    static void discard(const QString& path);

private:
    QString m_path;
    std::unique_ptr<QLockFile> m_lock;
};

}  // namespace prunescope
