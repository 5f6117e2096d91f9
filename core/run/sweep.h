// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The budget at which the answer changes, measured: the same request is answered at a ladder of budgets and compared with the answer of all
// tokens; the gap in which it changes is halved until it is one token wide. Nothing is said about budgets that were not run.

#include "core/run/measure.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace prunescope {

struct SweepPoint {
    std::int64_t budget = 0;
    std::string answer;
    bool same = false;   ///< word for word the answer of all tokens
};

struct BudgetSweep {
    std::uint64_t id = 0;
    RunRequest request;                ///< as asked; its budget is not looked at
    std::int64_t total = 0;            ///< tokens of the image
    std::string whole;                 ///< answer with all tokens
    std::vector<SweepPoint> points;    ///< by budget
    bool complete = false;             ///< false: stopped on the way, `points` are those that were run
    /// Smallest measured budget from which on every measured answer is the one of all tokens; nothing when the largest one differs.
    [[nodiscard]] std::optional<std::int64_t> holdsFrom() const;
    /// Largest measured budget with another answer; nothing when there is none.
    [[nodiscard]] std::optional<std::int64_t> lastOther() const;
};

/// Budgets of the ladder below `total` and from `least` on: powers of two and the halves between them from 16 on.
[[nodiscard]] std::vector<std::int64_t> sweepLadder(std::int64_t least, std::int64_t total);

/// `onPoint` hears the sweep so far after each run, with how many runs of about how many are done. Errors of the runner; CANCELLED (what was
/// measured was heard by onPoint); SWEEP-METHOD (kUsage) for a method without a budget.
[[nodiscard]] Result<BudgetSweep> sweepBudgets(const Runner& runner, const RunRequest& request,
                                               const std::function<void(const BudgetSweep&, int done, int all)>& onPoint, std::stop_token stop);

}  // namespace prunescope
