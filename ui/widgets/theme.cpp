// SPDX-License-Identifier: GPL-3.0-or-later

// The two palettes.

#include "ui/widgets/theme.h"

#include <QApplication>
#include <QGuiApplication>
#include <QPalette>
#include <QStyleFactory>
#include <QStyleHints>
#include <QWidget>

namespace prunescope {

namespace {

struct Colours {
    QColor window, base, raised, text, muted, border, accent, accentText, warning, canvas;
};

const Colours& coloursOf(bool dark) {
    static const Colours kLight{QColor(0xf3, 0xf4, 0xf6), QColor(0xff, 0xff, 0xff), QColor(0xfa, 0xfb, 0xfc), QColor(0x1b, 0x20, 0x27),
                                QColor(0x57, 0x61, 0x70), QColor(0xd3, 0xd8, 0xdf), QColor(0x1d, 0x5f, 0xae), QColor(0xff, 0xff, 0xff),
                                QColor(0x8a, 0x4b, 0x00), QColor(0xe6, 0xe8, 0xec)};
    static const Colours kDark{QColor(0x26, 0x2a, 0x30), QColor(0x16, 0x18, 0x1c), QColor(0x38, 0x3e, 0x48), QColor(0xe7, 0xe9, 0xed),
                               QColor(0xa8, 0xb1, 0xbe), QColor(0x48, 0x4f, 0x5b), QColor(0x6c, 0xad, 0xf2), QColor(0x10, 0x14, 0x1a),
                               QColor(0xf0, 0xb4, 0x5c), QColor(0x14, 0x16, 0x19)};
    return dark ? kDark : kLight;
}

bool& darkNow() {
    static bool value = false;
    return value;
}

QPalette paletteOf(const Colours& c) {
    QPalette palette;
    palette.setColor(QPalette::Window, c.window);
    palette.setColor(QPalette::WindowText, c.text);
    palette.setColor(QPalette::Base, c.base);
    palette.setColor(QPalette::AlternateBase, c.raised);
    palette.setColor(QPalette::Text, c.text);
    palette.setColor(QPalette::PlaceholderText, c.muted);
    palette.setColor(QPalette::Button, c.raised);
    palette.setColor(QPalette::ButtonText, c.text);
    palette.setColor(QPalette::BrightText, c.warning);
    palette.setColor(QPalette::ToolTipBase, c.base);
    palette.setColor(QPalette::ToolTipText, c.text);
    palette.setColor(QPalette::Highlight, c.accent);
    palette.setColor(QPalette::HighlightedText, c.accentText);
    palette.setColor(QPalette::Link, c.accent);
    palette.setColor(QPalette::Light, c.raised);
    palette.setColor(QPalette::Midlight, c.border);
    palette.setColor(QPalette::Mid, c.border);
    palette.setColor(QPalette::Dark, c.muted);
    palette.setColor(QPalette::Shadow, QColor(0, 0, 0));
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        QColor faint = c.text;
        faint.setAlphaF(0.45F);
        palette.setColor(QPalette::Disabled, role, faint);
    }
    return palette;
}

QString styleSheetOf(const Colours& c) {
    return QStringLiteral(
               "QToolTip { color: %1; background: %2; border: 1px solid %3; padding: 4px; }"
               "QMainWindow::separator { background: %4; width: 5px; height: 5px; }"
               "QMainWindow::separator:hover { background: %3; }"
               "QDockWidget { titlebar-close-icon: none; titlebar-normal-icon: none; }"
               "QDockWidget::title { text-align: left; padding: 4px 8px; background: %4; border-bottom: 1px solid %3; }"
               "QStatusBar::item { border: none; }"
               "#card { background: %2; border: 1px solid %3; border-radius: 4px; }"
               "#card[stale=\"true\"] { border: 1px dashed %5; }"
               "#cardText { background: transparent; border: none; }"
               "QCheckBox::indicator { width: 12px; height: 12px; border: 1px solid %5; border-radius: 2px; background: %2; }"
               "QCheckBox::indicator:checked { background: %7; border: 1px solid %1; }"
               "QCheckBox::indicator:focus { border-color: %7; }"
               "#muted { color: %5; }"
               "#badge { color: %4; background: %6; border-radius: 3px; padding: 0px 5px; font-weight: bold; }"
               "#messageBar { background: %2; border: 1px solid %6; border-left: 4px solid %6; border-radius: 3px; }"
               "#flat { border: 1px solid transparent; border-radius: 3px; padding: 2px; }"
               "#flat:hover { background: %3; }"
               "#flat:focus { border: 1px solid %7; }")
        .arg(c.text.name(), c.base.name(), c.border.name(), c.window.name(), c.muted.name(), c.warning.name(), c.accent.name());
}

}  // namespace

QString wordOf(Theme theme) {
    switch (theme) {
    case Theme::kSystem: return QStringLiteral("system");
    case Theme::kLight: return QStringLiteral("light");
    case Theme::kDark: return QStringLiteral("dark");
    }
    return {};
}

std::optional<Theme> themeFromWord(const QString& word) {
    for (const Theme theme : {Theme::kSystem, Theme::kLight, Theme::kDark}) {
        if (wordOf(theme) == word) {
            return theme;
        }
    }
    return std::nullopt;
}

bool systemIsDark() {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    return QGuiApplication::styleHints()->colorScheme() == Qt::ColorScheme::Dark;
#else
    constexpr int kMiddle = 128;
    static const bool kDark = QGuiApplication::palette().color(QPalette::Window).lightness() < kMiddle;
    return kDark;
#endif
}

void applyTheme(QApplication& application, Theme theme) {
    const bool dark = theme == Theme::kDark || (theme == Theme::kSystem && systemIsDark());
    darkNow() = dark;
    static bool styled = false;
    if (!styled) {
        QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
        styled = true;
    }
    QApplication::setPalette(paletteOf(coloursOf(dark)));
    application.setStyleSheet(styleSheetOf(coloursOf(dark)));
}

bool themeIsDark() {
    return darkNow();
}

FigureStyle figureStyle(const QWidget& widget) {
    const Colours& c = coloursOf(darkNow());
    FigureStyle style;
    style.background = c.canvas;
    style.text = c.text;
    style.muted = c.muted;
    style.frame = c.border;
    style.accent = c.accent;
    style.font = widget.font();
    style.dark = darkNow();
    return style;
}

QColor mutedText() {
    return coloursOf(darkNow()).muted;
}

QColor prunedColour() {
    return coloursOf(darkNow()).accent;
}

QColor unprunedColour() {
    return darkNow() ? QColor(0x78, 0x82, 0x91) : QColor(0xb4, 0xbc, 0xc7);
}

}  // namespace prunescope
