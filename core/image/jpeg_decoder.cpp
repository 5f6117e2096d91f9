// SPDX-License-Identifier: GPL-3.0-or-later
// JPEG through libjpeg-turbo. A warning that means missing or damaged data is an error here: the library itself would go on and paint the
// rest of the picture grey. (reference/reliability.md 0.4, 0.5)
#include "core/image/decoders.h"

#include "core/base/numbers.h"

#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <jerror.h>
#include <jpeglib.h>

namespace prunescope {
namespace {

constexpr int kMostScans = 500;
constexpr std::size_t kExifPrefix = 6;

enum class Fault { kNone, kTruncated, kDamaged, kScans, kUnsupported, kMemory };

/// What the library's callbacks touch; plain data, so that a longjmp over it is harmless.
struct JpegSession {
    jpeg_decompress_struct info{};
    jpeg_error_mgr errors{};
    jpeg_progress_mgr progress{};
    std::jmp_buf exit{};
    Fault fault = Fault::kNone;
    int extraneous = 0;
    bool started = false;
};

JpegSession& sessionOf(j_common_ptr info) { return *static_cast<JpegSession*>(info->client_data); }

[[noreturn]] void leave(j_common_ptr info, Fault fault) {
    JpegSession& session = sessionOf(info);
    session.fault = fault;
    std::longjmp(session.exit, 1);
}

[[noreturn]] void onError(j_common_ptr info) {
    switch (info->err->msg_code) {
        case JERR_OUT_OF_MEMORY: leave(info, Fault::kMemory);
        case JERR_INPUT_EOF:
        case JERR_NO_IMAGE: leave(info, Fault::kTruncated);
        case JERR_SOF_UNSUPPORTED:
        case JERR_BAD_PRECISION:
        case JERR_ARITH_NOTIMPL:
        case JERR_CONVERSION_NOTIMPL: leave(info, Fault::kUnsupported);
        default: leave(info, Fault::kDamaged);
    }
}

void onMessage(j_common_ptr info, int level) {
    if (level >= 0) {
        return;
    }
    switch (info->err->msg_code) {
        case JWRN_JPEG_EOF:
        case JWRN_HIT_MARKER: leave(info, Fault::kTruncated);
        case JWRN_HUFF_BAD_CODE:
        case JWRN_MUST_RESYNC:
        case JWRN_NOT_SEQUENTIAL: leave(info, Fault::kDamaged);
        default:
            if (sessionOf(info).info.arith_code != 0) {
                leave(info, Fault::kDamaged);   // its own warning has no public name
            }
            ++sessionOf(info).extraneous;
    }
}

void onText(j_common_ptr) {}

void onProgress(j_common_ptr info) {
    if (info->is_decompressor != 0 && sessionOf(info).info.input_scan_number > kMostScans) {
        leave(info, Fault::kScans);
    }
}

bool readHeader(JpegSession& session, const std::uint8_t* data, std::size_t size) {
    session.info.err = jpeg_std_error(&session.errors);
    session.errors.error_exit = onError;
    session.errors.emit_message = onMessage;
    session.errors.output_message = onText;
    session.info.client_data = &session;
    if (setjmp(session.exit) != 0) {
        return false;
    }
    jpeg_create_decompress(&session.info);
    session.info.client_data = &session;   // creating clears all but the error manager in some versions
    session.started = true;
    session.progress.progress_monitor = onProgress;
    session.info.progress = &session.progress;
    jpeg_mem_src(&session.info, data, static_cast<unsigned long>(size));
    jpeg_save_markers(&session.info, JPEG_APP0 + 1, 0xFFFF);
    (void)jpeg_read_header(&session.info, TRUE);
    return true;
}

/// Decodes into `pixels` with `channels` bytes a pixel (1, 3 or 4 as `out` says).
bool readPixels(JpegSession& session, J_COLOR_SPACE out, std::uint8_t* pixels, std::size_t rowBytes) {
    if (setjmp(session.exit) != 0) {
        return false;
    }
    session.info.out_color_space = out;
    session.info.dct_method = JDCT_ISLOW;
    (void)jpeg_start_decompress(&session.info);
    while (session.info.output_scanline < session.info.output_height) {
        JSAMPROW row = pixels + session.info.output_scanline * rowBytes;
        (void)jpeg_read_scanlines(&session.info, &row, 1);
    }
    (void)jpeg_finish_decompress(&session.info);
    return true;
}

/// Frees the library's structures on every way out.
struct JpegOwner {
    JpegSession session;
    JpegOwner() = default;
    JpegOwner(const JpegOwner&) = delete;
    JpegOwner& operator=(const JpegOwner&) = delete;
    ~JpegOwner() {
        if (session.started) {
            jpeg_destroy_decompress(&session.info);
        }
    }
};

Error jpegFailure(const DecodeRequest& request, const JpegSession& session) {
    const std::string rows = session.info.image_height > 0 ? " (row " + formatCount(session.info.output_scanline) + " of " + formatCount(session.info.image_height) + ")" : "";
    switch (session.fault) {
        case Fault::kTruncated: return imageError(request, "IMG-TRUNCATED", "the JPEG file is incomplete" + rows, "fetch it again");
        case Fault::kScans: return imageError(request, "IMG-SCANS", "the JPEG file has more than " + std::to_string(kMostScans) + " scans");
        case Fault::kUnsupported: return imageError(request, "IMG-FORMAT", "this kind of JPEG cannot be opened here", "convert it to PNG");
        case Fault::kMemory: return Error{ErrorCode::kDevice, "MEM-HOST", "cannot read image", request.where, "not enough memory for its pixels", "", nullptr};
        default: return imageError(request, "IMG-DECODE", "the JPEG data is damaged" + rows, "fetch it again");
    }
}

int orientationOf(const jpeg_decompress_struct& info) {
    for (jpeg_saved_marker_ptr marker = info.marker_list; marker != nullptr; marker = marker->next) {
        if (marker->marker == JPEG_APP0 + 1 && marker->data_length > kExifPrefix && std::memcmp(marker->data, "Exif\0\0", kExifPrefix) == 0) {
            return exifOrientation({marker->data + kExifPrefix, marker->data_length - kExifPrefix}).value_or(1);
        }
    }
    return 1;
}

/// Pillow's CMYK -> RGB; the file's values are inverted as Adobe writes them (Pillow always assumes so).
void cmykToRgb(const std::vector<std::uint8_t>& cmyk, std::vector<std::uint8_t>& rgb) {
    for (std::size_t i = 0, o = 0; i < cmyk.size(); i += 4, o += 3) {
        const unsigned white = cmyk[i + 3];
        for (std::size_t c = 0; c < 3; ++c) {
            const unsigned product = (255U - cmyk[i + c]) * white + 128U;
            rgb[o + c] = static_cast<std::uint8_t>(white - ((product + (product >> 8U)) >> 8U));
        }
    }
}

void greyToRgb(const std::vector<std::uint8_t>& grey, std::vector<std::uint8_t>& rgb) {
    for (std::size_t i = 0; i < grey.size(); ++i) {
        rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = grey[i];
    }
}

}  // namespace

Result<DecodedImage> decodeJpeg(const DecodeRequest& request) {
    JpegOwner owner;
    JpegSession& session = owner.session;
    if (!readHeader(session, request.bytes.data(), request.bytes.size())) {
        return jpegFailure(request, session);
    }
    if (auto size = checkImageSize(request, "JPEG", session.info.image_width, session.info.image_height); !size) {
        return size.error();
    }
    const bool fourInks = session.info.num_components == 4;
    const bool grey = session.info.num_components == 1;
    if (!fourInks && !grey && session.info.num_components != 3) {
        return imageError(request, "IMG-FORMAT", "a JPEG with " + std::to_string(session.info.num_components) + " channels cannot be opened here");
    }
    DecodedImage result;
    result.format = "jpeg";
    result.rgb.width = static_cast<int>(session.info.image_width);
    result.rgb.height = static_cast<int>(session.info.image_height);
    const int orientation = orientationOf(session.info);
    const std::size_t count = static_cast<std::size_t>(result.rgb.width) * static_cast<std::size_t>(result.rgb.height);
    const std::size_t channels = fourInks ? 4 : grey ? 1 : 3;
    std::vector<std::uint8_t> decoded(count * channels);
    if (!readPixels(session, fourInks ? JCS_CMYK : grey ? JCS_GRAYSCALE : JCS_RGB, decoded.data(), channels * session.info.image_width)) {
        return jpegFailure(request, session);
    }
    if (channels == 3) {
        result.rgb.pixels = std::move(decoded);
    } else {
        result.rgb.pixels.resize(count * 3);
        (fourInks ? cmykToRgb : greyToRgb)(decoded, result.rgb.pixels);
    }
    if (session.extraneous > 0) {
        result.warnings.emplace_back("the JPEG file holds stray bytes between its parts");
    }
    applyOrientation(result.rgb, orientation);
    return result;
}

}  // namespace prunescope
