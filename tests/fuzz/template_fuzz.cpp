// SPDX-License-Identifier: GPL-3.0-or-later
// A chat template and a question, separated by a byte 0x1E: rendering ends, in a text that holds the question where it says, or in a reason.
#include "core/base/utf8.h"
#include "core/text/tokenizer.h"
#include "tests/fuzz/fuzz_check.h"

#include <algorithm>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace prunescope;
    const std::uint8_t* split = std::find(data, data + size, std::uint8_t{0x1E});
    const std::string chatTemplate(data, split);
    const std::string question = split == data + size ? std::string("Is there a pot?") : std::string(split + 1, data + size);
    const auto prompt = renderPrompt(chatTemplate, "<image>", "<s>", question);
    if (!prompt.ok()) {
        const std::string line = formatErrorLine("prunescope-cli", prompt.error());
        FUZZ_CHECK(line.size() <= 240 && isUtf8(line) && line.find('\n') == std::string::npos);
        return 0;
    }
    FUZZ_CHECK(prompt->questionBegin <= prompt->questionEnd && prompt->questionEnd <= prompt->text.size());
    return 0;
}
