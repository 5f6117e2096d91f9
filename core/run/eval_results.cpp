// SPDX-License-Identifier: GPL-3.0-or-later
// The resumable RESULTS file.
#include "core/base/files.h"
#include "core/base/json_gate.h"
#include "core/run/errors.h"
#include "core/run/eval.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace prunescope {
namespace {

Error notWritten(const std::filesystem::path& path, int number) {
    const char* id = number == ENOENT || number == ENOTDIR ? "OUT-NOENT" : number == EACCES || number == EPERM || number == EROFS ? "OUT-PERM"
                     : number == ENOSPC || number == EDQUOT ? "OUT-FULL" : "OUT-IO";
    return makeError(ErrorCode::kNotWritten, id, "cannot write the results", path.string(), std::strerror(number));
}

EvalLine lineOf(const nlohmann::json& json) {
    EvalLine line;
    const auto words = [&](const char* key, const char* otherwise) {
        const auto it = json.find(key);
        return it != json.end() && it->is_string() ? it->get<std::string>() : std::string(otherwise);
    };
    line.id = words("id", "");
    line.family = words("family", "all");
    line.answer = words("answer", "");
    line.failed = json.contains("error");
    if (const auto kept = json.find("kept"); kept != json.end() && kept->is_array()) {
        for (const auto& each : *kept) {
            line.kept.push_back(wholeNumber(each, 0, INT64_MAX).value_or(0));
        }
    }
    line.tokensKept = static_cast<std::int64_t>(line.kept.size());
    const auto flag = [&](const char* key) {
        const auto it = json.find(key);
        return it != json.end() && it->is_boolean() ? std::optional<bool>(it->get<bool>()) : std::nullopt;
    };
    line.correct = flag("correct").value_or(false);
    line.wanted = flag("wanted_yes");
    line.said = flag("said_yes");
    line.pointing = flag("pointing");
    if (const auto it = json.find("evidence_recall"); it != json.end()) {
        line.evidenceRecall = finiteNumber(*it);
    }
    if (const auto it = json.find("timings_ms"); it != json.end() && it->is_object()) {
        for (const auto& [stage, ms] : it->items()) {
            line.timings[stage] = finiteNumber(ms).value_or(0);
        }
    }
    return line;
}

Result<std::string> readAll(int descriptor, const std::filesystem::path& path) {
    std::string text;
    std::string buffer(1 << 16, '\0');
    ::lseek(descriptor, 0, SEEK_SET);
    while (true) {
        const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return makeError(ErrorCode::kBadInput, "FILE-IO", "cannot read the results", path.string(), std::strerror(errno));
        }
        if (got == 0) {
            return text;
        }
        text.append(buffer, 0, static_cast<std::size_t>(got));
    }
}

}  // namespace

Json lineJson(const EvalLine& line, const std::string& fingerprint) {
    Json json;
    json["id"] = line.id;
    json["answer"] = line.failed ? Json(nullptr) : Json(line.answer);
    json["correct"] = line.correct;
    json["kept"] = line.kept;
    json["family"] = line.family;
    if (line.wanted) {
        json["wanted_yes"] = *line.wanted;
        json["said_yes"] = line.said ? Json(*line.said) : Json(nullptr);
    }
    json["evidence_recall"] = line.evidenceRecall ? Json(*line.evidenceRecall) : Json(nullptr);
    json["pointing"] = line.pointing ? Json(*line.pointing) : Json(nullptr);
    if (line.failed) {
        json["error"] = line.error;
    }
    json["timings_ms"] = Json::object();
    for (const auto& [stage, ms] : line.timings) {
        json["timings_ms"][stage] = ms;
    }
    json["options"] = fingerprint;
    return json;
}

ResultsFile::~ResultsFile() {
    if (m_descriptor >= 0) {
        ::close(m_descriptor);   // gives the lock back
    }
}

ResultsFile::ResultsFile(ResultsFile&& other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1)),
      m_path(std::move(other.m_path)),
      m_fingerprint(std::move(other.m_fingerprint)),
      m_finished(std::move(other.m_finished)) {}

Result<ResultsFile> ResultsFile::open(const std::filesystem::path& path, const std::string& fingerprint) {
    ResultsFile file;
    file.m_path = path;
    file.m_fingerprint = fingerprint;
    file.m_descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);
    if (file.m_descriptor < 0) {
        return notWritten(path, errno);
    }
    struct stat info {};
    if (::fstat(file.m_descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        return makeError(ErrorCode::kNotWritten, "OUT-KIND", "cannot write the results", path.string(), "not a regular file");
    }
    if (::flock(file.m_descriptor, LOCK_EX | LOCK_NB) != 0) {
        return makeError(ErrorCode::kInUse, "RESULTS-BUSY", "results are in use", path.string(), "another process is writing them", "wait for it or give another --out");
    }
    const auto text = readAll(file.m_descriptor, path);
    if (!text) {
        return text.error();
    }
    const std::size_t whole = text->rfind('\n') == std::string::npos ? 0 : text->rfind('\n') + 1;
    std::int64_t number = 0;
    for (std::size_t begin = 0; begin < whole;) {
        const std::size_t end = text->find('\n', begin);
        const std::string_view lineText = std::string_view(*text).substr(begin, end - begin);
        begin = end + 1;
        ++number;
        if (lineText.empty()) {
            continue;
        }
        const auto json = parseJson(lineText, path.string());
        if (!json || !json->is_object() || !json->contains("id") || !(*json)["id"].is_string()) {
            return makeError(ErrorCode::kBadInput, "RESULTS-JSON", "cannot go on from the results", path.string() + ":" + std::to_string(number),
                             "the line is not one of ours", "give another --out");
        }
        const auto options = json->find("options");
        if (options == json->end() || !options->is_string() || options->get<std::string>() != fingerprint) {
            return makeError(ErrorCode::kUsage, "RESULTS-OPTIONS", "cannot go on from the results", path.string(),
                             "they were made with other options, another model or another suite", "give another --out");
        }
        EvalLine line = lineOf(*json);
        if (line.failed) {
            file.m_finished.erase(line.id);
        } else {
            file.m_finished[line.id] = std::move(line);
        }
    }
    // A line without its end was being written when the process died: without it the file is whole again.
    if (whole != text->size() && ::ftruncate(file.m_descriptor, static_cast<off_t>(whole)) != 0) {
        return notWritten(path, errno);
    }
    ::lseek(file.m_descriptor, 0, SEEK_END);
    return file;
}

Result<void> ResultsFile::append(const EvalLine& line) {
    const std::string text = dumpJson(lineJson(line, m_fingerprint)) + "\n";
    const off_t start = ::lseek(m_descriptor, 0, SEEK_END);
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t put = ::write(m_descriptor, text.data() + done, text.size() - done);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            const int number = put < 0 ? errno : ENOSPC;
            if (::ftruncate(m_descriptor, start) != 0) {
                return notWritten(m_path, number);   // the torn line is cut off at the next start
            }
            return notWritten(m_path, number);
        }
        done += static_cast<std::size_t>(put);
    }
    if (::fsync(m_descriptor) != 0) {
        return notWritten(m_path, errno);
    }
    return {};
}

}  // namespace prunescope
