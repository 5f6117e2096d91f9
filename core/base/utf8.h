// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// UTF-8 as it must be before anything from outside is shown or parsed: strict decoding, and text made safe for one terminal line.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace prunescope {

/// Decodes one scalar value at `at`; returns its length 1-4, or 0 where the bytes are not strict UTF-8 (overlong, surrogate, cut off).
[[nodiscard]] std::size_t decodeUtf8(std::string_view text, std::size_t at, char32_t& scalar);
[[nodiscard]] bool isUtf8(std::string_view text);
/// One line without surprises: C0, DEL, C1, invalid bytes as \xNN; bidirectional and zero-width controls, line separators as \u{NNNN}.
[[nodiscard]] std::string escapeForLine(std::string_view text);
/// At most `bytes` bytes, cut on a character boundary, with "..." in the middle (`middle`) or at the end where something is missing.
[[nodiscard]] std::string elide(std::string_view text, std::size_t bytes, bool middle);

}  // namespace prunescope
