// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// CLIP space beside a LLaVA model: the text tower of the folder "clip/" (CLIPModel naming) and the projection of the vision tower's patches
// into the same space. Always float32. (models.md 12)

#include "core/engine/vision_tower.h"

#include <filesystem>
#include <optional>

namespace prunescope::engine {

class ClipSpace {
public:
    /// Reads DIR/config.json and DIR/model.safetensors; the vision side's post_layernorm comes from the LLaVA checkpoint.
    ClipSpace(const std::filesystem::path& folder, WeightSource& llava, const ModelConfig& config, Placement placement, std::stop_token stop);

    /// ids of one or more windows, split into segments of at most the tower's positions -> [segments, c].
    [[nodiscard]] HostTensor text(const std::vector<std::int64_t>& ids);
    /// Hidden rows [n, dv] -> [n, c].
    [[nodiscard]] HostTensor patches(const at::Tensor& hidden) const;
    [[nodiscard]] std::int64_t parameters() const { return m_parameters; }
    [[nodiscard]] const LayerNorm& postNorm() const { return m_postNorm; }

private:
    [[nodiscard]] at::Tensor segment(const std::vector<std::int64_t>& ids);

    Placement m_placement;
    int m_hidden = 512, m_intermediate = 2048, m_layers = 12, m_heads = 8, m_positions = 77, m_vocab = 49408, m_projection = 512;
    std::int64_t m_endToken = 49407;
    double m_eps = 1e-5;
    Activation m_activation = Activation::kQuickGelu;
    at::Tensor m_tokenTable, m_positionTable, m_textProjection, m_visualProjection;
    LayerNorm m_finalNorm, m_postNorm;
    std::vector<ClipBlock> m_blocks;
    std::vector<float> m_scratch;
    std::int64_t m_parameters = 0;
};

}  // namespace prunescope::engine
