// SPDX-License-Identifier: GPL-3.0-or-later

// Benchmarks of the pruning core. Run on one core, e.g. `taskset -c 0 core_bench --benchmark_repetitions=9
// --benchmark_enable_random_interleaving=true --benchmark_report_aggregates_only=true --benchmark_format=json`; compare variants within a
// run, not runs with each other.

#include "core/ops/op_registry.h"
#include "core/prune/decision_bench.h"

#include <benchmark/benchmark.h>

#include <map>

namespace {

using namespace prunescope;

const GreedyBenchInput& greedyInput(std::int64_t n) {
    static std::map<std::int64_t, GreedyBenchInput> inputs;
    if (inputs.find(n) == inputs.end()) {
        inputs[n] = *greedyBenchInput(n, 1024);
    }
    return inputs[n];
}

void similarity(benchmark::State& state) {
    const PruneInput input = syntheticInput(24, static_cast<int>(state.range(0) / 576), state.range(1), 1);
    for (auto _ : state) {
        benchmark::DoNotOptimize(workingOps()->similarity(MatrixView(input.tokens)));
    }
}
BENCHMARK(similarity)->Args({576, 1024})->Args({576, 4096})->Args({2880, 1024})->Unit(benchmark::kMillisecond);

void greedy(benchmark::State& state, const std::string& level) {
    const GreedyBenchInput& input = greedyInput(state.range(0));
    const auto ops = level == "working" ? workingOps() : workingOpsAt(level);
    if (!ops) {
        state.SkipWithError("this CPU does not offer it");
        return;
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(ops->greedyDpp(MatrixView(input.similarity), input.weights, state.range(1)));
    }
}
BENCHMARK_CAPTURE(greedy, working, std::string("working"))->Args({576, 64})->Args({2880, 320})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(greedy, avx2, std::string("avx2"))->Args({576, 64})->Args({2880, 320})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(greedy, base, std::string("base"))->Args({576, 64})->Args({2880, 320})->Unit(benchmark::kMillisecond);

void greedyPlainLoop(benchmark::State& state) {
    const GreedyBenchInput& input = greedyInput(state.range(0));
    for (auto _ : state) {
        benchmark::DoNotOptimize(plainGreedy(MatrixView(input.similarity), input.weights, state.range(1)));
    }
}
BENCHMARK(greedyPlainLoop)->Args({576, 64})->Args({2880, 320})->Unit(benchmark::kMillisecond);

/// One iteration is one change of (tau, gamma, p, k); median and p95 over all changes are counters.
void decision(benchmark::State& state) {
    DecisionTiming timing;
    for (auto _ : state) {
        timing = *timeDecisions(state.range(0), 256, 200);
        state.SetIterationTime(timing.medianMs / 1e3);
    }
    state.counters["median_ms"] = timing.medianMs;
    state.counters["p95_ms"] = timing.p95Ms;
}
BENCHMARK(decision)->Arg(576)->Arg(2880)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

void newQuestion(benchmark::State& state) {
    PruneSession session;
    PruneInput input = syntheticInput(24, static_cast<int>(state.range(0) / 576), 256, 1);
    const HostTensor query = input.query;
    PruneOptions options;
    options.scope = TileScope::kImage;
    options.keep = state.range(0) / 9;
    if (!session.setInput(std::move(input)).ok() || !session.decide(options).ok()) {
        state.SkipWithError("no decision");
        return;
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(session.setQuery(query).ok());
        benchmark::DoNotOptimize(session.decide(options));
    }
}
BENCHMARK(newQuestion)->Arg(576)->Arg(2880)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
