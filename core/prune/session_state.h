// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a session holds, and the steps of a decision that its analyses (survival, reasons) repeat. Private to this room.

#include "core/prune/method.h"
#include "core/prune/reasons.h"
#include "core/prune/share_table.h"
#include "core/prune/survival.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace prunescope {

struct PruneSession::State {
    std::shared_ptr<const CoreOps> ops;
    PruneInput input;
    std::int64_t n = 0, perTile = 0;
    bool classToken = false;
    TileScope lastScope = TileScope::kTile;
    std::vector<detail::Block> tileBlocks, imageBlock;   ///< made on first use
    std::optional<std::pair<PruneOptions, BudgetSurvival>> budgetSurvival;   ///< the last one asked for, until the question changes
    std::optional<std::pair<PruneOptions, TauSurvival>> tauSurvival;
    std::vector<detail::ShareTable> shares;   ///< of each block

    [[nodiscard]] const HostTensor& relevanceTokens() const { return input.relevanceTokens.empty() ? input.tokens : input.relevanceTokens; }
    [[nodiscard]] std::vector<detail::Cell> cellsOf(std::int64_t first, std::int64_t count) const;
    [[nodiscard]] std::vector<detail::Block>& blocks(TileScope scope);
    void forget();
    void forgetAnalyses();
};

namespace detail {

/// The budget of each block.
struct Deal {
    std::vector<std::int64_t> budget;   ///< per block
    std::int64_t total = 0;
};
[[nodiscard]] Deal dealBudget(const PruneOptions& options, bool keepsAll, std::int64_t n, std::int64_t blocks);
/// Fills in what is "auto".
void resolveOptions(PruneOptions& options, const PruneInput& input);
/// 1 for the tokens of a forced list, [n]. Error USAGE-FORCE.
[[nodiscard]] Result<std::vector<std::uint8_t>> forcedMask(const std::vector<std::int64_t>& list, std::int64_t n, const std::string& option);
/// Options checked and resolved, forced tokens as masks over all tokens.
struct Prepared {
    PruneOptions options;   ///< autos replaced; keep as given
    const PruningMethod* method = nullptr;
    Forced forced;
};
/// The checks of decide(). Errors: USAGE-*, PRUNE-NO-INPUT.
[[nodiscard]] Result<Prepared> prepare(const PruneInput& input, std::int64_t n, const PruneOptions& options);
/// What decide() computes on one block. Error USAGE-FORCE when more tokens are forced than the budget holds.
[[nodiscard]] Result<Selection> decideBlock(Block& block, const PruningMethod& method, const PruneOptions& options, std::int64_t budget,
                                            const std::vector<std::uint8_t>& keep, const std::vector<std::uint8_t>& drop, PruneTimings& timings,
                                            const std::stop_token& stop);

}  // namespace detail
}  // namespace prunescope
