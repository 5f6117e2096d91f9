// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// From mapped checkpoint bytes to tensors on a device: checked (shape, type, finite numbers), converted, fused. (models.md 2.2, performance.md 2.5)

#include "core/engine/torch_bridge.h"
#include "core/run/language_model.h"

#include <initializer_list>
#include <vector>

namespace prunescope::engine {

/// A linear layer's weights as the engine uses them.
struct Matrix {
    at::Tensor weight;      ///< [out, in], compute type
    at::Tensor bias;        ///< [out] compute type, or undefined
    at::Tensor rowWeight;   ///< what the row loops read: `weight`, or the stored 16-bit numbers when that is lossless
    at::Tensor rowBias;     ///< [out] float32, or undefined
    /// For cpu_kernels.h; only on the CPU.
    [[nodiscard]] RowProduct rows() const;
    /// x [.., in] -> [.., out].
    [[nodiscard]] at::Tensor apply(const at::Tensor& x) const;
};

/// Reads named weights of one checkpoint (or of a bare safetensors file, for the CLIP text tower).
class WeightSource {
public:
    WeightSource(const Checkpoint& checkpoint, Placement placement, const ProgressSink& progress, std::stop_token stop);
    WeightSource(const SafetensorsFile& file, std::string where, Placement placement, std::stop_token stop);

    [[nodiscard]] bool has(const std::string& name) const { return find(name) != nullptr; }
    /// One tensor as `type` on the device; `shape` is required. Faults: MODEL-WEIGHT-MISSING, MODEL-WEIGHT-SHAPE, MODEL-WEIGHT-TYPE, NUM-WEIGHTS.
    [[nodiscard]] at::Tensor take(const std::string& name, const std::vector<std::int64_t>& shape, at::ScalarType type);
    /// Linear layers stacked on their outputs ("PREFIX.weight", and "PREFIX.bias" where every one has it).
    [[nodiscard]] Matrix matrix(const std::vector<std::string>& prefixes, const std::vector<std::int64_t>& outputs, std::int64_t inputs, bool forRows = false);
    [[nodiscard]] std::int64_t parameters() const { return m_parameters; }

private:
    [[nodiscard]] const TensorRecord* find(const std::string& name) const;
    [[nodiscard]] at::Tensor stored(const std::string& name, const std::vector<std::int64_t>& shape);
    [[nodiscard]] at::Tensor converted(const at::Tensor& host, at::ScalarType type, const std::string& name) const;

    const Checkpoint* m_checkpoint = nullptr;
    const SafetensorsFile* m_file = nullptr;
    std::string m_where;
    Placement m_placement;
    const ProgressSink* m_progress = nullptr;
    std::stop_token m_stop;
    WeightArena m_arena, m_rowArena;
    std::int64_t m_parameters = 0, m_bytes = 0, m_totalBytes = 0;
};

/// Refuses a model that cannot fit (MEM-MODEL): weights in the compute type plus working memory against what the device has left.
void requireMemory(const Checkpoint& checkpoint, const Placement& placement);

}  // namespace prunescope::engine
