// SPDX-License-Identifier: GPL-3.0-or-later
// Reading a features file.
#include "core/run/features_file.h"

#include "core/base/numbers.h"
#include "core/base/utf8.h"
#include "core/checkpoint/checkpoint.h"
#include "core/run/errors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

namespace prunescope {
namespace {

// Tensors of the contract; `llm_attention.S` and `llm_hidden.S` carry a stage number.
bool isKnownTensor(const std::string& name) {
    static const std::vector<std::string> known{"tokens", "relevance_tokens", "query", "query_segments", "vision_tokens", "cls_token", "cls_attention",
                                                "keys", "text_embeddings", "llm_attention"};
    if (std::find(known.begin(), known.end(), name) != known.end()) {
        return true;
    }
    for (const std::string_view prefix : {"llm_attention.", "llm_hidden."}) {
        if (name.size() > prefix.size() && name.compare(0, prefix.size(), prefix) == 0 && parseInt(std::string_view(name).substr(prefix.size()), 0)) {
            return true;
        }
    }
    return false;
}

std::string shapeText(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    }
    return text + "]";
}

Error badShape(const std::filesystem::path& path, const TensorRecord& record, const std::string& wanted) {
    return makeError(ErrorCode::kBadInput, "FEATURES-SHAPE", "cannot use the features", path.string(), "tensor '" + elide(record.name, 40, true) + "' has shape "
                     + shapeText(record.shape) + ", wanted " + wanted);
}

Result<HostTensor> load(const TensorRecord& record) {
    auto values = toFloat32(record);
    if (!values) {
        Error error = values.error();
        error.code = ErrorCode::kBadInput;
        return error;
    }
    return HostTensor(record.shape, std::move(*values));
}

// Loads `name` when it is there; its rank must be one of `ranks`.
Result<HostTensor> optionalTensor(const SafetensorsFile& file, const std::filesystem::path& path, const std::string& name, std::initializer_list<std::size_t> ranks,
                                  const std::string& wanted) {
    const TensorRecord* record = file.find(name);
    if (record == nullptr) {
        return HostTensor();
    }
    if (std::find(ranks.begin(), ranks.end(), record->shape.size()) == ranks.end()) {
        return badShape(path, *record, wanted);
    }
    return load(*record);
}

Result<void> readGrid(const SafetensorsFile& file, const std::filesystem::path& path, FeaturesFile& out) {
    const auto& metadata = file.metadata();
    const std::int64_t rows = out.input.tokens.size(0);
    if (const auto it = metadata.find("tiles"); it != metadata.end()) {
        const auto tiles = parseInt(it->second, 1, 1 << 20);
        if (!tiles || rows % *tiles != 0) {
            return makeError(ErrorCode::kBadInput, "FEATURES-TILES", "cannot use the features", path.string(), "metadata tiles = '"
                             + elide(it->second, 24, true) + "' does not divide " + formatCount(rows) + " tokens");
        }
        out.input.tiles = static_cast<int>(*tiles);
    }
    const std::int64_t perTile = rows / out.input.tiles;
    const auto it = metadata.find("grid");
    if (it == metadata.end()) {
        const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(perTile))));
        const bool square = side * side == perTile;
        out.input.gridRows = static_cast<int>(square ? side : 1);
        out.input.gridCols = static_cast<int>(square ? side : perTile);
        out.warnings.push_back("no metadata 'grid': taken as " + std::to_string(out.input.gridRows) + "x" + std::to_string(out.input.gridCols));
        return {};
    }
    const std::size_t x = it->second.find('x');
    const auto height = parseInt(std::string_view(it->second).substr(0, x), 1, 1 << 20);
    const auto width = x == std::string::npos ? std::nullopt : parseInt(std::string_view(it->second).substr(x + 1), 1, 1 << 20);
    const std::int64_t cells = height && width ? *height * *width : 0;
    if (cells == 0 || (cells != perTile && cells + 1 != perTile)) {   // one more: a class token in front
        return makeError(ErrorCode::kBadInput, "FEATURES-GRID", "cannot use the features", path.string(), "metadata grid = '" + elide(it->second, 24, true)
                         + "' does not give " + formatCount(perTile) + " tokens a tile", "write it as ROWSxCOLUMNS, e.g. 24x24");
    }
    out.input.gridRows = static_cast<int>(*height);
    out.input.gridCols = static_cast<int>(*width);
    return {};
}

Result<void> checkWidths(const std::filesystem::path& path, const SafetensorsFile& file, const PruneInput& input) {
    const std::int64_t rows = input.tokens.size(0);
    if (!input.relevanceTokens.empty() && input.relevanceTokens.size(0) != rows) {
        return badShape(path, *file.find("relevance_tokens"), "[" + std::to_string(rows) + ", c]");
    }
    const std::int64_t width = input.relevanceTokens.empty() ? input.tokens.size(1) : input.relevanceTokens.size(1);
    for (const char* name : {"query", "query_segments"}) {
        const TensorRecord* record = file.find(name);
        if (record != nullptr && record->shape.back() != width) {
            return badShape(path, *record, "a last axis of " + std::to_string(width));
        }
    }
    return {};
}

}  // namespace

bool FeaturesFile::has(const std::string& name) const { return std::find(present.begin(), present.end(), name) != present.end(); }

Result<FeaturesFile> readFeaturesFile(const std::filesystem::path& path) {
    return guarded("cannot read the features", [&]() -> Result<FeaturesFile> {
        const auto file = SafetensorsFile::open(path);
        if (!file) {
            Error error = file.error();
            if (error.code == ErrorCode::kBadModel) {
                error.code = ErrorCode::kBadInput;   // the same reader serves weights, where it is a bad model
            }
            return error;
        }
        FeaturesFile out;
        for (const TensorRecord& record : file->tensors()) {
            out.present.push_back(record.name);
            if (!isKnownTensor(record.name)) {
                out.warnings.push_back("tensor '" + elide(escapeForLine(record.name), 60, true) + "' is not used by any method");
            }
        }
        const TensorRecord* tokens = file->find("tokens");
        if (tokens == nullptr) {
            return makeError(ErrorCode::kBadInput, "FEATURES-TOKENS", "cannot use the features", path.string(), "tensor 'tokens' is missing",
                             "it holds the projector output, [n, d]");
        }
        if (tokens->shape.size() != 2) {
            return badShape(path, *tokens, "[n, d]");
        }
        if (tokens->shape[0] == 0 || tokens->shape[1] == 0) {
            return makeError(ErrorCode::kNumeric, "NUM-EMPTY", "nothing to choose from", path.string(), "tensor 'tokens' has shape " + shapeText(tokens->shape));
        }
        auto loaded = load(*tokens);
        if (!loaded) {
            return loaded.error();
        }
        out.input.tokens = std::move(*loaded);
        const std::pair<const char*, HostTensor*> optional[] = {
            {"relevance_tokens", &out.input.relevanceTokens}, {"query", &out.input.query}, {"query_segments", &out.input.querySegments}};
        for (const auto& [name, target] : optional) {
            const bool isQuery = target == &out.input.query;
            auto tensor = isQuery ? optionalTensor(*file, path, name, {1, 2}, "[c] or [l, c]") : optionalTensor(*file, path, name, {2}, "[n, c]");
            if (!tensor) {
                return tensor.error();
            }
            *target = std::move(*tensor);
        }
        if (const auto grid = readGrid(*file, path, out); !grid) {
            return grid.error();
        }
        if (const auto widths = checkWidths(path, *file, out.input); !widths) {
            return widths.error();
        }
        return out;
    });
}

Result<void> requireTensors(const FeaturesFile& features, const std::string& method, const std::filesystem::path& path) {
    // Methods of this version: only `relevance` cannot do without a question; `script` and `qcsp` then choose by diversity alone.
    static const std::map<std::string, std::vector<std::vector<std::string>>> needed{{"relevance", {{"query", "query_segments"}}}};
    const auto it = needed.find(method);
    if (it == needed.end()) {
        return {};
    }
    for (const auto& anyOf : it->second) {
        if (std::none_of(anyOf.begin(), anyOf.end(), [&](const std::string& name) { return features.has(name); })) {
            return makeError(ErrorCode::kBadInput, "FEATURES-MISSING", "method '" + method + "' needs a tensor that the file lacks", anyOf.front(),
                             "not in " + elide(path.filename().string(), 60, true), "add it to the file or take another method");
        }
    }
    return {};
}

}  // namespace prunescope
