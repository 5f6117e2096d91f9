// SPDX-License-Identifier: GPL-3.0-or-later

// Loading, encoding and decoding: the order of the steps is reference/models.md 8.1.

#include "core/text/tokenizer.h"

#include "core/base/json_gate.h"
#include "core/text/json_read.h"
#include "core/text/tokenizer_state.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <new>
#include <utility>

namespace prunescope {

namespace {

constexpr JsonLimits kTokenizerLimits{64LL << 20, 64};
constexpr JsonLimits kConfigLimits{8LL << 20, 64};
constexpr std::size_t kMaxInputBytes = std::size_t{64} << 20;

/// Warnings that come from tokenizer_config.json beside the file (reference/models.md 8.3).
void warnFromConfig(const std::filesystem::path& tokenizerJson, LlamaPrefix prefix, bool legacyShape, std::vector<std::string>& warnings) {
    const std::filesystem::path path = tokenizerJson.parent_path() / "tokenizer_config.json";
    std::error_code error;
    if (prefix != LlamaPrefix::kFile || !legacyShape || !std::filesystem::is_regular_file(path, error)) return;
    const Result<nlohmann::json> config = readJsonFile(path, ErrorCode::kBadModel, kConfigLimits);
    if (!config || !config->is_object()) return;
    const auto legacy = config->find("legacy");
    if (legacy != config->end() && legacy->is_boolean() && !legacy->get<bool>())
        warnings.push_back("tokenizer_config.json says legacy=false, but tokenizer.json prepends '\xE2\x96\x81' to every segment; the file is followed (--llama-prefix changes that)");
    const auto space = config->find("add_prefix_space");
    if (space != config->end() && space->is_boolean())
        warnings.push_back("tokenizer_config.json sets add_prefix_space, with which transformers 4 rebuilt the tokenizer; tokenizer.json is followed");
}

Error missingFile(const std::filesystem::path& tokenizerJson) {
    std::error_code error;
    if (std::filesystem::exists(tokenizerJson.parent_path() / "tokenizer.model", error))
        return text::tokenizerError("TOK-KIND", tokenizerJson.string(), "missing; a SentencePiece tokenizer.model is not supported", "save the tokenizer as tokenizer.json (fast tokenizer)");
    return text::tokenizerError("TOK-MISSING", tokenizerJson.string(), "the file does not exist", "a model folder needs tokenizer.json");
}

}  // namespace

Result<Tokenizer> Tokenizer::load(const std::filesystem::path& tokenizerJson, LlamaPrefix prefix) {
    std::error_code error;
    if (!std::filesystem::exists(tokenizerJson, error)) return missingFile(tokenizerJson);
    const Result<nlohmann::json> root = readJsonFile(tokenizerJson, ErrorCode::kBadModel, kTokenizerLimits);
    if (!root) return root.error();
    return fromJson(*root, tokenizerJson.string(), prefix, tokenizerJson);
}

Result<Tokenizer> Tokenizer::parse(std::string_view json, const std::string& where, LlamaPrefix prefix) {
    const Result<nlohmann::json> root = parseJson(json, where, kTokenizerLimits);
    if (!root) {
        Error failure = root.error();
        if (failure.code == ErrorCode::kBadInput) failure.code = ErrorCode::kBadModel;
        return failure;
    }
    return fromJson(*root, where, prefix, {});
}

Result<Tokenizer> Tokenizer::fromJson(const nlohmann::json& root, const std::string& where, LlamaPrefix prefix, const std::filesystem::path& file) {
    try {
        auto state = std::make_shared<State>();
        if (!root.is_object()) text::fail("TOK-FORM", where, "the file is not a JSON object");
        text::readModel(root, where, *state);
        text::readComponents(root, where, *state);
        const bool legacyShape = text::hasLegacyPrefix(*state);
        text::overridePrefix(prefix, *state);
        text::readAddedTokens(root, where, *state);
        text::readPostProcessor(root, where, *state);
        if (!file.empty()) warnFromConfig(file, prefix, legacyShape, state->warnings);
        Tokenizer tokenizer;
        tokenizer.m_state = std::move(state);
        return tokenizer;
    } catch (const text::LoadFailure& failure) {
        return failure.error;
    } catch (const nlohmann::json::exception&) {
        return text::tokenizerError("TOK-FORM", where, "a value has an unexpected type");
    } catch (const std::bad_alloc&) {
        return text::tokenizerError("TOK-MEMORY", where, "not enough memory", {}, ErrorCode::kDevice);
    }
}

Result<Encoding> Tokenizer::encode(std::string_view input, bool addSpecial) const { return encodeGuarded(input, addSpecial, 0, 0, {}); }

Result<Encoding> Tokenizer::encodeGuarded(std::string_view input, bool addSpecial, std::size_t guardBegin, std::size_t guardEnd,
                                          const std::vector<std::string>& guarded) const {
    if (input.size() > kMaxInputBytes)
        return text::encodeError("TOK-LIMIT", "the text is longer than 64 MiB", ErrorCode::kLimit, "shorten the text");
    if (const std::size_t bad = text::findInvalidUtf8(input); bad != std::string_view::npos)
        return text::encodeError("TOK-UTF8", "byte " + std::to_string(bad) + " is not UTF-8", ErrorCode::kBadInput, "pass the text as UTF-8");
    const State& state = *m_state;
    text::Guard guard{guardBegin, guardEnd, {}, {}};
    for (const std::string& content : guarded)
        if (const auto id = idOf(content)) guard.ids.push_back(static_cast<std::uint32_t>(*id));
    const text::Guard* active = guardBegin < guardEnd ? &guard : nullptr;
    if (active != nullptr) {
        // Neither may merges of the model make a control token of plain text.
        guard.forbidden.resize(static_cast<std::size_t>(state.end), false);
        for (const text::AddedToken& token : state.added) guard.forbidden[token.id] = token.special;
        for (const std::uint32_t id : guard.ids) guard.forbidden[id] = true;
    }

    std::vector<text::Piece> raw, pieces;
    state.rawMatcher.split(state.added, text::AlignedText(input), active, raw);
    for (text::Piece& piece : raw) {
        if (piece.token) {
            pieces.push_back(std::move(piece));
            continue;
        }
        if (const Result<void> done = text::normalize(state.normalizers, piece.text); !done) return done.error();
        state.normalizedMatcher.split(state.added, piece.text, active, pieces);
    }
    if (const Result<void> done = text::preTokenize(state.preTokenizers, pieces); !done) return done.error();

    const bool wantsValues = std::any_of(state.postProcessors.begin(), state.postProcessors.end(), [](const text::PostProcessor& p) { return p.trimOffsets; });
    std::vector<text::PlacedToken> tokens;
    std::vector<text::BpeToken> word;
    for (const text::Piece& piece : pieces) {
        word.clear();
        const text::SourceSpan place = piece.text.source(0, piece.text.size());
        const bool inGuard = active != nullptr && place.begin < guardEnd && place.end > guardBegin;
        if (piece.token) word.push_back({*piece.token, 0, piece.text.size()});
        else state.model.tokenize(piece.text.text(), word, inGuard ? &guard.forbidden : nullptr);
        for (const text::BpeToken& token : word) {
            const text::SourceSpan span = piece.text.source(token.begin, token.end);
            text::PlacedToken placed{token.id, span.begin, span.end, {}};
            if (wantsValues) placed.value = piece.token ? piece.text.text() : std::string(state.model.vocabulary.token(token.id));
            tokens.push_back(std::move(placed));
        }
    }
    text::postProcess(state.postProcessors, addSpecial, input, tokens);
    Encoding encoding;
    encoding.ids.reserve(tokens.size());
    encoding.offsets.reserve(tokens.size());
    for (const text::PlacedToken& token : tokens) {
        encoding.ids.push_back(token.id);
        encoding.offsets.emplace_back(token.begin, token.end);
    }
    return encoding;
}

std::string Tokenizer::decode(const std::vector<std::int64_t>& ids, bool skipSpecial) const {
    std::vector<std::string> tokens;
    tokens.reserve(ids.size());
    for (const std::int64_t id : ids) {
        const auto added = id >= 0 && id <= text::kMaxTokenId ? m_state->addedById.find(static_cast<std::uint32_t>(id)) : m_state->addedById.end();
        std::string token;
        if (added != m_state->addedById.end()) token = m_state->added[added->second].match;   // as `tokenizers`: the normalized form
        else if (m_state->model.vocabulary.has(id)) token = m_state->model.vocabulary.token(id);
        else continue;
        if (skipSpecial && m_state->specialContents.count(token) != 0) continue;
        tokens.push_back(std::move(token));
    }
    return text::decodeTokens(m_state->decoders, std::move(tokens));
}

std::optional<std::int64_t> Tokenizer::idOf(std::string_view token) const {
    if (const auto it = m_state->addedByContent.find(std::string(token)); it != m_state->addedByContent.end()) return m_state->added[it->second].id;
    const std::int64_t id = m_state->model.vocabulary.find(token);
    return id < 0 ? std::nullopt : std::optional<std::int64_t>(id);
}

std::optional<std::string> Tokenizer::tokenOf(std::int64_t id) const {
    if (id < 0 || id >= m_state->end) return std::nullopt;
    if (const auto it = m_state->addedById.find(static_cast<std::uint32_t>(id)); it != m_state->addedById.end()) return m_state->added[it->second].content;
    if (!m_state->model.vocabulary.has(id)) return std::nullopt;
    return std::string(m_state->model.vocabulary.token(id));
}

bool Tokenizer::isSpecial(std::int64_t id) const {
    if (id < 0 || id >= m_state->end) return false;
    const auto it = m_state->addedById.find(static_cast<std::uint32_t>(id));
    return it != m_state->addedById.end() && m_state->added[it->second].special;
}

bool Tokenizer::isByteToken(std::int64_t id) const {
    if (!std::any_of(m_state->decoders.begin(), m_state->decoders.end(), [](const text::Decoder& d) { return d.kind == text::DecoderKind::kByteFallback; })) return false;
    const std::optional<std::string> token = tokenOf(id);
    return token && text::fallbackByte(*token) >= 0;
}

std::int64_t Tokenizer::size() const { return m_state->end; }

const std::vector<std::string>& Tokenizer::warnings() const { return m_state->warnings; }

}  // namespace prunescope
