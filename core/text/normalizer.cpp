// SPDX-License-Identifier: GPL-3.0-or-later

// Normalizers: Prepend, Replace, Unicode normalization forms and lower case, with byte places kept.

#include "core/text/components.h"
#include "core/text/text_errors.h"
#include "core/text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace prunescope::text {

namespace {

/// Unicode normalization in linear time apart from sorting runs of marks: decompose, order, compose, one stretch between starters at a time.
class UnicodeForm {
public:
    UnicodeForm(bool compatibility, bool compose, const AlignedText& input, AlignedText& output)
        : m_compatibility(compatibility), m_compose(compose), m_input(input), m_output(output) {}

    void run() {
        const std::string& text = m_input.text();
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t begin = at;
            const char32_t codePoint = nextCodePoint(text, at);
            decompose(codePoint);
            if (!m_stretch.empty() && startsStretch(codePoint)) flush();
            m_stretch.insert(m_stretch.end(), m_decomposed.begin(), m_decomposed.end());
            m_sources.push_back(m_input.spanAt(begin));
        }
        flush();
    }

private:
    void decompose(char32_t codePoint) {
        if (codePoint < 0x80) {
            m_decomposed.assign(1, static_cast<utf8proc_int32_t>(codePoint));
            return;
        }
        const int options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | (m_compatibility ? UTF8PROC_COMPAT : 0);
        std::array<utf8proc_int32_t, 32> buffer{};
        int boundary = 0;
        const utf8proc_ssize_t count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(codePoint), buffer.data(), static_cast<utf8proc_ssize_t>(buffer.size()),
                                                               static_cast<utf8proc_option_t>(options), &boundary);
        if (count <= 0 || count > static_cast<utf8proc_ssize_t>(buffer.size())) m_decomposed.assign(1, static_cast<utf8proc_int32_t>(codePoint));
        else m_decomposed.assign(buffer.begin(), buffer.begin() + count);
    }

    /// True when nothing in front can reorder with or compose with the character just decomposed.
    [[nodiscard]] bool startsStretch(char32_t codePoint) const {
        if (codePoint < 0x80) return true;
        const utf8proc_int32_t first = m_decomposed.front();
        const utf8proc_property_t* property = utf8proc_get_property(first);
        if (property->combining_class != 0) return false;
        if ((first >= 0x1161 && first <= 0x1175) || (first >= 0x11A8 && first <= 0x11C2)) return false;
        return property->category != UTF8PROC_CATEGORY_MN && property->category != UTF8PROC_CATEGORY_MC && property->category != UTF8PROC_CATEGORY_ME;
    }

    void flush() {
        if (m_stretch.empty()) return;
        const auto combining = [](utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class; };
        for (std::size_t i = 0; i < m_stretch.size();) {
            if (combining(m_stretch[i]) == 0) {
                ++i;
                continue;
            }
            std::size_t end = i;
            while (end < m_stretch.size() && combining(m_stretch[end]) != 0) ++end;
            std::stable_sort(m_stretch.begin() + static_cast<std::ptrdiff_t>(i), m_stretch.begin() + static_cast<std::ptrdiff_t>(end),
                             [&combining](utf8proc_int32_t a, utf8proc_int32_t b) { return combining(a) < combining(b); });
            i = end;
        }
        std::size_t length = m_stretch.size();
        if (m_compose && length > 1) {
            const utf8proc_ssize_t composed = utf8proc_normalize_utf32(m_stretch.data(), static_cast<utf8proc_ssize_t>(length),
                                                                       static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
            if (composed > 0) length = static_cast<std::size_t>(composed);
        } else if (m_compose && m_stretch.size() == 1) {
            length = 1;
        }
        std::string bytes;
        for (std::size_t i = 0; i < length; ++i) {
            bytes.clear();
            appendUtf8(bytes, static_cast<char32_t>(m_stretch[i]));
            m_output.append(bytes, m_sources[std::min(i, m_sources.size() - 1)]);
        }
        m_stretch.clear();
        m_sources.clear();
    }

    bool m_compatibility, m_compose;
    const AlignedText& m_input;
    AlignedText& m_output;
    std::vector<utf8proc_int32_t> m_decomposed, m_stretch;
    std::vector<SourceSpan> m_sources;
};

bool isAscii(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void applyForm(bool compatibility, bool compose, AlignedText& text) {
    if (isAscii(text.text())) return;
    AlignedText previous;
    text.rewriteBegin(previous);
    UnicodeForm(compatibility, compose, previous, text).run();
}

void lowerCase(AlignedText& text) {
    AlignedText previous;
    text.rewriteBegin(previous);
    std::string bytes;
    for (std::size_t at = 0; at < previous.size();) {
        const std::size_t begin = at;
        bytes.clear();
        appendLowerCase(bytes, nextCodePoint(previous.text(), at));
        text.append(bytes, previous.spanAt(begin));
    }
}

Error tooLong() {
    return encodeError("TOK-LIMIT", "the normalizer of tokenizer.json makes the text longer than 64 MiB", ErrorCode::kLimit, "shorten the text");
}

}  // namespace

Result<void> normalize(const std::vector<Normalizer>& steps, AlignedText& text) {
    for (const Normalizer& step : steps) {
        switch (step.kind) {
            case NormalizerKind::kPrepend:
                text.prepend(step.content);
                break;
            case NormalizerKind::kReplace: {
                if (text.empty()) break;
                const Result<std::vector<Part>> parts = step.pattern.parts(text.text());
                if (!parts) return parts.error();
                std::size_t bytes = 0;
                for (const Part& part : *parts) bytes += part.isMatch ? step.content.size() : part.end - part.begin;
                if (bytes > kMaxNormalizedBytes) return tooLong();
                text.replace(*parts, step.content);
                break;
            }
            case NormalizerKind::kNfc: applyForm(false, true, text); break;
            case NormalizerKind::kNfd: applyForm(false, false, text); break;
            case NormalizerKind::kNfkc: applyForm(true, true, text); break;
            case NormalizerKind::kNfkd: applyForm(true, false, text); break;
            case NormalizerKind::kLowercase: lowerCase(text); break;
        }
        if (text.size() > kMaxNormalizedBytes) return tooLong();
    }
    return {};
}

}  // namespace prunescope::text
