"""Backward passes of ``jax.custom_vjp`` and ``torch.autograd.Function``, right ones and ones with a slip."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import torch

from tests.programs.passes import Pass


def vjp(function: Callable[..., Any], backward: Callable[..., Any]) -> Any:
    """A function with a backward pass that saves all of its arguments."""
    made = jax.custom_vjp(function)
    made.defvjp(lambda *given: (function(*given), given), backward)
    return made


def labelled(z, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1).mean()


def labelled_right(saved, g):
    z, y = saved
    return g * (jax.nn.softmax(z) - jax.nn.one_hot(y, z.shape[1])) / z.shape[0], None


def labelled_slip(saved, g):
    z, y = saved
    return g * (jax.nn.softmax(z) - jax.nn.one_hot(y, z.shape[1])), None


def affine_norm(x, w, b):
    gap = x - x.mean(-1, keepdims=True)
    return gap / jnp.sqrt((gap**2).mean(-1, keepdims=True) + 1e-5) * w + b


def affine_norm_back(weigh: bool):
    def backward(saved, g):
        x, w, _ = saved
        gap = x - x.mean(-1, keepdims=True)
        s = 1 / jnp.sqrt((gap**2).mean(-1, keepdims=True) + 1e-5)
        h = gap * s
        d = g * w if weigh else g
        dx = s * (d - d.mean(-1, keepdims=True) - h * (d * h).mean(-1, keepdims=True))
        return dx, (g * h).sum(0), g.sum(0)

    return backward


def rotary(x, t):
    a, b = jnp.split(x, 2, axis=-1)
    return jnp.concatenate([a * jnp.cos(t) - b * jnp.sin(t), a * jnp.sin(t) + b * jnp.cos(t)], -1)


def gelu_tanh(x):
    return 0.5 * x * (1 + jnp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def gelu_tanh_right(saved, g):
    (x,) = saved
    t = jnp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
    inner = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)
    return (g * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * inner),)


def gelu_tanh_slip(saved, g):
    (x,) = saved
    t = jnp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
    inner = math.sqrt(2 / math.pi) * (1 + 0.044715 * x**2)
    return (g * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * inner),)


def causal(q, k, v):
    scores = q @ k.T / jnp.sqrt(q.shape[-1])
    return jax.nn.softmax(jnp.where(jnp.tril(jnp.ones(scores.shape, bool)), scores, -jnp.inf)) @ v


def probabilities(q, k):
    scores = q @ k.T / jnp.sqrt(q.shape[-1])
    return jax.nn.softmax(jnp.where(jnp.tril(jnp.ones(scores.shape, bool)), scores, -jnp.inf))


def contrastive(a, b, t):
    return -jnp.mean(jnp.diag(jax.nn.log_softmax(a @ b.T / t)))


def contrastive_back(a, b, t):
    p = jax.nn.softmax(a @ b.T / t) - jnp.eye(a.shape[0])
    return p @ b / (t * a.shape[0])


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        s = torch.sigmoid(x)
        ctx.save_for_backward(x, s)
        return x * s

    @staticmethod
    def backward(ctx, g):
        x, s = ctx.saved_tensors
        return g * s * (1 + x * (1 - s))


class SwishSlip(Swish):
    @staticmethod
    def backward(ctx, g):
        _, s = ctx.saved_tensors
        return g * s * (1 + (1 - s))


class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias):
        ctx.save_for_backward(x, weight)
        return x @ weight.t() + bias

    @staticmethod
    def backward(ctx, g):
        x, weight = ctx.saved_tensors
        return g @ weight, g.t() @ x, g.sum(0)


class LinearSlip(Linear):
    @staticmethod
    def backward(ctx, g):
        x, weight = ctx.saved_tensors
        return g @ weight, g.t() @ x, g.mean(0)


class LogSumExp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        m = x.max(dim=-1, keepdim=True).values
        e = (x - m).exp()
        s = e.sum(-1, keepdim=True)
        ctx.save_for_backward(e, s)
        return (s.log() + m).squeeze(-1)

    @staticmethod
    def backward(ctx, g):
        e, s = ctx.saved_tensors
        return g.unsqueeze(-1) * e / s


class LogSumExpSlip(LogSumExp):
    @staticmethod
    def backward(ctx, g):
        e, _ = ctx.saved_tensors
        return g.unsqueeze(-1) * e / e.sum()


class RootMeanSquare(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        r = torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)
        ctx.save_for_backward(x, w, r)
        return x * r * w

    @staticmethod
    def backward(ctx, g):
        x, w, r = ctx.saved_tensors
        h = x * r
        d = g * w
        return r * (d - h * (d * h).mean(-1, keepdim=True)), (g * h).sum(0)


class RootMeanSquareSlip(RootMeanSquare):
    @staticmethod
    def backward(ctx, g):
        x, w, r = ctx.saved_tensors
        h = x * r
        d = g * w
        return r * (d - x * (d * h).mean(-1, keepdim=True)), (g * h).sum(0)


class LabelledEntropy(torch.autograd.Function):
    """What a fused kernel does: one is taken from the probabilities at the labels, in place."""

    @staticmethod
    def forward(ctx, z, y):
        p = torch.softmax(z, -1)
        ctx.save_for_backward(p, y)
        return -torch.log(p.gather(1, y[:, None])).mean()

    @staticmethod
    def backward(ctx, g):
        p, y = ctx.saved_tensors
        d = p.clone()
        d[torch.arange(p.shape[0]), y] -= 1
        return g * d / p.shape[0], None


class LabelledEntropySlip(LabelledEntropy):
    @staticmethod
    def backward(ctx, g):
        p, y = ctx.saved_tensors
        d = p.clone()
        d[torch.arange(p.shape[0]), y] -= 1
        return g * d / p.shape[1], None


class ScaleNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        r = x.pow(2).sum(-1, keepdim=True).sqrt()
        ctx.save_for_backward(x, w, r)
        return x / r * w

    @staticmethod
    def backward(ctx, g):
        x, w, r = ctx.saved_tensors
        d = g * w
        return (d - x * (d * x).sum(-1, keepdim=True) / (r * r)) / r, (g * x / r).sum(0)


class ScaleNormSlip(ScaleNorm):
    @staticmethod
    def backward(ctx, g):
        x, w, r = ctx.saved_tensors
        d = g * w
        return (d - x * (d * x).sum(-1, keepdim=True) / (r * r)) / r, (g * x).sum(0)


WRAPPED = [
    Pass(labelled, "z", {"z": "n k", "y": "n in k"}, vjp(labelled, labelled_right), vjp(labelled, labelled_slip),
         "the factor 1/n is missing"),
    Pass(affine_norm, ("x", "w", "b"), {"x": "n d", "w": "d", "b": "d"}, vjp(affine_norm, affine_norm_back(True)),
         vjp(affine_norm, affine_norm_back(False)), "w is not used"),
    Pass(rotary, "x", {"x": "n 2*e", "t": "n e"}, vjp(rotary, lambda saved, g: (rotary(g, -saved[1]), None)),
         vjp(rotary, lambda saved, g: (rotary(g, saved[1]), None)), "t has the wrong sign"),
    Pass(gelu_tanh, "x", {"x": "n"}, vjp(gelu_tanh, gelu_tanh_right), vjp(gelu_tanh, gelu_tanh_slip), "factor 3"),
    Pass(causal, "v", {"q": "n d", "k": "n d", "v": "n c"}, lambda q, k, v, g: probabilities(q, k).T @ g,
         lambda q, k, v, g: probabilities(q, k) @ g, "should"),
    Pass(contrastive, "a", {"a": "n d", "b": "n d", "t": ""}, contrastive_back,
         lambda a, b, t: contrastive_back(a, b, t) * t, "the factor 1/t is missing"),
    Pass(None, "x", {"x": "n"}, Swish, SwishSlip, "should"),
    Pass(None, ("x", "weight", "bias"), {"x": "n m", "weight": "k m", "bias": "k"}, Linear, LinearSlip,
         "the factor n is missing"),
    Pass(None, "x", {"x": "n k"}, LogSumExp, LogSumExpSlip, "should"),
    Pass(None, ("x", "w"), {"x": "n d", "w": "d"}, RootMeanSquare, RootMeanSquareSlip, "not the factor 1"),
    Pass(None, "z", {"z": "n k", "y": "n in k"}, LabelledEntropy, LabelledEntropySlip, "the factor k/n is missing"),
    Pass(None, ("x", "w"), {"x": "n d", "w": "d"}, ScaleNorm, ScaleNormSlip, "not the factor 1"),
]  # fmt: skip
"""Each is the function of ``forward`` where no other is named."""
