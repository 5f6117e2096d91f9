// SPDX-License-Identifier: GPL-3.0-or-later

// Normalizers: Prepend, Replace, Unicode normalization forms and lower case, with byte places kept.

#include "core/text/components.h"
#include "core/text/text_errors.h"
#include "core/text/unicode.h"
#include "core/text/unicode_additions.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace prunescope::text {

namespace {

/// Unicode normalization in linear time apart from sorting runs of marks: decompose, order, compose, one stretch between starters at a time.
/// Places follow `tokenizers`: a character counts how many source characters it takes (`change` 0: one, -k: k more, > 0: none).
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
    struct Unit {
        utf8proc_int32_t codePoint;
        int change;
        int combining;
    };

    static int combiningClass(utf8proc_int32_t c) {
        const int known = c < 0x300 ? 0 : utf8proc_get_property(c)->combining_class;
        return known != 0 && lacksCombiningClass(static_cast<char32_t>(c)) ? 0 : known;
    }

    void decompose(char32_t codePoint) {
        const auto single = static_cast<utf8proc_int32_t>(codePoint);
        m_decomposed.clear();
        std::array<utf8proc_int32_t, 32> buffer{single};
        utf8proc_ssize_t count = 1;
        if (codePoint >= 0x80 && !lacksDecomposition(codePoint, m_compatibility)) {
            const int options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | (m_compatibility ? UTF8PROC_COMPAT : 0);
            int boundary = 0;
            count = utf8proc_decompose_char(single, buffer.data(), static_cast<utf8proc_ssize_t>(buffer.size()), static_cast<utf8proc_option_t>(options), &boundary);
            if (count <= 0 || count > static_cast<utf8proc_ssize_t>(buffer.size())) {
                buffer[0] = single;
                count = 1;
            }
        }
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) m_decomposed.push_back({buffer[i], i == 0 ? 0 : 1, combiningClass(buffer[i])});
    }

    /// True when nothing in front can reorder with or compose with the character just decomposed.
    [[nodiscard]] bool startsStretch(char32_t codePoint) const {
        if (codePoint < 0x80) return true;
        const utf8proc_int32_t first = m_decomposed.front().codePoint;
        if (m_decomposed.front().combining != 0) return false;
        if ((first >= 0x1161 && first <= 0x1175) || (first >= 0x11A8 && first <= 0x11C2)) return false;
        const auto category = utf8proc_get_property(first)->category;
        return category != UTF8PROC_CATEGORY_MN && category != UTF8PROC_CATEGORY_MC && category != UTF8PROC_CATEGORY_ME;
    }

    /// Primary composite of two characters, or -1.
    static utf8proc_int32_t composed(utf8proc_int32_t first, utf8proc_int32_t second) {
        std::array<utf8proc_int32_t, 3> pair{first, second, 0};
        const utf8proc_ssize_t length = utf8proc_normalize_utf32(pair.data(), 2, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
        return length == 1 && !lacksDecomposition(static_cast<char32_t>(pair[0]), false) ? pair[0] : -1;
    }

    /// Canonical composition of m_stretch in place. (Unicode 3.11, D117)
    void compose() {
        std::size_t out = 0, starter = 0;
        bool hasStarter = false;
        int last = -1;   // class of the last character kept since the starter, -1 for none
        for (std::size_t i = 0; i < m_stretch.size(); ++i) {
            const Unit unit = m_stretch[i];
            const bool blocked = last >= 0 && last >= unit.combining;
            const utf8proc_int32_t joined = hasStarter && !blocked ? composed(m_stretch[starter].codePoint, unit.codePoint) : -1;
            if (joined >= 0) {
                m_stretch[starter].codePoint = joined;
                m_stretch[starter].change += unit.change - 1;
                continue;
            }
            if (unit.combining == 0) {
                starter = out;
                hasStarter = true;
                last = -1;
            } else {
                last = unit.combining;
            }
            m_stretch[out++] = unit;
        }
        m_stretch.resize(out);
    }

    void flush() {
        const auto begin = m_stretch.begin();
        for (std::size_t i = 0; i < m_stretch.size(); ++i) {
            std::size_t end = i;
            while (end < m_stretch.size() && m_stretch[end].combining != 0) ++end;
            std::stable_sort(begin + static_cast<std::ptrdiff_t>(i), begin + static_cast<std::ptrdiff_t>(end),
                             [](const Unit& a, const Unit& b) { return a.combining < b.combining; });
            i = end;
        }
        if (m_compose && m_stretch.size() > 1) compose();
        std::size_t source = 0;
        std::string bytes;
        for (const Unit& unit : m_stretch) {
            bytes.clear();
            appendUtf8(bytes, static_cast<char32_t>(unit.codePoint));
            const std::size_t place = unit.change > 0 ? (source > 0 ? source - 1 : 0) : source;
            m_output.append(bytes, m_sources[std::min(place, m_sources.size() - 1)]);
            if (unit.change <= 0) source += 1 + static_cast<std::size_t>(-unit.change);
        }
        m_stretch.clear();
        m_sources.clear();
    }

    bool m_compatibility, m_compose;
    const AlignedText& m_input;
    AlignedText& m_output;
    std::vector<Unit> m_decomposed, m_stretch;
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

Error tooLong(std::size_t maxBytes) {
    return encodeError("TOK-LIMIT", "the normalizer of tokenizer.json makes the text longer than " + std::to_string(maxBytes >> 10) + " KiB", ErrorCode::kLimit, "shorten the text");
}

}  // namespace

Result<void> normalize(const std::vector<Normalizer>& steps, AlignedText& text, std::size_t maxBytes) {
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
                if (bytes > maxBytes) return tooLong(maxBytes);
                text.replace(*parts, step.content);
                break;
            }
            case NormalizerKind::kNfc: applyForm(false, true, text); break;
            case NormalizerKind::kNfd: applyForm(false, false, text); break;
            case NormalizerKind::kNfkc: applyForm(true, true, text); break;
            case NormalizerKind::kNfkd: applyForm(true, false, text); break;
            case NormalizerKind::kLowercase: lowerCase(text); break;
        }
        if (text.size() > maxBytes) return tooLong(maxBytes);
    }
    return {};
}

}  // namespace prunescope::text
