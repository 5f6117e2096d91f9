// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The sample scenes that ship with the program: sample_data/scenes/scenes.json.

#include "core/base/result.h"

#include <QString>
#include <QStringList>

#include <filesystem>
#include <vector>

namespace prunescope {

struct SampleScene {
    QString title, imagePath, licence;
    QStringList questions, answers;   ///< same length
};

/// Reads `folder`/scenes.json: a list (or {"scenes": list}) of {image, title, licence, questions: [{question, answer}]}. Errors: JSON-*,
/// SCENES-* (kBadInput). Scenes whose picture is missing are left out.
[[nodiscard]] Result<std::vector<SampleScene>> readSampleScenes(const std::filesystem::path& folder);

}  // namespace prunescope
