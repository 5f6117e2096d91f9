// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// One calm line about what went wrong and what to do; details on demand. Stays until dismissed or until the next request succeeds.

#include "core/base/result.h"

#include <QFrame>

class QLabel;
class QToolButton;

namespace prunescope {

class MessageBar : public QFrame {
    Q_OBJECT

public:
    explicit MessageBar(QWidget* parent = nullptr);
    void showError(const Error& error);
    void dismiss();
    [[nodiscard]] QString line() const;
    [[nodiscard]] QString details() const;

private:
    QLabel* m_line = nullptr;
    QLabel* m_details = nullptr;
    QToolButton* m_more = nullptr;
};

}  // namespace prunescope
