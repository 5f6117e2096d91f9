// SPDX-License-Identifier: GPL-3.0-or-later

// Decoders (tokens -> text) and post-processors (special ids, trimmed offsets).

#include "core/text/components.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace prunescope::text {

namespace {

std::vector<std::string> byteFallback(const std::vector<std::string>& tokens) {
    std::vector<std::string> out;
    std::string bytes;
    const auto flush = [&out, &bytes] {
        if (bytes.empty()) return;
        if (findInvalidUtf8(bytes) == std::string_view::npos) out.push_back(bytes);
        else out.insert(out.end(), bytes.size(), "\xEF\xBF\xBD");
        bytes.clear();
    };
    for (const std::string& token : tokens) {
        const int byte = fallbackByte(token);
        if (byte >= 0) {
            bytes.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
            continue;
        }
        flush();
        out.push_back(token);
    }
    flush();
    return out;
}

std::string join(const std::vector<std::string>& tokens) {
    std::string out;
    for (const std::string& token : tokens) out += token;
    return out;
}

std::string byteLevel(const std::vector<std::string>& tokens) {
    std::string bytes;
    for (const std::string& token : tokens) {
        std::string own;
        bool mapped = true;
        for (std::size_t at = 0; at < token.size() && mapped;) {
            const int byte = byteOfCharacter(nextCodePoint(token, at));
            mapped = byte >= 0;
            if (mapped) own.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
        }
        bytes += mapped ? own : token;
    }
    return lossyUtf8(bytes);
}

std::string strip(const std::string& token, const Decoder& step) {
    std::size_t begin = 0, end = token.size();
    for (std::size_t i = 0; i < step.start && begin < token.size(); ++i) {
        std::size_t at = begin;
        if (nextCodePoint(token, at) != step.character) break;
        begin = at;
    }
    for (std::size_t i = 0; i < step.stop && end > 0; ++i) {
        std::size_t at = end;
        if (previousCodePoint(token, at) != step.character) break;
        end = at;
    }
    return begin < end ? token.substr(begin, end - begin) : std::string();
}

std::string metaspace(const std::string& token, const Decoder& step, bool first) {
    std::string out;
    for (std::size_t at = 0; at < token.size();) {
        const char32_t codePoint = nextCodePoint(token, at);
        if (codePoint != step.character) appendUtf8(out, codePoint);
        else if (!(first && step.scheme != PrependScheme::kNever)) out.push_back(' ');
    }
    return out;
}

std::string replaceAll(const std::string& token, const Pattern& pattern, const std::string& content) {
    const Result<std::vector<Part>> parts = pattern.parts(token);
    if (!parts) return token;
    std::string out;
    for (const Part& part : *parts) {
        if (part.isMatch) out += content;
        else out.append(token, part.begin, part.end - part.begin);
        if (out.size() > kMaxDecodedBytes) return token;
    }
    return out;
}

void trimOffsets(const PostProcessor& step, std::string_view input, std::vector<PlacedToken>& tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        PlacedToken& token = tokens[i];
        const auto blank = [](char32_t c) { return c == 0x120 || isWhiteSpace(c); };
        std::size_t leading = 0, trailing = 0;
        for (std::size_t at = 0; at < token.value.size() && blank(nextCodePoint(token.value, at));) ++leading;
        for (std::size_t at = token.value.size(); at > 0 && blank(previousCodePoint(token.value, at));) ++trailing;
        const bool first = i == 0 || token.begin == 0;
        if (first && step.addPrefixSpace && leading == 1) leading = 0;
        for (; leading > 0 && token.begin < token.end; --leading) token.begin += utf8Length(input[token.begin]);
        token.begin = std::min(token.begin, token.end);
        for (; trailing > 0 && token.end > token.begin; --trailing) static_cast<void>(previousCodePoint(input, token.end));
    }
}

}  // namespace

int fallbackByte(const std::string& token) {
    if (token.size() != 6 || token.compare(0, 3, "<0x") != 0 || token[5] != '>') return -1;
    int value = -1;
    const char* const begin = token.data() + 3;
    const auto [end, error] = std::from_chars(begin, begin + 2, value, 16);
    return error == std::errc() && end == begin + 2 && value >= 0 ? value : -1;
}

std::string decodeTokens(const std::vector<Decoder>& steps, std::vector<std::string> tokens) {
    if (steps.empty()) {
        std::string out;
        for (std::size_t i = 0; i < tokens.size(); ++i) out += (i == 0 ? "" : " ") + tokens[i];
        return out;
    }
    for (const Decoder& step : steps) {
        switch (step.kind) {
            case DecoderKind::kByteFallback: tokens = byteFallback(tokens); break;
            case DecoderKind::kFuse: tokens = {join(tokens)}; break;
            case DecoderKind::kByteLevel: tokens = {byteLevel(tokens)}; break;
            case DecoderKind::kReplace: {
                std::size_t total = 0;
                for (std::string& token : tokens) {
                    if (total <= kMaxDecodedBytes) token = replaceAll(token, step.pattern, step.content);
                    total += token.size();
                }
                break;
            }
            case DecoderKind::kStrip:
                for (std::string& token : tokens) token = strip(token, step);
                break;
            case DecoderKind::kMetaspace:
                for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = metaspace(tokens[i], step, i == 0);
                break;
            case DecoderKind::kBpe:
                for (std::size_t i = 0; i < tokens.size(); ++i)
                    tokens[i] = replaceAll(tokens[i], Pattern::literal(step.content), i + 1 == tokens.size() ? "" : " ");
                break;
        }
    }
    return join(tokens);
}

void postProcess(const std::vector<PostProcessor>& steps, bool addSpecial, std::string_view input, std::vector<PlacedToken>& tokens) {
    for (const PostProcessor& step : steps) {
        if (step.trimOffsets) trimOffsets(step, input, tokens);
        if (step.kind == PostKind::kByteLevel) continue;
        std::vector<PlacedToken> out;
        for (const std::int64_t piece : step.pieces) {
            if (piece < 0) out.insert(out.end(), tokens.begin(), tokens.end());
            else if (addSpecial) out.push_back({static_cast<std::uint32_t>(piece), 0, 0, {}});
        }
        tokens = std::move(out);
    }
}

}  // namespace prunescope::text
