// SPDX-License-Identifier: GPL-3.0-or-later
// `trace save`, `trace open`, `trace diff`, and what `prune` says about single tokens, from outside.
#include "tests/cli/harness.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

namespace prunescope::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class CliTrace : public CliTest {
protected:
    static json parsed(const Outcome& outcome) {
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return json::accept(outcome.out) ? json::parse(outcome.out) : json();
    }
    [[nodiscard]] std::vector<std::string> saving(const fs::path& out, std::vector<std::string> more = {}) const {
        std::vector<std::string> arguments{"trace", "save", "--model", model().string(), "--image", picture().string(), "--question", "is it red?", "--max-new-tokens", "4",
                                           "--threads", "1", "--out", out.string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
};

TEST_F(CliTrace, SavesWhatARunSays) {
    const fs::path file = m_folder / "a.prunescope";
    const json saved = parsed(runCli(saving(file, {"--keep", "5", "--unpruned", "--json"})));
    const json run = parsed(runCli(runArguments({"--keep", "5", "--threads", "1", "--json"})));
    EXPECT_EQ(saved["schema"], "prunescope.trace/1");
    const json opened = parsed(runCli({"trace", "open", file.string(), "--json"}));
    EXPECT_EQ(opened, saved);
    ASSERT_EQ(opened["runs"].size(), 2U);
    EXPECT_EQ(opened["runs"][0]["kept"], run["kept"]);
    EXPECT_EQ(opened["runs"][0]["answer"], run["answer"]);
    EXPECT_EQ(opened["runs"][0]["answer_tokens"], run["answer_tokens"]);
    EXPECT_EQ(opened["runs"][1]["visual_tokens"]["kept"], 16);
    EXPECT_EQ(opened["image"]["sha256"], run["image"]["sha256"]);
    EXPECT_EQ(run["answer_log_probabilities"].size(), run["answer_tokens"].size());
    const Outcome text = runCli({"trace", "open", file.string()});
    expectFine(text);
    EXPECT_NE(text.out.find("script: kept 5 of 16 tokens"), std::string::npos) << text.out;
}

TEST_F(CliTrace, Differences) {
    const fs::path a = m_folder / "a.prunescope";
    const fs::path b = m_folder / "b.prunescope";
    EXPECT_EQ(runCli(saving(a, {"--keep", "5"})).code, 0);
    EXPECT_EQ(runCli(saving(b, {"--keep", "7", "--force-drop", "0-2", "--picture", "path"})).code, 0);
    EXPECT_LT(fs::file_size(b), fs::file_size(a) + 4096);
    const json same = parsed(runCli({"trace", "diff", a.string(), a.string(), "--json"}));
    EXPECT_EQ(same["schema"], "prunescope.trace-diff/1");
    EXPECT_EQ(same["same"], true);
    EXPECT_EQ(same["kept"]["iou"], 1.0);
    const json other = parsed(runCli({"trace", "diff", a.string(), b.string(), "--json"}));
    const json& counts = other["kept"]["counts"];
    EXPECT_EQ(counts["only_a"].get<int>() + counts["both"].get<int>(), 5);
    EXPECT_EQ(counts["only_b"].get<int>() + counts["both"].get<int>(), 7);
    EXPECT_EQ(other["options"]["force_drop"]["b"], (json{0, 1, 2}));
    EXPECT_EQ(other["features_max_difference"], 0.0);
    expectFine(runCli({"trace", "diff", a.string(), b.string()}));
}

TEST_F(CliTrace, BadFilesAndArguments) {
    const fs::path good = m_folder / "a.prunescope";
    EXPECT_EQ(runCli(saving(good)).code, 0);
    const std::string bytes = read(good);
    const auto damaged = [&](const std::string& name, const std::string& content) {
        std::ofstream(m_folder / name, std::ios::binary) << content;
        return runCli({"trace", "open", (m_folder / name).string()});
    };
    const Outcome cut = damaged("cut", bytes.substr(0, bytes.size() - 10));
    expectError(cut, 3, "TRACE-TRUNCATED");
    EXPECT_NE(cut.err.find("inside section"), std::string::npos) << cut.err;
    std::string altered = bytes;
    altered[bytes.size() / 2] = static_cast<char>(altered[bytes.size() / 2] ^ 4);
    expectError(damaged("altered", altered), 3, "TRACE-CHECKSUM");
    std::string newer = bytes;
    newer[8] = 9;
    const Outcome version = damaged("newer", newer);
    expectError(version, 3, "TRACE-VERSION");
    EXPECT_NE(version.err.find("newer version"), std::string::npos) << version.err;
    expectError(damaged("text", "hello"), 3, "TRACE-MAGIC");
    expectError(damaged("empty", ""), 3, "FILE-EMPTY");
    expectError(runCli({"trace", "open", "/nowhere"}), 3, "FILE-NOENT");
    expectError(runCli({"trace", "open", good.string(), "--limit", "trace-bytes=1k"}), 9, "FILE-LIMIT");
    expectError(runCli({"trace", "open"}), 2, "USAGE-FILES");
    expectError(runCli({"trace", "diff", good.string()}), 2, "USAGE-FILES");
    expectError(runCli({"trace", "diff", good.string(), good.string(), "--run-b", "3"}), 2, "TRACE-RUN");
    expectError(runCli({"trace"}), 2, "USAGE-VERB");
    expectError(runCli({"trace", "opne", good.string()}), 2, "USAGE-VERB");
    expectFine(runCli({"trace", "open", "--help"}));
    expectFine(runCli({"trace", "--help"}));
    expectError(runCli(saving(m_folder / "no" / "such" / "x.prunescope")), 8, "OUT-NOENT");
    expectError(runCli(saving(picture())), 2, "USAGE-SAME");
    expectError(runCli(saving(good, {"--picture", "both"})), 2, "USAGE-WORD");
    EXPECT_EQ(read(good), bytes) << "what was there stays";
}

TEST_F(CliTrace, ExplainsTokens) {
    const fs::path file = features("f.safetensors", 16, 6, [](int i, int j) { return static_cast<float>((i * 7 + j * 3) % 11) - 4.0F; },
                                   [](int j) { return j == 2 ? 1.0F : 0.25F; }, "4x4");
    const std::vector<std::string> base{"prune", "--features", file.string(), "--keep", "5"};
    const auto with = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments = base;
        arguments.insert(arguments.end(), more.begin(), more.end());
        return runCli(arguments);
    };
    const json pruned = parsed(with({"--explain", "3,8-9", "--survival", "--json"}));
    ASSERT_EQ(pruned["reasons"].size(), 3U);
    for (const auto& reasons : pruned["reasons"]) {
        const auto& trace = pruned["tokens"][reasons["index"].get<std::size_t>()];
        EXPECT_EQ(reasons["kept"], trace["kept"]);
        EXPECT_EQ(reasons["graph"]["degree"], trace["degree"]);
        EXPECT_NEAR(reasons["order"]["explained"].get<double>() + reasons["order"]["remaining"].get<double>(), 1.0, 1e-9);
        ASSERT_FALSE(reasons["flips"].empty());
        // What it says is so: the value that it names, given, makes the other outcome.
        const auto& flip = reasons["flips"][0];
        const std::string knob = flip["knob"].get<std::string>();
        const std::string value = knob == "budget" ? std::to_string(flip["value"].get<int>()) : flip["value"].dump();
        std::vector<std::string> changed{"prune", "--features", file.string(), "--json", "--keep", knob == "budget" ? value : "5"};
        if (knob != "budget") {
            changed.insert(changed.end(), {"--" + knob, value});
        }
        const auto again = parsed(runCli(changed));
        EXPECT_NE(again["tokens"][reasons["index"].get<std::size_t>()]["kept"], reasons["kept"]);
    }
    EXPECT_EQ(pruned["reasons"][2]["index"], 9);
    for (std::size_t i = 0; i < 16; ++i) {
        EXPECT_EQ(pruned["survival"]["budget"]["enters"][i].get<int>() <= 5, pruned["tokens"][i]["kept"].get<bool>());
    }
    EXPECT_FALSE(parsed(with({"--json"})).contains("reasons"));
    expectError(with({"--explain", "16", "--json"}), 2, "PRUNE-TOKEN");
    expectError(with({"--explain", "x", "--json"}), 2, "USAGE-LIST");
    expectError(with({"--survival"}), 2, "USAGE-JSON");
    const auto fromModel = parsed(runCli({"prune", "--model", model().string(), "--image", picture().string(), "--question", "is it red?", "--keep", "5", "--explain", "0",
                                          "--threads", "1", "--json"}));
    EXPECT_EQ(fromModel["reasons"][0]["index"], 0);
}

TEST_F(CliTrace, ForcedTokensOnEveryVerb) {
    for (const char* verb : {"run", "prune"}) {
        const json out = parsed(runCli({verb, "--model", model().string(), "--image", picture().string(), "--question", "is it red?", "--keep", "5", "--force-keep", "0-2",
                                        "--force-drop", "3,5-6", "--threads", "1", "--json"}));
        EXPECT_EQ(out["kept"].size(), 5U) << verb;
        for (const int token : {0, 1, 2}) {
            EXPECT_NE(std::find(out["kept"].begin(), out["kept"].end(), token), out["kept"].end()) << verb;
        }
        for (const int token : {3, 5, 6}) {
            EXPECT_EQ(std::find(out["kept"].begin(), out["kept"].end(), token), out["kept"].end()) << verb;
        }
        if (out.contains("tokens")) {
            for (const std::size_t token : {0U, 1U, 2U, 3U, 5U, 6U}) {
                EXPECT_EQ(out["tokens"][token]["reason"], "forced");
            }
        }
    }
    const std::vector<std::string> more{"--keep", "2", "--force-keep", "0-2"};
    expectError(runCli(runArguments(more)), 2, "USAGE-FORCE");
}

}  // namespace
}  // namespace prunescope::testing
