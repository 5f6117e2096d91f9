// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Languages of the window. Translations are built into the program (resources/translations); texts of the core (error lines) stay English,
// as the command line's do.

#include <QString>

#include <array>

namespace prunescope {

/// What the settings store and View › Language offers: "system", "en", "zh_CN".
inline constexpr std::array<const char*, 3> kLanguages{"system", "en", "zh_CN"};

/// Name of a language in itself: "English", "简体中文"; "System" for the system's.
[[nodiscard]] QString languageTitle(const QString& language);
/// Installs the translation for the rest of the program's life; call before any widget is made. Unknown words count as "system".
/// Returns the language that is spoken now: "en" or "zh_CN".
QString installLanguage(const QString& language);

}  // namespace prunescope
