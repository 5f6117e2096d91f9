// SPDX-License-Identifier: GPL-3.0-or-later

// The CUDA backend against the CPU definition. The comparisons need a device; without one they are skipped and say so, and one test checks
// that the backend explains itself.

#include "core/ops/op_registry.h"
#include "cuda/cuda_ops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace prunescope {
namespace {

std::vector<float> randomMatrix(unsigned seed, std::int64_t n, std::int64_t d, float shared) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> direction(static_cast<std::size_t>(d));
    std::generate(direction.begin(), direction.end(), [&] { return normal(random); });
    std::vector<float> x(static_cast<std::size_t>(n * d));
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = normal(random) + shared * direction[i % static_cast<std::size_t>(d)];
    }
    return x;
}

std::vector<float> randomWeights(unsigned seed, std::int64_t n) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> uniform(0.05F, 1.0F);
    std::vector<float> w(static_cast<std::size_t>(n));
    std::generate(w.begin(), w.end(), [&] { return uniform(random); });
    return w;
}

TEST(CudaRegistration, RegistersOrSaysWhy) {
    const Result<void> registered = registerCudaOps();
    if (registered.ok()) {
        ASSERT_NE(findOps("cuda"), nullptr);
        EXPECT_EQ(findOps("cuda")->name(), "cuda");
    } else {
        EXPECT_EQ(findOps("cuda"), nullptr);
        EXPECT_EQ(registered.error().code, ErrorCode::kDevice);
        EXPECT_TRUE(registered.error().id == "DEVICE-NO-CUDA" || registered.error().id == "DEVICE-NO-CUDA-BUILD") << registered.error().id;
        EXPECT_FALSE(registered.error().why.empty());
        EXPECT_LE(formatErrorLine("prunescope-cli", registered.error()).size(), 240U);
    }
}

class OnDevice : public ::testing::Test {
protected:
    void SetUp() override {
        if (const Result<void> registered = registerCudaOps(); !registered) {
            GTEST_SKIP() << "no device: " << registered.error().why;
        }
        m_ops = findOps("cuda");
    }
    std::shared_ptr<const CoreOps> m_ops;
};

TEST_F(OnDevice, SimilarityEqualsTheDefinition) {
    for (const auto& [n, d] : {std::pair<std::int64_t, std::int64_t>{1, 1}, {2, 3}, {17, 5}, {100, 300}, {257, 1024}, {576, 768}}) {
        std::vector<float> x = randomMatrix(1, n, d, 0.5F);
        for (std::int64_t c = 0; c < d; ++c) {
            x[static_cast<std::size_t>(c)] *= 1e-30F;
            x[static_cast<std::size_t>((n - 1) * d + c)] *= n > 2 ? 0.0F : 1e25F;
        }
        const auto cuda = m_ops->similarity(MatrixView(x.data(), n, d));
        const auto definition = referenceOps()->similarity(MatrixView(x.data(), n, d));
        ASSERT_TRUE(cuda.ok()) << cuda.error().why;
        for (std::int64_t i = 0; i < n * n; ++i) {
            ASSERT_NEAR(cuda->data()[i], definition->data()[i], 1e-6) << n << "x" << d << " at " << i;
        }
    }
}

TEST_F(OnDevice, TableEqualsTheDefinition) {
    const std::vector<float> x = randomMatrix(2, 150, 40, 0.6F);
    const auto s = referenceOps()->similarity(MatrixView(x.data(), 150, 40));
    std::vector<std::uint8_t> side(150);
    for (std::size_t i = 0; i < side.size(); ++i) {
        side[i] = static_cast<std::uint8_t>(i % 2);
    }
    for (const int bins : {1, 64, 512}) {
        const auto cuda = m_ops->thresholdTable(MatrixView(*s), side, bins);
        const auto definition = referenceOps()->thresholdTable(MatrixView(*s), side, bins);
        ASSERT_TRUE(cuda.ok()) << cuda.error().why;
        EXPECT_EQ(cuda->degree, definition->degree);
        for (std::size_t i = 0; i < cuda->sum.size(); ++i) {
            ASSERT_NEAR(cuda->sum[i], definition->sum[i], 1e-6);
        }
    }
}

TEST_F(OnDevice, RelevanceEqualsTheDefinition) {
    const std::vector<float> x = randomMatrix(3, 300, 770, 0.2F);
    const std::vector<float> q = randomMatrix(4, 1, 770, 0.0F);
    const auto cuda = m_ops->relevance(MatrixView(x.data(), 300, 770), q);
    const auto definition = referenceOps()->relevance(MatrixView(x.data(), 300, 770), q);
    ASSERT_TRUE(cuda.ok()) << cuda.error().why;
    for (std::size_t i = 0; i < 300; ++i) {
        EXPECT_NEAR((*cuda)[i], (*definition)[i], 1e-6);
    }
}

TEST_F(OnDevice, GreedyOrderEqualsTheDefinition) {
    for (const auto& [n, d, k] : {std::array<std::int64_t, 3>{1, 4, 1}, {16, 64, 9}, {300, 512, 90}, {577, 700, 150}}) {
        const std::vector<float> x = randomMatrix(5, n, d, 0.7F);
        const auto s = workingOps()->similarity(MatrixView(x.data(), n, d));
        const std::vector<float> w = randomWeights(6, n);
        const auto cuda = m_ops->greedyDpp(MatrixView(*s), w, k);
        const auto definition = referenceOps()->greedyDpp(MatrixView(*s), w, k);
        ASSERT_TRUE(cuda.ok()) << cuda.error().why;
        EXPECT_EQ(cuda->order, definition->order) << n;
        EXPECT_EQ(cuda->exhausted, definition->exhausted);
        for (std::size_t t = 0; t < cuda->gain.size(); ++t) {
            ASSERT_NEAR(cuda->gain[t], definition->gain[t], 2e-6);
        }
    }
}

TEST_F(OnDevice, RankAndTiesAreThoseOfTheDefinition) {
    std::vector<float> x = randomMatrix(7, 60, 40, 0.2F);
    std::copy_n(x.begin(), 30 * 40, x.begin() + 30 * 40);
    const auto s = workingOps()->similarity(MatrixView(x.data(), 60, 40));
    const auto cuda = m_ops->greedyDpp(MatrixView(*s), std::vector<float>(60, 1.0F), 60);
    ASSERT_TRUE(cuda.ok()) << cuda.error().why;
    EXPECT_EQ(cuda->order.size(), 30U);
    EXPECT_TRUE(cuda->exhausted);
    EXPECT_TRUE(std::all_of(cuda->order.begin(), cuda->order.end(), [](std::int32_t i) { return i < 30; }));
}

TEST_F(OnDevice, BadInputIsRefused) {
    std::vector<float> x(12, 1.0F);
    x[5] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(m_ops->similarity(MatrixView(x.data(), 4, 3)).error().id, "NUM-NONFINITE");
    EXPECT_EQ(m_ops->relevance(MatrixView(x.data(), 4, 3), {1.0F}).error().id, "PRUNE-SHAPE");
}

}  // namespace
}  // namespace prunescope
