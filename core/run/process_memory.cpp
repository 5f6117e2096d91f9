// SPDX-License-Identifier: GPL-3.0-or-later
// Two numbers out of /proc.
#include "core/run/process_memory.h"

#include <fstream>
#include <string>

namespace prunescope {
namespace {

// Value of a "Name:   123 kB" line in bytes.
std::int64_t kilobyteLine(const char* path, const std::string& name) {
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
        if (line.size() <= name.size() || line.compare(0, name.size(), name) != 0) {
            continue;
        }
        std::int64_t value = 0;
        for (const char c : line) {
            if (c >= '0' && c <= '9') {
                value = value * 10 + (c - '0');
            }
        }
        return value * 1024;
    }
    return 0;
}

}  // namespace

std::int64_t peakMemoryBytes() { return kilobyteLine("/proc/self/status", "VmHWM:"); }
bool resetPeakMemory() {
    std::ofstream file("/proc/self/clear_refs");
    file << "5\n";   // proc(5): resets the peak resident set size
    file.flush();
    return file.good();
}
std::int64_t availableMemoryBytes() { return kilobyteLine("/proc/meminfo", "MemAvailable:"); }

}  // namespace prunescope
