// SPDX-License-Identifier: GPL-3.0-or-later

// Ids of a prompt, the question's ids and words in it, and the checks around them.

#include "core/text/prompt.h"

#include "core/text/text_errors.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace prunescope {

namespace {

// English function words, and the words that frame a question about a picture. Sorted.
constexpr std::array<std::string_view, 130> kFunctionWords{
    "a",     "about",  "after",   "all",   "also",  "am",     "an",      "and",    "any",     "are",   "as",      "at",    "be",      "been",   "being",
    "between", "both", "but",     "by",    "can",   "could",  "describe", "did",   "do",      "does",  "doing",   "don't", "each",    "every",  "exist",
    "for",   "from",   "give",    "had",   "has",   "have",   "having",  "he",     "her",     "here",  "him",     "his",   "how",     "i",      "if",
    "image", "in",     "into",    "is",    "it",    "it's",   "its",     "just",   "located", "look",  "many",    "may",   "me",      "might",  "more",
    "most",  "much",   "must",    "my",    "no",    "nor",    "not",     "of",     "on",      "one",   "only",    "or",    "other",   "our",    "out",
    "photo", "photograph", "picture", "please", "present", "same", "see", "seen",  "shall",   "she",   "should",  "show",  "shown",   "so",     "some",
    "such",  "tell",   "than",    "that",  "the",   "their",  "them",    "then",   "there",   "these", "they",    "this",  "those",   "to",     "too",
    "us",    "very",   "visible", "was",   "we",    "were",   "what",    "what's", "when",    "where", "which",   "while", "who",     "whom",   "whose",
    "why",   "will",   "with",    "within", "would", "yes",   "you",     "your",   "yours",   "yourself"};

struct Span {
    std::size_t begin, end;
};

/// Words of text[begin, end): runs of word characters; an apostrophe or hyphen between two of them belongs to the word.
std::vector<Span> wordSpans(const std::string& text, std::size_t begin, std::size_t end) {
    std::vector<Span> out;
    const auto isWord = [&text, end](std::size_t at) { return at < end && text::isWordCharacter(text::nextCodePoint(text, at)); };
    for (std::size_t at = begin; at < end;) {
        const std::size_t first = at;
        const char32_t codePoint = text::nextCodePoint(text, at);
        if (!text::isWordCharacter(codePoint)) continue;
        const bool continues = !out.empty() && (out.back().end == first || (out.back().end + 1 == first && (text[first - 1] == '\'' || text[first - 1] == '-')) ||
                                                (out.back().end + 3 == first && text.compare(first - 3, 3, "\xE2\x80\x99") == 0));
        if (continues && isWord(first)) out.back().end = at;
        else out.push_back({first, at});
    }
    return out;
}

std::size_t overlap(std::pair<std::size_t, std::size_t> token, Span span) {
    const std::size_t begin = std::max(token.first, span.begin), end = std::min(token.second, span.end);
    return begin < end ? end - begin : 0;
}

}  // namespace

Result<void> checkQuestion(const std::string& question, std::size_t maxBytes) {
    Error error;
    error.what = "cannot use the question";
    if (question.size() > maxBytes) {
        error.code = ErrorCode::kLimit;
        error.id = "L-QUERY";
        error.why = std::to_string(question.size()) + " bytes, the limit is " + std::to_string(maxBytes);
        error.hint = "raise it with --limit query=N";
        return error;
    }
    if (const std::size_t bad = text::findInvalidUtf8(question); bad != std::string::npos)
        return text::encodeError("TOK-UTF8", "byte " + std::to_string(bad) + " of the question is not UTF-8", ErrorCode::kBadInput, "pass the text as UTF-8");
    bool blank = true;
    for (std::size_t at = 0; at < question.size() && blank;) blank = text::isWhiteSpace(text::nextCodePoint(question, at));
    if (!blank) return {};
    error.code = ErrorCode::kUsage;
    error.id = "U-QUERY";
    error.why = question.empty() ? "it is empty" : "it has no tokens but white space";
    return error;
}

Result<EncodedPrompt> encodePrompt(const Tokenizer& tokenizer, const RenderedPrompt& prompt, const std::string& bosToken) {
    const std::optional<std::int64_t> imageId = tokenizer.idOf(prompt.imageToken);
    if (!imageId) return text::encodeError("TOK-IMAGE", "the image token '" + prompt.imageToken + "' is not in the vocabulary", ErrorCode::kBadModel);
    const bool hasBos = !bosToken.empty() && prompt.text.compare(0, bosToken.size(), bosToken) == 0;
    const std::size_t guardBegin = prompt.raw ? 0 : prompt.questionBegin, guardEnd = prompt.raw ? 0 : prompt.questionEnd;
    Result<Encoding> encoding = tokenizer.encodeGuarded(prompt.text, !hasBos, guardBegin, guardEnd, {prompt.imageToken, "<image>", "<video>"});
    if (!encoding) return encoding.error();
    EncodedPrompt out;
    out.ids = std::move(encoding->ids);
    out.offsets = std::move(encoding->offsets);
    const auto images = std::count(out.ids.begin(), out.ids.end(), *imageId);
    if (images != 1)
        return text::encodeError("TOK-IMAGE", "the image token '" + prompt.imageToken + "' gives " + std::to_string(images) + " ids, expected one", ErrorCode::kBadModel);
    out.imageIndex = static_cast<std::size_t>(std::find(out.ids.begin(), out.ids.end(), *imageId) - out.ids.begin());

    // The question's ids: those that touch it outside the white space at its ends.
    Span question{prompt.questionBegin, prompt.questionEnd};
    while (question.begin < question.end) {
        std::size_t at = question.begin;
        if (!text::isWhiteSpace(text::nextCodePoint(prompt.text, at))) break;
        question.begin = at;
    }
    while (question.end > question.begin) {
        std::size_t at = question.end;
        if (!text::isWhiteSpace(text::previousCodePoint(prompt.text, at))) break;
        question.end = at;
    }
    for (std::size_t i = 0; i < out.ids.size(); ++i) {
        if (i == out.imageIndex || overlap(out.offsets[i], question) == 0) continue;
        if (out.questionEnd == 0) out.questionBegin = i;
        out.questionEnd = i + 1;
    }
    return out;
}

std::vector<QuestionWord> questionWords(const EncodedPrompt& encoded, const RenderedPrompt& prompt) {
    const std::vector<Span> spans = wordSpans(prompt.text, prompt.questionBegin, prompt.questionEnd);
    std::vector<QuestionWord> words;
    for (const Span& span : spans) {
        QuestionWord word;
        word.text = prompt.text.substr(span.begin, span.end - span.begin);
        word.content = isContentWord(word.text);
        words.push_back(std::move(word));
    }
    std::size_t first = 0;
    for (std::size_t i = encoded.questionBegin; i < encoded.questionEnd; ++i) {
        const auto token = encoded.offsets[i];
        while (first < spans.size() && spans[first].end <= token.first) ++first;
        std::size_t best = spans.size(), most = 0;
        for (std::size_t w = first; w < spans.size() && spans[w].begin < token.second; ++w) {
            if (const std::size_t bytes = overlap(token, spans[w]); bytes > most) {
                most = bytes;
                best = w;
            }
        }
        if (best == spans.size()) continue;
        if (words[best].end == 0) words[best].begin = i;
        words[best].end = i + 1;
    }
    return words;
}

bool isContentWord(std::string_view word) {
    std::string lower;
    for (std::size_t at = 0; at < word.size();) {
        const char32_t codePoint = text::nextCodePoint(word, at);
        if (codePoint == 0x2019) lower.push_back('\'');
        else text::appendLowerCase(lower, codePoint);
    }
    return !lower.empty() && !std::binary_search(kFunctionWords.begin(), kFunctionWords.end(), std::string_view(lower));
}

std::vector<bool> contentWordMask(const EncodedPrompt& encoded, const RenderedPrompt& prompt) {
    std::vector<bool> mask(encoded.questionEnd - encoded.questionBegin, false);
    bool any = false;
    for (const QuestionWord& word : questionWords(encoded, prompt)) {
        if (!word.content) continue;
        for (std::size_t i = word.begin; i < word.end; ++i) {
            mask[i - encoded.questionBegin] = true;
            any = true;
        }
    }
    if (!any) mask.assign(mask.size(), true);
    return mask;
}

Result<std::string> checkAgainstModel(const Tokenizer& tokenizer, std::int64_t embeddingRows) {
    constexpr std::int64_t kPadding = 1024;
    if (tokenizer.size() > embeddingRows)
        return text::tokenizerError("TOK-RANGE", "tokenizer.json", "its highest id is " + std::to_string(tokenizer.size() - 1) + ", the model has " + std::to_string(embeddingRows) + " embedding rows",
                                    "the tokenizer belongs to another model");
    if (embeddingRows - tokenizer.size() > kPadding)
        return "TOK-MISMATCH: tokenizer.json has " + std::to_string(tokenizer.size()) + " ids and the model " + std::to_string(embeddingRows) + " embedding rows; is it another model's?";
    return std::string();
}

Result<void> checkIds(const std::vector<std::int64_t>& ids, std::int64_t embeddingRows) {
    for (const std::int64_t id : ids)
        if (id < 0 || id >= embeddingRows)
            return text::encodeError("TOK-RANGE", "id " + std::to_string(id) + " has no row among " + std::to_string(embeddingRows) + " embeddings", ErrorCode::kBadModel, "the tokenizer belongs to another model");
    return {};
}

}  // namespace prunescope
