// SPDX-License-Identifier: GPL-3.0-or-later

// Trie search for added tokens with strip, word and guard rules.

#include "core/text/added_tokens.h"

#include "core/text/unicode.h"

#include <algorithm>

namespace prunescope::text {

namespace {

bool standsAlone(const std::string& text, std::size_t begin, std::size_t end) {
    if (begin > 0) {
        std::size_t at = begin;
        if (isWordCharacter(previousCodePoint(text, at))) return false;
    }
    if (end < text.size()) {
        std::size_t at = end;
        if (isWordCharacter(nextCodePoint(text, at))) return false;
    }
    return true;
}

std::size_t stripLeft(const std::string& text, std::size_t begin, std::size_t floor) {
    while (begin > floor) {
        std::size_t at = begin;
        if (!isWhiteSpace(previousCodePoint(text, at))) break;
        begin = at;
    }
    return std::max(begin, floor);
}

std::size_t stripRight(const std::string& text, std::size_t end) {
    while (end < text.size()) {
        std::size_t at = end;
        if (!isWhiteSpace(nextCodePoint(text, at))) break;
        end = at;
    }
    return end;
}

bool guarded(const Guard& guard, const AddedToken& token, SourceSpan place) {
    if (place.end <= guard.begin || place.begin >= guard.end) return false;
    return token.special || std::find(guard.ids.begin(), guard.ids.end(), token.id) != guard.ids.end();
}

}  // namespace

bool TokenMatcher::insert(const std::string& text, std::uint32_t tokenIndex) {
    if (text.empty()) return false;
    if (m_ends.empty()) m_ends.push_back(-1);
    std::uint32_t node = 0;
    for (const char c : text) {
        const std::uint64_t key = (std::uint64_t{node} << 8) | static_cast<unsigned char>(c);
        const auto [it, added] = m_edges.try_emplace(key, static_cast<std::uint32_t>(m_ends.size()));
        if (added) m_ends.push_back(-1);
        node = it->second;
    }
    m_first[static_cast<unsigned char>(text.front())] = true;
    if (m_ends[node] >= 0) return false;
    m_ends[node] = tokenIndex;
    return true;
}

bool TokenMatcher::longestAt(const std::vector<AddedToken>& tokens, const AlignedText& text, std::size_t begin, const Guard* guard, Match& match) const {
    const std::string& bytes = text.text();
    std::uint32_t node = 0;
    bool found = false;
    for (std::size_t at = begin; at < bytes.size(); ++at) {
        const auto edge = m_edges.find((std::uint64_t{node} << 8) | static_cast<unsigned char>(bytes[at]));
        if (edge == m_edges.end()) break;
        node = edge->second;
        if (m_ends[node] < 0) continue;
        const auto index = static_cast<std::uint32_t>(m_ends[node]);
        if (guard != nullptr && guarded(*guard, tokens[index], text.source(begin, at + 1))) continue;
        match = {at + 1, index};
        found = true;
    }
    return found;
}

void TokenMatcher::split(const std::vector<AddedToken>& tokens, const AlignedText& text, const Guard* guard, std::vector<Piece>& out) const {
    if (text.empty()) return;
    const std::string& bytes = text.text();
    std::size_t done = 0;
    const auto putText = [&](std::size_t begin, std::size_t end) {
        if (begin < end) out.push_back({begin == 0 && end == bytes.size() ? text : text.slice(begin, end), std::nullopt});
    };
    if (empty()) {
        putText(0, bytes.size());
        return;
    }
    for (std::size_t at = 0; at < bytes.size();) {
        Match match{};
        if (!m_first[static_cast<unsigned char>(bytes[at])] || !longestAt(tokens, text, at, guard, match)) {
            ++at;
            continue;
        }
        const AddedToken& token = tokens[match.tokenIndex];
        std::size_t begin = at, end = match.end;
        at = match.end;
        if (token.singleWord && !standsAlone(bytes, begin, end)) continue;
        if (token.lstrip) begin = stripLeft(bytes, begin, std::min(done, begin));
        if (token.rstrip) end = stripRight(bytes, end);
        putText(done, begin);
        out.push_back({text.slice(begin, end), token.id});
        done = end;
    }
    putText(done, bytes.size());
}

}  // namespace prunescope::text
