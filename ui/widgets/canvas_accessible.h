// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The canvas for assistive technology: a table of tokens, rows and columns of the grid; each cell says its place, whether it was kept, and why.

class QAccessibleInterface;
class QObject;
class QString;

namespace prunescope {

/// Factory for QAccessible::installFactory: tables for CanvasWidget, nullptr for everything else.
[[nodiscard]] QAccessibleInterface* canvasAccessible(const QString& className, QObject* object);

}  // namespace prunescope
