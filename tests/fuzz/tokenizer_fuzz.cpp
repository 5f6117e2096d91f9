// SPDX-License-Identifier: GPL-3.0-or-later
// tokenizer.json and a text to encode with it, separated by a byte 0x1E: ids stay in range, offsets inside the text, decoding never fails.
#include "core/base/utf8.h"
#include "core/text/tokenizer.h"
#include "tests/fuzz/fuzz_check.h"

#include <algorithm>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace prunescope;
    const std::uint8_t* split = std::find(data, data + size, std::uint8_t{0x1E});
    const std::string json(data, split);
    const std::string text = split == data + size ? std::string("a b") : std::string(split + 1, data + size);
    const auto tokenizer = Tokenizer::parse(json, "tokenizer.json");
    if (!tokenizer.ok()) {
        const std::string line = formatErrorLine("prunescope-cli", tokenizer.error());
        FUZZ_CHECK(line.size() <= 240 && isUtf8(line) && line.find('\n') == std::string::npos);
        return 0;
    }
    const auto encoded = tokenizer->encode(text.substr(0, 2000), true);
    if (!encoded.ok()) {
        return 0;
    }
    FUZZ_CHECK(encoded->ids.size() == encoded->offsets.size());
    for (const auto& [begin, end] : encoded->offsets) {
        FUZZ_CHECK(begin <= end && end <= text.size());
    }
    for (const std::int64_t id : encoded->ids) {
        FUZZ_CHECK(id >= 0 && id < tokenizer->size());
    }
    (void)tokenizer->decode(encoded->ids, false);
    (void)tokenizer->decode({-1, 0, 1, tokenizer->size(), INT64_MAX}, true);
    return 0;
}
