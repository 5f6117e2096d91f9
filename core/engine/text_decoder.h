// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The language model: Llama, Mistral and Qwen2 differ only in numbers of the config. A preallocated key-value cache, explicit positions, one
// call for the prompt and one per token. On the CPU the loops of cpu_kernels.h do everything between the large products; elsewhere the same
// arithmetic runs through LibTorch operators. (models.md 4.6, 4.7, 10; performance.md 2.3)

#include "core/engine/blocks.h"
#include "core/engine/cpu_team.h"
#include "core/engine/rope.h"
#include "core/engine/weight_source.h"

#include <map>
#include <string>
#include <vector>

namespace prunescope::engine {

class TextDecoder {
public:
    TextDecoder(WeightSource& source, const ModelConfig& config, const Placement& placement);

    /// Rows of the embedding table as float32, [ids, d].
    [[nodiscard]] HostTensor embed(const std::vector<std::int64_t>& ids) const;
    /// Starts a sequence of at most `capacity` tokens.
    void begin(std::int64_t capacity);
    /// Runs the prompt [T, d] (float32 rows) at its positions; returns the last position's logits.
    void prefill(const HostTensor& rows, const std::vector<std::int64_t>& positions, const std::stop_token& stop, std::vector<float>& logits);
    /// The same with logits at every position, [T, V] float32.
    [[nodiscard]] at::Tensor prefillAll(const HostTensor& rows, const std::vector<std::int64_t>& positions, const std::stop_token& stop);
    /// Runs one more token at `position`; returns its logits.
    void step(std::int64_t id, std::int64_t position, const std::stop_token& stop, std::vector<float>& logits);
    /// Bytes of keys and values written so far.
    [[nodiscard]] std::int64_t cacheBytes() const;
    [[nodiscard]] std::int64_t vocabulary() const { return m_vocab; }
    [[nodiscard]] const std::map<std::string, RmsNorm>& norms() const { return m_norms; }
    [[nodiscard]] Activation activation() const { return m_activation; }

private:
    struct Layer {
        RmsNorm inputNorm, postNorm;
        Matrix qkv, out, gateUp, down;
        at::Tensor keys, values;   ///< [kvHeads, capacity, headDim]
    };
    struct RowBuffers {
        std::vector<float> x, fused, attended, product, active, cosine, sine;
    };

    void setRotation(const std::vector<std::int64_t>& positions);
    [[nodiscard]] at::Tensor promptStates(const HostTensor& rows, const std::vector<std::int64_t>& positions, std::size_t layers, const std::stop_token& stop);
    void runLayer(Layer& layer, at::Tensor& h);
    void rotateIntoCache(Layer& layer, at::Tensor& fused, int heads);
    void addTo(at::Tensor& h, const at::Tensor& y) const;
    [[nodiscard]] at::Tensor feedForward(const Layer& layer, const at::Tensor& normed) const;
    // One row on the CPU (text_decoder_row.cpp).
    void rowThrough(std::size_t firstLayer, std::int64_t index, const float* cosine, const float* sine, const std::stop_token& stop, std::vector<float>& logits);
    void rowLayer(const Layer& layer, std::int64_t index, const float* cosine, const float* sine, TeamMember& member);
    void rowAttention(const Layer& layer, std::int64_t index, const float* cosine, const float* sine, TeamMember& member);
    [[nodiscard]] int teamSize() const;
    // One row through LibTorch operators.
    void rowPortable(at::Tensor h, std::vector<float>& logits);

    TextConfig m_config;
    Placement m_placement;
    Activation m_activation;
    Rope m_rope;
    std::int64_t m_vocab = 0;
    at::Tensor m_table;   ///< [V, d] compute type
    std::vector<Layer> m_layers;
    RmsNorm m_finalNorm;
    Matrix m_head;
    std::map<std::string, RmsNorm> m_norms;
    std::int64_t m_capacity = 0, m_length = 0, m_longest = 0, m_rowBytes = 0;
    std::vector<float> m_cosine, m_sine, m_scratch;
    at::Tensor m_cosTable, m_sinTable;   ///< [T, headDim] on the device, for the portable path
    RowBuffers m_row;
};

}  // namespace prunescope::engine
