# SPDX-License-Identifier: GPL-3.0-or-later
"""A CLIP text tower for a finished checkpoint, in CLIP's naming, for methods that score tokens in CLIP space.

`python -m train_lib.clip_text MODEL POOL [MINUTES]` trains it on the frozen features of MODEL and writes MODEL/clip.
A patch scores -cos(text, visual_projection(post_layernorm(features))): the sign is minus, as with the released towers.
"""
import copy
import json
import os
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from .device import put
from .export import dump, load, write_safetensors
from .labels import query
from .net import Llava, Shape, VitBlock, attend, quick_gelu, to_patches
from .optim import schedule
from .pool import Pool
from .stage1 import crop_batch
from .tokens import Words

WIDTH, DEPTH, HEADS, JOINT, LENGTH, END = 128, 2, 2, 96, 64, "<|end|>"
SIGN = -1.0


class TextTower(nn.Module):
    def __init__(self, vocab, features):
        super().__init__()
        c = Shape(vocab, vd=WIDTH, vh=HEADS, vf=4 * WIDTH)
        self.token, self.position = nn.Embedding(vocab, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.blocks = nn.ModuleList(VitBlock(c) for _ in range(DEPTH))
        self.final = nn.LayerNorm(WIDTH)
        self.text, self.visual = nn.Linear(WIDTH, JOINT, bias=False), nn.Linear(features, JOINT, bias=False)
        self.t = nn.Parameter(torch.tensor(2.64))
        for e in (self.token, self.position):
            nn.init.normal_(e.weight, std=.05)

    def forward(self, ids, last):
        """ids (B, T), last (B) column of the end token -> (B, JOINT)."""
        n = ids.shape[1]
        x = self.token(ids) + self.position.weight[:n]
        mask = torch.full((n, n), -1e4).triu(1)
        for b in self.blocks:
            y = b.layer_norm1(x)
            a, _ = attend(b.split(b.q(y)), b.split(b.k(y)), b.split(b.v(y)), mask)
            x = x + b.o(a.transpose(1, 2).reshape(x.shape))
            x = x + b.fc2(quick_gelu(b.fc1(b.layer_norm2(x))))
        return self.text(self.final(x)[torch.arange(len(ids)), last])


def spec_of(words):
    """The checkpoint's tokenizer with an end token of its own, the largest id, as CLIP's has."""
    spec = copy.deepcopy(words.spec)
    spec["added_tokens"].append(dict(id=words.size, content=END, special=True, single_word=False, lstrip=False, rstrip=False,
                                     normalized=False))
    post = spec["post_processor"]
    post["single"].append({"SpecialToken": {"id": END, "type_id": 0}})
    post["special_tokens"][END] = {"id": END, "ids": [words.size], "tokens": [END]}
    return spec


def batch_loss(tower, words, post, data, rng, per=6):
    f, wins = data
    texts, rows, pos, ign = [], [], [], []
    for b, w in enumerate(wins):
        for _ in range(per):
            q = query(rng, w)
            if q is None:
                break
            p, g = w.patches([i for ix in q[1] for i in ix])
            texts.append([words.bos] + words.ids(q[0]) + [words.size])
            rows.append(b), pos.append(p), ign.append(g & ~p)
    width = max(map(len, texts))
    ids = torch.tensor([t + [0] * (width - len(t)) for t in texts])
    e = F.normalize(tower(ids, torch.tensor([len(t) - 1 for t in texts])), dim=-1)
    v = F.normalize(tower.visual(post(f)), dim=-1)[torch.tensor(rows)]
    s = SIGN * torch.einsum("qd,qtd->qt", e, v) * tower.t.exp().clamp(max=50)
    s = s.masked_fill(put(np.stack(ign)), -1e4)
    pos = put(np.stack(pos))
    hit = pos[torch.arange(len(s)), s.argmax(1)].float().mean()
    return (torch.logsumexp(s, 1) - torch.logsumexp(s.masked_fill(~pos, -1e4), 1)).mean(), float(hit)


def train(model, words, pool, minutes, seed=5, rows=12, most=1200):
    tower = TextTower(words.size + 1, model.c.vd)
    opt = torch.optim.AdamW(tower.parameters(), 2e-3, betas=(.9, .98), weight_decay=.02)
    rng, cache, t0, step, mean = np.random.default_rng(seed), [], time.time(), 0, 0.0
    while (done := time.time() - t0) < minutes * 60:
        if len(cache) < most and step % 8 == 0:
            img, ids, wins = crop_batch(pool, rng, 10, 24)
            with torch.no_grad():
                cache += list(zip(model.vision(to_patches(img), ids, False)[0].half(), wins))
        picks = [cache[int(i)] for i in rng.integers(len(cache), size=rows)]
        loss, hit = batch_loss(tower, words, model.vision.post, (torch.stack([f for f, _ in picks]).float(), [w for _, w in picks]), rng)
        for g in opt.param_groups:
            g["lr"] = 2e-3 * schedule(done, minutes * 60, step, 50)
        opt.zero_grad()
        loss.backward()
        opt.step()
        step, mean = step + 1, .97 * mean + .03 * hit
        if step % 100 == 0:
            print(json.dumps({"clip_text": step, "loss": round(float(loss.detach()), 3), "pointing": round(mean, 3),
                              "left_s": round(minutes * 60 - done)}), flush=True)
    return tower


def export_text(tower, words, folder):
    os.makedirs(folder, exist_ok=True)
    sd, out, t = tower.state_dict(), {}, "text_model."
    out[t + "embeddings.token_embedding.weight"] = sd["token.weight"]
    out[t + "embeddings.position_embedding.weight"] = sd["position.weight"]
    names = {"q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.out_proj",
             "fc1": "mlp.fc1", "fc2": "mlp.fc2", "layer_norm1": "layer_norm1", "layer_norm2": "layer_norm2"}
    for p in ("weight", "bias"):
        out[t + "final_layer_norm." + p] = sd["final." + p]
        for i in range(DEPTH):
            for a, b in names.items():
                out[f"{t}encoder.layers.{i}.{b}.{p}"] = sd[f"blocks.{i}.{a}.{p}"]
    out["text_projection.weight"], out["visual_projection.weight"] = sd["text.weight"], sd["visual.weight"]
    write_safetensors(os.path.join(folder, "model.safetensors"), {n: x.detach().to(torch.float16) for n, x in out.items()})
    dump(folder, "config.json", {
        "model_type": "clip", "projection_dim": JOINT, "text_config": {
            "model_type": "clip_text_model", "hidden_size": WIDTH, "intermediate_size": 4 * WIDTH, "num_hidden_layers": DEPTH,
            "num_attention_heads": HEADS, "max_position_embeddings": LENGTH, "vocab_size": words.size + 1, "hidden_act": "quick_gelu",
            "layer_norm_eps": 1e-05, "bos_token_id": words.bos, "eos_token_id": words.size, "projection_dim": JOINT}})
    with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as f:
        json.dump(spec_of(words), f, ensure_ascii=False, indent=1)


def main(folder, pool, minutes="4", threads=1):
    torch.set_num_threads(threads)
    words = Words()
    model = load(Llava(Shape(words.size)), folder)
    model.requires_grad_(False)
    export_text(train(model, words, Pool(pool, "train"), float(minutes)), words, os.path.join(folder, "clip"))


if __name__ == "__main__":
    main(*sys.argv[1:])
