// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/image: one decoder per format behind the gate, and what they share. Every decoder checks the header against the limits
// before it allocates, never prints, and never lets a library's longjmp cross a C++ object.

#include "core/image/image.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace prunescope {

/// The bytes of one image file and what may be done with them.
struct DecodeRequest {
    std::span<const std::uint8_t> bytes;
    ImageLimits limits;
    std::string where;
};

[[nodiscard]] Error imageError(const DecodeRequest& request, std::string id, std::string why, std::string hint = "");
/// IMG-HEADER for a side below 1, IMG-SIDE or IMG-PIXELS (kLimit) over the limits; `format` words the message.
[[nodiscard]] Result<void> checkImageSize(const DecodeRequest& request, const char* format, std::int64_t width, std::int64_t height);

[[nodiscard]] Result<DecodedImage> decodePng(const DecodeRequest& request);
[[nodiscard]] Result<DecodedImage> decodeJpeg(const DecodeRequest& request);
[[nodiscard]] Result<DecodedImage> decodeBmp(const DecodeRequest& request);
[[nodiscard]] Result<DecodedImage> decodePnm(const DecodeRequest& request);
#ifdef PRUNESCOPE_HAVE_WEBP
[[nodiscard]] Result<DecodedImage> decodeWebp(const DecodeRequest& request);
#endif

/// EXIF orientation 1-8 of a TIFF block ("II*\0" or "MM\0*" first); nullopt when there is none or the block is damaged.
[[nodiscard]] std::optional<int> exifOrientation(std::span<const std::uint8_t> tiff);
/// Turns and mirrors in place as orientation 2-8 says (1 and anything else: unchanged).
void applyOrientation(RgbImage& image, int orientation);

}  // namespace prunescope
