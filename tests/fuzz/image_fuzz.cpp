// SPDX-License-Identifier: GPL-3.0-or-later
// The image gate: what it opens has exactly its pixels and can be prepared for a tower; what it refuses has a one-line reason. The first
// byte may choose a signature, so that runs get past byte 0.
#include "core/base/utf8.h"
#include "core/image/image.h"
#include "tests/fuzz/fuzz_check.h"

#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace prunescope;
    static constexpr std::string_view kStarts[] = {"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "BM", "P6\n", "P2 ", "P4\n"};
    std::vector<std::uint8_t> bytes(data, data + size);
    if (size > 0 && data[0] < 6) {
        bytes.erase(bytes.begin());
        bytes.insert(bytes.begin(), kStarts[data[0]].begin(), kStarts[data[0]].end());
    }
    ImageLimits limits;
    limits.pixels = 1 << 18;
    limits.side = 4096;
    const auto image = decodeImage(bytes, limits, "input");
    if (!image.ok()) {
        const std::string line = formatErrorLine("prunescope-cli", image.error());
        FUZZ_CHECK(line.size() <= 240 && isUtf8(line) && line.find('\n') == std::string::npos);
        FUZZ_CHECK(exitCodeOf(image.error().code) == 3 || exitCodeOf(image.error().code) == 9);
        return 0;
    }
    const RgbImage& rgb = image->rgb;
    FUZZ_CHECK(rgb.width > 0 && rgb.height > 0);
    FUZZ_CHECK(rgb.pixels.size() == static_cast<std::size_t>(rgb.width) * static_cast<std::size_t>(rgb.height) * 3);
    PreprocessConfig config;
    config.shortestEdge = config.cropWidth = config.cropHeight = 28;
    config.doPad = size % 2 == 0;
    const auto prepared = preprocess(rgb, config, size % 3 == 0 ? ResizeMode::kTorch16 : ResizeMode::kPillow13);
    FUZZ_CHECK(prepared.ok() && prepared->pixels.count() == 3 * 28 * 28);
    return 0;
}
