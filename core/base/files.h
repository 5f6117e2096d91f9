// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Files, the one way in and the one way out: a path is opened once without blocking, must be a regular file under a limit, and is read from
// that descriptor only; a file is written beside its target, synced and renamed, so that the old content survives every failure.
// (reference/reliability.md R1, R2, R10, F01-F17, S11-S18)

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prunescope {

/// Owner of a file descriptor.
class FileHandle {
public:
    FileHandle() = default;
    explicit FileHandle(int descriptor) : m_descriptor(descriptor) {}
    FileHandle(FileHandle&& other) noexcept : m_descriptor(other.release()) {}
    FileHandle& operator=(FileHandle&& other) noexcept;
    FileHandle(const FileHandle&) = delete;
    FileHandle& operator=(const FileHandle&) = delete;
    ~FileHandle();
    [[nodiscard]] int get() const { return m_descriptor; }
    [[nodiscard]] int release();

private:
    int m_descriptor = -1;
};

/// A regular, non-empty file open for reading, with its size at that moment.
struct OpenedFile {
    FileHandle handle;
    std::int64_t size = 0;
};

/// What a caller wants its errors to look like and how large a file may be.
struct ReadOptions {
    std::int64_t limit = 256LL << 20;
    ErrorCode errorClass = ErrorCode::kBadInput;   ///< code of everything but "over the limit" (kLimit)
    std::string what = "cannot read";              ///< WHAT of the error line
    std::string limitName;                         ///< named in the hint: "raise with --limit NAME=BYTES"; "" = no hint
    bool allowEmpty = false;
};

/// Opens a regular file. Errors: FILE-NOENT, FILE-PERM, FILE-LOOP, FILE-NAME, FILE-KIND, FILE-EMPTY, FILE-IO, FILE-LIMIT.
[[nodiscard]] Result<OpenedFile> openRegularFile(const std::filesystem::path& path, const ReadOptions& options = {});
/// Reads a whole regular file; also FILE-CHANGED when it shrinks while being read. Never blocks on a pipe or device.
[[nodiscard]] Result<std::vector<std::uint8_t>> readWholeFile(const std::filesystem::path& path, const ReadOptions& options = {});
[[nodiscard]] Result<std::string> readTextFile(const std::filesystem::path& path, const ReadOptions& options = {});

/// A sink for the pieces of a file under construction; false stops the writing.
using WritePiece = std::function<bool(const void* data, std::size_t bytes)>;
/// Replaces `path` by what `produce` writes: temporary file in the same folder, fsync, rename, fsync of the folder. The target must be a
/// regular file or absent (a link is followed); on any failure the old content stays and nothing is left behind.
/// Errors (kNotWritten): OUT-NOENT, OUT-PERM, OUT-FULL, OUT-KIND, OUT-NAME, OUT-IO; `produce` returning false gives OUT-IO.
[[nodiscard]] Result<void> atomicWriteFile(const std::filesystem::path& path, const std::function<bool(const WritePiece&)>& produce);
[[nodiscard]] Result<void> atomicWriteFile(const std::filesystem::path& path, std::string_view text);
[[nodiscard]] Result<void> atomicWriteFile(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);

/// The user's cache/state folder of this program (XDG_CACHE_HOME or ~/.cache, XDG_STATE_HOME or ~/.local/state); not created.
/// Relative XDG values are ignored, as the XDG rules want. Error FILE-NOHOME when neither is known.
[[nodiscard]] Result<std::filesystem::path> userCacheDir();
[[nodiscard]] Result<std::filesystem::path> userStateDir();

/// What a file is when it is not what was expected, from its first bytes: "a Git LFS pointer", "an HTML page", "a gzip archive", … or "".
[[nodiscard]] std::string describeForeignBytes(std::span<const std::uint8_t> head);
/// What to do about it, for the hint: "fetch the real file with git lfs pull"; or "".
[[nodiscard]] std::string hintForForeignBytes(std::span<const std::uint8_t> head);

}  // namespace prunescope
