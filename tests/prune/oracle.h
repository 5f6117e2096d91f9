// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A second opinion on pruning decisions: float64, plain loops, written from methods.md 3.5 without looking at the code under test and with
// nothing of it used but the option types. Reports how far the decision is from a different one (`margin`).

#include "core/prune/prune.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace prunescope::oracle {

using Rows = std::vector<std::vector<double>>;

struct Input {
    Rows tokens, relevanceTokens, queries;   // queries: already pooled
    int cols = 0;                            // of the grid
};

struct Outcome {
    std::vector<std::int64_t> kept, order;
    double margin = std::numeric_limits<double>::infinity();
    std::vector<double> score;
    std::vector<int> degree;
    void see(double distance) { margin = std::min(margin, std::fabs(distance)); }
};

inline double length(const std::vector<double>& a) {
    double sum = 0;
    for (const double v : a) {
        sum += v * v;
    }
    return std::sqrt(sum);
}

inline double cosine(const std::vector<double>& a, const std::vector<double>& b) {
    const double scale = length(a) * length(b);
    double sum = 0;
    for (std::size_t c = 0; c < a.size(); ++c) {
        sum += a[c] * b[c];
    }
    return scale > 0 ? sum / scale : 0.0;
}

/// Greedy MAP by its definition: the residual of every token against the picks so far, from scratch for each pick (modified Gram-Schmidt on
/// the vectors w_i h_i, which is what the Cholesky recursion computes).
inline std::vector<std::int64_t> greedyOrder(const Rows& tokens, const std::vector<double>& w, std::size_t k, Outcome& out, bool& exhausted) {
    const std::size_t n = tokens.size();
    Rows residual(n);
    double first = 0;
    for (std::size_t i = 0; i < n; ++i) {
        residual[i] = tokens[i];
        const double norm = length(tokens[i]);
        for (double& v : residual[i]) {
            v = norm > 0 ? v / norm * w[i] : 0.0;
        }
        first = std::max(first, length(residual[i]) * length(residual[i]));
    }
    std::vector<std::int64_t> order;
    std::vector<bool> taken(n, false);
    exhausted = false;
    while (order.size() < std::min(k, n)) {
        double best = -1;
        double second = -1;
        std::size_t j = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const double gain = taken[i] ? -1.0 : length(residual[i]) * length(residual[i]);
            if (gain > best) {
                second = best;
                best = gain;
                j = i;
            } else {
                second = std::max(second, gain);
            }
        }
        if (best <= 1e-10 * first) {
            exhausted = true;
            break;
        }
        out.see(best);
        if (second >= 0) {
            out.see(best - second);
        }
        order.push_back(static_cast<std::int64_t>(j));
        taken[j] = true;
        std::vector<double> direction = residual[j];
        for (double& v : direction) {
            v /= std::sqrt(best);
        }
        for (std::size_t i = 0; i < n; ++i) {
            double along = 0;
            for (std::size_t c = 0; c < direction.size(); ++c) {
                along += direction[c] * residual[i][c];
            }
            for (std::size_t c = 0; c < direction.size(); ++c) {
                residual[i][c] -= along * direction[c];
            }
        }
    }
    return order;
}

struct Graph {
    std::vector<std::size_t> keepOrder;
    std::vector<std::pair<int, double>> rankKey;   // along keepOrder
    std::vector<double> score;
    std::vector<int> degree;
};

inline Graph graph(const Input& in, const PruneOptions& o, Outcome& out) {
    const std::size_t n = in.tokens.size();
    const auto side = [&](std::size_t i) {
        const std::size_t cols = static_cast<std::size_t>(in.cols);
        return o.partition == Partition::kCheckerboard ? (i / cols + i % cols) % 2 : i % 2;
    };
    double tau = o.tau.value;
    if (o.tau.isQuantile) {
        std::vector<double> all;
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                if (side(i) == 0 && side(j) == 1) {
                    all.push_back(cosine(in.tokens[i], in.tokens[j]));
                }
            }
        }
        std::sort(all.begin(), all.end());
        const double place = static_cast<double>(all.size() - 1) * o.tau.value / 100.0;
        const std::size_t low = static_cast<std::size_t>(place);
        const std::size_t high = std::min(all.size() - 1, low + 1);
        tau = all[low] + (place - static_cast<double>(low)) * (all[high] - all[low]);
    }
    Graph g;
    std::vector<std::pair<std::pair<int, double>, std::size_t>> keys;
    for (std::size_t i = 0; i < n; ++i) {
        int degree = 0;
        int opposite = 0;
        double sum = 0;
        double whole = 0;
        for (std::size_t j = 0; j < n; ++j) {
            if (side(i) == side(j)) {
                continue;
            }
            const double s = cosine(in.tokens[i], in.tokens[j]);
            if (!o.tau.isQuantile) {
                out.see(s - (tau - 1e-6));
            }
            whole += s;
            opposite += 1;
            if (s >= tau - 1e-6) {
                degree += 1;
                sum += s;
            }
        }
        std::pair<int, double> key{0, opposite > 0 ? whole / opposite : 0.0};
        double score = key.second;
        if (degree > 0) {
            key = {1, std::log(degree) + o.gamma * std::max(0.0, sum / degree - tau)};
            score = std::exp(key.second);
        }
        if (length(in.tokens[i]) == 0) {
            key = {2, 0.0};
        }
        g.degree.push_back(degree);
        g.score.push_back(score);
        keys.push_back({key, i});
    }
    std::sort(keys.begin(), keys.end());
    for (const auto& [key, i] : keys) {
        g.keepOrder.push_back(i);
        g.rankKey.push_back(key);
    }
    return g;
}

/// Distance of a cut before place `at` of the keep order from moving.
inline void seeCut(const Graph& g, std::size_t at, Outcome& out) {
    if (at > 0 && at < g.rankKey.size() && g.rankKey[at].first == g.rankKey[at - 1].first) {
        out.see(g.rankKey[at].second - g.rankKey[at - 1].second);
    }
}

inline Outcome decide(const Input& in, const PruneOptions& o, std::size_t m, int autoSign) {
    Outcome out;
    const std::size_t n = in.tokens.size();
    std::vector<std::int64_t> kept;
    if (m >= n) {
        for (std::size_t i = 0; i < n; ++i) {
            out.kept.push_back(static_cast<std::int64_t>(i));
        }
        return out;
    }
    // Relevance.
    const int sign = o.relevanceSign == RelevanceSign::kAuto ? autoSign : (o.relevanceSign == RelevanceSign::kPlus ? 1 : -1);
    std::vector<double> raw(n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
        for (const auto& q : in.queries) {
            raw[i] += sign * cosine(in.relevanceTokens[i], q) / static_cast<double>(in.queries.size());
        }
    }
    const double low = *std::min_element(raw.begin(), raw.end());
    const double spread = *std::max_element(raw.begin(), raw.end()) - low;
    const bool constant = spread <= 1e-6;
    std::vector<double> w(n, 1.0);
    for (std::size_t i = 0; i < n; ++i) {
        const double scaled = constant ? 1.0 : 1e-6 + (1 - 1e-6) * (raw[i] - low) / spread;
        w[i] = constant ? 1.0
               : o.relevanceTheta ? std::exp(*o.relevanceTheta / (2 * (1 - *o.relevanceTheta)) * scaled)
                                  : std::pow(scaled, o.relevancePower);
        w[i] = length(in.tokens[i]) > 0 ? w[i] : 0.0;
    }
    std::vector<std::size_t> byRelevance(n);
    std::iota(byRelevance.begin(), byRelevance.end(), std::size_t{0});
    std::stable_sort(byRelevance.begin(), byRelevance.end(), [&](std::size_t a, std::size_t b) {
        const bool deadA = length(in.tokens[a]) == 0;
        const bool deadB = length(in.tokens[b]) == 0;
        return deadA != deadB ? deadB : (!deadA && !constant && raw[a] > raw[b]);
    });
    const auto has = [&](std::int64_t i) { return std::find(kept.begin(), kept.end(), i) != kept.end(); };
    const auto fill = [&](const std::vector<bool>* first) {
        for (int pool = first != nullptr ? 0 : 1; pool < 3; ++pool) {
            std::vector<std::int64_t> source;
            for (const std::size_t i : byRelevance) {
                if (pool == 2 || (pool == 0 && (*first)[i])) {
                    source.push_back(static_cast<std::int64_t>(i));
                }
            }
            for (const std::int64_t i : pool == 1 ? out.order : source) {
                if (kept.size() < m && !has(i)) {
                    kept.push_back(i);
                    for (const std::int64_t j : source) {
                        if (pool != 1 && !has(j) && !constant && length(in.tokens[static_cast<std::size_t>(j)]) > 0) {
                            out.see(raw[static_cast<std::size_t>(i)] - raw[static_cast<std::size_t>(j)]);
                        }
                    }
                }
            }
        }
    };
    bool exhausted = false;
    const bool topk = o.qcsp == QcspRule::kTopK;
    if (o.method == "gsp") {
        const Graph g = graph(in, o, out);
        seeCut(g, m, out);
        kept.assign(g.keepOrder.begin(), g.keepOrder.begin() + static_cast<std::ptrdiff_t>(m));
    } else if (o.method == "relevance" || (topk && (o.method == "qcsp" || o.fusion == Fusion::kNone))) {
        kept.assign(byRelevance.begin(), byRelevance.begin() + static_cast<std::ptrdiff_t>(m));
        if (!constant) {
            out.see(raw[byRelevance[m - 1]] - raw[byRelevance[m]]);
        }
    } else if (o.method == "qcsp" || o.fusion == Fusion::kNone) {
        out.order = greedyOrder(in.tokens, w, m, out, exhausted);
        kept = out.order;
        fill(nullptr);
    } else {
        const Graph g = graph(in, o, out);
        out.score = g.score;
        out.degree = g.degree;
        const std::size_t wanted = n - static_cast<std::size_t>(std::floor(o.gspRatio * static_cast<double>(n)));
        const std::size_t size = std::min(n, std::max(wanted, m));
        seeCut(g, size, out);
        std::vector<bool> through(n, false);
        for (std::size_t p = 0; p < size; ++p) {
            through[g.keepOrder[p]] = true;
        }
        std::vector<std::int64_t> order;
        if (topk) {
            order.assign(byRelevance.begin(), byRelevance.end());
            for (std::size_t p = 0; p + 1 < n && !constant; ++p) {
                if (p < 2 * m) {
                    out.see(raw[byRelevance[p]] - raw[byRelevance[p + 1]]);
                }
            }
        } else if (o.fusion == Fusion::kRestrict) {
            std::vector<double> inside = w;
            for (std::size_t i = 0; i < n; ++i) {
                inside[i] = through[i] ? w[i] : 0.0;
            }
            order = greedyOrder(in.tokens, inside, m, out, exhausted);
        } else {
            for (std::size_t k = m; k <= n; ++k) {   // "iteratively increasing k", literally
                Outcome attempt;
                order = greedyOrder(in.tokens, w, k, attempt, exhausted);
                std::size_t survivors = 0;
                for (std::size_t p = 0; p < order.size(); ++p) {
                    survivors += through[static_cast<std::size_t>(order[p])] || (o.fusion == Fusion::kAppend && p >= m) ? 1U : 0U;
                }
                if (survivors >= m || exhausted || k == n) {
                    out.see(attempt.margin);
                    break;
                }
            }
        }
        for (std::size_t p = 0; p < order.size() && kept.size() < m; ++p) {
            if (through[static_cast<std::size_t>(order[p])] || (o.fusion == Fusion::kAppend && p >= m)) {
                kept.push_back(order[p]);
            }
        }
        out.order = topk ? std::vector<std::int64_t>{} : order;
        fill(&through);
    }
    std::sort(kept.begin(), kept.end());
    out.kept = kept;
    return out;
}

}  // namespace prunescope::oracle
