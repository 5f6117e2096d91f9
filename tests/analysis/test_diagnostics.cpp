// SPDX-License-Identifier: GPL-3.0-or-later

// Diagnostics against values recorded by tests/oracles/script_oracle.py and against what must hold.

#include "core/analysis/diagnostics.h"
#include "core/base/json_gate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace prunescope {
namespace {

std::vector<float> randomTokens(unsigned seed, std::int64_t n, std::int64_t d) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> x(static_cast<std::size_t>(n * d));
    std::generate(x.begin(), x.end(), [&] { return normal(random); });
    return x;
}

template <typename T>
void expectNear(const std::vector<T>& actual, const nlohmann::json& expected, double tolerance, const std::string& what) {
    ASSERT_EQ(actual.size(), expected.size()) << what;
    for (std::size_t i = 0; i < actual.size(); ++i) {
        EXPECT_NEAR(actual[i], expected[i].template get<double>(), tolerance) << what << " " << i;
    }
}

TEST(Diagnostics, RecordedCases) {
    const auto file = readJsonFile(std::string(PRUNESCOPE_TEST_DATA) + "/analysis/golden.json", ErrorCode::kBadInput);
    ASSERT_TRUE(file.ok()) << file.error().why;
    ASSERT_GE((*file)["cases"].size(), 4U);
    for (const auto& item : (*file)["cases"]) {
        const int rows = item["grid"][0];
        const int cols = item["grid"][1];
        std::vector<float> x;
        for (const auto& row : item["tokens"]) {
            for (const auto& value : row) {
                x.push_back(value.get<float>());
            }
        }
        const MatrixView tokens(x.data(), rows * cols, static_cast<std::int64_t>(x.size()) / (rows * cols));
        const std::string what = std::to_string(rows) + "x" + std::to_string(cols);
        expectNear(*localRedundancy(tokens, rows, cols), item["redundancy"]["eight"], 1e-6, what + " eight");
        expectNear(*localRedundancy(tokens, rows, cols, true), item["redundancy"]["four"], 1e-6, what + " four");
        expectNear(*neighbourhoodEntropy(tokens, rows, cols), item["entropy_local"], 1e-5, what + " local entropy");
        expectNear(*neighbourhoodEntropy(tokens, rows, cols, true), item["entropy_global"], 1e-5, what + " global entropy");
        expectNear(*similarityByDistance(tokens, rows, cols), item["by_distance"], 1e-6, what + " distance");
    }
}

TEST(LocalRedundancy, CountsNeighboursAtTheBorder) {
    // A 2x2 grid: every token neighbours all others; with four neighbours only two of them.
    const std::vector<float> x{1, 0, 1, 0, 0, 1, 1, 0};
    const MatrixView tokens(x.data(), 4, 2);
    const auto eight = localRedundancy(tokens, 2, 2);
    const auto four = localRedundancy(tokens, 2, 2, true);
    EXPECT_NEAR((*eight)[0], 2.0 / 3, 1e-6);
    EXPECT_NEAR((*eight)[2], 0.0, 1e-6);
    EXPECT_NEAR((*four)[0], 0.5, 1e-6);
    EXPECT_NEAR((*four)[1], 1.0, 1e-6);
}

TEST(LocalRedundancy, MasksMarkTheRedundantSide) {
    const std::vector<float> redundancy{0.05F, 0.3F, 0.5F, 0.69F, 0.9F, 1.0F};
    std::vector<int> marked;
    for (const double tau : {0.1, 0.3, 0.5, 0.7, 0.9}) {
        const std::vector<std::uint8_t> mask = redundancyMask(redundancy, tau);
        marked.push_back(static_cast<int>(std::count(mask.begin(), mask.end(), std::uint8_t{1})));
        EXPECT_TRUE(std::is_sorted(mask.begin(), mask.end()));
    }
    EXPECT_EQ(marked[0], 5);
    EXPECT_EQ(marked[2], 4) << "0.5 is marked at 0.5";
    EXPECT_TRUE(std::is_sorted(marked.rbegin(), marked.rend()));
}

TEST(LocalRedundancy, ScaleAndZeroTokens) {
    std::vector<float> x = randomTokens(1, 12, 8);
    const auto plain = localRedundancy(MatrixView(x.data(), 12, 8), 3, 4);
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] *= i / 8 % 2 == 0 ? 1e-30F : 1e30F;
    }
    const auto scaled = localRedundancy(MatrixView(x.data(), 12, 8), 3, 4);
    for (std::size_t i = 0; i < 12; ++i) {
        EXPECT_NEAR((*plain)[i], (*scaled)[i], 1e-6);
    }
    std::fill(x.begin(), x.end(), 0.0F);
    const auto values = localRedundancy(MatrixView(x.data(), 12, 8), 3, 4);
    for (const float value : *values) {
        EXPECT_EQ(value, 0.0F);
    }
}

TEST(Entropy, ConstantNeighbourhoodIsZero) {   // catalogue N26, N27
    const std::vector<float> x(9 * 4, 0.7F);
    for (const bool global : {false, true}) {
        const auto values = neighbourhoodEntropy(MatrixView(x.data(), 9, 4), 3, 3, global);
        for (const float value : *values) {
            EXPECT_EQ(value, 0.0F);
        }
    }
}

TEST(Entropy, SmallGrids) {   // catalogue N26
    const std::vector<float> x = randomTokens(2, 9, 5);
    for (const auto& [rows, cols] : {std::pair{1, 1}, {1, 9}, {9, 1}, {3, 3}}) {
        for (const bool global : {false, true}) {
            const auto entropy = neighbourhoodEntropy(MatrixView(x.data(), rows * cols, 5), rows, cols, global);
            ASSERT_TRUE(entropy.ok());
            for (const float value : *entropy) {
                EXPECT_TRUE(std::isfinite(value));
                EXPECT_GE(value, 0.0F);
                EXPECT_LE(value, std::log(9.0F) + 1e-4F) << "nine samples cannot say more";
            }
        }
        EXPECT_EQ(similarityByDistance(MatrixView(x.data(), rows * cols, 5), rows, cols)->size(), static_cast<std::size_t>(rows + cols - 2));
    }
}

TEST(Entropy, LocalRangeDoesNotSeeScaleGlobalRangeDoes) {   // methods.md 3.7: the flaw that globalRange is there for
    std::vector<float> x = randomTokens(3, 36, 6);
    for (std::int64_t i = 0; i < 36; ++i) {
        for (std::int64_t c = 0; c < 6 && i % 6 < 3; ++c) {
            x[static_cast<std::size_t>(i * 6 + c)] *= 1e-3F;   // the left half is nearly one colour
        }
    }
    const MatrixView tokens(x.data(), 36, 6);
    const auto local = neighbourhoodEntropy(tokens, 6, 6, false);
    const auto global = neighbourhoodEntropy(tokens, 6, 6, true);
    EXPECT_GT((*local)[7], 1.2F);
    EXPECT_LT((*global)[7], 0.1F);
    EXPECT_GT((*global)[10], 0.6F);
}

TEST(Distance, IdenticalTokensAreOneEverywhere) {
    const std::vector<float> x(20 * 3, 2.0F);
    const auto values = similarityByDistance(MatrixView(x.data(), 20, 3), 4, 5);
    for (const double value : *values) {
        EXPECT_NEAR(value, 1.0, 1e-6);
    }
}

TEST(Diagnostics, BadInputIsRefused) {
    std::vector<float> x(12, 1.0F);
    EXPECT_EQ(localRedundancy(MatrixView(x.data(), 4, 3), 3, 2).error().id, "ANALYSIS-GRID");
    EXPECT_EQ(neighbourhoodEntropy(MatrixView(x.data(), 4, 3), 0, 4).error().id, "ANALYSIS-GRID");
    EXPECT_EQ(similarityByDistance(MatrixView(), 0, 0).error().id, "NUM-EMPTY");
    x[4] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(localRedundancy(MatrixView(x.data(), 4, 3), 2, 2).error().id, "NUM-NONFINITE");
    EXPECT_EQ(neighbourhoodEntropy(MatrixView(x.data(), 4, 3), 2, 2).error().id, "NUM-NONFINITE");
    EXPECT_EQ(similarityByDistance(MatrixView(x.data(), 4, 3), 2, 2).error().id, "NUM-NONFINITE");
}

}  // namespace
}  // namespace prunescope
