// SPDX-License-Identifier: GPL-3.0-or-later
// Token <-> patch <-> pixel (reference/models.md section 11).
#include "core/base/grid_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace prunescope {
namespace {

GridMap cropOf(int width, int height, int size = 336, int patch = 14) {
    GridMap grid;
    grid.rows = grid.cols = size / patch;
    grid.imageWidth = width;
    grid.imageHeight = height;
    grid.inputSize = size;
    grid.patchSize = patch;
    const bool tall = width <= height;
    const int newWidth = tall ? size : size * width / height;
    const int newHeight = tall ? size * height / width : size;
    grid.scaleX = static_cast<double>(width) / newWidth;
    grid.scaleY = static_cast<double>(height) / newHeight;
    grid.offsetX = (newWidth - size) / 2 * grid.scaleX;
    grid.offsetY = (newHeight - size) / 2 * grid.scaleY;
    return grid;
}

TEST(GridMap, RoundTripPixelTokenBox) {
    for (const auto& [width, height] : {std::pair{640, 480}, std::pair{480, 640}, std::pair{336, 336}, std::pair{101, 977}, std::pair{13, 13}, std::pair{3000, 1999}}) {
        const GridMap grid = cropOf(width, height);
        for (int token = 0; token < grid.tokenCount(); ++token) {
            const RectF box = grid.pixelsOf(token);
            ASSERT_FALSE(box.empty());
            ASSERT_EQ(grid.tokenUnder((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2), token);
            ASSERT_EQ(grid.tokenUnder(box.x0, box.y0), token);   // boxes are half open
            const auto cell = grid.cellOf(token);
            ASSERT_TRUE(cell.has_value());
            ASSERT_EQ(grid.tokenAt(cell->row, cell->col), token);
        }
    }
}

TEST(GridMap, BoxesTileTheSeenArea) {
    const GridMap grid = cropOf(1000, 700);
    double area = 0;
    for (int token = 0; token < grid.tokenCount(); ++token) {
        const RectF box = grid.pixelsOf(token);
        area += (box.x1 - box.x0) * (box.y1 - box.y0);
    }
    const RectF seen = grid.seenArea();
    EXPECT_NEAR(area, (seen.x1 - seen.x0) * (seen.y1 - seen.y0), 1e-6 * area);
}

TEST(GridMap, ClassTokenHasNoPlace) {
    GridMap grid = cropOf(336, 336);
    grid.hasClassToken = true;
    EXPECT_EQ(grid.tokenCount(), 577);
    EXPECT_FALSE(grid.cellOf(0).has_value());
    EXPECT_TRUE(grid.pixelsOf(0).empty());
    EXPECT_EQ(grid.tokenAt(0, 0), 1);
    EXPECT_EQ(grid.tokenUnder(0, 0), 1);
    EXPECT_EQ(grid.cellOf(576)->row, 23);
}

TEST(GridMap, OutsideIsNowhere) {
    const GridMap grid = cropOf(640, 480);
    EXPECT_FALSE(grid.cellOf(-1).has_value());
    EXPECT_FALSE(grid.cellOf(576).has_value());
    EXPECT_FALSE(grid.tokenAt(24, 0).has_value());
    EXPECT_FALSE(grid.tokenUnder(-1, 5).has_value());
    EXPECT_FALSE(grid.tokenUnder(640, 5).has_value());
    EXPECT_FALSE(grid.tokenUnder(10, 5).has_value());   // cropped away
    EXPECT_FALSE(grid.tokenUnder(std::nan(""), 5).has_value());
    EXPECT_FALSE(GridMap{}.tokenUnder(0, 0).has_value());
    EXPECT_TRUE(GridMap{}.seenArea().empty());
}

TEST(GridMap, PaddingClipsBoxes) {
    GridMap grid;   // 100 x 50 padded to 100 x 100, 2 x 2 tokens of 50 px
    grid.rows = grid.cols = 4;
    grid.imageWidth = 100;
    grid.imageHeight = 50;
    grid.inputSize = 56;
    grid.patchSize = 14;
    grid.scaleX = grid.scaleY = 100.0 / 56;
    grid.offsetY = -25;
    grid.padded = true;
    EXPECT_TRUE(grid.pixelsOf(0).empty());
    EXPECT_FALSE(grid.pixelsOf(4).empty());
    EXPECT_DOUBLE_EQ(grid.pixelsOf(4).y0, 0);
    EXPECT_DOUBLE_EQ(grid.seenArea().y1, 50);
    EXPECT_EQ(grid.tokenUnder(1, 1), 4);
}

TEST(GridMap, UnseenBorderOfAnInputThatPatchesDoNotFill) {
    const GridMap grid = cropOf(45, 45, 45, 14);   // 3 x 3 patches cover 42 of 45 pixels
    EXPECT_EQ(grid.tokenUnder(41.9, 41.9), 8);
    EXPECT_FALSE(grid.tokenUnder(43, 10).has_value());
    EXPECT_DOUBLE_EQ(grid.seenArea().x1, 42);
}

}  // namespace
}  // namespace prunescope
