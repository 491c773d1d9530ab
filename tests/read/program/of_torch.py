"""Programs of PyTorch as people write them, each with the variable and the shapes of its arguments."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.read.program.row import Row


def cross_entropy(logits, y):
    return F.cross_entropy(logits, y)


def nll_by_index(logits, y):
    return -F.log_softmax(logits, dim=-1)[torch.arange(logits.shape[0]), y].mean()


def nll_by_gather(logits, y):
    return -torch.log_softmax(logits, 1).gather(1, y.unsqueeze(1)).squeeze(1).mean()


def distillation(student, teacher, t):
    p = F.softmax(teacher / t, dim=-1)
    return F.kl_div(F.log_softmax(student / t, dim=-1), p, reduction="batchmean") * t**2


def bce_with_logits(x, y):
    return F.binary_cross_entropy_with_logits(x, y)


def focal(x, y):
    p = torch.sigmoid(x)
    ce = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    p_t = p * y + (1 - p) * (1 - y)
    return (0.25 * (1 - p_t) ** 2 * ce).sum()


def dice(x, y):
    p = x.sigmoid()
    return 1 - (2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1)


def smooth_l1(x, y):
    return F.smooth_l1_loss(x, y, reduction="sum")


def layer_norm(x, g, b):
    return (F.layer_norm(x, (x.shape[-1],), g, b) ** 3).sum()


def rms_norm(x, g):
    return (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * g).sin().sum()


def batch_norm(x, g, b):
    mu, var = x.mean(0), x.var(0, unbiased=False)
    return (((x - mu) / torch.sqrt(var + 1e-5) * g + b) ** 3).sum()


def attention(q, k, v):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
    return (torch.softmax(scores, dim=-1) @ v).pow(2).sum()


def causal_heads(q, k, v, h):
    n, d = q.shape
    q, k, v = (t.view(n, h, d // h).transpose(0, 1) for t in (q, k, v))
    scores = q @ k.transpose(-2, -1) / math.sqrt(d // h)
    scores = scores.masked_fill(torch.triu(torch.ones(n, n, dtype=torch.bool), diagonal=1), float("-inf"))
    return (torch.softmax(scores, -1) @ v).transpose(0, 1).reshape(n, d).sin().sum()


def fused_attention(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True).sum()


def linear_attention(q, k, v):
    q, k = F.elu(q) + 1, F.elu(k) + 1
    return ((q @ (k.T @ v)) / (q @ k.sum(0)).unsqueeze(-1)).sum()


def rotary(x, cos, sin):
    a, b = x.chunk(2, dim=-1)
    return (torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1) ** 3).sum()


def info_nce(a, b, t):
    a, b = F.normalize(a, dim=-1), F.normalize(b, dim=-1)
    logits = a @ b.T / t
    labels = torch.arange(a.shape[0])
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2


def triplet(a, p, neg, margin):
    return F.relu((a - p).norm(dim=1) - (a - neg).norm(dim=1) + margin).mean()


def dpo(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * (chosen - rejected - ref_chosen + ref_rejected)).mean()


def ppo(new, old, advantage):
    ratio = (new - old).exp()
    return -torch.min(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage).mean()


def vae(x, recon, mu, logvar):
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return F.mse_loss(recon, x, reduction="sum") + kl


def gaussian_nll(mu, logvar, y):
    return 0.5 * (logvar + (y - mu) ** 2 / logvar.exp()).mean()


def gaussian_process(K, y):
    L = torch.linalg.cholesky(K)
    alpha = torch.cholesky_solve(y.unsqueeze(-1), L)
    return 0.5 * (y.unsqueeze(-1) * alpha).sum() + L.diagonal().log().sum()


def log_det(A, x):
    return torch.logdet(A) + x @ torch.linalg.solve(A, x)


def swiglu(x, W, V):
    return (F.silu(x @ W) * (x @ V)).sum()


def gelu_layer(x, W, b):
    return F.gelu(F.linear(x, W, b)).pow(2).sum()


def experts(x, G, E):
    gates = torch.softmax(x @ G, -1)
    return torch.einsum("nk,ni,kid->nd", gates, x, E).pow(2).sum()


def scan_step(h, a, b, x):
    for _ in range(3):
        h = torch.tanh(a * h + b * x)
    return h.sum()


def cox(theta, event):
    risk = torch.log(torch.cumsum(torch.exp(theta.flip(0)), 0)).flip(0)
    return -(event * (theta - risk)).sum()


def straight_through(x, q, W):
    z = x + (q - x).detach()
    return ((z @ W) ** 2).sum()


def barlow(a, b, lam):
    a = (a - a.mean(0)) / a.std(0)
    b = (b - b.mean(0)) / b.std(0)
    c = a.T @ b / a.shape[0]
    on = (torch.diagonal(c) - 1).pow(2).sum()
    return on + lam * (c.pow(2).sum() - torch.diagonal(c).pow(2).sum())


def total_variation(x):
    return (x[1:] - x[:-1]).abs().sum()


def embedding_score(W, u, y):
    return (F.embedding(y, W) @ u).sigmoid().log().sum()


def smoothed_without_a_class(logits, y):
    return F.cross_entropy(logits, y, ignore_index=1, label_smoothing=0.2)


def td_error(q, actions, rewards, next_q):
    taken = q.gather(1, actions.unsqueeze(1)).squeeze(1)
    with torch.no_grad():
        target = rewards + 0.99 * next_q.max(dim=1).values
    return F.mse_loss(taken, target)


def redundancy(c):
    """As Barlow Twins has it: the diagonal changed in place, the rest found by its places."""
    n = c.shape[0]
    c = c * 1.0
    on = torch.diagonal(c).add_(-1).pow_(2).sum()
    return on + 0.005 * c.flatten()[:-1].view(n - 1, n + 1)[:, 1:].flatten().pow_(2).sum() + len(c) * math.log(2)


class Classifier(nn.Module):
    """A module whose parameters have names."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(8, 16)
        self.out = nn.Linear(16, 4)

    def forward(self, x, y):
        return F.cross_entropy(self.out(torch.tanh(self.hidden(x))), y)


ROWS = [
    Row(cross_entropy, "logits", {"logits": "n k", "y": "n in k"}),
    Row(nll_by_index, "logits", {"logits": "n k", "y": "n in k"}),
    Row(focal, "x", {"x": "n", "y": "n"}),
    Row(rms_norm, "x", {"x": "n d", "g": "d"}),
    Row(batch_norm, "x", {"x": "n d", "g": "d", "b": "d"}),
    Row(causal_heads, "v", {"q": "n h*d", "k": "n h*d", "v": "n h*d", "h": "= h"}),
    Row(fused_attention, "v", {"q": "n d", "k": "n d", "v": "n c"}),
    Row(rotary, "x", {"x": "n 2*e", "cos": "n e", "sin": "n e"}),
    Row(info_nce, "t", {"a": "n d", "b": "n d", "t": ""}),
    Row(vae, "logvar", {"x": "n m", "recon": "n m", "mu": "n d", "logvar": "n d"}),
    Row(gaussian_process, "y", {"K": "n n", "y": "n"}, ["posdef(K)"]),
    Row(log_det, "A", {"A": "n n", "x": "n"}, ["posdef(A)"]),
    Row(experts, "G", {"x": "n m", "G": "m k", "E": "k m d"}),
    Row(straight_through, "x", {"x": "n d", "q": "n d", "W": "d m"}, held=lambda x, q, W: {"c": q - x}),
    Row(smoothed_without_a_class, "logits", {"logits": "n k", "y": "n in k"}),
    Row(redundancy, "c", {"c": "n n"}),
    Row(
        td_error,
        "q",
        {"q": "n k", "actions": "n in k", "rewards": "n", "next_q": "n k"},
        held=lambda q, actions, rewards, next_q: {"c": rewards + 0.99 * next_q.max(dim=1).values},
    ),
    Row(embedding_score, "W", {"W": "k d", "u": "d", "y": "n in k"}),
]
MORE = [
    Row(nll_by_gather, "logits", {"logits": "n k", "y": "n in k"}),
    Row(distillation, "student", {"student": "n k", "teacher": "n k", "t": ""}),
    Row(bce_with_logits, "x", {"x": "n m", "y": "n m"}),
    Row(dice, "x", {"x": "n", "y": "n"}),
    Row(smooth_l1, "x", {"x": "n", "y": "n"}),
    Row(layer_norm, "x", {"x": "n d", "g": "d", "b": "d"}),
    Row(attention, "q", {"q": "n d", "k": "m d", "v": "m c"}),
    Row(linear_attention, "v", {"q": "n d", "k": "m d", "v": "m c"}),
    Row(triplet, "a", {"a": "n d", "p": "n d", "neg": "n d", "margin": ""}),
    Row(dpo, "chosen", {"chosen": "n", "rejected": "n", "ref_chosen": "n", "ref_rejected": "n", "beta": ""}),
    Row(ppo, "new", {"new": "n", "old": "n", "advantage": "n"}),
    Row(gaussian_nll, "logvar", {"mu": "n", "logvar": "n", "y": "n"}),
    Row(swiglu, "W", {"x": "n m", "W": "m k", "V": "m k"}),
    Row(gelu_layer, "W", {"x": "n m", "W": "k m", "b": "k"}),
    Row(scan_step, "a", {"h": "n", "a": "n", "b": "n", "x": "n"}),
    Row(cox, "theta", {"theta": "n", "event": "n"}),
    Row(barlow, "lam", {"a": "n d", "b": "n d", "lam": ""}),
    Row(total_variation, "x", {"x": "n"}),
]
"""Further ones, which ``benchmarks/programs.py`` counts; a test of them all would take too long."""
