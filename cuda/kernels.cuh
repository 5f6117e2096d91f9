// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Device code of the three operations. Block sizes are fixed; every launch is on the default stream.

#include <cstdint>

namespace prunescope::cuda {

inline constexpr int kThreads = 256;
inline constexpr int kTile = 16;
/// Sums of the threshold table are kept in fixed point, so that they do not depend on the order of atomic additions.
inline constexpr double kFixedPoint = 4294967296.0;   // 2^32

/// Sum over the block; valid in thread 0.
__device__ inline double blockSum(double value) {
    __shared__ double partial[kThreads];
    partial[threadIdx.x] = value;
    __syncthreads();
    for (int step = kThreads / 2; step > 0; step /= 2) {
        if (static_cast<int>(threadIdx.x) < step) {
            partial[threadIdx.x] += partial[threadIdx.x + step];
        }
        __syncthreads();
    }
    const double total = partial[0];
    __syncthreads();
    return total;
}

/// One block per row: out = row / |row|, zero for a row without length. Squares of float32 neither overflow nor vanish in float64.
__global__ void normaliseRows(const float* rows, std::int64_t columns, float* out) {
    const float* row = rows + static_cast<std::int64_t>(blockIdx.x) * columns;
    float* target = out + static_cast<std::int64_t>(blockIdx.x) * columns;
    double squares = 0;
    for (std::int64_t c = threadIdx.x; c < columns; c += kThreads) {
        squares += static_cast<double>(row[c]) * static_cast<double>(row[c]);
    }
    const double total = blockSum(squares);
    const double inverse = total > 0 ? 1.0 / sqrt(total) : 0.0;
    for (std::int64_t c = threadIdx.x; c < columns; c += kThreads) {
        target[c] = static_cast<float>(static_cast<double>(row[c]) * inverse);
    }
}

/// S = U U^T by kTile x kTile blocks, float32 products summed in order within a slice of kTile, slices in float64.
__global__ void similarityTiles(const float* unit, std::int64_t n, std::int64_t columns, float* s) {
    __shared__ float left[kTile][kTile + 1];
    __shared__ float right[kTile][kTile + 1];
    const std::int64_t i = static_cast<std::int64_t>(blockIdx.y) * kTile + threadIdx.y;
    const std::int64_t j = static_cast<std::int64_t>(blockIdx.x) * kTile + threadIdx.x;
    const std::int64_t other = static_cast<std::int64_t>(blockIdx.x) * kTile + threadIdx.y;
    double total = 0;
    for (std::int64_t c0 = 0; c0 < columns; c0 += kTile) {
        const std::int64_t c = c0 + threadIdx.x;
        left[threadIdx.y][threadIdx.x] = i < n && c < columns ? unit[i * columns + c] : 0.0F;
        right[threadIdx.y][threadIdx.x] = other < n && c < columns ? unit[other * columns + c] : 0.0F;
        __syncthreads();
        float part = 0;
        for (int k = 0; k < kTile; ++k) {
            part = fmaf(left[threadIdx.y][k], right[threadIdx.x][k], part);
        }
        total += static_cast<double>(part);
        __syncthreads();
    }
    if (i < n && j < n) {
        const float value = static_cast<float>(total);
        s[i * n + j] = i == j ? 1.0F : fminf(1.0F, fmaxf(-1.0F, value));
    }
}

/// One block per token: counts and fixed-point sums of the bins, then suffix sums by thread 0. `bounds[b]` is the lower bound of bin b.
__global__ void thresholdRows(const float* s, const std::uint8_t* side, const float* bounds, std::int64_t n, int bins, std::int32_t* degree,
                              long long* fixedSum, double* sum) {
    const std::int64_t i = blockIdx.x;
    std::int32_t* counts = degree + i * (bins + 1);
    long long* sums = fixedSum + i * (bins + 1);
    for (std::int64_t j = threadIdx.x; j < n; j += kThreads) {
        if ((side[i] != 0) == (side[j] != 0)) {
            continue;
        }
        const float value = s[i * n + j];
        int low = 0;   // the largest bin whose bound is reached; bin 0 takes everything
        int high = bins;
        while (low < high) {
            const int middle = (low + high + 1) / 2;
            if (value >= bounds[middle]) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        atomicAdd(counts + low, 1);
        const long long fixed = llrint(static_cast<double>(value) * kFixedPoint);
        atomicAdd(reinterpret_cast<unsigned long long*>(sums + low), static_cast<unsigned long long>(fixed));
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int b = bins; b >= 0; --b) {
            if (b < bins) {
                counts[b] += counts[b + 1];
                sums[b] += sums[b + 1];
            }
            sum[i * (bins + 1) + b] = static_cast<double>(sums[b]) / kFixedPoint;
        }
    }
}

/// One block per token: cosine with the question in float64.
__global__ void cosineRows(const float* rows, const float* query, std::int64_t columns, float* out) {
    const float* row = rows + static_cast<std::int64_t>(blockIdx.x) * columns;
    double product = 0;
    double own = 0;
    double other = 0;
    for (std::int64_t c = threadIdx.x; c < columns; c += kThreads) {
        const double a = static_cast<double>(row[c]);
        const double b = static_cast<double>(query[c]);
        product += a * b;
        own += a * a;
        other += b * b;
    }
    product = blockSum(product);
    own = blockSum(own);
    other = blockSum(other);
    if (threadIdx.x == 0) {
        out[blockIdx.x] = own > 0 && other > 0 ? static_cast<float>(product / sqrt(own) / sqrt(other)) : 0.0F;
    }
}

/// State of a greedy run on the device; `picks` also says when it has ended.
struct GreedyState {
    std::int32_t picks;
    std::int32_t ended;
    double largest;      ///< initial gain, for the stop test
    double inverseRoot;  ///< of the last pick
};

__global__ void greedyStart(const float* s, const float* weights, std::int64_t n, double rankTolerance, double* square, double* residual, double* cut) {
    const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (i < n) {
        square[i] = static_cast<double>(weights[i]) * static_cast<double>(weights[i]);
        residual[i] = static_cast<double>(s[i * n + i]);
        cut[i] = rankTolerance * residual[i];
    }
}

/// One block: the largest w^2 d^2, ties to the lower index, becomes the next pick; or the run ends.
__global__ void greedyPick(std::int64_t n, double gainTolerance, double* square, const double* residual, const double* cut, std::int32_t* order,
                           float* gain, GreedyState* state) {
    __shared__ double bestGain[kThreads];
    __shared__ std::int64_t bestToken[kThreads];
    double best = 0;
    std::int64_t token = n;
    for (std::int64_t i = threadIdx.x; i < n; i += kThreads) {
        const double value = residual[i] > cut[i] ? square[i] * residual[i] : 0.0;
        if (value > best) {   // ascending: the first of equals stays
            best = value;
            token = i;
        }
    }
    bestGain[threadIdx.x] = best;
    bestToken[threadIdx.x] = token;
    __syncthreads();
    for (int step = kThreads / 2; step > 0; step /= 2) {
        const int other = static_cast<int>(threadIdx.x) + step;
        if (static_cast<int>(threadIdx.x) < step &&
            (bestGain[other] > bestGain[threadIdx.x] ||
             (bestGain[other] == bestGain[threadIdx.x] && bestToken[other] < bestToken[threadIdx.x]))) {
            bestGain[threadIdx.x] = bestGain[other];
            bestToken[threadIdx.x] = bestToken[other];
        }
        __syncthreads();
    }
    if (threadIdx.x == 0 && state->ended == 0) {
        best = bestGain[0];
        token = bestToken[0];
        if (state->picks == 0) {
            state->largest = best;
        }
        if (token >= n || best <= gainTolerance * state->largest) {
            state->ended = 1;
            return;
        }
        order[state->picks] = static_cast<std::int32_t>(token);
        gain[state->picks] = static_cast<float>(best);
        state->inverseRoot = 1.0 / sqrt(residual[token]);
        square[token] = 0;
        state->picks += 1;
    }
}

/// Coefficient row of the last pick: e_i = (S_ji - <c_j, c_i>) / d_j, d_i^2 -= e_i^2. `rows` is [k, n].
__global__ void greedyUpdate(const float* s, std::int64_t n, const std::int32_t* order, float* rows, double* residual, const GreedyState* state) {
    const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (i >= n || state->ended != 0) {
        return;
    }
    const int t = state->picks - 1;
    const std::int64_t j = order[t];
    double projected = 0;
    for (int r = 0; r < t; ++r) {
        projected += static_cast<double>(rows[r * n + j]) * static_cast<double>(rows[r * n + i]);
    }
    const double e = (static_cast<double>(s[j * n + i]) - projected) * state->inverseRoot;
    rows[t * n + i] = static_cast<float>(e);
    residual[i] -= e * e;
}

}  // namespace prunescope::cuda
