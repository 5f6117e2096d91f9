// SPDX-License-Identifier: GPL-3.0-or-later

// Bookkeeping of byte places through normalization.

#include "core/text/aligned_text.h"

#include "core/text/unicode.h"

#include <utility>

namespace prunescope::text {

AlignedText::AlignedText(std::string_view input) : m_text(input) {
    m_spans.reserve(input.size());
    for (std::size_t i = 0; i < input.size();) {
        const std::size_t length = utf8Length(input[i]);
        const SourceSpan span{static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i + length)};
        m_spans.insert(m_spans.end(), length, span);
        i += length;
    }
}

AlignedText AlignedText::slice(std::size_t begin, std::size_t end) const {
    AlignedText piece;
    piece.m_text = m_text.substr(begin, end - begin);
    piece.m_spans.assign(m_spans.begin() + static_cast<std::ptrdiff_t>(begin), m_spans.begin() + static_cast<std::ptrdiff_t>(end));
    piece.m_origin = begin < end ? m_spans[begin].begin : m_origin + begin;
    return piece;
}

SourceSpan AlignedText::source(std::size_t begin, std::size_t end) const {
    if (begin >= end || end > m_spans.size()) {
        return {static_cast<std::uint32_t>(m_origin + begin), static_cast<std::uint32_t>(m_origin + end)};
    }
    return {m_spans[begin].begin, m_spans[end - 1].end};
}

void AlignedText::prepend(std::string_view prefix) {
    if (m_text.empty()) return;
    m_spans.insert(m_spans.begin(), prefix.size(), m_spans.front());
    m_text.insert(0, prefix);
}

void AlignedText::replace(const std::vector<Part>& parts, std::string_view content) {
    std::string text;
    std::vector<SourceSpan> spans;
    text.reserve(m_text.size());
    spans.reserve(m_spans.size());
    const SourceSpan start{static_cast<std::uint32_t>(m_origin), static_cast<std::uint32_t>(m_origin)};
    for (const Part& part : parts) {
        if (part.isMatch) {
            text += content;
            spans.insert(spans.end(), content.size(), part.end > 0 ? m_spans[part.end - 1] : start);
        } else {
            text.append(m_text, part.begin, part.end - part.begin);
            spans.insert(spans.end(), m_spans.begin() + static_cast<std::ptrdiff_t>(part.begin), m_spans.begin() + static_cast<std::ptrdiff_t>(part.end));
        }
    }
    m_text = std::move(text);
    m_spans = std::move(spans);
}

void AlignedText::rewriteBegin(AlignedText& previous) {
    previous = std::move(*this);
    m_origin = previous.m_origin;
    m_text.clear();
    m_spans.clear();
    m_text.reserve(previous.m_text.size());
    m_spans.reserve(previous.m_spans.size());
}

void AlignedText::append(std::string_view bytes, SourceSpan span) {
    m_text += bytes;
    m_spans.insert(m_spans.end(), bytes.size(), span);
}

}  // namespace prunescope::text
