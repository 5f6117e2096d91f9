// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/prune/compare.h"

#include "core/prune/errors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace prunescope {
namespace {

Error sizeError(std::size_t a, std::size_t b) {
    return detail::pruneError(ErrorCode::kBadInput, "COMPARE-SIZE", "cannot compare", "", std::to_string(a) + " tokens here, " + std::to_string(b) + " there",
                              "compare decisions on the same image and model");
}

/// Average ranks, 0 the smallest.
std::vector<double> ranksOf(const std::vector<float>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return values[x] < values[y]; });
    std::vector<double> ranks(values.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t end = first;
        while (end < order.size() && values[order[end]] == values[order[first]]) {
            ++end;
        }
        for (std::size_t i = first; i < end; ++i) {
            ranks[order[i]] = static_cast<double>(first + end - 1) / 2.0;
        }
        first = end;
    }
    return ranks;
}

std::optional<double> correlation(const std::vector<double>& x, const std::vector<double>& y) {
    const auto count = static_cast<double>(x.size());
    if (x.size() < 2) {
        return std::nullopt;
    }
    const double meanX = std::accumulate(x.begin(), x.end(), 0.0) / count;
    const double meanY = std::accumulate(y.begin(), y.end(), 0.0) / count;
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xx += (x[i] - meanX) * (x[i] - meanX);
        yy += (y[i] - meanY) * (y[i] - meanY);
        xy += (x[i] - meanX) * (y[i] - meanY);
    }
    if (xx == 0 || yy == 0) {
        return std::nullopt;
    }
    return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

std::vector<double> normalised(const std::vector<float>& values, Normalisation normalisation) {
    std::vector<double> out(values.begin(), values.end());
    if (values.empty() || normalisation == Normalisation::kRaw) {
        return out;
    }
    if (normalisation == Normalisation::kRank) {
        out = ranksOf(values);
        for (double& rank : out) {
            rank = values.size() > 1 ? rank / static_cast<double>(values.size() - 1) : 0.0;
        }
        return out;
    }
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const double lowest = *low;
    const double spread = static_cast<double>(*high) - lowest;
    for (double& value : out) {
        value = spread > 0 ? (value - lowest) / spread : 0.0;
    }
    return out;
}

}  // namespace

const char* nameOf(Side side) {
    switch (side) {
        case Side::kNeither: return "neither";
        case Side::kOnlyA: return "only_a";
        case Side::kOnlyB: return "only_b";
        case Side::kBoth: return "both";
    }
    return "neither";
}

const char* nameOf(ScoreQuantity quantity) {
    switch (quantity) {
        case ScoreQuantity::kRelevance: return "relevance";
        case ScoreQuantity::kRelevanceRaw: return "relevance_raw";
        case ScoreQuantity::kGspScore: return "gsp_score";
        case ScoreQuantity::kMeanSimilarity: return "mean_similarity";
        case ScoreQuantity::kDegree: return "degree";
        case ScoreQuantity::kDppGain: return "dpp_gain";
    }
    return "relevance";
}

const char* nameOf(Normalisation normalisation) {
    switch (normalisation) {
        case Normalisation::kRaw: return "raw";
        case Normalisation::kMinMax: return "min-max";
        case Normalisation::kRank: return "rank";
    }
    return "raw";
}

Result<DecisionComparison> compareDecisions(const PruneDecision& a, const PruneDecision& b) {
    if (a.tokens.size() != b.tokens.size()) {
        return sizeError(a.tokens.size(), b.tokens.size());
    }
    DecisionComparison out;
    for (std::size_t i = 0; i < a.tokens.size(); ++i) {
        const bool inA = a.tokens[i].kept;
        const bool inB = b.tokens[i].kept;
        out.sides.push_back(inA ? (inB ? Side::kBoth : Side::kOnlyA) : (inB ? Side::kOnlyB : Side::kNeither));
        std::int64_t& count = inA ? (inB ? out.both : out.onlyA) : (inB ? out.onlyB : out.neither);
        count += 1;
    }
    const std::int64_t either = out.onlyA + out.both + out.onlyB;
    out.iou = either > 0 ? static_cast<double>(out.both) / static_cast<double>(either) : 1.0;
    return out;
}

std::vector<float> scoresOf(const PruneDecision& decision, ScoreQuantity quantity) {
    std::vector<float> out;
    out.reserve(decision.tokens.size());
    for (const TokenTrace& token : decision.tokens) {
        switch (quantity) {
            case ScoreQuantity::kRelevance: out.push_back(token.relevance); break;
            case ScoreQuantity::kRelevanceRaw: out.push_back(token.relevanceRaw); break;
            case ScoreQuantity::kGspScore: out.push_back(token.gspScore); break;
            case ScoreQuantity::kMeanSimilarity: out.push_back(token.meanSimilarity); break;
            case ScoreQuantity::kDegree:
                out.push_back(token.degree >= 0 ? static_cast<float>(token.degree) : std::numeric_limits<float>::quiet_NaN());
                break;
            case ScoreQuantity::kDppGain: out.push_back(token.dppGain); break;
        }
    }
    return out;
}

Result<ScoreDifference> compareScores(const std::vector<float>& a, const std::vector<float>& b, Normalisation normalisation) {
    if (a.size() != b.size()) {
        return sizeError(a.size(), b.size());
    }
    std::vector<std::size_t> common;
    std::vector<float> left;
    std::vector<float> right;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::isfinite(a[i]) && std::isfinite(b[i])) {
            common.push_back(i);
            left.push_back(a[i]);
            right.push_back(b[i]);
        }
    }
    ScoreDifference out;
    out.normalisation = normalisation;
    out.difference.assign(a.size(), std::numeric_limits<float>::quiet_NaN());
    out.common = static_cast<std::int64_t>(common.size());
    const std::vector<double> x = normalised(left, normalisation);
    const std::vector<double> y = normalised(right, normalisation);
    for (std::size_t i = 0; i < common.size(); ++i) {
        const auto difference = static_cast<float>(y[i] - x[i]);
        out.difference[common[i]] = difference;
        out.largest = std::max(out.largest, std::fabs(difference));
    }
    out.rankCorrelation = correlation(ranksOf(left), ranksOf(right));
    return out;
}

}  // namespace prunescope
