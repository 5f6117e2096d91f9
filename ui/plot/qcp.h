// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The only door to QCustomPlot. Its header uses the bare words signals, slots and foreach, which QT_NO_KEYWORDS takes away; they are lent to
// it here and taken back. (reference/performance.md 1.5)

#include <QObject>

#pragma push_macro("signals")
#pragma push_macro("slots")
#pragma push_macro("foreach")
#define signals Q_SIGNALS
#define slots Q_SLOTS
#define foreach Q_FOREACH
#include <qcustomplot.h>
#pragma pop_macro("foreach")
#pragma pop_macro("slots")
#pragma pop_macro("signals")
