// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/trace_file.h"

#include "core/base/files.h"
#include "core/base/json_gate.h"
#include "core/base/numbers.h"
#include "core/base/sha256.h"
#include "core/base/utf8.h"
#include "core/run/errors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

namespace prunescope {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic{0x89, 'P', 'S', 'C', 'O', 'P', 'E', 0x1A};
constexpr std::size_t kPreamble = 64;
constexpr std::size_t kAlignment = 64;
constexpr std::array<std::pair<SectionType, const char*>, 4> kTypes{{{SectionType::kU8, "U8"}, {SectionType::kI32, "I32"}, {SectionType::kI64, "I64"}, {SectionType::kF32, "F32"}}};

std::size_t aligned(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

template <typename T>
void putNumber(std::vector<std::uint8_t>& out, std::size_t at, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        out[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
}

template <typename T>
T getNumber(std::span<const std::uint8_t> bytes, std::size_t at) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value |= static_cast<T>(bytes[at + i]) << (8 * i);
    }
    return value;
}

int hexDigit(char c) { return c >= '0' && c <= '9' ? c - '0' : c - 'a' + 10; }

const char* nameOf(SectionType type) {
    for (const auto& [each, name] : kTypes) {
        if (each == type) {
            return name;
        }
    }
    return "";
}

std::string place(std::uint64_t from, std::uint64_t end) {
    return "bytes " + formatCount(static_cast<std::int64_t>(from)) + " to " + formatCount(static_cast<std::int64_t>(end) - 1);
}

/// One entry of the header's list, checked.
struct Entry {
    TraceSection section;
    std::uint64_t begin = 0, end = 0;   // in the file
    std::string sha256;
};

class Unpacker {
public:
    Unpacker(std::span<const std::uint8_t> bytes, const std::string& where) : m_bytes(bytes), m_where(where) {}

    Result<TraceContainer> run() {
        if (Result<void> read = preamble(); !read) {
            return read.error();
        }
        if (Result<void> read = header(); !read) {
            return read.error();
        }
        if (Result<void> read = entries(); !read) {
            return read.error();
        }
        if (Result<void> read = length(); !read) {
            return read.error();
        }
        return contents();
    }

private:
    [[nodiscard]] Error refused(std::string id, std::string why, std::string hint = {}) const {
        return makeError(ErrorCode::kBadInput, std::move(id), "cannot read the trace", m_where, std::move(why), std::move(hint));
    }
    [[nodiscard]] Error truncated(const std::string& part) const {
        return refused("TRACE-TRUNCATED", "the file ends after byte " + formatCount(static_cast<std::int64_t>(m_bytes.size())) + ", inside " + part,
                       "copy it again");
    }

    Result<void> preamble() {
        const std::size_t have = std::min(m_bytes.size(), kMagic.size());
        if (m_bytes.empty() || std::memcmp(m_bytes.data(), kMagic.data(), have) != 0) {
            const std::string foreign = describeForeignBytes(m_bytes);
            return refused("TRACE-MAGIC", foreign.empty() ? "it does not begin as a .prunescope file" : "this is " + foreign + ", not a .prunescope file");
        }
        if (m_bytes.size() < kPreamble) {
            return truncated("the preamble (64 bytes)");
        }
        m_major = getNumber<std::uint32_t>(m_bytes, 8);
        m_minor = getNumber<std::uint32_t>(m_bytes, 12);
        if (m_major > kTraceMajor) {
            return refused("TRACE-VERSION", "written by a newer version of PruneScope: trace format " + std::to_string(m_major) + ", this one reads "
                           + std::to_string(kTraceMajor), "update PruneScope");
        }
        if (m_major < 1) {
            return refused("TRACE-VERSION", "trace format 0 never existed (byte 8)");
        }
        m_headerBytes = getNumber<std::uint64_t>(m_bytes, 16);
        m_fileBytes = getNumber<std::uint64_t>(m_bytes, 24);
        if (m_fileBytes < kPreamble || m_headerBytes > m_fileBytes - kPreamble || m_headerBytes > (64ULL << 20)) {
            return refused("TRACE-LAYOUT", "the preamble's lengths (bytes 16 to 31) contradict each other");
        }
        if (m_bytes.size() - kPreamble < m_headerBytes) {
            return truncated("the header (" + place(kPreamble, kPreamble + m_headerBytes) + ")");
        }
        return {};
    }

    Result<void> header() {
        const auto text = m_bytes.subspan(kPreamble, m_headerBytes);
        const std::string sum = sha256(text);
        for (std::size_t i = 0; i < 32; ++i) {
            if (m_bytes[32 + i] != hexDigit(sum[2 * i]) * 16 + hexDigit(sum[2 * i + 1])) {
                return refused("TRACE-CHECKSUM", "the header (" + place(kPreamble, kPreamble + m_headerBytes) + ") does not match its checksum", "copy it again");
            }
        }
        auto parsed = parseJson(std::string_view(reinterpret_cast<const char*>(text.data()), text.size()), m_where);
        if (!parsed) {
            Error error = parsed.error();
            error.code = ErrorCode::kBadInput;
            return error;
        }
        if (!parsed->is_object()) {
            return refused("TRACE-LAYOUT", "the header is " + describeJson(*parsed) + ", not an object");
        }
        m_header = std::move(*parsed);
        const auto format = m_header.find("format");
        const auto number = [&](const char* key) {
            return format != m_header.end() && format->is_object() && format->contains(key) ? wholeNumber((*format)[key], 0, UINT32_MAX) : std::nullopt;
        };
        if (number("major") != static_cast<std::int64_t>(m_major) || number("minor") != static_cast<std::int64_t>(m_minor)) {
            return refused("TRACE-LAYOUT", "preamble (bytes 8 to 15) and header name different versions of the format");
        }
        return {};
    }

    Result<void> entries() {
        const auto list = m_header.find("sections");
        if (list == m_header.end() || !list->is_array()) {
            return refused("TRACE-LAYOUT", "the header has no list of sections");
        }
        std::set<std::string> names;
        std::uint64_t at = aligned(kPreamble + m_headerBytes);
        for (const nlohmann::json& json : *list) {
            std::optional<Entry> entry = entryOf(json);
            if (!entry || entry->begin != at - aligned(kPreamble + m_headerBytes) || !names.insert(entry->section.name).second) {
                return refused("TRACE-LAYOUT", "section " + std::to_string(m_entries.size()) + " of the header's list is not usable");
            }
            const std::uint64_t size = entry->end;
            entry->begin = at;
            entry->end = at + size;
            if (size > m_fileBytes || entry->end > m_fileBytes) {
                return refused("TRACE-LAYOUT", "section '" + elide(entry->section.name, 40, true) + "' lies outside the file");
            }
            at = aligned(entry->end);
            m_entries.push_back(std::move(*entry));
        }
        const std::uint64_t end = m_entries.empty() ? kPreamble + m_headerBytes : m_entries.back().end;
        return end == m_fileBytes ? Result<void>() : refused("TRACE-LAYOUT", "the sections end at byte " + formatCount(static_cast<std::int64_t>(end)) + ", the preamble says "
                                                             + formatCount(static_cast<std::int64_t>(m_fileBytes)));
    }

    /// `begin`: offset behind the header; `end`: size.
    static std::optional<Entry> entryOf(const nlohmann::json& json) {
        constexpr std::int64_t kMost = 1LL << 40;
        Entry entry;
        if (!json.is_object() || json.size() != 6 || !json.contains("name") || !json["name"].is_string() || !json.contains("type") || !json.contains("shape")
            || !json["shape"].is_array() || !json.contains("sha256") || !json["sha256"].is_string() || !json.contains("offset") || !json.contains("bytes")) {
            return std::nullopt;
        }
        entry.section.name = json["name"].get<std::string>();
        entry.sha256 = json["sha256"].get<std::string>();
        const auto type = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& each) { return json["type"] == each.second; });
        const auto offset = wholeNumber(json["offset"], 0, kMost);
        const auto bytes = wholeNumber(json["bytes"], 0, kMost);
        if (type == kTypes.end() || !offset || !bytes || entry.section.name.empty()) {
            return std::nullopt;
        }
        entry.section.type = type->first;
        std::int64_t size = static_cast<std::int64_t>(bytesPerElement(type->first));
        for (const nlohmann::json& side : json["shape"]) {
            const auto length = wholeNumber(side, 0, kMost);
            const auto product = length ? checkedMultiply(size, *length) : std::nullopt;
            if (!product) {
                return std::nullopt;
            }
            size = *product;
            entry.section.shape.push_back(*length);
        }
        if (size != *bytes) {
            return std::nullopt;
        }
        entry.begin = static_cast<std::uint64_t>(*offset);
        entry.end = static_cast<std::uint64_t>(*bytes);
        return entry;
    }

    Result<void> length() const {
        if (m_bytes.size() > m_fileBytes) {
            return refused("TRACE-LENGTH", formatCount(static_cast<std::int64_t>(m_bytes.size() - m_fileBytes)) + " bytes follow the end at byte "
                           + formatCount(static_cast<std::int64_t>(m_fileBytes)));
        }
        if (m_bytes.size() == m_fileBytes) {
            return {};
        }
        for (const Entry& entry : m_entries) {
            if (m_bytes.size() < entry.end) {
                return truncated("section '" + elide(entry.section.name, 40, true) + "' (" + place(entry.begin, entry.end) + ")");
            }
        }
        return truncated("the header");
    }

    Result<TraceContainer> contents() {
        TraceContainer out;
        std::uint64_t at = kPreamble + m_headerBytes;
        for (Entry& entry : m_entries) {
            for (; at < entry.begin; ++at) {
                if (m_bytes[at] != 0) {
                    return refused("TRACE-CHECKSUM", "byte " + formatCount(static_cast<std::int64_t>(at)) + " between two sections is not 0", "copy it again");
                }
            }
            at = entry.end;
            const auto bytes = m_bytes.subspan(entry.begin, entry.end - entry.begin);
            if (sha256(bytes) != entry.sha256) {
                return refused("TRACE-CHECKSUM", "section '" + elide(entry.section.name, 40, true) + "' (" + place(entry.begin, entry.end) + ") does not match its checksum",
                               "copy it again");
            }
            entry.section.bytes.assign(bytes.begin(), bytes.end());
            out.sections.push_back(std::move(entry.section));
        }
        out.header = std::move(m_header);
        out.header.erase("sections");
        out.header.erase("format");
        return out;
    }

    std::span<const std::uint8_t> m_bytes;
    const std::string& m_where;
    std::uint32_t m_major = 0, m_minor = 0;
    std::uint64_t m_headerBytes = 0, m_fileBytes = 0;
    nlohmann::json m_header;
    std::vector<Entry> m_entries;
};

}  // namespace

std::size_t bytesPerElement(SectionType type) {
    switch (type) {
        case SectionType::kU8: return 1;
        case SectionType::kI32: return 4;
        case SectionType::kI64: return 8;
        case SectionType::kF32: return 4;
    }
    return 1;
}

std::int64_t TraceSection::count() const { return static_cast<std::int64_t>(bytes.size() / bytesPerElement(type)); }

const TraceSection* TraceContainer::find(const std::string& name) const {
    const auto it = std::find_if(sections.begin(), sections.end(), [&](const TraceSection& section) { return section.name == name; });
    return it == sections.end() ? nullptr : &*it;
}

std::vector<std::uint8_t> packTrace(const TraceContainer& container) {
    nlohmann::json header = container.header;
    header["format"] = {{"name", "prunescope.trace"}, {"major", kTraceMajor}, {"minor", kTraceMinor}};
    nlohmann::json list = nlohmann::json::array();
    std::size_t offset = 0;
    std::size_t size = 0;
    for (const TraceSection& section : container.sections) {
        list.push_back({{"name", section.name}, {"type", nameOf(section.type)}, {"shape", section.shape}, {"offset", offset}, {"bytes", section.bytes.size()},
                        {"sha256", sha256(section.bytes)}});
        size = offset + section.bytes.size();
        offset = aligned(size);
    }
    header["sections"] = std::move(list);
    const std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const std::size_t start = aligned(kPreamble + text.size());
    const std::size_t total = container.sections.empty() ? kPreamble + text.size() : start + size;
    std::vector<std::uint8_t> out(total, 0);
    std::copy(kMagic.begin(), kMagic.end(), out.begin());
    putNumber<std::uint32_t>(out, 8, kTraceMajor);
    putNumber<std::uint32_t>(out, 12, kTraceMinor);
    putNumber<std::uint64_t>(out, 16, text.size());
    putNumber<std::uint64_t>(out, 24, total);
    const std::string sum = sha256(text);
    for (std::size_t i = 0; i < 32; ++i) {
        out[32 + i] = static_cast<std::uint8_t>(hexDigit(sum[2 * i]) * 16 + hexDigit(sum[2 * i + 1]));
    }
    std::copy(text.begin(), text.end(), out.begin() + kPreamble);
    std::size_t at = start;
    for (const TraceSection& section : container.sections) {
        std::copy(section.bytes.begin(), section.bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
        at = aligned(at + section.bytes.size());
    }
    return out;
}

Result<TraceContainer> unpackTrace(std::span<const std::uint8_t> bytes, const std::string& where) { return Unpacker(bytes, where).run(); }

}  // namespace prunescope
