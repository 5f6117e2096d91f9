// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON gate: one SAX pass that builds the document while it counts depth, values and duplicate keys. nlohmann's own lexer refuses bad
// UTF-8, lone surrogates, NaN, comments, trailing commas and numbers that do not fit a double.
#include "core/base/json_gate.h"

#include "core/base/files.h"
#include "core/base/numbers.h"
#include "core/base/utf8.h"

#include <cmath>
#include <exception>
#include <new>
#include <utility>
#include <vector>

namespace prunescope {
namespace {

using Json = nlohmann::json;

/// Builds the document and stops at the first broken rule.
class Builder : public nlohmann::json_sax<Json> {
public:
    explicit Builder(const JsonLimits& limits) : m_limits(limits) {}

    std::string id, why;
    std::size_t position = 0;
    Json root;

    bool null() override { return add(Json(nullptr)); }
    bool boolean(bool value) override { return add(Json(value)); }
    bool number_integer(number_integer_t value) override { return add(Json(value)); }
    bool number_unsigned(number_unsigned_t value) override { return add(Json(value)); }
    bool number_float(number_float_t value, const string_t&) override {
        return std::isfinite(value) ? add(Json(value)) : fail("JSON-NUM", "a number does not fit");
    }
    bool string(string_t& value) override { return add(Json(std::move(value))); }
    bool binary(binary_t&) override { return fail("JSON-SYNTAX", "binary value"); }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        if (++m_values > m_limits.values) {
            return tooMany();
        }
        const auto [slot, fresh] = m_open.back()->get_ref<Json::object_t&>().emplace(name, nullptr);
        if (!fresh) {
            return fail("JSON-DUP", "key '" + elide(escapeForLine(name), 60, true) + "' occurs twice in one object");
        }
        m_slot = &slot->second;
        return true;
    }

    bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception& error) override {
        position = at;
        return error.id == 406 ? fail("JSON-NUM", "a number does not fit") : fail("JSON-SYNTAX", "not valid JSON");
    }

private:
    bool fail(const char* code, std::string reason) {
        id = code;
        why = std::move(reason);
        return false;
    }
    bool tooMany() { return fail("JSON-LIMIT", "more than " + formatCount(m_limits.values) + " values"); }

    Json* place(Json&& value) {
        if (m_open.empty()) {
            root = std::move(value);
            return &root;
        }
        if (m_open.back()->is_array()) {
            auto& items = m_open.back()->get_ref<Json::array_t&>();
            items.push_back(std::move(value));
            return &items.back();
        }
        *m_slot = std::move(value);
        return m_slot;
    }
    bool add(Json&& value) {
        if (++m_values > m_limits.values) {
            return tooMany();
        }
        place(std::move(value));
        return true;
    }
    bool open(Json&& container) {
        if (++m_values > m_limits.values) {
            return tooMany();
        }
        if (static_cast<int>(m_open.size()) >= m_limits.depth) {
            return fail("JSON-DEPTH", "nested deeper than " + std::to_string(m_limits.depth) + " levels");
        }
        m_open.push_back(place(std::move(container)));
        return true;
    }
    bool close() {
        m_open.pop_back();
        return true;
    }

    JsonLimits m_limits;
    std::int64_t m_values = 0;
    std::vector<Json*> m_open;   // an open container's address is stable: only its last child can still be growing
    Json* m_slot = nullptr;
};

Error jsonError(ErrorCode code, const std::string& where, std::string id, std::string why, std::string hint = "") {
    return Error{code, std::move(id), "cannot read JSON", where, std::move(why), std::move(hint), nullptr};
}

std::string lineAndColumn(std::string_view text, std::size_t position) {
    std::size_t line = 1;
    std::size_t column = 1;
    for (std::size_t i = 0; i + 1 < std::min(position, text.size() + 1); ++i) {
        line += text[i] == '\n' ? 1 : 0;
        column = text[i] == '\n' ? 1 : column + 1;
    }
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

Error syntaxError(std::string_view text, const std::string& where, const Builder& builder) {
    const void* start = text.data();
    const std::span<const std::uint8_t> head(static_cast<const std::uint8_t*>(start), text.size());
    const std::string foreign = describeForeignBytes(head);
    if (!foreign.empty()) {
        return jsonError(ErrorCode::kBadInput, where, "JSON-SYNTAX", "this is " + foreign + ", not JSON", hintForForeignBytes(head));
    }
    std::string why = builder.why;
    if (!isUtf8(text)) {
        why = "not valid UTF-8";
    } else if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return jsonError(ErrorCode::kBadInput, where, "JSON-SYNTAX", "there is nothing in it");
    }
    return jsonError(ErrorCode::kBadInput, where, builder.id, why + " (" + lineAndColumn(text, builder.position) + ")");
}

}  // namespace

Result<nlohmann::json> parseJson(std::string_view text, const std::string& where, const JsonLimits& limits) {
    if (static_cast<std::int64_t>(text.size()) > limits.bytes) {
        return jsonError(ErrorCode::kLimit, where, "JSON-LIMIT",
                         formatBytes(text.size()) + " of JSON, the limit is " + formatBytes(static_cast<std::uint64_t>(limits.bytes)));
    }
    Builder builder(limits);
    if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
        builder.position = zero + 1;   // the lexer would take it for the end of the text
        builder.id = "JSON-SYNTAX";
        builder.why = "not valid JSON";
        return syntaxError(text, where, builder);
    }
    try {
        if (Json::sax_parse(text.begin(), text.end(), &builder, Json::input_format_t::json, true) && builder.id.empty()) {
            return std::move(builder.root);
        }
    } catch (const std::bad_alloc&) {
        return jsonError(ErrorCode::kDevice, where, "MEM-HOST", "not enough memory");
    } catch (const std::exception&) {
        return jsonError(ErrorCode::kBadInput, where, "JSON-SYNTAX", "not valid JSON");
    }
    if (builder.id == "JSON-LIMIT") {
        return jsonError(ErrorCode::kLimit, where, builder.id, builder.why);
    }
    if (builder.id == "JSON-SYNTAX" || builder.id == "JSON-NUM") {
        return syntaxError(text, where, builder);
    }
    return jsonError(ErrorCode::kBadInput, where, builder.id.empty() ? "JSON-SYNTAX" : builder.id, builder.why);
}

Result<nlohmann::json> readJsonFile(const std::filesystem::path& path, ErrorCode errorClass, const JsonLimits& limits) {
    ReadOptions options;
    options.limit = limits.bytes;
    options.errorClass = errorClass;
    auto text = readTextFile(path, options);
    if (!text) {
        return text.error();
    }
    auto parsed = parseJson(*text, path.string(), limits);
    if (!parsed && parsed.error().code == ErrorCode::kBadInput) {
        Error error = parsed.error();
        error.code = errorClass;
        return error;
    }
    return parsed;
}

std::optional<std::int64_t> wholeNumber(const nlohmann::json& value, std::int64_t min, std::int64_t max) {
    std::int64_t number = 0;
    if (value.is_number_unsigned()) {
        const auto unsignedNumber = value.get<std::uint64_t>();
        if (unsignedNumber > static_cast<std::uint64_t>(INT64_MAX)) {
            return std::nullopt;
        }
        number = static_cast<std::int64_t>(unsignedNumber);
    } else if (value.is_number_integer()) {
        number = value.get<std::int64_t>();
    } else if (value.is_number_float()) {
        const double real = value.get<double>();
        if (!(std::abs(real) <= 9007199254740992.0) || std::floor(real) != real) {
            return std::nullopt;
        }
        number = static_cast<std::int64_t>(real);
    } else {
        return std::nullopt;
    }
    return number < min || number > max ? std::nullopt : std::optional<std::int64_t>(number);
}

std::optional<double> finiteNumber(const nlohmann::json& value) {
    if (!value.is_number()) {
        return std::nullopt;
    }
    const double number = value.get<double>();
    return std::isfinite(number) ? std::optional<double>(number) : std::nullopt;
}

std::string describeJson(const nlohmann::json& value) {
    if (value.is_string()) {
        return "text \"" + elide(escapeForLine(value.get_ref<const std::string&>()), 40, true) + "\"";
    }
    if (value.is_array()) {
        return "an array of " + std::to_string(value.size());
    }
    if (value.is_object()) {
        return "an object";
    }
    return value.is_number_float() ? formatNumber(value.get<double>()) : value.dump();
}

}  // namespace prunescope
