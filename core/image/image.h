// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Images as the model sees them: decoding behind a gate (magic bytes, header limits), Pillow-exact resize and crop, normalisation.

#include "core/base/grid_map.h"
#include "core/base/preprocess_config.h"
#include "core/base/result.h"
#include "core/base/tensor.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace prunescope {

/// 8-bit RGB, row-major, 3 bytes a pixel, no padding between rows. EXIF orientation already applied, alpha dropped.
struct RgbImage {
    int width = 0, height = 0;
    std::vector<std::uint8_t> pixels;
};

/// Limits of the image gate; `--limit NAME=VALUE` raises them (names: image-file-bytes, image-pixels, image-side).
struct ImageLimits {
    std::int64_t fileBytes = 256LL << 20;
    std::int64_t pixels = 100'000'000;
    std::int64_t side = 65'535;
};

/// A decoded image with what the result reports about it.
struct DecodedImage {
    RgbImage rgb;
    std::string format;   ///< "png", "jpeg", "bmp", "webp", "tiff", "gif", "pnm"
    std::string sha256;   ///< of the file's bytes, lower-case hex
    std::vector<std::string> warnings;
};

/// Decodes bytes of one image file. Errors: IMG-* with kBadInput or kLimit. Thread-safe.
[[nodiscard]] Result<DecodedImage> decodeImage(std::span<const std::uint8_t> bytes, const ImageLimits& limits, const std::string& where);
/// Reads and decodes a file (refuses folders, devices, pipes, empty files, files over the limit).
[[nodiscard]] Result<DecodedImage> readImage(const std::filesystem::path& path, const ImageLimits& limits = {});

/// Which processor's arithmetic to repeat (reference/models.md 6.3, 6.4).
enum class ResizeMode { kPillow13, kPillow12, kTorch16 };

/// Pillow's 8-bit antialiased bicubic, bit for bit. 1 <= width, height.
[[nodiscard]] RgbImage resizeBicubic(const RgbImage& image, int width, int height, ResizeMode mode);

/// The tower's input and how it maps back.
struct PreprocessedImage {
    HostTensor pixels;     ///< [crops, 3, H, W] float32, normalised
    RgbImage seen;         ///< the uint8 picture after resize, crop and padding: what the model sees
    GridMap grid;          ///< patch size 0 until the model's geometry is filled in by `finishGrid`
};

/// resize -> crop or pad -> rescale -> normalise, exactly as the Pillow-based processor (float32 results bit-exact).
[[nodiscard]] Result<PreprocessedImage> preprocess(const RgbImage& image, const PreprocessConfig& config, ResizeMode mode);

/// Fills in the token grid for a tower of `patchSize` (rows = H / patchSize …).
void finishGrid(PreprocessedImage& image, int patchSize, bool hasClassToken);

/// The whole image in its own mean colour (what `eval --blank` shows the model).
[[nodiscard]] RgbImage meanColourImage(const RgbImage& image);

}  // namespace prunescope
