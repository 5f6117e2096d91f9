// SPDX-License-Identifier: GPL-3.0-or-later

// Tokens -> statements and expressions, by recursive descent with Jinja's precedence. Nesting is bounded.

#include "core/text/jinja.h"

#include <algorithm>
#include <array>

namespace prunescope::jinja {

namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxNodes = 2000;   // of one tag: bounds how deep a chain of operators can nest

class Parser {
public:
    explicit Parser(const std::vector<Token>& tokens) : m_tokens(tokens) {}

    Body run() {
        Body body = statements({});
        if (peek().kind != TokenKind::kEnd) fail("unexpected end tag '" + m_endTag + "'");
        return body;
    }

private:
    struct Depth {
        explicit Depth(Parser& parser) : m_parser(parser) {
            if (++m_parser.m_depth > kMaxDepth) m_parser.fail("nested more than 64 levels deep");
        }
        ~Depth() { --m_parser.m_depth; }
        Depth(const Depth&) = delete;
        Depth& operator=(const Depth&) = delete;
        Parser& m_parser;
    };

    [[noreturn]] void fail(const std::string& why) const { throw Failure{why, peek().line, false}; }
    [[nodiscard]] const Token& peek(std::size_t ahead = 0) const { return m_tokens[std::min(m_at + ahead, m_tokens.size() - 1)]; }
    const Token& next() {
        const Token& token = peek();
        if (m_at + 1 < m_tokens.size()) ++m_at;
        return token;
    }
    [[nodiscard]] bool isOperator(std::string_view text) const { return peek().kind == TokenKind::kOperator && peek().text == text; }
    [[nodiscard]] bool isName(std::string_view text) const { return peek().kind == TokenKind::kName && peek().text == text; }
    bool takeOperator(std::string_view text) {
        if (!isOperator(text)) return false;
        next();
        return true;
    }
    bool takeName(std::string_view text) {
        if (!isName(text)) return false;
        next();
        return true;
    }
    void needOperator(std::string_view text) {
        if (!takeOperator(text)) fail("expected '" + std::string(text) + "'");
    }
    std::string needName() {
        if (peek().kind != TokenKind::kName) fail("expected a name");
        return next().text;
    }
    void endBlock() {
        if (peek().kind != TokenKind::kBlockEnd) fail("unexpected '" + peek().text + "' in a tag");
        next();
    }

    /// Statements up to one of `ends` (its name in m_endTag; the tag's name is consumed) or the end of the template.
    Body statements(const std::vector<std::string>& ends) {
        const Depth depth(*this);
        Body body;
        for (;;) {
            const Token& token = peek();
            if (token.kind == TokenKind::kEnd) {
                if (!ends.empty()) fail("'" + ends.back() + "' is missing");
                return body;
            }
            next();
            m_nodes = 0;
            if (token.kind == TokenKind::kText) {
                body.push_back(make(Statement::Kind::kText, token.line));
                body.back()->text = token.text;
            } else if (token.kind == TokenKind::kOutputBegin) {
                body.push_back(make(Statement::Kind::kOutput, token.line));
                body.back()->expression = expression();
                if (peek().kind != TokenKind::kOutputEnd) fail("unexpected '" + peek().text + "' in an output");
                next();
            } else {
                const std::string name = needName();
                if (std::find(ends.begin(), ends.end(), name) != ends.end()) {
                    m_endTag = name;
                    return body;
                }
                body.push_back(statement(name, token.line));
            }
        }
    }

    static std::unique_ptr<Statement> make(Statement::Kind kind, int line) {
        auto out = std::make_unique<Statement>();
        out->kind = kind;
        out->line = line;
        return out;
    }

    std::unique_ptr<Statement> statement(const std::string& name, int line) {
        if (name == "if") return ifStatement(line);
        if (name == "for") return forStatement(line);
        if (name == "set") return setStatement(line);
        if (name == "break" || name == "continue") {
            endBlock();
            return make(name == "break" ? Statement::Kind::kBreak : Statement::Kind::kContinue, line);
        }
        if (name == "generation") {
            auto out = make(Statement::Kind::kScope, line);
            endBlock();
            out->body = statements({"endgeneration"});
            endBlock();
            return out;
        }
        fail("'{% " + name + " %}' is not supported");
    }

    std::unique_ptr<Statement> ifStatement(int line) {
        auto out = make(Statement::Kind::kIf, line);
        ExpressionPtr condition = expression();
        for (;;) {
            endBlock();
            const bool last = condition == nullptr;
            Body body = statements(last ? std::vector<std::string>{"endif"} : std::vector<std::string>{"elif", "else", "endif"});
            out->branches.emplace_back(std::move(condition), std::move(body));
            if (m_endTag == "endif") break;
            condition = m_endTag == "elif" ? expression() : nullptr;
        }
        endBlock();
        return out;
    }

    std::unique_ptr<Statement> forStatement(int line) {
        auto out = make(Statement::Kind::kFor, line);
        const bool bracket = takeOperator("(");
        do out->targets.push_back(needName());
        while (takeOperator(","));
        if (bracket) needOperator(")");
        if (!takeName("in")) fail("expected 'in'");
        out->expression = orExpression();
        if (takeName("if")) out->filter = expression();
        if (isName("recursive")) fail("'recursive' is not supported");
        endBlock();
        out->body = statements({"else", "endfor"});
        if (m_endTag == "else") {
            endBlock();
            out->otherwise = statements({"endfor"});
        }
        endBlock();
        return out;
    }

    std::unique_ptr<Statement> setStatement(int line) {
        auto out = make(Statement::Kind::kSet, line);
        out->text = needName();
        if (takeOperator(".")) out->text += "." + needName();
        if (isOperator(",")) fail("setting several names at once is not supported");
        if (takeOperator("=")) {
            out->expression = expression();
            endBlock();
            return out;
        }
        if (isOperator("|")) fail("a filter on '{% set %}' is not supported");
        endBlock();
        out->kind = Statement::Kind::kSetBlock;
        out->body = statements({"endset"});
        endBlock();
        return out;
    }

    ExpressionPtr node(Expression::Kind kind, std::string name = {}) {
        if (++m_nodes > kMaxNodes) fail("an expression of more than 2,000 parts");
        auto out = std::make_unique<Expression>();
        out->kind = kind;
        out->name = std::move(name);
        out->line = peek().line;
        return out;
    }
    ExpressionPtr binary(std::string name, ExpressionPtr left, ExpressionPtr right) {
        ExpressionPtr out = node(Expression::Kind::kBinary, std::move(name));
        out->operands.push_back(std::move(left));
        out->operands.push_back(std::move(right));
        return out;
    }

    ExpressionPtr expression() {
        const Depth depth(*this);
        ExpressionPtr value = orExpression();
        while (takeName("if")) {
            ExpressionPtr out = node(Expression::Kind::kCondition);
            out->operands.push_back(std::move(value));
            out->operands.push_back(orExpression());
            out->operands.push_back(takeName("else") ? expression() : nullptr);
            value = std::move(out);
        }
        return value;
    }
    ExpressionPtr orExpression() {
        ExpressionPtr left = andExpression();
        while (takeName("or")) left = binary("or", std::move(left), andExpression());
        return left;
    }
    ExpressionPtr andExpression() {
        ExpressionPtr left = notExpression();
        while (takeName("and")) left = binary("and", std::move(left), notExpression());
        return left;
    }
    ExpressionPtr notExpression() {
        const Depth depth(*this);
        if (!takeName("not")) return comparison();
        ExpressionPtr out = node(Expression::Kind::kUnary, "not");
        out->operands.push_back(notExpression());
        return out;
    }
    ExpressionPtr comparison() {
        ExpressionPtr left = sum();
        bool compared = false;
        for (;;) {
            std::string name;
            for (const char* candidate : {"==", "!=", "<", "<=", ">", ">="})
                if (isOperator(candidate)) name = candidate;
            if (isName("in")) name = "in";
            if (isName("not") && peek(1).kind == TokenKind::kName && peek(1).text == "in") name = "not in";
            if (name.empty()) return left;
            if (compared) fail("a chained comparison is not supported");
            compared = true;
            next();
            if (name == "not in") next();
            left = binary(name, std::move(left), sum());
        }
    }
    ExpressionPtr sum() {
        ExpressionPtr left = concatenation();
        while (isOperator("+") || isOperator("-")) {
            const std::string name = next().text;
            left = binary(name, std::move(left), concatenation());
        }
        return left;
    }
    ExpressionPtr concatenation() {
        ExpressionPtr left = product();
        while (takeOperator("~")) left = binary("~", std::move(left), product());
        return left;
    }
    ExpressionPtr product() {
        ExpressionPtr left = unary();
        while (isOperator("*") || isOperator("/") || isOperator("//") || isOperator("%") || isOperator("**")) {
            const std::string name = next().text;
            if (name == "/" || name == "**") fail("the operator '" + name + "' is not supported");
            left = binary(name, std::move(left), unary());
        }
        return left;
    }
    ExpressionPtr unary() {
        const Depth depth(*this);
        if (isOperator("-") || isOperator("+")) {
            ExpressionPtr out = node(Expression::Kind::kUnary, next().text);
            out->operands.push_back(unary());
            return out;
        }
        return filters(postfix(primary()));
    }

    ExpressionPtr filters(ExpressionPtr value) {
        for (;;) {
            if (takeOperator("|")) {
                ExpressionPtr out = node(Expression::Kind::kFilter, needName());
                out->operands.push_back(std::move(value));
                if (isOperator("(")) arguments(*out);
                value = std::move(out);
            } else if (takeName("is")) {
                const bool negated = takeName("not");
                ExpressionPtr out = node(Expression::Kind::kTest, needName());
                out->negated = negated;
                out->operands.push_back(std::move(value));
                const Token& token = peek();
                const bool word = token.kind == TokenKind::kName && token.text != "and" && token.text != "or" && token.text != "if" && token.text != "else" &&
                                  token.text != "is" && token.text != "in" && token.text != "not";
                if (isOperator("(")) arguments(*out);
                else if (word || token.kind == TokenKind::kString || token.kind == TokenKind::kInteger) out->operands.push_back(postfix(primary()));
                value = std::move(out);
            } else {
                return value;
            }
        }
    }

    /// "(a, b, name=c)" into operands and named.
    void arguments(Expression& call) {
        needOperator("(");
        while (!takeOperator(")")) {
            if (isOperator("*") || isOperator("**")) fail("argument unpacking is not supported");
            if (peek().kind == TokenKind::kName && peek(1).kind == TokenKind::kOperator && peek(1).text == "=") {
                std::string name = next().text;
                next();
                call.named.emplace_back(std::move(name), expression());
            } else {
                call.operands.push_back(expression());
            }
            if (!isOperator(")")) needOperator(",");
        }
    }

    ExpressionPtr postfix(ExpressionPtr value) {
        for (;;) {
            if (takeOperator(".")) {
                ExpressionPtr out = node(Expression::Kind::kAttribute, peek().kind == TokenKind::kInteger ? std::to_string(next().integer) : needName());
                out->operands.push_back(std::move(value));
                value = std::move(out);
            } else if (takeOperator("[")) {
                value = subscript(std::move(value));
            } else if (isOperator("(")) {
                ExpressionPtr out = node(Expression::Kind::kCall);
                out->operands.push_back(std::move(value));
                arguments(*out);
                value = std::move(out);
            } else {
                return value;
            }
        }
    }

    ExpressionPtr subscript(ExpressionPtr value) {
        ExpressionPtr begin, end;
        if (!isOperator(":")) begin = expression();
        if (begin && takeOperator("]")) {
            ExpressionPtr out = node(Expression::Kind::kItem);
            out->operands.push_back(std::move(value));
            out->operands.push_back(std::move(begin));
            return out;
        }
        needOperator(":");
        ExpressionPtr out = node(Expression::Kind::kSlice);
        if (!isOperator("]") && !isOperator(":")) end = expression();
        out->operands.push_back(std::move(value));
        out->operands.push_back(std::move(begin));
        out->operands.push_back(std::move(end));
        if (takeOperator(":")) {   // only the reversing step [::-1] is in use
            const bool reverses = takeOperator("-") && peek().kind == TokenKind::kInteger && peek().integer == 1;
            if (!reverses || out->operands[1] || out->operands[2]) fail("a slice with a step is not supported");
            next();
            out->name = "reverse";
        }
        needOperator("]");
        return out;
    }

    ExpressionPtr primary() {
        const Depth depth(*this);
        const Token& token = next();
        ExpressionPtr out = node(Expression::Kind::kLiteral);
        out->line = token.line;
        if (token.kind == TokenKind::kString) {
            std::string text = token.text;
            while (peek().kind == TokenKind::kString) text += next().text;
            out->literal = Value::of(std::move(text));
        } else if (token.kind == TokenKind::kInteger) {
            out->literal = Value::of(token.integer);
        } else if (token.kind == TokenKind::kName) {
            if (token.text == "true" || token.text == "True") out->literal = Value::of(true);
            else if (token.text == "false" || token.text == "False") out->literal = Value::of(false);
            else if (token.text == "none" || token.text == "None") out->literal = Value::none();
            else {
                out->kind = Expression::Kind::kName;
                out->name = token.text;
            }
        } else if (token.kind == TokenKind::kOperator && token.text == "(") {
            out = expression();
            if (!isOperator(",")) {
                needOperator(")");
                return out;
            }
            ExpressionPtr list = node(Expression::Kind::kList);
            list->operands.push_back(std::move(out));
            while (takeOperator(",") && !isOperator(")")) list->operands.push_back(expression());
            needOperator(")");
            return list;
        } else if (token.kind == TokenKind::kOperator && token.text == "[") {
            out->kind = Expression::Kind::kList;
            while (!takeOperator("]")) {
                out->operands.push_back(expression());
                if (!isOperator("]")) needOperator(",");
            }
        } else if (token.kind == TokenKind::kOperator && token.text == "{") {
            out->kind = Expression::Kind::kDict;
            while (!takeOperator("}")) {
                out->operands.push_back(expression());
                needOperator(":");
                out->operands.push_back(expression());
                if (!isOperator("}")) needOperator(",");
            }
        } else {
            fail(token.kind == TokenKind::kOperator ? "unexpected '" + token.text + "'" : "an expression is missing");
        }
        return out;
    }

    const std::vector<Token>& m_tokens;
    std::size_t m_at = 0;
    int m_depth = 0, m_nodes = 0;
    std::string m_endTag;
};

}  // namespace

Body parse(const std::vector<Token>& tokens) { return Parser(tokens).run(); }

}  // namespace prunescope::jinja
