// SPDX-License-Identifier: GPL-3.0-or-later

// The window's command line with QCommandLineParser; the words of pruning options are read by core/run.

#include "app/window/command_line.h"

#include "core/base/numbers.h"
#include "core/base/utf8.h"
#include "core/run/errors.h"
#include "core/run/option_names.h"

#include <QCommandLineParser>
#include <QFileInfo>

#include <algorithm>
#include <utility>
#include <vector>

namespace prunescope {

namespace {

struct OptionText {
    QStringList names;
    QString help;
    QString value;   ///< empty: a flag
};

std::vector<OptionText> windowOptions() {
    return {
        {{QStringLiteral("q"), QStringLiteral("question")}, QStringLiteral("question about the image"), QStringLiteral("TEXT")},
        {{QStringLiteral("model")}, QStringLiteral("model folder (default: the bundled model)"), QStringLiteral("DIR")},
        {{QStringLiteral("run")}, QStringLiteral("ask at once"), {}},
        {{QStringLiteral("screenshot")}, QStringLiteral("run, write the window's picture as PNG, print the answer, quit"), QStringLiteral("FILE")},
        {{QStringLiteral("size")}, QStringLiteral("size of the window, e.g. 1400x900"), QStringLiteral("WxH")},
        {{QStringLiteral("print-answer")}, QStringLiteral("with --run: print the answer to stdout when it is there"), {}},
        {{QStringLiteral("overlay")}, QStringLiteral("retained, relevance, gsp, local, order, none, survival, survival-tau, word or questions"), QStringLiteral("NAME")},
        {{QStringLiteral("colour-map")}, QStringLiteral("viridis, cividis, magma or turbo"), QStringLiteral("NAME")},
        {{QStringLiteral("whole-image")}, QStringLiteral("show the whole image, unseen parts hatched"), {}},
        {{QStringLiteral("theme")}, QStringLiteral("system, light or dark"), QStringLiteral("NAME")},
        {{QStringLiteral("scale")}, QStringLiteral("scale of the whole window, e.g. 2"), QStringLiteral("FACTOR")},
        {{QStringLiteral("device")}, QStringLiteral("auto, cpu, cuda or cuda:N"), QStringLiteral("NAME")},
        {{QStringLiteral("dtype")}, QStringLiteral("auto, float32, bfloat16 or float16"), QStringLiteral("NAME")},
        {{QStringLiteral("threads")}, QStringLiteral("threads of the CPU engine"), QStringLiteral("N")},
        {{QStringLiteral("resize")}, QStringLiteral("processor to repeat: pil13, pil12 or torch16"), QStringLiteral("NAME")},
        {{QStringLiteral("llama-prefix")}, QStringLiteral("prefix rule of the tokenizer: file, first, always or never"), QStringLiteral("NAME")},
        {{QStringLiteral("max-new-tokens")}, QStringLiteral("longest answer"), QStringLiteral("N")},
        {{QStringLiteral("timeout")}, QStringLiteral("with --screenshot: seconds until it gives up (exit 124)"), QStringLiteral("S")},
        {{QStringLiteral("h"), QStringLiteral("help")}, QStringLiteral("this text"), {}},
        {{QStringLiteral("v"), QStringLiteral("version")}, QStringLiteral("version of the program"), {}},
    };
}

std::string shown(const QString& text) {
    return elide(escapeForLine(text.toStdString()), 60, true);
}

Error badValue(const char* name, const QString& text, std::string why, std::string hint) {
    return makeError(ErrorCode::kUsage, "USAGE-VALUE", std::string("bad value for --") + name, shown(text), std::move(why), std::move(hint));
}

template <typename E>
Result<void> readWord(const QCommandLineParser& parser, const char* name, const std::vector<std::pair<const char*, E>>& words, E& target) {
    const QString option = QString::fromLatin1(name);
    if (!parser.isSet(option)) {
        return {};
    }
    std::string all;
    for (const auto& [word, value] : words) {
        if (parser.value(option) == QLatin1String(word)) {
            target = value;
            return {};
        }
        all += (all.empty() ? "" : ", ") + std::string(word);
    }
    return badValue(name, parser.value(option), "not one of its words", "use one of: " + all);
}

/// Every overlay of the menu.
Result<void> readOverlay(const QCommandLineParser& parser, OverlayKind& overlay) {
    std::vector<std::string> words;
    std::vector<std::pair<const char*, OverlayKind>> known;
    words.reserve(kOverlayKinds.size());
    for (const OverlayKind kind : kOverlayKinds) {
        words.push_back(wordOf(kind).toStdString());
        known.emplace_back(words.back().c_str(), kind);
    }
    return readWord(parser, "overlay", known, overlay);
}

Result<void> readCount(const QCommandLineParser& parser, const char* name, std::int64_t low, std::int64_t high, std::int64_t& target) {
    const QString option = QString::fromLatin1(name);
    if (!parser.isSet(option)) {
        return {};
    }
    const auto value = parseInt(parser.value(option).toStdString(), low, high);
    if (!value) {
        return badValue(name, parser.value(option), "not a whole number from " + std::to_string(low) + " to " + std::to_string(high), {});
    }
    target = *value;
    return {};
}

Result<void> readDevice(const QCommandLineParser& parser, LoadOptions& load) {
    const std::string text = parser.value(QStringLiteral("device")).toStdString();
    if (text.empty() || text == "auto" || text == "cpu") {
        load.device = text == "cpu" ? DeviceChoice::kCpu : DeviceChoice::kAuto;
        return {};
    }
    const auto index = text == "cuda" ? std::optional<std::int64_t>(0) : text.rfind("cuda:", 0) == 0 ? parseInt(std::string_view(text).substr(5), 0, 1023) : std::nullopt;
    if (!index) {
        return makeError(ErrorCode::kDevice, "DEVICE-UNKNOWN", "no such device", elide(escapeForLine(text), 60, true), {}, "use --device auto, cpu, cuda or cuda:N");
    }
    load.device = DeviceChoice::kCuda;
    load.cudaIndex = static_cast<int>(*index);
    return {};
}

Result<void> readSize(const QCommandLineParser& parser, QSize& size) {
    if (!parser.isSet(QStringLiteral("size"))) {
        return {};
    }
    const QString text = parser.value(QStringLiteral("size"));
    const QStringList parts = text.split(QLatin1Char('x'));
    constexpr std::int64_t kLeast = 320;
    constexpr std::int64_t kMost = 16'384;
    const auto width = parts.size() == 2 ? parseInt(parts[0].toStdString(), kLeast, kMost) : std::nullopt;
    const auto height = parts.size() == 2 ? parseInt(parts[1].toStdString(), kLeast, kMost) : std::nullopt;
    if (!width || !height) {
        return badValue("size", text, "not WIDTHxHEIGHT, each from 320 to 16384", "write it as 1400x900");
    }
    size = QSize(static_cast<int>(*width), static_cast<int>(*height));
    return {};
}

Result<void> readNumbers(const QCommandLineParser& parser, WindowArguments& out) {
    if (parser.isSet(QStringLiteral("timeout"))) {
        const auto seconds = parseDouble(parser.value(QStringLiteral("timeout")).toStdString());
        if (!seconds || *seconds <= 0) {
            return badValue("timeout", parser.value(QStringLiteral("timeout")), "not a number of seconds above 0", {});
        }
        out.timeoutSeconds = *seconds;
    }
    if (parser.isSet(QStringLiteral("scale"))) {
        const auto scale = parseDouble(parser.value(QStringLiteral("scale")).toStdString());
        constexpr double kLeast = 0.5;
        constexpr double kMost = 4.0;
        if (!scale || *scale < kLeast || *scale > kMost) {
            return badValue("scale", parser.value(QStringLiteral("scale")), "not a number from 0.5 to 4", {});
        }
        out.scale = parser.value(QStringLiteral("scale"));
    }
    std::int64_t threads = 0;
    constexpr std::int64_t kMostThreads = 1024;
    if (auto set = readCount(parser, "threads", 1, kMostThreads, threads); !set) {
        return set;
    }
    out.load.threads = static_cast<int>(threads);
    constexpr std::int64_t kMostTokens = 1 << 20;
    return readCount(parser, "max-new-tokens", 1, kMostTokens, out.maxNewTokens);
}

Result<void> readWords(const QCommandLineParser& parser, WindowArguments& out) {
    const Result<void> steps[] = {
        readWord<Theme>(parser, "theme", {{"system", Theme::kSystem}, {"light", Theme::kLight}, {"dark", Theme::kDark}}, out.theme),
        readOverlay(parser, out.overlay),
        readWord<ColourMap>(parser, "colour-map",
                            {{"viridis", ColourMap::kViridis}, {"cividis", ColourMap::kCividis}, {"magma", ColourMap::kMagma}, {"turbo", ColourMap::kTurbo}}, out.colourMap),
        readWord<DtypeChoice>(parser, "dtype",
                              {{"auto", DtypeChoice::kAuto}, {"float32", DtypeChoice::kFloat32}, {"bfloat16", DtypeChoice::kBFloat16}, {"float16", DtypeChoice::kFloat16}}, out.load.dtype),
        readWord<ResizeMode>(parser, "resize", {{"pil13", ResizeMode::kPillow13}, {"pil12", ResizeMode::kPillow12}, {"torch16", ResizeMode::kTorch16}}, out.resize),
        readWord<LlamaPrefix>(parser, "llama-prefix",
                              {{"file", LlamaPrefix::kFile}, {"first", LlamaPrefix::kFirst}, {"always", LlamaPrefix::kAlways}, {"never", LlamaPrefix::kNever}}, out.prefix)};
    for (const Result<void>& step : steps) {
        if (!step) {
            return step;
        }
    }
    return {};
}

Result<void> readPrune(const QCommandLineParser& parser, PruneOptions& prune) {
    if (parser.isSet(QStringLiteral("keep")) && parser.isSet(QStringLiteral("keep-ratio"))) {
        return makeError(ErrorCode::kUsage, "USAGE-CONFLICT", "options contradict each other", "--keep, --keep-ratio", "both set the budget", "give one of them");
    }
    for (const std::string& name : pruneOptionNames()) {
        const QString option = QString::fromStdString(name);
        if (parser.isSet(option)) {
            if (auto set = setPruneOption(prune, name, parser.value(option).toStdString()); !set) {
                return set;
            }
        }
    }
    return validateOptions(prune);
}

Error parseError(const QCommandLineParser& parser) {
    const QStringList unknown = parser.unknownOptionNames();
    if (unknown.isEmpty()) {
        return makeError(ErrorCode::kUsage, "USAGE-ARGS", "cannot read the command line", {}, shown(parser.errorText()), "see prunescope --help");
    }
    std::vector<std::string> known = pruneOptionNames();
    for (const OptionText& option : windowOptions()) {
        known.push_back(option.names.last().toStdString());
    }
    const auto near = nearestName(unknown.first().toStdString(), known);
    return makeError(ErrorCode::kUsage, "USAGE-OPTION", "unknown option", "--" + shown(unknown.first()), {}, near ? "did you mean --" + *near + "?" : "see prunescope --help");
}

QString helpText(const std::vector<OptionText>& options) {
    QString text = QStringLiteral("Usage: prunescope [IMAGE] [-q QUESTION] [options]\n\nShows which visual tokens a pruning method keeps on a LLaVA model, and why.\n\nOptions:\n");
    constexpr int kColumn = 30;
    for (const OptionText& option : options) {
        QStringList names;
        for (const QString& name : option.names) {
            names << (name.size() == 1 ? QStringLiteral("-") : QStringLiteral("--")) + name;
        }
        text += (QStringLiteral("  ") + names.join(QStringLiteral(", ")) + QLatin1Char(' ') + option.value).leftJustified(kColumn) + QLatin1Char(' ') + option.help + QLatin1Char('\n');
    }
    text += QStringLiteral("\nPruning options, as prunescope-cli run --help explains them:\n ");
    for (const std::string& name : pruneOptionNames()) {
        text += QStringLiteral(" --") + QString::fromStdString(name);
    }
    return text + QLatin1Char('\n');
}

}  // namespace

Result<WindowArguments> readCommandLine(const QStringList& arguments, const QString& version) {
    QCommandLineParser parser;
    parser.setSingleDashWordOptionMode(QCommandLineParser::ParseAsLongOptions);
    const std::vector<OptionText> options = windowOptions();
    for (const OptionText& option : options) {
        parser.addOption(QCommandLineOption(option.names, option.help, option.value));
    }
    for (const std::string& name : pruneOptionNames()) {
        parser.addOption(QCommandLineOption(QString::fromStdString(name), QString(), QStringLiteral("VALUE")));
    }
    if (!parser.parse(arguments)) {
        return parseError(parser);
    }
    WindowArguments out;
    if (parser.isSet(QStringLiteral("help")) || parser.isSet(QStringLiteral("version"))) {
        out.textOnly = parser.isSet(QStringLiteral("help")) ? helpText(options) : QStringLiteral("prunescope %1\n").arg(version);
        return out;
    }
    const QStringList positional = parser.positionalArguments();
    if (positional.size() > 1) {
        return makeError(ErrorCode::kUsage, "USAGE-ARGS", "unexpected argument", shown(positional[1]), "one image at most", "see prunescope --help");
    }
    out.image = positional.value(0);
    out.question = parser.value(QStringLiteral("question"));
    out.model = parser.value(QStringLiteral("model"));
    out.screenshot = parser.value(QStringLiteral("screenshot"));
    out.printAnswer = parser.isSet(QStringLiteral("print-answer"));
    out.whole = parser.isSet(QStringLiteral("whole-image"));
    out.run = parser.isSet(QStringLiteral("run")) || parser.isSet(QStringLiteral("screenshot"));
    if (parser.isSet(QStringLiteral("screenshot")) && out.screenshot.isEmpty()) {
        return badValue("screenshot", out.screenshot, "no file name", "give a file to write");
    }
    const Result<void> steps[] = {readPrune(parser, out.prune), readDevice(parser, out.load), readSize(parser, out.size), readNumbers(parser, out), readWords(parser, out)};
    for (const Result<void>& step : steps) {
        if (!step) {
            return step.error();
        }
    }
    return out;
}

}  // namespace prunescope
