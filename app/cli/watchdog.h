// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Signals and --timeout as one stop token: a thread waits for SIGINT, SIGTERM, SIGHUP and the clock, asks the work to stop, and ends the
// process itself when the work does not come to an end (a second signal: at once). (reference/reliability.md R12-R14)

#include <atomic>
#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

namespace prunescope::cli {

class Watchdog {
public:
    /// Blocks the three signals in this thread and all that it starts. Call before any other thread exists.
    Watchdog();
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// Starts waiting. `timeoutSeconds` <= 0: no time-out. `lastWords` is called (on the waiting thread) before the process is ended by force.
    void start(double timeoutSeconds, std::function<void()> lastWords);
    [[nodiscard]] std::stop_token token() const { return m_stop.get_token(); }
    /// Asks the work to stop (the reader of stdout has gone).
    void requestStop() { m_stop.request_stop(); }
    /// Number of the signal that came, 0 without one.
    [[nodiscard]] int signal() const { return m_signal.load(); }
    [[nodiscard]] bool timedOut() const { return m_timedOut.load(); }
    /// Exit code that a signal or the time-out asks for, 0 for neither.
    [[nodiscard]] int exitCode() const;

private:
    void wait(std::stop_token quit);
    std::stop_source m_stop;
    std::atomic<int> m_signal{0};
    std::atomic<bool> m_timedOut{false};
    std::chrono::steady_clock::time_point m_deadline = std::chrono::steady_clock::time_point::max();
    std::function<void()> m_lastWords;
    std::jthread m_thread;
};

}  // namespace prunescope::cli
