// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/measure.h"

#include "core/run/errors.h"
#include "core/run/process_memory.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace prunescope {
namespace {

/// Prefill and decoding of `tokens` answer tokens; the first one comes out of the prefill.
double decoderMs(const MeasuredRun& run, double tokens) {
    return run.stage(&StageTimings::prefillMs).median + run.stage(&StageTimings::perTokenMs).median * std::max(0.0, tokens - 1);
}

}  // namespace

Spread spreadOf(std::vector<double> values) {
    if (values.empty()) {
        return {};
    }
    std::sort(values.begin(), values.end());
    const auto quantile = [&](double share) {
        const double place = share * static_cast<double>(values.size() - 1);
        const auto below = static_cast<std::size_t>(place);
        const std::size_t above = std::min(below + 1, values.size() - 1);
        return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
    };
    return {quantile(0.25), quantile(0.5), quantile(0.75)};
}

Spread MeasuredRun::stage(double StageTimings::*which) const {
    std::vector<double> values;
    values.reserve(times.size());
    for (const StageTimings& each : times) {
        values.push_back(each.*which);
    }
    return spreadOf(std::move(values));
}

Result<Measurement> measureRuns(const Runner& runner, const RunRequest& request, const MeasureWish& wish, const std::function<void(int, int)>& onRun,
                                std::stop_token stop) {
    if (wish.repeats < 1 || wish.warmUps < 0) {
        return makeError(ErrorCode::kUsage, "MEASURE-WISH", "cannot measure", {}, "there is nothing to repeat");
    }
    Measurement out;
    out.wish = wish;
    RunRequest pruned = request;
    pruned.withAnswer = true;
    pruned.fresh = true;
    pruned.withDiagnostics = false;
    pruned.scoreTokens.clear();
    RunRequest unpruned = unprunedOf(pruned);
    unpruned.prune.positions = request.prune.positions;
    const int all = 2 * (wish.warmUps + wish.repeats);
    int done = 0;
    for (int round = -wish.warmUps; round < wish.repeats; ++round) {
        for (const auto& [asked, side] : {std::pair<const RunRequest*, MeasuredRun*>{&pruned, &out.pruned}, {&unpruned, &out.unpruned}}) {
            if (stop.stop_requested()) {
                return cancelledError("measurement not finished");
            }
            const bool marked = resetPeakMemory();
            auto ran = runner(*asked, stop);
            if (!ran) {
                return ran.error();
            }
            if ((*ran)->finish == FinishReason::kCancelled) {
                return cancelledError("measurement not finished");
            }
            if (round >= 0) {
                side->times.push_back((*ran)->timings);
                side->peakMemoryBytes = marked ? std::max(side->peakMemoryBytes, peakMemoryBytes()) : 0;
                side->last = *ran;
            }
            if (++done; onRun) {
                onRun(done, all);
            }
        }
    }
    return out;
}

std::optional<BreakEven> breakEven(const Measurement& measurement) {
    const MeasuredRun& pruned = measurement.pruned;
    const MeasuredRun& unpruned = measurement.unpruned;
    if (!pruned.last || !unpruned.last || !pruned.last->decision || !unpruned.last->decision) {
        return std::nullopt;
    }
    BreakEven out;
    out.total = static_cast<std::int64_t>(unpruned.last->decision->kept.size());
    out.kept = static_cast<std::int64_t>(pruned.last->decision->kept.size());
    if (out.kept >= out.total) {
        return std::nullopt;
    }
    const auto tokens = static_cast<double>(unpruned.last->answerTokens.size());
    out.prunerMs = pruned.stage(&StageTimings::pruneMs).median - unpruned.stage(&StageTimings::pruneMs).median;
    out.savedMs = decoderMs(unpruned, tokens) - decoderMs(pruned, tokens);
    out.savedPerTokenMs = out.savedMs / static_cast<double>(out.total - out.kept);
    if (out.savedPerTokenMs > 0) {
        const double leftOut = std::max(0.0, std::ceil(out.prunerMs / out.savedPerTokenMs - 1e-9));
        if (leftOut < static_cast<double>(out.total)) {
            out.budget = out.total - static_cast<std::int64_t>(leftOut);
        }
    }
    return out;
}

}  // namespace prunescope
