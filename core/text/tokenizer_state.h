// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Everything a loaded tokenizer.json says. Built once by the loader, never changed afterwards.

#include "core/text/added_tokens.h"
#include "core/text/bpe.h"
#include "core/text/components.h"
#include "core/text/tokenizer.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace prunescope {

struct Tokenizer::State {
    std::vector<text::Normalizer> normalizers;
    std::vector<text::PreTokenizer> preTokenizers;
    text::BpeModel model;
    std::vector<text::PostProcessor> postProcessors;
    std::vector<text::Decoder> decoders;

    std::vector<text::AddedToken> added;
    std::unordered_map<std::uint32_t, std::size_t> addedById;
    std::unordered_map<std::string, std::size_t> addedByContent;
    std::unordered_set<std::string> specialContents;
    text::TokenMatcher rawMatcher, normalizedMatcher;

    std::int64_t end = 0;   ///< highest id + 1
    std::vector<std::string> warnings;
};

namespace text {

/// Limits of reference/reliability.md 2.4.
constexpr std::size_t kMaxVocabulary = 1'000'000, kMaxMerges = 2'000'000, kMaxAddedTokens = 100'000, kMaxTokenBytes = 65'536, kMaxAddedTokenBytes = 4'096,
                      kMaxAddedBytes = std::size_t{4} << 20;
constexpr std::int64_t kMaxTokenId = 2'000'000;
constexpr std::size_t kMaxComponents = 64;

/// Reads normalizer, pre_tokenizer and decoder. Throws LoadFailure.
void readComponents(const nlohmann::json& root, const std::string& where, Tokenizer::State& state);
/// Reads post_processor; needs all tokens. Throws LoadFailure.
void readPostProcessor(const nlohmann::json& root, const std::string& where, Tokenizer::State& state);
/// Reads the BPE model. Throws LoadFailure.
void readModel(const nlohmann::json& root, const std::string& where, Tokenizer::State& state);
/// Reads added_tokens; needs model and normalizer. Throws LoadFailure.
void readAddedTokens(const nlohmann::json& root, const std::string& where, Tokenizer::State& state);
/// Replaces the file's "▁" rule by the one asked for (reference/models.md 8.3). Adds a warning where the file has no such rule.
void overridePrefix(LlamaPrefix prefix, Tokenizer::State& state);
/// True when the normalizer prepends "▁" to every segment (the legacy Llama shape).
[[nodiscard]] bool hasLegacyPrefix(const Tokenizer::State& state);

}  // namespace text

}  // namespace prunescope
