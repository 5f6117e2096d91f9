// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// From question to ids: checks of what the user typed, the raw prompt, ids with the question's place in them, and the question's words for
// relevance by word. (reference/models.md 8, 9; reference/reliability.md T13-T18)

#include "core/text/tokenizer.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace prunescope {

/// Longest question without a raised limit (reference/reliability.md 2.4).
constexpr std::size_t kMaxQuestionBytes = 8192;

/// U-QUERY (kUsage) when nothing but white space is there, L-QUERY (kLimit) over `maxBytes`, TOK-UTF8 (kBadInput).
[[nodiscard]] Result<void> checkQuestion(const std::string& question, std::size_t maxBytes = kMaxQuestionBytes);

/// A prompt that the user wrote as a whole (--prompt), image token in it exactly once (else U-PROMPT, kUsage). Its question is what follows
/// the image token, without white space around it; control tokens in it count as such.
[[nodiscard]] Result<RenderedPrompt> rawPrompt(const std::string& text, const std::string& imageToken);

/// Ids of a prompt. One id stands for the image; repeating it N times equals tokenizing N image tokens (reference/models.md 8.1).
struct EncodedPrompt {
    std::vector<std::int64_t> ids;
    std::vector<std::pair<std::size_t, std::size_t>> offsets;   ///< byte range of each id in the prompt's text
    std::size_t imageIndex = 0;                                 ///< position of the image token in `ids`
    std::size_t questionBegin = 0, questionEnd = 0;             ///< ids [begin, end) that carry the question's words; equal without any
};
/// Tokenizes. Special tokens are not added where the text already begins with `bosToken` (as transformers does). Inside the question of a
/// rendered prompt, control tokens and image tokens stay plain text, so that the image has exactly one place: transformers would read them
/// as tokens unless asked to sanitize. TOK-IMAGE (kBadModel): the image token is no token of this vocabulary, or not there once.
[[nodiscard]] Result<EncodedPrompt> encodePrompt(const Tokenizer& tokenizer, const RenderedPrompt& prompt, const std::string& bosToken);

/// A word of the question and the ids that carry it: ids [begin, end) of EncodedPrompt, empty when a neighbour carries it too.
struct QuestionWord {
    std::string text;
    std::size_t begin = 0, end = 0;
    bool content = false;   ///< not in the list of English function words
};
/// The question cut at white space and punctuation, in order. An id that spans two words counts for the one with more of its bytes.
[[nodiscard]] std::vector<QuestionWord> questionWords(const EncodedPrompt& encoded, const RenderedPrompt& prompt);

/// One flag for each id of [questionBegin, questionEnd): true where it carries a content word (`--query-words content`). All true when the
/// question has no content word.
[[nodiscard]] std::vector<bool> contentWordMask(const EncodedPrompt& encoded, const RenderedPrompt& prompt);
/// True unless `word` is an English function word or a word of the question's frame ("image", "picture" …). Case does not matter.
[[nodiscard]] bool isContentWord(std::string_view word);

/// Does this tokenizer belong to a model with `embeddingRows` rows? TOK-RANGE (kBadModel) when an id has no row; a non-empty text is the
/// TOK-MISMATCH warning for sizes further apart than padding explains.
[[nodiscard]] Result<std::string> checkAgainstModel(const Tokenizer& tokenizer, std::int64_t embeddingRows);
/// TOK-RANGE when an id is negative or has no embedding row.
[[nodiscard]] Result<void> checkIds(const std::vector<std::int64_t>& ids, std::int64_t embeddingRows);

}  // namespace prunescope
