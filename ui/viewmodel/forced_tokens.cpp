// SPDX-License-Identifier: GPL-3.0-or-later

// Editing of the two lists.

#include "ui/viewmodel/forced_tokens.h"

#include <algorithm>
#include <set>

namespace prunescope {

ForceMark forceOf(const PruneOptions& options, std::int64_t token) {
    const auto in = [token](const std::vector<std::int64_t>& list) { return std::find(list.begin(), list.end(), token) != list.end(); };
    return in(options.forceKeep) ? ForceMark::kKeep : in(options.forceDrop) ? ForceMark::kDrop : ForceMark::kNone;
}

PruneOptions withForced(PruneOptions options, const std::vector<std::int64_t>& tokens, ForceMark mark) {
    std::set<std::int64_t> keep(options.forceKeep.begin(), options.forceKeep.end());
    std::set<std::int64_t> drop(options.forceDrop.begin(), options.forceDrop.end());
    for (const std::int64_t token : tokens) {
        keep.erase(token);
        drop.erase(token);
        if (mark == ForceMark::kKeep) {
            keep.insert(token);
        } else if (mark == ForceMark::kDrop) {
            drop.insert(token);
        }
    }
    options.forceKeep.assign(keep.begin(), keep.end());
    options.forceDrop.assign(drop.begin(), drop.end());
    return options;
}

}  // namespace prunescope
