// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Greedy k-DPP on the CPU, exact and lazy (performance.md 3.1, 3.5). Residuals never grow, so the gain a token had at its last update bounds
// what it can offer now. A round takes the tokens whose bound reaches a level just below the last pick and computes their missing Cholesky
// columns, several at a time and only until their bound falls below that level; the best of them then compete among themselves, each pick
// costing one column for these few, until the next one would fall to what the others might offer.

#include "core/ops/kernels.h"
#include "core/ops/op_registry.h"

#include <memory>

namespace prunescope::detail {

class LazyGreedy final : public GreedyRun {
public:
    /// `similarity` [n, n] must outlive the run. Cholesky runs on S itself; the gain of token i is w_i^2 d_i^2.
    LazyGreedy(const KernelTable& kernels, MatrixView similarity, const std::vector<float>& weights);
    LazyGreedy(const LazyGreedy&) = delete;
    LazyGreedy& operator=(const LazyGreedy&) = delete;
    ~LazyGreedy() override;

    Result<void> extend(std::int64_t k) override;
    const GreedyOrder& result() const override { return m_result; }
    /// Coefficients computed so far (the plain loop computes n for each pick), and rounds: measures of the work.
    [[nodiscard]] std::int64_t coefficientsComputed() const { return m_coefficients; }
    [[nodiscard]] std::int64_t rounds() const { return m_rounds; }

private:
    [[nodiscard]] std::int64_t picks() const { return static_cast<std::int64_t>(m_result.order.size()); }
    [[nodiscard]] double gainOf(std::int64_t token) const;
    void reserve(std::int64_t columns);
    [[nodiscard]] double gatherActive();
    void refresh(std::int64_t count, double theta);
    void refreshGroup(const std::int32_t* tokens, std::int64_t count, double theta);
    void compete(std::int64_t target, double outside);
    void record(std::int32_t token, const float* lane, double residual);

    const KernelTable* m_kernels;
    MatrixView m_similarity;
    std::vector<double> m_square, m_residual, m_cut;   ///< w_i^2 (0 once taken), d_i^2, rank bound of d_i^2
    std::vector<double> m_bound;                       ///< gain at the last update; 0 once taken
    std::vector<std::int32_t> m_done;                  ///< picks that the residual knows of
    std::vector<std::unique_ptr<float[]>> m_chunkOwner;   ///< Cholesky rows in chunks [n, kChunk] (kernels.h): coefficient s where
    std::vector<float*> m_chunks;                         ///< s < m_done, else not yet written
    std::vector<std::vector<float>> m_factor;          ///< rows of the picked tokens
    std::vector<const float*> m_factorRow, m_similarityRow;
    std::vector<float> m_inverse;
    std::vector<std::int32_t> m_stale, m_sorted, m_active;   ///< of the round; room for all tokens
    std::int64_t m_activeCount = 0;
    std::vector<float> m_columns;                      ///< scratch of a round
    std::vector<std::int32_t> m_ageCount;
    double m_floor = 0, m_level = 0, m_ratio = 0.8;
    std::int64_t m_coefficients = 0, m_rounds = 0;
    GreedyOrder m_result;
};

}  // namespace prunescope::detail
