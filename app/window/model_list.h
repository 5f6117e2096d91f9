// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Which model folders the window offers, and what each is: judged from headers and configuration, without loading weights.

#include "ui/dialogs/model_dialog.h"

#include <QString>
#include <QStringList>

namespace prunescope {

/// The bundled model, `given` with its neighbours, and the folders in the user's data folder (prunescope/models).
[[nodiscard]] QStringList knownModelFolders(const QString& given);
/// Opens a folder as far as its headers. A folder that cannot be used comes back with the error.
[[nodiscard]] ModelCandidate inspectModelFolder(const QString& folder);

}  // namespace prunescope
