// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What newer Unicode versions added to the classes that tokenizer patterns name: the oracle knows Unicode 16, Debian 12's libraries 14 and 15.

#include <string_view>

namespace prunescope::text {

/// Ranges to add to \p{category} inside a character class, in PCRE2 syntax; empty for categories that need none.
[[nodiscard]] std::string_view additionsOf(std::string_view category);
/// Word characters that utf8proc 2.8 does not know.
[[nodiscard]] bool isAddedWordCharacter(char32_t codePoint);
/// Lower case of letters that utf8proc 2.8 does not know; the argument itself for all others.
[[nodiscard]] char32_t addedLowerCase(char32_t codePoint);

/// Normalization is the other way round: the oracle's tables are those of Unicode 9. Characters that came later have no combining class
/// or no decomposition there.
[[nodiscard]] bool lacksCombiningClass(char32_t codePoint);
[[nodiscard]] bool lacksDecomposition(char32_t codePoint, bool compatibility);

}  // namespace prunescope::text
