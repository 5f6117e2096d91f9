// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A session on disk: which image, which model, and the values of DocumentState. JSON with a schema number; paths relative to the file where
// they can be; keys that this version does not know are kept. Written beside its target, synced and renamed: a file is whole or the old one.

#include "core/base/result.h"

#include <QByteArray>
#include <QJsonObject>
#include <QString>

namespace prunescope {

struct SessionDocument {
    static constexpr int kSchema = 1;
    /// Stands for the model that comes with the program, wherever it is installed.
    static constexpr const char* kBundled = "bundled";

    QString image;          ///< absolute path; empty: none
    QString model;          ///< absolute folder, kBundled, or empty
    bool answered = false;  ///< both answers were asked for
    QJsonObject state;      ///< DocumentState::values()
    QJsonObject foreign;    ///< top-level keys of a newer version
};

/// Name of session files: "*.prunescope-session".
[[nodiscard]] bool isSessionPath(const QString& path);
/// Name of traces (core/run/trace.h): "*.prunescope".
[[nodiscard]] bool isTracePath(const QString& path);
/// The bytes of the file at `path` (its folder makes paths relative). The same document gives the same bytes.
[[nodiscard]] QByteArray sessionBytes(const SessionDocument& document, const QString& path);
/// Errors: SESSION-FORMAT (kBadInput: no session, or damaged; says where), SESSION-NEWER (kBadInput: of a newer schema).
[[nodiscard]] Result<SessionDocument> parseSession(const QByteArray& bytes, const QString& path);
/// Errors: as parseSession; FILE-*.
[[nodiscard]] Result<SessionDocument> readSession(const QString& path);
/// Errors: OUT-* (kNotWritten).
[[nodiscard]] Result<void> writeSession(const SessionDocument& document, const QString& path);

}  // namespace prunescope
