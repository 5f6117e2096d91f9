// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The one painter of picture, overlay, grid, colour bar and masks, for the screen and for files. Draws in device-independent coordinates;
// a scene knows nothing of widgets. Colours over a photograph are nearest-neighbour at patch size: patches have no finer detail.

#include "core/prune/compare.h"
#include "ui/figure/colour_map.h"
#include "ui/viewmodel/overlay_data.h"

#include <QColor>
#include <QFont>
#include <QImage>
#include <QRectF>
#include <QTransform>

#include <optional>
#include <vector>

class QPainter;

namespace prunescope {

/// Colours and font of one scheme.
struct FigureStyle {
    QColor background{0xf4, 0xf5, 0xf7}, text{0x1d, 0x22, 0x28}, muted{0x55, 0x5f, 0x6d}, frame{0xc9, 0xce, 0xd6}, accent{0x1f, 0x63, 0xb0};
    QFont font;
    bool dark = false;
};

/// Only A and only B of a comparison (orange and sky blue of Okabe and Ito's palette); their hatching runs in two directions.
inline constexpr QColor kOnlyAColour{0xe6, 0x9f, 0x00};
inline constexpr QColor kOnlyBColour{0x56, 0xb4, 0xe9};

/// Picture and overlay in scene coordinates (model pixels, or pixels of the original image).
struct CanvasScene {
    QImage picture;        ///< what is shown
    QImage faded;          ///< the same, for dropped tokens
    QRectF pictureRect;    ///< where the picture lies
    QRectF tokenRect;      ///< where the token grid lies
    QRectF imagePart;      ///< of a padded model picture: where the image itself lies; else null
    int rows = 0, cols = 0;
    bool original = false;  ///< the whole original is shown: parts without tokens are hatched
    bool gridLines = false;
    OverlayData overlay;
    ColourMap colourMap = ColourMap::kViridis;
    double opacity = 0.6;
    bool paper = false;            ///< as the figures of papers: dropped tokens under 65 % white, no outlines
    std::optional<double> wipe;    ///< share of the grid's width on whose left `other` is drawn in place of `overlay`
    OverlayData other;
    QString leftName, rightName;   ///< of the two sides of the wipe

    [[nodiscard]] QRectF bounds() const { return pictureRect.united(tokenRect); }
    [[nodiscard]] QRectF cellRect(int row, int col) const;
};

/// Line from the pinned token to a partner.
struct CellLink {
    GridMap::Cell to;
    double similarity = 0;   ///< cosine
    bool edge = false;       ///< solid line; else dotted
};

/// Marks that belong to the pointer, not to the figure.
struct CanvasMarks {
    std::optional<GridMap::Cell> hovered, pinned;
    std::vector<CellLink> links;
};

/// Makes the scene of a result: `original` false shows the picture the model saw, true the whole image with the unseen parts hatched.
[[nodiscard]] CanvasScene makeScene(const RunResult& result, bool original, bool darkGround);

/// Paints picture, overlay and marks through `sceneToTarget` (scale and shift only).
void paintCanvas(QPainter& painter, const CanvasScene& scene, const QTransform& sceneToTarget, const CanvasMarks& marks);

/// Height that colour bar or legend needs for a font.
[[nodiscard]] double legendHeight(const QFont& font);
/// Colour bar with numbers, quantity and normalisation; for retained tokens a legend with counts. Nothing for the bare picture.
void paintLegend(QPainter& painter, const QRectF& area, const CanvasScene& scene, const FigureStyle& style);

/// Thumbnail of a redundancy mask: marked (redundant) patches are veiled in the ground colour.
void paintMask(QPainter& painter, const QRectF& area, const QImage& picture, int rows, int cols, const std::vector<std::uint8_t>& marked, const FigureStyle& style);

/// The figure for a file: title and settings, canvas and legend; canvas `side` device pixels on its longer side.
[[nodiscard]] QImage renderFigure(const CanvasScene& scene, const QString& title, const QString& settings, const FigureStyle& style, int side);

}  // namespace prunescope
