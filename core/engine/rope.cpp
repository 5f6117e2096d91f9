// SPDX-License-Identifier: GPL-3.0-or-later
// Rotary frequencies and tables. The powers, cosines and sines go through LibTorch's own float32 operators, so that they round as the
// oracle's do: an inverse frequency off by one unit shows at position 600.

#include "core/engine/rope.h"

#include "core/engine/torch_bridge.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <numbers>

namespace prunescope::engine {

std::vector<float> Rope::frequencies(double theta) const {
    const at::Tensor exponents = at::arange(0, m_headDim, 2, at::TensorOptions().dtype(at::kFloat)) / m_headDim;
    const at::Tensor inverse = at::reciprocal(at::pow(at::Scalar(theta), exponents)).contiguous();
    return {inverse.const_data_ptr<float>(), inverse.const_data_ptr<float>() + inverse.numel()};
}

Rope::Rope(const RopeConfig& config, int headDim, int maxPosition) : m_config(config), m_headDim(headDim), m_maxPosition(maxPosition) {
    m_frequencies = frequencies(config.theta);
    const auto factor = static_cast<float>(config.factor);
    if (config.type == "linear") {
        for (float& f : m_frequencies) {
            f /= factor;
        }
    } else if (config.type == "llama3") {
        const auto low = static_cast<float>(config.lowFreqFactor), high = static_cast<float>(config.highFreqFactor);
        const auto original = static_cast<float>(config.originalMaxPosition);
        for (float& f : m_frequencies) {
            const float wavelength = 2.0F * std::numbers::pi_v<float> / f;
            if (wavelength > original / low) {
                f /= factor;
            } else if (wavelength >= original / high) {
                const float smooth = (original / wavelength - low) / (high - low);
                f = (1.0F - smooth) * (f / factor) + smooth * f;
            }
        }
    }
}

void Rope::tables(const std::vector<std::int64_t>& positions, std::int64_t longest, std::vector<float>& cosine, std::vector<float>& sine) const {
    std::vector<float> inverse = m_frequencies;
    if (m_config.type == "dynamic" && longest > m_maxPosition) {
        const double stretch = m_config.factor * static_cast<double>(longest) / m_maxPosition - (m_config.factor - 1.0);
        inverse = frequencies(m_config.theta * std::pow(stretch, static_cast<double>(m_headDim) / (m_headDim - 2)));
    }
    const auto half = static_cast<std::int64_t>(inverse.size());
    const auto count = static_cast<std::int64_t>(positions.size());
    at::Tensor angles = at::empty({count, half}, at::TensorOptions().dtype(at::kFloat));
    float* angle = angles.mutable_data_ptr<float>();
    for (std::int64_t t = 0; t < count; ++t) {
        const auto position = static_cast<float>(positions[static_cast<std::size_t>(t)]);
        for (std::int64_t i = 0; i < half; ++i) {
            *angle++ = inverse[static_cast<std::size_t>(i)] * position;
        }
    }
    const at::Tensor c = at::cos(angles), s = at::sin(angles);
    cosine.assign(c.const_data_ptr<float>(), c.const_data_ptr<float>() + c.numel());
    sine.assign(s.const_data_ptr<float>(), s.const_data_ptr<float>() + s.numel());
}

}  // namespace prunescope::engine
