// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a folder holds and whether it can be loaded here, from its JSON files and weight headers alone: the `models` verb and the folder
// picker of the window.

#include "core/checkpoint/checkpoint.h"

namespace prunescope {

struct FolderDescription {
    std::filesystem::path folder;
    std::string family;             ///< "" for an unfit folder
    std::int64_t parameters = 0;
    std::string dtype;              ///< type of most stored bytes: float16, bfloat16, float32, float64
    std::int64_t weightBytes = 0;   ///< as stored
    std::int64_t memoryBytes = 0;   ///< weights in float32 and a key/value cache for 1,024 positions
    std::optional<Error> reason;    ///< why it cannot be loaded
    std::vector<std::string> warnings;
    [[nodiscard]] bool fit() const { return !reason.has_value(); }
};

/// Type of most weight bytes of an opened folder.
[[nodiscard]] std::string storedType(const Checkpoint& checkpoint);
/// One folder; never throws, reads no weight data.
[[nodiscard]] FolderDescription describeFolder(const std::filesystem::path& folder);
/// Each root that is a model folder itself, else its direct children that hold a config.json, sorted by name.
[[nodiscard]] std::vector<FolderDescription> describeFolders(const std::vector<std::filesystem::path>& roots);

}  // namespace prunescope
