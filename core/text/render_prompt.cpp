// SPDX-License-Identifier: GPL-3.0-or-later

// Chat template + question -> prompt, with the place of the question in it. The template is rendered with a stand-in for the question, whose
// place is then the question's; a question that contains template text, an image token or its own repetition cannot move it.

#include "core/text/jinja.h"
#include "core/text/prompt.h"
#include "core/text/unicode.h"

#include <utility>

namespace prunescope {

namespace {

using jinja::Value;

// LLaVA-1.5: role in capitals, images first, then the texts. (reference/models.md 5.1 and 9)
constexpr const char* kDefaultTemplate =
    "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': ' }}{% endif %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ image_token + '\n' }}{% endfor %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] + ' ' }}{% endfor %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}";
constexpr const char* kStandIn = "pruneScopeStandsInForTheQuestion7f3a";

struct Request {
    const std::string& chatTemplate;
    const std::string& imageToken;
    const std::string& bosToken;
    bool listContent = true;   ///< [{image}, {text}] as processors pass it, or one string "<image>\nquestion"

    [[nodiscard]] Result<std::string> render(const std::string& question, bool* aboutValue) const {
        Value content = Value::of(imageToken + "\n" + question);
        if (listContent)
            content = Value::of(Value::List{Value::of(Value::Dict{{"type", Value::of(std::string("image"))}}),
                                            Value::of(Value::Dict{{"type", Value::of(std::string("text"))}, {"text", Value::of(question)}})});
        const Value message = Value::of(Value::Dict{{"role", Value::of(std::string("user"))}, {"content", std::move(content)}});
        const Value::Dict globals{{"messages", Value::of(Value::List{message})}, {"add_generation_prompt", Value::of(true)}, {"tools", Value::none()},
                                  {"documents", Value::none()}, {"bos_token", Value::of(bosToken)}, {"image_token", Value::of(imageToken)}};
        return jinja::render(chatTemplate.empty() ? std::string(kDefaultTemplate) : chatTemplate, globals, aboutValue);
    }
};

std::size_t countOf(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
    return count;
}

std::pair<std::size_t, std::size_t> trimmed(const std::string& text, std::size_t begin, std::size_t end) {
    while (begin < end) {
        std::size_t at = begin;
        if (!text::isWhiteSpace(text::nextCodePoint(text, at))) break;
        begin = at;
    }
    while (end > begin) {
        std::size_t at = end;
        if (!text::isWhiteSpace(text::previousCodePoint(text, at))) break;
        end = at;
    }
    return {begin, end};
}

Error templateError(std::string why) {
    Error error;
    error.code = ErrorCode::kBadModel;
    error.id = "MODEL-TEMPLATE";
    error.what = "cannot apply the chat template";
    error.why = std::move(why);
    error.hint = "pass the whole prompt yourself (--prompt)";
    return error;
}

/// The prompt around the question: what the template writes for the stand-in, the question in its place; white space trimmed off the
/// question, or other text in the middle, where the template itself does that.
RenderedPrompt place(const Request& request, const std::string& frame, const std::string& question) {
    const std::size_t at = frame.find(kStandIn);
    const std::string before = frame.substr(0, at), after = frame.substr(at + std::string(kStandIn).size());
    const auto [first, last] = trimmed(question, 0, question.size());
    RenderedPrompt prompt;
    prompt.imageToken = request.imageToken;
    prompt.text = before + question + after;
    const Result<std::string> real = request.render(question, nullptr);
    if (real.ok() && *real != prompt.text && countOf(question, request.imageToken) == 0) {
        const std::string bare = before + question.substr(first, last - first) + after;
        const bool framed = real->size() >= before.size() + after.size() && real->compare(0, before.size(), before) == 0 &&
                            real->compare(real->size() - after.size(), after.size(), after) == 0;
        if (*real == bare) prompt.text = bare;
        else if (framed && countOf(*real, request.imageToken) == 1) prompt.text = *real;
    }
    prompt.questionBegin = before.size();
    prompt.questionEnd = prompt.text.size() - after.size();
    return prompt;
}

}  // namespace

Result<RenderedPrompt> renderPrompt(const std::string& chatTemplate, const std::string& imageToken, const std::string& bosToken, const std::string& question) {
    Error problem = templateError("no form of message fits it");
    bool rendered = false;   // a form that renders, but not as a prompt, tells more than one that does not fit the values
    const auto note = [&problem, &rendered](Error error, bool renders) {
        if (!rendered) problem = std::move(error);
        rendered = rendered || renders;
    };
    for (const bool listContent : {true, false}) {
        const Request request{chatTemplate, imageToken, bosToken, listContent};
        bool aboutValue = false;
        const Result<std::string> frame = request.render(kStandIn, &aboutValue);
        if (!frame) {
            if (!aboutValue) return frame.error();
            note(frame.error(), false);
            continue;
        }
        if (const std::size_t times = countOf(*frame, kStandIn); times != 1) {
            note(templateError(times == 0 ? "it does not write the question as it was asked" : "it writes the question more than once"), true);
            continue;
        }
        if (const std::size_t times = countOf(*frame, imageToken); times != 1) {
            note(templateError("it writes the image token '" + imageToken + "' " + std::to_string(times) + " times, expected once"), true);
            continue;
        }
        return place(request, *frame, question);
    }
    return problem;
}

Result<RenderedPrompt> rawPrompt(const std::string& text, const std::string& imageToken) {
    const std::size_t times = imageToken.empty() ? 0 : countOf(text, imageToken);
    if (times != 1) {
        Error error;
        error.code = ErrorCode::kUsage;
        error.id = "U-PROMPT";
        error.what = "cannot use the prompt";
        error.why = "the image token '" + imageToken + "' is there " + std::to_string(times) + " times, expected once";
        return error;
    }
    RenderedPrompt prompt;
    prompt.text = text;
    prompt.imageToken = imageToken;
    prompt.raw = true;
    const auto [begin, end] = trimmed(text, text.find(imageToken) + imageToken.size(), text.size());
    prompt.questionBegin = begin;
    prompt.questionEnd = end;
    return prompt;
}

}  // namespace prunescope
