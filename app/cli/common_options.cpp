// SPDX-License-Identifier: GPL-3.0-or-later
// Strict reading of the options that several verbs share.
#include "app/cli/session.h"
#include "core/base/numbers.h"
#include "core/base/utf8.h"
#include "core/run/errors.h"
#include "core/run/option_names.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <thread>
#include <utility>

namespace prunescope::cli {
namespace {

std::string shown(std::string_view text) { return elide(escapeForLine(text), 60, true); }

Error usage(std::string id, const std::string& option, std::string_view text, std::string why, std::string hint = {}) {
    return makeError(ErrorCode::kUsage, std::move(id), "bad value for --" + option, shown(text), std::move(why), std::move(hint));
}

template <typename E>
Result<void> word(const Arguments& arguments, const char* name, const std::vector<std::pair<const char*, E>>& words, E& target) {
    if (!arguments.has(name)) {
        return {};
    }
    std::string all;
    for (const auto& [text, value] : words) {
        if (arguments.value(name) == text) {
            target = value;
            return {};
        }
        all += (all.empty() ? "" : ", ") + std::string(text);
    }
    return usage("USAGE-WORD", name, arguments.value(name), "not one of its words", "use one of: " + all);
}

Result<void> readDevice(const Arguments& arguments, LoadOptions& load) {
    const std::string text = arguments.value("device", "auto");
    if (text == "auto" || text == "cpu") {
        load.device = text == "auto" ? DeviceChoice::kAuto : DeviceChoice::kCpu;
        return {};
    }
    const auto index = text == "cuda" ? std::optional<std::int64_t>(0) : text.rfind("cuda:", 0) == 0 ? parseInt(std::string_view(text).substr(5), 0, 1023) : std::nullopt;
    if (!index) {
        return makeError(ErrorCode::kDevice, "DEVICE-UNKNOWN", "no such device", shown(text), {}, "use --device auto, cpu, cuda or cuda:N");
    }
    load.device = DeviceChoice::kCuda;
    load.cudaIndex = static_cast<int>(*index);
    return {};
}

Result<void> readThreads(const Arguments& arguments, CommonOptions& options) {
    if (!arguments.has("threads")) {
        return {};
    }
    const auto threads = readCount(arguments, "threads", 0, 1, 1'000'000);
    if (!threads) {
        return threads.error();
    }
    const std::int64_t most = 4 * static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
    options.load.threads = static_cast<int>(std::min(*threads, most));
    if (*threads > most) {
        options.notes.push_back("--threads " + formatCount(*threads) + " is more than four times the cores: " + formatCount(most) + " are used");
    }
    return {};
}

// "300M", "64KiB", "1000": decimal k, M, G and binary KiB, MiB, GiB.
std::optional<std::int64_t> parseAmount(std::string_view text) {
    struct Unit {
        std::string_view suffix;
        std::int64_t factor;
    };
    constexpr std::array<Unit, 7> kUnits{{{"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}, {"k", 1000}, {"K", 1000}, {"M", 1'000'000}, {"G", 1'000'000'000}}};
    std::int64_t factor = 1;
    for (const Unit& unit : kUnits) {
        if (text.size() > unit.suffix.size() && text.substr(text.size() - unit.suffix.size()) == unit.suffix) {
            factor = unit.factor;
            text.remove_suffix(unit.suffix.size());
            break;
        }
    }
    const auto number = parseInt(text, 1);
    return number ? checkedMultiply(*number, factor) : std::nullopt;
}

struct LimitRow {
    std::vector<std::string> names;
    std::int64_t* target;
    std::int64_t hard;
};

Result<void> readLimits(const Arguments& arguments, PipelineLimits& limits, std::int64_t& traceBytes) {
    const std::vector<LimitRow> rows{{{"image-file-bytes", "image.file"}, &limits.image.fileBytes, 2LL << 30},
                                     {{"image-pixels", "image.pixels"}, &limits.image.pixels, 1'000'000'000},
                                     {{"image-side", "image.side"}, &limits.image.side, 65'535},
                                     {{"query", "query-bytes"}, &limits.questionBytes, 1LL << 20},
                                     {{"prompt-tokens"}, &limits.promptTokens, 1LL << 20},
                                     {{"trace-bytes"}, &traceBytes, 1LL << 40}};
    std::vector<std::string> known;
    for (const LimitRow& row : rows) {
        known.insert(known.end(), row.names.begin(), row.names.end());
    }
    for (const std::string& text : arguments.limits) {
        const std::size_t equals = text.find('=');
        const std::string name = text.substr(0, equals);
        const auto row = std::find_if(rows.begin(), rows.end(), [&](const LimitRow& each) { return std::find(each.names.begin(), each.names.end(), name) != each.names.end(); });
        if (equals == std::string::npos || row == rows.end()) {
            const auto near = nearestName(name, known);
            return usage("USAGE-LIMIT", "limit", text, equals == std::string::npos ? "not NAME=VALUE" : "no limit has this name",
                         near ? "did you mean " + *near + "?" : "names: image-file-bytes, image-pixels, image-side, query, prompt-tokens, trace-bytes");
        }
        const auto value = parseAmount(std::string_view(text).substr(equals + 1));
        if (!value) {
            return usage("USAGE-NUMBER", "limit", text, "the value is not a whole number from 1 up", "write it as " + name + "=300M");
        }
        if (*value > row->hard) {
            return usage("USAGE-RANGE", "limit", text, "more than " + formatCount(row->hard) + " is never allowed");
        }
        *row->target = *value;
    }
    return {};
}

// Options of methods that this version does not have.
Result<void> refuseForeignOptions(const Arguments& arguments) {
    for (const char* name : {"dominant", "contextual", "layers", "keep-list", "ratios", "variant"}) {
        if (arguments.has(name)) {
            return makeError(ErrorCode::kUsage, "USAGE-NOT-USED", "option without effect", std::string("--") + name,
                             "method '" + arguments.value("method", "script") + "' does not use it", "leave it out");
        }
    }
    return {};
}

Result<void> readMethod(const PruneOptions& prune) {
    const auto& methods = pruningMethods();
    if (std::any_of(methods.begin(), methods.end(), [&](const MethodInfo& method) { return method.name == prune.method; })) {
        return {};
    }
    std::vector<std::string> names;
    std::string all;
    for (const MethodInfo& method : methods) {
        names.push_back(method.name);
        all += (all.empty() ? "" : ", ") + method.name;
    }
    const std::array<std::string_view, 8> later{"script-released", "cdpruner", "divprune", "trim", "visionzip", "fastv", "pdrop", "sparsevlm"};
    if (std::find(later.begin(), later.end(), prune.method) != later.end()) {
        return makeError(ErrorCode::kUsage, "USAGE-NOT-BUILT", "method not built yet", shown(prune.method), {}, "use one of: " + all);
    }
    const auto near = nearestName(prune.method, names);
    return makeError(ErrorCode::kUsage, "USAGE-METHOD", "unknown method", shown(prune.method), {}, near ? "did you mean " + *near + "?" : "use one of: " + all);
}

Result<void> readPrune(const Arguments& arguments, PruneOptions& prune) {
    if (arguments.has("keep") && arguments.has("keep-ratio")) {
        return makeError(ErrorCode::kUsage, "USAGE-CONFLICT", "options contradict each other", "--keep, --keep-ratio", "both set the budget", "give one of them");
    }
    for (const std::string& name : pruneOptionNames()) {
        if (!arguments.has(name)) {
            continue;
        }
        if (const auto set = setPruneOption(prune, name, arguments.value(name)); !set) {
            return set.error();
        }
    }
    if (const auto known = readMethod(prune); !known) {
        return known.error();
    }
    return validateOptions(prune);
}

}  // namespace

Result<std::int64_t> readCount(const Arguments& arguments, const std::string& name, std::int64_t otherwise, std::int64_t low, std::int64_t high) {
    if (!arguments.has(name)) {
        return otherwise;
    }
    const std::string text = arguments.value(name);
    const auto value = parseInt(text);
    if (!value) {
        return usage("USAGE-NUMBER", name, text, "not a whole number", "write it as 64");
    }
    if (*value < low || *value > high) {
        return usage("USAGE-RANGE", name, text, "out of range", "use " + formatCount(low) + " to " + formatCount(high));
    }
    return *value;
}

Result<CommonOptions> readCommonOptions(const Arguments& arguments) {
    CommonOptions options;
    if (arguments.has("model")) {
        options.model = arguments.value("model");
    }
    if (arguments.has("timeout")) {
        const auto seconds = parseDouble(arguments.value("timeout"));
        if (!seconds || *seconds <= 0) {
            return usage("USAGE-NUMBER", "timeout", arguments.value("timeout"), "not a number of seconds above 0");
        }
        options.timeoutSeconds = *seconds;
    }
    bool jsonErrors = false;
    const Result<void> steps[] = {
        word<bool>(arguments, "errors", {{"text", false}, {"json", true}}, jsonErrors),
        word<ResizeMode>(arguments, "resize", {{"pil13", ResizeMode::kPillow13}, {"pil12", ResizeMode::kPillow12}, {"torch16", ResizeMode::kTorch16}}, options.resize),
        word<LlamaPrefix>(arguments, "llama-prefix",
                          {{"file", LlamaPrefix::kFile}, {"first", LlamaPrefix::kFirst}, {"always", LlamaPrefix::kAlways}, {"never", LlamaPrefix::kNever}}, options.prefix),
        word<DtypeChoice>(arguments, "dtype",
                          {{"auto", DtypeChoice::kAuto}, {"float32", DtypeChoice::kFloat32}, {"bfloat16", DtypeChoice::kBFloat16}, {"float16", DtypeChoice::kFloat16}},
                          options.load.dtype),
        readThreads(arguments, options), readLimits(arguments, options.limits, options.traceBytes), readPrune(arguments, options.prune), refuseForeignOptions(arguments),
        readDevice(arguments, options.load)};
    for (const Result<void>& step : steps) {
        if (!step) {
            return step.error();
        }
    }
    return options;
}

}  // namespace prunescope::cli
