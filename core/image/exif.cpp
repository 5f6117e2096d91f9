// SPDX-License-Identifier: GPL-3.0-or-later
// The one EXIF tag that matters here, read with every offset checked, and the eight ways to turn a picture.
#include "core/image/decoders.h"

#include <utility>

namespace prunescope {
namespace {

constexpr unsigned kOrientationTag = 0x0112;
constexpr unsigned kShortType = 3;

class Reader {
public:
    Reader(std::span<const std::uint8_t> bytes, bool bigEndian) : m_bytes(bytes), m_big(bigEndian) {}
    [[nodiscard]] std::optional<unsigned> u16(std::size_t at) const {
        if (at > m_bytes.size() || m_bytes.size() - at < 2) {
            return std::nullopt;
        }
        const unsigned a = m_bytes[at];
        const unsigned b = m_bytes[at + 1];
        return m_big ? a << 8U | b : b << 8U | a;
    }
    [[nodiscard]] std::optional<std::size_t> u32(std::size_t at) const {
        const auto first = u16(at);
        const auto second = u16(at + 2);
        if (!first || !second) {
            return std::nullopt;
        }
        const std::size_t high = m_big ? *first : *second;
        const std::size_t low = m_big ? *second : *first;
        return high << 16U | low;
    }

private:
    std::span<const std::uint8_t> m_bytes;
    bool m_big;
};

}  // namespace

std::optional<int> exifOrientation(std::span<const std::uint8_t> tiff) {
    if (tiff.size() < 8 || tiff[0] != tiff[1] || (tiff[0] != 'I' && tiff[0] != 'M')) {
        return std::nullopt;
    }
    const Reader reader(tiff, tiff[0] == 'M');
    if (reader.u16(2) != 42U) {
        return std::nullopt;
    }
    const auto directory = reader.u32(4);
    const auto entries = directory ? reader.u16(*directory) : std::nullopt;
    for (unsigned i = 0; entries && i < *entries; ++i) {
        const std::size_t at = *directory + 2 + std::size_t{12} * i;
        const auto tag = reader.u16(at);
        if (!tag) {
            return std::nullopt;
        }
        if (*tag == kOrientationTag) {
            const auto value = reader.u16(at + 8);
            const bool good = reader.u16(at + 2) == kShortType && value && *value >= 1 && *value <= 8;
            return good ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
        }
    }
    return std::nullopt;
}

void applyOrientation(RgbImage& image, int orientation) {
    if (orientation < 2 || orientation > 8) {
        return;
    }
    const bool swapped = orientation >= 5;
    const int width = swapped ? image.height : image.width;
    const int height = swapped ? image.width : image.height;
    // Where the new pixel (x, y) comes from: source x runs with a (or against it), source y with b.
    const bool againstX = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool againstY = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    std::vector<std::uint8_t> turned(image.pixels.size());
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const int along = swapped ? y : x;
            const int down = swapped ? x : y;
            const int sourceX = againstX ? image.width - 1 - along : along;
            const int sourceY = againstY ? image.height - 1 - down : down;
            const std::size_t from = (static_cast<std::size_t>(sourceY) * image.width + sourceX) * 3;
            const std::size_t to = (static_cast<std::size_t>(y) * width + x) * 3;
            turned[to] = image.pixels[from];
            turned[to + 1] = image.pixels[from + 1];
            turned[to + 2] = image.pixels[from + 2];
        }
    }
    image.width = width;
    image.height = height;
    image.pixels = std::move(turned);
}

}  // namespace prunescope
