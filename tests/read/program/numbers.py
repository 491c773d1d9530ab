"""Numbers for the arguments of a program, and the same for its formula."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradwright.core.index import valued
from gradwright.read.program.arguments import Leaf, Number, Symbol, arguments_of, mapped
from tests.read.program.row import Row

SIZES = (3, 4, 2, 5, 3, 4)


def numbers(row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """Arguments by name, and the values of symbols and extents by theirs: labels are one-hot among those."""
    rng = np.random.default_rng(7)
    arguments = arguments_of(row.program, row.shapes)
    sizes = dict(zip(arguments.extents, SIZES, strict=False))
    flat: dict[str, Any] = dict(sizes)

    def value(leaf: Leaf) -> Any:
        if isinstance(leaf, Number):
            return valued(leaf.dim, sizes)
        if not isinstance(leaf, Symbol):
            return leaf.value
        shape = tuple(valued(dim, sizes) for dim in leaf.shape)
        if leaf.below is not None:
            labels = rng.integers(0, valued(leaf.below, sizes), shape)
            flat[leaf.name] = np.eye(valued(leaf.below, sizes))[labels]
            return labels
        array = rng.uniform(0.3, 1.5, shape) * rng.choice([-1.0, 1.0], shape)
        if f"posdef({leaf.name})" in row.given:
            array = array @ array.T + np.eye(len(array))
        flat[leaf.name] = np.abs(array) if f"positive({leaf.name})" in row.given else array
        return flat[leaf.name]

    return {name: mapped(tree, value) for name, tree in arguments.trees.items()}, flat


def leaf(given: dict[str, Any], name: str) -> Any:
    """The value of a leaf by its name."""
    for key, branch in given.items():
        found = branch if key == name else leaf(branch, name) if isinstance(branch, dict) else None
        if found is not None:
            return found
    return None


def with_leaf(given: Any, name: str, value: Any) -> Any:
    """The arguments with another value for a leaf."""
    if isinstance(given, dict):
        return {key: value if key == name else with_leaf(branch, name, value) for key, branch in given.items()}
    return given
