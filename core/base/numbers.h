// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Numbers as text, always in the C locale and never through strtod or printf: what a file or an option says is read to the last character
// or not at all, and what is written reads back equal. (reference/reliability.md 0.12, 0.13, C03-C08)

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace prunescope {

/// Decimal integer in [min, max]: an optional '-', no '+', no leading zero (010 is not octal), no blanks, nothing behind it.
[[nodiscard]] std::optional<std::int64_t> parseInt(std::string_view text, std::int64_t min = INT64_MIN, std::int64_t max = INT64_MAX);
/// Finite decimal number ("0.5", "-1e-3", "3"); no hexadecimal, no nan or inf, no overflow or underflow, nothing behind it. -0 becomes 0.
[[nodiscard]] std::optional<double> parseDouble(std::string_view text);

/// Shortest text that reads back equal; "nan", "inf", "-inf" for the rest.
[[nodiscard]] std::string formatNumber(double value);
/// Fixed number of digits behind the point.
[[nodiscard]] std::string formatFixed(double value, int decimals);
/// 1234567 -> "1,234,567".
[[nodiscard]] std::string formatCount(std::int64_t value);
/// "812 B", "1.5 KiB", "13.0 GiB".
[[nodiscard]] std::string formatBytes(std::uint64_t bytes);

/// a * b, or nullopt when it does not fit (both must be >= 0).
[[nodiscard]] std::optional<std::int64_t> checkedMultiply(std::int64_t a, std::int64_t b);
/// a + b, or nullopt when it does not fit.
[[nodiscard]] std::optional<std::int64_t> checkedAdd(std::int64_t a, std::int64_t b);

}  // namespace prunescope
