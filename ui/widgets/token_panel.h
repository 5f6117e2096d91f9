// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Inspector of one token: the one under the pointer, else the pinned one.

#include <QWidget>

#include <vector>

class QGridLayout;
class QLabel;

namespace prunescope {

struct TokenFact;

class TokenPanel : public QWidget {
    Q_OBJECT

public:
    explicit TokenPanel(QWidget* parent = nullptr);
    void showToken(const QString& title, const QString& verdict, const std::vector<TokenFact>& facts);
    void showNothing(const QString& hint);
    [[nodiscard]] QString verdict() const;

private:
    QLabel* m_title = nullptr;
    QLabel* m_verdict = nullptr;
    QGridLayout* m_grid = nullptr;
    std::vector<std::pair<QLabel*, QLabel*>> m_lines;
};

}  // namespace prunescope
