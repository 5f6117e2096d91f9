// SPDX-License-Identifier: GPL-3.0-or-later

// tokenizer.json: model (BPE) and added_tokens, with every count, id and text checked before it is used.

#include "core/text/json_read.h"
#include "core/text/tokenizer_state.h"

#include <array>
#include <string_view>
#include <utility>

namespace prunescope::text {

namespace {

bool isHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'); }

/// "<0x…>" that is not exactly two hexadecimal digits. (reference/reliability.md T08)
bool isBadByteToken(const std::string& token) {
    if (token.size() < 4 || token.size() > 24 || token.compare(0, 3, "<0x") != 0 || token.back() != '>') return false;
    return token.size() != 6 || !isHexDigit(token[3]) || !isHexDigit(token[4]);
}

void readVocabulary(const ObjectReader& model, BpeModel& bpe) {
    const Json& vocab = model.need("vocab");
    if (!vocab.is_object()) fail("TOK-FORM", model.where(), "model.vocab: expected an object");
    if (vocab.empty()) fail("TOK-EMPTY", model.where(), "model.vocab: the vocabulary is empty");
    if (vocab.size() > kMaxVocabulary)
        fail("TOK-LIMIT", model.where(), "model.vocab: " + std::to_string(vocab.size()) + " entries, more than 1,000,000", {}, ErrorCode::kLimit);
    bpe.vocabulary.reserve(vocab.size());
    for (const auto& [token, id] : vocab.items()) {
        const auto path = [&name = token] { return "model.vocab[" + shown(name) + "]"; };
        const bool plain = id.is_number_unsigned() && id.get<std::uint64_t>() <= static_cast<std::uint64_t>(kMaxTokenId);
        const std::int64_t value = plain ? id.get<std::int64_t>() : ObjectReader::integer(id, path(), model.where(), kMaxTokenId, "TOK-ID");
        if (token.size() > kMaxTokenBytes) fail("TOK-LIMIT", model.where(), path() + ": token longer than 64 KiB", {}, ErrorCode::kLimit);
        if (bpe.byteFallback && isBadByteToken(token)) fail("TOK-BYTE", model.where(), path() + ": not a byte token from <0x00> to <0xFF>");
        if (!bpe.vocabulary.add(token, static_cast<std::uint32_t>(value)))
            fail("TOK-ID", model.where(), path() + ": id " + std::to_string(value) + " is used twice");
    }
}

std::string mergePath(std::size_t index) { return "model.merges[" + std::to_string(index) + "]"; }

/// The two sides of one merges entry.
std::pair<std::string_view, std::string_view> mergeSides(const Json& entry, std::size_t index, const std::string& where) {
    if (entry.is_string()) {
        const std::string_view text = entry.get_ref<const std::string&>();
        const std::size_t space = text.find(' ');
        if (space != std::string_view::npos && text.find(' ', space + 1) == std::string_view::npos) return {text.substr(0, space), text.substr(space + 1)};
    } else if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
        return {entry[0].get_ref<const std::string&>(), entry[1].get_ref<const std::string&>()};
    }
    fail("TOK-MERGE", where, mergePath(index) + ": expected \"a b\" or [\"a\", \"b\"]");
}

std::uint32_t mergeId(const BpeModel& bpe, std::string_view token, std::size_t index, const std::string& where) {
    const std::int64_t id = bpe.vocabulary.find(token);
    if (id < 0) fail("TOK-MERGE", where, mergePath(index) + ": token " + shown(std::string(token)) + " is not in the vocabulary");
    return static_cast<std::uint32_t>(id);
}

void readMerges(const ObjectReader& model, BpeModel& bpe) {
    const Json& merges = model.need("merges");
    if (!merges.is_array()) fail("TOK-FORM", model.where(), "model.merges: expected a list");
    if (merges.size() > kMaxMerges)
        fail("TOK-LIMIT", model.where(), "model.merges: " + std::to_string(merges.size()) + " entries, more than 2,000,000", {}, ErrorCode::kLimit);
    bpe.merges.reserve(merges.size());
    std::string merged;
    std::uint32_t rank = 0;
    for (std::size_t i = 0; i < merges.size(); ++i) {
        if (merges[i].is_string() && merges[i].get_ref<const std::string&>().compare(0, 8, "#version") == 0) continue;
        const auto [left, right] = mergeSides(merges[i], i, model.where());
        if (right.size() < bpe.continuingPrefix.size()) fail("TOK-MERGE", model.where(), mergePath(i) + ": shorter than continuing_subword_prefix");
        merged.assign(left);
        merged += right.substr(bpe.continuingPrefix.size());
        const std::uint32_t l = mergeId(bpe, left, i, model.where()), r = mergeId(bpe, right, i, model.where());
        bpe.merges.set(l, r, {rank++, mergeId(bpe, merged, i, model.where())});
    }
}

void readByteIds(BpeModel& bpe) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    bpe.byteIds.fill(-1);
    if (!bpe.byteFallback) return;
    for (std::size_t byte = 0; byte < 256; ++byte) {
        const std::array<char, 6> name{'<', '0', 'x', kDigits[byte / 16], kDigits[byte % 16], '>'};
        bpe.byteIds[byte] = bpe.vocabulary.find(std::string_view(name.data(), name.size()));
    }
}

AddedToken readAddedToken(const ObjectReader& reader, const Tokenizer::State& state, std::int64_t expected) {
    AddedToken token;
    token.content = reader.text("content");
    const std::int64_t id = ObjectReader::integer(reader.need("id"), reader.path("id"), reader.where(), kMaxTokenId, "TOK-ID");
    if (token.content.empty()) fail("TOK-ADDED", reader.where(), reader.path("content") + ": empty");
    if (token.content.size() > kMaxAddedTokenBytes) fail("TOK-LIMIT", reader.where(), reader.path("content") + ": longer than 4 KiB", {}, ErrorCode::kLimit);
    const std::int64_t inModel = state.model.vocabulary.find(token.content);
    if (inModel >= 0 && inModel != id)
        fail("TOK-ADDED", reader.where(), reader.path("id") + ": " + shown(token.content) + " has id " + std::to_string(id) + " here and " + std::to_string(inModel) + " in model.vocab");
    if (inModel < 0 && (state.model.vocabulary.has(id) || state.addedById.count(static_cast<std::uint32_t>(id)) != 0))
        fail("TOK-ADDED", reader.where(), reader.path("id") + ": id " + std::to_string(id) + " of " + shown(token.content) + " belongs to another token");
    if (inModel < 0 && id != expected)
        fail("TOK-ADDED", reader.where(), reader.path("id") + ": " + shown(token.content) + " has id " + std::to_string(id) + ", the next free one is " + std::to_string(expected));
    token.id = static_cast<std::uint32_t>(id);
    token.singleWord = reader.flagOr("single_word", false);
    token.lstrip = reader.flagOr("lstrip", false);
    token.rstrip = reader.flagOr("rstrip", false);
    token.special = reader.flagOr("special", false);
    token.normalized = reader.flagOr("normalized", !token.special);
    token.match = token.content;
    if (token.normalized) {
        AlignedText content(token.content);
        const Result<void> done = normalize(state.normalizers, content, kMaxTokenBytes);
        if (!done) throw LoadFailure{done.error()};
        token.match = content.text();
    }
    return token;
}

}  // namespace

void readModel(const Json& root, const std::string& where, Tokenizer::State& state) {
    const ObjectReader top(root, "", where);
    const ObjectReader model(top.need("model"), "model", where);
    const std::string type = model.textOr("type", model.find("merges") != nullptr ? "BPE" : "missing");
    if (type != "BPE") fail("TOK-KIND", where, "model.type: " + shown(type) + " is not supported", "only BPE tokenizers are");
    BpeModel& bpe = state.model;
    bpe.fuseUnknown = model.flagOr("fuse_unk", false);
    bpe.byteFallback = model.flagOr("byte_fallback", false);
    bpe.ignoreMerges = model.flagOr("ignore_merges", false);
    bpe.continuingPrefix = model.textOr("continuing_subword_prefix", "");
    bpe.endSuffix = model.textOr("end_of_word_suffix", "");
    if (const Json* dropout = model.find("dropout"); dropout != nullptr && !(dropout->is_number() && dropout->get<double>() == 0.0))
        fail("TOK-KIND", where, "model.dropout: random merges are not supported");
    readVocabulary(model, bpe);
    readMerges(model, bpe);
    readByteIds(bpe);
    if (model.find("unk_token") != nullptr) {
        const std::string unknown = model.text("unk_token");
        bpe.unknown = bpe.vocabulary.find(unknown);
        if (bpe.unknown < 0) fail("TOK-ID", where, "model.unk_token: " + shown(unknown) + " is not in the vocabulary");
    }
    state.end = bpe.vocabulary.end();
}

void readAddedTokens(const Json& root, const std::string& where, Tokenizer::State& state) {
    const ObjectReader top(root, "", where);
    const Json* list = top.find("added_tokens");
    if (list == nullptr) return;
    if (!list->is_array()) fail("TOK-FORM", where, "added_tokens: expected a list");
    if (list->size() > kMaxAddedTokens)
        fail("TOK-LIMIT", where, "added_tokens: " + std::to_string(list->size()) + " entries, more than 100,000", {}, ErrorCode::kLimit);
    // `tokenizers` numbers tokens that the model does not have from the size of its vocabulary on, in the order of the file.
    auto next = static_cast<std::int64_t>(state.model.vocabulary.size());
    std::size_t total = 0;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string path = "added_tokens[" + std::to_string(i) + "]";
        const ObjectReader reader((*list)[i], path, where);
        if (reader.find("content") != nullptr && state.addedByContent.count(reader.text("content")) != 0)
            fail("TOK-ADDED", where, path + ".content: " + shown(reader.text("content")) + " is listed twice");
        AddedToken token = readAddedToken(reader, state, next);
        if (state.model.vocabulary.find(token.content) < 0) ++next;
        total += token.match.size();
        if (total > kMaxAddedBytes) fail("TOK-LIMIT", where, "added_tokens: more than 4 MiB of text", {}, ErrorCode::kLimit);
        const auto index = static_cast<std::uint32_t>(state.added.size());
        TokenMatcher& matcher = token.normalized ? state.normalizedMatcher : state.rawMatcher;
        if (!token.match.empty() && !matcher.insert(token.match, index))
            fail("TOK-ADDED", where, path + ".content: " + shown(token.content) + " equals another added token after normalization");
        if (token.special) state.specialContents.insert(token.content);
        state.addedById.emplace(token.id, index);
        state.addedByContent.emplace(token.content, index);
        state.end = std::max(state.end, std::int64_t{token.id} + 1);
        state.added.push_back(std::move(token));
    }
}

}  // namespace prunescope::text
