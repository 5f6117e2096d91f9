// SPDX-License-Identifier: GPL-3.0-or-later
// What the verbs print: every key of the contract, sums that must hold, resumed evaluations, dumped tensors.
#include "core/checkpoint/checkpoint.h"
#include "tests/cli/harness.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

namespace prunescope::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using CliVerbs = CliTest;

json mustParse(const Outcome& outcome) {
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1) << "one JSON object on one line";
    return json::accept(outcome.out) ? json::parse(outcome.out) : json();
}

void expectKeys(const json& object, const std::vector<const char*>& keys) {
    for (const char* key : keys) {
        EXPECT_TRUE(object.contains(key)) << key;
    }
}

TEST_F(CliVerbs, RunJson) {
    const json run = mustParse(runCli(runArguments({"--json", "--keep", "5"})));
    EXPECT_EQ(run["schema"], "prunescope.run/1");
    expectKeys(run, {"program", "model", "image", "question", "prompt_tokens", "method", "visual_tokens", "kept", "answer", "answer_tokens", "finish_reason", "timings_ms", "cost",
                     "warnings"});
    expectKeys(run["program"], {"version", "torch", "cuda"});
    expectKeys(run["model"], {"path", "family", "parameters", "dtype", "device"});
    expectKeys(run["image"], {"path", "width", "height", "sha256"});
    expectKeys(run["method"]["options"], {"keep", "tau", "gamma", "gsp_ratio"});
    expectKeys(run["cost"], {"macs_visual_only", "macs_llm", "macs_total", "kv_bytes", "peak_memory_bytes"});
    EXPECT_EQ(run["visual_tokens"]["total"], 16);
    EXPECT_EQ(run["visual_tokens"]["kept"], 5);
    EXPECT_EQ(run["visual_tokens"]["grid"], (json{4, 4}));
    EXPECT_EQ(run["kept"].size(), 5U);
    EXPECT_EQ(run["answer_tokens"].size(), run["finish_reason"] == "length" ? 4U : run["answer_tokens"].size());
    const json& t = run["timings_ms"];
    expectKeys(t, {"load_model", "decode_image", "preprocess", "vision", "project", "prune", "prefill", "decode", "first_token", "per_token", "total"});
    double sum = 0;
    for (const char* stage : {"load_model", "decode_image", "preprocess", "vision", "project", "prune", "prefill", "decode"}) {
        sum += t[stage].get<double>();
    }
    EXPECT_NEAR(sum, t["total"].get<double>(), 0.02 * t["total"].get<double>());
}

TEST_F(CliVerbs, RunText) {
    const auto outcome = runCli(runArguments());
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.out.back(), '\n');
    EXPECT_NE(outcome.err.find("prefill"), std::string::npos);
    EXPECT_EQ(runCli(runArguments({"--quiet"})).err, "");
    const json run = mustParse(runCli(runArguments({"--json"})));
    EXPECT_EQ(outcome.out, run["answer"].get<std::string>() + "\n");
}

TEST_F(CliVerbs, PruneJsonFromAModelAndFromItsFeatures) {
    const json fromModel = mustParse(runCli({"prune", "--model", model().string(), "--image", picture().string(), "--question", "is it red?", "--keep", "5", "--json"}));
    EXPECT_EQ(fromModel["schema"], "prunescope.prune/1");
    expectKeys(fromModel, {"method", "n", "kept", "order", "gain", "timings_ms", "tokens"});
    expectKeys(fromModel["timings_ms"], {"load", "gram", "relevance", "gsp", "greedy", "total"});
    ASSERT_EQ(fromModel["tokens"].size(), 16U);
    expectKeys(fromModel["tokens"][3],
               {"index", "row", "col", "kept", "reason", "degree", "mean_similarity", "gsp_score", "gsp_rank", "relevance_raw", "relevance", "dpp_rank", "dpp_gain"});
    EXPECT_EQ(fromModel["tokens"][6]["row"], 1);
    EXPECT_EQ(fromModel["tokens"][6]["col"], 2);
    const std::set<std::string> reasons{"kept", "gsp", "qcsp", "budget", "forced", "fill", "method"};
    for (const json& token : fromModel["tokens"]) {
        EXPECT_EQ(reasons.count(token["reason"]), 1U);
        EXPECT_EQ(token["kept"].get<bool>(), std::count(fromModel["kept"].begin(), fromModel["kept"].end(), token["index"]) == 1);
    }
    EXPECT_EQ(fromModel["order"].size(), fromModel["gain"].size());
}

TEST_F(CliVerbs, PruneTextDrawsTheGrid) {
    const auto file = features("f", 12, 5, [](int i, int j) { return std::sin(static_cast<float>(i * 5 + j)); }, [](int) { return 1.0F; }, "3x4");
    const auto outcome = runCli({"prune", "--features", file.string(), "--keep", "4", "--force-keep", "1", "--force-drop", "0"});
    expectFine(outcome);
    std::istringstream lines(outcome.out);
    std::string all;
    for (int row = 0; row < 3; ++row) {
        std::string line;
        std::getline(lines, line);
        EXPECT_EQ(line.size(), 4U);
        all += line;
    }
    EXPECT_EQ(all.substr(0, 2), "x+");
    EXPECT_EQ(std::count(all.begin(), all.end(), '#'), 3);
    EXPECT_EQ(std::count(all.begin(), all.end(), '.'), 7);
    std::string counts;
    std::getline(lines, counts);
    EXPECT_NE(counts.find("kept 4 of 12"), std::string::npos) << counts;
}

TEST_F(CliVerbs, MethodThatMissesItsTensor) {
    const auto file = features("f", 12, 5, [](int i, int j) { return std::sin(static_cast<float>(i * 5 + j)); }, {}, "3x4");
    const auto outcome = runCli({"prune", "--features", file.string(), "--keep", "4", "--method", "relevance"});
    expectError(outcome, 3, "FEATURES-MISSING");
    EXPECT_NE(outcome.err.find("'query'"), std::string::npos) << outcome.err;
    expectFine(runCli({"prune", "--features", file.string(), "--keep", "4", "--method", "gsp"}));
    expectError(runCli({"prune", "--features", file.string(), "--method", "fastv"}), 2, "USAGE-NOT-BUILT");
    expectError(runCli({"prune", "--features", file.string(), "--method", "scrpt"}), 2, "USAGE-METHOD");
    expectError(runCli({"prune", "--features", file.string(), "--dominant", "5"}), 2, "USAGE-NOT-USED");
}

TEST_F(CliVerbs, TilesShareTheBudgetUnlessEachHasItsOwn) {
    const fs::path path = m_folder / "tiles.safetensors";
    TensorToWrite tokens{"tokens", {20, 6}, {}, {}};
    for (int i = 0; i < 120; ++i) {
        tokens.f32.push_back(std::sin(static_cast<float>(i) * 1.37F));
    }
    TensorToWrite query{"query", {6}, std::vector<float>(6, 1.0F), {}};
    ASSERT_TRUE(writeSafetensors(path, {tokens, query}, {{"grid", "2x2"}, {"tiles", "5"}}).ok());
    const json together = mustParse(runCli({"prune", "--features", path.string(), "--keep", "7", "--json"}));
    EXPECT_EQ(together["kept"].size(), 7U);
    const json each = mustParse(runCli({"prune", "--features", path.string(), "--keep", "2", "--scope", "tile", "--json"}));
    EXPECT_EQ(each["kept"].size(), 10U);
    EXPECT_EQ(each["emitted"].size(), 10U);
}

TEST_F(CliVerbs, DumpWritesTheTensors) {
    const fs::path out = m_folder / "d.safetensors";
    const auto outcome = runCli({"dump", "--model", model().string(), "--image", picture().string(), "--question", "is it red?", "--out", out.string(), "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const auto file = SafetensorsFile::open(out);
    ASSERT_TRUE(file.ok());
    for (const char* name : {"pixel_values", "vision_features", "projected", "input_ids", "positions", "logits"}) {
        EXPECT_NE(file->find(name), nullptr) << name;
    }
    EXPECT_EQ(file->find("pixel_values")->shape, (std::vector<std::int64_t>{1, 3, 28, 28}));
    EXPECT_EQ(file->find("projected")->shape, (std::vector<std::int64_t>{16, 48}));
    EXPECT_EQ(file->find("input_ids")->type, StorageType::kI64);
    const auto positions = file->find("input_ids")->shape[0];
    EXPECT_EQ(file->find("logits")->shape, (std::vector<std::int64_t>{positions, 128}));
    EXPECT_EQ(file->find("positions")->shape, (std::vector<std::int64_t>{positions}));
}

TEST_F(CliVerbs, EvalJson) {
    const auto data = suite(5);
    const fs::path results = m_folder / "r.jsonl";
    const std::vector<std::string> arguments{"eval",    "--model", model().string(),          "--data", data.string(), "--keep", "4",
                                             "--out",   results.string(), "--max-new-tokens", "3",      "--json"};
    const json report = mustParse(runCli(arguments));
    EXPECT_EQ(report["schema"], "prunescope.eval/1");
    expectKeys(report, {"items", "failed", "method", "families", "evidence_recall", "pointing", "tokens_kept_mean", "timings_ms_median"});
    expectKeys(report["families"]["exist"], {"n", "correct", "accuracy", "precision", "recall", "f1", "pointing", "ci95"});
    EXPECT_EQ(report["items"], 5);
    EXPECT_EQ(report["tokens_kept_mean"], 4.0);
    std::istringstream lines(read(results));
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        expectKeys(json::parse(line), {"id", "answer", "correct", "kept"});
    }
    EXPECT_EQ(count, 5);
    EXPECT_EQ(mustParse(runCli(arguments))["resumed"], 5);
    auto other = arguments;
    other[6] = "3";
    expectError(runCli(other), 2, "RESULTS-OPTIONS");
}

TEST_F(CliVerbs, EvalWithFailedItemsEndsWithSeven) {
    const auto data = write("s.jsonl", R"({"id":"a","image":")" + picture().string() + R"(","question":"red?","answer":"yes","family":"f"})" + "\n"
                                           + R"({"id":"b","image":"gone.png","question":"red?","answer":"yes","family":"f"})" + "\n");
    const auto outcome = runCli({"eval", "--model", model().string(), "--data", data.string(), "--json"});
    EXPECT_EQ(outcome.code, 7) << outcome.err;
    const json report = json::parse(outcome.out);
    EXPECT_EQ(report["failed"], 1);
    EXPECT_EQ(report["families"]["f"]["n"], 1);
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 2) << "one line for the item, one for the whole: " << outcome.err;
}

TEST_F(CliVerbs, ModelsListsFitAndUnfitFolders) {
    const fs::path good = copyModel();
    const fs::path bad = copyModel("config.json", "{}");
    const json report = mustParse(runCli({"models", m_folder.string(), "--json"}));
    ASSERT_EQ(report["models"].size(), 2U);
    for (const json& each : report["models"]) {
        expectKeys(each, {"path", "family", "parameters", "dtype", "memory_bytes", "reason"});
        EXPECT_EQ(each["loadable"].get<bool>(), each["path"] == good.string());
        EXPECT_EQ(each["reason"].is_null(), each["path"] == good.string());
    }
    EXPECT_NE(runCli({"models", m_folder.string()}).out.find("cannot be loaded"), std::string::npos);
}

TEST_F(CliVerbs, DoctorSaysWhatIsThere) {
    const json report = mustParse(runCli({"doctor", "--model", model().string(), "--json"}));
    expectKeys(report, {"program", "torch", "qt", "cpu", "cuda", "model", "folders", "ok"});
    EXPECT_EQ(report["ok"], true);
    EXPECT_EQ(report["model"]["sha256"].get<std::string>().size(), 64U);
    EXPECT_TRUE(report["cuda"]["devices"].empty() == report["cuda"]["reason"].is_string());
    const auto without = runCli({"doctor", "--model", (m_folder / "none").string()});
    EXPECT_EQ(without.code, 4);
    EXPECT_EQ(std::count(without.err.begin(), without.err.end(), '\n'), 1) << without.err;
}

TEST_F(CliVerbs, BenchJson) {
    const json report = mustParse(runCli({"bench", "--model", model().string(), "--json"}));
    EXPECT_EQ(report["schema"], "prunescope.bench/1");
    expectKeys(report["machine"], {"cpu", "threads"});
    for (const char* n : {"576", "2880"}) {
        expectKeys(report["decision_ms"][n], {"median", "p95"});
    }
    for (const char* name : {"576x64", "2880x320"}) {
        expectKeys(report["greedy"][name], {"ms", "straight_ms", "ratio"});
    }
    EXPECT_EQ(report["greedy"]["576x64"]["equal_picks"], 64) << "the yardstick does the same work";
    expectKeys(report["engine"], {"prefill_full_ms", "prefill_64_ms", "decode_ms_per_token"});
}

}  // namespace
}  // namespace prunescope::testing
