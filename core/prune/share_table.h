// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The terms e^2 of Eq. 11 for one token and a given order of picks, in float64: which pick took how much of its d^2. The picks' own rows of
// the Cholesky factor are kept, so that another token costs k^2 / 2 multiply-adds.

#include "core/base/tensor.h"

#include <cstdint>
#include <vector>

namespace prunescope::detail {

class ShareTable {
public:
    /// The picks in order; what they share with the last ones from the start is kept. `similarity`: the same in all calls.
    void setPicks(MatrixView similarity, const std::vector<std::int32_t>& picks);
    /// e_t for t = 0 … count - 1: e_t = (S_jt,i - sum_{s<t} C_t,s e_s) / C_t,t.
    [[nodiscard]] std::vector<double> terms(MatrixView similarity, std::int64_t token, std::size_t count) const;
    void clear();

private:
    std::vector<std::int32_t> m_picks;
    std::vector<std::vector<double>> m_rows;   ///< row t of the factor: its terms for s < t, then d (infinite where d^2 is rounding noise)
};

}  // namespace prunescope::detail
