// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Added tokens: found in the text before anything else is done to it (or after normalization, where the token asks for that).

#include "core/text/aligned_text.h"

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace prunescope::text {

/// One entry of `added_tokens`.
struct AddedToken {
    std::uint32_t id = 0;
    std::string content;
    std::string match;      ///< what is searched: `content`, normalized when `normalized`
    bool singleWord = false, lstrip = false, rstrip = false, normalized = true, special = false;
};

/// Bytes of the input in which some added tokens must stay plain text: special ones and those named.
struct Guard {
    std::size_t begin = 0, end = 0;
    std::vector<std::uint32_t> ids;     ///< guarded besides the special tokens (the image token)
    std::vector<bool> forbidden;        ///< by id: what must not come out of merges there either
};

/// Leftmost-longest search for a set of tokens. Immutable after the last insert.
class TokenMatcher {
public:
    /// False when the text is already there.
    [[nodiscard]] bool insert(const std::string& text, std::uint32_t tokenIndex);
    [[nodiscard]] bool empty() const { return m_ends.empty(); }

    /// Appends `text` cut at the tokens of `tokens` that match. Stretches without a match are text pieces; empty ones are left out.
    void split(const std::vector<AddedToken>& tokens, const AlignedText& text, const Guard* guard, std::vector<Piece>& out) const;

private:
    struct Match {
        std::size_t end;
        std::uint32_t tokenIndex;
    };
    [[nodiscard]] bool longestAt(const std::vector<AddedToken>& tokens, const AlignedText& text, std::size_t begin, const Guard* guard, Match& match) const;

    std::unordered_map<std::uint64_t, std::uint32_t> m_edges;   ///< node << 8 | byte -> node
    std::vector<std::int64_t> m_ends;                           ///< token index of a node, or -1; node 0 is the root
    std::array<bool, 256> m_first{};
};

}  // namespace prunescope::text
