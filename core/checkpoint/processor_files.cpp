// SPDX-License-Identifier: GPL-3.0-or-later
// Image processor, chat template and relevance calibration of a model folder (reference/models.md 2.1, 6).
#include "core/checkpoint/config_reader.h"

#include "core/base/files.h"
#include "core/base/numbers.h"
#include "core/base/utf8.h"

#include <utility>

namespace prunescope {
namespace {

using Json = nlohmann::json;
constexpr JsonLimits kConfigLimits{1 << 20, 32, 1'000'000};
constexpr JsonLimits kTokenizerConfigLimits{16 << 20, 64, 4'000'000};
constexpr int kBicubic = 3;
constexpr std::int64_t kMostSide = 4096;

bool pathExists(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

Error badProcessor(const std::filesystem::path& where, std::string why) { return modelError(where, "MODEL-PREPROCESS", std::move(why)); }

struct Source {
    Json object;
    std::filesystem::path path;
};

/// The JSON that describes the image processor, wherever it is; nullopt when the folder has none.
Result<std::optional<Source>> findProcessor(const std::filesystem::path& folder) {
    const auto nested = folder / "processor_config.json";
    if (pathExists(nested)) {
        auto json = readJsonFile(nested, ErrorCode::kBadModel, kConfigLimits);
        if (!json) {
            return json.error();
        }
        if (json->is_object() && json->contains("image_processor") && (*json)["image_processor"].is_object()) {
            return std::optional<Source>(Source{(*json)["image_processor"], nested});
        }
    }
    const auto own = folder / "preprocessor_config.json";
    if (!pathExists(own)) {
        return std::optional<Source>();
    }
    auto json = readJsonFile(own, ErrorCode::kBadModel, kConfigLimits);
    if (!json) {
        return json.error();
    }
    if (!json->is_object()) {
        return badProcessor(own, "it holds " + describeJson(*json) + ", not an object");
    }
    return std::optional<Source>(Source{std::move(*json), own});
}

/// One number, or one for each channel.
Result<std::array<double, 3>> threeNumbers(const Source& source, const char* key, const std::array<double, 3>& fallback, bool divisor) {
    if (!source.object.contains(key) || source.object[key].is_null()) {
        return fallback;
    }
    const Json& value = source.object[key];
    std::array<double, 3> numbers{};
    for (std::size_t c = 0; c < 3; ++c) {
        const auto number = value.is_array() ? (value.size() == 3 ? finiteNumber(value[c]) : std::nullopt) : finiteNumber(value);
        if (!number || (divisor && static_cast<float>(*number) == 0.0F)) {
            return badProcessor(source.path, std::string(key) + " is " + (value.is_array() && value.size() == 3 ? describeJson(value[c]) : describeJson(value)) + (divisor ? ", wanted 3 numbers other than 0" : ", wanted 3 numbers"));
        }
        numbers[c] = *number;
    }
    return numbers;
}

Result<void> readSize(const Source& source, PreprocessConfig& config, std::vector<std::string>&) {
    Fields top(source.object, "", source.path);
    const Json* size = top.find("size");
    if (size == nullptr) {
        config.shortestEdge = 224;
    } else if (!size->is_object()) {
        config.shortestEdge = top.integer("size", 224, 1, kMostSide);
    } else {
        Fields fields(*size, "size.", source.path);
        config.shortestEdge = fields.has("shortest_edge") ? fields.integer("shortest_edge", 224, 1, kMostSide) : 0;
        config.resizeWidth = fields.integer("width", 0, 1, kMostSide, true);
        config.resizeHeight = fields.integer("height", 0, 1, kMostSide, true);
        if (fields.error()) {
            return badProcessor(source.path, fields.error()->why);
        }
        if (fields.has("longest_edge") || (config.shortestEdge == 0 && (config.resizeWidth == 0 || config.resizeHeight == 0))) {
            return badProcessor(source.path, "size is neither a shortest edge nor height and width");
        }
    }
    const Json* crop = top.find("crop_size");
    if (crop == nullptr) {
        config.cropWidth = config.cropHeight = 224;
    } else if (!crop->is_object()) {
        config.cropWidth = config.cropHeight = top.integer("crop_size", 224, 1, kMostSide);
    } else {
        Fields fields(*crop, "crop_size.", source.path);
        config.cropWidth = fields.integer("width", 0, 1, kMostSide);
        config.cropHeight = fields.integer("height", 0, 1, kMostSide);
        if (fields.error()) {
            return badProcessor(source.path, fields.error()->why);
        }
    }
    return top.error() ? Result<void>(badProcessor(source.path, top.error()->why)) : Result<void>();
}

/// The processor's picture must have the tower's size, whatever the image.
Result<void> checkFit(const std::filesystem::path& where, const PreprocessConfig& config, const ModelConfig& model) {
    const int side = model.vision.imageSize;
    const bool resized = config.doResize && config.shortestEdge == 0;
    const bool squared = config.doResize && config.shortestEdge > 0 && config.doPad;
    const int width = config.doCenterCrop ? config.cropWidth : resized ? config.resizeWidth : squared ? config.shortestEdge : 0;
    const int height = config.doCenterCrop ? config.cropHeight : resized ? config.resizeHeight : squared ? config.shortestEdge : 0;
    if (width == side && height == side) {
        return {};
    }
    const std::string wanted = ", the tower wants " + std::to_string(side) + " x " + std::to_string(side);
    if (width == 0) {
        return badProcessor(where, "the picture's size would depend on the image (no crop)" + wanted);
    }
    return badProcessor(where, "it makes pictures of " + std::to_string(width) + " x " + std::to_string(height) + wanted);
}

Result<PreprocessConfig> readProcessor(const Source& source, std::vector<std::string>& warnings) {
    PreprocessConfig config;
    Fields fields(source.object, "", source.path);
    const std::string type = fields.text("image_processor_type", fields.text("feature_extractor_type", "CLIPImageProcessor"));
    const bool llava = type.rfind("LlavaImageProcessor", 0) == 0;
    if (!llava && type.rfind("CLIP", 0) != 0) {
        warnings.push_back("image processor '" + elide(escapeForLine(type), 40, true) + "' is treated as CLIP's");
    }
    config.doResize = fields.boolean("do_resize", true);
    config.doCenterCrop = fields.boolean("do_center_crop", true);
    config.doRescale = fields.boolean("do_rescale", true);
    config.doNormalize = fields.boolean("do_normalize", true);
    config.doConvertRgb = fields.boolean("do_convert_rgb", true);
    config.doPad = llava && fields.boolean("do_pad", false);
    config.rescaleFactor = fields.real("rescale_factor", 1.0 / 255.0, 0, 1e6, true);
    const int resample = fields.integer("resample", kBicubic, -1, 100, true);
    if (fields.error()) {
        return badProcessor(source.path, fields.error()->why);
    }
    if (resample != kBicubic) {
        return badProcessor(source.path, "resample " + std::to_string(resample) + " is not supported, only 3 (bicubic)");
    }
    auto mean = threeNumbers(source, "image_mean", config.mean, false);
    auto std = threeNumbers(source, "image_std", config.std, true);
    if (!mean || !std) {
        return mean ? std.error() : mean.error();
    }
    config.mean = *mean;
    config.std = *std;
    if (auto sized = readSize(source, config, warnings); !sized) {
        return sized.error();
    }
    return config;
}

/// The template in a JSON value: text, or a list of {name, template} of which "default" is taken.
std::optional<std::string> templateOf(const Json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    for (const Json& item : value.is_array() ? value : Json::array()) {
        if (item.is_object() && item.value("name", Json()) == "default" && item.contains("template") && item["template"].is_string()) {
            return item["template"].get<std::string>();
        }
    }
    return std::nullopt;
}

}  // namespace

Result<PreprocessConfig> readPreprocessConfig(const std::filesystem::path& folder, const ModelConfig& config, std::vector<std::string>& warnings) {
    auto source = findProcessor(folder);
    if (!source) {
        return source.error();
    }
    if (!source->has_value()) {
        PreprocessConfig fallback;
        fallback.shortestEdge = fallback.cropWidth = fallback.cropHeight = config.vision.imageSize;
        warnings.emplace_back("no processor file: CLIP's defaults at the tower's size are used");
        return fallback;
    }
    auto read = readProcessor(**source, warnings);
    if (!read) {
        return read;
    }
    if (auto fits = checkFit((*source)->path, *read, config); !fits) {
        return fits.error();
    }
    return read;
}

Result<std::string> readChatTemplate(const std::filesystem::path& folder) {
    const auto legacy = folder / "chat_template.json";
    const auto jinja = folder / "chat_template.jinja";
    const auto tokenizer = folder / "tokenizer_config.json";
    if (pathExists(legacy)) {
        auto json = readJsonFile(legacy, ErrorCode::kBadModel, kConfigLimits);
        if (!json) {
            return json.error();
        }
        const auto text = json->is_object() && json->contains("chat_template") ? templateOf((*json)["chat_template"]) : std::nullopt;
        return text ? Result<std::string>(*text) : Result<std::string>(modelError(legacy, "MODEL-TEMPLATE", "there is no chat_template in it"));
    }
    if (pathExists(jinja)) {
        ReadOptions options;
        options.limit = 1 << 20;
        options.errorClass = ErrorCode::kBadModel;
        options.allowEmpty = true;
        auto text = readTextFile(jinja, options);
        if (text && !isUtf8(*text)) {
            return modelError(jinja, "MODEL-TEMPLATE", "not valid UTF-8");
        }
        return text;
    }
    if (!pathExists(tokenizer)) {
        return std::string();
    }
    auto json = readJsonFile(tokenizer, ErrorCode::kBadModel, kTokenizerConfigLimits);
    if (!json) {
        return json.error();
    }
    return json->is_object() && json->contains("chat_template") ? templateOf((*json)["chat_template"]).value_or("") : std::string();
}

Result<std::optional<RelevanceCalibration>> readRelevance(const std::filesystem::path& folder) {
    const auto path = folder / "relevance.json";
    if (!pathExists(path)) {
        return std::optional<RelevanceCalibration>();
    }
    auto json = readJsonFile(path, ErrorCode::kBadModel, kConfigLimits);
    if (!json) {
        return json.error();
    }
    if (!json->is_object()) {
        return modelError(path, "MODEL-RELEVANCE", "it holds " + describeJson(*json) + ", not an object");
    }
    RelevanceCalibration calibration;
    Fields fields(*json, "", path);
    calibration.space = fields.text("space", "auto");
    calibration.sign = fields.integer("sign", 0, -1, 1, true);
    calibration.positions = fields.text("positions", "auto");
    if (fields.error()) {
        return modelError(path, "MODEL-RELEVANCE", fields.error()->why);
    }
    if (calibration.space == "lm_embed") {
        calibration.space = "llm";
    }
    if (calibration.space != "auto" && calibration.space != "llm" && calibration.space != "clip") {
        return modelError(path, "MODEL-RELEVANCE", "space is '" + elide(escapeForLine(calibration.space), 40, true) + "', wanted llm, clip or auto");
    }
    if (calibration.positions != "auto" && calibration.positions != "compact" && calibration.positions != "original") {
        return modelError(path, "MODEL-RELEVANCE", "positions is '" + elide(escapeForLine(calibration.positions), 40, true)
                                                       + "', wanted compact, original or auto");
    }
    return std::optional<RelevanceCalibration>(calibration);
}

}  // namespace prunescope
