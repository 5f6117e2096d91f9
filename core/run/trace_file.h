// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The container of a trace: a fixed preamble, a JSON header with its SHA-256, and named sections of plain values with one SHA-256 each, so
// that no byte of the file can change unseen. Layout and versions: docs/trace-format.md. What the header says is core/run/trace.h.

#include "core/base/result.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace prunescope {

inline constexpr std::uint32_t kTraceMajor = 1;   ///< a file with a larger one is refused
inline constexpr std::uint32_t kTraceMinor = 0;   ///< a file with a larger one is read; what this version does not know is kept

enum class SectionType { kU8, kI32, kI64, kF32 };
[[nodiscard]] std::size_t bytesPerElement(SectionType type);

/// Values of one section, little-endian, row-major.
struct TraceSection {
    std::string name;
    SectionType type = SectionType::kU8;
    std::vector<std::int64_t> shape;
    std::vector<std::uint8_t> bytes;   ///< product of shape times bytesPerElement
    [[nodiscard]] std::int64_t count() const;
};

struct TraceContainer {
    nlohmann::json header = nlohmann::json::object();   ///< without "format" and "sections", which belong to the container
    std::vector<TraceSection> sections;                 ///< names are unique
    [[nodiscard]] const TraceSection* find(const std::string& name) const;
};

/// The file's bytes. Deterministic: equal containers give equal bytes.
[[nodiscard]] std::vector<std::uint8_t> packTrace(const TraceContainer& container);
/// Checks every byte. Errors (kBadInput): TRACE-MAGIC, TRACE-VERSION, TRACE-TRUNCATED, TRACE-LENGTH, TRACE-CHECKSUM, TRACE-LAYOUT, JSON-*; WHY names
/// the section and its bytes.
[[nodiscard]] Result<TraceContainer> unpackTrace(std::span<const std::uint8_t> bytes, const std::string& where);

}  // namespace prunescope
