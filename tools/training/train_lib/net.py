# SPDX-License-Identifier: GPL-3.0-or-later
"""The network in the shapes of a LLaVA-1.5 checkpoint: CLIP tower, projector, Llama decoder.

Attention is written out (matmul, softmax, matmul): on a CPU the backward of the fused kernel is slower in bf16.
"""
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Shape:
    vocab: int
    vd: int = 192
    vl: int = 8
    vh: int = 3
    vf: int = 768
    proj: int = 320
    d: int = 320
    layers: int = 12
    heads: int = 5
    ffn: int = 864
    grid: int = 24
    patch: int = 14
    theta: float = 10000.0


def attend(q, k, v, mask=None):
    """(B, H, T, D) -> output and the logits' softmax."""
    s = (q * (q.shape[-1] ** -0.5)) @ k.transpose(-1, -2)
    if mask is not None:
        s.add_(mask)
    p = torch.softmax(s, -1)
    return p @ v, p


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


class VitBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.h = c.vh
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(c.vd), nn.LayerNorm(c.vd)
        self.q, self.k, self.v, self.o = (nn.Linear(c.vd, c.vd) for _ in range(4))
        self.fc1, self.fc2 = nn.Linear(c.vd, c.vf), nn.Linear(c.vf, c.vd)

    def split(self, x):
        b, t, d = x.shape
        return x.view(b, t, self.h, d // self.h).transpose(1, 2)

    def forward(self, x, rows=None):
        """rows = 1: only the class token is computed (the last block, in training)."""
        y = self.layer_norm1(x)
        keep = x if rows is None else x[:, :rows]
        q = self.q(y if rows is None else y[:, :rows])
        a, _ = attend(self.split(q), self.split(self.k(y)), self.split(self.v(y)))
        keep = keep + self.o(a.transpose(1, 2).reshape(keep.shape))
        return keep + self.fc2(quick_gelu(self.fc1(self.layer_norm2(keep))))


class Vision(nn.Module):
    """CLIP tower; `features` is hidden_states[-2] without the class token."""

    def __init__(self, c):
        super().__init__()
        self.c = c
        self.patch = nn.Linear(3 * c.patch * c.patch, c.vd, bias=False)
        self.cls = nn.Parameter(torch.randn(c.vd) * .02)
        self.pos = nn.Embedding(c.grid * c.grid + 1, c.vd)
        self.pre = nn.LayerNorm(c.vd)
        self.blocks = nn.ModuleList(VitBlock(c) for _ in range(c.vl))
        self.post = nn.LayerNorm(c.vd)

    def forward(self, patches, pos_ids, want_cls=True):
        """patches (B, T, 3*14*14) in raster order, pos_ids (B, T) in 0..575."""
        x = self.patch(patches)
        b = x.shape[0]
        x = torch.cat([self.cls.expand(b, 1, -1).to(x.dtype), x], 1)
        ids = torch.cat([torch.zeros(b, 1, dtype=torch.long, device=x.device), pos_ids + 1], 1)
        x = self.pre(x + self.pos(ids))
        for blk in self.blocks[:-1]:
            x = blk(x)
        pooled = self.post(self.blocks[-1](x, 1))[:, 0] if want_cls else None
        return x[:, 1:], pooled


class Projector(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.linear_1, self.linear_2 = nn.Linear(c.vd, c.proj), nn.Linear(c.proj, c.d)

    def forward(self, x):
        return self.linear_2(F.gelu(self.linear_1(x)))


class RMSNorm(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d))

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight, 1e-5)


def rope_tables(pos, dim, theta, dtype):
    inv = 1.0 / theta ** (torch.arange(0, dim, 2, dtype=torch.float32, device=pos.device) / dim)
    f = pos.float()[..., None] * inv
    f = torch.cat([f, f], -1)
    return f.cos().to(dtype)[:, None], f.sin().to(dtype)[:, None]


def rotate(x, cos, sin):
    h = x.shape[-1] // 2
    return x * cos + torch.cat([-x[..., h:], x[..., :h]], -1) * sin


class DecBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.h = c.heads
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(c.d), RMSNorm(c.d)
        self.q, self.k, self.v, self.o = (nn.Linear(c.d, c.d, bias=False) for _ in range(4))
        self.gate, self.up = nn.Linear(c.d, c.ffn, bias=False), nn.Linear(c.d, c.ffn, bias=False)
        self.down = nn.Linear(c.ffn, c.d, bias=False)

    def forward(self, x, cos, sin, parts, probe=None, only=0):
        """parts: [(first row, end, mask)], the rows' queries see keys up to `end`; with `only`, rows before it are left out."""
        b, t, d = x.shape
        y = self.input_layernorm(x)

        def split(z):
            return z.view(b, z.shape[1], self.h, d // self.h).transpose(1, 2)

        k, v = rotate(split(self.k(y)), cos, sin), split(self.v(y))
        q = rotate(split(self.q(y[:, only:])), cos[:, :, only:], sin[:, :, only:])
        out = []
        for lo, hi, mask in parts:
            if lo < only:
                continue
            a, p = attend(q[:, :, lo - only:hi - only], k[:, :, :hi], v[:, :, :hi], mask)
            out.append(a)
        x = x[:, only:] + self.o(torch.cat(out, 2).transpose(1, 2).reshape(b, t - only, d))
        y = self.post_attention_layernorm(x)
        x = x + self.down(F.silu(self.gate(y)) * self.up(y))
        if probe is not None:  # the attention of the last part, which the grounding losses look at
            probe.append(p)
        return x


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.blocks = nn.ModuleList(DecBlock(c) for _ in range(c.layers))
        self.norm = RMSNorm(c.d)
        self.head = nn.Linear(c.d, c.vocab, bias=False)

    def forward(self, x, pos, parts, ground=(), states=()):
        """Normed states of the last part's rows; {layer: attention (B, H, rows, T)} of `ground` and {layer: states (B, rows,
        d)} of `states`, both of the last part's rows too."""
        cos, sin = rope_tables(pos, x.shape[-1] // self.c.heads, self.c.theta, x.dtype)
        maps, seen, first = {}, {}, parts[-1][0]
        for i, blk in enumerate(self.blocks):
            probe = [] if i in ground else None
            last = i + 1 == len(self.blocks)
            x = blk(x, cos, sin, parts, probe, first if last else 0)
            if probe:
                maps[i] = probe[0]
            if i in states:
                seen[i] = x[:, first:]
        return self.norm(x), maps, seen


class Llava(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.vision, self.projector = Vision(c), Projector(c)
        self.embed = nn.Embedding(c.vocab, c.d)
        self.decoder = Decoder(c)
        self.reset()

    @torch.no_grad()
    def reset(self):
        c = self.c
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.trunc_normal_(m.weight, std=.02)
                if m.bias is not None:
                    m.bias.zero_()
        nn.init.trunc_normal_(self.vision.patch.weight, std=.04)
        nn.init.normal_(self.embed.weight, std=.05)
        n = c.vd // 4
        w = 1.0 / 100.0 ** (torch.arange(n) / n)
        g = torch.arange(c.grid).float()[:, None] * w
        wave = torch.cat([g.sin(), g.cos()], 1)
        table = torch.cat([wave.repeat(c.grid, 1), wave.repeat_interleave(c.grid, 0)], 1)
        self.vision.pos.weight.zero_()
        self.vision.pos.weight[1:] = .3 * table
        hd = c.d // c.heads
        for b in self.decoder.blocks:
            for lin in (b.o, b.down):
                lin.weight.mul_((2 * c.layers) ** -.5)
            for h in range(c.heads):
                q, _ = torch.linalg.qr(torch.randn(c.d, hd))
                b.q.weight[h * hd:(h + 1) * hd] = .7 * q.T
                b.k.weight[h * hd:(h + 1) * hd] = .7 * q.T


MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


def to_patches(img, dtype=torch.float32):
    """uint8 (B, S, S, 3) -> normalised patches (B, T, 3*14*14), channel-major as a conv weight is."""
    b, s = img.shape[0], img.shape[1] // 14
    x = (img.float() / 255.0 - torch.tensor(MEAN, device=img.device)) / torch.tensor(STD, device=img.device)
    x = x.view(b, s, 14, s, 14, 3).permute(0, 1, 3, 5, 2, 4)
    return x.reshape(b, s * s, 588).to(dtype)
