// SPDX-License-Identifier: GPL-3.0-or-later
// Encoding, splicing, prefill and greedy decoding.

#include "core/engine/llava_engine.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace prunescope::engine {

namespace {

std::string nameOf(at::ScalarType type) {
    switch (type) {
        case at::kBFloat16: return "bfloat16";
        case at::kHalf: return "float16";
        default: return "float32";
    }
}

struct Choice {
    std::int64_t id = 0;
    float logProbability = 0.0F;
};

/// The likeliest id below `bound` and its log-probability among those ids. Fault NUM-LOGITS.
Choice greedy(const std::vector<float>& logits, std::int64_t bound) {
    const auto end = logits.begin() + (bound > 0 ? std::min<std::int64_t>(bound, static_cast<std::int64_t>(logits.size())) : static_cast<std::int64_t>(logits.size()));
    const auto best = std::max_element(logits.begin(), end);
    float total = 0.0F;
    for (auto at = logits.begin(); at != end; ++at) {
        total += std::exp(*at - *best);
    }
    if (!std::isfinite(total) || !std::isfinite(*best)) {
        fail(ErrorCode::kNumeric, "NUM-LOGITS", "cannot choose a token", "", "the model's output is not finite", "try --dtype float32");
    }
    return Choice{best - logits.begin(), -std::log(total)};
}

double logProbabilityOf(const std::vector<float>& logits, std::int64_t id) {
    const float best = *std::max_element(logits.begin(), logits.end());
    double total = 0.0;
    for (const float value : logits) {
        total += std::exp(static_cast<double>(value - best));
    }
    const double result = static_cast<double>(logits[static_cast<std::size_t>(id)] - best) - std::log(total);
    if (!std::isfinite(result)) {
        fail(ErrorCode::kNumeric, "NUM-LOGITS", "cannot score a continuation", "", "the model's output is not finite", "try --dtype float32");
    }
    return result;
}

bool wantsClipSpace(const Checkpoint& checkpoint) {
    return checkpoint.clipTextFolder.has_value() && checkpoint.weights.contains("vision_tower.post_layernorm.weight");
}

}  // namespace

LlavaEngine::LlavaEngine(const Checkpoint& checkpoint, const Placement& placement, const ProgressSink& progress, const std::stop_token& stop)
    : m_config(checkpoint.config), m_placement(placement), m_source(std::make_unique<WeightSource>(checkpoint, placement, progress, stop)),
      m_wantsClip(wantsClipSpace(checkpoint)), m_tower(*m_source, m_config, placement, m_wantsClip), m_projector(*m_source, m_config, placement),
      m_decoder(*m_source, m_config, placement) {
    if (m_wantsClip) {
        m_clip.emplace(*checkpoint.clipTextFolder, *m_source, m_config, placement, stop);
    }
    const VisionConfig& v = m_config.vision;
    m_facts.family = m_config.family;
    m_facts.device = placement.onCpu() ? "cpu" : placement.device.str();
    m_facts.dtype = nameOf(placement.compute);
    m_facts.parameters = std::max(checkpoint.parameters, m_source->parameters()) + (m_clip ? m_clip->parameters() : 0);
    m_facts.hidden = m_config.text.hidden;
    m_facts.gridRows = m_facts.gridCols = v.imageSize / v.patchSize;
    m_facts.patchSize = v.patchSize;
    m_facts.visualTokens = m_facts.gridRows * m_facts.gridCols + (m_config.dropClassToken ? 0 : 1);
    m_facts.hasClipTextTower = m_clip.has_value();
    m_source.reset();
    synchronise(placement.device);
    m_facts.loadMs = m_loading.ms();
    if (progress) {
        progress(1.0, "model ready");
    }
}

Result<VisionOutput> LlavaEngine::encodeImage(const HostTensor& pixels, std::stop_token stop) {
    return guarded<Result<VisionOutput>>("cannot encode image", [&]() -> Result<VisionOutput> {
        const StopWatch watch;
        VisionOutput out;
        const VisionTower::Hidden hidden = m_tower.run(pixels, stop);
        out.features = toHost(hidden.features);   // the copy to the host also waits for the device
        out.visionMs = watch.ms();
        checkStop(stop);
        const StopWatch projecting;
        out.projected = toHost(m_projector.run(hidden.features));
        if (m_clip) {
            out.clipTokens = m_clip->patches(hidden.clip);
        }
        out.projectMs = projecting.ms();
        return out;
    });
}

Result<HostTensor> LlavaEngine::embedTokens(const std::vector<std::int64_t>& ids) {
    return guarded<Result<HostTensor>>("cannot embed tokens", [&]() -> Result<HostTensor> { return m_decoder.embed(ids); });
}

Result<HostTensor> LlavaEngine::clipTextFeatures(const std::vector<std::int64_t>& clipIds) {
    return guarded<Result<HostTensor>>("cannot encode the question for CLIP", [&]() -> Result<HostTensor> {
        if (!m_clip) {
            fail(ErrorCode::kBadModel, "MODEL-NO-CLIP", "cannot encode the question for CLIP", "", "this model folder has no CLIP text tower", "use --relevance-space llm");
        }
        return m_clip->text(clipIds);
    });
}

HostTensor LlavaEngine::splice(const PrefillInput& input) const {
    if (input.ids.empty() || input.positions.size() != input.ids.size()) {
        fail(ErrorCode::kInternal, "PROMPT-POSITIONS", "cannot run the prompt", "",
             std::to_string(input.ids.size()) + " tokens but " + std::to_string(input.positions.size()) + " positions");
    }
    if (std::any_of(input.positions.begin(), input.positions.end(), [](std::int64_t p) { return p < 0 || p > std::numeric_limits<std::int32_t>::max(); })) {
        fail(ErrorCode::kInternal, "PROMPT-POSITIONS", "cannot run the prompt", "", "a position is out of range");
    }
    std::vector<std::int64_t> ids = input.ids;
    std::int64_t wanted = 0;
    for (std::int64_t& id : ids) {
        if (id == m_config.imageToken) {
            id = 0;   // the table may not have this row
            ++wanted;
        }
    }
    const std::int64_t given = input.visual.empty() ? 0 : input.visual.size(0);
    if (wanted != given || (given > 0 && (input.visual.shape().size() != 2 || input.visual.size(1) != m_config.text.hidden))) {
        fail(ErrorCode::kInternal, "PROMPT-VISUAL", "cannot run the prompt", "", std::to_string(wanted) + " image tokens in the prompt, " + std::to_string(given) + " visual rows");
    }
    HostTensor rows = m_decoder.embed(ids);
    const auto width = static_cast<std::size_t>(m_config.text.hidden);
    const float* from = input.visual.data();
    for (std::size_t t = 0; t < input.ids.size(); ++t) {
        if (input.ids[t] == m_config.imageToken) {
            std::memcpy(rows.mutableData() + t * width, from, width * sizeof(float));
            from += width;
        }
    }
    return rows;
}

Result<Generation> LlavaEngine::generate(const PrefillInput& input, const GenerateOptions& options, const std::function<void(std::int64_t)>& onToken, std::stop_token stop) {
    return guarded<Result<Generation>>("cannot generate", [&]() -> Result<Generation> {
        Generation out;
        try {
            decode(input, options, onToken, stop, out);
        } catch (const Cancelled&) {
            out.finish = FinishReason::kCancelled;
        }
        out.kvBytes = m_decoder.cacheBytes();
        return out;
    });
}

void LlavaEngine::decode(const PrefillInput& input, const GenerateOptions& options, const std::function<void(std::int64_t)>& onToken, const std::stop_token& stop,
                         Generation& out) {
    const StopWatch watch;
    out.finish = FinishReason::kLength;
    const HostTensor rows = splice(input);
    m_decoder.begin(static_cast<std::int64_t>(input.ids.size()) + std::max<std::int64_t>(options.maxNewTokens, 1));
    std::vector<float> logits;
    m_decoder.prefill(rows, input.positions, stop, logits);
    out.prefillMs = watch.ms();
    std::int64_t position = input.nextPosition;
    for (std::int64_t n = 0; n < options.maxNewTokens; ++n) {
        if (n > 0) {
            m_decoder.step(out.ids.back(), position++, stop, logits);
        }
        checkStop(stop);
        const Choice choice = greedy(logits, options.tokenizerSize);
        out.ids.push_back(choice.id);
        out.logProbabilities.push_back(choice.logProbability);
        if (n == 0) {
            out.firstTokenMs = watch.ms();
        }
        if (onToken) {
            onToken(choice.id);
        }
        out.decodeMs = watch.ms() - out.prefillMs;
        if (std::find(options.eosTokens.begin(), options.eosTokens.end(), choice.id) != options.eosTokens.end()) {
            out.finish = FinishReason::kEos;
            return;
        }
    }
}

Result<HostTensor> LlavaEngine::logits(const PrefillInput& input, std::stop_token stop) {
    return guarded<Result<HostTensor>>("cannot compute logits", [&]() -> Result<HostTensor> {
        const HostTensor rows = splice(input);
        m_decoder.begin(static_cast<std::int64_t>(input.ids.size()));
        return toHost(m_decoder.prefillAll(rows, input.positions, stop));
    });
}

Result<double> LlavaEngine::scoreContinuation(const PrefillInput& input, const std::vector<std::int64_t>& continuation, std::stop_token stop) {
    return guarded<Result<double>>("cannot score a continuation", [&]() -> Result<double> {
        const HostTensor rows = splice(input);
        m_decoder.begin(static_cast<std::int64_t>(input.ids.size() + continuation.size()));
        std::vector<float> logits;
        m_decoder.prefill(rows, input.positions, stop, logits);
        double sum = 0.0;
        std::int64_t position = input.nextPosition;
        for (std::size_t i = 0; i < continuation.size(); ++i) {
            if (continuation[i] < 0 || continuation[i] >= m_decoder.vocabulary()) {
                fail(ErrorCode::kBadInput, "PROMPT-ID", "cannot score a continuation", "", "token id " + std::to_string(continuation[i]) + " is outside the vocabulary");
            }
            sum += logProbabilityOf(logits, continuation[i]);
            if (i + 1 < continuation.size()) {
                m_decoder.step(continuation[i], position++, stop, logits);
            }
        }
        return sum;
    });
}

Result<HostTensor> LlavaEngine::probeNorm(const std::string& name, const HostTensor& rows) const {
    return guarded<Result<HostTensor>>("cannot probe a norm", [&]() -> Result<HostTensor> {
        const at::Tensor x = fromHost(rows, m_placement.device, m_placement.residual());
        if (const auto found = m_decoder.norms().find(name); found != m_decoder.norms().end()) {
            return toHost(found->second.apply(x, m_placement));
        }
        if (const auto found = m_tower.norms().find(name); found != m_tower.norms().end()) {
            return toHost(found->second.apply(x, m_placement));
        }
        fail(ErrorCode::kBadInput, "ENGINE-PROBE", "cannot probe a norm", name, "the model has no such norm, or does not run it");
    });
}

Result<HostTensor> LlavaEngine::probeActivation(const std::string& part, const HostTensor& values) const {
    return guarded<Result<HostTensor>>("cannot probe an activation", [&]() -> Result<HostTensor> {
        const at::Tensor x = fromHost(values, m_placement.device, m_placement.compute);
        const Activation kind = part == "vision" ? m_tower.activation() : part == "projector" ? m_projector.activation() : m_decoder.activation();
        return toHost(activate(kind, x, m_placement));
    });
}

}  // namespace prunescope::engine
