// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Turning the knobs in notches, from keys and wheels. While notches follow each other the session counts as interacting: value ranges stay
// locked and undo steps merge.

#include "ui/viewmodel/session_model.h"

#include <QObject>
#include <QTimer>

class QMenu;
class QWidget;

namespace prunescope {

class CommandRegistry;

class Scrubber : public QObject {
    Q_OBJECT

public:
    explicit Scrubber(SessionModel& session, QObject* parent = nullptr);
    /// One turn of a knob (`turned` in ui/viewmodel/knobs.h); nothing happens when the method ignores it or its end is reached.
    void turn(const QString& option, int notches, bool fine);

private:
    SessionModel& m_session;
    QTimer m_rest;
};

/// Commands that turn the knobs, with keys for the time that `canvas` has the focus: `[ ]` tau, `{ }` gamma, `, .` p, `- =` budget; Alt: fine.
void addScrubCommands(CommandRegistry& commands, QMenu* menu, SessionModel& session, Scrubber& scrubber, QWidget* canvas);

}  // namespace prunescope
