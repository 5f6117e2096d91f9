// SPDX-License-Identifier: GPL-3.0-or-later

// Statements and expressions -> text, with a budget of steps and of output.

#include "core/text/jinja.h"

#include "core/text/unicode.h"

#include <algorithm>

namespace prunescope::jinja {

namespace {

using Kind = Value::Kind;

constexpr std::size_t kMaxTemplateBytes = std::size_t{256} << 10;
constexpr std::size_t kMaxOutputBytes = std::size_t{4} << 20;
constexpr int kMaxSteps = 1'000'000;
constexpr std::int64_t kMaxRange = 10'000;

enum class Flow { kNext, kBreak, kContinue };

class Evaluator {
public:
    explicit Evaluator(const Value::Dict& globals) { m_scopes.push_back(globals); }

    std::string run(const Body& body) {
        try {
            execute(body);
        } catch (Failure& failure) {
            if (failure.line == 0) failure.line = m_line;
            throw;
        }
        return std::move(m_out);
    }

private:
    [[noreturn]] void fail(std::string why, bool aboutValue = false) const { throw Failure{std::move(why), m_line, aboutValue}; }
    void step(int line) {
        m_line = line;
        if (++m_steps > kMaxSteps) fail("more than 1,000,000 steps");
    }
    void write(const std::string& text) {
        m_out += text;
        if (m_out.size() > kMaxOutputBytes) fail("the text grows past 4 MiB");
    }
    std::string sized(std::string text) const {
        if (text.size() > kMaxOutputBytes) fail("a text grows past 4 MiB");
        return text;
    }

    [[nodiscard]] const Value* lookUp(const std::string& name) const {
        for (auto scope = m_scopes.rbegin(); scope != m_scopes.rend(); ++scope)
            for (const auto& [key, value] : *scope)
                if (key == name) return &value;
        return nullptr;
    }
    void assign(const std::string& target, Value value) {
        const std::size_t dot = target.find('.');
        if (dot == std::string::npos) {
            put(m_scopes.back(), target, std::move(value));
            return;
        }
        const Value* space = lookUp(target.substr(0, dot));
        if (space == nullptr || space->kind != Kind::kNamespace) fail("'" + target.substr(0, dot) + "' is not a namespace");
        put(*space->dict, target.substr(dot + 1), std::move(value));
    }
    static void put(Value::Dict& dict, const std::string& name, Value value) {
        for (auto& [key, old] : dict) {
            if (key != name) continue;
            old = std::move(value);
            return;
        }
        dict.emplace_back(name, std::move(value));
    }

    Flow execute(const Body& body) {
        for (const auto& statement : body)
            if (const Flow flow = execute(*statement); flow != Flow::kNext) return flow;
        return Flow::kNext;
    }

    Flow execute(const Statement& s) {
        step(s.line);
        switch (s.kind) {
            case Statement::Kind::kText: write(s.text); break;
            case Statement::Kind::kOutput: write(printed(evaluate(*s.expression))); break;
            case Statement::Kind::kSet: assign(s.text, evaluate(*s.expression)); break;
            case Statement::Kind::kSetBlock: {
                std::string outer;
                std::swap(outer, m_out);
                execute(s.body);
                std::swap(outer, m_out);
                assign(s.text, Value::of(std::move(outer)));
                break;
            }
            case Statement::Kind::kScope: return execute(s.body);
            case Statement::Kind::kIf:
                for (const auto& [condition, branch] : s.branches)
                    if (!condition || evaluate(*condition).truthy()) return execute(branch);
                break;
            case Statement::Kind::kFor: return loop(s);
            case Statement::Kind::kBreak: return Flow::kBreak;
            case Statement::Kind::kContinue: return Flow::kContinue;
        }
        return Flow::kNext;
    }

    void bind(const Statement& s, const Value& element) {
        if (s.targets.size() == 1) {
            put(m_scopes.back(), s.targets.front(), element);
            return;
        }
        if (element.kind != Kind::kList || element.list->size() != s.targets.size()) fail("a loop cannot unpack its values", true);
        for (std::size_t i = 0; i < s.targets.size(); ++i) put(m_scopes.back(), s.targets[i], (*element.list)[i]);
    }

    Flow loop(const Statement& s) {
        const Value source = evaluate(*s.expression);
        if (source.isString()) fail("a loop over a string", true);
        Value::List all = *applyFilter("list", source, {}).list;
        if (s.filter) {
            Value::List kept;
            for (Value& element : all) {
                m_scopes.emplace_back();
                bind(s, element);
                if (evaluate(*s.filter).truthy()) kept.push_back(element);
                m_scopes.pop_back();
            }
            all = std::move(kept);
        }
        if (all.empty()) return execute(s.otherwise);
        const auto count = static_cast<std::int64_t>(all.size());
        for (std::int64_t i = 0; i < count; ++i) {
            step(s.line);
            const auto at = static_cast<std::size_t>(i);
            m_scopes.emplace_back();
            bind(s, all[at]);
            Value::Dict state{{"index", Value::of(i + 1)}, {"index0", Value::of(i)}, {"first", Value::of(i == 0)}, {"last", Value::of(i + 1 == count)},
                              {"length", Value::of(count)}, {"revindex", Value::of(count - i)}, {"revindex0", Value::of(count - i - 1)}};
            if (i > 0) state.emplace_back("previtem", all[at - 1]);
            if (i + 1 < count) state.emplace_back("nextitem", all[at + 1]);
            put(m_scopes.back(), "loop", Value::of(std::move(state)));
            const Flow flow = execute(s.body);
            m_scopes.pop_back();
            if (flow == Flow::kBreak) break;
        }
        return Flow::kNext;
    }

    /// A value costs by its size, so that no chain of cheap steps copies without end.
    Value evaluate(const Expression& e) {
        step(e.line);
        Value value = compute(e);
        m_steps += static_cast<int>(value.text.size() / 256);
        if (value.list) m_steps += static_cast<int>(value.list->size() / 16);
        return value;
    }

    Value compute(const Expression& e) {
        switch (e.kind) {
            case Expression::Kind::kLiteral: return e.literal;
            case Expression::Kind::kName: {
                const Value* value = lookUp(e.name);
                return value != nullptr ? *value : Value::undefined(e.name);
            }
            case Expression::Kind::kAttribute: return attribute(evaluate(*e.operands[0]), e.name);
            case Expression::Kind::kItem: return item(evaluate(*e.operands[0]), evaluate(*e.operands[1]));
            case Expression::Kind::kSlice: return slice(e);
            case Expression::Kind::kList: {
                Value::List out;
                for (const auto& operand : e.operands) out.push_back(evaluate(*operand));
                return Value::of(std::move(out));
            }
            case Expression::Kind::kDict: {
                Value::Dict out;
                for (std::size_t i = 0; i + 1 < e.operands.size(); i += 2) put(out, printed(evaluate(*e.operands[i])), evaluate(*e.operands[i + 1]));
                return Value::of(std::move(out));
            }
            case Expression::Kind::kCall: return call(e);
            case Expression::Kind::kFilter: return applyFilter(e.name, evaluate(*e.operands[0]), arguments(e));
            case Expression::Kind::kTest: return Value::of(applyTest(e.name, evaluate(*e.operands[0]), arguments(e)) != e.negated);
            case Expression::Kind::kUnary: return unary(e);
            case Expression::Kind::kBinary: return binary(e);
            case Expression::Kind::kCondition:
                if (evaluate(*e.operands[1]).truthy()) return evaluate(*e.operands[0]);
                return e.operands[2] ? evaluate(*e.operands[2]) : Value::undefined("");
        }
        return {};
    }

    Arguments arguments(const Expression& e) {
        Arguments out;
        for (std::size_t i = 1; i < e.operands.size(); ++i) out.positional.push_back(evaluate(*e.operands[i]));
        for (const auto& [name, value] : e.named) out.named.emplace_back(name, evaluate(*value));
        return out;
    }

    Value attribute(const Value& value, const std::string& name) const {
        if (name.compare(0, 2, "__") == 0) fail("the attribute '" + name + "' is not supported");
        if (value.isUndefined()) fail("'" + value.text + "' is undefined", true);
        const Value* member = value.member(name);
        return member != nullptr ? *member : Value::undefined(name);
    }

    Value item(const Value& value, const Value& key) const {
        if (key.isString()) return attribute(value, key.text);
        if (key.kind != Kind::kInt) fail("an index must be an integer or a name");
        if (value.isString()) {
            const Value all = applyFilter("list", value, {});
            return item(all, key);
        }
        if (value.isUndefined()) fail("'" + value.text + "' is undefined", true);
        if (value.kind != Kind::kList) fail("an index into something that is not a list", true);
        const auto count = static_cast<std::int64_t>(value.list->size());
        const std::int64_t at = key.integer < 0 ? key.integer + count : key.integer;
        return at >= 0 && at < count ? (*value.list)[static_cast<std::size_t>(at)] : Value::undefined("index " + std::to_string(key.integer));
    }

    Value slice(const Expression& e) {
        const Value value = evaluate(*e.operands[0]);
        if (!value.isString() && value.kind != Kind::kList) fail("a slice of something that is not a list", true);
        Value::List all = *applyFilter("list", value, {}).list;
        const auto count = static_cast<std::int64_t>(all.size());
        const auto bound = [&](std::size_t operand, std::int64_t fallback) {
            if (!e.operands[operand]) return fallback;
            const Value given = evaluate(*e.operands[operand]);
            if (given.kind == Kind::kNone) return fallback;
            if (given.kind != Kind::kInt) fail("a slice bound must be an integer");
            return std::clamp(given.integer < 0 ? given.integer + count : given.integer, std::int64_t{0}, count);
        };
        const std::int64_t begin = bound(1, 0), end = std::max(begin, bound(2, count));
        Value::List out(all.begin() + begin, all.begin() + end);
        if (e.name == "reverse") std::reverse(out.begin(), out.end());
        if (!value.isString()) return Value::of(std::move(out));
        std::string text;
        for (const Value& character : out) text += character.text;
        return Value::of(std::move(text));
    }

    Value call(const Expression& e) {
        const Expression& callee = *e.operands[0];
        const Arguments given = arguments(e);
        if (callee.kind == Expression::Kind::kAttribute) {
            const Value self = evaluate(*callee.operands[0]);
            if (callee.name.compare(0, 2, "__") == 0) fail("the attribute '" + callee.name + "' is not supported");
            if (self.isUndefined()) fail("'" + self.text + "' is undefined", true);
            return callMethod(self, callee.name, given);
        }
        if (callee.kind != Expression::Kind::kName) fail("calling a value is not supported");
        if (callee.name == "raise_exception") {
            const Value* message = given.find(0, "message");
            fail("the template refuses these messages: " + (message != nullptr ? printed(*message) : std::string()), true);
        }
        if (callee.name == "namespace" || callee.name == "dict") {
            if (!given.positional.empty()) fail("positional arguments of '" + callee.name + "' are not supported");
            Value out = Value::of(given.named);
            if (callee.name == "namespace") out.kind = Kind::kNamespace;
            return out;
        }
        if (callee.name == "range") return range(given);
        fail("the function '" + callee.name + "' is not supported");
    }

    Value range(const Arguments& given) const {
        if (given.positional.empty() || given.positional.size() > 2) fail("'range' needs one or two integers");
        for (const Value& value : given.positional)
            if (value.kind != Kind::kInt) fail("'range' needs one or two integers");
        const std::int64_t begin = given.positional.size() == 2 ? given.positional[0].integer : 0, end = given.positional.back().integer;
        if (begin < -kMaxRange || end > kMaxRange) fail("'range' goes past 10,000");
        Value::List out;
        for (std::int64_t i = begin; i < end; ++i) out.push_back(Value::of(i));
        return Value::of(std::move(out));
    }

    Value unary(const Expression& e) {
        const Value value = evaluate(*e.operands[0]);
        if (e.name == "not") return Value::of(!value.truthy());
        if (value.kind != Kind::kInt) fail("a sign in front of something that is not a number", true);
        return e.name == "-" ? Value::of(-small(value)) : value;
    }

    /// Integers are counters here; larger ones are refused rather than wrapped.
    std::int64_t small(const Value& value) const {
        constexpr std::int64_t kMax = std::int64_t{1} << 31;
        if (value.integer > kMax || value.integer < -kMax) fail("a number is too large");
        return value.integer;
    }

    Value binary(const Expression& e) {
        const Value left = evaluate(*e.operands[0]);
        if (e.name == "and") return left.truthy() ? evaluate(*e.operands[1]) : left;
        if (e.name == "or") return left.truthy() ? left : evaluate(*e.operands[1]);
        const Value right = evaluate(*e.operands[1]);
        if (e.name == "~") return Value::of(sized(printed(left) + printed(right)));
        if (e.name == "==") return Value::of(equal(left, right));
        if (e.name == "!=") return Value::of(!equal(left, right));
        if (e.name == "in" || e.name == "not in") {
            Arguments container;
            container.positional.push_back(right);
            return Value::of(applyTest("in", left, container) == (e.name == "in"));
        }
        if (e.name == "+" && left.isString() && right.isString()) return Value::of(sized(left.text + right.text));
        if (e.name == "+" && left.kind == Kind::kList && right.kind == Kind::kList) {
            Value::List out = *left.list;
            out.insert(out.end(), right.list->begin(), right.list->end());
            if (out.size() > static_cast<std::size_t>(kMaxRange)) fail("a list grows past 10,000 members");
            return Value::of(std::move(out));
        }
        return arithmetic(e.name, left, right);
    }

    Value arithmetic(const std::string& name, const Value& left, const Value& right) const {
        const bool ordered = name == "<" || name == "<=" || name == ">" || name == ">=";
        if (ordered && left.isString() && right.isString()) {
            const int order = left.text.compare(right.text);
            return Value::of(name == "<" ? order < 0 : name == "<=" ? order <= 0 : name == ">" ? order > 0 : order >= 0);
        }
        const auto isNumber = [](const Value& v) { return v.kind == Kind::kInt || v.kind == Kind::kBool; };
        if (!isNumber(left) || !isNumber(right)) fail("the operator '" + name + "' does not fit its values", true);
        const std::int64_t a = left.kind == Kind::kBool ? std::int64_t{left.boolean} : small(left);
        const std::int64_t b = right.kind == Kind::kBool ? std::int64_t{right.boolean} : small(right);
        if (name == "<") return Value::of(a < b);
        if (name == "<=") return Value::of(a <= b);
        if (name == ">") return Value::of(a > b);
        if (name == ">=") return Value::of(a >= b);
        if (name == "+") return Value::of(a + b);
        if (name == "-") return Value::of(a - b);
        if (name == "*") return Value::of(a * b);
        if (b == 0) fail("division by zero");
        const std::int64_t quotient = a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
        return Value::of(name == "//" ? quotient : a - quotient * b);
    }

    std::vector<Value::Dict> m_scopes;
    std::string m_out;
    int m_steps = 0, m_line = 1;
};

}  // namespace

Result<std::string> render(const std::string& source, const Value::Dict& globals, bool* aboutValue) {
    Error error;
    error.code = ErrorCode::kBadModel;
    error.id = "MODEL-TEMPLATE";
    error.what = "cannot apply the chat template";
    error.hint = "pass the whole prompt yourself (--prompt)";
    if (aboutValue != nullptr) *aboutValue = false;
    try {
        if (source.size() > kMaxTemplateBytes) throw Failure{"the template is longer than 256 KiB", 0, false};
        if (text::findInvalidUtf8(source) != std::string::npos) throw Failure{"the template is not UTF-8", 0, false};
        const Body body = parse(tokenize(source));
        return Evaluator(globals).run(body);
    } catch (const Failure& failure) {
        if (aboutValue != nullptr) *aboutValue = failure.aboutValue;
        error.why = failure.why;
        if (failure.line > 0) error.where = "line " + std::to_string(failure.line);
        return error;
    }
}

}  // namespace prunescope::jinja
