// SPDX-License-Identifier: GPL-3.0-or-later
// Starting the program and reading what it says.
#include "tests/cli/harness.h"

#include "core/checkpoint/checkpoint.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

namespace prunescope::testing {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void child(const std::vector<std::string>& arguments, const Surroundings& setup, int outWrite, int errWrite) {
    if (!setup.folder.empty() && ::chdir(setup.folder.c_str()) != 0) {
        ::_exit(120);
    }
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    const int out = setup.stdoutPath.empty() ? outWrite : ::open(setup.stdoutPath.c_str(), O_WRONLY);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(errWrite, STDERR_FILENO);
    for (const int descriptor : setup.closed) {
        ::close(descriptor);
    }
    for (const auto& [resource, value] : setup.limits) {
        const rlimit limit{value, value};
        ::setrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
    }
    for (const auto& [name, value] : setup.environment) {
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    for (const std::string& name : setup.unset) {
        ::unsetenv(name.c_str());
    }
    const std::string program = std::string(PRUNESCOPE_BIN_DIR) + "/prunescope-cli";
    std::vector<char*> argv{const_cast<char*>("prunescope-cli")};
    for (const std::string& argument : arguments) {
        argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    ::execv(program.c_str(), argv.data());
    ::_exit(121);
}

// Reads both pipes to their ends; kills the process after two minutes.
void drain(pid_t pid, int out, int err, bool closeEarly, Outcome& outcome) {
    std::array<pollfd, 2> polled{{{out, POLLIN, 0}, {err, POLLIN, 0}}};
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (polled[0].fd >= 0 || polled[1].fd >= 0) {
        if (std::chrono::steady_clock::now() > deadline) {
            ::kill(pid, SIGKILL);
        }
        if (::poll(polled.data(), polled.size(), 500) < 0 && errno != EINTR) {
            break;
        }
        for (std::size_t i = 0; i < polled.size(); ++i) {
            if (polled[i].fd < 0 || (polled[i].revents & (POLLIN | POLLHUP | POLLERR)) == 0) {
                continue;
            }
            std::array<char, 65536> buffer{};
            const ssize_t got = ::read(polled[i].fd, buffer.data(), closeEarly && i == 0 ? 1 : buffer.size());
            if (got > 0) {
                (i == 0 ? outcome.out : outcome.err).append(buffer.data(), static_cast<std::size_t>(got));
            }
            if (got <= 0 || (closeEarly && i == 0)) {
                ::close(polled[i].fd);
                polled[i].fd = -1;
            }
        }
    }
}

}  // namespace

namespace {

// One thread for the tiny model: many tests run at once, and two threads that wait for each other on a busy machine take seconds.
std::vector<std::string> withOneThread(std::vector<std::string> arguments) {
    const bool usesModel = std::find(arguments.begin(), arguments.end(), "--model") != arguments.end();
    if (usesModel && std::find(arguments.begin(), arguments.end(), "--threads") == arguments.end()) {
        arguments.insert(arguments.end(), {"--threads", "1"});
    }
    return arguments;
}

}  // namespace

Outcome runCli(const std::vector<std::string>& given, const Surroundings& setup) {
    const std::vector<std::string> arguments = withOneThread(given);
    std::array<int, 2> out{};
    std::array<int, 2> err{};
    Outcome outcome;
    if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) {
        ADD_FAILURE() << "no pipes";
        return outcome;
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
        child(arguments, setup, out[1], err[1]);
    }
    ::close(out[1]);
    ::close(err[1]);
    if (setup.whileRunning) {
        setup.whileRunning(pid);
    }
    drain(pid, out[0], err[0], setup.closeReaderEarly, outcome);
    int status = 0;
    ::waitpid(pid, &status, 0);
    outcome.killed = WIFSIGNALED(status);
    outcome.code = outcome.killed ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return outcome;
}

void expectError(const Outcome& outcome, int code, const std::string& id, const std::string& note) {
    EXPECT_EQ(outcome.code, code) << note << "\n" << outcome.err;
    EXPECT_FALSE(outcome.killed) << note;
    EXPECT_EQ(outcome.out, "") << note;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << note << "\n" << outcome.err;
    EXPECT_LE(outcome.err.size(), 240U) << note;
    const std::regex shape("prunescope-cli: error\\[([A-Z0-9-]+)\\]: [^\\n]+\\n");
    std::smatch match;
    const bool fits = std::regex_match(outcome.err, match, shape);
    EXPECT_TRUE(fits) << note << "\n" << outcome.err;
    if (fits) {
        EXPECT_EQ(match[1].str().rfind(id, 0), 0U) << note << "\n" << outcome.err;
    }
    for (const char* foreign : {"c10::", "cv::", "json.exception", "what():", ".cpp", "terminate", "CLI::"}) {
        EXPECT_EQ(outcome.err.find(foreign), std::string::npos) << note << "\n" << outcome.err;
    }
    for (const char c : outcome.err) {
        EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)) << note << ": control character in the line";
    }
}

void expectFine(const Outcome& outcome, const std::string& note) {
    EXPECT_EQ(outcome.code, 0) << note << "\n" << outcome.err;
    EXPECT_EQ(outcome.err.find("error["), std::string::npos) << note << "\n" << outcome.err;
    EXPECT_NE(outcome.out, "") << note;
}

void CliTest::SetUp() {
    std::string name = (fs::temp_directory_path() / "prunescope-cli-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    m_folder = name;
}

void CliTest::TearDown() {
    std::error_code ignored;
    fs::remove_all(m_folder, ignored);
}

fs::path CliTest::model() { return fs::path(PRUNESCOPE_TEST_DATA) / "engine" / "tied_head"; }
fs::path CliTest::picture() { return model() / "image.png"; }

fs::path CliTest::copyModel(const std::string& file, const std::string& content) {
    const fs::path folder = m_folder / ("model" + std::to_string(++m_copies));
    fs::create_directory(folder);
    for (const auto& entry : fs::directory_iterator(model())) {
        if (entry.path().filename() != "expected.safetensors") {
            fs::copy_file(entry.path(), folder / entry.path().filename());
        }
    }
    if (!file.empty()) {
        fs::permissions(folder / file, fs::perms::owner_write | fs::perms::owner_read);
        std::ofstream(folder / file, std::ios::binary | std::ios::trunc) << content;
    }
    return folder;
}

fs::path CliTest::editModel(const std::string& file, const std::string& from, const std::string& to) {
    std::string text = read(model() / file);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << "'" << from << "' is not in " << file;
    if (at != std::string::npos) {
        text.replace(at, from.size(), to);
    }
    return copyModel(file, text);
}

fs::path CliTest::write(const std::string& name, const std::string& content) const {
    std::ofstream(m_folder / name, std::ios::binary) << content;
    return m_folder / name;
}

std::string CliTest::read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

fs::path CliTest::suite(int count) const {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += R"({"id":"q)" + std::to_string(i) + R"(","image":")" + picture().string() + R"(","question":"is it number )" + std::to_string(i)
                + R"(?","answer":"yes","family":"exist"})" + "\n";
    }
    return write("suite.jsonl", text);
}

fs::path CliTest::features(const std::string& name, int n, int d, const std::function<float(int, int)>& token, const std::function<float(int)>& query,
                           const std::string& grid) const {
    std::vector<TensorToWrite> tensors{{"tokens", {n, d}, {}, {}}};
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j < d; ++j) {
            tensors[0].f32.push_back(token(i, j));
        }
    }
    if (query) {
        tensors.push_back({"query", {d}, {}, {}});
        for (int j = 0; j < d; ++j) {
            tensors[1].f32.push_back(query(j));
        }
    }
    std::map<std::string, std::string> metadata;
    if (!grid.empty()) {
        metadata["grid"] = grid;
    }
    const fs::path path = m_folder / name;
    const auto written = writeSafetensors(path, tensors, metadata);
    EXPECT_TRUE(written.ok());
    return path;
}

std::vector<std::string> CliTest::runArguments(std::vector<std::string> more) {
    std::vector<std::string> arguments{"run", "--model", model().string(), "--image", picture().string(), "--question", "is it red?", "--max-new-tokens", "4"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

}  // namespace prunescope::testing
