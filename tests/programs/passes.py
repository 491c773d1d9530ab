"""Backward passes written by hand: each with the function, right ones and ones with a slip that people make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp


@dataclass(frozen=True)
class Pass:
    """``says``: words of the verdict on the slip; ``of``: None where the pass has a function of its own."""

    of: Callable[..., Any] | None
    wrt: str | tuple[str, ...]
    shapes: dict[str, str]
    right: Callable[..., Any]
    slip: Callable[..., Any]
    says: str
    given: list[str] = field(default_factory=list)
    needs: str = ""

    @property
    def name(self) -> str:
        return getattr(self.of or self.right, "__name__", "")


def square(X, w, y):
    return jnp.mean((X @ w - y) ** 2)


def cross_entropy(z, y):
    return -jnp.sum(y * jax.nn.log_softmax(z))


def batched_cross_entropy(W, X, Y):
    return -jnp.mean(jnp.sum(Y * jax.nn.log_softmax(X @ W), axis=-1))


def softmax(z):
    return jax.nn.softmax(z)


def log_softmax(z):
    return jax.nn.log_softmax(z)


def softmax_slip(z, g):
    p = jax.nn.softmax(z)
    return p * g


def softmax_right(z, g):
    p = jax.nn.softmax(z)
    return p * (g - jnp.vdot(p, g))


def rms_norm(x, w):
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-6) * w


def rms_right(x, w, g):
    r = jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-6)
    normed = x * r
    return r * (g * w - normed * jnp.mean(g * w * normed, -1, keepdims=True)), (g * normed).sum(0)


def rms_slip(x, w, g):
    r = jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-6)
    normed = x * r
    return r * (g * w - normed * jnp.sum(g * w * normed, -1, keepdims=True)), (g * normed).sum(0)


def layer_norm(x):
    gap = x - x.mean(-1, keepdims=True)
    return gap / jnp.sqrt((gap**2).mean(-1, keepdims=True) + 1e-5)


def layer_right(x, g):
    gap = x - x.mean(-1, keepdims=True)
    s = 1 / jnp.sqrt((gap**2).mean(-1, keepdims=True) + 1e-5)
    h = gap * s
    return s * (g - g.mean(-1, keepdims=True) - h * (g * h).mean(-1, keepdims=True))


def layer_slip(x, g):
    gap = x - x.mean(-1, keepdims=True)
    s = 1 / jnp.sqrt((gap**2).mean(-1, keepdims=True) + 1e-5)
    h = gap * s
    return s * (g - h * (g * h).mean(-1, keepdims=True))


def linear(x, W, b):
    return x @ W + b


def tanh_layer(x, W):
    return jnp.tanh(x @ W)


def attention(q, k, v):
    return jax.nn.softmax(q @ k.T / jnp.sqrt(q.shape[-1])) @ v


def attention_right(q, k, v, g):
    s = 1 / jnp.sqrt(q.shape[-1])
    p = jax.nn.softmax(q @ k.T * s)
    d = g @ v.T
    return s * (p * (d - (p * d).sum(-1, keepdims=True))) @ k


def attention_slip(q, k, v, g):
    p = jax.nn.softmax(q @ k.T / jnp.sqrt(q.shape[-1]))
    d = g @ v.T
    return (p * (d - (p * d).sum(-1, keepdims=True))) @ k


def gelu(x):
    return x * jax.scipy.stats.norm.cdf(x)


def sigmoid_loss(x, y):
    return jnp.sum(jax.nn.softplus(x) - x * y)


def hidden(W, v, X):
    return jnp.mean(jax.nn.relu(X @ W) @ v)


def hidden_back(slope):
    return lambda W, v, X: X.T @ (slope(jax.nn.relu(X @ W)) * v) / X.shape[0]


def quadratic(x, A):
    return x @ A @ x


def log_det(S):
    return jnp.linalg.slogdet(S)[1]


def inverse(A, x):
    return x @ jnp.linalg.inv(A) @ x


def swish(x, beta):
    return x * jax.nn.sigmoid(beta * x)


def normalized(x):
    return x / jnp.sqrt(jnp.vdot(x, x))


def gaussian_kl(mu, logvar):
    return -0.5 * jnp.sum(1 + logvar - mu**2 - jnp.exp(logvar))


def running(x):
    return jnp.cumsum(x)


def huber(x):
    return jnp.sum(jnp.where(jnp.abs(x) < 1, 0.5 * x**2, jnp.abs(x) - 0.5))


def normalized_right(x, g):
    r = 1 / jnp.sqrt(jnp.vdot(x, x))
    return r * g - r**3 * jnp.vdot(x, g) * x


def gelu_density(x):
    return jnp.exp(-0.5 * x**2) / jnp.sqrt(2 * jnp.pi)


PASSES = [
    Pass(cross_entropy, "z", {"z": "n", "y": "n"}, lambda z, y: y.sum() * softmax(z) - y, lambda z, y: softmax(z) - y,
         "not the factor sum(y)", needs="simplex(y)"),
    Pass(softmax, "z", {"z": "n"}, softmax_right, softmax_slip, "is missing"),
    Pass(rms_norm, ("x", "w"), {"x": "n d", "w": "d"}, rms_right, rms_slip, "not the factor 1/d"),
    Pass(square, "w", {"X": "n m", "w": "m", "y": "n"}, lambda X, w, y: 2 * X.T @ (X @ w - y) / len(y),
         lambda X, w, y: 2 * X.T @ (X @ w - y), "the factor 1/n is missing"),
    Pass(hidden, "W", {"W": "m k", "v": "k", "X": "n m"}, hidden_back(jnp.sign), hidden_back(jnp.ones_like),
         "the factor step(X*W) is missing"),
    Pass(quadratic, "x", {"x": "n", "A": "n n"}, lambda x, A: (A + A.T) @ x, lambda x, A: 2 * A @ x,
         "should", needs="symmetric(A)"),
    Pass(inverse, "A", {"A": "n n", "x": "n"},
         lambda A, x: -jnp.outer(jnp.linalg.inv(A).T @ x, jnp.linalg.inv(A) @ x),
         lambda A, x: -jnp.outer(jnp.linalg.inv(A) @ x, jnp.linalg.inv(A).T @ x), "transpose",
         ["invertible(A)"], needs="symmetric(A)"),
]  # fmt: skip
MORE = [
    Pass(batched_cross_entropy, "W", {"W": "m k", "X": "n m", "Y": "n k"},
         lambda W, X, Y: X.T @ (softmax(X @ W) - Y) / len(X), lambda W, X, Y: X.T @ (Y - softmax(X @ W)) / len(X),
         "sign", ["simplex_rows(Y)"]),
    Pass(log_softmax, "z", {"z": "n"}, lambda z, g: g - softmax(z) * g.sum(), lambda z, g: g - softmax(z),
         "not the factor sum(g)", needs="simplex(g)"),
    Pass(layer_norm, "x", {"x": "n d"}, layer_right, layer_slip, "missing"),
    Pass(linear, ("W", "b"), {"x": "n m", "W": "m k", "b": "k"}, lambda x, W, b, g: (x.T @ g, g.sum(0)),
         lambda x, W, b, g: (x.T @ g, g.mean(0)), "factor n"),
    Pass(tanh_layer, "W", {"x": "n m", "W": "m k"}, lambda x, W, g: x.T @ (g * (1 - jnp.tanh(x @ W) ** 2)),
         lambda x, W, g: x.T @ (g * (1 - jnp.tanh(x @ W))), "not the factor tanh(x*W)"),
    Pass(attention, "q", {"q": "n d", "k": "m d", "v": "m c"}, attention_right, attention_slip, "factor"),
    Pass(gelu, "x", {"x": "n"}, lambda x, g: g * (jax.scipy.stats.norm.cdf(x) + x * gelu_density(x)),
         lambda x, g: g * jax.scipy.stats.norm.cdf(x), "missing"),
    Pass(sigmoid_loss, "x", {"x": "n", "y": "n"}, lambda x, y: jax.nn.sigmoid(x) - y,
         lambda x, y: jax.nn.sigmoid(x) - x * y, "too often the factor x"),
    Pass(log_det, "S", {"S": "n n"}, lambda S: jnp.linalg.inv(S).T, lambda S: jnp.linalg.inv(S), "transpose",
         ["invertible(S)"], needs="symmetric(S)"),
    Pass(swish, ("x", "beta"), {"x": "n", "beta": ""},
         lambda x, beta, g: (g * (jax.nn.sigmoid(beta * x) * (1 + beta * x * jax.nn.sigmoid(-beta * x))),
                             jnp.sum(g * x**2 * jax.nn.sigmoid(beta * x) * jax.nn.sigmoid(-beta * x))),
         lambda x, beta, g: (g * (jax.nn.sigmoid(beta * x) * (1 + x * jax.nn.sigmoid(-beta * x))),
                             jnp.sum(g * x**2 * jax.nn.sigmoid(beta * x) * jax.nn.sigmoid(-beta * x))),
         "not the factor beta"),
    Pass(normalized, "x", {"x": "n"}, normalized_right,
         lambda x, g: (g - jnp.vdot(x, g) * x) / jnp.sqrt(jnp.vdot(x, x)), "not the factor 1/norm2(x)^2",
         needs="unit(x)"),
    Pass(gaussian_kl, ("mu", "logvar"), {"mu": "n", "logvar": "n"},
         lambda mu, logvar: (mu, 0.5 * (jnp.exp(logvar) - 1)), lambda mu, logvar: (mu, 0.5 * jnp.exp(logvar)),
         "missing"),
    Pass(running, "x", {"x": "n"}, lambda x, g: jnp.cumsum(g[::-1])[::-1], lambda x, g: jnp.cumsum(g), "should"),
    Pass(huber, "x", {"x": "n"}, lambda x: jnp.clip(x, -1, 1), lambda x: jnp.where(jnp.abs(x) < 1, x, 1.0), "sign(x)",
         needs="positive(x)"),
    Pass(square, "X", {"X": "n m", "w": "m", "y": "n"}, lambda X, w, y: 2 * jnp.outer(X @ w - y, w) / len(y),
         lambda X, w, y: 2 * jnp.outer(X @ w - y, w) / w.shape[0], "factor m/n"),
]  # fmt: skip
"""Further ones, which ``benchmarks/programs.py`` counts."""
