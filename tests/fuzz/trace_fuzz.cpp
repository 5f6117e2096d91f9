// SPDX-License-Identifier: GPL-3.0-or-later
// The trace reader: what is accepted can be shown, decided on and written back. Checksums would stop every mutation at the door, so the input
// is taken as it is, and once more as header and sections that are packed with right checksums.
#include "core/base/json_gate.h"
#include "core/base/utf8.h"
#include "core/run/trace.h"
#include "tests/fuzz/fuzz_check.h"

#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace prunescope;

void tryTrace(std::span<const std::uint8_t> bytes) {
    const auto trace = readTrace(bytes, "input.prunescope");
    if (!trace.ok()) {
        const std::string line = formatErrorLine("prunescope-cli", trace.error());
        FUZZ_CHECK(line.size() <= 240 && isUtf8(line) && line.find('\n') == std::string::npos);
        FUZZ_CHECK(exitCodeOf(trace.error().code) == 3 || exitCodeOf(trace.error().code) == 9);
        return;
    }
    const std::vector<std::uint8_t> written = traceBytes(*trace);
    const auto again = readTrace(written, "again.prunescope");
    FUZZ_CHECK(again.ok() && traceBytes(*again) == written);
    TraceSession session(std::make_shared<const Trace>(*trace));
    for (const auto& run : trace->runs) {
        FUZZ_CHECK(static_cast<std::int64_t>(run->decision->tokens.size()) == run->decision->n);
        RunRequest request = run->request;
        request.withAnswer = false;
        (void)session.run(request, {}, {});
    }
    (void)traceJson(*trace, "input.prunescope", 0);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> bytes(data, size);
    tryTrace(bytes);
    // HEADER \0 NAME \0 TYPE(1) ROWS(1) COLS(1) VALUES … : the reader behind the checksums.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t end = text.find('\0');
    const auto header = parseJson(text.substr(0, end), "header");
    if (!header.ok() || !header->is_object()) {
        return 0;
    }
    TraceContainer container;
    container.header = *header;
    std::size_t at = end == std::string_view::npos ? size : end + 1;
    while (at < size && container.sections.size() < 64) {
        const std::size_t stop = text.find('\0', at);
        if (stop == std::string_view::npos || size - stop < 4) {
            break;
        }
        TraceSection section;
        section.name = text.substr(at, stop - at);
        section.type = static_cast<SectionType>(data[stop + 1] % 4);
        section.shape = {data[stop + 2] % 64};
        if (data[stop + 3] != 0) {
            section.shape.push_back(data[stop + 3] % 64);
        }
        if (data[stop + 1] >= 128) {   // a picture
            section.shape.push_back(3);
        }
        std::size_t need = bytesPerElement(section.type);
        for (const std::int64_t side : section.shape) {
            need *= static_cast<std::size_t>(side);
        }
        at = stop + 4;
        need = std::min(need, size - at);
        section.bytes.assign(data + at, data + at + need);
        at += need;
        container.sections.push_back(std::move(section));
    }
    tryTrace(packTrace(container));
    return 0;
}
