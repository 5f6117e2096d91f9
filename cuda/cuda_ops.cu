// SPDX-License-Identifier: GPL-3.0-or-later

// The CUDA backend: copies in, launches, copies out. Definitions and tolerances are those of core/ops.

#include "core/ops/checks.h"
#include "core/ops/op_registry.h"
#include "cuda/cuda_ops.h"
#include "cuda/device_memory.cuh"
#include "cuda/kernels.cuh"

#include <algorithm>

namespace prunescope {
namespace {

using cuda::cudaError;
using cuda::DeviceArray;

int blocksFor(std::int64_t n) { return static_cast<int>((n + cuda::kThreads - 1) / cuda::kThreads); }

/// The first failure of a series of CUDA calls; later calls are not made.
class Status {
public:
    template <typename Call>
    void then(Call call) {
        if (m_status == cudaSuccess) {
            m_status = call();
        }
    }
    /// After a launch: did it start?
    void launched() {
        then([] { return cudaGetLastError(); });
    }
    [[nodiscard]] bool ok() const { return m_status == cudaSuccess; }
    [[nodiscard]] cudaError_t get() const { return m_status; }

private:
    cudaError_t m_status = cudaSuccess;
};

/// Rows without gaps between them.
std::vector<float> packed(MatrixView matrix) {
    std::vector<float> values(static_cast<std::size_t>(matrix.rows * matrix.cols));
    for (std::int64_t i = 0; i < matrix.rows; ++i) {
        std::copy_n(matrix.row(i), matrix.cols, values.data() + i * matrix.cols);
    }
    return values;
}

class CudaOps final : public CoreOps {
public:
    std::string name() const override { return "cuda"; }

    Result<HostTensor> similarity(MatrixView tokens) const override {
        if (Result<void> finite = requireFinite(tokens, "tokens"); !finite) {
            return finite.error();
        }
        const std::int64_t n = tokens.rows;
        const std::vector<float> host = packed(tokens);
        HostTensor out({n, n});
        DeviceArray<float> rows;
        DeviceArray<float> unit;
        DeviceArray<float> s;
        Status status;
        status.then([&] { return rows.upload(host.data(), n * tokens.cols); });
        status.then([&] { return unit.allocate(n * tokens.cols); });
        status.then([&] { return s.allocate(n * n); });
        if (status.ok()) {
            cuda::normaliseRows<<<static_cast<unsigned>(n), cuda::kThreads>>>(rows.get(), tokens.cols, unit.get());
            status.launched();
            const unsigned tiles = static_cast<unsigned>((n + cuda::kTile - 1) / cuda::kTile);
            cuda::similarityTiles<<<dim3(tiles, tiles), dim3(cuda::kTile, cuda::kTile)>>>(unit.get(), n, tokens.cols, s.get());
            status.launched();
        }
        status.then([&] { return s.download(out.mutableData(), n * n); });
        if (!status.ok()) {
            return cudaError("cannot compute similarities on the GPU", status.get());
        }
        return out;
    }

    Result<ThresholdTable> thresholdTable(MatrixView similarity, const std::vector<std::uint8_t>& side, int bins) const override {
        if (Result<void> checked = detail::checkTableInput(similarity, side, bins); !checked) {
            return checked.error();
        }
        const std::int64_t n = similarity.rows;
        const std::int64_t entries = n * (bins + 1);
        const std::vector<float> host = packed(similarity);
        std::vector<float> bounds;
        for (int b = 0; b <= bins; ++b) {
            bounds.push_back(edgeBound(-1.0 + 2.0 / bins * b));
        }
        ThresholdTable table{n, bins, std::vector<std::int32_t>(static_cast<std::size_t>(entries)),
                             std::vector<double>(static_cast<std::size_t>(entries))};
        DeviceArray<float> s;
        DeviceArray<float> deviceBounds;
        DeviceArray<std::uint8_t> deviceSide;
        DeviceArray<std::int32_t> degree;
        DeviceArray<long long> fixedSum;
        DeviceArray<double> sum;
        Status status;
        status.then([&] { return s.upload(host.data(), n * n); });
        status.then([&] { return deviceBounds.upload(bounds.data(), bins + 1); });
        status.then([&] { return deviceSide.upload(side.data(), n); });
        status.then([&] { return degree.allocate(entries); });
        status.then([&] { return degree.clear(); });
        status.then([&] { return fixedSum.allocate(entries); });
        status.then([&] { return fixedSum.clear(); });
        status.then([&] { return sum.allocate(entries); });
        if (status.ok()) {
            cuda::thresholdRows<<<static_cast<unsigned>(n), cuda::kThreads>>>(s.get(), deviceSide.get(), deviceBounds.get(), n, bins, degree.get(),
                                                                             fixedSum.get(), sum.get());
            status.launched();
        }
        status.then([&] { return degree.download(table.degree.data(), entries); });
        status.then([&] { return sum.download(table.sum.data(), entries); });
        if (!status.ok()) {
            return cudaError("cannot count edges on the GPU", status.get());
        }
        return table;
    }

    Result<std::vector<float>> relevance(MatrixView tokens, const std::vector<float>& query) const override {
        if (Result<void> checked = detail::checkRelevanceInput(tokens, query); !checked) {
            return checked.error();
        }
        const std::vector<float> host = packed(tokens);
        std::vector<float> out(static_cast<std::size_t>(tokens.rows));
        DeviceArray<float> rows;
        DeviceArray<float> direction;
        DeviceArray<float> cosines;
        Status status;
        status.then([&] { return rows.upload(host.data(), tokens.rows * tokens.cols); });
        status.then([&] { return direction.upload(query.data(), tokens.cols); });
        status.then([&] { return cosines.allocate(tokens.rows); });
        if (status.ok()) {
            cuda::cosineRows<<<static_cast<unsigned>(tokens.rows), cuda::kThreads>>>(rows.get(), direction.get(), tokens.cols, cosines.get());
            status.launched();
        }
        status.then([&] { return cosines.download(out.data(), tokens.rows); });
        if (!status.ok()) {
            return cudaError("cannot compute relevance on the GPU", status.get());
        }
        return out;
    }

    Result<GreedyOrder> greedyDpp(MatrixView similarity, const std::vector<float>& weights, std::int64_t k) const override {
        if (Result<void> checked = detail::checkGreedyInput(similarity, weights); !checked) {
            return checked.error();
        }
        const std::int64_t n = similarity.rows;
        const std::int64_t most = std::clamp<std::int64_t>(k, 0, n);
        const std::vector<float> host = packed(similarity);
        DeviceArray<float> s;
        DeviceArray<float> w;
        DeviceArray<float> rows;
        DeviceArray<float> gain;
        DeviceArray<double> square;
        DeviceArray<double> residual;
        DeviceArray<double> cut;
        DeviceArray<std::int32_t> order;
        DeviceArray<cuda::GreedyState> state;
        Status status;
        status.then([&] { return s.upload(host.data(), n * n); });
        status.then([&] { return w.upload(weights.data(), n); });
        status.then([&] { return rows.allocate(most * n); });
        status.then([&] { return gain.allocate(most); });
        status.then([&] { return square.allocate(n); });
        status.then([&] { return residual.allocate(n); });
        status.then([&] { return cut.allocate(n); });
        status.then([&] { return order.allocate(most); });
        status.then([&] { return state.allocate(1); });
        status.then([&] { return state.clear(); });
        if (status.ok()) {
            cuda::greedyStart<<<blocksFor(n), cuda::kThreads>>>(s.get(), w.get(), n, kRankTolerance, square.get(), residual.get(), cut.get());
            status.launched();
            for (std::int64_t t = 0; t < most && status.ok(); ++t) {
                cuda::greedyPick<<<1, cuda::kThreads>>>(n, kGainTolerance, square.get(), residual.get(), cut.get(), order.get(), gain.get(), state.get());
                status.launched();
                cuda::greedyUpdate<<<blocksFor(n), cuda::kThreads>>>(s.get(), n, order.get(), rows.get(), residual.get(), state.get());
                status.launched();
            }
        }
        cuda::GreedyState end{};
        GreedyOrder result;
        status.then([&] { return state.download(&end, 1); });
        if (status.ok()) {
            result.order.resize(static_cast<std::size_t>(end.picks));
            result.gain.resize(static_cast<std::size_t>(end.picks));
            result.exhausted = end.ended != 0;
        }
        status.then([&] { return order.download(result.order.data(), end.picks); });
        status.then([&] { return gain.download(result.gain.data(), end.picks); });
        if (!status.ok()) {
            return cudaError("cannot order tokens on the GPU", status.get());
        }
        return result;
    }
};

}  // namespace

Result<void> registerCudaOps() {
    const auto none = [](const std::string& why) {
        return Error{ErrorCode::kDevice, "DEVICE-NO-CUDA", "no CUDA backend for the pruning core", "", why, "the CPU does the same", nullptr};
    };
    int devices = 0;
    const cudaError_t status = cudaGetDeviceCount(&devices);
    if (status == cudaErrorInsufficientDriver) {
        return none("no NVIDIA driver, or one too old for CUDA " + std::to_string(CUDART_VERSION / 1000) + "." + std::to_string(CUDART_VERSION % 1000 / 10));
    }
    if (status != cudaSuccess) {
        return none(cudaGetErrorString(status));
    }
    if (devices == 0) {
        return none("there is no CUDA device");
    }
    cudaFuncAttributes attributes{};
    if (const cudaError_t fits = cudaFuncGetAttributes(&attributes, cuda::normaliseRows); fits != cudaSuccess) {
        return none(std::string("the kernels do not run on this device: ") + cudaGetErrorString(fits));
    }
    registerOps("cuda", std::make_shared<CudaOps>());
    return {};
}

}  // namespace prunescope
