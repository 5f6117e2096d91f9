// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Everything about the view that undo and sessions know, as named values. A control registers how its value is read and written, once; a
// change becomes one undo step (changes of one control within 100 ms, or while it is held, are one step), and the same values are the
// session file. What a newer version wrote and this one does not know is kept as it is.

#include <QByteArray>
#include <QElapsedTimer>
#include <QJsonObject>
#include <QJsonValue>
#include <QObject>
#include <QString>
#include <QUndoStack>

#include <functional>
#include <vector>

namespace prunescope {

/// One value. `read` and `write` are each other's inverse.
struct StateItem {
    QString key;                        ///< name in the session file: "overlay.kind"
    QString title;                      ///< for "Undo change of …"; empty: sessions only, never a step of its own
    std::function<QJsonValue()> read;
    std::function<void(const QJsonValue&)> write;
    std::function<bool()> held = {};    ///< while true, changes merge (somebody types); empty: never
};

class DocumentState : public QObject {
    Q_OBJECT

public:
    explicit DocumentState(QUndoStack& undo, QObject* parent = nullptr);

    void add(StateItem item);
    /// A control has moved: one step when its value is not the one last known. Without a title: only `modified()`.
    void changed(const QString& key);
    /// The present values count as known: what the program itself changed is no step.
    void absorb();

    [[nodiscard]] QJsonObject values() const;
    /// Writes the known values; the unknown ones come back from `values()`. Clears the undo stack.
    void restore(const QJsonObject& values);
    /// SHA-256 of `values()` in their one canonical form.
    [[nodiscard]] QByteArray hash() const;
    /// Changes inside are absorbed: the program moves controls, not the user. Changes from before become steps first.
    class Quiet {
    public:
        explicit Quiet(DocumentState& state);
        ~Quiet();
        Quiet(const Quiet&) = delete;
        Quiet& operator=(const Quiet&) = delete;

    private:
        DocumentState& m_state;
    };

Q_SIGNALS:
    void modified();

private:
    friend class StateCommand;
    struct Known {
        StateItem item;
        QJsonValue last;
    };

    [[nodiscard]] Known* find(const QString& key);
    void apply(const QString& key, const QJsonValue& value);

    QUndoStack& m_undo;
    std::vector<Known> m_items;
    QJsonObject m_foreign;
    int m_quiet = 0;
};

}  // namespace prunescope
