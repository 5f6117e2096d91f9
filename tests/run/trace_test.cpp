// SPDX-License-Identifier: GPL-3.0-or-later
// Traces: what goes in comes out, byte for byte; no altered, cut or newer file passes; kill -9 loses nothing; decisions without a model.
#include "core/base/files.h"
#include "core/base/sha256.h"
#include "core/run/trace.h"
#include "tests/base/scratch_folder.h"
#include "tests/run/fake_model.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <limits>

namespace prunescope {
namespace {

using namespace prunescope::testing;
using Bytes = std::vector<std::uint8_t>;

RunRequest ask(const std::string& question) {
    RunRequest request;
    request.image = fakePicture("aa");
    request.question = question;
    request.prune.keep = 5;
    return request;
}

struct Fixture {
    std::shared_ptr<FakeScript> script = scriptSaying("yes it is");
    std::unique_ptr<Pipeline> pipeline = fakePipeline(script);
    std::shared_ptr<const DecodedImage> picture = fakePicture("aa");

    std::shared_ptr<const RunResult> run(const std::string& question, const std::function<void(PruneOptions&)>& change = {}) {
        RunRequest request = ask(question);
        request.image = picture;
        if (change) {
            change(request.prune);
        }
        return pipeline->run(request, {}, {}).value();
    }
    Trace trace() {
        auto made = makeTrace({run("is there a pot?"), run("is there a pot?", [](PruneOptions& o) { o.method = "none"; }),
                               run("what is it?", [](PruneOptions& o) { o.forceKeep = {2, 3}, o.tau = {90, true}; })},
                              pipeline->facts(), "models/fake", {"0.1.0", "2.11.0", ""}, PictureRule::kEmbed);
        EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().why);
        return std::move(*made);
    }
};

void expectSameDecision(const PruneDecision& a, const PruneDecision& b) {
    EXPECT_EQ(a.options, b.options);
    EXPECT_EQ(a.n, b.n);
    EXPECT_EQ(a.kept, b.kept);
    EXPECT_EQ(a.order, b.order);
    EXPECT_EQ(a.gain, b.gain);
    EXPECT_EQ(a.emitted, b.emitted);
    EXPECT_EQ(a.warnings, b.warnings);
    ASSERT_EQ(a.tokens.size(), b.tokens.size());
    const auto same = [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); };
    for (std::size_t i = 0; i < a.tokens.size(); ++i) {
        const TokenTrace& x = a.tokens[i];
        const TokenTrace& y = b.tokens[i];
        EXPECT_TRUE(x.index == y.index && x.row == y.row && x.col == y.col && x.kept == y.kept && x.reason == y.reason && x.degree == y.degree && x.gspRank == y.gspRank
                    && x.dppRank == y.dppRank && same(x.meanSimilarity, y.meanSimilarity) && same(x.gspScore, y.gspScore) && same(x.relevanceRaw, y.relevanceRaw)
                    && same(x.relevance, y.relevance) && same(x.dppGain, y.dppGain))
            << "token " << i;
    }
}

TEST(Trace, WhatGoesInComesOut) {
    Fixture f;
    const Trace trace = f.trace();
    const Bytes bytes = traceBytes(trace);
    const Result<Trace> read = readTrace(bytes, "t.prunescope");
    ASSERT_TRUE(read.ok()) << read.error().why;
    ASSERT_EQ(read->runs.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        const RunResult& a = *trace.runs[i];
        const RunResult& b = *read->runs[i];
        expectSameDecision(*a.decision, *b.decision);
        EXPECT_EQ(a.answer, b.answer);
        EXPECT_EQ(a.answerTokens, b.answerTokens);
        EXPECT_EQ(a.answerLogProbabilities, b.answerLogProbabilities);
        EXPECT_EQ(a.hasAnswer, b.hasAnswer);
        EXPECT_EQ(a.finish, b.finish);
        EXPECT_EQ(a.request.prune, b.request.prune);
        EXPECT_EQ(a.request.question, b.request.question);
        EXPECT_EQ(a.timings.totalMs, b.timings.totalMs);
        EXPECT_EQ(a.promptTokens, b.promptTokens);
        EXPECT_EQ(a.measuredKvBytes, b.measuredKvBytes);
        EXPECT_EQ(a.warnings, b.warnings);
        EXPECT_EQ(b.image, read->image);
    }
    EXPECT_EQ(read->image->decoded->rgb.pixels, trace.image->decoded->rgb.pixels);
    EXPECT_EQ(read->image->input.seen.pixels, trace.image->input.seen.pixels);
    EXPECT_EQ(read->image->localRedundancy, trace.image->localRedundancy);
    EXPECT_EQ(read->image->input.grid.scaleX, trace.image->input.grid.scaleX);
    EXPECT_EQ(read->model.family, "llava");
    EXPECT_EQ(read->modelPath, "models/fake");
}

TEST(Trace, SaveLoadSaveIsByteEqual) {
    Fixture f;
    const Bytes first = traceBytes(f.trace());
    const Bytes second = traceBytes(readTrace(first, "t").value());
    EXPECT_EQ(first, second);
    EXPECT_EQ(traceBytes(readTrace(second, "t").value()), first);
}

TEST(Trace, UnknownKeysAndSectionsAreKept) {
    Fixture f;
    TraceContainer container = unpackTrace(traceBytes(f.trace()), "t").value();
    container.header["later"] = {{"a", {1, 2}}};
    container.header["image"]["later"] = "x";
    container.header["image"]["grid"]["later"] = 4;
    container.header["model"]["later"] = nullptr;
    container.header["runs"][1]["later"] = true;
    container.header["runs"][0]["cost"]["later"] = 7;
    container.header["runs"][0]["options"]["later-option"] = "y";
    container.header["runs"][2]["timings_ms"]["later"] = 1.5;
    container.header["program"]["later"] = "z";
    container.sections.push_back({"later.map", SectionType::kF32, {2, 2}, Bytes(16, 3)});
    const Bytes bytes = packTrace(container);
    const Result<Trace> read = readTrace(bytes, "t");
    ASSERT_TRUE(read.ok()) << read.error().why;
    EXPECT_EQ(traceBytes(*read), bytes);
}

TEST(Trace, EveryAlteredByteIsRefused) {
    Fixture f;
    const Bytes good = traceBytes(f.trace());
    ASSERT_TRUE(readTrace(good, "t").ok());
    for (std::size_t i = 0; i < good.size(); i += i < 4096 ? 1 : 37) {
        Bytes bad = good;
        bad[i] ^= 0x20;
        const Result<Trace> read = readTrace(bad, "t");
        ASSERT_FALSE(read.ok()) << "byte " << i;
        ASSERT_EQ(read.error().id.rfind("TRACE-", 0), 0U) << read.error().id;
        ASSERT_EQ(read.error().code, ErrorCode::kBadInput);
    }
    Bytes bad = good;
    bad.back() ^= 1;
    EXPECT_NE(readTrace(bad, "t").error().why.find("section 'run2.answer_log_probabilities' (bytes "), std::string::npos) << readTrace(bad, "t").error().why;
}

TEST(Trace, EveryCutIsRefusedWithItsPlace) {
    Fixture f;
    const Bytes good = traceBytes(f.trace());
    for (std::size_t size = 0; size < good.size(); size += size < 512 || size + 512 > good.size() ? 1 : 101) {
        const Result<Trace> read = readTrace(std::span(good).first(size), "t");
        ASSERT_FALSE(read.ok()) << size;
        if (size >= 1) {
            ASSERT_EQ(read.error().id, "TRACE-TRUNCATED") << size << read.error().why;
        }
    }
    EXPECT_NE(readTrace(std::span(good).first(20), "t").error().why.find("after byte 20, inside the preamble"), std::string::npos);
    EXPECT_NE(readTrace(std::span(good).first(200), "t").error().why.find("inside the header"), std::string::npos);
    EXPECT_NE(readTrace(std::span(good).first(good.size() - 1), "t").error().why.find("inside section 'run2.answer_log_probabilities'"), std::string::npos);
    Bytes longer = good;
    longer.push_back(0);
    EXPECT_EQ(readTrace(longer, "t").error().id, "TRACE-LENGTH");
}

TEST(Trace, NewerVersionsSaySo) {
    Fixture f;
    Bytes bytes = traceBytes(f.trace());
    bytes[8] = 2;
    const Error error = readTrace(bytes, "t").error();
    EXPECT_EQ(error.id, "TRACE-VERSION");
    EXPECT_NE(error.why.find("written by a newer version of PruneScope: trace format 2, this one reads 1"), std::string::npos) << error.why;
    const std::string text = "\x89PNG\r\n";
    EXPECT_EQ(readTrace(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), "t").error().id, "TRACE-MAGIC");
}

TEST(Trace, HeadersThatLieAreRefused) {
    Fixture f;
    const TraceContainer good = unpackTrace(traceBytes(f.trace()), "t").value();
    const auto idAfter = [&](const std::function<void(TraceContainer&)>& change) {
        TraceContainer container = good;
        change(container);
        const Result<Trace> read = readTrace(packTrace(container), "t");
        return read.ok() ? std::string("ok") : read.error().id;
    };
    EXPECT_EQ(idAfter([](TraceContainer&) {}), "ok");
    EXPECT_EQ(idAfter([](TraceContainer& c) { c.header.erase("model"); }), "TRACE-KEY");
    EXPECT_EQ(idAfter([](TraceContainer& c) { c.header["runs"] = nlohmann::json::array(); }), "TRACE-KEY");
    EXPECT_EQ(idAfter([](TraceContainer& c) { c.header["schema"] = "prunescope.trace/2"; }), "TRACE-KEY");
    EXPECT_EQ(idAfter([](TraceContainer& c) { c.header["runs"][0]["options"]["tau"] = "7"; }), "TRACE-KEY");
    EXPECT_EQ(idAfter([](TraceContainer& c) { c.header["runs"][0]["finish"] = "maybe"; }), "TRACE-KEY");
    EXPECT_EQ(idAfter([](TraceContainer& c) { c.header["image"]["grid"]["rows"] = 5; }), "TRACE-SECTION");
    EXPECT_EQ(idAfter([](TraceContainer& c) { c.header["image"]["grid"]["image_width"] = 57; }), "TRACE-IMAGE");
    EXPECT_EQ(idAfter([](TraceContainer& c) { c.header["image"]["grid"]["scale"] = {0, 1}; }), "TRACE-KEY");
    EXPECT_EQ(idAfter([](TraceContainer& c) { c.sections.pop_back(); }), "TRACE-SECTION");
    const auto edit = [](TraceContainer& c, const std::string& name, const std::function<void(TraceSection&)>& change) {
        for (TraceSection& section : c.sections) {
            if (section.name == name) {
                change(section);
            }
        }
    };
    EXPECT_EQ(idAfter([&](TraceContainer& c) { edit(c, "run0.kept", [](TraceSection& s) { s.bytes[0] = 2; }); }), "TRACE-SECTION");
    EXPECT_EQ(idAfter([&](TraceContainer& c) { edit(c, "run0.reason", [](TraceSection& s) { s.bytes[0] = 99; }); }), "TRACE-SECTION");
    EXPECT_EQ(idAfter([&](TraceContainer& c) { edit(c, "run0.order", [](TraceSection& s) { s.bytes[0] = 200; }); }), "TRACE-SECTION");
    EXPECT_EQ(idAfter([&](TraceContainer& c) { edit(c, "run0.degree", [](TraceSection& s) { s.shape = {15}, s.bytes.resize(60); }); }), "TRACE-SECTION");
    EXPECT_EQ(idAfter([&](TraceContainer& c) { edit(c, "tokens", [](TraceSection& s) { s.type = SectionType::kI32; }); }), "TRACE-SECTION");
}

TEST(Trace, PictureOfTheFileOrItsPlace) {
    ScratchFolder folder;
    const std::filesystem::path picture = folder.path / "p.ppm";
    {
        std::ofstream out(picture, std::ios::binary);
        out << "P6\n56 28\n255\n";
        for (int i = 0; i < 56 * 28 * 3; ++i) {
            out.put(static_cast<char>(i % 251));
        }
    }
    Fixture f;
    RunRequest request = ask("is there a pot?");
    request.image = nullptr;
    request.imagePath = picture;
    const auto run = f.pipeline->run(request, {}, {}).value();
    const Trace embedded = makeTrace({run}, f.pipeline->facts(), "m", {}, PictureRule::kEmbed).value();
    EXPECT_EQ(embedded.pictureFile.size(), std::filesystem::file_size(picture));
    const Trace placed = makeTrace({run}, f.pipeline->facts(), "m", {}, PictureRule::kPathOnly).value();
    EXPECT_LT(traceBytes(placed).size(), traceBytes(embedded).size());
    EXPECT_EQ(readTrace(traceBytes(placed), "t")->image->decoded->rgb.pixels, run->image->decoded->rgb.pixels);
    std::filesystem::remove(picture);
    EXPECT_EQ(readTrace(traceBytes(embedded), "t")->image->decoded->rgb.pixels, run->image->decoded->rgb.pixels);
    const Trace orphan = readTrace(traceBytes(placed), "t").value();
    ASSERT_EQ(orphan.warnings.size(), 1U);
    EXPECT_EQ(orphan.image->decoded->rgb.pixels, run->image->input.seen.pixels);
    EXPECT_EQ(orphan.image->input.grid.imageWidth, run->image->input.seen.width);
    EXPECT_EQ(traceBytes(orphan), traceBytes(placed)) << "the stand-in is not written back";
}

TEST(Trace, RunsMustBelongTogether) {
    Fixture f;
    EXPECT_EQ(makeTrace({}, f.pipeline->facts(), "m", {}, PictureRule::kEmbed).error().id, "TRACE-RUNS");
    RunRequest other = ask("what is it?");
    other.image = fakePicture("bb");
    EXPECT_EQ(makeTrace({f.run("what is it?"), f.pipeline->run(other, {}, {}).value()}, f.pipeline->facts(), "m", {}, PictureRule::kEmbed).error().id, "TRACE-RUNS");
}

TEST(Trace, KillDuringSavesLosesNothing) {
    ScratchFolder folder;
    const std::filesystem::path path = folder.path / "t.prunescope";
    Fixture f;
    Trace one = f.trace();
    Trace two = one;
    two.created = "2000-01-01T00:00:00Z";
    const Bytes first = traceBytes(one);
    const Bytes second = traceBytes(two);
    ASSERT_TRUE(saveTrace(path, one).ok());
    int changed = 0;
    for (int round = 0; round < 100; ++round) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            for (int i = 0;; ++i) {
                if (!saveTrace(path, i % 2 == 0 ? two : one).ok()) {
                    ::_exit(1);
                }
            }
        }
        ::usleep(static_cast<useconds_t>(200 + 137 * (round * 7 % 40)));
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));
        const auto bytes = readWholeFile(path);
        ASSERT_TRUE(bytes.ok());
        ASSERT_TRUE(*bytes == first || *bytes == second) << "round " << round;
        changed += *bytes == second ? 1 : 0;
    }
    EXPECT_GT(changed, 0) << "the saver was never quick enough to be interrupted";
    EXPECT_TRUE(openTrace(path).ok());
}

TEST(TraceSession, DecidesAsThePipelineDid) {
    Fixture f;
    auto trace = std::make_shared<const Trace>(readTrace(traceBytes(f.trace()), "t").value());
    TraceSession session(trace);
    for (const char* question : {"is there a pot?", "what is it?"}) {
        for (const int keep : {1, 4, 9, 16}) {
            const auto live = f.run(question, [&](PruneOptions& o) { o.keep = keep, o.tau.value = 0.3; });
            RunRequest request = live->request;
            EXPECT_FALSE(session.holds(request));
            request.image = trace->image->decoded;
            EXPECT_TRUE(session.holds(request));
            request.withAnswer = false;
            const auto replayed = session.run(request, {}, {});
            ASSERT_TRUE(replayed.ok()) << replayed.error().why;
            expectSameDecision(*live->decision, *(*replayed)->decision);
        }
    }
}

TEST(TraceSession, AnswersOnlyWhatWasRecorded) {
    Fixture f;
    auto trace = std::make_shared<const Trace>(readTrace(traceBytes(f.trace()), "t").value());
    TraceSession session(trace);
    RunRequest request = trace->runs[0]->request;
    int decisions = 0;
    RunCallbacks callbacks;
    callbacks.onDecision = [&](const std::shared_ptr<const RunResult>& decided) {
        EXPECT_FALSE(decided->hasAnswer);
        ++decisions;
    };
    const auto known = session.run(request, callbacks, {});
    ASSERT_TRUE(known.ok());
    EXPECT_EQ((*known)->answer, "yes it is");
    request.prune.keep = 6;
    const auto unknown = session.run(request, callbacks, {});
    ASSERT_FALSE(unknown.ok());
    EXPECT_EQ(unknown.error().id, "TRACE-NO-MODEL");
    EXPECT_EQ(decisions, 2);
    request.question = "something else?";
    EXPECT_EQ(session.run(request, {}, {}).error().id, "TRACE-QUESTION");
    request = trace->runs[0]->request;
    request.prune.relevanceSpace = RelevanceSpace::kClip;
    EXPECT_EQ(session.run(request, {}, {}).error().id, "TRACE-QUESTION");
}

TEST(TraceSession, InspectsAsThePipelineDoes) {
    Fixture f;
    auto trace = std::make_shared<const Trace>(readTrace(traceBytes(f.trace()), "t").value());
    TraceSession session(trace);
    InspectWish wish;
    wish.tokens = {0, 7};
    wish.reasons.flips = true;
    wish.budgets = wish.taus = true;
    RunRequest request = ask("is there a pot?");
    request.image = f.picture;
    const Inspection live = f.pipeline->inspect(request, wish, {}).value();
    request.image = trace->image->decoded;
    const Inspection replayed = session.inspect(request, wish, {}).value();
    EXPECT_EQ(live.budgets->entersAt, replayed.budgets->entersAt);
    EXPECT_EQ(live.taus->kept, replayed.taus->kept);
    ASSERT_EQ(replayed.reasons.size(), 2U);
    EXPECT_EQ(live.reasons[1].explained, replayed.reasons[1].explained);
    EXPECT_EQ(live.reasons[1].flips.size(), replayed.reasons[1].flips.size());
    EXPECT_EQ(replayed.reasons[1].trace.index, 7);
}

TEST(TraceReport, SummaryAndDifference) {
    Fixture f;
    const Trace trace = f.trace();
    const Json json = traceJson(trace, "t.prunescope", 1234);
    EXPECT_EQ(json["schema"], "prunescope.trace/1");
    EXPECT_EQ(json["runs"].size(), 3U);
    EXPECT_EQ(json["runs"][0]["kept"].size(), 5U);
    const Json same = traceDiffJson(trace, 0, trace, 0).value();
    EXPECT_TRUE(same["same"].get<bool>());
    EXPECT_EQ(same["kept"]["iou"], 1.0);
    EXPECT_EQ(same["features_max_difference"], 0.0);
    EXPECT_TRUE(same["options"].empty());
    const Json other = traceDiffJson(trace, 0, trace, 1).value();
    EXPECT_EQ(other["kept"]["counts"]["both"], 5);
    EXPECT_EQ(other["kept"]["counts"]["only_b"], 11);
    EXPECT_FALSE(other["method"]["same"].get<bool>());
    EXPECT_EQ(traceDiffJson(trace, 0, trace, 3).error().id, "TRACE-RUN");
}

}  // namespace
}  // namespace prunescope
