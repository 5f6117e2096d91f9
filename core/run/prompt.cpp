// SPDX-License-Identifier: GPL-3.0-or-later
// Prompt planning and splicing.
#include "core/run/prompt.h"

#include "core/base/numbers.h"
#include "core/run/errors.h"
#include "core/text/prompt.h"

#include <cstring>

namespace prunescope {
namespace {

// The token that the post-processor puts first, "" without one.
std::string firstSpecialToken(const Tokenizer& tokenizer) {
    const auto nothing = tokenizer.encode("", true);
    return nothing && !nothing->ids.empty() ? tokenizer.tokenOf(nothing->ids.front()).value_or("") : std::string();
}

Result<RenderedPrompt> render(const Checkpoint& checkpoint, const std::string& imageToken, const std::string& bos, const std::string& question,
                              const std::optional<std::string>& raw, std::int64_t questionBytes) {
    if (const auto fine = checkQuestion(raw ? *raw : question, static_cast<std::size_t>(questionBytes)); !fine) {
        return fine.error();
    }
    if ((raw ? *raw : question).find('\0') != std::string::npos) {
        return makeError(ErrorCode::kUsage, "U-QUERY", "cannot use the question", {}, "it holds a NUL byte");
    }
    if (!raw) {
        return renderPrompt(checkpoint.chatTemplate, imageToken, bos, question);
    }
    auto prompt = rawPrompt(*raw, imageToken);
    constexpr std::string_view kTail = "ASSISTANT:";
    if (prompt) {
        // The turn that waits for the answer is no part of the question.
        const std::string_view words = std::string_view(prompt->text).substr(prompt->questionBegin, prompt->questionEnd - prompt->questionBegin);
        if (words.size() >= kTail.size() && words.substr(words.size() - kTail.size()) == kTail) {
            prompt->questionEnd -= kTail.size();
        }
    }
    return prompt;
}

}  // namespace

Result<PromptPlan> planPrompt(const Tokenizer& tokenizer, const Checkpoint& checkpoint, const std::string& question, const std::optional<std::string>& raw,
                              QueryWords words, std::int64_t questionBytes, std::int64_t promptTokens) {
    const auto imageToken = tokenizer.tokenOf(checkpoint.config.imageToken);
    if (!imageToken) {
        return makeError(ErrorCode::kBadModel, "MODEL-IMAGE-TOKEN", "cannot place the image", checkpoint.folder.string(),
                         "the tokenizer has no token with id " + formatCount(checkpoint.config.imageToken), "the tokenizer belongs to another model");
    }
    const std::string bos = firstSpecialToken(tokenizer);
    const auto rendered = render(checkpoint, *imageToken, bos, question, raw, questionBytes);
    if (!rendered) {
        return rendered.error();
    }
    auto encoded = encodePrompt(tokenizer, *rendered, bos);
    if (!encoded) {
        return encoded.error();
    }
    if (static_cast<std::int64_t>(encoded->ids.size()) > promptTokens) {
        return makeError(ErrorCode::kLimit, "L-PROMPT", "prompt too long", {}, formatCount(static_cast<std::int64_t>(encoded->ids.size())) + " tokens, the limit is "
                         + formatCount(promptTokens), "raise it with --limit prompt-tokens=N");
    }
    // The image token's own row is never looked up: it may lie behind the table.
    std::vector<std::int64_t> textIds = encoded->ids;
    textIds.erase(textIds.begin() + static_cast<std::ptrdiff_t>(encoded->imageIndex));
    if (const auto inside = checkIds(textIds, checkpoint.config.text.vocab); !inside) {
        return inside.error();
    }
    PromptPlan plan;
    plan.text = rendered->text;
    plan.question = rendered->text.substr(rendered->questionBegin, rendered->questionEnd - rendered->questionBegin);
    plan.imageSlot = encoded->imageIndex;
    const std::vector<bool> content = words == QueryWords::kContent ? contentWordMask(*encoded, *rendered) : std::vector<bool>();
    std::vector<std::int64_t> rowOf(encoded->questionEnd - encoded->questionBegin, -1);
    for (std::size_t i = encoded->questionBegin; i < encoded->questionEnd; ++i) {
        if (i != encoded->imageIndex && (content.empty() || content[i - encoded->questionBegin])) {
            rowOf[i - encoded->questionBegin] = static_cast<std::int64_t>(plan.questionIds.size());
            plan.questionIds.push_back(encoded->ids[i]);
        }
    }
    for (const QuestionWord& word : questionWords(*encoded, *rendered)) {
        AskedWord asked{word.text, 0, 0};
        for (std::size_t i = word.begin; i < word.end; ++i) {
            if (const std::int64_t row = rowOf[i - encoded->questionBegin]; row >= 0) {
                asked.firstRow = asked.rows == 0 ? row : asked.firstRow;
                ++asked.rows;
            }
        }
        plan.words.push_back(std::move(asked));
    }
    plan.ids = std::move(encoded->ids);
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
