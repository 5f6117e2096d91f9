// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The engine's own loops for the CPU, on plain pointers and without LibTorch: what lies between the large products of a prefill, and all of
// one decoding step. Three instruction sets, chosen once at run time. Arithmetic is float32 whatever the storage type.

#include <cstdint>

namespace prunescope::engine {

/// How the numbers behind a pointer are stored.
enum class Element : std::uint8_t { kF32, kBF16, kF16 };

/// One matrix-vector product: y[r] = dot(w[r, :], x) + bias[r] for r in [r0, r1). `w` is [rows, cols], row-major.
struct RowProduct {
    const void* weights = nullptr;
    Element element = Element::kF32;
    const float* bias = nullptr;   ///< may be null
    std::int64_t rows = 0, cols = 0;
};

/// Attention of consecutive query rows of one head against packed keys and values (`packKeys`, `packValues`).
struct AttentionRows {
    const void* queries = nullptr;    ///< row i at queries + i * queryStride elements, headDim values
    Element queryElement = Element::kF32;
    std::int64_t queryStride = 0;
    std::int64_t first = 0, last = 0;   ///< query rows [first, last), indices into 0..length
    const float* keys = nullptr;        ///< packed
    const float* values = nullptr;      ///< packed
    std::int64_t length = 0, headDim = 0;
    float scale = 1.0F;
    bool causal = false;                ///< query i sees keys 0..i
    void* out = nullptr;                ///< row i at out + i * outStride elements
    Element outElement = Element::kF32;
    std::int64_t outStride = 0;
    float* scratch = nullptr;           ///< attentionScratch(length, headDim) floats
};

/// Attention of one query against a cache and the current token, which is not in the cache yet.
struct AttentionOne {
    const float* query = nullptr;   ///< [headDim], rotated
    const float* currentKey = nullptr;
    const float* currentValue = nullptr;
    const void* keys = nullptr;     ///< [length, headDim]
    const void* values = nullptr;   ///< [length, headDim]
    Element element = Element::kF32;
    std::int64_t length = 0, headDim = 0;
    float scale = 1.0F;
    float* out = nullptr;           ///< [headDim]
    float* scratch = nullptr;       ///< length + 1 floats
};

/// Splits a row of fused q, k, v, rotates q and k (half-split layout), writes q back and k, v into the cache.
struct RotateRow {
    void* fused = nullptr;            ///< [heads * headDim | kvHeads * headDim | kvHeads * headDim]; q part is overwritten
    Element element = Element::kF32;  ///< of fused and cache
    const float* cosine = nullptr;    ///< [headDim / 2]
    const float* sine = nullptr;
    int heads = 0, kvHeads = 0, headDim = 0;   ///< heads = 0: the row holds k and v only
    void* cacheKeys = nullptr;        ///< row of kv head 0; next head is cacheStride elements further
    void* cacheValues = nullptr;
    std::int64_t cacheStride = 0;
};

/// The loops of one instruction set.
struct CpuKernels {
    const char* name;   ///< "AVX-512", "AVX2" or "baseline"
    void (*product)(const RowProduct& p, const float* x, float* y, std::int64_t r0, std::int64_t r1);
    /// out = x * rsqrt(mean(x^2) + eps) * weight
    void (*rmsNorm)(const float* x, const float* weight, float eps, void* out, Element outElement, std::int64_t n);
    /// out = silu(gate) * up
    void (*siluMultiply)(const void* gate, const void* up, void* out, Element element, std::int64_t n);
    /// x = x * sigmoid(1.702 x), in place
    void (*quickGelu)(void* x, Element element, std::int64_t n);
    /// h += y
    void (*add)(float* h, const void* y, Element element, std::int64_t n);
    void (*toFloat)(const void* x, Element element, float* out, std::int64_t n);
    void (*fromFloat)(const float* x, void* out, Element element, std::int64_t n);
    void (*rotate)(const RotateRow& row);
    void (*attendOne)(const AttentionOne& a);
    std::int64_t (*packedKeySize)(std::int64_t length, std::int64_t headDim);     ///< floats
    std::int64_t (*packedValueSize)(std::int64_t length, std::int64_t headDim);   ///< floats
    std::int64_t (*attentionScratch)(std::int64_t length, std::int64_t headDim);  ///< floats
    void (*packKeys)(const void* keys, Element element, std::int64_t stride, std::int64_t length, std::int64_t headDim, float* out);
    void (*packValues)(const void* values, Element element, std::int64_t stride, std::int64_t length, std::int64_t headDim, float* out);
    void (*attend)(const AttentionRows& a);
    std::int64_t attentionBlock;   ///< query rows that `attend` works on at a time
};

/// The best set this processor runs. (thread-safe)
[[nodiscard]] const CpuKernels& cpuKernels();
/// Does this processor multiply bfloat16 natively (AVX-512 BF16 or AMX)?
[[nodiscard]] bool bfloat16Native();
/// Every set this processor runs, best first (for tests).
[[nodiscard]] const CpuKernels* const* allCpuKernels(int& count);

}  // namespace prunescope::engine
