// SPDX-License-Identifier: GPL-3.0-or-later

// The honest lower bound: m tokens drawn without replacement, equal for equal seed and tile on every machine, nested in m (methods.md 11).

#include "core/prune/method.h"
#include "core/prune/random_source.h"

#include <numeric>

namespace prunescope::detail {
namespace {

class RandomMethod final : public PruningMethod {
public:
    MethodInfo info() const override { return {"random", "Random tokens from the seed: the baseline", false, false}; }

    Result<void> select(Block& block, const PruneOptions& options, Selection& selection, PruneTimings&, const std::stop_token&) const override {
        std::vector<std::int32_t> order(static_cast<std::size_t>(block.size()));
        std::iota(order.begin(), order.end(), 0);
        RandomSource random(options.seed, 0x746F6B656EULL + static_cast<std::uint64_t>(block.cells().front().tile));
        random.shuffle(order, block.size());
        for (const std::int32_t token : order) {
            selection.offer(token, Reason::kKept);
            selection.explainDrop(token, Reason::kMethod);
        }
        return {};
    }
};

}  // namespace

std::unique_ptr<PruningMethod> makeRandomMethod() { return std::make_unique<RandomMethod>(); }

}  // namespace prunescope::detail
