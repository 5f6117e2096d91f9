// SPDX-License-Identifier: GPL-3.0-or-later
// PBM, PGM and PPM, plain and raw (P1 to P6).
#include "core/image/decoders.h"

#include "core/base/numbers.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace prunescope {
namespace {

/// Walks over the text part: blanks, comments, decimal numbers.
class Scanner {
public:
    explicit Scanner(std::span<const std::uint8_t> bytes) : m_bytes(bytes) {}
    /// The next number; nullopt at anything else. -1 stands for a number that is negative, -2 for one too large to matter.
    std::optional<std::int64_t> number() {
        skip();
        const bool negative = m_at < m_bytes.size() && m_bytes[m_at] == '-';
        m_at += negative ? 1 : 0;
        if (m_at >= m_bytes.size() || m_bytes[m_at] < '0' || m_bytes[m_at] > '9') {
            return std::nullopt;
        }
        std::int64_t value = 0;
        for (; m_at < m_bytes.size() && m_bytes[m_at] >= '0' && m_bytes[m_at] <= '9'; ++m_at) {
            value = std::min<std::int64_t>(value * 10 + (m_bytes[m_at] - '0'), 1'000'000'000'000);
        }
        return negative ? -value : value;
    }
    /// A single 0 or 1 of a plain bitmap, which needs no blank between digits.
    std::optional<int> bit() {
        skip();
        if (m_at >= m_bytes.size() || (m_bytes[m_at] != '0' && m_bytes[m_at] != '1')) {
            return std::nullopt;
        }
        return m_bytes[m_at++] - '0';
    }
    /// The one blank between header and raw data.
    bool blank() { return m_at < m_bytes.size() && isBlank(m_bytes[m_at++]); }
    [[nodiscard]] bool atEnd() {
        skip();
        return m_at >= m_bytes.size();
    }
    [[nodiscard]] std::size_t position() const { return m_at; }
    void skipMagic() { m_at = 2; }

private:
    static bool isBlank(std::uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
    void skip() {
        while (m_at < m_bytes.size() && (isBlank(m_bytes[m_at]) || m_bytes[m_at] == '#')) {
            if (m_bytes[m_at] == '#') {
                while (m_at < m_bytes.size() && m_bytes[m_at] != '\n') {
                    ++m_at;
                }
            } else {
                ++m_at;
            }
        }
    }
    std::span<const std::uint8_t> m_bytes;
    std::size_t m_at = 0;
};

struct PnmHeader {
    int kind = 0;   ///< 1-6
    std::int64_t width = 0, height = 0, top = 1;
    [[nodiscard]] std::size_t channels() const { return kind == 3 || kind == 6 ? 3 : 1; }
    [[nodiscard]] std::size_t values() const { return static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * channels(); }
};

/// Pillow's rounding: the nearest of 256 levels, halves to the even one.
std::uint8_t scaled(std::int64_t value, std::int64_t top) {
    return static_cast<std::uint8_t>(std::min(std::nearbyint(static_cast<double>(std::min(value, top)) / static_cast<double>(top) * 255.0), 255.0));
}

/// The 8-bit values of the picture, `channels` a pixel; the amount of data has been checked for the raw kinds.
std::optional<std::vector<std::uint8_t>> readValues(const PnmHeader& header, Scanner& scanner, std::span<const std::uint8_t> bytes) {
    std::vector<std::uint8_t> values(header.values());
    if (header.kind == 1) {
        for (std::uint8_t& value : values) {
            const auto bit = scanner.bit();
            if (!bit) {
                return std::nullopt;
            }
            value = *bit == 0 ? 255 : 0;
        }
    } else if (header.kind <= 3) {
        for (std::uint8_t& value : values) {
            const auto number = scanner.number();
            if (!number || *number < 0) {
                return std::nullopt;
            }
            value = scaled(*number, header.top);
        }
    } else if (header.kind == 4) {
        const std::size_t width = static_cast<std::size_t>(header.width);
        const std::size_t rowBytes = (width + 7) / 8;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::uint8_t byte = bytes[scanner.position() + i / width * rowBytes + i % width / 8];
            values[i] = (byte >> (7U - i % width % 8)) & 1U ? 0 : 255;
        }
    } else {
        const bool wide = header.top > 255;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::size_t at = scanner.position() + (wide ? 2 * i : i);
            const std::int64_t value = wide ? bytes[at] << 8U | bytes[at + 1] : bytes[at];
            values[i] = scaled(value, header.top);
        }
    }
    return values;
}

std::uint64_t rawBytes(const PnmHeader& header) {
    if (header.kind == 4) {
        return static_cast<std::uint64_t>((header.width + 7) / 8) * static_cast<std::uint64_t>(header.height);
    }
    return header.kind < 4 ? (header.kind == 1 ? 1U : 2U) * header.values() - (header.kind == 1 ? 0 : 1) : header.values() * (header.top > 255 ? 2 : 1);
}

}  // namespace

Result<DecodedImage> decodePnm(const DecodeRequest& request) {
    Scanner scanner(request.bytes);
    scanner.skipMagic();
    PnmHeader header;
    header.kind = request.bytes[1] - '0';
    const auto width = scanner.number();
    const auto height = scanner.number();
    const auto top = header.kind == 1 || header.kind == 4 ? std::optional<std::int64_t>(1) : scanner.number();
    if (!width || !height || !top) {
        return scanner.atEnd() ? imageError(request, "IMG-TRUNCATED", "the PPM file ends inside its header")
                               : imageError(request, "IMG-HEADER", "the PPM header is malformed");
    }
    header.width = *width;
    header.height = *height;
    header.top = *top;
    if (auto size = checkImageSize(request, "PPM", header.width, header.height); !size) {
        return size.error();
    }
    if (header.top < 1 || header.top > 65535) {
        return imageError(request, "IMG-HEADER", "the PPM header names a largest value of " + formatCount(header.top));
    }
    if (header.kind >= 4 && !scanner.blank()) {
        return imageError(request, "IMG-TRUNCATED", "the PPM file ends inside its header");
    }
    const std::uint64_t have = request.bytes.size() - std::min(request.bytes.size(), scanner.position());
    if (have < rawBytes(header)) {
        return imageError(request, "IMG-TRUNCATED", "the PPM file is incomplete (" + formatBytes(have) + " of " + formatBytes(rawBytes(header)) + ")", "fetch it again");
    }
    const auto values = readValues(header, scanner, request.bytes);
    if (!values) {
        return scanner.atEnd() ? imageError(request, "IMG-TRUNCATED", "the PPM file ends before its last pixel", "fetch it again")
                               : imageError(request, "IMG-DECODE", "the PPM file holds something that is not a number");
    }
    DecodedImage result;
    result.format = "pnm";
    result.rgb.width = static_cast<int>(header.width);
    result.rgb.height = static_cast<int>(header.height);
    if (header.channels() == 3) {
        result.rgb.pixels = *values;
    } else {
        result.rgb.pixels.resize(values->size() * 3);
        for (std::size_t i = 0; i < values->size(); ++i) {
            result.rgb.pixels[3 * i] = result.rgb.pixels[3 * i + 1] = result.rgb.pixels[3 * i + 2] = (*values)[i];
        }
    }
    return result;
}

}  // namespace prunescope
