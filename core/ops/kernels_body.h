// SPDX-License-Identifier: GPL-3.0-or-later

// Body of one CPU level: included once by each kernels_*.cpp after PRUNESCOPE_LANES (floats per vector) and the tile PRUNESCOPE_TILE_ROWS x
// (PRUNESCOPE_TILE_VECTORS * lanes) are set. Everything sits in an unnamed namespace and uses no library templates (see kernels.h). No
// include guard on purpose.
//
// Summation order is part of the contract: a similarity is the sum over blocks of kDepth products, each block added up in order, whatever
// the tile it falls into; a Cholesky coefficient is four interleaved chains, whether computed alone or with its neighbours. Equal rows
// therefore stay bit-equal, and ties between duplicates go to the lower index.

#include "core/ops/kernels.h"

namespace prunescope::detail {
namespace {

constexpr std::int64_t kLanes = PRUNESCOPE_LANES;
constexpr std::int64_t kTileRows = PRUNESCOPE_TILE_ROWS;
constexpr std::int64_t kTileVectors = PRUNESCOPE_TILE_VECTORS;
constexpr std::int64_t kTileCols = kTileVectors * kLanes;
constexpr std::int64_t kDepth = 256;       // products per block of a sum
constexpr std::int64_t kRowBlock = 96;     // rows whose packed block stays in the second cache level
static_assert(kRowBlock % kTileRows == 0 && kBlockTokens % kLanes == 0);

using Vector = float __attribute__((vector_size(PRUNESCOPE_LANES * 4)));
using LooseVector = float __attribute__((vector_size(PRUNESCOPE_LANES * 4), aligned(4), may_alias));
constexpr std::int64_t kWide = PRUNESCOPE_LANES / 2;   // doubles per vector
using DoubleVector = double __attribute__((vector_size(PRUNESCOPE_LANES * 4)));
using HalfVector = float __attribute__((vector_size(PRUNESCOPE_LANES * 2)));
using LooseHalf = float __attribute__((vector_size(PRUNESCOPE_LANES * 2), aligned(4), may_alias));
using LooseDouble = double __attribute__((vector_size(PRUNESCOPE_LANES * 4), aligned(8), may_alias));

inline Vector load(const float* p) { return *reinterpret_cast<const LooseVector*>(p); }
inline void store(float* p, Vector v) { *reinterpret_cast<LooseVector*>(p) = v; }
/// All lanes equal. (x - 0 is x for every x, -0 included; x + 0 is not, and would cost an addition.)
inline Vector splat(float value) { return value - Vector{}; }
inline DoubleVector loadWide(const float* p) {
    const HalfVector half = *reinterpret_cast<const LooseHalf*>(p);
    return __builtin_convertvector(half, DoubleVector);
}
inline double sumOf(DoubleVector v) {
    double total = 0;
    for (std::int64_t lane = 0; lane < kWide; ++lane) {
        total += v[lane];
    }
    return total;
}

double dotProduct(const float* a, const float* b, std::int64_t count) {
    DoubleVector acc[4] = {};
    std::int64_t i = 0;
    for (; i + 4 * kWide <= count; i += 4 * kWide) {
        for (std::int64_t q = 0; q < 4; ++q) {
            acc[q] += loadWide(a + i + q * kWide) * loadWide(b + i + q * kWide);
        }
    }
    double total = sumOf((acc[0] + acc[1]) + (acc[2] + acc[3]));
    for (; i < count; ++i) {
        total += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    return total;
}

double squares(const float* row, std::int64_t count) { return dotProduct(row, row, count); }

void scaleRow(const float* row, double factor, std::int64_t count, float* out) {
    for (std::int64_t i = 0; i < count; ++i) {
        out[i] = static_cast<float>(static_cast<double>(row[i]) * factor);
    }
}

/// Packs `rows` rows from `first` into panels of `width` rows, depth outermost: panel[k * width + lane]. Missing rows are zero.
void pack(const float* x, std::int64_t n, std::int64_t d, std::int64_t k0, std::int64_t depth, std::int64_t first, std::int64_t rows,
          std::int64_t width, float* out) {
    for (std::int64_t panel = 0; panel < rows; panel += width) {
        for (std::int64_t lane = 0; lane < width; ++lane) {
            const std::int64_t row = first + panel + lane;
            float* target = out + panel * depth + lane;
            if (row < n) {
                const float* source = x + row * d + k0;
                for (std::int64_t k = 0; k < depth; ++k) {
                    target[k * width] = source[k];
                }
            } else {
                for (std::int64_t k = 0; k < depth; ++k) {
                    target[k * width] = 0.0F;
                }
            }
        }
    }
}

/// One tile: c[kTileRows, kTileCols] (+)= a^T b over `depth` products. Rows and columns beyond the matrix are computed and not stored.
void tile(const float* a, const float* b, std::int64_t depth, float* c, std::int64_t stride, std::int64_t rows, std::int64_t cols, bool first) {
    Vector acc[kTileRows][kTileVectors] = {};
    for (std::int64_t k = 0; k < depth; ++k) {
        Vector right[kTileVectors];
        for (std::int64_t v = 0; v < kTileVectors; ++v) {
            right[v] = load(b + k * kTileCols + v * kLanes);
        }
#pragma GCC unroll 16
        for (std::int64_t r = 0; r < kTileRows; ++r) {
            const Vector left = splat(a[k * kTileRows + r]);
            for (std::int64_t v = 0; v < kTileVectors; ++v) {
                acc[r][v] += left * right[v];
            }
        }
    }
    if (rows == kTileRows && cols == kTileCols) {
#pragma GCC unroll 16
        for (std::int64_t r = 0; r < kTileRows; ++r) {
            for (std::int64_t v = 0; v < kTileVectors; ++v) {
                float* p = c + r * stride + v * kLanes;
                store(p, first ? acc[r][v] : load(p) + acc[r][v]);
            }
        }
        return;
    }
    float edge[kTileRows * kTileCols];
    for (std::int64_t r = 0; r < kTileRows; ++r) {
        for (std::int64_t v = 0; v < kTileVectors; ++v) {
            store(edge + r * kTileCols + v * kLanes, acc[r][v]);
        }
    }
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t j = 0; j < cols; ++j) {
            c[r * stride + j] = first ? edge[r * kTileCols + j] : c[r * stride + j] + edge[r * kTileCols + j];
        }
    }
}

std::int64_t roundUp(std::int64_t value, std::int64_t step) { return (value + step - 1) / step * step; }

std::int64_t workspaceFloats(std::int64_t n) { return (roundUp(n, kTileCols) + kRowBlock) * kDepth; }

/// Upper triangle by tiles, then mirrored.
void gramMatrix(const float* x, std::int64_t n, std::int64_t d, float* out, float* workspace) {
    float* right = workspace;
    float* left = workspace + roundUp(n, kTileCols) * kDepth;
    for (std::int64_t k0 = 0; k0 < d || k0 == 0; k0 += kDepth) {
        const std::int64_t depth = d - k0 < kDepth ? d - k0 : kDepth;
        pack(x, n, d, k0, depth, 0, roundUp(n, kTileCols), kTileCols, right);
        for (std::int64_t i0 = 0; i0 < n; i0 += kRowBlock) {
            pack(x, n, d, k0, depth, i0, kRowBlock, kTileRows, left);
            for (std::int64_t j = i0 / kTileCols * kTileCols; j < n; j += kTileCols) {
                const std::int64_t cols = n - j < kTileCols ? n - j : kTileCols;
                for (std::int64_t i = i0; i < n && i < i0 + kRowBlock && i < j + kTileCols; i += kTileRows) {
                    const std::int64_t rows = n - i < kTileRows ? n - i : kTileRows;
                    tile(left + (i - i0) * depth, right + j * depth, depth, out + i * n + j, n, rows, cols, k0 == 0);
                }
            }
        }
    }
    constexpr std::int64_t kSquare = 32;
    for (std::int64_t i0 = 0; i0 < n; i0 += kSquare) {
        for (std::int64_t j0 = 0; j0 <= i0; j0 += kSquare) {
            for (std::int64_t i = i0; i < n && i < i0 + kSquare; ++i) {
                for (std::int64_t j = j0; j < i && j < j0 + kSquare; ++j) {
                    out[i * n + j] = out[j * n + i];
                }
            }
        }
    }
}

constexpr std::int64_t kParts = kBlockTokens / kLanes;       // vectors per block of tokens
constexpr std::int64_t kTogether = PRUNESCOPE_LANES == 16 ? 4 : 1;   // coefficients computed side by side

inline void addProduct(Vector (&acc)[4][kParts], std::int64_t chain, float factor, const float* column) {
    const Vector same = splat(factor);
    for (std::int64_t p = 0; p < kParts; ++p) {
        acc[chain][p] += same * load(column + p * kLanes);
    }
}

/// e = (S_j - sum) / d_j for all tokens of the block; coefficient s is stored and the residuals go down by e^2 (in float64).
inline void finish(const CatchUp& work, std::int64_t s, const Vector (&acc)[4][kParts]) {
    const float inverse = work.inverseRoot[s];
    for (std::int64_t p = 0; p < kParts; ++p) {
        float* column = work.columns + s * kBlockTokens + p * kLanes;
        const Vector sum = (acc[0][p] + acc[1][p]) + (acc[2][p] + acc[3][p]);
        const Vector held = load(column);
        const auto open = load(work.done + p * kLanes) <= static_cast<float>(s);
        const Vector e = open ? (held - sum) * inverse : held;
        store(column, e);
        const Vector fresh = open ? e : Vector{};
        for (std::int64_t h = 0; h < kLanes; h += kWide) {
            HalfVector half;
            __builtin_memcpy(&half, reinterpret_cast<const char*>(&fresh) + h * 4, sizeof(half));
            const DoubleVector wide = __builtin_convertvector(half, DoubleVector);
            auto* residual = reinterpret_cast<LooseDouble*>(work.residual + p * kLanes + h);
            *residual -= wide * wide;
        }
    }
}

/// Column s alone.
inline void columnAlone(const CatchUp& work, std::int64_t s) {
    Vector acc[4][kParts] = {};
    const float* factor = work.factor[s];
    std::int64_t r = 0;
    for (; r + 4 <= s; r += 4) {
#pragma GCC unroll 4
        for (std::int64_t chain = 0; chain < 4; ++chain) {
            addProduct(acc, chain, factor[r + chain], work.columns + (r + chain) * kBlockTokens);
        }
    }
#pragma GCC unroll 4
    for (std::int64_t chain = 0; chain < 3; ++chain) {
        if (r + chain < s) {
            addProduct(acc, chain, factor[r + chain], work.columns + (r + chain) * kBlockTokens);
        }
    }
    finish(work, s, acc);
}

/// Columns s .. s + 3 with s a multiple of four: products with earlier coefficients share their loads, the triangle follows in order.
inline void columnsTogether(const CatchUp& work, std::int64_t s) {
    Vector acc[4][4][kParts] = {};
    const float* const* factor = work.factor + s;
    for (std::int64_t r = 0; r < s; r += 4) {
#pragma GCC unroll 4
        for (std::int64_t chain = 0; chain < 4; ++chain) {
#pragma GCC unroll 4
            for (std::int64_t q = 0; q < 4; ++q) {
                addProduct(acc[q], chain, factor[q][r + chain], work.columns + (r + chain) * kBlockTokens);
            }
        }
    }
#pragma GCC unroll 4
    for (std::int64_t q = 0; q < 4; ++q) {
#pragma GCC unroll 4
        for (std::int64_t chain = 0; chain < q; ++chain) {
            addProduct(acc[q], chain, factor[q][s + chain], work.columns + (s + chain) * kBlockTokens);
        }
        finish(work, s + q, acc[q]);
    }
}

void catchUpBlock(const CatchUp& work) {
    std::int64_t s = work.from;
    while (s < work.to) {
        if (kTogether == 4 && s % 4 == 0 && s + 4 <= work.to) {
            columnsTogether(work, s);
            s += 4;
        } else {
            columnAlone(work, s);
            ++s;
        }
    }
}

using Quad = float __attribute__((vector_size(16)));
using LooseQuad = float __attribute__((vector_size(16), aligned(4), may_alias));
using QuadIndex = int __attribute__((vector_size(16)));

/// Four rows of four become four columns of four.
inline void transpose(Quad (&q)[4]) {
    const Quad a = __builtin_shuffle(q[0], q[1], QuadIndex{0, 4, 1, 5});
    const Quad b = __builtin_shuffle(q[2], q[3], QuadIndex{0, 4, 1, 5});
    const Quad c = __builtin_shuffle(q[0], q[1], QuadIndex{2, 6, 3, 7});
    const Quad d = __builtin_shuffle(q[2], q[3], QuadIndex{2, 6, 3, 7});
    q[0] = __builtin_shuffle(a, b, QuadIndex{0, 1, 4, 5});
    q[1] = __builtin_shuffle(a, b, QuadIndex{2, 3, 6, 7});
    q[2] = __builtin_shuffle(c, d, QuadIndex{0, 1, 4, 5});
    q[3] = __builtin_shuffle(c, d, QuadIndex{2, 3, 6, 7});
}

void packRows(const float* const* chunks, const std::int32_t* tokens, std::int64_t to, float* columns) {
    for (std::int64_t s = 0; s < to; s += 4) {
        const float* chunk = chunks[s / kChunk] + s % kChunk;
        for (std::int64_t lane = 0; lane < kBlockTokens; lane += 4) {
            Quad q[4];
            for (std::int64_t i = 0; i < 4; ++i) {
                q[i] = *reinterpret_cast<const LooseQuad*>(chunk + tokens[lane + i] * kChunk);
            }
            transpose(q);
            for (std::int64_t i = 0; i < 4; ++i) {
                *reinterpret_cast<LooseQuad*>(columns + (s + i) * kBlockTokens + lane) = q[i];
            }
        }
    }
}

void unpackRows(const float* columns, const std::int32_t* tokens, std::int64_t from, std::int64_t to, float* const* chunks) {
    for (std::int64_t s = from / 4 * 4; s < to; s += 4) {   // numbers before `from` are written back as they were read
        float* chunk = chunks[s / kChunk] + s % kChunk;
        for (std::int64_t lane = 0; lane < kBlockTokens; lane += 4) {
            if (s + 4 <= to) {
                Quad q[4];
                for (std::int64_t i = 0; i < 4; ++i) {
                    q[i] = *reinterpret_cast<const LooseQuad*>(columns + (s + i) * kBlockTokens + lane);
                }
                transpose(q);
                for (std::int64_t i = 0; i < 4; ++i) {
                    *reinterpret_cast<LooseQuad*>(chunk + tokens[lane + i] * kChunk) = q[i];
                }
                continue;
            }
            for (std::int64_t i = 0; i < 4; ++i) {
                for (std::int64_t t = s; t < to; ++t) {
                    chunk[tokens[lane + i] * kChunk + t - s] = columns[t * kBlockTokens + lane + i];
                }
            }
        }
    }
}

void gatherRows(const float* const* rows, const std::int32_t* tokens, std::int64_t from, std::int64_t to, float* columns) {
    for (std::int64_t lane = 0; lane < kBlockTokens; lane += 4) {
        const std::int64_t a = tokens[lane];
        const std::int64_t b = tokens[lane + 1];
        const std::int64_t c = tokens[lane + 2];
        const std::int64_t d = tokens[lane + 3];
        for (std::int64_t s = from; s < to; ++s) {
            const float* row = rows[s];
            *reinterpret_cast<LooseQuad*>(columns + s * kBlockTokens + lane) = Quad{row[a], row[b], row[c], row[d]};
        }
    }
}

KernelTable makeTable(const char* level) {
    KernelTable table;
    table.level = level;
    table.sumOfSquares = squares;
    table.dot = dotProduct;
    table.scale = scaleRow;
    table.gram = gramMatrix;
    table.gramWorkspace = workspaceFloats;
    table.catchUp = catchUpBlock;
    table.pack = packRows;
    table.unpack = unpackRows;
    table.gather = gatherRows;
    return table;
}

}  // namespace
}  // namespace prunescope::detail
