// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Sequential colour maps for heat overlays: viridis (default), cividis (safe for colour-blind eyes), magma, turbo. Diverging: puor, for
// differences about 0. jet: only to match published figures ("paper style"); it is not even in lightness. (reference/ux.md 5.1)

#include <QRgb>
#include <QString>

#include <array>
#include <optional>

namespace prunescope {

enum class ColourMap { kViridis, kCividis, kMagma, kTurbo, kPuOr, kJet };
/// Those of the menu.
inline constexpr std::array<ColourMap, 4> kColourMaps{ColourMap::kViridis, ColourMap::kCividis, ColourMap::kMagma, ColourMap::kTurbo};

/// Colour of t in [0, 1] (clamped; mid grey when not a number). Opaque.
[[nodiscard]] QRgb colourAt(ColourMap map, double t);
[[nodiscard]] QString nameOf(ColourMap map);
[[nodiscard]] std::optional<ColourMap> colourMapFromName(const QString& name);

}  // namespace prunescope
