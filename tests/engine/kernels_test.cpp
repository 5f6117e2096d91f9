// SPDX-License-Identifier: GPL-3.0-or-later
// The engine's CPU loops, every instruction set that this processor runs, against plain double-precision arithmetic.

#include "core/engine/cpu_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

namespace prunescope::engine {
namespace {

std::vector<const CpuKernels*> sets() {
    int count = 0;
    const CpuKernels* const* first = allCpuKernels(count);
    return {first, first + count};
}

std::vector<float> draw(std::size_t n, unsigned seed, float scale = 1.0F) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0F, scale);
    std::vector<float> values(n);
    std::generate(values.begin(), values.end(), [&] { return normal(random); });
    return values;
}

std::vector<std::uint16_t> truncated(const std::vector<float>& values) {
    std::vector<std::uint16_t> out;
    for (const float v : values) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, &v, sizeof bits);
        out.push_back(static_cast<std::uint16_t>(bits >> 16));
    }
    return out;
}
float widened(std::uint16_t bf16) {
    const std::uint32_t bits = static_cast<std::uint32_t>(bf16) << 16;
    float value = 0.0F;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

TEST(CpuKernels, EveryHalfPrecisionNumber) {
    // All 65,536 bit patterns, against the definition of the format.
    std::vector<std::uint16_t> patterns(65536);
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        patterns[i] = static_cast<std::uint16_t>(i);
    }
    for (const CpuKernels* set : sets()) {
        std::vector<float> out(patterns.size());
        set->toFloat(patterns.data(), Element::kF16, out.data(), 65535);   // an odd count: the tail has its own code
        out[65535] = NAN;
        for (std::size_t i = 0; i < 65535; ++i) {
            const int exponent = static_cast<int>(i >> 10 & 31U), fraction = static_cast<int>(i & 1023U);
            const double sign = (i & 0x8000U) != 0 ? -1.0 : 1.0;
            const double value = exponent == 31 ? (fraction == 0 ? INFINITY : NAN) : exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
            if (std::isnan(value)) {
                EXPECT_TRUE(std::isnan(out[i])) << set->name << " " << i;
            } else {
                EXPECT_EQ(out[i], static_cast<float>(sign * value)) << set->name << " " << i;
            }
        }
    }
}

TEST(CpuKernels, BFloat16RoundsToNearestEven) {
    const std::vector<float> values{1.0F, 1.00390625F, 1.01171875F, -1.00390625F, 1.004F, 3.4e38F, 0.0F, -0.0F, INFINITY, NAN, 1e-40F, 2.5F, 7.0F, 9.0F, 11.0F, 13.0F, 15.0F, 1.00390625F};
    const std::vector<float> wanted{1.0F, 1.0F, 1.015625F, -1.0F, 1.0078125F, INFINITY, 0.0F, -0.0F, INFINITY, NAN, 1e-40F, 2.5F, 7.0F, 9.0F, 11.0F, 13.0F, 15.0F, 1.0F};
    for (const CpuKernels* set : sets()) {
        std::vector<std::uint16_t> out(values.size());
        set->fromFloat(values.data(), out.data(), Element::kBF16, static_cast<std::int64_t>(values.size()));
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (std::isnan(wanted[i])) {
                EXPECT_TRUE(std::isnan(widened(out[i])));
            } else if (std::fabs(wanted[i]) < 1e-30F) {
                EXPECT_NEAR(widened(out[i]), wanted[i], 1e-40) << set->name << " " << values[i];
            } else {
                EXPECT_EQ(widened(out[i]), wanted[i]) << set->name << " " << values[i];
            }
        }
    }
}

TEST(CpuKernels, Products) {
    for (const CpuKernels* set : sets()) {
        for (const std::int64_t cols : {1, 7, 16, 33, 320}) {
            constexpr std::int64_t kRows = 19;
            const std::vector<float> w = draw(static_cast<std::size_t>(kRows * cols), 1), x = draw(static_cast<std::size_t>(cols), 2), bias = draw(kRows, 3);
            const std::vector<std::uint16_t> w16 = truncated(w);
            for (const bool half : {false, true}) {
                std::vector<float> y(kRows, -7.0F);
                set->product(RowProduct{half ? static_cast<const void*>(w16.data()) : w.data(), half ? Element::kBF16 : Element::kF32, bias.data(), kRows, cols}, x.data(), y.data(), 2, 18);
                EXPECT_EQ(y[1], -7.0F);
                EXPECT_EQ(y[18], -7.0F);
                for (std::int64_t r = 2; r < 18; ++r) {
                    double sum = bias[static_cast<std::size_t>(r)], size = 1.0;
                    for (std::int64_t c = 0; c < cols; ++c) {
                        const auto at = static_cast<std::size_t>(r * cols + c);
                        const double term = static_cast<double>(half ? widened(w16[at]) : w[at]) * x[static_cast<std::size_t>(c)];
                        sum += term;
                        size += std::fabs(term);
                    }
                    EXPECT_NEAR(y[static_cast<std::size_t>(r)], sum, 3e-7 * size) << set->name << " cols " << cols;
                }
            }
        }
    }
}

TEST(CpuKernels, NormAndActivations) {
    for (const CpuKernels* set : sets()) {
        for (const std::int64_t n : {1, 12, 48, 321}) {
            const auto count = static_cast<std::size_t>(n);
            const std::vector<float> x = draw(count, 4, 0.01F), w = draw(count, 5), wide = draw(count, 6, 5.0F);
            std::vector<float> out(count), gate(count), quick = wide;
            set->rmsNorm(x.data(), w.data(), 1e-5F, out.data(), Element::kF32, n);
            set->siluMultiply(wide.data(), w.data(), gate.data(), Element::kF32, n);
            set->quickGelu(quick.data(), Element::kF32, n);
            double mean = 0.0;
            for (const float v : x) {
                mean += static_cast<double>(v) * v / static_cast<double>(n);
            }
            for (std::size_t i = 0; i < count; ++i) {
                EXPECT_NEAR(out[i], x[i] / std::sqrt(mean + 1e-5) * w[i], 1e-6) << set->name;
                const double v = wide[i];
                EXPECT_NEAR(gate[i], v / (1.0 + std::exp(-v)) * w[i], 1e-6 + 4e-7 * std::fabs(v * w[i])) << set->name;
                EXPECT_NEAR(quick[i], v / (1.0 + std::exp(-1.702 * v)), 1e-6 + 4e-7 * std::fabs(v)) << set->name;
            }
        }
        std::vector<float> far{-1000.0F, -90.0F, 90.0F, 1000.0F, 0.0F};
        set->quickGelu(far.data(), Element::kF32, 5);
        EXPECT_NEAR(far[0], 0.0, 1e-20);
        EXPECT_NEAR(far[1], 0.0, 1e-20);
        EXPECT_EQ(far[2], 90.0F);
        EXPECT_EQ(far[3], 1000.0F);
        EXPECT_EQ(far[4], 0.0F);
    }
}

/// Attention of query i over keys [0, seen) in double precision.
std::vector<double> attended(const float* query, const std::vector<float>& keys, const std::vector<float>& values, std::int64_t seen, std::int64_t d, double scale) {
    std::vector<double> weights(static_cast<std::size_t>(seen)), out(static_cast<std::size_t>(d));
    double total = 0.0;
    for (std::int64_t t = 0; t < seen; ++t) {
        double dot = 0.0;
        for (std::int64_t c = 0; c < d; ++c) {
            dot += static_cast<double>(query[c]) * keys[static_cast<std::size_t>(t * d + c)];
        }
        total += weights[static_cast<std::size_t>(t)] = std::exp(dot * scale);
    }
    for (std::int64_t t = 0; t < seen; ++t) {
        for (std::int64_t c = 0; c < d; ++c) {
            out[static_cast<std::size_t>(c)] += weights[static_cast<std::size_t>(t)] / total * values[static_cast<std::size_t>(t * d + c)];
        }
    }
    return out;
}

TEST(CpuKernels, AttentionOverManyRows) {
    for (const CpuKernels* set : sets()) {
        for (const std::int64_t length : {1, 5, 13, 40, 101}) {
            for (const std::int64_t d : {8, 12, 64, 80, 128}) {
                const auto size = static_cast<std::size_t>(length * d);
                const std::vector<float> q = draw(size, 7), k = draw(size, 8), v = draw(size, 9);
                std::vector<float> keys(static_cast<std::size_t>(set->packedKeySize(length, d))), values(static_cast<std::size_t>(set->packedValueSize(length, d)));
                std::vector<float> scratch(static_cast<std::size_t>(set->attentionScratch(length, d)));
                set->packKeys(k.data(), Element::kF32, d, length, d, keys.data());
                set->packValues(v.data(), Element::kF32, d, length, d, values.data());
                for (const bool causal : {false, true}) {
                    std::vector<float> out(size, NAN);
                    AttentionRows rows;
                    rows.queries = q.data();
                    rows.queryStride = rows.outStride = rows.headDim = d;
                    rows.last = rows.length = length;
                    rows.keys = keys.data();
                    rows.values = values.data();
                    rows.scale = 0.125F;
                    rows.causal = causal;
                    rows.out = out.data();
                    rows.scratch = scratch.data();
                    set->attend(rows);
                    for (std::int64_t i = 0; i < length; ++i) {
                        const std::vector<double> wanted = attended(q.data() + i * d, k, v, causal ? i + 1 : length, d, 0.125);
                        for (std::int64_t c = 0; c < d; ++c) {
                            ASSERT_NEAR(out[static_cast<std::size_t>(i * d + c)], wanted[static_cast<std::size_t>(c)], 2e-6) << set->name << " length " << length << " d " << d;
                        }
                    }
                }
            }
        }
    }
}

TEST(CpuKernels, AttentionOfOneRow) {
    for (const CpuKernels* set : sets()) {
        for (const std::int64_t length : {0, 1, 9, 70}) {
            for (const std::int64_t d : {12, 64, 72}) {
                const auto size = static_cast<std::size_t>((length + 1) * d);
                const std::vector<float> q = draw(static_cast<std::size_t>(d), 10), k = draw(size, 11), v = draw(size, 12);
                std::vector<float> out(static_cast<std::size_t>(d)), scratch(static_cast<std::size_t>(length + 1));
                AttentionOne one;
                one.query = q.data();
                one.keys = k.data();
                one.values = v.data();
                one.currentKey = k.data() + length * d;
                one.currentValue = v.data() + length * d;
                one.length = length;
                one.headDim = d;
                one.scale = 0.125F;
                one.out = out.data();
                one.scratch = scratch.data();
                set->attendOne(one);
                const std::vector<double> wanted = attended(q.data(), k, v, length + 1, d, 0.125);
                for (std::size_t c = 0; c < out.size(); ++c) {
                    EXPECT_NEAR(out[c], wanted[c], 2e-6) << set->name << " length " << length << " d " << d;
                }
            }
        }
    }
}

}  // namespace
}  // namespace prunescope::engine
