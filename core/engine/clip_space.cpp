// SPDX-License-Identifier: GPL-3.0-or-later
// CLIP text tower and patch projection.

#include "core/engine/clip_space.h"

#include "core/base/json_gate.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

namespace prunescope::engine {

namespace {

int integerOf(const nlohmann::json& object, const char* key, int fallback) {
    const auto at = object.find(key);
    if (at == object.end() || at->is_null()) {
        return fallback;
    }
    if (!at->is_number_integer() || at->get<std::int64_t>() <= 0 || at->get<std::int64_t>() > (1 << 24)) {
        fail(ErrorCode::kBadModel, "MODEL-CLIP-CONFIG", "cannot load model", std::string("clip/config.json ") + key, "not a positive number");
    }
    return at->get<int>();
}

SafetensorsFile openWeights(const std::filesystem::path& file) {
    auto opened = SafetensorsFile::open(file);
    if (!opened.ok()) {
        throw Fault{opened.error()};
    }
    return std::move(opened.value());
}

}  // namespace

ClipSpace::ClipSpace(const std::filesystem::path& folder, WeightSource& llava, const ModelConfig& config, Placement placement, std::stop_token stop)
    : m_placement(placement) {
    m_placement.compute = at::kFloat;
    auto parsed = readJsonFile(folder / "config.json", ErrorCode::kBadModel);
    if (!parsed.ok()) {
        throw Fault{parsed.error()};
    }
    const nlohmann::json root = parsed.value();
    // Old CLIP files carry text_config and text_config_dict; the latter wins. A folder of the text tower alone has the keys at the top.
    const nlohmann::json text = root.contains("text_config_dict") && root["text_config_dict"].is_object() ? root["text_config_dict"]
                                : root.contains("text_config") && root["text_config"].is_object()         ? root["text_config"]
                                                                                                          : root;
    m_hidden = integerOf(text, "hidden_size", m_hidden);
    m_intermediate = integerOf(text, "intermediate_size", m_intermediate);
    m_layers = integerOf(text, "num_hidden_layers", m_layers);
    m_heads = integerOf(text, "num_attention_heads", m_heads);
    m_positions = integerOf(text, "max_position_embeddings", m_positions);
    m_vocab = integerOf(text, "vocab_size", m_vocab);
    m_endToken = integerOf(text, "eos_token_id", static_cast<int>(m_endToken));
    m_projection = integerOf(root, "projection_dim", integerOf(text, "projection_dim", m_projection));
    if (m_hidden % m_heads != 0) {
        fail(ErrorCode::kBadModel, "MODEL-CLIP-CONFIG", "cannot load model", "clip/config.json", "hidden_size is not a multiple of num_attention_heads");
    }
    if (const auto eps = text.find("layer_norm_eps"); eps != text.end() && eps->is_number()) {
        m_eps = eps->get<double>();
    }
    if (const auto act = text.find("hidden_act"); act != text.end() && act->is_string()) {
        m_activation = activationOf(act->get<std::string>());
    }
    const SafetensorsFile file = openWeights(folder / "model.safetensors");
    WeightSource source(file, "clip", m_placement, stop);
    m_tokenTable = source.take("text_model.embeddings.token_embedding.weight", {m_vocab, m_hidden}, at::kFloat);
    m_positionTable = source.take("text_model.embeddings.position_embedding.weight", {m_positions, m_hidden}, at::kFloat);
    for (int i = 0; i < m_layers; ++i) {
        m_blocks.push_back(ClipBlock::load(source, "text_model.encoder.layers." + std::to_string(i), m_hidden, m_intermediate, m_eps, at::kFloat));
    }
    m_finalNorm = LayerNorm{source.take("text_model.final_layer_norm.weight", {m_hidden}, at::kFloat), source.take("text_model.final_layer_norm.bias", {m_hidden}, at::kFloat), m_eps};
    m_textProjection = source.take("text_projection.weight", {m_projection, m_hidden}, at::kFloat);
    m_visualProjection = source.take("visual_projection.weight", {m_projection, config.vision.hidden}, at::kFloat);
    const std::string post = "vision_tower.post_layernorm";
    m_postNorm = LayerNorm{llava.take(post + ".weight", {config.vision.hidden}, at::kFloat), llava.take(post + ".bias", {config.vision.hidden}, at::kFloat), config.vision.layerNormEps};
    m_parameters = source.parameters();
}

at::Tensor ClipSpace::segment(const std::vector<std::int64_t>& ids) {
    for (const std::int64_t id : ids) {
        if (id < 0 || id >= m_vocab) {
            fail(ErrorCode::kBadInput, "PROMPT-ID", "cannot encode the question for CLIP", "", "token id " + std::to_string(id) + " is outside the text tower's vocabulary");
        }
    }
    const auto length = static_cast<std::int64_t>(ids.size());
    at::Tensor x = at::index_select(m_tokenTable, 0, at::tensor(ids).to(m_placement.device)) + m_positionTable.narrow(0, 0, length);
    for (const ClipBlock& block : m_blocks) {
        block.run(x, m_heads, true, m_activation, m_placement, m_scratch);
    }
    // The end token's row: the largest id in legacy files (end token 2), else the first that equals the end token.
    auto end = m_endToken == 2 ? std::max_element(ids.begin(), ids.end()) : std::find(ids.begin(), ids.end(), m_endToken);
    if (end == ids.end()) {
        end = std::max_element(ids.begin(), ids.end());
    }
    const at::Tensor row = m_finalNorm.apply(x.narrow(0, end - ids.begin(), 1), m_placement);
    return at::matmul(row, m_textProjection.t()).squeeze(0);
}

HostTensor ClipSpace::text(const std::vector<std::int64_t>& ids) {
    if (ids.empty()) {
        fail(ErrorCode::kBadInput, "PROMPT-EMPTY", "cannot encode the question for CLIP", "", "there are no tokens");
    }
    std::vector<at::Tensor> rows;
    const auto window = static_cast<std::size_t>(m_positions);
    if (ids.size() <= window) {
        rows.push_back(segment(ids));
    } else {
        // Too long for one window: the content is cut into pieces, each with its own start and end token.
        const std::size_t content = window - 2;
        for (std::size_t at = 1; at + 1 < ids.size(); at += content) {
            const std::size_t last = std::min(at + content, ids.size() - 1);
            std::vector<std::int64_t> piece{ids.front()};
            piece.insert(piece.end(), ids.begin() + static_cast<std::ptrdiff_t>(at), ids.begin() + static_cast<std::ptrdiff_t>(last));
            piece.push_back(ids.back());
            rows.push_back(segment(piece));
        }
    }
    return toHost(at::stack(rows, 0));
}

HostTensor ClipSpace::patches(const at::Tensor& hidden) const {
    return toHost(at::matmul(m_postNorm.apply(hidden.to(at::kFloat), m_placement), m_visualProjection.t()));
}

}  // namespace prunescope::engine
