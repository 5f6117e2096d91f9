// SPDX-License-Identifier: GPL-3.0-or-later

// Translation of tokenizer patterns to PCRE2 and bounded matching.

#include "core/text/regex.h"

#include "core/text/text_errors.h"
#include "core/text/unicode.h"
#include "core/text/unicode_additions.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace prunescope::text {

namespace {

// White_Space as Oniguruma has it; PCRE2's own \s adds U+180E (reference/models.md 8.4).
constexpr const char* kSpaceClass =
    "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}";
constexpr const char* kNonSpaceClass =
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{84}\\x{86}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}"
    "\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{d7ff}\\x{e000}-\\x{10ffff}";
constexpr const char* kWordClass = "\\p{L}\\p{M}\\p{N}\\p{Pc}\\x{24b6}-\\x{24e9}\\x{1f130}-\\x{1f149}\\x{1f150}-\\x{1f169}\\x{1f170}-\\x{1f189}";
std::string wordClass() {
    return std::string(kWordClass).append(additionsOf("L")).append(additionsOf("M")).append(additionsOf("N"));
}

constexpr std::size_t kMaxPatternBytes = 16384;
constexpr std::uint32_t kMatchLimit = 1'000'000;   // steps from one starting point; long texts get 16 a byte, which plain repeats need
constexpr std::uint32_t kHeapLimitKiB = 65'536;

/// One pass over the source; keeps what both engines read alike.
class Translator {
public:
    explicit Translator(const std::string& source) : m_source(source) {}

    /// "" when translated, else the construct that is not.
    std::string run(std::string& out) {
        while (m_pos < m_source.size() && m_refused.empty()) {
            const char c = m_source[m_pos];
            if (c == '\\') escape(out);
            else if (m_classDepth > 0) classCharacter(out, c);
            else if (c == '[') openClass(out);
            else if (c == '{') quantifier(out);
            else if (c == '(') group(out);
            else out.push_back(m_source[m_pos++]);
        }
        if (m_refused.empty() && m_classDepth > 0) m_refused = "an unclosed '['";
        return m_refused;
    }

private:
    void escape(std::string& out) {
        if (m_pos + 1 >= m_source.size()) {
            m_refused = "a trailing backslash";
            return;
        }
        const char c = m_source[m_pos + 1];
        const bool inClass = m_classDepth > 0;
        m_pos += 2;
        if (c == 's') out += inClass ? std::string(kSpaceClass) : "[" + std::string(kSpaceClass) + "]";
        else if (c == 'S') out += inClass ? std::string(kNonSpaceClass) : "[^" + std::string(kSpaceClass) + "]";
        else if (c == 'w') out += inClass ? wordClass() : "[" + wordClass() + "]";
        else if (c == 'W' && !inClass) out += "[^" + wordClass() + "]";
        else if (c == 'd') out += (inClass ? "\\d" : "[\\d") + std::string(additionsOf("Nd")) + (inClass ? "" : "]");
        else if (c == 'h') out += inClass ? "0-9a-fA-F" : "[0-9a-fA-F]";
        else if (c == 'u') unicodeEscape(out);
        else if (c == 'p' || c == 'P' || c == 'x') bracedEscape(out, c);
        else if (c == 'W' || c == 'H' || c == 'b' || c == 'B' || c == 'y' || c == 'Y' || c == 'X' || c == 'R' || c == 'N' || c == 'O' || c == 'K' ||
                 c == 'g' || c == 'k' || c == 'C' || c == 'M' || c == 'Q' || c == 'E' || c == 'c' || (c >= '1' && c <= '9')) {
            m_refused = std::string("'\\") + c + "'";
        } else {
            out.push_back('\\');
            out.push_back(c);
        }
    }

    void unicodeEscape(std::string& out) {
        if (m_pos + 4 > m_source.size()) {
            m_refused = "'\\u'";
            return;
        }
        out += "\\x{" + m_source.substr(m_pos, 4) + "}";
        m_pos += 4;
    }

    /// \p{…}, \P{…} and \x{…}; categories are completed by what newer Unicode versions added to them.
    void bracedEscape(std::string& out, char c) {
        if (m_pos >= m_source.size() || m_source[m_pos] != '{') {
            out.push_back('\\');
            out.push_back(c);
            return;
        }
        const std::size_t close = m_source.find('}', m_pos);
        if (close == std::string::npos) {
            m_refused = std::string("an unclosed '\\") + c + "{'";
            return;
        }
        const std::string name = m_source.substr(m_pos + 1, close - m_pos - 1);
        const std::string_view added = c == 'x' ? std::string_view() : additionsOf(name);
        m_pos = close + 1;
        const std::string itself = std::string("\\") + c + "{" + name + "}";
        if (added.empty()) {
            out += itself;
        } else if (c == 'p') {
            out += m_classDepth > 0 ? itself : "[" + itself;
            out += added;
            out += m_classDepth > 0 ? "" : "]";
        } else if (m_classDepth == 0) {
            out += "[^\\p{" + name + "}";
            out += added;
            out += "]";
        } else {
            m_refused = "'\\P{" + name + "}' in a class";
        }
    }

    void openClass(std::string& out) {
        m_classDepth = 1;
        out.push_back('[');
        ++m_pos;
        if (m_pos < m_source.size() && m_source[m_pos] == '^') out.push_back(m_source[m_pos++]);
        if (m_pos < m_source.size() && m_source[m_pos] == ']') m_refused = "an empty character class";
    }

    void classCharacter(std::string& out, char c) {
        if (c == '[') {
            m_refused = "a class inside a class";
        } else if (c == '&' && m_source.compare(m_pos, 2, "&&") == 0) {
            m_refused = "'&&' in a class";
        } else {
            if (c == ']') --m_classDepth;
            out.push_back(c);
            ++m_pos;
        }
    }

    void quantifier(std::string& out) {
        const std::size_t close = m_source.find('}', m_pos);
        if (close == std::string::npos) {
            out += "\\{";
            ++m_pos;
            return;
        }
        std::string body = m_source.substr(m_pos + 1, close - m_pos - 1);
        const bool isRange = !body.empty() && body.find_first_not_of("0123456789,") == std::string::npos && body != ",";
        if (!isRange) {
            out += "\\{";
            ++m_pos;
            return;
        }
        if (body.front() == ',') body = "0" + body;
        if (close + 1 < m_source.size() && m_source[close + 1] == '+') {
            m_refused = "'{…}+'";
            return;
        }
        out += "{" + body + "}";
        m_pos = close + 1;
    }

    void group(std::string& out) {
        if (m_source.compare(m_pos, 2, "(*") == 0) {
            m_refused = "'(*'";
            return;
        }
        if (m_source.compare(m_pos, 2, "(?") == 0) {
            static constexpr std::array<std::string_view, 7> kKnown{"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i"};
            bool known = false;
            for (const std::string_view prefix : kKnown) {
                if (m_source.compare(m_pos, prefix.size(), prefix) != 0) continue;
                const std::size_t after = m_pos + prefix.size();
                known = prefix != "(?i" || (after < m_source.size() && (m_source[after] == ':' || m_source[after] == ')'));
                if (known) {
                    out += prefix;
                    m_pos = after;
                    break;
                }
            }
            if (!known) m_refused = "'" + m_source.substr(m_pos, 4) + "'";
            return;
        }
        out.push_back('(');
        ++m_pos;
    }

    const std::string& m_source;
    std::size_t m_pos = 0;
    int m_classDepth = 0;
    std::string m_refused;
};

struct MatchDeleter {
    void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
};
struct ContextDeleter {
    void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
};

Error matchError(int rc) {
    const bool limit = rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT || rc == PCRE2_ERROR_JIT_STACKLIMIT;
    return encodeError("TOK-REGEX", limit ? "a pattern of tokenizer.json backtracks past the limit of steps" : "a pattern of tokenizer.json failed to match",
                       ErrorCode::kBadModel, "shorten the text, or repair the pattern");
}

}  // namespace

struct Pattern::Code {
    pcre2_code* code = nullptr;
    bool jit = false;
    Code() = default;
    Code(const Code&) = delete;
    Code& operator=(const Code&) = delete;
    ~Code() { pcre2_code_free(code); }
};

Result<std::string> translatePattern(const std::string& source, const std::string& where, const std::string& key) {
    if (source.empty()) return tokenizerError("TOK-REGEX", where, key + ": the pattern is empty");
    if (source.size() > kMaxPatternBytes) return tokenizerError("TOK-REGEX", where, key + ": the pattern is longer than 16 KiB");
    std::string out;
    const std::string refused = Translator(source).run(out);
    if (!refused.empty()) return tokenizerError("TOK-REGEX", where, key + ": the pattern uses " + refused + ", which is not supported");
    return out;
}

Result<Pattern> Pattern::regex(const std::string& source, const std::string& where, const std::string& key) {
    Result<std::string> translated = translatePattern(source, where, key);
    if (!translated) return translated.error();
    int errorNumber = 0;
    PCRE2_SIZE errorOffset = 0;
    pcre2_compile_context* context = pcre2_compile_context_create(nullptr);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    auto holder = std::make_shared<Code>();
    holder->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated->data()), translated->size(),
                                 PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &errorNumber, &errorOffset, context);
    pcre2_compile_context_free(context);
    if (holder->code == nullptr) {
        std::array<PCRE2_UCHAR, 160> message{};
        pcre2_get_error_message(errorNumber, message.data(), message.size());
        return tokenizerError("TOK-REGEX", where, key + ": " + reinterpret_cast<const char*>(message.data()));
    }
    holder->jit = pcre2_jit_compile(holder->code, PCRE2_JIT_COMPLETE) == 0;
    Pattern pattern;
    pattern.m_code = std::move(holder);
    return pattern;
}

Pattern Pattern::literal(std::string text) {
    Pattern pattern;
    pattern.m_literal = std::move(text);
    return pattern;
}

Result<std::vector<Part>> Pattern::parts(std::string_view text) const {
    std::vector<Part> out;
    if (text.empty()) {
        out.push_back({0, 0, false});
        return out;
    }
    std::size_t previous = 0;
    const auto put = [&out, &previous](std::size_t begin, std::size_t end) {
        if (previous != begin) out.push_back({previous, begin, false});
        out.push_back({begin, end, true});
        previous = end;
    };
    if (!m_code) {
        if (!m_literal.empty())
            for (std::size_t at = text.find(m_literal); at != std::string_view::npos; at = text.find(m_literal, at + m_literal.size())) put(at, at + m_literal.size());
        if (previous != text.size()) out.push_back({previous, text.size(), false});
        return out;
    }
    const std::unique_ptr<pcre2_match_data, MatchDeleter> match(pcre2_match_data_create_from_pattern(m_code->code, nullptr));
    const std::unique_ptr<pcre2_match_context, ContextDeleter> context(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(context.get(), std::max(kMatchLimit, static_cast<std::uint32_t>(std::min<std::size_t>(text.size() * 16, std::size_t{1} << 30))));
    pcre2_set_heap_limit(context.get(), kHeapLimitKiB);
    const auto subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    bool interpret = false;
    bool first = true;
    for (std::size_t at = 0; at <= text.size();) {
        const std::uint32_t options = PCRE2_NO_UTF_CHECK | (interpret ? PCRE2_NO_JIT : 0U);
        const int rc = pcre2_match(m_code->code, subject, text.size(), at, options, match.get(), context.get());
        if (rc == PCRE2_ERROR_NOMATCH) break;
        if (rc == PCRE2_ERROR_JIT_STACKLIMIT && !interpret) {
            interpret = true;
            continue;
        }
        if (rc < 0) return matchError(rc);
        const PCRE2_SIZE* ovector = pcre2_get_ovector_pointer(match.get());
        const std::size_t begin = ovector[0], end = ovector[1];
        if (begin == end && !first && begin == previous) {
            // An empty match right behind the last one does not count; go on one character later.
            if (at >= text.size()) break;
            at += utf8Length(text[at]);
            if (at > text.size()) break;
            continue;
        }
        put(begin, end);
        first = false;
        at = end;
    }
    if (previous != text.size()) out.push_back({previous, text.size(), false});
    return out;
}

}  // namespace prunescope::text
