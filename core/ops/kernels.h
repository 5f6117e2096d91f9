// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Inner loops of the working path. The same source (kernels_body.h) is compiled once per CPU level in a translation unit of its own; a
// table of plain function pointers is all that leaves it, so that no inline function compiled for a newer CPU can be merged into the rest.

#include <cstdint>

namespace prunescope::detail {

inline constexpr std::int64_t kBlockTokens = 16;   ///< tokens that a greedy run handles side by side, on every level
inline constexpr std::int64_t kChunk = 16;         ///< numbers of a Cholesky row that lie together

/// Sixteen tokens that lag behind the greedy order: columns [from, to) of their Cholesky rows are to be computed.
struct CatchUp {
    float* columns = nullptr;              ///< [>= to, 16]: number s of all 16 tokens, contiguous: coefficient s where s < done, else S(pick s, token)
    std::int64_t from = 0, to = 0;         ///< smallest `done`; picks to be in it
    const float* const* factor = nullptr;  ///< factor[s]: the picked token's own coefficients [0, s)
    const float* inverseRoot = nullptr;    ///< 1 / sqrt(residual of pick s at its pick)
    double* residual = nullptr;            ///< [16] d_i^2, updated
    const float* done = nullptr;           ///< [16] coefficients that token i has already
};

struct KernelTable {
    const char* level = "";
    /// Sum of squares in float64.
    double (*sumOfSquares)(const float* row, std::int64_t count) = nullptr;
    /// Dot product in float64.
    double (*dot)(const float* a, const float* b, std::int64_t count) = nullptr;
    /// out = row * factor, the product taken in float64.
    void (*scale)(const float* row, double factor, std::int64_t count, float* out) = nullptr;
    /// out[n, n] = x x^T for row-major x[n, d], exactly symmetric; equal rows give bit-equal results wherever they stand. `workspace`
    /// holds gramWorkspace(n) floats.
    void (*gram)(const float* x, std::int64_t n, std::int64_t d, float* out, float* workspace) = nullptr;
    std::int64_t (*gramWorkspace)(std::int64_t n) = nullptr;
    void (*catchUp)(const CatchUp& work) = nullptr;
    /// Cholesky rows lie in chunks of kChunk numbers: number s of token i is chunks[s / kChunk][i * kChunk + s % kChunk].
    /// columns[s, lane] = number s of token tokens[lane], for s in [0, to); back for s in [from, to).
    void (*pack)(const float* const* chunks, const std::int32_t* tokens, std::int64_t to, float* columns) = nullptr;
    void (*unpack)(const float* columns, const std::int32_t* tokens, std::int64_t from, std::int64_t to, float* const* chunks) = nullptr;
    /// columns[s, lane] = rows[s][tokens[lane]], for s in [from, to).
    void (*gather)(const float* const* rows, const std::int32_t* tokens, std::int64_t from, std::int64_t to, float* columns) = nullptr;
};

[[nodiscard]] const KernelTable& baseKernels();
#ifdef PRUNESCOPE_X86_KERNELS
[[nodiscard]] const KernelTable& avx2Kernels();
[[nodiscard]] const KernelTable& avx512Kernels();
#endif

}  // namespace prunescope::detail
