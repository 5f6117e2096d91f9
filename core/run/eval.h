// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Benchmarks: suite -> answers -> metrics with intervals, resumable. (contract of the command line, `eval`; reference/embedded_model.md section 7)

#include "core/run/pipeline.h"
#include "core/run/report.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace prunescope {

/// Row-major run lengths over rows x cols pixels, the first run counts zeros.
struct RleMask {
    int rows = 0, cols = 0;
    std::vector<std::int64_t> counts;
};
struct EvalRef {
    std::string name;
    std::array<double, 4> box{};   ///< x0, y0, x1, y1 in pixels of the original image
    std::optional<RleMask> rle;    ///< exact mask; the box when absent
};
struct EvalItem {
    std::string id;
    std::filesystem::path image;   ///< resolved against the suite's folder
    std::string question;
    std::vector<std::string> answers;
    std::string family;
    std::string negative;          ///< "random", "adversarial" or ""
    std::vector<EvalRef> refs;
};

/// Reads JSON Lines. Errors (kBadInput): FILE-*, SUITE-JSON, SUITE-KEY, SUITE-RLE, SUITE-EMPTY, SUITE-ID; WHERE names the line.
[[nodiscard]] Result<std::vector<EvalItem>> readSuite(const std::filesystem::path& path);

// --- scoring ---------------------------------------------------------------------------------------------------------------------------

/// Lower case, punctuation at word edges and the articles a, an, the removed, blanks collapsed.
[[nodiscard]] std::string normaliseAnswer(const std::string& answer);
/// True when the normalised answer equals one of the normalised references; for yes/no references the first word decides.
[[nodiscard]] bool answerMatches(const std::string& answer, const std::vector<std::string>& references);
/// First word yes/no; nullopt for anything else.
[[nodiscard]] std::optional<bool> yesNoOf(const std::string& answer);
struct Interval {
    double low = 0, high = 0;
};
/// Wilson score interval of a share at 95 %.
[[nodiscard]] Interval wilson95(std::int64_t hits, std::int64_t count);

/// One byte per pixel [rows * cols], row-major.
[[nodiscard]] std::vector<std::uint8_t> expandRle(const RleMask& mask);
/// Union of all referred objects on the image, one byte per pixel; masks of another size than the image are nullopt.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> referredPixels(const std::vector<EvalRef>& refs, int width, int height);
/// Share of each token's visible pixels that the mask covers, [tokens]; 0 where a token saw nothing of the image.
[[nodiscard]] std::vector<double> patchCoverage(const GridMap& grid, const std::vector<std::uint8_t>& mask, int width, int height);

/// A patch belongs to the objects from this coverage on (evidence), and the most relevant patch counts as on them from the second.
inline constexpr double kEvidenceCoverage = 0.5;
inline constexpr double kPointingCoverage = 0.3;
struct Evidence {
    double recall = 0;       ///< share of the evidence patches that were kept
    bool pointing = false;   ///< most relevant patch on an object
    bool hasPointing = false;   ///< the method computed relevance
};
/// nullopt when no patch reaches kEvidenceCoverage.
[[nodiscard]] std::optional<Evidence> evidenceOf(const std::vector<double>& coverage, const PruneDecision& decision);

// --- results ---------------------------------------------------------------------------------------------------------------------------

/// One item's outcome: one line of RESULTS.
struct EvalLine {
    std::string id, family, answer;
    bool correct = false, failed = false;
    std::string error;                        ///< id of the error when failed
    std::vector<std::int64_t> kept;
    std::int64_t tokensKept = 0;
    std::optional<bool> wanted, said;         ///< yes/no questions
    std::optional<double> evidenceRecall;
    std::optional<bool> pointing;
    std::map<std::string, double> timings;    ///< stage -> ms
};
[[nodiscard]] Json lineJson(const EvalLine& line, const std::string& fingerprint);
/// prunescope.eval/1 from all lines; `method` as in run.
[[nodiscard]] Json evalJson(const std::vector<EvalLine>& lines, const Json& method);

/// RESULTS.jsonl: appended and synced line by line, locked while open. A torn last line is cut off; lines of other options are refused.
class ResultsFile {
public:
    ResultsFile() = default;
    ~ResultsFile();
    ResultsFile(ResultsFile&& other) noexcept;
    ResultsFile& operator=(ResultsFile&&) = delete;
    /// Errors: OUT-* (kNotWritten), RESULTS-BUSY (kInUse), RESULTS-OPTIONS (kUsage), RESULTS-JSON (kBadInput).
    [[nodiscard]] static Result<ResultsFile> open(const std::filesystem::path& path, const std::string& fingerprint);
    /// Lines that were there, by id; failed ones are left out, so that they are tried again.
    [[nodiscard]] const std::map<std::string, EvalLine>& finished() const { return m_finished; }
    [[nodiscard]] Result<void> append(const EvalLine& line);

private:
    int m_descriptor = -1;
    std::filesystem::path m_path;
    std::string m_fingerprint;
    std::map<std::string, EvalLine> m_finished;
};

// --- the run ---------------------------------------------------------------------------------------------------------------------------

struct EvalOptions {
    PruneOptions prune;
    std::int64_t maxNewTokens = 16;
    std::optional<std::int64_t> limitItems;
    bool blank = false;                          ///< every image replaced by its mean colour
    std::filesystem::path results;               ///< empty: not kept
    ImageLimits imageLimits;
    std::function<void(std::size_t done, std::size_t all, const EvalLine&)> onItem;
    std::function<void(const std::string& id, const Error&)> onFailure;
};
struct EvalOutcome {
    Json report;
    std::int64_t items = 0, failed = 0, resumed = 0;
};
/// Which options, model, suite and processor made a line; different ones do not mix in one RESULTS file.
[[nodiscard]] Result<std::string> evalFingerprint(const EvalOptions& options, const Checkpoint& checkpoint, const std::filesystem::path& suite);
/// Runs every item; items that fail are counted, an Error ends the run only for cancel, results and suite. Not thread-safe.
[[nodiscard]] Result<EvalOutcome> runEval(Pipeline& pipeline, const std::filesystem::path& suite, const EvalOptions& options, std::stop_token stop);

}  // namespace prunescope
