// SPDX-License-Identifier: GPL-3.0-or-later
// CLIP vision tower and projector.

#include "core/engine/vision_tower.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <utility>

namespace prunescope::engine {

namespace {

LayerNorm loadNorm(WeightSource& source, const std::string& prefix, int width, double eps, at::ScalarType type) {
    return LayerNorm{source.take(prefix + ".weight", {width}, type), source.take(prefix + ".bias", {width}, type), eps};
}

}  // namespace

ClipBlock ClipBlock::load(WeightSource& source, const std::string& prefix, int hidden, int intermediate, double eps, at::ScalarType normType) {
    ClipBlock block;
    const std::string attention = prefix + ".self_attn.";
    block.norm1 = loadNorm(source, prefix + ".layer_norm1", hidden, eps, normType);
    block.qkv = source.matrix({attention + "q_proj", attention + "k_proj", attention + "v_proj"}, {hidden, hidden, hidden}, hidden);
    block.out = source.matrix({attention + "out_proj"}, {hidden}, hidden);
    block.norm2 = loadNorm(source, prefix + ".layer_norm2", hidden, eps, normType);
    block.fc1 = source.matrix({prefix + ".mlp.fc1"}, {intermediate}, hidden);
    block.fc2 = source.matrix({prefix + ".mlp.fc2"}, {hidden}, intermediate);
    return block;
}

void ClipBlock::run(at::Tensor& x, int heads, bool causal, Activation activation, const Placement& placement, std::vector<float>& scratch) const {
    const int headDim = static_cast<int>(x.size(1)) / heads;
    const at::Tensor fused = qkv.apply(norm1.apply(x, placement));
    x.add_(out.apply(attention(fused, heads, heads, headDim, causal, placement, scratch)));
    x.add_(fc2.apply(activate(activation, fc1.apply(norm2.apply(x, placement)), placement)));
}

VisionTower::VisionTower(WeightSource& source, const ModelConfig& config, const Placement& placement, bool forClip)
    : m_config(config), m_placement(placement), m_activation(activationOf(config.vision.activation)) {
    const VisionConfig& v = config.vision;
    if (v.patchSize <= 0 || v.imageSize < v.patchSize || v.heads <= 0 || v.hidden % v.heads != 0) {
        fail(ErrorCode::kBadModel, "MODEL-VISION", "cannot load model", "vision_config", "its sizes do not fit together");
    }
    int deepest = 0;
    for (const int layer : config.featureLayers) {
        deepest = std::max(deepest, absoluteLayer(layer));
    }
    if (forClip) {
        m_clipLayer = config.featureLayers.size() == 1 ? absoluteLayer(config.featureLayers[0]) : std::max(0, v.layers - 1);
        deepest = std::max(deepest, m_clipLayer);
    }
    const std::string prefix = "vision_tower.";
    const int side = v.imageSize / v.patchSize;
    const at::ScalarType residual = placement.residual();
    m_patches = source.take(prefix + "embeddings.patch_embedding.weight", {v.hidden, 3, v.patchSize, v.patchSize}, placement.compute).view({v.hidden, -1});
    m_class = source.take(prefix + "embeddings.class_embedding", {v.hidden}, residual).view({1, -1});
    m_positions = source.take(prefix + "embeddings.position_embedding.weight", {side * side + 1, v.hidden}, residual);
    m_preNorm = loadNorm(source, prefix + "pre_layrnorm", v.hidden, v.layerNormEps, residual);
    m_norms["vision_tower.pre_layrnorm"] = m_preNorm;
    for (int i = 0; i < deepest; ++i) {
        const std::string name = prefix + "encoder.layers." + std::to_string(i);
        m_blocks.push_back(ClipBlock::load(source, name, v.hidden, v.intermediate, v.layerNormEps, residual));
        m_norms[name + ".layer_norm1"] = m_blocks.back().norm1;
        m_norms[name + ".layer_norm2"] = m_blocks.back().norm2;
    }
}

int VisionTower::absoluteLayer(int layer) const {
    const int states = m_config.vision.layers + 1;   // entry 0 is the embedding
    const int absolute = layer < 0 ? states + layer : layer;
    if (absolute < 0 || absolute >= states) {
        fail(ErrorCode::kBadModel, "MODEL-FEATURE-LAYER", "cannot load model", "vision_feature_layer", "the tower has no layer " + std::to_string(layer));
    }
    return absolute;
}

at::Tensor VisionTower::embed(const HostTensor& pixels) const {
    const VisionConfig& v = m_config.vision;
    const std::vector<std::int64_t> wanted{1, 3, v.imageSize, v.imageSize};
    if (pixels.shape() != wanted) {
        fail(ErrorCode::kBadInput, "IMAGE-SHAPE", "cannot encode image", "", "the tower wants 3 x " + std::to_string(v.imageSize) + " x " + std::to_string(v.imageSize) + " values",
             "check crop_size in the processor file");
    }
    // A convolution whose stride is its kernel is one product over patches; pixels beyond the last whole patch are not seen.
    const std::int64_t p = v.patchSize, side = v.imageSize / p;
    at::Tensor image = fromHost(pixels, m_placement.device, m_placement.compute).view({3, v.imageSize, v.imageSize});
    image = image.narrow(1, 0, side * p).narrow(2, 0, side * p).reshape({3, side, p, side, p});
    const at::Tensor rows = image.permute({1, 3, 0, 2, 4}).reshape({side * side, 3 * p * p});
    const at::Tensor patches = at::matmul(rows, m_patches.t()).to(m_placement.residual());
    return at::cat({m_class, patches}, 0).add_(m_positions);
}

VisionTower::Hidden VisionTower::run(const HostTensor& pixels, std::stop_token stop) {
    const VisionConfig& v = m_config.vision;
    at::Tensor x = m_preNorm.apply(embed(pixels), m_placement).to(m_placement.residual());
    std::map<int, at::Tensor> states;
    const auto keep = [&](int state) {
        const bool wanted = state == m_clipLayer || std::any_of(m_config.featureLayers.begin(), m_config.featureLayers.end(), [&](int f) { return absoluteLayer(f) == state; });
        if (wanted) {
            states[state] = state == static_cast<int>(m_blocks.size()) ? x : x.clone();
        }
    };
    keep(0);
    for (std::size_t i = 0; i < m_blocks.size(); ++i) {
        checkStop(stop);
        m_blocks[i].run(x, v.heads, false, m_activation, m_placement, m_scratch);
        keep(static_cast<int>(i) + 1);
    }
    const std::int64_t tokens = x.size(0);
    std::vector<at::Tensor> selected;
    for (const int layer : m_config.featureLayers) {
        const at::Tensor& state = states.at(absoluteLayer(layer));
        selected.push_back(m_config.dropClassToken ? state.narrow(0, 1, tokens - 1) : state);
    }
    Hidden hidden;
    hidden.features = selected.size() == 1 ? selected[0] : at::cat(selected, 1);
    if (m_clipLayer >= 0) {
        hidden.clip = m_config.dropClassToken ? states.at(m_clipLayer).narrow(0, 1, tokens - 1) : states.at(m_clipLayer);
    }
    return hidden;
}

Projector::Projector(WeightSource& source, const ModelConfig& config, const Placement& placement)
    : m_placement(placement), m_activation(activationOf(config.projectorActivation)) {
    const int width = config.vision.hidden * static_cast<int>(config.featureLayers.size());
    const std::string prefix = "multi_modal_projector.";
    std::int64_t middle = config.text.hidden;
    if (!source.has(prefix + "linear_1.weight")) {
        fail(ErrorCode::kBadModel, "MODEL-WEIGHT-MISSING", "cannot load model", prefix + "linear_1.weight", "this weight is not in the checkpoint");
    }
    m_first = source.matrix({prefix + "linear_1"}, {middle}, width);
    m_second = source.matrix({prefix + "linear_2"}, {config.text.hidden}, middle);
}

at::Tensor Projector::run(const at::Tensor& features) const {
    return m_second.apply(activate(m_activation, m_first.apply(features.to(m_placement.compute)), m_placement));
}

}  // namespace prunescope::engine
