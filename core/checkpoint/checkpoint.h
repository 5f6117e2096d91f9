// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A Hugging Face model folder, read and judged without LibTorch: config (a diff against class defaults), weights index, processor files.
// (reference/models.md sections 2, 3; errors MODEL-* with kBadModel.)

#include "core/base/preprocess_config.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace prunescope {

enum class StorageType { kF64, kF32, kF16, kBF16, kI64, kI32, kU8, kBool };
[[nodiscard]] std::size_t bytesPerElement(StorageType type);

/// One tensor of a safetensors file; `bytes` point into the file's mapping and live as long as the owning SafetensorsFile.
struct TensorRecord {
    std::string name;
    StorageType type = StorageType::kF32;
    std::vector<std::int64_t> shape;
    std::span<const std::uint8_t> bytes;
};

/// A memory-mapped, fully validated safetensors file. Movable; thread-safe to read. SIGBUS-safe as far as the size was checked at open.
class SafetensorsFile {
public:
    [[nodiscard]] static Result<SafetensorsFile> open(const std::filesystem::path& path);
    /// Parses from memory (fuzzing, tests); keeps a copy.
    [[nodiscard]] static Result<SafetensorsFile> parse(std::vector<std::uint8_t> bytes, const std::string& where);
    [[nodiscard]] const std::vector<TensorRecord>& tensors() const;
    [[nodiscard]] const TensorRecord* find(const std::string& name) const;
    [[nodiscard]] const std::map<std::string, std::string>& metadata() const;

private:
    struct State;
    std::shared_ptr<const State> m_state;
};

/// A tensor to be written. Values are float32 or int64.
struct TensorToWrite {
    std::string name;
    std::vector<std::int64_t> shape;
    std::vector<float> f32;
    std::vector<std::int64_t> i64;   ///< used when f32 is empty
};
/// Writes atomically (temporary file, fsync, rename). Errors: kNotWritten; the old file stays.
[[nodiscard]] Result<void> writeSafetensors(const std::filesystem::path& path, const std::vector<TensorToWrite>& tensors,
                                            const std::map<std::string, std::string>& metadata);

/// Converts any stored float or integer tensor to float32 values.
[[nodiscard]] Result<std::vector<float>> toFloat32(const TensorRecord& tensor);

struct VisionConfig {
    int hidden = 1024, intermediate = 4096, layers = 24, heads = 16, imageSize = 336, patchSize = 14, projectionDim = 768;
    std::string activation = "quick_gelu";   ///< quick_gelu | gelu | gelu_pytorch_tanh | silu | relu
    double layerNormEps = 1e-5;
};
struct RopeConfig {
    std::string type = "default";  ///< default | linear | llama3 | dynamic
    double theta = 10000.0, factor = 1.0, lowFreqFactor = 1.0, highFreqFactor = 4.0;
    int originalMaxPosition = 8192;
};
struct TextConfig {
    std::string modelType = "llama";
    int vocab = 32000, hidden = 4096, intermediate = 11008, layers = 32, heads = 32, kvHeads = 32, headDim = 128, maxPosition = 2048;
    std::string activation = "silu";
    double rmsNormEps = 1e-6;
    bool attentionBias = false, mlpBias = false, tieEmbeddings = false;
    RopeConfig rope;
};
/// config.json with class defaults filled in.
struct ModelConfig {
    std::string family = "llava";            ///< model_type
    VisionConfig vision;
    TextConfig text;
    std::vector<int> featureLayers{-2};      ///< vision_feature_layer; several are concatenated on channels
    bool featureLayerIsList = false;
    bool dropClassToken = true;              ///< vision_feature_select_strategy "default"
    std::string projectorActivation = "gelu";
    bool projectorBias = true;
    std::int64_t imageToken = 32000;
    std::vector<std::int64_t> eosTokens;     ///< union of generation_config, text_config, config
    std::string storageDtype;                ///< dtype / torch_dtype as written, "" when absent
    [[nodiscard]] int tokensPerImage() const;
};

/// Where a canonical weight lives.
struct WeightEntry {
    std::size_t file = 0;          ///< index into Checkpoint::files
    std::string storedName;
    TensorRecord record;
};

/// relevance.json beside a model: in which space and with which sign relevance is calibrated, and which positions kept tokens take.
struct RelevanceCalibration {
    std::string space = "auto";    ///< llm | clip | auto
    int sign = 0;                  ///< +1, -1, 0 = auto
    std::string positions = "auto";   ///< compact | original | auto: where kept tokens sit in a decoder trained like this one
};

/// An opened model folder: everything but the arithmetic.
struct Checkpoint {
    std::filesystem::path folder;
    ModelConfig config;
    PreprocessConfig preprocess;
    std::vector<SafetensorsFile> files;
    std::map<std::string, WeightEntry> weights;   ///< canonical name ("lm.layers.0…", "vision_tower.…", "multi_modal_projector.…", "lm_head.weight") -> entry
    std::string chatTemplate;                     ///< "" when the folder has none
    std::filesystem::path tokenizerFile;          ///< tokenizer.json
    std::optional<RelevanceCalibration> relevance;
    std::optional<std::filesystem::path> clipTextFolder;   ///< "clip/" with a text tower in CLIPModel naming, when present
    std::int64_t parameters = 0;
    std::int64_t weightBytes = 0;
    std::vector<std::string> warnings;
};

/// Opens and validates a folder: every needed weight present with the right shape, nothing unknown, config sane. Errors: MODEL-*.
[[nodiscard]] Result<Checkpoint> openCheckpoint(const std::filesystem::path& folder);

/// The one canonicalisation rule for key names of all layouts (L0, L1, L2, LO).
[[nodiscard]] std::string canonicalWeightName(const std::string& stored, bool originalLayout);

}  // namespace prunescope
