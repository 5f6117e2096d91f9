// SPDX-License-Identifier: GPL-3.0-or-later
// Scoring, masks, summary and the resumable results, against numbers worked out by hand.
#include "core/run/eval.h"
#include "tests/run/fake_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace prunescope {
namespace {

using namespace prunescope::testing;
namespace fs = std::filesystem;

class TempFolder : public ::testing::Test {
protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "prunescope-eval-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        m_folder = name;
    }
    void TearDown() override { fs::remove_all(m_folder); }
    [[nodiscard]] fs::path write(const std::string& name, const std::string& text) const {
        std::ofstream(m_folder / name, std::ios::binary) << text;
        return m_folder / name;
    }
    [[nodiscard]] static std::string read(const fs::path& path) {
        std::ifstream file(path, std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    fs::path m_folder;
};

using EvalSuite = TempFolder;
using EvalResults = TempFolder;
using EvalRun = TempFolder;

TEST(EvalScore, NormalisedAnswers) {
    EXPECT_EQ(normaliseAnswer("  The red,  pot. "), "red pot");
    EXPECT_EQ(normaliseAnswer("A"), "");
    EXPECT_EQ(normaliseAnswer("\"Two\"!"), "two");
    EXPECT_TRUE(answerMatches("Two.", {"2", "two"}));
    EXPECT_FALSE(answerMatches("twenty", {"two"}));
    EXPECT_TRUE(answerMatches("Yes, there is.", {"yes"}));
    EXPECT_FALSE(answerMatches("No.", {"yes"}));
    EXPECT_FALSE(answerMatches("maybe", {"no"}));
    EXPECT_FALSE(answerMatches("nobody", {"no"}));
}

TEST(EvalScore, WilsonInterval) {
    // 8 of 10 at 95 %: 0.4901625 .. 0.9433178 (Wilson 1927, no continuity correction).
    const Interval interval = wilson95(8, 10);
    EXPECT_NEAR(interval.low, 0.4901625, 1e-6);
    EXPECT_NEAR(interval.high, 0.9433178, 1e-6);
    EXPECT_EQ(wilson95(0, 0).low, 0);
    EXPECT_EQ(wilson95(0, 0).high, 1);
    EXPECT_NEAR(wilson95(0, 5).low, 0, 1e-12);
    EXPECT_NEAR(wilson95(5, 5).high, 1, 1e-12);
}

TEST(EvalScore, RleStartsWithZeros) {
    RleMask mask;
    mask.rows = 2;
    mask.cols = 3;
    mask.counts = {1, 2, 2, 1};
    EXPECT_EQ(expandRle(mask), (std::vector<std::uint8_t>{0, 1, 1, 0, 0, 1}));
    mask.counts = {0, 6};
    EXPECT_EQ(expandRle(mask), std::vector<std::uint8_t>(6, 1));
}

// A 4x4 grid of 7-pixel patches over a 28x28 image, nothing cropped.
GridMap wholeGrid() {
    GridMap grid;
    grid.rows = grid.cols = 4;
    grid.imageWidth = grid.imageHeight = grid.inputSize = 28;
    grid.patchSize = 7;
    return grid;
}

TEST(EvalScore, CoverageOfPatches) {
    EvalRef ref;
    ref.box = {7, 0, 17.6, 7};   // patch 1 whole; of patch 2 the columns 14 to 17, whose centres lie inside: 4 of 7
    const auto pixels = referredPixels({ref}, 28, 28);
    ASSERT_TRUE(pixels.has_value());
    const auto coverage = patchCoverage(wholeGrid(), *pixels, 28, 28);
    EXPECT_DOUBLE_EQ(coverage[0], 0);
    EXPECT_DOUBLE_EQ(coverage[1], 1);
    EXPECT_NEAR(coverage[2], 4.0 / 7.0, 1e-12);
    EXPECT_DOUBLE_EQ(coverage[5], 0);
}

TEST(EvalScore, CoverageIsExactForFractionalPatches) {
    GridMap grid = wholeGrid();
    grid.imageWidth = grid.imageHeight = 14;   // two model pixels an image pixel: a patch is 3.5 pixels wide
    grid.scaleX = grid.scaleY = 0.5;
    std::vector<std::uint8_t> pixels(14 * 14, 0);
    pixels[3] = 1;   // pixel (row 0, column 3): half in patch 0, half in patch 1
    const auto coverage = patchCoverage(grid, pixels, 14, 14);
    EXPECT_NEAR(coverage[0], 0.5 / 12.25, 1e-12);
    EXPECT_NEAR(coverage[1], 0.5 / 12.25, 1e-12);
    EXPECT_DOUBLE_EQ(coverage[2], 0);
}

TEST(EvalScore, MaskOfAnotherSizeIsRefused) {
    EvalRef ref;
    ref.rle = RleMask{2, 2, {4}};
    EXPECT_FALSE(referredPixels({ref}, 28, 28).has_value());
}

PruneDecision decisionKeeping(const std::vector<int>& kept, int mostRelevant) {
    PruneDecision decision;
    decision.n = 16;
    for (int i = 0; i < 16; ++i) {
        TokenTrace token;
        token.index = i;
        token.kept = std::find(kept.begin(), kept.end(), i) != kept.end();
        token.relevance = mostRelevant < 0 ? std::nanf("") : (i == mostRelevant ? 1.0F : 0.1F);
        decision.tokens.push_back(token);
    }
    return decision;
}

TEST(EvalScore, EvidenceAndPointing) {
    std::vector<double> coverage(16, 0.0);
    coverage[1] = 1;
    coverage[2] = 0.5;
    coverage[3] = 0.49;
    coverage[4] = 0.3;
    auto evidence = evidenceOf(coverage, decisionKeeping({2, 7}, 3));
    ASSERT_TRUE(evidence.has_value());
    EXPECT_DOUBLE_EQ(evidence->recall, 0.5);
    EXPECT_TRUE(evidence->hasPointing);
    EXPECT_TRUE(evidence->pointing);
    EXPECT_FALSE(evidenceOf(coverage, decisionKeeping({1, 2}, 9))->pointing);
    EXPECT_TRUE(evidenceOf(coverage, decisionKeeping({1, 2}, 4))->pointing);
    EXPECT_FALSE(evidenceOf(coverage, decisionKeeping({1, 2}, -1))->hasPointing);
    EXPECT_FALSE(evidenceOf(std::vector<double>(16, 0.4), decisionKeeping({1}, 1)).has_value());
}

EvalLine yesNoLine(const std::string& id, bool wanted, std::optional<bool> said, int kept) {
    EvalLine line;
    line.id = id;
    line.family = "exist";
    line.wanted = wanted;
    line.said = said;
    line.correct = said == std::optional<bool>(wanted);
    line.tokensKept = kept;
    return line;
}

TEST(EvalScore, SummaryByHand) {
    std::vector<EvalLine> lines;
    lines.push_back(yesNoLine("1", true, true, 4));     // true positive
    lines.push_back(yesNoLine("2", true, false, 4));    // missed
    lines.push_back(yesNoLine("3", true, std::nullopt, 4));   // neither word: missed
    lines.push_back(yesNoLine("4", false, true, 4));    // false alarm
    lines.push_back(yesNoLine("5", false, false, 8));
    lines[0].evidenceRecall = 1.0;
    lines[0].pointing = true;
    lines[1].evidenceRecall = 0.5;
    lines[1].pointing = false;
    lines[0].timings = {{"prefill", 1}};
    lines[1].timings = {{"prefill", 9}};
    lines[2].timings = {{"prefill", 2}};
    EvalLine count;
    count.id = "6";
    count.family = "count";
    count.correct = true;
    count.tokensKept = 6;
    lines.push_back(count);
    EvalLine failed;
    failed.id = "7";
    failed.family = "count";
    failed.failed = true;
    lines.push_back(failed);
    const Json report = evalJson(lines, Json::object());
    EXPECT_EQ(report["items"], 7);
    EXPECT_EQ(report["failed"], 1);
    const Json& exist = report["families"]["exist"];
    EXPECT_EQ(exist["n"], 5);
    EXPECT_EQ(exist["correct"], 2);
    EXPECT_DOUBLE_EQ(exist["accuracy"], 0.4);
    EXPECT_DOUBLE_EQ(exist["precision"], 0.5);
    EXPECT_DOUBLE_EQ(exist["recall"], 1.0 / 3.0);
    EXPECT_DOUBLE_EQ(exist["f1"], 0.4);
    EXPECT_DOUBLE_EQ(exist["pointing"], 0.5);
    EXPECT_TRUE(report["families"]["count"]["precision"].is_null());
    EXPECT_EQ(report["families"]["count"]["n"], 1);
    EXPECT_DOUBLE_EQ(report["evidence_recall"], 0.75);
    EXPECT_DOUBLE_EQ(report["pointing"], 0.5);
    EXPECT_DOUBLE_EQ(report["tokens_kept_mean"], 5.0);
    EXPECT_DOUBLE_EQ(report["timings_ms_median"]["prefill"], 2.0);
}

TEST_F(EvalSuite, ReadsItemsAndMasks) {
    const auto path = write("suite.jsonl",
                            R"({"id":"a","image":"i.png","question":"q?","answer":"yes","family":"exist","refs":[{"name":"pot","box":[1,2,3,4],"rle":{"size":[2,2],"counts":[1,3]}}],"negative":null})"
                            "\n\n"
                            R"({"id":"b","image":"sub/j.png","question":"w?","answers":["2","two"],"family":"count","refs":[]})"
                            "\n");
    const auto items = readSuite(path);
    ASSERT_TRUE(items.ok()) << items.error().why;
    ASSERT_EQ(items->size(), 2U);
    EXPECT_EQ((*items)[0].image, m_folder / "i.png");
    EXPECT_EQ((*items)[0].refs[0].rle->counts, (std::vector<std::int64_t>{1, 3}));
    EXPECT_EQ((*items)[1].answers, (std::vector<std::string>{"2", "two"}));
    EXPECT_EQ((*items)[1].image, m_folder / "sub/j.png");
}

TEST_F(EvalSuite, BadLinesNameTheirLine) {
    const std::string good = R"({"id":"a","image":"i.png","question":"q?","answer":"yes"})";
    const std::pair<std::string, std::string> cases[] = {
        {"{", "JSON"},
        {"[]", "SUITE-JSON"},
        {R"({"id":"a","id":"b","image":"i","question":"q","answer":"y"})", "JSON"},
        {R"({"image":"i.png","question":"q?","answer":"yes"})", "SUITE-KEY"},
        {R"({"id":"a","image":3,"question":"q?","answer":"yes"})", "SUITE-KEY"},
        {R"({"id":"a","image":"i.png","question":"q?"})", "SUITE-KEY"},
        {R"({"id":"a","image":"i","question":"q","answers":[1]})", "SUITE-KEY"},
        {R"({"id":"a","image":"i","question":"q","answer":"y","refs":[{"name":"x"}]})", "SUITE-KEY"},
        {R"({"id":"a","image":"i","question":"q","answer":"y","refs":[{"rle":{"size":[2,2],"counts":[5]}}]})", "SUITE-RLE"},
        {R"({"id":"a","image":"i","question":"q","answer":"y","refs":[{"rle":{"size":[2,2],"counts":[1,-1,4]}}]})", "SUITE-RLE"},
        {R"({"id":"a","image":"i","question":"q","answer":"y","refs":[{"rle":{"size":[0,2],"counts":[]}}]})", "SUITE-RLE"}};
    for (const auto& [line, id] : cases) {
        const auto items = readSuite(write("bad.jsonl", good + "\n" + line + "\n"));
        ASSERT_FALSE(items.ok()) << line;
        EXPECT_EQ(items.error().code, ErrorCode::kBadInput) << line;
        EXPECT_EQ(items.error().id.rfind(id, 0), 0U) << line << " gave " << items.error().id;
        EXPECT_NE(items.error().where.find(":2"), std::string::npos) << items.error().where;
    }
    EXPECT_EQ(readSuite(write("twice.jsonl", good + "\n" + good + "\n")).error().id, "SUITE-ID");
    EXPECT_EQ(readSuite(write("blank.jsonl", "\n \n")).error().id, "SUITE-EMPTY");
}

EvalLine plainLine(const std::string& id, bool failed = false) {
    EvalLine line;
    line.id = id;
    line.family = "f";
    line.answer = "yes";
    line.correct = true;
    line.kept = {1, 5};
    line.tokensKept = 2;
    line.evidenceRecall = 0.25;
    line.failed = failed;
    line.error = failed ? "IMG-MAGIC" : "";
    return line;
}

TEST_F(EvalResults, GoOnWhereTheyStopped) {
    const fs::path path = m_folder / "results.jsonl";
    {
        auto file = ResultsFile::open(path, "abc");
        ASSERT_TRUE(file.ok());
        ASSERT_TRUE(file->append(plainLine("one")).ok());
        ASSERT_TRUE(file->append(plainLine("two", true)).ok());
        const auto second = ResultsFile::open(path, "abc");
        ASSERT_FALSE(second.ok());
        EXPECT_EQ(second.error().code, ErrorCode::kInUse);
    }
    auto again = ResultsFile::open(path, "abc");
    ASSERT_TRUE(again.ok());
    ASSERT_EQ(again->finished().size(), 1U) << "a failed item is tried again";
    const EvalLine& line = again->finished().at("one");
    EXPECT_EQ(line.answer, "yes");
    EXPECT_TRUE(line.correct);
    EXPECT_EQ(line.kept, (std::vector<std::int64_t>{1, 5}));
    EXPECT_DOUBLE_EQ(line.evidenceRecall.value_or(-1), 0.25);
    const Json first = Json::parse(read(path).substr(0, read(path).find('\n')));
    for (const char* key : {"id", "answer", "correct", "kept"}) {
        EXPECT_TRUE(first.contains(key)) << key;
    }
}

TEST_F(EvalResults, TornLastLineIsCutOff) {
    const fs::path path = m_folder / "results.jsonl";
    {
        auto file = ResultsFile::open(path, "abc");
        ASSERT_TRUE(file->append(plainLine("one")).ok());
    }
    const std::string whole = read(path);
    std::ofstream(path, std::ios::app | std::ios::binary) << R"({"id":"two","answ)";
    {
        auto file = ResultsFile::open(path, "abc");
        ASSERT_TRUE(file.ok());
        EXPECT_EQ(file->finished().size(), 1U);
        EXPECT_EQ(read(path), whole);
    }
}

TEST_F(EvalResults, OtherOptionsAreRefusedAndNothingChanges) {
    const fs::path path = m_folder / "results.jsonl";
    {
        auto file = ResultsFile::open(path, "abc");
        ASSERT_TRUE(file->append(plainLine("one")).ok());
    }
    const std::string before = read(path);
    const auto other = ResultsFile::open(path, "xyz");
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().id, "RESULTS-OPTIONS");
    EXPECT_EQ(read(path), before);
    const auto foreign = ResultsFile::open(write("notes.txt", "dear diary\n"), "abc");
    ASSERT_FALSE(foreign.ok());
    EXPECT_EQ(foreign.error().id, "RESULTS-JSON");
    EXPECT_EQ(read(m_folder / "notes.txt"), "dear diary\n");
    EXPECT_EQ(ResultsFile::open("/dev/full", "abc").error().code, ErrorCode::kNotWritten);
    EXPECT_EQ(ResultsFile::open(m_folder / "no" / "r.jsonl", "abc").error().id, "OUT-NOENT");
}

// A 28x28 PNG is not at hand here: PPM is, and the image gate takes it.
std::string ppm(int side, int grey) {
    std::string text = "P6\n" + std::to_string(side) + " " + std::to_string(side) + "\n255\n";
    text.append(static_cast<std::size_t>(side) * static_cast<std::size_t>(side) * 3, static_cast<char>(grey));
    return text;
}

TEST_F(EvalRun, ScoresResumesAndCountsFailures) {
    (void)write("i.ppm", ppm(28, 90));
    const auto suite = write("suite.jsonl",
                             R"({"id":"a","image":"i.ppm","question":"is there a pot?","answer":"yes","family":"exist","refs":[{"name":"pot","box":[0,0,14,14]}]})"
                             "\n"
                             R"({"id":"b","image":"i.ppm","question":"is there a dog?","answer":"no","family":"exist","refs":[]})"
                             "\n"
                             R"({"id":"c","image":"missing.ppm","question":"is there a dog?","answer":"no","family":"exist"})"
                             "\n");
    auto script = scriptSaying("yes");
    const auto pipeline = fakePipeline(script);
    EvalOptions options;
    options.prune.keep = 5;
    options.results = m_folder / "results.jsonl";
    int failures = 0;
    options.onFailure = [&](const std::string& id, const Error&) {
        ++failures;
        EXPECT_EQ(id, "c");
    };
    auto outcome = runEval(*pipeline, suite, options, {});
    ASSERT_TRUE(outcome.ok()) << outcome.error().why;
    EXPECT_EQ(outcome->items, 3);
    EXPECT_EQ(outcome->failed, 1);
    EXPECT_EQ(failures, 1);
    EXPECT_DOUBLE_EQ(outcome->report["families"]["exist"]["accuracy"], 0.5);
    EXPECT_DOUBLE_EQ(outcome->report["tokens_kept_mean"], 5.0);
    EXPECT_TRUE(outcome->report["evidence_recall"].is_number());
    EXPECT_EQ(outcome->report["method"]["name"], "script");
    EXPECT_EQ(script->visionRuns, 1);

    const int before = script->generations;
    outcome = runEval(*pipeline, suite, options, {});
    ASSERT_TRUE(outcome.ok());
    EXPECT_EQ(outcome->resumed, 2);
    EXPECT_EQ(script->generations, before) << "finished items are not run again";
    EXPECT_DOUBLE_EQ(outcome->report["families"]["exist"]["accuracy"], 0.5);

    options.prune.tau.value = 0.25;
    const auto other = runEval(*pipeline, suite, options, {});
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().id, "RESULTS-OPTIONS");
}

TEST_F(EvalRun, BlankReplacesThePicture) {
    std::string picture = ppm(28, 0);
    picture[picture.size() - 1] = static_cast<char>(255);
    (void)write("i.ppm", picture);
    const auto suite = write("suite.jsonl", R"({"id":"a","image":"i.ppm","question":"pot?","answer":"yes"})" "\n");
    auto script = scriptSaying("yes");
    const auto pipeline = fakePipeline(script);
    EvalOptions options;
    options.blank = true;
    const auto outcome = runEval(*pipeline, suite, options, {});
    ASSERT_TRUE(outcome.ok()) << outcome.error().why;
    EXPECT_EQ(outcome->report["blank"], true);
    EXPECT_EQ(outcome->failed, 0);
}

TEST_F(EvalRun, LimitAndCancel) {
    (void)write("i.ppm", ppm(28, 90));
    std::string text;
    for (int i = 0; i < 4; ++i) {
        text += R"({"id":")" + std::to_string(i) + R"(","image":"i.ppm","question":"pot?","answer":"yes"})" + "\n";
    }
    const auto suite = write("suite.jsonl", text);
    auto script = scriptSaying("yes");
    const auto pipeline = fakePipeline(script);
    EvalOptions options;
    options.limitItems = 2;
    EXPECT_EQ(runEval(*pipeline, suite, options, {})->items, 2);
    std::stop_source source;
    options.limitItems.reset();
    options.results = m_folder / "r.jsonl";
    options.onItem = [&](std::size_t done, std::size_t, const EvalLine&) {
        if (done == 2) {
            source.request_stop();
        }
    };
    const auto stopped = runEval(*pipeline, suite, options, source.get_token());
    ASSERT_FALSE(stopped.ok());
    EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
    options.onItem = nullptr;
    EXPECT_EQ(runEval(*pipeline, suite, options, {})->resumed, 2);
}

}  // namespace
}  // namespace prunescope
