// SPDX-License-Identifier: GPL-3.0-or-later

// Reading and writing of sessions.

#include "ui/viewmodel/session_file.h"

#include "core/base/files.h"
#include "core/run/errors.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>

#include <array>

namespace prunescope {

namespace {

const QString kFormat = QStringLiteral("prunescope-session");
const std::array<QString, 6> kKeys{QStringLiteral("format"), QStringLiteral("schema"), QStringLiteral("image"), QStringLiteral("model"), QStringLiteral("answered"), QStringLiteral("state")};

QDir folderOf(const QString& path) {
    return QFileInfo(path).absoluteDir();
}

QString relative(const QString& target, const QString& path) {
    return target.isEmpty() || target == QLatin1String(SessionDocument::kBundled) ? target : folderOf(path).relativeFilePath(target);
}

QString absolute(const QString& target, const QString& path) {
    return target.isEmpty() || target == QLatin1String(SessionDocument::kBundled) ? target : QDir::cleanPath(folderOf(path).absoluteFilePath(target));
}

Error damaged(const QString& path, const QString& why) {
    return makeError(ErrorCode::kBadInput, "SESSION-FORMAT", "cannot open session", path.toStdString(), why.toStdString(), "choose a session that PruneScope has saved");
}

}  // namespace

bool isSessionPath(const QString& path) {
    return path.endsWith(QStringLiteral(".prunescope-session"), Qt::CaseInsensitive);
}

bool isTracePath(const QString& path) {
    return path.endsWith(QStringLiteral(".prunescope"), Qt::CaseInsensitive);
}

QByteArray sessionBytes(const SessionDocument& document, const QString& path) {
    QJsonObject object = document.foreign;
    object.insert(QStringLiteral("format"), kFormat);
    object.insert(QStringLiteral("schema"), SessionDocument::kSchema);
    object.insert(QStringLiteral("image"), relative(document.image, path));
    object.insert(QStringLiteral("model"), relative(document.model, path));
    object.insert(QStringLiteral("answered"), document.answered);
    object.insert(QStringLiteral("state"), document.state);
    return QJsonDocument(object).toJson(QJsonDocument::Indented);   // keys in their sorted order
}

Result<SessionDocument> parseSession(const QByteArray& bytes, const QString& path) {
    QJsonParseError problem;
    const QJsonDocument json = QJsonDocument::fromJson(bytes, &problem);
    if (problem.error != QJsonParseError::NoError) {
        return damaged(path, QStringLiteral("it is no JSON: %1 at byte %2").arg(problem.errorString()).arg(problem.offset));
    }
    const QJsonObject object = json.object();
    if (object.value(QStringLiteral("format")).toString() != kFormat) {
        return damaged(path, QStringLiteral("it is no session: \"format\" is not \"%1\"").arg(kFormat));
    }
    const int schema = object.value(QStringLiteral("schema")).toInt(-1);
    if (schema < 1) {
        return damaged(path, QStringLiteral("\"schema\" is no number of a version"));
    }
    if (schema > SessionDocument::kSchema) {
        return makeError(ErrorCode::kBadInput, "SESSION-NEWER", "cannot open session", path.toStdString(), "a newer PruneScope wrote it (schema " + std::to_string(schema) + ")", "update PruneScope");
    }
    for (const char* key : {"image", "model"}) {
        if (object.contains(QLatin1String(key)) && !object.value(QLatin1String(key)).isString()) {
            return damaged(path, QStringLiteral("\"%1\" is no text").arg(QLatin1String(key)));
        }
    }
    if (!object.value(QStringLiteral("state")).isObject()) {
        return damaged(path, QStringLiteral("\"state\" is missing"));
    }
    SessionDocument document;
    document.image = absolute(object.value(QStringLiteral("image")).toString(), path);
    document.model = absolute(object.value(QStringLiteral("model")).toString(), path);
    document.answered = object.value(QStringLiteral("answered")).toBool();
    document.state = object.value(QStringLiteral("state")).toObject();
    document.foreign = object;
    for (const QString& key : kKeys) {
        document.foreign.remove(key);
    }
    return document;
}

Result<SessionDocument> readSession(const QString& path) {
    ReadOptions options;
    options.limit = 16LL << 20;
    options.what = "cannot open session";
    const auto text = readTextFile(path.toStdString(), options);
    if (!text) {
        return text.error();
    }
    return parseSession(QByteArray::fromStdString(*text), path);
}

Result<void> writeSession(const SessionDocument& document, const QString& path) {
    const QByteArray bytes = sessionBytes(document, path);
    return atomicWriteFile(path.toStdString(), std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

}  // namespace prunescope
