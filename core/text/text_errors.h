// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Errors of the text room in one shape: what could not be done, in which file, and a reason that begins with the key it is about.

#include "core/base/result.h"

#include <string>
#include <utility>

namespace prunescope::text {

/// A tokenizer.json that cannot be used. `why` begins with the JSON key ("model.merges[3]: …").
inline Error tokenizerError(std::string id, std::string where, std::string why, std::string hint = {}, ErrorCode code = ErrorCode::kBadModel) {
    Error error;
    error.code = code;
    error.id = std::move(id);
    error.what = "cannot load tokenizer";
    error.where = std::move(where);
    error.why = std::move(why);
    error.hint = std::move(hint);
    return error;
}

/// A text that cannot be tokenized with a tokenizer that loaded.
inline Error encodeError(std::string id, std::string why, ErrorCode code, std::string hint = {}) {
    Error error;
    error.code = code;
    error.id = std::move(id);
    error.what = "cannot tokenize text";
    error.why = std::move(why);
    error.hint = std::move(hint);
    return error;
}

/// Thrown inside this room only; Tokenizer::parse turns it into its value.
struct LoadFailure {
    Error error;
};

}  // namespace prunescope::text
