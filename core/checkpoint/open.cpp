// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a model folder: config, weights, processor, template, tokenizer and the extras, each judged before anything is computed.
#include "core/checkpoint/describe.h"

#include "core/base/files.h"
#include "core/base/numbers.h"
#include "core/checkpoint/config_reader.h"
#include "core/checkpoint/weight_map.h"

#include <unistd.h>

#include <algorithm>
#include <new>
#include <utility>

namespace prunescope {
namespace {

bool pathExists(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

Result<void> checkFolder(const std::filesystem::path& folder) {
    std::error_code failure;
    const auto status = std::filesystem::status(folder, failure);
    if (status.type() == std::filesystem::file_type::not_found || folder.empty()) {
        return modelError(folder, "MODEL-NOENT", "no such folder");
    }
    if (failure) {
        return modelError(folder, "MODEL-NOENT", "the folder cannot be read");
    }
    if (!std::filesystem::is_directory(status)) {
        return modelError(folder, "MODEL-KIND", "this is a file, not a folder", "name the folder that holds config.json");
    }
    return {};
}

Result<ModelConfig> readConfig(const std::filesystem::path& folder, std::vector<std::string>& warnings) {
    const auto path = folder / "config.json";
    if (!pathExists(path)) {
        return modelError(folder, "MODEL-CFG", "there is no config.json in it");
    }
    const auto json = readJsonFile(path, ErrorCode::kBadModel, JsonLimits{1 << 20, 32, 1'000'000});
    if (!json) {
        return json.error();
    }
    auto config = readModelConfig(*json, path, warnings);
    if (!config) {
        return config;
    }
    if (auto generation = readGenerationConfig(folder, *config); !generation) {
        return generation.error();
    }
    return config;
}

Result<void> findTokenizer(Checkpoint& checkpoint) {
    checkpoint.tokenizerFile = checkpoint.folder / "tokenizer.json";
    if (pathExists(checkpoint.tokenizerFile)) {
        return {};
    }
    const bool sentencePiece = pathExists(checkpoint.folder / "tokenizer.model");
    return modelError(checkpoint.folder, "MODEL-TOKENIZER", sentencePiece ? "there is a tokenizer.model but no tokenizer.json" : "there is no tokenizer.json in it",
                      sentencePiece ? "save the folder again with transformers' fast tokenizer" : "");
}

/// clip/ counts when it holds a CLIP text tower with both projections.
std::optional<std::filesystem::path> findClipText(const std::filesystem::path& folder, std::vector<std::string>& warnings) {
    const auto clip = folder / "clip";
    if (!pathExists(clip)) {
        return std::nullopt;
    }
    const auto file = SafetensorsFile::open(clip / "model.safetensors");
    const bool complete = file.ok() && file->find("text_model.embeddings.token_embedding.weight") != nullptr && file->find("text_projection.weight") != nullptr &&
                          file->find("visual_projection.weight") != nullptr && pathExists(clip / "config.json");
    if (!complete) {
        warnings.emplace_back("the folder clip/ holds no usable text tower and is not used");
        return std::nullopt;
    }
    return clip;
}

void judgeHead(Checkpoint& checkpoint) {
    const bool hasHead = checkpoint.weights.count("lm_head.weight") != 0;
    if (!hasHead && !checkpoint.config.text.tieEmbeddings) {
        checkpoint.warnings.emplace_back("there is no lm_head: the token embedding is used in its place");
    }
    checkpoint.config.text.tieEmbeddings = !hasHead;
}

/// Weights that cannot fit into this machine's memory are refused before a byte is read.
Result<void> checkMemory(const Checkpoint& checkpoint) {
    const std::int64_t pages = ::sysconf(_SC_PHYS_PAGES);
    const std::int64_t pageSize = ::sysconf(_SC_PAGE_SIZE);
    if (pages > 0 && pageSize > 0 && checkpoint.weightBytes / pageSize > pages) {
        Error error = modelError(checkpoint.folder, "MODEL-MEMORY",
                                 "the weights need " + formatBytes(static_cast<std::uint64_t>(checkpoint.weightBytes)) + ", this machine has " +
                                     formatBytes(static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(pageSize)));
        error.code = ErrorCode::kLimit;
        return error;
    }
    return {};
}

Result<Checkpoint> openChecked(const std::filesystem::path& folder) {
    if (auto usable = checkFolder(folder); !usable) {
        return usable.error();
    }
    Checkpoint checkpoint;
    checkpoint.folder = folder;
    auto config = readConfig(folder, checkpoint.warnings);
    if (!config) {
        return config.error();
    }
    checkpoint.config = std::move(*config);
    auto files = openWeightFiles(folder, checkpoint.warnings);
    if (!files) {
        return files.error();
    }
    if (auto placed = placeWeights(std::move(*files), checkpoint); !placed) {
        return placed.error();
    }
    if (auto fits = checkMemory(checkpoint); !fits) {
        return fits.error();
    }
    judgeHead(checkpoint);
    auto preprocess = readPreprocessConfig(folder, checkpoint.config, checkpoint.warnings);
    if (!preprocess) {
        return preprocess.error();
    }
    checkpoint.preprocess = *preprocess;
    auto chat = readChatTemplate(folder);
    if (!chat) {
        return chat.error();
    }
    checkpoint.chatTemplate = std::move(*chat);
    auto relevance = readRelevance(folder);
    if (!relevance) {
        return relevance.error();
    }
    checkpoint.relevance = *relevance;
    checkpoint.clipTextFolder = findClipText(folder, checkpoint.warnings);
    if (auto tokenizer = findTokenizer(checkpoint); !tokenizer) {
        return tokenizer.error();
    }
    return checkpoint;
}

std::string typeName(StorageType type) {
    switch (type) {
        case StorageType::kF64: return "float64";
        case StorageType::kF32: return "float32";
        case StorageType::kF16: return "float16";
        case StorageType::kBF16: return "bfloat16";
        default: return "other";
    }
}

}  // namespace

Result<Checkpoint> openCheckpoint(const std::filesystem::path& folder) {
    try {
        return openChecked(folder);
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::kDevice, "MEM-HOST", "cannot load model", folder.string(), "not enough memory", "", nullptr};
    } catch (const std::exception&) {
        return Error{ErrorCode::kInternal, "MODEL-INTERNAL", "cannot load model", folder.string(), "unexpected fault while reading the folder", "", nullptr};
    }
}

std::string storedType(const Checkpoint& checkpoint) {
    std::map<StorageType, std::int64_t> bytes;
    for (const auto& [name, entry] : checkpoint.weights) {
        bytes[entry.record.type] += static_cast<std::int64_t>(entry.record.bytes.size());
    }
    StorageType most = StorageType::kF32;
    std::int64_t largest = -1;
    for (const auto& [type, size] : bytes) {
        most = size > largest ? type : most;
        largest = std::max(largest, size);
    }
    return typeName(most);
}

FolderDescription describeFolder(const std::filesystem::path& folder) {
    FolderDescription description;
    description.folder = folder;
    const auto checkpoint = openCheckpoint(folder);
    if (!checkpoint) {
        description.reason = checkpoint.error();
        return description;
    }
    description.family = checkpoint->config.family;
    description.parameters = checkpoint->parameters;
    description.dtype = storedType(*checkpoint);
    description.weightBytes = checkpoint->weightBytes;
    const TextConfig& text = checkpoint->config.text;
    constexpr std::int64_t kFloat = sizeof(float);
    constexpr std::int64_t kContext = 1024;   // what a question with an image and a short answer takes
    const std::int64_t cache = 2 * kFloat * text.layers * static_cast<std::int64_t>(text.kvHeads) * text.headDim * kContext;
    description.memoryBytes = checkpoint->parameters * kFloat + cache;
    description.warnings = checkpoint->warnings;
    return description;
}

std::vector<FolderDescription> describeFolders(const std::vector<std::filesystem::path>& roots) {
    constexpr std::size_t kMostEntries = 10'000;
    std::vector<FolderDescription> found;
    for (const auto& root : roots) {
        if (pathExists(root / "config.json")) {
            found.push_back(describeFolder(root));
            continue;
        }
        std::vector<std::filesystem::path> children;
        std::error_code failure;
        std::size_t seen = 0;
        for (std::filesystem::directory_iterator at(root, failure), end; !failure && at != end && seen < kMostEntries; at.increment(failure), ++seen) {
            if (pathExists(at->path() / "config.json")) {
                children.push_back(at->path());
            }
        }
        std::sort(children.begin(), children.end());
        for (const auto& child : children) {
            found.push_back(describeFolder(child));
        }
        if (children.empty()) {
            found.push_back(describeFolder(root));
        }
    }
    return found;
}

}  // namespace prunescope
