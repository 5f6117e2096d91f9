// SPDX-License-Identifier: GPL-3.0-or-later

// Values, filters, tests and methods of the template language. Unknown names are refused.

#include "core/text/jinja.h"

#include "core/text/unicode.h"

#include <utf8proc.h>

#include <algorithm>

namespace prunescope::jinja {

namespace {

using Kind = Value::Kind;

[[noreturn]] void fail(std::string why) { throw Failure{std::move(why), 0, false}; }
[[noreturn]] void misfit(std::string why) { throw Failure{std::move(why), 0, true}; }

const char* kindName(Kind kind) {
    switch (kind) {
        case Kind::kUndefined: return "undefined";
        case Kind::kNone: return "none";
        case Kind::kBool: return "boolean";
        case Kind::kInt: return "integer";
        case Kind::kString: return "string";
        case Kind::kList: return "list";
        case Kind::kDict: return "mapping";
        case Kind::kNamespace: return "namespace";
    }
    return "value";
}

const std::string& needText(const Value& value, const std::string& what) {
    if (!value.isString()) misfit(what + " on a " + kindName(value.kind));
    return value.text;
}

bool isPythonSpace(char32_t c) { return text::isWhiteSpace(c) || (c >= 0x1C && c <= 0x1F); }

/// Python's str.strip: white space, or any character of `set`.
std::string stripped(const std::string& value, bool left, bool right, const std::string* set) {
    const auto goes = [set](char32_t c) {
        if (set == nullptr) return isPythonSpace(c);
        for (std::size_t at = 0; at < set->size();)
            if (text::nextCodePoint(*set, at) == c) return true;
        return false;
    };
    std::size_t begin = 0, end = value.size();
    while (left && begin < end) {
        std::size_t at = begin;
        if (!goes(text::nextCodePoint(value, at))) break;
        begin = at;
    }
    while (right && end > begin) {
        std::size_t at = end;
        if (!goes(text::previousCodePoint(value, at))) break;
        end = at;
    }
    return value.substr(begin, end - begin);
}

std::string upper(const std::string& value) {
    std::string out;
    for (std::size_t at = 0; at < value.size();) {
        const char32_t c = text::nextCodePoint(value, at);
        if (c == 0xDF) out += "SS";
        else text::appendUtf8(out, static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))));
    }
    return out;
}

std::string lower(const std::string& value) {
    std::string out;
    for (std::size_t at = 0; at < value.size();) text::appendLowerCase(out, text::nextCodePoint(value, at));
    return out;
}

std::string capitalized(const std::string& value) {
    if (value.empty()) return value;
    const std::size_t first = text::utf8Length(value[0]);
    return upper(value.substr(0, first)) + lower(value.substr(first));
}

std::string replaced(const std::string& value, const std::string& from, const std::string& to) {
    constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
    if (from.empty()) fail("replacing an empty text is not supported");
    std::string out;
    std::size_t at = 0;
    for (std::size_t hit = value.find(from); hit != std::string::npos; hit = value.find(from, at)) {
        out.append(value, at, hit - at);
        out += to;
        at = hit + from.size();
        if (out.size() > kMaxBytes) fail("a text grows past 4 MiB");
    }
    return out.append(value, at, std::string::npos);
}

Value split(const std::string& value, const std::string* separator) {
    Value::List out;
    if (separator != nullptr) {
        if (separator->empty()) fail("splitting at an empty text");
        std::size_t at = 0;
        for (std::size_t hit = value.find(*separator); hit != std::string::npos; hit = value.find(*separator, at)) {
            out.push_back(Value::of(value.substr(at, hit - at)));
            at = hit + separator->size();
        }
        out.push_back(Value::of(value.substr(at)));
        return Value::of(std::move(out));
    }
    std::string word;
    for (std::size_t at = 0; at < value.size();) {
        const std::size_t begin = at;
        if (!isPythonSpace(text::nextCodePoint(value, at))) {
            word.append(value, begin, at - begin);
        } else if (!word.empty()) {
            out.push_back(Value::of(word));
            word.clear();
        }
    }
    if (!word.empty()) out.push_back(Value::of(word));
    return Value::of(std::move(out));
}

std::int64_t lengthOf(const Value& value) {
    if (value.isString()) {
        std::int64_t count = 0;
        for (std::size_t at = 0; at < value.text.size(); ++count) static_cast<void>(text::nextCodePoint(value.text, at));
        return count;
    }
    if (value.kind == Kind::kList) return static_cast<std::int64_t>(value.list->size());
    if (value.kind == Kind::kDict) return static_cast<std::int64_t>(value.dict->size());
    if (value.isUndefined()) return 0;
    misfit(std::string("length of a ") + kindName(value.kind));
}

Value::List pairsOf(const Value& value) {
    if (value.kind != Kind::kDict) misfit(std::string("items of a ") + kindName(value.kind));
    Value::List out;
    for (const auto& [key, member] : *value.dict) out.push_back(Value::of(Value::List{Value::of(key), member}));
    return out;
}

/// Members to walk over: of a list, keys of a mapping, nothing of an undefined value.
Value::List elements(const Value& value, const std::string& what) {
    if (value.kind == Kind::kList) return *value.list;
    if (value.isUndefined()) return {};
    if (value.kind == Kind::kDict) {
        Value::List out;
        for (const auto& [key, member] : *value.dict) out.push_back(Value::of(key));
        return out;
    }
    misfit(what + " over a " + kindName(value.kind));
}

Value attribute(const Value& value, const Value& name) {
    if (!name.isString()) fail("an attribute name must be a string");
    const Value* member = value.member(name.text);
    return member != nullptr ? *member : Value::undefined(name.text);
}

/// select, reject, selectattr, rejectattr.
Value selected(const std::string& name, const Value& self, const Arguments& arguments) {
    const bool byAttribute = name.size() > 6, keeps = name[0] == 's';
    std::size_t at = 0;
    const Value* key = byAttribute ? arguments.find(at++, "attribute") : nullptr;
    if (byAttribute && key == nullptr) fail("'" + name + "' needs an attribute");
    const Value* test = arguments.find(at++, "test");
    Arguments rest;
    for (; at < arguments.positional.size(); ++at) rest.positional.push_back(arguments.positional[at]);
    Value::List out;
    for (const Value& element : elements(self, name)) {
        const Value value = key != nullptr ? attribute(element, *key) : element;
        const bool holds = test != nullptr ? applyTest(needText(*test, "a test name"), value, rest) : value.truthy();
        if (holds == keeps) out.push_back(element);
    }
    return Value::of(std::move(out));
}

Value mapped(const Value& self, const Arguments& arguments) {
    Value::List out;
    const Value* key = arguments.positional.empty() ? arguments.find(0, "attribute") : nullptr;
    if (key == nullptr && arguments.positional.empty()) fail("'map' needs an attribute or a filter");
    Arguments rest;
    for (std::size_t i = 1; i < arguments.positional.size(); ++i) rest.positional.push_back(arguments.positional[i]);
    for (const Value& element : elements(self, "map"))
        out.push_back(key != nullptr ? attribute(element, *key) : applyFilter(needText(arguments.positional[0], "a filter name"), element, rest));
    return Value::of(std::move(out));
}

std::string joined(const Value& self, const Arguments& arguments) {
    const Value* separator = arguments.find(0, "d");
    const Value* key = arguments.find(1, "attribute");
    std::string out;
    bool first = true;
    for (const Value& element : elements(self, "join")) {
        if (!first && separator != nullptr) out += printed(*separator);
        out += printed(key != nullptr ? attribute(element, *key) : element);
        first = false;
    }
    return out;
}

std::string quoted(const std::string& value) {
    static constexpr const char* kDigits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') out += std::string("\\") + c;
        else if (c == '\n') out += "\\n";
        else if (c == '\r') out += "\\r";
        else if (c == '\t') out += "\\t";
        else if (c == '\b') out += "\\b";
        else if (c == '\f') out += "\\f";
        else if (byte < 0x20) out += std::string("\\u00") + kDigits[byte / 16] + kDigits[byte % 16];
        else out.push_back(c);
    }
    return out + "\"";
}

std::string toJson(const Value& value, int depth) {
    if (depth > 32) fail("'tojson' of a value nested too deep");
    switch (value.kind) {
        case Kind::kNone: return "null";
        case Kind::kBool: return value.boolean ? "true" : "false";
        case Kind::kInt: return std::to_string(value.integer);
        case Kind::kString: return quoted(value.text);
        case Kind::kList: {
            std::string out = "[";
            for (const Value& element : *value.list) out += (out.size() > 1 ? ", " : "") + toJson(element, depth + 1);
            return out + "]";
        }
        case Kind::kDict: {
            std::string out = "{";
            for (const auto& [key, member] : *value.dict) out += (out.size() > 1 ? ", " : "") + quoted(key) + ": " + toJson(member, depth + 1);
            return out + "}";
        }
        default: fail(std::string("'tojson' of a ") + kindName(value.kind));
    }
}

Value textFilter(const std::string& name, const Value& self, const Arguments& arguments) {
    const std::string value = self.isString() ? self.text : printed(self);
    if (name == "trim") {
        const Value* set = arguments.find(0, "chars");
        return Value::of(stripped(value, true, true, set != nullptr && set->isString() ? &set->text : nullptr));
    }
    if (name == "upper") return Value::of(upper(value));
    if (name == "lower") return Value::of(lower(value));
    if (name == "capitalize") return Value::of(capitalized(value));
    if (name == "replace") {
        const Value *from = arguments.find(0, "old"), *to = arguments.find(1, "new");
        if (from == nullptr || to == nullptr || arguments.find(2, "count") != nullptr) fail("'replace' needs two texts");
        return Value::of(replaced(value, printed(*from), printed(*to)));
    }
    return Value::of(value);   // string, safe
}

}  // namespace

Value Value::none() {
    Value out;
    out.kind = Kind::kNone;
    return out;
}
Value Value::of(bool value) {
    Value out;
    out.kind = Kind::kBool;
    out.boolean = value;
    return out;
}
Value Value::of(std::int64_t value) {
    Value out;
    out.kind = Kind::kInt;
    out.integer = value;
    return out;
}
Value Value::of(std::string value) {
    Value out;
    out.kind = Kind::kString;
    out.text = std::move(value);
    return out;
}
Value Value::of(List value) {
    Value out;
    out.kind = Kind::kList;
    out.list = std::make_shared<List>(std::move(value));
    return out;
}
Value Value::of(Dict value) {
    Value out;
    out.kind = Kind::kDict;
    out.dict = std::make_shared<Dict>(std::move(value));
    return out;
}
Value Value::undefined(std::string name) {
    Value out;
    out.text = std::move(name);
    return out;
}

bool Value::truthy() const {
    switch (kind) {
        case Kind::kBool: return boolean;
        case Kind::kInt: return integer != 0;
        case Kind::kString: return !text.empty();
        case Kind::kList: return !list->empty();
        case Kind::kDict: return !dict->empty();
        case Kind::kNamespace: return true;
        default: return false;
    }
}

const Value* Value::member(std::string_view name) const {
    if (kind != Kind::kDict && kind != Kind::kNamespace) return nullptr;
    for (const auto& [key, value] : *dict)
        if (key == name) return &value;
    return nullptr;
}

bool equal(const Value& a, const Value& b) {
    const auto number = [](const Value& v) { return v.kind == Kind::kBool ? std::int64_t{v.boolean ? 1 : 0} : v.integer; };
    const auto isNumber = [](const Value& v) { return v.kind == Kind::kBool || v.kind == Kind::kInt; };
    if (isNumber(a) && isNumber(b)) return number(a) == number(b);
    if (a.kind != b.kind) return false;
    switch (a.kind) {
        case Kind::kString: return a.text == b.text;
        case Kind::kList:
            return std::equal(a.list->begin(), a.list->end(), b.list->begin(), b.list->end(), [](const Value& x, const Value& y) { return equal(x, y); });
        case Kind::kDict:
            return a.dict->size() == b.dict->size() && std::all_of(a.dict->begin(), a.dict->end(), [&b](const auto& entry) {
                       const Value* other = b.member(entry.first);
                       return other != nullptr && equal(entry.second, *other);
                   });
        case Kind::kNamespace: return a.dict == b.dict;
        default: return true;
    }
}

const Value* Arguments::find(std::size_t index, std::string_view name) const {
    if (index < positional.size()) return &positional[index];
    for (const auto& [key, value] : named)
        if (key == name) return &value;
    return nullptr;
}

std::string printed(const Value& value) {
    switch (value.kind) {
        case Kind::kUndefined: return {};
        case Kind::kNone: return "None";
        case Kind::kBool: return value.boolean ? "True" : "False";
        case Kind::kInt: return std::to_string(value.integer);
        case Kind::kString: return value.text;
        default: misfit(std::string("a ") + kindName(value.kind) + " is written as text");
    }
}

Value applyFilter(const std::string& name, const Value& self, const Arguments& arguments) {
    if (name == "trim" || name == "upper" || name == "lower" || name == "capitalize" || name == "replace" || name == "string" || name == "safe")
        return textFilter(name, self, arguments);
    if (name == "length" || name == "count") return Value::of(lengthOf(self));
    if (name == "selectattr" || name == "rejectattr" || name == "select" || name == "reject") return selected(name, self, arguments);
    if (name == "map") return mapped(self, arguments);
    if (name == "join") return Value::of(joined(self, arguments));
    if (name == "tojson") {
        if (!arguments.positional.empty() || !arguments.named.empty()) fail("options of 'tojson' are not supported");
        return Value::of(toJson(self, 0));
    }
    if (name == "list") {
        if (!self.isString()) return Value::of(elements(self, "list"));
        Value::List out;
        for (std::size_t at = 0; at < self.text.size();) {
            const std::size_t begin = at;
            at += text::utf8Length(self.text[at]);
            out.push_back(Value::of(self.text.substr(begin, at - begin)));
        }
        return Value::of(std::move(out));
    }
    if (name == "items") return self.isUndefined() ? Value::of(Value::List{}) : Value::of(pairsOf(self));
    if (name == "first" || name == "last") {
        const Value::List all = elements(self, name);
        return all.empty() ? Value::undefined(name) : name == "first" ? all.front() : all.back();
    }
    if (name == "reverse") {
        Value::List all = elements(self, name);
        std::reverse(all.begin(), all.end());
        return Value::of(std::move(all));
    }
    if (name == "default" || name == "d") {
        const Value *fallback = arguments.find(0, "default_value"), *all = arguments.find(1, "boolean");
        const bool use = self.isUndefined() || (all != nullptr && all->truthy() && !self.truthy());
        return !use ? self : fallback != nullptr ? *fallback : Value::of(std::string());
    }
    fail("the filter '" + name + "' is not supported");
}

bool applyTest(const std::string& name, const Value& self, const Arguments& arguments) {
    const auto other = [&arguments, &name]() -> const Value& {
        if (arguments.positional.empty()) fail("the test '" + name + "' needs an argument");
        return arguments.positional.front();
    };
    if (name == "defined") return !self.isUndefined();
    if (name == "undefined") return self.isUndefined();
    if (name == "none") return self.kind == Kind::kNone;
    if (name == "string") return self.isString();
    if (name == "mapping") return self.kind == Kind::kDict;
    if (name == "sequence" || name == "iterable") return self.isString() || self.kind == Kind::kList || self.kind == Kind::kDict || self.isUndefined();
    if (name == "boolean") return self.kind == Kind::kBool;
    if (name == "integer") return self.kind == Kind::kInt;
    if (name == "number") return self.kind == Kind::kInt || self.kind == Kind::kBool;
    if (name == "true") return self.kind == Kind::kBool && self.boolean;
    if (name == "false") return self.kind == Kind::kBool && !self.boolean;
    if (name == "equalto" || name == "eq" || name == "sameas") return equal(self, other());
    if (name == "ne") return !equal(self, other());
    if (name == "odd" || name == "even") {
        if (self.kind != Kind::kInt) misfit("the test '" + name + "' on a " + kindName(self.kind));
        return (self.integer % 2 != 0) == (name == "odd");
    }
    if (name == "in") {
        const Value& container = other();
        if (container.isString()) return self.isString() && container.text.find(self.text) != std::string::npos;
        const Value::List all = elements(container, "in");
        return std::any_of(all.begin(), all.end(), [&self](const Value& v) { return equal(v, self); });
    }
    fail("the test '" + name + "' is not supported");
}

Value callMethod(const Value& self, const std::string& name, const Arguments& arguments) {
    const Value* first = arguments.find(0, "");
    const auto text = [&](const Value* value) -> const std::string& {
        if (value == nullptr) fail("'." + name + "()' needs an argument");
        return needText(*value, "'." + name + "()'");
    };
    if (self.kind == Kind::kDict) {
        if (name == "items") return Value::of(pairsOf(self));
        if (name == "keys") return Value::of(elements(self, name));
        if (name == "values") {
            Value::List out;
            for (const auto& [key, member] : *self.dict) out.push_back(member);
            return Value::of(std::move(out));
        }
        if (name == "get") {
            const Value* member = self.member(text(first));
            const Value* fallback = arguments.find(1, "default");
            return member != nullptr ? *member : fallback != nullptr ? *fallback : Value::none();
        }
    }
    if (!self.isString()) misfit("'." + name + "()' on a " + kindName(self.kind));
    if (name == "strip" || name == "lstrip" || name == "rstrip")
        return Value::of(stripped(self.text, name != "rstrip", name != "lstrip", first != nullptr ? &text(first) : nullptr));
    if (name == "upper") return Value::of(upper(self.text));
    if (name == "lower") return Value::of(lower(self.text));
    if (name == "capitalize") return Value::of(capitalized(self.text));
    if (name == "startswith") return Value::of(self.text.compare(0, text(first).size(), first->text) == 0);
    if (name == "endswith") return Value::of(self.text.size() >= text(first).size() && self.text.compare(self.text.size() - first->text.size(), std::string::npos, first->text) == 0);
    if (name == "split" && arguments.positional.size() < 2) return split(self.text, first != nullptr ? &text(first) : nullptr);
    if (name == "replace" && arguments.positional.size() == 2) return Value::of(replaced(self.text, text(first), text(&arguments.positional[1])));
    if (name == "join" && arguments.positional.size() == 1) {
        Arguments separator;
        separator.positional.push_back(self);
        return Value::of(joined(*first, separator));
    }
    fail("'." + name + "()' is not supported");
}

}  // namespace prunescope::jinja
