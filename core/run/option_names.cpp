// SPDX-License-Identifier: GPL-3.0-or-later
// Words and numbers of the options.
#include "core/run/option_names.h"

#include "core/base/numbers.h"
#include "core/base/utf8.h"
#include "core/run/errors.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

namespace prunescope {
namespace {

template <typename E>
using Words = std::vector<std::pair<const char*, E>>;

const Words<Fusion> kFusions{{"walk", Fusion::kWalk}, {"restrict", Fusion::kRestrict}, {"append", Fusion::kAppend}, {"none", Fusion::kNone}};
const Words<Partition> kPartitions{{"parity", Partition::kParity}, {"checkerboard", Partition::kCheckerboard}, {"random", Partition::kRandom}};
const Words<RelevanceSpace> kSpaces{{"auto", RelevanceSpace::kAuto}, {"clip", RelevanceSpace::kClip}, {"llm", RelevanceSpace::kLlm}};
const Words<RelevanceSign> kSigns{{"auto", RelevanceSign::kAuto}, {"+", RelevanceSign::kPlus}, {"-", RelevanceSign::kMinus}};
const Words<QueryPooling> kPoolings{{"mean", QueryPooling::kMean}, {"eot", QueryPooling::kEot}, {"auto", QueryPooling::kAuto}};
const Words<QueryWords> kQueryWords{{"all", QueryWords::kAll}, {"content", QueryWords::kContent}};
const Words<TileScope> kScopes{{"image", TileScope::kImage}, {"tile", TileScope::kTile}};
const Words<PositionMode> kPositions{{"auto", PositionMode::kAuto}, {"compact", PositionMode::kCompact}, {"original", PositionMode::kOriginal}};
const Words<QcspRule> kQcspRules{{"dpp", QcspRule::kDpp}, {"topk", QcspRule::kTopK}};

template <typename E>
const char* wordOf(const Words<E>& words, E value) {
    for (const auto& [word, each] : words) {
        if (each == value) {
            return word;
        }
    }
    return "";
}

std::string shown(std::string_view text) { return elide(escapeForLine(text), 60, true); }

Error badNumber(const std::string& name, std::string_view text, const std::string& wanted) {
    return makeError(ErrorCode::kUsage, "USAGE-NUMBER", "bad value for --" + name, shown(text), "not " + wanted, "write it as 0.5 or 64, with a point");
}

template <typename E>
Result<void> setWord(const Words<E>& words, E& target, const std::string& name, const std::string& text) {
    std::string all;
    for (const auto& [word, value] : words) {
        if (text == word) {
            target = value;
            return {};
        }
        all += (all.empty() ? "" : ", ") + std::string(word);
    }
    return makeError(ErrorCode::kUsage, "USAGE-WORD", "bad value for --" + name, shown(text), "not one of its words", "use one of: " + all);
}

Result<void> setDouble(double& target, const std::string& name, const std::string& text, double low, double high, const std::string& range) {
    const auto value = parseDouble(text);
    if (!value) {
        return badNumber(name, text, "a finite decimal number");
    }
    if (*value < low || *value > high) {
        return makeError(ErrorCode::kUsage, "USAGE-RANGE", "bad value for --" + name, shown(text), "out of range", "use " + range);
    }
    target = *value;
    return {};
}

Result<void> setTau(PruneOptions& options, const std::string& text) {
    Threshold tau;
    tau.isQuantile = !text.empty() && text.front() == 'q';
    const auto set = tau.isQuantile ? setDouble(tau.value, "tau", text.substr(1), 0, 100, "a quantile from q0 to q100")
                                    : setDouble(tau.value, "tau", text, -1, 1, "-1 to 1, or a quantile such as q90");
    if (set) {
        options.tau = tau;
    }
    return set;
}

Result<void> setKeep(PruneOptions& options, const std::string& text) {
    if (text == "auto") {
        return makeError(ErrorCode::kUsage, "USAGE-KEEP-AUTO", "bad value for --keep", text, "the methods of this version have no rule of their own",
                         "give a number of tokens");
    }
    const auto value = parseInt(text, 1, 1LL << 31);
    if (!value) {
        return makeError(ErrorCode::kUsage, parseInt(text) ? "USAGE-RANGE" : "USAGE-NUMBER", "bad value for --keep", shown(text), "not a whole number from 1 up",
                         "write it as 64");
    }
    options.keep = *value;
    return {};
}

Result<void> setKeepRatio(PruneOptions& options, const std::string& text) {
    double ratio = 0;
    if (auto set = setDouble(ratio, "keep-ratio", text, 0, 1, "more than 0, at most 1"); !set) {
        return set;
    }
    if (ratio <= 0) {
        return makeError(ErrorCode::kUsage, "USAGE-RANGE", "bad value for --keep-ratio", shown(text), "out of range", "use more than 0, at most 1");
    }
    options.keepRatio = ratio;
    return {};
}

Result<void> setSeed(PruneOptions& options, const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool leadingZero = text.size() > 1 && text.front() == '0';
    if (failed != std::errc() || end != text.data() + text.size() || leadingZero) {
        return makeError(ErrorCode::kUsage, "USAGE-NUMBER", "bad value for --seed", shown(text), "not a whole number from 0 to 18446744073709551615");
    }
    options.seed = value;
    return {};
}

Result<void> setTheta(PruneOptions& options, const std::string& text) {
    double theta = 0;
    if (auto set = setDouble(theta, "relevance-theta", text, 0, 1, "more than 0, less than 1"); !set) {
        return set;
    }
    if (theta <= 0 || theta >= 1) {
        return makeError(ErrorCode::kUsage, "USAGE-RANGE", "bad value for --relevance-theta", shown(text), "out of range", "use more than 0, less than 1");
    }
    options.relevanceTheta = theta;
    return {};
}

Result<void> setList(std::vector<std::int64_t>& target, const std::string& name, const std::string& text) {
    auto list = parseIndexList(name, text);
    if (!list) {
        return list.error();
    }
    target = std::move(*list);
    return {};
}

using Setter = std::function<Result<void>(PruneOptions&, const std::string&)>;

const std::map<std::string, Setter>& setters() {
    constexpr double kLargest = 1.7976931348623157e308;
    static const std::map<std::string, Setter> table{
        {"method", [](PruneOptions& o, const std::string& t) -> Result<void> { o.method = t; return {}; }},
        {"keep", setKeep},
        {"keep-ratio", setKeepRatio},
        {"tau", setTau},
        {"gamma", [](PruneOptions& o, const std::string& t) { return setDouble(o.gamma, "gamma", t, 0, kLargest, "0 or more"); }},
        {"gsp-ratio", [](PruneOptions& o, const std::string& t) { return setDouble(o.gspRatio, "gsp-ratio", t, 0, 1, "0 to 1"); }},
        {"fusion", [](PruneOptions& o, const std::string& t) { return setWord(kFusions, o.fusion, "fusion", t); }},
        {"partition", [](PruneOptions& o, const std::string& t) { return setWord(kPartitions, o.partition, "partition", t); }},
        {"qcsp", [](PruneOptions& o, const std::string& t) { return setWord(kQcspRules, o.qcsp, "qcsp", t); }},
        {"relevance-space", [](PruneOptions& o, const std::string& t) { return setWord(kSpaces, o.relevanceSpace, "relevance-space", t); }},
        {"relevance-sign", [](PruneOptions& o, const std::string& t) { return setWord(kSigns, o.relevanceSign, "relevance-sign", t); }},
        {"relevance-power", [](PruneOptions& o, const std::string& t) { return setDouble(o.relevancePower, "relevance-power", t, 0, kLargest, "0 or more"); }},
        {"relevance-theta", setTheta},
        {"query-pooling", [](PruneOptions& o, const std::string& t) { return setWord(kPoolings, o.queryPooling, "query-pooling", t); }},
        {"query-words", [](PruneOptions& o, const std::string& t) { return setWord(kQueryWords, o.queryWords, "query-words", t); }},
        {"scope",
         [](PruneOptions& o, const std::string& t) {
             o.keepPerTile = t == "tile";   // said aloud, the budget is one tile's; by default tiles share it
             return setWord(kScopes, o.scope, "scope", t);
         }},
        {"positions", [](PruneOptions& o, const std::string& t) { return setWord(kPositions, o.positions, "positions", t); }},
        {"force-keep", [](PruneOptions& o, const std::string& t) { return setList(o.forceKeep, "force-keep", t); }},
        {"force-drop", [](PruneOptions& o, const std::string& t) { return setList(o.forceDrop, "force-drop", t); }},
        {"seed", setSeed},
    };
    return table;
}

}  // namespace

const char* nameOf(Fusion value) { return wordOf(kFusions, value); }
const char* nameOf(Partition value) { return wordOf(kPartitions, value); }
const char* nameOf(RelevanceSpace value) { return wordOf(kSpaces, value); }
const char* nameOf(RelevanceSign value) { return wordOf(kSigns, value); }
const char* nameOf(QueryPooling value) { return wordOf(kPoolings, value); }
const char* nameOf(QueryWords value) { return wordOf(kQueryWords, value); }
const char* nameOf(TileScope value) { return wordOf(kScopes, value); }
const char* nameOf(PositionMode value) { return wordOf(kPositions, value); }
const char* nameOf(QcspRule value) { return wordOf(kQcspRules, value); }

const char* nameOf(FinishReason value) {
    switch (value) {
        case FinishReason::kEos: return "eos";
        case FinishReason::kLength: return "length";
        case FinishReason::kCancelled: return "cancelled";
    }
    return "";
}

Result<void> setPruneOption(PruneOptions& options, const std::string& name, const std::string& text) {
    const auto it = setters().find(name);
    if (it == setters().end()) {
        const auto near = nearestName(name, pruneOptionNames());
        return makeError(ErrorCode::kUsage, "USAGE-OPTION", "unknown option", "--" + shown(name), {}, near ? "did you mean --" + *near + "?" : "");
    }
    return it->second(options, text);
}

const std::vector<std::string>& pruneOptionNames() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& [name, setter] : setters()) {
            all.push_back(name);
        }
        return all;
    }();
    return names;
}

std::vector<std::pair<std::string, std::string>> pruneOptionTexts(const PruneOptions& options) {
    const PruneOptions standard;
    std::vector<std::pair<std::string, std::string>> texts;
    const auto add = [&](const char* name, bool differs, const std::string& text) {
        if (differs) {
            texts.emplace_back(name, text);
        }
    };
    const auto list = [](const std::vector<std::int64_t>& indices) {
        std::string text;
        for (const std::int64_t index : indices) {
            text += (text.empty() ? "" : ",") + std::to_string(index);
        }
        return text;
    };
    add("method", true, options.method);
    add("keep", options.keep.has_value(), std::to_string(options.keep.value_or(0)));
    add("keep-ratio", options.keepRatio.has_value(), formatNumber(options.keepRatio.value_or(0)));
    add("tau", !(options.tau == standard.tau), (options.tau.isQuantile ? "q" : "") + formatNumber(options.tau.value));
    add("gamma", options.gamma != standard.gamma, formatNumber(options.gamma));
    add("gsp-ratio", options.gspRatio != standard.gspRatio, formatNumber(options.gspRatio));
    add("fusion", options.fusion != standard.fusion, nameOf(options.fusion));
    add("partition", options.partition != standard.partition, nameOf(options.partition));
    add("qcsp", options.qcsp != standard.qcsp, nameOf(options.qcsp));
    add("relevance-space", options.relevanceSpace != standard.relevanceSpace, nameOf(options.relevanceSpace));
    add("relevance-sign", options.relevanceSign != standard.relevanceSign, nameOf(options.relevanceSign));
    add("relevance-power", options.relevancePower != standard.relevancePower, formatNumber(options.relevancePower));
    add("relevance-theta", options.relevanceTheta.has_value(), formatNumber(options.relevanceTheta.value_or(0)));
    add("query-pooling", options.queryPooling != standard.queryPooling, nameOf(options.queryPooling));
    add("query-words", options.queryWords != standard.queryWords, nameOf(options.queryWords));
    add("scope", options.scope != standard.scope || options.keepPerTile, nameOf(options.scope));
    add("positions", options.positions != standard.positions, nameOf(options.positions));
    add("force-keep", !options.forceKeep.empty(), list(options.forceKeep));
    add("force-drop", !options.forceDrop.empty(), list(options.forceDrop));
    add("seed", options.seed != standard.seed, std::to_string(options.seed));
    return texts;
}

Result<std::vector<std::int64_t>> parseIndexList(const std::string& option, std::string_view text) {
    constexpr std::size_t kMost = 65'536;
    std::vector<std::int64_t> list;
    std::size_t begin = 0;
    const auto refused = [&](const std::string& why) {
        return makeError(ErrorCode::kUsage, "USAGE-LIST", "bad value for --" + option, shown(text), why, "write it as 3,17,40-44");
    };
    while (true) {
        const std::size_t comma = text.find(',', begin);
        const std::string_view item = text.substr(begin, comma == std::string_view::npos ? std::string_view::npos : comma - begin);
        const std::size_t dash = item.find('-', 1);
        const auto first = parseInt(item.substr(0, dash), 0, 1LL << 31);
        const auto last = dash == std::string_view::npos ? first : parseInt(item.substr(dash + 1), 0, 1LL << 31);
        if (!first || !last) {
            return refused(item.empty() ? "an item is empty" : "'" + shown(item) + "' is neither a whole number from 0 up nor a range of two");
        }
        if (*last < *first) {
            return refused("the range " + shown(item) + " runs backwards");
        }
        if (static_cast<std::uint64_t>(*last - *first) >= kMost - list.size()) {
            return refused("more than " + formatCount(kMost) + " indices");
        }
        for (std::int64_t index = *first; index <= *last; ++index) {
            list.push_back(index);
        }
        if (comma == std::string_view::npos) {
            return list;
        }
        begin = comma + 1;
    }
}

std::optional<std::string> nearestName(std::string_view given, const std::vector<std::string>& candidates) {
    std::optional<std::string> best;
    std::size_t bestDistance = 0;
    std::size_t bestPrefix = 0;
    for (const std::string& candidate : candidates) {
        std::vector<std::size_t> row(candidate.size() + 1);
        std::iota(row.begin(), row.end(), std::size_t{0});
        for (std::size_t i = 0; i < given.size(); ++i) {
            std::size_t diagonal = row[0];
            row[0] = i + 1;
            for (std::size_t j = 0; j < candidate.size(); ++j) {
                const std::size_t substitute = diagonal + (given[i] == candidate[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = std::min({substitute, row[j] + 1, diagonal + 1});
            }
        }
        const auto differ = std::mismatch(given.begin(), given.end(), candidate.begin(), candidate.end());
        const auto prefix = static_cast<std::size_t>(differ.first - given.begin());
        if (row.back() <= 1 + candidate.size() / 4 && (!best || row.back() < bestDistance || (row.back() == bestDistance && prefix > bestPrefix))) {
            best = candidate;
            bestDistance = row.back();
            bestPrefix = prefix;
        }
    }
    return best;
}

}  // namespace prunescope
