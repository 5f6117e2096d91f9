// SPDX-License-Identifier: GPL-3.0-or-later
// `prune` and `dump`: the decision alone, and the tensors on the way to it.
#include "app/cli/session.h"
#include "core/run/errors.h"
#include "core/run/features_file.h"
#include "core/run/option_names.h"
#include "core/run/stage_clock.h"

#include <algorithm>
#include <utility>

namespace prunescope::cli {
namespace {

/// What --explain and --survival ask for.
Result<InspectWish> readWish(const Session& session) {
    InspectWish wish;
    wish.budgets = wish.taus = session.arguments().flags.count("survival") != 0;
    wish.reasons.flips = true;
    if (session.arguments().has("explain")) {
        auto tokens = parseIndexList("explain", session.arguments().value("explain"));
        if (!tokens) {
            return tokens.error();
        }
        wish.tokens = std::move(*tokens);
    }
    if (!session.json() && (wish.budgets || !wish.tokens.empty())) {
        return makeError(ErrorCode::kUsage, "USAGE-JSON", "option needs --json", wish.budgets ? "--survival" : "--explain", "the drawn grid has no room for it", "add --json");
    }
    return wish;
}

int report(Session& session, const PruneDecision& decision, double loadMs, const std::vector<std::string>& warnings, const Json& extra,
           const Inspection& inspection) {
    if (session.json()) {
        Json json = pruneJson(decision, loadMs);
        for (const TokenReasons& reasons : inspection.reasons) {
            json["reasons"].push_back(reasonsJson(reasons));
        }
        if (inspection.budgets && inspection.taus) {
            json["survival"] = survivalJson(*inspection.budgets, *inspection.taus);
        }
        for (const std::string& warning : warnings) {
            json["warnings"].push_back(warning);
        }
        for (const auto& [key, value] : extra.items()) {
            json["timings_ms"][key] = value;
        }
        return session.print(dumpJson(json) + "\n");
    }
    for (const auto* list : {&warnings, &decision.warnings}) {
        for (const std::string& warning : *list) {
            session.warn(warning);
        }
    }
    return session.print(drawDecision(decision));
}

// No engine here: LibTorch is linked but never initialised.
int pruneFeatures(Session& session, const std::filesystem::path& path) {
    StageClock clock;
    double loadMs = 0;
    auto features = readFeaturesFile(path);
    if (!features) {
        return session.fail(features.error());
    }
    clock.lap(loadMs);
    PruneOptions prune = session.options().prune;
    if (const auto needs = requireTensors(*features, prune.method, path); !needs) {
        return session.fail(needs.error());
    }
    if (const auto fits = session.checkAgainst(prune, features->input.tokens.size(0), features->input.tiles); !fits) {
        return session.fail(fits.error());
    }
    const auto wish = readWish(session);
    if (!wish) {
        return session.fail(wish.error());
    }
    Inspection inspection;
    const auto decision = guarded("cannot prune", [&]() -> Result<PruneDecision> {
        PruneSession pruning;
        if (const auto set = pruning.setInput(std::move(features->input), session.stop()); !set) {
            return set.error();
        }
        auto decided = pruning.decide(prune, session.stop());
        if (decided) {
            auto inspected = inspectDecision(pruning, prune, *wish, session.stop());
            if (!inspected) {
                return inspected.error();
            }
            inspection = std::move(*inspected);
        }
        return decided;
    });
    if (!decision) {
        return session.fail(decision.error());
    }
    return report(session, *decision, loadMs, features->warnings, Json::object(), inspection);
}

int pruneImage(Session& session) {
    auto request = session.readRequest();
    if (!request) {
        return session.fail(request.error());
    }
    request->withAnswer = false;
    const auto wish = readWish(session);
    if (!wish) {
        return session.fail(wish.error());
    }
    const auto pipeline = session.openFor(*request);
    if (!pipeline) {
        return session.fail(pipeline.error());
    }
    const auto ran = (*pipeline)->run(*request, {}, session.stop());
    if (!ran) {
        return session.fail(ran.error());
    }
    const auto inspection = (*pipeline)->inspect(*request, *wish, session.stop());
    if (!inspection) {
        return session.fail(inspection.error());
    }
    const RunResult& result = **ran;
    const StageTimings& t = result.timings;
    std::vector<std::string> warnings;
    for (const std::string& warning : result.warnings) {
        const auto& own = result.decision->warnings;
        if (std::find(own.begin(), own.end(), warning) == own.end()) {
            warnings.push_back(warning);
        }
    }
    const double before = t.decodeImageMs + t.preprocessMs + t.visionMs + t.projectMs;
    return report(session, *result.decision, (*pipeline)->facts().loadMs + before, warnings,
                  {{"load_model", (*pipeline)->facts().loadMs}, {"decode_image", t.decodeImageMs}, {"preprocess", t.preprocessMs}, {"vision", t.visionMs},
                   {"project", t.projectMs}},
                  *inspection);
}

TensorToWrite floatTensor(const char* name, const HostTensor& tensor) { return {name, tensor.shape(), {tensor.values().begin(), tensor.values().end()}, {}}; }

// [crops, tokens of a crop, channels]
HostTensor byCrop(const HostTensor& features, std::int64_t crops) {
    if (features.shape().size() != 2 || crops < 1 || features.size(0) % crops != 0) {
        return features;
    }
    return HostTensor({crops, features.size(0) / crops, features.size(1)}, {features.values().begin(), features.values().end()});
}

TensorToWrite intTensor(const char* name, const std::vector<std::int64_t>& values) { return {name, {static_cast<std::int64_t>(values.size())}, {}, values}; }

}  // namespace

int pruneVerb(Session& session) {
    if (session.arguments().has("features")) {
        for (const char* other : {"image", "model", "question", "prompt"}) {
            if (session.arguments().has(other)) {
                return session.fail(makeError(ErrorCode::kUsage, "USAGE-CONFLICT", "options contradict each other", std::string("--features, --") + other,
                                              "the features file stands for model and image", "give one of them"));
            }
        }
        return pruneFeatures(session, session.arguments().value("features"));
    }
    return pruneImage(session);
}

int dumpVerb(Session& session) {
    auto request = session.readRequest();
    if (!request) {
        return session.fail(request.error());
    }
    if (!session.arguments().has("out")) {
        return session.fail(makeError(ErrorCode::kUsage, "USAGE-OUT", "no file to write", {}, {}, "give --out FILE.safetensors"));
    }
    // Without any pruning option the whole sequence is what other implementations are compared with.
    if (!session.arguments().has("method") && !session.arguments().has("keep") && !session.arguments().has("keep-ratio")) {
        request->prune.method = "none";
    }
    const std::filesystem::path out = session.arguments().value("out");
    if (const auto spared = session.sparesImage(out, *request); !spared) {
        return session.fail(spared.error());
    }
    const auto pipeline = session.openFor(*request);
    if (!pipeline) {
        return session.fail(pipeline.error());
    }
    const auto dumped = (*pipeline)->dump(*request, session.stop());
    if (!dumped) {
        return session.fail(dumped.error());
    }
    const std::vector<TensorToWrite> tensors{floatTensor("pixel_values", dumped->pixelValues), floatTensor("vision_features", byCrop(dumped->visionFeatures, dumped->pixelValues.size(0))),
                                             floatTensor("projected", dumped->projected),      intTensor("input_ids", dumped->inputIds),
                                             intTensor("positions", dumped->positions),        floatTensor("logits", dumped->logits)};
    const auto written = writeSafetensors(out, tensors, {{"format", "pt"}, {"program", "prunescope " + programVersion()}, {"method", request->prune.method}});
    if (!written) {
        return session.fail(written.error());
    }
    if (session.json()) {
        return session.print(dumpJson(Json{{"schema", "prunescope.dump/1"}, {"out", out.string()}, {"input_ids", dumped->inputIds.size()}, {"method", request->prune.method}}) + "\n");
    }
    session.note("wrote " + out.string());
    return 0;
}

}  // namespace prunescope::cli
