// SPDX-License-Identifier: GPL-3.0-or-later

// The list of actions and their keys.

#include "ui/widgets/command_registry.h"

#include "core/run/errors.h"

#include <QAction>
#include <QMenu>
#include <QSettings>
#include <QWidget>

#include <algorithm>
#include <utility>

namespace prunescope {

namespace {

/// "View › Theme" of the menu "&Theme" in the menu "&View".
QString placeOf(const QMenu* menu) {
    QStringList steps;
    for (const QObject* at = menu; at != nullptr; at = at->parent()) {
        if (const auto* each = qobject_cast<const QMenu*>(at)) {
            steps.prepend(plainText(each->title()));
        }
    }
    return steps.join(QStringLiteral(" › "));
}

bool scopesMeet(const QWidget* a, const QWidget* b) {
    return a == nullptr || b == nullptr || a == b || a->isAncestorOf(b) || b->isAncestorOf(a);
}

}  // namespace

QString plainText(const QString& menuText) {
    QString text;
    for (int i = 0; i < menuText.size(); ++i) {
        if (menuText[i] == QLatin1Char('(') && i + 3 < menuText.size() && menuText[i + 1] == QLatin1Char('&') && menuText[i + 3] == QLatin1Char(')')) {
            i += 3;   // "打开(&O)": the mnemonic of scripts without letters
        } else if (menuText[i] != QLatin1Char('&') || (i + 1 < menuText.size() && menuText[i + 1] == QLatin1Char('&'))) {
            text += menuText[i];
        }
    }
    while (text.endsWith(QChar(0x2026))) {
        text.chop(1);
    }
    return text;
}

QString keysText(const QList<QKeySequence>& keys) {
    QStringList words;
    for (const QKeySequence& key : keys) {
        words << key.toString(QKeySequence::NativeText);
    }
    return words.join(QStringLiteral(", "));
}

CommandRegistry::CommandRegistry(QObject* parent) : QObject(parent) {}

CommandRegistry::~CommandRegistry() = default;

QAction* CommandRegistry::take(QMenu* menu, QAction* action, Command command) {
    Q_ASSERT(find(command.id) == nullptr);
    action->setObjectName(command.id);
    action->setToolTip(command.tip);
    action->setStatusTip(command.tip);
    command.keys.removeAll(QKeySequence());   // standard keys that this platform does not have
    if (command.scope != nullptr) {
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        command.scope->addAction(action);
    }
    menu->addAction(action);
    m_entries.push_back(Entry{std::move(command), action, placeOf(menu)});
    Entry& made = m_entries.back();
    bind(made, made.command.keys);
    return action;
}

QAction* CommandRegistry::add(QMenu* menu, Command command) {
    auto* action = new QAction(command.text, this);
    if (command.checked) {
        action->setCheckable(true);
        action->setChecked(command.checked());
    }
    if (command.enabled) {
        action->setEnabled(command.enabled());
    }
    connect(action, &QAction::triggered, this, [this, run = command.run] {
        if (run) {
            run();
        }
        refresh();
    });
    return take(menu, action, std::move(command));
}

QAction* CommandRegistry::adopt(QMenu* menu, QAction* action, Command command) {
    command.enabled = {};
    command.checked = {};
    return take(menu, action, std::move(command));
}

void CommandRegistry::removeAll(const QString& prefix) {
    const auto gone = std::stable_partition(m_entries.begin(), m_entries.end(), [&](const Entry& entry) { return !entry.command.id.startsWith(prefix); });
    for (auto at = gone; at != m_entries.end(); ++at) {
        at->action->deleteLater();   // it may be the one that is running
        at->action->setShortcuts(QList<QKeySequence>());
        for (QObject* holder : at->action->associatedObjects()) {
            if (auto* widget = qobject_cast<QWidget*>(holder)) {
                widget->removeAction(at->action);
            }
        }
    }
    m_entries.erase(gone, m_entries.end());
}

const CommandRegistry::Entry* CommandRegistry::find(const QString& id) const {
    const auto found = std::find_if(m_entries.begin(), m_entries.end(), [&](const Entry& entry) { return entry.command.id == id; });
    return found == m_entries.end() ? nullptr : &*found;
}

CommandRegistry::Entry* CommandRegistry::entry(const QString& id) {
    const auto found = std::find_if(m_entries.begin(), m_entries.end(), [&](const Entry& each) { return each.command.id == id; });
    return found == m_entries.end() ? nullptr : &*found;
}

QAction* CommandRegistry::action(const QString& id) const {
    const Entry* found = find(id);
    return found != nullptr ? found->action : nullptr;
}

void CommandRegistry::refresh() {
    for (const Entry& each : m_entries) {
        if (each.command.enabled) {
            each.action->setEnabled(each.command.enabled());
        }
        if (each.command.checked) {
            each.action->setChecked(each.command.checked());
        }
    }
}

void CommandRegistry::bind(Entry& entry, const QList<QKeySequence>& keys) {
    entry.action->setShortcuts(keys);
    const QString shown = keysText(keys);
    entry.action->setToolTip(shown.isEmpty() ? entry.command.tip : QStringLiteral("%1 (%2)").arg(entry.command.tip, shown));
}

Result<void> CommandRegistry::setKeys(const QString& id, const QList<QKeySequence>& keys) {
    Entry* target = entry(id);
    if (target == nullptr) {
        return makeError(ErrorCode::kUsage, "KEYS-UNKNOWN", "cannot bind a key", id.toStdString(), "there is no such command", "see the list of commands");
    }
    for (const Entry& other : m_entries) {
        if (&other == target || !scopesMeet(other.command.scope, target->command.scope)) {
            continue;
        }
        for (const QKeySequence& key : keys) {
            for (const QKeySequence& taken : other.action->shortcuts()) {
                const bool clash = key.matches(taken) != QKeySequence::NoMatch || taken.matches(key) != QKeySequence::NoMatch;   // also as a first half
                if (clash && !key.isEmpty() && !taken.isEmpty()) {
                    return makeError(ErrorCode::kUsage, "KEYS-CONFLICT", tr("cannot bind %1").arg(key.toString(QKeySequence::NativeText)).toStdString(), {},
                                     tr("it belongs to \"%1\"").arg(plainText(other.action->text())).toStdString(), tr("choose another key, or free that one first").toStdString());
                }
            }
        }
    }
    bind(*target, keys);
    Q_EMIT keysChanged();
    return {};
}

bool CommandRegistry::hasDefaultKeys(const QString& id) const {
    const Entry* found = find(id);
    return found == nullptr || found->action->shortcuts() == found->command.keys;
}

void CommandRegistry::resetKeys(const QString& id) {
    if (Entry* found = entry(id)) {
        bind(*found, found->command.keys);
        Q_EMIT keysChanged();
    }
}

void CommandRegistry::resetAllKeys() {
    for (Entry& each : m_entries) {
        bind(each, each.command.keys);
    }
    Q_EMIT keysChanged();
}

void CommandRegistry::readKeys(QSettings& settings) {
    settings.beginGroup(QStringLiteral("keys"));
    const QStringList ids = settings.childKeys();
    for (const QString& id : ids) {   // first free all, so that two commands can have swapped their keys
        if (Entry* found = entry(id)) {
            bind(*found, {});
        }
    }
    for (const QString& id : ids) {
        QList<QKeySequence> keys;
        for (const QString& word : settings.value(id).toStringList()) {
            if (const QKeySequence key = QKeySequence::fromString(word, QKeySequence::PortableText); !key.isEmpty()) {
                keys << key;
            }
        }
        if (find(id) != nullptr && !setKeys(id, keys)) {
            resetKeys(id);
        }
    }
    settings.endGroup();
}

void CommandRegistry::writeKeys(QSettings& settings) const {
    settings.beginGroup(QStringLiteral("keys"));
    for (const Entry& each : m_entries) {
        if (hasDefaultKeys(each.command.id)) {
            settings.remove(each.command.id);
            continue;
        }
        QStringList words;
        for (const QKeySequence& key : each.action->shortcuts()) {
            words << key.toString(QKeySequence::PortableText);
        }
        settings.setValue(each.command.id, words);
    }
    settings.endGroup();
}

}  // namespace prunescope
