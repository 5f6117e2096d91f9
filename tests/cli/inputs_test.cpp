// SPDX-License-Identifier: GPL-3.0-or-later
// Catalogue rows F (files and paths), M (model folder), T (tokenizer and query), N (numerics) at the command level.
// (reference/reliability.md 3.1, 3.4, 3.5, 3.9)
#include "tests/cli/harness.h"

#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>

namespace prunescope::testing {
namespace {

namespace fs = std::filesystem;
using Catalogue = CliTest;

Outcome runWith(const fs::path& modelFolder, const std::string& image, const std::string& question = "is it red?") {
    return runCli({"run", "--model", modelFolder.string(), "--image", image, "--question", question, "--max-new-tokens", "2"});
}
Outcome runImage(const std::string& image) { return runWith(fs::path(PRUNESCOPE_TEST_DATA) / "engine" / "tied_head", image); }

// --- F -----------------------------------------------------------------------------------------------------------------------------------

TEST_F(Catalogue, F01_MissingFiles) {
    const std::string nowhere = (m_folder / "nowhere.png").string();
    const auto image = runImage(nowhere);
    expectError(image, 3, "FILE-NOENT");
    EXPECT_NE(image.err.find("nowhere.png"), std::string::npos) << image.err;
    expectError(runCli({"prune", "--features", nowhere}), 3, "FILE-NOENT");
    expectError(runCli({"eval", "--model", model().string(), "--data", nowhere}), 3, "FILE-NOENT");
    expectError(runWith(m_folder / "nomodel", picture().string()), 4, "");
    expectError(runCli({"models", nowhere}), 4, "MODEL-MISSING");
}

TEST_F(Catalogue, F02_EmptyFiles) {
    const std::string empty = write("empty.png", "").string();
    expectError(runImage(empty), 3, "FILE-EMPTY");
    expectError(runCli({"prune", "--features", empty}), 3, "");
    expectError(runCli({"eval", "--model", model().string(), "--data", empty}), 3, "FILE-EMPTY");
    expectError(runWith(copyModel("config.json", ""), picture().string()), 4, "");
    expectError(runWith(copyModel("tokenizer.json", ""), picture().string()), 4, "");
    expectError(runWith(copyModel("model.safetensors", ""), picture().string()), 4, "");
}

TEST_F(Catalogue, F03_FoldersAndFilesMixedUp) {
    expectError(runImage(m_folder.string()), 3, "FILE-KIND");
    expectError(runCli({"prune", "--features", m_folder.string()}), 3, "");
    expectError(runWith(picture(), picture().string()), 4, "");
}

TEST_F(Catalogue, F04_PipesAndDevices) {
    const fs::path fifo = m_folder / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    expectError(runImage(fifo.string()), 3, "FILE-KIND");
    expectError(runImage("/dev/zero"), 3, "FILE-KIND");
    expectError(runImage("/dev/stdin"), 3, "FILE-");
    expectError(runCli({"prune", "--features", fifo.string()}), 3, "");
    const fs::path folder = copyModel();
    fs::remove(folder / "config.json");
    ASSERT_EQ(::mkfifo((folder / "config.json").c_str(), 0600), 0);
    expectError(runWith(folder, picture().string()), 4, "");
}

TEST_F(Catalogue, F05_ProcFiles) {
    expectError(runImage("/proc/cpuinfo"), 3, "FILE-");
    expectError(runImage("/proc/self/mem"), 3, "FILE-");
}

TEST_F(Catalogue, F07_Links) {
    fs::create_symlink(m_folder / "gone", m_folder / "dangling.png");
    expectError(runImage((m_folder / "dangling.png").string()), 3, "FILE-NOENT");
    fs::create_symlink(m_folder / "loop.png", m_folder / "loop.png");
    expectError(runImage((m_folder / "loop.png").string()), 3, "FILE-LOOP");
    fs::create_symlink(picture(), m_folder / "link.png");
    expectFine(runImage((m_folder / "link.png").string()));
}

TEST_F(Catalogue, F08_ContentDecidesNotTheName) {
    fs::create_symlink("/etc/passwd", m_folder / "x.png");
    const auto outcome = runImage((m_folder / "x.png").string());
    expectError(outcome, 3, "IMG-");
    EXPECT_EQ(outcome.err.find("root:"), std::string::npos);
}

TEST_F(Catalogue, F09_OddNames) {
    for (const std::string name : {"with space.png", "quo'te\".png", "new\nline\x1b[31mred.png"}) {
        fs::copy_file(picture(), m_folder / name);
        expectFine(runImage((m_folder / name).string()), name);
        expectError(runImage((m_folder / ("no" + name)).string()), 3, "FILE-NOENT", name);
    }
    const std::string longest(251, 'n');
    fs::copy_file(picture(), m_folder / (longest + ".png"));
    expectFine(runImage((m_folder / (longest + ".png")).string()));
}

TEST_F(Catalogue, F10_Utf8Names) {
    for (const std::string name : {"gr\xc3\xb6\xc3\x9f" "e\xe6\x97\xa5\xe6\x9c\xac.png", "gro\xcc\x88.png"}) {
        fs::copy_file(picture(), m_folder / name);
        const auto outcome = runCli({"run", "--model", model().string(), "--image", (m_folder / name).string(), "--question", "red?", "--max-new-tokens", "1", "--json"});
        ASSERT_EQ(outcome.code, 0) << outcome.err;
        EXPECT_EQ(nlohmann::json::parse(outcome.out)["image"]["path"], (m_folder / name).string());
    }
}

TEST_F(Catalogue, F11_NamesThatAreNotUtf8) {
    const std::string name = "byte\xff.png";
    fs::copy_file(picture(), m_folder / name);
    const auto outcome = runCli({"run", "--model", model().string(), "--image", (m_folder / name).string(), "--question", "red?", "--max-new-tokens", "1", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(nlohmann::json::accept(outcome.out)) << "the path is written as valid UTF-8";
    expectError(runImage((m_folder / "no\xff.png").string()), 3, "FILE-NOENT");
}

TEST_F(Catalogue, F12_PathsThatAreTooLong) {
    expectError(runImage(std::string(4097, 'a')), 3, "FILE-NAME");
    expectError(runImage((m_folder / std::string(256, 'b')).string()), 3, "FILE-NAME");
}

TEST_F(Catalogue, F13_RelativePathsAndTilde) {
    fs::copy_file(picture(), m_folder / "i.png");
    Surroundings here;
    here.folder = m_folder;
    for (const char* path : {"i.png", "./i.png", "../placeholder/../i.png"}) {
        std::string image = path;
        if (const auto at = image.find("placeholder/../"); at != std::string::npos) {
            image = "../" + m_folder.filename().string() + "/i.png";
        }
        expectFine(runCli({"run", "--model", model().string(), "--image", image, "--question", "red?", "--max-new-tokens", "1"}, here), image);
    }
    expectError(runCli({"run", "--model", model().string(), "--image", "~/i.png", "--question", "red?"}, here), 3, "FILE-NOENT");
}

TEST_F(Catalogue, F16_TerabyteOfNothing) {
    const fs::path sparse = write("sparse.png", "x");
    ASSERT_EQ(::truncate(sparse.c_str(), 1LL << 40), 0) << std::strerror(errno);
    expectError(runImage(sparse.string()), 9, "");
}

TEST_F(Catalogue, F17_SomethingElseInTheFilesPlace) {
    const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
    const std::string page = "<!DOCTYPE html><html><head><title>Log in</title></head><body></body></html>";
    const std::string gzip("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);
    for (const std::string& content : {pointer, page, gzip}) {
        expectError(runImage(write("x.png", content).string()), 3, "IMG-");
        expectError(runWith(copyModel("model.safetensors", content), picture().string()), 4, "");
        expectError(runWith(copyModel("config.json", content), picture().string()), 4, "");
    }
    EXPECT_NE(runWith(copyModel("model.safetensors", pointer), picture().string()).err.find("LFS"), std::string::npos);
}

TEST_F(Catalogue, F18_OutputIsAnInput) {
    const fs::path data = suite(1);
    const std::string before = read(data);
    expectError(runCli({"eval", "--model", model().string(), "--data", data.string(), "--out", data.string()}), 2, "USAGE-SAME");
    EXPECT_EQ(read(data), before);
}

// --- M -----------------------------------------------------------------------------------------------------------------------------------

std::string withLength(const std::string& header, const std::string& data = {}) {
    std::string text(8, '\0');
    const std::uint64_t length = header.size();
    std::memcpy(text.data(), &length, 8);
    return text + header + data;
}

TEST_F(Catalogue, M01_WeightsTooShort) {
    for (const std::size_t bytes : {1U, 7U, 8U}) {
        expectError(runWith(copyModel("model.safetensors", std::string(bytes, '\x01')), picture().string()), 4, "", std::to_string(bytes));
    }
}

TEST_F(Catalogue, M02_HeaderLengthLies) {
    const std::string whole = read(model() / "model.safetensors");
    for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX, std::uint64_t{100'000'001}, static_cast<std::uint64_t>(whole.size() - 7)}) {
        std::string text = whole;
        std::memcpy(text.data(), &length, 8);
        const auto outcome = runWith(copyModel("model.safetensors", text), picture().string());
        EXPECT_TRUE(outcome.code == 4 || outcome.code == 9) << length << ": " << outcome.err;
        expectError(outcome, outcome.code, "", std::to_string(length));
    }
}

TEST_F(Catalogue, M04_HeaderIsNotJson) {
    for (const std::string header : {" {}", "[1]", "\xef\xbb\xbf{}", "{\"a\":\xff}", "not json"}) {
        expectError(runWith(copyModel("model.safetensors", withLength(header)), picture().string()), 4, "", header);
    }
}

TEST_F(Catalogue, M18_TensorsOverlapOrLeaveHoles) {
    const std::string two = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[OFF]}})";
    for (const std::string offsets : {"7,15", "0,8", "9,17", "8,15", "8,1000", "16,8", "-1,7"}) {
        std::string header = two;
        header.replace(header.find("OFF"), 3, offsets);
        expectError(runCli({"prune", "--features", write("f.safetensors", withLength(header, std::string(17, '\0'))).string()}), 3, "", offsets);
        expectError(runWith(copyModel("model.safetensors", withLength(header, std::string(17, '\0'))), picture().string()), 4, "", offsets);
    }
}

TEST_F(Catalogue, M24_WeightsCutShort) {
    const std::string whole = read(model() / "model.safetensors");
    expectError(runWith(copyModel("model.safetensors", whole.substr(0, whole.size() - 1)), picture().string()), 4, "");
    expectError(runWith(copyModel("model.safetensors", whole.substr(0, whole.size() / 2)), picture().string()), 4, "");
    expectError(runWith(copyModel("model.safetensors", whole + "x"), picture().string()), 4, "");
}

TEST_F(Catalogue, M31_PickleFilesAreNeverOpened) {
    const fs::path folder = copyModel();
    fs::rename(folder / "model.safetensors", folder / "pytorch_model.bin");
    expectError(runWith(folder, picture().string()), 4, "MODEL-");
    expectError(runWith(copyModel("model.safetensors", std::string("PK\x03\x04") + std::string(100, 'x')), picture().string()), 4, "");
    expectError(runWith(copyModel("model.safetensors", std::string("\x80\x02}q\x00.", 6) + std::string(100, 'x')), picture().string()), 4, "");
}

TEST_F(Catalogue, M34_ShapesThatTheConfigDoesNotSay) {
    expectError(runWith(editModel("config.json", "\"intermediate_size\": 68", "\"intermediate_size\": 69"), picture().string()), 4, "MODEL-");
    expectError(runWith(editModel("config.json", "\"vocab_size\": 128", "\"vocab_size\": 129"), picture().string()), 4, "MODEL-");
}

TEST_F(Catalogue, M35_MissingTensors) {
    std::string weights = read(model() / "model.safetensors");
    const std::size_t at = weights.find("layers.0.self_attn.q_proj");
    ASSERT_NE(at, std::string::npos);
    weights.replace(at, 8, "layerz.0");
    const auto outcome = runWith(copyModel("model.safetensors", weights), picture().string());
    expectError(outcome, 4, "MODEL-");
}

TEST_F(Catalogue, M41_IndexNamesStayInTheFolder) {
    for (const std::string name : {"../x.safetensors", "/etc/passwd", "a/b.safetensors", ".", ""}) {
        const fs::path folder = copyModel();
        fs::remove(folder / "model.safetensors");
        std::ofstream(folder / "model.safetensors.index.json") << nlohmann::json{{"metadata", {{"total_size", 4}}}, {"weight_map", {{"lm_head.weight", name}}}}.dump();
        expectError(runWith(folder, picture().string()), 4, "", name);
    }
}

TEST_F(Catalogue, M43_MissingShard) {
    const fs::path folder = copyModel();
    for (const auto& entry : fs::directory_iterator(fs::path(PRUNESCOPE_TEST_DATA) / "engine" / "l1_sharded")) {
        fs::copy_file(entry.path(), folder / entry.path().filename(), fs::copy_options::overwrite_existing);
    }
    fs::remove(folder / "model.safetensors");
    expectFine(runWith(folder, picture().string()));
    fs::remove(folder / "model-00002-of-00002.safetensors");
    expectError(runWith(folder, picture().string()), 4, "");
}

TEST_F(Catalogue, M51_ConfigThatIsNoConfig) {
    for (const std::string content : {"{}", "[]", "null", "text", "{\"model_type\":\"llava\",}", "{ // comment\n}", "{\"a\":1,\"a\":2}"}) {
        expectError(runWith(copyModel("config.json", content), picture().string()), 4, "", content);
    }
    const fs::path none = copyModel();
    fs::remove(none / "config.json");
    expectError(runWith(none, picture().string()), 4, "");
}

TEST_F(Catalogue, M52_ConfigNumbers) {
    for (const char* value : {"2147483648", "4294967297", "-1", "0", "48.5", "1e30", "true", "\"48\"", "null"}) {
        const auto outcome = runWith(editModel("config.json", "\"hidden_size\": 48", std::string("\"hidden_size\": ") + value), picture().string());
        EXPECT_TRUE(outcome.code == 4 || outcome.code == 9) << value << ": " << outcome.code;
        expectError(outcome, outcome.code, "", value);
    }
}

TEST_F(Catalogue, M53_ConfigSizesThatCannotBe) {
    const std::pair<const char*, const char*> edits[] = {{"\"num_hidden_layers\": 3", "\"num_hidden_layers\": 1000000000"},
                                                         {"\"num_attention_heads\": 4", "\"num_attention_heads\": 7"},
                                                         {"\"patch_size\": 7", "\"patch_size\": 0"},
                                                         {"\"patch_size\": 7", "\"patch_size\": 29"},
                                                         {"\"image_size\": 28", "\"image_size\": 1000000"},
                                                         {"\"image_token_index\": 120", "\"image_token_index\": -1"}};
    for (const auto& [from, to] : edits) {
        const auto outcome = runWith(editModel("config.json", from, to), picture().string());
        EXPECT_TRUE(outcome.code == 4 || outcome.code == 9) << to << ": " << outcome.code;
        expectError(outcome, outcome.code, "", to);
    }
}

TEST_F(Catalogue, M54_UnknownArchitecture) {
    const auto outcome = runWith(editModel("config.json", "\"model_type\": \"llava\"", "\"model_type\": \"mystery\""), picture().string());
    expectError(outcome, 4, "MODEL-");
    expectError(runWith(editModel("config.json", "\"model_type\": \"llama\"", "\"model_type\": \"mamba\""), picture().string()), 4, "MODEL-");
}

TEST_F(Catalogue, M55_CodeInTheFolderIsNotRun) {
    const fs::path folder = editModel("config.json", "\"model_type\": \"llava\"", "\"auto_map\": {\"AutoModel\": \"evil.Model\"}, \"model_type\": \"llava\"");
    std::ofstream(folder / "evil.py") << "open('" << (m_folder / "ran").string() << "', 'w')\n";
    expectFine(runWith(folder, picture().string()));
    EXPECT_FALSE(fs::exists(m_folder / "ran"));
}

TEST_F(Catalogue, M56_ProcessorNumbers) {
    const std::pair<const char*, const char*> edits[] = {{"\"image_std\": [\n  0.26862954", "\"image_std\": [\n  0"},
                                                         {"\"shortest_edge\": 28", "\"shortest_edge\": 0"},
                                                         {"\"shortest_edge\": 28", "\"shortest_edge\": -28"},
                                                         {"\"rescale_factor\": 0.00392156862745098", "\"rescale_factor\": \"x\""}};
    for (const auto& [from, to] : edits) {
        expectError(runWith(editModel("preprocessor_config.json", from, to), picture().string()), 4, "", to);
    }
}

TEST_F(Catalogue, M57_EpsilonAndTheta) {
    for (const char* value : {"0", "-1e-5", "\"x\""}) {
        expectError(runWith(editModel("config.json", "\"rms_norm_eps\": 1e-05", std::string("\"rms_norm_eps\": ") + value), picture().string()), 4, "", value);
    }
    expectError(runWith(editModel("config.json", "\"rope_theta\": 10000.0", "\"rope_theta\": -1"), picture().string()), 4, "");
}

// --- T -----------------------------------------------------------------------------------------------------------------------------------

TEST_F(Catalogue, T01_NoTokenizer) {
    const fs::path folder = copyModel();
    fs::remove(folder / "tokenizer.json");
    expectError(runWith(folder, picture().string()), 4, "");
    std::ofstream(folder / "tokenizer.model") << "sentencepiece";
    expectError(runWith(folder, picture().string()), 4, "");
}

TEST_F(Catalogue, T02_BrokenTokenizer) {
    const std::string whole = read(model() / "tokenizer.json");
    expectError(runWith(copyModel("tokenizer.json", whole.substr(0, whole.size() / 2)), picture().string()), 4, "");
    expectError(runWith(copyModel("tokenizer.json", std::string(100000, '[')), picture().string()), 4, "");
}

TEST_F(Catalogue, T03_TokenIds) {
    for (const char* id : {"-1", "2147483648", "1.5", "\"3\"", "9007199254740993"}) {
        expectError(runWith(editModel("tokenizer.json", "\"\\u2581\": 3", std::string("\"\\u2581\": ") + id), picture().string()), 4, "TOK-", id);
    }
}

TEST_F(Catalogue, T10_UnknownTokenizerParts) {
    expectError(runWith(editModel("tokenizer.json", "\"type\": \"BPE\"", "\"type\": \"Quantum\""), picture().string()), 4, "TOK-");
    expectError(runWith(editModel("tokenizer.json", "\"type\": \"Prepend\"", "\"type\": \"Append\""), picture().string()), 4, "TOK-");
}

TEST_F(Catalogue, T13_QuestionWithoutWords) {
    for (const std::string question : {"", "   "}) {
        expectError(runWith(model(), picture().string(), question), 2, "U-QUERY");
    }
}

TEST_F(Catalogue, T14_QuestionOverTheLimit) {
    expectError(runWith(model(), picture().string(), std::string(8193, 'a')), 9, "L-QUERY");
    expectError(runWith(model(), picture().string(), std::string(100000, 'a')), 9, "L-QUERY");
}

TEST_F(Catalogue, T15_OddCharactersInTheQuestion) {
    expectError(runWith(model(), picture().string(), "red \xff"), 3, "TOK-UTF8");
    expectFine(runWith(model(), picture().string(), "is \xe2\x80\xae it \xe2\x80\x8d red \xf0\x9f\x90\x88?"));
}

TEST_F(Catalogue, T16_ImageTokenInTheQuestion) {
    expectFine(runWith(model(), picture().string(), "is <image> red </s>?"));
    expectError(runCli({"run", "--model", model().string(), "--image", picture().string(), "--prompt", "no slot"}), 2, "U-PROMPT");
    expectFine(runCli({"run", "--model", model().string(), "--image", picture().string(), "--prompt", "USER: <image>\nred? ASSISTANT:", "--max-new-tokens", "2"}));
}

TEST_F(Catalogue, T18_TokenizerOfAnotherModel) {
    expectError(runWith(editModel("config.json", "\"image_token_index\": 120", "\"image_token_index\": 127"), picture().string()), 4, "MODEL-");
}

// --- N -----------------------------------------------------------------------------------------------------------------------------------

float wave(int i, int j) { return static_cast<float>(std::sin(0.37 * (i + 1) * (j + 2)) + 0.2 * std::cos(1.3 * i + j)); }

nlohmann::json pruned(const fs::path& features, std::vector<std::string> more, const std::string& note = {}) {
    std::vector<std::string> arguments{"prune", "--features", features.string(), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto outcome = runCli(arguments);
    EXPECT_EQ(outcome.code, 0) << note << outcome.err;
    return outcome.code == 0 ? nlohmann::json::parse(outcome.out) : nlohmann::json();
}

// Rule for all rows of 3.9: exactly min(k, n) distinct, sorted indices, and no NaN anywhere (JSON cannot hold one).
void expectKept(const nlohmann::json& json, std::size_t count, const std::string& note = {}) {
    ASSERT_TRUE(json.is_object()) << note;
    const auto kept = json["kept"].get<std::vector<int>>();
    EXPECT_EQ(kept.size(), count) << note;
    EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end())) << note;
    EXPECT_EQ(std::set<int>(kept.begin(), kept.end()).size(), count) << note;
}

TEST_F(Catalogue, N01_NoTokens) {
    expectError(runCli({"prune", "--features", write("f.safetensors", withLength(R"({"tokens":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]}})")).string()}), 10, "NUM-EMPTY");
}

TEST_F(Catalogue, N02_OneToken) {
    expectKept(pruned(features("f", 1, 3, wave, [](int) { return 1.0F; }, "1x1"), {}), 1);
}

TEST_F(Catalogue, N03_OddAndTinyCounts) {
    for (const int n : {2, 3, 5}) {
        expectKept(pruned(features("f", n, 4, wave, [](int) { return 1.0F; }, "1x" + std::to_string(n)), {"--keep", "1"}), 1, std::to_string(n));
    }
}

TEST_F(Catalogue, N04_IdenticalTokens) {
    const auto json = pruned(features("f", 64, 4, [](int, int j) { return 0.5F + static_cast<float>(j); }, [](int) { return 1.0F; }, "8x8"), {"--keep", "16"});
    expectKept(json, 16);
    EXPECT_FALSE(json["warnings"].empty()) << "rank one is flagged";
}

TEST_F(Catalogue, N05_FewDistinctTokens) {
    // Without a question: with one, the least relevant of the eight counts as nothing until the fill.
    const auto json = pruned(features("f", 64, 12, [](int i, int j) { return wave(i % 8, j); }, {}, "8x8"), {"--keep", "16", "--method", "qcsp"});
    expectKept(json, 16);
    std::set<int> distinct;
    for (const int token : json["kept"].get<std::vector<int>>()) {
        distinct.insert(token % 8);
    }
    EXPECT_EQ(distinct.size(), 8U) << "each distinct token is there before any copy";
}

TEST_F(Catalogue, N07_ZeroNormTokens) {
    expectKept(pruned(features("f", 16, 4, [](int i, int j) { return i == 3 ? 0.0F : wave(i, j); }, [](int) { return 1.0F; }, "4x4"), {"--keep", "5"}), 5);
    expectKept(pruned(features("f", 16, 4, [](int i, int j) { return i % 2 == 0 ? 0.0F : wave(i, j); }, [](int) { return 1.0F; }, "4x4"), {"--keep", "12"}), 12);
    const auto all = pruned(features("f", 16, 4, [](int, int) { return 0.0F; }, [](int) { return 1.0F; }, "4x4"), {"--keep", "5"});
    expectKept(all, 5);
    EXPECT_EQ(all["kept"], (nlohmann::json{0, 1, 2, 3, 4}));
}

TEST_F(Catalogue, N08_NotFinite) {
    for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
        expectError(runCli({"prune", "--features", features("f", 16, 4, [bad](int i, int j) { return i == 7 && j == 2 ? bad : wave(i, j); }, {}, "4x4").string()}), 10, "NUM-");
    }
    expectError(runCli({"prune", "--features", features("f", 16, 4, wave, [](int j) { return j == 1 ? std::nanf("") : 1.0F; }, "4x4").string()}), 10, "NUM-");
}

TEST_F(Catalogue, N09_TinyAndHugeNorms) {
    const auto plain = pruned(features("f", 16, 6, wave, [](int) { return 1.0F; }, "4x4"), {"--keep", "5"});
    for (const double scale : {1e-30, 1e25}) {
        const auto scaled = pruned(features("g", 16, 6, [scale](int i, int j) { return static_cast<float>(wave(i, j) * scale); }, [](int) { return 1.0F; }, "4x4"), {"--keep", "5"});
        EXPECT_EQ(scaled["kept"], plain["kept"]) << scale;
    }
}

TEST_F(Catalogue, N11_ConstantRelevance) {
    const auto json = pruned(features("f", 16, 4, wave, [](int) { return 0.0F; }, "4x4"), {"--keep", "5"});
    expectKept(json, 5);
    for (const auto& token : json["tokens"]) {
        EXPECT_TRUE(token["relevance"].is_null() || token["relevance"] == json["tokens"][0]["relevance"]);
    }
}

TEST_F(Catalogue, N15_TauOneWithDuplicates) {
    const auto json = pruned(features("f", 16, 24, [](int i, int j) { return wave(i / 2, j); }, [](int) { return 1.0F; }, "4x4"), {"--keep", "4", "--tau", "1"});
    expectKept(json, 4);
    for (const auto& token : json["tokens"]) {
        EXPECT_GE(token["degree"].get<int>(), 1) << "the twin is an edge at tau = 1";
    }
}

TEST_F(Catalogue, N16_TauAtItsEnds) {
    const auto file = features("f", 16, 6, wave, [](int) { return 1.0F; }, "4x4");
    const auto all = pruned(file, {"--keep", "4", "--tau", "-1"});
    for (const auto& token : all["tokens"]) {
        EXPECT_EQ(token["degree"], 8);
    }
    const auto none = pruned(file, {"--keep", "4", "--tau", "0.999999"});
    for (const auto& token : none["tokens"]) {
        EXPECT_EQ(token["degree"], 0);
    }
    expectKept(none, 4);
}

TEST_F(Catalogue, N18_LargeGamma) {
    const auto file = features("f", 16, 6, wave, [](int) { return 1.0F; }, "4x4");
    for (const char* gamma : {"0", "89", "1e300"}) {
        expectKept(pruned(file, {"--keep", "4", "--tau", "0.1", "--gamma", gamma}, gamma), 4, gamma);
    }
}

TEST_F(Catalogue, N20_SharesAtTheirEnds) {
    const auto file = features("f", 16, 6, wave, [](int) { return 1.0F; }, "4x4");
    for (const char* share : {"0", "1"}) {
        for (const char* fusion : {"walk", "restrict", "append"}) {
            expectKept(pruned(file, {"--keep", "6", "--gsp-ratio", share, "--fusion", fusion}), 6, std::string(share) + " " + fusion);
        }
    }
}

TEST_F(Catalogue, N30_SameBytesTwice) {
    const auto file = features("f", 64, 6, wave, [](int) { return 1.0F; }, "8x8");
    const std::vector<std::string> arguments{"prune", "--features", file.string(), "--method", "random", "--keep", "9", "--seed", "5"};
    const auto first = runCli(arguments);
    expectFine(first);
    EXPECT_EQ(runCli(arguments).out, first.out);
    auto other = arguments;
    other.back() = "6";
    EXPECT_NE(runCli(other).out, first.out);
}

}  // namespace
}  // namespace prunescope::testing
