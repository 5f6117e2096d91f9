// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A against B: A is a state pinned by the user (method, knobs, question, answer), B is the present one. What the comparison shows is made
// from core/prune/compare.h; nothing is counted here.

#include "core/prune/compare.h"
#include "ui/viewmodel/overlay_data.h"
#include "ui/viewmodel/session_model.h"

#include <QJsonObject>
#include <QObject>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace prunescope {

/// A state as it was when it was pinned. Immutable.
struct PinnedRun {
    std::shared_ptr<const RunResult> result;              ///< with the decision
    std::shared_ptr<const DecisionAnalysis> analysis;     ///< null when there was none of this decision
    QString label;                                        ///< "script, keep 64, tau 0.5, …"
    QString question, answer;
    bool answered = false;                                ///< `answer` belongs to this decision
};

enum class CompareView { kSides, kDifference, kWipe, kOnlyA, kOnlyB };

class CompareModel : public QObject {
    Q_OBJECT

public:
    explicit CompareModel(SessionModel& session, QObject* parent = nullptr);

    /// The present state as A; null when there is no decision, or it is stale.
    [[nodiscard]] std::shared_ptr<const PinnedRun> present() const;
    /// The one setter of A; null ends the comparison.
    void setA(std::shared_ptr<const PinnedRun> run);
    void setView(CompareView view);
    void setQuantity(ScoreQuantity quantity);
    void setNormalisation(Normalisation normalisation);
    /// Share of the grid's width, clamped to [0, 1].
    void setWipe(double share);
    /// Only A <-> only B; from other views to only A.
    void flicker();

    [[nodiscard]] std::shared_ptr<const PinnedRun> a() const { return m_a; }
    [[nodiscard]] CompareView view() const { return m_view; }
    [[nodiscard]] ScoreQuantity quantity() const { return m_quantity; }
    [[nodiscard]] Normalisation normalisation() const { return m_normalisation; }
    [[nodiscard]] double wipe() const { return m_wipe; }
    /// A and the present decision, token by token; nothing when there is no A or the images have different grids.
    [[nodiscard]] std::optional<DecisionComparison> comparison() const;

    /// A with its knobs, question and answer, and how it is compared, for undo and sessions.
    [[nodiscard]] QJsonObject json() const;
    /// The inverse. A state that was pinned in this window comes back as it was; one of a session is decided anew beside the present one.
    void restore(const QJsonObject& json);
    /// A of a session whose decision is not there yet.
    [[nodiscard]] bool waiting() const { return !m_wanted.isEmpty(); }

Q_SIGNALS:
    void changed();

private:
    void fetch();

    SessionModel& m_session;
    std::shared_ptr<const PinnedRun> m_a;
    QJsonObject m_wanted;                       ///< A that is to come
    QString m_wantedImage;                      ///< asked for on this image
    std::vector<std::shared_ptr<const PinnedRun>> m_known;   ///< pinned before, newest last
    CompareView m_view = CompareView::kSides;
    ScoreQuantity m_quantity = ScoreQuantity::kRelevance;
    Normalisation m_normalisation = Normalisation::kRaw;
    double m_wipe = 0.5;
};

/// Only A / both / only B / neither as an overlay (values are `Side`), with counts and IoU in the label.
[[nodiscard]] OverlayData sidesOverlay(const RunResult& b, const DecisionComparison& comparison);
/// Scores of B minus scores of A, diverging, centred at 0.
[[nodiscard]] OverlayData differenceOverlay(const RunResult& a, const RunResult& b, ScoreQuantity quantity, Normalisation normalisation);
/// The same overlay of both runs on one range, which says so. first: A.
[[nodiscard]] std::pair<OverlayData, OverlayData> sharedOverlays(const PinnedRun& a, const RunResult& b, const DecisionAnalysis* analysisOfB, OverlayKind kind, double threshold);
/// "Relevance", "GSP score", …
[[nodiscard]] QString titleOf(ScoreQuantity quantity);
[[nodiscard]] QString titleOf(Normalisation normalisation);

}  // namespace prunescope
