// SPDX-License-Identifier: GPL-3.0-or-later
// No include guard on purpose: this is the text of all CPU loops, included once per instruction set by cpu_kernels_*.cpp, which open a
// namespace, set the target and define PRUNESCOPE_LANES (floats in a vector: 16, 8 or 4). Vectors are the compiler's own.

constexpr int kLanes = PRUNESCOPE_LANES;
using VF = float __attribute__((vector_size(kLanes * 4)));
using VU = std::uint32_t __attribute__((vector_size(kLanes * 4)));
using VI = std::int32_t __attribute__((vector_size(kLanes * 4)));
using VH = std::uint16_t __attribute__((vector_size(kLanes * 2)));

struct Bf16 { std::uint16_t bits; };
struct Fp16 { std::uint16_t bits; };

inline float asFloat(std::uint32_t u) { return __builtin_bit_cast(float, u); }
inline VF splat(float v) { return VF{} + v; }

inline float toScalar(float v) { return v; }
inline float toScalar(Bf16 v) { return asFloat(static_cast<std::uint32_t>(v.bits) << 16); }
inline float toScalar(Fp16 v) {
    const std::uint32_t sign = static_cast<std::uint32_t>(v.bits & 0x8000U) << 16;
    const std::uint32_t magnitude = v.bits & 0x7FFFU;
    if (magnitude >= 0x7C00U) {
        return asFloat(sign | 0x7F800000U | (magnitude & 0x3FFU) << 13);
    }
    // The exponent is re-based by a multiplication, which also normalises subnormal numbers.
    return __builtin_bit_cast(float, sign | __builtin_bit_cast(std::uint32_t, asFloat(magnitude << 13) * 0x1p112F));
}
inline void fromScalar(float v, float& out) { out = v; }
inline void fromScalar(float v, Bf16& out) {
    std::uint32_t u = __builtin_bit_cast(std::uint32_t, v);
    if (v != v) {
        out.bits = 0x7FC0;
        return;
    }
    u += 0x7FFFU + ((u >> 16) & 1U);
    out.bits = static_cast<std::uint16_t>(u >> 16);
}

inline VF load(const float* p) {
    VF v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}
inline VF load(const Bf16* p) {
    VH h;
    __builtin_memcpy(&h, p, sizeof h);
    return __builtin_bit_cast(VF, __builtin_convertvector(h, VU) << 16);
}
inline VF load(const Fp16* p) {
#if PRUNESCOPE_LANES == 16
    return __builtin_bit_cast(VF, _mm512_maskz_cvtph_ps(0xFFFF, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
#elif PRUNESCOPE_LANES == 8
    return __builtin_bit_cast(VF, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#else
    return VF{toScalar(p[0]), toScalar(p[1]), toScalar(p[2]), toScalar(p[3])};
#endif
}
inline void store(VF v, float* p) { __builtin_memcpy(p, &v, sizeof v); }
inline void store(VF v, Bf16* p) {
    VU u = __builtin_bit_cast(VU, v);
    const VU rounded = (u + 0x7FFFU + ((u >> 16) & 1U)) >> 16;
    u = v != v ? VU{} + 0x7FC0U : rounded;
    const VH h = __builtin_convertvector(u, VH);
    __builtin_memcpy(p, &h, sizeof h);
}

inline float sum(VF v) {
#if PRUNESCOPE_LANES == 16
    using V8 = float __attribute__((vector_size(32)));
    const V8 e = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
#elif PRUNESCOPE_LANES == 8
    const VF& e = v;
#endif
    using V4 = float __attribute__((vector_size(16)));
#if PRUNESCOPE_LANES == 4
    const V4& f = v;
#else
    const V4 f = __builtin_shufflevector(e, e, 0, 1, 2, 3) + __builtin_shufflevector(e, e, 4, 5, 6, 7);
#endif
    return (f[0] + f[2]) + (f[1] + f[3]);
}
inline float maximum(VF v) {
    float m = v[0];
    for (int i = 1; i < kLanes; ++i) {
        m = v[i] > m ? v[i] : m;
    }
    return m;
}

/// e^x within 2 ulp: range reduction by ln 2 in two parts, polynomial of degree 5 (the classic single-precision scheme).
inline VF exponential(VF x) {
    x = x > splat(88.37F) ? splat(88.37F) : x;
    x = x < splat(-87.33F) ? splat(-87.33F) : x;
    const VF shifted = x * 1.44269504088896341F + 12582912.0F;
    const VF n = shifted - 12582912.0F;
    const VF r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
    VF p = r * 1.9875691500e-4F + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = (p * r) * r + (r + 1.0F);
    const VI power = (__builtin_bit_cast(VI, shifted) - 0x4B400000 + 127) << 23;
    return p * __builtin_bit_cast(VF, power);
}

/// Applies `f` to n values in vectors; the tail goes through a padded copy so that every value sees the same arithmetic.
template <class In, class F>
inline void forVectors(const In* x, std::int64_t n, const F& f) {
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        f(i, load(x + i), kLanes);
    }
    if (i < n) {
        float rest[kLanes] = {};
        for (std::int64_t j = i; j < n; ++j) {
            rest[j - i] = toScalar(x[j]);
        }
        f(i, load(rest), static_cast<int>(n - i));
    }
}
template <class Out>
inline void storeSome(VF v, Out* p, int count) {
    if (count == kLanes) {
        store(v, p);
        return;
    }
    float rest[kLanes];
    store(v, rest);
    for (int j = 0; j < count; ++j) {
        fromScalar(rest[j], p[j]);
    }
}
template <class In>
inline VF loadSome(const In* p, int count) {
    if (count == kLanes) {
        return load(p);
    }
    float rest[kLanes] = {};
    for (int j = 0; j < count; ++j) {
        rest[j] = toScalar(p[j]);
    }
    return load(rest);
}

/// y[0..R) = w[0..R, :] · x. Meanwhile the R rows behind these are fetched: the processor's own prefetcher follows R short streams badly
/// (measured: a quarter of the memory's rate).
template <class T, int R>
inline void productRows(const T* w, std::int64_t cols, const float* x, float* y) {
    VF acc[R] = {};
    std::int64_t c = 0;
    const char* ahead = reinterpret_cast<const char*>(w + R * cols);
    for (; c + kLanes <= cols; c += kLanes) {
        const VF xv = load(x + c);
        if constexpr (R > 1) {
            constexpr int kBytes = R * kLanes * static_cast<int>(sizeof(T));
#pragma GCC unroll 8
            for (int line = 0; line < kBytes; line += 64) {
                __builtin_prefetch(ahead + line);
            }
            ahead += kBytes;
        }
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
            acc[r] += load(w + r * cols + c) * xv;
        }
    }
    for (int r = 0; r < R; ++r) {
        float tail = 0.0F;
        for (std::int64_t j = c; j < cols; ++j) {
            tail += toScalar(w[r * cols + j]) * x[j];
        }
        y[r] = sum(acc[r]) + tail;
    }
}
template <class T>
void productOf(const RowProduct& p, const float* x, float* y, std::int64_t r0, std::int64_t r1) {
    const T* w = static_cast<const T*>(p.weights);
    std::int64_t r = r0;
    for (; r + 8 <= r1; r += 8) {
        productRows<T, 8>(w + r * p.cols, p.cols, x, y + r);
    }
    for (; r < r1; ++r) {
        productRows<T, 1>(w + r * p.cols, p.cols, x, y + r);
    }
    if (p.bias != nullptr) {
        for (r = r0; r < r1; ++r) {
            y[r] += p.bias[r];
        }
    }
}
void product(const RowProduct& p, const float* x, float* y, std::int64_t r0, std::int64_t r1) {
    switch (p.element) {
        case Element::kF32: productOf<float>(p, x, y, r0, r1); break;
        case Element::kBF16: productOf<Bf16>(p, x, y, r0, r1); break;
        case Element::kF16: productOf<Fp16>(p, x, y, r0, r1); break;
    }
}

template <class Out>
void rmsNormTo(const float* x, const float* weight, float eps, Out* out, std::int64_t n) {
    VF squares = {};
    forVectors(x, n, [&](std::int64_t, VF v, int) { squares += v * v; });
    const float mean = sum(squares) / static_cast<float>(n);
    const float scale = 1.0F / __builtin_sqrtf(mean + eps);
    forVectors(x, n, [&](std::int64_t i, VF v, int count) { storeSome(v * scale * loadSome(weight + i, count), out + i, count); });
}
void rmsNorm(const float* x, const float* weight, float eps, void* out, Element outElement, std::int64_t n) {
    if (outElement == Element::kF32) {
        rmsNormTo(x, weight, eps, static_cast<float*>(out), n);
    } else {
        rmsNormTo(x, weight, eps, static_cast<Bf16*>(out), n);
    }
}

template <class T>
void siluMultiplyOf(const T* gate, const T* up, T* out, std::int64_t n) {
    forVectors(gate, n, [&](std::int64_t i, VF v, int count) { storeSome(v / (1.0F + exponential(-v)) * loadSome(up + i, count), out + i, count); });
}
void siluMultiply(const void* gate, const void* up, void* out, Element element, std::int64_t n) {
    if (element == Element::kF32) {
        siluMultiplyOf(static_cast<const float*>(gate), static_cast<const float*>(up), static_cast<float*>(out), n);
    } else {
        siluMultiplyOf(static_cast<const Bf16*>(gate), static_cast<const Bf16*>(up), static_cast<Bf16*>(out), n);
    }
}
template <class T>
void quickGeluOf(T* x, std::int64_t n) {
    forVectors(x, n, [&](std::int64_t i, VF v, int count) { storeSome(v / (1.0F + exponential(v * -1.702F)), x + i, count); });
}
void quickGelu(void* x, Element element, std::int64_t n) {
    if (element == Element::kF32) {
        quickGeluOf(static_cast<float*>(x), n);
    } else {
        quickGeluOf(static_cast<Bf16*>(x), n);
    }
}
void add(float* h, const void* y, Element element, std::int64_t n) {
    const auto sumUp = [&](std::int64_t i, VF v, int count) { storeSome(loadSome(h + i, count) + v, h + i, count); };
    if (element == Element::kF32) {
        forVectors(static_cast<const float*>(y), n, sumUp);
    } else {
        forVectors(static_cast<const Bf16*>(y), n, sumUp);
    }
}
void toFloat(const void* x, Element element, float* out, std::int64_t n) {
    const auto copy = [&](std::int64_t i, VF v, int count) { storeSome(v, out + i, count); };
    switch (element) {
        case Element::kF32: forVectors(static_cast<const float*>(x), n, copy); break;
        case Element::kBF16: forVectors(static_cast<const Bf16*>(x), n, copy); break;
        case Element::kF16: forVectors(static_cast<const Fp16*>(x), n, copy); break;
    }
}
void fromFloat(const float* x, void* out, Element element, std::int64_t n) {
    if (element == Element::kF32) {
        forVectors(x, n, [&](std::int64_t i, VF v, int count) { storeSome(v, static_cast<float*>(out) + i, count); });
    } else {
        forVectors(x, n, [&](std::int64_t i, VF v, int count) { storeSome(v, static_cast<Bf16*>(out) + i, count); });
    }
}

template <class T>
inline void rotateHead(const T* x, const float* cosine, const float* sine, int half, T* out) {
    int i = 0;
    for (; i + kLanes <= half; i += kLanes) {
        const VF a = load(x + i), b = load(x + half + i), c = load(cosine + i), s = load(sine + i);
        store(a * c - b * s, out + i);
        store(b * c + a * s, out + half + i);
    }
    for (; i < half; ++i) {
        const float a = toScalar(x[i]), b = toScalar(x[half + i]);
        fromScalar(a * cosine[i] - b * sine[i], out[i]);
        fromScalar(b * cosine[i] + a * sine[i], out[half + i]);
    }
}
template <class T>
void rotateOf(const RotateRow& row) {
    T* fused = static_cast<T*>(row.fused);
    const int half = row.headDim / 2;
    for (int h = 0; h < row.heads; ++h, fused += row.headDim) {
        rotateHead(fused, row.cosine, row.sine, half, fused);
    }
    for (int h = 0; h < row.kvHeads; ++h) {
        rotateHead(fused + h * row.headDim, row.cosine, row.sine, half, static_cast<T*>(row.cacheKeys) + h * row.cacheStride);
        __builtin_memcpy(static_cast<T*>(row.cacheValues) + h * row.cacheStride, fused + (row.kvHeads + h) * row.headDim,
                         static_cast<std::size_t>(row.headDim) * sizeof(T));
    }
}
void rotate(const RotateRow& row) {
    if (row.element == Element::kF32) {
        rotateOf<float>(row);
    } else {
        rotateOf<Bf16>(row);
    }
}

/// Turns n scores into e^(score - max) and returns their sum.
inline float softmaxInPlace(float* scores, std::int64_t n) {
    VF top = splat(scores[0]);
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        const VF v = load(scores + i);
        top = v > top ? v : top;
    }
    float best = maximum(top);
    for (; i < n; ++i) {
        best = scores[i] > best ? scores[i] : best;
    }
    VF total = {};
    for (i = 0; i + kLanes <= n; i += kLanes) {
        const VF e = exponential(load(scores + i) - best);
        store(e, scores + i);
        total += e;
    }
    float tail = 0.0F;
    if (i < n) {
        float rest[kLanes];
        store(exponential(loadSome(scores + i, static_cast<int>(n - i)) - best), rest);
        for (std::int64_t j = i; j < n; ++j) {
            scores[j] = rest[j - i];
            tail += rest[j - i];
        }
    }
    return sum(total) + tail;
}

template <class T>
void attendOneOf(const AttentionOne& a) {
    const T* keys = static_cast<const T*>(a.keys);
    const T* values = static_cast<const T*>(a.values);
    const std::int64_t d = a.headDim;
    std::int64_t t = 0;
    for (; t + 8 <= a.length; t += 8) {
        productRows<T, 8>(keys + t * d, d, a.query, a.scratch + t);
    }
    for (; t < a.length; ++t) {
        productRows<T, 1>(keys + t * d, d, a.query, a.scratch + t);
    }
    productRows<float, 1>(a.currentKey, d, a.query, a.scratch + a.length);
    for (t = 0; t <= a.length; ++t) {
        a.scratch[t] *= a.scale;
    }
    const float inverse = 1.0F / softmaxInPlace(a.scratch, a.length + 1);
    std::int64_t c = 0;
    for (; c + 4 * kLanes <= d; c += 4 * kLanes) {
        VF acc[4];
        for (int v = 0; v < 4; ++v) {
            acc[v] = load(a.currentValue + c + v * kLanes) * a.scratch[a.length];
        }
        for (t = 0; t < a.length; ++t) {
            const VF p = splat(a.scratch[t]);
            const T* row = values + t * d + c;
#pragma GCC unroll 4
            for (int v = 0; v < 4; ++v) {
                acc[v] += load(row + v * kLanes) * p;
            }
        }
        for (int v = 0; v < 4; ++v) {
            store(acc[v] * inverse, a.out + c + v * kLanes);
        }
    }
    for (; c < d; c += kLanes) {
        const int count = static_cast<int>(d - c < kLanes ? d - c : kLanes);
        VF acc = loadSome(a.currentValue + c, count) * a.scratch[a.length];
        for (t = 0; t < a.length; ++t) {
            acc += loadSome(values + t * d + c, count) * a.scratch[t];
        }
        storeSome(acc * inverse, a.out + c, count);
    }
}
void attendOne(const AttentionOne& a) {
    if (a.element == Element::kF32) {
        attendOneOf<float>(a);
    } else {
        attendOneOf<Bf16>(a);
    }
}

// Attention over many rows. Keys are packed as panels [length / panel][headDim][panel], values as [length][width], both padded with zeros.
constexpr int kBlock = 12;                            // query rows at a time
constexpr int kKeyRows = kLanes == 16 ? 12 : 4;       // query rows of one score tile
constexpr int kPanel = 2 * kLanes;                    // keys of one score tile
constexpr int kValueRows = kLanes == 16 ? 6 : 4;      // query rows of one output tile
constexpr int kValueVectors = kLanes == 16 ? 4 : 2;   // vectors of one output tile
constexpr int kStrip = kValueVectors * kLanes;
inline std::int64_t roundUp(std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; }

std::int64_t packedKeySize(std::int64_t length, std::int64_t headDim) { return roundUp(length, kPanel) * headDim; }
std::int64_t packedValueSize(std::int64_t length, std::int64_t headDim) { return length * roundUp(headDim, kStrip); }
std::int64_t attentionScratch(std::int64_t length, std::int64_t headDim) { return kBlock * (roundUp(length, kPanel) + headDim + kStrip); }

template <class T>
void packKeysOf(const T* keys, std::int64_t stride, std::int64_t length, std::int64_t headDim, float* out) {
    for (std::int64_t base = 0; base < length; base += kPanel) {
        for (std::int64_t j = 0; j < kPanel; ++j) {
            const bool inside = base + j < length;
            const T* row = keys + (inside ? base + j : 0) * stride;
            for (std::int64_t c = 0; c < headDim; ++c) {
                out[c * kPanel + j] = inside ? toScalar(row[c]) : 0.0F;
            }
        }
        out += kPanel * headDim;
    }
}
void packKeys(const void* keys, Element element, std::int64_t stride, std::int64_t length, std::int64_t headDim, float* out) {
    if (element == Element::kF32) {
        packKeysOf(static_cast<const float*>(keys), stride, length, headDim, out);
    } else {
        packKeysOf(static_cast<const Bf16*>(keys), stride, length, headDim, out);
    }
}
template <class T>
void packValuesOf(const T* values, std::int64_t stride, std::int64_t length, std::int64_t headDim, float* out) {
    const std::int64_t width = roundUp(headDim, kStrip);
    for (std::int64_t t = 0; t < length; ++t) {
        forVectors(values + t * stride, headDim, [&](std::int64_t i, VF v, int count) { storeSome(v, out + t * width + i, count); });
        for (std::int64_t c = headDim; c < width; ++c) {
            out[t * width + c] = 0.0F;
        }
    }
}
void packValues(const void* values, Element element, std::int64_t stride, std::int64_t length, std::int64_t headDim, float* out) {
    if (element == Element::kF32) {
        packValuesOf(static_cast<const float*>(values), stride, length, headDim, out);
    } else {
        packValuesOf(static_cast<const Bf16*>(values), stride, length, headDim, out);
    }
}

/// scores[r, 0..panel) = queries[r, :] · panel for kKeyRows rows.
inline void scoreTile(const float* queries, std::int64_t headDim, const float* panel, float* scores, std::int64_t scoreStride) {
    VF acc[kKeyRows][2] = {};
    for (std::int64_t c = 0; c < headDim; ++c) {
        const VF k0 = load(panel + c * kPanel), k1 = load(panel + c * kPanel + kLanes);
#pragma GCC unroll 12
        for (int r = 0; r < kKeyRows; ++r) {
            const VF q = splat(queries[r * headDim + c]);
            acc[r][0] += q * k0;
            acc[r][1] += q * k1;
        }
    }
#pragma GCC unroll 12
    for (int r = 0; r < kKeyRows; ++r) {
        store(acc[r][0], scores + r * scoreStride);
        store(acc[r][1], scores + r * scoreStride + kLanes);
    }
}
/// out[r, 0..strip) = weights[r, 0..end) · values for kValueRows rows.
inline void valueTile(const float* weights, std::int64_t weightStride, const float* values, std::int64_t width, std::int64_t end, float* out) {
    VF acc[kValueRows][kValueVectors] = {};
    for (std::int64_t t = 0; t < end; ++t) {
        VF v[kValueVectors];
#pragma GCC unroll 4
        for (int i = 0; i < kValueVectors; ++i) {
            v[i] = load(values + t * width + i * kLanes);
        }
#pragma GCC unroll 6
        for (int r = 0; r < kValueRows; ++r) {
            const VF p = splat(weights[r * weightStride + t]);
#pragma GCC unroll 4
            for (int i = 0; i < kValueVectors; ++i) {
                acc[r][i] += p * v[i];
            }
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < kValueRows; ++r) {
#pragma GCC unroll 4
        for (int i = 0; i < kValueVectors; ++i) {
            store(acc[r][i], out + r * kStrip + i * kLanes);
        }
    }
}

template <class Q>
inline void scaledQueries(const AttentionRows& a, std::int64_t first, int rows, float* out) {
    for (int r = 0; r < kBlock; ++r) {
        float* row = out + r * a.headDim;
        if (r < rows) {
            forVectors(static_cast<const Q*>(a.queries) + (first + r) * a.queryStride, a.headDim,
                       [&](std::int64_t i, VF v, int count) { storeSome(v * a.scale, row + i, count); });
        } else {
            __builtin_memset(row, 0, static_cast<std::size_t>(a.headDim) * sizeof(float));
        }
    }
}
template <class Out>
inline void scaledOutput(const float* tile, int rows, const float* inverse, Out* out, std::int64_t outStride, std::int64_t columns) {
    for (int r = 0; r < rows; ++r) {
        forVectors(tile + r * kStrip, columns, [&](std::int64_t i, VF v, int count) { storeSome(v * inverse[r], out + r * outStride + i, count); });
    }
}

void attendBlock(const AttentionRows& a, std::int64_t first, int rows) {
    const std::int64_t end = a.causal ? first + rows : a.length;
    const std::int64_t stride = roundUp(a.length, kPanel);
    float* queries = a.scratch;
    float* scores = queries + kBlock * a.headDim;
    float* tile = scores + kBlock * stride;
    if (a.queryElement == Element::kF32) {
        scaledQueries<float>(a, first, rows, queries);
    } else {
        scaledQueries<Bf16>(a, first, rows, queries);
    }
    for (std::int64_t base = 0; base < end; base += kPanel) {
        for (int r = 0; r < rows; r += kKeyRows) {
            scoreTile(queries + r * a.headDim, a.headDim, a.keys + base * a.headDim, scores + r * stride + base, stride);
        }
    }
    float inverse[kBlock] = {};
    for (int r = 0; r < rows; ++r) {
        float* row = scores + r * stride;
        const std::int64_t seen = a.causal ? first + r + 1 : a.length;
        inverse[r] = 1.0F / softmaxInPlace(row, seen);
        for (std::int64_t t = seen; t < end; ++t) {
            row[t] = 0.0F;
        }
    }
    const std::int64_t width = roundUp(a.headDim, kStrip);
    for (std::int64_t c = 0; c < a.headDim; c += kStrip) {
        const std::int64_t columns = a.headDim - c < kStrip ? a.headDim - c : kStrip;
        for (int r = 0; r < rows; r += kValueRows) {
            valueTile(scores + r * stride, stride, a.values + c, width, end, tile);
            const int here = rows - r < kValueRows ? rows - r : kValueRows;
            if (a.outElement == Element::kF32) {
                scaledOutput(tile, here, inverse + r, static_cast<float*>(a.out) + (first + r) * a.outStride + c, a.outStride, columns);
            } else {
                scaledOutput(tile, here, inverse + r, static_cast<Bf16*>(a.out) + (first + r) * a.outStride + c, a.outStride, columns);
            }
        }
    }
}
void attend(const AttentionRows& a) {
    for (std::int64_t first = a.first; first < a.last; first += kBlock) {
        attendBlock(a, first, static_cast<int>(a.last - first < kBlock ? a.last - first : kBlock));
    }
}

constexpr CpuKernels kKernels{PRUNESCOPE_ISA_NAME, product, rmsNorm, siluMultiply, quickGelu, add, toFloat, fromFloat, rotate, attendOne,
                              packedKeySize, packedValueSize, attentionScratch, packKeys, packValues, attend, kBlock};
