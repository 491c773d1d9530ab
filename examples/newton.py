"""Logistic regression by Newton's method with the derived Hessian, and by L-BFGS with the derived gradient.

    pip install '.[examples]'
    python examples/newton.py [--plot newton.png]

The data are scikit-learn's breast-cancer measurements, standardised. With its ridge term the loss has one minimum.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.optimize import minimize
from sklearn.datasets import load_breast_cancer

import gradwright as gw

LOSS = "sum(log(1 + exp(-y.*(X*w))))/n + 0.5*r*w'*w"
SHAPES = {"X": ("n", "m"), "w": ("m",), "y": ("n",), "r": ()}


def measurements() -> tuple[np.ndarray, np.ndarray]:
    """Standardised columns with a constant one, and labels −1 and 1."""
    data = load_breast_cancer()
    X = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0)
    return np.column_stack([X, np.ones(len(X))]), 2.0 * data.target - 1


def newton(X: np.ndarray, y: np.ndarray, r: float) -> tuple[np.ndarray, list[float]]:
    """Newton's method with halved steps; the norm of the gradient at every step."""
    made = gw.derive(LOSS, "w", shapes=SHAPES)
    everything = made.compile("numpy", ["value", "gradient", "hessian"])
    w, norms = np.zeros(X.shape[1]), []
    for _ in range(30):
        value, gradient, hessian = everything(X=X, y=y, r=r, w=w)
        norms.append(float(np.linalg.norm(gradient)))
        print(f"  step {len(norms) - 1:2d}   loss {value:.12f}   |gradient| {norms[-1]:.2e}")
        if norms[-1] < 1e-12:
            break
        step, size = np.linalg.solve(hessian, gradient), 1.0
        while everything(X=X, y=y, r=r, w=w - size * step)[0] > value and size > 1e-4:
            size /= 2
        w = w - size * step
    return w, norms


def lbfgs(X: np.ndarray, y: np.ndarray, r: float) -> tuple[np.ndarray, list[float]]:
    """SciPy's L-BFGS with the derived value and gradient."""
    value_and_gradient = gw.derive(LOSS, "w", shapes=SHAPES).compile("numpy")
    norms: list[float] = []

    def seen(w: np.ndarray) -> None:
        norms.append(float(np.linalg.norm(value_and_gradient(X=X, y=y, r=r, w=w)[1])))

    found = minimize(
        lambda w: value_and_gradient(X=X, y=y, r=r, w=w), np.zeros(X.shape[1]), jac=True, method="L-BFGS-B",
        callback=seen, options={"maxiter": 500, "gtol": 1e-10, "ftol": 0},
    )  # fmt: skip
    return found.x, norms


def plot(path: str, courses: dict[str, list[float]]) -> None:
    """How the gradient shrinks."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for (name, norms), colour in zip(courses.items(), ("#1f4e79", "#c55a11"), strict=True):
        axes.loglog(np.arange(1, len(norms) + 1), norms, marker="o", markersize=3, color=colour, label=name)
    axes.set(title="Logistic regression", xlabel="step", ylabel="norm of the gradient")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"wrote {path}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", default="", help="write a picture here")
    chosen = parser.parse_args()
    X, y = measurements()
    print("Newton's method, with the derived Hessian")
    w, by_newton = newton(X, y, 1e-3)
    v, by_lbfgs = lbfgs(X, y, 1e-3)
    print(f"L-BFGS, with the derived gradient: {len(by_lbfgs)} steps, |gradient| {by_lbfgs[-1]:.2e}")
    print(
        f"They agree within {np.max(np.abs(w - v)):.1e}; {np.mean(np.sign(X @ w) == y):.1%} of the labels are matched."
    )
    if chosen.plot:
        plot(chosen.plot, {"Newton": by_newton, "L-BFGS": by_lbfgs})


if __name__ == "__main__":
    main()
