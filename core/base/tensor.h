// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Plain host tensors that cross rooms: row-major float32, shared and immutable once published. No LibTorch here; the engine copies its
// results into these, so that pruning, analysis and the window never see a device.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace prunescope {

/// Row-major float32 tensor on the host. Copies share the storage; treat a published tensor as immutable.
class HostTensor {
public:
    HostTensor() = default;
    /// Zero-filled tensor of `shape`; a shape of {} is a scalar, a default-constructed tensor is empty.
    explicit HostTensor(std::vector<std::int64_t> shape);
    HostTensor(std::vector<std::int64_t> shape, std::vector<float> values);

    [[nodiscard]] bool empty() const { return m_values == nullptr; }
    [[nodiscard]] const std::vector<std::int64_t>& shape() const { return m_shape; }
    [[nodiscard]] std::int64_t size(std::size_t axis) const { return m_shape.at(axis); }
    [[nodiscard]] std::int64_t count() const;
    [[nodiscard]] const float* data() const { return m_values ? m_values->data() : nullptr; }
    [[nodiscard]] float* mutableData() { return m_values ? m_values->data() : nullptr; }
    [[nodiscard]] std::span<const float> values() const { return m_values ? std::span<const float>(*m_values) : std::span<const float>(); }

private:
    std::vector<std::int64_t> m_shape;
    std::shared_ptr<std::vector<float>> m_values;
};

/// Read-only view of a row-major matrix: `rows` x `cols`, consecutive rows `stride` floats apart. Does not own.
struct MatrixView {
    const float* data = nullptr;
    std::int64_t rows = 0;
    std::int64_t cols = 0;
    std::int64_t stride = 0;

    MatrixView() = default;
    MatrixView(const float* d, std::int64_t r, std::int64_t c) : data(d), rows(r), cols(c), stride(c) {}
    /// View of a two-dimensional tensor [rows, cols] (a one-dimensional one is a single row).
    explicit MatrixView(const HostTensor& tensor);

    [[nodiscard]] bool empty() const { return data == nullptr || rows == 0; }
    [[nodiscard]] const float* row(std::int64_t i) const { return data + i * stride; }
};

}  // namespace prunescope
