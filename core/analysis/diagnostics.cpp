// SPDX-License-Identifier: GPL-3.0-or-later

// Diagnostics that the paper draws. Vectors are scaled to unit length in float64 first, so tiny and huge tokens count as what they point at;
// a token without length is similar to nothing.

#include "core/analysis/diagnostics.h"

#include "core/analysis/principal_axis.h"
#include "core/ops/op_registry.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <new>

namespace prunescope {
namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

Error gridError(MatrixView tokens, int rows, int cols) {
    return Error{ErrorCode::kBadInput, "ANALYSIS-GRID", "cannot lay tokens on a grid", std::to_string(rows) + "x" + std::to_string(cols),
                 "there are " + std::to_string(tokens.rows) + " tokens", "", nullptr};
}

Error memoryError() { return Error{ErrorCode::kDevice, "MEM-HOST", "cannot compute diagnostics", "", "out of memory", "", nullptr}; }

Result<void> checkGrid(MatrixView tokens, int rows, int cols) {
    if (Result<void> finite = requireFinite(tokens, "tokens"); !finite) {
        return finite;
    }
    if (rows < 1 || cols < 1 || static_cast<std::int64_t>(rows) * cols != tokens.rows) {
        return gridError(tokens, rows, cols);
    }
    return {};
}

std::vector<double> inverseNorms(MatrixView tokens) {
    std::vector<double> inverse(at(tokens.rows), 0.0);
    for (std::int64_t i = 0; i < tokens.rows; ++i) {
        double squares = 0;
        for (std::int64_t c = 0; c < tokens.cols; ++c) {
            squares += static_cast<double>(tokens.row(i)[c]) * tokens.row(i)[c];
        }
        inverse[at(i)] = squares > 0 ? 1.0 / std::sqrt(squares) : 0.0;
    }
    return inverse;
}

double dot(MatrixView tokens, std::int64_t i, std::int64_t j) {
    std::array<double, 4> sum{};
    const float* a = tokens.row(i);
    const float* b = tokens.row(j);
    std::int64_t c = 0;
    for (; c + 4 <= tokens.cols; c += 4) {
        for (std::int64_t q = 0; q < 4; ++q) {
            sum[at(q)] += static_cast<double>(a[c + q]) * b[c + q];
        }
    }
    for (; c < tokens.cols; ++c) {
        sum[0] += static_cast<double>(a[c]) * b[c];
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// Natural-log entropy of `values` in 20 equal bins over [low, high]; density + 1e-8 and renormalised as the paper's code does, written so
/// that the width of the bins cannot overflow. A range without width has entropy 0.
double binnedEntropy(const std::vector<double>& values, double low, double high) {
    constexpr int kBins = 20;
    const double width = (high - low) / kBins;
    if (!(width > 0)) {
        return 0;
    }
    std::array<double, kBins> share{};
    for (const double value : values) {
        const int bin = std::clamp(static_cast<int>((value - low) / (high - low) * kBins), 0, kBins - 1);
        share[static_cast<std::size_t>(bin)] += 1.0 / static_cast<double>(values.size());
    }
    double total = 0;
    for (double& p : share) {
        p += 1e-8 * width;
        total += p;
    }
    double entropy = 0;
    for (const double p : share) {
        entropy -= p > 0 ? p / total * std::log(p / total) : 0.0;
    }
    return std::max(0.0, entropy);
}

/// Tokens of the 3x3 neighbourhood of (row, col), itself included, cut off at the border.
std::vector<std::int64_t> neighbourhood(int row, int col, int rows, int cols) {
    std::vector<std::int64_t> out;
    for (int r = std::max(0, row - 1); r <= std::min(rows - 1, row + 1); ++r) {
        for (int c = std::max(0, col - 1); c <= std::min(cols - 1, col + 1); ++c) {
            out.push_back(static_cast<std::int64_t>(r) * cols + c);
        }
    }
    return out;
}

std::vector<float> localEntropy(MatrixView tokens, int rows, int cols) {
    std::vector<float> out;
    for (int row = 0; row < rows; ++row) {
        for (int col = 0; col < cols; ++col) {
            const std::vector<double> projected = detail::projectionOfFew(tokens, neighbourhood(row, col, rows, cols));
            const auto [low, high] = std::minmax_element(projected.begin(), projected.end());
            out.push_back(static_cast<float>(binnedEntropy(projected, *low, *high)));
        }
    }
    return out;
}

std::vector<float> globalEntropy(MatrixView tokens, int rows, int cols) {
    const std::vector<double> projected = detail::projectionOfAll(tokens);
    const auto [low, high] = std::minmax_element(projected.begin(), projected.end());
    std::vector<float> out;
    for (int row = 0; row < rows; ++row) {
        for (int col = 0; col < cols; ++col) {
            std::vector<double> values;
            for (const std::int64_t token : neighbourhood(row, col, rows, cols)) {
                values.push_back(projected[at(token)]);
            }
            out.push_back(static_cast<float>(binnedEntropy(values, *low, *high)));
        }
    }
    return out;
}

}  // namespace

Result<std::vector<float>> localRedundancy(MatrixView tokens, int rows, int cols, bool fourNeighbours) {
    if (Result<void> checked = checkGrid(tokens, rows, cols); !checked) {
        return checked.error();
    }
    const std::vector<double> inverse = inverseNorms(tokens);
    std::vector<double> sum(at(tokens.rows), 0.0);
    std::vector<int> count(at(tokens.rows), 0);
    // Each pair once: the neighbours to the right, below, and on the two diagonals below.
    constexpr std::array<std::array<int, 2>, 4> kSteps{{{0, 1}, {1, 0}, {1, 1}, {1, -1}}};
    for (int row = 0; row < rows; ++row) {
        for (int col = 0; col < cols; ++col) {
            for (std::size_t s = 0; s < (fourNeighbours ? 2U : 4U); ++s) {
                const int r = row + kSteps[s][0];
                const int c = col + kSteps[s][1];
                if (r >= rows || c < 0 || c >= cols) {
                    continue;
                }
                const std::int64_t i = static_cast<std::int64_t>(row) * cols + col;
                const std::int64_t j = static_cast<std::int64_t>(r) * cols + c;
                const double cosine = std::clamp(dot(tokens, i, j) * inverse[at(i)] * inverse[at(j)], -1.0, 1.0);
                sum[at(i)] += cosine;
                sum[at(j)] += cosine;
                count[at(i)] += 1;
                count[at(j)] += 1;
            }
        }
    }
    std::vector<float> out(at(tokens.rows), 0.0F);
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = count[i] > 0 ? static_cast<float>(sum[i] / count[i]) : 0.0F;
    }
    return out;
}

std::vector<std::uint8_t> redundancyMask(const std::vector<float>& redundancy, double tau) {
    std::vector<std::uint8_t> mask(redundancy.size());
    std::transform(redundancy.begin(), redundancy.end(), mask.begin(), [tau](float value) { return std::uint8_t{static_cast<double>(value) >= tau}; });
    return mask;
}

Result<std::vector<float>> neighbourhoodEntropy(MatrixView tokens, int rows, int cols, bool globalRange) {
    if (Result<void> checked = checkGrid(tokens, rows, cols); !checked) {
        return checked.error();
    }
    try {
        return globalRange ? globalEntropy(tokens, rows, cols) : localEntropy(tokens, rows, cols);
    } catch (const std::bad_alloc&) {
        return memoryError();
    }
}

Result<std::vector<double>> similarityByDistance(MatrixView tokens, int rows, int cols) {
    if (Result<void> checked = checkGrid(tokens, rows, cols); !checked) {
        return checked.error();
    }
    try {
        const Result<HostTensor> similarity = workingOps()->similarity(tokens);
        if (!similarity) {
            return similarity.error();
        }
        std::vector<double> sum(at(rows + cols - 2), 0.0);
        std::vector<std::int64_t> count(sum.size(), 0);
        for (std::int64_t i = 0; i < tokens.rows; ++i) {
            for (std::int64_t j = i + 1; j < tokens.rows; ++j) {
                const std::int64_t distance = std::abs(i / cols - j / cols) + std::abs(i % cols - j % cols);
                sum[at(distance - 1)] += similarity->data()[i * tokens.rows + j];
                count[at(distance - 1)] += 1;
            }
        }
        for (std::size_t d = 0; d < sum.size(); ++d) {
            sum[d] /= static_cast<double>(std::max<std::int64_t>(1, count[d]));
        }
        return sum;
    } catch (const std::bad_alloc&) {
        return memoryError();
    }
}

}  // namespace prunescope
