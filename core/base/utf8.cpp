// SPDX-License-Identifier: GPL-3.0-or-later
// Strict UTF-8 decoding, escaping and eliding.
#include "core/base/utf8.h"

#include <algorithm>

namespace prunescope {
namespace {

constexpr std::string_view kDots = "...";

char hexDigit(unsigned value) { return "0123456789abcdef"[value & 15U]; }

void appendByteEscape(std::string& out, unsigned char byte) {
    out += "\\x";
    out += hexDigit(byte >> 4U);
    out += hexDigit(byte);
}

void appendScalarEscape(std::string& out, char32_t scalar) {
    out += "\\u{";
    int shift = scalar > 0xFFFF ? 20 : 12;
    for (; shift >= 0; shift -= 4) {
        out += hexDigit(static_cast<unsigned>(scalar >> static_cast<unsigned>(shift)));
    }
    out += '}';
}

bool needsEscape(char32_t c) {
    return (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) || c == 0x061C || c == 0xFEFF ||
           c == 0x00AD || (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

/// Largest character boundary <= at in valid UTF-8.
std::size_t boundaryBefore(std::string_view text, std::size_t at) {
    at = std::min(at, text.size());
    while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) {
        --at;
    }
    return at;
}

}  // namespace

std::size_t decodeUtf8(std::string_view text, std::size_t at, char32_t& scalar) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (at >= text.size()) {
        return 0;
    }
    const unsigned char lead = byte(at);
    if (lead < 0x80) {
        scalar = lead;
        return 1;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) {
        return 0;
    }
    char32_t value = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0U) != 0x80U) {
            return 0;
        }
        value = (value << 6U) | (byte(at + i) & 0x3FU);
    }
    const char32_t smallest = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
    if (value < smallest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return 0;
    }
    scalar = value;
    return length;
}

bool isUtf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        char32_t scalar = 0;
        const std::size_t length = decodeUtf8(text, at, scalar);
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

std::string escapeForLine(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        char32_t scalar = 0;
        const std::size_t length = decodeUtf8(text, at, scalar);
        if (length == 0 || scalar < 0x20 || scalar == 0x7F) {
            appendByteEscape(out, static_cast<unsigned char>(text[at]));
            at += 1;
            continue;
        }
        if (scalar >= 0x80 && scalar < 0xA0) {
            appendByteEscape(out, static_cast<unsigned char>(scalar));
        } else if (needsEscape(scalar)) {
            appendScalarEscape(out, scalar);
        } else {
            out.append(text.substr(at, length));
        }
        at += length;
    }
    return out;
}

std::string elide(std::string_view text, std::size_t bytes, bool middle) {
    if (text.size() <= bytes) {
        return std::string(text);
    }
    if (bytes <= kDots.size()) {
        return std::string(kDots.substr(0, bytes));
    }
    const std::size_t room = bytes - kDots.size();
    const std::size_t head = boundaryBefore(text, middle ? room / 2 : room);
    std::string out(text.substr(0, head));
    out += kDots;
    if (middle) {
        std::size_t tail = text.size() - (room - room / 2);
        while (tail < text.size() && (static_cast<unsigned char>(text[tail]) & 0xC0U) == 0x80U) {
            ++tail;
        }
        out += text.substr(tail);
    }
    return out;
}

}  // namespace prunescope
