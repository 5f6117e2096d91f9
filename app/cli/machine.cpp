// SPDX-License-Identifier: GPL-3.0-or-later
// Reading /proc/cpuinfo.
#include "app/cli/machine.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>

namespace prunescope::cli {
namespace {

std::string cpuLine(std::string_view key) {
    std::ifstream file("/proc/cpuinfo");
    std::string line;
    while (std::getline(file, line)) {
        const std::size_t colon = line.find(':');
        if (line.compare(0, key.size(), key) == 0 && colon != std::string::npos) {
            const std::size_t value = line.find_first_not_of(' ', colon + 1);
            return value == std::string::npos ? std::string() : line.substr(value);
        }
    }
    return {};
}

}  // namespace

std::string cpuName() { return cpuLine("model name"); }

std::vector<std::string> cpuFeatures() {
    constexpr std::array<std::string_view, 8> kUsed{"avx2", "fma", "avx512f", "avx512bw", "avx512_bf16", "amx_tile", "amx_bf16", "f16c"};
    std::istringstream flags(cpuLine("flags"));
    std::vector<std::string> found;
    for (std::string flag; flags >> flag;) {
        if (std::find(kUsed.begin(), kUsed.end(), flag) != kUsed.end()) {
            found.push_back(flag);
        }
    }
    return found;
}

}  // namespace prunescope::cli
