// SPDX-License-Identifier: GPL-3.0-or-later

// What several methods share: the budget of a block, the reader of a greedy order, survivors of GSP, the fill rules (methods.md A3, A4).

#include "core/prune/method.h"
#include "core/prune/stage_clock.h"

#include <algorithm>
#include <cmath>

namespace prunescope::detail {
namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

std::int64_t Forced::kept() const { return std::count(keep.begin(), keep.end(), std::uint8_t{1}); }

std::int64_t Forced::dropped() const { return std::count(drop.begin(), drop.end(), std::uint8_t{1}); }

Forced Forced::part(std::int64_t first, std::int64_t count) const {
    return {{keep.begin() + first, keep.begin() + first + count}, {drop.begin() + first, drop.begin() + first + count}};
}

Selection::Selection(std::int64_t tokens, std::int64_t budget, const std::vector<std::uint8_t>& forcedKeep,
                     const std::vector<std::uint8_t>& forcedDrop)
    : m_budget(budget), m_kept(at(tokens), 0), m_dropped(forcedDrop), m_reason(at(tokens), Reason::kBudget) {
    std::int64_t available = tokens;
    for (std::int64_t i = 0; i < tokens; ++i) {
        if (forcedKeep[at(i)] != 0) {
            m_kept[at(i)] = 1;
            m_count += 1;
            m_reason[at(i)] = Reason::kForced;
        } else if (m_dropped[at(i)] != 0) {
            available -= 1;
            m_reason[at(i)] = Reason::kForced;
        }
    }
    m_limit = std::min(budget, available);
}

void Selection::offer(std::int64_t token, Reason reason) {
    if (full() || m_kept[at(token)] != 0 || m_dropped[at(token)] != 0) {
        return;
    }
    m_kept[at(token)] = 1;
    m_reason[at(token)] = reason;
    m_count += 1;
    m_accepted.push_back(static_cast<std::int32_t>(token));
}

void Selection::explainDrop(std::int64_t token, Reason reason) {
    if (m_kept[at(token)] == 0 && m_dropped[at(token)] == 0) {
        m_reason[at(token)] = reason;
    }
}

void Selection::warn(const std::string& text) { m_warnings.push_back(text); }

Result<std::int64_t> OrderReader::next() {
    const std::size_t place = m_selection->order.size();
    if (m_run->result().order.size() <= place && !m_run->result().exhausted) {
        const StageClock clock(m_timings->greedyMs);
        const std::int64_t ahead = std::max<std::int64_t>(m_selection->budget(), static_cast<std::int64_t>(place) + 1 + static_cast<std::int64_t>(place) / 8);
        if (Result<void> extended = m_run->extend(ahead); !extended) {
            return extended.error();
        }
    }
    const GreedyOrder& known = m_run->result();
    if (known.order.size() <= place) {
        m_exhausted = true;
        return std::int64_t{-1};
    }
    m_selection->order.push_back(known.order[place]);
    m_selection->gain.push_back(known.gain[place]);
    return std::int64_t{known.order[place]};
}

Result<std::optional<std::vector<std::int32_t>>> PruningMethod::budgetOrder(Block& block, const PruneOptions& options, const Forced& forced,
                                                                            std::int64_t lastBudget, PruneTimings& timings,
                                                                            const std::stop_token& stop) const {
    Selection selection(block.size(), lastBudget, forced.keep, forced.drop);
    if (Result<void> selected = select(block, options, selection, timings, stop); !selected) {
        return selected.error();
    }
    return std::optional(selection.accepted());
}

std::int64_t survivorCount(std::int64_t n, double gspRatio, std::int64_t budget) {
    return std::clamp(n - static_cast<std::int64_t>(std::floor(gspRatio * static_cast<double>(n))), budget, n);
}

std::vector<std::uint8_t> survivors(const GspScores& scores, const PruneOptions& options, Selection& selection) {
    const std::int64_t n = static_cast<std::int64_t>(scores.rank.size());
    const std::int64_t wanted = survivorCount(n, options.gspRatio, 0);
    const std::int64_t size = survivorCount(n, options.gspRatio, selection.budget());
    if (size != wanted) {
        selection.warn("PRUNE-CLAMP: gsp-ratio would leave " + std::to_string(wanted) + " tokens for a budget of " + std::to_string(size) + "; " +
                       std::to_string(size) + " were left");
    }
    std::vector<std::uint8_t> mask(at(n), 0);
    for (std::int64_t place = 0; place < size; ++place) {
        mask[at(scores.keepOrder[at(place)])] = 1;
    }
    return mask;
}

void warnAboutGraph(const GspScores& scores, Selection& selection) {
    const std::int64_t n = static_cast<std::int64_t>(scores.rank.size());
    if (scores.saturated) {
        selection.warn("GSP-SATURATED: every pair is an edge at this tau; the ranking is by mean similarity");
    } else if (scores.isolated == n) {
        selection.warn("GSP-NO-EDGE: no pair reaches tau; the ranking is by mean similarity");
    }
    if (scores.clipped) {
        selection.warn("NUM-CLIP: redundancy scores beyond the range of float32 at this gamma are shown clipped; the ranking is not affected");
    }
}

void warnAboutRelevance(const RelevanceScores& scores, const Block& block, Selection& selection) {
    if (scores.constant && block.hasQuestion()) {
        selection.warn("NUM-CONST: relevance is the same for all tokens and is taken as 1");
    }
    const auto zero = std::count(block.zeroNorm().begin(), block.zeroNorm().end(), std::uint8_t{1});
    if (zero > 0) {
        selection.warn("NUM-ZERO: " + std::to_string(zero) + " tokens have no length; they are kept last");
    }
}

void fillRest(const RelevanceScores& scores, const std::vector<std::uint8_t>* first, Selection& selection, const std::string& why) {
    if (selection.full()) {
        return;
    }
    const std::int64_t before = selection.count();
    if (first != nullptr) {
        for (const std::int32_t token : scores.order) {
            if ((*first)[at(token)] != 0) {
                selection.offer(token, Reason::kFill);
            }
        }
    }
    for (const std::int32_t token : selection.order) {
        selection.offer(token, Reason::kFill);
    }
    for (const std::int32_t token : scores.order) {
        selection.offer(token, Reason::kFill);
    }
    selection.warn(why + "; " + std::to_string(selection.count() - before) + " tokens filled in by rule");
}

}  // namespace prunescope::detail
