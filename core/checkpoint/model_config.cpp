// SPDX-License-Identifier: GPL-3.0-or-later
// config.json with the class defaults of transformers filled in (reference/models.md 3.1, 3.2).
#include "core/checkpoint/config_reader.h"

#include "core/base/numbers.h"
#include "core/base/utf8.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace prunescope {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMostWidth = 1 << 17;      // hidden sizes
constexpr std::int64_t kMostInner = 1 << 20;      // feed-forward sizes
constexpr std::int64_t kMostLayers = 512;
constexpr std::int64_t kMostHeads = 1024;
constexpr std::int64_t kMostVocab = 4'000'000;
constexpr std::int64_t kMostPosition = 100'000'000;
constexpr std::int64_t kMostImage = 4096;

const Json& emptyObject() {
    static const Json kEmpty = Json::object();
    return kEmpty;
}

std::string inQuotes(const std::string& text) { return "'" + elide(escapeForLine(text), 40, true) + "'"; }

bool knownActivation(const std::string& name) {
    static const std::set<std::string> kKnown{"quick_gelu", "gelu", "gelu_pytorch_tanh", "silu", "relu"};
    return kKnown.count(name) != 0;
}

Result<void> checkActivation(const std::filesystem::path& where, const std::string& key, const std::string& name) {
    if (knownActivation(name)) {
        return {};
    }
    return modelError(where, "MODEL-ACTIVATION", key + " " + inQuotes(name) + " is not known");
}

Result<void> readFamily(const Json& json, const std::filesystem::path& where) {
    if (!json.is_object()) {
        return modelError(where, "MODEL-CFG", "it holds " + describeJson(json) + ", not an object");
    }
    const Json family = json.value("model_type", Json());
    static const std::string kHint = "LLaVA-1.5 folders (model_type llava) can be loaded";
    if (!family.is_string()) {
        return modelError(where, "MODEL-FAMILY", "model_type is missing", kHint);
    }
    const auto name = family.get<std::string>();
    if (json.contains("mm_projector_type") || name == "llava_llama" || name == "llava_qwen" || name == "llava_mistral") {
        return modelError(where, "MODEL-FAMILY", "this is the original LLaVA layout, not the transformers one", "convert it with transformers' convert_llava_weights_to_hf.py");
    }
    if (name != "llava") {
        const bool tower = name.rfind("clip", 0) == 0 || name.rfind("siglip", 0) == 0;
        return modelError(where, "MODEL-FAMILY", "family " + inQuotes(name) + (tower ? " has no language model" : " is not supported"), kHint);
    }
    if (json.contains("quantization_config") && !json["quantization_config"].is_null()) {
        const Json& quantized = json["quantization_config"];
        const Json method = quantized.is_object() ? quantized.value("quant_method", Json("unknown")) : Json("unknown");
        return modelError(where, "MODEL-QUANT", "the weights are quantised (" + (method.is_string() ? method.get<std::string>() : "unknown") + ")", "use a float16 or bfloat16 copy");
    }
    return {};
}

Result<VisionConfig> readVision(const Json& json, const std::filesystem::path& where) {
    VisionConfig vision;
    if (!json.contains("vision_config") || json["vision_config"].is_null()) {
        return vision;   // LlavaConfig's own default tower: CLIP-L/14-336
    }
    const Json& object = json["vision_config"];
    if (!object.is_object()) {
        return modelError(where, "MODEL-CFG", "vision_config is " + describeJson(object));
    }
    Fields fields(object, "vision_config.", where);
    const std::string type = fields.text("model_type", "clip_vision_model");
    if (type != "clip_vision_model") {
        return modelError(where, "MODEL-ARCH", "vision tower " + inQuotes(type) + " is not supported", "clip_vision_model is");
    }
    vision.hidden = fields.integer("hidden_size", 768, 1, kMostWidth);
    vision.intermediate = fields.integer("intermediate_size", 3072, 1, kMostInner);
    vision.layers = fields.integer("num_hidden_layers", 12, 1, kMostLayers);
    vision.heads = fields.integer("num_attention_heads", 12, 1, kMostHeads);
    vision.imageSize = fields.side("image_size", 224, 1, kMostImage);
    vision.patchSize = fields.side("patch_size", 32, 1, kMostImage);
    vision.projectionDim = fields.integer("projection_dim", 512, 1, kMostWidth, true);
    vision.activation = fields.text("hidden_act", "quick_gelu");
    vision.layerNormEps = fields.real("layer_norm_eps", 1e-5, 0, 1);
    if (fields.integer("num_channels", 3, 1, 64) != 3) {
        fields.fail("num_channels", "not 3");
    }
    if (vision.hidden % vision.heads != 0) {
        fields.fail("num_attention_heads", std::to_string(vision.heads) + ", which does not divide " + std::to_string(vision.hidden));
    }
    if (vision.patchSize > vision.imageSize) {
        fields.fail("patch_size", std::to_string(vision.patchSize) + ", larger than the image (" + std::to_string(vision.imageSize) + ")");
    }
    if (fields.error()) {
        return *fields.error();
    }
    if (auto known = checkActivation(where, "vision_config.hidden_act", vision.activation); !known) {
        return known.error();
    }
    return vision;
}

/// Where rotary settings stand: rope_parameters (v5), else rope_theta and rope_scaling.
Result<RopeConfig> readRope(const Json& object, const TextConfig& text, const std::filesystem::path& where) {
    RopeConfig rope;
    rope.originalMaxPosition = text.maxPosition;
    Fields top(object, "text_config.", where);
    const Json* parameters = top.find("rope_parameters");
    const Json* scaling = top.find("rope_scaling");
    const Json& settings = parameters != nullptr ? *parameters : scaling != nullptr ? *scaling : emptyObject();
    if (!settings.is_object()) {
        return modelError(where, "MODEL-ROPE", "the rotary settings are " + describeJson(settings));
    }
    Fields fields(settings, parameters != nullptr ? "rope_parameters." : "rope_scaling.", where);
    rope.theta = fields.has("rope_theta") ? fields.real("rope_theta", 10000, 0, 1e12) : top.real("rope_theta", 10000, 0, 1e12, true);
    rope.type = fields.has("rope_type") ? fields.text("rope_type", "default") : fields.text("type", "default");
    static const std::set<std::string> kKnown{"default", "linear", "dynamic", "llama3"};
    if (kKnown.count(rope.type) == 0) {
        return modelError(where, "MODEL-ROPE", "rotary scaling " + inQuotes(rope.type) + " is not supported", "default, linear, dynamic and llama3 are");
    }
    if (rope.type != "default") {
        if (!fields.has("factor")) {
            return modelError(where, "MODEL-ROPE", "rotary scaling " + inQuotes(rope.type) + " has no factor");
        }
        rope.factor = fields.real("factor", 1, 0, 1e6);
    }
    if (rope.type == "llama3") {
        rope.lowFreqFactor = fields.real("low_freq_factor", 1, 0, 1e6);
        rope.highFreqFactor = fields.real("high_freq_factor", 4, 0, 1e6);
        if (!(rope.highFreqFactor > rope.lowFreqFactor)) {
            fields.fail("high_freq_factor", "not above low_freq_factor");
        }
    }
    if (rope.type != "default") {
        rope.originalMaxPosition = fields.integer("original_max_position_embeddings", rope.originalMaxPosition, 1, kMostPosition, true);
    }
    const double partial = fields.has("partial_rotary_factor") ? fields.real("partial_rotary_factor", 1, 0, 1) : top.real("partial_rotary_factor", 1, 0, 1, true);
    if (partial != 1) {
        fields.fail("partial_rotary_factor", formatNumber(partial) + ", only 1 is supported");
    }
    if (fields.error() || top.error()) {
        return fields.error() ? *fields.error() : *top.error();
    }
    return rope;
}

/// Defaults that differ between the three decoders.
TextConfig textDefaults(const std::string& type) {
    TextConfig text;
    text.modelType = type;
    if (type == "mistral") {
        text.intermediate = 14336;
        text.kvHeads = 8;
        text.maxPosition = 131072;
    } else if (type == "qwen2") {
        text.vocab = 151936;
        text.intermediate = 22016;
        text.maxPosition = 32768;
        text.attentionBias = true;
    }
    return text;
}

/// A sliding window narrower than the context is kept exact by never going beyond it.
void applySlidingWindow(Fields& fields, TextConfig& text, std::vector<std::string>& warnings) {
    int window = 0;
    if (text.modelType == "mistral") {
        const bool written = fields.find("sliding_window") != nullptr;
        window = written ? fields.integer("sliding_window", 4096, 1, kMostPosition) : 0;
    } else if (text.modelType == "qwen2" && fields.boolean("use_sliding_window", false)) {
        window = fields.integer("sliding_window", 4096, 1, kMostPosition, true);
    }
    if (window > 0 && window < text.maxPosition) {
        text.maxPosition = window;
        warnings.push_back("sliding window: at most " + formatCount(window) + " positions are used");
    }
}

Result<TextConfig> readText(const Json& json, const std::filesystem::path& where, std::vector<std::string>& warnings) {
    const bool present = json.contains("text_config") && !json["text_config"].is_null();
    const Json& object = present ? json["text_config"] : emptyObject();
    if (!object.is_object()) {
        return modelError(where, "MODEL-CFG", "text_config is " + describeJson(object));
    }
    Fields fields(object, "text_config.", where);
    const std::string type = fields.text("model_type", "llama");
    if (type != "llama" && type != "mistral" && type != "qwen2") {
        return modelError(where, "MODEL-ARCH", "language model " + inQuotes(type) + " is not supported", "llama, mistral and qwen2 are");
    }
    TextConfig text = textDefaults(type);
    text.vocab = fields.integer("vocab_size", text.vocab, 1, kMostVocab);
    text.hidden = fields.integer("hidden_size", text.hidden, 1, kMostWidth);
    text.intermediate = fields.integer("intermediate_size", text.intermediate, 1, kMostInner);
    text.layers = fields.integer("num_hidden_layers", text.layers, 1, kMostLayers);
    text.heads = fields.integer("num_attention_heads", text.heads, 1, kMostHeads);
    const bool kvWritten = object.contains("num_key_value_heads");
    const int kvDefault = type == "llama" || kvWritten ? text.heads : text.kvHeads;
    text.kvHeads = fields.integer("num_key_value_heads", kvDefault, 1, kMostHeads, true);
    text.headDim = fields.integer("head_dim", text.hidden / text.heads, 1, 4096, true);
    text.maxPosition = fields.integer("max_position_embeddings", type == "llama" ? 2048 : text.maxPosition, 1, kMostPosition);
    text.activation = fields.text("hidden_act", "silu");
    text.rmsNormEps = fields.real("rms_norm_eps", 1e-6, 0, 1);
    text.attentionBias = type == "qwen2" || fields.boolean("attention_bias", false);
    text.mlpBias = fields.boolean("mlp_bias", false);
    text.tieEmbeddings = fields.boolean("tie_word_embeddings", false);
    if (!fields.has("head_dim") && text.hidden % text.heads != 0) {
        fields.fail("num_attention_heads", std::to_string(text.heads) + ", which does not divide " + std::to_string(text.hidden));
    }
    if (text.heads % text.kvHeads != 0) {
        fields.fail("num_key_value_heads", std::to_string(text.kvHeads) + ", which does not divide " + std::to_string(text.heads));
    }
    if (text.headDim % 2 != 0) {
        fields.fail("head_dim", std::to_string(text.headDim) + ", rotary positions need an even number");
    }
    if (fields.error()) {
        return *fields.error();
    }
    auto rope = readRope(object, text, where);
    if (!rope) {
        return rope.error();
    }
    text.rope = *rope;
    applySlidingWindow(fields, text, warnings);
    if (fields.error()) {
        return *fields.error();
    }
    if (auto known = checkActivation(where, "text_config.hidden_act", text.activation); !known) {
        return known.error();
    }
    return text;
}

Result<void> readFeatureLayers(const Json& json, const std::filesystem::path& where, ModelConfig& config) {
    const Json value = json.value("vision_feature_layer", Json(-2));
    const Json list = value.is_array() ? value : Json::array({value.is_null() ? Json(-2) : value});
    config.featureLayerIsList = value.is_array();
    config.featureLayers.clear();
    for (const Json& item : list) {
        // hidden_states has layers + 1 entries: 0 is the embedding, -1 the last block
        const auto layer = wholeNumber(item, -config.vision.layers - 1, config.vision.layers);
        if (!layer) {
            return modelError(where, "MODEL-CFG-NUM", "vision_feature_layer is " + describeJson(item) + ", the tower has " + std::to_string(config.vision.layers) + " layers");
        }
        config.featureLayers.push_back(static_cast<int>(*layer));
    }
    if (config.featureLayers.empty() || config.featureLayers.size() > 64) {
        return modelError(where, "MODEL-CFG-NUM", "vision_feature_layer is " + describeJson(value));
    }
    return {};
}

Result<void> readLlava(const Json& json, const std::filesystem::path& where, ModelConfig& config, std::vector<std::string>& warnings) {
    Fields fields(json, "", where);
    const std::string strategy = fields.text("vision_feature_select_strategy", "default");
    if (strategy != "default" && strategy != "full") {
        return modelError(where, "MODEL-CFG", "vision_feature_select_strategy is " + inQuotes(strategy), "default and full are known");
    }
    config.dropClassToken = strategy == "default";
    config.projectorActivation = fields.text("projector_hidden_act", "gelu");
    config.projectorBias = fields.boolean("multimodal_projector_bias", true);
    config.imageToken = fields.has("image_token_index") ? fields.integer("image_token_index", 32000, 0, INT32_MAX) : fields.integer("image_token_id", 32000, 0, INT32_MAX, true);
    if (fields.has("tie_word_embeddings") && (!json.contains("text_config") || !json["text_config"].is_object() || !json["text_config"].contains("tie_word_embeddings"))) {
        config.text.tieEmbeddings = fields.boolean("tie_word_embeddings", false);
    }
    const Json& inner = json.contains("text_config") && json["text_config"].is_object() ? json["text_config"] : emptyObject();
    for (const Json* object : {&json, &inner}) {
        for (const char* key : {"dtype", "torch_dtype"}) {
            if (config.storageDtype.empty() && object->contains(key) && (*object)[key].is_string()) {
                config.storageDtype = (*object)[key].get<std::string>();
            }
        }
    }
    static const std::set<std::string> kTypes{"", "float32", "float16", "bfloat16", "float64", "auto"};
    if (kTypes.count(config.storageDtype) == 0) {
        warnings.push_back("dtype " + inQuotes(config.storageDtype) + " is not known; the weights decide");
    }
    if (fields.error()) {
        return *fields.error();
    }
    return checkActivation(where, "projector_hidden_act", config.projectorActivation);
}

/// An id or a list of ids appended to `out`; false when it is neither.
bool appendTokens(const Json& value, std::vector<std::int64_t>& out) {
    const Json list = value.is_array() ? value : Json::array({value});
    for (const Json& item : list) {
        const auto id = wholeNumber(item, 0, INT32_MAX);
        if (!id) {
            return false;
        }
        if (std::find(out.begin(), out.end(), *id) == out.end()) {
            out.push_back(*id);
        }
    }
    return true;
}

Result<void> readConfigEos(const Json& json, const std::filesystem::path& where, ModelConfig& config) {
    const Json& inner = json.contains("text_config") && json["text_config"].is_object() ? json["text_config"] : emptyObject();
    for (const Json* object : {&inner, &json}) {
        if (object->contains("eos_token_id") && !(*object)["eos_token_id"].is_null()) {
            if (!appendTokens((*object)["eos_token_id"], config.eosTokens)) {
                return modelError(where, "MODEL-CFG-NUM", "eos_token_id is " + describeJson((*object)["eos_token_id"]));
            }
            return {};
        }
    }
    if (config.text.modelType != "qwen2") {
        config.eosTokens = {2};   // class default of Llama and Mistral
    }
    return {};
}

}  // namespace

int ModelConfig::tokensPerImage() const {
    const int side = vision.patchSize > 0 ? vision.imageSize / vision.patchSize : 0;
    return side * side + (dropClassToken ? 0 : 1);
}

Result<ModelConfig> readModelConfig(const nlohmann::json& json, const std::filesystem::path& where, std::vector<std::string>& warnings) {
    if (auto family = readFamily(json, where); !family) {
        return family.error();
    }
    ModelConfig config;
    auto vision = readVision(json, where);
    if (!vision) {
        return vision.error();
    }
    config.vision = *vision;
    auto text = readText(json, where, warnings);
    if (!text) {
        return text.error();
    }
    config.text = *text;
    if (auto done = readFeatureLayers(json, where, config); !done) {
        return done.error();
    }
    if (auto done = readLlava(json, where, config, warnings); !done) {
        return done.error();
    }
    if (auto done = readConfigEos(json, where, config); !done) {
        return done.error();
    }
    return config;
}

Result<void> readGenerationConfig(const std::filesystem::path& folder, ModelConfig& config) {
    const auto path = folder / "generation_config.json";
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        return {};
    }
    const auto json = readJsonFile(path, ErrorCode::kBadModel, JsonLimits{1 << 20, 32, 1'000'000});
    if (!json) {
        return json.error();
    }
    if (!json->is_object()) {
        return modelError(path, "MODEL-CFG", "it holds " + describeJson(*json) + ", not an object");
    }
    std::vector<std::int64_t> tokens;
    if (json->contains("eos_token_id") && !(*json)["eos_token_id"].is_null()) {
        if (!appendTokens((*json)["eos_token_id"], tokens)) {
            return modelError(path, "MODEL-CFG-NUM", "eos_token_id is " + describeJson((*json)["eos_token_id"]));
        }
        config.eosTokens = tokens;
    }
    return {};
}

}  // namespace prunescope
