// SPDX-License-Identifier: GPL-3.0-or-later
// The ways out of a verb, and what verbs with a model share.
#include "app/cli/session.h"

#include "app/cli/standard_streams.h"
#include "core/base/numbers.h"
#include "core/base/utf8.h"
#include "core/engine/engine.h"
#include "core/run/errors.h"
#include "core/run/stage_clock.h"
#include "core/text/prompt.h"

#include <csignal>
#include <utility>

namespace prunescope::cli {
namespace {

constexpr const char* kProgram = "prunescope-cli";

const char* signalName(int number) {
    switch (number) {
        case SIGINT: return "SIGINT";
        case SIGTERM: return "SIGTERM";
        case SIGHUP: return "SIGHUP";
        default: return "signal";
    }
}

std::string lineOf(const char* level, const char* id, const std::string& text) {
    return elide(std::string(kProgram) + ": " + level + "[" + id + "]: " + escapeForLine(text), 239, false) + "\n";
}

}  // namespace

void printError(const Error& error, bool asJson, int exitCode) {
    if (!asJson) {
        writeStderr(formatErrorLine(kProgram, error) + "\n");
        return;
    }
    const Json json{{"level", "error"}, {"id", error.id}, {"code", exitCode}, {"what", error.what}, {"where", error.where}, {"why", error.why}, {"hint", error.hint}};
    writeStderr(dumpJson(json) + "\n");
}

Session::Session(Arguments arguments, CommonOptions options, bool jsonErrors, Watchdog& watchdog)
    : m_arguments(std::move(arguments)), m_options(std::move(options)), m_jsonErrors(jsonErrors), m_watchdog(watchdog) {
    for (const std::string& text : m_options.notes) {
        note(text);
    }
}

int Session::fail(const Error& error) {
    if (error.code != ErrorCode::kCancelled) {
        printError(error, m_jsonErrors, exitCodeOf(error.code));
        return exitCodeOf(error.code);
    }
    const int code = m_watchdog.exitCode();
    if (m_watchdog.signal() != 0) {
        printError(makeError(ErrorCode::kCancelled, "SIGNAL", "stopped", signalName(m_watchdog.signal()), error.what), m_jsonErrors, code);
    } else if (m_watchdog.timedOut()) {
        printError(makeError(ErrorCode::kTimeout, "TIMEOUT", "stopped", "--timeout " + m_arguments.value("timeout"), "the time is over", "give more seconds"), m_jsonErrors, code);
    }
    return code;   // neither: the reader of stdout has gone, which is nobody's fault
}

void Session::warn(const std::string& text) {
    writeStderr(lineOf("warning", "RUN", text));
}

void Session::note(const std::string& text) {
    if (!quiet()) {
        writeStderr(lineOf("note", "RUN", text));
    }
}

int Session::print(std::string_view text) {
    switch (writeStdout(text)) {
        case Written::kYes: return 0;
        case Written::kReaderGone: m_watchdog.requestStop(); return 0;
        case Written::kFailed: break;
    }
    return fail(stdoutError());
}

Result<std::filesystem::path> Session::modelFolder() const {
    return m_options.model ? Result<std::filesystem::path>(*m_options.model) : bundledModelFolder();
}

Result<std::unique_ptr<Pipeline>> Session::openPipeline() {
    const auto folder = modelFolder();
    if (!folder) {
        return folder.error();
    }
    m_openedFolder = folder->string();
    configureEngineThreads(m_options.load.threads);
    auto pipeline = Pipeline::open(*folder, loadLanguageModel, m_options.load, m_options.resize, m_options.prefix, {}, stop());
    if (pipeline) {
        (*pipeline)->setLimits(m_options.limits);
    }
    return pipeline;
}

Result<RunRequest> Session::readRequest() const {
    if (m_arguments.has("frames")) {
        return makeError(ErrorCode::kUsage, "USAGE-NOT-BUILT", "video is not built yet", "--frames", "no family of this version takes video", "give --image FILE");
    }
    if (!m_arguments.has("image")) {
        return makeError(ErrorCode::kUsage, "USAGE-IMAGE", "no image", {}, {}, "give --image FILE");
    }
    const bool question = m_arguments.has("question");
    const bool prompt = m_arguments.has("prompt");
    if (question == prompt) {
        return makeError(ErrorCode::kUsage, question ? "USAGE-CONFLICT" : "U-QUERY", question ? "options contradict each other" : "no question",
                         question ? "--question, --prompt" : "", {}, question ? "give one of them" : "give --question TEXT or --prompt TEXT");
    }
    RunRequest request;
    request.imagePath = m_arguments.value("image");
    request.question = m_arguments.value("question");
    if (prompt) {
        request.rawPrompt = m_arguments.value("prompt");
    }
    if (const auto fine = checkQuestion(prompt ? *request.rawPrompt : request.question, static_cast<std::size_t>(m_options.limits.questionBytes)); !fine) {
        return fine.error();
    }
    const auto newTokens = readCount(m_arguments, "max-new-tokens", 64, 1, 1'000'000);
    if (!newTokens) {
        return newTokens.error();
    }
    request.maxNewTokens = *newTokens;
    request.prune = m_options.prune;
    request.withDiagnostics = false;
    return request;
}

Result<void> Session::decodeFirst(RunRequest& request) const {
    StageClock clock;
    auto decoded = readImage(request.imagePath, m_options.limits.image);
    if (!decoded) {
        return decoded.error();
    }
    request.image = std::make_shared<const DecodedImage>(std::move(*decoded));
    clock.lap(request.decodedMs);
    return {};
}

Result<std::unique_ptr<Pipeline>> Session::openFor(RunRequest& request) {
    if (const auto decoded = decodeFirst(request); !decoded) {
        return decoded.error();
    }
    auto pipeline = openPipeline();
    if (!pipeline) {
        return pipeline;
    }
    if (const auto fits = checkAgainst(request.prune, (*pipeline)->checkpoint().config.tokensPerImage()); !fits) {
        return fits.error();
    }
    return pipeline;
}

Result<void> Session::sparesImage(const std::filesystem::path& out, const RunRequest& request) const {
    std::error_code failed;
    if (std::filesystem::equivalent(out, request.imagePath, failed)) {
        return makeError(ErrorCode::kUsage, "USAGE-SAME", "output is an input", out.string(), "the image would be overwritten", "give another --out");
    }
    return {};
}

Result<void> Session::checkAgainst(PruneOptions& prune, std::int64_t n, int tiles) const {
    const std::int64_t most = prune.keepPerTile ? n / tiles : n;
    if (prune.keep && *prune.keep > most && prune.method != "none") {
        if (m_arguments.flags.count("clamp") == 0) {
            return makeError(ErrorCode::kUsage, "USAGE-RANGE", "bad value for --keep", m_arguments.value("keep"), "at most " + formatCount(most) + " tokens are there",
                             "give less, or --clamp");
        }
        prune.keep = most;
    }
    for (const auto& [name, list] : {std::pair("force-keep", &prune.forceKeep), std::pair("force-drop", &prune.forceDrop)}) {
        for (const std::int64_t id : *list) {
            if (id >= n) {
                return makeError(ErrorCode::kUsage, "USAGE-RANGE", std::string("bad value for --") + name, formatCount(id),
                                 "tokens have ids 0 to " + formatCount(n - 1));
            }
        }
    }
    return {};
}

}  // namespace prunescope::cli
