// SPDX-License-Identifier: GPL-3.0-or-later
// Typed access to JSON objects of a model folder.
#include "core/checkpoint/config_reader.h"

#include "core/base/numbers.h"

#include <utility>

namespace prunescope {

Error modelError(const std::filesystem::path& where, std::string id, std::string why, std::string hint) {
    return Error{ErrorCode::kBadModel, std::move(id), "cannot load model", where.string(), std::move(why), std::move(hint), nullptr};
}

const nlohmann::json* Fields::find(const std::string& key) const {
    const auto found = m_object.is_object() ? m_object.find(key) : m_object.end();
    return found == m_object.end() || found->is_null() ? nullptr : &*found;
}

bool Fields::has(const std::string& key) const { return find(key) != nullptr; }

void Fields::fail(const std::string& key, const std::string& why) {
    if (!m_error) {
        m_error = modelError(m_where, "MODEL-CFG-NUM", m_prefix + key + " is " + why);
    }
}

int Fields::integer(const std::string& key, int fallback, std::int64_t min, std::int64_t max, bool nullable) {
    const auto* value = find(key);
    if (value == nullptr) {
        if (!nullable && m_object.is_object() && m_object.contains(key)) {
            fail(key, "null");
        }
        return fallback;
    }
    const auto number = wholeNumber(*value, min, max);
    if (!number) {
        fail(key, describeJson(*value) + ", wanted a whole number from " + std::to_string(min) + " to " + std::to_string(max));
        return fallback;
    }
    return static_cast<int>(*number);
}

double Fields::real(const std::string& key, double fallback, double min, double max, bool nullable) {
    const auto* value = find(key);
    if (value == nullptr) {
        if (!nullable && m_object.is_object() && m_object.contains(key)) {
            fail(key, "null");
        }
        return fallback;
    }
    const auto number = finiteNumber(*value);
    if (!number || *number <= min || *number > max) {
        fail(key, describeJson(*value) + ", wanted a number above " + formatNumber(min) + " and up to " + formatNumber(max));
        return fallback;
    }
    return *number;
}

bool Fields::boolean(const std::string& key, bool fallback) {
    const auto* value = find(key);
    if (value == nullptr) {
        return fallback;
    }
    if (!value->is_boolean()) {
        fail(key, describeJson(*value) + ", wanted true or false");
        return fallback;
    }
    return value->get<bool>();
}

std::string Fields::text(const std::string& key, const std::string& fallback) {
    const auto* value = find(key);
    if (value == nullptr) {
        return fallback;
    }
    if (!value->is_string()) {
        fail(key, describeJson(*value) + ", wanted text");
        return fallback;
    }
    return value->get<std::string>();
}

int Fields::side(const std::string& key, int fallback, std::int64_t min, std::int64_t max) {
    const auto* value = find(key);
    if (value == nullptr || !value->is_array()) {
        return integer(key, fallback, min, max);
    }
    const bool pair = value->size() == 2;
    const std::int64_t first = pair ? wholeNumber((*value)[0], min, max).value_or(INT64_MIN) : INT64_MIN;
    const std::int64_t second = pair ? wholeNumber((*value)[1], min, max).value_or(INT64_MIN) : INT64_MIN;
    if (first == INT64_MIN || first != second) {
        fail(key, describeJson(*value) + ", wanted a number or two equal ones");
        return fallback;
    }
    return static_cast<int>(first);
}

}  // namespace prunescope
