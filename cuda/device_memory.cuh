// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Device memory with an owner, and CUDA's status codes as errors.

#include "core/base/result.h"

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace prunescope::cuda {

[[nodiscard]] inline Error cudaError(const std::string& what, cudaError_t status) {
    const bool memory = status == cudaErrorMemoryAllocation;
    return Error{ErrorCode::kDevice, memory ? "MEM-DEVICE" : "DEVICE-CUDA", what, "", cudaGetErrorString(status),
                 memory ? "use the CPU or fewer tokens" : "use the CPU", nullptr};
}

/// count elements of T on the device; empty after a failed allocation.
template <typename T>
class DeviceArray {
public:
    DeviceArray() = default;
    DeviceArray(DeviceArray&& other) noexcept : m_data(std::exchange(other.m_data, nullptr)), m_count(std::exchange(other.m_count, 0)) {}
    DeviceArray& operator=(DeviceArray&& other) noexcept {
        std::swap(m_data, other.m_data);
        std::swap(m_count, other.m_count);
        return *this;
    }
    DeviceArray(const DeviceArray&) = delete;
    DeviceArray& operator=(const DeviceArray&) = delete;
    ~DeviceArray() { cudaFree(m_data); }

    [[nodiscard]] cudaError_t allocate(std::int64_t count) {
        cudaFree(m_data);
        m_data = nullptr;
        m_count = count;
        return cudaMalloc(reinterpret_cast<void**>(&m_data), static_cast<std::size_t>(count > 0 ? count : 1) * sizeof(T));
    }
    [[nodiscard]] cudaError_t clear() { return cudaMemset(m_data, 0, static_cast<std::size_t>(m_count) * sizeof(T)); }
    [[nodiscard]] cudaError_t upload(const T* host, std::int64_t count) {
        const cudaError_t status = allocate(count);
        return status != cudaSuccess ? status : cudaMemcpy(m_data, host, static_cast<std::size_t>(count) * sizeof(T), cudaMemcpyHostToDevice);
    }
    [[nodiscard]] cudaError_t download(T* host, std::int64_t count) const {
        return cudaMemcpy(host, m_data, static_cast<std::size_t>(count) * sizeof(T), cudaMemcpyDeviceToHost);
    }
    [[nodiscard]] T* get() const { return m_data; }

private:
    T* m_data = nullptr;
    std::int64_t m_count = 0;
};

}  // namespace prunescope::cuda
