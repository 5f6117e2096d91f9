// SPDX-License-Identifier: GPL-3.0-or-later

// BPE: characters to symbols, then merges in order of rank, ties leftmost, through a heap whose stale entries are dropped when they surface.

#include "core/text/bpe.h"

#include "core/text/unicode.h"

#include <functional>
#include <queue>

namespace prunescope::text {

namespace {

constexpr std::uint64_t kEmptyKey = ~std::uint64_t{0};

std::uint64_t mix(std::uint64_t x) {
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93ULL;
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93ULL;
    return x ^ (x >> 32);
}

std::size_t slotsFor(std::size_t count) {
    std::size_t slots = 16;
    while (slots < count * 2) slots *= 2;
    return slots;
}

struct Symbol {
    std::uint32_t id;
    std::int32_t previous, next;   ///< index, or -1
    std::uint32_t length;          ///< bytes; 0 when merged away
};

struct Candidate {
    std::uint32_t rank, position, id;
    bool operator>(const Candidate& o) const { return rank != o.rank ? rank > o.rank : position > o.position; }
};
using Candidates = std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>>;

void addSymbol(std::vector<Symbol>& word, std::int64_t id, std::size_t length) {
    const auto at = static_cast<std::int32_t>(word.size());
    if (at > 0) word.back().next = at;
    word.push_back({static_cast<std::uint32_t>(id), at - 1, -1, static_cast<std::uint32_t>(length)});
}

void mergeAll(const MergeTable& table, std::vector<Symbol>& word, const std::vector<bool>* forbidden) {
    const auto mergeOf = [&table, forbidden](const Symbol& left, const Symbol& right) {
        const MergeTable::Merge* merge = table.find(left.id, right.id);
        return merge != nullptr && forbidden != nullptr && (*forbidden)[merge->id] ? nullptr : merge;
    };
    std::vector<Candidate> initial;
    for (std::size_t i = 0; i + 1 < word.size(); ++i)
        if (const MergeTable::Merge* m = mergeOf(word[i], word[i + 1])) initial.push_back({m->rank, static_cast<std::uint32_t>(i), m->id});
    Candidates heap(std::greater<>(), std::move(initial));
    const auto offer = [&](std::int32_t left, std::int32_t right) {
        if (left < 0 || right < 0) return;
        const auto l = static_cast<std::size_t>(left);
        if (const MergeTable::Merge* m = mergeOf(word[l], word[static_cast<std::size_t>(right)])) heap.push({m->rank, static_cast<std::uint32_t>(l), m->id});
    };
    while (!heap.empty()) {
        const Candidate top = heap.top();
        heap.pop();
        Symbol& left = word[top.position];
        if (left.length == 0 || left.next < 0) continue;
        Symbol& right = word[static_cast<std::size_t>(left.next)];
        const MergeTable::Merge* m = mergeOf(left, right);
        if (m == nullptr || m->id != top.id) continue;
        left.id = top.id;
        left.length += right.length;
        left.next = right.next;
        right.length = 0;
        if (left.next >= 0) word[static_cast<std::size_t>(left.next)].previous = static_cast<std::int32_t>(top.position);
        offer(left.previous, static_cast<std::int32_t>(top.position));
        offer(static_cast<std::int32_t>(top.position), left.next);
    }
}

}  // namespace

void Vocabulary::reserve(std::size_t tokens) {
    m_entries.reserve(tokens);
    rehash(slotsFor(tokens));
}

void Vocabulary::rehash(std::size_t slots) {
    m_slots.assign(slots, -1);
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        std::size_t at = mix(std::hash<std::string_view>()(view(m_entries[i]))) & (slots - 1);
        while (m_slots[at] >= 0) at = (at + 1) & (slots - 1);
        m_slots[at] = static_cast<std::int32_t>(i);
    }
}

bool Vocabulary::add(std::string_view token, std::uint32_t id) {
    if (has(id) || find(token) >= 0) return false;
    if (m_slots.size() < (m_entries.size() + 1) * 2) rehash(slotsFor(m_entries.size() + 1));
    m_entries.push_back({m_texts.size(), static_cast<std::uint32_t>(token.size()), id});
    m_texts += token;
    if (m_entryOfId.size() <= id) m_entryOfId.resize(std::size_t{id} + 1, -1);
    m_entryOfId[id] = static_cast<std::int32_t>(m_entries.size() - 1);
    std::size_t at = mix(std::hash<std::string_view>()(token)) & (m_slots.size() - 1);
    while (m_slots[at] >= 0) at = (at + 1) & (m_slots.size() - 1);
    m_slots[at] = static_cast<std::int32_t>(m_entries.size() - 1);
    return true;
}

std::int64_t Vocabulary::find(std::string_view token) const {
    if (m_slots.empty()) return -1;
    std::size_t at = mix(std::hash<std::string_view>()(token)) & (m_slots.size() - 1);
    for (; m_slots[at] >= 0; at = (at + 1) & (m_slots.size() - 1)) {
        const Entry& entry = m_entries[static_cast<std::size_t>(m_slots[at])];
        if (view(entry) == token) return entry.id;
    }
    return -1;
}

bool Vocabulary::has(std::int64_t id) const {
    return id >= 0 && id < end() && m_entryOfId[static_cast<std::size_t>(id)] >= 0;
}

std::string_view Vocabulary::token(std::int64_t id) const {
    return view(m_entries[static_cast<std::size_t>(m_entryOfId[static_cast<std::size_t>(id)])]);
}

void MergeTable::reserve(std::size_t merges) {
    m_slots.assign(slotsFor(merges), Slot{kEmptyKey, {0, 0}});
    m_count = 0;
}

std::size_t MergeTable::slotOf(std::uint64_t key) const {
    std::size_t at = mix(key) & (m_slots.size() - 1);
    while (m_slots[at].key != key && m_slots[at].key != kEmptyKey) at = (at + 1) & (m_slots.size() - 1);
    return at;
}

void MergeTable::set(std::uint32_t left, std::uint32_t right, Merge merge) {
    const std::uint64_t key = (std::uint64_t{left} << 32) | right;
    Slot& slot = m_slots[slotOf(key)];
    if (slot.key == kEmptyKey) ++m_count;
    slot = {key, merge};
}

const MergeTable::Merge* MergeTable::find(std::uint32_t left, std::uint32_t right) const {
    if (m_slots.empty()) return nullptr;
    const std::uint64_t key = (std::uint64_t{left} << 32) | right;
    const Slot& slot = m_slots[slotOf(key)];
    return slot.key == key ? &slot.merge : nullptr;
}

void BpeModel::tokenize(std::string_view piece, std::vector<BpeToken>& out, const std::vector<bool>* forbidden) const {
    if (piece.empty()) return;
    if (ignoreMerges) {
        if (const std::int64_t id = vocabulary.find(piece); id >= 0 && (forbidden == nullptr || !(*forbidden)[static_cast<std::size_t>(id)])) {
            out.push_back({static_cast<std::uint32_t>(id), 0, piece.size()});
            return;
        }
    }
    std::vector<Symbol> word;
    word.reserve(piece.size());
    std::size_t unknownLength = 0;   // of the unknown symbol that waits, 0 when none does
    std::string symbol;
    for (std::size_t at = 0; at < piece.size();) {
        const std::size_t begin = at;
        at = std::min(piece.size(), at + utf8Length(piece[at]));
        std::string_view text = piece.substr(begin, at - begin);
        if ((begin > 0 && !continuingPrefix.empty()) || (at == piece.size() && !endSuffix.empty())) {
            symbol = begin > 0 ? continuingPrefix : std::string();
            symbol += text;
            if (at == piece.size()) symbol += endSuffix;
            text = symbol;
        }
        if (const std::int64_t id = vocabulary.find(text); id >= 0) {
            if (unknownLength > 0) addSymbol(word, unknown, unknownLength);
            unknownLength = 0;
            addSymbol(word, id, at - begin);
            continue;
        }
        if (byteFallback) {
            bool all = true;
            for (const char c : text) all = all && byteIds[static_cast<unsigned char>(c)] >= 0;
            if (all) {
                // An unknown symbol that waits stays behind these bytes: `tokenizers` does the same.
                for (const char c : text) addSymbol(word, byteIds[static_cast<unsigned char>(c)], 1);
                continue;
            }
        }
        if (unknown < 0) continue;
        if (unknownLength > 0 && !fuseUnknown) {
            addSymbol(word, unknown, unknownLength);
            unknownLength = 0;
        }
        unknownLength += at - begin;
    }
    if (unknownLength > 0) addSymbol(word, unknown, unknownLength);
    mergeAll(merges, word, forbidden);
    std::size_t position = 0;
    for (const Symbol& s : word) {
        if (s.length == 0) continue;
        out.push_back({s.id, position, position + s.length});
        position += s.length;
    }
}

}  // namespace prunescope::text
