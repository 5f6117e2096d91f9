// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/image: the taps of one axis of a resize, and the filter that applies them along rows.

#include "core/image/image.h"

namespace prunescope {

/// Which input samples make each output of one axis, and with what integer weights.
struct Taps {
    int first = 0;                      ///< first output of the window
    std::vector<int> start, count;      ///< per output of the window
    std::vector<std::int32_t> weights;  ///< `stride` (even) an output, zero behind its count
    std::size_t stride = 0;
    int bits = 22;                      ///< fixed-point position of the weights
    [[nodiscard]] int inputBegin() const { return start.front(); }
    [[nodiscard]] int inputEnd() const { return start.back() + count.back(); }
};

/// Taps of outputs [first, first + count) of an axis from `in` to `out` samples.
[[nodiscard]] Taps makeTaps(int in, int out, int first, int count, ResizeMode mode);

/// Applies horizontal taps to rows of RGB pixels, four rows at a time: AVX2 where the machine has it, else plain code with the same result
/// (sums are int32, exact in any order).
class RowFilter {
public:
    /// `pixels`: length of the rows that will come; they begin at the taps' first input sample.
    RowFilter(const Taps& taps, std::size_t pixels);
    /// Takes a row (copied at once); its result appears at `out` by the next flush at the latest.
    void push(const std::uint8_t* row, std::uint8_t* out);
    void flush();

private:
    static constexpr std::size_t kRows = 4;
    std::size_t m_pixels, m_stride, m_pending = 0;
    int m_bits;
    std::vector<std::int32_t> m_weights;    ///< two taps to eight lanes: w0 w0 w0 w0 w1 w1 w1 w1
    std::vector<std::uint32_t> m_start, m_pairs;
    std::vector<std::uint8_t> m_rows;       ///< kRows rows of four bytes a pixel
    std::uint8_t* m_out[kRows] = {};
};

}  // namespace prunescope
