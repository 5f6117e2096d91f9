// SPDX-License-Identifier: GPL-3.0-or-later
// Stored elements to float32, and the writer.
#include "core/checkpoint/checkpoint.h"

#include "core/base/files.h"
#include "core/base/numbers.h"
#include "core/base/utf8.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>
#include <utility>

namespace prunescope {
namespace {

template <typename T>
T load(const std::uint8_t* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

float fromHalf(std::uint16_t bits) {
    const std::uint32_t sign = (bits & 0x8000U) << 16U;
    const std::uint32_t exponent = (bits >> 10U) & 31U;
    const std::uint32_t mantissa = bits & 0x3FFU;
    if (exponent == 31) {
        return std::bit_cast<float>(sign | 0x7F800000U | mantissa << 13U);
    }
    if (exponent != 0) {
        return std::bit_cast<float>(sign | (exponent + 112U) << 23U | mantissa << 13U);
    }
    const float small = static_cast<float>(mantissa) * 0x1p-24F;   // subnormal: exact
    return sign != 0 ? -small : small;
}

float fromBfloat(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U); }

Error notWritten(const std::filesystem::path& path, std::string id, std::string why) {
    return Error{ErrorCode::kNotWritten, std::move(id), "cannot write", path.string(), std::move(why), "the old content is unchanged", nullptr};
}

struct Layout {
    std::string header;                  ///< length prefix and padded JSON
    std::vector<std::size_t> order;      ///< int64 first, so that every tensor is aligned
};

Result<Layout> layOut(const std::filesystem::path& path, const std::vector<TensorToWrite>& tensors, const std::map<std::string, std::string>& metadata) {
    Layout layout;
    std::set<std::string> names;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const TensorToWrite& tensor = tensors[i];
        std::optional<std::int64_t> count(1);
        for (const std::int64_t size : tensor.shape) {
            count = count ? checkedMultiply(*count, size) : count;
        }
        const std::size_t have = tensor.f32.empty() ? tensor.i64.size() : tensor.f32.size();
        if (!count || static_cast<std::size_t>(*count) != have) {
            return notWritten(path, "OUT-SHAPE", "tensor '" + tensor.name + "' has a shape that is not its number of values");
        }
        if (tensor.name.empty() || tensor.name == "__metadata__" || !isUtf8(tensor.name) || !names.insert(tensor.name).second) {
            return notWritten(path, "OUT-NAME", "tensor name '" + tensor.name + "' is empty, reserved or used twice");
        }
        layout.order.push_back(i);
    }
    std::stable_partition(layout.order.begin(), layout.order.end(), [&](std::size_t i) { return tensors[i].f32.empty() && !tensors[i].i64.empty(); });
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    if (!metadata.empty()) {
        json["__metadata__"] = metadata;
    }
    std::uint64_t at = 0;
    for (const std::size_t i : layout.order) {
        const bool whole = tensors[i].f32.empty() && !tensors[i].i64.empty();
        const std::uint64_t bytes = whole ? tensors[i].i64.size() * sizeof(std::int64_t) : tensors[i].f32.size() * sizeof(float);
        json[tensors[i].name] = {{"dtype", whole ? "I64" : "F32"}, {"shape", tensors[i].shape}, {"data_offsets", {at, at + bytes}}};
        at += bytes;
    }
    std::string text = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    text.resize((text.size() + 7) / 8 * 8, ' ');
    for (unsigned i = 0; i < 8; ++i) {
        layout.header += static_cast<char>(static_cast<std::uint64_t>(text.size()) >> (8 * i) & 255U);
    }
    layout.header += text;
    return layout;
}

}  // namespace

Result<std::vector<float>> toFloat32(const TensorRecord& tensor) {
    const std::size_t size = bytesPerElement(tensor.type);
    const std::size_t count = tensor.bytes.size() / size;
    std::vector<float> values(count);
    const std::uint8_t* at = tensor.bytes.data();
    if (tensor.type == StorageType::kF32) {
        if (count > 0) {
            std::memcpy(values.data(), at, count * size);
        }
        return values;
    }
    for (std::size_t i = 0; i < count; ++i, at += size) {
        switch (tensor.type) {
            case StorageType::kF64: values[i] = static_cast<float>(load<double>(at)); break;
            case StorageType::kF32: values[i] = load<float>(at); break;
            case StorageType::kF16: values[i] = fromHalf(load<std::uint16_t>(at)); break;
            case StorageType::kBF16: values[i] = fromBfloat(load<std::uint16_t>(at)); break;
            case StorageType::kI64: values[i] = static_cast<float>(load<std::int64_t>(at)); break;
            case StorageType::kI32: values[i] = static_cast<float>(load<std::int32_t>(at)); break;
            case StorageType::kU8: values[i] = static_cast<float>(*at); break;
            case StorageType::kBool: values[i] = *at != 0 ? 1.0F : 0.0F; break;
        }
    }
    return values;
}

Result<void> writeSafetensors(const std::filesystem::path& path, const std::vector<TensorToWrite>& tensors, const std::map<std::string, std::string>& metadata) {
    const auto layout = layOut(path, tensors, metadata);
    if (!layout) {
        return layout.error();
    }
    return atomicWriteFile(path, [&](const WritePiece& write) {
        bool good = write(layout->header.data(), layout->header.size());
        for (const std::size_t i : layout->order) {
            const TensorToWrite& tensor = tensors[i];
            good = good && (tensor.f32.empty() ? write(tensor.i64.data(), tensor.i64.size() * sizeof(std::int64_t))
                                               : write(tensor.f32.data(), tensor.f32.size() * sizeof(float)));
        }
        return good;
    });
}

}  // namespace prunescope
