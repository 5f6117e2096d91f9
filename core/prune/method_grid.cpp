// SPDX-License-Identifier: GPL-3.0-or-later

// A uniform grid of tokens (methods.md 11): the most square gh x gw = m that fits, wide orientation, else the next larger grid with the
// surplus taken evenly out of its last row. Several tiles share the budget, the remainder going to the lowest ones.

#include "core/prune/errors.h"
#include "core/prune/method.h"

#include <algorithm>
#include <cmath>

namespace prunescope::detail {
namespace {

struct GridShape {
    std::int64_t rows = 0, cols = 0;
};

/// Most square factorisation of m with factors <= limits, rows <= cols preferred; {0, 0} when there is none.
GridShape factorised(std::int64_t m, std::int64_t rows, std::int64_t cols) {
    for (std::int64_t a = static_cast<std::int64_t>(std::sqrt(static_cast<double>(m))) + 1; a >= 1; --a) {
        if (m % a != 0 || a * a > m) {
            continue;
        }
        const std::int64_t b = m / a;
        if (a <= rows && b <= cols) {
            return {a, b};
        }
        if (b <= rows && a <= cols) {
            return {b, a};
        }
    }
    return {};
}

/// Place (a + 0.5) * whole / parts, rounded down.
std::int64_t place(std::int64_t a, std::int64_t parts, std::int64_t whole) { return (2 * a + 1) * whole / (2 * parts); }

/// m cells (row * cols + col) of a rows x cols grid, ascending.
std::vector<std::int64_t> gridCells(std::int64_t m, std::int64_t rows, std::int64_t cols) {
    GridShape shape = factorised(m, rows, cols);
    if (shape.rows == 0) {
        shape.rows = std::min(rows, std::max<std::int64_t>(1, static_cast<std::int64_t>(std::sqrt(static_cast<double>(m)))));
        shape.cols = (m + shape.rows - 1) / shape.rows;
        while (shape.cols > cols) {
            shape.rows += 1;
            shape.cols = (m + shape.rows - 1) / shape.rows;
        }
    }
    std::vector<std::int64_t> cells;
    std::int64_t left = m;
    for (std::int64_t a = 0; a < shape.rows; ++a) {
        // Full rows; what is left in the end is spread over the last row.
        const std::int64_t count = std::min(shape.cols, std::max<std::int64_t>(0, left));
        for (std::int64_t b = 0; b < count; ++b) {
            const std::int64_t column = count == shape.cols ? b : place(b, count, shape.cols);
            cells.push_back(place(a, shape.rows, rows) * cols + place(column, shape.cols, cols));
        }
        left -= count;
    }
    return cells;
}

class GridMethod final : public PruningMethod {
public:
    MethodInfo info() const override { return {"grid", "Uniform grid: evenly spaced tokens", false, false}; }

    Result<void> select(Block& block, const PruneOptions&, Selection& selection, PruneTimings&, const std::stop_token&) const override {
        const std::vector<Cell>& cells = block.cells();
        std::int64_t rows = 0;
        std::int64_t cols = 0;
        for (const Cell& cell : cells) {
            rows = std::max<std::int64_t>(rows, cell.row + 1);
            cols = std::max<std::int64_t>(cols, cell.col + 1);
        }
        if (rows == 0 || cols == 0) {
            return pruneError(ErrorCode::kBadInput, "PRUNE-GRID", "cannot place a uniform grid", "", "the token grid of these features is not known",
                              "write the grid into the file's metadata, e.g. 24x24");
        }
        const std::int64_t firstTile = cells.front().tile;
        const std::int64_t tiles = cells.back().tile - firstTile + 1;
        std::vector<std::uint8_t> wanted(static_cast<std::size_t>(tiles * rows * cols), 0);
        for (std::int64_t t = 0; t < tiles; ++t) {
            const std::int64_t share = selection.budget() / tiles + (t < selection.budget() % tiles ? 1 : 0);
            for (const std::int64_t cell : gridCells(std::min(share, rows * cols), rows, cols)) {
                wanted[static_cast<std::size_t>(t * rows * cols + cell)] = 1;
            }
        }
        std::vector<std::int64_t> others;
        for (std::int64_t i = 0; i < block.size(); ++i) {
            const Cell& cell = cells[static_cast<std::size_t>(i)];
            const bool chosen = cell.row >= 0 && wanted[static_cast<std::size_t>(((cell.tile - firstTile) * rows + cell.row) * cols + cell.col)] != 0;
            selection.explainDrop(i, Reason::kMethod);
            if (chosen) {
                selection.offer(i, Reason::kKept);
            } else {
                others.push_back(i);
            }
        }
        for (const std::int64_t i : others) {   // room left by forced drops
            selection.offer(i, Reason::kFill);
        }
        return {};
    }

    /// Another grid for each budget.
    Result<std::optional<std::vector<std::int32_t>>> budgetOrder(Block&, const PruneOptions&, const Forced&, std::int64_t, PruneTimings&,
                                                                 const std::stop_token&) const override {
        return std::optional<std::vector<std::int32_t>>();
    }
};

}  // namespace

std::unique_ptr<PruningMethod> makeGridMethod() { return std::make_unique<GridMethod>(); }

}  // namespace prunescope::detail
