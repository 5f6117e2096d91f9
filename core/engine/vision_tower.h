// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// CLIP vision transformer, the projector behind it, and the way into CLIP space. Only the layers that are needed run. (models.md 4.2, 4.5, 12)

#include "core/engine/blocks.h"
#include "core/engine/weight_source.h"

#include <map>
#include <string>
#include <vector>

namespace prunescope::engine {

/// A pre-LayerNorm transformer block as CLIP has it, in both of its towers.
struct ClipBlock {
    LayerNorm norm1, norm2;
    Matrix qkv, out, fc1, fc2;
    static ClipBlock load(WeightSource& source, const std::string& prefix, int hidden, int intermediate, double eps, at::ScalarType normType);
    /// x [n, d] of the residual type, changed in place.
    void run(at::Tensor& x, int heads, bool causal, Activation activation, const Placement& placement, std::vector<float>& scratch) const;
};

class VisionTower {
public:
    VisionTower(WeightSource& source, const ModelConfig& config, const Placement& placement, bool forClip);

    struct Hidden {
        at::Tensor features;   ///< [n, dv * layers], residual type
        at::Tensor clip;       ///< [n, dv] of the layer that feeds CLIP space, or undefined
    };
    /// pixels [1, 3, S, S] -> selected hidden states.
    [[nodiscard]] Hidden run(const HostTensor& pixels, std::stop_token stop);
    [[nodiscard]] const std::map<std::string, LayerNorm>& norms() const { return m_norms; }
    [[nodiscard]] Activation activation() const { return m_activation; }

private:
    [[nodiscard]] at::Tensor embed(const HostTensor& pixels) const;
    [[nodiscard]] int absoluteLayer(int layer) const;

    ModelConfig m_config;
    Placement m_placement;
    Activation m_activation;
    at::Tensor m_patches;     ///< [d, 3 * P * P] compute type
    at::Tensor m_class, m_positions;   ///< [1, d], [n + 1, d] residual type
    LayerNorm m_preNorm;
    std::vector<ClipBlock> m_blocks;
    std::map<std::string, LayerNorm> m_norms;   ///< by canonical name (probes)
    int m_clipLayer = -1;     ///< hidden state for CLIP space, -1: not wanted
    std::vector<float> m_scratch;
};

/// linear_1, activation, linear_2.
class Projector {
public:
    Projector(WeightSource& source, const ModelConfig& config, const Placement& placement);
    [[nodiscard]] at::Tensor run(const at::Tensor& features) const;
    [[nodiscard]] Activation activation() const { return m_activation; }

private:
    Placement m_placement;
    Activation m_activation;
    Matrix m_first, m_second;
};

}  // namespace prunescope::engine
