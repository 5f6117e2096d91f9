// SPDX-License-Identifier: GPL-3.0-or-later
// The loop over a suite.
#include "core/base/sha256.h"
#include "core/run/errors.h"
#include "core/run/eval.h"

#include <utility>

namespace prunescope {
namespace {

std::map<std::string, double> timingsOf(const StageTimings& t) {
    return {{"decode_image", t.decodeImageMs}, {"preprocess", t.preprocessMs}, {"vision", t.visionMs},           {"project", t.projectMs}, {"prune", t.pruneMs},
            {"prefill", t.prefillMs},          {"decode", t.decodeMs},         {"first_token", t.firstTokenMs}, {"total", t.totalMs}};
}

// The image in its own mean colour; kept while consecutive items show the same file.
struct BlankImage {
    std::filesystem::path path;
    std::shared_ptr<const DecodedImage> image;
};

Result<std::shared_ptr<const DecodedImage>> blankOf(const EvalItem& item, const ImageLimits& limits, BlankImage& last) {
    if (last.image && last.path == item.image) {
        return last.image;
    }
    auto decoded = readImage(item.image, limits);
    if (!decoded) {
        return decoded.error();
    }
    decoded->rgb = meanColourImage(decoded->rgb);
    decoded->sha256 = "blank of " + decoded->sha256;
    last.path = item.image;
    last.image = std::make_shared<const DecodedImage>(std::move(*decoded));
    return last.image;
}

struct ItemOutcome {
    EvalLine line;
    Json method;
};

// Pointing is a property of the model and the question, so it is measured too where the method itself never looks at relevance (none, random,
// grid, gsp): a decision by relevance alone on the image that is in the cache already.
Result<std::optional<bool>> pointingWithoutMethod(Pipeline& pipeline, RunRequest request, const std::vector<std::uint8_t>& pixels, std::stop_token stop) {
    request.withAnswer = false;
    request.prune = request.prune.withoutForced();
    request.prune.method = "relevance";
    request.prune.keep = 1;
    request.prune.keepRatio = std::nullopt;
    const auto ran = pipeline.run(request, {}, stop);
    if (!ran) {
        return ran.error();
    }
    const RgbImage& rgb = (*ran)->image->decoded->rgb;
    const auto evidence = evidenceOf(patchCoverage((*ran)->image->input.grid, pixels, rgb.width, rgb.height), *(*ran)->decision);
    return evidence && evidence->hasPointing ? std::optional<bool>(evidence->pointing) : std::nullopt;
}

Result<ItemOutcome> runItem(Pipeline& pipeline, const EvalItem& item, const EvalOptions& options, BlankImage& blank, std::stop_token stop) {
    RunRequest request;
    request.imagePath = item.image;
    request.question = item.question;
    request.prune = options.prune;
    request.maxNewTokens = options.maxNewTokens;
    request.withDiagnostics = false;
    if (options.blank) {
        auto image = blankOf(item, options.imageLimits, blank);
        if (!image) {
            return image.error();
        }
        request.image = std::move(*image);
    }
    const auto ran = pipeline.run(request, {}, stop);
    if (!ran) {
        return ran.error();
    }
    const RunResult& result = **ran;
    if (result.finish == FinishReason::kCancelled) {
        return cancelledError("item not finished");
    }
    ItemOutcome outcome;
    EvalLine& line = outcome.line;
    line.id = item.id;
    line.family = item.family;
    line.answer = result.answer;
    line.correct = answerMatches(result.answer, item.answers);
    line.kept = result.decision->kept;
    line.tokensKept = static_cast<std::int64_t>(line.kept.size());
    line.timings = timingsOf(result.timings);
    if (item.answers.size() == 1) {
        line.wanted = yesNoOf(item.answers.front());
        line.said = line.wanted ? yesNoOf(result.answer) : std::nullopt;
    }
    if (!item.refs.empty()) {
        const RgbImage& rgb = result.image->decoded->rgb;
        const auto pixels = referredPixels(item.refs, rgb.width, rgb.height);
        if (!pixels) {
            return makeError(ErrorCode::kBadInput, "SUITE-RLE", "mask and image do not fit", item.id, "a mask has another size than the image");
        }
        const auto evidence = evidenceOf(patchCoverage(result.image->input.grid, *pixels, rgb.width, rgb.height), *result.decision);
        if (evidence) {
            line.evidenceRecall = evidence->recall;
            line.pointing = evidence->hasPointing ? std::optional<bool>(evidence->pointing) : std::nullopt;
        }
        if (evidence && !line.pointing) {
            const auto pointed = pointingWithoutMethod(pipeline, request, *pixels, stop);
            if (!pointed) {
                return pointed.error();
            }
            line.pointing = *pointed;
        }
    }
    outcome.method = {{"name", result.decision->options.method}, {"options", optionsJson(result.decision->options, result.decision->resolvedTau)}};
    return outcome;
}

Result<EvalOutcome> runSuite(Pipeline& pipeline, const std::filesystem::path& suite, const EvalOptions& options, std::stop_token stop) {
    auto items = readSuite(suite);
    if (!items) {
        return items.error();
    }
    if (options.limitItems && static_cast<std::size_t>(*options.limitItems) < items->size()) {
        items->resize(static_cast<std::size_t>(*options.limitItems));
    }
    std::optional<ResultsFile> results;
    if (!options.results.empty()) {
        const auto fingerprint = evalFingerprint(options, pipeline.checkpoint(), suite);
        if (!fingerprint) {
            return fingerprint.error();
        }
        auto opened = ResultsFile::open(options.results, *fingerprint);
        if (!opened) {
            return opened.error();
        }
        results.emplace(std::move(*opened));
    }
    EvalOutcome outcome;
    std::vector<EvalLine> lines;
    Json method = {{"name", options.prune.method}, {"options", optionsJson(options.prune, options.prune.tau.value)}};
    BlankImage blank;
    for (const EvalItem& item : *items) {
        if (results) {
            if (const auto known = results->finished().find(item.id); known != results->finished().end()) {
                ++outcome.resumed;
                lines.push_back(known->second);
                continue;
            }
        }
        auto ran = runItem(pipeline, item, options, blank, stop);
        EvalLine line;
        if (ran) {
            line = std::move(ran->line);
            method = std::move(ran->method);
        } else if (ran.error().code == ErrorCode::kCancelled || (ran.error().code == ErrorCode::kUsage && ran.error().id != "U-QUERY")) {
            return ran.error();   // options do not get better with the next item
        } else {
            line.id = item.id;
            line.family = item.family;
            line.failed = true;
            line.error = ran.error().id;
            ++outcome.failed;
            if (options.onFailure) {
                options.onFailure(item.id, ran.error());
            }
        }
        if (results) {
            if (const auto written = results->append(line); !written) {
                return written.error();
            }
        }
        lines.push_back(std::move(line));
        if (options.onItem) {
            options.onItem(lines.size(), items->size(), lines.back());
        }
    }
    outcome.items = static_cast<std::int64_t>(lines.size());
    outcome.report = evalJson(lines, method);
    outcome.report["resumed"] = outcome.resumed;
    outcome.report["blank"] = options.blank;
    return outcome;
}

}  // namespace

Result<std::string> evalFingerprint(const EvalOptions& options, const Checkpoint& checkpoint, const std::filesystem::path& suite) {
    Sha256 hash;
    hash.update(dumpJson(optionsJson(options.prune, options.prune.tau.value)));
    hash.update("\n" + options.prune.method + "\n" + std::to_string(options.maxNewTokens) + (options.blank ? " blank\n" : "\n"));
    const auto config = sha256OfFile(checkpoint.folder / "config.json");
    const auto items = sha256OfFile(suite);
    if (!items) {
        return items.error();
    }
    // A pipeline put together in memory has no config file; its shape still counts.
    hash.update((config ? *config : std::string("memory")) + "\n" + std::to_string(checkpoint.weightBytes) + " " + std::to_string(checkpoint.parameters) + "\n" + *items);
    return hash.finish().substr(0, 32);
}

Result<EvalOutcome> runEval(Pipeline& pipeline, const std::filesystem::path& suite, const EvalOptions& options, std::stop_token stop) {
    return guarded("cannot evaluate", [&]() { return runSuite(pipeline, suite, options, stop); });
}

}  // namespace prunescope
