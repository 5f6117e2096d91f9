// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Short ways to write an Error, and the one boundary of core/run where exceptions end.

#include "core/base/result.h"

#include <exception>
#include <new>
#include <string>
#include <utility>

namespace prunescope {

[[nodiscard]] inline Error makeError(ErrorCode code, std::string id, std::string what, std::string where = {}, std::string why = {}, std::string hint = {}) {
    Error error;
    error.code = code;
    error.id = std::move(id);
    error.what = std::move(what);
    error.where = std::move(where);
    error.why = std::move(why);
    error.hint = std::move(hint);
    return error;
}

[[nodiscard]] inline Error cancelledError(std::string what) { return makeError(ErrorCode::kCancelled, "CANCELLED", std::move(what), {}, "stopped on request"); }

/// Runs `body` (returning a Result) and turns what it throws into an Error: bad_alloc into MEM-HOST, the rest into INTERNAL.
template <typename Body>
auto guarded(const char* what, Body&& body) -> decltype(body()) {
    try {
        return body();
    } catch (const std::bad_alloc&) {
        return makeError(ErrorCode::kDevice, "MEM-HOST", what, {}, "out of memory", "close other programs or use a smaller image or model");
    } catch (const std::exception&) {
        return makeError(ErrorCode::kInternal, "INTERNAL", what, {}, "unexpected exception", "please report this with the command that shows it");
    }
}

}  // namespace prunescope
