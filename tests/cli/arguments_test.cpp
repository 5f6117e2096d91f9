// SPDX-License-Identifier: GPL-3.0-or-later
// Catalogue rows C (arguments and environment), X09 and R at the command level. (reference/reliability.md 3.8, 3.10)
#include "tests/cli/harness.h"

#include <nlohmann/json.hpp>

#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

namespace prunescope::testing {
namespace {

namespace fs = std::filesystem;
using Catalogue = CliTest;

std::vector<std::string> pruneArguments(const fs::path& features, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"prune", "--features", features.string(), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

class WithFeatures : public CliTest {
protected:
    void SetUp() override {
        CliTest::SetUp();
        m_features = features("f.safetensors", 16, 6, [](int i, int j) { return static_cast<float>((i * 7 + j * 3) % 11) - 4.0F; },
                              [](int j) { return j == 2 ? 1.0F : 0.25F; }, "4x4");
    }
    Outcome prune(std::vector<std::string> more, const Surroundings& setup = {}) { return runCli(pruneArguments(m_features, std::move(more)), setup); }
    fs::path m_features;
};
using CatalogueFeatures = WithFeatures;

TEST_F(Catalogue, C01_NoArgumentsHelpVersionTypos) {
    expectError(runCli({}), 2, "USAGE-VERB");
    expectFine(runCli({"--help"}));
    expectFine(runCli({"run", "--help"}));
    expectFine(runCli({"--version"}));
    const auto verb = runCli({"prun"});
    expectError(verb, 2, "USAGE-VERB");
    EXPECT_NE(verb.err.find("did you mean prune?"), std::string::npos) << verb.err;
    const auto option = runCli({"run", "--gama", "1"});
    expectError(option, 2, "USAGE-OPTION");
    EXPECT_NE(option.err.find("--gamma"), std::string::npos) << option.err;
    expectError(runCli({"run", "stray"}), 2, "USAGE-ARGS");
    for (const char* later : {"compare", "sweep", "figure"}) {
        expectError(runCli({later}), 2, "USAGE-NOT-BUILT", later);
    }
}

TEST_F(CatalogueFeatures, C02_ShapeOfOptions) {
    expectError(prune({"--tau"}), 2, "USAGE-ARGS");
    expectError(prune({"--tau", "0.5", "--tau", "0.6"}), 2, "USAGE-ARGS");
    expectError(prune({"--tau="}), 2, "USAGE-EMPTY");
    expectError(prune({"--tau=", "--gamma=1"}), 2, "USAGE-EMPTY");
    fs::copy_file(m_features, m_folder / "-x.safetensors");
    Surroundings here;
    here.folder = m_folder;
    expectFine(runCli({"prune", "--features", "-x.safetensors"}, here));
    expectFine(runCli({"prune", "--features=-x.safetensors"}, here));
}

TEST_F(CatalogueFeatures, C03_Tau) {
    for (const char* text : {"nan", "1e-400", "0x1p-1", "0,5", "1.0000001"}) {
        expectError(prune({"--tau", text}), 2, "USAGE-", text);
    }
    EXPECT_NE(prune({"--tau", "-0.0"}).out.find("\"tau\":0.0"), std::string::npos);
}

TEST_F(CatalogueFeatures, C04_Gamma) {
    for (const char* text : {"nan", "1e309", "-5"}) {
        expectError(prune({"--gamma", text}), 2, "USAGE-", text);
    }
    expectFine(prune({"--gamma", "0", "--keep", "4"}));
    expectFine(prune({"--gamma", "1e300", "--keep", "4"}));
}

TEST_F(CatalogueFeatures, C05_Keep) {
    for (const char* text : {"-1", "64.5", "010", "17", "auto"}) {
        expectError(prune({"--keep", text}), 2, "USAGE-", text);
    }
    EXPECT_NE(prune({"--keep", "17"}).err.find("at most 16"), std::string::npos);
    expectFine(prune({"--keep", "17", "--clamp"}));
    expectFine(prune({"--keep", "16"}));
}

TEST_F(CatalogueFeatures, C06_Ratio) {
    expectError(prune({"--gsp-ratio", "1.5"}), 2, "USAGE-RANGE");
    expectError(prune({"--gsp-ratio", "100%"}), 2, "USAGE-NUMBER");
    expectFine(prune({"--gsp-ratio", "1", "--keep", "4"}));
    expectFine(prune({"--gsp-ratio", "0", "--keep", "4"}));
}

TEST_F(CatalogueFeatures, C07_Lists) {
    for (const char* text : {"1,2,x", "1,,2", "3-1", "1-", "0-99999999"}) {
        expectError(prune({"--force-keep", text}), 2, "USAGE-LIST", text);
    }
    EXPECT_NE(prune({"--keep", "5", "--force-keep", "1-3,7"}).out.find("\"force_keep\":[1,2,3,7]"), std::string::npos);
    expectError(prune({"--force-keep", "16"}), 2, "USAGE-");
    expectError(prune({"--force-keep", "3", "--force-drop", "3"}), 2, "USAGE-");
}

TEST_F(CatalogueFeatures, C08_UnsignedOptions) {
    expectError(runCli(runArguments({"--threads", "-1"})), 2, "USAGE-RANGE");
    expectError(runCli(runArguments({"--max-new-tokens=18446744073709551616"})), 2, "USAGE-");
}

TEST_F(CatalogueFeatures, C09_Contradictions) {
    const auto outcome = prune({"--keep", "4", "--keep-ratio", "0.5"});
    expectError(outcome, 2, "USAGE-CONFLICT");
    EXPECT_NE(outcome.err.find("--keep, --keep-ratio"), std::string::npos) << outcome.err;
    expectError(runCli(runArguments({"--prompt", "<image> red?"})), 2, "USAGE-CONFLICT");
    expectError(prune({"--image", "x.png"}), 2, "USAGE-CONFLICT");
}

TEST_F(Catalogue, C10_Devices) {
    expectError(runCli(runArguments({"--device", "bogus"})), 5, "DEVICE-");
    expectError(runCli(runArguments({"--device", "cuda:9"})), 5, "DEVICE-");
    EXPECT_NE(runCli(runArguments({"--device", "cuda:9"})).err.find("--device"), std::string::npos);
}

TEST_F(Catalogue, C11_Threads) {
    for (const char* text : {"0", "1.5"}) {
        expectError(runCli(runArguments({"--threads", text})), 2, "USAGE-", text);
    }
    const auto many = runCli(runArguments({"--threads", "100000"}));
    expectFine(many);
    EXPECT_NE(many.err.find("note["), std::string::npos) << many.err;
}

TEST_F(CatalogueFeatures, C12_Seed) {
    for (const char* text : {"-1", "18446744073709551616", "abc"}) {
        expectError(prune({"--seed", text}), 2, "USAGE-NUMBER", text);
    }
}

TEST_F(Catalogue, C13_Out) {
    const std::vector<std::string> dump{"dump", "--model", model().string(), "--image", picture().string(), "--question", "red?", "--out"};
    const auto with = [&](const std::string& out) {
        auto arguments = dump;
        arguments.push_back(out);
        return runCli(arguments);
    };
    expectError(with((m_folder / "no" / "x.safetensors").string()), 8, "OUT-NOENT");
    const auto file = write("file", "content");
    expectError(with((file / "x.safetensors").string()), 8, "OUT-");
    EXPECT_EQ(read(file), "content");
    expectError(with(m_folder.string()), 8, "OUT-KIND");
    expectError(with("/dev/full"), 8, "OUT-KIND");
    fs::copy_file(picture(), m_folder / "i.png");
    auto same = dump;
    same[4] = (m_folder / "i.png").string();
    same.push_back((m_folder / "i.png").string());
    expectError(runCli(same), 2, "USAGE-SAME");
    EXPECT_EQ(read(m_folder / "i.png"), read(picture()));
}

TEST_F(CatalogueFeatures, C14_Limits) {
    for (const char* text : {"bogus=1", "image-pixels=0", "image-pixels=9G", "image-pixels"}) {
        expectError(prune({"--limit", text}), 2, "USAGE-", text);
    }
    expectFine(prune({"--limit", "image-pixels=300M", "--limit", "query=64KiB"}));
}

TEST_F(CatalogueFeatures, C18_Locales) {
    const auto plain = runCli({"prune", "--features", m_features.string(), "--tau", "0.5", "--keep", "5"});
    expectFine(plain);
    for (const char* locale : {"de_DE.UTF-8", "tr_TR.UTF-8", "xx_YY"}) {
        Surroundings setup;
        setup.environment = {{"LC_ALL", locale}};
        EXPECT_EQ(runCli({"prune", "--features", m_features.string(), "--tau", "0.5", "--keep", "5"}, setup).out, plain.out) << locale;
    }
}

TEST_F(Catalogue, C19_NoHome) {
    Surroundings setup;
    setup.unset = {"HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "TMPDIR"};
    expectFine(runCli(runArguments(), setup));
    setup.unset.clear();
    setup.environment = {{"HOME", "/nonexistent"}, {"XDG_CACHE_HOME", "relative"}};
    expectFine(runCli(runArguments(), setup));
}

TEST_F(Catalogue, C21_JunkInTheEnvironment) {
    Surroundings setup;
    setup.environment = {{"OMP_NUM_THREADS", "junk"}, {"OPENCV_IO_MAX_IMAGE_PIXELS", "junk"}, {"MKL_NUM_THREADS", "-3"}};
    const auto outcome = runCli(runArguments(), setup);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST_F(CatalogueFeatures, C22_ClosedDescriptors) {
    Surroundings noInput;
    noInput.closed = {0};
    expectFine(prune({}, noInput));
    Surroundings noOutput;
    noOutput.closed = {1};
    expectError(prune({}, noOutput), 8, "OUT-STDOUT");
    Surroundings noErrors;
    noErrors.closed = {2};
    EXPECT_EQ(prune({"--tau", "nan"}, noErrors).code, 2);
    Surroundings nothing;
    nothing.closed = {0, 1, 2};
    const auto before = read(m_features);
    EXPECT_EQ(prune({}, nothing).code, 8);
    EXPECT_EQ(read(m_features), before);
}

TEST_F(Catalogue, C23_FolderThatIsGone) {
    const fs::path gone = m_folder / "gone";
    fs::create_directory(gone);
    Surroundings setup;
    setup.folder = gone;
    auto arguments = runArguments();
    arguments[4] = "relative.png";
    expectError(runCli(arguments, setup), 3, "FILE-NOENT");
}

TEST_F(CatalogueFeatures, X09_FullAndClosedStdout) {
    Surroundings full;
    full.stdoutPath = "/dev/full";
    expectError(prune({}, full), 8, "OUT-STDOUT");
    Surroundings head;
    head.closeReaderEarly = true;
    // More JSON than a pipe holds, so that the program is still writing when the reader goes.
    const auto large = features("large", 1024, 6, [](int i, int j) { return static_cast<float>((i * 7 + j * 3) % 11) - 4.0F; }, {}, "32x32");
    const auto outcome = runCli(pruneArguments(large), head);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.err, "");
}

TEST_F(CatalogueFeatures, ErrorsAsJson) {
    const auto outcome = prune({"--errors", "json", "--tau", "nan"});
    EXPECT_EQ(outcome.code, 2);
    const auto json = nlohmann::json::parse(outcome.err);
    EXPECT_EQ(json["level"], "error");
    EXPECT_EQ(json["code"], 2);
    EXPECT_EQ(json["id"], "USAGE-NUMBER");
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1);
}

// Signals hit a long evaluation while it writes its results.
class Interrupted : public CliTest {
protected:
    Outcome evalWith(const std::function<void(int)>& whileRunning, int items = 20000) {
        Surroundings setup;
        setup.whileRunning = [&](int pid) {
            // Until the first lines are there, so that the signal hits the work itself.
            for (int i = 0; i < 6000 && (!fs::exists(m_results) || fs::file_size(m_results) < 400); ++i) {
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
            whileRunning(pid);
        };
        return runCli({"eval", "--model", model().string(), "--data", suite(items).string(), "--out", m_results.string(), "--max-new-tokens", "4", "--json"}, setup);
    }
    // Every line is whole and each item is there once.
    void expectWholeResults() {
        std::istringstream lines(read(m_results));
        std::size_t count = 0;
        for (std::string line; std::getline(lines, line); ++count) {
            EXPECT_TRUE(nlohmann::json::accept(line)) << line;
        }
        EXPECT_GT(count, 0U);
    }
    void SetUp() override {
        CliTest::SetUp();
        m_results = m_folder / "results.jsonl";
    }
    fs::path m_results;
};
using CatalogueSignals = Interrupted;

TEST_F(CatalogueSignals, R12_SignalsEndWithTheirCode) {
    for (const auto& [number, code] : {std::pair(SIGINT, 130), std::pair(SIGTERM, 143), std::pair(SIGHUP, 129)}) {
        fs::remove(m_results);
        const auto outcome = evalWith([number = number](int pid) { ::kill(pid, number); });
        EXPECT_EQ(outcome.code, code) << outcome.err;
        EXPECT_FALSE(outcome.killed);
        EXPECT_EQ(outcome.out, "");
        expectWholeResults();
    }
}

TEST_F(CatalogueSignals, R13_SecondSignalEndsAtOnce) {
    const auto outcome = evalWith([](int pid) {
        ::kill(pid, SIGINT);
        ::kill(pid, SIGINT);
    });
    EXPECT_EQ(outcome.code, 130);
}

TEST_F(CatalogueSignals, R14_HarmlessSignals) {
    const auto outcome = evalWith([](int pid) {
        for (const int number : {SIGUSR1, SIGPIPE, SIGTSTP, SIGCONT}) {
            ::kill(pid, number);
        }
        ::kill(pid, SIGCONT);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        ::kill(pid, SIGTERM);
    });
    EXPECT_EQ(outcome.code, 143) << outcome.err;
    expectWholeResults();
}

TEST_F(CatalogueSignals, R15_KilledAndResumed) {
    const auto killed = evalWith([](int pid) { ::kill(pid, SIGKILL); }, 60);
    std::size_t before = 0;
    if (killed.killed) {   // otherwise it was done before the signal came
        std::istringstream lines(read(m_results));
        for (std::string line; std::getline(lines, line);) {
            before += nlohmann::json::accept(line) ? 1 : 0;
        }
    }
    const auto resumed = evalWith([](int) {}, 60);
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    const auto report = nlohmann::json::parse(resumed.out);
    EXPECT_EQ(report["items"], 60);
    EXPECT_GE(report["resumed"].get<std::size_t>(), before);
    fs::remove(m_results);
    const auto whole = evalWith([](int) {}, 60);
    ASSERT_EQ(whole.code, 0) << whole.err;
    EXPECT_EQ(nlohmann::json::parse(whole.out)["families"], report["families"]) << "the same table as without the interruption";
}

TEST_F(CatalogueSignals, TimeoutEndsWith124) {
    const auto outcome = runCli({"eval", "--model", model().string(), "--data", suite(200000).string(), "--max-new-tokens", "4", "--timeout", "2"});
    expectError(outcome, 124, "TIMEOUT");
    expectError(runCli({"eval", "--data", "x", "--timeout", "0"}), 2, "USAGE-NUMBER");
}

TEST_F(Catalogue, R16_SmallLimits) {
    Surroundings files;
    files.limits = {{RLIMIT_NOFILE, 32}};
    expectFine(runCli(runArguments(), files), "32 descriptors");
    Surroundings nothingWritten;
    nothingWritten.limits = {{RLIMIT_FSIZE, 1}};
    const auto dump = runCli({"dump", "--model", model().string(), "--image", picture().string(), "--question", "red?", "--out", (m_folder / "d.safetensors").string()},
                             nothingWritten);
    EXPECT_EQ(dump.code, 8) << dump.err;
    EXPECT_FALSE(fs::exists(m_folder / "d.safetensors"));
    EXPECT_TRUE(fs::is_empty(m_folder)) << "a temporary file was left";
}

}  // namespace
}  // namespace prunescope::testing
