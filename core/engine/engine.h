// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The LibTorch engine behind core/run's stage interface. This header is torch-free on purpose: Qt and torch never share a translation unit.

#include "core/run/language_model.h"

namespace prunescope {

/// Loads a LLaVA-family checkpoint onto a device (a core::run ModelLoader). Errors: MODEL-*, DEVICE-* (kDevice), MEM-* (kDevice).
[[nodiscard]] Result<std::unique_ptr<LanguageModel>> loadLanguageModel(const Checkpoint& checkpoint, const LoadOptions& options,
                                                                       const ProgressSink& progress, std::stop_token stop);

/// What LibTorch offers on this machine (for `doctor`).
struct EngineReport {
    std::string torchVersion;
    std::string cudaVersion;                 ///< "" when this build or machine has none
    std::vector<std::string> cudaDevices;
    std::string whyNoCuda;
    std::string cpuCapability;               ///< e.g. "AVX512"
    int threads = 0;
    bool bfloat16Fast = false;               ///< the CPU multiplies bfloat16 natively
};
[[nodiscard]] EngineReport engineReport();
/// Sizes LibTorch's intra-op pool once, before any work (0: all cores).
void configureEngineThreads(int threads);

}  // namespace prunescope
