// SPDX-License-Identifier: GPL-3.0-or-later
// Token <-> patch <-> pixel, LLaVA-1.5 with centre crop or padding (reference/models.md section 11).
#include "core/base/grid_map.h"

#include <algorithm>
#include <cmath>

namespace prunescope {
namespace {

RectF clipped(const GridMap& grid, double x0, double y0, double x1, double y1) {
    RectF box{std::max(x0, 0.0), std::max(y0, 0.0), std::min(x1, static_cast<double>(grid.imageWidth)),
              std::min(y1, static_cast<double>(grid.imageHeight))};
    return box.empty() ? RectF{} : box;
}

/// Index of the cell [i*size, (i+1)*size) + offset that holds `position`; the edges are computed as pixelsOf computes them.
int cellUnder(double position, double offset, double scale, int patch, int cells) {
    const auto edge = [&](int i) { return offset + static_cast<double>(patch) * i * scale; };
    const double guess = std::floor((position - offset) / (scale * patch));
    if (!(guess >= -1.0) || !(guess <= static_cast<double>(cells))) {
        return -1;
    }
    int index = static_cast<int>(guess);
    if (index + 1 <= cells && position >= edge(index + 1)) {
        ++index;
    } else if (position < edge(index)) {
        --index;
    }
    return index >= 0 && index < cells ? index : -1;
}

}  // namespace

std::optional<GridMap::Cell> GridMap::cellOf(int token) const {
    const int patch = token - (hasClassToken ? 1 : 0);
    if (patch < 0 || cols <= 0 || patch >= rows * cols) {
        return std::nullopt;
    }
    return Cell{patch / cols, patch % cols};
}

std::optional<int> GridMap::tokenAt(int row, int col) const {
    if (row < 0 || row >= rows || col < 0 || col >= cols) {
        return std::nullopt;
    }
    return row * cols + col + (hasClassToken ? 1 : 0);
}

RectF GridMap::pixelsOf(int token) const {
    const auto cell = cellOf(token);
    if (!cell) {
        return {};
    }
    const double step = patchSize;
    return clipped(*this, offsetX + step * cell->col * scaleX, offsetY + step * cell->row * scaleY,
                   offsetX + step * (cell->col + 1) * scaleX, offsetY + step * (cell->row + 1) * scaleY);
}

std::optional<int> GridMap::tokenUnder(double x, double y) const {
    if (patchSize <= 0 || !(scaleX > 0) || !(scaleY > 0) || !(x >= 0) || !(y >= 0) || !(x < imageWidth) || !(y < imageHeight)) {
        return std::nullopt;
    }
    return tokenAt(cellUnder(y, offsetY, scaleY, patchSize, rows), cellUnder(x, offsetX, scaleX, patchSize, cols));
}

RectF GridMap::seenArea() const {
    const double step = patchSize;
    return clipped(*this, offsetX, offsetY, offsetX + step * cols * scaleX, offsetY + step * rows * scaleY);
}

}  // namespace prunescope
