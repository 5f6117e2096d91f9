// SPDX-License-Identifier: GPL-3.0-or-later
// Reasons and survival as JSON.
#include "core/run/report.h"

#include <cmath>
#include <utility>

namespace prunescope {
namespace {

Json numberOrNull(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json partnersJson(const std::vector<Partner>& partners) {
    Json list = Json::array();
    for (const Partner& partner : partners) {
        list.push_back({{"token", partner.token}, {"similarity", partner.similarity}, {"opposite", partner.opposite}, {"edge", partner.edge}, {"kept", partner.kept}});
    }
    return list;
}

template <typename Range>
Json rangesJson(const std::vector<Range>& ranges) {
    Json list = Json::array();
    for (const Range& range : ranges) {
        list.push_back({range.from, range.to});
    }
    return list;
}

}  // namespace

Json reasonsJson(const TokenReasons& reasons) {
    const TokenTrace& trace = reasons.trace;
    Json json;
    json["index"] = trace.index;
    json["kept"] = trace.kept;
    json["reason"] = nameOf(trace.reason);
    json["block"] = {{"tokens", reasons.blockSize}, {"budget", reasons.budget}};
    if (reasons.hasGraph) {
        json["graph"] = {{"tau", numberOrNull(reasons.tau)}, {"gamma", reasons.gamma}, {"degree", trace.degree}, {"opposite", reasons.oppositeSize},
                         {"mean_similarity", numberOrNull(trace.meanSimilarity)}, {"score", numberOrNull(trace.gspScore)}, {"rank", trace.gspRank},
                         {"discarded", reasons.discarded}, {"cut_passed", numberOrNull(reasons.cutPassed)}, {"cut_discarded", numberOrNull(reasons.cutDiscarded)},
                         {"partners", partnersJson(reasons.partners)}};
    }
    json["nearest"] = partnersJson(reasons.nearest);
    if (reasons.hasRelevance) {
        json["relevance"] = {{"raw", numberOrNull(trace.relevanceRaw)}, {"value", numberOrNull(trace.relevance)}, {"low", reasons.relevanceLow}, {"high", reasons.relevanceHigh}};
    }
    if (reasons.hasOrder) {
        Json shares = Json::array();
        for (const ExplainedShare& share : reasons.shares) {
            shares.push_back({{"token", share.token}, {"rank", share.rank}, {"share", share.share}, {"kept", share.kept}});
        }
        json["order"] = {{"rank", trace.dppRank < 0 ? Json(nullptr) : Json(trace.dppRank)}, {"gain", numberOrNull(trace.dppGain)}, {"picks_seen", reasons.picksSeen},
                         {"weight", reasons.weight}, {"explained", reasons.explained}, {"remaining", reasons.remaining}, {"shares", std::move(shares)}};
    }
    json["flips"] = Json::array();
    for (const Counterfactual& flip : reasons.flips) {
        json["flips"].push_back({{"knob", nameOf(flip.knob)}, {"value", flip.value}, {"from", flip.from}, {"to", flip.to}, {"kept", flip.keptThen}});
    }
    return json;
}

Json survivalJson(const BudgetSurvival& budgets, const TauSurvival& taus) {
    Json json;
    Json& budget = json["budget"];
    budget = {{"first", budgets.firstBudget}, {"last", budgets.lastBudget}, {"nested", budgets.nested}};
    budget["enters"] = Json::array();
    for (const std::int32_t enters : budgets.entersAt) {
        budget["enters"].push_back(enters == BudgetSurvival::kNever ? Json(nullptr) : Json(enters));
    }
    if (!budgets.nested) {
        budget["ranges"] = Json::array();
        for (const std::vector<BudgetRange>& ranges : budgets.ranges) {
            budget["ranges"].push_back(rangesJson(ranges));
        }
    }
    Json& tau = json["tau"];
    tau = {{"used", taus.usesTau}, {"step", taus.step}};
    for (const auto& [name, lists] : {std::pair("kept", &taus.kept), std::pair("redundant", &taus.redundant)}) {
        tau[name] = Json::array();
        for (const std::vector<TauRange>& ranges : *lists) {
            tau[name].push_back(rangesJson(ranges));
        }
    }
    return json;
}

}  // namespace prunescope
