// SPDX-License-Identifier: GPL-3.0-or-later
// Taps of Pillow's and ATen's antialiased bicubic, and the row filter (reference/models.md 6.3 and 6.4).
#include "core/image/resize_taps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define PRUNESCOPE_HAVE_AVX2_PATH 1
#endif

namespace prunescope {
namespace {

constexpr int kPillowBits = 22;

double cubic(double x) {
    constexpr double a = -0.5;
    x = std::abs(x);
    if (x < 1.0) {
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    }
    return x < 2.0 ? (((x - 5) * x + 8) * x - 4) * a : 0.0;
}

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

}  // namespace

Taps makeTaps(int in, int out, int first, int count, ResizeMode mode) {
    const Axis axis(in, out);
    Taps taps;
    taps.first = first;
    taps.bits = mode == ResizeMode::kTorch16 ? torchBits(axis, out) : kPillowBits;
    taps.stride = (axis.mostTaps() + 1) / 2 * 2;
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

namespace {

/// What one run of the row kernel works on: kRows rows of four bytes a pixel, `rowStride` bytes apart.
struct RowJob {
    const std::uint8_t* rows;
    std::size_t rowStride;
    const std::int32_t* weights;   ///< `weightStride` an output
    std::size_t weightStride;
    const std::uint32_t* start;
    const std::uint32_t* pairs;
    std::size_t outputs;
    int bits;
    std::uint8_t* const* out;
    std::size_t count;             ///< rows in use
};

void filterPlain(const RowJob& job) {
    for (std::size_t r = 0; r < job.count; ++r) {
        for (std::size_t i = 0; i < job.outputs; ++i) {
            const std::uint8_t* pixel = job.rows + r * job.rowStride + std::size_t{4} * job.start[i];
            const std::int32_t* weight = job.weights + i * job.weightStride;
            std::array<std::int32_t, 3> sum{};
            sum.fill(1 << (job.bits - 1));
            for (std::size_t tap = 0; tap < 2 * std::size_t{job.pairs[i]}; ++tap) {
                for (std::size_t c = 0; c < 3; ++c) {
                    sum[c] += static_cast<std::int32_t>(pixel[4 * tap + c]) * weight[4 * tap];
                }
            }
            for (std::size_t c = 0; c < 3; ++c) {
                job.out[r][3 * i + c] = static_cast<std::uint8_t>(std::clamp(sum[c] >> job.bits, 0, 255));
            }
        }
    }
}

void expandPlain(const std::uint8_t* rgb, std::size_t pixels, std::uint8_t* out) {
    for (std::size_t i = 0; i < pixels; ++i) {
        out[4 * i] = rgb[3 * i];
        out[4 * i + 1] = rgb[3 * i + 1];
        out[4 * i + 2] = rgb[3 * i + 2];
        out[4 * i + 3] = 0;
    }
}

#ifdef PRUNESCOPE_HAVE_AVX2_PATH
__attribute__((target("avx2"))) inline __m256i twoPixels(const std::uint8_t* at) {
    std::int64_t bits = 0;
    std::memcpy(&bits, at, sizeof bits);
    return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(bits));
}

__attribute__((target("avx2"))) inline void storePixel(__m256i sum, int bits, std::uint8_t* out) {
    const __m128i folded = _mm_add_epi32(_mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1)), _mm_set1_epi32(1 << (bits - 1)));
    const __m128i words = _mm_packs_epi32(_mm_sra_epi32(folded, _mm_cvtsi32_si128(bits)), _mm_setzero_si128());
    const std::int32_t packed = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
    std::memcpy(out, &packed, 3);
}

__attribute__((target("avx2"))) void filterAvx2(const RowJob& job) {
    if (job.count != 4) {
        filterPlain(job);
        return;
    }
    for (std::size_t i = 0; i < job.outputs; ++i) {
        const std::uint8_t* pixel = job.rows + std::size_t{4} * job.start[i];
        const std::int32_t* weight = job.weights + i * job.weightStride;
        __m256i sum0 = _mm256_setzero_si256();
        __m256i sum1 = sum0;
        __m256i sum2 = sum0;
        __m256i sum3 = sum0;
        for (std::uint32_t pair = 0; pair < job.pairs[i]; ++pair, pixel += 8, weight += 8) {
            __m256i w;
            std::memcpy(&w, weight, sizeof w);
            sum0 = _mm256_add_epi32(sum0, _mm256_mullo_epi32(twoPixels(pixel), w));
            sum1 = _mm256_add_epi32(sum1, _mm256_mullo_epi32(twoPixels(pixel + job.rowStride), w));
            sum2 = _mm256_add_epi32(sum2, _mm256_mullo_epi32(twoPixels(pixel + 2 * job.rowStride), w));
            sum3 = _mm256_add_epi32(sum3, _mm256_mullo_epi32(twoPixels(pixel + 3 * job.rowStride), w));
        }
        storePixel(sum0, job.bits, job.out[0] + 3 * i);
        storePixel(sum1, job.bits, job.out[1] + 3 * i);
        storePixel(sum2, job.bits, job.out[2] + 3 * i);
        storePixel(sum3, job.bits, job.out[3] + 3 * i);
    }
}

__attribute__((target("avx2"))) void expandAvx2(const std::uint8_t* rgb, std::size_t pixels, std::uint8_t* out) {
    const __m128i order = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
    std::size_t i = 0;
    for (; i + 6 <= pixels; i += 4) {   // 16 bytes are read, 12 used: stay 6 pixels from the end
        __m128i four;
        std::memcpy(&four, rgb + 3 * i, sizeof four);
        four = _mm_shuffle_epi8(four, order);
        std::memcpy(out + 4 * i, &four, sizeof four);
    }
    expandPlain(rgb + 3 * i, pixels - i, out + 4 * i);
}

const bool kAvx2 = __builtin_cpu_supports("avx2") != 0;
#endif

}  // namespace

RowFilter::RowFilter(const Taps& taps, std::size_t pixels) : m_pixels(pixels), m_stride(taps.stride * 4), m_bits(taps.bits) {
    m_weights.resize(m_stride * taps.start.size());
    for (std::size_t i = 0; i < taps.start.size(); ++i) {
        m_start.push_back(static_cast<std::uint32_t>(taps.start[i] - taps.inputBegin()));
        m_pairs.push_back(static_cast<std::uint32_t>(taps.count[i] + 1) / 2);
        for (std::size_t j = 0; j < taps.stride; ++j) {
            std::fill_n(m_weights.begin() + static_cast<std::ptrdiff_t>(i * m_stride + 4 * j), 4, taps.weights[i * taps.stride + j]);
        }
    }
    m_rows.resize(kRows * (m_pixels + 2) * 4);   // an odd count of taps reads one pixel more, with weight 0
}

void RowFilter::push(const std::uint8_t* row, std::uint8_t* out) {
    std::uint8_t* to = m_rows.data() + m_pending * (m_pixels + 2) * 4;
#ifdef PRUNESCOPE_HAVE_AVX2_PATH
    (kAvx2 ? expandAvx2 : expandPlain)(row, m_pixels, to);
#else
    expandPlain(row, m_pixels, to);
#endif
    m_out[m_pending++] = out;
    if (m_pending == kRows) {
        flush();
    }
}

void RowFilter::flush() {
    const RowJob job{m_rows.data(), (m_pixels + 2) * 4, m_weights.data(), m_stride, m_start.data(), m_pairs.data(), m_start.size(), m_bits, m_out, m_pending};
#ifdef PRUNESCOPE_HAVE_AVX2_PATH
    (kAvx2 ? filterAvx2 : filterPlain)(job);
#else
    filterPlain(job);
#endif
    m_pending = 0;
}

}  // namespace prunescope
