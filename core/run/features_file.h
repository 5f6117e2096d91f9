// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The features file of `prune --features`: a safetensors file with projector outputs and what methods may want to see besides.
// (contract of the command line, section `prune`)

#include "core/base/result.h"
#include "core/prune/prune.h"

#include <filesystem>
#include <string>
#include <vector>

namespace prunescope {

struct FeaturesFile {
    PruneInput input;                     ///< tokens [tiles * n, d], query, grid of one tile
    std::vector<std::string> present;     ///< names of all tensors in the file
    std::vector<std::string> warnings;    ///< tensors that no method knows, grid made up
    [[nodiscard]] bool has(const std::string& name) const;
};

/// Reads and checks shapes. Errors (kBadInput): FILE-*, ST-*, FEATURES-TOKENS, FEATURES-SHAPE, FEATURES-GRID, FEATURES-TILES.
[[nodiscard]] Result<FeaturesFile> readFeaturesFile(const std::filesystem::path& path);

/// Refuses (FEATURES-MISSING, kBadInput, WHERE = the tensor) when `method` needs a tensor that the file does not have.
[[nodiscard]] Result<void> requireTensors(const FeaturesFile& features, const std::string& method, const std::filesystem::path& path);

}  // namespace prunescope
