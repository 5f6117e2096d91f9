// SPDX-License-Identifier: GPL-3.0-or-later
// The safetensors reader: every accepted tensor lies inside the file, together they tile it, and their values can be read.
#include "core/base/utf8.h"
#include "core/checkpoint/checkpoint.h"
#include "tests/fuzz/fuzz_check.h"

#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace prunescope;
    const auto file = SafetensorsFile::parse(std::vector<std::uint8_t>(data, data + size), "input.safetensors");
    if (!file.ok()) {
        const std::string line = formatErrorLine("prunescope-cli", file.error());
        FUZZ_CHECK(line.size() <= 240 && isUtf8(line) && line.find('\n') == std::string::npos);
        FUZZ_CHECK(exitCodeOf(file.error().code) == 4 || exitCodeOf(file.error().code) == 9);
        return 0;
    }
    std::size_t covered = 0;
    for (const TensorRecord& tensor : file->tensors()) {
        std::size_t bytes = bytesPerElement(tensor.type);
        for (const std::int64_t side : tensor.shape) {
            bytes *= static_cast<std::size_t>(side);
        }
        FUZZ_CHECK(bytes == tensor.bytes.size());
        FUZZ_CHECK(file->find(tensor.name) == &tensor);
        const auto values = toFloat32(tensor);
        FUZZ_CHECK(values.ok() && values->size() * bytesPerElement(tensor.type) == bytes);
        covered += bytes;
    }
    FUZZ_CHECK(covered < size);
    return 0;
}
