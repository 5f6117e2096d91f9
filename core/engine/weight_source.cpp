// SPDX-License-Identifier: GPL-3.0-or-later
// Reading, checking and fusing weights.

#include "core/engine/weight_source.h"

#include <ATen/DeviceAccelerator.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linear.h>

#include <cstring>
#include <fstream>
#include <utility>

namespace prunescope::engine {

namespace {

/// Numbers whose exponent bits are all ones are infinite or not a number.
template <class Bits>
bool allFinite(const std::uint8_t* bytes, std::size_t count, Bits exponent) {
    bool bad = false;
    for (std::size_t i = 0; i < count; ++i) {
        Bits bits;
        std::memcpy(&bits, bytes + i * sizeof(Bits), sizeof(Bits));
        bad |= (bits & exponent) == exponent;
    }
    return !bad;
}

bool finite(const at::Tensor& t) {
    const auto* bytes = static_cast<const std::uint8_t*>(t.const_data_ptr());
    const auto count = static_cast<std::size_t>(t.numel());
    switch (t.scalar_type()) {
        case at::kFloat: return allFinite<std::uint32_t>(bytes, count, 0x7F800000U);
        case at::kBFloat16: return allFinite<std::uint16_t>(bytes, count, 0x7F80U);
        case at::kHalf: return allFinite<std::uint16_t>(bytes, count, 0x7C00U);
        default: return allFinite<std::uint64_t>(bytes, count, 0x7FF0000000000000ULL);
    }
}

std::string shapeText(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    }
    return text + "]";
}

/// Bytes the system can still give (Linux); 0 = unknown.
std::int64_t availableHostBytes() {
    std::ifstream info("/proc/meminfo");
    std::string key, unit;
    std::int64_t kib = 0;
    while (info >> key >> kib) {
        if (key == "MemAvailable:") {
            return kib * 1024;
        }
        std::getline(info, unit);
    }
    return 0;
}

}  // namespace

RowProduct Matrix::rows() const {
    return RowProduct{rowWeight.const_data_ptr(), elementOf(rowWeight), rowBias.defined() ? rowBias.const_data_ptr<float>() : nullptr, rowWeight.size(0), rowWeight.size(1)};
}

at::Tensor Matrix::apply(const at::Tensor& x) const {
    return bias.defined() ? at::linear(x, weight, bias) : at::linear(x, weight);
}

WeightSource::WeightSource(const Checkpoint& checkpoint, Placement placement, const ProgressSink& progress, std::stop_token stop)
    : m_checkpoint(&checkpoint), m_where(checkpoint.folder.filename().string()), m_placement(placement), m_progress(&progress), m_stop(std::move(stop)) {
    for (const auto& [name, entry] : checkpoint.weights) {
        m_totalBytes += static_cast<std::int64_t>(entry.record.bytes.size());
    }
}

WeightSource::WeightSource(const SafetensorsFile& file, std::string where, Placement placement, std::stop_token stop)
    : m_file(&file), m_where(std::move(where)), m_placement(placement), m_stop(std::move(stop)) {}

const TensorRecord* WeightSource::find(const std::string& name) const {
    if (m_checkpoint == nullptr) {
        return m_file->find(name);
    }
    const auto at = m_checkpoint->weights.find(name);
    return at == m_checkpoint->weights.end() ? nullptr : &at->second.record;
}

at::Tensor WeightSource::stored(const std::string& name, const std::vector<std::int64_t>& shape) {
    checkStop(m_stop);
    const TensorRecord* record = find(name);
    if (record == nullptr) {
        fail(ErrorCode::kBadModel, "MODEL-WEIGHT-MISSING", "cannot load model", name, "this weight is not in the checkpoint");
    }
    if (record->shape != shape) {
        fail(ErrorCode::kBadModel, "MODEL-WEIGHT-SHAPE", "cannot load model", name, "its shape is " + shapeText(record->shape) + ", the config asks for " + shapeText(shape));
    }
    at::ScalarType type = at::kFloat;
    switch (record->type) {
        case StorageType::kF64: type = at::kDouble; break;
        case StorageType::kF32: break;
        case StorageType::kF16: type = at::kHalf; break;
        case StorageType::kBF16: type = at::kBFloat16; break;
        default: fail(ErrorCode::kBadModel, "MODEL-WEIGHT-TYPE", "cannot load model", name, "weights must be floating-point numbers");
    }
    at::Tensor host = at::empty(shape, at::TensorOptions().dtype(type));
    if (host.nbytes() != record->bytes.size()) {
        fail(ErrorCode::kBadModel, "MODEL-WEIGHT-SHAPE", "cannot load model", name, "its bytes do not match its shape");
    }
    if (!record->bytes.empty()) {
        std::memcpy(host.mutable_data_ptr(), record->bytes.data(), record->bytes.size());
    }
    if (!finite(host)) {
        fail(ErrorCode::kNumeric, "NUM-WEIGHTS", "cannot load model", name, "it holds infinite values or NaN", "use an undamaged copy of the checkpoint");
    }
    m_parameters += host.numel();
    m_bytes += static_cast<std::int64_t>(record->bytes.size());
    if (m_progress != nullptr && *m_progress && m_totalBytes > 0) {
        (*m_progress)(static_cast<double>(m_bytes) / static_cast<double>(m_totalBytes), "loading weights");
    }
    return host;
}

at::Tensor WeightSource::converted(const at::Tensor& host, at::ScalarType type, const std::string& name) const {
    at::Tensor out = host.to(m_placement.device, type);
    const bool narrows = (type == at::kHalf && host.scalar_type() != at::kHalf) || (host.scalar_type() == at::kDouble && type != at::kDouble);
    if (narrows && !at::isfinite(out).all().item<bool>()) {
        fail(ErrorCode::kNumeric, "NUM-WEIGHTS", "cannot load model", name, "it holds values too large for the chosen type", "use --dtype float32 or bfloat16");
    }
    return out;
}

at::Tensor WeightSource::take(const std::string& name, const std::vector<std::int64_t>& shape, at::ScalarType type) {
    return converted(stored(name, shape), type, name);
}

Matrix WeightSource::matrix(const std::vector<std::string>& prefixes, const std::vector<std::int64_t>& outputs, std::int64_t inputs, bool forRows) {
    std::vector<at::Tensor> weights, biases;
    bool sameType = true;
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
        weights.push_back(stored(prefixes[i] + ".weight", {outputs[i], inputs}));
        sameType = sameType && weights[i].scalar_type() == weights[0].scalar_type();
        if (has(prefixes[i] + ".bias")) {
            biases.push_back(stored(prefixes[i] + ".bias", {outputs[i]}).to(at::kFloat));
        }
    }
    if (!biases.empty() && biases.size() != prefixes.size()) {
        fail(ErrorCode::kBadModel, "MODEL-WEIGHT-MISSING", "cannot load model", prefixes.front(), "some parts of this layer have a bias and others have none");
    }
    Matrix result;
    std::vector<at::Tensor> parts;
    parts.reserve(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
        parts.push_back(converted(weights[i], m_placement.compute, prefixes[i]));
    }
    result.weight = parts.size() == 1 ? parts[0] : at::cat(parts, 0);
    if (m_placement.onCpu()) {
        result.weight = m_arena.place(result.weight);
    }
    if (!biases.empty()) {
        result.rowBias = at::cat(biases, 0);
        result.bias = result.rowBias.to(m_placement.device, m_placement.compute);
    }
    // Decoding reads every weight once per token: 16-bit numbers from the file, widened in registers, are the same float32 numbers for half
    // the memory traffic.
    const bool compact = forRows && m_placement.ownLoops && m_placement.compute == at::kFloat && sameType &&
                         (weights[0].scalar_type() == at::kHalf || weights[0].scalar_type() == at::kBFloat16);
    if (compact) {
        result.rowWeight = m_rowArena.place(weights.size() == 1 ? weights[0] : at::cat(weights, 0));
    } else {
        result.rowWeight = result.weight;
    }
    return result;
}

void requireMemory(const Checkpoint& checkpoint, const Placement& placement) {
    std::int64_t needed = 256LL << 20;   // activations, caches of a short prompt, the library itself
    for (const auto& [name, entry] : checkpoint.weights) {
        std::int64_t count = 1;
        for (const std::int64_t n : entry.record.shape) {
            count *= n;
        }
        needed += count * static_cast<std::int64_t>(c10::elementSize(placement.compute));
        const bool sixteen = entry.record.type == StorageType::kF16 || entry.record.type == StorageType::kBF16;
        if (sixteen && placement.ownLoops && placement.compute == at::kFloat && name.starts_with("lm")) {
            needed += count * 2;
        }
    }
    std::int64_t available = 0;
    if (placement.onCpu()) {
        available = availableHostBytes();
    } else {
        try {
            available = static_cast<std::int64_t>(at::accelerator::getMemoryInfo(placement.device.index()).first);
        } catch (const std::exception&) {
            available = 0;   // not every device tells; the allocation itself will
        }
    }
    if (available > 0 && needed > available) {
        const auto mebibytes = [](std::int64_t bytes) { return std::to_string((bytes >> 20) + 1) + " MiB"; };
        fail(ErrorCode::kDevice, "MEM-MODEL", "cannot load model", checkpoint.folder.filename().string(),
             "it needs about " + mebibytes(needed) + ", " + mebibytes(available) + " are free", "use --dtype bfloat16 or a smaller model");
    }
}

}  // namespace prunescope::engine
