// SPDX-License-Identifier: GPL-3.0-or-later
// Exit codes and the one error line of the command line contract.
#include "core/base/result.h"

#include "core/base/utf8.h"

#include <algorithm>

namespace prunescope {
namespace {

// One byte less than the contract, so that line and newline together still fit.
constexpr std::size_t kLineBytes = 239;
constexpr std::size_t kWhereBytes = 120;
constexpr std::size_t kWhereBytesTight = 56;
constexpr std::size_t kShortestHint = 24;

std::string headOf(std::string_view program, const Error& error, const std::string& what) {
    std::string head = escapeForLine(program);
    head += ": error[";
    head += error.id.empty() ? std::string("INTERNAL") : escapeForLine(error.id);
    head += "]: ";
    head += what.empty() ? std::string("failed") : what;
    return head;
}

std::string assemble(const std::string& head, const std::string& where, const std::string& why, const std::string& hint) {
    std::string line = head;
    if (!where.empty()) {
        line += " '" + where + "'";
    }
    if (!why.empty()) {
        line += ": " + why;
    }
    if (!hint.empty()) {
        line += "; " + hint;
    }
    return line;
}

}  // namespace

Error Error::wrappedBy(Error outer) const {
    outer.cause = std::make_shared<const Error>(*this);
    return outer;
}

int exitCodeOf(ErrorCode code) {
    switch (code) {
        case ErrorCode::kInternal: return 1;
        case ErrorCode::kUsage: return 2;
        case ErrorCode::kBadInput: return 3;
        case ErrorCode::kBadModel: return 4;
        case ErrorCode::kDevice: return 5;
        case ErrorCode::kDiffers: return 6;
        case ErrorCode::kPartial: return 7;
        case ErrorCode::kNotWritten: return 8;
        case ErrorCode::kLimit: return 9;
        case ErrorCode::kNumeric: return 10;
        case ErrorCode::kInUse: return 11;
        case ErrorCode::kTimeout: return 124;
        case ErrorCode::kCancelled: return 130;
    }
    return 1;
}

std::string formatErrorLine(std::string_view program, const Error& error) {
    std::string why = escapeForLine(error.why);
    if (why.empty() && error.cause) {
        why = escapeForLine(error.cause->why.empty() ? error.cause->what : error.cause->why);
    }
    const std::string head = elide(headOf(program, error, escapeForLine(error.what)), 160, false);
    const std::string fullWhere = escapeForLine(error.where);
    std::string where = elide(fullWhere, kWhereBytes, true);
    std::string hint = escapeForLine(error.hint);
    std::string line = assemble(head, where, why, hint);
    if (line.size() <= kLineBytes) {
        return line;
    }
    // Too long: first the place gives way, then the reason down to a stub beside the hint, then the hint, then whatever is at the end.
    const std::size_t excess = line.size() - kLineBytes;
    if (where.size() > kWhereBytesTight) {
        where = elide(fullWhere, std::max(kWhereBytesTight, where.size() - std::min(excess, where.size())), true);
        line = assemble(head, where, why, hint);
    }
    if (line.size() > kLineBytes && !hint.empty()) {
        const std::size_t without = assemble(head, where, why, "").size() + 2;
        const std::size_t room = without < kLineBytes ? kLineBytes - without : 0;
        hint = room >= kShortestHint ? elide(hint, room, false) : std::string();
        line = assemble(head, where, why, hint);
    }
    return elide(line, kLineBytes, false);
}

}  // namespace prunescope
