// SPDX-License-Identifier: GPL-3.0-or-later

// Keeps every token.

#include "core/prune/method.h"

namespace prunescope::detail {
namespace {

class NoneMethod final : public PruningMethod {
public:
    MethodInfo info() const override { return {"none", "No pruning: every visual token reaches the language model", false, false}; }
    bool keepsAll() const override { return true; }
    /// Reached with forced drops only: everything else stays.
    Result<void> select(Block& block, const PruneOptions&, Selection& selection, PruneTimings&, const std::stop_token&) const override {
        for (std::int64_t i = 0; i < block.size(); ++i) {
            selection.offer(i, Reason::kKept);
        }
        return {};
    }
};

}  // namespace

std::unique_ptr<PruningMethod> makeNoneMethod() { return std::make_unique<NoneMethod>(); }

}  // namespace prunescope::detail
