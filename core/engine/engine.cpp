// SPDX-License-Identifier: GPL-3.0-or-later
// The public functions: choice of device and type, loading, and what LibTorch offers here.

#include "core/engine/engine.h"

#include "core/engine/llava_engine.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <thread>

namespace prunescope {

namespace {

using engine::fail;
using engine::LlavaEngine;
using engine::Placement;

int cudaDeviceCount() {
    return at::globalContext().hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().getNumGPUs()) : 0;
}

constexpr bool kLinksTorchCuda = PRUNESCOPE_TORCH_CUDA != 0;

std::string whyNoCuda() {
    return kLinksTorchCuda ? "LibTorch's CUDA part is linked, but no usable NVIDIA GPU or driver was found"
                           : "this build links LibTorch's CPU part only (preset gpu links the CUDA part)";
}

at::ScalarType storageType(const Checkpoint& checkpoint) {
    const std::string& stored = checkpoint.config.storageDtype;
    return stored == "bfloat16" ? at::kBFloat16 : stored == "float16" ? at::kHalf : at::kFloat;
}

Placement place(const Checkpoint& checkpoint, const LoadOptions& options, const EngineTuning& tuning) {
    Placement placement;
    const int devices = options.device == DeviceChoice::kCpu ? 0 : cudaDeviceCount();
    if (options.device == DeviceChoice::kCuda && devices == 0) {
        fail(ErrorCode::kDevice, "DEVICE-CUDA", "cannot use the GPU", "cuda", whyNoCuda(), "use --device cpu");
    }
    if (options.device == DeviceChoice::kCuda && options.cudaIndex >= devices) {
        fail(ErrorCode::kDevice, "DEVICE-INDEX", "cannot use the GPU", "cuda:" + std::to_string(options.cudaIndex), "there are " + std::to_string(devices) + " GPUs", "use a smaller index");
    }
    if (devices > 0) {
        placement.device = at::Device(at::kCUDA, static_cast<at::DeviceIndex>(std::clamp(options.cudaIndex, 0, devices - 1)));
    }
    switch (options.dtype) {
        case DtypeChoice::kAuto: placement.compute = placement.onCpu() ? at::kFloat : storageType(checkpoint); break;
        case DtypeChoice::kFloat32: placement.compute = at::kFloat; break;
        case DtypeChoice::kBFloat16: placement.compute = at::kBFloat16; break;
        case DtypeChoice::kFloat16: placement.compute = at::kHalf; break;
    }
    if (placement.onCpu() && placement.compute == at::kHalf) {
        fail(ErrorCode::kDevice, "DEVICE-DTYPE", "cannot compute in float16", "cpu", "float16 arithmetic is offered on CUDA only", "use --dtype float32 or bfloat16");
    }
    placement.ownLoops = placement.onCpu() && !tuning.libraryOperatorsOnly;
    return placement;
}

/// Loads on one thread and gives the others back afterwards: a small model is copied before a second thread has woken up, and on a busy
/// machine two threads that wait for each other at every tensor take ten times as long (measured).
class LoadingThreads {
public:
    explicit LoadingThreads(std::int64_t weightBytes) : m_before(at::get_num_threads()) {
        constexpr std::int64_t kWorthSharing = 1LL << 30;
        if (weightBytes < kWorthSharing) {
            at::set_num_threads(1);
        }
    }
    ~LoadingThreads() { at::set_num_threads(m_before); }
    LoadingThreads(const LoadingThreads&) = delete;
    LoadingThreads& operator=(const LoadingThreads&) = delete;

private:
    int m_before;
};

}  // namespace

Result<std::unique_ptr<LanguageModel>> loadLanguageModelTuned(const Checkpoint& checkpoint, const LoadOptions& options, const EngineTuning& tuning,
                                                              const ProgressSink& progress, std::stop_token stop) {
    using Loaded = Result<std::unique_ptr<LanguageModel>>;
    return engine::guarded<Loaded>("cannot load model", [&]() -> Loaded {
        if (options.threads > 0) {
            configureEngineThreads(options.threads);
        }
        if (checkpoint.config.family != "llava") {
            fail(ErrorCode::kBadModel, "MODEL-FAMILY", "cannot load model", checkpoint.config.family, "this model family is not supported", "supported is llava (LLaVA-1.5)");
        }
        const Placement placement = place(checkpoint, options, tuning);
        engine::requireMemory(checkpoint, placement);
        const LoadingThreads threads(checkpoint.weightBytes);
        return std::unique_ptr<LanguageModel>(std::make_unique<LlavaEngine>(checkpoint, placement, progress, stop));
    });
}

Result<std::unique_ptr<LanguageModel>> loadLanguageModel(const Checkpoint& checkpoint, const LoadOptions& options, const ProgressSink& progress, std::stop_token stop) {
    return loadLanguageModelTuned(checkpoint, options, EngineTuning{}, progress, std::move(stop));
}

Result<HostTensor> probeNorm(const LanguageModel& model, const std::string& name, const HostTensor& rows) {
    const auto* own = dynamic_cast<const LlavaEngine*>(&model);
    if (own == nullptr) {
        return Error{ErrorCode::kInternal, "ENGINE-PROBE", "cannot probe a norm", name, "the model was not made by this engine", "", nullptr};
    }
    return own->probeNorm(name, rows);
}

Result<HostTensor> probeActivation(const LanguageModel& model, const std::string& part, const HostTensor& values) {
    const auto* own = dynamic_cast<const LlavaEngine*>(&model);
    if (own == nullptr) {
        return Error{ErrorCode::kInternal, "ENGINE-PROBE", "cannot probe an activation", part, "the model was not made by this engine", "", nullptr};
    }
    return own->probeActivation(part, values);
}

EngineReport engineReport() {
    EngineReport report;
    report.torchVersion = TORCH_VERSION;
    report.threads = at::get_num_threads();
    report.cpuCapability = at::get_cpu_capability();
    report.bfloat16Fast = engine::bfloat16Native();
    try {
        const int devices = cudaDeviceCount();
        for (int i = 0; i < devices; ++i) {
            report.cudaDevices.push_back("cuda:" + std::to_string(i));
        }
        if (devices > 0) {
            const std::int64_t version = at::detail::getCUDAHooks().versionCUDART();
            report.cudaVersion = std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
        } else {
            report.whyNoCuda = whyNoCuda();
        }
    } catch (const std::exception&) {
        report.whyNoCuda = "the CUDA driver reported an error";
    }
    return report;
}

void configureEngineThreads(int threads) {
    const int all = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    at::set_num_threads(threads > 0 ? std::min(threads, all) : all);
}

}  // namespace prunescope
