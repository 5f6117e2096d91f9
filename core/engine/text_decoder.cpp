// SPDX-License-Identifier: GPL-3.0-or-later
// The decoder's weights and its work on many rows at once.

#include "core/engine/text_decoder.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace prunescope::engine {

TextDecoder::TextDecoder(WeightSource& source, const ModelConfig& config, const Placement& placement)
    : m_config(config.text), m_placement(placement), m_activation(activationOf(config.text.activation)),
      m_rope(config.text.rope, config.text.headDim, config.text.maxPosition), m_vocab(config.text.vocab) {
    const TextConfig& t = m_config;
    if (t.heads <= 0 || t.kvHeads <= 0 || t.heads % t.kvHeads != 0 || t.headDim <= 0 || t.headDim % 2 != 0 || t.hidden <= 0) {
        fail(ErrorCode::kBadModel, "MODEL-TEXT", "cannot load model", "text_config", "its sizes do not fit together");
    }
    const std::int64_t q = static_cast<std::int64_t>(t.heads) * t.headDim, kv = static_cast<std::int64_t>(t.kvHeads) * t.headDim;
    const auto norm = [&](const std::string& name) {
        RmsNorm loaded{source.take(name + ".weight", {t.hidden}, placement.residual()), t.rmsNormEps};
        m_norms[name] = loaded;
        return loaded;
    };
    m_table = source.take("lm.embed_tokens.weight", {m_vocab, t.hidden}, placement.compute);
    for (int i = 0; i < t.layers; ++i) {
        const std::string name = "lm.layers." + std::to_string(i), attention = name + ".self_attn.", mlp = name + ".mlp.";
        Layer layer;
        layer.inputNorm = norm(name + ".input_layernorm");
        layer.qkv = source.matrix({attention + "q_proj", attention + "k_proj", attention + "v_proj"}, {q, kv, kv}, t.hidden, true);
        layer.out = source.matrix({attention + "o_proj"}, {t.hidden}, q, true);
        layer.postNorm = norm(name + ".post_attention_layernorm");
        layer.gateUp = source.matrix({mlp + "gate_proj", mlp + "up_proj"}, {t.intermediate, t.intermediate}, t.hidden, true);
        layer.down = source.matrix({mlp + "down_proj"}, {t.hidden}, t.intermediate, true);
        m_layers.push_back(std::move(layer));
    }
    m_finalNorm = norm("lm.norm");
    // A head in the file is used whatever the config says; without one the embedding table is the head.
    const bool ownHead = source.has("lm_head.weight");
    if (ownHead) {
        m_head = source.matrix({"lm_head"}, {m_vocab}, t.hidden, true);
    } else {
        m_head.weight = m_head.rowWeight = m_table;
    }
    m_rowBytes = 0;
    for (const Layer& layer : m_layers) {
        for (const Matrix* matrix : {&layer.qkv, &layer.out, &layer.gateUp, &layer.down}) {
            m_rowBytes += static_cast<std::int64_t>(matrix->rowWeight.nbytes());
        }
    }
}

HostTensor TextDecoder::embed(const std::vector<std::int64_t>& ids) const {
    for (const std::int64_t id : ids) {
        if (id < 0 || id >= m_vocab) {
            fail(ErrorCode::kBadInput, "PROMPT-ID", "cannot embed the prompt", "", "token id " + std::to_string(id) + " is outside the model's " + std::to_string(m_vocab) + " rows");
        }
    }
    if (ids.empty()) {
        return HostTensor({0, m_config.hidden});
    }
    return toHost(at::index_select(m_table, 0, at::tensor(ids).to(m_placement.device)));
}

void TextDecoder::begin(std::int64_t capacity) {
    if (capacity > m_capacity) {
        const auto options = at::TensorOptions().dtype(m_placement.compute).device(m_placement.device);
        for (Layer& layer : m_layers) {
            layer.keys = layer.values = at::Tensor();
        }
        const at::Tensor cache = at::empty({static_cast<std::int64_t>(2 * m_layers.size()), m_config.kvHeads, capacity, m_config.headDim}, options);
        preferLargePages(cache);
        for (std::size_t i = 0; i < m_layers.size(); ++i) {
            m_layers[i].keys = cache.select(0, static_cast<std::int64_t>(2 * i));
            m_layers[i].values = cache.select(0, static_cast<std::int64_t>(2 * i + 1));
        }
        m_capacity = capacity;
    }
    m_length = 0;
    m_longest = 0;
}

std::int64_t TextDecoder::cacheBytes() const {
    const auto element = static_cast<std::int64_t>(c10::elementSize(m_placement.compute));
    return 2 * static_cast<std::int64_t>(m_layers.size()) * m_config.kvHeads * m_length * m_config.headDim * element;
}

void TextDecoder::setRotation(const std::vector<std::int64_t>& positions) {
    for (const std::int64_t position : positions) {
        m_longest = std::max(m_longest, position + 1);
    }
    m_rope.tables(positions, m_longest, m_cosine, m_sine);
    if (!m_placement.ownLoops) {
        const std::int64_t half = m_config.headDim / 2, count = static_cast<std::int64_t>(positions.size());
        const auto onDevice = [&](std::vector<float>& table) {
            const at::Tensor one = fromHost(HostTensor({count, half}, table), m_placement.device, m_placement.compute);
            return at::cat({one, one}, 1);
        };
        m_cosTable = onDevice(m_cosine);
        m_sinTable = onDevice(m_sine);
    }
}

/// Rotates q in place, writes k and v at the end of the cache. `heads` = 0: the rows hold k and v only.
void TextDecoder::rotateIntoCache(Layer& layer, at::Tensor& fused, int heads) {
    const int kvHeads = m_config.kvHeads, headDim = m_config.headDim;
    const std::int64_t count = fused.size(0), at = m_length;
    if (m_placement.ownLoops) {
        auto* data = static_cast<std::uint8_t*>(fused.mutable_data_ptr());
        auto* keys = static_cast<std::uint8_t*>(layer.keys.mutable_data_ptr());
        auto* values = static_cast<std::uint8_t*>(layer.values.mutable_data_ptr());
        const auto size = static_cast<std::int64_t>(fused.element_size());
        const Element element = elementOf(fused);
        forRanges(count, 32, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t t = first; t < last; ++t) {
                RotateRow row;
                row.fused = data + t * fused.size(1) * size;
                row.element = element;
                row.cosine = m_cosine.data() + t * (headDim / 2);
                row.sine = m_sine.data() + t * (headDim / 2);
                row.heads = heads;
                row.kvHeads = kvHeads;
                row.headDim = headDim;
                row.cacheKeys = keys + (at + t) * headDim * size;
                row.cacheValues = values + (at + t) * headDim * size;
                row.cacheStride = m_capacity * headDim;
                cpuKernels().rotate(row);
            }
        });
        return;
    }
    const at::Tensor split = fused.view({count, heads + 2 * kvHeads, headDim});
    at::Tensor rotating = split.narrow(1, 0, heads + kvHeads);
    const at::Tensor cosine = m_cosTable.unsqueeze(1), sine = m_sinTable.unsqueeze(1);
    const at::Tensor turned = at::cat({-rotating.narrow(2, headDim / 2, headDim / 2), rotating.narrow(2, 0, headDim / 2)}, 2);
    rotating.copy_(rotating * cosine + turned * sine);
    layer.keys.narrow(1, at, count).copy_(split.narrow(1, heads, kvHeads).transpose(0, 1));
    layer.values.narrow(1, at, count).copy_(split.narrow(1, heads + kvHeads, kvHeads).transpose(0, 1));
}

void TextDecoder::addTo(at::Tensor& h, const at::Tensor& y) const {
    if (!m_placement.ownLoops) {
        h.add_(y);
        return;
    }
    auto* to = h.mutable_data_ptr<float>();
    const auto* from = static_cast<const std::uint8_t*>(y.const_data_ptr());
    const auto size = static_cast<std::int64_t>(y.element_size());
    const Element element = elementOf(y);
    forRanges(h.numel(), 16384, [&](std::int64_t first, std::int64_t last) { cpuKernels().add(to + first, from + first * size, element, last - first); });
}

at::Tensor TextDecoder::feedForward(const Layer& layer, const at::Tensor& normed) const {
    at::Tensor both = layer.gateUp.apply(normed);
    const std::int64_t width = m_config.intermediate, count = both.size(0);
    if (!m_placement.ownLoops || m_activation != Activation::kSilu) {
        return layer.down.apply(activate(m_activation, both.narrow(1, 0, width).contiguous(), m_placement) * both.narrow(1, width, width));
    }
    at::Tensor active = at::empty({count, width}, both.options());
    const auto* from = static_cast<const std::uint8_t*>(both.const_data_ptr());
    auto* to = static_cast<std::uint8_t*>(active.mutable_data_ptr());
    const auto size = static_cast<std::int64_t>(both.element_size());
    const Element element = elementOf(both);
    forRanges(count, 16, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t t = first; t < last; ++t) {
            const std::uint8_t* row = from + t * 2 * width * size;
            cpuKernels().siluMultiply(row, row + width * size, to + t * width * size, element, width);
        }
    });
    return layer.down.apply(active);
}

void TextDecoder::runLayer(Layer& layer, at::Tensor& h) {
    at::Tensor fused = layer.qkv.apply(layer.inputNorm.apply(h, m_placement));
    rotateIntoCache(layer, fused, m_config.heads);
    addTo(h, layer.out.apply(cachedAttention(fused, layer.keys, layer.values, m_config.heads, m_config.headDim, m_placement, m_scratch)));
    addTo(h, feedForward(layer, layer.postNorm.apply(h, m_placement)));
}

/// Hidden rows after the first `layers` layers; their keys and values are in the cache, m_length is not moved yet.
at::Tensor TextDecoder::promptStates(const HostTensor& rows, const std::vector<std::int64_t>& positions, std::size_t layers, const std::stop_token& stop) {
    const auto count = static_cast<std::int64_t>(positions.size());
    if (rows.shape() != std::vector<std::int64_t>{count, m_config.hidden} || count == 0 || count > m_capacity) {
        fail(ErrorCode::kInternal, "ENGINE-PROMPT", "cannot run the prompt", "", "rows, positions and cache do not match");
    }
    setRotation(positions);
    at::Tensor h = fromHost(rows, m_placement.device, m_placement.residual());
    for (std::size_t i = 0; i < layers; ++i) {
        checkStop(stop);
        runLayer(m_layers[i], h);
    }
    return h;
}

void TextDecoder::prefill(const HostTensor& rows, const std::vector<std::int64_t>& positions, const std::stop_token& stop, std::vector<float>& logits) {
    const auto count = static_cast<std::int64_t>(positions.size());
    if (!m_placement.ownLoops || m_activation != Activation::kSilu || m_layers.empty()) {
        at::Tensor h = promptStates(rows, positions, m_layers.size(), stop);
        m_length = count;
        const at::Tensor last = m_head.apply(m_finalNorm.apply(h.narrow(0, count - 1, 1).contiguous(), m_placement));
        const HostTensor host = toHost(last);
        logits.assign(host.values().begin(), host.values().end());
        return;
    }
    // Nobody reads the last layer's output but at the last position: the other rows only leave their keys and values there.
    at::Tensor h = promptStates(rows, positions, m_layers.size() - 1, stop);
    Layer& top = m_layers.back();
    if (count > 1) {
        const std::int64_t queries = static_cast<std::int64_t>(m_config.heads) * m_config.headDim, rest = top.qkv.weight.size(0) - queries;
        const at::Tensor normed = top.inputNorm.apply(h, m_placement), weight = top.qkv.weight.narrow(0, queries, rest);
        at::Tensor fused = top.qkv.bias.defined() ? at::linear(normed, weight, top.qkv.bias.narrow(0, queries, rest)) : at::linear(normed, weight);
        rotateIntoCache(top, fused, 0);
    }
    checkStop(stop);
    m_row.x.resize(static_cast<std::size_t>(m_config.hidden));
    std::memcpy(m_row.x.data(), h.const_data_ptr<float>() + (count - 1) * m_config.hidden, m_row.x.size() * sizeof(float));
    const std::int64_t half = m_config.headDim / 2;
    rowThrough(m_layers.size() - 1, count - 1, m_cosine.data() + (count - 1) * half, m_sine.data() + (count - 1) * half, stop, logits);
    m_length = count;
}

at::Tensor TextDecoder::prefillAll(const HostTensor& rows, const std::vector<std::int64_t>& positions, const std::stop_token& stop) {
    at::Tensor h = promptStates(rows, positions, m_layers.size(), stop);
    m_length = static_cast<std::int64_t>(positions.size());
    return m_head.apply(m_finalNorm.apply(h, m_placement)).to(at::kFloat);
}

void TextDecoder::step(std::int64_t id, std::int64_t position, const std::stop_token& stop, std::vector<float>& logits) {
    if (m_length >= m_capacity) {
        fail(ErrorCode::kInternal, "ENGINE-CACHE", "cannot decode", "", "the key-value cache is full");
    }
    if (id < 0 || id >= m_vocab) {
        fail(ErrorCode::kBadInput, "PROMPT-ID", "cannot decode", "", "token id " + std::to_string(id) + " is outside the vocabulary");
    }
    setRotation({position});
    const at::Tensor row = m_table.narrow(0, id, 1);
    if (!m_placement.ownLoops || m_activation != Activation::kSilu) {
        checkStop(stop);
        rowPortable(row.to(m_placement.residual()).clone(), logits);
        return;
    }
    m_row.x.resize(static_cast<std::size_t>(m_config.hidden));
    cpuKernels().toFloat(row.const_data_ptr(), elementOf(row), m_row.x.data(), m_config.hidden);
    rowThrough(0, m_length, m_cosine.data(), m_sine.data(), stop, logits);
    ++m_length;
}

void TextDecoder::rowPortable(at::Tensor h, std::vector<float>& logits) {
    const std::int64_t heads = m_config.heads, headDim = m_config.headDim, repeat = heads / m_config.kvHeads;
    for (Layer& layer : m_layers) {
        at::Tensor fused = layer.qkv.apply(layer.inputNorm.apply(h, m_placement));
        rotateIntoCache(layer, fused, m_config.heads);
        const at::Tensor q = fused.narrow(1, 0, heads * headDim).view({1, m_config.kvHeads, repeat, headDim});
        const at::Tensor keys = layer.keys.narrow(1, 0, m_length + 1).unsqueeze(0), values = layer.values.narrow(1, 0, m_length + 1).unsqueeze(0);
        // The query heads of one key head stand as rows: grouped attention without copies of the cache.
        const at::Tensor attended = at::scaled_dot_product_attention(q, keys, values).reshape({1, heads * headDim});
        addTo(h, layer.out.apply(attended));
        addTo(h, feedForward(layer, layer.postNorm.apply(h, m_placement)));
    }
    ++m_length;
    const HostTensor host = toHost(m_head.apply(m_finalNorm.apply(h, m_placement)));
    logits.assign(host.values().begin(), host.values().end());
}

}  // namespace prunescope::engine
