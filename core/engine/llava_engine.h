// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The stage interface over tower, projector and decoder of one LLaVA-1.5 family model. (models.md 5.1)

#include "core/engine/clip_space.h"
#include "core/engine/engine_probe.h"
#include "core/engine/text_decoder.h"
#include "core/engine/vision_tower.h"

#include <memory>
#include <optional>

namespace prunescope::engine {

class LlavaEngine final : public LanguageModel {
public:
    LlavaEngine(const Checkpoint& checkpoint, const Placement& placement, const ProgressSink& progress, const std::stop_token& stop);

    [[nodiscard]] const ModelFacts& facts() const override { return m_facts; }
    [[nodiscard]] Result<VisionOutput> encodeImage(const HostTensor& pixels, std::stop_token stop) override;
    [[nodiscard]] Result<HostTensor> embedTokens(const std::vector<std::int64_t>& ids) override;
    [[nodiscard]] Result<HostTensor> clipTextFeatures(const std::vector<std::int64_t>& clipIds) override;
    [[nodiscard]] Result<Generation> generate(const PrefillInput& input, const GenerateOptions& options, const std::function<void(std::int64_t)>& onToken,
                                              std::stop_token stop) override;
    [[nodiscard]] Result<HostTensor> logits(const PrefillInput& input, std::stop_token stop) override;
    [[nodiscard]] Result<double> scoreContinuation(const PrefillInput& input, const std::vector<std::int64_t>& continuation, std::stop_token stop) override;

    [[nodiscard]] Result<HostTensor> probeNorm(const std::string& name, const HostTensor& rows) const;
    [[nodiscard]] Result<HostTensor> probeActivation(const std::string& part, const HostTensor& values) const;

private:
    [[nodiscard]] HostTensor splice(const PrefillInput& input) const;
    void decode(const PrefillInput& input, const GenerateOptions& options, const std::function<void(std::int64_t)>& onToken, const std::stop_token& stop, Generation& out);

    ModelConfig m_config;
    Placement m_placement;
    ModelFacts m_facts;
    StopWatch m_loading;
    std::unique_ptr<WeightSource> m_source;   ///< only while loading
    bool m_wantsClip = false;
    VisionTower m_tower;
    Projector m_projector;
    TextDecoder m_decoder;
    std::optional<ClipSpace> m_clip;
};

}  // namespace prunescope::engine
