// SPDX-License-Identifier: GPL-3.0-or-later
// Where the bundled model and the sample data are found.
#include "core/run/errors.h"
#include "core/run/pipeline.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <system_error>

namespace prunescope {
namespace {

namespace fs = std::filesystem;

bool isFolder(const fs::path& path) {
    std::error_code failed;
    return fs::is_directory(path, failed);
}

fs::path programFolder() {
    std::array<char, 4096> buffer{};
    const ssize_t length = ::readlink("/proc/self/exe", buffer.data(), buffer.size() - 1);
    return length > 0 ? fs::path(std::string(buffer.data(), static_cast<std::size_t>(length))).parent_path() : fs::path();
}

// First `relative` that is a folder with `witness` in it (or just a folder): beside the program and up to five folders above it, in the
// share folder of an installation, in the source tree this was built from.
fs::path search(const fs::path& relative, const fs::path& installed, const std::string& witness) {
    const auto fits = [&](const fs::path& folder) {
        std::error_code failed;
        return isFolder(folder) && (witness.empty() || fs::exists(folder / witness, failed));
    };
    fs::path at = programFolder();
    for (int level = 0; level < 6 && !at.empty(); ++level) {
        if (fits(at / relative)) {
            return at / relative;
        }
        if (level <= 1 && fits(at / "share" / "prunescope" / installed)) {
            return at / "share" / "prunescope" / installed;
        }
        if (at == at.root_path()) {
            break;
        }
        at = at.parent_path();
    }
    const fs::path source = fs::path(PRUNESCOPE_SOURCE_DIR) / relative;
    return fits(source) ? source : fs::path();
}

}  // namespace

Result<std::filesystem::path> bundledModelFolder() {
    // An empty variable counts as unset.
    if (const char* given = std::getenv("PRUNESCOPE_MODEL"); given != nullptr && *given != '\0') {
        if (isFolder(given)) {
            return fs::path(given);
        }
        return makeError(ErrorCode::kBadModel, "MODEL-MISSING", "no model in PRUNESCOPE_MODEL", given, "not a folder", "correct or unset the variable");
    }
    const fs::path found = search(fs::path("sample_data") / "model", "model", "config.json");
    if (found.empty()) {
        return makeError(ErrorCode::kBadModel, "MODEL-MISSING", "bundled model not found", "sample_data/model", "not beside the program nor in the source tree",
                         "give --model DIR or set PRUNESCOPE_MODEL");
    }
    return found;
}

Result<std::filesystem::path> sampleDataFolder() {
    if (const char* given = std::getenv("PRUNESCOPE_SAMPLE_DATA"); given != nullptr && *given != '\0') {
        if (isFolder(given)) {
            return fs::path(given);
        }
        return makeError(ErrorCode::kBadInput, "FILE-NOENT", "no sample data in PRUNESCOPE_SAMPLE_DATA", given, "not a folder", "correct or unset the variable");
    }
    const fs::path found = search("sample_data", "sample_data", "");
    if (found.empty()) {
        return makeError(ErrorCode::kBadInput, "FILE-NOENT", "sample data not found", "sample_data", "not beside the program nor in the source tree");
    }
    return found;
}

}  // namespace prunescope
