// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Numeric blocks shared by the towers and the decoder. (models.md 4.1, 4.2, 4.6)

#include "core/engine/torch_bridge.h"

#include <string>
#include <vector>

namespace prunescope::engine {

enum class Activation { kQuickGelu, kGelu, kGeluTanh, kSilu, kRelu };
/// By the config's name; fault MODEL-ACTIVATION when unknown.
[[nodiscard]] Activation activationOf(const std::string& name);
/// Element by element; may reuse x.
[[nodiscard]] at::Tensor activate(Activation kind, at::Tensor x, const Placement& placement);

struct LayerNorm {
    at::Tensor weight, bias;   ///< [d], type of the residual stream
    double eps = 1e-5;
    /// x [.., d] of the residual type -> compute type.
    [[nodiscard]] at::Tensor apply(const at::Tensor& x, const Placement& placement) const;
};

struct RmsNorm {
    at::Tensor weight;      ///< [d], type of the residual stream
    double eps = 1e-6;
    /// x [T, d] of the residual type -> compute type; upcast, normalise, cast back, then multiply.
    [[nodiscard]] at::Tensor apply(const at::Tensor& x, const Placement& placement) const;
};

/// Attention of a whole sequence: fused rows [T, (heads + 2 kvHeads) * headDim] (already rotated where there is rotation) -> [T, heads * headDim].
[[nodiscard]] at::Tensor attention(const at::Tensor& fused, int heads, int kvHeads, int headDim, bool causal, const Placement& placement, std::vector<float>& scratch);
/// The same from separate keys and values [kvHeads, capacity, headDim], of which the first T rows are used.
[[nodiscard]] at::Tensor cachedAttention(const at::Tensor& fused, const at::Tensor& keys, const at::Tensor& values, int heads, int headDim, const Placement& placement,
                                         std::vector<float>& scratch);

}  // namespace prunescope::engine
