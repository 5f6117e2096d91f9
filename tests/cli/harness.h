// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Runs the built prunescope-cli from outside and looks at what a shell would see: exit code, stdout, stderr, files.

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace prunescope::testing {

struct Surroundings {
    std::vector<std::pair<std::string, std::string>> environment;   ///< set on top of a clean one
    std::vector<std::string> unset;
    std::filesystem::path folder;                 ///< working directory
    std::string stdoutPath;                       ///< file or device instead of a pipe
    std::vector<int> closed;                      ///< descriptors closed before the start
    bool closeReaderEarly = false;                ///< the reader of stdout goes away after the first byte
    std::function<void(int pid)> whileRunning;    ///< called once, right after the start
    std::map<int, unsigned long> limits;          ///< RLIMIT_* -> soft and hard value
};

struct Outcome {
    int code = -1;          ///< exit code, 128 + n when a signal killed it
    bool killed = false;    ///< by a signal
    std::string out, err;
};

[[nodiscard]] Outcome runCli(const std::vector<std::string>& arguments, const Surroundings& setup = {});

/// Exit code, one stderr line of the contract's shape with an id that begins with `id`, nothing on stdout, no foreign words.
void expectError(const Outcome& outcome, int code, const std::string& id, const std::string& note = {});
/// Exit code 0 and no error line.
void expectFine(const Outcome& outcome, const std::string& note = {});

/// A folder of its own for each test, a model and a picture in it.
class CliTest : public ::testing::Test {
protected:
    void SetUp() override;
    void TearDown() override;

    /// The fixture model (not to be changed).
    [[nodiscard]] static std::filesystem::path model();
    [[nodiscard]] static std::filesystem::path picture();
    /// A copy of the fixture model in which `file` holds `content`; empty `file`: just a copy.
    [[nodiscard]] std::filesystem::path copyModel(const std::string& file = {}, const std::string& content = {});
    /// A copy of the fixture model with `from` in `file` replaced by `to`.
    [[nodiscard]] std::filesystem::path editModel(const std::string& file, const std::string& from, const std::string& to);
    [[nodiscard]] std::filesystem::path write(const std::string& name, const std::string& content) const;
    [[nodiscard]] static std::string read(const std::filesystem::path& path);
    /// A suite of `count` questions about the fixture's picture.
    [[nodiscard]] std::filesystem::path suite(int count) const;
    /// A features file; see writeFeatures in features.cpp.
    [[nodiscard]] std::filesystem::path features(const std::string& name, int n, int d, const std::function<float(int, int)>& token,
                                                 const std::function<float(int)>& query = {}, const std::string& grid = {}) const;

    /// `run` on the fixture with further arguments.
    [[nodiscard]] static std::vector<std::string> runArguments(std::vector<std::string> more = {});

    std::filesystem::path m_folder;

private:
    int m_copies = 0;
};

}  // namespace prunescope::testing
