// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Short ways to write this room's errors and warnings.

#include "core/base/result.h"

#include <stop_token>
#include <string>

namespace prunescope::detail {

[[nodiscard]] inline Error pruneError(ErrorCode code, const std::string& id, const std::string& what, const std::string& where,
                                      const std::string& why, const std::string& hint = {}) {
    return Error{code, id, what, where, why, hint, nullptr};
}

[[nodiscard]] inline Result<void> checkStop(const std::stop_token& stop) {
    if (stop.stop_requested()) {
        return pruneError(ErrorCode::kCancelled, "CANCELLED", "pruning decision", "", "stopped on request");
    }
    return {};
}

}  // namespace prunescope::detail
