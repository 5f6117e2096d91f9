// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Words of the command line for every knob of a decision, both ways, and the strict reading of their numbers. The JSON of results uses the
// same words. (contract of the command line, "Pruning options"; reference/reliability.md C03-C08)

#include "core/base/result.h"
#include "core/prune/prune.h"
#include "core/run/language_model.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prunescope {

[[nodiscard]] const char* nameOf(Fusion value);
[[nodiscard]] const char* nameOf(Partition value);
[[nodiscard]] const char* nameOf(RelevanceSpace value);
[[nodiscard]] const char* nameOf(RelevanceSign value);
[[nodiscard]] const char* nameOf(QueryPooling value);
[[nodiscard]] const char* nameOf(QueryWords value);
[[nodiscard]] const char* nameOf(TileScope value);
[[nodiscard]] const char* nameOf(PositionMode value);
[[nodiscard]] const char* nameOf(QcspRule value);
[[nodiscard]] const char* nameOf(FinishReason value);

/// Sets one option from its text. `name` is the long name without dashes ("tau", "force-keep"). Errors: USAGE-OPTION (unknown name),
/// USAGE-NUMBER, USAGE-RANGE, USAGE-WORD, USAGE-LIST (kUsage).
[[nodiscard]] Result<void> setPruneOption(PruneOptions& options, const std::string& name, const std::string& text);
/// Names that setPruneOption knows.
[[nodiscard]] const std::vector<std::string>& pruneOptionNames();

/// The options that differ from the defaults, as names and texts that setPruneOption reads back to equal options.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> pruneOptionTexts(const PruneOptions& options);

/// Strict comma-separated list of whole numbers >= 0 and ranges such as 40-44 (both ends included); an empty item is an error, and so are more
/// than 65,536 indices.
[[nodiscard]] Result<std::vector<std::int64_t>> parseIndexList(const std::string& option, std::string_view text);

/// The candidate with the smallest edit distance, when it is close enough to be meant (distance <= 1 + length / 4).
[[nodiscard]] std::optional<std::string> nearestName(std::string_view given, const std::vector<std::string>& candidates);

}  // namespace prunescope
