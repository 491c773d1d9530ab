"""Larger programs of JAX, which ``benchmarks/programs.py`` counts and a few of which tests run."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import lax, nn

from tests.read.program.row import Row


def mha(params, x, h):
    """Multi-head self-attention as in a GPT block."""
    n, e = x.shape
    d = e // h
    qkv = x @ params["Wqkv"]
    q, k, v = jnp.split(qkv, 3, axis=-1)
    q = q.reshape(n, h, d).transpose(1, 0, 2)
    k = k.reshape(n, h, d).transpose(1, 0, 2)
    v = v.reshape(n, h, d).transpose(1, 0, 2)
    att = (q @ k.transpose(0, 2, 1)) * d**-0.5
    mask = jnp.tril(jnp.ones((n, n)))
    att = jnp.where(mask == 0, -1e9, att)
    att = jax.nn.softmax(att, axis=-1)
    out = (att @ v).transpose(1, 0, 2).reshape(n, e)
    return jnp.sum((out @ params["Wo"]) ** 2)


def gqa(q, k, v):
    """Grouped-query attention: q: [T, K, G, D], k, v: [S, K, D]."""
    logits = jnp.einsum("tkgd,skd->kgts", q, k) * q.shape[-1] ** -0.5
    probs = jax.nn.softmax(logits, axis=-1)
    return jnp.einsum("kgts,skd->tkgd", probs, v).sum()


def mamba_step(A_log, B, C, x, dt):
    A = -jnp.exp(A_log)
    dt = jax.nn.softplus(dt)
    dA = jnp.exp(dt[:, :, None] * A)
    dBx = dt[:, :, None] * B[:, None, :] * x[:, :, None]

    def step(h, inp):
        da, db, c = inp
        h = da * h + db
        return h, h @ c

    h0 = jnp.zeros(A.shape)
    _, y = lax.scan(step, h0, (dA, dBx, C))
    return y.sum()


def conv1d(x, w, b):
    y = lax.conv_general_dilated(x[None], w, (1,), "SAME", dimension_numbers=("NCH", "OIH", "NCH"))
    return jnp.sum(jnp.tanh(y + b[None, :, None]))


def gpt_block_ce(wte, wq, wk, wv, x, y):
    h = wte[x]
    q, k, v = h @ wq, h @ wk, h @ wv
    a = q @ k.T / math.sqrt(q.shape[-1])
    causal = jnp.arange(a.shape[0])[:, None] >= jnp.arange(a.shape[0])[None, :]
    a = jnp.where(causal, a, jnp.finfo(a.dtype).min)
    o = nn.softmax(a) @ v
    logits = o @ wte.T
    logp = nn.log_softmax(logits)
    return -jnp.mean(jnp.take_along_axis(logp, y[..., None], axis=-1).squeeze(-1))


def ntxent(z, t):
    """SimCLR with the two views stacked."""
    z = z / jnp.linalg.norm(z, axis=1, keepdims=True)
    s = z @ z.T / t
    s = s - 1e9 * jnp.eye(s.shape[0])
    n = s.shape[0] // 2
    pos = jnp.concatenate([jnp.diag(s[:n, n:]), jnp.diag(s[n:, :n])])
    return jnp.mean(nn.logsumexp(s, axis=1) - pos)


def set_diag(A):
    n = A.shape[0]
    A = A.at[jnp.arange(n), jnp.arange(n)].set(0.0)
    return jnp.sum(nn.softmax(A, -1) ** 2)


def depthwise_causal_conv(x, w):
    k = w.shape[0]
    xp = jnp.pad(x, ((k - 1, 0), (0, 0)))
    y = sum(xp[i : i + x.shape[0]] * w[i] for i in range(k))
    return jnp.sum(nn.silu(y))


def s5_associative(a, b):
    def op(x, y):
        return x[0] * y[0], y[0] * x[1] + y[1]

    _, h = lax.associative_scan(op, (a, b))
    return jnp.sum(h**2)


def planar_flow(z, u, w, b):
    a = z @ w + b
    f = z + u * jnp.tanh(a)[:, None]
    psi = (1 - jnp.tanh(a) ** 2)[:, None] * w
    return -jnp.mean(-0.5 * jnp.sum(f**2, -1) + jnp.log(jnp.abs(1 + psi @ u)))


def multi_query(x, wq, wk, wv, h):
    n, e = x.shape
    d = e // h
    q = (x @ wq).reshape(n, h, d)
    k, v = x @ wk, x @ wv
    s = jnp.einsum("ihd,jd->hij", q, k) * (d**-0.5)
    s = jnp.where(jnp.tril(jnp.ones((n, n), dtype=bool)), s, jnp.finfo(s.dtype).min)
    return jnp.einsum("hij,jd->ihd", nn.softmax(s, -1), v).sum()


def causal_lm(logits, tokens):
    log_p = jax.nn.log_softmax(logits[:, :-1])
    return -jnp.take_along_axis(log_p, tokens[:, 1:, None], axis=-1).mean()


def dpo_full(pi, ref, y, beta):
    """pi, ref: [2, T, V]; y: [2, T]."""

    def logp(l, y):
        return jnp.take_along_axis(nn.log_softmax(l, -1), y[..., None], -1)[..., 0].sum(-1)

    d = logp(pi, y) - logp(ref, y)
    return -nn.log_sigmoid(beta * (d[0] - d[1]))


ROWS = [
    Row(mha, "Wo", {"params": {"Wqkv": "h*d 3*h*d", "Wo": "h*d m"}, "x": "n h*d", "h": "= h"}),
    Row(gqa, "v", {"q": "t h g d", "k": "s h d", "v": "s h d"}),
    Row(mamba_step, "C", {"A_log": "d s", "B": "3 s", "C": "3 s", "x": "3 d", "dt": "3 d"}),
    Row(conv1d, "w", {"x": "c l", "w": "o c 3", "b": "o"}),
    Row(gpt_block_ce, "wv", {"wte": "v d", "wq": "d e", "wk": "d e", "wv": "d d", "x": "n in v", "y": "n in v"}),
    Row(ntxent, "t", {"z": "2*n d", "t": ""}),
    Row(set_diag, "A", {"A": "n n"}),
    Row(depthwise_causal_conv, "w", {"x": "n c", "w": "4 c"}),
    Row(s5_associative, "b", {"a": "4 d", "b": "4 d"}),
    Row(planar_flow, "w", {"z": "n d", "u": "d", "w": "d", "b": ""}),
    Row(multi_query, "wv", {"x": "n h*d", "wq": "h*d h*d", "wk": "h*d d", "wv": "h*d d", "h": "= h"}),
    Row(causal_lm, "logits", {"logits": "b t v", "tokens": "b t in v"}),
    Row(dpo_full, "beta", {"pi": "2 t v", "ref": "2 t v", "y": "2 t in v", "beta": ""}),
]
