// SPDX-License-Identifier: GPL-3.0-or-later
// `run`: one image and one question.
#include "app/cli/session.h"
#include "app/cli/standard_streams.h"
#include "core/engine/engine.h"
#include "core/run/errors.h"

namespace prunescope::cli {

int runVerb(Session& session) {
    auto request = session.readRequest();
    if (!request) {
        return session.fail(request.error());
    }
    const auto pipeline = session.openFor(*request);
    if (!pipeline) {
        return session.fail(pipeline.error());
    }
    const ModelFacts& facts = (*pipeline)->facts();
    RunCallbacks callbacks;
    int printed = 0;
    bool any = false;
    if (!session.json()) {
        callbacks.onText = [&](const std::string& piece) {
            if (printed == 0) {
                any = true;
                printed = session.print(piece);
                if (printed != 0) {
                    session.watchdog().requestStop();
                }
            }
        };
    }
    const auto ran = (*pipeline)->run(*request, callbacks, session.stop());
    if (printed != 0) {
        return printed;
    }
    if (!ran || (*ran)->finish == FinishReason::kCancelled) {
        if (any) {
            (void)session.print("\n");
        }
        return session.fail(ran ? cancelledError("the answer is not complete") : ran.error());
    }
    const RunResult& result = **ran;
    if (session.json()) {
        const EngineReport engine = engineReport();
        const ProgramFacts program{programVersion(), engine.torchVersion, engine.cudaVersion};
        return session.print(dumpJson(runJson(result, facts, program, session.openedFolder(), facts.loadMs)) + "\n");
    }
    if (const int code = session.print("\n"); code != 0) {
        return code;
    }
    for (const std::string& warning : result.warnings) {
        session.warn(warning);
    }
    if (!session.quiet()) {
        StageTimings timings = result.timings;
        timings.loadModelMs = facts.loadMs;
        writeStderr(stageTable(timings));
    }
    return 0;
}

}  // namespace prunescope::cli
