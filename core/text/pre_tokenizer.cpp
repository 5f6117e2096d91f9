// SPDX-License-Identifier: GPL-3.0-or-later

// Pre-tokenizers: Split, ByteLevel and Metaspace. Each works on the pieces that are still text; added tokens pass through.

#include "core/text/components.h"
#include "core/text/unicode.h"

#include <array>
#include <utility>

namespace prunescope::text {

namespace {

/// Parts to keep, in order, after the delimiter behaviour. (tokenizers, NormalizedString::split)
std::vector<Part> applyBehavior(std::vector<Part> parts, SplitBehavior behavior) {
    std::vector<Part> out;
    bool previousMatch = false;
    switch (behavior) {
        case SplitBehavior::kIsolated:
            return parts;
        case SplitBehavior::kRemoved:
            for (const Part& part : parts)
                if (!part.isMatch) out.push_back(part);
            return out;
        case SplitBehavior::kContiguous:
            for (const Part& part : parts) {
                if (part.isMatch == previousMatch && !out.empty()) out.back().end = part.end;
                else out.push_back(part);
                previousMatch = part.isMatch;
            }
            return out;
        case SplitBehavior::kMergedWithPrevious:
            for (const Part& part : parts) {
                if (part.isMatch && !previousMatch && !out.empty()) out.back().end = part.end;
                else out.push_back(part);
                previousMatch = part.isMatch;
            }
            return out;
        case SplitBehavior::kMergedWithNext:
            for (auto it = parts.rbegin(); it != parts.rend(); ++it) {
                if (it->isMatch && !previousMatch && !out.empty()) out.back().begin = it->begin;
                else out.push_back(*it);
                previousMatch = it->isMatch;
            }
            return {out.rbegin(), out.rend()};
    }
    return out;
}

void putParts(const AlignedText& text, const std::vector<Part>& parts, std::vector<Piece>& out) {
    for (const Part& part : parts)
        if (part.begin < part.end) out.push_back({text.slice(part.begin, part.end), std::nullopt});
}

Result<void> splitPiece(const PreTokenizer& step, AlignedText text, std::vector<Piece>& out) {
    Result<std::vector<Part>> parts = step.pattern.parts(text.text());
    if (!parts) return parts.error();
    if (step.invert)
        for (Part& part : *parts) part.isMatch = !part.isMatch;
    putParts(text, applyBehavior(std::move(*parts), step.behavior), out);
    return {};
}

Result<void> metaspacePiece(const PreTokenizer& step, AlignedText text, std::vector<Piece>& out) {
    const Result<std::vector<Part>> spaces = Pattern::literal(" ").parts(text.text());
    if (!spaces) return spaces.error();
    text.replace(*spaces, step.replacement);
    const bool starts = text.text().compare(0, step.replacement.size(), step.replacement) == 0;
    const bool wanted = step.scheme == PrependScheme::kAlways || (step.scheme == PrependScheme::kFirst && text.origin() == 0);
    if (wanted && !starts) text.prepend(step.replacement);
    if (!step.split) {
        if (!text.empty()) out.push_back({std::move(text), std::nullopt});
        return {};
    }
    Result<std::vector<Part>> parts = Pattern::literal(step.replacement).parts(text.text());
    if (!parts) return parts.error();
    putParts(text, applyBehavior(std::move(*parts), SplitBehavior::kMergedWithNext), out);
    return {};
}

Result<void> byteLevelPiece(const PreTokenizer& step, AlignedText text, std::vector<Piece>& out) {
    if (step.addPrefixSpace && !text.empty() && text.text().front() != ' ') text.prepend(" ");
    const std::size_t first = out.size();
    if (step.useRegex) {
        Result<std::vector<Part>> parts = step.pattern.parts(text.text());
        if (!parts) return parts.error();
        putParts(text, *parts, out);
    } else if (!text.empty()) {
        out.push_back({std::move(text), std::nullopt});
    }
    const std::vector<std::string>& alphabet = byteAlphabet();
    for (std::size_t i = first; i < out.size(); ++i) {
        AlignedText previous;
        out[i].text.rewriteBegin(previous);
        for (std::size_t b = 0; b < previous.size(); ++b) out[i].text.append(alphabet[static_cast<unsigned char>(previous.text()[b])], previous.spanAt(b));
    }
    return {};
}

}  // namespace

Result<void> preTokenize(const std::vector<PreTokenizer>& steps, std::vector<Piece>& pieces) {
    for (const PreTokenizer& step : steps) {
        std::vector<Piece> next;
        next.reserve(pieces.size());
        for (Piece& piece : pieces) {
            if (piece.token) {
                next.push_back(std::move(piece));
                continue;
            }
            Result<void> done;
            switch (step.kind) {
                case PreTokenizerKind::kSplit: done = splitPiece(step, std::move(piece.text), next); break;
                case PreTokenizerKind::kByteLevel: done = byteLevelPiece(step, std::move(piece.text), next); break;
                case PreTokenizerKind::kMetaspace: done = metaspacePiece(step, std::move(piece.text), next); break;
            }
            if (!done) return done.error();
        }
        pieces = std::move(next);
    }
    return {};
}

const std::vector<std::string>& byteAlphabet() {
    static const std::vector<std::string> alphabet = [] {
        std::vector<std::string> table(256);
        char32_t next = 256;
        for (unsigned byte = 0; byte < 256; ++byte) {
            const bool itself = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
            appendUtf8(table[byte], itself ? static_cast<char32_t>(byte) : next++);
        }
        return table;
    }();
    return alphabet;
}

int byteOfCharacter(char32_t codePoint) {
    static const std::array<int, 324> table = [] {
        std::array<int, 324> inverse{};
        inverse.fill(-1);
        for (int byte = 0; byte < 256; ++byte) {
            std::size_t at = 0;
            inverse.at(nextCodePoint(byteAlphabet()[static_cast<std::size_t>(byte)], at)) = byte;
        }
        return inverse;
    }();
    return codePoint < table.size() ? table[codePoint] : -1;
}

}  // namespace prunescope::text
