// SPDX-License-Identifier: GPL-3.0-or-later
// request -> pipeline -> result.
#include "core/run/pipeline.h"

#include "core/base/numbers.h"
#include "core/run/errors.h"
#include "core/run/image_cache.h"
#include "core/run/process_memory.h"
#include "core/run/prompt.h"
#include "core/run/stage_clock.h"
#include "core/text/prompt.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace prunescope {
namespace {

std::string_view withoutLeadingBlanks(std::string_view text) {
    const std::size_t at = text.find_first_not_of(" \n\t\r");
    return at == std::string_view::npos ? std::string_view() : text.substr(at);
}

std::string trimmed(const std::string& text) {
    const std::string_view front = withoutLeadingBlanks(text);
    const std::size_t last = front.find_last_not_of(" \n\t\r");
    return last == std::string_view::npos ? std::string() : std::string(front.substr(0, last + 1));
}

void append(std::vector<std::string>& to, const std::vector<std::string>& from) {
    for (const std::string& line : from) {
        if (std::find(to.begin(), to.end(), line) == to.end()) {
            to.push_back(line);
        }
    }
}

CostEstimate costOf(const ModelConfig& config, const ModelFacts& facts, std::int64_t visual, std::int64_t text, std::int64_t generated) {
    DecoderShape decoder;
    decoder.layers = config.text.layers;
    decoder.hidden = config.text.hidden;
    decoder.intermediate = config.text.intermediate;
    decoder.heads = config.text.heads;
    decoder.kvHeads = config.text.kvHeads;
    decoder.headDim = config.text.headDim;
    decoder.vocab = config.text.vocab;
    VisionShape vision;
    // hidden_states[k] is the output of block k; -2 of L blocks is hidden_states[L - 1]. (reference/methods.md section 18)
    for (const int layer : config.featureLayers) {
        vision.layersRun = std::max<std::int64_t>(vision.layersRun, layer >= 0 ? layer : config.vision.layers + 1 + layer);
    }
    vision.hidden = config.vision.hidden;
    vision.intermediate = config.vision.intermediate;
    const std::int64_t side = config.vision.patchSize > 0 ? config.vision.imageSize / config.vision.patchSize : 0;
    vision.tokens = side * side + 1;
    vision.patch = config.vision.patchSize;
    vision.projectorIn = static_cast<std::int64_t>(config.vision.hidden) * static_cast<std::int64_t>(std::max<std::size_t>(1, config.featureLayers.size()));
    return estimateCost(decoder, vision, visual, text, generated, facts.bytesPerNumber());
}

}  // namespace

RunRequest unprunedOf(const RunRequest& request) {
    RunRequest whole = request;
    whole.prune = PruneOptions();
    whole.prune.method = "none";
    return whole;
}

RunRequest decisionOf(const RunRequest& request) {
    RunRequest only = request;
    only.withAnswer = false;
    only.scoreTokens.clear();
    return only;
}

struct Pipeline::State {
    Checkpoint checkpoint;
    Tokenizer tokenizer;
    std::optional<Tokenizer> clipTokenizer;
    std::unique_ptr<LanguageModel> model;
    ModelFacts facts;
    ResizeMode resize = ResizeMode::kPillow13;
    PipelineLimits limits;
    ImageCache cache;

    State(Checkpoint c, Tokenizer t) : checkpoint(std::move(c)), tokenizer(std::move(t)) {}

    // One request on its way.
    struct Job {
        const RunRequest& request;
        std::stop_token stop;
        StageClock clock;
        StageTimings times;
        PromptPlan plan;
        CachedImage* image = nullptr;
        std::shared_ptr<const PruneInput> input;
    };

    Result<std::shared_ptr<const DecodedImage>> decode(const RunRequest& request);
    Result<CachedImage*> context(Job& job);
    Result<std::shared_ptr<const ImageContext>> encode(Job& job, std::shared_ptr<const DecodedImage> decoded);
    Result<void> diagnose(Job& job);
    Result<RelevanceSpace> spaceFor(const PruneOptions& options, const VisionOutput& vision) const;
    [[nodiscard]] int signFor(RelevanceSpace space) const;
    Result<HostTensor> queryFor(Job& job, RelevanceSpace space, bool& segments);
    Result<PruneSession*> sessionFor(Job& job, RelevanceSpace space);
    Result<PruneSession*> readySession(Job& job, PruneOptions& options);
    Result<std::shared_ptr<const PruneDecision>> decide(Job& job);
    Result<Inspection> inspect(const RunRequest& request, const InspectWish& wish, std::stop_token stop);
    Result<QuestionLens> look(Job& job, const PruneSession& session, const PruneOptions& options, const LensWish& wish);
    Result<void> answer(Job& job, const PrefillInput& input, const RunCallbacks& callbacks, RunResult& result);
    Result<void> score(const PrefillInput& input, std::stop_token stop, RunResult& result);
    Result<std::shared_ptr<const RunResult>> run(const RunRequest& request, const RunCallbacks& callbacks, std::stop_token stop);
    Result<DumpTensors> dump(const RunRequest& request, std::stop_token stop);
};

Result<std::shared_ptr<const DecodedImage>> Pipeline::State::decode(const RunRequest& request) {
    if (request.image) {
        return request.image;
    }
    if (auto known = cache.findFile(request.imagePath); known && !request.fresh) {
        return known;
    }
    auto read = readImage(request.imagePath, limits.image);
    if (!read) {
        return read.error();
    }
    auto decoded = std::make_shared<const DecodedImage>(std::move(*read));
    cache.rememberFile(request.imagePath, decoded);
    return decoded;
}

Result<std::shared_ptr<const ImageContext>> Pipeline::State::encode(Job& job, std::shared_ptr<const DecodedImage> decoded) {
    auto context = std::make_shared<ImageContext>();
    context->path = job.request.imagePath.string();
    context->sha256 = decoded->sha256;
    context->format = decoded->format;
    auto input = preprocess(decoded->rgb, checkpoint.preprocess, resize);
    if (!input) {
        return input.error();
    }
    context->input = std::move(*input);
    finishGrid(context->input, checkpoint.config.vision.patchSize, !checkpoint.config.dropClassToken);
    context->decoded = std::move(decoded);
    job.clock.lap(job.times.preprocessMs);
    context->decodeImageMs = job.times.decodeImageMs;
    context->preprocessMs = job.times.preprocessMs;
    if (job.stop.stop_requested()) {
        return cancelledError("image not encoded");
    }
    auto vision = model->encodeImage(context->input.pixels, job.stop);
    if (!vision) {
        return vision.error();
    }
    context->vision = std::move(*vision);
    job.clock.lapSplit(job.times.projectMs, context->vision.projectMs, job.times.visionMs);
    const std::int64_t rows = context->vision.projected.empty() ? 0 : context->vision.projected.size(0);
    if (rows != context->input.grid.tokenCount()) {
        return makeError(ErrorCode::kBadModel, "MODEL-GRID", "image and model do not fit", checkpoint.folder.string(),
                         "the tower gives " + formatCount(rows) + " tokens, the processor's picture has " + formatCount(context->input.grid.tokenCount())
                             + " patches", "check preprocessor_config.json against config.json");
    }
    return std::shared_ptr<const ImageContext>(std::move(context));
}

Result<CachedImage*> Pipeline::State::context(Job& job) {
    auto decoded = decode(job.request);
    if (!decoded) {
        return decoded.error();
    }
    job.clock.lap(job.times.decodeImageMs);
    if (job.request.image) {
        job.clock.add(job.times.decodeImageMs, job.request.decodedMs);
    }
    const std::string key = (*decoded)->sha256.empty() ? "picture " + std::to_string(reinterpret_cast<std::uintptr_t>(decoded->get())) : (*decoded)->sha256;
    if (job.request.fresh) {
        cache.erase(key);
    }
    if (CachedImage* known = cache.find(key)) {
        job.times.visionFromCache = true;
        if (known->context->path != job.request.imagePath.string() && !job.request.imagePath.empty()) {
            auto renamed = std::make_shared<ImageContext>(*known->context);
            renamed->path = job.request.imagePath.string();
            known->context = std::move(renamed);
        }
        job.clock.lap(job.times.preprocessMs);
        if (known->unclaimed) {
            known->unclaimed = false;
            job.times.visionFromCache = false;
            job.clock.add(job.times.decodeImageMs, known->context->decodeImageMs);
            job.clock.add(job.times.preprocessMs, known->context->preprocessMs);
            job.clock.add(job.times.visionMs, known->context->vision.visionMs);
            job.clock.add(job.times.projectMs, known->context->vision.projectMs);
        }
        return known;
    }
    auto encoded = encode(job, std::move(*decoded));
    if (!encoded) {
        return encoded.error();
    }
    CachedImage fresh;
    fresh.key = key;
    fresh.context = std::move(*encoded);
    return &cache.insert(std::move(fresh));
}

Result<void> Pipeline::State::diagnose(Job& job) {
    const ImageContext& known = *job.image->context;
    const GridMap& grid = known.input.grid;
    if (!job.request.withDiagnostics || !known.localRedundancy.empty() || grid.rows * grid.cols == 0) {
        return {};
    }
    MatrixView tokens(known.vision.projected);
    if (grid.hasClassToken) {
        tokens = MatrixView(tokens.row(1), tokens.rows - 1, tokens.cols);
    }
    auto redundancy = localRedundancy(tokens, grid.rows, grid.cols);
    if (!redundancy) {
        return redundancy.error();
    }
    auto extended = std::make_shared<ImageContext>(known);
    extended->localRedundancy = std::move(*redundancy);
    job.image->context = std::move(extended);
    return {};
}

Result<RelevanceSpace> Pipeline::State::spaceFor(const PruneOptions& options, const VisionOutput& vision) const {
    const bool hasClip = facts.hasClipTextTower && !vision.clipTokens.empty() && clipTokenizer.has_value();
    if (options.relevanceSpace == RelevanceSpace::kClip && !hasClip) {
        return makeError(ErrorCode::kBadModel, "MODEL-NO-CLIP", "no relevance in CLIP space", checkpoint.folder.string(), "this model has no CLIP text tower",
                         "use --relevance-space llm");
    }
    if (options.relevanceSpace != RelevanceSpace::kAuto) {
        return options.relevanceSpace;
    }
    if (checkpoint.relevance && checkpoint.relevance->space == "llm") {
        return RelevanceSpace::kLlm;
    }
    return hasClip ? RelevanceSpace::kClip : RelevanceSpace::kLlm;
}

// Calibrated sign where relevance.json speaks of this space; else minus for CLIP patches, plus for the decoder's embeddings. (methods.md A7)
int Pipeline::State::signFor(RelevanceSpace space) const {
    const std::string name = space == RelevanceSpace::kClip ? "clip" : "llm";
    if (checkpoint.relevance && checkpoint.relevance->sign != 0 && (checkpoint.relevance->space == name || checkpoint.relevance->space == "auto")) {
        return checkpoint.relevance->sign;
    }
    return space == RelevanceSpace::kClip ? -1 : +1;
}

Result<HostTensor> Pipeline::State::queryFor(Job& job, RelevanceSpace space, bool& segments) {
    segments = space == RelevanceSpace::kClip;
    if (!segments) {
        if (job.plan.questionIds.empty()) {
            return HostTensor();
        }
        return model->embedTokens(job.plan.questionIds);
    }
    if (job.request.prune.queryPooling == QueryPooling::kMean) {
        job.plan.warnings.emplace_back("query pooling in CLIP space is the end-of-text state: mean is not used");
    }
    const auto encoding = clipTokenizer->encode(job.plan.question, true);
    if (!encoding) {
        return encoding.error();
    }
    return model->clipTextFeatures(encoding->ids);
}

Result<PruneSession*> Pipeline::State::sessionFor(Job& job, RelevanceSpace space) {
    CachedSession& cached = job.image->sessions[space == RelevanceSpace::kClip ? 1 : 0];
    if (cached.session && cached.questionIds == job.plan.questionIds) {
        return cached.session.get();
    }
    bool segments = false;
    auto query = queryFor(job, space, segments);
    if (!query) {
        return query.error();
    }
    const ImageContext& image = *job.image->context;
    if (cached.session) {
        const auto asked = segments ? cached.session->setQuery({}, std::move(*query)) : cached.session->setQuery(std::move(*query));
        if (!asked) {
            cached = {};
            return asked.error();
        }
        cached.questionIds = job.plan.questionIds;
        cached.input = std::make_shared<const PruneInput>(cached.session->input());
        return cached.session.get();
    }
    PruneInput input;
    input.tokens = image.vision.projected;
    input.relevanceTokens = segments ? image.vision.clipTokens : HostTensor();
    (segments ? input.querySegments : input.query) = std::move(*query);
    input.gridRows = image.input.grid.rows;
    input.gridCols = image.input.grid.cols;
    input.autoSign = signFor(space);
    auto session = std::make_unique<PruneSession>();
    if (const auto set = session->setInput(std::move(input), job.stop); !set) {
        return set.error();
    }
    cached.session = std::move(session);
    cached.questionIds = job.plan.questionIds;
    cached.input = std::make_shared<const PruneInput>(cached.session->input());
    return cached.session.get();
}

/// The session of image and question, and the options as far as the model has a say in them.
Result<PruneSession*> Pipeline::State::readySession(Job& job, PruneOptions& options) {
    const auto space = spaceFor(options, job.image->context->vision);
    if (!space) {
        return space.error();
    }
    const auto session = sessionFor(job, *space);
    if (!session) {
        return session.error();
    }
    options.relevanceSpace = *space;
    if (options.queryPooling == QueryPooling::kAuto) {
        options.queryPooling = *space == RelevanceSpace::kClip ? QueryPooling::kEot : QueryPooling::kMean;
    }
    // Every method here prunes before the decoder, where compact positions are the convention (methods.md 1.3), unless the model's own folder
    // says that its decoder was trained with each patch at its own place.
    if (options.positions == PositionMode::kAuto) {
        const bool original = checkpoint.relevance && checkpoint.relevance->positions == "original";
        options.positions = original ? PositionMode::kOriginal : PositionMode::kCompact;
    }
    job.input = job.image->sessions[*space == RelevanceSpace::kClip ? 1 : 0].input;
    return *session;
}

Result<std::shared_ptr<const PruneDecision>> Pipeline::State::decide(Job& job) {
    PruneOptions options = job.request.prune;
    const auto session = readySession(job, options);
    if (!session) {
        return session.error();
    }
    auto decided = (*session)->decide(options, job.stop);
    if (!decided) {
        return decided.error();
    }
    if (decided->emitted.empty()) {
        decided->emitted = decided->kept;
    }
    return std::make_shared<const PruneDecision>(std::move(*decided));
}

Result<void> Pipeline::State::answer(Job& job, const PrefillInput& input, const RunCallbacks& callbacks, RunResult& result) {
    GenerateOptions options;
    options.maxNewTokens = job.request.maxNewTokens;
    options.eosTokens = checkpoint.config.eosTokens;
    options.tokenizerSize = tokenizer.size();
    job.clock.lap(job.times.prefillMs);
    const double started = job.clock.totalMs();

    StreamingDecoder decoder(tokenizer);
    bool begun = false;
    const auto emit = [&](const std::string& piece) {
        const std::string_view text = begun ? std::string_view(piece) : withoutLeadingBlanks(piece);
        if (!text.empty() && callbacks.onText) {
            begun = true;
            callbacks.onText(std::string(text));
        }
    };
    const auto generated = model->generate(input, options, [&](std::int64_t id) {
        if (!tokenizer.isSpecial(id)) {
            emit(decoder.push(id));
        }
        if (callbacks.onStep) {
            callbacks.onStep();
        }
    }, job.stop);
    if (!generated) {
        return generated.error();
    }
    emit(decoder.finish());
    result.answer = trimmed(tokenizer.decode(generated->ids, true));
    job.clock.lapSplit(job.times.prefillMs, generated->prefillMs, job.times.decodeMs);

    result.answerTokens = generated->ids;
    result.answerLogProbabilities = generated->logProbabilities;
    result.finish = generated->finish;
    result.hasAnswer = true;
    result.measuredKvBytes = generated->kvBytes;
    const auto count = static_cast<double>(generated->ids.size());
    job.times.firstTokenMs = generated->ids.empty() ? 0 : started + generated->firstTokenMs;
    job.times.perTokenMs = count > 1 ? job.times.decodeMs / (count - 1) : 0;
    return {};
}

/// How likely the model finds given ids after this prompt, among the ids that it may choose: where the vocabulary is padded beyond the
/// tokenizer, generate() leaves the padding out, and so does this (from the logits; LanguageModel::scoreContinuation counts every row).
Result<void> Pipeline::State::score(const PrefillInput& input, std::stop_token stop, RunResult& result) {
    const std::vector<std::int64_t>& ids = result.request.scoreTokens;
    if (ids.empty()) {
        return {};
    }
    const std::int64_t bound = std::min<std::int64_t>(tokenizer.size(), checkpoint.config.text.vocab);
    for (const std::int64_t id : ids) {
        if (id < 0 || id >= bound || id == checkpoint.config.imageToken) {
            return makeError(ErrorCode::kBadInput, "PROMPT-ID", "cannot score an answer", {}, "token id " + std::to_string(id) + " is none that the model could choose");
        }
    }
    if (bound == checkpoint.config.text.vocab) {
        const auto scored = model->scoreContinuation(input, ids, stop);
        if (!scored) {
            return scored.error();
        }
        result.scoredLogProbability = *scored;
        return {};
    }
    PrefillInput whole = input;
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
        whole.ids.push_back(ids[i]);
        whole.positions.push_back(whole.nextPosition++);
    }
    const auto logits = model->logits(whole, stop);
    if (!logits) {
        return logits.error();
    }
    double sum = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const float* row = logits->data() + static_cast<std::int64_t>(input.ids.size() - 1 + i) * logits->size(1);
        const float best = *std::max_element(row, row + bound);
        double total = 0;
        for (std::int64_t id = 0; id < bound; ++id) {
            total += std::exp(static_cast<double>(row[id]) - best);
        }
        sum += static_cast<double>(row[ids[i]]) - best - std::log(total);
    }
    if (!std::isfinite(sum)) {
        return makeError(ErrorCode::kNumeric, "NUM-LOGITS", "cannot score an answer", {}, "the model's output is not finite", "try --dtype float32");
    }
    result.scoredLogProbability = sum;
    return {};
}

Result<std::shared_ptr<const RunResult>> Pipeline::State::run(const RunRequest& request, const RunCallbacks& callbacks, std::stop_token stop) {
    Job job{request, stop, {}, {}, {}, nullptr, nullptr};
    if (const auto valid = validateOptions(request.prune); !valid) {
        return valid.error();
    }
    auto plan = planPrompt(tokenizer, checkpoint, request.question, request.rawPrompt, request.prune.queryWords, limits.questionBytes, limits.promptTokens);
    if (!plan) {
        return plan.error();
    }
    job.plan = std::move(*plan);
    job.clock.lap(job.times.prefillMs);

    const auto image = context(job);
    if (!image) {
        return image.error();
    }
    job.image = *image;
    auto decision = decide(job);
    if (!decision) {
        return decision.error();
    }
    job.clock.lap(job.times.pruneMs);
    if (const auto diagnosed = diagnose(job); !diagnosed) {
        return diagnosed.error();
    }

    auto result = std::make_shared<RunResult>();
    result->jobId = request.jobId;
    result->request = request;
    result->image = job.image->context;
    result->decision = *decision;
    result->input = job.input;
    result->words = job.plan.words;
    result->promptTokens = job.plan.textTokens();
    append(result->warnings, checkpoint.warnings);
    append(result->warnings, tokenizer.warnings());
    append(result->warnings, result->image->decoded->warnings);
    append(result->warnings, job.plan.warnings);
    append(result->warnings, result->decision->warnings);
    const auto finish = [&](std::int64_t generated) {
        result->cost = costOf(checkpoint.config, facts, static_cast<std::int64_t>((*decision)->emitted.size()), result->promptTokens, generated);
        result->peakMemoryBytes = peakMemoryBytes();
        result->timings = job.times;
        result->timings.totalMs = job.clock.totalMs();
    };
    finish(0);
    const bool answers = request.withAnswer || !request.scoreTokens.empty();
    if (callbacks.onDecision) {
        callbacks.onDecision(answers ? std::make_shared<const RunResult>(*result) : std::shared_ptr<const RunResult>(result));
    }
    job.clock.skip();
    if (!answers) {
        return std::shared_ptr<const RunResult>(std::move(result));
    }
    if (stop.stop_requested()) {
        return cancelledError("no answer");
    }
    const PrefillInput input = splicePrompt(job.plan, checkpoint.config.imageToken, result->image->vision.projected, (*decision)->emitted,
                                            (*decision)->options.positions);
    if (!request.withAnswer) {
        const auto scored = score(input, stop, *result);
        return scored ? Result<std::shared_ptr<const RunResult>>(std::move(result)) : scored.error();
    }
    if (const std::int64_t last = input.nextPosition + request.maxNewTokens; last > checkpoint.config.text.maxPosition) {
        result->warnings.push_back("the prompt and " + formatCount(request.maxNewTokens) + " new tokens reach position " + formatCount(last)
                                   + ", the model was made for " + formatCount(checkpoint.config.text.maxPosition));
    }
    if (const auto answered = answer(job, input, callbacks, *result); !answered) {
        return answered.error();
    }
    finish(static_cast<std::int64_t>(result->answerTokens.size()));
    if (const auto scored = result->finish == FinishReason::kCancelled ? Result<void>() : score(input, stop, *result); !scored) {
        return scored.error();
    }
    return std::shared_ptr<const RunResult>(std::move(result));
}

Result<Inspection> Pipeline::State::inspect(const RunRequest& request, const InspectWish& wish, std::stop_token stop) {
    if (wish.decision) {
        return inspectionOf(run(decisionOf(request), {}, stop));
    }
    Job job{request, stop, {}, {}, {}, nullptr, nullptr};
    auto plan = planPrompt(tokenizer, checkpoint, request.question, request.rawPrompt, request.prune.queryWords, limits.questionBytes, limits.promptTokens);
    if (!plan) {
        return plan.error();
    }
    job.plan = std::move(*plan);
    const auto image = context(job);
    if (!image) {
        return image.error();
    }
    job.image = *image;
    PruneOptions options = request.prune;
    const auto session = readySession(job, options);
    if (!session) {
        return session.error();
    }
    auto inspection = inspectDecision(**session, options, wish, stop);
    if (!inspection) {
        return inspection.error();
    }
    inspection->jobId = request.jobId;
    if (wish.lens.any()) {
        auto lens = look(job, **session, options, wish.lens);
        if (!lens) {
            return lens.error();
        }
        inspection->lens = std::make_shared<const QuestionLens>(std::move(*lens));
    }
    return inspection;
}

/// Words of the job's question, and another question in the same relevance space; the session keeps its own.
Result<QuestionLens> Pipeline::State::look(Job& job, const PruneSession& session, const PruneOptions& options, const LensWish& wish) {
    if (wish.otherQuestion.empty()) {
        return lookAtQuestion(session, options, job.plan.words, nullptr, wish);
    }
    RunRequest asked = job.request;
    asked.question = wish.otherQuestion;
    asked.rawPrompt.reset();
    Job second{asked, job.stop, {}, {}, {}, nullptr, nullptr};
    auto plan = planPrompt(tokenizer, checkpoint, asked.question, asked.rawPrompt, asked.prune.queryWords, limits.questionBytes, limits.promptTokens);
    if (!plan) {
        return plan.error();
    }
    second.plan = std::move(*plan);
    bool segments = false;
    auto query = queryFor(second, options.relevanceSpace, segments);
    if (!query) {
        return query.error();
    }
    QuestionVectors other{wish.otherQuestion, {}, {}};
    (segments ? other.segments : other.query) = std::move(*query);
    return lookAtQuestion(session, options, job.plan.words, &other, wish);
}

Result<Pipeline::DumpTensors> Pipeline::State::dump(const RunRequest& request, std::stop_token stop) {
    RunRequest decisionOnly = decisionOf(request);
    decisionOnly.withDiagnostics = false;
    const auto decided = run(decisionOnly, {}, stop);
    if (!decided) {
        return decided.error();
    }
    const RunResult& result = **decided;
    const auto plan = planPrompt(tokenizer, checkpoint, request.question, request.rawPrompt, request.prune.queryWords, limits.questionBytes, limits.promptTokens);
    if (!plan) {
        return plan.error();
    }
    PrefillInput input = splicePrompt(*plan, checkpoint.config.imageToken, result.image->vision.projected, result.decision->emitted,
                                      result.decision->options.positions);
    auto logits = model->logits(input, stop);
    if (!logits) {
        return logits.error();
    }
    DumpTensors out;
    out.pixelValues = result.image->input.pixels;
    out.visionFeatures = result.image->vision.features;
    out.projected = input.visual;
    out.logits = std::move(*logits);
    out.inputIds = std::move(input.ids);
    out.positions = std::move(input.positions);
    return out;
}

Pipeline::Pipeline(std::unique_ptr<State> state) : m_state(std::move(state)) {}
Pipeline::~Pipeline() = default;

std::unique_ptr<Pipeline> Pipeline::assemble(Checkpoint checkpoint, Tokenizer tokenizer, std::unique_ptr<LanguageModel> model, ResizeMode resize,
                                             std::optional<Tokenizer> clipTokenizer) {
    auto state = std::make_unique<State>(std::move(checkpoint), std::move(tokenizer));
    state->facts = model->facts();
    state->model = std::move(model);
    state->resize = resize;
    state->clipTokenizer = std::move(clipTokenizer);
    return std::unique_ptr<Pipeline>(new Pipeline(std::move(state)));
}

Result<std::unique_ptr<Pipeline>> Pipeline::open(const std::filesystem::path& folder, const ModelLoader& loader, const LoadOptions& options, ResizeMode resize,
                                                 LlamaPrefix prefix, const ProgressSink& progress, std::stop_token stop) {
    return guarded("cannot load the model", [&]() -> Result<std::unique_ptr<Pipeline>> {
        StageClock clock;
        double loadMs = 0;
        auto checkpoint = openCheckpoint(folder);
        if (!checkpoint) {
            return checkpoint.error();
        }
        auto tokenizer = Tokenizer::load(checkpoint->tokenizerFile, prefix);
        if (!tokenizer) {
            return tokenizer.error();
        }
        // A few added tokens behind the table (the image token of old checkpoints) are refused only where a prompt uses them; more of them
        // mean the tokenizer of another model. (reliability T17, T18)
        constexpr std::int64_t kAddedTokens = 64;
        const std::int64_t vocab = checkpoint->config.text.vocab;
        const auto belongs = checkAgainstModel(*tokenizer, std::clamp(tokenizer->size(), vocab, vocab + kAddedTokens));
        if (!belongs) {
            return belongs.error();
        }
        if (!belongs->empty()) {
            checkpoint->warnings.push_back(*belongs);
        }
        std::optional<Tokenizer> clipTokenizer;
        if (checkpoint->clipTextFolder) {
            auto clip = Tokenizer::load(*checkpoint->clipTextFolder / "tokenizer.json");
            if (!clip) {
                return clip.error();
            }
            clipTokenizer = std::move(*clip);
        }
        if (stop.stop_requested()) {
            return cancelledError("model not loaded");
        }
        auto model = loader(*checkpoint, options, progress, stop);
        if (!model) {
            return model.error();
        }
        auto pipeline = assemble(std::move(*checkpoint), std::move(*tokenizer), std::move(*model), resize, std::move(clipTokenizer));
        clock.lap(loadMs);
        pipeline->m_state->facts.loadMs = loadMs;
        return pipeline;
    });
}

void Pipeline::setLimits(const PipelineLimits& limits) { m_state->limits = limits; }

Result<std::shared_ptr<const ImageContext>> Pipeline::prepareImage(const RunRequest& request, std::stop_token stop) {
    return guarded("cannot encode the image", [&]() -> Result<std::shared_ptr<const ImageContext>> {
        State::Job job{request, stop, {}, {}, {}, nullptr, nullptr};
        const auto image = m_state->context(job);
        if (!image) {
            return image.error();
        }
        (*image)->unclaimed = !job.times.visionFromCache;
        return (*image)->context;
    });
}

Result<std::shared_ptr<const RunResult>> Pipeline::run(const RunRequest& request, const RunCallbacks& callbacks, std::stop_token stop) {
    return guarded("cannot run", [&]() { return m_state->run(request, callbacks, stop); });
}

Result<Inspection> Pipeline::inspect(const RunRequest& request, const InspectWish& wish, std::stop_token stop) {
    return guarded("cannot look closer", [&]() { return m_state->inspect(request, wish, stop); });
}

Result<Pipeline::DumpTensors> Pipeline::dump(const RunRequest& request, std::stop_token stop) {
    return guarded("cannot dump", [&]() { return m_state->dump(request, stop); });
}

const Checkpoint& Pipeline::checkpoint() const { return m_state->checkpoint; }
const ModelFacts& Pipeline::facts() const { return m_state->facts; }
const Tokenizer& Pipeline::tokenizer() const { return m_state->tokenizer; }
LanguageModel& Pipeline::languageModel() { return *m_state->model; }

}  // namespace prunescope
