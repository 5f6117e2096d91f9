// SPDX-License-Identifier: GPL-3.0-or-later
// Words of a question and a second question, against the definition written out in double precision and against decisions really made.
#include "core/run/trace.h"
#include "tests/run/fake_model.h"

#include <gtest/gtest.h>

#include <cmath>

namespace prunescope {
namespace {

using namespace prunescope::testing;

RunRequest ask(const std::string& question) {
    RunRequest request;
    request.image = fakePicture("a");
    request.question = question;
    request.prune.keep = 5;
    request.withAnswer = false;
    return request;
}

/// cos(token, mean of rows [first, first + count) of the query), straight from Eq. 4.
double slowCosine(const float* token, const HostTensor& query, std::int64_t first, std::int64_t count) {
    std::vector<double> mean(kWidth, 0.0);
    for (std::int64_t r = first; r < first + count; ++r) {
        for (int c = 0; c < kWidth; ++c) {
            mean[static_cast<std::size_t>(c)] += static_cast<double>(query.data()[r * kWidth + c]) / static_cast<double>(count);
        }
    }
    double dot = 0;
    double a = 0;
    double b = 0;
    for (int c = 0; c < kWidth; ++c) {
        const double q = mean[static_cast<std::size_t>(c)];
        dot += token[c] * q;
        a += static_cast<double>(token[c]) * token[c];
        b += q * q;
    }
    return a > 0 && b > 0 ? dot / std::sqrt(a * b) : 0.0;
}

std::shared_ptr<const QuestionLens> look(Pipeline& pipeline, const RunRequest& request, const LensWish& lens) {
    InspectWish wish;
    wish.lens = lens;
    auto found = pipeline.inspect(request, wish, {});
    EXPECT_TRUE(found.ok()) << (found.ok() ? "" : found.error().why);
    return found.ok() ? found->lens : nullptr;
}

TEST(QuestionLens, EachWordIsTheCosineWithItsOwnRows) {
    const auto pipeline = fakePipeline(scriptSaying("yes"));
    const RunRequest request = ask("is there a pot?");
    const auto run = pipeline->run(request, {}, {}).value();
    const auto lens = look(*pipeline, request, {true, {}});
    ASSERT_TRUE(lens);
    EXPECT_TRUE(lens->perWord);
    ASSERT_GE(lens->words.size(), 4U);
    EXPECT_EQ(lens->words[0].word.text, "is");
    EXPECT_EQ(lens->words[3].word.text, "pot");
    const HostTensor& tokens = run->input->tokens;
    for (const WordRelevance& word : lens->words) {
        ASSERT_GT(word.word.rows, 0) << word.word.text;
        ASSERT_EQ(word.cosine.size(), static_cast<std::size_t>(kVisual));
        for (int i = 0; i < kVisual; ++i) {
            EXPECT_NEAR(word.cosine[static_cast<std::size_t>(i)], slowCosine(tokens.data() + i * kWidth, run->input->query, word.word.firstRow, word.word.rows), 1e-6) << word.word.text;
        }
    }
    EXPECT_NE(lens->words[0].cosine, lens->words[3].cosine);
    EXPECT_TRUE(lens->other.empty());
}

TEST(QuestionLens, WholeQuestionsAreWhatDecisionsSee) {
    const auto pipeline = fakePipeline(scriptSaying("yes"));
    const RunRequest request = ask("is there a pot?");
    const auto own = pipeline->run(request, {}, {}).value();
    const auto lens = look(*pipeline, request, {false, "what is it?"});
    ASSERT_TRUE(lens);
    EXPECT_TRUE(lens->words.empty());
    const auto after = pipeline->run(request, {}, {}).value();   // the session still holds the first question
    EXPECT_EQ(own->decision->kept, after->decision->kept);
    const auto other = pipeline->run(ask("what is it?"), {}, {}).value();
    for (int i = 0; i < kVisual; ++i) {
        const auto at = static_cast<std::size_t>(i);
        EXPECT_FLOAT_EQ(lens->own[at], own->decision->tokens[at].relevanceRaw);
        EXPECT_FLOAT_EQ(lens->other[at], other->decision->tokens[at].relevanceRaw);
    }
    EXPECT_NE(lens->own, lens->other);
}

TEST(QuestionLens, ContentWordsLeaveTheOthersOut) {
    const auto pipeline = fakePipeline(scriptSaying("yes"));
    RunRequest request = ask("is there a pot?");
    request.prune.queryWords = QueryWords::kContent;
    const auto lens = look(*pipeline, request, {true, {}});
    ASSERT_TRUE(lens);
    for (const WordRelevance& word : lens->words) {
        EXPECT_EQ(word.cosine.empty(), word.word.rows == 0);
        EXPECT_EQ(word.word.rows > 0, word.word.text == "pot") << word.word.text;
    }
}

TEST(QuestionLens, SignTurnsEveryMap) {
    const auto pipeline = fakePipeline(scriptSaying("yes"));
    RunRequest request = ask("is there a pot?");
    const auto plus = look(*pipeline, request, {true, "what is it?"});
    request.prune.relevanceSign = RelevanceSign::kMinus;
    const auto minus = look(*pipeline, request, {true, "what is it?"});
    ASSERT_TRUE(plus && minus);
    for (std::size_t i = 0; i < plus->own.size(); ++i) {
        EXPECT_EQ(plus->own[i], -minus->own[i]);
        EXPECT_EQ(plus->other[i], -minus->other[i]);
        EXPECT_EQ(plus->words[3].cosine[i], -minus->words[3].cosine[i]);
    }
}

TEST(QuestionLens, BadSecondQuestionIsRefused) {
    const auto pipeline = fakePipeline(scriptSaying("yes"));
    InspectWish wish;
    wish.lens.otherQuestion = " ";
    const auto found = pipeline->inspect(ask("is there a pot?"), wish, {});
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().id, "U-QUERY");
}

TEST(QuestionLens, ATraceSaysTheSame) {
    const auto pipeline = fakePipeline(scriptSaying("yes"));
    const RunRequest first = ask("is there a pot?");
    RunRequest second = ask("what is it?");
    second.image = first.image;
    const auto made = makeTrace({pipeline->run(first, {}, {}).value(), pipeline->run(second, {}, {}).value()}, pipeline->facts(), "models/fake", {"0.1.0", "2.11.0", ""},
                                PictureRule::kEmbed);
    ASSERT_TRUE(made.ok());
    const auto opened = readTrace(traceBytes(*made), "trace");
    ASSERT_TRUE(opened.ok()) << opened.error().why;
    EXPECT_EQ(opened->runs[0]->words, made->runs[0]->words);
    TraceSession session(std::make_shared<const Trace>(*opened));
    RunRequest request = first;
    request.image = session.trace().image->decoded;
    InspectWish wish;
    wish.lens = {true, "what is it?"};
    const auto found = session.inspect(request, wish, {});
    ASSERT_TRUE(found.ok()) << found.error().why;
    const auto live = look(*pipeline, first, wish.lens);
    EXPECT_EQ(found->lens->own, live->own);
    EXPECT_EQ(found->lens->other, live->other);
    ASSERT_EQ(found->lens->words.size(), live->words.size());
    EXPECT_EQ(found->lens->words[3].cosine, live->words[3].cosine);
}

}  // namespace
}  // namespace prunescope
