"""What is claimed of emitted code at the edges: formulas in families, inputs, and bounds in units in the last place.

A bound is in ulp of the type of the arguments, of the exact number or of ``scale`` where that is larger: what cancels
in the formula itself (a probability minus one, a mean minus its terms) is known no better than its parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np

Shapes = dict[str, tuple[str, ...]]
Values = dict[str, Any]
X: Shapes = {"x": ("n",)}
AB: Shapes = {"a": ("n",), "b": ("n",)}
XY: Shapes = {"x": ("n",), "y": ("n",)}
XC: Shapes = {"x": ("n",), "c": ("n",)}
TYPES: dict[str, Any] = {
    "float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float32": np.float32, "float64": np.float64,
}  # fmt: skip
SIZES = {"n": 6, "m": 4, "k": 3}


@dataclass(frozen=True)
class Family:
    """Spellings of one formula, where they are taken, and how far an answer may be off.

    ``kind``   ``points``: of one entry, at each point; ``rows``: logits; ``norms``: entries whose squares overflow
    ``scale``  of the value and of the gradient: 0 is the number itself, ``-1`` the gradient's largest entry
    """

    spellings: tuple[str, ...]
    wrt: str = "x"
    shapes: Shapes = field(default_factory=lambda: X)
    given: tuple[str, ...] = ()
    kind: str = "points"
    value: float = 4
    gradient: float = 4
    scale: tuple[float, float] = (0, 0)
    most: float = 1e4
    """The largest entry: beyond it the formula itself overflows."""


FAMILIES: dict[str, Family] = {
    # --- of one entry ---
    "softplus": Family(
        ("sum(log(1 + exp(x)))", "sum(softplus(x))", "-sum(log(sigmoid(-x)))", "-sum(log(1 - sigmoid(x)))",
         "-sum(log(1./(1 + exp(x))))", "sum(log(exp(x).*(1 + exp(-x))))"), value=5, gradient=5),
    "log-sigmoid": Family(
        ("sum(log(sigmoid(x)))", "sum(log(1./(1 + exp(-x))))", "-sum(log(1 + exp(-x)))",
         "sum(log(exp(x)./(1 + exp(x))))"), value=5, gradient=5),
    "sigmoid": Family(
        ("sum(sigmoid(x))", "sum(1./(1 + exp(-x)))", "sum(exp(x)./(1 + exp(x)))", "sum(1 - sigmoid(-x))"),
        value=5, gradient=10),
    "logit": Family(("sum(log(sigmoid(x)./(1 - sigmoid(x))))",), value=1, gradient=1),
    "log1p": Family(("sum(log(1 + x.^2))", "sum(log(x.^2 + 1))"), most=1e4),
    "expm1": Family(("sum(exp(x) - 1)", "-sum(1 - exp(x))"), most=60),
    "log cosh": Family(
        ("sum(log(cosh(x)))", "sum(log((exp(x) + exp(-x))/2))"), value=4, gradient=5, scale=(1, 0)),
    "tanh": Family(
        ("sum(tanh(x))", "sum((exp(x) - exp(-x))./(exp(x) + exp(-x)))"), value=5, gradient=5, scale=(0, 1)),
    "pseudo-Huber": Family(("sum(sqrt(1 + x.^2) - 1)", "sum(sqrt(x.^2 + 1) - 1)"), value=5, gradient=4),
    "log-add-exp": Family(
        ("sum(log(exp(a) + exp(b)))",), "a", AB, value=5, gradient=8, scale=(1, 0)),
    "ranking": Family(
        ("sum(log(1 + exp(-(a - b))))", "-sum(log(1./(1 + exp(-(a - b)))))", "-sum(log(sigmoid(a - b)))"), "a", AB,
        value=6, gradient=8),
    "binary cross entropy": Family(
        ("-sum(y.*log(sigmoid(x)) + (1 - y).*log(1 - sigmoid(x)))",
         "-sum(y.*log(1./(1 + exp(-x))) + (1 - y).*log(1 - 1./(1 + exp(-x))))"), shapes=XY, value=6, gradient=6,
        scale=(0, 1)),
    "focal": Family(("-sum((1 - sigmoid(x)).^2.*log(sigmoid(x)))",), value=16, gradient=20),
    "SiLU": Family(("sum(x.*sigmoid(x))", "sum(x./(1 + exp(-x)))"), value=6, gradient=16, scale=(1e-30, 1)),
    "mish": Family(("sum(x.*tanh(log(1 + exp(x))))",), value=8, gradient=12, scale=(1e-30, 1)),
}  # fmt: skip
FAMILIES |= {
    # --- of rows of logits ---
    "log-sum-exp": Family(
        ("log(sum(exp(x)))", "logsumexp(x)", "log(sum_i(exp(x[i])))", "-log(1/sum(exp(x)))",
         "log(2*sum(exp(x))) - log(2)"), kind="rows", scale=(1, 1), value=4, gradient=12),
    "cross entropy": Family(
        ("-sum(y.*log(softmax(x)))", "-sum_i(y[i]*log(exp(x[i])/sum_j(exp(x[j]))))", "-log(y'*softmax(x))"),
        shapes=XY, given=("onehot(y)",), kind="rows", scale=(1, -1), value=6, gradient=12),
    "softmax": Family(
        ("c'*softmax(x)", "sum_i(c[i]*exp(x[i])/sum_j(exp(x[j])))", "sum(exp(x).*c)/sum(exp(x))"), shapes=XC,
        kind="rows", scale=(1, 1), value=8, gradient=12),
    "temperature": Family(
        ("c'*softmax(x/t)",), shapes={"x": ("n",), "c": ("n",), "t": ()}, given=("positive(t)",), kind="rows",
        scale=(1, 1), value=12, gradient=24),
    "mean of exponentials": Family(
        ("log(sum(exp(x))/n)", "log(sum(exp(x))) - log(n)"), kind="rows", scale=(1, 1), value=5, gradient=12),
    "entropy of a softmax": Family(
        ("p = softmax(x); -sum(p.*log(p))",), kind="rows", scale=(1, 1), value=10, gradient=16),
    "KL of softmaxes": Family(
        ("p = softmax(a); q = softmax(b); sum(p.*log(p./q))",
         "p = softmax(a); q = softmax(b); sum(p.*(log(p) - log(q)))"),
        "a", AB, kind="rows", scale=(1, 1), value=10, gradient=16, most=20),
    "Renyi entropy": Family(("p = softmax(x); -log(sum(p.^2))",), kind="rows", scale=(1, 1), value=10, gradient=24),
    "Brier score": Family(
        ("p = softmax(x); sum((p - y).^2)",), shapes=XY, kind="rows", scale=(1, 1), value=10, gradient=16),
    "generalised cross entropy": Family(
        ("p = softmax(x); sum(y.*(1 - p.^0.75)/0.75)",), shapes=XY, given=("onehot(y)",), kind="rows", scale=(1, 1),
        value=10, gradient=16),
    "softmax of log-softmax": Family(
        ("c'*softmax((log(softmax(x)) + g)/t)",), shapes={"x": ("n",), "c": ("n",), "g": ("n",), "t": ()},
        given=("positive(t)",), kind="rows", scale=(1, 1), value=40, gradient=80, most=20),
    "mixture of logits": Family(
        ("-log(sum(softmax(x).*exp(c)))", "-log(sum(exp(x).*exp(c))/sum(exp(x)))"), shapes=XC, kind="rows",
        scale=(1, 1), value=10, gradient=16),
}  # fmt: skip
NORM = ("norm2(x)", "sqrt(sum(x.^2))", "sqrt(x'*x)", "(x'*x)^(1/2)")
FAMILIES |= {
    # --- entries whose squares overflow and underflow ---
    "norm": Family(NORM, kind="norms", value=4, gradient=6, scale=(0, -1)),
    "norm of a difference": Family(("norm2(a - b)",), "a", AB, kind="norms", value=4, gradient=6, scale=(0, -1)),
    "Frobenius norm": Family(
        ("norm2(X)", "sqrt(tr(X'*X))", "sqrt(sum(X.^2))"), "X", {"X": ("n", "m")}, kind="norms", value=4, gradient=6,
        scale=(0, -1)),
    "norms of rows": Family(
        ("sum_i(sqrt(sum_j(X[i,j]^2)))",), "X", {"X": ("n", "m")}, kind="norms", value=4, gradient=6, scale=(0, -1)),
    "cosine": Family(
        ("a'*b/(norm2(a)*norm2(b))", "a'*b/sqrt((a'*a)*(b'*b))"), "a", AB, kind="norms", value=8, gradient=20,
        scale=(1, -1)),
    "RMS norm": Family(
        ("c'*(x/sqrt(x'*x/n + 1e-6))", "sum(c.*x)/sqrt(sum(x.^2)/n + 1e-6)"), shapes=XC, kind="norms", value=8,
        gradient=20, scale=(1, -1)),
    "hypotenuse": Family(("sum(sqrt(a.^2 + b.^2))",), "a", AB, kind="norms", value=4, gradient=6, scale=(0, -1)),
    "log of a norm": Family(
        ("log(norm2(x))", "0.5*log(sum(x.^2))"), kind="norms", value=4, gradient=8, scale=(1, -1)),
}  # fmt: skip


def inputs(family: Family, type_: str) -> list[Values]:
    """The arguments at which a family is tested, in a type."""
    made = {"points": _points, "rows": _rows, "norms": _norms}[family.kind](family, type_)
    return [{name: np.asarray(value).astype(TYPES[type_]) for name, value in one.items()} for one in made]


def _points(family: Family, type_: str) -> list[Values]:
    denormal = float(ml_dtypes.finfo(TYPES[type_]).smallest_subnormal) * 3
    at = [1e4, -1e4, 88.0, -88.0, 30.0, -30.0, 3.0, -3.0, 1.0, -0.75, 1e-3, -1e-3, denormal, -denormal, 0.0]
    at = [v for v in at if abs(v) <= family.most]
    if family.shapes is AB:
        return [{"a": [v], "b": [w]} for v in at for w in (v, -0.5, 1e4)]
    labels = [{"y": [0.0]}, {"y": [1.0]}] if "y" in family.shapes else [{}]
    return [{"x": [v], **more} for v in at for more in labels]


def _rows(family: Family, type_: str) -> list[Values]:
    rng, n = np.random.default_rng(3), SIZES["n"]
    denormal = float(ml_dtypes.finfo(TYPES[type_]).smallest_subnormal)
    base = rng.normal(size=n)
    far = family.most
    found = [base, base * 8, far + base, -far + base, np.where(base > 0, far, -far), base * denormal * 8, base * 0]
    found += [np.where(np.arange(n) == k, -np.inf, base + far / 4) for k in (1, 3)] if family.wrt == "x" else []
    extra = {"y": np.eye(n)[2], "c": rng.normal(size=n), "g": rng.normal(size=n), "t": 0.5, "b": base[::-1]}
    return [{name: x if name == family.wrt else extra[name] for name in family.shapes} for x in found]


def _norms(family: Family, type_: str) -> list[Values]:
    rng = np.random.default_rng(5)
    info = ml_dtypes.finfo(TYPES[type_])
    huge = {"float16": 2e4, "float64": 1e200}.get(type_, 1e30)
    tiny = {"float16": 1e-7, "float64": 1e-200}.get(type_, 1e-30)
    scales: list[Any] = [1.0, huge, tiny, float(info.smallest_normal) * 4096]
    found = []
    for scale in [*scales, "mixed"]:
        values = {}
        for name, shape in family.shapes.items():
            array = rng.normal(size=[SIZES[d] for d in shape])
            along = np.resize([huge, tiny, 1.0], array.shape) if scale == "mixed" else scale
            values[name] = array if name == "c" else np.clip(array * along, -float(info.max), float(info.max))
        found.append(values)
    return found
