// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/sweep.h"

#include "core/run/errors.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace prunescope {

std::optional<std::int64_t> BudgetSweep::lastOther() const {
    const auto other = std::find_if(points.rbegin(), points.rend(), [](const SweepPoint& point) { return !point.same; });
    return other == points.rend() ? std::nullopt : std::optional(other->budget);
}

std::optional<std::int64_t> BudgetSweep::holdsFrom() const {
    const auto other = lastOther();
    const auto first = std::find_if(points.begin(), points.end(), [&](const SweepPoint& point) { return !other || point.budget > *other; });
    return first == points.end() ? std::nullopt : std::optional(first->budget);
}

std::vector<std::int64_t> sweepLadder(std::int64_t least, std::int64_t total) {
    constexpr std::int64_t kHalves = 16;
    std::vector<std::int64_t> ladder;
    for (std::int64_t power = 1; power < total; power *= 2) {
        for (const std::int64_t budget : {power, power >= kHalves ? power + power / 2 : total}) {
            if (budget >= least && budget < total) {
                ladder.push_back(budget);
            }
        }
    }
    return ladder;
}

namespace {

class Sweeper {
public:
    Sweeper(const Runner& runner, const RunRequest& request, const std::function<void(const BudgetSweep&, int, int)>& onPoint, std::stop_token stop)
        : m_runner(&runner), m_onPoint(&onPoint), m_stop(std::move(stop)) {
        m_out.request = request;
        m_out.request.withAnswer = true;
        m_out.request.withDiagnostics = false;
        m_out.request.scoreTokens.clear();
    }

    Result<BudgetSweep> run() {
        if (m_out.request.prune.method == "none") {
            return makeError(ErrorCode::kUsage, "SWEEP-METHOD", "cannot look for a budget", {}, "the method keeps every token", "choose a method that prunes");
        }
        RunRequest whole = unprunedOf(m_out.request);
        whole.prune.positions = m_out.request.prune.positions;
        const auto answered = answerOf(whole);
        if (!answered) {
            return answered.error();
        }
        m_out.whole = (*answered)->answer;
        m_out.total = (*answered)->decision->n;
        const std::vector<std::int64_t> ladder = sweepLadder(std::max<std::int64_t>(1, static_cast<std::int64_t>(m_out.request.prune.forceKeep.size())), m_out.total);
        m_all = static_cast<int>(ladder.size()) + 1;
        for (const std::int64_t budget : ladder) {
            if (const auto measured = measure(budget); !measured) {
                return measured.error();
            }
        }
        if (const auto halved = halve(); !halved) {
            return halved.error();
        }
        m_out.complete = true;
        return std::move(m_out);
    }

private:
    Result<std::shared_ptr<const RunResult>> answerOf(const RunRequest& request) {
        auto ran = (*m_runner)(request, m_stop);
        if (ran && (m_stop.stop_requested() || (*ran)->finish == FinishReason::kCancelled)) {
            return cancelledError("not every budget was measured");
        }
        ++m_done;
        return ran;
    }

    /// Whether the answer at this budget is the one of all tokens.
    Result<bool> measure(std::int64_t budget) {
        RunRequest asked = m_out.request;
        asked.prune.keep = budget;
        asked.prune.keepRatio.reset();
        const auto ran = answerOf(asked);
        if (!ran) {
            return ran.error();
        }
        const auto place = std::find_if(m_out.points.begin(), m_out.points.end(), [&](const SweepPoint& point) { return point.budget > budget; });
        const bool same = (*ran)->answer == m_out.whole;
        m_out.points.insert(place, SweepPoint{budget, (*ran)->answer, same});
        if (*m_onPoint) {
            (*m_onPoint)(m_out, m_done, std::max(m_done, m_all));
        }
        return same;
    }

    /// Between the last other answer and the first that holds. All tokens hold, so the gap is never open to the right.
    Result<void> halve() {
        std::int64_t other = m_out.lastOther().value_or(0);
        std::int64_t holds = m_out.holdsFrom().value_or(m_out.total);
        if (other == 0) {
            return {};
        }
        while (holds - other > 1) {
            m_all = m_done + static_cast<int>(std::bit_width(static_cast<std::uint64_t>(holds - other - 1)));
            const std::int64_t middle = other + (holds - other) / 2;
            const auto same = measure(middle);
            if (!same) {
                return same.error();
            }
            (*same ? holds : other) = middle;
        }
        return {};
    }

    const Runner* m_runner;
    const std::function<void(const BudgetSweep&, int, int)>* m_onPoint;
    std::stop_token m_stop;
    BudgetSweep m_out;
    int m_done = 0, m_all = 0;
};

}  // namespace

Result<BudgetSweep> sweepBudgets(const Runner& runner, const RunRequest& request, const std::function<void(const BudgetSweep&, int, int)>& onPoint, std::stop_token stop) {
    return guarded("cannot look for the budget", [&]() { return Sweeper(runner, request, onPoint, std::move(stop)).run(); });
}

}  // namespace prunescope
