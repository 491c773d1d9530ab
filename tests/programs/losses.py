"""Losses that documents of tests speak of."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def softmax_loss(W, X, Y):
    return -jnp.mean(jnp.sum(Y * jax.nn.log_softmax(X @ W), axis=1))


def summed_loss(W, X, Y):
    return -jnp.sum(Y * jax.nn.log_softmax(X @ W))


def labelled_loss(W, X, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(X @ W), y[:, None], 1).mean()


def other(W, z):
    return jnp.sum(W) + z


def ridge(w, X, y, lam):
    r"""Ridge regression: with $X \in \mathbb{R}^{n \times m}$, $w \in \mathbb{R}^m$ and $y \in \mathbb{R}^n$,

    $$f(w) = \|Xw - y\|^2 + \lambda \|w\|^2$$

    so that $\nabla_w f = 2 X^\top (Xw - y) + 2\lambda w$.
    """
    return jnp.sum((X @ w - y) ** 2) + lam * w @ w


def lasso(w, X, y, lam):
    r"""The lasso, with $X \in \mathbb{R}^{n \times m}$, $w \in \mathbb{R}^m$ and $y \in \mathbb{R}^n$:

    $$g(w) = \|Xw - y\|^2 + \lambda \|w\|_1$$
    """
    return 0.5 * jnp.sum((X @ w - y) ** 2) + lam * jnp.sum(jnp.abs(w))


def described(W, X, Y):
    r"""With $X \in \mathbb{R}^{n \times m}$, $W \in \mathbb{R}^{m \times k}$ and $Y \in \mathbb{R}^{n \times k}$,

    $$f(W) = -\frac{1}{n} \sum_i \sum_j Y_{ij} \log P_{ij}, \quad P = \operatorname{softmax}(XW)$$
    """
    return softmax_loss(W, X, Y)
