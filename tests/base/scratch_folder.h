// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A temporary folder of one test.

#include "core/base/sha256.h"

#include <filesystem>
#include <fstream>
#include <string>

namespace prunescope::testing {

class ScratchFolder {
public:
    ScratchFolder() : path(std::filesystem::temp_directory_path() / ("prunescope-test-" + freshId())) { std::filesystem::create_directories(path); }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    /// Writes a file and names it.
    std::filesystem::path put(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((path / name).parent_path());
        std::ofstream(path / name, std::ios::binary) << text;
        return path / name;
    }
    [[nodiscard]] std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator()));
    }
    const std::filesystem::path path;
};

}  // namespace prunescope::testing
