// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Looking at the question instead of the picture: what each word of it is relevant to by itself, and what another question on the same image
// would look at. Nothing here changes the session; the decision that is shown stays the one it was.

#include "core/prune/prune.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunescope {

/// A word of the question and its rows in PruneInput::query: [firstRow, firstRow + rows). No rows: `--query-words content` leaves it out, or
/// a neighbour's token carries it.
struct AskedWord {
    std::string text;
    std::int64_t firstRow = 0, rows = 0;
    bool operator==(const AskedWord&) const = default;
};

/// A question as vectors: one of `query` [l, c] and `segments` [m, c] is set, as in PruneInput.
struct QuestionVectors {
    std::string text;
    HostTensor query, segments;
};

/// What to look at beside the decision's own question.
struct LensWish {
    bool words = false;
    std::string otherQuestion;   ///< empty: none
    [[nodiscard]] bool any() const { return words || !otherQuestion.empty(); }
    bool operator==(const LensWish&) const = default;
};

struct WordRelevance {
    AskedWord word;
    std::vector<float> cosine;   ///< [n] signed cosine (Eq. 4) with the mean of the word's rows alone; empty for a word without rows
};

struct QuestionLens {
    LensWish wish;
    bool perWord = false;               ///< false: this relevance space has one vector for the whole question (CLIP): `words` is empty
    std::vector<WordRelevance> words;   ///< in the order of the question
    std::vector<float> own;             ///< [n] signed cosine of the whole question: TokenTrace::relevanceRaw, also where the method needs none
    std::vector<float> other;           ///< [n] the same of wish.otherQuestion; empty without one
};

/// `words` are those of the question that `session` holds; `other` may be null. Errors: PRUNE-SHAPE (kBadInput) when rows and words do not fit.
[[nodiscard]] Result<QuestionLens> lookAtQuestion(const PruneSession& session, const PruneOptions& options, const std::vector<AskedWord>& words,
                                                  const QuestionVectors* other, const LensWish& wish);

}  // namespace prunescope
