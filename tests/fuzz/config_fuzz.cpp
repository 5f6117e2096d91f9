// SPDX-License-Identifier: GPL-3.0-or-later
// config.json: whatever is accepted has sizes that can be multiplied, and a list of weights that fits them.
#include "core/base/numbers.h"
#include "core/base/utf8.h"
#include "core/checkpoint/config_reader.h"
#include "core/checkpoint/weight_map.h"
#include "tests/fuzz/fuzz_check.h"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace prunescope;
    const auto json = parseJson(std::string(data, data + size), "config.json", JsonLimits{1 << 20, 32, 100'000});
    if (!json.ok()) {
        return 0;
    }
    std::vector<std::string> warnings;
    const auto config = readModelConfig(*json, "config.json", warnings);
    if (!config.ok()) {
        const std::string line = formatErrorLine("prunescope-cli", config.error());
        FUZZ_CHECK(line.size() <= 240 && isUtf8(line) && line.find('\n') == std::string::npos);
        FUZZ_CHECK(exitCodeOf(config.error().code) == 4);
        return 0;
    }
    FUZZ_CHECK(config->vision.hidden > 0 && config->text.kvHeads > 0 && config->text.headDim > 0 && config->tokensPerImage() > 0);
    FUZZ_CHECK(config->text.heads % config->text.kvHeads == 0 && config->vision.hidden % config->vision.heads == 0);
    for (const auto& [name, weight] : expectedWeights(*config)) {
        std::int64_t count = 4;
        for (const std::int64_t side : weight.shape) {
            const auto next = checkedMultiply(count, side);
            FUZZ_CHECK(side > 0 && next.has_value());
            count = *next;
        }
    }
    return 0;
}
