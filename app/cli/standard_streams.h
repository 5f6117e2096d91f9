// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// stdin, stdout and stderr as they may really be: closed, full, a pipe whose reader has gone. stdout carries results only.
// (reference/reliability.md C22, X09, R14)

#include "core/base/result.h"

#include <string_view>

namespace prunescope::cli {

/// Gives closed descriptors 0-2 a /dev/null, so that no file opened later lands there, and ignores SIGPIPE. Call first.
void guardStandardStreams();

enum class Written { kYes, kReaderGone, kFailed };
/// Writes everything to stdout. kReaderGone: the pipe is closed (`| head -1`), which ends the program quietly.
[[nodiscard]] Written writeStdout(std::string_view text);
/// Why the last writeStdout failed, as an Error (OUT-STDOUT, kNotWritten).
[[nodiscard]] Error stdoutError();
/// Writes to stderr; failure is ignored, there is nobody to tell.
void writeStderr(std::string_view text);

}  // namespace prunescope::cli
