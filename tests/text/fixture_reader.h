// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Reads what tests/oracles/tokenizer_fixtures.py writes: LEB128 numbers and length-prefixed texts.

#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace fixture {

class Reader {
public:
    explicit Reader(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        if (!in) throw std::runtime_error("cannot open " + path);
        m_bytes.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            const std::uint64_t byte = octet();
            value |= (byte & 127) << shift;
            if (byte < 128) return value;
        }
    }
    std::int64_t zigzag() {
        const std::uint64_t value = number();
        return (value & 1) != 0 ? -static_cast<std::int64_t>(value / 2) - 1 : static_cast<std::int64_t>(value / 2);
    }
    std::uint64_t octet() { return static_cast<unsigned char>(m_bytes.at(m_at++)); }
    std::string text() {
        const std::size_t length = number();
        if (m_at + length > m_bytes.size()) throw std::runtime_error("fixture ends early");
        std::string out = m_bytes.substr(m_at, length);
        m_at += length;
        return out;
    }
    [[nodiscard]] bool atEnd() const { return m_at == m_bytes.size(); }

private:
    std::string m_bytes;
    std::size_t m_at = 0;
};

inline std::vector<std::string> readStrings(const std::string& path) {
    Reader reader(path);
    std::vector<std::string> out(reader.number());
    for (std::string& text : out) text = reader.text();
    return out;
}

struct Case {
    std::size_t string = 0;
    bool addSpecial = false, hasOffsets = false;
    std::vector<std::int64_t> ids;
    std::vector<std::pair<std::int64_t, std::int64_t>> offsets;   ///< code points
    std::string decoded, decodedWithoutSpecial;
};

inline std::vector<Case> readCases(const std::string& path, const std::vector<std::string>& strings) {
    Reader reader(path);
    std::vector<Case> out(reader.number());
    for (Case& c : out) {
        c.string = reader.number();
        c.addSpecial = reader.octet() != 0;
        c.ids.resize(reader.number());
        for (std::int64_t& id : c.ids) id = static_cast<std::int64_t>(reader.number());
        c.hasOffsets = reader.octet() != 0;
        if (c.hasOffsets) {
            std::int64_t last = 0;
            for (std::size_t i = 0; i < c.ids.size(); ++i) {
                const std::int64_t begin = last + reader.zigzag();
                last = begin + reader.zigzag();
                c.offsets.emplace_back(begin, last);
            }
        }
        std::string before = strings.at(c.string);
        for (std::string* text : {&c.decoded, &c.decodedWithoutSpecial}) {
            const std::uint64_t kind = reader.octet();
            *text = kind == 0 ? strings.at(c.string) : kind == 1 ? before : reader.text();
            before = *text;
        }
    }
    if (!reader.atEnd()) throw std::runtime_error("fixture has trailing bytes");
    return out;
}

}  // namespace fixture
