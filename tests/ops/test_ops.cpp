// SPDX-License-Identifier: GPL-3.0-or-later

// The operations against their float64 definition, on every CPU level that this machine offers.

#include "core/ops/lazy_greedy.h"
#include "core/ops/op_registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace prunescope {
namespace {

std::vector<float> randomMatrix(std::mt19937& random, std::int64_t n, std::int64_t d, float shared) {
    std::normal_distribution<float> normal;
    std::vector<float> direction(static_cast<std::size_t>(d));
    std::generate(direction.begin(), direction.end(), [&] { return normal(random); });
    std::vector<float> x(static_cast<std::size_t>(n * d));
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = normal(random) + shared * direction[i % static_cast<std::size_t>(d)];
    }
    return x;
}

std::vector<float> randomWeights(std::mt19937& random, std::int64_t n) {
    std::uniform_real_distribution<float> uniform(0.05F, 1.0F);
    std::vector<float> w(static_cast<std::size_t>(n));
    std::generate(w.begin(), w.end(), [&] { return uniform(random); });
    return w;
}

double logDeterminant(const float* s, std::int64_t n, const std::vector<std::int32_t>& rows) {
    std::vector<std::vector<double>> a;
    for (const std::int32_t i : rows) {
        std::vector<double> row;
        for (const std::int32_t j : rows) {
            row.push_back(s[i * n + j]);
        }
        a.push_back(row);
    }
    double sum = 0;
    for (std::size_t c = 0; c < a.size(); ++c) {
        if (!(a[c][c] > 0)) {
            return -std::numeric_limits<double>::infinity();
        }
        sum += std::log(a[c][c]);
        for (std::size_t r = c + 1; r < a.size(); ++r) {
            const double f = a[r][c] / a[c][c];
            for (std::size_t k = c; k < a.size(); ++k) {
                a[r][k] -= f * a[c][k];
            }
        }
    }
    return sum;
}

class Levels : public ::testing::TestWithParam<std::string> {
protected:
    std::shared_ptr<const CoreOps> m_ops = workingOpsAt(GetParam());
};

TEST_P(Levels, SimilarityEqualsTheDefinition) {
    std::mt19937 random(1);
    for (const auto& [n, d] : {std::pair<std::int64_t, std::int64_t>{1, 1}, {2, 3}, {17, 5}, {33, 64}, {100, 300}, {257, 1024}, {97, 4096}}) {
        const std::vector<float> x = randomMatrix(random, n, d, 0.5F);
        const auto working = m_ops->similarity(MatrixView(x.data(), n, d));
        const auto definition = referenceOps()->similarity(MatrixView(x.data(), n, d));
        ASSERT_TRUE(working.ok() && definition.ok());
        for (std::int64_t i = 0; i < n * n; ++i) {
            ASSERT_NEAR(working->data()[i], definition->data()[i], 1e-6) << n << "x" << d << " at " << i;
        }
        for (std::int64_t i = 0; i < n; ++i) {
            EXPECT_EQ(working->data()[i * n + i], 1.0F);
            for (std::int64_t j = 0; j < n; ++j) {
                ASSERT_EQ(working->data()[i * n + j], working->data()[j * n + i]);
            }
        }
    }
}

TEST_P(Levels, EqualRowsAreBitEqualWhereverTheyStand) {
    std::mt19937 random(2);
    const std::int64_t n = 131;
    const std::int64_t d = 517;
    std::vector<float> x = randomMatrix(random, n, d, 0.3F);
    for (const std::int64_t copy : {5, 31, 64, 130}) {
        std::copy_n(x.begin(), d, x.begin() + copy * d);
    }
    const auto s = m_ops->similarity(MatrixView(x.data(), n, d));
    ASSERT_TRUE(s.ok());
    for (const std::int64_t copy : {5, 31, 64, 130}) {
        for (std::int64_t j = 1; j < n; ++j) {
            if (j != 5 && j != 31 && j != 64 && j != 130) {
                ASSERT_EQ(s->data()[j], s->data()[copy * n + j]) << copy << "," << j;
            }
        }
    }
}

TEST_P(Levels, ScaleDoesNotMatter) {
    std::mt19937 random(3);
    const std::int64_t n = 40;
    const std::int64_t d = 64;
    const std::vector<float> x = randomMatrix(random, n, d, 0.4F);
    std::vector<float> scaled = x;
    const float factors[] = {1e-30F, 1e30F, 1e-20F, 3e36F, 1.0F, 1e-37F};
    for (std::int64_t i = 0; i < n; ++i) {
        for (std::int64_t c = 0; c < d; ++c) {
            scaled[static_cast<std::size_t>(i * d + c)] *= factors[i % 6];
        }
    }
    const auto plain = m_ops->similarity(MatrixView(x.data(), n, d));
    const auto other = m_ops->similarity(MatrixView(scaled.data(), n, d));
    ASSERT_TRUE(plain.ok() && other.ok());
    for (std::int64_t i = 0; i < n * n; ++i) {
        ASSERT_NEAR(plain->data()[i], other->data()[i], 2e-6) << i;
    }
}

TEST_P(Levels, ZeroNormIsSimilarToItselfAlone) {
    const std::vector<float> x{1, 0, 0, 0, 0, 2};
    const auto s = m_ops->similarity(MatrixView(x.data(), 3, 2));
    ASSERT_TRUE(s.ok());
    EXPECT_EQ(s->values()[1], 0.0F);
    EXPECT_EQ(s->values()[4], 1.0F);
    EXPECT_EQ(s->values()[3], 0.0F);
}

TEST_P(Levels, NonFiniteIsRefusedWithItsPlace) {
    std::vector<float> x(12, 1.0F);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
        x[7] = bad;
        const auto s = m_ops->similarity(MatrixView(x.data(), 4, 3));
        ASSERT_FALSE(s.ok());
        EXPECT_EQ(s.error().id, "NUM-NONFINITE");
        EXPECT_EQ(s.error().code, ErrorCode::kNumeric);
        EXPECT_NE(s.error().why.find("row 2, column 1"), std::string::npos) << s.error().why;
    }
}

TEST_P(Levels, TableEqualsTheDefinition) {
    std::mt19937 random(4);
    for (const std::int64_t n : {1, 2, 3, 37, 90}) {
        const std::vector<float> x = randomMatrix(random, n, 24, 0.6F);
        const auto s = referenceOps()->similarity(MatrixView(x.data(), n, 24));
        std::vector<std::uint8_t> side(static_cast<std::size_t>(n));
        for (std::size_t i = 0; i < side.size(); ++i) {
            side[i] = static_cast<std::uint8_t>(i % 2);
        }
        for (const int bins : {1, 7, 64, 512}) {
            const auto working = m_ops->thresholdTable(MatrixView(*s), side, bins);
            const auto definition = referenceOps()->thresholdTable(MatrixView(*s), side, bins);
            ASSERT_TRUE(working.ok() && definition.ok());
            EXPECT_EQ(working->degree, definition->degree);
            for (std::size_t i = 0; i < working->sum.size(); ++i) {
                ASSERT_NEAR(working->sum[i], definition->sum[i], 1e-9);
            }
        }
    }
}

TEST_P(Levels, RelevanceEqualsTheDefinition) {
    std::mt19937 random(5);
    for (const std::int64_t d : {1, 3, 31, 768, 1025}) {
        std::vector<float> x = randomMatrix(random, 20, d, 0.2F);
        std::fill_n(x.begin() + 3 * d, d, 0.0F);
        const std::vector<float> q = randomMatrix(random, 1, d, 0.0F);
        const auto working = m_ops->relevance(MatrixView(x.data(), 20, d), q);
        const auto definition = referenceOps()->relevance(MatrixView(x.data(), 20, d), q);
        ASSERT_TRUE(working.ok() && definition.ok());
        for (std::size_t i = 0; i < 20; ++i) {
            EXPECT_NEAR((*working)[i], (*definition)[i], 1e-7);
        }
        EXPECT_EQ((*working)[3], 0.0F);
        const auto none = m_ops->relevance(MatrixView(x.data(), 20, d), std::vector<float>(static_cast<std::size_t>(d), 0.0F));
        EXPECT_EQ((*none)[0], 0.0F);
    }
    const std::vector<float> x(6, 1.0F);
    EXPECT_EQ(m_ops->relevance(MatrixView(x.data(), 2, 3), {1.0F, 2.0F}).error().id, "PRUNE-SHAPE");
}

TEST_P(Levels, GreedyOrderEqualsTheDefinition) {
    std::mt19937 random(6);
    for (const auto& [n, d, k] : {std::array<std::int64_t, 3>{1, 4, 1}, {15, 30, 15}, {16, 64, 9}, {100, 256, 60}, {300, 512, 90}, {577, 700, 150}}) {
        const std::vector<float> x = randomMatrix(random, n, d, 0.7F);
        const auto s = m_ops->similarity(MatrixView(x.data(), n, d));
        const std::vector<float> w = randomWeights(random, n);
        const auto working = m_ops->greedyDpp(MatrixView(*s), w, k);
        const auto definition = referenceOps()->greedyDpp(MatrixView(*s), w, k);
        ASSERT_TRUE(working.ok() && definition.ok());
        EXPECT_EQ(working->order, definition->order) << n;
        EXPECT_EQ(working->exhausted, definition->exhausted);
        for (std::size_t t = 0; t < working->gain.size(); ++t) {
            ASSERT_NEAR(working->gain[t], definition->gain[t], 2e-6);
        }
    }
}

TEST_P(Levels, ExtendingInStepsChangesNothing) {
    std::mt19937 random(7);
    const std::vector<float> x = randomMatrix(random, 200, 300, 0.5F);
    const auto s = m_ops->similarity(MatrixView(x.data(), 200, 300));
    const std::vector<float> w = randomWeights(random, 200);
    const auto whole = m_ops->greedyDpp(MatrixView(*s), w, 120);
    const auto run = m_ops->startGreedy(MatrixView(*s), w);
    ASSERT_TRUE(whole.ok() && run.ok());
    for (const std::int64_t k : {1, 2, 3, 40, 30, 41, 120}) {
        ASSERT_TRUE((*run)->extend(k).ok());
        const GreedyOrder& part = (*run)->result();
        ASSERT_GE(static_cast<std::int64_t>(part.order.size()), k);
        EXPECT_TRUE(std::equal(part.order.begin(), part.order.end(), whole->order.begin()));
        EXPECT_TRUE(std::equal(part.gain.begin(), part.gain.end(), whole->gain.begin())) << "gains are bit-equal";
    }
}

TEST_P(Levels, HandCheckedOrder) {   // methods.md 15: beta = 1 and beta = 0.5
    const std::vector<float> x{1, 0, 0, 1, 0, 0, 0, 1, 0, .6F, .8F, 0, 0, 0, 1};
    const auto s = m_ops->similarity(MatrixView(x.data(), 5, 3));
    std::vector<float> w{.9F, 1, .5F, .7F, .3F};
    const auto one = m_ops->greedyDpp(MatrixView(*s), w, 5);
    EXPECT_EQ(one->order, (std::vector<std::int32_t>{1, 3, 4}));
    EXPECT_TRUE(one->exhausted);
    for (float& value : w) {
        value = std::sqrt(value);
    }
    const auto half = m_ops->greedyDpp(MatrixView(*s), w, 5);
    EXPECT_EQ(half->order, (std::vector<std::int32_t>{1, 2, 4}));
    EXPECT_TRUE(half->exhausted);
}

TEST_P(Levels, TiesGoToTheLowerIndex) {
    std::mt19937 random(8);
    std::vector<float> x = randomMatrix(random, 60, 40, 0.2F);
    std::copy_n(x.begin(), 30 * 40, x.begin() + 30 * 40);   // token i + 30 equals token i
    const auto s = m_ops->similarity(MatrixView(x.data(), 60, 40));
    const auto order = m_ops->greedyDpp(MatrixView(*s), std::vector<float>(60, 1.0F), 60);
    ASSERT_EQ(order->order.size(), 30U);
    EXPECT_TRUE(order->exhausted);
    EXPECT_TRUE(std::all_of(order->order.begin(), order->order.end(), [](std::int32_t i) { return i < 30; }));
    EXPECT_EQ(order->order.front(), 0);
}

TEST_P(Levels, RankIsFound) {
    std::mt19937 random(9);
    for (const std::int64_t rank : {1, 16, 32, 64}) {
        const std::int64_t n = 400;
        const std::int64_t d = 256;
        const std::vector<float> left = randomMatrix(random, n, rank, 0.0F);
        const std::vector<float> right = randomMatrix(random, rank, d, 0.0F);
        std::vector<float> x(static_cast<std::size_t>(n * d), 0.0F);
        for (std::int64_t i = 0; i < n; ++i) {
            for (std::int64_t r = 0; r < rank; ++r) {
                for (std::int64_t c = 0; c < d; ++c) {
                    x[static_cast<std::size_t>(i * d + c)] += left[static_cast<std::size_t>(i * rank + r)] * right[static_cast<std::size_t>(r * d + c)];
                }
            }
        }
        const auto s = m_ops->similarity(MatrixView(x.data(), n, d));
        const auto order = m_ops->greedyDpp(MatrixView(*s), randomWeights(random, n), 192);
        EXPECT_EQ(static_cast<std::int64_t>(order->order.size()), rank);
        EXPECT_TRUE(order->exhausted);
    }
}

TEST_P(Levels, ZeroWeightsAreNeverPicked) {
    std::mt19937 random(10);
    const std::vector<float> x = randomMatrix(random, 64, 100, 0.1F);
    const auto s = m_ops->similarity(MatrixView(x.data(), 64, 100));
    std::vector<float> w(64, 0.0F);
    for (std::size_t i = 0; i < 64; i += 3) {
        w[i] = 0.5F;
    }
    const auto order = m_ops->greedyDpp(MatrixView(*s), w, 64);
    EXPECT_EQ(order->order.size(), 22U);
    EXPECT_TRUE(order->exhausted);
    const auto none = m_ops->greedyDpp(MatrixView(*s), std::vector<float>(64, 0.0F), 8);
    EXPECT_TRUE(none->order.empty());
    EXPECT_TRUE(none->exhausted);
    w[1] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(m_ops->greedyDpp(MatrixView(*s), w, 8).error().id, "NUM-NONFINITE");
}

INSTANTIATE_TEST_SUITE_P(Cpu, Levels, ::testing::ValuesIn(workingLevels()), [](const auto& level) { return level.param; });

TEST(LazyGreedy, DoesLessThanThePlainLoop) {   // deterministic: the same input does the same work on every machine
    std::mt19937 random(11);
    const std::int64_t n = 1024;
    const std::vector<float> x = randomMatrix(random, n, 256, 0.5F);
    const auto s = workingOpsAt("base")->similarity(MatrixView(x.data(), n, 256));
    std::vector<float> w(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) {
        w[static_cast<std::size_t>(i)] = 0.05F + 0.95F * static_cast<float>(std::exp(-0.0001 * static_cast<double>((i - 300) * (i - 300))));
    }
    detail::LazyGreedy run(detail::baseKernels(), MatrixView(*s), w);
    ASSERT_TRUE(run.extend(128).ok());
    EXPECT_EQ(run.result().order, referenceOps()->greedyDpp(MatrixView(*s), w, 128)->order);
    EXPECT_LT(run.coefficientsComputed(), n * 128 * 6 / 10);
    EXPECT_LT(run.rounds(), 40);
}

TEST(Greedy, EqualsNaiveDeterminantGreedyAndNeverBeatsBruteForce) {   // methods.md 3.8, 15
    std::mt19937 random(12);
    for (int repeat = 0; repeat < 20; ++repeat) {
        const std::int64_t n = 9;
        const std::vector<float> x = randomMatrix(random, n, 12, 0.3F);
        const auto s = workingOps()->similarity(MatrixView(x.data(), n, 12));
        const auto order = workingOps()->greedyDpp(MatrixView(*s), std::vector<float>(9, 1.0F), 4);
        std::vector<std::int32_t> naive;
        for (int t = 0; t < 4; ++t) {
            double best = -std::numeric_limits<double>::infinity();
            std::int32_t winner = -1;
            for (std::int32_t i = 0; i < n; ++i) {
                std::vector<std::int32_t> with = naive;
                with.push_back(i);
                const double value = std::find(naive.begin(), naive.end(), i) == naive.end() ? logDeterminant(s->data(), n, with) : -1e300;
                if (value > best + 1e-12) {
                    best = value;
                    winner = i;
                }
            }
            naive.push_back(winner);
        }
        EXPECT_EQ(order->order, naive);
        const double greedy = logDeterminant(s->data(), n, order->order);
        double brute = -std::numeric_limits<double>::infinity();
        for (int bits = 0; bits < 512; ++bits) {
            std::vector<std::int32_t> set;
            for (std::int32_t i = 0; i < n; ++i) {
                if ((bits >> i) % 2 == 1) {
                    set.push_back(i);
                }
            }
            if (set.size() == 4) {
                brute = std::max(brute, logDeterminant(s->data(), n, set));
            }
        }
        EXPECT_LE(greedy, brute + 1e-9);
        EXPECT_LE(brute, 1e-9) << "Hadamard: det <= 1 on a unit diagonal";
        double gains = 0;
        for (const float gain : order->gain) {
            gains += std::log(static_cast<double>(gain));
        }
        EXPECT_NEAR(gains, greedy, 1e-4) << "log det is the sum of the log gains";
    }
}

TEST(Greedy, LemmaThreeHolds) {   // methods.md 3.8: det <= (1 - rho_avg)^(k-1) (1 + (k-1) rho_avg), from concavity of log det
    std::mt19937 random(13);
    for (int repeat = 0; repeat < 500; ++repeat) {
        const std::int64_t n = 2 + repeat % 6;
        const std::vector<float> x = randomMatrix(random, n, n + 3, 0.02F * static_cast<float>(repeat % 50));
        const auto s = workingOps()->similarity(MatrixView(x.data(), n, n + 3));
        double sum = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            for (std::int64_t j = 0; j < i; ++j) {
                sum += s->data()[i * n + j];
            }
        }
        const double mean = sum / (static_cast<double>(n * (n - 1)) / 2);
        std::vector<std::int32_t> all(static_cast<std::size_t>(n));
        std::iota(all.begin(), all.end(), 0);
        const double bound = static_cast<double>(n - 1) * std::log(1 - mean) + std::log(1 + static_cast<double>(n - 1) * mean);
        EXPECT_LE(logDeterminant(s->data(), n, all), bound + 1e-6);
    }
}

TEST(Table, EdgesAreExactAtSliderTicks) {
    // A similarity of exactly j / 256 is an edge at that tau; one float below the tolerance is not.
    const int bins = 512;
    for (int j = -256; j <= 256; ++j) {
        const float tau = static_cast<float>(j) / 256.0F;
        EXPECT_EQ(thresholdBin(tau, bins), j + 256);
        EXPECT_EQ(thresholdBin(edgeBound(tau), bins), j + 256);
        EXPECT_EQ(thresholdBin(std::nextafter(edgeBound(tau), -2.0F), bins), std::max(0, j + 255));
    }
}

TEST(Registry, KnowsItsBackends) {
    EXPECT_EQ(findOps("reference")->name(), "reference");
    EXPECT_EQ(findOps("working")->name(), "working");
    EXPECT_EQ(findOps("nothing"), nullptr);
    registerOps("again", referenceOps());
    EXPECT_EQ(findOps("again"), referenceOps());
    const std::vector<std::string> names = registeredOps();
    EXPECT_NE(std::find(names.begin(), names.end(), "again"), names.end());
    EXPECT_EQ(workingOpsAt("nothing"), nullptr);
    EXPECT_EQ(workingLevels().front(), "base");
}

TEST(Registry, DefaultRunStartsOverWithTheSameOrder) {
    std::mt19937 random(14);
    const std::vector<float> x = randomMatrix(random, 150, 200, 0.5F);
    const auto s = workingOps()->similarity(MatrixView(x.data(), 150, 200));
    const std::vector<float> w = randomWeights(random, 150);
    const auto run = referenceOps()->startGreedy(MatrixView(*s), w);
    ASSERT_TRUE((*run)->extend(10).ok());
    ASSERT_TRUE((*run)->extend(100).ok());
    const auto whole = workingOps()->greedyDpp(MatrixView(*s), w, 100);
    EXPECT_TRUE(std::equal(whole->order.begin(), whole->order.end(), (*run)->result().order.begin()));
}

}  // namespace
}  // namespace prunescope
