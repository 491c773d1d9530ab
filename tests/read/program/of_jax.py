"""Programs of JAX as people write them, each with the variable and the shapes of its arguments."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_factor, cho_solve
from jax.scipy.special import gammaln, logsumexp

from tests.read.program.row import Row

LOG_TWO_PI = math.log(2 * math.pi)


def softmax_regression(W, X, Y):
    return -jnp.mean(jnp.sum(Y * jax.nn.log_softmax(X @ W), axis=-1))


def cross_entropy_gathered(logits, y):
    return -jax.nn.log_softmax(logits)[jnp.arange(logits.shape[0]), y].mean()


def cross_entropy_along(logits, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1).mean()


def cross_entropy_one_hot(logits, y):
    labels = jax.nn.one_hot(y, logits.shape[-1])
    return jnp.mean(logsumexp(logits, axis=-1) - jnp.sum(labels * logits, axis=-1))


def smoothed_cross_entropy(logits, y, alpha):
    labels = jax.nn.one_hot(y, logits.shape[-1])
    smooth = (1 - alpha) * labels + alpha / logits.shape[-1]
    return -(smooth * jax.nn.log_softmax(logits)).sum(-1).mean()


def stable_by_hand(z, y):
    m = z.max(axis=-1, keepdims=True)
    p = jnp.exp(z - m)
    p = p / p.sum(axis=-1, keepdims=True)
    return -jnp.sum(y * jnp.log(p))


def logistic_loss(w, X, y):
    return jnp.mean(jax.nn.softplus(X @ w) - y * (X @ w))


def binary_cross_entropy(x, y):
    p = jax.nn.sigmoid(x)
    return -jnp.mean(y * jnp.log(p) + (1 - y) * jnp.log1p(-p))


def sigmoid_focal(x, y):
    p = jax.nn.sigmoid(x)
    ce = jnp.maximum(x, 0) - x * y + jnp.log1p(jnp.exp(-jnp.abs(x)))
    pt = p * y + (1 - p) * (1 - y)
    return jnp.sum((1 - pt) ** 2 * ce)


def huber(x, y):
    gap = jnp.abs(x - y)
    return jnp.where(gap < 1.0, 0.5 * gap**2, gap - 0.5).mean()


def hinge(w, X, y):
    return jnp.mean(jax.nn.relu(1 - y * (X @ w)))


def mlp(params, X, Y):
    hidden = jnp.tanh(X @ params["W1"] + params["b1"])
    return jnp.mean((hidden @ params["W2"] - Y) ** 2)


def gelu_layer(W, X):
    return jnp.sum(jax.nn.gelu(X @ W) ** 2)


def swiglu(W, V, X):
    return jnp.sum(jax.nn.silu(X @ W) * (X @ V))


def layer_norm(x, g, b):
    mu = x.mean(-1, keepdims=True)
    var = x.var(-1, keepdims=True)
    return jnp.sum(((x - mu) / jnp.sqrt(var + 1e-5) * g + b) ** 3)


def rms_norm(x, g):
    return jnp.sum(jnp.sin(x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-6) * g))


def attention(q, k, v):
    scores = q @ k.T / jnp.sqrt(q.shape[-1])
    return jnp.sum((jax.nn.softmax(scores) @ v) ** 2)


def causal_attention(q, k, v):
    n = q.shape[0]
    scores = jnp.einsum("id,jd->ij", q, k) / math.sqrt(q.shape[-1])
    mask = jnp.tril(jnp.ones((n, n), bool))
    return jnp.sum(jax.nn.softmax(jnp.where(mask, scores, -jnp.inf), axis=-1) @ v)


def heads(q, k, v, h):
    q, k, v = (t.reshape(t.shape[0], h, -1) for t in (q, k, v))
    p = jax.nn.softmax(jnp.einsum("nhd,mhd->hnm", q, k), axis=-1)
    return jnp.sum(jnp.einsum("hnm,mhd->nhd", p, v).reshape(q.shape[0], -1) ** 2)


def rotary(x, t):
    a, b = jnp.split(x, 2, axis=-1)
    return jnp.sum(jnp.concatenate([a * jnp.cos(t) - b * jnp.sin(t), a * jnp.sin(t) + b * jnp.cos(t)], -1) ** 3)


def info_nce(a, b, t):
    a = a / jnp.linalg.norm(a, axis=-1, keepdims=True)
    b = b / jnp.linalg.norm(b, axis=-1, keepdims=True)
    return -jnp.mean(jnp.diag(jax.nn.log_softmax(a @ b.T / t)))


def sigclip(a, b, t):
    labels = 2 * jnp.eye(a.shape[0]) - 1
    return -jnp.sum(jax.nn.log_sigmoid(labels * (t * a @ b.T))) / a.shape[0]


def dpo(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -jnp.mean(jax.nn.log_sigmoid(beta * ((chosen - ref_chosen) - (rejected - ref_rejected))))


def ppo(new, old, advantage):
    ratio = jnp.exp(new - old)
    return -jnp.mean(jnp.minimum(ratio * advantage, jnp.clip(ratio, 0.8, 1.2) * advantage))


def grpo(new, old, reward):
    advantage = (reward - reward.mean()) / (reward.std() + 1e-4)
    return -jnp.mean(jnp.exp(new - jax.lax.stop_gradient(old)) * advantage)


def gaussian_kl(mu, logvar):
    return -0.5 * jnp.sum(1 + logvar - mu**2 - jnp.exp(logvar))


def vae(mu, logvar, eps, x, D):
    z = mu + jnp.exp(0.5 * logvar) * eps
    return jnp.sum((x - z @ D) ** 2) - 0.5 * jnp.sum(1 + logvar - mu**2 - jnp.exp(logvar))


def gaussian_process(X, y, s, ell):
    distances = jnp.sum((X[:, None] - X[None]) ** 2, -1)
    K = jnp.exp(-0.5 * distances / ell**2) + s**2 * jnp.eye(X.shape[0])
    factor = cho_factor(K, lower=True)
    value = 0.5 * y @ cho_solve(factor, y) + jnp.sum(jnp.log(jnp.diag(factor[0])))
    return value + 0.5 * len(y) * jnp.log(2 * jnp.pi)


def gaussian_log_likelihood(mu, S, x):
    gap = x - mu
    return -0.5 * (gap @ jnp.linalg.solve(S, gap) + jnp.linalg.slogdet(S)[1] + x.shape[0] * LOG_TWO_PI)


def kalman(mu, P, H, R, z):
    S = H @ P @ H.T + R
    K = P @ H.T @ jnp.linalg.inv(S)
    return jnp.sum((mu + K @ (z - H @ mu)) ** 2)


def mixture(mu, x, logits):
    weights = jax.nn.log_softmax(logits)
    squares = jnp.sum((x[:, None, :] - mu[None]) ** 2, -1)
    return -jnp.mean(logsumexp(weights - 0.5 * squares, axis=1))


def gated_experts(G, E, x):
    gates = jax.nn.softmax(x @ G)
    return jnp.sum(jnp.einsum("nk,ndk->nd", gates, jnp.einsum("ni,idk->ndk", x, E)) ** 2)


def linear_scan(a, b, x):
    def step(h, _):
        return jnp.tanh(a * h + b), None

    return jnp.sum(jax.lax.scan(step, x, None, length=3)[0])


def crf_forward(T, e):
    alpha = e[0]
    for t in range(1, 3):
        alpha = logsumexp(alpha[:, None] + T, axis=0) + e[t]
    return logsumexp(alpha)


def poisson(w, X, y):
    rate = X @ w
    return jnp.mean(jnp.exp(rate) - y * rate + gammaln(y + 1))


def soft_threshold(x, t):
    return jnp.sum(jnp.sign(x) * jnp.maximum(jnp.abs(x) - t, 0) ** 2)


def total_variation(x):
    return jnp.sum(jnp.abs(x[1:] - x[:-1]))


def cox(theta, event):
    return -jnp.sum(event * (theta - jnp.log(jnp.cumsum(jnp.exp(theta)[::-1])[::-1])))


def straight_through(x, q, W):
    return jnp.sum(((x + jax.lax.stop_gradient(q - x)) @ W) ** 2)


def capped_scores(q, k):
    scores = q @ k.T * q.shape[-1] ** -0.5
    return jnp.sum(50.0 * jnp.tanh(scores / 50.0) ** 2)


def ridge(w, X, y, lam):
    return jnp.sum((X @ w - y) ** 2) + lam * jnp.vdot(w, w)


def grouped_queries(q, k, v, g):
    k, v = jnp.repeat(k, g, axis=0), jnp.repeat(v, g, axis=0)
    scores = jnp.einsum("hqd,hkd->hqk", q, k) / jnp.sqrt(q.shape[-1])
    seen = jnp.tril(jnp.ones((q.shape[1], q.shape[1]), dtype=bool))
    return jnp.sum((jax.nn.softmax(jnp.where(seen[None], scores, -1e9), axis=-1) @ v) ** 2)


def mixture_density(pi, mu, sigma, y):
    log_p = -0.5 * ((y[:, None] - mu) / sigma) ** 2 - jnp.log(sigma) - 0.5 * jnp.log(2 * jnp.pi)
    return -jnp.mean(jax.nn.logsumexp(jnp.log(pi) + log_p, axis=1))


ROWS = [
    Row(softmax_regression, "W", {"W": "m k", "X": "n m", "Y": "n k"}),
    Row(cross_entropy_along, "logits", {"logits": "n k", "y": "n in k"}),
    Row(stable_by_hand, "z", {"z": "n k", "y": "n k"}),
    Row(huber, "x", {"x": "n", "y": "n"}),
    Row(mlp, "W1", {"params": {"W1": "m h", "b1": "h", "W2": "h k"}, "X": "n m", "Y": "n k"}),
    Row(layer_norm, "x", {"x": "n d", "g": "d", "b": "d"}),
    Row(causal_attention, "v", {"q": "n d", "k": "n d", "v": "n c"}),
    Row(heads, "v", {"q": "n h*d", "k": "m h*d", "v": "m h*d", "h": "= h"}),
    Row(rotary, "x", {"x": "n 2*e", "t": "n e"}),
    Row(sigclip, "a", {"a": "n d", "b": "n d", "t": ""}),
    Row(ppo, "new", {"new": "n", "old": "n", "advantage": "n"}),
    Row(vae, "logvar", {"mu": "n d", "logvar": "n d", "eps": "n d", "x": "n m", "D": "d m"}),
    Row(gaussian_process, "s", {"X": "n d", "y": "n", "s": "", "ell": ""}),
    Row(kalman, "z", {"mu": "n", "P": "n n", "H": "m n", "R": "m m", "z": "m"}),
    Row(linear_scan, "a", {"a": "n", "b": "n", "x": "n"}),
    Row(crf_forward, "T", {"T": "k k", "e": "3 k"}),
    Row(total_variation, "x", {"x": "n"}),
    Row(capped_scores, "q", {"q": "n d", "k": "m d"}),
    Row(cox, "theta", {"theta": "n", "event": "n"}),
    Row(straight_through, "x", {"x": "n d", "q": "n d", "W": "d m"}, held=lambda x, q, W: {"c": q - x}),
]
MORE = [
    Row(cross_entropy_gathered, "logits", {"logits": "n k", "y": "n in k"}),
    Row(cross_entropy_one_hot, "logits", {"logits": "n k", "y": "n in k"}),
    Row(smoothed_cross_entropy, "logits", {"logits": "n k", "y": "n in k", "alpha": ""}),
    Row(logistic_loss, "w", {"w": "m", "X": "n m", "y": "n"}),
    Row(binary_cross_entropy, "x", {"x": "n", "y": "n"}),
    Row(sigmoid_focal, "x", {"x": "n", "y": "n"}),
    Row(hinge, "w", {"w": "m", "X": "n m", "y": "n"}),
    Row(gelu_layer, "W", {"W": "m k", "X": "n m"}),
    Row(swiglu, "W", {"W": "m k", "V": "m k", "X": "n m"}),
    Row(rms_norm, "x", {"x": "n d", "g": "d"}),
    Row(attention, "q", {"q": "n d", "k": "m d", "v": "m c"}),
    Row(info_nce, "t", {"a": "n d", "b": "n d", "t": ""}),
    Row(dpo, "chosen", {"chosen": "n", "rejected": "n", "ref_chosen": "n", "ref_rejected": "n", "beta": ""}),
    Row(grpo, "new", {"new": "n", "old": "n", "reward": "n"}, held=lambda new, old, reward: {"c": old}),
    Row(gaussian_kl, "logvar", {"mu": "n", "logvar": "n"}),
    Row(gaussian_log_likelihood, "S", {"mu": "n", "S": "n n", "x": "n"}, ["posdef(S)"]),
    Row(mixture, "mu", {"mu": "k d", "x": "n d", "logits": "k"}),
    Row(gated_experts, "G", {"G": "m k", "E": "m d k", "x": "n m"}),
    Row(poisson, "w", {"w": "m", "X": "n m", "y": "n"}, ["positive(y)"]),
    Row(soft_threshold, "x", {"x": "n", "t": ""}),
    Row(ridge, "w", {"w": "m", "X": "n m", "y": "n", "lam": ""}),
    Row(grouped_queries, "q", {"q": "h*g n d", "k": "h n d", "v": "h n d", "g": "= g"}),
    Row(
        mixture_density, "pi", {"pi": "n k", "mu": "n k", "sigma": "n k", "y": "n"}, ["positive(pi)", "positive(sigma)"]
    ),
]
"""Further ones, which ``benchmarks/programs.py`` counts; a test of them all would take too long."""
