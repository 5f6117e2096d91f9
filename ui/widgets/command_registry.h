// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Every action of the window, declared once: id, text, keys, tip, when it can be used, whether it is on. Menus, palette, cheat sheet and the
// key dialog read this list; nothing else makes a QAction with a key.

#include "core/base/result.h"

#include <QKeySequence>
#include <QList>
#include <QObject>
#include <QString>

#include <functional>
#include <vector>

class QAction;
class QMenu;
class QSettings;
class QWidget;

namespace prunescope {

/// Declaration of one action. `id` is stable ("view.overlay.gsp"): settings keep keys under it.
struct Command {
    QString id;
    QString text;                    ///< as in the menu, with mnemonic and "…" where a dialog follows
    QString tip;                     ///< one line: what it does
    QList<QKeySequence> keys = {};        ///< defaults; the first is shown
    std::function<void()> run = {};
    std::function<bool()> enabled = {};   ///< empty: always
    std::function<bool()> checked = {};   ///< set: the action can be ticked, and is when this is true
    QWidget* scope = nullptr;        ///< its keys work only with the focus in here; nullptr: in the whole window
};

class CommandRegistry : public QObject {
    Q_OBJECT

public:
    struct Entry {
        Command command;
        QAction* action = nullptr;
        QString place;               ///< menus that lead to it: "View › Theme"
    };

    explicit CommandRegistry(QObject* parent);
    ~CommandRegistry() override;

    /// Makes the action and puts it into `menu`. The id must be new.
    QAction* add(QMenu* menu, Command command);
    /// The same for an action that somebody else keeps up to date (undo, dock toggles): `run`, `enabled` and `checked` stay its own.
    QAction* adopt(QMenu* menu, QAction* action, Command command);
    /// Forgets the commands whose id starts with `prefix` and deletes their actions (lists that change: recent files).
    void removeAll(const QString& prefix);

    [[nodiscard]] const std::vector<Entry>& entries() const { return m_entries; }
    [[nodiscard]] const Entry* find(const QString& id) const;
    [[nodiscard]] QAction* action(const QString& id) const;
    /// Asks every `enabled` and `checked` again.
    void refresh();

    /// Binds keys to a command. Errors: KEYS-CONFLICT (kUsage; names the command that has the key already), KEYS-UNKNOWN (kUsage).
    [[nodiscard]] Result<void> setKeys(const QString& id, const QList<QKeySequence>& keys);
    [[nodiscard]] bool hasDefaultKeys(const QString& id) const;
    void resetKeys(const QString& id);
    void resetAllKeys();
    /// Keys that differ from the defaults, under "keys/ID". Unknown ids and clashing keys in the settings are passed over.
    void readKeys(QSettings& settings);
    void writeKeys(QSettings& settings) const;

Q_SIGNALS:
    void keysChanged();

private:
    [[nodiscard]] Entry* entry(const QString& id);
    void bind(Entry& entry, const QList<QKeySequence>& keys);
    QAction* take(QMenu* menu, QAction* action, Command command);

    std::vector<Entry> m_entries;
};

/// "&Open image…" without mnemonic and dots: "Open image".
[[nodiscard]] QString plainText(const QString& menuText);
/// Keys as the user reads them, "Ctrl+O, F3".
[[nodiscard]] QString keysText(const QList<QKeySequence>& keys);

}  // namespace prunescope
