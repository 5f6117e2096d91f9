// SPDX-License-Identifier: GPL-3.0-or-later
// Reading the command line's shape with CLI11.
#include "app/cli/arguments.h"

#include "core/base/utf8.h"
#include "core/run/errors.h"
#include "core/run/option_names.h"
#include "core/run/report.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace prunescope::cli {
namespace {

struct OptionText {
    const char* name;
    const char* help;
};
struct VerbText {
    const char* name;
    const char* help;
    std::vector<OptionText> options;
    std::vector<OptionText> flags;
    bool usesModel;
    bool usesPruning;
};

const std::vector<OptionText> kModelOptions{{"model", "model folder (default: the bundled model)"},
                                            {"device", "auto, cpu, cuda or cuda:N"},
                                            {"dtype", "auto, float32, bfloat16 or float16"},
                                            {"threads", "threads of the CPU engine"},
                                            {"resize", "processor to repeat: pil13, pil12 or torch16"},
                                            {"llama-prefix", "prefix rule of the tokenizer: file, first, always or never"}};
const std::vector<OptionText> kCommonOptions{{"seed", "seed of random choices"},
                                             {"errors", "form of error lines: text or json"},
                                             {"timeout", "seconds until the work is stopped (exit 124)"}};
const std::vector<OptionText> kPruneOptions{{"method", "none, script, gsp, qcsp, relevance, random, grid"},
                                            {"keep", "visual tokens that reach the language model"},
                                            {"keep-ratio", "the same as a share, 0 to 1"},
                                            {"tau", "similarity threshold, or a quantile such as q90"},
                                            {"gamma", "weight of the mean similarity in the redundancy score"},
                                            {"gsp-ratio", "share of tokens that the graph step discards"},
                                            {"fusion", "walk, restrict, append or none"},
                                            {"partition", "parity, checkerboard or random"},
                                            {"qcsp", "dpp or topk"},
                                            {"relevance-space", "auto, clip or llm"},
                                            {"relevance-sign", "auto, + or -"},
                                            {"relevance-power", "exponent of the relevance in the kernel"},
                                            {"relevance-theta", "temperature of the relevance (off by default)"},
                                            {"query-pooling", "mean or eot"},
                                            {"query-words", "all or content"},
                                            {"scope", "image or tile"},
                                            {"positions", "auto, compact or original"},
                                            {"force-keep", "token ids to keep, e.g. 3,17,40-44; they count within --keep"},
                                            {"force-drop", "token ids to drop; the next of the order take their places"},
                                            {"dominant", "visionzip only"},
                                            {"contextual", "visionzip only"},
                                            {"layers", "fastv, pdrop, sparsevlm only"},
                                            {"keep-list", "fastv, pdrop, sparsevlm only"},
                                            {"ratios", "fastv, pdrop, sparsevlm only"},
                                            {"variant", "which of a method's own versions"}};
const OptionText kImage{"image", "image file"};
const OptionText kQuestion{"question", "question about the image"};
const OptionText kPrompt{"prompt", "whole prompt with the image token in it; no template is applied"};
const OptionText kFrames{"frames", "folder of video frames (no family of this version takes video)"};
const OptionText kNewTokens{"max-new-tokens", "longest answer"};
const OptionText kJsonFlag{"json", "one JSON object on stdout"};
const OptionText kClamp{"clamp", "take a --keep above the number of tokens as all of them"};

const std::vector<VerbText>& verbTexts() {
    static const std::vector<VerbText> verbs{
        {"run", "One image and one question: answer, kept tokens, timings", {kImage, kFrames, kQuestion, kPrompt, kNewTokens}, {kJsonFlag, kClamp}, true, true},
        {"prune", "The pruning decision only, from a model or a features file", {{"features", "safetensors file with tokens and query"}, kImage, kFrames, kQuestion, kPrompt,
          {"explain", "token ids to explain in the JSON, e.g. 3,17,40-44: partners, shares of Eq. 11, what would change the outcome"}},
         {kJsonFlag, kClamp, {"survival", "in the JSON: from which budget each token is kept, and at which tau"}}, true, true},
        {"dump", "Intermediate tensors to a safetensors file", {kImage, kFrames, kQuestion, kPrompt, {"out", "file to write"}}, {kJsonFlag, kClamp}, true, true},
        {"eval", "A benchmark: metrics with confidence intervals, resumable",
         {{"data", "suite, one JSON object a line"}, {"limit-items", "only the first N items"}, {"out", "results, one line an item; goes on where it stopped"}, kNewTokens},
         {kJsonFlag, kClamp, {"blank", "show every image as its mean colour"}}, true, true},
        {"bench", "Times the pruning core and the engine", {}, {kJsonFlag}, true, false},
        {"trace save", "One image and one question to a portable trace file",
         {kImage, kFrames, kQuestion, kPrompt, kNewTokens, {"out", "file to write, .prunescope"}, {"picture", "original picture: embed or path"}},
         {kJsonFlag, kClamp, {"unpruned", "keep the answer without pruning too"}}, true, true},
        {"trace open", "What a trace file holds; needs no model", {}, {kJsonFlag}, false, false},
        {"trace diff", "How two trace files differ", {{"run-a", "which run of the first file, from 0"}, {"run-b", "which run of the second file, from 0"}}, {kJsonFlag}, false, false},
        {"models", "What can be loaded here", {}, {kJsonFlag}, false, false},
        {"doctor", "What this machine offers and what is missing", {}, {kJsonFlag}, true, false},
    };
    return verbs;
}

const std::vector<std::string> kLaterVerbs{"compare", "sweep", "figure"};

std::vector<std::string> verbNames() {
    std::vector<std::string> names = kLaterVerbs;
    for (const VerbText& verb : verbTexts()) {
        names.emplace_back(verb.name);
    }
    return names;
}

// Texts that CLI11 fills; addresses stay put while it parses.
struct Slots {
    std::map<std::string, std::string> values;
    std::map<std::string, bool> flags;
    std::vector<std::string> limits, folders;
};

void addOption(CLI::App& app, Slots& slots, const OptionText& option) {
    app.add_option(std::string("--") + option.name, slots.values[option.name], option.help)->type_name("");
}

void describe(CLI::App& app, Slots& slots, const VerbText& verb) {
    for (const OptionText& option : verb.options) {
        addOption(app, slots, option);
    }
    for (const auto& [wanted, options] : {std::pair(verb.usesModel, &kModelOptions), std::pair(verb.usesPruning, &kPruneOptions), std::pair(true, &kCommonOptions)}) {
        for (const OptionText& option : wanted ? *options : std::vector<OptionText>{}) {
            addOption(app, slots, option);
        }
    }
    for (const OptionText& flag : verb.flags) {
        app.add_flag(std::string("--") + flag.name, slots.flags[flag.name], flag.help);
    }
    app.add_flag("--quiet", slots.flags["quiet"], "no notes and tables on stderr");
    app.add_option("--limit", slots.limits, "raise a limit: NAME=VALUE (image-file-bytes, image-pixels, image-side, query, prompt-tokens, trace-bytes)")
        ->type_size(1)
        ->allow_extra_args(false)
        ->type_name("");
    if (std::strcmp(verb.name, "models") == 0) {
        app.add_option("folders", slots.folders, "folders to look at")->type_name("");
    } else if (std::strcmp(verb.name, "trace open") == 0 || std::strcmp(verb.name, "trace diff") == 0) {
        app.add_option("files", slots.folders, "trace files")->type_name("");
    }
}

std::string shown(std::string_view text) { return elide(escapeForLine(text), 60, true); }

Error usage(std::string id, std::string what, std::string where, std::string why, std::string hint) {
    return makeError(ErrorCode::kUsage, std::move(id), std::move(what), std::move(where), std::move(why), std::move(hint));
}

Error unknownArgument(const CLI::App& verb, const std::string& argument) {
    if (argument.size() < 2 || argument.front() != '-') {
        return usage("USAGE-ARGS", "unexpected argument", shown(argument), "this verb takes options only", "see prunescope-cli " + verb.get_name() + " --help");
    }
    const std::string name = argument.substr(argument.find_first_not_of('-') == std::string::npos ? argument.size() : argument.find_first_not_of('-'));
    std::vector<std::string> known;
    for (const CLI::Option* option : verb.get_options()) {
        for (const std::string& each : option->get_lnames()) {
            known.push_back(each);
        }
    }
    const auto near = nearestName(name.substr(0, name.find('=')), known);
    return usage("USAGE-OPTION", "unknown option", shown(argument), {},
                 near ? "did you mean --" + *near + "?" : "see prunescope-cli " + verb.get_name() + " --help");
}

std::string overview() {
    std::string text = "prunescope-cli " + programVersion() + ": what visual-token pruning decides on LLaVA models\n\nUsage: prunescope-cli VERB [options]\n\nVerbs:\n";
    for (const VerbText& verb : verbTexts()) {
        std::string name = verb.name;
        name.resize(11, ' ');
        text += "  " + name + verb.help + "\n";
    }
    return text + "\n'prunescope-cli VERB --help' lists the options of a verb.\n";
}

Result<Arguments> finish(const CLI::App& app, const Slots& slots, Arguments arguments) {
    for (const CLI::Option* option : app.get_options()) {
        if (option->count() == 0 || option->get_lnames().empty()) {
            continue;
        }
        const std::string& name = option->get_lnames().front();
        if (const auto it = slots.values.find(name); it != slots.values.end()) {
            arguments.values[name] = it->second;
        } else if (const auto flag = slots.flags.find(name); flag != slots.flags.end() && flag->second) {
            arguments.flags.insert(name);
        }
    }
    arguments.limits = slots.limits;
    arguments.folders = slots.folders;
    return arguments;
}

// `--name=` would take the next argument as its value.
const char* emptyValue(int argc, const char* const* argv) {
    for (int i = 2; i < argc && std::strcmp(argv[i], "--") != 0; ++i) {
        const std::string_view argument = argv[i];
        if (argument.size() > 3 && argument.substr(0, 2) == "--" && argument.back() == '=' && argument.find('=') == argument.size() - 1
            && argument.find(' ') == std::string_view::npos) {
            return argv[i];
        }
    }
    return nullptr;
}

}  // namespace

std::string Arguments::value(const std::string& name, const std::string& otherwise) const {
    const auto it = values.find(name);
    return it == values.end() ? otherwise : it->second;
}

bool wantsJsonErrors(int argc, const char* const* argv) {
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--errors=json") == 0 || (std::strcmp(argv[i], "--errors") == 0 && i + 1 < argc && std::strcmp(argv[i + 1], "json") == 0)) {
            return true;
        }
    }
    return false;
}

Result<Arguments> parseArguments(int argc, const char* const* argv) {
    Arguments arguments;
    if (argc < 2) {
        return usage("USAGE-VERB", "no verb given", {}, {}, "see prunescope-cli --help");
    }
    arguments.verb = argv[1];
    if (arguments.verb == "--help" || arguments.verb == "-h" || arguments.verb == "help") {
        arguments.text = overview();
        return arguments;
    }
    if (arguments.verb == "--version") {
        arguments.text = "prunescope-cli " + programVersion() + "\n";
        return arguments;
    }
    if (std::find(kLaterVerbs.begin(), kLaterVerbs.end(), arguments.verb) != kLaterVerbs.end()) {
        return usage("USAGE-NOT-BUILT", "verb not built yet", arguments.verb, "this version does run, prune, dump, eval, bench, trace, models and doctor", {});
    }
    int first = 2;   // the first argument behind the verb
    if (arguments.verb == "trace" && argc > 2 && argv[2][0] != '-') {
        arguments.verb += std::string(" ") + argv[2];
        first = 3;
    } else if (arguments.verb == "trace") {
        const bool help = argc > 2 && (std::strcmp(argv[2], "--help") == 0 || std::strcmp(argv[2], "-h") == 0);
        arguments.text = help ? overview() : "";
        return help ? Result<Arguments>(arguments) : usage("USAGE-VERB", "no job given for trace", {}, {}, "write trace save, trace open or trace diff");
    }
    const auto& verbs = verbTexts();
    const auto verb = std::find_if(verbs.begin(), verbs.end(), [&](const VerbText& each) { return arguments.verb == each.name; });
    if (verb == verbs.end()) {
        const bool option = !arguments.verb.empty() && arguments.verb.front() == '-';
        const auto near = nearestName(arguments.verb, verbNames());
        return usage(option ? "USAGE-OPTION" : "USAGE-VERB", option ? "options come after the verb" : "unknown verb", shown(arguments.verb), {},
                     near ? "did you mean " + *near + "?" : "see prunescope-cli --help");
    }
    if (const char* empty = emptyValue(argc, argv)) {
        return usage("USAGE-EMPTY", "option without a value", shown(empty), "nothing follows the '='", {});
    }
    Slots slots;
    CLI::App app(verb->help, "prunescope-cli " + arguments.verb);
    app.name(arguments.verb);
    describe(app, slots, *verb);
    try {
        std::vector<std::string> rest(argv + first, argv + argc);
        std::reverse(rest.begin(), rest.end());
        app.parse(rest);
    } catch (const CLI::CallForHelp&) {
        arguments.text = app.help("prunescope-cli");
        return arguments;
    } catch (const CLI::ExtrasError&) {
        const auto left = app.remaining();
        return unknownArgument(app, left.empty() ? "" : left.front());
    } catch (const CLI::ParseError& error) {
        return usage("USAGE-ARGS", "cannot use the arguments", {}, elide(escapeForLine(error.what()), 120, false), "see prunescope-cli " + arguments.verb + " --help");
    }
    return finish(app, slots, std::move(arguments));
}

}  // namespace prunescope::cli
