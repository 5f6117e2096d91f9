// SPDX-License-Identifier: GPL-3.0-or-later
// Reading regular files only, writing atomically. POSIX calls, because std::fstream can neither refuse a pipe nor sync.
#include "core/base/files.h"

#include "core/base/numbers.h"
#include "core/base/sha256.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

namespace prunescope {
namespace {

Error readError(const ReadOptions& options, const std::filesystem::path& path, std::string id, std::string why, std::string hint = "") {
    return Error{options.errorClass, std::move(id), options.what, path.string(), std::move(why), std::move(hint), nullptr};
}

Error openError(const ReadOptions& options, const std::filesystem::path& path, int failure) {
    switch (failure) {
        case ENOENT:
        case ENOTDIR: {
            const std::string text = path.string();
            return readError(options, path, "FILE-NOENT", "no such file",
                             !text.empty() && text.front() == '~' ? "~ is not expanded here, write the full path" : "");
        }
        case EACCES:
        case EPERM: return readError(options, path, "FILE-PERM", "permission denied");
        case ELOOP: return readError(options, path, "FILE-LOOP", "the links go round in a circle");
        case ENAMETOOLONG: return readError(options, path, "FILE-NAME", "the name is too long");
        case ENXIO:
        case ENODEV: return readError(options, path, "FILE-KIND", "is a socket or device, not a file");
        case EMFILE:
        case ENFILE: return readError(options, path, "FILE-IO", "too many open files");
        default: return readError(options, path, "FILE-IO", std::string("the system refused: ") + std::strerror(failure));
    }
}

std::string kindOf(mode_t mode) {
    if (S_ISDIR(mode)) {
        return "is a folder, not a file";
    }
    if (S_ISFIFO(mode)) {
        return "is a pipe, not a file";
    }
    return S_ISSOCK(mode) ? "is a socket, not a file" : "is a device, not a file";
}

Error writeError(const std::filesystem::path& path, std::string id, std::string why) {
    return Error{ErrorCode::kNotWritten, std::move(id), "cannot write", path.string(), std::move(why), "the old content is unchanged", nullptr};
}

Error writeErrorFrom(const std::filesystem::path& path, int failure) {
    switch (failure) {
        case ENOENT:
        case ENOTDIR: return writeError(path, "OUT-NOENT", "the folder does not exist");
        case EACCES:
        case EPERM:
        case EROFS: return writeError(path, "OUT-PERM", "permission denied");
        case ENOSPC:
        case EDQUOT: return writeError(path, "OUT-FULL", "no space left");
        case ENAMETOOLONG: return writeError(path, "OUT-NAME", "the name is too long");
        case EISDIR: return writeError(path, "OUT-KIND", "is a folder, not a file");
        default: return writeError(path, "OUT-IO", std::string("the system refused: ") + std::strerror(failure));
    }
}

bool writeAll(int descriptor, const void* data, std::size_t bytes) {
    const auto* at = static_cast<const std::uint8_t*>(data);
    while (bytes > 0) {
        const ssize_t done = ::write(descriptor, at, std::min<std::size_t>(bytes, 1U << 30U));
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            errno = done == 0 ? ENOSPC : errno;
            return false;
        }
        at += done;
        bytes -= static_cast<std::size_t>(done);
    }
    return true;
}

/// A file under construction: unnamed where the file system can, removed when not renamed.
struct Draft {
    FileHandle handle;
    std::filesystem::path name;   ///< empty while unnamed
    ~Draft() {
        if (!name.empty()) {
            ::unlink(name.c_str());
        }
    }
};

std::filesystem::path draftName(const std::filesystem::path& folder) { return folder / (".prunescope-" + freshId() + ".tmp"); }

std::optional<int> openDraft(const std::filesystem::path& folder, Draft& draft) {
    const int unnamed = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    if (unnamed >= 0) {
        draft.handle = FileHandle(unnamed);
        return std::nullopt;
    }
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT) {
        return errno;
    }
    std::filesystem::path name = draftName(folder);
    const int named = ::open(name.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0666);
    if (named < 0) {
        return errno;
    }
    draft.handle = FileHandle(named);
    draft.name = std::move(name);
    return std::nullopt;
}

std::optional<int> publish(Draft& draft, const std::filesystem::path& folder, const std::filesystem::path& target) {
    if (::fsync(draft.handle.get()) != 0) {
        return errno;
    }
    if (draft.name.empty()) {
        std::filesystem::path name = draftName(folder);
        const std::string source = "/proc/self/fd/" + std::to_string(draft.handle.get());
        if (::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
            return errno;
        }
        draft.name = std::move(name);
    }
    if (::rename(draft.name.c_str(), target.c_str()) != 0) {
        return errno;
    }
    draft.name.clear();
    const FileHandle directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() >= 0) {
        (void)::fsync(directory.get());   // the content is safe already; some file systems refuse this
    }
    return std::nullopt;
}

bool startsWith(std::span<const std::uint8_t> head, std::string_view magic) {
    return head.size() >= magic.size() && std::memcmp(head.data(), magic.data(), magic.size()) == 0;
}

Result<std::filesystem::path> xdgFolder(const char* variable, const char* fallback) {
    const char* set = std::getenv(variable);
    if (set != nullptr && set[0] == '/') {
        return std::filesystem::path(set) / "prunescope";
    }
    const char* home = std::getenv("HOME");
    if (home != nullptr && home[0] == '/') {
        return std::filesystem::path(home) / fallback / "prunescope";
    }
    return Error{ErrorCode::kNotWritten, "FILE-NOHOME", "no folder of the user is known", variable, "HOME is not set", "set HOME or " + std::string(variable), nullptr};
}

}  // namespace

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
    if (this != &other) {
        if (m_descriptor >= 0) {
            ::close(m_descriptor);
        }
        m_descriptor = other.release();
    }
    return *this;
}

FileHandle::~FileHandle() {
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

int FileHandle::release() { return std::exchange(m_descriptor, -1); }

Result<OpenedFile> openRegularFile(const std::filesystem::path& path, const ReadOptions& options) {
    if (path.empty() || path.native().find('\0') != std::string::npos) {
        return readError(options, path, "FILE-NOENT", "the name is empty or holds a zero byte");
    }
    OpenedFile file;
    file.handle = FileHandle(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (file.handle.get() < 0) {
        return openError(options, path, errno);
    }
    struct stat status {};
    if (::fstat(file.handle.get(), &status) != 0) {
        return openError(options, path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return readError(options, path, "FILE-KIND", kindOf(status.st_mode));
    }
    file.size = status.st_size;
    if (file.size <= 0 && !options.allowEmpty) {
        return readError(options, path, "FILE-EMPTY", "the file is empty");
    }
    if (file.size > options.limit) {
        Error error = readError(options, path, "FILE-LIMIT",
                                "the file has " + formatBytes(static_cast<std::uint64_t>(file.size)) + ", the limit is " +
                                    formatBytes(static_cast<std::uint64_t>(options.limit)));
        error.code = ErrorCode::kLimit;
        error.hint = options.limitName.empty() ? "" : "raise with --limit " + options.limitName + "=BYTES";
        return error;
    }
    return file;
}

Result<std::vector<std::uint8_t>> readWholeFile(const std::filesystem::path& path, const ReadOptions& options) {
    auto file = openRegularFile(path, options);
    if (!file) {
        return file.error();
    }
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file->size));
    std::size_t have = 0;
    while (have < bytes.size()) {
        const ssize_t got = ::read(file->handle.get(), bytes.data() + have, std::min<std::size_t>(bytes.size() - have, 1U << 26U));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return readError(options, path, "FILE-IO", std::string("reading failed: ") + std::strerror(errno));
        }
        if (got == 0) {
            return readError(options, path, "FILE-CHANGED",
                             "it shrank to " + formatCount(static_cast<std::int64_t>(have)) + " bytes while being read");
        }
        have += static_cast<std::size_t>(got);
    }
    return bytes;
}

Result<std::string> readTextFile(const std::filesystem::path& path, const ReadOptions& options) {
    auto bytes = readWholeFile(path, options);
    if (!bytes) {
        return bytes.error();
    }
    return std::string(bytes->begin(), bytes->end());
}

Result<void> atomicWriteFile(const std::filesystem::path& path, const std::function<bool(const WritePiece&)>& produce) {
    if (path.empty() || path.native().find('\0') != std::string::npos) {
        return writeError(path, "OUT-NAME", "the name is empty or holds a zero byte");
    }
    std::filesystem::path target = path;
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        if (!S_ISREG(status.st_mode)) {
            return writeError(path, "OUT-KIND", kindOf(status.st_mode));
        }
        if (::access(path.c_str(), W_OK) != 0) {
            return writeErrorFrom(path, errno);
        }
        std::error_code failure;
        target = std::filesystem::canonical(path, failure);
        if (failure) {
            return writeErrorFrom(path, failure.value());
        }
    } else if (errno != ENOENT) {
        return writeErrorFrom(path, errno);
    } else if (target.filename().empty() || target.filename() == "." || target.filename() == "..") {
        return writeError(path, "OUT-NAME", "this names a folder");
    }
    const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
    Draft draft;
    if (const auto failure = openDraft(folder, draft)) {
        return writeErrorFrom(path, *failure);
    }
    if (status.st_mode != 0) {
        (void)::fchmod(draft.handle.get(), status.st_mode & 07777U);
    }
    int failed = 0;
    const WritePiece sink = [&](const void* data, std::size_t bytes) {
        if (failed == 0 && !writeAll(draft.handle.get(), data, bytes)) {
            failed = errno;
        }
        return failed == 0;
    };
    const bool produced = produce(sink);
    if (failed != 0) {
        return writeErrorFrom(path, failed);
    }
    if (!produced) {
        return writeError(path, "OUT-IO", "the content could not be made");
    }
    if (const auto failure = publish(draft, folder, target)) {
        return writeErrorFrom(path, *failure);
    }
    return {};
}

Result<void> atomicWriteFile(const std::filesystem::path& path, std::string_view text) {
    return atomicWriteFile(path, [&](const WritePiece& write) { return write(text.data(), text.size()); });
}

Result<void> atomicWriteFile(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
    return atomicWriteFile(path, [&](const WritePiece& write) { return write(bytes.data(), bytes.size()); });
}

Result<std::filesystem::path> userCacheDir() { return xdgFolder("XDG_CACHE_HOME", ".cache"); }

Result<std::filesystem::path> userStateDir() { return xdgFolder("XDG_STATE_HOME", ".local/state"); }

std::string describeForeignBytes(std::span<const std::uint8_t> head) {
    struct Kind {
        std::string_view magic;
        const char* name;
    };
    static constexpr std::array<Kind, 20> kKinds{{
        {"version https://git-lfs", "a Git LFS pointer"}, {"<!DOCTYPE", "an HTML page"}, {"<!doctype", "an HTML page"},
        {"<html", "an HTML page"}, {"<HTML", "an HTML page"}, {"\x1f\x8b", "a gzip archive"}, {"PK\x03\x04", "a ZIP archive"},
        {"\xFD" "7zXZ", "an xz archive"}, {"(\xB5/\xFD", "a zstd archive"}, {"BZh", "a bzip2 archive"}, {"7z\xBC\xAF", "a 7z archive"},
        {"GGUF", "a GGUF model"}, {"\x89HDF", "an HDF5 file"}, {"\x93NUMPY", "a NumPy array"}, {"\x7f" "ELF", "a program"},
        {"%PDF", "a PDF document"}, {"%!PS", "a PostScript file"}, {"<?xml", "an XML file"}, {"<svg", "an SVG drawing"}, {"\x80\x02", "a pickle"},
    }};
    for (const Kind& kind : kKinds) {
        if (startsWith(head, kind.magic)) {
            return kind.name;
        }
    }
    static constexpr std::string_view kTar = "ustar";
    if (head.size() > 262 && std::memcmp(head.data() + 257, kTar.data(), kTar.size()) == 0) {
        return "a tar archive";
    }
    return "";
}

std::string hintForForeignBytes(std::span<const std::uint8_t> head) {
    if (startsWith(head, "version https://git-lfs")) {
        return "fetch the real file with 'git lfs pull'";
    }
    const std::string kind = describeForeignBytes(head);
    if (kind == "an HTML page") {
        return "the download was a web page; log in and fetch it again";
    }
    return kind.find("archive") != std::string::npos ? "unpack it first" : "";
}

}  // namespace prunescope
