// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Light and dark scheme: one palette and a few rules of style each, after the system's choice unless the user says otherwise.

#include "ui/figure/canvas_painter.h"

#include <QString>

#include <optional>

class QApplication;
class QWidget;

namespace prunescope {

enum class Theme { kSystem, kLight, kDark };

[[nodiscard]] QString wordOf(Theme theme);   ///< "system", "light", "dark"
[[nodiscard]] std::optional<Theme> themeFromWord(const QString& word);

/// Remembers the system's palette (call once, before `applyTheme`) and says whether it is dark.
[[nodiscard]] bool systemIsDark();
/// Sets style, palette and style sheet of the program.
void applyTheme(QApplication& application, Theme theme);
[[nodiscard]] bool themeIsDark();
/// Colours for painters in the present scheme; `widget` gives the font.
[[nodiscard]] FigureStyle figureStyle(const QWidget& widget);
/// Colour of text that is about something else: units, captions. At least 4.5 : 1 on the window's ground.
[[nodiscard]] QColor mutedText();
/// Colours of the two runs in charts: pruned, unpruned. Different in lightness, not by hue alone.
[[nodiscard]] QColor prunedColour();
[[nodiscard]] QColor unprunedColour();

}  // namespace prunescope
