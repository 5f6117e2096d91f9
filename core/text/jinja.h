// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The part of Jinja that chat templates use (reference/models.md section 9): a lexer, a parser and an evaluator over plain values, with
// bounded steps, output and nesting. Templates are data from a model folder: nothing in them can reach anything but the values given.
// What is not known is refused by name (MODEL-TEMPLATE).

#include "core/base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prunescope::jinja {

/// A value of the template language. Lists and mappings are shared; only namespaces are ever written to.
struct Value {
    enum class Kind { kUndefined, kNone, kBool, kInt, kString, kList, kDict, kNamespace };
    using List = std::vector<Value>;
    using Dict = std::vector<std::pair<std::string, Value>>;

    Kind kind = Kind::kUndefined;
    bool boolean = false;
    std::int64_t integer = 0;
    std::string text;              ///< string; name of what is undefined
    std::shared_ptr<List> list;
    std::shared_ptr<Dict> dict;    ///< mapping and namespace

    static Value none();
    static Value of(bool value);
    static Value of(std::int64_t value);
    static Value of(std::string value);
    static Value of(List value);
    static Value of(Dict value);
    static Value undefined(std::string name);

    [[nodiscard]] bool isString() const { return kind == Kind::kString; }
    [[nodiscard]] bool isUndefined() const { return kind == Kind::kUndefined; }
    [[nodiscard]] bool truthy() const;
    /// Member of a mapping or namespace, or nullptr.
    [[nodiscard]] const Value* member(std::string_view name) const;
};
[[nodiscard]] bool equal(const Value& a, const Value& b);

/// Thrown inside the interpreter only. `aboutValue`: the template does not fit the kind of a value (a list printed, a string iterated), so
/// that other messages may suit it.
struct Failure {
    std::string why;
    int line = 0;
    bool aboutValue = false;
};

enum class TokenKind { kText, kOutputBegin, kOutputEnd, kBlockBegin, kBlockEnd, kName, kInteger, kString, kOperator, kEnd };
struct Token {
    TokenKind kind = TokenKind::kEnd;
    std::string text;
    std::int64_t integer = 0;
    int line = 0;
};
/// Tokens of a template with trim_blocks and lstrip_blocks on, as transformers sets them. Throws Failure.
[[nodiscard]] std::vector<Token> tokenize(std::string_view source);

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;
struct Expression {
    enum class Kind { kLiteral, kName, kAttribute, kItem, kSlice, kList, kDict, kCall, kFilter, kTest, kUnary, kBinary, kCondition };
    Kind kind = Kind::kLiteral;
    Value literal;
    std::string name;                         ///< name, attribute, filter, test, operator, keyword argument
    std::vector<ExpressionPtr> operands;      ///< slice: value, begin, end (null where missing)
    std::vector<std::pair<std::string, ExpressionPtr>> named;   ///< keyword arguments
    bool negated = false;                     ///< `is not`
    int line = 0;
};

struct Statement;
using Body = std::vector<std::unique_ptr<Statement>>;
struct Statement {
    enum class Kind { kText, kOutput, kIf, kFor, kSet, kSetBlock, kScope, kBreak, kContinue };
    Kind kind = Kind::kText;
    std::string text;                         ///< text; target of set ("a" or "ns.a")
    std::vector<std::string> targets;         ///< loop variables
    ExpressionPtr expression, filter;         ///< output, set, iterable; loop condition
    std::vector<std::pair<ExpressionPtr, Body>> branches;   ///< if: condition (null for else) and body
    Body body, otherwise;
    int line = 0;
};
/// Throws Failure.
[[nodiscard]] Body parse(const std::vector<Token>& tokens);

/// Arguments of a filter, test, method or function.
struct Arguments {
    std::vector<Value> positional;
    Value::Dict named;
    [[nodiscard]] const Value* find(std::size_t index, std::string_view name) const;
};
/// Built-ins; each throws Failure for an unknown name. `self` is the value in front.
[[nodiscard]] Value applyFilter(const std::string& name, const Value& self, const Arguments& arguments);
[[nodiscard]] bool applyTest(const std::string& name, const Value& self, const Arguments& arguments);
[[nodiscard]] Value callMethod(const Value& self, const std::string& name, const Arguments& arguments);
/// Text that `{{ value }}` writes. Lists and mappings throw (aboutValue).
[[nodiscard]] std::string printed(const Value& value);

/// Renders `source` with the variables of `globals`. MODEL-TEMPLATE; `aboutValue` (optional) is set when only the kind of a value was wrong.
[[nodiscard]] Result<std::string> render(const std::string& source, const Value::Dict& globals, bool* aboutValue = nullptr);

}  // namespace prunescope::jinja
