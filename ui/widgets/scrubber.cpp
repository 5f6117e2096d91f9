// SPDX-License-Identifier: GPL-3.0-or-later

// Notches and their commands.

#include "ui/widgets/scrubber.h"

#include "ui/viewmodel/knobs.h"
#include "ui/viewmodel/option_text.h"
#include "ui/viewmodel/parameter_info.h"
#include "ui/widgets/command_registry.h"

#include <QMenu>

#include <array>

namespace prunescope {

namespace {

constexpr int kRestMs = 150;

struct ScrubKeys {
    const char* option;
    Qt::Key down, up;
};

constexpr std::array<ScrubKeys, 4> kKeys{{{"tau", Qt::Key_BracketLeft, Qt::Key_BracketRight},
                                          {"gamma", Qt::Key_BraceLeft, Qt::Key_BraceRight},
                                          {"gsp-ratio", Qt::Key_Comma, Qt::Key_Period},
                                          {"keep", Qt::Key_Minus, Qt::Key_Equal}}};

QString textOf(const QString& knob, bool up, bool fine) {
    return (up ? (fine ? Scrubber::tr("%1 up, fine") : Scrubber::tr("%1 up")) : (fine ? Scrubber::tr("%1 down, fine") : Scrubber::tr("%1 down"))).arg(knob);
}

}  // namespace

Scrubber::Scrubber(SessionModel& session, QObject* parent) : QObject(parent), m_session(session) {
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, [this] { m_session.setInteracting(false); });
}

void Scrubber::turn(const QString& option, int notches, bool fine) {
    const PruneOptions next = turned(m_session.options(), option, notches, fine, {m_session.effectiveKeep(), m_session.tokenCount()});
    if (!sameOptions(next, m_session.options())) {
        m_session.setInteracting(true);
        m_rest.start();
        m_session.setOptions(next, option);
    }
}

void addScrubCommands(CommandRegistry& commands, QMenu* menu, SessionModel& session, Scrubber& scrubber, QWidget* canvas) {
    for (const ScrubKeys& keys : kKeys) {
        const QString option = QString::fromLatin1(keys.option);
        const ParameterInfo* info = parameterInfo(option);
        if (info == nullptr) {
            continue;
        }
        QMenu* steps = menu->addMenu(info->label);
        const auto used = [&session, option] { return methodUses(QString::fromStdString(session.options().method), option); };
        for (const bool fine : {false, true}) {
            for (const bool up : {true, false}) {
                const QKeyCombination key(fine ? Qt::AltModifier : Qt::NoModifier, up ? keys.up : keys.down);
                const QString id = QStringLiteral("prune.%1.%2%3").arg(option, up ? QStringLiteral("up") : QStringLiteral("down"), fine ? QStringLiteral("Fine") : QString());
                Command command{id, textOf(plainText(info->label), up, fine), Scrubber::tr("Step of %1").arg(fine ? info->step : info->coarse), {QKeySequence(key)}};
                command.run = [&scrubber, option, up, fine] { scrubber.turn(option, up ? 1 : -1, fine); };
                command.enabled = used;
                command.scope = canvas;
                commands.add(steps, std::move(command));
            }
        }
    }
}

}  // namespace prunescope
