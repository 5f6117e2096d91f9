// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The components that a tokenizer.json may name (reference/models.md 8.1), as plain data with one function each. Sequences are flattened
// when they are read, so nothing here recurses.

#include "core/base/result.h"
#include "core/text/aligned_text.h"
#include "core/text/regex.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prunescope::text {

/// Longest text that a chain of normalizers may grow to; past it: TOK-LIMIT.
constexpr std::size_t kMaxNormalizedBytes = std::size_t{64} << 20;
/// Bytes up to which decoders may make tokens grow; past it they leave them as they are.
constexpr std::size_t kMaxDecodedBytes = std::size_t{16} << 20;

enum class NormalizerKind { kPrepend, kReplace, kNfc, kNfd, kNfkc, kNfkd, kLowercase };

/// One step of the normalizer.
struct Normalizer {
    NormalizerKind kind = NormalizerKind::kNfc;
    std::string content;        ///< Prepend, Replace
    std::string literal;        ///< Replace of a plain string: that string (to recognise the "▁" rule)
    Pattern pattern;            ///< Replace
};
/// Runs the steps in order. TOK-REGEX; TOK-LIMIT when the text grows past `maxBytes`.
[[nodiscard]] Result<void> normalize(const std::vector<Normalizer>& steps, AlignedText& text, std::size_t maxBytes = kMaxNormalizedBytes);

enum class PreTokenizerKind { kSplit, kByteLevel, kMetaspace };
enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };
enum class PrependScheme { kAlways, kFirst, kNever };

/// One step of the pre-tokenizer.
struct PreTokenizer {
    PreTokenizerKind kind = PreTokenizerKind::kSplit;
    Pattern pattern;                                    ///< Split; ByteLevel with use_regex
    SplitBehavior behavior = SplitBehavior::kIsolated;  ///< Split
    bool invert = false;                                ///< Split
    bool addPrefixSpace = false, useRegex = false;      ///< ByteLevel
    std::string replacement = "\xE2\x96\x81";           ///< Metaspace
    PrependScheme scheme = PrependScheme::kAlways;      ///< Metaspace
    bool split = true;                                  ///< Metaspace
};
/// Splits and rewrites the pieces that are still text; empty ones vanish. TOK-REGEX.
[[nodiscard]] Result<void> preTokenize(const std::vector<PreTokenizer>& steps, std::vector<Piece>& pieces);

/// One token with its place in the input; `value` is the token's text where a post-processor wants it.
struct PlacedToken {
    std::uint32_t id = 0;
    std::size_t begin = 0, end = 0;
    std::string value;
};

enum class PostKind { kTemplate, kRoberta, kByteLevel };
/// One step of the post-processor; only the single-sequence template is used.
struct PostProcessor {
    PostKind kind = PostKind::kByteLevel;
    bool trimOffsets = false, addPrefixSpace = false;
    /// Template: ids to put in place, and -1 where the sequence goes. Roberta: {cls, -1, sep}.
    std::vector<std::int64_t> pieces;
};
/// Trims offsets always (`input` is what they point into) and adds the special ids when `addSpecial`.
void postProcess(const std::vector<PostProcessor>& steps, bool addSpecial, std::string_view input, std::vector<PlacedToken>& tokens);

enum class DecoderKind { kReplace, kByteFallback, kFuse, kStrip, kByteLevel, kMetaspace, kBpe };
/// One step of the decoder.
struct Decoder {
    DecoderKind kind = DecoderKind::kFuse;
    Pattern pattern;                                ///< Replace
    std::string content;                            ///< Replace; BPE: the suffix
    char32_t character = U' ';                      ///< Strip, Metaspace
    std::size_t start = 0, stop = 0;                ///< Strip
    PrependScheme scheme = PrependScheme::kAlways;  ///< Metaspace
};
/// Runs the chain and joins. Never fails: a pattern past its limit or a text past 16 MiB leaves tokens as they are, U+FFFD stands for ill-formed bytes.
[[nodiscard]] std::string decodeTokens(const std::vector<Decoder>& steps, std::vector<std::string> tokens);

/// Byte of "<0xHH>", or -1.
[[nodiscard]] int fallbackByte(const std::string& token);

/// GPT-2's byte alphabet: printable character for each byte, UTF-8. (reference/models.md 8.4)
[[nodiscard]] const std::vector<std::string>& byteAlphabet();
/// Byte of an alphabet character, or -1.
[[nodiscard]] int byteOfCharacter(char32_t codePoint);

}  // namespace prunescope::text
