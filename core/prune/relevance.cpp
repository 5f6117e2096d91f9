// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/prune/relevance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunescope::detail {

std::vector<std::vector<float>> queryVectors(const HostTensor& query, const HostTensor& segments, QueryPooling pooling) {
    std::vector<std::vector<float>> out;
    if (!segments.empty()) {
        const MatrixView view(segments);
        for (std::int64_t s = 0; s < view.rows; ++s) {
            out.emplace_back(view.row(s), view.row(s) + view.cols);
        }
        return out;
    }
    if (query.empty() || query.count() == 0) {
        return out;
    }
    const MatrixView view(query);
    if (pooling == QueryPooling::kEot) {
        out.emplace_back(view.row(view.rows - 1), view.row(view.rows - 1) + view.cols);
        return out;
    }
    std::vector<float> pooled(static_cast<std::size_t>(view.cols));
    for (std::int64_t c = 0; c < view.cols; ++c) {
        double sum = 0;
        for (std::int64_t r = 0; r < view.rows; ++r) {
            sum += view.row(r)[c];
        }
        pooled[static_cast<std::size_t>(c)] = static_cast<float>(sum / static_cast<double>(view.rows));
    }
    out.push_back(std::move(pooled));
    return out;
}

Result<std::vector<float>> rawRelevance(const CoreOps& ops, MatrixView tokens, const std::vector<std::vector<float>>& queries) {
    std::vector<double> total(static_cast<std::size_t>(tokens.rows), 0.0);
    for (const std::vector<float>& query : queries) {
        Result<std::vector<float>> one = ops.relevance(tokens, query);
        if (!one) {
            return one.error();
        }
        for (std::size_t i = 0; i < total.size(); ++i) {
            total[i] += (*one)[i];
        }
    }
    std::vector<float> mean(total.size(), 0.0F);
    for (std::size_t i = 0; i < total.size() && !queries.empty(); ++i) {
        mean[i] = static_cast<float>(total[i] / static_cast<double>(queries.size()));
    }
    return mean;
}

RelevanceScores relevanceScores(const std::vector<float>& cosines, int sign, double power, const std::optional<double>& theta,
                                const std::vector<std::uint8_t>& zeroNorm) {
    RelevanceScores out;
    const std::size_t n = cosines.size();
    out.raw.resize(n);
    out.value.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
        out.raw[i] = cosines[i] == 0 ? 0.0F : static_cast<float>(sign) * cosines[i];
    }
    const auto [low, high] = std::minmax_element(out.raw.begin(), out.raw.end());
    const double lowest = *low;
    const double spread = static_cast<double>(*high) - lowest;
    out.constant = spread <= kConstantRelevance;
    const double alpha = theta ? *theta / (2.0 * (1.0 - *theta)) : 0.0;
    const double shift = alpha > 40.0 ? 1.0 : 0.0;   // a common factor of all weights changes no order and keeps exp in range
    for (std::size_t i = 0; i < n; ++i) {
        if (out.constant) {
            out.value[i] = 1.0F;
            continue;
        }
        const double scaled = kRelevanceFloor + (1.0 - kRelevanceFloor) * ((out.raw[i] - lowest) / spread);
        out.value[i] = static_cast<float>(theta ? std::exp(alpha * (scaled - shift)) : std::pow(scaled, power));
    }
    out.order.resize(n);
    std::iota(out.order.begin(), out.order.end(), 0);
    std::sort(out.order.begin(), out.order.end(), [&](std::int32_t a, std::int32_t b) {
        const auto i = static_cast<std::size_t>(a);
        const auto j = static_cast<std::size_t>(b);
        if (zeroNorm[i] != zeroNorm[j]) {
            return zeroNorm[i] < zeroNorm[j];
        }
        return !out.constant && zeroNorm[i] == 0 && out.raw[i] != out.raw[j] ? out.raw[i] > out.raw[j] : a < b;
    });
    return out;
}

}  // namespace prunescope::detail
