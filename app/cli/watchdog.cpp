// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting for signals and the clock.
#include "app/cli/watchdog.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

namespace prunescope::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kGrace = std::chrono::seconds(5);   // for the work to end after it was asked to
constexpr int kWakeUp = SIGUSR2;

sigset_t watchedSignals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, kWakeUp}) {
        sigaddset(&set, number);
    }
    return set;
}

timespec until(Clock::time_point when) {
    const auto left = std::clamp<std::chrono::nanoseconds>(when - Clock::now(), std::chrono::nanoseconds(0), std::chrono::hours(24));
    return {static_cast<time_t>(left.count() / 1'000'000'000), static_cast<long>(left.count() % 1'000'000'000)};
}

}  // namespace

Watchdog::Watchdog() {
    const sigset_t set = watchedSignals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Watchdog::~Watchdog() {
    if (m_thread.joinable()) {
        m_thread.request_stop();
        pthread_kill(m_thread.native_handle(), kWakeUp);
    }
}

int Watchdog::exitCode() const {
    if (m_signal.load() != 0) {
        return 128 + m_signal.load();
    }
    return m_timedOut.load() ? 124 : 0;
}

void Watchdog::start(double timeoutSeconds, std::function<void()> lastWords) {
    if (timeoutSeconds > 0) {
        // A century is as good as for ever and does not overflow the clock.
        m_deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::min(timeoutSeconds, 3.2e9)));
    }
    m_lastWords = std::move(lastWords);
    m_thread = std::jthread([this](std::stop_token quit) { wait(quit); });
}

void Watchdog::wait(std::stop_token quit) {
    const sigset_t set = watchedSignals();
    while (!quit.stop_requested()) {
        const timespec left = until(m_deadline);
        const int number = sigtimedwait(&set, nullptr, &left);
        if (quit.stop_requested()) {
            return;
        }
        const bool expired = number < 0 && errno == EAGAIN && Clock::now() >= m_deadline;
        if (number == SIGINT || number == SIGTERM || number == SIGHUP) {
            if (m_signal.load() != 0) {
                ::_exit(128 + number);   // asked twice: no more patience
            }
            m_signal = number;
        } else if (!expired) {
            continue;
        } else if (m_stop.stop_requested()) {
            if (m_lastWords) {
                m_lastWords();
            }
            ::_exit(exitCode());
        } else {
            m_timedOut = true;
        }
        m_stop.request_stop();
        m_deadline = Clock::now() + kGrace;
    }
}

}  // namespace prunescope::cli
