// SPDX-License-Identifier: GPL-3.0-or-later

// Chat templates against transformers (tests/oracles/tokenizer_templates.py), the place of the question, and its words.

#include "core/text/prompt.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

using namespace prunescope;

namespace {

const std::string kData = std::string(PRUNESCOPE_TEST_DATA) + "/text/";

nlohmann::json recorded() {
    std::ifstream in(kData + "templates.json");
    return nlohmann::json::parse(in);
}

Tokenizer shape(const std::string& name) {
    Result<Tokenizer> tokenizer = Tokenizer::load(kData + "tokenizer_" + name + ".json");
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.error().why;
    return std::move(tokenizer).value();
}

RenderedPrompt llava(const std::string& question) {
    Result<RenderedPrompt> prompt = renderPrompt("", "<image>", "<s>", question);
    EXPECT_TRUE(prompt.ok());
    return std::move(prompt).value();
}

std::string trimmed(std::string text) {
    static const std::vector<std::string> blanks{" ", "\n", "\xC2\xA0"};
    for (bool again = true; again;) {
        again = false;
        for (const std::string& blank : blanks) {
            if (text.compare(0, blank.size(), blank) == 0) {
                text.erase(0, blank.size());
                again = true;
            } else if (text.size() >= blank.size() && text.compare(text.size() - blank.size(), blank.size(), blank) == 0) {
                text.erase(text.size() - blank.size());
                again = true;
            }
        }
    }
    return text;
}

std::string refusal(const std::string& chatTemplate) {
    const Result<RenderedPrompt> prompt = renderPrompt(chatTemplate, "<image>", "<s>", "What?");
    if (prompt.ok()) return "accepted: " + prompt->text;
    EXPECT_EQ(prompt.error().id, "MODEL-TEMPLATE");
    EXPECT_EQ(prompt.error().code, ErrorCode::kBadModel);
    return prompt.error().why;
}

TEST(ChatTemplate, EveryRecordedPromptIsEqual) {
    const nlohmann::json all = recorded();
    int compared = 0;
    for (const auto& entry : all["templates"]) {
        for (std::size_t i = 0; i < all["questions"].size(); ++i) {
            const std::string question = all["questions"][i], expected = entry["prompts"][i];
            const Result<RenderedPrompt> prompt = renderPrompt(entry["template"], entry["image"], entry["bos"], question);
            ASSERT_TRUE(prompt.ok()) << entry["name"] << ": " << prompt.error().where << " " << prompt.error().why;
            EXPECT_EQ(prompt->text, expected) << entry["name"];
            const std::string span = prompt->text.substr(prompt->questionBegin, prompt->questionEnd - prompt->questionBegin);
            EXPECT_TRUE(span == question || span.find(trimmed(question)) != std::string::npos) << entry["name"] << ": '" << span << "'";
            ++compared;
        }
    }
    EXPECT_EQ(compared, 15 * 13);
}

TEST(ChatTemplate, EmptyTemplateIsThatOfLlava15) {
    const nlohmann::json all = recorded();
    ASSERT_EQ(all["templates"][0]["name"], "llava-1.5");
    for (std::size_t i = 0; i < all["questions"].size(); ++i) EXPECT_EQ(llava(all["questions"][i]).text, all["templates"][0]["prompts"][i]);
    EXPECT_EQ(llava("Is it red?").text, "USER: <image>\nIs it red? ASSISTANT:");
}

TEST(ChatTemplate, QuestionIsFoundWhereItsTextOccursElsewhere) {
    for (const std::string question : {"USER", "ASSISTANT:", "USER: ", "\n", "pot", "<image>", "a"}) {
        const RenderedPrompt prompt = llava(question);
        EXPECT_EQ(prompt.questionBegin, std::string("USER: <image>\n").size()) << question;
        EXPECT_EQ(prompt.text.substr(prompt.questionBegin, prompt.questionEnd - prompt.questionBegin), question);
    }
}

TEST(ChatTemplate, UnknownConstructsAreRefusedByName) {
    EXPECT_NE(refusal("{% macro f(x) %}{{ x }}{% endmacro %}").find("'{% macro %}'"), std::string::npos);
    EXPECT_NE(refusal("{% include 'x' %}").find("'{% include %}'"), std::string::npos);
    EXPECT_NE(refusal("{{ messages | xmlattr }}").find("'xmlattr'"), std::string::npos);
    EXPECT_NE(refusal("{{ messages is divisibleby 3 }}").find("'divisibleby'"), std::string::npos);
    EXPECT_NE(refusal("{{ strftime_now('%d') }}").find("'strftime_now'"), std::string::npos);
    EXPECT_NE(refusal("{{ 'a'.format(1) }}").find("'.format()'"), std::string::npos);
    EXPECT_NE(refusal("{{ 2 ** 9 }}").find("'**'"), std::string::npos);
    EXPECT_NE(refusal("{% for m in messages %}").find("'endfor'"), std::string::npos);
    EXPECT_NE(refusal("{% if x %}a{% endfor %}").find("'{% endfor %}'"), std::string::npos);
    EXPECT_NE(refusal("{{ 'open").find("not closed"), std::string::npos);
    EXPECT_NE(refusal("{{ raise_exception('no images here') }}").find("no images here"), std::string::npos);
    EXPECT_NE(refusal("no message at all").find("does not write the question"), std::string::npos);
    EXPECT_NE(refusal("{{ messages[0].content[1].text | upper }}<image>").find("does not write the question"), std::string::npos);
    EXPECT_NE(refusal("{{ messages[0].content[1].text }}<image><image>").find("2 times"), std::string::npos);
}

TEST(ChatTemplate, HostileTemplatesEndWithAnError) {
    EXPECT_NE(refusal("{{ messages.__class__ }}").find("'__class__'"), std::string::npos);
    EXPECT_NE(refusal("{{ ''.__class__.__mro__ }}").find("__class__"), std::string::npos);
    EXPECT_NE(refusal("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}").find("steps"), std::string::npos);
    EXPECT_NE(refusal("{% set ns = namespace(x='aaaaaaaaaaaaaaaa') %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}").find("4 MiB"), std::string::npos);
    EXPECT_NE(refusal("{% for a in range(9999) %}" + std::string(1000, 'x') + "{% endfor %}").find("4 MiB"), std::string::npos);
    EXPECT_NE(refusal(std::string(300000, ' ')).find("256 KiB"), std::string::npos);
    std::string deep = "{{ ";
    for (int i = 0; i < 5000; ++i) deep += "(";
    EXPECT_NE(refusal(deep + "1" + std::string(5000, ')') + " }}").find("levels deep"), std::string::npos);
    deep = "{{ 1";
    for (int i = 0; i < 20000; ++i) deep += "+1";
    EXPECT_NE(refusal(deep + " }}").find("2,000 parts"), std::string::npos);
    deep.clear();
    for (int i = 0; i < 5000; ++i) deep += "{% if true %}";
    EXPECT_NE(refusal(deep).find("levels deep"), std::string::npos);
    EXPECT_NE(refusal("{{ range(99999999) }}").find("range"), std::string::npos);
    EXPECT_NE(refusal("{{ 1 // 0 }}").find("zero"), std::string::npos);
    EXPECT_NE(refusal("{{ 99999999999999999999 }}").find("too large"), std::string::npos);
    EXPECT_NE(refusal("{{ 4000000000000000000 + 6000000000000000000 }}").find("too large"), std::string::npos);
    EXPECT_NE(refusal("\xff").find("UTF-8"), std::string::npos);
}

TEST(EncodePrompt, QuestionIdsAreThoseOfTheQuestion) {
    for (const char* name : {"llama_legacy", "llama_first", "llama_never", "qwen2"}) {
        const Tokenizer tokenizer = shape(name);
        const RenderedPrompt prompt = llava("Is there a pot on the stove?");
        const Result<EncodedPrompt> encoded = encodePrompt(tokenizer, prompt, "<s>");
        ASSERT_TRUE(encoded.ok()) << encoded.error().why;
        EXPECT_EQ(encoded->ids[encoded->imageIndex], *tokenizer.idOf("<image>"));
        std::vector<std::int64_t> question(encoded->ids.begin() + static_cast<std::ptrdiff_t>(encoded->questionBegin),
                                           encoded->ids.begin() + static_cast<std::ptrdiff_t>(encoded->questionEnd));
        EXPECT_EQ(trimmed(tokenizer.decode(question, false)), "Is there a pot on the stove?") << name;
        EXPECT_GT(encoded->questionBegin, encoded->imageIndex);
        EXPECT_LT(encoded->questionEnd, encoded->ids.size());
    }
}

TEST(EncodePrompt, BosIsThereOnce) {
    const Tokenizer tokenizer = shape("llama_legacy");
    const std::int64_t bos = *tokenizer.idOf("<s>");
    for (const std::string chatTemplate : {"", "{{ bos_token }}{{ messages[0].content[1].text }}<image>"}) {
        const Result<RenderedPrompt> prompt = renderPrompt(chatTemplate, "<image>", "<s>", "red car");
        ASSERT_TRUE(prompt.ok());
        const Result<EncodedPrompt> encoded = encodePrompt(tokenizer, *prompt, "<s>");
        ASSERT_TRUE(encoded.ok());
        EXPECT_EQ(encoded->ids.front(), bos);
        EXPECT_EQ(std::count(encoded->ids.begin(), encoded->ids.end(), bos), 1);
    }
}

TEST(EncodePrompt, OneImageIdStandsForMany) {
    const Tokenizer tokenizer = shape("llama_legacy");
    const std::int64_t image = *tokenizer.idOf("<image>");
    const Result<Encoding> one = tokenizer.encode("USER: <image>\nred ASSISTANT:", true);
    const Result<Encoding> three = tokenizer.encode("USER: <image><image><image>\nred ASSISTANT:", true);
    ASSERT_TRUE(one.ok() && three.ok());
    std::vector<std::int64_t> repeated;
    for (const std::int64_t id : one->ids) repeated.insert(repeated.end(), id == image ? 3 : 1, id);
    EXPECT_EQ(repeated, three->ids);
}

TEST(EncodePrompt, RawPromptKeepsItsControlTokens) {
    const Tokenizer tokenizer = shape("llama_legacy");
    const Result<RenderedPrompt> prompt = rawPrompt("</s>USER: <image>\n red </s> car \n", "<image>");
    ASSERT_TRUE(prompt.ok());
    EXPECT_EQ(prompt->text.substr(prompt->questionBegin, prompt->questionEnd - prompt->questionBegin), "red </s> car");
    const Result<EncodedPrompt> encoded = encodePrompt(tokenizer, *prompt, "<s>");
    ASSERT_TRUE(encoded.ok());
    EXPECT_EQ(std::count(encoded->ids.begin(), encoded->ids.end(), *tokenizer.idOf("</s>")), 2);
    for (const std::string text : {"no image", "<image> <image>", ""}) {
        const Result<RenderedPrompt> bad = rawPrompt(text, "<image>");
        ASSERT_FALSE(bad.ok());
        EXPECT_EQ(bad.error().id, "U-PROMPT");
        EXPECT_EQ(bad.error().code, ErrorCode::kUsage);
    }
}

TEST(EncodePrompt, VocabularyWithoutImageTokenIsNamed) {
    const Result<EncodedPrompt> encoded = encodePrompt(shape("clip"), llava("red"), "");
    ASSERT_FALSE(encoded.ok());
    EXPECT_EQ(encoded.error().id, "TOK-IMAGE");
    EXPECT_EQ(encoded.error().code, ErrorCode::kBadModel);
}

TEST(QuestionWords, EveryWordHasItsIds) {
    for (const char* name : {"llama_legacy", "llama_first", "qwen2"}) {
        const Tokenizer tokenizer = shape(name);
        const RenderedPrompt prompt = llava("What's the colour of the fire-engine, \"left\" (or cats')?");
        const Result<EncodedPrompt> encoded = encodePrompt(tokenizer, prompt, "<s>");
        ASSERT_TRUE(encoded.ok());
        const std::vector<QuestionWord> words = questionWords(*encoded, prompt);
        std::vector<std::string> texts, content;
        for (const QuestionWord& word : words) {
            texts.push_back(word.text);
            if (word.content) content.push_back(word.text);
            ASSERT_LT(word.begin, word.end) << word.text;
            const std::vector<std::int64_t> ids(encoded->ids.begin() + static_cast<std::ptrdiff_t>(word.begin), encoded->ids.begin() + static_cast<std::ptrdiff_t>(word.end));
            EXPECT_NE(tokenizer.decode(ids, false).find(word.text.substr(0, 3)), std::string::npos) << name << " " << word.text;
        }
        EXPECT_EQ(texts, (std::vector<std::string>{"What's", "the", "colour", "of", "the", "fire-engine", "left", "or", "cats"}));
        EXPECT_EQ(content, (std::vector<std::string>{"colour", "fire-engine", "left", "cats"}));
    }
}

TEST(QuestionWords, ContentMaskLeavesOutFunctionWords) {
    const Tokenizer tokenizer = shape("llama_legacy");
    RenderedPrompt prompt = llava("Is there a pot on the stove , or not");
    Result<EncodedPrompt> encoded = encodePrompt(tokenizer, prompt, "<s>");
    ASSERT_TRUE(encoded.ok());
    std::vector<bool> mask = contentWordMask(*encoded, prompt);
    ASSERT_EQ(mask.size(), encoded->questionEnd - encoded->questionBegin);
    std::string kept;
    for (std::size_t i = 0; i < mask.size(); ++i)
        if (mask[i]) kept += *tokenizer.tokenOf(encoded->ids[encoded->questionBegin + i]);
    EXPECT_EQ(kept, "\xE2\x96\x81pot\xE2\x96\x81stove");
    prompt = llava("What is this?");
    encoded = encodePrompt(tokenizer, prompt, "<s>");
    ASSERT_TRUE(encoded.ok());
    mask = contentWordMask(*encoded, prompt);
    EXPECT_EQ(std::count(mask.begin(), mask.end(), true), static_cast<std::ptrdiff_t>(mask.size()));
    EXPECT_GT(mask.size(), 2U);
}

TEST(QuestionWords, FunctionWords) {
    for (const char* word : {"a", "Is", "THERE", "yourself", "describe", "What's", "what\xE2\x80\x99s", "image"}) EXPECT_FALSE(isContentWord(word)) << word;
    for (const char* word : {"pot", "Stove", "two", "red", "\xE5\x9B\xBE", "left"}) EXPECT_TRUE(isContentWord(word)) << word;
    EXPECT_FALSE(isContentWord(""));
}

}  // namespace
