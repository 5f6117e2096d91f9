// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Getters over tokenizer.json that check kind and range and name the key in what they throw (LoadFailure, inside this room).

#include "core/text/text_errors.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace prunescope::text {

using Json = nlohmann::json;

[[noreturn]] inline void fail(const std::string& id, const std::string& where, const std::string& why, const std::string& hint = {},
                              ErrorCode code = ErrorCode::kBadModel) {
    throw LoadFailure{tokenizerError(id, where, why, hint, code)};
}

/// Text from the file for a message: short, as it stands (formatErrorLine escapes it).
inline std::string shown(const std::string& text) {
    return "'" + (text.size() > 40 ? text.substr(0, 37) + "..." : text) + "'";
}

/// One JSON object with its path, for messages.
class ObjectReader {
public:
    ObjectReader(const Json& value, std::string key, const std::string& where) : m_value(value), m_key(std::move(key)), m_where(where) {
        if (!value.is_object()) fail("TOK-FORM", m_where, m_key + ": expected an object");
    }

    [[nodiscard]] const std::string& key() const { return m_key; }
    [[nodiscard]] const std::string& where() const { return m_where; }
    [[nodiscard]] std::string path(const char* name) const { return m_key.empty() ? std::string(name) : m_key + "." + name; }

    /// Value, or nullptr where it is missing or null.
    [[nodiscard]] const Json* find(const char* name) const {
        const auto it = m_value.find(name);
        return it == m_value.end() || it->is_null() ? nullptr : &*it;
    }
    [[nodiscard]] const Json& need(const char* name) const {
        const Json* value = find(name);
        if (value == nullptr) fail("TOK-FORM", m_where, path(name) + ": missing");
        return *value;
    }
    [[nodiscard]] std::string text(const char* name) const {
        const Json& value = need(name);
        if (!value.is_string()) fail("TOK-FORM", m_where, path(name) + ": expected a string");
        return value.get<std::string>();
    }
    [[nodiscard]] std::string textOr(const char* name, const std::string& fallback) const { return find(name) != nullptr ? text(name) : fallback; }
    [[nodiscard]] bool flagOr(const char* name, bool fallback) const {
        const Json* value = find(name);
        if (value == nullptr) return fallback;
        if (!value->is_boolean()) fail("TOK-FORM", m_where, path(name) + ": expected true or false");
        return value->get<bool>();
    }
    [[nodiscard]] std::int64_t countOr(const char* name, std::int64_t fallback, std::int64_t highest) const {
        const Json* value = find(name);
        return value == nullptr ? fallback : integer(*value, path(name), m_where, highest, "TOK-FORM");
    }

    /// Non-negative integer <= highest, from a JSON integer only.
    static std::int64_t integer(const Json& value, const std::string& path, const std::string& where, std::int64_t highest, const std::string& id) {
        const bool fits = value.is_number_unsigned() ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(highest)
                                                     : value.is_number_integer() && value.get<std::int64_t>() >= 0 && value.get<std::int64_t>() <= highest;
        if (!fits) fail(id, where, path + ": expected an integer from 0 to " + std::to_string(highest));
        return value.get<std::int64_t>();
    }

private:
    const Json& m_value;
    std::string m_key;
    const std::string& m_where;
};

}  // namespace prunescope::text
