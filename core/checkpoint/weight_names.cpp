// SPDX-License-Identifier: GPL-3.0-or-later
// One canonical name for every weight, whatever layout wrote it (reference/models.md 2.3), the list of weights a configuration needs (2.4),
// and the match of the two.
#include "core/checkpoint/weight_map.h"

#include "core/base/numbers.h"
#include "core/base/utf8.h"
#include "core/checkpoint/config_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace prunescope {
namespace {

bool startsWith(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }
bool endsWith(std::string_view text, std::string_view suffix) { return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix; }

std::string canonicalOriginal(const std::string& stored) {
    const std::string_view name(stored);
    constexpr std::string_view kTower = "model.vision_tower.vision_tower.";
    constexpr std::string_view kProjector = "model.mm_projector.";
    if (startsWith(name, kTower)) {
        std::string_view rest = name.substr(kTower.size());
        rest = startsWith(rest, "vision_model.") ? rest.substr(13) : rest;
        return "vision_tower." + std::string(rest);
    }
    if (startsWith(name, kProjector)) {
        const std::string_view rest = name.substr(kProjector.size());
        if (startsWith(rest, "0.") || startsWith(rest, "2.")) {
            return std::string("multi_modal_projector.linear_") + (rest[0] == '0' ? "1" : "2") + std::string(rest.substr(1));
        }
    }
    if (name == "model.image_newline") {
        return "image_newline";
    }
    return startsWith(name, "model.") ? "lm." + std::string(name.substr(6)) : stored;
}

std::string shapeText(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (const std::int64_t size : shape) {
        text += (text.size() > 1 ? "," : "") + std::to_string(size);
    }
    return text + "]";
}

std::string shown(const std::string& name) { return elide(escapeForLine(name), 70, true); }

std::string firstThree(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 3); ++i) {
        text += (i == 0 ? "" : ", ") + shown(names[i]);
    }
    return text + (names.size() > 3 ? ", ..." : "");
}

class Expected {
public:
    std::map<std::string, ExpectedWeight> weights;
    void add(const std::string& name, std::vector<std::int64_t> shape, bool required = true) { weights[name] = ExpectedWeight{std::move(shape), required}; }
    /// A linear map [out, in] with or without its bias.
    void linear(const std::string& name, std::int64_t out, std::int64_t in, bool bias, bool required = true) {
        add(name + ".weight", {out, in}, required);
        if (bias) {
            add(name + ".bias", {out}, required);
        }
    }
    void norm(const std::string& name, std::int64_t size, bool required = true) {
        add(name + ".weight", {size}, required);
        add(name + ".bias", {size}, required);
    }
};

void addVision(const VisionConfig& vision, int blocksUsed, Expected& expected) {
    const std::int64_t h = vision.hidden;
    const std::int64_t side = vision.imageSize / vision.patchSize;
    const std::string tower = "vision_tower.";
    expected.add(tower + "embeddings.patch_embedding.weight", {h, 3, vision.patchSize, vision.patchSize});
    expected.add(tower + "embeddings.class_embedding", {h});
    expected.add(tower + "embeddings.position_embedding.weight", {side * side + 1, h});
    expected.norm(tower + "pre_layrnorm", h);
    expected.norm(tower + "post_layernorm", h, false);
    for (int i = 0; i < vision.layers; ++i) {
        const std::string block = tower + "encoder.layers." + std::to_string(i) + ".";
        const bool used = i < blocksUsed;
        expected.norm(block + "layer_norm1", h, used);
        expected.norm(block + "layer_norm2", h, used);
        for (const char* part : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
            expected.linear(block + "self_attn." + part, h, h, true, used);
        }
        expected.linear(block + "mlp.fc1", vision.intermediate, h, true, used);
        expected.linear(block + "mlp.fc2", h, vision.intermediate, true, used);
    }
}

void addText(const TextConfig& text, Expected& expected) {
    const std::int64_t h = text.hidden;
    const std::int64_t queries = static_cast<std::int64_t>(text.heads) * text.headDim;
    const std::int64_t keys = static_cast<std::int64_t>(text.kvHeads) * text.headDim;
    const bool outputBias = text.attentionBias && text.modelType == "llama";
    expected.add("lm.embed_tokens.weight", {text.vocab, h});
    expected.add("lm.norm.weight", {h});
    expected.add("lm_head.weight", {text.vocab, h}, false);
    for (int i = 0; i < text.layers; ++i) {
        const std::string block = "lm.layers." + std::to_string(i) + ".";
        expected.add(block + "input_layernorm.weight", {h});
        expected.add(block + "post_attention_layernorm.weight", {h});
        expected.linear(block + "self_attn.q_proj", queries, h, text.attentionBias);
        expected.linear(block + "self_attn.k_proj", keys, h, text.attentionBias);
        expected.linear(block + "self_attn.v_proj", keys, h, text.attentionBias);
        expected.linear(block + "self_attn.o_proj", h, queries, outputBias);
        expected.linear(block + "mlp.gate_proj", text.intermediate, h, text.mlpBias);
        expected.linear(block + "mlp.up_proj", text.intermediate, h, text.mlpBias);
        expected.linear(block + "mlp.down_proj", h, text.intermediate, text.mlpBias);
    }
}

bool isQuantised(const std::string& name) {
    static constexpr std::array<std::string_view, 7> kMarks{".qweight", ".qzeros", ".g_idx", ".weight.absmax", ".weight.quant_map", ".weight.quant_state", ".weight_scale"};
    return std::any_of(kMarks.begin(), kMarks.end(), [&](std::string_view mark) { return name.find(mark) != std::string::npos; });
}

bool isFloat(StorageType type) {
    return type == StorageType::kF64 || type == StorageType::kF32 || type == StorageType::kF16 || type == StorageType::kBF16;
}

/// Sorts stored tensors into `checkpoint.weights`; names that fit nothing go to `unknown`.
Result<void> matchStored(const WeightFiles& files, const std::map<std::string, ExpectedWeight>& expected, Checkpoint& checkpoint, std::vector<std::string>& unknown) {
    for (std::size_t at = 0; at < files.files.size(); ++at) {
        for (const TensorRecord& record : files.files[at].tensors()) {
            if (isIgnorableWeight(record.name) || (!files.index.empty() && files.index.count(record.name) == 0)) {
                continue;
            }
            const std::string canonical = canonicalWeightName(record.name, false);
            const auto wanted = expected.find(canonical);
            if (wanted == expected.end()) {
                if (isQuantised(record.name)) {
                    return modelError(checkpoint.folder / files.names[at], "MODEL-QUANT", "the weights are quantised (" + shown(record.name) + ")", "use a float16 or bfloat16 copy");
                }
                unknown.push_back(record.name);
                continue;
            }
            if (!isFloat(record.type)) {
                return modelError(checkpoint.folder / files.names[at], "MODEL-TYPE", "weight " + shown(record.name) + " is not of floating-point type");
            }
            if (record.shape != wanted->second.shape) {
                return modelError(checkpoint.folder / files.names[at], "MODEL-SHAPE",
                                  "weight " + shown(record.name) + " has shape " + shapeText(record.shape) + ", the config says " + shapeText(wanted->second.shape));
            }
            if (!checkpoint.weights.emplace(canonical, WeightEntry{at, record.name, record}).second) {
                return modelError(checkpoint.folder / files.names[at], "MODEL-DUP", "weight " + shown(canonical) + " is there twice");
            }
        }
    }
    return {};
}

}  // namespace

bool isIgnorableWeight(const std::string& stored) { return endsWith(stored, ".rotary_emb.inv_freq") || endsWith(stored, ".position_ids"); }

std::string canonicalWeightName(const std::string& stored, bool originalLayout) {
    if (originalLayout) {
        return canonicalOriginal(stored);
    }
    std::string_view name(stored);
    static constexpr std::array<std::string_view, 6> kOuter{"language_model", "vision_tower", "image_tower", "video_tower", "multi_modal_projector", "image_newline"};
    if (startsWith(name, "model.")) {
        const std::string_view rest = name.substr(6);
        const std::string_view segment = rest.substr(0, rest.find('.'));
        name = std::find(kOuter.begin(), kOuter.end(), segment) != kOuter.end() ? rest : name;
    }
    if (startsWith(name, "language_model.model.")) {
        return "lm." + std::string(name.substr(21));
    }
    if (startsWith(name, "language_model.lm_head.")) {
        return std::string(name.substr(15));
    }
    if (startsWith(name, "language_model.")) {
        return "lm." + std::string(name.substr(15));
    }
    for (const std::string_view tower : {"vision_tower.", "image_tower.", "video_tower."}) {
        if (startsWith(name, tower) && startsWith(name.substr(tower.size()), "vision_model.")) {
            return std::string(tower) + std::string(name.substr(tower.size() + 13));
        }
    }
    return std::string(name);
}

std::map<std::string, ExpectedWeight> expectedWeights(const ModelConfig& config) {
    Expected expected;
    int blocksUsed = 0;
    for (const int layer : config.featureLayers) {
        blocksUsed = std::max(blocksUsed, layer >= 0 ? layer : config.vision.layers + 1 + layer);
    }
    addVision(config.vision, blocksUsed, expected);
    addText(config.text, expected);
    const std::int64_t in = static_cast<std::int64_t>(config.vision.hidden) * static_cast<std::int64_t>(config.featureLayers.size());
    expected.linear("multi_modal_projector.linear_1", config.text.hidden, in, config.projectorBias);
    expected.linear("multi_modal_projector.linear_2", config.text.hidden, config.text.hidden, config.projectorBias);
    return std::move(expected.weights);
}

Result<void> placeWeights(WeightFiles files, Checkpoint& checkpoint) {
    const auto expected = expectedWeights(checkpoint.config);
    std::vector<std::string> unknown;
    if (auto matched = matchStored(files, expected, checkpoint, unknown); !matched) {
        return matched;
    }
    std::vector<std::string> missing;
    for (const auto& [name, weight] : expected) {
        if (weight.required && checkpoint.weights.count(name) == 0) {
            missing.push_back(name);
        }
    }
    if (!missing.empty()) {
        const bool original = std::any_of(unknown.begin(), unknown.end(), [](const std::string& name) { return name.find("mm_projector.") != std::string::npos; });
        const bool noProjector = checkpoint.weights.count("multi_modal_projector.linear_1.weight") == 0;
        return modelError(checkpoint.folder, "MODEL-MISSING",
                          formatCount(static_cast<std::int64_t>(missing.size())) + " weights missing (" + firstThree(missing) + ")" +
                              (unknown.empty() ? "" : ", " + formatCount(static_cast<std::int64_t>(unknown.size())) + " unknown (" + firstThree(unknown) + ")"),
                          original ? "this looks like the original LLaVA layout" : noProjector ? "a LLaVA model with its projector is needed" : "");
    }
    if (!unknown.empty()) {
        return modelError(checkpoint.folder, "MODEL-UNKNOWN", formatCount(static_cast<std::int64_t>(unknown.size())) + " weights that the config does not explain (" + firstThree(unknown) + ")");
    }
    for (const auto& [name, entry] : checkpoint.weights) {
        std::int64_t count = 1;
        for (const std::int64_t size : entry.record.shape) {
            count *= size;
        }
        checkpoint.parameters += count;
        checkpoint.weightBytes += static_cast<std::int64_t>(entry.record.bytes.size());
    }
    checkpoint.files = std::move(files.files);
    return {};
}

}  // namespace prunescope
