// SPDX-License-Identifier: GPL-3.0-or-later
// `eval`: a benchmark folder.
#include "app/cli/session.h"
#include "app/cli/standard_streams.h"
#include "core/base/numbers.h"
#include "core/run/errors.h"
#include "core/run/eval.h"

#include <unistd.h>

namespace prunescope::cli {
namespace {

std::string share(const Json& value) { return value.is_number() ? formatFixed(100 * value.get<double>(), 1) + " %" : std::string("-"); }

std::string cell(std::string text, std::size_t width) {
    text.insert(0, width > text.size() ? width - text.size() : 0, ' ');
    return text;
}

std::string table(const Json& report) {
    std::string text = "family            n  accuracy         95 % interval        f1  pointing\n";
    for (const auto& [name, family] : report["families"].items()) {
        std::string label = name;
        label.resize(12, ' ');
        text += label + cell(formatCount(family["n"].get<std::int64_t>()), 7) + cell(share(family["accuracy"]), 10)
                + cell(share(family["ci95"][0]) + " .. " + share(family["ci95"][1]), 22) + cell(share(family["f1"]), 10) + cell(share(family["pointing"]), 10) + "\n";
    }
    return text + "items " + formatCount(report["items"].get<std::int64_t>()) + ", failed " + formatCount(report["failed"].get<std::int64_t>()) + ", evidence recall "
           + share(report["evidence_recall"]) + ", pointing " + share(report["pointing"]) + ", tokens kept "
           + (report["tokens_kept_mean"].is_number() ? formatFixed(report["tokens_kept_mean"].get<double>(), 1) : std::string("-")) + "\n";
}

Result<EvalOptions> readEvalOptions(Session& session) {
    const Arguments& arguments = session.arguments();
    EvalOptions options;
    options.prune = session.options().prune;
    options.imageLimits = session.options().limits.image;
    options.blank = arguments.flags.count("blank") != 0;
    const auto newTokens = readCount(arguments, "max-new-tokens", options.maxNewTokens, 1, 1'000'000);
    if (!newTokens) {
        return newTokens.error();
    }
    options.maxNewTokens = *newTokens;
    if (arguments.has("limit-items")) {
        const auto limit = readCount(arguments, "limit-items", 0, 1, 1LL << 31);
        if (!limit) {
            return limit.error();
        }
        options.limitItems = *limit;
    }
    if (arguments.has("out")) {
        options.results = arguments.value("out");
        std::error_code failed;
        if (std::filesystem::equivalent(options.results, arguments.value("data"), failed)) {
            return makeError(ErrorCode::kUsage, "USAGE-SAME", "output is an input", arguments.value("out"), "the suite would be overwritten", "give another --out");
        }
    }
    return options;
}

}  // namespace

int evalVerb(Session& session) {
    if (!session.arguments().has("data")) {
        return session.fail(makeError(ErrorCode::kUsage, "USAGE-DATA", "no suite", {}, {}, "give --data SUITE.jsonl"));
    }
    const std::filesystem::path suite = session.arguments().value("data");
    auto options = readEvalOptions(session);
    if (!options) {
        return session.fail(options.error());
    }
    // A suite that cannot be read is found before the model is.
    if (const auto items = readSuite(suite); !items) {
        return session.fail(items.error());
    }
    const auto pipeline = session.openPipeline();
    if (!pipeline) {
        return session.fail(pipeline.error());
    }
    if (const auto fits = session.checkAgainst(options->prune, (*pipeline)->checkpoint().config.tokensPerImage()); !fits) {
        return session.fail(fits.error());
    }
    int worst = 0;
    options->onFailure = [&](const std::string& id, const Error& error) {
        Error named = error;
        named.where = id + ": " + error.where;
        worst = session.fail(named);
    };
    const bool live = !session.quiet() && ::isatty(STDERR_FILENO) != 0;
    options->onItem = [&](std::size_t done, std::size_t all, const EvalLine&) {
        if (live && (done % 10 == 0 || done == all)) {
            writeStderr("\r" + std::to_string(done) + " of " + std::to_string(all) + (done == all ? "\n" : ""));
        }
    };
    const auto outcome = runEval(**pipeline, suite, *options, session.stop());
    if (!outcome) {
        return session.fail(outcome.error());
    }
    if (const int code = session.print(session.json() ? dumpJson(outcome->report) + "\n" : table(outcome->report)); code != 0) {
        return code;
    }
    if (outcome->failed > 0) {
        return session.fail(makeError(ErrorCode::kPartial, "EVAL-PARTIAL", "some items failed", suite.string(),
                                      formatCount(outcome->failed) + " of " + formatCount(outcome->items), "the others are in the result"));
    }
    return 0;
}

}  // namespace prunescope::cli
