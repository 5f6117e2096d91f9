// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/question_lens.h"

#include "core/run/errors.h"

#include <algorithm>
#include <utility>

namespace prunescope {
namespace {

/// Rows [first, first + count) of a matrix.
HostTensor rowsOf(const HostTensor& matrix, std::int64_t first, std::int64_t count) {
    const MatrixView view(matrix);
    return HostTensor({count, view.cols}, std::vector<float>(view.row(first), view.row(first) + count * view.cols));
}

}  // namespace

Result<QuestionLens> lookAtQuestion(const PruneSession& session, const PruneOptions& options, const std::vector<AskedWord>& words,
                                    const QuestionVectors* other, const LensWish& wish) {
    QuestionLens lens;
    lens.wish = wish;
    const PruneInput& input = session.input();
    auto own = session.relevanceTo(options, input.query, input.querySegments);
    if (!own) {
        return own.error();
    }
    lens.own = std::move(*own);
    lens.perWord = input.querySegments.empty() && !input.query.empty() && !words.empty();
    const std::int64_t rows = lens.perWord ? MatrixView(input.query).rows : 0;
    for (std::size_t i = 0; wish.words && lens.perWord && i < words.size(); ++i) {
        WordRelevance found{words[i], {}};
        if (found.word.firstRow < 0 || found.word.rows < 0 || found.word.firstRow + found.word.rows > rows) {
            return makeError(ErrorCode::kBadInput, "PRUNE-SHAPE", "cannot look at the question's words", found.word.text, "the word has rows that the question has not");
        }
        if (found.word.rows > 0) {
            PruneOptions mean = options;
            mean.queryPooling = QueryPooling::kMean;
            auto cosine = session.relevanceTo(mean, rowsOf(input.query, found.word.firstRow, found.word.rows), {});
            if (!cosine) {
                return cosine.error();
            }
            found.cosine = std::move(*cosine);
        }
        lens.words.push_back(std::move(found));
    }
    if (other != nullptr) {
        auto cosine = session.relevanceTo(options, other->query, other->segments);
        if (!cosine) {
            return cosine.error();
        }
        lens.other = std::move(*cosine);
    }
    return lens;
}

}  // namespace prunescope
