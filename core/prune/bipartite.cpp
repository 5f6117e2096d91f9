// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/prune/bipartite.h"

#include "core/prune/random_source.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace prunescope::detail {
namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

std::vector<std::uint8_t> partitionSides(Partition partition, const std::vector<Cell>& cells, std::uint64_t seed) {
    const std::int64_t n = static_cast<std::int64_t>(cells.size());
    std::vector<std::uint8_t> side(at(n), 0);
    if (partition == Partition::kRandom) {
        std::vector<std::int32_t> order(at(n));
        std::iota(order.begin(), order.end(), 0);
        RandomSource random(seed, 0x7061727469ULL);
        random.shuffle(order, n);
        for (std::int64_t i = (n + 1) / 2; i < n; ++i) {
            side[at(order[at(i)])] = 1;
        }
        return side;
    }
    for (std::int64_t i = 0; i < n; ++i) {
        const Cell& cell = cells[at(i)];
        const std::int64_t parity = partition == Partition::kCheckerboard && cell.row >= 0 ? cell.row + cell.col : i;
        side[at(i)] = static_cast<std::uint8_t>(parity % 2);
    }
    return side;
}

Result<EdgeTable> EdgeTable::build(const CoreOps& ops, MatrixView similarity, std::vector<std::uint8_t> side) {
    Result<ThresholdTable> counted = ops.thresholdTable(similarity, side, kBins);
    if (!counted) {
        return counted.error();
    }
    EdgeTable table;
    const std::int64_t n = similarity.rows;
    table.m_n = n;
    table.m_degree.assign(at((kBins + 2) * n), 0);
    table.m_sum.assign(at((kBins + 2) * n), 0.0);
    for (std::int64_t i = 0; i < n; ++i) {
        for (std::int64_t b = 0; b <= kBins; ++b) {
            table.m_degree[at(b * n + i)] = counted->degree[at(i * (kBins + 1) + b)];
            table.m_sum[at(b * n + i)] = counted->sum[at(i * (kBins + 1) + b)];
        }
    }
    table.m_first.resize(at(n));
    std::int64_t total = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        table.m_first[at(i)] = total;
        total += table.m_degree[at(i)];
    }
    table.m_values.resize(at(total));
    std::vector<std::int32_t> next(at(kBins + 1));
    for (std::int64_t i = 0; i < n; ++i) {
        for (std::int64_t b = 0; b <= kBins; ++b) {
            next[at(b)] = table.m_degree[at((b + 1) * n + i)];
        }
        const float* row = similarity.row(i);
        for (std::int64_t j = 0; j < n; ++j) {
            if (side[at(j)] != side[at(i)]) {
                table.m_values[at(table.m_first[at(i)] + next[at(thresholdBin(row[j], kBins))]++)] = row[j];
            }
        }
    }
    table.m_side = std::move(side);
    return table;
}

/// Edges at a bound inside `bin`: everything above the bin, and its values from the bound up.
EdgeTable::Edges EdgeTable::edgesOf(std::int64_t token, int bin, float bound) const {
    const std::int64_t above = (static_cast<std::int64_t>(bin) + 1) * m_n + token;
    Edges edges{m_degree[at(above)], m_sum[at(above)]};
    const float* values = m_values.data() + m_first[at(token)];
    const std::int32_t end = m_degree[at(above - m_n)];
    for (std::int32_t v = m_degree[at(above)]; v < end; ++v) {
        if (values[v] >= bound) {
            edges.degree += 1;
            edges.sum += values[v];
        }
    }
    return edges;
}

/// All similarities between the sides that fall into bins [low, high], each pair once.
std::vector<float> EdgeTable::valuesFrom(int low, int high) const {
    std::vector<float> values;
    for (std::int64_t i = 0; i < m_n; ++i) {
        if (m_side[at(i)] == 0) {
            const float* first = m_values.data() + m_first[at(i)];
            values.insert(values.end(), first + m_degree[at((high + 1) * m_n + i)], first + m_degree[at(low * m_n + i)]);
        }
    }
    return values;
}

double EdgeTable::quantile(double percent) const {
    std::vector<std::int64_t> from(at(kBins + 2), 0);   // pairs in bins >= b
    for (std::int64_t b = 0; b <= kBins; ++b) {
        for (std::int64_t i = 0; i < m_n; ++i) {
            from[at(b)] += m_side[at(i)] == 0 ? m_degree[at(b * m_n + i)] : 0;
        }
    }
    const std::int64_t total = from[0];
    if (total == 0) {
        return 0;
    }
    const double position = static_cast<double>(total - 1) * (percent / 100.0);
    const std::int64_t lower = std::min(total - 1, static_cast<std::int64_t>(std::floor(position)));
    const std::int64_t upper = std::min(total - 1, lower + 1);
    const auto binOf = [&](std::int64_t index) {   // index from the smallest value up
        int bin = kBins;
        while (bin > 0 && total - from[at(bin)] > index) {
            --bin;
        }
        return bin;
    };
    const int low = binOf(lower);
    std::vector<float> values = valuesFrom(low, binOf(upper));
    const std::int64_t below = total - from[at(low)];
    const auto nth = [&](std::int64_t index) {
        const auto place = values.begin() + (index - below);
        std::nth_element(values.begin(), place, values.end());
        return static_cast<double>(*place);
    };
    const double a = nth(lower);
    const double b = nth(upper);
    return a + (position - static_cast<double>(lower)) * (b - a);
}

GspScores EdgeTable::scores(double tau, double gamma, const std::vector<std::uint8_t>& zeroNorm) const {
    GspScores out;
    out.tau = tau;
    out.degree.resize(at(m_n));
    out.mean.resize(at(m_n));
    out.score.resize(at(m_n));
    const float bound = edgeBound(tau);
    const int bin = thresholdBin(bound, kBins);
    // The ranking uses log d + gamma (mu - tau), which cannot overflow; a gamma near the end of float64 shrinks both terms alike.
    const double shrink = gamma > 1e200 ? 1e200 / gamma : 1.0;
    std::vector<std::pair<double, std::int32_t>> keys(at(m_n));
    out.saturated = m_n > 1;
    for (std::int64_t i = 0; i < m_n; ++i) {
        const Edges edges = edgesOf(i, bin, bound);
        const std::int32_t opposite = m_degree[at(i)];
        double key = 0;
        out.degree[at(i)] = edges.degree;
        out.saturated = out.saturated && edges.degree == opposite;
        if (edges.degree > 0) {
            const double mean = edges.sum / edges.degree;
            const double excess = std::max(0.0, mean - tau);
            key = shrink * std::log(static_cast<double>(edges.degree)) + gamma * shrink * excess;
            const double score = edges.degree * std::exp(std::min(gamma * excess, 700.0));
            constexpr double kLargest = std::numeric_limits<float>::max();
            out.clipped = out.clipped || score > kLargest;
            out.mean[at(i)] = static_cast<float>(mean);
            out.score[at(i)] = static_cast<float>(std::min(score, kLargest));
        } else {
            const double mean = opposite > 0 ? m_sum[at(i)] / opposite : 0.0;
            key = mean - 4.0;   // below every connected token, whose key is at least 0
            out.mean[at(i)] = static_cast<float>(mean);
            out.score[at(i)] = static_cast<float>(mean);
            out.isolated += 1;
        }
        keys[at(i)] = {zeroNorm[at(i)] != 0 ? std::numeric_limits<double>::infinity() : key, static_cast<std::int32_t>(i)};
    }
    std::sort(keys.begin(), keys.end());
    out.keepOrder.resize(at(m_n));
    out.rank.resize(at(m_n));
    for (std::int64_t place = 0; place < m_n; ++place) {
        out.keepOrder[at(place)] = keys[at(place)].second;
        out.rank[at(keys[at(place)].second)] = static_cast<std::int32_t>(m_n - 1 - place);
    }
    return out;
}

}  // namespace prunescope::detail
