// SPDX-License-Identifier: GPL-3.0-or-later
// BMP, uncompressed: 1, 4 and 8 bits with a palette, 16 and 32 bits with masks, 24 bits; rows upwards or downwards.
#include "core/image/decoders.h"

#include "core/base/numbers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace prunescope {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::uint32_t little32(Bytes bytes, std::size_t at) {
    return static_cast<std::uint32_t>(bytes[at]) | static_cast<std::uint32_t>(bytes[at + 1]) << 8U | static_cast<std::uint32_t>(bytes[at + 2]) << 16U |
           static_cast<std::uint32_t>(bytes[at + 3]) << 24U;
}
std::uint32_t little16(Bytes bytes, std::size_t at) { return static_cast<std::uint32_t>(bytes[at]) | static_cast<std::uint32_t>(bytes[at + 1]) << 8U; }

struct BmpHeader {
    std::int64_t width = 0, height = 0;
    bool topDown = false;
    std::uint32_t bits = 0, compression = 0, colours = 0;
    std::size_t headerBytes = 0, dataAt = 0, paletteAt = 0, paletteEntry = 4;
    std::array<std::uint32_t, 3> masks{};
};

/// Reads the two headers; the caller has checked that 26 bytes are there.
std::optional<BmpHeader> parseHeader(Bytes bytes) {
    BmpHeader header;
    header.dataAt = little32(bytes, 10);
    header.headerBytes = little32(bytes, 14);
    if (header.headerBytes == 12) {
        header.width = little16(bytes, 18);
        header.height = little16(bytes, 20);
        header.bits = little16(bytes, 24);
        header.paletteEntry = 3;
    } else {
        if (header.headerBytes < 40 || header.headerBytes > 1024 || bytes.size() < 14 + header.headerBytes) {
            return std::nullopt;
        }
        header.width = static_cast<std::int32_t>(little32(bytes, 18));
        header.height = static_cast<std::int32_t>(little32(bytes, 22));
        header.topDown = header.height < 0;
        header.height = header.topDown ? -header.height : header.height;
        header.bits = little16(bytes, 28);
        header.compression = little32(bytes, 30);
        header.colours = little32(bytes, 46);
    }
    header.paletteAt = 14 + header.headerBytes;
    if (header.compression == 3 || header.compression == 6) {
        const std::size_t masksAt = 54;   // inside the longer headers, right behind the short one
        if (bytes.size() < masksAt + 12) {
            return std::nullopt;
        }
        header.masks = {little32(bytes, masksAt), little32(bytes, masksAt + 4), little32(bytes, masksAt + 8)};
        header.paletteAt = std::max(header.paletteAt, masksAt + 12);
    } else if (header.bits == 16) {
        header.masks = {0x7C00, 0x03E0, 0x001F};
    } else if (header.bits == 32) {
        header.masks = {0xFF0000, 0x00FF00, 0x0000FF};
    }
    return header;
}

std::uint8_t throughMask(std::uint32_t pixel, std::uint32_t mask) {
    if (mask == 0) {
        return 0;
    }
    const auto shift = static_cast<unsigned>(std::countr_zero(mask));
    const std::uint64_t top = mask >> shift;
    const std::uint64_t value = (pixel & mask) >> shift;
    return static_cast<std::uint8_t>(value * 255 / top);
}

void convertRow(const BmpHeader& header, Bytes row, const std::array<std::array<std::uint8_t, 3>, 256>& palette, std::uint8_t* out) {
    for (std::size_t x = 0; x < static_cast<std::size_t>(header.width); ++x, out += 3) {
        if (header.bits <= 8) {
            const std::size_t perByte = 8 / header.bits;
            const auto shift = static_cast<unsigned>((perByte - 1 - x % perByte) * header.bits);
            const unsigned index = (row[x / perByte] >> shift) & ((1U << header.bits) - 1U);
            std::memcpy(out, palette[index].data(), 3);
        } else if (header.bits == 24) {
            out[0] = row[3 * x + 2];
            out[1] = row[3 * x + 1];
            out[2] = row[3 * x];
        } else {
            const std::uint32_t pixel = header.bits == 16 ? little16(row, 2 * x) : little32(row, 4 * x);
            for (std::size_t c = 0; c < 3; ++c) {
                out[c] = throughMask(pixel, header.masks[c]);
            }
        }
    }
}

}  // namespace

Result<DecodedImage> decodeBmp(const DecodeRequest& request) {
    const Bytes bytes = request.bytes;
    const auto header = bytes.size() >= 30 ? parseHeader(bytes) : std::nullopt;
    if (!header) {
        return imageError(request, "IMG-TRUNCATED", "the BMP file ends inside its header");
    }
    if (auto size = checkImageSize(request, "BMP", header->width, header->height); !size) {
        return size.error();
    }
    const bool masked = header->compression == 3 || header->compression == 6;
    const bool known = header->bits == 1 || header->bits == 4 || header->bits == 8 || header->bits == 16 || header->bits == 24 || header->bits == 32;
    if (!known || (header->compression != 0 && !(masked && (header->bits == 16 || header->bits == 32)))) {
        return imageError(request, "IMG-FORMAT", "this kind of BMP (compressed or of unusual depth) cannot be opened here", "convert it to PNG");
    }
    const std::uint64_t rowBytes = (static_cast<std::uint64_t>(header->width) * header->bits + 31) / 32 * 4;
    const std::uint64_t needed = rowBytes * static_cast<std::uint64_t>(header->height);
    if (header->dataAt > bytes.size() || bytes.size() - header->dataAt < needed) {
        return imageError(request, "IMG-TRUNCATED", "the BMP file is incomplete (" + formatBytes(bytes.size()) + " of " + formatBytes(header->dataAt + needed) + ")",
                          "fetch it again");
    }
    std::array<std::array<std::uint8_t, 3>, 256> palette{};
    if (header->bits <= 8) {
        const std::size_t entries = header->colours == 0 ? std::size_t{1} << header->bits : std::min<std::size_t>(header->colours, 256);
        for (std::size_t i = 0; i < entries && header->paletteAt + (i + 1) * header->paletteEntry <= bytes.size(); ++i) {
            const std::size_t at = header->paletteAt + i * header->paletteEntry;
            palette[i] = {bytes[at + 2], bytes[at + 1], bytes[at]};
        }
    }
    DecodedImage result;
    result.format = "bmp";
    result.rgb.width = static_cast<int>(header->width);
    result.rgb.height = static_cast<int>(header->height);
    result.rgb.pixels.resize(static_cast<std::size_t>(header->width) * static_cast<std::size_t>(header->height) * 3);
    for (std::int64_t y = 0; y < header->height; ++y) {
        const std::int64_t stored = header->topDown ? y : header->height - 1 - y;
        convertRow(*header, bytes.subspan(header->dataAt + static_cast<std::size_t>(stored) * rowBytes, rowBytes), palette,
                   result.rgb.pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(header->width) * 3);
    }
    return result;
}

}  // namespace prunescope
