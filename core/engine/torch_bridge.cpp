// SPDX-License-Identifier: GPL-3.0-or-later
// Copies, synchronisation and the translation of exceptions.

#include "core/engine/torch_bridge.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace prunescope::engine {

void fail(ErrorCode code, std::string id, std::string what, std::string where, std::string why, std::string hint) {
    throw Fault{Error{code, std::move(id), std::move(what), std::move(where), std::move(why), std::move(hint), nullptr}};
}

void checkStop(const std::stop_token& stop) {
    if (stop.stop_requested()) {
        throw Cancelled{};
    }
}

namespace {

Error outOfMemory(const std::string& what) {
    return Error{ErrorCode::kDevice, "MEM-EXHAUSTED", what, "", "not enough memory", "use a smaller model, --dtype bfloat16 or a shorter answer", nullptr};
}

}  // namespace

Error currentError(const std::string& what) {
    try {
        throw;
    } catch (const Fault& fault) {
        return fault.error;
    } catch (const Cancelled&) {
        return Error{ErrorCode::kCancelled, "CANCELLED", what, "", "stopped on request", "", nullptr};
    } catch (const std::bad_alloc&) {
        return outOfMemory(what);
    } catch (const c10::OutOfMemoryError&) {
        return outOfMemory(what);
    } catch (const c10::Error& error) {
        // The CPU allocator reports exhaustion as a plain error; its text is only looked at, never shown.
        if (std::string_view(error.what_without_backtrace()).find("allocate memory") != std::string_view::npos) {
            return outOfMemory(what);
        }
        return Error{ErrorCode::kInternal, "ENGINE-LIBRARY", what, "", "the tensor library refused an operation", "please report this with the command that shows it", nullptr};
    } catch (...) {
        return Error{ErrorCode::kInternal, "ENGINE-FAULT", what, "", "an unexpected fault in the engine", "please report this with the command that shows it", nullptr};
    }
}

HostTensor toHost(const at::Tensor& tensor) {
    const at::Tensor plain = tensor.to(at::kCPU, at::kFloat).contiguous();
    HostTensor host(std::vector<std::int64_t>(plain.sizes().begin(), plain.sizes().end()));
    if (plain.numel() > 0) {
        std::memcpy(host.mutableData(), plain.const_data_ptr<float>(), static_cast<std::size_t>(plain.numel()) * sizeof(float));
    }
    return host;
}

at::Tensor fromHost(const HostTensor& tensor, at::Device device, at::ScalarType type) {
    at::Tensor copy = at::empty(tensor.shape(), at::TensorOptions().dtype(at::kFloat));
    if (copy.numel() > 0) {
        std::memcpy(copy.mutable_data_ptr<float>(), tensor.data(), static_cast<std::size_t>(copy.numel()) * sizeof(float));
    }
    return copy.to(device, type);
}

Element elementOf(const at::Tensor& tensor) {
    switch (tensor.scalar_type()) {
        case at::kFloat: return Element::kF32;
        case at::kBFloat16: return Element::kBF16;
        case at::kHalf: return Element::kF16;
        default: break;
    }
    fail(ErrorCode::kInternal, "ENGINE-ELEMENT", "cannot compute", "", "an element type without CPU loops");
}

void synchronise(at::Device device) {
    if (!device.is_cpu()) {
        c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
    }
}

void preferLargePages(const at::Tensor& tensor) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    constexpr std::uintptr_t kPage = 4096;
    if (tensor.device().is_cpu() && tensor.nbytes() >= (1U << 21)) {
        // Whole small pages inside the buffer; the kernel uses large ones where two aligned megabytes fit.
        const auto first = (reinterpret_cast<std::uintptr_t>(tensor.const_data_ptr()) + kPage - 1) / kPage * kPage;
        const auto last = (reinterpret_cast<std::uintptr_t>(tensor.const_data_ptr()) + tensor.nbytes()) / kPage * kPage;
        static_cast<void>(madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE));
    }
#else
    static_cast<void>(tensor);
#endif
}

at::Tensor WeightArena::place(const at::Tensor& tensor) {
    constexpr std::int64_t kBlock = 64LL << 20, kAlign = 64;
    const auto bytes = static_cast<std::int64_t>(tensor.nbytes());
    if (bytes == 0) {
        return tensor;
    }
    const std::int64_t start = (m_used + kAlign - 1) / kAlign * kAlign;
    if (!m_block.defined() || start + bytes > m_block.numel()) {
        m_block = at::empty({std::max(bytes, kBlock)}, at::TensorOptions().dtype(at::kByte));
        preferLargePages(m_block);
        m_used = 0;
        return place(tensor);
    }
    at::Tensor home = m_block.narrow(0, start, bytes).view(tensor.scalar_type()).view(tensor.sizes());
    home.copy_(tensor);
    m_used = start + bytes;
    return home;
}

}  // namespace prunescope::engine
