// SPDX-License-Identifier: GPL-3.0-or-later

// Implementation of the number formats.

#include "ui/viewmodel/number_text.h"

#include <array>
#include <cmath>

namespace prunescope {

namespace {

QString significant(double value, int digits) {
    const double magnitude = std::abs(value);
    const int whole = magnitude < 1 ? 1 : static_cast<int>(std::floor(std::log10(magnitude))) + 1;
    return QString::number(value, 'f', std::max(0, digits - whole));
}

}  // namespace

QString durationText(double milliseconds) {
    if (!std::isfinite(milliseconds) || milliseconds < 0) {
        return QStringLiteral("n/a");
    }
    if (milliseconds >= 999.5) {
        return significant(milliseconds / 1000.0, 3) + QStringLiteral(" s");
    }
    return (milliseconds < 1 ? QString::number(milliseconds, 'f', 2) : significant(milliseconds, 3)) + QStringLiteral(" ms");
}

QString bytesText(std::int64_t bytes) {
    constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1000.0 && unit + 1 < kUnits.size()) {
        value /= 1024.0;
        ++unit;
    }
    return (unit == 0 ? QString::number(bytes) : significant(value, 3)) + QLatin1Char(' ') + QLatin1String(kUnits[unit]);
}

QString countText(std::int64_t count) {
    constexpr std::array<const char*, 6> kUnits{"", "k", "M", "G", "T", "P"};
    double value = static_cast<double>(count);
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < kUnits.size()) {
        value /= 1000.0;
        ++unit;
    }
    return unit == 0 ? QString::number(count) : significant(value, 3) + QLatin1Char(' ') + QLatin1String(kUnits[unit]);
}

QString scoreText(double value) {
    if (!std::isfinite(value)) {
        return std::isinf(value) ? QStringLiteral("infinite") : QStringLiteral("n/a");
    }
    const double magnitude = std::abs(value);
    if (magnitude == 0) {
        return QStringLiteral("0");
    }
    if ((magnitude < 1e-3 || magnitude >= 1e6)) {
        return QString::number(value, 'e', 2);
    }
    if (magnitude < 1) {
        return QString::number(value, 'f', magnitude < 0.1 ? 4 : 3);
    }
    return significant(value, magnitude < 10 ? 3 : 4);
}

QString percentText(double share) {
    return QString::number(share * 100.0, 'f', 1) + QStringLiteral(" %");
}

}  // namespace prunescope
