// SPDX-License-Identifier: GPL-3.0-or-later
// Finding and opening the weight files: the index names files of its own folder and nothing else. (reference/reliability.md M31-M50)
#include "core/checkpoint/weight_map.h"

#include "core/base/numbers.h"
#include "core/base/utf8.h"
#include "core/checkpoint/config_reader.h"

#include <algorithm>
#include <set>
#include <utility>

namespace prunescope {
namespace {

constexpr std::size_t kMostShards = 1024;
constexpr std::size_t kMostNameBytes = 255;

bool pathExists(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

std::string shown(const std::string& name) { return "'" + elide(escapeForLine(name), 60, true) + "'"; }

/// A plain file name of this folder: no separator, no drive, no dot name, no control character.
bool isPlainName(const std::string& name) {
    if (name.empty() || name.size() > kMostNameBytes || name == "." || name == ".." || !isUtf8(name)) {
        return false;
    }
    return std::none_of(name.begin(), name.end(), [](char c) { return c == '/' || c == '\\' || c == ':' || (c >= 0 && c < 0x20) || c == 0x7F; });
}

Result<std::map<std::string, std::string>> readIndex(const std::filesystem::path& path, std::vector<std::string>& warnings) {
    auto json = readJsonFile(path, ErrorCode::kBadModel);
    if (!json) {
        return json.error();
    }
    if (!json->is_object() || !json->contains("weight_map") || !(*json)["weight_map"].is_object() || (*json)["weight_map"].empty()) {
        return modelError(path, "MODEL-INDEX", "there is no weight_map in it");
    }
    std::map<std::string, std::string> map;
    for (const auto& [tensor, file] : (*json)["weight_map"].items()) {
        if (!file.is_string()) {
            return modelError(path, "MODEL-INDEX", "weight_map of " + shown(tensor) + " is " + describeJson(file));
        }
        const auto name = file.get<std::string>();
        if (!isPlainName(name)) {
            return modelError(path, "MODEL-INDEX-NAME", "weight_map names " + shown(name) + ", which is not a file of this folder");
        }
        if (name.size() < 12 || name.substr(name.size() - 12) != ".safetensors") {
            return modelError(path, "MODEL-PICKLE", "weight_map names " + shown(name) + "; only .safetensors files are opened");
        }
        map.emplace(tensor, name);
    }
    const auto meta = json->value("metadata", nlohmann::json::object());
    if (meta.is_object() && meta.contains("total_size") && !wholeNumber(meta["total_size"], 0, INT64_MAX)) {
        warnings.push_back("the index names a total size of " + describeJson(meta["total_size"]));
    }
    return map;
}

Result<WeightFiles> openShards(const std::filesystem::path& folder, const std::filesystem::path& indexPath, std::vector<std::string>& warnings) {
    auto map = readIndex(indexPath, warnings);
    if (!map) {
        return map.error();
    }
    WeightFiles result;
    std::set<std::string> distinct;
    for (const auto& [tensor, file] : *map) {
        distinct.insert(file);
    }
    if (distinct.size() > kMostShards) {
        Error error = modelError(indexPath, "MODEL-SHARDS", formatCount(static_cast<std::int64_t>(distinct.size())) + " weight files, at most " + formatCount(kMostShards));
        error.code = ErrorCode::kLimit;
        return error;
    }
    const auto present = static_cast<std::size_t>(std::count_if(distinct.begin(), distinct.end(), [&](const std::string& name) { return pathExists(folder / name); }));
    std::map<std::string, std::size_t> position;
    for (const std::string& name : distinct) {
        if (!pathExists(folder / name)) {
            return modelError(folder / name, "MODEL-SHARD-MISSING", std::to_string(present) + " of " + std::to_string(distinct.size()) + " weight files are present", "download the rest");
        }
        auto file = SafetensorsFile::open(folder / name);
        if (!file) {
            return file.error();
        }
        position[name] = result.files.size();
        result.files.push_back(std::move(*file));
        result.names.push_back(name);
    }
    for (const auto& [tensor, file] : *map) {
        const std::size_t at = position[file];
        if (result.files[at].find(tensor) == nullptr) {
            return modelError(folder / file, "MODEL-INDEX-MAP", "the index expects tensor " + shown(tensor) + " here, it is not");
        }
        result.index[tensor] = at;
    }
    std::size_t extra = 0;
    for (std::size_t at = 0; at < result.files.size(); ++at) {
        for (const TensorRecord& record : result.files[at].tensors()) {
            const auto mapped = result.index.find(record.name);
            if (mapped != result.index.end() && mapped->second != at) {
                return modelError(indexPath, "MODEL-INDEX-DUP", "tensor " + shown(record.name) + " is in two weight files");
            }
            extra += mapped == result.index.end() ? 1 : 0;
        }
    }
    if (extra > 0) {
        warnings.push_back(std::to_string(extra) + " tensors that the index does not name are left out");
    }
    return result;
}

/// Why a folder without safetensors cannot be loaded; only fixed names are looked up, however full the folder is.
Error noWeights(const std::filesystem::path& folder) {
    for (const char* name : {"pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model-00001-of-00002.bin", "pytorch_model-00001-of-00003.bin", "consolidated.00.pth",
                             "model.ckpt", "model.pt", "model.pth"}) {
        if (pathExists(folder / name)) {
            return modelError(folder, "MODEL-PICKLE", std::string("the weights are pickled (") + name + ")", "pickled weights are never opened; convert them to safetensors");
        }
    }
    for (const char* name : {"model.gguf", "ggml-model-f16.gguf", "model.onnx", "tf_model.h5", "flax_model.msgpack"}) {
        if (pathExists(folder / name)) {
            return modelError(folder, "MODEL-FORMAT", std::string("the weights are in ") + name, "only safetensors can be loaded");
        }
    }
    return modelError(folder, "MODEL-NOWEIGHTS", "there is no model.safetensors and no index of one", "");
}

}  // namespace

Result<WeightFiles> openWeightFiles(const std::filesystem::path& folder, std::vector<std::string>& warnings) {
    const auto index = folder / "model.safetensors.index.json";
    const auto single = folder / "model.safetensors";
    if (pathExists(index)) {
        if (pathExists(single)) {
            warnings.emplace_back("both an index and model.safetensors are present: the index is followed");
        }
        return openShards(folder, index, warnings);
    }
    std::error_code ignored;
    if (!pathExists(single) && !std::filesystem::is_symlink(single, ignored)) {
        return noWeights(folder);
    }
    auto file = SafetensorsFile::open(single);
    if (!file) {
        return file.error();
    }
    WeightFiles result;
    result.files.push_back(std::move(*file));
    result.names.emplace_back("model.safetensors");
    return result;
}

}  // namespace prunescope
