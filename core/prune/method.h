// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The interface of a pruning method. To add one: a file method_NAME.cpp with a class and a maker, the maker's line in method_registry.cpp,
// and its oracle in tests/prune (CONTRIBUTING.md). A method is pure: it looks at a Block and offers tokens to a Selection, best first.

#include "core/prune/block.h"
#include "core/prune/prune.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace prunescope::detail {

/// Forced tokens of one block, 1 where forced. No token is both.
struct Forced {
    std::vector<std::uint8_t> keep, drop;
    [[nodiscard]] std::int64_t kept() const;
    [[nodiscard]] std::int64_t dropped() const;
    /// Those of tokens first to first + count - 1.
    [[nodiscard]] Forced part(std::int64_t first, std::int64_t count) const;
};

/// How what a method keeps depends on the graph of Eq. 8-9. kRanking: the best of its ranking. kWalk: one order that does not depend on the
/// graph, members of G first. kOther: some other way.
enum class GraphUse { kNone, kRanking, kWalk, kOther };

/// The budget of one block being filled. Forced tokens are settled before the method starts.
class Selection {
public:
    Selection(std::int64_t tokens, std::int64_t budget, const std::vector<std::uint8_t>& forcedKeep, const std::vector<std::uint8_t>& forcedDrop);

    [[nodiscard]] std::int64_t budget() const { return m_budget; }
    [[nodiscard]] bool full() const { return m_count >= m_limit; }
    [[nodiscard]] bool isKept(std::int64_t token) const { return m_kept[static_cast<std::size_t>(token)] != 0; }
    /// Keeps the token unless the budget is full or the token is settled.
    void offer(std::int64_t token, Reason reason);
    /// Why the token is not kept, if it is not: later calls replace earlier ones, forced drops stay.
    void explainDrop(std::int64_t token, Reason reason);
    void warn(const std::string& text);

    // What the trace shows beside the outcome; methods fill in what they computed. The pointers live in the Block.
    const GspScores* gsp = nullptr;
    const RelevanceScores* relevance = nullptr;
    std::vector<std::int32_t> order;   ///< greedy order as far as this decision needed it
    std::vector<float> gain;

    [[nodiscard]] Reason reasonOf(std::int64_t token) const { return m_reason[static_cast<std::size_t>(token)]; }
    [[nodiscard]] std::int64_t count() const { return m_count; }
    /// Tokens in the order in which they were kept, forced ones left out.
    [[nodiscard]] const std::vector<std::int32_t>& accepted() const { return m_accepted; }
    [[nodiscard]] const std::vector<std::string>& warnings() const { return m_warnings; }

private:
    std::int64_t m_budget = 0, m_limit = 0, m_count = 0;
    std::vector<std::uint8_t> m_kept, m_dropped;
    std::vector<std::int32_t> m_accepted;
    std::vector<Reason> m_reason;
    std::vector<std::string> m_warnings;
};

class PruningMethod {
public:
    virtual ~PruningMethod() = default;
    [[nodiscard]] virtual MethodInfo info() const = 0;
    /// Fills `selection` up to its budget. Called only where the budget is below the number of tokens.
    [[nodiscard]] virtual Result<void> select(Block& block, const PruneOptions& options, Selection& selection, PruneTimings& timings,
                                              const std::stop_token& stop) const = 0;
    /// True when the method keeps every token and has no budget.
    [[nodiscard]] virtual bool keepsAll() const { return false; }
    /// Tokens in the order in which they join the forced ones as the budget grows to `lastBudget`; nullopt where kept sets are not nested under
    /// these options. As it stands it suits methods that offer tokens in one order whatever the budget.
    [[nodiscard]] virtual Result<std::optional<std::vector<std::int32_t>>> budgetOrder(Block& block, const PruneOptions& options, const Forced& forced,
                                                                                       std::int64_t lastBudget, PruneTimings& timings,
                                                                                       const std::stop_token& stop) const;
    [[nodiscard]] virtual GraphUse graphUse(const PruneOptions&) const { return GraphUse::kNone; }
};

/// All methods of this build, in menu order.
[[nodiscard]] const std::vector<std::unique_ptr<PruningMethod>>& methodRegistry();
/// nullptr for an unknown name.
[[nodiscard]] const PruningMethod* findMethod(const std::string& name);

// Makers, one a file.
[[nodiscard]] std::unique_ptr<PruningMethod> makeNoneMethod();
[[nodiscard]] std::unique_ptr<PruningMethod> makeScriptMethod();
[[nodiscard]] std::unique_ptr<PruningMethod> makeGspMethod();
[[nodiscard]] std::unique_ptr<PruningMethod> makeQcspMethod();
[[nodiscard]] std::unique_ptr<PruningMethod> makeRelevanceMethod();
[[nodiscard]] std::unique_ptr<PruningMethod> makeRandomMethod();
[[nodiscard]] std::unique_ptr<PruningMethod> makeGridMethod();

// Shared by methods (method_parts.cpp).

/// A greedy run read pick by pick; what was read becomes the trace of the selection.
class OrderReader {
public:
    OrderReader(GreedyRun& run, Selection& selection, PruneTimings& timings) : m_run(&run), m_selection(&selection), m_timings(&timings) {}
    /// The next pick, or -1 at the end of the rank.
    [[nodiscard]] Result<std::int64_t> next();
    [[nodiscard]] bool exhausted() const { return m_exhausted; }

private:
    GreedyRun* m_run;
    Selection* m_selection;
    PruneTimings* m_timings;
    bool m_exhausted = false;
};

/// How many tokens GSP lets through: n - floor(p n), at least the budget.
[[nodiscard]] std::int64_t survivorCount(std::int64_t n, double gspRatio, std::int64_t budget);
/// Tokens that GSP lets through at options.gspRatio: 1 for the max(n - floor(p n), budget) least redundant ones. Warns when p had to give way.
[[nodiscard]] std::vector<std::uint8_t> survivors(const GspScores& scores, const PruneOptions& options, Selection& selection);
/// Warns about graphs that say nothing (saturated, without edges) and clipped scores.
void warnAboutGraph(const GspScores& scores, Selection& selection);
/// Warns about constant relevance and zero-norm tokens.
void warnAboutRelevance(const RelevanceScores& scores, const Block& block, Selection& selection);
/// Fills what is left of the budget: tokens of `first` by relevance (when given), then the order read so far, then all by relevance.
void fillRest(const RelevanceScores& scores, const std::vector<std::uint8_t>* first, Selection& selection, const std::string& why);

}  // namespace prunescope::detail
