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

/// One decision. The members are the letters of methods.md 3.5.
class Decider {
public:
    Decider(const Input& in, const PruneOptions& options, std::size_t budget, int autoSign)
        : m_in(&in), m_options(&options), m_m(budget), m_n(in.tokens.size()), m_sign(autoSign) {}

    Outcome run() {
        if (m_m >= m_n) {
            for (std::size_t i = 0; i < m_n; ++i) {
                m_kept.push_back(static_cast<std::int64_t>(i));
            }
        } else {
            weigh();
            choose();
        }
        std::sort(m_kept.begin(), m_kept.end());
        m_out.kept = m_kept;
        return m_out;
    }

private:
    [[nodiscard]] bool dead(std::size_t i) const { return length(m_in->tokens[i]) == 0; }
    [[nodiscard]] bool has(std::int64_t i) const { return std::find(m_kept.begin(), m_kept.end(), i) != m_kept.end(); }

    void weigh() {
        const PruneOptions& o = *m_options;
        const int sign = o.relevanceSign == RelevanceSign::kAuto ? m_sign : (o.relevanceSign == RelevanceSign::kPlus ? 1 : -1);
        m_raw.assign(m_n, 0.0);
        for (std::size_t i = 0; i < m_n; ++i) {
            for (const auto& q : m_in->queries) {
                m_raw[i] += sign * cosine(m_in->relevanceTokens[i], q) / static_cast<double>(m_in->queries.size());
            }
        }
        const double low = *std::min_element(m_raw.begin(), m_raw.end());
        const double spread = *std::max_element(m_raw.begin(), m_raw.end()) - low;
        m_constant = spread <= 1e-6;
        m_w.assign(m_n, 1.0);
        for (std::size_t i = 0; i < m_n && !m_constant; ++i) {
            const double scaled = 1e-6 + (1 - 1e-6) * (m_raw[i] - low) / spread;
            m_w[i] = o.relevanceTheta ? std::exp(*o.relevanceTheta / (2 * (1 - *o.relevanceTheta)) * scaled) : std::pow(scaled, o.relevancePower);
        }
        m_byRelevance.resize(m_n);
        std::iota(m_byRelevance.begin(), m_byRelevance.end(), std::size_t{0});
        for (std::size_t i = 0; i < m_n; ++i) {
            m_w[i] = dead(i) ? 0.0 : m_w[i];
        }
        std::stable_sort(m_byRelevance.begin(), m_byRelevance.end(), [&](std::size_t a, std::size_t b) {
            return dead(a) != dead(b) ? dead(b) : (!dead(a) && !m_constant && m_raw[a] > m_raw[b]);
        });
    }

    void choose() {
        const PruneOptions& o = *m_options;
        const bool topk = o.qcsp == QcspRule::kTopK;
        if (o.method == "gsp") {
            const Graph g = graph(*m_in, o, m_out);
            seeCut(g, m_m, m_out);
            m_kept.assign(g.keepOrder.begin(), g.keepOrder.begin() + static_cast<std::ptrdiff_t>(m_m));
        } else if (o.method == "relevance" || (topk && (o.method == "qcsp" || o.fusion == Fusion::kNone))) {
            m_kept.assign(m_byRelevance.begin(), m_byRelevance.begin() + static_cast<std::ptrdiff_t>(m_m));
            if (!m_constant) {
                m_out.see(m_raw[m_byRelevance[m_m - 1]] - m_raw[m_byRelevance[m_m]]);
            }
        } else if (o.method == "qcsp" || o.fusion == Fusion::kNone) {
            bool exhausted = false;
            m_out.order = greedyOrder(m_in->tokens, m_w, m_m, m_out, exhausted);
            m_kept = m_out.order;
            fill(nullptr);
        } else {
            fuse(topk);
        }
    }

    void fuse(bool topk) {
        const PruneOptions& o = *m_options;
        const Graph g = graph(*m_in, o, m_out);
        m_out.score = g.score;
        m_out.degree = g.degree;
        const std::size_t wanted = m_n - static_cast<std::size_t>(std::floor(o.gspRatio * static_cast<double>(m_n)));
        const std::size_t size = std::min(m_n, std::max(wanted, m_m));
        seeCut(g, size, m_out);
        m_through.assign(m_n, false);
        for (std::size_t p = 0; p < size; ++p) {
            m_through[g.keepOrder[p]] = true;
        }
        const std::vector<std::int64_t> order = topk ? relevanceOrder() : fusedOrder();
        for (std::size_t p = 0; p < order.size() && m_kept.size() < m_m; ++p) {
            if (accepts(order, p)) {
                m_kept.push_back(order[p]);
            }
        }
        m_out.order = topk ? std::vector<std::int64_t>{} : order;
        fill(&m_through);
    }

    [[nodiscard]] bool accepts(const std::vector<std::int64_t>& order, std::size_t place) const {
        return m_through[static_cast<std::size_t>(order[place])] || (m_options->fusion == Fusion::kAppend && place >= m_m);
    }

    std::vector<std::int64_t> relevanceOrder() {
        for (std::size_t p = 0; p + 1 < m_n && p < 2 * m_m && !m_constant; ++p) {
            m_out.see(m_raw[m_byRelevance[p]] - m_raw[m_byRelevance[p + 1]]);
        }
        return {m_byRelevance.begin(), m_byRelevance.end()};
    }

    std::vector<std::int64_t> fusedOrder() {
        bool exhausted = false;
        if (m_options->fusion == Fusion::kRestrict) {
            std::vector<double> inside = m_w;
            for (std::size_t i = 0; i < m_n; ++i) {
                inside[i] = m_through[i] ? m_w[i] : 0.0;
            }
            return greedyOrder(m_in->tokens, inside, m_m, m_out, exhausted);
        }
        std::vector<std::int64_t> order;
        for (std::size_t k = m_m; k <= m_n; ++k) {   // "iteratively increasing k", literally
            Outcome attempt;
            order = greedyOrder(m_in->tokens, m_w, k, attempt, exhausted);
            std::size_t accepted = 0;
            for (std::size_t p = 0; p < order.size(); ++p) {
                accepted += accepts(order, p) ? 1U : 0U;
            }
            if (accepted >= m_m || exhausted || k == m_n) {
                m_out.see(attempt.margin);
                break;
            }
        }
        return order;
    }

    void fill(const std::vector<bool>* first) {
        for (int pool = first != nullptr ? 0 : 1; pool < 3; ++pool) {
            std::vector<std::int64_t> source;
            for (const std::size_t i : m_byRelevance) {
                if (pool == 2 || (pool == 0 && (*first)[i])) {
                    source.push_back(static_cast<std::int64_t>(i));
                }
            }
            for (const std::int64_t i : pool == 1 ? m_out.order : source) {
                if (m_kept.size() >= m_m || has(i)) {
                    continue;
                }
                m_kept.push_back(i);
                for (const std::int64_t j : source) {
                    if (pool != 1 && !has(j) && !m_constant && !dead(static_cast<std::size_t>(j))) {
                        m_out.see(m_raw[static_cast<std::size_t>(i)] - m_raw[static_cast<std::size_t>(j)]);
                    }
                }
            }
        }
    }

    const Input* m_in;
    const PruneOptions* m_options;
    std::size_t m_m, m_n;
    int m_sign;
    std::vector<double> m_raw, m_w;
    std::vector<std::size_t> m_byRelevance;
    std::vector<bool> m_through;
    std::vector<std::int64_t> m_kept;
    bool m_constant = false;
    Outcome m_out;
};

inline Outcome decide(const Input& in, const PruneOptions& options, std::size_t budget, int autoSign) {
    return Decider(in, options, budget, autoSign).run();
}

}  // namespace prunescope::oracle
