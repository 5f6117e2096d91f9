// SPDX-License-Identifier: GPL-3.0-or-later

// UTF-8 and character classes on top of utf8proc.

#include "core/text/unicode.h"

#include "core/text/unicode_additions.h"

#include <utf8proc.h>

#include <cstdint>

namespace prunescope::text {

namespace {

unsigned byteAt(std::string_view s, std::size_t i) { return static_cast<unsigned char>(s[i]); }

/// Length of the well-formed character at `pos`, or 0; `bad` is then the length of the maximal ill-formed subsequence (>= 1).
std::size_t wellFormedLength(std::string_view s, std::size_t pos, std::size_t& bad) {
    const unsigned lead = byteAt(s, pos);
    bad = 1;
    if (lead < 0x80) return 1;
    std::size_t length = 0;
    unsigned low = 0x80, high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) length = 2;
    else if (lead >= 0xE0 && lead <= 0xEF) length = 3;
    else if (lead >= 0xF0 && lead <= 0xF4) length = 4;
    else return 0;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
    for (std::size_t i = 1; i < length; ++i) {
        if (pos + i >= s.size() || byteAt(s, pos + i) < low || byteAt(s, pos + i) > high) {
            bad = i;
            return 0;
        }
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

}  // namespace

std::size_t findInvalidUtf8(std::string_view bytes) {
    std::size_t bad = 0;
    for (std::size_t i = 0; i < bytes.size();) {
        const std::size_t length = wellFormedLength(bytes, i, bad);
        if (length == 0) return i;
        i += length;
    }
    return std::string_view::npos;
}

std::size_t utf8Length(char lead) {
    const unsigned value = static_cast<unsigned char>(lead);
    if (value < 0x80) return 1;
    if (value < 0xE0) return 2;
    return value < 0xF0 ? 3 : 4;
}

char32_t nextCodePoint(std::string_view text, std::size_t& pos) {
    const std::size_t length = utf8Length(text[pos]);
    const unsigned lead = byteAt(text, pos);
    char32_t value = length == 1 ? lead : length == 2 ? (lead & 0x1FU) : length == 3 ? (lead & 0x0FU) : (lead & 0x07U);
    for (std::size_t i = 1; i < length && pos + i < text.size(); ++i) value = (value << 6) | (byteAt(text, pos + i) & 0x3FU);
    pos += length;
    return value;
}

char32_t previousCodePoint(std::string_view text, std::size_t& pos) {
    --pos;
    while (pos > 0 && (byteAt(text, pos) & 0xC0U) == 0x80U) --pos;
    std::size_t at = pos;
    return nextCodePoint(text, at);
}

void appendUtf8(std::string& out, char32_t c) {
    const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | (c >> 6));
        put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | (c >> 12));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | (c >> 18));
        put(0x80 | ((c >> 12) & 0x3F));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    }
}

std::string lossyUtf8(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    std::size_t bad = 0;
    for (std::size_t i = 0; i < bytes.size();) {
        const std::size_t length = wellFormedLength(bytes, i, bad);
        if (length > 0) {
            out.append(bytes, i, length);
            i += length;
        } else {
            out += "\xEF\xBF\xBD";
            i += bad;
        }
    }
    return out;
}

bool isWhiteSpace(char32_t c) {
    return (c >= 9 && c <= 13) || c == 32 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool isWordCharacter(char32_t c) {
    if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    if (c == 0x200C || c == 0x200D) return true;
    // Other_Alphabetic outside marks: circled and squared letters.
    if ((c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189)) return true;
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
        case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM: case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME: case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_PC:
            return true;
        default:
            return isAddedWordCharacter(c);
    }
}

void appendLowerCase(std::string& out, char32_t c) {
    if (c < 0x80) {
        out.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
    } else if (c == 0x130) {
        out += "i\xCC\x87";
    } else {
        appendUtf8(out, addedLowerCase(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)))));
    }
}

}  // namespace prunescope::text
