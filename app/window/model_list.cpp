// SPDX-License-Identifier: GPL-3.0-or-later

// Listing and judging of model folders.

#include "app/window/model_list.h"

#include "core/checkpoint/checkpoint.h"
#include "core/run/pipeline.h"
#include "ui/viewmodel/number_text.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

namespace prunescope {

namespace {

void add(QStringList& folders, const QString& folder) {
    const QString path = QFileInfo(folder).absoluteFilePath();
    if (QFileInfo(path).isDir() && !folders.contains(path)) {
        folders << path;
    }
}

void addModelsIn(QStringList& folders, const QString& parent) {
    const QDir dir(parent);
    for (const QString& name : dir.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name)) {
        if (QFileInfo::exists(dir.filePath(name) + QStringLiteral("/config.json"))) {
            add(folders, dir.filePath(name));
        }
    }
}

}  // namespace

QStringList knownModelFolders(const QString& given) {
    QStringList folders;
    if (const auto bundled = bundledModelFolder()) {
        add(folders, QString::fromStdString(bundled->string()));
    }
    if (!given.isEmpty()) {
        add(folders, given);
        addModelsIn(folders, QFileInfo(given).absolutePath());
    }
    addModelsIn(folders, QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + QStringLiteral("/prunescope/models"));
    return folders;
}

ModelCandidate inspectModelFolder(const QString& folder) {
    ModelCandidate candidate;
    candidate.folder = folder;
    const auto checkpoint = openCheckpoint(folder.toStdString());
    if (!checkpoint) {
        candidate.problem = checkpoint.error();
        return candidate;
    }
    candidate.family = QString::fromStdString(checkpoint->config.family);
    candidate.parameters = countText(checkpoint->parameters);
    candidate.dtype = QString::fromStdString(checkpoint->config.storageDtype);
    constexpr std::int64_t kBytesFloat32 = 4;
    candidate.memory = bytesText(checkpoint->parameters * kBytesFloat32);
    return candidate;
}

}  // namespace prunescope
