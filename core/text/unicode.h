// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The few Unicode facts that the tokenizer needs: UTF-8 in and out, White_Space, word characters, lower case. Categories come from utf8proc.

#include <cstddef>
#include <string>
#include <string_view>

namespace prunescope::text {

/// First byte that is not well-formed UTF-8 (overlong forms, surrogates and values above U+10FFFF are not), or npos.
[[nodiscard]] std::size_t findInvalidUtf8(std::string_view bytes);
/// Code point at `pos` of well-formed UTF-8; `pos` moves behind it.
[[nodiscard]] char32_t nextCodePoint(std::string_view text, std::size_t& pos);
/// Code point that ends at `pos` (> 0) of well-formed UTF-8; `pos` moves to its first byte.
[[nodiscard]] char32_t previousCodePoint(std::string_view text, std::size_t& pos);
/// Bytes of the character that begins with `lead` in well-formed UTF-8.
[[nodiscard]] std::size_t utf8Length(char lead);
void appendUtf8(std::string& out, char32_t codePoint);
/// `bytes` with each maximal ill-formed subsequence replaced by U+FFFD (Unicode 3.9, as Rust's from_utf8_lossy).
[[nodiscard]] std::string lossyUtf8(std::string_view bytes);

/// Unicode White_Space (25 code points).
[[nodiscard]] bool isWhiteSpace(char32_t codePoint);
/// UTS #18 \w: Alphabetic, marks, decimal digits, connector punctuation, join controls.
[[nodiscard]] bool isWordCharacter(char32_t codePoint);
/// Full lower case mapping without context, appended as UTF-8 (only U+0130 gives two characters).
void appendLowerCase(std::string& out, char32_t codePoint);

}  // namespace prunescope::text
