// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The stage interfaces that core/engine implements with LibTorch. Everything crosses as plain host values; the pipeline never sees a device.

#include "core/base/result.h"
#include "core/base/tensor.h"
#include "core/checkpoint/checkpoint.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace prunescope {

enum class DeviceChoice { kAuto, kCpu, kCuda };
enum class DtypeChoice { kAuto, kFloat32, kBFloat16, kFloat16 };

struct LoadOptions {
    DeviceChoice device = DeviceChoice::kAuto;
    int cudaIndex = 0;
    DtypeChoice dtype = DtypeChoice::kAuto;   ///< auto: float32 on the CPU, the checkpoint's own (bf16/f16) on CUDA
    int threads = 0;                          ///< 0: all cores
};

/// Output of tower and projector for one image.
struct VisionOutput {
    HostTensor features;     ///< [n, dv] selected layer(s), class token dropped where the family drops it
    HostTensor projected;    ///< [n, d] rows to splice into the prompt
    HostTensor clipTokens;   ///< [n, c] patches in CLIP space; empty without a matching text tower
    double visionMs = 0, projectMs = 0;
};

/// Prompt ready for the decoder: one id per position, image token where a visual row goes, rows in order, explicit positions.
struct PrefillInput {
    std::vector<std::int64_t> ids;         ///< [T]
    HostTensor visual;                     ///< [m, d], m = number of image tokens in ids
    std::vector<std::int64_t> positions;   ///< [T]
    std::int64_t nextPosition = 0;         ///< of the first generated token
};

struct GenerateOptions {
    std::int64_t maxNewTokens = 64;
    std::vector<std::int64_t> eosTokens;
    std::int64_t tokenizerSize = 0;        ///< ids >= this are never chosen (padded vocabulary rows); 0 = no bound
};

enum class FinishReason { kEos, kLength, kCancelled };
struct Generation {
    std::vector<std::int64_t> ids;         ///< the end token included
    std::vector<float> logProbabilities;   ///< of each chosen id
    FinishReason finish = FinishReason::kEos;
    double prefillMs = 0, decodeMs = 0, firstTokenMs = 0;   ///< firstTokenMs: from the call to the first id
    std::int64_t kvBytes = 0;              ///< measured: bytes of the cache's used part
};

struct ModelFacts {
    std::string family, device, dtype;     ///< "cpu" | "cuda:0"; "float32" | "bfloat16" | "float16"
    std::int64_t parameters = 0;
    int hidden = 0, visualTokens = 0, patchSize = 0, gridRows = 0, gridCols = 0;
    bool hasClipTextTower = false;
    double loadMs = 0;
    /// Of one weight, and of one number in the cache.
    [[nodiscard]] std::int64_t bytesPerNumber() const { return dtype == "float32" ? 4 : 2; }
};

/// A loaded model. Not thread-safe: one worker owns it. A stop request ends the call with ErrorCode::kCancelled between layers or tokens
/// (generate returns what it has, FinishReason::kCancelled).
class LanguageModel {
public:
    virtual ~LanguageModel() = default;
    [[nodiscard]] virtual const ModelFacts& facts() const = 0;
    /// pixels: [1, 3, H, W] normalised float32.
    [[nodiscard]] virtual Result<VisionOutput> encodeImage(const HostTensor& pixels, std::stop_token stop) = 0;
    /// Rows of the decoder's embedding table, [l, d].
    [[nodiscard]] virtual Result<HostTensor> embedTokens(const std::vector<std::int64_t>& ids) = 0;
    /// Question in CLIP space ([segments, c]); kBadModel when there is no text tower.
    [[nodiscard]] virtual Result<HostTensor> clipTextFeatures(const std::vector<std::int64_t>& clipIds) = 0;
    /// Greedy decoding; `onToken` is called for each id as it is chosen.
    [[nodiscard]] virtual Result<Generation> generate(const PrefillInput& input, const GenerateOptions& options,
                                                      const std::function<void(std::int64_t)>& onToken, std::stop_token stop) = 0;
    /// Logits at every position, [T, V] (for `dump` and parity tests).
    [[nodiscard]] virtual Result<HostTensor> logits(const PrefillInput& input, std::stop_token stop) = 0;
    /// Log-probability of a given continuation, summed (teacher forcing).
    [[nodiscard]] virtual Result<double> scoreContinuation(const PrefillInput& input, const std::vector<std::int64_t>& continuation, std::stop_token stop) = 0;
};

/// Called with progress in [0, 1] and a short text while loading.
using ProgressSink = std::function<void(double, const std::string&)>;
/// Loads weights into a device. core/engine provides `loadLanguageModel` of this type.
using ModelLoader = std::function<Result<std::unique_ptr<LanguageModel>>(const Checkpoint&, const LoadOptions&, const ProgressSink&, std::stop_token)>;

}  // namespace prunescope
