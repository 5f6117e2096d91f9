// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/checkpoint: which weights a configuration needs, and where a folder keeps them.

#include "core/checkpoint/checkpoint.h"

namespace prunescope {

struct ExpectedWeight {
    std::vector<std::int64_t> shape;
    bool required = true;
};

/// Every weight a model of this configuration may have, by canonical name (models.md 2.4). Not required: the head (tied), vision blocks
/// behind the last feature layer, post_layernorm.
[[nodiscard]] std::map<std::string, ExpectedWeight> expectedWeights(const ModelConfig& config);
/// True for stored names that carry nothing: rotary inv_freq, position_ids.
[[nodiscard]] bool isIgnorableWeight(const std::string& stored);

/// Weight files of a folder, opened: model.safetensors.index.json with its shards, or model.safetensors. `index` maps stored names to files;
/// empty without an index.
struct WeightFiles {
    std::vector<SafetensorsFile> files;
    std::vector<std::string> names;
    std::map<std::string, std::size_t> index;
};
/// Errors: MODEL-INDEX, MODEL-INDEX-NAME, MODEL-INDEX-MAP, MODEL-INDEX-DUP, MODEL-SHARD-MISSING, MODEL-PICKLE, MODEL-FORMAT, MODEL-NOWEIGHTS
/// and those of SafetensorsFile.
[[nodiscard]] Result<WeightFiles> openWeightFiles(const std::filesystem::path& folder, std::vector<std::string>& warnings);

/// Fills `checkpoint.files` and `checkpoint.weights`. Errors: MODEL-MISSING, MODEL-UNKNOWN, MODEL-SHAPE, MODEL-DUP, MODEL-QUANT, MODEL-TYPE.
[[nodiscard]] Result<void> placeWeights(WeightFiles files, Checkpoint& checkpoint);

}  // namespace prunescope
