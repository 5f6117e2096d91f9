// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// From the user's words to the decoder's input: template, ids, which ids are the question, and the splice of visual rows with explicit
// positions. (reference/models.md sections 9, 10; reference/methods.md 1.3, 3.4 A8.)

#include "core/base/result.h"
#include "core/base/tensor.h"
#include "core/checkpoint/checkpoint.h"
#include "core/prune/prune.h"
#include "core/run/language_model.h"
#include "core/run/question_lens.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prunescope {

/// A tokenised prompt with the image token in it exactly once.
struct PromptPlan {
    std::string text;                       ///< as tokenised
    std::vector<std::int64_t> ids;          ///< [textTokens + 1]
    std::size_t imageSlot = 0;              ///< index of the image token in `ids`
    std::vector<std::int64_t> questionIds;  ///< ids that carry the user's words: what relevance is measured against
    std::string question;                   ///< the user's words in `text`
    std::vector<AskedWord> words;           ///< of the question; their rows count in `questionIds`
    std::vector<std::string> warnings;
    [[nodiscard]] std::int64_t textTokens() const { return static_cast<std::int64_t>(ids.size()) - 1; }
};

/// Renders (template of the checkpoint) and tokenises. `raw` is taken as it is; its question is what follows the image token, a closing
/// "ASSISTANT:" left out. Errors: U-QUERY, U-PROMPT (kUsage), L-QUERY, L-PROMPT (kLimit), TOK-*, MODEL-*.
[[nodiscard]] Result<PromptPlan> planPrompt(const Tokenizer& tokenizer, const Checkpoint& checkpoint, const std::string& question,
                                            const std::optional<std::string>& raw, QueryWords words, std::int64_t questionBytes, std::int64_t promptTokens);

/// Puts the rows `emitted` of `projected` [n, d] where the image token stands. Positions: kCompact (and kAuto) count 0..T-1; kOriginal keeps
/// the place each row has in the unpruned sequence of `n` visual tokens, so that text after the image starts at imageSlot + n.
[[nodiscard]] PrefillInput splicePrompt(const PromptPlan& plan, std::int64_t imageToken, const HostTensor& projected,
                                        const std::vector<std::int64_t>& emitted, PositionMode positions);

}  // namespace prunescope
