// SPDX-License-Identifier: GPL-3.0-or-later
// Pillow's 8-bit antialiased bicubic and ATen's, bit for bit (reference/models.md 6.3 and 6.4). Taps are made once per axis; each pass
// yields clamped 8-bit values, so the order of the two passes is part of the result.
#include "core/image/resize.h"

#include "core/image/resize_taps.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace prunescope {
namespace {

#if defined(__x86_64__) && defined(__GNUC__)
#define PRUNESCOPE_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define PRUNESCOPE_CLONES
#endif

PRUNESCOPE_CLONES void clampRow(const std::int32_t* sums, std::size_t values, int bits, std::uint8_t* out) {
    for (std::size_t k = 0; k < values; ++k) {
        out[k] = static_cast<std::uint8_t>(std::clamp(sums[k] >> bits, 0, 255));
    }
}

/// Adds one weighted row of `values` bytes to the sums.
PRUNESCOPE_CLONES void addWeightedRow(const std::uint8_t* row, std::int32_t weight, std::size_t values, std::int32_t* sums) {
    for (std::size_t k = 0; k < values; ++k) {
        sums[k] += static_cast<std::int32_t>(row[k]) * weight;
    }
}

/// A picture under way: known pixels at rows [top, top + height) and columns [left, left + width), one colour everywhere else.
struct Plane {
    int left = 0, top = 0, width = 0, height = 0;
    std::vector<std::uint8_t> own;
    const std::uint8_t* borrowed = nullptr;
    std::array<std::uint8_t, 3> outside{};
    [[nodiscard]] const std::uint8_t* data() const { return borrowed != nullptr ? borrowed : own.data(); }
    [[nodiscard]] const std::uint8_t* at(int x, int y) const {
        return data() + (static_cast<std::size_t>(y - top) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x - left)) * 3;
    }
    [[nodiscard]] bool hasRow(int y) const { return y >= top && y < top + height; }
    /// Columns [begin, end) of row y: in place where all of them are known, else composed in `scratch`.
    const std::uint8_t* row(int y, int begin, int end, std::vector<std::uint8_t>& scratch) const {
        if (hasRow(y) && begin >= left && end <= left + width) {
            return at(begin, y);
        }
        scratch.resize(static_cast<std::size_t>(end - begin) * 3);
        for (std::size_t k = 0; k < scratch.size(); k += 3) {
            scratch[k] = outside[0];
            scratch[k + 1] = outside[1];
            scratch[k + 2] = outside[2];
        }
        const int from = std::max(begin, left);
        const int to = std::min(end, left + width);
        if (hasRow(y) && from < to) {
            std::memcpy(scratch.data() + static_cast<std::size_t>(from - begin) * 3, at(from, y), static_cast<std::size_t>(to - from) * 3);
        }
        return scratch.data();
    }
};

Plane emptyPlane(int left, int top, int width, int height) {
    Plane plane;
    plane.left = left;
    plane.top = top;
    plane.width = width;
    plane.height = height;
    plane.own.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    return plane;
}

/// Filters whole rows of a plane, several at a time.
Plane horizontalPass(const Plane& in, const Taps& taps, int rowBegin, int rowEnd) {
    Plane out = emptyPlane(taps.first, rowBegin, static_cast<int>(taps.start.size()), rowEnd - rowBegin);
    const int begin = taps.inputBegin();
    const int end = taps.inputEnd();
    const std::size_t rowBytes = static_cast<std::size_t>(out.width) * 3;
    RowFilter filter(taps, static_cast<std::size_t>(end - begin));
    std::vector<std::uint8_t> scratch;
    const std::uint8_t* plain = nullptr;   // the result of a row of the outside colour, once there is one
    for (int y = rowBegin; y < rowEnd; ++y) {
        std::uint8_t* to = out.own.data() + static_cast<std::size_t>(y - rowBegin) * rowBytes;
        if (in.hasRow(y)) {
            filter.push(in.row(y, begin, end, scratch), to);
        } else if (plain == nullptr) {
            filter.push(in.row(y, begin, end, scratch), to);
            filter.flush();
            plain = to;
        } else {
            std::memcpy(to, plain, rowBytes);
        }
    }
    filter.flush();
    return out;
}

Plane verticalPass(const Plane& in, const Taps& taps, int colBegin, int colEnd) {
    Plane out = emptyPlane(colBegin, taps.first, colEnd - colBegin, static_cast<int>(taps.start.size()));
    const std::size_t values = static_cast<std::size_t>(out.width) * 3;
    std::vector<std::int32_t> sums(values);
    std::vector<std::uint8_t> scratch;
    for (std::size_t i = 0; i < taps.start.size(); ++i) {
        std::fill(sums.begin(), sums.end(), 1 << (taps.bits - 1));
        for (int j = 0; j < taps.count[i]; ++j) {
            addWeightedRow(in.row(taps.start[i] + j, colBegin, colEnd, scratch), taps.weights[i * taps.stride + static_cast<std::size_t>(j)], values,
                           sums.data());
        }
        clampRow(sums.data(), values, taps.bits, out.own.data() + i * values);
    }
    return out;
}

/// Pillow 13 turns the passes round where that is less work; everything else runs horizontally first.
bool verticalFirst(int inWidth, int inHeight, int width, int height, ResizeMode mode) {
    return mode == ResizeMode::kPillow13 && height < inHeight &&
           static_cast<std::int64_t>(inHeight) - height > 2 * (static_cast<std::int64_t>(inWidth) - width);
}

/// Cuts columns [left, left + width) and rows [top, top + height) out.
RgbImage cut(Plane in, const ResizeWindow& window) {
    if (in.borrowed == nullptr && in.left == window.left && in.top == window.top && in.width == window.width && in.height == window.height) {
        return RgbImage{window.width, window.height, std::move(in.own)};
    }
    RgbImage out{window.width, window.height, {}};
    const std::size_t rowBytes = static_cast<std::size_t>(window.width) * 3;
    out.pixels.resize(rowBytes * static_cast<std::size_t>(window.height));
    std::vector<std::uint8_t> scratch;
    for (int y = 0; y < window.height; ++y) {
        std::memcpy(out.pixels.data() + static_cast<std::size_t>(y) * rowBytes, in.row(window.top + y, window.left, window.left + window.width, scratch), rowBytes);
    }
    return out;
}

}  // namespace

RgbImage resizeBicubicWindow(const PaddedImage& source, int width, int height, ResizeMode mode, const ResizeWindow& window) {
    const bool across = width != source.width;
    const bool down = height != source.height;
    Plane plane;
    plane.left = source.left;
    plane.top = source.top;
    plane.width = source.image.width;
    plane.height = source.image.height;
    plane.borrowed = source.image.pixels.data();
    plane.outside = source.colour;
    const Taps columns = across ? makeTaps(source.width, width, window.left, window.width, mode) : Taps{};
    const Taps rows = down ? makeTaps(source.height, height, window.top, window.height, mode) : Taps{};
    if (across && down && verticalFirst(source.width, source.height, width, height, mode)) {
        plane = verticalPass(plane, rows, columns.inputBegin(), columns.inputEnd());
        plane = horizontalPass(plane, columns, window.top, window.top + window.height);
    } else {
        if (across) {
            plane = horizontalPass(plane, columns, down ? rows.inputBegin() : window.top, down ? rows.inputEnd() : window.top + window.height);
        }
        if (down) {
            plane = verticalPass(plane, rows, window.left, window.left + window.width);
        }
    }
    return cut(std::move(plane), window);
}

RgbImage resizeBicubicWindow(const RgbImage& image, int width, int height, ResizeMode mode, const ResizeWindow& window) {
    return resizeBicubicWindow(PaddedImage{image, image.width, image.height, 0, 0, {}}, width, height, mode, window);
}

RgbImage resizeBicubic(const RgbImage& image, int width, int height, ResizeMode mode) {
    return resizeBicubicWindow(image, width, height, mode, ResizeWindow{0, 0, width, height});
}

}  // namespace prunescope
