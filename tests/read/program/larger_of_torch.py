"""Larger programs of PyTorch, which ``benchmarks/programs.py`` counts and a few of which tests run."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Normal, kl_divergence

from tests.read.program.row import Row


def triplet(a, p, n):
    return F.triplet_margin_loss(a, p, n, margin=1.0, p=2)


def cosine_embed(a, b, y):
    return F.cosine_embedding_loss(a, b, y, margin=0.2)


def gauss_nll(mu, y, var):
    return F.gaussian_nll_loss(mu, y, var)


def ce_weight(x, y, w):
    return F.cross_entropy(x, y, weight=w)


def bce_pos(x, y, w):
    return F.binary_cross_entropy_with_logits(x, y, pos_weight=w)


class CausalSelfAttention(nn.Module):
    def __init__(self, n_embd=4, n_head=2, block=4):
        super().__init__()
        self.c_attn = nn.Linear(n_embd, 3 * n_embd)
        self.c_proj = nn.Linear(n_embd, n_embd)
        self.n_head, self.n_embd = n_head, n_embd
        self.register_buffer("bias", torch.tril(torch.ones(block, block)).view(1, 1, block, block))

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(self.n_embd, dim=2)
        k = k.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        q = q.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        v = v.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(self.bias[:, :, :T, :T] == 0, float("-inf"))
        att = F.softmax(att, dim=-1)
        y = att @ v
        y = y.transpose(1, 2).contiguous().view(B, T, C)
        return self.c_proj(y).sum()


class TextClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(10, 6)
        self.fc = nn.Linear(6, 3)

    def forward(self, tokens, y):
        return F.cross_entropy(self.fc(self.emb(tokens).mean(dim=1)), y)


class Block(nn.Module):
    def __init__(self, dim=8, heads=2):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x):
        h = self.ln1(x)
        x = x + self.attn(h, h, h, need_weights=False)[0]
        return (x + self.mlp(self.ln2(x))).pow(2).mean()


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 3)

    def forward(self, x, y):
        h = F.relu(self.bn(self.conv1(x))).mean(dim=(2, 3))
        return F.cross_entropy(self.fc(h), y)


class CNN1d(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.pool, self.out = nn.Conv1d(3, 6, 3), nn.MaxPool1d(2), nn.Linear(6, 2)

    def forward(self, x):
        return self.out(self.pool(torch.relu(self.conv(x))).mean(-1)).sum()


class GRUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(3, 4)

    def forward(self, x, h):
        for t in range(2):
            h = self.cell(x[:, t], h)
        return h.sum()


def repeat_kv(k, n_rep):
    b, kv, s, d = k.shape
    return k[:, :, None, :, :].expand(b, kv, n_rep, s, d).reshape(b, kv * n_rep, s, d)


def gqa(q, k, v, g):
    k, v = repeat_kv(k, g), repeat_kv(v, g)
    w = F.softmax(torch.matmul(q, k.transpose(2, 3)) / math.sqrt(q.shape[-1]), dim=-1)
    return torch.matmul(w, v).pow(2).sum()


def rope_complexless(x, base):
    _, n, d = x.shape
    inv = 1.0 / (base ** (torch.arange(0, d, 2).float() / d))
    t = torch.arange(n, dtype=torch.float32)
    f = torch.outer(t, inv)
    x1, x2 = x[..., 0::2], x[..., 1::2]
    out = torch.stack((x1 * f.cos() - x2 * f.sin(), x1 * f.sin() + x2 * f.cos()), dim=-1).flatten(-2)
    return out.pow(3).sum()


def dist_kl(mu, sigma):
    return kl_divergence(Normal(mu, sigma), Normal(torch.zeros_like(mu), torch.ones_like(sigma))).sum()


def hf_causal_lm(logits, labels):
    shift_logits = logits[..., :-1, :].contiguous()
    shift_labels = labels[..., 1:].contiguous()
    return F.cross_entropy(shift_logits.view(-1, shift_logits.size(-1)), shift_labels.view(-1))


class LlamaAttention(nn.Module):
    def __init__(self, d=8, h=4, kv=2):
        super().__init__()
        self.h, self.kv, self.hd = h, kv, d // h
        self.q_proj = nn.Linear(d, h * self.hd, bias=False)
        self.k_proj = nn.Linear(d, kv * self.hd, bias=False)
        self.v_proj = nn.Linear(d, kv * self.hd, bias=False)
        self.o_proj = nn.Linear(d, d, bias=False)

    def forward(self, x, cos, sin):
        b, t, _ = x.shape
        q = self.q_proj(x).view(b, t, self.h, self.hd).transpose(1, 2)
        k = self.k_proj(x).view(b, t, self.kv, self.hd).transpose(1, 2)
        v = self.v_proj(x).view(b, t, self.kv, self.hd).transpose(1, 2)

        def rot(z):
            return torch.cat((-z[..., self.hd // 2 :], z[..., : self.hd // 2]), dim=-1)

        q, k = q * cos + rot(q) * sin, k * cos + rot(k) * sin
        k, v = k.repeat_interleave(self.h // self.kv, dim=1), v.repeat_interleave(self.h // self.kv, dim=1)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o_proj(y.transpose(1, 2).reshape(b, t, -1)).sum()


def arcface(x, W, y, s, m):
    cos = F.linear(F.normalize(x), F.normalize(W))
    one_hot = F.one_hot(y, W.shape[0])
    sin = torch.sqrt(1.0 - cos**2 + 1e-6)
    phi = cos * torch.cos(m) - sin * torch.sin(m)
    logits = s * (one_hot * phi + (1.0 - one_hot) * cos)
    return F.cross_entropy(logits, y)


def group_norm(x, w, b):
    return F.group_norm(x, 2, w, b).sin().sum()


def moco(q, k, queue, T):
    pos = torch.einsum("nc,nc->n", [q, k]).unsqueeze(-1)
    neg = torch.einsum("nc,ck->nk", [q, queue.detach()])
    logits = torch.cat([pos, neg], dim=1) / T
    return F.cross_entropy(logits, torch.zeros(logits.shape[0], dtype=torch.long))


ROWS = [
    Row(triplet, "a", {"a": "m d", "p": "m d", "n": "m d"}),
    Row(cosine_embed, "a", {"a": "n d", "b": "n d", "y": "n"}),
    Row(gauss_nll, "mu", {"mu": "n", "y": "n", "var": "n"}, ["positive(var)"]),
    Row(ce_weight, "x", {"x": "n k", "y": "n in k", "w": "k"}, ["positive(w)"]),
    Row(bce_pos, "x", {"x": "n k", "y": "n k", "w": "k"}),
    Row(CausalSelfAttention(), "c_proj_weight", {"x": "b 3 4"}),
    Row(
        TextClassifier(),
        "fc_weight",
        {"tokens": "n t in v", "y": "n in k", "emb.weight": "v d", "fc.weight": "k d", "fc.bias": "k"},
    ),
    Row(Block(), "mlp_2_bias", {"x": "b n 8"}),
    Row(ConvNet(), "fc_bias", {"x": "n 1 h w", "y": "n in 3"}),
    Row(CNN1d(), "out_weight", {"x": "n 3 8"}),
    Row(GRUNet(), "cell_bias_hh", {"x": "n 2 3", "h": "n 4"}),
    Row(gqa, "v", {"q": "b h*g n d", "k": "b h n d", "v": "b h n d", "g": "= g"}),
    Row(rope_complexless, "x", {"x": "b n 2*e", "base": ""}, ["positive(base)"]),
    Row(dist_kl, "sigma", {"mu": "n", "sigma": "n"}, ["positive(sigma)"]),
    Row(hf_causal_lm, "logits", {"logits": "b t v", "labels": "b t in v"}),
    Row(LlamaAttention(), "o_proj_weight", {"x": "b t 8", "cos": "t 2", "sin": "t 2"}),
    Row(arcface, "x", {"x": "n d", "W": "k d", "y": "n in k", "s": "", "m": ""}),
    Row(group_norm, "w", {"x": "n 2*c l", "w": "2*c", "b": "2*c"}),
    Row(moco, "q", {"q": "n c", "k": "n c", "queue": "c k1", "T": ""}, held=lambda q, k, queue, T: {"c1": queue}),
]
