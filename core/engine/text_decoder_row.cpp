// SPDX-License-Identifier: GPL-3.0-or-later
// One token on the CPU: a team of threads walks through the layers together. No tensor is made and nothing is allocated; weights and cache
// are read once each, which is what the time of a step consists of.

#include "core/engine/text_decoder.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace prunescope::engine {

namespace {

/// Rows of a product that go to one thread at a time.
constexpr std::int64_t kRowUnit = 8;

}  // namespace

int TextDecoder::teamSize() const {
    // With less than a few megabytes of weights for each, a further thread brings less than the barriers cost.
    constexpr std::int64_t kBytesPerMember = 4LL << 20;
    const std::int64_t useful = std::max<std::int64_t>(1, m_rowBytes / kBytesPerMember);
    return static_cast<int>(std::min<std::int64_t>(useful, at::get_num_threads()));
}

void TextDecoder::rowThrough(std::size_t firstLayer, std::int64_t index, const float* cosine, const float* sine, const std::stop_token& stop, std::vector<float>& logits) {
    const auto hidden = static_cast<std::size_t>(m_config.hidden);
    const std::size_t fusedWidth = static_cast<std::size_t>(m_config.heads + 2 * m_config.kvHeads) * static_cast<std::size_t>(m_config.headDim);
    m_row.fused.resize(fusedWidth);
    m_row.attended.resize(static_cast<std::size_t>(m_config.heads) * static_cast<std::size_t>(m_config.headDim));
    m_row.product.resize(hidden);
    m_row.active.resize(2 * static_cast<std::size_t>(m_config.intermediate));
    logits.resize(static_cast<std::size_t>(m_vocab));
    const RowProduct head = m_head.rows();
    std::atomic<bool> stopped{false};
    const int wanted = teamSize();
    // Per thread: a normalised row, attention scores, a rotated query and key.
    const std::size_t perMember = hidden + static_cast<std::size_t>(index) + 1 + 4 * static_cast<std::size_t>(m_config.headDim);
    if (m_scratch.size() < perMember * static_cast<std::size_t>(wanted)) {
        m_scratch.resize(perMember * static_cast<std::size_t>(wanted));
    }
    asTeam(wanted, [&](TeamMember& member) {
        for (std::size_t i = firstLayer; i < m_layers.size(); ++i) {
            if (member.rank() == 0 && stop.stop_requested()) {
                stopped.store(true, std::memory_order_relaxed);
            }
            rowLayer(m_layers[i], index, cosine, sine, member);   // ends with a barrier, so that all members see the flag
            if (stopped.load(std::memory_order_relaxed)) {
                return;
            }
        }
        float* normed = m_scratch.data() + static_cast<std::size_t>(member.rank()) * perMember;
        cpuKernels().rmsNorm(m_row.x.data(), m_finalNorm.weight.const_data_ptr<float>(), static_cast<float>(m_finalNorm.eps), normed, Element::kF32, m_config.hidden);
        cpuKernels().product(head, normed, logits.data(), member.begin(m_vocab, kRowUnit), member.end(m_vocab, kRowUnit));
    });
    if (stopped.load()) {
        throw Cancelled{};
    }
}

void TextDecoder::rowLayer(const Layer& layer, std::int64_t index, const float* cosine, const float* sine, TeamMember& member) {
    const CpuKernels& cpu = cpuKernels();
    const std::int64_t hidden = m_config.hidden, width = m_config.intermediate;
    const std::size_t perMember = static_cast<std::size_t>(hidden + index + 1 + 4 * m_config.headDim);
    float* normed = m_scratch.data() + static_cast<std::size_t>(member.rank()) * perMember;
    const auto share = [&](const RowProduct& product, const float* x, float* y) {
        cpu.product(product, x, y, member.begin(product.rows, kRowUnit), member.end(product.rows, kRowUnit));
    };
    const auto addShare = [&](const RowProduct& product, const float* x) {
        const std::int64_t first = member.begin(hidden, kRowUnit), last = member.end(hidden, kRowUnit);
        cpu.product(product, x, m_row.product.data(), first, last);
        cpu.add(m_row.x.data() + first, m_row.product.data() + first, Element::kF32, last - first);
    };
    cpu.rmsNorm(m_row.x.data(), layer.inputNorm.weight.const_data_ptr<float>(), static_cast<float>(layer.inputNorm.eps), normed, Element::kF32, hidden);
    share(layer.qkv.rows(), normed, m_row.fused.data());
    member.barrier();
    rowAttention(layer, index, cosine, sine, member);
    member.barrier();
    addShare(layer.out.rows(), m_row.attended.data());
    member.barrier();
    cpu.rmsNorm(m_row.x.data(), layer.postNorm.weight.const_data_ptr<float>(), static_cast<float>(layer.postNorm.eps), normed, Element::kF32, hidden);
    RowProduct gateUp = layer.gateUp.rows();
    const std::int64_t first = member.begin(width, kRowUnit), last = member.end(width, kRowUnit);
    float* active = m_row.active.data();
    cpu.product(gateUp, normed, active, first, last);
    cpu.product(gateUp, normed, active, width + first, width + last);
    cpu.siluMultiply(active + first, active + width + first, active + first, Element::kF32, last - first);
    member.barrier();
    addShare(layer.down.rows(), active);
    member.barrier();
}

void TextDecoder::rowAttention(const Layer& layer, std::int64_t index, const float* cosine, const float* sine, TeamMember& member) {
    const CpuKernels& cpu = cpuKernels();
    const int heads = m_config.heads, kvHeads = m_config.kvHeads, headDim = m_config.headDim, repeat = heads / kvHeads, half = headDim / 2;
    const std::size_t perMember = static_cast<std::size_t>(m_config.hidden + index + 1 + 4 * headDim);
    float* scores = m_scratch.data() + static_cast<std::size_t>(member.rank()) * perMember + m_config.hidden;
    float* query = scores + index + 1;
    float* key = query + headDim;
    const auto element = static_cast<std::int64_t>(c10::elementSize(m_placement.compute));
    const Element type = elementOf(layer.keys);
    auto* keys = static_cast<std::uint8_t*>(layer.keys.mutable_data_ptr());
    auto* values = static_cast<std::uint8_t*>(layer.values.mutable_data_ptr());
    const auto turn = [&](const float* from, float* to) {
        for (int i = 0; i < half; ++i) {
            to[i] = from[i] * cosine[i] - from[half + i] * sine[i];
            to[half + i] = from[half + i] * cosine[i] + from[i] * sine[i];
        }
    };
    const std::int64_t first = member.begin(heads, 1), last = member.end(heads, 1);
    for (std::int64_t h = first; h < last; ++h) {
        const std::int64_t kv = h / repeat;
        const float* value = m_row.fused.data() + (heads + kvHeads + kv) * headDim;
        turn(m_row.fused.data() + h * headDim, query);
        turn(m_row.fused.data() + (heads + kv) * headDim, key);
        std::uint8_t* keyRows = keys + kv * m_capacity * headDim * element;
        std::uint8_t* valueRows = values + kv * m_capacity * headDim * element;
        AttentionOne a;
        a.query = query;
        a.currentKey = key;
        a.currentValue = value;
        a.keys = keyRows;
        a.values = valueRows;
        a.element = type;
        a.length = index;
        a.headDim = headDim;
        a.scale = 1.0F / std::sqrt(static_cast<float>(headDim));
        a.out = m_row.attended.data() + h * headDim;
        a.scratch = scores;
        cpu.attendOne(a);
        if (h % repeat == 0) {   // the first query head of a group leaves the new key and value behind
            cpu.fromFloat(key, keyRows + index * headDim * element, type, headDim);
            cpu.fromFloat(value, valueRows + index * headDim * element, type, headDim);
        }
    }
}

}  // namespace prunescope::engine
