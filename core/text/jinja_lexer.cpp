// SPDX-License-Identifier: GPL-3.0-or-later

// Template text -> tokens, with Jinja's white space rules: `-` trims, one newline after a block goes (trim_blocks), blanks between the start
// of a line and a block go (lstrip_blocks), one newline at the end of the template goes.

#include "core/text/jinja.h"

#include "core/text/unicode.h"

#include <array>
#include <charconv>

namespace prunescope::jinja {

namespace {

bool isBlank(char c) { return c == ' ' || c == '\t'; }
bool isSpace(char c) { return isBlank(c) || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool isNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
public:
    explicit Lexer(std::string_view source) {
        m_source.reserve(source.size());
        for (std::size_t i = 0; i < source.size(); ++i) {
            if (source[i] == '\r') {
                m_source.push_back('\n');
                if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
            } else {
                m_source.push_back(source[i]);
            }
        }
        if (!m_source.empty() && m_source.back() == '\n') m_source.pop_back();
    }

    std::vector<Token> run() {
        while (m_at < m_source.size()) text();
        put(TokenKind::kEnd, "");
        return std::move(m_tokens);
    }

private:
    [[noreturn]] void fail(const std::string& why) const { throw Failure{why, m_line, false}; }
    void put(TokenKind kind, std::string text) { m_tokens.push_back({kind, std::move(text), 0, m_line}); }
    void countLines(std::string_view text) {
        for (const char c : text) m_line += c == '\n' ? 1 : 0;
    }

    /// Text up to the next tag, then the tag.
    void text() {
        std::size_t tag = m_at;
        while (tag < m_source.size() && !(m_source[tag] == '{' && tag + 1 < m_source.size() &&
                                          (m_source[tag + 1] == '{' || m_source[tag + 1] == '%' || m_source[tag + 1] == '#')))
            ++tag;
        std::string piece = m_source.substr(m_at, tag - m_at);
        const bool lineStart = m_at == 0 || m_afterNewline;
        m_afterNewline = false;
        countLines(piece);
        if (tag >= m_source.size()) {
            if (!piece.empty()) put(TokenKind::kText, std::move(piece));
            m_at = tag;
            return;
        }
        const char kind = m_source[tag + 1];
        const char sign = tag + 2 < m_source.size() ? m_source[tag + 2] : '\0';
        if (sign == '-') {
            while (!piece.empty() && isSpace(piece.back())) piece.pop_back();
        } else if (kind != '{' && sign != '+') {
            std::size_t keep = piece.size();
            while (keep > 0 && isBlank(piece[keep - 1])) --keep;
            if ((keep > 0 && piece[keep - 1] == '\n') || (keep == 0 && lineStart)) piece.resize(keep);
        }
        if (!piece.empty()) put(TokenKind::kText, std::move(piece));
        m_at = tag + 2 + (sign == '-' || (sign == '+' && kind != '{') ? 1 : 0);
        if (kind == '#') comment();
        else tagBody(kind == '{');
    }

    void comment() {
        const std::size_t close = m_source.find("#}", m_at);
        if (close == std::string::npos) fail("a comment is not closed");
        countLines(std::string_view(m_source).substr(m_at, close - m_at));
        afterTag(close > m_at ? m_source[close - 1] : '\0', close + 2, true);
    }

    void afterTag(char sign, std::size_t at, bool trims) {
        m_at = at;
        if (sign == '-') {
            while (m_at < m_source.size() && isSpace(m_source[m_at])) m_line += m_source[m_at++] == '\n' ? 1 : 0;
        } else if (trims && sign != '+' && m_at < m_source.size() && m_source[m_at] == '\n') {
            ++m_at;
            ++m_line;
            m_afterNewline = true;
        }
    }

    void tagBody(bool output) {
        const std::string_view close = output ? "}}" : "%}";
        put(output ? TokenKind::kOutputBegin : TokenKind::kBlockBegin, "");
        int depth = 0;
        for (;;) {
            while (m_at < m_source.size() && isSpace(m_source[m_at])) m_line += m_source[m_at++] == '\n' ? 1 : 0;
            if (m_at >= m_source.size()) fail("a tag is not closed");
            const char c = m_source[m_at];
            const bool signedClose = (c == '-' || c == '+') && m_source.compare(m_at + 1, 2, close) == 0;
            if (depth == 0 && (signedClose || m_source.compare(m_at, 2, close) == 0)) {
                put(output ? TokenKind::kOutputEnd : TokenKind::kBlockEnd, "");
                afterTag(signedClose ? c : '\0', m_at + (signedClose ? 3 : 2), !output);
                return;
            }
            if (c == '\'' || c == '"') string(c);
            else if (isNameStart(c)) name();
            else if (isDigit(c)) number();
            else operatorToken(depth);
        }
    }

    void name() {
        const std::size_t begin = m_at;
        while (m_at < m_source.size() && (isNameStart(m_source[m_at]) || isDigit(m_source[m_at]))) ++m_at;
        put(TokenKind::kName, m_source.substr(begin, m_at - begin));
    }

    void number() {
        std::int64_t value = 0;
        const char* const begin = m_source.data() + m_at;
        const auto [end, error] = std::from_chars(begin, m_source.data() + m_source.size(), value);
        if (error != std::errc()) fail("a number is too large");
        m_at += static_cast<std::size_t>(end - begin);
        if (m_at + 1 < m_source.size() && m_source[m_at] == '.' && isDigit(m_source[m_at + 1])) fail("a number with a fraction is not supported");
        put(TokenKind::kInteger, "");
        m_tokens.back().integer = value;
    }

    void string(char quote) {
        std::string out;
        for (++m_at;; ++m_at) {
            if (m_at >= m_source.size()) fail("a string is not closed");
            const char c = m_source[m_at];
            if (c == quote) break;
            if (c == '\n') ++m_line;
            if (c == '\\') escape(out);
            else out.push_back(c);
        }
        ++m_at;
        put(TokenKind::kString, std::move(out));
    }

    void escape(std::string& out) {
        if (++m_at >= m_source.size()) fail("a string is not closed");
        const char c = m_source[m_at];
        static constexpr std::string_view kFrom = "ntrfvab0\\'\"", kTo("\n\t\r\f\v\a\b\0\\'\"", 11);
        if (const std::size_t index = kFrom.find(c); index != std::string_view::npos) {
            out.push_back(kTo[index]);
            return;
        }
        const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        if (digits == 0) {
            out.push_back('\\');
            out.push_back(c);
            return;
        }
        std::uint32_t value = 0;
        const std::size_t last = m_at + 1 + digits;
        if (last > m_source.size()) fail("an escape is cut off");
        const auto [end, error] = std::from_chars(m_source.data() + m_at + 1, m_source.data() + last, value, 16);
        if (error != std::errc() || end != m_source.data() + last || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) fail("an escape is malformed");
        text::appendUtf8(out, value);
        m_at += digits;
    }

    void operatorToken(int& depth) {
        static constexpr std::array<std::string_view, 6> kTwo{"==", "!=", "<=", ">=", "//", "**"};
        for (const std::string_view two : kTwo) {
            if (m_source.compare(m_at, 2, two) != 0) continue;
            put(TokenKind::kOperator, std::string(two));
            m_at += 2;
            return;
        }
        const char c = m_source[m_at];
        if (std::string_view("+-*/%~<>()[]{},:.|=").find(c) == std::string_view::npos) fail(std::string("unexpected character '") + c + "'");
        if (c == '(' || c == '[' || c == '{') ++depth;
        if ((c == ')' || c == ']' || c == '}') && depth > 0) --depth;
        put(TokenKind::kOperator, std::string(1, c));
        ++m_at;
    }

    std::string m_source;
    std::size_t m_at = 0;
    int m_line = 1;
    bool m_afterNewline = false;
    std::vector<Token> m_tokens;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) { return Lexer(source).run(); }

}  // namespace prunescope::jinja
