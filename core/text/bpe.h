// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Byte pair encoding: a flat vocabulary, a flat merge table and a heap of candidate merges. (reference/models.md 8.2)

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace prunescope::text {

/// Token text <-> id. Texts live in one buffer; look-up by open addressing.
class Vocabulary {
public:
    void reserve(std::size_t tokens);
    /// False when the text or the id is taken.
    [[nodiscard]] bool add(std::string_view token, std::uint32_t id);
    /// Id, or -1.
    [[nodiscard]] std::int64_t find(std::string_view token) const;
    [[nodiscard]] bool has(std::int64_t id) const;
    /// Text of an id that is there.
    [[nodiscard]] std::string_view token(std::int64_t id) const;
    [[nodiscard]] std::size_t size() const { return m_entries.size(); }
    /// Highest id + 1.
    [[nodiscard]] std::int64_t end() const { return static_cast<std::int64_t>(m_entryOfId.size()); }

private:
    struct Entry {
        std::size_t begin;
        std::uint32_t length, id;
    };
    [[nodiscard]] std::string_view view(const Entry& e) const { return {m_texts.data() + e.begin, e.length}; }
    void rehash(std::size_t slots);

    std::string m_texts;
    std::vector<Entry> m_entries;
    std::vector<std::int32_t> m_entryOfId;   ///< -1 in gaps
    std::vector<std::int32_t> m_slots;       ///< -1 empty
};

/// (left id, right id) -> (rank, merged id).
class MergeTable {
public:
    struct Merge {
        std::uint32_t rank, id;
    };
    void reserve(std::size_t merges);
    /// A later rule for the same pair replaces the earlier one, as in `tokenizers`.
    void set(std::uint32_t left, std::uint32_t right, Merge merge);
    [[nodiscard]] const Merge* find(std::uint32_t left, std::uint32_t right) const;
    [[nodiscard]] std::size_t size() const { return m_count; }

private:
    struct Slot {
        std::uint64_t key;
        Merge merge;
    };
    [[nodiscard]] std::size_t slotOf(std::uint64_t key) const;

    std::vector<Slot> m_slots;
    std::size_t m_count = 0;
};

/// One symbol of an encoded piece: id and byte range in the piece.
struct BpeToken {
    std::uint32_t id;
    std::size_t begin, end;
};

/// The model of tokenizer.json.
struct BpeModel {
    Vocabulary vocabulary;
    MergeTable merges;
    std::int64_t unknown = -1;                      ///< id, or -1 without unk_token
    bool fuseUnknown = false, byteFallback = false, ignoreMerges = false;
    std::string continuingPrefix, endSuffix;
    std::array<std::int64_t, 256> byteIds{};        ///< id of "<0xHH>", or -1

    /// Appends the tokens of one pre-tokenized piece; merges into ids marked in `forbidden` (may be null) are not made. O(n log n) for n
    /// characters.
    void tokenize(std::string_view piece, std::vector<BpeToken>& out, const std::vector<bool>* forbidden = nullptr) const;
};

}  // namespace prunescope::text
