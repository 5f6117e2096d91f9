// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Inspector of one token: the one under the pointer, else the pinned one. Verdict and counterfactual on top, then every number that is known,
// aligned, in groups; it scrolls and never changes the window's size.

#include "ui/viewmodel/reason_text.h"

#include <QWidget>

#include <vector>

class QCheckBox;
class QLabel;
class QToolButton;

namespace prunescope {

class TokenPanel : public QWidget {
    Q_OBJECT

public:
    struct Content {
        QString title, verdict, flip;
        std::vector<ReasonGroup> groups;
        bool pinned = false;
    };

    explicit TokenPanel(QWidget* parent = nullptr);
    void show(const Content& content);
    void showNothing(const QString& hint);
    void setLinksShown(bool shown);
    [[nodiscard]] QString verdict() const;
    [[nodiscard]] QString flip() const;
    /// The numbers, one "name: value" a line.
    [[nodiscard]] QString details() const { return m_plain; }
    [[nodiscard]] QCheckBox* linksBox() const { return m_links; }

    using QWidget::show;

Q_SIGNALS:
    void linksToggled(bool shown);
    void unpinRequested();

private:
    QLabel* m_title = nullptr;
    QLabel* m_verdict = nullptr;
    QLabel* m_flip = nullptr;
    QLabel* m_details = nullptr;
    QCheckBox* m_links = nullptr;
    QToolButton* m_unpin = nullptr;
    QString m_plain;
};

}  // namespace prunescope
