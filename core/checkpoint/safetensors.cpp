// SPDX-License-Identifier: GPL-3.0-or-later
// The safetensors reader: a strict header, ranges that tile the data without hole or overlap, and a mapping whose size is what the header
// says. (reference/models.md 2.2; reference/reliability.md 3.4, rows M01-M25)
#include "core/checkpoint/checkpoint.h"

#include "core/base/files.h"
#include "core/base/json_gate.h"
#include "core/base/numbers.h"
#include "core/base/utf8.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace prunescope {
namespace {

using Json = nlohmann::json;
using Bytes = std::span<const std::uint8_t>;

constexpr std::uint64_t kPrefix = 8;
constexpr std::uint64_t kHardHeader = 100'000'000;
constexpr std::uint64_t kHeaderLimit = 16U << 20U;
constexpr std::size_t kMostTensors = 100'000;
constexpr std::size_t kMostRank = 8;
constexpr std::int64_t kMostDim = 1LL << 48;
constexpr std::size_t kNameBytes = 255;
constexpr std::size_t kMetadataBytes = 1U << 20U;

Error fault(const std::string& where, std::string id, std::string why, std::string hint = "the file is damaged; download it again") {
    return Error{ErrorCode::kBadModel, std::move(id), "cannot read weights", where, std::move(why), std::move(hint), nullptr};
}

std::string shown(const std::string& name) { return "'" + elide(escapeForLine(name), 60, true) + "'"; }

std::optional<StorageType> typeOf(const std::string& name) {
    static const std::map<std::string, StorageType> kTypes{{"F64", StorageType::kF64}, {"F32", StorageType::kF32}, {"F16", StorageType::kF16},
                                                           {"BF16", StorageType::kBF16}, {"I64", StorageType::kI64}, {"I32", StorageType::kI32},
                                                           {"U8", StorageType::kU8}, {"BOOL", StorageType::kBool}};
    const auto found = kTypes.find(name);
    return found == kTypes.end() ? std::nullopt : std::optional<StorageType>(found->second);
}

struct Range {
    std::uint64_t begin = 0, end = 0;
    std::size_t index = 0;
};

/// Reads the header's entries and proves that they tile `dataBytes`.
class HeaderReader {
public:
    HeaderReader(std::string where, std::uint64_t dataBytes) : m_where(std::move(where)), m_dataBytes(dataBytes) {}

    std::vector<TensorRecord> tensors;   ///< bytes still empty
    std::vector<Range> ranges;           ///< of tensor i, before sorting
    std::map<std::string, std::string> metadata;

    Result<void> read(const Json& header) {
        if (!header.is_object()) {
            return fault(m_where, "MODEL-ST-JSON", "the header is " + describeJson(header) + ", not an object");
        }
        if (header.size() > kMostTensors) {
            return fault(m_where, "MODEL-ST-COUNT", formatCount(static_cast<std::int64_t>(header.size())) + " tensors, at most " + formatCount(kMostTensors), "");
        }
        for (const auto& [name, entry] : header.items()) {
            auto done = name == "__metadata__" ? readMetadata(entry) : readEntry(name, entry);
            if (!done) {
                return done;
            }
        }
        return checkTiling();
    }

private:
    Result<void> readMetadata(const Json& entry) {
        std::size_t bytes = 0;
        for (const auto& [key, value] : entry.items()) {
            if (!entry.is_object() || !value.is_string()) {
                return fault(m_where, "MODEL-ST-META", "__metadata__ must map text to text");
            }
            metadata[key] = value.get<std::string>();
            bytes += key.size() + metadata[key].size();
        }
        if (!entry.is_object() || bytes > kMetadataBytes) {
            return fault(m_where, "MODEL-ST-META", entry.is_object() ? "__metadata__ holds " + formatBytes(bytes) : "__metadata__ must map text to text");
        }
        return {};
    }

    Result<void> readEntry(const std::string& name, const Json& entry) {
        if (name.empty() || name.size() > kNameBytes) {
            return fault(m_where, "MODEL-ST-NAME", name.empty() ? "a tensor has no name" : "a tensor name has " + formatCount(static_cast<std::int64_t>(name.size())) + " bytes");
        }
        if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets")) {
            return fault(m_where, "MODEL-ST-ENTRY", "tensor " + shown(name) + " lacks dtype, shape or data_offsets");
        }
        const Json& dtype = entry["dtype"];
        const auto type = dtype.is_string() ? typeOf(dtype.get<std::string>()) : std::nullopt;
        if (!type) {
            return fault(m_where, "MODEL-ST-DTYPE", "tensor " + shown(name) + " has dtype " + describeJson(dtype), "F64 F32 F16 BF16 I64 I32 U8 BOOL can be read");
        }
        TensorRecord record;
        record.name = name;
        record.type = *type;
        auto bytes = readShape(entry["shape"], record);
        if (!bytes) {
            return bytes.error();
        }
        return readRange(entry["data_offsets"], *bytes, std::move(record));
    }

    /// Fills in the shape; the tensor's size in bytes.
    Result<std::uint64_t> readShape(const Json& shape, TensorRecord& record) const {
        if (!shape.is_array() || shape.size() > kMostRank) {
            return fault(m_where, "MODEL-ST-SHAPE", "tensor " + shown(record.name) + " has shape " + describeJson(shape));
        }
        for (const Json& dim : shape) {
            const auto size = dim.is_number_float() ? std::nullopt : wholeNumber(dim, 0, kMostDim);
            if (!size) {
                return fault(m_where, "MODEL-ST-SHAPE", "tensor " + shown(record.name) + " has a side of " + describeJson(dim));
            }
            record.shape.push_back(*size);
        }
        std::optional<std::int64_t> bytes(static_cast<std::int64_t>(bytesPerElement(record.type)));
        const bool empty = std::find(record.shape.begin(), record.shape.end(), 0) != record.shape.end();
        for (const std::int64_t size : record.shape) {
            bytes = bytes && !empty ? checkedMultiply(*bytes, size) : bytes;
        }
        if (!bytes) {
            return fault(m_where, "MODEL-ST-OVERFLOW", "the size of tensor " + shown(record.name) + " does not fit");
        }
        return empty ? 0 : static_cast<std::uint64_t>(*bytes);
    }

    Result<void> readRange(const Json& offsets, std::uint64_t bytes, TensorRecord record) {
        const bool pair = offsets.is_array() && offsets.size() == 2 && !offsets[0].is_number_float() && !offsets[1].is_number_float();
        const auto begin = pair ? wholeNumber(offsets[0], 0, INT64_MAX) : std::nullopt;
        const auto end = pair ? wholeNumber(offsets[1], 0, INT64_MAX) : std::nullopt;
        if (!begin || !end || *begin > *end) {
            return fault(m_where, "MODEL-ST-OFFSET", "tensor " + shown(record.name) + " has unusable data_offsets");
        }
        const Range range{static_cast<std::uint64_t>(*begin), static_cast<std::uint64_t>(*end), tensors.size()};
        if (range.end > m_dataBytes) {
            return fault(m_where, "MODEL-ST-OFFSET", "tensor " + shown(record.name) + " ends at byte " + formatCount(*end) + ", the file holds " +
                                                         formatCount(static_cast<std::int64_t>(m_dataBytes)));
        }
        if (range.end - range.begin != bytes) {
            return fault(m_where, "MODEL-ST-SIZE", "tensor " + shown(record.name) + " needs " + formatCount(static_cast<std::int64_t>(bytes)) + " bytes and has " +
                                                       formatCount(*end - *begin));
        }
        ranges.push_back(range);
        tensors.push_back(std::move(record));
        return {};
    }

    [[nodiscard]] Result<void> checkTiling() const {
        std::vector<Range> sorted = ranges;
        std::sort(sorted.begin(), sorted.end(), [](const Range& a, const Range& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
        std::uint64_t cursor = 0;
        const std::string* previous = nullptr;
        for (const Range& range : sorted) {
            const std::string& name = tensors[range.index].name;
            if (range.begin < cursor && range.begin == range.end) {
                return fault(m_where, "MODEL-ST-OFFSET", "empty tensor " + shown(name) + " lies inside " + shown(*previous));
            }
            if (range.begin < cursor) {
                return fault(m_where, "MODEL-ST-OVERLAP", "tensors " + shown(*previous) + " and " + shown(name) + " share bytes");
            }
            if (range.begin > cursor) {
                return fault(m_where, "MODEL-ST-HOLE", formatCount(static_cast<std::int64_t>(range.begin - cursor)) + " bytes before tensor " + shown(name) + " belong to nothing");
            }
            cursor = range.end;
            previous = range.end > range.begin || previous == nullptr ? &name : previous;
        }
        if (cursor != m_dataBytes) {
            return fault(m_where, "MODEL-ST-HOLE", formatCount(static_cast<std::int64_t>(m_dataBytes - cursor)) + " bytes at the end belong to nothing");
        }
        return {};
    }

    std::string m_where;
    std::uint64_t m_dataBytes;
};

/// Length of the JSON header, or why there is none.
Result<std::uint64_t> headerLength(Bytes file, const std::string& where) {
    const std::string foreign = describeForeignBytes(file);
    if (foreign == "a pickle" || foreign == "a ZIP archive") {
        return fault(where, "MODEL-PICKLE", "this is " + foreign + ", not safetensors", "pickled weights are never opened; convert them to safetensors");
    }
    if (!foreign.empty()) {
        return fault(where, "MODEL-FORMAT", "this is " + foreign + ", not safetensors", hintForForeignBytes(file));
    }
    if (file.size() < kPrefix) {
        return fault(where, "MODEL-ST-SHORT", "the file has " + formatCount(static_cast<std::int64_t>(file.size())) + " bytes");
    }
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < kPrefix; ++i) {
        length |= static_cast<std::uint64_t>(file[i]) << (8 * i);
    }
    if (length < 2 || length > kHardHeader || length > file.size() - kPrefix) {
        return fault(where, "MODEL-ST-HLEN", "the header length " + std::to_string(length) + " does not fit a file of " + formatCount(static_cast<std::int64_t>(file.size())) + " bytes");
    }
    if (length > kHeaderLimit) {
        Error error = fault(where, "MODEL-ST-LIMIT", "the header has " + formatBytes(length) + ", the limit is " + formatBytes(kHeaderLimit), "");
        error.code = ErrorCode::kLimit;
        return error;
    }
    return length;
}

}  // namespace

struct SafetensorsFile::State {
    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (mapping != nullptr) {
            ::munmap(mapping, mappedBytes);
        }
    }
    std::vector<std::uint8_t> copy;
    void* mapping = nullptr;
    std::size_t mappedBytes = 0;
    Bytes bytes;
    std::vector<TensorRecord> tensors;
    std::unordered_map<std::string, std::size_t> byName;
    std::map<std::string, std::string> metadata;

    Result<void> index(const std::string& where) {
        const auto length = headerLength(bytes, where);
        if (!length) {
            return length.error();
        }
        const void* start = bytes.data() + kPrefix;
        const std::string_view text(static_cast<const char*>(start), *length);
        if (text.front() != '{') {
            return fault(where, "MODEL-ST-JSON", "the header does not start with '{'");
        }
        const auto json = parseJson(text, where, JsonLimits{static_cast<std::int64_t>(kHeaderLimit), 8, 2'000'000});
        if (!json) {
            Error error = json.error();
            error.code = error.code == ErrorCode::kBadInput ? ErrorCode::kBadModel : error.code;
            error.id = error.id == "JSON-SYNTAX" || error.id == "JSON-NUM" ? "MODEL-ST-JSON" : "MODEL-" + error.id;
            error.what = "cannot read weights";
            return error;
        }
        const std::uint64_t dataAt = kPrefix + *length;
        HeaderReader reader(where, bytes.size() - dataAt);
        if (auto done = reader.read(*json); !done) {
            return done;
        }
        tensors = std::move(reader.tensors);
        metadata = std::move(reader.metadata);
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            tensors[i].bytes = bytes.subspan(dataAt + reader.ranges[i].begin, reader.ranges[i].end - reader.ranges[i].begin);
            byName.emplace(tensors[i].name, i);
        }
        return {};
    }
};

std::size_t bytesPerElement(StorageType type) {
    switch (type) {
        case StorageType::kF64:
        case StorageType::kI64: return 8;
        case StorageType::kF32:
        case StorageType::kI32: return 4;
        case StorageType::kF16:
        case StorageType::kBF16: return 2;
        case StorageType::kU8:
        case StorageType::kBool: return 1;
    }
    return 1;
}

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
    ReadOptions options;
    options.limit = INT64_MAX;
    options.errorClass = ErrorCode::kBadModel;
    options.what = "cannot read weights";
    options.allowEmpty = true;
    auto file = openRegularFile(path, options);
    if (!file) {
        return file.error();
    }
    if (file->size < static_cast<std::int64_t>(kPrefix)) {
        return fault(path.string(), "MODEL-ST-SHORT", "the file has " + formatCount(file->size) + " bytes");
    }
    auto state = std::make_shared<State>();
    const auto size = static_cast<std::size_t>(file->size);
    void* mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file->handle.get(), 0);
    if (mapping == MAP_FAILED) {
        return Error{ErrorCode::kDevice, "MEM-HOST", "cannot read weights", path.string(), "the system could not map " + formatBytes(size), "", nullptr};
    }
    state->mapping = mapping;
    state->mappedBytes = size;
    state->bytes = Bytes(static_cast<const std::uint8_t*>(mapping), size);
    // A file that shrank between the two looks must not be touched: reading past its end is a signal, not an error.
    struct stat now {};
    if (::fstat(file->handle.get(), &now) != 0 || now.st_size < file->size) {
        return fault(path.string(), "FILE-CHANGED", "the file shrank while being opened", "");
    }
    try {
        if (auto done = state->index(path.string()); !done) {
            return done.error();
        }
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::kDevice, "MEM-HOST", "cannot read weights", path.string(), "not enough memory", "", nullptr};
    }
    SafetensorsFile result;
    result.m_state = std::move(state);
    return result;
}

Result<SafetensorsFile> SafetensorsFile::parse(std::vector<std::uint8_t> bytes, const std::string& where) {
    auto state = std::make_shared<State>();
    state->copy = std::move(bytes);
    state->bytes = Bytes(state->copy);
    if (auto done = state->index(where); !done) {
        return done.error();
    }
    SafetensorsFile result;
    result.m_state = std::move(state);
    return result;
}

const std::vector<TensorRecord>& SafetensorsFile::tensors() const {
    static const std::vector<TensorRecord> kNone;
    return m_state ? m_state->tensors : kNone;
}

const TensorRecord* SafetensorsFile::find(const std::string& name) const {
    if (!m_state) {
        return nullptr;
    }
    const auto found = m_state->byName.find(name);
    return found == m_state->byName.end() ? nullptr : &m_state->tensors[found->second];
}

const std::map<std::string, std::string>& SafetensorsFile::metadata() const {
    static const std::map<std::string, std::string> kNone;
    return m_state ? m_state->metadata : kNone;
}

}  // namespace prunescope
