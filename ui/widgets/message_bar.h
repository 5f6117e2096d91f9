// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// One calm line about what went wrong and what to do; details on demand. Stays until dismissed or until the next request succeeds.

#include "core/base/result.h"

#include <QFrame>

#include <functional>
#include <utility>
#include <vector>

class QHBoxLayout;
class QLabel;
class QToolButton;

namespace prunescope {

class MessageBar : public QFrame {
    Q_OBJECT

public:
    explicit MessageBar(QWidget* parent = nullptr);
    void showError(const Error& error);
    /// A line that is no error and waits for an answer: one button each. Stays until one of them is pressed or it is dismissed.
    void showNotice(const QString& line, const std::vector<std::pair<QString, std::function<void()>>>& answers);
    void dismiss();
    /// Takes an error away, not a notice.
    void clearError();
    [[nodiscard]] QString line() const;
    [[nodiscard]] QString details() const;

private:
    void dropAnswers();

    QHBoxLayout* m_row = nullptr;
    std::vector<QToolButton*> m_answers;
    bool m_notice = false;
    QLabel* m_line = nullptr;
    QLabel* m_details = nullptr;
    QToolButton* m_more = nullptr;
};

}  // namespace prunescope
