// SPDX-License-Identifier: GPL-3.0-or-later

// Backends by name, the checks all backends share, and a greedy run for backends that can only start over.

#include "core/ops/op_registry.h"

#include "core/base/numbers.h"

#include <cmath>
#include <map>
#include <mutex>
#include <utility>

namespace prunescope {
namespace {

struct Registry {
    std::mutex mutex;
    std::map<std::string, std::shared_ptr<const CoreOps>> backends;
};

Registry& registry() {
    static Registry instance;
    return instance;
}

/// Runs the backend again with twice the length whenever more picks are asked for.
class RepeatedGreedy final : public GreedyRun {
public:
    RepeatedGreedy(const CoreOps& ops, MatrixView similarity, std::vector<float> weights)
        : m_ops(&ops), m_similarity(similarity), m_weights(std::move(weights)) {}

    Result<void> extend(std::int64_t k) override {
        const std::int64_t have = static_cast<std::int64_t>(m_result.order.size());
        if (k <= have || m_result.exhausted) {
            return {};
        }
        Result<GreedyOrder> longer = m_ops->greedyDpp(m_similarity, m_weights, std::min(m_similarity.rows, std::max({k, 2 * have, std::int64_t{64}})));
        if (!longer) {
            return longer.error();
        }
        m_result = std::move(*longer);
        return {};
    }
    const GreedyOrder& result() const override { return m_result; }

private:
    const CoreOps* m_ops;
    MatrixView m_similarity;
    std::vector<float> m_weights;
    GreedyOrder m_result;
};

}  // namespace

Result<std::unique_ptr<GreedyRun>> CoreOps::startGreedy(MatrixView similarity, std::vector<float> weights) const {
    return std::unique_ptr<GreedyRun>(std::make_unique<RepeatedGreedy>(*this, similarity, std::move(weights)));
}

Result<void> requireFinite(MatrixView matrix, const std::string& name) {
    if (matrix.empty() || matrix.cols == 0) {
        return Error{ErrorCode::kNumeric, "NUM-EMPTY", "no values to work on", name, "the matrix has no rows or no columns", "", nullptr};
    }
    for (std::int64_t i = 0; i < matrix.rows; ++i) {
        const float* row = matrix.row(i);
        double sum = 0;
        for (std::int64_t c = 0; c < matrix.cols; ++c) {
            sum += row[c] * 0.0F;   // 0 for every finite number, NaN for the others
        }
        if (sum == 0) {
            continue;
        }
        for (std::int64_t c = 0; c < matrix.cols; ++c) {
            if (!std::isfinite(row[c])) {
                const std::string kind = std::isnan(row[c]) ? "NaN" : (row[c] > 0 ? "+Inf" : "-Inf");
                return Error{ErrorCode::kNumeric, "NUM-NONFINITE", "numbers not usable", name,
                             "row " + std::to_string(i) + ", column " + std::to_string(c) + " is " + kind, "check what wrote these features", nullptr};
            }
        }
    }
    return {};
}

void registerOps(const std::string& name, std::shared_ptr<const CoreOps> ops) {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    all.backends[name] = std::move(ops);
}

std::shared_ptr<const CoreOps> findOps(const std::string& name) {
    if (name == "reference") {
        return referenceOps();
    }
    if (name == "working") {
        return workingOps();
    }
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    const auto found = all.backends.find(name);
    return found == all.backends.end() ? nullptr : found->second;
}

std::vector<std::string> registeredOps() {
    std::vector<std::string> names{"reference", "working"};
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    for (const auto& [name, ops] : all.backends) {
        if (name != "reference" && name != "working") {
            names.push_back(name);
        }
    }
    return names;
}

}  // namespace prunescope
