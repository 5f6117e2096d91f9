// SPDX-License-Identifier: GPL-3.0-or-later

// The session looking for the budget at which the answer changes.

#include "core/run/sweep.h"
#include "ui/viewmodel/option_text.h"
#include "ui/viewmodel/session_model.h"

#include <utility>

namespace prunescope {

void SessionModel::findFlip() {
    if (!canAnswer() || !m_shown.decision || m_shown.question.isEmpty() || !m_pendingImage.isEmpty()) {
        return;
    }
    RunRequest request = requestFor(m_imagePath, m_shown.question);
    m_rest.stop();   // an answer that waits for rest would end the sweep
    m_answerDue = false;
    m_sweep.reset();
    m_sweepShare = 0;
    m_sweepQuestion = m_shown.question;
    m_sweepOptions = m_options;
    m_measuring = 0;   // the newest one wins
    m_sweepId = m_service.sweep(std::move(request));
    Q_EMIT measurementChanged();
    Q_EMIT sweepChanged();
    Q_EMIT activityChanged();
}

bool SessionModel::sweepStale() const {
    PruneOptions made = m_sweepOptions;
    made.keep = m_options.keep;
    made.keepRatio = m_options.keepRatio;
    return m_sweepQuestion != m_shown.question || !sameOptions(made, m_options);
}

void SessionModel::connectSweeps(ServiceEvents& events) {
    const std::shared_ptr<Gate> gate = m_gate;
    events.onSweep = [gate](std::uint64_t id, const std::shared_ptr<const BudgetSweep>& sweep, int done, int all) {
        post(gate, [id, sweep, share = static_cast<double>(done) / std::max(1, all)](SessionModel& self) { self.onSweep(id, sweep, share); });
    };
    events.onSweepError = [gate](std::uint64_t id, const Error& error) {
        post(gate, [id, error](SessionModel& self) { self.measuringEnded(id, self.m_sweepId, &SessionModel::sweepChanged, error); });
    };
    for (auto signal : {&SessionModel::optionsChanged, &SessionModel::questionChanged, &SessionModel::imageChanged}) {
        connect(this, signal, this, &SessionModel::sweepChanged);
    }
}

void SessionModel::onSweep(std::uint64_t id, const std::shared_ptr<const BudgetSweep>& sweep, double share) {
    if (id != m_sweepId || id == 0) {
        return;
    }
    m_sweep = sweep;
    m_sweepShare = share;
    if (sweep->complete) {
        m_sweepId = 0;
    }
    Q_EMIT sweepChanged();
    Q_EMIT activityChanged();
}

}  // namespace prunescope
