// SPDX-License-Identifier: GPL-3.0-or-later
// prunescope-cli: every job without a window. One error line at most, documented exit codes, stdout for results only.
#include "app/cli/session.h"
#include "app/cli/standard_streams.h"
#include "core/run/errors.h"

#include <new>
#include <utility>

namespace prunescope::cli {
namespace {

int dispatch(Session& session) {
    using Verb = int (*)(Session&);
    static const std::map<std::string, Verb> verbs{{"run", runVerb},     {"prune", pruneVerb},   {"dump", dumpVerb},    {"eval", evalVerb},
                                                   {"bench", benchVerb}, {"trace save", traceVerb}, {"trace open", traceVerb}, {"trace diff", traceVerb}, {"models", modelsVerb}, {"doctor", doctorVerb}};
    return verbs.at(session.arguments().verb)(session);
}

int runProgram(int argc, const char* const* argv) {
    const bool jsonErrors = wantsJsonErrors(argc, argv);
    const auto failed = [&](const Error& error) {
        printError(error, jsonErrors, exitCodeOf(error.code));
        return exitCodeOf(error.code);
    };
    auto arguments = parseArguments(argc, argv);
    if (!arguments) {
        return failed(arguments.error());
    }
    if (!arguments->text.empty()) {
        return writeStdout(arguments->text) == Written::kFailed ? failed(stdoutError()) : 0;
    }
    auto options = readCommonOptions(*arguments);
    if (!options) {
        return failed(options.error());
    }
    Watchdog watchdog;
    const std::string timeout = arguments->value("timeout");
    const double seconds = options->timeoutSeconds;
    watchdog.start(seconds, [&watchdog, timeout, jsonErrors] {
        if (watchdog.timedOut()) {
            printError(makeError(ErrorCode::kTimeout, "TIMEOUT", "stopped", "--timeout " + timeout, "the time is over", "give more seconds"), jsonErrors, 124);
        }
    });
    Session session(std::move(*arguments), std::move(*options), jsonErrors, watchdog);
    const int code = dispatch(session);
    return watchdog.signal() != 0 ? watchdog.exitCode() : code;
}

}  // namespace
}  // namespace prunescope::cli

int main(int argc, char** argv) {
    using namespace prunescope;
    cli::guardStandardStreams();
    try {
        return cli::runProgram(argc, argv);
    } catch (const std::bad_alloc&) {
        const Error error = makeError(ErrorCode::kDevice, "MEM-HOST", "cannot go on", {}, "out of memory", "close other programs or use a smaller model");
        cli::printError(error, cli::wantsJsonErrors(argc, argv), exitCodeOf(error.code));
        return exitCodeOf(error.code);
    } catch (const std::exception&) {
        const Error error = makeError(ErrorCode::kInternal, "INTERNAL", "cannot go on", {}, "unexpected exception", "please report the command that shows this");
        cli::printError(error, cli::wantsJsonErrors(argc, argv), exitCodeOf(error.code));
        return exitCodeOf(error.code);
    }
}
