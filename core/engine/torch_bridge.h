// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The engine's border with LibTorch (included by core/engine/*.cpp only): placement of tensors, copies to and from host tensors, and the one
// place where exceptions become errors.

#include "core/base/result.h"
#include "core/base/tensor.h"
#include "core/engine/cpu_kernels.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

namespace prunescope::engine {

/// Where a model lives and in which type it computes.
struct Placement {
    at::Device device = at::kCPU;
    at::ScalarType compute = at::kFloat;
    bool ownLoops = true;   ///< CPU only: cpu_kernels.h between the large products; false: LibTorch operators only, as on CUDA
    [[nodiscard]] bool onCpu() const { return device.is_cpu(); }
    /// Type of the residual stream: the CPU loops keep it in float32.
    [[nodiscard]] at::ScalarType residual() const { return ownLoops ? at::kFloat : compute; }
};

/// An Error on its way to the room's border; never leaves core/engine.
struct Fault {
    Error error;
};
/// A stop request on its way to the room's border.
struct Cancelled {};

[[noreturn]] void fail(ErrorCode code, std::string id, std::string what, std::string where, std::string why, std::string hint = {});
void checkStop(const std::stop_token& stop);

/// Turns the exception in flight into an Error without the library's own text.
[[nodiscard]] Error currentError(const std::string& what);

/// Runs `f` in inference mode; every exception becomes an Error. R = Result<...>.
template <class R, class F>
[[nodiscard]] R guarded(const char* what, F&& f) {
    try {
        const c10::InferenceMode inference;
        return f();
    } catch (...) {
        return currentError(what);
    }
}

[[nodiscard]] HostTensor toHost(const at::Tensor& tensor);
/// Copy of a host tensor on `device` as `type`.
[[nodiscard]] at::Tensor fromHost(const HostTensor& tensor, at::Device device, at::ScalarType type);
[[nodiscard]] Element elementOf(const at::Tensor& tensor);
/// Waits for the device's work (nothing to do on the CPU).
void synchronise(at::Device device);

/// Asks for large pages under a big buffer that has not been written yet: weights and caches are read once per token, and with small pages
/// the address look-ups cost more than the reading. Does nothing where the system does not offer them.
void preferLargePages(const at::Tensor& tensor);

/// CPU memory for many tensors in a few large blocks on large pages. Tensors placed here live as long as any of them.
class WeightArena {
public:
    /// A copy of `tensor` in the arena.
    [[nodiscard]] at::Tensor place(const at::Tensor& tensor);

private:
    at::Tensor m_block;
    std::int64_t m_used = 0;
};

/// Wall clock in milliseconds.
class StopWatch {
public:
    [[nodiscard]] double ms() const { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - m_start).count(); }

private:
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
};

}  // namespace prunescope::engine
