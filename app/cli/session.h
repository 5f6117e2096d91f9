// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// One run of the program: the options all verbs share, read strictly, and the ways out (results, errors, warnings, notes, exit codes).

#include "app/cli/arguments.h"
#include "app/cli/watchdog.h"
#include "core/run/pipeline.h"
#include "core/run/report.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace prunescope::cli {

/// Options of more than one verb, checked.
struct CommonOptions {
    std::optional<std::filesystem::path> model;
    LoadOptions load;
    ResizeMode resize = ResizeMode::kPillow13;
    LlamaPrefix prefix = LlamaPrefix::kFile;
    PipelineLimits limits;
    std::int64_t traceBytes = 2LL << 30;   ///< largest trace file that is opened
    PruneOptions prune;
    double timeoutSeconds = 0;
    std::vector<std::string> notes;
};
/// Errors: USAGE-* (kUsage), DEVICE-UNKNOWN (kDevice).
[[nodiscard]] Result<CommonOptions> readCommonOptions(const Arguments& arguments);

/// A whole number option in [low, high]. Errors: USAGE-NUMBER, USAGE-RANGE.
[[nodiscard]] Result<std::int64_t> readCount(const Arguments& arguments, const std::string& name, std::int64_t otherwise, std::int64_t low, std::int64_t high);

class Session {
public:
    Session(Arguments arguments, CommonOptions options, bool jsonErrors, Watchdog& watchdog);

    [[nodiscard]] const Arguments& arguments() const { return m_arguments; }
    [[nodiscard]] const CommonOptions& options() const { return m_options; }
    [[nodiscard]] CommonOptions& options() { return m_options; }
    [[nodiscard]] bool json() const { return m_arguments.flags.count("json") != 0; }
    [[nodiscard]] bool quiet() const { return m_arguments.flags.count("quiet") != 0; }
    [[nodiscard]] std::stop_token stop() const { return m_watchdog.token(); }
    [[nodiscard]] Watchdog& watchdog() { return m_watchdog; }

    /// Prints the one error line and returns its exit code; a cancelled job ends with the signal's or the time-out's code.
    int fail(const Error& error);
    void warn(const std::string& text);
    void note(const std::string& text);
    /// Writes a result to stdout. Returns 0, or the exit code when that failed (0 and silence when the reader has gone).
    int print(std::string_view text);

    /// Folder of --model or the bundled one.
    [[nodiscard]] Result<std::filesystem::path> modelFolder() const;
    /// Opens the model with the engine.
    [[nodiscard]] Result<std::unique_ptr<Pipeline>> openPipeline();
    [[nodiscard]] const std::string& openedFolder() const { return m_openedFolder; }
    /// Request of --image, --question, --prompt and the pruning options. Errors: USAGE-*.
    [[nodiscard]] Result<RunRequest> readRequest() const;
    /// The model for a request: its picture is decoded first (a missing one is found before a model of gigabytes is read), its pruning
    /// options are checked against the model's tokens.
    [[nodiscard]] Result<std::unique_ptr<Pipeline>> openFor(RunRequest& request);
    /// Whether `out` is another file than the request's picture. Errors: USAGE-SAME.
    [[nodiscard]] Result<void> sparesImage(const std::filesystem::path& out, const RunRequest& request) const;
    /// --keep and forced ids against `n` tokens in `tiles` tiles; with --clamp a larger --keep becomes n. Errors: USAGE-RANGE.
    [[nodiscard]] Result<void> checkAgainst(PruneOptions& prune, std::int64_t n, int tiles = 1) const;

private:
    [[nodiscard]] Result<void> decodeFirst(RunRequest& request) const;

    Arguments m_arguments;
    CommonOptions m_options;
    bool m_jsonErrors;
    Watchdog& m_watchdog;
    std::string m_openedFolder;
};

/// Prints an error line (text or JSON) on stderr.
void printError(const Error& error, bool asJson, int exitCode);

int runVerb(Session& session);
int pruneVerb(Session& session);
int dumpVerb(Session& session);
int evalVerb(Session& session);
int benchVerb(Session& session);
int traceVerb(Session& session);
int modelsVerb(Session& session);
int doctorVerb(Session& session);

}  // namespace prunescope::cli
