// SPDX-License-Identifier: GPL-3.0-or-later
// The image gate: the first bytes decide, never the name; what is not on the list is refused by its own name.
#include "core/image/decoders.h"

#include "core/base/files.h"
#include "core/base/numbers.h"
#include "core/base/sha256.h"

#include <array>
#include <cstring>
#include <exception>
#include <new>
#include <string_view>

namespace prunescope {
namespace {

using Bytes = std::span<const std::uint8_t>;

bool startsWith(Bytes bytes, std::string_view magic, std::size_t at = 0) {
    return bytes.size() >= at + magic.size() && std::memcmp(bytes.data() + at, magic.data(), magic.size()) == 0;
}

/// What the file is, for the message that refuses it; "" when unknown.
std::string nameOfForeignImage(Bytes bytes) {
    struct Kind {
        std::string_view magic;
        std::size_t at;
        const char* name;
    };
    using namespace std::string_view_literals;
    static constexpr std::array<Kind, 25> kKinds{{
        {"GIF8"sv, 0, "a GIF picture"}, {"II*\0"sv, 0, "a TIFF picture"}, {"MM\0*"sv, 0, "a TIFF picture"}, {"II+\0"sv, 0, "a BigTIFF picture"},
        {"WEBP"sv, 8, "a WebP picture"}, {"DICM"sv, 128, "a DICOM file"}, {"\x76\x2f\x31\x01"sv, 0, "an OpenEXR picture"},
        {"#?RADIANCE"sv, 0, "a Radiance HDR picture"}, {"#?RGBE"sv, 0, "a Radiance HDR picture"}, {"\0\0\0\x0cjP  "sv, 0, "a JPEG 2000 picture"},
        {"\xff\x4f\xff\x51"sv, 0, "a JPEG 2000 picture"}, {"\0\0\0\x0cJXL "sv, 0, "a JPEG XL picture"}, {"\xff\x0a"sv, 0, "a JPEG XL picture"},
        {"ftypavif"sv, 4, "an AVIF picture"}, {"ftyphei"sv, 4, "a HEIC picture"}, {"ftypmif1"sv, 4, "a HEIC picture"}, {"ftyp"sv, 4, "a video"},
        {"\x1a\x45\xdf\xa3"sv, 0, "a video"}, {"\0\0\1\0"sv, 0, "an icon file"}, {"8BPS"sv, 0, "a Photoshop file"}, {"qoif"sv, 0, "a QOI picture"},
        {"<VRTDataset"sv, 0, "a GDAL dataset"}, {"CDF\1"sv, 0, "a NetCDF file"}, {"push graphic-context"sv, 0, "a drawing script"},
        {"P7\n"sv, 0, "a PAM picture"},
    }};
    for (const Kind& kind : kKinds) {
        if (startsWith(bytes, kind.magic, kind.at)) {
            return kind.name;
        }
    }
    if (startsWith(bytes, "PF\n") || startsWith(bytes, "Pf\n")) {
        return "a floating-point PFM picture";
    }
    return describeForeignBytes(bytes);
}

Result<DecodedImage> decodeByMagic(const DecodeRequest& request) {
    const Bytes bytes = request.bytes;
    if (startsWith(bytes, "\x89PNG\r\n\x1a\n")) {
        return decodePng(request);
    }
    if (startsWith(bytes, "\xff\xd8\xff")) {
        return decodeJpeg(request);
    }
    if (startsWith(bytes, "BM")) {
        return decodeBmp(request);
    }
    if (bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
        std::string_view(" \t\r\n#").find(static_cast<char>(bytes[2])) != std::string_view::npos) {
        return decodePnm(request);
    }
#ifdef PRUNESCOPE_HAVE_WEBP
    if (startsWith(bytes, "RIFF") && startsWith(bytes, "WEBP", 8)) {
        return decodeWebp(request);
    }
#endif
    const std::string name = nameOfForeignImage(bytes);
    const std::string hint = hintForForeignBytes(bytes);
    if (name.empty()) {
        return imageError(request, "IMG-FORMAT", "not a picture of a known kind", "PNG, JPEG, BMP and PPM can be opened");
    }
    return imageError(request, "IMG-FORMAT", "this is " + name + ", which cannot be opened here",
                      hint.empty() ? "convert it to PNG or JPEG" : hint);
}

}  // namespace

Error imageError(const DecodeRequest& request, std::string id, std::string why, std::string hint) {
    return Error{ErrorCode::kBadInput, std::move(id), "cannot read image", request.where, std::move(why), std::move(hint), nullptr};
}

Result<void> checkImageSize(const DecodeRequest& request, const char* format, std::int64_t width, std::int64_t height) {
    if (width < 1 || height < 1) {
        return imageError(request, "IMG-HEADER",
                          std::string(format) + " header says " + formatCount(width) + " x " + formatCount(height) + " pixels");
    }
    const auto over = [&](const char* id, std::string why, const char* limit, std::int64_t needed) {
        Error error = imageError(request, id, std::move(why), std::string("raise with --limit ") + limit + "=" + std::to_string(needed));
        error.code = ErrorCode::kLimit;
        return error;
    };
    const std::string size = formatCount(width) + " x " + formatCount(height) + " pixels";
    // The hard bound keeps 3 * width * height and every int below far from overflow, whatever the limits were raised to.
    constexpr std::int64_t kHardSide = 1'000'000;
    constexpr std::int64_t kHardPixels = 1'000'000'000;
    const std::int64_t longest = std::max(width, height);
    if (longest > std::min(request.limits.side, kHardSide)) {
        return over("IMG-SIDE", size + ", the limit of a side is " + formatCount(std::min(request.limits.side, kHardSide)), "image-side", longest);
    }
    if (width * height > std::min(request.limits.pixels, kHardPixels)) {
        return over("IMG-PIXELS", size + ", the limit is " + formatCount(std::min(request.limits.pixels, kHardPixels)) + " in all", "image-pixels",
                    width * height);
    }
    return {};
}

Result<DecodedImage> decodeImage(std::span<const std::uint8_t> bytes, const ImageLimits& limits, const std::string& where) {
    const DecodeRequest request{bytes, limits, where};
    if (bytes.empty()) {
        return imageError(request, "IMG-EMPTY", "there are no bytes");
    }
    if (static_cast<std::int64_t>(bytes.size()) > limits.fileBytes) {
        Error error = imageError(request, "IMG-LIMIT", formatBytes(bytes.size()) + ", the limit is " + formatBytes(static_cast<std::uint64_t>(limits.fileBytes)),
                                 "raise with --limit image-file-bytes=" + std::to_string(bytes.size()));
        error.code = ErrorCode::kLimit;
        return error;
    }
    try {
        auto decoded = decodeByMagic(request);
        if (decoded) {
            decoded->sha256 = sha256(bytes);
        }
        return decoded;
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::kDevice, "MEM-HOST", "cannot read image", where, "not enough memory for its pixels", "", nullptr};
    } catch (const std::exception&) {
        return Error{ErrorCode::kInternal, "IMG-INTERNAL", "cannot read image", where, "unexpected fault in the decoder", "", nullptr};
    }
}

Result<DecodedImage> readImage(const std::filesystem::path& path, const ImageLimits& limits) {
    ReadOptions options;
    options.limit = limits.fileBytes;
    options.limitName = "image-file-bytes";
    options.what = "cannot read image";
    auto bytes = readWholeFile(path, options);
    if (!bytes) {
        return bytes.error();
    }
    return decodeImage(*bytes, limits, path.string());
}

}  // namespace prunescope
