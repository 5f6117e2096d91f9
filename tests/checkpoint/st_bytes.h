// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// safetensors files made by hand, right and wrong, and a smallest LLaVA folder to break.

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/config_reader.h"
#include "core/checkpoint/weight_map.h"
#include "tests/base/scratch_folder.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace prunescope::testing {

using ByteString = std::vector<std::uint8_t>;

/// Length prefix, header text, `data` bytes of zero.
inline ByteString stBytes(const std::string& header, std::size_t data = 0, std::int64_t claimed = -1) {
    ByteString bytes;
    const auto length = claimed >= 0 ? static_cast<std::uint64_t>(claimed) : header.size();
    for (unsigned i = 0; i < 8; ++i) {
        bytes.push_back(static_cast<std::uint8_t>(length >> (8 * i)));
    }
    bytes.insert(bytes.end(), header.begin(), header.end());
    bytes.resize(bytes.size() + data, 0);
    return bytes;
}

/// A file of tensors with the given shapes, zeros, one after the other.
inline std::string stFile(const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& tensors, const std::string& dtype = "F32") {
    const std::size_t size = dtype == "F32" || dtype == "I32" ? 4 : dtype == "F64" || dtype == "I64" ? 8 : dtype == "U8" || dtype == "BOOL" ? 1 : 2;
    nlohmann::json header = nlohmann::json::object();
    std::size_t at = 0;
    for (const auto& [name, shape] : tensors) {
        std::size_t bytes = size;
        for (const std::int64_t side : shape) {
            bytes *= static_cast<std::size_t>(side);
        }
        header[name] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {at, at + bytes}}};
        at += bytes;
    }
    const ByteString bytes = stBytes(header.dump(), at);
    return std::string(bytes.begin(), bytes.end());
}

/// A LLaVA folder of a few kilobytes: change `config`, `tensors` or files, then open it.
struct MiniModel {
    ScratchFolder scratch;
    nlohmann::json config = nlohmann::json::parse(R"({
        "model_type": "llava", "torch_dtype": "float32", "image_token_index": 9, "vision_feature_layer": -2,
        "vision_config": {"model_type": "clip_vision_model", "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 3,
                          "num_attention_heads": 2, "image_size": 28, "patch_size": 14, "projection_dim": 8},
        "text_config": {"model_type": "llama", "vocab_size": 11, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2,
                        "num_attention_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5}})");
    nlohmann::json processor = nlohmann::json::parse(R"({"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 28},
        "crop_size": {"height": 28, "width": 28}})");

    /// Canonical names turned into layout L0 names.
    static std::string storedName(const std::string& canonical) {
        if (canonical.rfind("lm.", 0) == 0) {
            return "language_model.model." + canonical.substr(3);
        }
        if (canonical.rfind("lm_head", 0) == 0) {
            return "language_model." + canonical;
        }
        return canonical.rfind("vision_tower.", 0) == 0 ? "vision_tower.vision_model." + canonical.substr(13) : canonical;
    }
    [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::int64_t>>> tensors() const {
        std::vector<std::string> warnings;
        const auto read = readModelConfig(config, "config.json", warnings);
        std::vector<std::pair<std::string, std::vector<std::int64_t>>> list;
        if (read.ok()) {
            for (const auto& [name, weight] : expectedWeights(*read)) {
                list.emplace_back(storedName(name), weight.shape);
            }
        }
        return list;
    }
    void write() const {
        scratch.put("config.json", config.dump());
        scratch.put("preprocessor_config.json", processor.dump());
        scratch.put("tokenizer.json", "{}");
        scratch.put("model.safetensors", stFile(tensors()));
    }
    [[nodiscard]] Result<Checkpoint> open() const { return openCheckpoint(scratch.path); }
    /// Writes everything, then opens; the error's id or "".
    [[nodiscard]] std::string idAfterWrite() const {
        write();
        return id();
    }
    [[nodiscard]] std::string id() const {
        const auto opened = open();
        return opened.ok() ? "" : opened.error().id;
    }
};

}  // namespace prunescope::testing
