// SPDX-License-Identifier: GPL-3.0-or-later
// Norms, activations and whole-sequence attention.

#include "core/engine/blocks.h"

#include "core/engine/cpu_team.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>

#include <cmath>
#include <utility>

namespace prunescope::engine {

Activation activationOf(const std::string& name) {
    if (name == "quick_gelu") {
        return Activation::kQuickGelu;
    }
    if (name == "gelu") {
        return Activation::kGelu;
    }
    if (name == "gelu_pytorch_tanh") {
        return Activation::kGeluTanh;
    }
    if (name == "silu") {
        return Activation::kSilu;
    }
    if (name == "relu") {
        return Activation::kRelu;
    }
    fail(ErrorCode::kBadModel, "MODEL-ACTIVATION", "cannot load model", name, "this activation is not known", "known are quick_gelu, gelu, gelu_pytorch_tanh, silu and relu");
}

at::Tensor activate(Activation kind, at::Tensor x, const Placement& placement) {
    switch (kind) {
        case Activation::kGelu: return at::gelu(x, "none");
        case Activation::kGeluTanh: return at::gelu(x, "tanh");
        case Activation::kSilu: return at::silu(x);
        case Activation::kRelu: return at::relu(x);
        case Activation::kQuickGelu: break;
    }
    if (!placement.ownLoops || !x.is_contiguous()) {
        return x * at::sigmoid(x * 1.702);
    }
    auto* data = static_cast<std::uint8_t*>(x.mutable_data_ptr());
    const Element element = elementOf(x);
    const auto size = static_cast<std::int64_t>(x.element_size());
    forRanges(x.numel(), 16384, [&](std::int64_t first, std::int64_t last) { cpuKernels().quickGelu(data + first * size, element, last - first); });
    return x;
}

at::Tensor LayerNorm::apply(const at::Tensor& x, const Placement& placement) const {
    return at::layer_norm(x, {x.size(-1)}, weight, bias, eps).to(placement.compute);
}

at::Tensor RmsNorm::apply(const at::Tensor& x, const Placement& placement) const {
    if (!placement.ownLoops || x.dim() != 2 || !x.is_contiguous()) {
        const at::Tensor wide = x.to(at::kFloat);
        const at::Tensor scaled = wide * at::rsqrt(at::mean(at::pow(wide, 2), {-1}, true) + eps);
        return weight.to(placement.compute) * scaled.to(placement.compute);
    }
    at::Tensor out = at::empty(x.sizes(), x.options().dtype(placement.compute));
    const auto* in = x.const_data_ptr<float>();
    const auto* w = weight.const_data_ptr<float>();
    auto* to = static_cast<std::uint8_t*>(out.mutable_data_ptr());
    const std::int64_t d = x.size(1);
    const auto size = static_cast<std::int64_t>(out.element_size());
    const Element element = elementOf(out);
    forRanges(x.size(0), 32, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t t = first; t < last; ++t) {
            cpuKernels().rmsNorm(in + t * d, w, static_cast<float>(eps), to + t * d * size, element, d);
        }
    });
    return out;
}

namespace {

/// Addresses of queries, keys and values in memory, in elements.
struct AttentionLayout {
    const std::uint8_t* queries;
    const std::uint8_t* keys;
    const std::uint8_t* values;
    std::int64_t queryStride, keyStride, keyHeadStride;
};

at::Tensor ownAttention(const AttentionLayout& at, const at::Tensor& like, std::int64_t length, int heads, int kvHeads, int headDim, bool causal, std::vector<float>& scratch) {
    const CpuKernels& cpu = cpuKernels();
    const Element element = elementOf(like);
    const auto size = static_cast<std::int64_t>(like.element_size());
    at::Tensor out = at::empty({length, static_cast<std::int64_t>(heads) * headDim}, like.options());
    auto* outData = static_cast<std::uint8_t*>(out.mutable_data_ptr());
    const std::int64_t keySize = cpu.packedKeySize(length, headDim), valueSize = cpu.packedValueSize(length, headDim), workSize = cpu.attentionScratch(length, headDim);
    const std::int64_t blocks = (length + cpu.attentionBlock - 1) / cpu.attentionBlock;
    const std::int64_t packed = kvHeads * (keySize + valueSize);
    constexpr std::int64_t kPieces = 32;   // scratch regions; more threads than this do not help one image
    if (static_cast<std::int64_t>(scratch.size()) < packed + kPieces * workSize) {
        scratch.resize(static_cast<std::size_t>(packed + kPieces * workSize));
    }
    float* keys = scratch.data();
    float* values = keys + kvHeads * keySize;
    float* work = values + kvHeads * valueSize;
    forRanges(kvHeads, 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t h = first; h < last; ++h) {
            cpu.packKeys(at.keys + h * at.keyHeadStride * size, element, at.keyStride, length, headDim, keys + h * keySize);
            cpu.packValues(at.values + h * at.keyHeadStride * size, element, at.keyStride, length, headDim, values + h * valueSize);
        }
    });
    // Pieces are interleaved over (block, head), so that the long blocks at the end of a causal sequence spread over all of them.
    forRanges(kPieces, 1, [&](std::int64_t firstPiece, std::int64_t lastPiece) {
        for (std::int64_t piece = firstPiece; piece < lastPiece; ++piece) {
            for (std::int64_t job = piece; job < blocks * heads; job += kPieces) {
                const std::int64_t block = job / heads, h = job % heads, kv = h * kvHeads / heads;
                AttentionRows rows;
                rows.queries = at.queries + h * headDim * size;
                rows.queryElement = rows.outElement = element;
                rows.queryStride = at.queryStride;
                rows.first = block * cpu.attentionBlock;
                rows.last = std::min(length, rows.first + cpu.attentionBlock);
                rows.keys = keys + kv * keySize;
                rows.values = values + kv * valueSize;
                rows.length = length;
                rows.headDim = headDim;
                rows.scale = 1.0F / std::sqrt(static_cast<float>(headDim));
                rows.causal = causal;
                rows.out = outData + h * headDim * size;
                rows.outStride = static_cast<std::int64_t>(heads) * headDim;
                rows.scratch = work + firstPiece * workSize;
                cpu.attend(rows);
            }
        }
    });
    return out;
}

at::Tensor libraryAttention(const at::Tensor& q, at::Tensor k, at::Tensor v, bool causal) {
    const std::int64_t repeat = q.size(0) / k.size(0);
    if (repeat > 1) {
        k = k.repeat_interleave(repeat, 0);
        v = v.repeat_interleave(repeat, 0);
    }
    const at::Tensor out = at::scaled_dot_product_attention(q.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0), {}, 0.0, causal);
    return out.squeeze(0).transpose(0, 1).reshape({q.size(1), q.size(0) * q.size(2)});
}

}  // namespace

at::Tensor attention(const at::Tensor& fused, int heads, int kvHeads, int headDim, bool causal, const Placement& placement, std::vector<float>& scratch) {
    const std::int64_t length = fused.size(0), row = fused.size(1);
    if (placement.ownLoops) {
        const auto* data = static_cast<const std::uint8_t*>(fused.const_data_ptr());
        const auto size = static_cast<std::int64_t>(fused.element_size());
        const AttentionLayout layout{data, data + heads * headDim * size, data + (heads + kvHeads) * headDim * size, row, row, headDim};
        return ownAttention(layout, fused, length, heads, kvHeads, headDim, causal, scratch);
    }
    const at::Tensor split = fused.view({length, heads + 2 * kvHeads, headDim}).transpose(0, 1);
    return libraryAttention(split.narrow(0, 0, heads), split.narrow(0, heads, kvHeads), split.narrow(0, heads + kvHeads, kvHeads), causal);
}

at::Tensor cachedAttention(const at::Tensor& fused, const at::Tensor& keys, const at::Tensor& values, int heads, int headDim, const Placement& placement,
                           std::vector<float>& scratch) {
    const std::int64_t length = fused.size(0);
    const auto kvHeads = static_cast<int>(keys.size(0));
    if (placement.ownLoops) {
        const AttentionLayout layout{static_cast<const std::uint8_t*>(fused.const_data_ptr()), static_cast<const std::uint8_t*>(keys.const_data_ptr()),
                                     static_cast<const std::uint8_t*>(values.const_data_ptr()), fused.size(1), headDim, keys.stride(0)};
        return ownAttention(layout, fused, length, heads, kvHeads, headDim, true, scratch);
    }
    const at::Tensor q = fused.narrow(1, 0, static_cast<std::int64_t>(heads) * headDim).reshape({length, heads, headDim}).transpose(0, 1);
    return libraryAttention(q, keys.narrow(1, 0, length), values.narrow(1, 0, length), true);
}

}  // namespace prunescope::engine
