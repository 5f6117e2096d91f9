// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// How sure the model is of one fixed answer under different kept tokens: the unpruned run's answer, scored again (teacher forcing) with what
// is kept now, and, where tokens are forced by hand, with what the method would keep without them.

#include <cstdint>
#include <optional>
#include <string>

namespace prunescope {

/// Natural logarithms, summed over the answer's tokens, end token included.
struct AnswerScores {
    std::string answer;             ///< of the run with all tokens
    double unpruned = 0;            ///< with all tokens
    double now = 0;                 ///< with the tokens that are kept now
    std::optional<double> unforced; ///< with what the method keeps when nothing is forced; empty: nothing is forced
    std::int64_t tokens = 0;        ///< answer tokens that were scored
};

}  // namespace prunescope
