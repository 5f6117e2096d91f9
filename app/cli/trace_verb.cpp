// SPDX-License-Identifier: GPL-3.0-or-later
// `trace save`, `trace open`, `trace diff`: a finished run as one file, what such a file holds, how two differ.
#include "app/cli/session.h"
#include "core/base/numbers.h"
#include "core/engine/engine.h"
#include "core/run/errors.h"
#include "core/run/trace.h"

#include <utility>

namespace prunescope::cli {
namespace {

Error needsFiles(const std::string& verb, std::size_t count) {
    return makeError(ErrorCode::kUsage, "USAGE-FILES", verb == "diff" ? "two trace files are needed" : "one trace file is needed", {},
                     formatCount(static_cast<std::int64_t>(count)) + " given", "see prunescope-cli trace " + verb + " --help");
}

Result<Trace> openFile(const Session& session, const std::string& path) { return openTrace(path, session.options().traceBytes); }

std::string traceText(const Trace& trace) {
    std::string text = trace.created + "  " + trace.model.family + "  " + trace.image->path + "\n";
    for (const auto& run : trace.runs) {
        text += "\n" + run->request.rawPrompt.value_or(run->request.question) + "\n" + drawDecision(*run->decision);
        if (run->hasAnswer) {
            text += "answer: " + run->answer + "\n";
        }
    }
    return text;
}

std::string diffText(const Json& json) {
    const Json& counts = json["kept"]["counts"];
    const auto number = [&](const char* key) { return formatCount(counts[key].get<std::int64_t>()); };
    std::string text = "kept: only A " + number("only_a") + ", both " + number("both") + ", only B " + number("only_b") + ", neither " + number("neither") + "; IoU "
                       + formatFixed(json["kept"]["iou"].get<double>(), 4) + "\n";
    for (const char* key : {"image", "model", "question", "method", "answer"}) {
        const Json& both = json[key];
        text += std::string(key) + (both["same"].get<bool>() ? ": same\n" : ": A " + dumpJson(both["a"]) + ", B " + dumpJson(both["b"]) + "\n");
    }
    for (const auto& [name, both] : json["options"].items()) {
        text += name + ": A " + dumpJson(both["a"]) + ", B " + dumpJson(both["b"]) + "\n";
    }
    return text;
}

int saveTraceVerb(Session& session) {
    auto request = session.readRequest();
    if (!request) {
        return session.fail(request.error());
    }
    if (!session.arguments().has("out")) {
        return session.fail(makeError(ErrorCode::kUsage, "USAGE-OUT", "no file to write", {}, {}, "give --out FILE.prunescope"));
    }
    const std::string rule = session.arguments().value("picture", "embed");
    if (rule != "embed" && rule != "path") {
        return session.fail(makeError(ErrorCode::kUsage, "USAGE-WORD", "bad value for --picture", rule, "not one of its words", "use one of: embed, path"));
    }
    const std::filesystem::path out = session.arguments().value("out");
    if (const auto spared = session.sparesImage(out, *request); !spared) {
        return session.fail(spared.error());
    }
    request->withDiagnostics = true;
    const auto pipeline = session.openFor(*request);
    if (!pipeline) {
        return session.fail(pipeline.error());
    }
    std::vector<RunRequest> requests{*request};
    if (session.arguments().flags.count("unpruned") != 0 && request->prune.method != "none") {
        requests.push_back(unprunedOf(*request));
    }
    std::vector<std::shared_ptr<const RunResult>> runs;
    for (const RunRequest& each : requests) {
        const auto ran = (*pipeline)->run(each, {}, session.stop());
        if (!ran || (*ran)->finish == FinishReason::kCancelled) {
            return session.fail(ran ? cancelledError("the answer is not complete") : ran.error());
        }
        runs.push_back(*ran);
    }
    const EngineReport engine = engineReport();
    auto trace = makeTrace(std::move(runs), (*pipeline)->facts(), session.openedFolder(), {programVersion(), engine.torchVersion, engine.cudaVersion},
                           rule == "path" ? PictureRule::kPathOnly : PictureRule::kEmbed);
    if (!trace) {
        return session.fail(trace.error());
    }
    trace->environment["threads"] = session.arguments().value("threads", "auto");
    if (const auto written = saveTrace(out, *trace); !written) {
        return session.fail(written.error());
    }
    if (session.json()) {
        std::error_code unknown;
        return session.print(dumpJson(traceJson(*trace, out.string(), static_cast<std::int64_t>(std::filesystem::file_size(out, unknown)))) + "\n");
    }
    session.note("wrote " + out.string());
    return 0;
}

}  // namespace

int traceVerb(Session& session) {
    const std::string verb = session.arguments().verb.substr(std::string("trace ").size());
    if (verb == "save") {
        return saveTraceVerb(session);
    }
    const std::vector<std::string>& files = session.arguments().folders;
    if (files.size() != (verb == "diff" ? 2U : 1U)) {
        return session.fail(needsFiles(verb, files.size()));
    }
    const auto first = openFile(session, files.front());
    if (!first) {
        return session.fail(first.error());
    }
    if (verb == "open") {
        std::error_code failed;
        const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(files.front(), failed));
        for (const std::string& warning : session.json() ? std::vector<std::string>{} : first->warnings) {
            session.warn(warning);
        }
        return session.print(session.json() ? dumpJson(traceJson(*first, files.front(), bytes)) + "\n" : traceText(*first));
    }
    const auto second = openFile(session, files.back());
    if (!second) {
        return session.fail(second.error());
    }
    const auto runA = readCount(session.arguments(), "run-a", 0, 0, 1'000'000);
    const auto runB = readCount(session.arguments(), "run-b", 0, 0, 1'000'000);
    if (!runA || !runB) {
        return session.fail(runA ? runB.error() : runA.error());
    }
    const auto json = traceDiffJson(*first, static_cast<std::size_t>(*runA), *second, static_cast<std::size_t>(*runB));
    if (!json) {
        return session.fail(json.error());
    }
    return session.print(session.json() ? dumpJson(*json) + "\n" : diffText(*json));
}

}  // namespace prunescope::cli
