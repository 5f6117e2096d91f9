// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Pruning options as the window writes them: values under the names of the command line (core/run/option_names.h reads them), closed lists
// for menus, comparison and labels.

#include "core/run/pipeline.h"

#include <QJsonObject>
#include <QString>
#include <QStringList>

namespace prunescope {

/// Value of one option as the command line writes it (C locale); empty when it is unset or the name is unknown.
[[nodiscard]] QString optionText(const PruneOptions& options, const QString& name);
/// Sets one option from text; errors as `setPruneOption`.
[[nodiscard]] Result<void> setOptionText(PruneOptions& options, const QString& name, const QString& text);
/// Words of an option with a closed list (method, fusion, relevance-space, relevance-sign), in menu order; empty for others.
[[nodiscard]] QStringList optionChoices(const QString& name);
/// Equal in every knob.
[[nodiscard]] bool sameOptions(const PruneOptions& a, const PruneOptions& b);
/// Names of the options whose value differs from the default.
[[nodiscard]] QStringList changedOptions(const PruneOptions& options);
/// Short label of a setting for headers: "script, keep 64, tau 0.5, gamma 1, p 0.5, walk".
[[nodiscard]] QString shortLabel(const PruneOptions& options);

/// Options that differ from their defaults, by name.
[[nodiscard]] QJsonObject jsonFromOptions(const PruneOptions& options);
/// The inverse. Options that this version does not know, or whose value it refuses, stay at their defaults.
[[nodiscard]] PruneOptions optionsFromJson(const QJsonObject& object);

}  // namespace prunescope
