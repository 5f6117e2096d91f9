// SPDX-License-Identifier: GPL-3.0-or-later
// Regular files only on the way in, old content safe on the way out.
#include "core/base/files.h"

#include "core/base/sha256.h"
#include "tests/base/scratch_folder.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace prunescope {
namespace {

namespace fs = std::filesystem;

using testing::ScratchFolder;

std::string idOf(const fs::path& path, const ReadOptions& options = {}) {
    const auto read = readWholeFile(path, options);
    return read.ok() ? "" : read.error().id;
}

TEST(Catalogue, F01_MissingFile) {
    const ScratchFolder scratch;
    const auto read = readWholeFile(scratch.path / "none.png");
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().id, "FILE-NOENT");
    EXPECT_EQ(exitCodeOf(read.error().code), 3);
    EXPECT_NE(read.error().where.find("none.png"), std::string::npos);
}

TEST(Catalogue, F02_EmptyFile) {
    const ScratchFolder scratch;
    EXPECT_EQ(idOf(scratch.put("empty", "")), "FILE-EMPTY");
    ReadOptions options;
    options.allowEmpty = true;
    EXPECT_EQ(idOf(scratch.path / "empty", options), "");
}

TEST(Catalogue, F03_FolderWhereAFileIsWanted) {
    const ScratchFolder scratch;
    EXPECT_EQ(idOf(scratch.path), "FILE-KIND");
    EXPECT_EQ(idOf(scratch.put("file", "x") / "below"), "FILE-NOENT");
}

TEST(Catalogue, F04_PipeSocketAndDeviceDoNotHang) {
    const ScratchFolder scratch;
    ASSERT_EQ(::mkfifo((scratch.path / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(idOf(scratch.path / "pipe"), "FILE-KIND");
    EXPECT_EQ(idOf("/dev/zero"), "FILE-KIND");
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (scratch.path / "s").c_str(), sizeof address.sun_path - 1);
    const void* generic = &address;
    ASSERT_EQ(::bind(socket, static_cast<const sockaddr*>(generic), sizeof address), 0);
    EXPECT_EQ(idOf(scratch.path / "s"), "FILE-KIND");
    ::close(socket);
}

TEST(Catalogue, F05_ProcFilesOfSizeZero) { EXPECT_EQ(idOf("/proc/cpuinfo"), "FILE-EMPTY"); }

TEST(Catalogue, F06_NoPermission) {
    const ScratchFolder scratch;
    const fs::path path = scratch.put("secret", "x");
    fs::permissions(path, fs::perms::none);
    if (::geteuid() == 0) {
        EXPECT_EQ(idOf(path), "");   // root may read everything
    } else {
        EXPECT_EQ(idOf(path), "FILE-PERM");
    }
}

TEST(Catalogue, F07_DanglingAndCircularLinks) {
    const ScratchFolder scratch;
    fs::create_symlink(scratch.path / "nowhere", scratch.path / "dangling");
    fs::create_symlink(scratch.path / "b", scratch.path / "a");
    fs::create_symlink(scratch.path / "a", scratch.path / "b");
    EXPECT_EQ(idOf(scratch.path / "dangling"), "FILE-NOENT");
    EXPECT_EQ(idOf(scratch.path / "a"), "FILE-LOOP");
}

TEST(Catalogue, F10_NamesOfAnyScriptOpen) {
    const ScratchFolder scratch;
    for (const char* name : {"gr\xC3\xB6\xC3\x9F" "e\xE6\x97\xA5\xE6\x9C\xAC.png", "o\xCC\x88.png", "\xC3\xB6.png", "A.png", "a.png", "with 'quote' and\nnewline"}) {
        const auto read = readWholeFile(scratch.put(name, name));
        ASSERT_TRUE(read.ok()) << name;
        EXPECT_EQ(std::string(read->begin(), read->end()), name);
    }
    EXPECT_TRUE(readWholeFile(scratch.put("bad\xFF" "byte", "x")).ok());
}

TEST(Catalogue, F12_NamesThatAreTooLong) {
    const ScratchFolder scratch;
    EXPECT_EQ(idOf(scratch.path / std::string(256, 'n')), "FILE-NAME");
    EXPECT_EQ(idOf("/" + std::string(4097, 'n')), "FILE-NAME");
    EXPECT_EQ(idOf(scratch.path / std::string("zero\0byte", 9)), "FILE-NOENT");
    EXPECT_EQ(idOf(""), "FILE-NOENT");
}

TEST(Catalogue, F13_TildeIsNotExpanded) {
    const auto read = readWholeFile("~/picture.png");
    ASSERT_FALSE(read.ok());
    EXPECT_NE(read.error().hint.find("~"), std::string::npos);
}

TEST(Catalogue, F16_SparseGiantIsRefusedBeforeReading) {
    const ScratchFolder scratch;
    const fs::path path = scratch.put("sparse", "x");
    ASSERT_EQ(::truncate(path.c_str(), 1LL << 40), 0);
    ReadOptions options;
    options.limitName = "image-file-bytes";
    const auto read = readWholeFile(path, options);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().id, "FILE-LIMIT");
    EXPECT_EQ(exitCodeOf(read.error().code), 9);
    EXPECT_NE(read.error().hint.find("--limit image-file-bytes="), std::string::npos);
}

TEST(Catalogue, F17_ForeignFilesAreNamed) {
    const auto describe = [](const std::string& text) {
        const std::vector<std::uint8_t> bytes(text.begin(), text.end());
        return std::pair(describeForeignBytes(bytes), hintForForeignBytes(bytes));
    };
    EXPECT_EQ(describe("version https://git-lfs.github.com/spec/v1\noid sha256:0\n").second, "fetch the real file with 'git lfs pull'");
    EXPECT_EQ(describe("\x1f\x8b\x08").first, "a gzip archive");
    EXPECT_EQ(describe("<!DOCTYPE html>").first, "an HTML page");
    EXPECT_EQ(describe("PK\x03\x04").second, "unpack it first");
    EXPECT_EQ(describe("plain").first, "");
    EXPECT_EQ(describe("").first, "");
}

TEST(Catalogue, S12_DiskFullKeepsTheOldFile) {
    const ScratchFolder scratch;
    const fs::path path = scratch.put("out.json", "old");
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto oldHandler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 4096;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto written = atomicWriteFile(path, std::string(1 << 20, 'n'));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)std::signal(SIGXFSZ, oldHandler);
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(exitCodeOf(written.error().code), 8);
    EXPECT_EQ(*readTextFile(path), "old");
    EXPECT_EQ(scratch.entries(), 1U);   // no temporary file left
    EXPECT_TRUE(atomicWriteFile(path, std::string_view("new")).ok());
}

TEST(Catalogue, S13_FailureWhileProducingKeepsTheOldFile) {
    const ScratchFolder scratch;
    const fs::path path = scratch.put("out.json", "old");
    const auto written = atomicWriteFile(path, [](const WritePiece& write) {
        (void)write("half", 4);
        return false;
    });
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().id, "OUT-IO");
    EXPECT_EQ(*readTextFile(path), "old");
    EXPECT_EQ(scratch.entries(), 1U);
}

TEST(Catalogue, S17_LinksAreFollowedAndKept) {
    const ScratchFolder scratch;
    const fs::path target = scratch.put("target", "old");
    fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
    fs::create_symlink(target, scratch.path / "link");
    ASSERT_TRUE(atomicWriteFile(scratch.path / "link", std::string_view("new")).ok());
    EXPECT_TRUE(fs::is_symlink(scratch.path / "link"));
    EXPECT_EQ(*readTextFile(target), "new");
    EXPECT_EQ(fs::status(target).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(Catalogue, S18_SpecialTargetsAreRefused) {
    const ScratchFolder scratch;
    ASSERT_EQ(::mkfifo((scratch.path / "pipe").c_str(), 0600), 0);
    for (const fs::path& path : {fs::path("/dev/full"), scratch.path / "pipe", scratch.path}) {
        const auto written = atomicWriteFile(path, std::string_view("x"));
        ASSERT_FALSE(written.ok()) << path;
        EXPECT_EQ(written.error().id, "OUT-KIND");
        EXPECT_EQ(exitCodeOf(written.error().code), 8);
    }
    EXPECT_EQ(scratch.entries(), 1U);
}

TEST(Catalogue, C13_UnwritableOutputs) {
    const ScratchFolder scratch;
    EXPECT_EQ(atomicWriteFile(scratch.path / "no" / "folder", std::string_view("x")).error().id, "OUT-NOENT");
    EXPECT_EQ(atomicWriteFile(scratch.put("file", "x") / "below", std::string_view("x")).error().id, "OUT-NOENT");
    EXPECT_EQ(atomicWriteFile("", std::string_view("x")).error().id, "OUT-NAME");
    EXPECT_EQ(atomicWriteFile(scratch.path / std::string(300, 'n'), std::string_view("x")).error().id, "OUT-NAME");
}

TEST(Catalogue, C19_FoldersOfTheUserWithoutHome) {
    const char* home = std::getenv("HOME");
    const std::string kept = home != nullptr ? home : "";
    ::setenv("XDG_CACHE_HOME", "relative/path", 1);
    ::setenv("HOME", "/somewhere", 1);
    EXPECT_EQ(*userCacheDir(), fs::path("/somewhere/.cache/prunescope"));
    ::unsetenv("HOME");
    EXPECT_FALSE(userCacheDir().ok());
    ::setenv("XDG_CACHE_HOME", "/absolute", 1);
    EXPECT_EQ(*userCacheDir(), fs::path("/absolute/prunescope"));
    ::unsetenv("XDG_CACHE_HOME");
    ::setenv("HOME", kept.c_str(), 1);
}

TEST(Files, NewFilesAreWrittenWhole) {
    const ScratchFolder scratch;
    std::string text(3'000'000, 'q');
    ASSERT_TRUE(atomicWriteFile(scratch.path / "new", text).ok());
    EXPECT_EQ(*readTextFile(scratch.path / "new"), text);
    EXPECT_EQ(*sha256OfFile(scratch.path / "new"), sha256(std::string_view(text)));
    EXPECT_EQ(scratch.entries(), 1U);
}

}  // namespace
}  // namespace prunescope
