// SPDX-License-Identifier: GPL-3.0-or-later
// Scoring answers and evidence, and the summary over a suite.
#include "core/run/eval.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>

namespace prunescope {
namespace {

bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

bool isEdgePunctuation(char c) { return std::string_view(".,;:!?\"'()[]{}<>*`").find(c) != std::string_view::npos; }

bool isArticle(std::string_view word) { return word == "a" || word == "an" || word == "the"; }

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) {
        sum += value;
    }
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double median(std::vector<double> values) {
    if (values.empty()) {
        return 0;
    }
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) {
        return *middle;
    }
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double share(std::int64_t hits, std::int64_t count) { return count > 0 ? static_cast<double>(hits) / static_cast<double>(count) : 0; }

// Integral image of a mask, [(height + 1) * (width + 1)].
std::vector<double> integralOf(const std::vector<std::uint8_t>& mask, int width, int height) {
    const auto stride = static_cast<std::size_t>(width) + 1;
    std::vector<double> integral(stride * (static_cast<std::size_t>(height) + 1), 0.0);
    for (int y = 0; y < height; ++y) {
        double row = 0;
        for (int x = 0; x < width; ++x) {
            row += mask[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)] != 0 ? 1 : 0;
            integral[(static_cast<std::size_t>(y) + 1) * stride + static_cast<std::size_t>(x) + 1] = integral[static_cast<std::size_t>(y) * stride
                                                                                                              + static_cast<std::size_t>(x) + 1] + row;
        }
    }
    return integral;
}

// Covered area left of and above (x, y), exact for whole-pixel masks: bilinear in the integral.
double areaUpTo(const std::vector<double>& integral, int width, int height, double x, double y) {
    x = std::clamp(x, 0.0, static_cast<double>(width));
    y = std::clamp(y, 0.0, static_cast<double>(height));
    const auto x0 = std::min(static_cast<std::size_t>(x), static_cast<std::size_t>(width - 1));
    const auto y0 = std::min(static_cast<std::size_t>(y), static_cast<std::size_t>(height - 1));
    const double fx = x - static_cast<double>(x0);
    const double fy = y - static_cast<double>(y0);
    const auto stride = static_cast<std::size_t>(width) + 1;
    const auto at = [&](std::size_t row, std::size_t col) { return integral[row * stride + col]; };
    return (1 - fy) * ((1 - fx) * at(y0, x0) + fx * at(y0, x0 + 1)) + fy * ((1 - fx) * at(y0 + 1, x0) + fx * at(y0 + 1, x0 + 1));
}

struct Family {
    std::int64_t n = 0, correct = 0, truePositive = 0, saidYes = 0, wantedYes = 0, yesNo = 0, pointingHits = 0, pointingCount = 0;
};

void count(Family& family, const EvalLine& line) {
    ++family.n;
    family.correct += line.correct ? 1 : 0;
    if (line.wanted) {
        ++family.yesNo;
        const bool said = line.said.value_or(false);
        family.wantedYes += *line.wanted ? 1 : 0;
        family.saidYes += said ? 1 : 0;
        family.truePositive += *line.wanted && said ? 1 : 0;
    }
    if (line.pointing) {
        ++family.pointingCount;
        family.pointingHits += *line.pointing ? 1 : 0;
    }
}

Json familyJson(const Family& family) {
    const Interval interval = wilson95(family.correct, family.n);
    Json json{{"n", family.n}, {"correct", family.correct}, {"accuracy", share(family.correct, family.n)}};
    // Precision and recall of "yes" only where every question of the family is a yes/no question.
    if (family.n > 0 && family.yesNo == family.n) {
        const double precision = share(family.truePositive, family.saidYes);
        const double recall = share(family.truePositive, family.wantedYes);
        json["precision"] = precision;
        json["recall"] = recall;
        json["f1"] = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0.0;
    } else {
        json["precision"] = json["recall"] = json["f1"] = nullptr;
    }
    json["pointing"] = family.pointingCount > 0 ? Json(share(family.pointingHits, family.pointingCount)) : Json(nullptr);
    json["pointing_n"] = family.pointingCount;
    json["ci95"] = {interval.low, interval.high};
    return json;
}

}  // namespace

std::string normaliseAnswer(const std::string& answer) {
    std::string out;
    for (std::size_t begin = 0; begin < answer.size();) {
        if (isBlank(answer[begin])) {
            ++begin;
            continue;
        }
        std::size_t end = begin;
        while (end < answer.size() && !isBlank(answer[end])) {
            ++end;
        }
        std::size_t from = begin;
        std::size_t to = end;
        begin = end;
        while (from < to && isEdgePunctuation(answer[from])) {
            ++from;
        }
        while (to > from && isEdgePunctuation(answer[to - 1])) {
            --to;
        }
        std::string word = answer.substr(from, to - from);
        std::transform(word.begin(), word.end(), word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        if (!word.empty() && !isArticle(word)) {
            out += (out.empty() ? "" : " ") + word;
        }
    }
    return out;
}

std::optional<bool> yesNoOf(const std::string& answer) {
    const std::string normal = normaliseAnswer(answer);
    const std::string first = normal.substr(0, normal.find_first_of(" ,.;:"));
    if (first == "yes") {
        return true;
    }
    if (first == "no") {
        return false;
    }
    return std::nullopt;
}

bool answerMatches(const std::string& answer, const std::vector<std::string>& references) {
    const std::string given = normaliseAnswer(answer);
    return std::any_of(references.begin(), references.end(), [&](const std::string& reference) {
        const std::string wanted = normaliseAnswer(reference);
        if (wanted == "yes" || wanted == "no") {
            return yesNoOf(answer) == std::optional<bool>(wanted == "yes");
        }
        return given == wanted;
    });
}

Interval wilson95(std::int64_t hits, std::int64_t count) {
    if (count <= 0) {
        return {0, 1};
    }
    constexpr double z = 1.959963984540054;
    const auto n = static_cast<double>(count);
    const double p = static_cast<double>(hits) / n;
    const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
    const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

std::vector<std::uint8_t> expandRle(const RleMask& mask) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(mask.rows) * static_cast<std::size_t>(mask.cols), 0);
    std::size_t at = 0;
    std::uint8_t value = 0;
    for (const std::int64_t run : mask.counts) {
        const std::size_t length = std::min(static_cast<std::size_t>(run), pixels.size() - at);
        std::memset(pixels.data() + at, value, length);
        at += length;
        value = value == 0 ? 1 : 0;
    }
    return pixels;
}

std::optional<std::vector<std::uint8_t>> referredPixels(const std::vector<EvalRef>& refs, int width, int height) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 0);
    for (const EvalRef& ref : refs) {
        if (ref.rle) {
            if (ref.rle->rows != height || ref.rle->cols != width) {
                return std::nullopt;
            }
            const auto mask = expandRle(*ref.rle);
            std::transform(mask.begin(), mask.end(), pixels.begin(), pixels.begin(), [](std::uint8_t a, std::uint8_t b) { return static_cast<std::uint8_t>(a | b); });
            continue;
        }
        // Pixels whose centre is inside the box.
        const auto edge = [](double value, int limit) { return static_cast<int>(std::clamp(std::ceil(value - 0.5), 0.0, static_cast<double>(limit))); };
        for (int y = edge(ref.box[1], height); y < edge(ref.box[3], height); ++y) {
            const auto row = static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
            for (int x = edge(ref.box[0], width); x < edge(ref.box[2], width); ++x) {
                pixels[row + static_cast<std::size_t>(x)] = 1;
            }
        }
    }
    return pixels;
}

std::vector<double> patchCoverage(const GridMap& grid, const std::vector<std::uint8_t>& mask, int width, int height) {
    std::vector<double> coverage(static_cast<std::size_t>(grid.tokenCount()), 0.0);
    if (width <= 0 || height <= 0) {
        return coverage;
    }
    const auto integral = integralOf(mask, width, height);
    for (int token = 0; token < grid.tokenCount(); ++token) {
        const RectF r = grid.pixelsOf(token);
        const double area = (r.x1 - r.x0) * (r.y1 - r.y0);
        if (r.empty() || area <= 0) {
            continue;
        }
        const double covered = areaUpTo(integral, width, height, r.x1, r.y1) - areaUpTo(integral, width, height, r.x0, r.y1)
                               - areaUpTo(integral, width, height, r.x1, r.y0) + areaUpTo(integral, width, height, r.x0, r.y0);
        coverage[static_cast<std::size_t>(token)] = std::clamp(covered / area, 0.0, 1.0);
    }
    return coverage;
}

std::optional<Evidence> evidenceOf(const std::vector<double>& coverage, const PruneDecision& decision) {
    std::int64_t wanted = 0;
    std::int64_t kept = 0;
    for (const TokenTrace& token : decision.tokens) {
        const auto index = static_cast<std::size_t>(token.index);
        if (index < coverage.size() && coverage[index] >= kEvidenceCoverage) {
            ++wanted;
            kept += token.kept ? 1 : 0;
        }
    }
    if (wanted == 0) {
        return std::nullopt;
    }
    Evidence evidence;
    evidence.recall = share(kept, wanted);
    const TokenTrace* best = nullptr;
    const TokenTrace* worst = nullptr;
    for (const TokenTrace& token : decision.tokens) {
        if (!std::isfinite(token.relevance)) {
            continue;
        }
        best = best == nullptr || token.relevance > best->relevance ? &token : best;
        worst = worst == nullptr || token.relevance < worst->relevance ? &token : worst;
    }
    // A method that does not look at the question leaves relevance constant: nothing points anywhere.
    evidence.hasPointing = best != nullptr && best->relevance > worst->relevance;
    evidence.pointing = evidence.hasPointing && static_cast<std::size_t>(best->index) < coverage.size()
                        && coverage[static_cast<std::size_t>(best->index)] >= kPointingCoverage;
    return evidence;
}

Json evalJson(const std::vector<EvalLine>& lines, const Json& method) {
    std::map<std::string, Family> families;
    std::int64_t failed = 0;
    std::vector<double> evidence;
    std::vector<double> keptCounts;
    std::int64_t pointingHits = 0;
    std::int64_t pointingCount = 0;
    std::map<std::string, std::vector<double>> timings;
    for (const EvalLine& line : lines) {
        if (line.failed) {
            ++failed;
            continue;
        }
        count(families[line.family], line);
        keptCounts.push_back(static_cast<double>(line.tokensKept));
        if (line.evidenceRecall) {
            evidence.push_back(*line.evidenceRecall);
        }
        if (line.pointing) {
            ++pointingCount;
            pointingHits += *line.pointing ? 1 : 0;
        }
        for (const auto& [stage, ms] : line.timings) {
            timings[stage].push_back(ms);
        }
    }
    Json json;
    json["schema"] = "prunescope.eval/1";
    json["items"] = lines.size();
    json["failed"] = failed;
    json["method"] = method;
    json["families"] = Json::object();
    for (const auto& [name, family] : families) {
        json["families"][name] = familyJson(family);
    }
    json["evidence_recall"] = evidence.empty() ? Json(nullptr) : Json(mean(evidence));
    json["pointing"] = pointingCount > 0 ? Json(share(pointingHits, pointingCount)) : Json(nullptr);
    json["tokens_kept_mean"] = keptCounts.empty() ? Json(nullptr) : Json(mean(keptCounts));
    json["timings_ms_median"] = Json::object();
    for (auto& [stage, values] : timings) {
        json["timings_ms_median"][stage] = std::round(median(std::move(values)) * 1000) / 1000;
    }
    return json;
}

}  // namespace prunescope
