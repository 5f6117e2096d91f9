# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the Hugging Face layout of a LLaVA-1.5 checkpoint (F16 shards, names as the hub files have them)."""
import json
import os
import struct

import torch

LIMIT = 15 << 20


def hf_names(model):
    """Our state dict under hub names."""
    sd, out = model.state_dict(), {}
    vt = "vision_tower.vision_model."
    out[vt + "embeddings.class_embedding"] = sd["vision.cls"]
    out[vt + "embeddings.patch_embedding.weight"] = sd["vision.patch.weight"].view(-1, 3, 14, 14)
    out[vt + "embeddings.position_embedding.weight"] = sd["vision.pos.weight"]
    for p in ("weight", "bias"):
        out[vt + "pre_layrnorm." + p] = sd["vision.pre." + p]
        out[vt + "post_layernorm." + p] = sd["vision.post." + p]
        for i in (1, 2):
            out[f"multi_modal_projector.linear_{i}.{p}"] = sd[f"projector.linear_{i}.{p}"]
    names = {"q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.out_proj",
             "fc1": "mlp.fc1", "fc2": "mlp.fc2", "layer_norm1": "layer_norm1", "layer_norm2": "layer_norm2"}
    for i in range(model.c.vl):
        for a, b in names.items():
            for p in ("weight", "bias"):
                out[f"{vt}encoder.layers.{i}.{b}.{p}"] = sd[f"vision.blocks.{i}.{a}.{p}"]
    names = {"q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.o_proj",
             "gate": "mlp.gate_proj", "up": "mlp.up_proj", "down": "mlp.down_proj", "input_layernorm": "input_layernorm",
             "post_attention_layernorm": "post_attention_layernorm"}
    for i in range(model.c.layers):
        for a, b in names.items():
            out[f"language_model.model.layers.{i}.{b}.weight"] = sd[f"decoder.blocks.{i}.{a}.weight"]
    out["language_model.model.embed_tokens.weight"] = sd["embed.weight"]
    out["language_model.model.norm.weight"] = sd["decoder.norm.weight"]
    out["language_model.lm_head.weight"] = sd["decoder.head.weight"]
    return out


def config(c, words):
    return {
        "architectures": ["LlavaForConditionalGeneration"], "model_type": "llava", "torch_dtype": "float16",
        "image_token_index": words.image, "image_seq_length": 576, "projector_hidden_act": "gelu",
        "multimodal_projector_bias": True, "vision_feature_layer": -2, "vision_feature_select_strategy": "default",
        "pad_token_id": words.pad, "bos_token_id": 1, "eos_token_id": 2, "tie_word_embeddings": False,
        "text_config": {
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": c.vocab, "hidden_size": c.d,
            "intermediate_size": c.ffn, "num_hidden_layers": c.layers, "num_attention_heads": c.heads,
            "num_key_value_heads": c.heads, "head_dim": c.d // c.heads, "hidden_act": "silu",
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-05, "rope_theta": c.theta, "attention_bias": False,
            "mlp_bias": False, "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2,
            "pad_token_id": words.pad, "torch_dtype": "float16"},
        "vision_config": {
            "model_type": "clip_vision_model", "hidden_size": c.vd, "intermediate_size": c.vf, "num_hidden_layers": c.vl,
            "num_attention_heads": c.vh, "image_size": 336, "patch_size": 14, "num_channels": 3,
            "hidden_act": "quick_gelu", "layer_norm_eps": 1e-05, "projection_dim": c.vd}}


PREPROCESSOR = {
    "image_processor_type": "CLIPImageProcessor", "processor_class": "LlavaProcessor", "do_convert_rgb": True,
    "do_resize": True, "size": {"shortest_edge": 336}, "resample": 3, "do_center_crop": True,
    "crop_size": {"height": 336, "width": 336}, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
PROCESSOR = {"processor_class": "LlavaProcessor", "image_token": "<image>", "patch_size": 14,
             "vision_feature_select_strategy": "default", "num_additional_image_tokens": 1}


def write_safetensors(path, tensors):
    head, at = {"__metadata__": {"format": "pt"}}, 0
    for n, t in tensors.items():
        size = t.numel() * 2
        head[n] = {"dtype": "F16", "shape": list(t.shape), "data_offsets": [at, at + size]}
        at += size
    blob = json.dumps(head, separators=(",", ":")).encode()
    blob += b" " * (-len(blob) % 8)
    with open(path + ".part", "wb") as f:
        f.write(struct.pack("<Q", len(blob)) + blob)
        for t in tensors.values():
            f.write(t.contiguous().numpy().tobytes())
    os.replace(path + ".part", path)


def dump(folder, name, value):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        json.dump(value, f, indent=2)
        f.write("\n")


def export(model, words, folder, relevance):
    """All files but the card."""
    os.makedirs(folder, exist_ok=True)
    half = {n: t.detach().float().cpu().to(torch.float16) for n, t in hf_names(model).items()}
    for n, t in half.items():
        if not torch.isfinite(t).all():
            raise ValueError(f"{n} does not fit float16")
    shards, size = [{}], 0
    for n in sorted(half):
        b = half[n].numel() * 2
        if size + b > LIMIT:
            shards.append({})
            size = 0
        shards[-1][n] = half[n]
        size += b
    where = {}
    for old in os.listdir(folder):
        if old.startswith("model-") and old.endswith(".safetensors"):
            os.remove(os.path.join(folder, old))
    for i, s in enumerate(shards):
        name = f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors"
        write_safetensors(os.path.join(folder, name), s)
        where.update({n: name for n in s})
    dump(folder, "model.safetensors.index.json",
         {"metadata": {"total_size": sum(t.numel() * 2 for t in half.values())}, "weight_map": where})
    dump(folder, "config.json", config(model.c, words))
    dump(folder, "preprocessor_config.json", PREPROCESSOR)
    dump(folder, "processor_config.json", PROCESSOR)
    dump(folder, "generation_config.json", {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": words.pad,
                                            "do_sample": False, "max_new_tokens": 16})
    dump(folder, "relevance.json", relevance)
    words.save(folder)


def read_safetensors(path):
    with open(path, "rb") as f:
        n = struct.unpack("<Q", f.read(8))[0]
        head = json.loads(f.read(n))
        body = f.read()
    out = {}
    for name, t in head.items():
        if name != "__metadata__":
            a, b = t["data_offsets"]
            out[name] = torch.frombuffer(bytearray(body[a:b]), dtype=torch.float16).view(t["shape"]).float()
    return out


def load(model, folder):
    """The shards of a folder back into our network, float32."""
    where = hf_names(model)
    with torch.no_grad():
        for name in sorted(os.listdir(folder)):
            if name.endswith(".safetensors"):
                for n, t in read_safetensors(os.path.join(folder, name)).items():
                    where[n].copy_(t.view_as(where[n]))
    return model
