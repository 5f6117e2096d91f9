// SPDX-License-Identifier: GPL-3.0-or-later

// The numbers behind one token. What would flip it is in counterfactual.cpp.

#include "core/prune/reasons.h"

#include "core/prune/counterfactual.h"
#include "core/ops/op_registry.h"
#include "core/prune/errors.h"
#include "core/prune/session_state.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

namespace prunescope {
namespace detail {
namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

void ShareTable::clear() {
    m_picks.clear();
    m_rows.clear();
}

void ShareTable::setPicks(MatrixView similarity, const std::vector<std::int32_t>& picks) {
    const auto differ = std::mismatch(m_picks.begin(), m_picks.end(), picks.begin(), picks.end());
    const auto common = static_cast<std::size_t>(differ.first - m_picks.begin());
    m_picks.resize(common);
    m_rows.resize(common);
    for (std::size_t t = common; t < picks.size(); ++t) {
        std::vector<double> row = terms(similarity, picks[t], t);
        double left = similarity.row(picks[t])[picks[t]];
        for (const double e : row) {
            left -= e * e;
        }
        // Past the rank of a float32 matrix a pick may be nothing but rounding: it explains nothing of the others then.
        constexpr double kNoise = kRankTolerance / 10;
        row.push_back(left > kNoise ? std::sqrt(left) : std::numeric_limits<double>::infinity());
        m_picks.push_back(picks[t]);
        m_rows.push_back(std::move(row));
    }
}

std::vector<double> ShareTable::terms(MatrixView similarity, std::int64_t token, std::size_t count) const {
    std::vector<double> e(count);
    for (std::size_t t = 0; t < count; ++t) {
        double left = similarity.row(m_picks[t])[token];
        for (std::size_t s = 0; s < t; ++s) {
            left -= m_rows[t][s] * e[s];
        }
        e[t] = left / m_rows[t][t];
    }
    return e;
}

}  // namespace detail

namespace {

using detail::at;
using detail::Block;

/// One token being explained.
struct Subject {
    Block* block = nullptr;
    detail::ShareTable* shares = nullptr;
    std::int64_t first = 0, local = 0;   ///< first token of the block; the token's place in it
};

void describeGraph(const detail::GspScores& scores, const PruneOptions& options, TokenReasons& out) {
    const auto size = detail::survivorCount(out.blockSize, options.gspRatio, out.budget);
    out.hasGraph = true;
    out.discarded = static_cast<std::int32_t>(out.blockSize - size);
    if (size > 0) {
        out.cutPassed = scores.score[at(scores.keepOrder[at(size - 1)])];
    }
    if (size < out.blockSize) {
        out.cutDiscarded = scores.score[at(scores.keepOrder[at(size)])];
    }
}

void describePartners(const Subject& subject, MatrixView similarity, const PruneDecision& decision, int count, TokenReasons& out) {
    std::vector<std::uint8_t> side;
    if (out.hasGraph) {
        side = detail::partitionSides(decision.options.partition, subject.block->cells(),
                                      decision.options.partition == Partition::kRandom ? decision.options.seed : 0);
    }
    const float* row = similarity.row(subject.local);
    const float bound = edgeBound(out.tau);
    for (std::int64_t i = 0; i < similarity.rows; ++i) {
        if (i == subject.local) {
            continue;
        }
        Partner partner;
        partner.token = static_cast<std::int32_t>(subject.first + i);
        partner.similarity = row[i];
        partner.opposite = out.hasGraph && side[at(i)] != side[at(subject.local)];
        partner.edge = partner.opposite && row[i] >= bound;
        partner.kept = decision.tokens[at(subject.first + i)].kept;
        out.nearest.push_back(partner);
        if (partner.opposite) {
            out.partners.push_back(partner);
        }
    }
    out.oppositeSize = static_cast<std::int32_t>(out.partners.size());
    for (std::vector<Partner>* list : {&out.partners, &out.nearest}) {
        const auto wanted = std::min(list->size(), static_cast<std::size_t>(std::max(0, count)));
        std::partial_sort(list->begin(), list->begin() + static_cast<std::ptrdiff_t>(wanted), list->end(), [](const Partner& x, const Partner& y) {
            return x.similarity != y.similarity ? x.similarity > y.similarity : x.token < y.token;
        });
        list->resize(wanted);
    }
}

void describeShares(const Subject& subject, MatrixView similarity, const PruneDecision& decision, TokenReasons& out) {
    std::vector<std::int32_t> picks;
    for (const std::int64_t token : decision.order) {
        if (token >= subject.first && token < subject.first + out.blockSize) {
            picks.push_back(static_cast<std::int32_t>(token - subject.first));
        }
    }
    if (picks.empty()) {
        return;
    }
    out.hasOrder = true;
    subject.shares->setPicks(similarity, picks);
    const std::size_t count = out.trace.dppRank >= 0 ? at(out.trace.dppRank) : picks.size();
    out.picksSeen = static_cast<std::int32_t>(count);
    const std::vector<double> terms = subject.shares->terms(similarity, subject.local, count);
    for (std::size_t t = 0; t < count; ++t) {
        const double share = terms[t] * terms[t];
        out.explained += share;
        out.remaining -= share;
        if (share >= 1e-12) {
            const std::int64_t token = subject.first + picks[t];
            out.shares.push_back({static_cast<std::int32_t>(token), static_cast<std::int32_t>(t), share, decision.tokens[at(token)].kept});
        }
    }
    std::stable_sort(out.shares.begin(), out.shares.end(), [](const ExplainedShare& x, const ExplainedShare& y) { return x.share > y.share; });
}

}  // namespace

const char* nameOf(Knob knob) {
    switch (knob) {
        case Knob::kBudget: return "budget";
        case Knob::kTau: return "tau";
        case Knob::kGspRatio: return "gsp-ratio";
    }
    return "budget";
}

Result<TokenReasons> PruneSession::explain(const PruneOptions& options, std::int64_t token, const ReasonWish& wish, std::stop_token stop) {
    State& state = *m_state;
    if (state.n > 0 && (token < 0 || token >= state.n)) {
        return detail::pruneError(ErrorCode::kUsage, "PRUNE-TOKEN", "no such token", std::to_string(token),
                                  "there are " + std::to_string(state.n) + " tokens, counted from 0");
    }
    const Result<PruneDecision> decision = decide(options, stop);
    if (!decision) {
        return decision.error();
    }
    try {
        std::vector<Block>& blocks = state.blocks(options.scope);
        const std::int64_t size = blocks.front().size();
        const std::int64_t b = token / size;
        state.shares.resize(std::max(state.shares.size(), blocks.size()));
        const Subject subject{&blocks[at(b)], &state.shares[at(b)], b * size, token - b * size};
        const auto deal = detail::dealBudget(options, detail::findMethod(options.method)->keepsAll(), state.n, static_cast<std::int64_t>(blocks.size()));
        TokenReasons out;
        out.trace = decision->tokens[at(token)];
        out.tau = decision->resolvedTau;
        out.gamma = options.gamma;
        out.blockSize = size;
        out.budget = deal.budget[at(b)];
        PruneTimings timings;
        const Result<HostTensor> similarity = subject.block->similarity(timings);
        if (!similarity) {
            return similarity.error();
        }
        if (out.trace.degree >= 0) {
            const Result<const detail::GspScores*> scores = subject.block->gsp(decision->options, timings);
            if (!scores) {
                return scores.error();
            }
            out.tau = (*scores)->tau;
            describeGraph(**scores, decision->options, out);
        }
        describePartners(subject, MatrixView(*similarity), *decision, wish.partners, out);
        if (!std::isnan(out.trace.relevance)) {
            const Result<const detail::RelevanceScores*> scores = subject.block->relevance(decision->options, timings);
            if (!scores) {
                return scores.error();
            }
            const auto [low, high] = std::minmax_element((*scores)->raw.begin(), (*scores)->raw.end());
            out.hasRelevance = true;
            out.relevanceLow = *low;
            out.relevanceHigh = *high;
            out.weight = subject.block->zeroNorm()[at(subject.local)] != 0 ? 0.0 : static_cast<double>(out.trace.relevance);
        }
        describeShares(subject, MatrixView(*similarity), *decision, out);
        if (wish.flips && out.trace.reason != Reason::kForced) {
            if (Result<void> found = findFlips(*decision, token, out, stop); !found) {
                return found.error();
            }
        }
        return out;
    } catch (const std::bad_alloc&) {
        return detail::pruneError(ErrorCode::kDevice, "MEM-HOST", "cannot explain a token", "", "out of memory", "use fewer tokens");
    }
}

}  // namespace prunescope
