// SPDX-License-Identifier: GPL-3.0-or-later
// Greedy MAP with one coefficient row per step and whole-vector tensor operations, a batch axis of one kept as in the published loops.
#include "core/engine/straight_greedy.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <limits>

namespace prunescope {

Result<StraightGreedy> straightGreedy(MatrixView similarity, const std::vector<float>& weights, std::int64_t k) {
    const std::int64_t n = similarity.rows;
    if (n <= 0 || similarity.cols != n || static_cast<std::int64_t>(weights.size()) != n || k < 1 || k > n) {
        Error error;
        error.code = ErrorCode::kInternal;
        error.id = "BENCH-SHAPE";
        error.what = "cannot run the straight loop";
        error.why = "shapes do not fit";
        return error;
    }
    try {
        const c10::InferenceMode mode;
        const at::Tensor s = at::from_blob(const_cast<float*>(similarity.data), {n, n}, {similarity.stride, 1}, at::kFloat).clone();
        const at::Tensor w = at::from_blob(const_cast<float*>(weights.data()), {n}, at::kFloat).clone();
        StraightGreedy out;
        const auto begin = std::chrono::steady_clock::now();
        const at::Tensor kernel = (w.unsqueeze(1) * s * w.unsqueeze(0)).unsqueeze(0);   // [1, n, n]
        out.kernelMs = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
        const std::int64_t batch = 1;

        const auto start = std::chrono::steady_clock::now();
        at::Tensor cis = at::zeros({k, batch, n}, at::kFloat);                           // [k, 1, n]
        at::Tensor residual = at::diagonal(kernel, 0, 1, 2).clone();                     // [1, n]
        at::Tensor picks = at::empty({k, batch}, at::kLong);
        const at::Tensor rows = at::arange(batch, at::kLong);
        for (std::int64_t t = 0; t < k; ++t) {
            const at::Tensor j = at::argmax(residual, -1);                               // [1]
            picks.select(0, t).copy_(j);
            const at::Tensor kernelRow = at::index(kernel, {rows, j});                   // [1, n]
            const at::Tensor pivot = at::sqrt(at::index(residual, {rows, j})).unsqueeze(-1);
            at::Tensor row = kernelRow;
            if (t > 0) {
                const at::Tensor before = cis.narrow(0, 0, t);                           // [t, 1, n]
                const at::Tensor atPick = at::gather(before, 2, j.view({1, batch, 1}).expand({t, batch, 1})).squeeze(-1);   // [t, 1]
                row = kernelRow - at::einsum("tb,tbn->bn", {atPick, before});
            }
            row = row / pivot;
            cis.select(0, t).copy_(row);
            residual.sub_(at::square(row));
            residual.index_put_({rows, j}, at::scalar_tensor(-std::numeric_limits<float>::infinity()));
        }
        out.ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
        const at::Tensor flat = picks.reshape({k}).contiguous();
        out.order.assign(flat.const_data_ptr<std::int64_t>(), flat.const_data_ptr<std::int64_t>() + k);
        return out;
    } catch (const std::exception&) {
        Error error;
        error.code = ErrorCode::kDevice;
        error.id = "MEM-HOST";
        error.what = "cannot run the straight loop";
        error.why = "out of memory";
        return error;
    }
}

}  // namespace prunescope
