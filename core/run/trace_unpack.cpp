// SPDX-License-Identifier: GPL-3.0-or-later
// A container as a trace: every key and section that this version knows is checked for kind, range and size before it is used.
#include "core/base/files.h"
#include "core/base/json_gate.h"
#include "core/base/numbers.h"
#include "core/base/utf8.h"
#include "core/run/errors.h"
#include "core/run/option_names.h"
#include "core/run/trace.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

namespace prunescope {
namespace {

using Value = nlohmann::json;

/// Reads keys and sections; the first one that is not as it must be stays as the error, and everything read after it is empty.
class Reader {
public:
    Reader(const TraceContainer& container, const std::string& where) : m_container(&container), m_where(where) {}

    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }
    void refuse(std::string id, std::string why) {
        if (!m_error) {
            m_error = makeError(ErrorCode::kBadInput, std::move(id), "cannot read the trace", m_where, std::move(why));
        }
    }
    void refuseKey(const std::string& key, const std::string& wanted) { refuse("TRACE-KEY", "header key '" + elide(key, 60, true) + "' is not " + wanted); }

    const Value& child(const Value& json, const char* key, const char* kind = "there") {
        static const Value kNull;
        if (!json.is_object() || !json.contains(key)) {
            refuseKey(key, kind);
            return kNull;
        }
        return json[key];
    }
    std::string text(const Value& json, const char* key) {
        const Value& value = child(json, key, "a text");
        if (!value.is_string()) {
            refuseKey(key, "a text");
            return {};
        }
        return value.get<std::string>();
    }
    bool flag(const Value& json, const char* key) {
        const Value& value = child(json, key, "true or false");
        if (!value.is_boolean()) {
            refuseKey(key, "true or false");
            return false;
        }
        return value.get<bool>();
    }
    template <typename T = std::int64_t>
    T whole(const Value& json, const char* key, std::int64_t low = 0, std::int64_t high = std::numeric_limits<T>::max()) {
        const auto value = wholeNumber(child(json, key, "a whole number"), low, high);
        if (!value) {
            refuseKey(key, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
        }
        return static_cast<T>(value.value_or(low));
    }
    double real(const Value& json, const char* key) {
        const auto value = finiteNumber(child(json, key, "a number"));
        if (!value) {
            refuseKey(key, "a finite number");
        }
        return value.value_or(0);
    }
    std::pair<double, double> pair(const Value& json, const char* key) {
        const Value& value = child(json, key, "two numbers");
        if (!value.is_array() || value.size() != 2 || !finiteNumber(value[0]) || !finiteNumber(value[1])) {
            refuseKey(key, "two finite numbers");
            return {0, 0};
        }
        return {*finiteNumber(value[0]), *finiteNumber(value[1])};
    }
    std::vector<std::string> texts(const Value& json, const char* key) {
        std::vector<std::string> out;
        const Value& value = child(json, key, "a list of texts");
        if (!value.is_array() || std::any_of(value.begin(), value.end(), [](const Value& each) { return !each.is_string(); })) {
            refuseKey(key, "a list of texts");
            return out;
        }
        for (const Value& each : value) {
            out.push_back(each.get<std::string>());
        }
        return out;
    }
    PruneOptions options(const Value& json, const char* key) {
        PruneOptions out;
        const Value& value = child(json, key, "the options of a decision");
        if (!value.is_object()) {
            refuseKey(key, "the options of a decision");
            return out;
        }
        for (const auto& [name, text] : value.items()) {
            const auto& known = pruneOptionNames();
            if (std::find(known.begin(), known.end(), name) == known.end()) {
                continue;   // of a newer version
            }
            if (!text.is_string() || !setPruneOption(out, name, text.get<std::string>())) {
                refuseKey(std::string(key) + "." + name, "a value of that option");
            }
        }
        return out;
    }

    /// Words of a question with their rows of the query; none in traces of before they were recorded.
    std::vector<AskedWord> words(const Value& json, std::int64_t rows) {
        std::vector<AskedWord> out;
        const auto found = json.is_object() ? json.find("words") : json.end();
        if (!json.is_object() || found == json.end()) {
            return out;
        }
        if (!found->is_array()) {
            refuseKey("words", "a list of words");
            return out;
        }
        for (const Value& each : *found) {
            AskedWord word{text(each, "text"), whole(each, "row", 0, rows), whole(each, "rows", 0, rows)};
            if (word.firstRow + word.rows > rows) {
                refuseKey("words", "rows of the query");
            }
            out.push_back(std::move(word));
        }
        return out;
    }

    /// nullptr when it is not there and need not be.
    const TraceSection* section(const std::string& name, SectionType type, bool needed) {
        m_known.insert(name);
        const TraceSection* found = m_container->find(name);
        if (found == nullptr && needed) {
            refuse("TRACE-SECTION", "section '" + name + "' is missing");
        }
        if (found != nullptr && found->type != type) {
            refuse("TRACE-SECTION", "section '" + name + "' has another type than it must have");
            return nullptr;
        }
        return found;
    }
    template <typename T>
    std::vector<T> list(const std::string& name, SectionType type, std::optional<std::int64_t> count, bool needed = true) {
        const TraceSection* found = section(name, type, needed);
        if (found == nullptr) {
            return std::vector<T>(count ? static_cast<std::size_t>(*count) : 0);
        }
        if (count && found->count() != *count) {
            refuse("TRACE-SECTION", "section '" + name + "' has " + formatCount(found->count()) + " values, " + formatCount(*count) + " are needed");
            return std::vector<T>(static_cast<std::size_t>(*count));
        }
        std::vector<T> out(found->bytes.size() / sizeof(T));
        std::memcpy(out.data(), found->bytes.data(), found->bytes.size());
        return out;
    }
    HostTensor tensor(const std::string& name, std::size_t axes, bool needed) {
        const TraceSection* found = section(name, SectionType::kF32, needed);
        if (found == nullptr) {
            return {};
        }
        if ((axes > 0 && found->shape.size() != axes) || found->shape.empty() || found->shape.size() > 2 || found->count() == 0) {
            refuse("TRACE-SECTION", "section '" + name + "' has not the shape that it must have");
            return {};
        }
        std::vector<float> values(static_cast<std::size_t>(found->count()));
        std::memcpy(values.data(), found->bytes.data(), found->bytes.size());
        return HostTensor(found->shape, std::move(values));
    }
    std::optional<RgbImage> picture(const std::string& name, bool needed) {
        constexpr std::int64_t kSide = 65'535;
        const TraceSection* found = section(name, SectionType::kU8, needed);
        if (found == nullptr) {
            return std::nullopt;
        }
        if (found->shape.size() != 3 || found->shape[2] != 3 || found->shape[0] < 1 || found->shape[1] < 1 || found->shape[0] > kSide || found->shape[1] > kSide) {
            refuse("TRACE-SECTION", "section '" + name + "' is not a picture");
            return std::nullopt;
        }
        return RgbImage{static_cast<int>(found->shape[1]), static_cast<int>(found->shape[0]), found->bytes};
    }
    /// Sections that nobody asked for.
    [[nodiscard]] std::vector<TraceSection> rest() const {
        std::vector<TraceSection> out;
        std::copy_if(m_container->sections.begin(), m_container->sections.end(), std::back_inserter(out), [&](const TraceSection& each) { return m_known.count(each.name) == 0; });
        return out;
    }

private:
    const TraceContainer* m_container;
    const std::string& m_where;
    std::optional<Error> m_error;
    std::set<std::string> m_known;
};

void readModel(Reader& in, const Value& json, Trace& trace) {
    ModelFacts& model = trace.model;
    trace.modelPath = in.text(json, "path");
    model.family = in.text(json, "family");
    model.device = in.text(json, "device");
    model.dtype = in.text(json, "dtype");
    model.parameters = in.whole(json, "parameters");
    model.hidden = in.whole<int>(json, "hidden");
    model.visualTokens = in.whole<int>(json, "visual_tokens");
    model.patchSize = in.whole<int>(json, "patch_size");
    const auto grid = in.pair(json, "grid");
    if (grid.first < 0 || grid.second < 0 || grid.first > 65535 || grid.second > 65535) {
        in.refuseKey("model.grid", "a grid");
        return;
    }
    model.gridRows = static_cast<int>(grid.first);
    model.gridCols = static_cast<int>(grid.second);
    model.hasClipTextTower = in.flag(json, "clip_text_tower");
    model.loadMs = in.real(json, "load_ms");
}

GridMap readGrid(Reader& in, const Value& json) {
    constexpr std::int64_t kSide = 65'535;
    GridMap grid;
    grid.rows = in.whole<int>(json, "rows", 0, kSide);
    grid.cols = in.whole<int>(json, "cols", 0, kSide);
    grid.imageWidth = in.whole<int>(json, "image_width", 1, kSide);
    grid.imageHeight = in.whole<int>(json, "image_height", 1, kSide);
    grid.inputSize = in.whole<int>(json, "input_size", 1, kSide);
    grid.patchSize = in.whole<int>(json, "patch_size", 0, kSide);
    std::tie(grid.scaleX, grid.scaleY) = in.pair(json, "scale");
    std::tie(grid.offsetX, grid.offsetY) = in.pair(json, "offset");
    grid.padded = in.flag(json, "padded");
    grid.hasClassToken = in.flag(json, "class_token");
    if (!in.error() && (grid.scaleX <= 0 || grid.scaleY <= 0)) {
        in.refuseKey("image.grid.scale", "above 0");
    }
    return grid;
}

/// The original picture: from the file's bytes, from pixels, from its place on disk, or the picture that the model saw in its stead.
void readOriginal(Reader& in, const std::string& where, ImageContext& image, DecodedImage& decoded, Trace& trace) {
    trace.pictureFile = in.list<std::uint8_t>("image.file", SectionType::kU8, std::nullopt, false);
    const auto pixels = in.picture("image.rgb", trace.picture == PictureRule::kEmbed && trace.pictureFile.empty());
    const auto take = [&](Result<DecodedImage> read, bool must) {
        if (read && read->sha256 == image.sha256 && read->rgb.width == image.input.grid.imageWidth && read->rgb.height == image.input.grid.imageHeight) {
            decoded.rgb = std::move(read->rgb);
            return true;
        }
        if (must) {
            in.refuse("TRACE-IMAGE", "section 'image.file' is not the picture that the header describes");
        }
        return false;
    };
    if (!trace.pictureFile.empty()) {
        (void)take(decodeImage(trace.pictureFile, {}, where), true);
        return;
    }
    if (pixels) {
        decoded.rgb = *pixels;
        if (decoded.rgb.width != image.input.grid.imageWidth || decoded.rgb.height != image.input.grid.imageHeight) {
            in.refuse("TRACE-IMAGE", "section 'image.rgb' is not of the size that the header names");
        }
        return;
    }
    if (in.error() || (!image.path.empty() && take(readImage(image.path), false))) {
        return;
    }
    // Nothing of the original: what the model saw, on the model's own pixels.
    decoded.rgb = image.input.seen;
    trace.warnings.push_back("TRACE-IMAGE: the original picture is not in the trace and not at its old place; the picture as the model saw it is shown");
    GridMap& grid = image.input.grid;
    trace.recordedGrid = grid;
    grid.imageWidth = decoded.rgb.width;
    grid.imageHeight = decoded.rgb.height;
    grid.scaleX = grid.scaleY = 1;
    grid.offsetX = grid.offsetY = 0;
}

void readImageContext(Reader& in, const Value& json, const std::string& where, Trace& trace) {
    auto image = std::make_shared<ImageContext>();
    auto decoded = std::make_shared<DecodedImage>();
    image->path = in.text(json, "path");
    image->sha256 = decoded->sha256 = in.text(json, "sha256");
    image->format = decoded->format = in.text(json, "format");
    image->decodeImageMs = in.real(json, "decode_ms");
    image->preprocessMs = in.real(json, "preprocess_ms");
    image->vision.visionMs = in.real(json, "vision_ms");
    image->vision.projectMs = in.real(json, "project_ms");
    decoded->warnings = in.texts(json, "warnings");
    const std::string rule = in.text(json, "rule");
    if (rule != "embed" && rule != "path") {
        in.refuseKey("image.rule", "embed or path");
    }
    trace.picture = rule == "path" ? PictureRule::kPathOnly : PictureRule::kEmbed;
    image->input.grid = readGrid(in, in.child(json, "grid"));
    if (auto seen = in.picture("image.seen", true)) {
        image->input.seen = std::move(*seen);
    }
    image->vision.projected = in.tensor("tokens", 2, true);
    image->vision.clipTokens = in.tensor("clip_tokens", 2, false);
    image->localRedundancy = in.list<float>("local_redundancy", SectionType::kF32, std::nullopt, false);
    if (in.error()) {
        return;
    }
    const GridMap& grid = image->input.grid;
    const std::int64_t n = image->vision.projected.size(0);
    const auto cells = static_cast<std::size_t>(grid.rows) * static_cast<std::size_t>(grid.cols);
    if (n != static_cast<std::int64_t>(cells) + (grid.hasClassToken ? 1 : 0)) {
        in.refuse("TRACE-SECTION", "section 'tokens' has " + formatCount(n) + " rows, the grid holds other ones");
    } else if (!image->vision.clipTokens.empty() && image->vision.clipTokens.size(0) != n) {
        in.refuse("TRACE-SECTION", "section 'clip_tokens' has another number of rows than 'tokens'");
    } else if (!image->localRedundancy.empty() && image->localRedundancy.size() != cells) {
        in.refuse("TRACE-SECTION", "section 'local_redundancy' does not fit the grid");
    } else {
        readOriginal(in, where, *image, *decoded, trace);
    }
    image->decoded = std::move(decoded);
    trace.image = std::move(image);
}

/// Each of `list` is a token, none comes twice.
bool areTokens(const std::vector<std::int64_t>& list, std::int64_t n) {
    std::vector<std::uint8_t> seen(static_cast<std::size_t>(n), 0);
    return std::all_of(list.begin(), list.end(), [&](std::int64_t token) { return token >= 0 && token < n && seen[static_cast<std::size_t>(token)]++ == 0; });
}

void readTokens(Reader& in, const std::string& prefix, PruneDecision& out) {
    const auto kept = in.list<std::uint8_t>(prefix + "kept", SectionType::kU8, out.n);
    const auto reason = in.list<std::uint8_t>(prefix + "reason", SectionType::kU8, out.n);
    const auto row = in.list<std::int32_t>(prefix + "row", SectionType::kI32, out.n);
    const auto col = in.list<std::int32_t>(prefix + "col", SectionType::kI32, out.n);
    const auto degree = in.list<std::int32_t>(prefix + "degree", SectionType::kI32, out.n);
    const auto rank = in.list<std::int32_t>(prefix + "gsp_rank", SectionType::kI32, out.n);
    const auto mean = in.list<float>(prefix + "mean_similarity", SectionType::kF32, out.n);
    const auto score = in.list<float>(prefix + "gsp_score", SectionType::kF32, out.n);
    const auto raw = in.list<float>(prefix + "relevance_raw", SectionType::kF32, out.n);
    const auto relevance = in.list<float>(prefix + "relevance", SectionType::kF32, out.n);
    for (std::size_t i = 0; i < kept.size(); ++i) {
        if (kept[i] > 1 || reason[i] > static_cast<std::uint8_t>(Reason::kMethod)) {
            in.refuse("TRACE-SECTION", "section '" + prefix + (kept[i] > 1 ? "kept" : "reason") + "' holds a value that means nothing");
            return;
        }
        TokenTrace token;
        token.index = static_cast<std::int32_t>(i);
        token.row = row[i];
        token.col = col[i];
        token.kept = kept[i] != 0;
        token.reason = static_cast<Reason>(reason[i]);
        token.degree = degree[i];
        token.gspRank = rank[i];
        token.meanSimilarity = mean[i];
        token.gspScore = score[i];
        token.relevanceRaw = raw[i];
        token.relevance = relevance[i];
        token.dppGain = std::numeric_limits<float>::quiet_NaN();
        out.tokens.push_back(token);
        if (token.kept) {
            out.kept.push_back(token.index);
        }
    }
}

std::shared_ptr<const PruneDecision> readDecision(Reader& in, const Value& json, const std::string& prefix, std::int64_t n) {
    auto out = std::make_shared<PruneDecision>();
    out->n = n;
    out->options = in.options(json, "options");
    const Value& tau = in.child(json, "tau");
    out->resolvedTau = finiteNumber(tau).value_or(std::numeric_limits<double>::quiet_NaN());
    out->warnings = in.texts(json, "decision_warnings");
    const Value& times = in.child(json, "decision_ms");
    out->timings = {in.real(times, "gram"), in.real(times, "relevance"), in.real(times, "gsp"), in.real(times, "greedy"), in.real(times, "total")};
    readTokens(in, prefix, *out);
    out->order = in.list<std::int64_t>(prefix + "order", SectionType::kI64, std::nullopt);
    out->gain = in.list<float>(prefix + "gain", SectionType::kF32, static_cast<std::int64_t>(out->order.size()));
    out->emitted = in.list<std::int64_t>(prefix + "emitted", SectionType::kI64, std::nullopt);
    if (in.error()) {
        return out;
    }
    if (!areTokens(out->order, n) || !areTokens(out->emitted, n)) {
        in.refuse("TRACE-SECTION", "section '" + prefix + "order' or '" + prefix + "emitted' does not hold token numbers");
        return out;
    }
    for (std::size_t rank = 0; rank < out->order.size(); ++rank) {
        TokenTrace& token = out->tokens[static_cast<std::size_t>(out->order[rank])];
        token.dppRank = static_cast<std::int32_t>(rank);
        token.dppGain = out->gain[rank];
    }
    return out;
}

void readTimings(Reader& in, const Value& json, StageTimings& t) {
    const std::pair<const char*, double*> rows[] = {{"load_model", &t.loadModelMs}, {"decode_image", &t.decodeImageMs}, {"preprocess", &t.preprocessMs},
                                                    {"vision", &t.visionMs}, {"project", &t.projectMs}, {"prune", &t.pruneMs}, {"prefill", &t.prefillMs},
                                                    {"decode", &t.decodeMs}, {"first_token", &t.firstTokenMs}, {"per_token", &t.perTokenMs}, {"total", &t.totalMs}};
    for (const auto& [name, target] : rows) {
        *target = in.real(json, name);
    }
    t.visionFromCache = in.flag(json, "vision_from_cache");
}

FinishReason readFinish(Reader& in, const Value& json) {
    const std::string text = in.text(json, "finish");
    for (const FinishReason reason : {FinishReason::kEos, FinishReason::kLength, FinishReason::kCancelled}) {
        if (text == nameOf(reason)) {
            return reason;
        }
    }
    in.refuseKey("finish", "eos, length or cancelled");
    return FinishReason::kEos;
}

std::shared_ptr<const RunResult> readRun(Reader& in, const Value& json, const std::string& prefix, const Trace& trace) {
    auto out = std::make_shared<RunResult>();
    const HostTensor& tokens = trace.image->vision.projected;
    out->image = trace.image;
    out->request.image = trace.image->decoded;
    out->request.imagePath = trace.image->path;
    out->request.question = in.text(json, "question");
    const Value& prompt = in.child(json, "prompt");
    if (!prompt.is_null()) {
        out->request.rawPrompt = in.text(json, "prompt");
    }
    out->request.maxNewTokens = in.whole(json, "max_new_tokens", 1);
    out->request.prune = in.options(json, "requested");
    out->promptTokens = in.whole(json, "prompt_tokens");
    auto input = std::make_shared<PruneInput>();
    input->tokens = tokens;
    if (in.flag(json, "clip_space")) {
        input->relevanceTokens = trace.image->vision.clipTokens;
        if (input->relevanceTokens.empty()) {
            in.refuse("TRACE-SECTION", "section 'clip_tokens' is missing");
        }
    }
    input->autoSign = in.whole<int>(json, "auto_sign", -1, 1);
    input->query = in.tensor(prefix + "query", 0, false);
    input->querySegments = in.tensor(prefix + "query_segments", 0, false);
    out->words = in.words(json, input->query.empty() ? 0 : input->query.size(0));
    input->gridRows = trace.image->input.grid.rows;
    input->gridCols = trace.image->input.grid.cols;
    out->input = std::move(input);
    out->decision = readDecision(in, json, prefix, tokens.size(0));
    out->hasAnswer = in.flag(json, "has_answer");
    out->answer = in.text(json, "answer");
    out->finish = readFinish(in, json);
    out->answerTokens = in.list<std::int64_t>(prefix + "answer_tokens", SectionType::kI64, std::nullopt);
    out->answerLogProbabilities = in.list<float>(prefix + "answer_log_probabilities", SectionType::kF32, std::nullopt);
    readTimings(in, in.child(json, "timings_ms"), out->timings);
    const Value& cost = in.child(json, "cost");
    out->cost = {in.whole(cost, "macs_visual_only"), in.whole(cost, "macs_llm"), in.whole(cost, "macs_vision"), in.whole(cost, "macs_total"), in.whole(cost, "kv_bytes")};
    out->measuredKvBytes = in.whole(cost, "kv_bytes_measured");
    out->peakMemoryBytes = in.whole(cost, "peak_memory_bytes");
    out->warnings = in.texts(json, "warnings");
    return out;
}

Result<Trace> unpack(TraceContainer container, const std::string& where) {
    Trace trace;
    Reader in(container, where);
    const Value& header = container.header;
    if (in.text(header, "schema") != "prunescope.trace/1") {
        in.refuseKey("schema", "prunescope.trace/1");
    }
    trace.created = in.text(header, "created");
    const Value& program = in.child(header, "program");
    trace.program = {in.text(program, "version"), in.text(program, "torch"), in.text(program, "cuda")};
    const Value& environment = in.child(header, "environment");
    if (!environment.is_object()) {
        in.refuseKey("environment", "an object");
        return *in.error();
    }
    for (const auto& [name, value] : environment.items()) {
        if (value.is_string()) {
            trace.environment[name] = value.get<std::string>();
        } else {
            in.refuseKey("environment." + name, "a text");
        }
    }
    readModel(in, in.child(header, "model"), trace);
    readImageContext(in, in.child(header, "image"), where, trace);
    const Value& runs = in.child(header, "runs");
    if (!runs.is_array() || runs.empty()) {
        in.refuseKey("runs", "a list of runs");
    }
    for (std::size_t i = 0; !in.error() && i < runs.size(); ++i) {
        trace.runs.push_back(readRun(in, runs[i], "run" + std::to_string(i) + ".", trace));
    }
    if (in.error()) {
        return *in.error();
    }
    trace.unknown.sections = in.rest();
    trace.unknown.header = std::move(container.header);
    return trace;
}

}  // namespace

Result<Trace> readTrace(std::span<const std::uint8_t> bytes, const std::string& where) {
    return guarded("cannot read the trace", [&]() -> Result<Trace> {
        auto container = unpackTrace(bytes, where);
        return container ? unpack(std::move(*container), where) : container.error();
    });
}

Result<Trace> openTrace(const std::filesystem::path& path, std::int64_t limitBytes) {
    ReadOptions options;
    options.limit = limitBytes;
    options.what = "cannot read the trace";
    const auto bytes = readWholeFile(path, options);
    return bytes ? readTrace(*bytes, path.string()) : bytes.error();
}

}  // namespace prunescope
