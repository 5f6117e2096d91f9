// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a request really costs: the pruned and the unpruned run of it, several times in turn after a warm-up, each from the image file on (no
// cache of the vision tower or of the pruning session). From the times: the budget up to which pruning pays.

#include "core/run/pipeline.h"

#include <functional>
#include <optional>
#include <vector>

namespace prunescope {

struct MeasureWish {
    int warmUps = 1, repeats = 7;   ///< pairs of runs; those of the warm-up are thrown away
};

/// Median and quartiles (R's type 7: linear between order statistics) of the repeats.
struct Spread {
    double low = 0, median = 0, high = 0;
    bool operator==(const Spread&) const = default;
};
/// Error-free for at least one value; zeros without any.
[[nodiscard]] Spread spreadOf(std::vector<double> values);

/// One side of a measurement. The runs are whole: visionFromCache is false in each.
struct MeasuredRun {
    std::vector<StageTimings> times;              ///< of each repeat
    std::shared_ptr<const RunResult> last;        ///< answer, cost computed from the shape, KV bytes measured
    std::int64_t peakMemoryBytes = 0;             ///< largest of the repeats: resident high-water mark of the process within one run; 0: not measured
    [[nodiscard]] Spread stage(double StageTimings::*which) const;
};

struct Measurement {
    std::uint64_t id = 0;
    MeasureWish wish;
    MeasuredRun pruned, unpruned;
    std::int64_t weightBytes = 0;   ///< parameters times bytes each: part of the predicted memory
};

/// One whole run (Pipeline::run with RunRequest::fresh).
using Runner = std::function<Result<std::shared_ptr<const RunResult>>(const RunRequest&, std::stop_token)>;
/// `request.withAnswer` is taken as true. `onRun` hears how many of all runs are done. Errors of the runner; CANCELLED; MEASURE-WISH (kUsage).
[[nodiscard]] Result<Measurement> measureRuns(const Runner& runner, const RunRequest& request, const MeasureWish& wish,
                                              const std::function<void(int done, int all)>& onRun, std::stop_token stop);

/// The largest budget at which pruning still pays, from the two measured sides: the decoder's time (prefill, and decoding per answer token, at
/// the number of tokens that the unpruned answer has) is taken as a straight line between the two kept counts, the pruner's time as the
/// same at every budget.
struct BreakEven {
    double prunerMs = 0;              ///< median of the prune stage
    double savedMs = 0;               ///< decoder's time with all tokens minus with the kept ones, medians
    double savedPerTokenMs = 0;       ///< savedMs over the tokens left out
    std::int64_t total = 0, kept = 0;
    /// Largest budget with saving >= pruner's time; empty when it would be under one token, or leaving tokens out saves no time.
    std::optional<std::int64_t> budget;
    [[nodiscard]] std::int64_t leastLeftOut() const { return budget ? total - *budget : 0; }
};
/// Nothing when the two sides keep the same number of tokens, or one has no run.
[[nodiscard]] std::optional<BreakEven> breakEven(const Measurement& measurement);

}  // namespace prunescope
