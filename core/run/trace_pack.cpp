// SPDX-License-Identifier: GPL-3.0-or-later
// A trace as a container: header keys and sections, named once here and once in trace_unpack.cpp.
#include "core/base/files.h"
#include "core/base/sha256.h"
#include "core/run/errors.h"
#include "core/run/option_names.h"
#include "core/run/trace.h"

#include <sys/utsname.h>

#include <chrono>
#include <cstring>
#include <ctime>
#include <utility>

namespace prunescope {
namespace {

using Value = nlohmann::json;

template <typename T>
TraceSection section(std::string name, SectionType type, std::vector<std::int64_t> shape, const std::vector<T>& values) {
    static_assert(sizeof(T) == 1 || sizeof(T) == 4 || sizeof(T) == 8);
    TraceSection out{std::move(name), type, std::move(shape), std::vector<std::uint8_t>(values.size() * sizeof(T))};
    std::memcpy(out.bytes.data(), values.data(), out.bytes.size());   // hosts of this program are little-endian
    return out;
}

class Packer {
public:
    explicit Packer(const Trace& trace) : m_trace(&trace) { m_out.header = trace.unknown.header; }

    TraceContainer run() {
        Value& header = m_out.header;
        header["schema"] = "prunescope.trace/1";
        header["created"] = m_trace->created;
        header["program"]["version"] = m_trace->program.version;
        header["program"]["torch"] = m_trace->program.torch;
        header["program"]["cuda"] = m_trace->program.cuda;
        header["environment"] = m_trace->environment;
        packModel(header["model"]);
        packImage(header["image"]);
        for (std::size_t i = 0; i < m_trace->runs.size(); ++i) {
            if (!header["runs"].is_array() || header["runs"].size() <= i) {
                header["runs"].push_back(Value::object());
            }
            packRun(header["runs"][i], *m_trace->runs[i], "run" + std::to_string(i) + ".");
        }
        for (const TraceSection& extra : m_trace->unknown.sections) {
            m_out.sections.push_back(extra);
        }
        return std::move(m_out);
    }

private:
    void add(TraceSection part) { m_out.sections.push_back(std::move(part)); }
    void addTensor(const std::string& name, const HostTensor& tensor) {
        if (!tensor.empty()) {
            add(section(name, SectionType::kF32, tensor.shape(), std::vector<float>(tensor.values().begin(), tensor.values().end())));
        }
    }
    template <typename T>
    void addList(const std::string& name, SectionType type, const std::vector<T>& values) {
        add(section(name, type, {static_cast<std::int64_t>(values.size())}, values));
    }
    void addPicture(const std::string& name, const RgbImage& image) { add(section(name, SectionType::kU8, {image.height, image.width, 3}, image.pixels)); }

    void packModel(Value& json) const {
        const ModelFacts& model = m_trace->model;
        json["path"] = m_trace->modelPath;
        json["family"] = model.family;
        json["device"] = model.device;
        json["dtype"] = model.dtype;
        json["parameters"] = model.parameters;
        json["hidden"] = model.hidden;
        json["visual_tokens"] = model.visualTokens;
        json["patch_size"] = model.patchSize;
        json["grid"] = {model.gridRows, model.gridCols};
        json["clip_text_tower"] = model.hasClipTextTower;
        json["load_ms"] = model.loadMs;
    }

    void packImage(Value& json) {
        const ImageContext& image = *m_trace->image;
        json["path"] = image.path;
        json["sha256"] = image.sha256;
        json["format"] = image.format;
        json["decode_ms"] = image.decodeImageMs;
        json["preprocess_ms"] = image.preprocessMs;
        json["vision_ms"] = image.vision.visionMs;
        json["project_ms"] = image.vision.projectMs;
        json["warnings"] = image.decoded->warnings;
        json["rule"] = m_trace->picture == PictureRule::kEmbed ? "embed" : "path";
        const GridMap& grid = m_trace->recordedGrid ? *m_trace->recordedGrid : image.input.grid;
        Value& map = json["grid"];
        map["rows"] = grid.rows;
        map["cols"] = grid.cols;
        map["image_width"] = grid.imageWidth;
        map["image_height"] = grid.imageHeight;
        map["input_size"] = grid.inputSize;
        map["patch_size"] = grid.patchSize;
        map["scale"] = {grid.scaleX, grid.scaleY};
        map["offset"] = {grid.offsetX, grid.offsetY};
        map["padded"] = grid.padded;
        map["class_token"] = grid.hasClassToken;
        if (m_trace->picture == PictureRule::kEmbed) {
            if (m_trace->pictureFile.empty()) {
                addPicture("image.rgb", image.decoded->rgb);
            } else {
                addList("image.file", SectionType::kU8, m_trace->pictureFile);
            }
        }
        addPicture("image.seen", image.input.seen);
        addTensor("tokens", image.vision.projected);
        addTensor("clip_tokens", image.vision.clipTokens);
        if (!image.localRedundancy.empty()) {
            addList("local_redundancy", SectionType::kF32, image.localRedundancy);
        }
    }

    static void packOptions(Value& json, const PruneOptions& options) {
        if (json.is_null()) {
            json = Value::object();
        }
        for (const std::string& name : pruneOptionNames()) {
            json.erase(name);   // those of newer versions stay
        }
        for (const auto& [name, text] : pruneOptionTexts(options)) {
            json[name] = text;
        }
    }

    static void packTimings(Value& json, const StageTimings& t) {
        const std::pair<const char*, double> rows[] = {{"load_model", t.loadModelMs}, {"decode_image", t.decodeImageMs}, {"preprocess", t.preprocessMs},
                                                       {"vision", t.visionMs}, {"project", t.projectMs}, {"prune", t.pruneMs}, {"prefill", t.prefillMs},
                                                       {"decode", t.decodeMs}, {"first_token", t.firstTokenMs}, {"per_token", t.perTokenMs}, {"total", t.totalMs}};
        for (const auto& [name, ms] : rows) {
            json[name] = ms;
        }
        json["vision_from_cache"] = t.visionFromCache;
    }

    void packRun(Value& json, const RunResult& run, const std::string& prefix) {
        const PruneInput& input = *run.input;
        json["question"] = run.request.question;
        json["prompt"] = run.request.rawPrompt ? Value(*run.request.rawPrompt) : Value(nullptr);
        json["max_new_tokens"] = run.request.maxNewTokens;
        packOptions(json["requested"], run.request.prune);
        json["prompt_tokens"] = run.promptTokens;
        Value words = Value::array();
        for (const AskedWord& word : run.words) {
            words.push_back({{"text", word.text}, {"row", word.firstRow}, {"rows", word.rows}});
        }
        json.erase("words");
        if (!words.empty()) {
            json["words"] = std::move(words);
        }
        json["clip_space"] = !input.relevanceTokens.empty();
        json["auto_sign"] = input.autoSign;
        addTensor(prefix + "query", input.query);
        addTensor(prefix + "query_segments", input.querySegments);
        packDecision(json, *run.decision, prefix);
        json["has_answer"] = run.hasAnswer;
        json["answer"] = run.answer;
        json["finish"] = nameOf(run.finish);
        addList(prefix + "answer_tokens", SectionType::kI64, run.answerTokens);
        addList(prefix + "answer_log_probabilities", SectionType::kF32, run.answerLogProbabilities);
        packTimings(json["timings_ms"], run.timings);
        const CostEstimate& cost = run.cost;
        const std::pair<const char*, std::int64_t> costs[] = {{"macs_visual_only", cost.macsVisualOnly}, {"macs_llm", cost.macsLlm}, {"macs_vision", cost.macsVision},
                                                              {"macs_total", cost.macsTotal}, {"kv_bytes", cost.kvBytes}, {"kv_bytes_measured", run.measuredKvBytes},
                                                              {"peak_memory_bytes", run.peakMemoryBytes}};
        for (const auto& [name, value] : costs) {
            json["cost"][name] = value;
        }
        json["warnings"] = run.warnings;
    }

    void packDecision(Value& json, const PruneDecision& decision, const std::string& prefix) {
        packOptions(json["options"], decision.options);
        json["tau"] = decision.resolvedTau;   // NaN (a quantile that nothing needed) becomes null
        json["decision_warnings"] = decision.warnings;
        const PruneTimings& t = decision.timings;
        const std::pair<const char*, double> times[] = {{"gram", t.gramMs}, {"relevance", t.relevanceMs}, {"gsp", t.gspMs}, {"greedy", t.greedyMs}, {"total", t.totalMs}};
        for (const auto& [name, ms] : times) {
            json["decision_ms"][name] = ms;
        }
        std::vector<std::uint8_t> kept;
        std::vector<std::uint8_t> reason;
        std::vector<std::int32_t> row;
        std::vector<std::int32_t> col;
        std::vector<std::int32_t> degree;
        std::vector<std::int32_t> rank;
        std::vector<float> mean;
        std::vector<float> score;
        std::vector<float> raw;
        std::vector<float> relevance;
        for (const TokenTrace& token : decision.tokens) {
            kept.push_back(token.kept ? 1 : 0);
            reason.push_back(static_cast<std::uint8_t>(token.reason));
            row.push_back(token.row);
            col.push_back(token.col);
            degree.push_back(token.degree);
            rank.push_back(token.gspRank);
            mean.push_back(token.meanSimilarity);
            score.push_back(token.gspScore);
            raw.push_back(token.relevanceRaw);
            relevance.push_back(token.relevance);
        }
        addList(prefix + "kept", SectionType::kU8, kept);
        addList(prefix + "reason", SectionType::kU8, reason);
        addList(prefix + "row", SectionType::kI32, row);
        addList(prefix + "col", SectionType::kI32, col);
        addList(prefix + "degree", SectionType::kI32, degree);
        addList(prefix + "gsp_rank", SectionType::kI32, rank);
        addList(prefix + "mean_similarity", SectionType::kF32, mean);
        addList(prefix + "gsp_score", SectionType::kF32, score);
        addList(prefix + "relevance_raw", SectionType::kF32, raw);
        addList(prefix + "relevance", SectionType::kF32, relevance);
        addList(prefix + "order", SectionType::kI64, decision.order);
        addList(prefix + "gain", SectionType::kF32, decision.gain);
        addList(prefix + "emitted", SectionType::kI64, decision.emitted);
    }

    const Trace* m_trace;
    TraceContainer m_out;
};

std::string utcNow() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace

std::vector<std::uint8_t> traceBytes(const Trace& trace) { return packTrace(Packer(trace).run()); }

Result<void> saveTrace(const std::filesystem::path& path, const Trace& trace) {
    return guarded("cannot save the trace", [&]() -> Result<void> { return atomicWriteFile(path, traceBytes(trace)); });
}

Result<Trace> makeTrace(std::vector<std::shared_ptr<const RunResult>> runs, const ModelFacts& model, const std::string& modelPath, const ProgramFacts& program,
                        PictureRule picture) {
    const auto refused = [](std::string why) { return makeError(ErrorCode::kUsage, "TRACE-RUNS", "cannot make a trace", {}, std::move(why)); };
    if (runs.empty()) {
        return refused("there is no finished run");
    }
    Trace trace;
    for (const auto& run : runs) {
        if (!run || !run->decision || !run->image || !run->input || !run->image->decoded) {
            return refused("a run is not finished");
        }
        if (run->image->sha256 != runs.front()->image->sha256 || run->image->path != runs.front()->image->path) {
            return refused("the runs are about different images");
        }
        if (!trace.image || trace.image->localRedundancy.empty()) {
            trace.image = run->image;   // diagnostics may have come later
        }
    }
    trace.runs = std::move(runs);
    trace.model = model;
    trace.modelPath = modelPath;
    trace.program = program;
    trace.picture = picture;
    trace.created = utcNow();
    utsname system{};
    if (::uname(&system) == 0) {
        trace.environment["system"] = std::string(system.sysname) + " " + system.release;
        trace.environment["machine"] = system.machine;
    }
    if (picture == PictureRule::kEmbed && !trace.image->path.empty()) {
        auto bytes = readWholeFile(trace.image->path);
        if (bytes && sha256(*bytes) == trace.image->sha256) {
            trace.pictureFile = std::move(*bytes);
        }
    }
    return trace;
}

}  // namespace prunescope
