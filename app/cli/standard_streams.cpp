// SPDX-License-Identifier: GPL-3.0-or-later
// Standard streams.
#include "app/cli/standard_streams.h"

#include "core/run/errors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace prunescope::cli {
namespace {

int g_failure = 0;

bool writeAll(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::write(descriptor, text.data(), text.size());
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

}  // namespace

void guardStandardStreams() {
    for (int descriptor = 0; descriptor <= 2; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) {
            continue;
        }
        // stdout is opened for reading on purpose: a result that goes nowhere is a failure, not a success.
        const int opened = ::open("/dev/null", descriptor == 2 ? O_WRONLY : O_RDONLY);
        if (opened >= 0 && opened != descriptor) {
            ::dup2(opened, descriptor);
            ::close(opened);
        }
    }
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGUSR1, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);   // a file that may not grow is a failed write, not a death
}

Written writeStdout(std::string_view text) {
    if (writeAll(STDOUT_FILENO, text)) {
        return Written::kYes;
    }
    g_failure = errno;
    return g_failure == EPIPE ? Written::kReaderGone : Written::kFailed;
}

Error stdoutError() {
    return makeError(ErrorCode::kNotWritten, "OUT-STDOUT", "cannot write the result", "stdout", g_failure == EBADF ? "it is closed" : std::strerror(g_failure));
}

void writeStderr(std::string_view text) { (void)writeAll(STDERR_FILENO, text); }

}  // namespace prunescope::cli
