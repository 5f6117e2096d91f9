// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Patterns of tokenizer.json. They are written for Oniguruma (Ruby syntax); the constructs in use are translated to PCRE2, whose \s, \w, ^
// and $ mean something else, and the rest is refused. Matching is bounded: a pattern that backtracks without end gives TOK-REGEX.

#include "core/base/result.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prunescope::text {

/// A stretch of a text that matched (or not); the parts of one text cover it without gaps.
struct Part {
    std::size_t begin = 0, end = 0;
    bool isMatch = false;
};

/// Compiled pattern, or a literal string. Immutable and thread-safe.
class Pattern {
public:
    /// Regular expression; `where` and `key` go into the message (TOK-REGEX).
    [[nodiscard]] static Result<Pattern> regex(const std::string& source, const std::string& where, const std::string& key);
    /// Literal text; an empty one matches nothing.
    [[nodiscard]] static Pattern literal(std::string text);

    /// Parts of `text` in order: matches and what lies between. An empty text is one unmatched empty part. TOK-REGEX past the match limit.
    [[nodiscard]] Result<std::vector<Part>> parts(std::string_view text) const;

private:
    struct Code;
    std::shared_ptr<const Code> m_code;
    std::string m_literal;
};

/// Oniguruma source -> PCRE2 source, or an Error naming the construct without a counterpart.
[[nodiscard]] Result<std::string> translatePattern(const std::string& source, const std::string& where, const std::string& key);

}  // namespace prunescope::text
