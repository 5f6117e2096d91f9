// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/prune/block.h"

#include "core/prune/stage_clock.h"

#include <algorithm>
#include <utility>

namespace prunescope::detail {

Block::Block(std::shared_ptr<const CoreOps> ops, MatrixView tokens, MatrixView relevanceTokens, std::vector<Cell> cells, int autoSign)
    : m_ops(std::move(ops)), m_tokens(tokens), m_relevanceTokens(relevanceTokens), m_cells(std::move(cells)), m_autoSign(autoSign) {
    m_zeroNorm.resize(static_cast<std::size_t>(tokens.rows));
    for (std::int64_t i = 0; i < tokens.rows; ++i) {
        m_zeroNorm[static_cast<std::size_t>(i)] = std::all_of(tokens.row(i), tokens.row(i) + tokens.cols, [](float v) { return v == 0; }) ? 1 : 0;
    }
}

void Block::setQuery(const HostTensor& query, const HostTensor& segments) {
    m_query = query;
    m_segments = segments;
    m_cosines.reset();
    m_relevance.reset();
    m_greedy.reset();
}

Result<HostTensor> Block::similarity(PruneTimings& timings) {
    if (m_similarity.empty()) {
        const StageClock clock(timings.gramMs);
        Result<HostTensor> computed = m_ops->similarity(m_tokens);
        if (!computed) {
            return computed.error();
        }
        m_similarity = std::move(*computed);
    }
    return m_similarity;
}

Result<const EdgeTable*> Block::edgeTable(const TableKey& key, PruneTimings& timings) {
    for (const auto& [known, table] : m_tables) {
        if (known == key) {
            return &table;
        }
    }
    Result<HostTensor> s = similarity(timings);
    if (!s) {
        return s.error();
    }
    const StageClock clock(timings.gspMs);
    Result<EdgeTable> table = EdgeTable::build(*m_ops, MatrixView(*s), partitionSides(key.partition, m_cells, key.seed));
    if (!table) {
        return table.error();
    }
    if (m_tables.size() == 3) {
        m_tables.erase(m_tables.begin());
    }
    m_tables.emplace_back(key, std::move(*table));
    return &m_tables.back().second;
}

Result<const GspScores*> Block::gsp(const PruneOptions& options, PruneTimings& timings) {
    const TableKey tableKey{options.partition, options.partition == Partition::kRandom ? options.seed : 0};
    const ScoreKey key{tableKey, options.tau.value, options.gamma, options.tau.isQuantile};
    if (m_scores && m_scores->first == key) {
        return &m_scores->second;
    }
    Result<const EdgeTable*> table = edgeTable(tableKey, timings);
    if (!table) {
        return table.error();
    }
    const StageClock clock(timings.gspMs);
    const double tau = options.tau.isQuantile ? (*table)->quantile(options.tau.value) : options.tau.value;
    m_scores.emplace(key, (*table)->scores(tau, options.gamma, m_zeroNorm));
    return &m_scores->second;
}

RelevanceKey Block::relevanceKey(const PruneOptions& options) const {
    RelevanceKey key;
    key.sign = options.relevanceSign == RelevanceSign::kAuto ? m_autoSign : (options.relevanceSign == RelevanceSign::kPlus ? 1 : -1);
    key.power = options.relevancePower;
    key.theta = options.relevanceTheta;
    key.pooling = options.queryPooling;
    return key;
}

Result<const RelevanceScores*> Block::relevance(const PruneOptions& options, PruneTimings& timings) {
    const RelevanceKey key = relevanceKey(options);
    if (m_relevance && m_relevance->first == key) {
        return &m_relevance->second;
    }
    const StageClock clock(timings.relevanceMs);
    if (!m_cosines || m_cosines->first != key.pooling) {
        Result<std::vector<float>> cosines = rawRelevance(*m_ops, m_relevanceTokens, queryVectors(m_query, m_segments, key.pooling));
        if (!cosines) {
            return cosines.error();
        }
        m_cosines.emplace(key.pooling, std::move(*cosines));
    }
    m_greedy.reset();
    m_relevance.emplace(key, relevanceScores(m_cosines->second, key.sign, key.power, key.theta, m_zeroNorm));
    return &m_relevance->second;
}

/// Zero-norm tokens weigh nothing: they are diverse by definition only.
std::vector<float> Block::greedyWeights(const RelevanceScores& relevance) const {
    std::vector<float> weights = relevance.value;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        weights[i] = m_zeroNorm[i] != 0 ? 0.0F : weights[i];
    }
    return weights;
}

Result<GreedyRun*> Block::greedy(const PruneOptions& options, PruneTimings& timings) {
    Result<const RelevanceScores*> scores = relevance(options, timings);
    if (!scores) {
        return scores.error();
    }
    if (!m_greedy) {
        Result<HostTensor> s = similarity(timings);
        if (!s) {
            return s.error();
        }
        const StageClock clock(timings.greedyMs);
        Result<std::unique_ptr<GreedyRun>> run = m_ops->startGreedy(MatrixView(*s), greedyWeights(**scores));
        if (!run) {
            return run.error();
        }
        m_greedy = std::move(*run);
    }
    return m_greedy.get();
}

Result<std::unique_ptr<GreedyRun>> Block::greedyAmong(const std::vector<std::uint8_t>& allowed, const PruneOptions& options, PruneTimings& timings) {
    Result<const RelevanceScores*> scores = relevance(options, timings);
    if (!scores) {
        return scores.error();
    }
    Result<HostTensor> s = similarity(timings);
    if (!s) {
        return s.error();
    }
    std::vector<float> weights = greedyWeights(**scores);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        weights[i] = allowed[i] != 0 ? weights[i] : 0.0F;
    }
    const StageClock clock(timings.greedyMs);
    return m_ops->startGreedy(MatrixView(*s), std::move(weights));
}

}  // namespace prunescope::detail
