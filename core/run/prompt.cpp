// SPDX-License-Identifier: GPL-3.0-or-later
// Prompt planning and splicing.
#include "core/run/prompt.h"

#include "core/base/numbers.h"
#include "core/base/utf8.h"
#include "core/run/errors.h"

#include <algorithm>
#include <iterator>
#include <cstring>
#include <string_view>

namespace prunescope {
namespace {

constexpr std::string_view kFunctionWords[] = {
    "a",     "an",    "and",   "any",   "are",  "at",   "be",    "been",  "by",     "can",    "could", "describe", "did",  "do",
    "does",  "for",   "from",  "had",   "has",  "have", "how",   "i",     "image",  "in",     "is",    "it",       "its",  "many",
    "me",    "much",  "my",    "of",    "on",   "or",   "photo", "please", "picture", "s",    "see",   "shown",    "some", "tell",
    "that",  "the",   "there", "these", "they", "this", "those", "to",    "visible", "was",   "were",  "what",     "when", "where",
    "which", "who",   "whose", "why",   "will", "with", "would", "you",   "your",   "show"};

bool isWordByte(char c) {
    const auto u = static_cast<unsigned char>(c);
    return u >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string lowered(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

bool isBlank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

// [begin, end) without blanks at either side.
void trimRange(const std::string& text, std::size_t& begin, std::size_t& end) {
    while (begin < end && isBlank(text[begin])) {
        ++begin;
    }
    while (end > begin && isBlank(text[end - 1])) {
        --end;
    }
}

// The user's words of a raw prompt: behind the image token, a closing "ASSISTANT:" left out; in front of it when nothing follows.
void questionOfRaw(const std::string& text, const std::string& imageToken, std::size_t& begin, std::size_t& end) {
    const std::size_t image = text.find(imageToken);
    begin = image == std::string::npos ? 0 : image + imageToken.size();
    end = text.size();
    trimRange(text, begin, end);
    constexpr std::string_view kTail = "ASSISTANT:";
    if (end - begin >= kTail.size() && text.compare(end - kTail.size(), kTail.size(), kTail) == 0) {
        end -= kTail.size();
        trimRange(text, begin, end);
    }
    if (begin < end || image == std::string::npos) {
        return;
    }
    begin = 0;
    end = image;
    trimRange(text, begin, end);
    constexpr std::string_view kHead = "USER:";
    if (end - begin >= kHead.size() && text.compare(begin, kHead.size(), kHead) == 0) {
        begin += kHead.size();
        trimRange(text, begin, end);
    }
}

Result<void> checkQuestion(const std::string& question, const std::optional<std::string>& rawPrompt, std::int64_t questionBytes) {
    const std::string& given = rawPrompt ? *rawPrompt : question;
    if (static_cast<std::int64_t>(given.size()) > questionBytes) {
        return makeError(ErrorCode::kLimit, "LIMIT-QUERY", "question too long", {}, formatCount(static_cast<std::int64_t>(given.size())) + " bytes, at most "
                         + formatCount(questionBytes), "raise with --limit query=BYTES");
    }
    if (std::all_of(given.begin(), given.end(), isBlank)) {
        return makeError(ErrorCode::kUsage, "USAGE-QUERY", "no question", {}, "it holds no words", "give --question TEXT");
    }
    if (given.find('\0') != std::string::npos) {
        return makeError(ErrorCode::kUsage, "USAGE-QUERY", "cannot use the question", {}, "it holds a NUL byte");
    }
    if (!isUtf8(given)) {
        return makeError(ErrorCode::kUsage, "USAGE-QUERY-UTF8", "cannot use the question", elide(given, 40, false), "it is not UTF-8");
    }
    return {};
}

// Ids that overlap [begin, end) and, with content words only, a content byte.
std::vector<std::int64_t> idsInside(const PromptPlan& plan, const Encoding& encoding, const Tokenizer& tokenizer, std::size_t begin, std::size_t end,
                                    const std::vector<bool>& wanted) {
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
        const auto [from, to] = encoding.offsets[i];
        if (i == plan.imageSlot || from >= to || to <= begin || from >= end || tokenizer.isSpecial(encoding.ids[i])) {
            continue;
        }
        bool use = wanted.empty();
        for (std::size_t b = std::max(from, begin); !use && b < std::min(to, end); ++b) {
            use = wanted[b - begin];
        }
        if (use) {
            ids.push_back(encoding.ids[i]);
        }
    }
    return ids;
}

Result<void> findImageSlot(PromptPlan& plan, std::int64_t imageToken, bool raw, const std::string& imageText) {
    const auto count = std::count(plan.ids.begin(), plan.ids.end(), imageToken);
    if (count != 1) {
        if (raw) {
            return makeError(ErrorCode::kUsage, "USAGE-PROMPT", "cannot use the prompt", {}, "it holds '" + imageText + "' " + formatCount(count) + " times",
                             "write it exactly once, where the image goes");
        }
        return makeError(ErrorCode::kUsage, "USAGE-QUERY-IMAGE", "cannot use the question", {}, "it holds the image token '" + imageText + "'",
                         "leave it out, or use --prompt");
    }
    plan.imageSlot = static_cast<std::size_t>(std::find(plan.ids.begin(), plan.ids.end(), imageToken) - plan.ids.begin());
    return {};
}

}  // namespace

std::vector<bool> contentBytes(const std::string& question) {
    std::vector<bool> content(question.size(), false);
    for (std::size_t begin = 0; begin < question.size();) {
        if (!isWordByte(question[begin])) {
            ++begin;
            continue;
        }
        std::size_t end = begin;
        while (end < question.size() && isWordByte(question[end])) {
            ++end;
        }
        const std::string word = lowered(std::string_view(question).substr(begin, end - begin));
        const bool function = std::find(std::begin(kFunctionWords), std::end(kFunctionWords), word) != std::end(kFunctionWords);
        std::fill(content.begin() + static_cast<std::ptrdiff_t>(begin), content.begin() + static_cast<std::ptrdiff_t>(end), !function);
        begin = end;
    }
    return content;
}

Result<PromptPlan> planPrompt(const Tokenizer& tokenizer, const Checkpoint& checkpoint, const std::string& question,
                              const std::optional<std::string>& rawPrompt, QueryWords words, std::int64_t questionBytes, std::int64_t promptTokens) {
    if (const auto fine = checkQuestion(question, rawPrompt, questionBytes); !fine) {
        return fine.error();
    }
    const auto imageText = tokenizer.tokenOf(checkpoint.config.imageToken);
    if (!imageText) {
        return makeError(ErrorCode::kBadModel, "MODEL-IMAGE-TOKEN", "cannot place the image", checkpoint.folder.string(),
                         "the tokenizer has no token with id " + formatCount(checkpoint.config.imageToken), "the tokenizer belongs to another model");
    }
    // The token that the post-processor puts first, if any.
    const auto nothing = tokenizer.encode("", true);
    const std::string bos = nothing && !nothing->ids.empty() ? tokenizer.tokenOf(nothing->ids.front()).value_or("") : std::string();

    PromptPlan plan;
    std::size_t begin = 0;
    std::size_t end = 0;
    if (rawPrompt) {
        plan.text = *rawPrompt;
        questionOfRaw(plan.text, *imageText, begin, end);
    } else {
        auto rendered = renderPrompt(checkpoint.chatTemplate, *imageText, bos, question);
        if (!rendered) {
            return rendered.error();
        }
        plan.text = std::move(rendered->text);
        begin = rendered->questionBegin;
        end = rendered->questionEnd;
        trimRange(plan.text, begin, end);
    }
    const bool startsWithBos = !bos.empty() && plan.text.compare(0, bos.size(), bos) == 0;
    const auto encoding = tokenizer.encode(plan.text, !startsWithBos);
    if (!encoding) {
        return encoding.error();
    }
    if (static_cast<std::int64_t>(encoding->ids.size()) > promptTokens) {
        return makeError(ErrorCode::kLimit, "LIMIT-PROMPT", "prompt too long", {}, formatCount(static_cast<std::int64_t>(encoding->ids.size()))
                         + " tokens, at most " + formatCount(promptTokens), "raise with --limit prompt-tokens=N");
    }
    plan.ids = encoding->ids;
    if (const auto placed = findImageSlot(plan, checkpoint.config.imageToken, rawPrompt.has_value(), *imageText); !placed) {
        return placed.error();
    }
    for (std::size_t i = 0; i < plan.ids.size(); ++i) {
        if (i != plan.imageSlot && (plan.ids[i] < 0 || plan.ids[i] >= checkpoint.config.text.vocab)) {
            return makeError(ErrorCode::kBadModel, "TOK-RANGE", "tokenizer and model do not fit", checkpoint.folder.string(),
                             "token " + formatCount(plan.ids[i]) + " of the prompt has no embedding", "the tokenizer belongs to another model");
        }
    }
    plan.question = plan.text.substr(begin, end - begin);
    if (words == QueryWords::kContent) {
        plan.questionIds = idsInside(plan, *encoding, tokenizer, begin, end, contentBytes(plan.question));
        if (plan.questionIds.empty()) {
            plan.warnings.emplace_back("the question has no content words: all its words are used");
        }
    }
    if (plan.questionIds.empty()) {
        plan.questionIds = idsInside(plan, *encoding, tokenizer, begin, end, {});
    }
    if (plan.questionIds.empty() && !rawPrompt) {
        return makeError(ErrorCode::kUsage, "USAGE-QUERY", "no question", {}, "it holds no tokens that could be looked for", "give --question TEXT");
    }
    return plan;
}

PrefillInput splicePrompt(const PromptPlan& plan, std::int64_t imageToken, const HostTensor& projected, const std::vector<std::int64_t>& emitted,
                          PositionMode positions) {
    const std::int64_t total = projected.empty() ? 0 : projected.size(0);
    const std::int64_t width = projected.empty() ? 0 : projected.size(1);
    const auto base = static_cast<std::int64_t>(plan.imageSlot);
    const bool original = positions == PositionMode::kOriginal;
    PrefillInput input;
    input.visual = HostTensor({static_cast<std::int64_t>(emitted.size()), width});
    input.ids.reserve(plan.ids.size() + emitted.size());
    input.positions.reserve(plan.ids.size() + emitted.size());
    for (std::size_t i = 0; i < plan.ids.size(); ++i) {
        if (i != plan.imageSlot) {
            const auto shift = i < plan.imageSlot ? 0 : (original ? total : static_cast<std::int64_t>(emitted.size())) - 1;
            input.ids.push_back(plan.ids[i]);
            input.positions.push_back(static_cast<std::int64_t>(i) + shift);
            continue;
        }
        for (std::size_t row = 0; row < emitted.size(); ++row) {
            const std::int64_t token = emitted[row];
            std::memcpy(input.visual.mutableData() + static_cast<std::int64_t>(row) * width, projected.data() + token * width,
                        static_cast<std::size_t>(width) * sizeof(float));
            input.ids.push_back(imageToken);
            input.positions.push_back(base + (original ? token : static_cast<std::int64_t>(row)));
        }
    }
    input.nextPosition = plan.textTokens() + (original ? total : static_cast<std::int64_t>(emitted.size()));
    return input;
}

}  // namespace prunescope
