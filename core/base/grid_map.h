// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Where each visual token looks: token <-> patch <-> pixels of the original image, and what the model saw of the image at all.
// Tooltip, table, overlay and exported file read this one path. (reference: LLaVA-1.5 rows of "visual token index <-> original pixels".)

#include <cstdint>
#include <optional>
#include <vector>

namespace prunescope {

/// Rectangle in continuous pixel coordinates of the original image; empty when x1 <= x0 or y1 <= y0.
struct RectF {
    double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    [[nodiscard]] bool empty() const { return x1 <= x0 || y1 <= y0; }
};

/// Geometry of one view (LLaVA-1.5 has exactly one): a grid of rows x cols tokens, and how the view was cut from the original image.
struct GridMap {
    int rows = 0, cols = 0;          ///< token grid, row-major
    int imageWidth = 0, imageHeight = 0;   ///< original image, EXIF applied
    int inputSize = 0;               ///< side of the square the tower sees, in model pixels
    int patchSize = 0;               ///< model pixels per patch side
    double scaleX = 1, scaleY = 1;   ///< original pixels per model pixel
    double offsetX = 0, offsetY = 0; ///< original-pixel position of model pixel (0, 0); negative with padding
    bool padded = false;             ///< true: the image was padded to a square; false: the centre was cropped
    bool hasClassToken = false;      ///< selection "full": token 0 is the class token without a place

    [[nodiscard]] int tokenCount() const { return rows * cols + (hasClassToken ? 1 : 0); }
    /// Grid row/column of token t; nullopt for the class token or out of range.
    struct Cell { int row, col; };
    [[nodiscard]] std::optional<Cell> cellOf(int token) const;
    /// Token at (row, col), or nullopt outside the grid.
    [[nodiscard]] std::optional<int> tokenAt(int row, int col) const;
    /// Patch of token t in original pixels, clipped to the image; empty when it saw only padding or is the class token.
    [[nodiscard]] RectF pixelsOf(int token) const;
    /// Token under original pixel (x, y), or nullopt where no token looked.
    [[nodiscard]] std::optional<int> tokenUnder(double x, double y) const;
    /// The part of the original image that any token saw.
    [[nodiscard]] RectF seenArea() const;
};

}  // namespace prunescope
