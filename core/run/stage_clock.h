// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Stage times that sum to the total by construction: every moment between two laps belongs to exactly one stage, the glue around a call
// to the stage that asked for it. What belongs to none (diagnostics, callbacks) is skipped and missing from the total too.

#include <chrono>

namespace prunescope {

class StageClock {
public:
    using Clock = std::chrono::steady_clock;

    /// Milliseconds since the last lap, added to `stage`.
    void lap(double& stage) {
        const double ms = take();
        stage += ms;
        m_total += ms;
    }
    /// The same, divided: `first` gets up to `firstMs` of it, `second` the rest.
    void lapSplit(double& first, double firstMs, double& second) {
        const double ms = take();
        const double part = firstMs < 0 ? 0 : (firstMs > ms ? ms : firstMs);
        first += part;
        second += ms - part;
        m_total += ms;
    }
    /// Time measured elsewhere, for `stage` and the total.
    void add(double& stage, double ms) {
        stage += ms;
        m_total += ms;
    }
    /// Forgets the time since the last lap.
    void skip() { take(); }
    [[nodiscard]] double totalMs() const { return m_total; }

private:
    double take() {
        const auto now = Clock::now();
        const double ms = std::chrono::duration<double, std::milli>(now - m_last).count();
        m_last = now;
        return ms;
    }
    Clock::time_point m_last = Clock::now();
    double m_total = 0;
};

}  // namespace prunescope
