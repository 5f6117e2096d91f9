// SPDX-License-Identifier: GPL-3.0-or-later

// Text from growing ids.

#include "core/text/tokenizer.h"

#include <algorithm>

namespace prunescope {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool endsOpen(const std::string& text) {
    return text.size() >= kReplacement.size() && text.compare(text.size() - kReplacement.size(), kReplacement.size(), kReplacement) == 0;
}

}  // namespace

std::string StreamingDecoder::push(std::int64_t id) {
    m_ids.push_back(id);
    if (m_tokenizer.isByteToken(id)) return {};
    std::string whole = m_tokenizer.decode(m_ids, true);
    if (endsOpen(whole) || whole.compare(0, m_emitted.size(), m_emitted) != 0) return {};
    std::string suffix = whole.substr(m_emitted.size());
    m_emitted = std::move(whole);
    return suffix;
}

std::string StreamingDecoder::finish() {
    std::string whole = m_tokenizer.decode(m_ids, true);
    const auto rest = std::mismatch(m_emitted.begin(), m_emitted.end(), whole.begin(), whole.end()).second;
    std::string suffix(rest, whole.end());
    m_emitted = std::move(whole);
    return suffix;
}

}  // namespace prunescope
