// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What tests and benchmarks may ask of the engine beyond the stage interface: single norms and activations of a loaded model (end-to-end
// logits cannot prove an eps; models.md 13.2), and the path that CUDA takes, run on the CPU. Torch-free.

#include "core/run/language_model.h"

#include <string>

namespace prunescope {

struct EngineTuning {
    bool libraryOperatorsOnly = false;   ///< LibTorch operators only, as on CUDA; default: the engine's own CPU loops between products
};
/// `loadLanguageModel` with a choice of path.
[[nodiscard]] Result<std::unique_ptr<LanguageModel>> loadLanguageModelTuned(const Checkpoint& checkpoint, const LoadOptions& options, const EngineTuning& tuning,
                                                                            const ProgressSink& progress, std::stop_token stop);
/// One norm of a model made by this engine, by canonical name ("lm.layers.0.input_layernorm"), on rows [n, d].
[[nodiscard]] Result<HostTensor> probeNorm(const LanguageModel& model, const std::string& name, const HostTensor& rows);
/// The activation of "vision", "projector" or "text" on any values.
[[nodiscard]] Result<HostTensor> probeActivation(const LanguageModel& model, const std::string& part, const HostTensor& values);

}  // namespace prunescope
