// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// `prunescope [IMAGE] [-q QUESTION] [options]`: reading of the command line before there is a window. Names and values of pruning options are
// those of prunescope-cli.

#include "core/run/pipeline.h"
#include "ui/figure/colour_map.h"
#include "ui/viewmodel/overlay_data.h"
#include "ui/widgets/theme.h"

#include <QSize>
#include <QString>
#include <QStringList>

#include <optional>

namespace prunescope {

struct WindowArguments {
    QString image, question, model, screenshot;
    QSize size;                          ///< empty: the window's own
    PruneOptions prune;
    LoadOptions load;
    ResizeMode resize = ResizeMode::kPillow13;
    LlamaPrefix prefix = LlamaPrefix::kFile;
    std::int64_t maxNewTokens = 64;
    double timeoutSeconds = 0;           ///< 0: none
    bool run = false, printAnswer = false, whole = false;
    Theme theme = Theme::kSystem;
    OverlayKind overlay = OverlayKind::kRetained;
    ColourMap colourMap = ColourMap::kViridis;
    QString scale;                       ///< for QT_SCALE_FACTOR
    std::optional<QString> textOnly;     ///< --help, --version: print this and leave
};

/// Errors: USAGE-* (kUsage), DEVICE-UNKNOWN (kDevice).
[[nodiscard]] Result<WindowArguments> readCommandLine(const QStringList& arguments, const QString& version);

}  // namespace prunescope
