// SPDX-License-Identifier: GPL-3.0-or-later
// PNG through libpng. A look at the chunk list comes first: size, animation, orientation and whether there can be enough data at all.
#include "core/image/decoders.h"

#include "core/base/numbers.h"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <optional>
#include <string_view>

namespace prunescope {
namespace {

using Bytes = std::span<const std::uint8_t>;
constexpr std::size_t kSignature = 8;
constexpr std::size_t kChunkOverhead = 12;

std::uint32_t big32(Bytes bytes, std::size_t at) {
    return static_cast<std::uint32_t>(bytes[at]) << 24U | static_cast<std::uint32_t>(bytes[at + 1]) << 16U |
           static_cast<std::uint32_t>(bytes[at + 2]) << 8U | bytes[at + 3];
}

/// What the chunk list tells before libpng sees a byte.
struct Survey {
    std::int64_t width = 0, height = 0;
    unsigned depth = 0, colour = 0;
    std::uint64_t dataBytes = 0;   ///< all IDAT together
    bool ended = false;            ///< IEND seen
    bool animated = false;
    int orientation = 1;
    std::size_t end = 0;           ///< first byte behind the picture
};

std::optional<Survey> survey(Bytes bytes) {
    Survey result;
    std::size_t at = kSignature;
    if (bytes.size() < at + kChunkOverhead) {
        return std::nullopt;
    }
    for (bool first = true; at + 8 <= bytes.size(); first = false) {
        const std::uint64_t length = big32(bytes, at);
        const void* nameAt = bytes.data() + at + 4;
        const std::string_view name(static_cast<const char*>(nameAt), 4);
        const std::size_t have = bytes.size() - at - 8;
        if (first) {
            if (name != "IHDR" || length != 13 || have < 13) {
                return std::nullopt;
            }
            result.width = big32(bytes, at + 8);
            result.height = big32(bytes, at + 12);
            result.depth = bytes[at + 16];
            result.colour = bytes[at + 17];
        } else if (name == "IDAT") {
            result.dataBytes += std::min<std::uint64_t>(length, have);
        } else if (name == "acTL") {
            result.animated = true;
        } else if (name == "eXIf" && length <= have) {
            result.orientation = exifOrientation(bytes.subspan(at + 8, length)).value_or(result.orientation);
        }
        if (length + 4 > have) {
            result.end = bytes.size();
            return result;
        }
        at += kChunkOverhead + length;
        if (name == "IEND") {
            result.ended = true;
            break;
        }
    }
    result.end = at;
    return result;
}

/// Everything libpng's callbacks touch; plain data, so that a longjmp over it is harmless.
struct PngSession {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0, at = 0;
    bool truncated = false;
    char message[96] = {};
    png_structp png = nullptr;
    png_infop info = nullptr;
    std::uint32_t rowsDone = 0;
};

void onError(png_structp png, png_const_charp text) {
    auto* session = static_cast<PngSession*>(png_get_error_ptr(png));
    std::strncpy(session->message, text, sizeof session->message - 1);
    png_longjmp(png, 1);
}

void onWarning(png_structp, png_const_charp) {}

void onRead(png_structp png, png_bytep to, size_t bytes) {
    auto* session = static_cast<PngSession*>(png_get_io_ptr(png));
    if (session->size - session->at < bytes) {
        session->truncated = true;
        png_error(png, "end of file");
    }
    std::memcpy(to, session->data + session->at, bytes);
    session->at += bytes;
}

void ignoreMetadata(png_structp png) {
    static constexpr png_byte kIgnored[] = "tEXt\0zTXt\0iTXt\0iCCP\0sPLT\0hIST\0tIME\0pCAL\0sCAL\0pHYs\0oFFs\0eXIf\0gAMA\0cHRM\0sRGB\0sBIT\0bKGD";
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, kIgnored, static_cast<int>((sizeof kIgnored) / 5));
}

/// Header and transformations: whatever is stored becomes 8-bit RGB (the high byte of 16 bits, alpha dropped), as Pillow's convert("RGB").
bool startPng(PngSession& session, std::uint32_t side) {
    if (setjmp(png_jmpbuf(session.png)) != 0) {
        return false;
    }
    png_set_read_fn(session.png, &session, onRead);
    png_set_user_limits(session.png, side, side);
    png_set_chunk_malloc_max(session.png, 8U << 20U);
    ignoreMetadata(session.png);
    png_read_info(session.png, session.info);
    png_set_strip_16(session.png);
    png_set_expand(session.png);
    png_set_gray_to_rgb(session.png);
    png_set_strip_alpha(session.png);
    png_set_interlace_handling(session.png);
    png_read_update_info(session.png, session.info);
    return true;
}

bool readRows(PngSession& session, std::uint8_t* pixels, std::uint32_t height, std::size_t rowBytes, int passes) {
    if (setjmp(png_jmpbuf(session.png)) != 0) {
        return false;
    }
    for (int pass = 0; pass < passes; ++pass) {
        for (std::uint32_t y = 0; y < height; ++y) {
            png_read_row(session.png, pixels + y * rowBytes, nullptr);
            session.rowsDone = y + 1;
        }
    }
    png_read_end(session.png, nullptr);
    return true;
}

/// Frees libpng's structures on every way out.
struct PngOwner {
    PngSession session;
    PngOwner() = default;
    PngOwner(const PngOwner&) = delete;
    PngOwner& operator=(const PngOwner&) = delete;
    ~PngOwner() { png_destroy_read_struct(&session.png, &session.info, nullptr); }
};

unsigned bitsPerPixel(const Survey& header) {
    static constexpr unsigned kChannels[] = {1, 0, 3, 1, 2, 0, 4};
    return header.colour < 7 ? kChannels[header.colour] * header.depth : 0;
}

Error pngFailure(const DecodeRequest& request, const PngSession& session, const Survey& header) {
    const std::string rows = "row " + formatCount(session.rowsDone) + " of " + formatCount(header.height);
    if (session.truncated || std::strstr(session.message, "Not enough image data") != nullptr) {
        return imageError(request, "IMG-TRUNCATED", "the PNG file is incomplete (" + rows + ")", "fetch it again");
    }
    if (std::strstr(session.message, "CRC") != nullptr) {
        return imageError(request, "IMG-DECODE", "a PNG chunk fails its check sum (" + rows + ")", "fetch it again");
    }
    return imageError(request, "IMG-DECODE", "the PNG data is damaged (" + rows + ")");
}

/// Faults that the survey alone can name.
Result<void> checkSurvey(const DecodeRequest& request, const Survey& header) {
    if (auto size = checkImageSize(request, "PNG", header.width, header.height); !size) {
        return size;
    }
    const std::uint64_t needed = (static_cast<std::uint64_t>(header.width) * bitsPerPixel(header) + 7) / 8 * static_cast<std::uint64_t>(header.height);
    constexpr std::uint64_t kDeflateRatio = 1032;   // deflate cannot shrink more than this
    if (needed == 0) {
        return imageError(request, "IMG-HEADER", "the PNG header names an unknown colour type or depth");
    }
    if (needed / kDeflateRatio > header.dataBytes + 16) {
        return imageError(request, "IMG-TRUNCATED", "the PNG file is incomplete (" + formatBytes(header.dataBytes) + " of data cannot hold the picture)", "fetch it again");
    }
    return {};
}

}  // namespace

Result<DecodedImage> decodePng(const DecodeRequest& request) {
    const auto header = survey(request.bytes);
    if (!header) {
        return request.bytes.size() < 33 ? imageError(request, "IMG-TRUNCATED", "the PNG file ends inside its header", "fetch it again")
                                         : imageError(request, "IMG-HEADER", "the PNG file does not start with a header");
    }
    if (auto checked = checkSurvey(request, *header); !checked) {
        return checked.error();
    }
    PngOwner owner;
    PngSession& session = owner.session;
    session.data = request.bytes.data();
    session.size = request.bytes.size();
    session.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &session, onError, onWarning);
    session.info = session.png == nullptr ? nullptr : png_create_info_struct(session.png);
    if (session.info == nullptr) {
        throw std::bad_alloc();
    }
    if (!startPng(session, static_cast<std::uint32_t>(std::max(header->width, header->height)))) {
        return pngFailure(request, session, *header);
    }
    DecodedImage result;
    result.format = "png";
    result.rgb.width = static_cast<int>(header->width);
    result.rgb.height = static_cast<int>(header->height);
    const std::size_t rowBytes = static_cast<std::size_t>(header->width) * 3;
    if (png_get_rowbytes(session.png, session.info) != rowBytes) {
        return imageError(request, "IMG-DECODE", "the PNG data is of an unknown shape");
    }
    result.rgb.pixels.resize(rowBytes * static_cast<std::size_t>(header->height));
    const int passes = png_get_interlace_type(session.png, session.info) == PNG_INTERLACE_ADAM7 ? 7 : 1;
    if (!readRows(session, result.rgb.pixels.data(), static_cast<std::uint32_t>(header->height), rowBytes, passes)) {
        return pngFailure(request, session, *header);
    }
    if (header->animated) {
        result.warnings.emplace_back("animated PNG: only its first picture is used");
    }
    if (header->depth == 16 && (header->colour & 2U) == 0) {
        result.warnings.emplace_back("16-bit grey: the high byte of each value is used");
    }
    if (header->end < request.bytes.size()) {
        result.warnings.push_back(formatBytes(request.bytes.size() - header->end) + " behind the picture ignored");
    }
    applyOrientation(result.rgb, header->orientation);
    return result;
}

}  // namespace prunescope
