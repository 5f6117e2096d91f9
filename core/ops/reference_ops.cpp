// SPDX-License-Identifier: GPL-3.0-or-later

// The float64 definition of the operations, one loop per formula, nothing shared with the working path. Inputs and outputs are float32;
// everything between is float64. (reference/methods.md 3.5)

#include "core/ops/checks.h"
#include "core/ops/op_registry.h"

#include <algorithm>
#include <cmath>

namespace prunescope {
namespace {

std::vector<double> unitRow(const float* row, std::int64_t count) {
    double largest = 0;
    for (std::int64_t c = 0; c < count; ++c) {
        largest = std::max(largest, std::fabs(static_cast<double>(row[c])));
    }
    std::vector<double> unit(static_cast<std::size_t>(count), 0.0);
    if (largest == 0) {
        return unit;
    }
    double sum = 0;
    for (std::int64_t c = 0; c < count; ++c) {
        unit[static_cast<std::size_t>(c)] = row[c] / largest;
        sum += unit[static_cast<std::size_t>(c)] * unit[static_cast<std::size_t>(c)];
    }
    for (double& value : unit) {
        value /= std::sqrt(sum);
    }
    return unit;
}

double product(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t c = 0; c < a.size(); ++c) {
        sum += a[c] * b[c];
    }
    return sum;
}

class ReferenceOps final : public CoreOps {
public:
    std::string name() const override { return "reference"; }

    Result<HostTensor> similarity(MatrixView tokens) const override {
        if (Result<void> finite = requireFinite(tokens, "tokens"); !finite) {
            return finite.error();
        }
        std::vector<std::vector<double>> unit;
        for (std::int64_t i = 0; i < tokens.rows; ++i) {
            unit.push_back(unitRow(tokens.row(i), tokens.cols));
        }
        HostTensor out({tokens.rows, tokens.rows});
        float* s = out.mutableData();
        for (std::int64_t i = 0; i < tokens.rows; ++i) {
            for (std::int64_t j = 0; j <= i; ++j) {
                const double cosine = product(unit[static_cast<std::size_t>(i)], unit[static_cast<std::size_t>(j)]);
                const float value = i == j ? 1.0F : static_cast<float>(std::clamp(cosine, -1.0, 1.0));
                s[i * tokens.rows + j] = value;
                s[j * tokens.rows + i] = value;
            }
        }
        return out;
    }

    Result<ThresholdTable> thresholdTable(MatrixView similarity, const std::vector<std::uint8_t>& side, int bins) const override {
        if (Result<void> checked = detail::checkTableInput(similarity, side, bins); !checked) {
            return checked.error();
        }
        const std::int64_t n = similarity.rows;
        ThresholdTable table{n, bins, std::vector<std::int32_t>(static_cast<std::size_t>(n * (bins + 1)), 0),
                             std::vector<double>(static_cast<std::size_t>(n * (bins + 1)), 0.0)};
        for (std::int64_t i = 0; i < n; ++i) {
            for (int b = 0; b <= bins; ++b) {
                const std::size_t entry = static_cast<std::size_t>(i * (bins + 1) + b);
                const float bound = edgeBound(-1.0 + 2.0 / bins * b);
                for (std::int64_t j = 0; j < n; ++j) {
                    const float value = similarity.row(i)[j];
                    if (side[static_cast<std::size_t>(i)] != side[static_cast<std::size_t>(j)] && value >= bound) {
                        table.degree[entry] += 1;
                        table.sum[entry] += value;
                    }
                }
            }
        }
        return table;
    }

    Result<std::vector<float>> relevance(MatrixView tokens, const std::vector<float>& query) const override {
        if (Result<void> checked = detail::checkRelevanceInput(tokens, query); !checked) {
            return checked.error();
        }
        const std::vector<double> direction = unitRow(query.data(), tokens.cols);
        std::vector<float> out;
        for (std::int64_t i = 0; i < tokens.rows; ++i) {
            out.push_back(static_cast<float>(product(unitRow(tokens.row(i), tokens.cols), direction)));
        }
        return out;
    }

    /// Incremental Cholesky of L = diag(w) S diag(w) (Eq. 11): v_i starts at L_ii; pick the largest, e_i = (L_ji - <u_j, u_i>) / sqrt(v_j),
    /// v_i -= e_i^2. S carries float32 rounding, so a token whose residual on the scale of S is at kRankTolerance counts as dependent.
    Result<GreedyOrder> greedyDpp(MatrixView similarity, const std::vector<float>& weights, std::int64_t k) const override {
        if (Result<void> checked = detail::checkGreedyInput(similarity, weights); !checked) {
            return checked.error();
        }
        const std::int64_t n = similarity.rows;
        const auto at = [](std::int64_t i) { return static_cast<std::size_t>(i); };
        std::vector<double> w(weights.begin(), weights.end());
        std::vector<double> v(at(n));
        std::vector<bool> taken(at(n), false);
        std::vector<std::vector<double>> u;
        double largest = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            v[at(i)] = w[at(i)] * w[at(i)] * similarity.row(i)[i];
            largest = std::max(largest, v[at(i)]);
        }
        GreedyOrder result;
        while (static_cast<std::int64_t>(result.order.size()) < std::min(k, n)) {
            std::int64_t j = -1;
            for (std::int64_t i = 0; i < n; ++i) {
                const double square = w[at(i)] * w[at(i)];
                const bool open = !taken[at(i)] && v[at(i)] > kRankTolerance * square * similarity.row(i)[i] && v[at(i)] > kGainTolerance * largest;
                if (open && (j < 0 || v[at(i)] > v[at(j)])) {
                    j = i;
                }
            }
            if (j < 0) {
                result.exhausted = true;
                break;
            }
            result.order.push_back(static_cast<std::int32_t>(j));
            result.gain.push_back(static_cast<float>(v[at(j)]));
            taken[at(j)] = true;
            std::vector<double> e(at(n));
            for (std::int64_t i = 0; i < n; ++i) {
                double projected = 0;
                for (const std::vector<double>& row : u) {
                    projected += row[at(j)] * row[at(i)];
                }
                e[at(i)] = (w[at(j)] * w[at(i)] * similarity.row(j)[i] - projected) / std::sqrt(v[at(j)]);
            }
            for (std::int64_t i = 0; i < n; ++i) {
                v[at(i)] = i == j ? v[at(i)] : v[at(i)] - e[at(i)] * e[at(i)];
            }
            u.push_back(std::move(e));
        }
        return result;
    }
};

}  // namespace

std::shared_ptr<const CoreOps> referenceOps() {
    static const std::shared_ptr<const CoreOps> kOps = std::make_shared<ReferenceOps>();
    return kOps;
}

}  // namespace prunescope
