// SPDX-License-Identifier: GPL-3.0-or-later

// The session: checks the input, cuts it into blocks that compete (tiles or the whole image), deals out the budget, lets the method fill it
// and puts the decision together.

#include "core/prune/errors.h"
#include "core/prune/method.h"
#include "core/prune/session_state.h"
#include "core/prune/stage_clock.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <numeric>
#include <utility>

namespace prunescope {
namespace {

using detail::Block;
using detail::Cell;
using detail::pruneError;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

constexpr std::int64_t kDefaultKeep = 64;

Error shapeError(const std::string& where, const std::string& why) {
    return pruneError(ErrorCode::kBadInput, "PRUNE-SHAPE", "features do not fit together", where, why);
}

Error memoryError() {
    return pruneError(ErrorCode::kDevice, "MEM-HOST", "cannot decide which tokens to keep", "", "out of memory", "use fewer tokens or smaller tiles");
}

/// Two-dimensional, finite, `columns` wide (0: any).
Result<void> checkMatrix(const HostTensor& tensor, const std::string& name, std::int64_t rows, std::int64_t columns) {
    if (tensor.shape().empty() || tensor.shape().size() > 2) {
        return shapeError(name, "it has " + std::to_string(tensor.shape().size()) + " axes, 2 are needed");
    }
    const MatrixView view(tensor);
    if (view.rows == 0 || view.cols == 0) {
        return pruneError(ErrorCode::kNumeric, "NUM-EMPTY", "no features to prune", name, "it holds no values");
    }
    if (rows > 0 && view.rows != rows) {
        return shapeError(name, "it has " + std::to_string(view.rows) + " rows, " + std::to_string(rows) + " are needed");
    }
    if (columns > 0 && view.cols != columns) {
        return shapeError(name, "its rows have " + std::to_string(view.cols) + " numbers, " + std::to_string(columns) + " are needed");
    }
    return requireFinite(view, name);
}

Result<void> checkQuestion(const HostTensor& query, const HostTensor& segments, std::int64_t columns) {
    for (const auto& [tensor, name] : {std::pair<const HostTensor*, const char*>{&query, "query"}, {&segments, "query_segments"}}) {
        if (!tensor->empty() && tensor->count() > 0) {
            if (Result<void> checked = checkMatrix(*tensor, name, 0, columns); !checked) {
                return checked;
            }
        }
    }
    return {};
}

}  // namespace

namespace detail {

Deal dealBudget(const PruneOptions& options, bool keepsAll, std::int64_t n, std::int64_t blocks) {
    Deal deal;
    const std::int64_t size = n / blocks;
    const bool each = options.keepPerTile && options.scope == TileScope::kTile;
    const std::int64_t base = each ? size : n;
    std::int64_t wanted = std::min(kDefaultKeep, base);
    if (keepsAll) {
        wanted = base;
    } else if (options.keep) {
        wanted = *options.keep;
    } else if (options.keepRatio) {
        wanted = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::nearbyint(*options.keepRatio * static_cast<double>(base))));
    }
    wanted = std::min(wanted, base);
    for (std::int64_t b = 0; b < blocks; ++b) {
        deal.budget.push_back(each ? wanted : wanted / blocks + (b < wanted % blocks ? 1 : 0));
    }
    deal.total = wanted;
    return deal;
}

void resolveOptions(PruneOptions& options, const PruneInput& input) {
    if (options.relevanceSpace == RelevanceSpace::kAuto) {
        options.relevanceSpace = input.relevanceTokens.empty() ? RelevanceSpace::kLlm : RelevanceSpace::kClip;
    }
    if (options.relevanceSign == RelevanceSign::kAuto) {
        options.relevanceSign = input.autoSign < 0 ? RelevanceSign::kMinus : RelevanceSign::kPlus;
    }
    if (options.queryPooling == QueryPooling::kAuto) {
        options.queryPooling = options.relevanceSpace == RelevanceSpace::kClip ? QueryPooling::kEot : QueryPooling::kMean;
    }
    if (options.positions == PositionMode::kAuto) {
        options.positions = PositionMode::kCompact;
    }
}

Result<std::vector<std::uint8_t>> forcedMask(const std::vector<std::int64_t>& list, std::int64_t n, const std::string& option) {
    std::vector<std::uint8_t> mask(at(n), 0);
    for (const std::int64_t token : list) {
        if (token < 0 || token >= n) {
            return pruneError(ErrorCode::kUsage, "USAGE-FORCE", "no such token", option + " " + std::to_string(token),
                              "there are " + std::to_string(n) + " tokens, counted from 0");
        }
        mask[at(token)] = 1;
    }
    return mask;
}

Result<Prepared> prepare(const PruneInput& input, std::int64_t n, const PruneOptions& options) {
    if (Result<void> valid = validateOptions(options); !valid) {
        return valid.error();
    }
    if (n == 0) {
        return pruneError(ErrorCode::kInternal, "PRUNE-NO-INPUT", "nothing to decide", "", "setInput has not succeeded");
    }
    Result<std::vector<std::uint8_t>> keep = forcedMask(options.forceKeep, n, "--force-keep");
    if (!keep) {
        return keep.error();
    }
    Result<std::vector<std::uint8_t>> drop = forcedMask(options.forceDrop, n, "--force-drop");
    if (!drop) {
        return drop.error();
    }
    Prepared out{options, findMethod(options.method), {std::move(*keep), std::move(*drop)}};
    resolveOptions(out.options, input);
    return out;
}

}  // namespace detail

namespace {

/// Trace, order and kept tokens of one block go into the decision; `offset` is the block's first token.
void publish(const Block& block, const detail::Selection& selection, std::int64_t offset, PruneDecision& decision) {
    constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
    for (std::int64_t i = 0; i < block.size(); ++i) {
        TokenTrace& token = decision.tokens[at(offset + i)];
        token.index = static_cast<std::int32_t>(offset + i);
        token.row = block.cells()[at(i)].row;
        token.col = block.cells()[at(i)].col;
        token.kept = selection.isKept(i);
        token.reason = selection.reasonOf(i);
        token.degree = selection.gsp != nullptr ? selection.gsp->degree[at(i)] : -1;
        token.meanSimilarity = selection.gsp != nullptr ? selection.gsp->mean[at(i)] : kNone;
        token.gspScore = selection.gsp != nullptr ? selection.gsp->score[at(i)] : kNone;
        token.gspRank = selection.gsp != nullptr ? selection.gsp->rank[at(i)] : -1;
        token.relevanceRaw = selection.relevance != nullptr ? selection.relevance->raw[at(i)] : kNone;
        token.relevance = selection.relevance != nullptr ? selection.relevance->value[at(i)] : kNone;
        token.dppRank = -1;
        token.dppGain = kNone;
        if (token.kept) {
            decision.kept.push_back(offset + i);
        }
    }
    for (std::size_t rank = 0; rank < selection.order.size(); ++rank) {
        const std::int64_t token = offset + selection.order[rank];
        decision.tokens[at(token)].dppRank = static_cast<std::int32_t>(rank);
        decision.tokens[at(token)].dppGain = selection.gain[rank];
        decision.order.push_back(token);
        decision.gain.push_back(selection.gain[rank]);
    }
    for (const std::string& warning : selection.warnings()) {
        if (std::find(decision.warnings.begin(), decision.warnings.end(), warning) == decision.warnings.end()) {
            decision.warnings.push_back(warning);
        }
    }
}

/// Five tiles are a base view and a 2 x 2 split: the base first, then the rows of the split across its tiles. (methods.md 1.1)
std::vector<std::int64_t> emissionOrder(const PruneDecision& decision, const PruneInput& input, std::int64_t perTile) {
    std::vector<std::int64_t> order = decision.kept;
    if (input.tiles != 5) {
        return order;
    }
    const auto key = [&](std::int64_t token) {
        const std::int64_t tile = token / perTile;
        const TokenTrace& trace = decision.tokens[at(token)];
        if (tile == 0) {
            return token - 5 * perTile;
        }
        const std::int64_t row = (tile - 1) / 2 * input.gridRows + trace.row;
        return row * 2 * input.gridCols + (tile - 1) % 2 * input.gridCols + trace.col;
    };
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return key(a) < key(b); });
    return order;
}

}  // namespace

Result<detail::Selection> detail::decideBlock(Block& block, const PruningMethod& method, const PruneOptions& options, std::int64_t budget,
                                              const std::vector<std::uint8_t>& keep, const std::vector<std::uint8_t>& drop, PruneTimings& timings,
                                              const std::stop_token& stop) {
    const auto forced = std::count(keep.begin(), keep.end(), std::uint8_t{1});
    const auto available = block.size() - std::count(drop.begin(), drop.end(), std::uint8_t{1});
    if (forced > budget) {
        return pruneError(ErrorCode::kUsage, "USAGE-FORCE", "more tokens are kept by force than the budget allows", "--force-keep",
                          std::to_string(forced) + " forced, budget " + std::to_string(budget), "raise --keep");
    }
    detail::Selection selection(block.size(), budget, keep, drop);
    if (budget >= available) {   // nothing to decide, nothing is computed (methods.md 14.13)
        for (std::int64_t i = 0; i < block.size(); ++i) {
            selection.offer(i, Reason::kKept);
        }
        if (available < budget) {
            selection.warn("PRUNE-SHORT: forced drops leave " + std::to_string(available) + " tokens for a budget of " + std::to_string(budget));
        }
        if (block.size() == 1) {
            selection.warn("NUM-SINGLE: there is one token only; it is kept");
        }
        return selection;
    }
    if (Result<void> selected = method.select(block, options, selection, timings, stop); !selected) {
        return selected.error();
    }
    return selection;
}

std::vector<Cell> PruneSession::State::cellsOf(std::int64_t first, std::int64_t count) const {
    std::vector<Cell> cells(at(count));
    for (std::int64_t i = 0; i < count; ++i) {
        Cell& cell = cells[at(i)];
        cell.tile = static_cast<std::int32_t>((first + i) / perTile);
        const std::int64_t place = (first + i) % perTile - (classToken ? 1 : 0);
        if (place >= 0 && input.gridCols > 0) {
            cell.row = static_cast<std::int32_t>(place / input.gridCols);
            cell.col = static_cast<std::int32_t>(place % input.gridCols);
        }
    }
    return cells;
}

std::vector<Block>& PruneSession::State::blocks(TileScope scope) {
    const bool whole = scope == TileScope::kImage && input.tiles > 1;
    std::vector<Block>& made = whole ? imageBlock : tileBlocks;
    if (made.empty()) {
        const MatrixView tokens(input.tokens);
        const MatrixView relevance(relevanceTokens());
        const std::int64_t count = whole ? 1 : input.tiles;
        const std::int64_t size = n / count;
        for (std::int64_t b = 0; b < count; ++b) {
            made.emplace_back(ops, MatrixView(tokens.row(b * size), size, tokens.cols), MatrixView(relevance.row(b * size), size, relevance.cols),
                              cellsOf(b * size, size), input.autoSign);
            made.back().setQuery(input.query, input.querySegments);
        }
    }
    return made;
}

void PruneSession::State::forget() {
    tileBlocks.clear();
    imageBlock.clear();
    input = {};
    n = 0;
    forgetAnalyses();
}

void PruneSession::State::forgetAnalyses() {
    budgetSurvival.reset();
    tauSurvival.reset();
    shares.clear();
}

PruneSession::PruneSession(std::shared_ptr<const CoreOps> ops) : m_state(std::make_unique<State>()) { m_state->ops = ops ? std::move(ops) : workingOps(); }
PruneSession::~PruneSession() = default;
PruneSession::PruneSession(PruneSession&&) noexcept = default;
PruneSession& PruneSession::operator=(PruneSession&&) noexcept = default;

Result<void> PruneSession::setInput(PruneInput input, std::stop_token stop) {
    m_state->forget();
    if (input.tokens.empty()) {
        return pruneError(ErrorCode::kNumeric, "NUM-EMPTY", "no features to prune", "tokens", "there are none");
    }
    if (Result<void> checked = checkMatrix(input.tokens, "tokens", 0, 0); !checked) {
        return checked;
    }
    const std::int64_t n = MatrixView(input.tokens).rows;
    if (!input.relevanceTokens.empty()) {
        if (Result<void> checked = checkMatrix(input.relevanceTokens, "relevance_tokens", n, 0); !checked) {
            return checked;
        }
    }
    const std::int64_t columns = MatrixView(input.relevanceTokens.empty() ? input.tokens : input.relevanceTokens).cols;
    if (Result<void> checked = checkQuestion(input.query, input.querySegments, columns); !checked) {
        return checked;
    }
    if (input.tiles < 1 || n % input.tiles != 0) {
        return shapeError("tiles", std::to_string(n) + " tokens do not make " + std::to_string(input.tiles) + " tiles of one size");
    }
    if (input.gridRows < 0 || input.gridCols < 0) {
        return shapeError("grid", "its sides are negative");
    }
    const std::int64_t perTile = n / input.tiles;
    const std::int64_t cells = static_cast<std::int64_t>(input.gridRows) * input.gridCols;
    if (cells > 0 && perTile != cells && perTile != cells + 1) {
        return shapeError("grid", std::to_string(input.gridRows) + "x" + std::to_string(input.gridCols) + " does not hold " + std::to_string(perTile) +
                                      " tokens");
    }
    if (Result<void> going = detail::checkStop(stop); !going) {
        return going;
    }
    m_state->n = n;
    m_state->perTile = perTile;
    m_state->classToken = cells > 0 && perTile == cells + 1;
    m_state->lastScope = TileScope::kTile;
    m_state->input = std::move(input);
    return {};
}

Result<void> PruneSession::setQuery(HostTensor query, HostTensor querySegments) {
    if (m_state->n == 0) {
        return pruneError(ErrorCode::kInternal, "PRUNE-NO-INPUT", "no image to ask about", "", "setInput has not succeeded");
    }
    if (Result<void> checked = checkQuestion(query, querySegments, MatrixView(m_state->relevanceTokens()).cols); !checked) {
        return checked;
    }
    m_state->input.query = std::move(query);
    m_state->input.querySegments = std::move(querySegments);
    m_state->forgetAnalyses();
    for (std::vector<Block>* blocks : {&m_state->tileBlocks, &m_state->imageBlock}) {
        for (Block& block : *blocks) {
            block.setQuery(m_state->input.query, m_state->input.querySegments);
        }
    }
    return {};
}

Result<PruneDecision> PruneSession::decide(const PruneOptions& options, std::stop_token stop) {
    State& state = *m_state;
    const Result<detail::Prepared> prepared = detail::prepare(state.input, state.n, options);
    if (!prepared) {
        return prepared.error();
    }
    try {
        PruneDecision decision;
        double total = 0;
        {
            const detail::StageClock clock(total);
            const detail::PruningMethod& method = *prepared->method;
            decision.options = prepared->options;
            decision.n = state.n;
            decision.tokens.resize(at(state.n));
            state.lastScope = options.scope;
            std::vector<Block>& blocks = state.blocks(options.scope);
            const std::int64_t count = static_cast<std::int64_t>(blocks.size());
            const detail::Deal deal = detail::dealBudget(options, method.keepsAll(), state.n, count);
            decision.options.keep = deal.total;
            decision.resolvedTau = options.tau.isQuantile ? std::numeric_limits<double>::quiet_NaN() : options.tau.value;
            for (std::int64_t b = 0; b < count; ++b) {
                const std::int64_t first = b * blocks[at(b)].size();
                const detail::Forced forced = prepared->forced.part(first, blocks[at(b)].size());
                if (Result<void> going = detail::checkStop(stop); !going) {
                    return going.error();
                }
                Result<detail::Selection> selection =
                    detail::decideBlock(blocks[at(b)], method, decision.options, deal.budget[at(b)], forced.keep, forced.drop, decision.timings, stop);
                if (!selection) {
                    return selection.error();
                }
                if (selection->gsp != nullptr && std::isnan(decision.resolvedTau)) {
                    decision.resolvedTau = selection->gsp->tau;
                }
                publish(blocks[at(b)], *selection, first, decision);
            }
            decision.emitted = emissionOrder(decision, state.input, state.perTile);
        }
        decision.timings.totalMs = total;
        return decision;
    } catch (const std::bad_alloc&) {
        return memoryError();
    }
}

const PruneInput& PruneSession::input() const { return m_state->input; }

Result<HostTensor> PruneSession::similarity() {
    State& state = *m_state;
    if (state.n == 0) {
        return pruneError(ErrorCode::kInternal, "PRUNE-NO-INPUT", "no similarity to show", "", "setInput has not succeeded");
    }
    try {
        PruneTimings timings;
        std::vector<Block>& blocks = state.blocks(state.lastScope);
        if (blocks.size() == 1) {
            return blocks.front().similarity(timings);
        }
        HostTensor whole({state.n, state.n});
        const std::int64_t size = blocks.front().size();
        for (std::int64_t b = 0; b < static_cast<std::int64_t>(blocks.size()); ++b) {
            Result<HostTensor> part = blocks[at(b)].similarity(timings);
            if (!part) {
                return part;
            }
            for (std::int64_t i = 0; i < size; ++i) {
                std::copy_n(part->data() + i * size, size, whole.mutableData() + (b * size + i) * state.n + b * size);
            }
        }
        return whole;
    } catch (const std::bad_alloc&) {
        return memoryError();
    }
}

}  // namespace prunescope
