// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Choice of a model folder. Lists the folders that are known here, what each is, and the reason why one is unfit. Folders are judged one by
// one between two events, so that the window stays alive.

#include "core/base/result.h"

#include <QDialog>
#include <QString>
#include <QStringList>

#include <functional>
#include <optional>

class QLabel;
class QPushButton;
class QTreeWidget;

namespace prunescope {

/// What one folder turned out to be. `problem` set: it cannot be used, and why.
struct ModelCandidate {
    QString folder, family, parameters, dtype, memory;
    std::optional<Error> problem;
};

using ModelInspector = std::function<ModelCandidate(const QString& folder)>;

class ModelDialog : public QDialog {
    Q_OBJECT

public:
    /// `folders` are judged by `inspect`; `current` is marked as loaded.
    ModelDialog(const QStringList& folders, const QString& current, ModelInspector inspect, QWidget* parent = nullptr);
    [[nodiscard]] QString chosenFolder() const { return m_chosen; }
    /// The list, for tests.
    [[nodiscard]] QTreeWidget* list() const { return m_list; }
    /// Adds a folder (as the Browse button does) and selects it.
    void addFolder(const QString& folder);

private:
    void inspectNext();
    void showCandidate(int row, const ModelCandidate& candidate);
    void selectionChanged();

    ModelInspector m_inspect;
    QString m_current, m_chosen;
    QTreeWidget* m_list = nullptr;
    QLabel* m_reason = nullptr;
    QPushButton* m_open = nullptr;
    int m_next = 0;
};

}  // namespace prunescope
