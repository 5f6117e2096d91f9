// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The one door for JSON from outside: size, depth, duplicate keys, UTF-8, numbers and trailing bytes are checked before anything reads a value.

#include "core/base/result.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace prunescope {

struct JsonLimits {
    std::int64_t bytes = 64LL << 20;
    int depth = 64;
    std::int64_t values = 16'000'000;   ///< objects, arrays, keys and scalars together
};

/// Parses strict JSON (a UTF-8 BOM is accepted). Duplicate keys, NaN, trailing bytes, too deep or too large are refused (JSON-*).
[[nodiscard]] Result<nlohmann::json> parseJson(std::string_view text, const std::string& where, const JsonLimits& limits = {});
/// Reads a regular file and parses it. `missing` and `malformed` decide the error class (a model's config is kBadModel, a suite kBadInput).
[[nodiscard]] Result<nlohmann::json> readJsonFile(const std::filesystem::path& path, ErrorCode errorClass, const JsonLimits& limits = {});

// Getters that check kind and range: nlohmann's own turn 2^32+1 into 1, true into 1 and 1.9 into 1 without a word. (reliability.md 0.8)
/// Whole number of `value`; nullopt for any other kind (4096.0 counts as whole, true and "4096" do not) or outside [min, max].
[[nodiscard]] std::optional<std::int64_t> wholeNumber(const nlohmann::json& value, std::int64_t min, std::int64_t max);
/// Finite number of `value`; nullopt for any other kind.
[[nodiscard]] std::optional<double> finiteNumber(const nlohmann::json& value);
/// The value in a few words for an error line: "text \"4096\"", "null", "an array of 3", "4096.5".
[[nodiscard]] std::string describeJson(const nlohmann::json& value);

}  // namespace prunescope
