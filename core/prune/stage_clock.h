// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Adds the wall time of a scope to a stage.

#include <chrono>

namespace prunescope::detail {

class StageClock {
public:
    explicit StageClock(double& totalMs) : m_total(totalMs), m_start(std::chrono::steady_clock::now()) {}
    ~StageClock() { m_total += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - m_start).count(); }
    StageClock(const StageClock&) = delete;
    StageClock& operator=(const StageClock&) = delete;

private:
    double& m_total;
    std::chrono::steady_clock::time_point m_start;
};

}  // namespace prunescope::detail
