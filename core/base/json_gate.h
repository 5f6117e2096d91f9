// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The one door for JSON from outside: size, depth, duplicate keys, UTF-8, numbers and trailing bytes are checked before anything reads a value.

#include "core/base/result.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace prunescope {

struct JsonLimits {
    std::int64_t bytes = 64LL << 20;
    int depth = 64;
};

/// Parses strict JSON (a UTF-8 BOM is accepted). Duplicate keys, NaN, trailing bytes, too deep or too large are refused (JSON-*).
[[nodiscard]] Result<nlohmann::json> parseJson(std::string_view text, const std::string& where, const JsonLimits& limits = {});
/// Reads a regular file and parses it. `missing` and `malformed` decide the error class (a model's config is kBadModel, a suite kBadInput).
[[nodiscard]] Result<nlohmann::json> readJsonFile(const std::filesystem::path& path, ErrorCode errorClass, const JsonLimits& limits = {});

}  // namespace prunescope
