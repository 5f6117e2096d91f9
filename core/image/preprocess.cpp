// SPDX-License-Identifier: GPL-3.0-or-later
// Resize, crop or pad, rescale, normalise: the arithmetic of transformers' Pillow-based CLIP and LLaVA processors (reference/models.md 6.5).
#include "core/image/resize.h"

#include "core/base/numbers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace prunescope {
namespace {

constexpr int kMostInputSide = 4096;

Error preprocessError(std::string why) {
    return Error{ErrorCode::kBadModel, "MODEL-PREPROCESS", "cannot prepare the image", "", std::move(why), "", nullptr};
}

std::uint8_t byteOf(double value) { return static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0)); }

/// The image in the middle of a square of the mean colour (LlavaImageProcessor's do_pad), or as it is.
PaddedImage padToSquare(const RgbImage& image, const PreprocessConfig& config) {
    if (!config.doPad) {
        return PaddedImage{image, image.width, image.height, 0, 0, {}};
    }
    const int side = std::max(image.width, image.height);
    return PaddedImage{image, side, side, (side - image.width) / 2, (side - image.height) / 2,
                       {byteOf(config.mean[0] * 255), byteOf(config.mean[1] * 255), byteOf(config.mean[2] * 255)}};
}

struct Size {
    std::int64_t width = 0, height = 0;
};

/// models.md 6.2: the shorter side becomes S, the longer int(S * long / short).
Size targetSize(const PaddedImage& image, const PreprocessConfig& config) {
    if (!config.doResize) {
        return {image.width, image.height};
    }
    if (config.shortestEdge <= 0) {
        return {config.resizeWidth, config.resizeHeight};
    }
    const std::int64_t edge = config.shortestEdge;
    const auto longSide = [&](int longer, int shorter) { return static_cast<std::int64_t>(static_cast<double>(edge * longer) / shorter); };
    return image.width <= image.height ? Size{edge, longSide(image.height, image.width)} : Size{longSide(image.width, image.height), edge};
}

std::int64_t floorHalf(std::int64_t value) { return value >= 0 ? value / 2 : -((-value + 1) / 2); }

/// Puts `part`, whose upper left corner is at (left, top), into a black picture.
RgbImage placeOnBlack(const RgbImage& part, int width, int height, int left, int top) {
    RgbImage whole{width, height, {}};
    whole.pixels.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3, 0);
    for (int y = 0; y < part.height; ++y) {
        std::memcpy(whole.pixels.data() + (static_cast<std::size_t>(top + y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(left)) * 3,
                    part.pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(part.width) * 3,
                    static_cast<std::size_t>(part.width) * 3);
    }
    return whole;
}

/// uint8 -> float64 * factor -> float32, then (x - mean) / std in float32: 256 values a channel are all there is.
HostTensor toTensor(const RgbImage& image, const PreprocessConfig& config) {
    HostTensor pixels({1, 3, image.height, image.width});
    const std::size_t plane = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
    for (std::size_t c = 0; c < 3; ++c) {
        std::array<float, 256> table{};
        for (std::size_t v = 0; v < table.size(); ++v) {
            float value = static_cast<float>(v);
            if (config.doRescale) {
                value = static_cast<float>(static_cast<double>(v) * config.rescaleFactor);
            }
            if (config.doNormalize) {
                value = (value - static_cast<float>(config.mean[c])) / static_cast<float>(config.std[c]);
            }
            table[v] = value;
        }
        float* out = pixels.mutableData() + c * plane;
        for (std::size_t i = 0; i < plane; ++i) {
            out[i] = table[image.pixels[3 * i + c]];
        }
    }
    return pixels;
}

Result<void> checkRequest(const RgbImage& image, const PreprocessConfig& config, Size target, Size result) {
    const std::size_t bytes = static_cast<std::size_t>(std::max(image.width, 0)) * static_cast<std::size_t>(std::max(image.height, 0)) * 3;
    if (image.width < 1 || image.height < 1 || image.pixels.size() != bytes) {
        return Error{ErrorCode::kBadInput, "IMG-EMPTY", "cannot prepare the image", "", "it has no pixels", "", nullptr};
    }
    if (target.width < 1 || target.height < 1 || result.width < 1 || result.height < 1) {
        return preprocessError("the processor file asks for a size of 0");
    }
    if (result.width > kMostInputSide || result.height > kMostInputSide || target.width > INT32_MAX || target.height > INT32_MAX) {
        return preprocessError("the processor file asks for " + formatCount(result.width) + " x " + formatCount(result.height) + " pixels");
    }
    for (std::size_t c = 0; c < 3; ++c) {
        if (config.doNormalize && (!std::isfinite(config.mean[c]) || !std::isfinite(config.std[c]) || static_cast<float>(config.std[c]) == 0.0F)) {
            return preprocessError("image_mean or image_std is not usable");
        }
    }
    return {};
}

}  // namespace

Result<PreprocessedImage> preprocess(const RgbImage& image, const PreprocessConfig& config, ResizeMode mode) {
    const PaddedImage source = padToSquare(image, config);
    const Size target = source.width > 0 && source.height > 0 ? targetSize(source, config) : Size{};
    const Size result = config.doCenterCrop ? Size{config.cropWidth, config.cropHeight} : target;
    if (auto checked = checkRequest(image, config, target, result); !checked) {
        return checked.error();
    }
    // Where the crop's corner lies in the resized picture; outside of it the crop is black.
    const std::int64_t left = floorHalf(target.width - result.width);
    const std::int64_t top = floorHalf(target.height - result.height);
    const auto inside = [](std::int64_t from, std::int64_t size, std::int64_t all) {
        return std::pair<int, int>(static_cast<int>(std::max<std::int64_t>(from, 0)), static_cast<int>(std::min(from + size, all)));
    };
    const auto [x0, x1] = inside(left, result.width, target.width);
    const auto [y0, y1] = inside(top, result.height, target.height);
    PreprocessedImage prepared;
    prepared.seen = resizeBicubicWindow(source, static_cast<int>(target.width), static_cast<int>(target.height), mode,
                                        ResizeWindow{x0, y0, x1 - x0, y1 - y0});
    if (prepared.seen.width != result.width || prepared.seen.height != result.height) {
        prepared.seen = placeOnBlack(prepared.seen, static_cast<int>(result.width), static_cast<int>(result.height), static_cast<int>(x0 - left),
                                     static_cast<int>(y0 - top));
    }
    prepared.pixels = toTensor(prepared.seen, config);
    GridMap& grid = prepared.grid;
    grid.imageWidth = image.width;
    grid.imageHeight = image.height;
    grid.inputSize = prepared.seen.width;
    grid.padded = config.doPad;
    grid.scaleX = static_cast<double>(source.width) / static_cast<double>(target.width);
    grid.scaleY = static_cast<double>(source.height) / static_cast<double>(target.height);
    grid.offsetX = static_cast<double>(left) * grid.scaleX - source.left;
    grid.offsetY = static_cast<double>(top) * grid.scaleY - source.top;
    return prepared;
}

void finishGrid(PreprocessedImage& image, int patchSize, bool hasClassToken) {
    image.grid.patchSize = patchSize;
    image.grid.rows = patchSize > 0 ? image.seen.height / patchSize : 0;
    image.grid.cols = patchSize > 0 ? image.seen.width / patchSize : 0;
    image.grid.hasClassToken = hasClassToken;
}

RgbImage meanColourImage(const RgbImage& image) {
    RgbImage blank{image.width, image.height, {}};
    std::array<std::uint64_t, 3> sums{};
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        sums[i % 3] += image.pixels[i];
    }
    const std::uint64_t count = std::max<std::uint64_t>(image.pixels.size() / 3, 1);
    blank.pixels.resize(image.pixels.size());
    for (std::size_t i = 0; i < blank.pixels.size(); ++i) {
        blank.pixels[i] = static_cast<std::uint8_t>((sums[i % 3] + count / 2) / count);
    }
    return blank;
}

}  // namespace prunescope
