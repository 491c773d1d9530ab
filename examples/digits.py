"""A classifier of handwritten digits, trained with nothing but derived gradients.

    pip install '.[examples]'
    python examples/digits.py [--epochs 60] [--plot digits.png] [--torch]

gradwright derives the gradients of a network with one hidden layer in all four of its variables and writes them as one
NumPy function. --torch trains the same network, from the same start, with PyTorch's autodiff for comparison.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import gradwright as gw

LOSS = "-sum(Y.*log(softmax_rows(tanh(X*U + ones(n)*a')*V + ones(n)*b')))/n"
SHAPES = {"X": ("n", "d"), "U": ("d", "h"), "a": ("h",), "V": ("h", "k"), "b": ("k",), "Y": ("n", "k")}
VARIABLES = ("U", "a", "V", "b")
Weights = dict[str, np.ndarray]


def start(rng: np.random.Generator, hidden: int) -> Weights:
    """Small random weights."""
    return {
        "U": rng.normal(size=(64, hidden)) / 8,
        "a": np.zeros(hidden),
        "V": rng.normal(size=(hidden, 10)) / np.sqrt(hidden),
        "b": np.zeros(10),
    }


def classes(X: np.ndarray, w: Weights) -> np.ndarray:
    """The class the network finds likeliest."""
    return np.argmax(np.tanh(X @ w["U"] + w["a"]) @ w["V"] + w["b"], axis=1)


def batches(rng: np.random.Generator, rows: int, size: int) -> list[np.ndarray]:
    return np.array_split(rng.permutation(rows), max(1, rows // size))


def train(data: Any, weights: Weights, epochs: int, rate: float, momentum: float) -> tuple[Weights, list[list[float]]]:
    """Gradient descent with momentum; the loss and both accuracies after every epoch."""
    made = gw.derive(LOSS, "U", shapes=SHAPES, given=["onehot_rows(Y)"])
    value_and_gradients = made.compile("numpy", labels=["Y"], wrt=VARIABLES)
    X, X_test, y, y_test = data
    w = {name: array.copy() for name, array in weights.items()}
    speed = {name: np.zeros_like(array) for name, array in w.items()}
    rng, history = np.random.default_rng(1), []
    for epoch in range(epochs):
        losses = []
        for rows in batches(rng, len(X), 64):
            loss, *gradients = value_and_gradients(X=X[rows], Y=y[rows], **w)
            losses.append(float(loss))
            for name, gradient in zip(VARIABLES, gradients, strict=True):
                speed[name] = momentum * speed[name] - rate * gradient
                w[name] += speed[name]
        history.append([np.mean(losses), np.mean(classes(X, w) == y), np.mean(classes(X_test, w) == y_test)])
        if epoch % max(1, epochs // 6) == 0 or epoch == epochs - 1:
            loss, seen, unseen = history[-1]
            print(f"epoch {epoch + 1:3d}   loss {loss:.4f}   training {seen:.1%}   test {unseen:.1%}")
    return w, history


def train_torch(data: Any, weights: Weights, epochs: int, rate: float, momentum: float) -> float:
    """The same training by PyTorch's autodiff; the accuracy on the test set."""
    import torch

    X, X_test, y, y_test = data
    w = {name: torch.tensor(array, requires_grad=True) for name, array in weights.items()}
    optimiser = torch.optim.SGD(list(w.values()), lr=rate, momentum=momentum)
    rng = np.random.default_rng(1)
    Xt, yt = torch.tensor(X), torch.tensor(y)
    for _ in range(epochs):
        for rows in batches(rng, len(X), 64):
            logits = torch.tanh(Xt[rows] @ w["U"] + w["a"]) @ w["V"] + w["b"]
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(logits, yt[rows]).backward()
            optimiser.step()
    return float(np.mean(classes(X_test, {name: array.detach().numpy() for name, array in w.items()}) == y_test))


def plot(path: str, data: Any, w: Weights, history: list[list[float]]) -> None:
    """The course of the training, and the digits it still gets wrong."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    _, X_test, _, y_test = data
    loss, seen, unseen = np.array(history).T
    figure, (left, right, images) = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
    epochs = np.arange(1, len(loss) + 1)
    left.semilogy(epochs, loss, color="#1f4e79")
    left.set(title="Cross entropy", xlabel="epoch")
    right.plot(epochs, seen, color="#1f4e79", label="training")
    right.plot(epochs, unseen, color="#c55a11", label="test")
    right.set(
        title=f"Accuracy ({unseen[-1]:.1%} on the test set)", xlabel="epoch", ylim=(min(0.9, unseen.min()), 1.005)
    )
    right.legend(frameon=False, loc="lower right")
    found = classes(X_test, w)
    wrong = np.flatnonzero(found != y_test)[:12]
    tiles = np.ones((3 * 10, 4 * 9))
    for place, at in enumerate(wrong):
        row, column = divmod(place, 4)
        tiles[row * 10 : row * 10 + 8, column * 9 : column * 9 + 8] = 1 - X_test[at].reshape(8, 8)
        images.text(
            column * 9 + 3.5, row * 10 + 8.6, f"{y_test[at]}, read as {found[at]}", ha="center", va="center", fontsize=7
        )
    images.imshow(tiles, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    images.set_axis_off()
    images.set_title("Test digits read wrongly")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"wrote {path}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--plot", default="", help="write a picture here")
    parser.add_argument("--torch", action="store_true", help="train the same network with PyTorch, too")
    chosen = parser.parse_args()
    digits = load_digits()
    data = train_test_split(digits.data / 16, digits.target, test_size=0.25, random_state=0, stratify=digits.target)
    weights = start(np.random.default_rng(0), 64)
    w, history = train(data, weights, chosen.epochs, rate=0.1, momentum=0.9)
    if chosen.torch:
        theirs = train_torch(data, weights, chosen.epochs, rate=0.1, momentum=0.9)
        print(f"derived gradients: {history[-1][2]:.2%} on the test set; PyTorch's autodiff: {theirs:.2%}")
    if chosen.plot:
        plot(chosen.plot, data, w, history)


if __name__ == "__main__":
    main()
