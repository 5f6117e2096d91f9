// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// tokenizer.json followed literally: added tokens, normalizer, pre-tokenizer, BPE, post-processor, decoder. (reference/models.md section 8;
// equal id for id to Hugging Face `tokenizers`.) Errors: TOK-* with kBadModel.

#include "core/base/result.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prunescope {

/// `--llama-prefix`: follow the file, or force one prepend rule.
enum class LlamaPrefix { kFile, kFirst, kAlways, kNever };

struct Encoding {
    std::vector<std::int64_t> ids;
    /// Byte range [begin, end) of each id in the input text; {0,0} for ids added by the post-processor.
    std::vector<std::pair<std::size_t, std::size_t>> offsets;
};

/// Immutable after load; encode and decode are thread-safe.
class Tokenizer {
public:
    [[nodiscard]] static Result<Tokenizer> load(const std::filesystem::path& tokenizerJson, LlamaPrefix prefix = LlamaPrefix::kFile);
    [[nodiscard]] static Result<Tokenizer> parse(std::string_view json, const std::string& where, LlamaPrefix prefix = LlamaPrefix::kFile);

    /// `text` must be UTF-8 (invalid bytes: TOK-UTF8, kBadInput). `addSpecial`: run the post-processor (BOS …).
    [[nodiscard]] Result<Encoding> encode(std::string_view text, bool addSpecial) const;
    /// encode() in which special added tokens, and those whose content is in `guarded`, stay plain text inside input bytes
    /// [guardBegin, guardEnd): what a user typed can then not become a control token or another image.
    [[nodiscard]] Result<Encoding> encodeGuarded(std::string_view text, bool addSpecial, std::size_t guardBegin, std::size_t guardEnd,
                                                 const std::vector<std::string>& guarded) const;
    /// The decoder chain; ids of special added tokens are dropped when `skipSpecial`. Unknown ids yield nothing.
    [[nodiscard]] std::string decode(const std::vector<std::int64_t>& ids, bool skipSpecial) const;

    [[nodiscard]] std::optional<std::int64_t> idOf(std::string_view token) const;
    [[nodiscard]] std::optional<std::string> tokenOf(std::int64_t id) const;
    [[nodiscard]] bool isSpecial(std::int64_t id) const;
    /// True for "<0xHH>" where the decoder joins such tokens to characters (ByteFallback).
    [[nodiscard]] bool isByteToken(std::int64_t id) const;
    /// Highest id + 1, added tokens included.
    [[nodiscard]] std::int64_t size() const;
    [[nodiscard]] const std::vector<std::string>& warnings() const;

    struct State;   ///< private to core/text

private:
    static Result<Tokenizer> fromJson(const nlohmann::json& root, const std::string& where, LlamaPrefix prefix, const std::filesystem::path& file);

    std::shared_ptr<const State> m_state;
};

/// Streams text from growing ids: returns the new suffix each time, holding back while it ends in an incomplete character or in byte tokens,
/// whose run decides as a whole what it reads as. What was returned, with finish(), equals decode(ids, true).
class StreamingDecoder {
public:
    explicit StreamingDecoder(const Tokenizer& tokenizer) : m_tokenizer(tokenizer) {}
    [[nodiscard]] std::string push(std::int64_t id);
    /// What was held back.
    [[nodiscard]] std::string finish();

private:
    Tokenizer m_tokenizer;
    std::vector<std::int64_t> m_ids;
    std::string m_emitted;
};

/// A prompt with the image token in it and the span of the question inside it.
struct RenderedPrompt {
    std::string text;                 ///< chat template applied, `<image>` once
    std::size_t questionBegin = 0, questionEnd = 0;   ///< byte range of the user's words in `text`
    std::string imageToken = "<image>";               ///< as it stands in `text`
    bool raw = false;                 ///< typed as a whole by the user (rawPrompt): control tokens in it are meant
};
/// Renders one user turn (image first, then question) with generation prompt. Known templates by meaning (small Jinja subset); an unknown
/// one is refused with its first unsupported construct (MODEL-TEMPLATE). `chatTemplate` empty: the LLaVA-1.5 default.
/// The question never changes what the template does around it: an image token or control token in it is text (see encodePrompt, prompt.h).
[[nodiscard]] Result<RenderedPrompt> renderPrompt(const std::string& chatTemplate, const std::string& imageToken, const std::string& bosToken,
                                                  const std::string& question);

}  // namespace prunescope
