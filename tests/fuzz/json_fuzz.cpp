// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON gate: what it accepts is shallow, survives a round trip and reads back equal; what it refuses has a one-line reason.
#include "core/base/json_gate.h"
#include "core/base/utf8.h"
#include "tests/fuzz/fuzz_check.h"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace prunescope;
    const std::string text(data, data + size);
    const auto first = parseJson(text, "input.json", JsonLimits{1 << 20, 16, 100'000});
    if (!first.ok()) {
        const std::string line = formatErrorLine("prunescope-cli", first.error());
        FUZZ_CHECK(line.size() <= 240 && isUtf8(line) && line.find('\n') == std::string::npos);
        return 0;
    }
    const std::string written = first->dump();   // throws on anything that is not UTF-8
    const auto second = parseJson(written, "written.json", JsonLimits{16 << 20, 16, 100'000});
    FUZZ_CHECK(second.ok());
    FUZZ_CHECK(second->dump() == written);
    (void)describeJson(*first);
    (void)wholeNumber(*first, INT64_MIN, INT64_MAX);
    (void)finiteNumber(*first);
    return 0;
}
