// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The pruning decision: features and a question vector in, kept tokens with the reason for every token out. One file per method; each
// method is a pure function behind `PruningMethod`. (reference/methods.md 3.4-3.6; option names are those of the command line.)

#include "core/base/result.h"
#include "core/base/tensor.h"
#include "core/ops/op_registry.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace prunescope {

struct BudgetSurvival;
struct TauSurvival;
struct TokenReasons;
struct ReasonWish;

enum class Fusion { kWalk, kRestrict, kAppend, kNone };
enum class Partition { kParity, kCheckerboard, kRandom };
enum class RelevanceSpace { kAuto, kClip, kLlm };
enum class RelevanceSign { kAuto, kPlus, kMinus };
enum class QueryPooling { kAuto, kMean, kEot };
enum class QueryWords { kAll, kContent };
enum class TileScope { kTile, kImage };
enum class PositionMode { kAuto, kCompact, kOriginal };
enum class QcspRule { kDpp, kTopK };

/// tau: a value in [-1, 1] or a quantile of the bipartite similarities ("q90").
struct Threshold {
    double value = 0.5;
    bool isQuantile = false;   ///< value in percent then
    bool operator==(const Threshold&) const = default;
};

/// Every knob of a decision; defaults are the paper's or, where it is silent, those of reference/methods.md.
struct PruneOptions {
    std::string method = "script";
    std::optional<std::int64_t> keep;        ///< absolute budget m
    std::optional<double> keepRatio;         ///< used when keep is absent; both absent: 64 (or n when smaller)
    bool keepPerTile = false;                ///< with TileScope::kTile: `keep` and `keepRatio` are of each tile, not of all together (the
                                             ///< command line's --scope tile); otherwise a remainder goes to the lowest tiles
    Threshold tau;
    double gamma = 1.0;
    double gspRatio = 0.5;                   ///< p, share of tokens that GSP discards
    Fusion fusion = Fusion::kWalk;
    Partition partition = Partition::kParity;
    QcspRule qcsp = QcspRule::kDpp;
    RelevanceSpace relevanceSpace = RelevanceSpace::kAuto;
    RelevanceSign relevanceSign = RelevanceSign::kAuto;
    double relevancePower = 1.0;             ///< beta
    std::optional<double> relevanceTheta;    ///< CDPruner's temperature map, off by default
    QueryPooling queryPooling = QueryPooling::kAuto;
    QueryWords queryWords = QueryWords::kAll;
    TileScope scope = TileScope::kTile;
    PositionMode positions = PositionMode::kAuto;
    /// Tokens settled before the method starts. Kept ones count within the budget (more of them than the budget of their tile: USAGE-FORCE);
    /// the place of a dropped one goes to the next token of the method's order. Nothing that does not depend on the knobs is made again.
    std::vector<std::int64_t> forceKeep, forceDrop;
    std::uint64_t seed = 0;
    bool operator==(const PruneOptions&) const = default;
    /// The same with no token settled beforehand.
    [[nodiscard]] PruneOptions withoutForced() const {
        PruneOptions free = *this;
        free.forceKeep.clear();
        free.forceDrop.clear();
        return free;
    }
    [[nodiscard]] bool anyForced() const { return !forceKeep.empty() || !forceDrop.empty(); }
};

/// What a decision looks at. Tensors are shared; rows are tokens in original order, tile after tile. A tile has gridRows x gridCols tokens,
/// or one more: a class token in front, which has no place (row and column -1). A grid of 0 x 0 is unknown: methods that need it refuse.
struct PruneInput {
    HostTensor tokens;            ///< [n, d] projector output
    HostTensor relevanceTokens;   ///< [n, c]; empty: tokens
    HostTensor query;             ///< [c] or [l, c] (pooled by queryPooling); empty: no question, relevance is constant
    HostTensor querySegments;     ///< [m, c] several queries of their own: relevance is the mean over them (`query` is not used then)
    int gridRows = 0, gridCols = 0;   ///< of one tile
    int tiles = 1;
    int autoSign = +1;            ///< what RelevanceSign::kAuto means for these features
};

enum class Reason { kKept, kGsp, kQcsp, kBudget, kForced, kFill, kMethod };
[[nodiscard]] const char* nameOf(Reason reason);

/// Everything known about one token. Ranks are -1, numbers NaN where the method did not compute them.
struct TokenTrace {
    std::int32_t index = 0, row = 0, col = 0;
    bool kept = false;
    Reason reason = Reason::kBudget;
    std::int32_t degree = -1;        ///< edges at tau
    float meanSimilarity = 0;        ///< mu over kept edges; mean over the whole opposite side when isolated
    float gspScore = 0;              ///< Eq. 9
    std::int32_t gspRank = -1;       ///< 0 = most redundant
    float relevanceRaw = 0;          ///< signed cosine (Eq. 4)
    float relevance = 0;             ///< after min-max, floor and power
    std::int32_t dppRank = -1;
    float dppGain = 0;
};

struct PruneTimings { double gramMs = 0, relevanceMs = 0, gspMs = 0, greedyMs = 0, totalMs = 0; };

/// The decision. Immutable once returned.
struct PruneDecision {
    PruneOptions options;                 ///< resolved: keep filled in, autos replaced
    std::int64_t n = 0;
    std::vector<std::int64_t> kept;       ///< ascending
    std::vector<std::int64_t> order;      ///< greedy k-DPP order as far as computed
    std::vector<float> gain;
    std::vector<std::int64_t> emitted;    ///< order in which tokens reach the language model (tiles)
    std::vector<TokenTrace> tokens;
    double resolvedTau = 0.5;             ///< quantile resolved to a value
    PruneTimings timings;
    std::vector<std::string> warnings;
};

/// Keeps per image what does not depend on the question (similarity, threshold table) and per question what does not depend on the knobs
/// (relevance, greedy order), so that a change of tau, gamma, p or budget costs O(n). Not thread-safe: one owner.
class PruneSession {
public:
    explicit PruneSession(std::shared_ptr<const CoreOps> ops = nullptr);
    ~PruneSession();
    PruneSession(PruneSession&&) noexcept;
    PruneSession& operator=(PruneSession&&) noexcept;

    /// New image. Refuses empty, non-finite or mismatching tensors (NUM-*, kNumeric; PRUNE-*, kBadInput).
    [[nodiscard]] Result<void> setInput(PruneInput input, std::stop_token stop = {});
    /// New question on the same image.
    [[nodiscard]] Result<void> setQuery(HostTensor query, HostTensor querySegments = {});
    /// The decision for these knobs.
    [[nodiscard]] Result<PruneDecision> decide(const PruneOptions& options, std::stop_token stop = {});
    /// Cosine similarity [n, n] of the tokens (block-diagonal over tiles with TileScope::kTile); computed on first use.
    [[nodiscard]] Result<HostTensor> similarity();

    // Analyses (survival.h, reasons.h): what a decision looks like from one token, and over all budgets or thresholds. They may take long at
    // thousands of tokens and poll `stop` (CANCELLED); the next decide() costs what it did before.
    /// Budgets 1 to `lastBudget` (0: all) with the other knobs as given. The greedy order is computed as deep as that needs.
    [[nodiscard]] Result<BudgetSurvival> budgetSurvival(const PruneOptions& options, std::int64_t lastBudget = 0, std::stop_token stop = {});
    /// tau over [-1, 1] with the other knobs as given; `step`: of the fusions that have no exact way.
    [[nodiscard]] Result<TauSurvival> tauSurvival(const PruneOptions& options, double step = 0.01, std::stop_token stop = {});
    /// The numbers behind one token's outcome. Error PRUNE-TOKEN (kUsage) for an index that is not there.
    [[nodiscard]] Result<TokenReasons> explain(const PruneOptions& options, std::int64_t token, const ReasonWish& wish, std::stop_token stop = {});
    /// Signed cosine of every token with another question, [n]: what TokenTrace::relevanceRaw would be for it (sign and pooling of `options`).
    /// `query` [l, c] or `segments` [m, c], as in PruneInput; without either zeros. The session's own question stays.
    [[nodiscard]] Result<std::vector<float>> relevanceTo(const PruneOptions& options, const HostTensor& query, const HostTensor& segments) const;
    /// What was set; empty tensors before.
    [[nodiscard]] const PruneInput& input() const;

private:
    struct State;
    [[nodiscard]] Result<void> findFlips(const PruneDecision& decision, std::int64_t token, TokenReasons& out, std::stop_token stop);
    std::unique_ptr<State> m_state;
};

/// Names of the methods this build knows, in menu order, and one line about each.
struct MethodInfo { std::string name, summary; bool usesQuestion = false, usesFeatures = false; };
[[nodiscard]] const std::vector<MethodInfo>& pruningMethods();
/// Checks ranges and names without data (USAGE-*, kUsage), e.g. keep <= 0, tau out of range, unknown method.
[[nodiscard]] Result<void> validateOptions(const PruneOptions& options);

}  // namespace prunescope
