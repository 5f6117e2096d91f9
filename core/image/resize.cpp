// SPDX-License-Identifier: GPL-3.0-or-later
// Pillow's 8-bit antialiased bicubic and ATen's, bit for bit (reference/models.md 6.3 and 6.4). Taps are made once per axis; each pass
// yields clamped 8-bit values, so the order of the two passes is part of the result.
#include "core/image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace prunescope {
namespace {

constexpr int kPillowBits = 22;
constexpr std::size_t kBlockPixels = 8;                       // the horizontal kernel eats 8 pixels = 24 bytes at a time
constexpr std::size_t kBlockValues = kBlockPixels * 3;

double cubic(double x) {
    constexpr double a = -0.5;
    x = std::abs(x);
    if (x < 1.0) {
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    }
    return x < 2.0 ? (((x - 5) * x + 8) * x - 4) * a : 0.0;
}

/// Which input samples make each output of one axis, and with what integer weights.
struct Taps {
    int first = 0;                      ///< first output of the window
    std::vector<int> start, count;      ///< per output of the window
    std::vector<std::int32_t> weights;  ///< `stride` a output
    std::size_t stride = 0;
    int bits = kPillowBits;
    [[nodiscard]] int inputBegin() const { return start.front(); }
    [[nodiscard]] int inputEnd() const { return start.back() + count.back(); }
};

/// One axis from `in` samples to `out`.
class Axis {
public:
    Axis(int in, int out) : m_in(in), m_scale(static_cast<double>(in) / out) {
        m_filter = std::max(m_scale, 1.0);
        m_support = 2.0 * m_filter;
    }
    [[nodiscard]] std::size_t mostTaps() const { return static_cast<std::size_t>(std::ceil(m_support)) * 2 + 1; }
    /// Normalised weights of one output; returns the first input sample.
    int weigh(int output, std::vector<double>& weights) const {
        const double centre = (output + 0.5) * m_scale;
        const int low = std::max(static_cast<int>(centre - m_support + 0.5), 0);
        const int high = std::min(static_cast<int>(centre + m_support + 0.5), m_in);
        const double reciprocal = 1.0 / m_filter;
        weights.clear();
        double sum = 0.0;
        for (int j = 0; j < high - low; ++j) {
            weights.push_back(cubic((j + low - centre + 0.5) * reciprocal));
            sum += weights.back();
        }
        for (double& weight : weights) {
            weight = sum != 0.0 ? weight / sum : weight;
        }
        return low;
    }

private:
    int m_in;
    double m_scale, m_filter = 1, m_support = 2;
};

/// ATen's choice of precision: as many bits as keep the largest weight of the whole axis inside int16.
int torchBits(const Axis& axis, int out) {
    std::vector<double> weights;
    double largest = 0.0;
    for (int i = 0; i < out; ++i) {
        (void)axis.weigh(i, weights);
        for (const double weight : weights) {
            largest = std::max(largest, weight);
        }
    }
    int bits = 0;
    while (bits < kPillowBits && static_cast<int>(0.5 + largest * (1 << (bits + 1))) < (1 << 15)) {
        ++bits;
    }
    return bits;
}

Taps makeTaps(int in, int out, int first, int count, ResizeMode mode) {
    const Axis axis(in, out);
    Taps taps;
    taps.first = first;
    taps.bits = mode == ResizeMode::kTorch16 ? torchBits(axis, out) : kPillowBits;
    taps.stride = (axis.mostTaps() + kBlockPixels - 1) / kBlockPixels * kBlockPixels;
    taps.weights.assign(taps.stride * static_cast<std::size_t>(count), 0);
    std::vector<double> weights;
    for (int i = 0; i < count; ++i) {
        taps.start.push_back(axis.weigh(first + i, weights));
        taps.count.push_back(static_cast<int>(weights.size()));
        std::int32_t* to = taps.weights.data() + taps.stride * static_cast<std::size_t>(i);
        for (const double weight : weights) {
            const double fixed = weight * (1 << taps.bits);
            *to++ = static_cast<std::int32_t>(weight < 0 ? fixed - 0.5 : fixed + 0.5);
        }
    }
    return taps;
}

std::uint8_t clampTo8(std::int32_t sum, int bits) { return static_cast<std::uint8_t>(std::clamp(sum >> bits, 0, 255)); }

/// Weights of the horizontal kernel: each repeated for the three channels, blocks of 8 pixels.
struct SpreadTaps {
    std::vector<std::int32_t> weights;
    std::vector<std::size_t> blocks;   ///< per output
    std::size_t stride = 0;
};

SpreadTaps spread(const Taps& taps) {
    SpreadTaps result;
    result.stride = taps.stride * 3;
    result.weights.resize(result.stride * taps.start.size());
    for (std::size_t i = 0; i < taps.start.size(); ++i) {
        result.blocks.push_back((static_cast<std::size_t>(taps.count[i]) + kBlockPixels - 1) / kBlockPixels);
        for (std::size_t j = 0; j < taps.stride; ++j) {
            std::fill_n(result.weights.begin() + static_cast<std::ptrdiff_t>(i * result.stride + 3 * j), 3, taps.weights[i * taps.stride + j]);
        }
    }
    return result;
}

using Lane = std::int32_t __attribute__((vector_size(32)));
using Bytes8 = std::uint8_t __attribute__((vector_size(8)));

#if defined(__x86_64__) && defined(__GNUC__)
#define PRUNESCOPE_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define PRUNESCOPE_CLONES
#endif

/// One row: `source` must be readable for 24 bytes behind its last pixel. Sums wrap like int32 in any order, so lanes do not change a bit.
PRUNESCOPE_CLONES void horizontalRow(const std::uint8_t* source, const int* start, const std::size_t* blocks, const std::int32_t* weights,
                                     std::size_t stride, std::size_t outputs, int bits, std::uint8_t* out) {
    for (std::size_t i = 0; i < outputs; ++i) {
        const std::uint8_t* pixel = source + static_cast<std::size_t>(start[i]) * 3;
        const std::int32_t* weight = weights + i * stride;
        Lane sum0{};
        Lane sum1{};
        Lane sum2{};
        for (std::size_t block = 0; block < blocks[i]; ++block, pixel += kBlockValues, weight += kBlockValues) {
            Bytes8 p0;
            Bytes8 p1;
            Bytes8 p2;
            Lane w0;
            Lane w1;
            Lane w2;
            std::memcpy(&p0, pixel, 8);
            std::memcpy(&p1, pixel + 8, 8);
            std::memcpy(&p2, pixel + 16, 8);
            std::memcpy(&w0, weight, 32);
            std::memcpy(&w1, weight + 8, 32);
            std::memcpy(&w2, weight + 16, 32);
            sum0 += __builtin_convertvector(p0, Lane) * w0;
            sum1 += __builtin_convertvector(p1, Lane) * w1;
            sum2 += __builtin_convertvector(p2, Lane) * w2;
        }
        // value v of a block belongs to channel v % 3
        const std::int32_t half = 1 << (bits - 1);
        const std::int32_t r = half + sum0[0] + sum0[3] + sum0[6] + sum1[1] + sum1[4] + sum1[7] + sum2[2] + sum2[5];
        const std::int32_t g = half + sum0[1] + sum0[4] + sum0[7] + sum1[2] + sum1[5] + sum2[0] + sum2[3] + sum2[6];
        const std::int32_t b = half + sum0[2] + sum0[5] + sum1[0] + sum1[3] + sum1[6] + sum2[1] + sum2[4] + sum2[7];
        out[3 * i] = static_cast<std::uint8_t>(std::clamp(r >> bits, 0, 255));
        out[3 * i + 1] = static_cast<std::uint8_t>(std::clamp(g >> bits, 0, 255));
        out[3 * i + 2] = static_cast<std::uint8_t>(std::clamp(b >> bits, 0, 255));
    }
}

/// Adds one weighted row of `values` bytes to the sums.
PRUNESCOPE_CLONES void addWeightedRow(const std::uint8_t* row, std::int32_t weight, std::size_t values, std::int32_t* sums) {
    for (std::size_t k = 0; k < values; ++k) {
        sums[k] += static_cast<std::int32_t>(row[k]) * weight;
    }
}

/// A block of a picture under way: rows [top, top + height) and columns [left, left + width) of its coordinate system. The pixels are its
/// own, or (`borrowed`) those of the input image.
struct Plane {
    int left = 0, top = 0, width = 0, height = 0;
    std::vector<std::uint8_t> own;
    const std::uint8_t* borrowed = nullptr;
    [[nodiscard]] const std::uint8_t* data() const { return borrowed != nullptr ? borrowed : own.data(); }
    [[nodiscard]] std::size_t bytes() const { return static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3; }
    [[nodiscard]] const std::uint8_t* at(int x, int y) const {
        return data() + (static_cast<std::size_t>(y - top) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x - left)) * 3;
    }
};

Plane emptyPlane(int left, int top, int width, int height) {
    Plane plane;
    plane.left = left;
    plane.top = top;
    plane.width = width;
    plane.height = height;
    plane.own.resize(plane.bytes());
    return plane;
}

Plane horizontalPass(const Plane& in, const Taps& taps, int rowBegin, int rowEnd) {
    const SpreadTaps wide = spread(taps);
    Plane out = emptyPlane(taps.first, rowBegin, static_cast<int>(taps.start.size()), rowEnd - rowBegin);
    std::vector<int> start;
    for (const int at : taps.start) {
        start.push_back(at - in.left);
    }
    const std::size_t rowBytes = static_cast<std::size_t>(in.width) * 3;
    std::vector<std::uint8_t> lastRow(rowBytes + kBlockValues, 0);   // a row with room behind it, for reads past its last pixel
    for (int y = rowBegin; y < rowEnd; ++y) {
        const std::uint8_t* source = in.at(in.left, y);
        const std::size_t behind = in.bytes() - static_cast<std::size_t>(source - in.data()) - rowBytes;
        if (behind < kBlockValues) {
            std::memcpy(lastRow.data(), source, rowBytes);
            source = lastRow.data();
        }
        horizontalRow(source, start.data(), wide.blocks.data(), wide.weights.data(), wide.stride, start.size(), taps.bits,
                      out.own.data() + static_cast<std::size_t>(y - rowBegin) * start.size() * 3);
    }
    return out;
}

Plane verticalPass(const Plane& in, const Taps& taps, int colBegin, int colEnd) {
    Plane out = emptyPlane(colBegin, taps.first, colEnd - colBegin, static_cast<int>(taps.start.size()));
    const std::size_t values = static_cast<std::size_t>(out.width) * 3;
    std::vector<std::int32_t> sums(values);
    for (std::size_t i = 0; i < taps.start.size(); ++i) {
        std::fill(sums.begin(), sums.end(), 1 << (taps.bits - 1));
        for (int j = 0; j < taps.count[i]; ++j) {
            addWeightedRow(in.at(colBegin, taps.start[i] + j), taps.weights[i * taps.stride + static_cast<std::size_t>(j)], values, sums.data());
        }
        std::uint8_t* to = out.own.data() + i * values;
        for (std::size_t k = 0; k < values; ++k) {
            to[k] = clampTo8(sums[k], taps.bits);
        }
    }
    return out;
}

/// Pillow 13 turns the passes round where that is less work; everything else runs horizontally first.
bool verticalFirst(int inWidth, int inHeight, int width, int height, ResizeMode mode) {
    return mode == ResizeMode::kPillow13 && height < inHeight &&
           static_cast<std::int64_t>(inHeight) - height > 2 * (static_cast<std::int64_t>(inWidth) - width);
}

/// Cuts columns [left, left + width) and rows [top, top + height) out.
Plane cut(Plane in, const ResizeWindow& window) {
    if (in.borrowed == nullptr && in.left == window.left && in.top == window.top && in.width == window.width && in.height == window.height) {
        return in;
    }
    Plane out = emptyPlane(window.left, window.top, window.width, window.height);
    const std::size_t rowBytes = static_cast<std::size_t>(window.width) * 3;
    for (int y = 0; y < window.height; ++y) {
        std::memcpy(out.own.data() + static_cast<std::size_t>(y) * rowBytes, in.at(window.left, window.top + y), rowBytes);
    }
    return out;
}

}  // namespace

RgbImage resizeBicubicWindow(const RgbImage& image, int width, int height, ResizeMode mode, const ResizeWindow& window) {
    const bool across = width != image.width;
    const bool down = height != image.height;
    Plane plane;
    plane.width = image.width;
    plane.height = image.height;
    plane.borrowed = image.pixels.data();
    const Taps columns = across ? makeTaps(image.width, width, window.left, window.width, mode) : Taps{};
    const Taps rows = down ? makeTaps(image.height, height, window.top, window.height, mode) : Taps{};
    if (across && down && verticalFirst(image.width, image.height, width, height, mode)) {
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
    plane = cut(std::move(plane), window);
    return RgbImage{window.width, window.height, std::move(plane.own)};
}

RgbImage resizeBicubic(const RgbImage& image, int width, int height, ResizeMode mode) {
    return resizeBicubicWindow(image, width, height, mode, ResizeWindow{0, 0, width, height});
}

}  // namespace prunescope
