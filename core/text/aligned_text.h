// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A text on its way through normalizers and splits that remembers, for each byte, which bytes of the input it came from.

#include "core/text/regex.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prunescope::text {

/// Byte range of the input.
struct SourceSpan {
    std::uint32_t begin = 0, end = 0;
};

/// UTF-8 text with one SourceSpan per byte. `origin` is where this piece begins in the input.
class AlignedText {
public:
    AlignedText() = default;
    /// The input itself (must be under 4 GiB).
    explicit AlignedText(std::string_view input);

    [[nodiscard]] const std::string& text() const { return m_text; }
    [[nodiscard]] bool empty() const { return m_text.empty(); }
    [[nodiscard]] std::size_t size() const { return m_text.size(); }
    [[nodiscard]] std::size_t origin() const { return m_origin; }

    /// Bytes [begin, end) as a piece of its own.
    [[nodiscard]] AlignedText slice(std::size_t begin, std::size_t end) const;
    /// Input bytes behind [begin, end); an empty range keeps its place relative to the origin.
    [[nodiscard]] SourceSpan source(std::size_t begin, std::size_t end) const;
    [[nodiscard]] SourceSpan spanAt(std::size_t byte) const { return m_spans[byte]; }

    /// Puts `prefix` in front; it shares the place of the first character. Does nothing to an empty text.
    void prepend(std::string_view prefix);
    /// Replaces the matching parts by `content`, which takes the place of the last replaced byte.
    void replace(const std::vector<Part>& parts, std::string_view content);

    /// For normalizers that rewrite everything: start over, then append characters with their places.
    void rewriteBegin(AlignedText& previous);
    void append(std::string_view bytes, SourceSpan span);

private:
    std::string m_text;
    std::vector<SourceSpan> m_spans;
    std::size_t m_origin = 0;
};

/// A piece of the input: still text, or already one added token.
struct Piece {
    AlignedText text;
    std::optional<std::uint32_t> token;
};

}  // namespace prunescope::text
