// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Values instead of exceptions across rooms: Result<T> is either a T or an Error. An Error knows what failed, where, why and what to do
// about it, in that order; `formatErrorLine` writes the one line that the command line and the window show.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace prunescope {

/// Classes of failure; each maps onto one exit code of the command line (`exitCodeOf`).
enum class ErrorCode {
    kInternal,      ///< exit 1: a fault of ours
    kUsage,         ///< exit 2: arguments
    kBadInput,      ///< exit 3: input unreadable or malformed
    kBadModel,      ///< exit 4: model or tokenizer missing, malformed, unsupported
    kDevice,        ///< exit 5: device or memory
    kDiffers,       ///< exit 6: differs from the reference
    kPartial,       ///< exit 7: batch finished, some items failed
    kNotWritten,    ///< exit 8: output not written, old content kept
    kLimit,         ///< exit 9: over a limit; the hint names the switch
    kNumeric,       ///< exit 10: numbers not usable
    kInUse,         ///< exit 11: in use by another process
    kTimeout,       ///< exit 124
    kCancelled,     ///< no exit code of its own: the caller asked for it
};

/// One failure. `id` is stable and upper case with dashes, e.g. "IMG-TRUNCATED"; the texts are plain English without line breaks.
struct Error {
    ErrorCode code = ErrorCode::kInternal;
    std::string id;
    std::string what;   ///< what could not be done: "cannot read image"
    std::string where;  ///< file, key, option, tensor …; may be empty
    std::string why;    ///< the reason: "file ends after 1,024 of 4,096 bytes"
    std::string hint;   ///< what to do; may be empty
    std::shared_ptr<const Error> cause;

    /// This error with `outer` put around it as context (outer.cause = this).
    [[nodiscard]] Error wrappedBy(Error outer) const;
};

/// Process exit code of the command line contract (docs/architecture.md, "Errors").
[[nodiscard]] int exitCodeOf(ErrorCode code);

/// `PROGRAM: error[ID]: WHAT 'WHERE': WHY; HINT`, at most 240 bytes, one line, control characters and invalid UTF-8 escaped.
[[nodiscard]] std::string formatErrorLine(std::string_view program, const Error& error);

/// Either a value or an Error. Never both, never neither.
template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : m_state(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : m_state(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool ok() const { return m_state.index() == 0; }
    explicit operator bool() const { return ok(); }

    [[nodiscard]] T& value() & { return std::get<0>(m_state); }
    [[nodiscard]] const T& value() const& { return std::get<0>(m_state); }
    [[nodiscard]] T&& value() && { return std::get<0>(std::move(m_state)); }
    [[nodiscard]] T& operator*() & { return value(); }
    [[nodiscard]] const T& operator*() const& { return value(); }
    [[nodiscard]] T&& operator*() && { return std::move(*this).value(); }
    [[nodiscard]] T* operator->() { return &value(); }
    [[nodiscard]] const T* operator->() const { return &value(); }

    [[nodiscard]] const Error& error() const { return std::get<1>(m_state); }

private:
    std::variant<T, Error> m_state;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : m_error(std::move(error)) {}
    [[nodiscard]] bool ok() const { return !m_error.has_value(); }
    explicit operator bool() const { return ok(); }
    [[nodiscard]] const Error& error() const { return *m_error; }

private:
    std::optional<Error> m_error;
};

}  // namespace prunescope
