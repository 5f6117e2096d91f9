// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Rotary position tables: default, linear, llama3 and dynamic frequencies in float32, as transformers computes them. (models.md 3.1, 4.6)

#include "core/checkpoint/checkpoint.h"

#include <cstdint>
#include <vector>

namespace prunescope::engine {

class Rope {
public:
    Rope(const RopeConfig& config, int headDim, int maxPosition);

    /// Cosine and sine of positions, each [positions, headDim / 2]. `longest` = largest position of the sequence so far + 1 (dynamic type).
    void tables(const std::vector<std::int64_t>& positions, std::int64_t longest, std::vector<float>& cosine, std::vector<float>& sine) const;
    /// Does the table of a position depend on how long the sequence is?
    [[nodiscard]] bool dependsOnLength() const { return m_config.type == "dynamic"; }

private:
    [[nodiscard]] std::vector<float> frequencies(double theta) const;
    RopeConfig m_config;
    int m_headDim = 0;
    int m_maxPosition = 0;
    std::vector<float> m_frequencies;
};

}  // namespace prunescope::engine
