// SPDX-License-Identifier: GPL-3.0-or-later
// Times the engine on one model folder: `engine_bench DIR [--dtype float32|bfloat16] [--threads N]`. Reads commands from stdin, one a line,
// so that engine_vs_transformers.py can take turns with the other side in one run:
//   `first TEXT`         encode the image and run a prompt of all visual tokens and TEXT text tokens up to the first id
//   `decode TEXT COUNT`  the same prompt, then COUNT more tokens
//   `kept TEXT VISUAL`   as `first`, with the first VISUAL visual tokens only and the image already encoded
// and answers each with one line of JSON. The image is synthetic; times do not depend on it.

#include "core/checkpoint/checkpoint.h"
#include "core/engine/engine.h"

#include <chrono>
#include <cmath>
#include <ctime>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace prunescope;
using Clock = std::chrono::steady_clock;

/// Processor time of this process in milliseconds, all threads: with one thread it does not depend on what else the machine does.
double processorMs() { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
double since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

HostTensor syntheticPixels(int side) {
    HostTensor pixels({1, 3, side, side});
    for (std::int64_t i = 0; i < pixels.count(); ++i) {
        pixels.mutableData()[i] = std::sin(static_cast<float>(i % 977) * 0.37F) * 1.5F;
    }
    return pixels;
}

PrefillInput promptOf(const Checkpoint& checkpoint, const HostTensor& projected, std::int64_t textTokens, std::int64_t visual) {
    PrefillInput input;
    const std::int64_t width = projected.size(1);
    input.visual = HostTensor({visual, width}, {projected.data(), projected.data() + visual * width});
    const auto add = [&](std::int64_t id) {
        input.positions.push_back(static_cast<std::int64_t>(input.ids.size()));
        input.ids.push_back(id);
    };
    for (std::int64_t i = 0; i < textTokens / 2; ++i) {
        add(5 + i);
    }
    for (std::int64_t i = 0; i < visual; ++i) {
        add(checkpoint.config.imageToken);
    }
    for (std::int64_t i = textTokens / 2; i < textTokens; ++i) {
        add(5 + i);
    }
    input.nextPosition = static_cast<std::int64_t>(input.ids.size());
    return input;
}

int fail(const Error& error) {
    std::cerr << formatErrorLine("engine_bench", error) << '\n';
    return exitCodeOf(error.code);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.empty()) {
        std::cerr << "usage: engine_bench DIR [--dtype float32|bfloat16] [--threads N]\n";
        return 2;
    }
    LoadOptions options;
    options.device = DeviceChoice::kCpu;
    for (std::size_t i = 1; i + 1 < arguments.size(); i += 2) {
        if (arguments[i] == "--dtype") {
            options.dtype = arguments[i + 1] == "bfloat16" ? DtypeChoice::kBFloat16 : DtypeChoice::kFloat32;
        } else if (arguments[i] == "--threads") {
            options.threads = std::stoi(arguments[i + 1]);
        }
    }
    const auto checkpoint = openCheckpoint(arguments[0]);
    if (!checkpoint.ok()) {
        return fail(checkpoint.error());
    }
    const auto loaded = loadLanguageModel(*checkpoint, options, {}, {});
    if (!loaded.ok()) {
        return fail(loaded.error());
    }
    LanguageModel& model = **loaded;
    const HostTensor pixels = syntheticPixels(checkpoint->config.vision.imageSize);
    auto encoded = model.encodeImage(pixels, {});
    if (!encoded.ok()) {
        return fail(encoded.error());
    }
    std::cout << "{\"ready\":true,\"parameters\":" << model.facts().parameters << ",\"load_ms\":" << model.facts().loadMs << ",\"dtype\":\"" << model.facts().dtype
              << "\",\"cpu\":\"" << engineReport().cpuCapability << "\"}" << std::endl;
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        std::string command;
        std::int64_t text = 0, number = 0;
        words >> command >> text >> number;
        GenerateOptions generate;
        generate.maxNewTokens = command == "decode" ? number + 1 : 1;
        const Clock::time_point start = Clock::now();
        const double processorStart = processorMs();
        double processorFirst = 0.0;
        if (command != "kept") {
            encoded = model.encodeImage(pixels, {});
        }
        const std::int64_t visual = command == "kept" ? std::min(number, encoded->projected.size(0)) : encoded->projected.size(0);
        const auto atToken = [&](std::int64_t) { processorFirst = processorFirst > 0.0 ? processorFirst : processorMs(); };
        const auto result = model.generate(promptOf(*checkpoint, encoded->projected, text, visual), generate, atToken, {});
        if (!result.ok()) {
            return fail(result.error());
        }
        const double total = since(start);
        std::cout << "{\"total_ms\":" << total << ",\"vision_ms\":" << encoded->visionMs << ",\"project_ms\":" << encoded->projectMs << ",\"prefill_ms\":" << result->prefillMs
                  << ",\"first_ms\":" << total - result->decodeMs << ",\"decode_ms\":" << result->decodeMs << ",\"first_cpu_ms\":" << processorFirst - processorStart
                  << ",\"decode_cpu_ms\":" << processorMs() - processorFirst << ",\"tokens\":" << result->ids.size() << "}" << std::endl;
    }
    return 0;
}
