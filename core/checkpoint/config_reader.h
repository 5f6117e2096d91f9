// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/checkpoint: the JSON files beside the weights. config.json is a diff against class defaults; every number is checked for
// kind and range before it is believed. (reference/models.md section 3)

#include "core/checkpoint/checkpoint.h"

#include "core/base/json_gate.h"

namespace prunescope {

/// MODEL-* error about one file of a model folder.
[[nodiscard]] Error modelError(const std::filesystem::path& where, std::string id, std::string why, std::string hint = "");

/// config.json (MODEL-CFG, MODEL-CFG-NUM, MODEL-FAMILY, MODEL-ARCH, MODEL-QUANT, MODEL-ROPE); notes go to `warnings`.
[[nodiscard]] Result<ModelConfig> readModelConfig(const nlohmann::json& json, const std::filesystem::path& where, std::vector<std::string>& warnings);
/// eos_token_id of generation_config.json over those of the config; a missing file changes nothing.
[[nodiscard]] Result<void> readGenerationConfig(const std::filesystem::path& folder, ModelConfig& config);
/// processor_config.json["image_processor"], then preprocessor_config.json, then defaults for the tower's size (MODEL-PREPROCESS).
[[nodiscard]] Result<PreprocessConfig> readPreprocessConfig(const std::filesystem::path& folder, const ModelConfig& config, std::vector<std::string>& warnings);
/// chat_template.json, then chat_template.jinja, then tokenizer_config.json; "" when the folder has none (MODEL-TEMPLATE).
[[nodiscard]] Result<std::string> readChatTemplate(const std::filesystem::path& folder);
/// relevance.json (MODEL-RELEVANCE); nullopt without one.
[[nodiscard]] Result<std::optional<RelevanceCalibration>> readRelevance(const std::filesystem::path& folder);

/// Typed access to one JSON object: the first bad value stays as the error, later calls return defaults.
class Fields {
public:
    Fields(const nlohmann::json& object, std::string prefix, std::filesystem::path where)
        : m_object(object), m_prefix(std::move(prefix)), m_where(std::move(where)) {}

    [[nodiscard]] bool has(const std::string& key) const;   ///< present and not null
    int integer(const std::string& key, int fallback, std::int64_t min, std::int64_t max, bool nullable = false);
    double real(const std::string& key, double fallback, double min, double max, bool nullable = false);   ///< min is excluded
    bool boolean(const std::string& key, bool fallback);
    std::string text(const std::string& key, const std::string& fallback);
    /// A number, or two equal ones: [h, w].
    int side(const std::string& key, int fallback, std::int64_t min, std::int64_t max);
    [[nodiscard]] const nlohmann::json* find(const std::string& key) const;   ///< nullptr when absent or null
    void fail(const std::string& key, const std::string& why);
    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }

private:
    const nlohmann::json& m_object;
    std::string m_prefix;
    std::filesystem::path m_where;
    std::optional<Error> m_error;
};

}  // namespace prunescope
