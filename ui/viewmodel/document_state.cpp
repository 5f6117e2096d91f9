// SPDX-License-Identifier: GPL-3.0-or-later

// Values, steps and their merging.

#include "ui/viewmodel/document_state.h"

#include <QCryptographicHash>
#include <QJsonDocument>
#include <QUndoCommand>

#include <algorithm>
#include <utility>

namespace prunescope {

/// One value before and after. The control has moved already when the step is made.
class StateCommand : public QUndoCommand {
public:
    StateCommand(DocumentState& state, const StateItem& item, QJsonValue before, QJsonValue after)
        : QUndoCommand(DocumentState::tr("change of %1").arg(item.title)), m_state(state), m_key(item.key), m_before(std::move(before)), m_after(std::move(after)) {
        m_clock.start();
    }

    [[nodiscard]] int id() const override { return 2; }

    bool mergeWith(const QUndoCommand* other) override {
        const auto* next = dynamic_cast<const StateCommand*>(other);
        constexpr qint64 kMergeMs = 100;
        if (next == nullptr || next->m_key != m_key) {
            return false;
        }
        const DocumentState::Known* known = m_state.find(m_key);
        const bool held = known != nullptr && known->item.held && known->item.held();
        if (!held && m_clock.elapsed() >= kMergeMs) {
            return false;
        }
        m_after = next->m_after;
        m_clock.restart();
        setObsolete(m_after == m_before);
        return true;
    }

    void undo() override { m_state.apply(m_key, m_before); }
    void redo() override {
        if (std::exchange(m_done, true)) {
            m_state.apply(m_key, m_after);
        }
    }

private:
    DocumentState& m_state;
    QString m_key;
    QJsonValue m_before, m_after;
    QElapsedTimer m_clock;
    bool m_done = false;
};

DocumentState::Quiet::Quiet(DocumentState& state) : m_state(state) {
    if (m_state.m_quiet == 0) {
        for (std::size_t i = 0; i < m_state.m_items.size(); ++i) {
            m_state.changed(m_state.m_items[i].item.key);   // what the user did just before is a step
        }
    }
    ++m_state.m_quiet;
}

DocumentState::Quiet::~Quiet() {
    if (--m_state.m_quiet == 0) {
        m_state.absorb();
    }
}

DocumentState::DocumentState(QUndoStack& undo, QObject* parent) : QObject(parent), m_undo(undo) {}

void DocumentState::add(StateItem item) {
    Q_ASSERT(find(item.key) == nullptr);
    const QJsonValue value = item.read();
    m_items.push_back(Known{std::move(item), value});
}

DocumentState::Known* DocumentState::find(const QString& key) {
    const auto found = std::find_if(m_items.begin(), m_items.end(), [&](const Known& known) { return known.item.key == key; });
    return found == m_items.end() ? nullptr : &*found;
}

void DocumentState::changed(const QString& key) {
    Known* known = m_quiet > 0 ? nullptr : find(key);
    if (known == nullptr) {
        return;
    }
    const QJsonValue now = known->item.read();
    if (now == known->last) {
        return;
    }
    const QJsonValue before = std::exchange(known->last, now);
    if (!known->item.title.isEmpty()) {
        m_undo.push(new StateCommand(*this, known->item, before, now));
    }
    Q_EMIT modified();
}

void DocumentState::absorb() {
    bool different = false;
    for (Known& known : m_items) {
        const QJsonValue now = known.item.read();
        different = different || now != known.last;
        known.last = now;
    }
    if (different) {
        Q_EMIT modified();
    }
}

void DocumentState::apply(const QString& key, const QJsonValue& value) {
    if (Known* known = find(key)) {
        ++m_quiet;   // not a Quiet: nothing may be pushed while the stack moves
        known->item.write(value);
        --m_quiet;
        absorb();
    }
}

QJsonObject DocumentState::values() const {
    QJsonObject all = m_foreign;
    for (const Known& known : m_items) {
        all.insert(known.item.key, known.item.read());
    }
    return all;
}

void DocumentState::restore(const QJsonObject& values) {
    {
        const Quiet quiet(*this);
        m_foreign = values;
        for (const Known& known : m_items) {
            m_foreign.remove(known.item.key);
            if (values.contains(known.item.key)) {
                known.item.write(values.value(known.item.key));
            }
        }
    }
    m_undo.clear();
}

QByteArray DocumentState::hash() const {
    return QCryptographicHash::hash(QJsonDocument(values()).toJson(QJsonDocument::Compact), QCryptographicHash::Sha256).toHex();
}

}  // namespace prunescope
