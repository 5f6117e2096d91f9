// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a pruning method sees: the tokens that compete with each other (one tile, or the whole image) with everything computed once and kept.
// Similarity and edge tables live as long as the image; relevance and the greedy order as long as the question.

#include "core/prune/bipartite.h"
#include "core/prune/prune.h"
#include "core/prune/relevance.h"

#include <memory>
#include <optional>
#include <vector>

namespace prunescope::detail {

/// What an edge table depends on beside the image.
struct TableKey {
    Partition partition = Partition::kParity;
    std::uint64_t seed = 0;
    bool operator==(const TableKey&) const = default;
};

/// … Eq. 9 scores.
struct ScoreKey {
    TableKey table;
    double tau = 0, gamma = 0;
    bool isQuantile = false;
    bool operator==(const ScoreKey&) const = default;
};

/// … relevance.
struct RelevanceKey {
    int sign = 1;
    double power = 1;
    std::optional<double> theta;
    QueryPooling pooling = QueryPooling::kMean;
    bool operator==(const RelevanceKey&) const = default;
};

class Block {
public:
    /// `tokens` [n, d] and `relevanceTokens` [n, c] must outlive the block; `cells` tells where each token stands.
    Block(std::shared_ptr<const CoreOps> ops, MatrixView tokens, MatrixView relevanceTokens, std::vector<Cell> cells, int autoSign);

    /// New question. The vectors are pooled when the options are known.
    void setQuery(const HostTensor& query, const HostTensor& segments);

    [[nodiscard]] std::int64_t size() const { return m_tokens.rows; }
    [[nodiscard]] const std::vector<Cell>& cells() const { return m_cells; }
    /// 1 where a token has no length: it is similar to nothing and comes last everywhere.
    [[nodiscard]] const std::vector<std::uint8_t>& zeroNorm() const { return m_zeroNorm; }
    [[nodiscard]] bool hasQuestion() const { return !m_query.empty() || !m_segments.empty(); }

    [[nodiscard]] Result<HostTensor> similarity(PruneTimings& timings);
    /// Scores of the bipartite graph at options.tau, gamma, partition, seed. Valid until the next call.
    [[nodiscard]] Result<const GspScores*> gsp(const PruneOptions& options, PruneTimings& timings);
    /// Relevance at options.relevanceSign, power, theta, pooling. Valid until the next call with other options.
    [[nodiscard]] Result<const RelevanceScores*> relevance(const PruneOptions& options, PruneTimings& timings);
    /// The greedy order over all tokens; grows by extend() and is kept for this question.
    [[nodiscard]] Result<GreedyRun*> greedy(const PruneOptions& options, PruneTimings& timings);
    /// A greedy run over the tokens with allowed[i] != 0 alone; not kept.
    [[nodiscard]] Result<std::unique_ptr<GreedyRun>> greedyAmong(const std::vector<std::uint8_t>& allowed, const PruneOptions& options, PruneTimings& timings);

private:
    [[nodiscard]] Result<const EdgeTable*> edgeTable(const TableKey& key, PruneTimings& timings);
    [[nodiscard]] RelevanceKey relevanceKey(const PruneOptions& options) const;
    [[nodiscard]] std::vector<float> greedyWeights(const RelevanceScores& relevance) const;

    std::shared_ptr<const CoreOps> m_ops;
    MatrixView m_tokens, m_relevanceTokens;
    std::vector<Cell> m_cells;
    int m_autoSign = 1;
    std::vector<std::uint8_t> m_zeroNorm;
    HostTensor m_query, m_segments;
    HostTensor m_similarity;
    std::vector<std::pair<TableKey, EdgeTable>> m_tables;   ///< newest last, at most three
    std::optional<std::pair<ScoreKey, GspScores>> m_scores;
    std::optional<std::pair<QueryPooling, std::vector<float>>> m_cosines;
    std::optional<std::pair<RelevanceKey, RelevanceScores>> m_relevance;
    std::unique_ptr<GreedyRun> m_greedy;                    ///< for m_relevance
};

}  // namespace prunescope::detail
