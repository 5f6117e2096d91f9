// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// SHA-256 (FIPS 180-4), so that results can name the exact bytes they were made from.

#include "core/base/result.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace prunescope {

class Sha256 {
public:
    Sha256();
    void update(std::span<const std::uint8_t> bytes);
    void update(std::string_view text);
    /// Lower-case hex of everything so far; the object is spent afterwards.
    [[nodiscard]] std::string finish();

private:
    void block(const std::uint8_t* data);
    std::array<std::uint32_t, 8> m_state;
    std::array<std::uint8_t, 64> m_buffer{};
    std::uint64_t m_length = 0;
};

[[nodiscard]] std::string sha256(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::string sha256(std::string_view text);
/// Streams a regular file of any size.
[[nodiscard]] Result<std::string> sha256OfFile(const std::filesystem::path& path);

/// A fresh identifier: 16 lower-case hex digits from the system's random source.
[[nodiscard]] std::string freshId();

}  // namespace prunescope
