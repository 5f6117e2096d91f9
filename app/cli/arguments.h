// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What was typed: verb, options and their texts, nothing interpreted yet but names. CLI11 reads the shape, every value stays text until
// core/run's strict readers take it. (reference/reliability.md 0.12, C01-C09)

#include "core/base/result.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace prunescope::cli {

struct Arguments {
    std::string verb;
    std::map<std::string, std::string> values;   ///< given options, long name without dashes
    std::set<std::string> flags;
    std::vector<std::string> limits;             ///< of --limit, NAME=VALUE
    std::vector<std::string> folders;            ///< of `models`
    std::string text;                            ///< of --help or --version: print it and end
    [[nodiscard]] bool has(const std::string& name) const { return values.count(name) != 0; }
    [[nodiscard]] std::string value(const std::string& name, const std::string& otherwise = {}) const;
};

/// Errors (kUsage): USAGE-VERB, USAGE-NOT-BUILT, USAGE-OPTION, USAGE-ARGS, USAGE-EMPTY.
[[nodiscard]] Result<Arguments> parseArguments(int argc, const char* const* argv);

/// --errors json was asked for, also where nothing else can be read.
[[nodiscard]] bool wantsJsonErrors(int argc, const char* const* argv);

}  // namespace prunescope::cli
