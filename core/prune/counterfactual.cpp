// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/prune/counterfactual.h"

#include "core/prune/errors.h"
#include "core/prune/session_state.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace prunescope {
namespace detail {
namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Distance of a value to a range.
double distanceTo(const TauRange& range, double tau) { return std::max({0.0, range.from - tau, tau - range.to}); }

/// floor(p n) == discarded.
TauRange ratiosOf(std::int64_t discarded, std::int64_t n) {
    const auto floorOf = [&](double p) { return static_cast<std::int64_t>(std::floor(p * static_cast<double>(n))); };
    const auto edge = [&](std::int64_t count) {   // smallest p that discards `count`
        double p = static_cast<double>(count) / static_cast<double>(n);
        while (floorOf(p) >= count && p > 0) {
            p = std::nextafter(p, -1.0);
        }
        while (floorOf(p) < count) {
            p = std::nextafter(p, 2.0);
        }
        return p;
    };
    return {edge(discarded), discarded == n ? 1.0 : std::nextafter(edge(discarded + 1), -1.0)};
}

}  // namespace

double shortestWithin(double low, double high, bool nearLow) {
    double power = 1;
    for (int digits = 0; digits <= 9; ++digits, power *= 10) {
        const double candidate = (nearLow ? std::ceil(low * power) : std::floor(high * power)) / power;
        if (candidate >= low && candidate <= high) {
            return candidate == 0 ? 0.0 : candidate;
        }
    }
    return nearLow ? low : high;
}

Retrial::Retrial(std::vector<Block>& blocks, const PruneInput& input, std::int64_t n, const PruneDecision& decision, std::int64_t token, std::stop_token stop)
    : m_blocks(&blocks), m_input(&input), m_n(n), m_token(token), m_keptNow(decision.tokens[at(token)].kept), m_stop(std::move(stop)) {}

Result<bool> Retrial::keptWith(const PruneOptions& options) {
    if (Result<void> going = checkStop(m_stop); !going) {
        return going.error();
    }
    const Result<Prepared> prepared = prepare(*m_input, m_n, options);
    if (!prepared) {
        return prepared.error();
    }
    const std::int64_t size = blockSize();
    const std::int64_t b = m_token / size;
    const Deal deal = dealBudget(options, prepared->method->keepsAll(), m_n, static_cast<std::int64_t>(m_blocks->size()));
    const Forced forced = prepared->forced.part(b * size, size);
    PruneTimings timings;
    const Result<Selection> selection =
        decideBlock((*m_blocks)[at(b)], *prepared->method, prepared->options, deal.budget[at(b)], forced.keep, forced.drop, timings, m_stop);
    if (!selection) {
        return selection.error();
    }
    return selection->isKept(m_token - b * size);
}

std::optional<Counterfactual> budgetFlip(const BudgetSurvival& survival, std::int64_t token, std::int64_t budget, bool keptNow) {
    const auto flipped = [&](std::int64_t k) {
        return k >= survival.firstBudget && k <= survival.lastBudget && survival.keptAt(token, k) != keptNow;
    };
    for (std::int64_t distance = 1; distance <= survival.lastBudget; ++distance) {
        for (const std::int64_t k : {budget - distance, budget + distance}) {
            if (!flipped(k)) {
                continue;
            }
            std::int64_t from = k;
            std::int64_t to = k;
            while (flipped(from - 1)) {
                --from;
            }
            while (flipped(to + 1)) {
                ++to;
            }
            return Counterfactual{Knob::kBudget, static_cast<double>(k), static_cast<double>(from), static_cast<double>(to), !keptNow};
        }
    }
    return std::nullopt;
}

std::optional<Counterfactual> tauFlip(const TauSurvival& survival, std::int64_t token, double tau, bool keptNow) {
    if (!survival.usesTau) {
        return std::nullopt;
    }
    std::vector<TauRange> ranges = survival.kept[at(token)];
    if (keptNow) {   // the gaps between them
        std::vector<TauRange> gaps;
        double from = -1.0;
        for (const TauRange& range : ranges) {
            if (range.from > from) {
                gaps.push_back({from, survival.step > 0 ? range.from - survival.step : std::nextafter(range.from, -2.0)});
            }
            from = survival.step > 0 ? range.to + survival.step : std::nextafter(range.to, 2.0);
        }
        if (from <= 1.0) {
            gaps.push_back({from, 1.0});
        }
        ranges = std::move(gaps);
    }
    const auto nearest = std::min_element(ranges.begin(), ranges.end(), [&](const TauRange& x, const TauRange& y) { return distanceTo(x, tau) < distanceTo(y, tau); });
    if (nearest == ranges.end() || nearest->from > nearest->to) {
        return std::nullopt;
    }
    return Counterfactual{Knob::kTau, shortestWithin(nearest->from, nearest->to, nearest->from > tau), nearest->from, nearest->to, !keptNow};
}

Result<std::optional<Counterfactual>> ratioFlip(Retrial& retrial, const PruneOptions& options) {
    const std::int64_t n = retrial.blockSize();
    const auto now = static_cast<std::int64_t>(std::floor(options.gspRatio * static_cast<double>(n)));
    PruneOptions changed = options;
    const auto flipped = [&](std::int64_t discarded) -> Result<bool> {
        if (discarded < 0 || discarded > n) {
            return false;
        }
        changed.gspRatio = ratiosOf(discarded, n).from;
        const Result<bool> kept = retrial.keptWith(changed);
        return kept ? Result<bool>(*kept != retrial.keptNow()) : kept;
    };
    // p just below the next step down may be nearer than p at the next step up; both are one step of G away.
    for (std::int64_t distance = 1; distance <= n; ++distance) {
        for (const int direction : {-1, 1}) {
            const std::int64_t discarded = now + direction * distance;
            const Result<bool> first = flipped(discarded);
            if (!first) {
                return first.error();
            }
            if (!*first) {
                continue;
            }
            std::int64_t last = discarded;
            while (true) {
                const Result<bool> more = flipped(last + direction);
                if (!more) {
                    return more.error();
                }
                if (!*more) {
                    break;
                }
                last += direction;
            }
            const TauRange near = ratiosOf(discarded, n);
            const TauRange far = ratiosOf(last, n);
            return std::optional(Counterfactual{Knob::kGspRatio, shortestWithin(near.from, near.to, direction > 0), std::min(near.from, far.from),
                                                std::max(near.to, far.to), !retrial.keptNow()});
        }
    }
    return std::optional<Counterfactual>();
}

}  // namespace detail

namespace {

/// Puts the knob of `flip` at its value.
PruneOptions changedBy(PruneOptions options, const Counterfactual& flip) {
    switch (flip.knob) {
        case Knob::kBudget: options.keep = static_cast<std::int64_t>(flip.value); options.keepRatio.reset(); break;
        case Knob::kTau: options.tau = {flip.value, false}; break;
        case Knob::kGspRatio: options.gspRatio = flip.value; break;
    }
    return options;
}

}  // namespace

Result<void> PruneSession::findFlips(const PruneDecision& decision, std::int64_t token, TokenReasons& out, std::stop_token stop) {
    State& state = *m_state;
    const PruneOptions& options = decision.options;
    detail::Retrial retrial(state.blocks(options.scope), state.input, state.n, decision, token, stop);
    const auto add = [&](const std::optional<Counterfactual>& flip) -> Result<void> {
        if (!flip) {
            return {};
        }
        const Result<bool> kept = retrial.keptWith(changedBy(options, *flip));
        if (!kept) {
            return kept.error();
        }
        if (*kept == flip->keptThen) {   // otherwise a tie in the last bit: nothing is claimed
            out.flips.push_back(*flip);
        }
        return {};
    };
    const Result<BudgetSurvival> budgets = budgetSurvival(options, 0, stop);
    if (!budgets) {
        return budgets.error();
    }
    if (Result<void> added = add(detail::budgetFlip(*budgets, token, *options.keep, retrial.keptNow())); !added) {
        return added;
    }
    const detail::GraphUse use = detail::findMethod(options.method)->graphUse(options);
    if (use == detail::GraphUse::kNone) {
        return {};
    }
    const Result<TauSurvival> taus = tauSurvival(options, 0.01, stop);
    if (!taus) {
        return taus.error();
    }
    if (Result<void> added = add(detail::tauFlip(*taus, token, decision.resolvedTau, retrial.keptNow())); !added) {
        return added;
    }
    const bool cheap = use == detail::GraphUse::kWalk || options.fusion == Fusion::kAppend;   // restrict would run the greedy order again for each p
    if (options.method != "script" || !cheap) {
        return {};
    }
    const Result<std::optional<Counterfactual>> ratio = detail::ratioFlip(retrial, options);
    return ratio ? add(*ratio) : ratio.error();
}

}  // namespace prunescope
