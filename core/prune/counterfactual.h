// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What would have to change for a token's other outcome: the nearest budget, tau and p, each found and then decided again.

#include "core/prune/method.h"
#include "core/prune/reasons.h"
#include "core/prune/survival.h"

#include <optional>
#include <stop_token>
#include <vector>

namespace prunescope::detail {

/// Decides one block again with one knob changed, and says whether the token is kept.
class Retrial {
public:
    Retrial(std::vector<Block>& blocks, const PruneInput& input, std::int64_t n, const PruneDecision& decision, std::int64_t token, std::stop_token stop);
    [[nodiscard]] Result<bool> keptWith(const PruneOptions& options);
    [[nodiscard]] bool keptNow() const { return m_keptNow; }
    [[nodiscard]] std::int64_t blockSize() const { return m_blocks->front().size(); }

private:
    std::vector<Block>* m_blocks;
    const PruneInput* m_input;
    std::int64_t m_n, m_token;
    bool m_keptNow;
    std::stop_token m_stop;
};

/// Nearest budget with the other outcome, from the survival of all tokens.
[[nodiscard]] std::optional<Counterfactual> budgetFlip(const BudgetSurvival& survival, std::int64_t token, std::int64_t budget, bool keptNow);
/// Nearest range of tau with the other outcome; `value` is the shortest decimal near its edge.
[[nodiscard]] std::optional<Counterfactual> tauFlip(const TauSurvival& survival, std::int64_t token, double tau, bool keptNow);
/// Nearest p, by deciding at one after the other.
[[nodiscard]] Result<std::optional<Counterfactual>> ratioFlip(Retrial& retrial, const PruneOptions& options);

/// The shortest decimal in [low, high], as near to `low` (or `high`) as that many digits allow; that end itself when 9 digits do not do.
[[nodiscard]] double shortestWithin(double low, double high, bool nearLow);

}  // namespace prunescope::detail
