// SPDX-License-Identifier: GPL-3.0-or-later

// tokenizer.json: normalizer, pre_tokenizer, post_processor, decoder. What reference/models.md 8.1 lists is read; the rest is refused by name.

#include "core/text/json_read.h"
#include "core/text/tokenizer_state.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace prunescope::text {

namespace {

constexpr const char* kGpt2Pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

[[noreturn]] void refuseKind(const ObjectReader& reader, const std::string& what) {
    fail("TOK-KIND", reader.where(), reader.key() + ": " + what + " " + shown(reader.text("type")) + " is not supported");
}

/// `pattern`: {"String": …} or {"Regex": …}; a bare string (old files) counts as String.
Pattern readPattern(const ObjectReader& reader, std::string* literal = nullptr) {
    const Json& value = reader.need("pattern");
    if (value.is_string()) {
        if (literal != nullptr) *literal = value.get<std::string>();
        return Pattern::literal(value.get<std::string>());
    }
    const ObjectReader inner(value, reader.path("pattern"), reader.where());
    if (inner.find("String") != nullptr) {
        const std::string text = inner.text("String");
        if (text.empty()) fail("TOK-REGEX", reader.where(), inner.path("String") + ": the pattern is empty");
        if (literal != nullptr) *literal = text;
        return Pattern::literal(text);
    }
    Result<Pattern> pattern = Pattern::regex(inner.text("Regex"), reader.where(), inner.path("Regex"));
    if (!pattern) throw LoadFailure{pattern.error()};
    return std::move(pattern).value();
}

/// Calls `one` for a component, or for each member of nested Sequences. `list` names the member array.
void eachComponent(const Json& value, const std::string& key, const std::string& where, const char* list, std::size_t& seen,
                   const std::function<void(const ObjectReader&, const std::string&)>& one) {
    const ObjectReader reader(value, key, where);
    const std::string type = reader.text("type");
    if (++seen > kMaxComponents) fail("TOK-LIMIT", where, key + ": more than 64 components", {}, ErrorCode::kLimit);
    if (type != "Sequence") {
        one(reader, type);
        return;
    }
    const Json& members = reader.need(list);
    if (!members.is_array()) fail("TOK-FORM", where, reader.path(list) + ": expected a list");
    for (std::size_t i = 0; i < members.size(); ++i) eachComponent(members[i], reader.path(list) + "[" + std::to_string(i) + "]", where, list, seen, one);
}

Normalizer readNormalizer(const ObjectReader& reader, const std::string& type) {
    Normalizer step;
    if (type == "Prepend") {
        step.kind = NormalizerKind::kPrepend;
        step.content = reader.text("prepend");
    } else if (type == "Replace") {
        step.kind = NormalizerKind::kReplace;
        step.pattern = readPattern(reader, &step.literal);
        step.content = reader.text("content");
    } else if (type == "NFC") {
        step.kind = NormalizerKind::kNfc;
    } else if (type == "NFD") {
        step.kind = NormalizerKind::kNfd;
    } else if (type == "NFKC") {
        step.kind = NormalizerKind::kNfkc;
    } else if (type == "NFKD") {
        step.kind = NormalizerKind::kNfkd;
    } else if (type == "Lowercase") {
        step.kind = NormalizerKind::kLowercase;
    } else if (type == "Precompiled") {
        fail("TOK-NORM", reader.where(), reader.key() + ": a precompiled_charsmap (Unigram models) is not supported");
    } else {
        refuseKind(reader, "normalizer");
    }
    return step;
}

PrependScheme readScheme(const ObjectReader& reader) {
    const std::string scheme = reader.textOr("prepend_scheme", "always");
    if (reader.find("add_prefix_space") != nullptr && !reader.flagOr("add_prefix_space", true)) {
        if (reader.find("prepend_scheme") != nullptr && scheme != "never")
            fail("TOK-FORM", reader.where(), reader.path("prepend_scheme") + ": contradicts add_prefix_space");
        return PrependScheme::kNever;
    }
    if (scheme == "always") return PrependScheme::kAlways;
    if (scheme == "first") return PrependScheme::kFirst;
    if (scheme == "never") return PrependScheme::kNever;
    fail("TOK-KIND", reader.where(), reader.path("prepend_scheme") + ": " + shown(scheme) + " is not supported");
}

char32_t readCharacter(const ObjectReader& reader, const char* name) {
    const std::string text = reader.text(name);
    std::size_t at = 0;
    if (text.empty()) fail("TOK-FORM", reader.where(), reader.path(name) + ": expected one character");
    const char32_t codePoint = nextCodePoint(text, at);
    if (at != text.size()) fail("TOK-FORM", reader.where(), reader.path(name) + ": expected one character");
    return codePoint;
}

PreTokenizer readPreTokenizer(const ObjectReader& reader, const std::string& type) {
    PreTokenizer step;
    if (type == "Split") {
        step.kind = PreTokenizerKind::kSplit;
        step.pattern = readPattern(reader);
        step.invert = reader.flagOr("invert", false);
        const std::string behavior = reader.text("behavior");
        if (behavior == "Removed") step.behavior = SplitBehavior::kRemoved;
        else if (behavior == "Isolated") step.behavior = SplitBehavior::kIsolated;
        else if (behavior == "MergedWithPrevious") step.behavior = SplitBehavior::kMergedWithPrevious;
        else if (behavior == "MergedWithNext") step.behavior = SplitBehavior::kMergedWithNext;
        else if (behavior == "Contiguous") step.behavior = SplitBehavior::kContiguous;
        else fail("TOK-KIND", reader.where(), reader.path("behavior") + ": " + shown(behavior) + " is not supported");
    } else if (type == "ByteLevel") {
        step.kind = PreTokenizerKind::kByteLevel;
        step.addPrefixSpace = reader.flagOr("add_prefix_space", true);
        step.useRegex = reader.flagOr("use_regex", true);
        Result<Pattern> pattern = Pattern::regex(kGpt2Pattern, reader.where(), reader.key());
        if (!pattern) throw LoadFailure{pattern.error()};
        step.pattern = std::move(pattern).value();
    } else if (type == "Metaspace") {
        step.kind = PreTokenizerKind::kMetaspace;
        step.replacement.clear();
        appendUtf8(step.replacement, readCharacter(reader, "replacement"));
        step.scheme = readScheme(reader);
        step.split = reader.flagOr("split", true);
    } else {
        refuseKind(reader, "pre-tokenizer");
    }
    return step;
}

std::int64_t readPostId(const Json& value, const std::string& path, const ObjectReader& reader, const Tokenizer::State& state) {
    const std::int64_t id = ObjectReader::integer(value, path, reader.where(), kMaxTokenId, "TOK-ID");
    if (id >= state.end) fail("TOK-ID", reader.where(), path + ": id " + std::to_string(id) + " is not in the vocabulary");
    return id;
}

void readTemplate(const ObjectReader& reader, const Tokenizer::State& state, PostProcessor& step) {
    step.kind = PostKind::kTemplate;
    const Json& single = reader.need("single");
    if (!single.is_array()) fail("TOK-FORM", reader.where(), reader.path("single") + ": expected a list");
    if (single.size() > kMaxComponents) fail("TOK-LIMIT", reader.where(), reader.path("single") + ": more than 64 pieces", {}, ErrorCode::kLimit);
    for (std::size_t i = 0; i < single.size(); ++i) {
        const ObjectReader piece(single[i], reader.path("single") + "[" + std::to_string(i) + "]", reader.where());
        if (const Json* sequence = piece.find("Sequence")) {
            const ObjectReader inner(*sequence, piece.path("Sequence"), reader.where());
            if (inner.text("id") != "A") fail("TOK-FORM", reader.where(), inner.path("id") + ": only sequence A exists here");
            step.pieces.push_back(-1);
            continue;
        }
        const ObjectReader special(piece.need("SpecialToken"), piece.path("SpecialToken"), reader.where());
        const std::string name = special.text("id");
        const ObjectReader table(reader.need("special_tokens"), reader.path("special_tokens"), reader.where());
        const ObjectReader entry(table.need(name.c_str()), table.path(name.c_str()), reader.where());
        const Json& ids = entry.need("ids");
        if (!ids.is_array() || ids.size() > kMaxComponents) fail("TOK-FORM", reader.where(), entry.path("ids") + ": expected a short list");
        for (const Json& id : ids) step.pieces.push_back(readPostId(id, entry.path("ids"), reader, state));
    }
}

std::int64_t readPairId(const ObjectReader& reader, const char* name, const Tokenizer::State& state) {
    const Json& pair = reader.need(name);
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string()) fail("TOK-FORM", reader.where(), reader.path(name) + ": expected [token, id]");
    return readPostId(pair[1], reader.path(name), reader, state);
}

PostProcessor readPostStep(const ObjectReader& reader, const std::string& type, const Tokenizer::State& state) {
    PostProcessor step;
    if (type == "TemplateProcessing") {
        readTemplate(reader, state, step);
    } else if (type == "ByteLevel") {
        step.trimOffsets = reader.flagOr("trim_offsets", true);
        step.addPrefixSpace = reader.flagOr("add_prefix_space", true);
    } else if (type == "RobertaProcessing") {
        step.kind = PostKind::kRoberta;
        step.trimOffsets = reader.flagOr("trim_offsets", true);
        step.addPrefixSpace = reader.flagOr("add_prefix_space", true);
        step.pieces = {readPairId(reader, "cls", state), -1, readPairId(reader, "sep", state)};
    } else {
        refuseKind(reader, "post-processor");
    }
    return step;
}

Decoder readDecoder(const ObjectReader& reader, const std::string& type) {
    constexpr std::int64_t kMaxStrip = 1'000'000;
    Decoder step;
    if (type == "Replace") {
        step.kind = DecoderKind::kReplace;
        step.pattern = readPattern(reader);
        step.content = reader.text("content");
    } else if (type == "ByteFallback") {
        step.kind = DecoderKind::kByteFallback;
    } else if (type == "Fuse") {
        step.kind = DecoderKind::kFuse;
    } else if (type == "Strip") {
        step.kind = DecoderKind::kStrip;
        step.character = readCharacter(reader, "content");
        step.start = static_cast<std::size_t>(reader.countOr("start", 0, kMaxStrip));
        step.stop = static_cast<std::size_t>(reader.countOr("stop", 0, kMaxStrip));
    } else if (type == "ByteLevel") {
        step.kind = DecoderKind::kByteLevel;
    } else if (type == "Metaspace") {
        step.kind = DecoderKind::kMetaspace;
        step.character = readCharacter(reader, "replacement");
        step.scheme = readScheme(reader);
    } else if (type == "BPEDecoder") {
        step.kind = DecoderKind::kBpe;
        step.content = reader.textOr("suffix", "</w>");
    } else {
        refuseKind(reader, "decoder");
    }
    return step;
}

}  // namespace

void readComponents(const Json& root, const std::string& where, Tokenizer::State& state) {
    const ObjectReader top(root, "", where);
    std::size_t seen = 0;
    if (const Json* value = top.find("normalizer"))
        eachComponent(*value, "normalizer", where, "normalizers", seen,
                      [&](const ObjectReader& r, const std::string& type) { state.normalizers.push_back(readNormalizer(r, type)); });
    seen = 0;
    if (const Json* value = top.find("pre_tokenizer"))
        eachComponent(*value, "pre_tokenizer", where, "pretokenizers", seen,
                      [&](const ObjectReader& r, const std::string& type) { state.preTokenizers.push_back(readPreTokenizer(r, type)); });
    seen = 0;
    if (const Json* value = top.find("decoder")) {
        eachComponent(*value, "decoder", where, "decoders", seen,
                      [&](const ObjectReader& r, const std::string& type) { state.decoders.push_back(readDecoder(r, type)); });
    }
    for (const char* name : {"truncation", "padding"})
        if (top.find(name) != nullptr) state.warnings.push_back(std::string("tokenizer.json asks for ") + name + ", which is not applied");
}

void readPostProcessor(const Json& root, const std::string& where, Tokenizer::State& state) {
    const ObjectReader top(root, "", where);
    const Json* value = top.find("post_processor");
    if (value == nullptr) return;
    std::size_t seen = 0;
    eachComponent(*value, "post_processor", where, "processors", seen,
                  [&](const ObjectReader& r, const std::string& type) { state.postProcessors.push_back(readPostStep(r, type, state)); });
    const auto adds = std::count_if(state.postProcessors.begin(), state.postProcessors.end(), [](const PostProcessor& p) { return p.kind != PostKind::kByteLevel; });
    if (adds > 1) fail("TOK-KIND", where, "post_processor: more than one step that adds tokens is not supported");
}

bool hasLegacyPrefix(const Tokenizer::State& state) {
    return std::any_of(state.normalizers.begin(), state.normalizers.end(),
                       [](const Normalizer& n) { return n.kind == NormalizerKind::kPrepend && n.content == "\xE2\x96\x81"; });
}

void overridePrefix(LlamaPrefix prefix, Tokenizer::State& state) {
    if (prefix == LlamaPrefix::kFile) return;
    static const std::string mark = "\xE2\x96\x81";
    const auto isSpaceRule = [](const Normalizer& n) { return n.kind == NormalizerKind::kReplace && n.literal == " " && n.content == mark; };
    const auto isMarkSpace = [](const PreTokenizer& p) { return p.kind == PreTokenizerKind::kMetaspace && p.replacement == mark; };
    const bool known = hasLegacyPrefix(state) || std::any_of(state.normalizers.begin(), state.normalizers.end(), isSpaceRule) ||
                       std::any_of(state.preTokenizers.begin(), state.preTokenizers.end(), isMarkSpace);
    if (!known) {
        state.warnings.push_back("--llama-prefix has no effect: this tokenizer has no '\xE2\x96\x81' prefix rule");
        return;
    }
    std::erase_if(state.normalizers, [&](const Normalizer& n) { return isSpaceRule(n) || (n.kind == NormalizerKind::kPrepend && n.content == mark); });
    std::erase_if(state.preTokenizers, isMarkSpace);
    if (prefix == LlamaPrefix::kAlways) {
        Normalizer prepend, spaces;
        prepend.kind = NormalizerKind::kPrepend;
        prepend.content = mark;
        spaces.kind = NormalizerKind::kReplace;
        spaces.literal = " ";
        spaces.pattern = Pattern::literal(" ");
        spaces.content = mark;
        state.normalizers.push_back(std::move(prepend));
        state.normalizers.push_back(std::move(spaces));
        return;
    }
    PreTokenizer metaspace;
    metaspace.kind = PreTokenizerKind::kMetaspace;
    metaspace.split = false;
    metaspace.scheme = prefix == LlamaPrefix::kFirst ? PrependScheme::kFirst : PrependScheme::kNever;
    state.preTokenizers.insert(state.preTokenizers.begin(), std::move(metaspace));
}

}  // namespace prunescope::text
