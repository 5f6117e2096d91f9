// SPDX-License-Identifier: GPL-3.0-or-later

// The working path on the CPU: float32 with float64 where it is free, inner loops picked once by what this CPU offers.

#include "core/ops/lazy_greedy.h"
#include "core/ops/checks.h"
#include "core/ops/kernels.h"
#include "core/ops/op_registry.h"

#include <algorithm>
#include <cmath>

namespace prunescope {
namespace {

class WorkingOps final : public CoreOps {
public:
    explicit WorkingOps(const detail::KernelTable& kernels) : m_kernels(&kernels) {}

    std::string name() const override { return "working"; }

    /// Rows are scaled to unit length in float64 (sums of squares of float32 neither overflow nor underflow there), then one symmetric
    /// product in float32 blocks of 256.
    Result<HostTensor> similarity(MatrixView tokens) const override {
        if (Result<void> finite = requireFinite(tokens, "tokens"); !finite) {
            return finite.error();
        }
        const std::int64_t n = tokens.rows;
        std::vector<float> unit(static_cast<std::size_t>(n * tokens.cols));
        for (std::int64_t i = 0; i < n; ++i) {
            const double squares = m_kernels->sumOfSquares(tokens.row(i), tokens.cols);
            m_kernels->scale(tokens.row(i), squares > 0 ? 1.0 / std::sqrt(squares) : 0.0, tokens.cols, unit.data() + i * tokens.cols);
        }
        HostTensor out({n, n});
        std::vector<float> workspace(static_cast<std::size_t>(m_kernels->gramWorkspace(n)));
        m_kernels->gram(unit.data(), n, tokens.cols, out.mutableData(), workspace.data());
        float* s = out.mutableData();
        for (std::int64_t i = 0; i < n; ++i) {
            for (std::int64_t j = 0; j < n; ++j) {
                s[i * n + j] = std::min(1.0F, std::max(-1.0F, s[i * n + j]));
            }
            s[i * n + i] = 1.0F;
        }
        return out;
    }

    Result<ThresholdTable> thresholdTable(MatrixView similarity, const std::vector<std::uint8_t>& side, int bins) const override {
        if (Result<void> checked = detail::checkTableInput(similarity, side, bins); !checked) {
            return checked.error();
        }
        const std::int64_t n = similarity.rows;
        const std::int64_t width = bins + 1;
        ThresholdTable table{n, bins, std::vector<std::int32_t>(static_cast<std::size_t>(n * width), 0),
                             std::vector<double>(static_cast<std::size_t>(n * width), 0.0)};
        std::vector<std::int32_t> opposite[2];
        for (std::int64_t j = 0; j < n; ++j) {
            opposite[side[static_cast<std::size_t>(j)] != 0 ? 0 : 1].push_back(static_cast<std::int32_t>(j));
        }
        for (std::int64_t i = 0; i < n; ++i) {
            std::int32_t* degree = table.degree.data() + i * width;
            double* sum = table.sum.data() + i * width;
            const float* row = similarity.row(i);
            for (const std::int32_t j : opposite[side[static_cast<std::size_t>(i)] != 0 ? 1 : 0]) {
                const int bin = thresholdBin(row[j], bins);
                degree[bin] += 1;
                sum[bin] += row[j];
            }
            for (std::int64_t b = bins - 1; b >= 0; --b) {
                degree[b] += degree[b + 1];
                sum[b] += sum[b + 1];
            }
        }
        return table;
    }

    Result<std::vector<float>> relevance(MatrixView tokens, const std::vector<float>& query) const override {
        if (Result<void> checked = detail::checkRelevanceInput(tokens, query); !checked) {
            return checked.error();
        }
        const double length = std::sqrt(m_kernels->sumOfSquares(query.data(), tokens.cols));
        std::vector<float> out(static_cast<std::size_t>(tokens.rows), 0.0F);
        for (std::int64_t i = 0; i < tokens.rows; ++i) {
            const double norm = std::sqrt(m_kernels->sumOfSquares(tokens.row(i), tokens.cols));
            if (norm > 0 && length > 0) {
                out[static_cast<std::size_t>(i)] = static_cast<float>(m_kernels->dot(tokens.row(i), query.data(), tokens.cols) / norm / length);
            }
        }
        return out;
    }

    Result<GreedyOrder> greedyDpp(MatrixView similarity, const std::vector<float>& weights, std::int64_t k) const override {
        if (Result<void> checked = detail::checkGreedyInput(similarity, weights); !checked) {
            return checked.error();
        }
        detail::LazyGreedy run(*m_kernels, similarity, weights);
        if (Result<void> extended = run.extend(k); !extended) {
            return extended.error();
        }
        return run.result();
    }

    Result<std::unique_ptr<GreedyRun>> startGreedy(MatrixView similarity, std::vector<float> weights) const override {
        if (Result<void> checked = detail::checkGreedyInput(similarity, weights); !checked) {
            return checked.error();
        }
        return std::unique_ptr<GreedyRun>(std::make_unique<detail::LazyGreedy>(*m_kernels, similarity, weights));
    }

private:
    const detail::KernelTable* m_kernels;
};

std::vector<const detail::KernelTable*> levels() {
    std::vector<const detail::KernelTable*> found{&detail::baseKernels()};
#ifdef PRUNESCOPE_X86_KERNELS
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        found.push_back(&detail::avx2Kernels());
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vl")) {
            found.push_back(&detail::avx512Kernels());
        }
    }
#endif
    return found;
}

}  // namespace

std::vector<std::string> workingLevels() {
    std::vector<std::string> names;
    for (const detail::KernelTable* table : levels()) {
        names.emplace_back(table->level);
    }
    return names;
}

std::shared_ptr<const CoreOps> workingOpsAt(const std::string& level) {
    for (const detail::KernelTable* table : levels()) {
        if (level == table->level) {
            return std::make_shared<WorkingOps>(*table);
        }
    }
    return nullptr;
}

std::shared_ptr<const CoreOps> workingOps() {
    static const std::shared_ptr<const CoreOps> kOps = workingOpsAt(workingLevels().back());
    return kOps;
}

}  // namespace prunescope
