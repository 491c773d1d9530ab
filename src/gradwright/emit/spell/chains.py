"""Products of three matrices in a row. Owns: finding them, so that the order is chosen when the extents are known.

(U Vᵀ) V and U (Vᵀ V) differ by orders of magnitude, and a plan does not know which is less. Never: plans, spells.
"""

from __future__ import annotations

from collections.abc import Callable

from gradwright.emit.plan.program import Let, Program

Sides = Callable[[Let], tuple[str, str] | None]


def chains(plan: Program, sides: Sides) -> tuple[dict[str, tuple[str, ...]], set[str]]:
    """The factors of each product of three matrices, and the products of two that are then not wanted themselves."""
    products = {let.name: pair for let in plan.lets if len(let.axes) == 2 and (pair := sides(let)) is not None}
    reads = [*(let.reads for let in plan.lets), *(array.body.names for array in plan.outputs.values())]
    once = {name for name in products if sum(name in names for names in reads) == 1}
    found: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for name, pair in products.items():
        for place, side in enumerate(pair):
            inner = side.removesuffix(".T")
            if (
                inner in once
                and inner not in found
                and name not in found
                and pair[1 - place].removesuffix(".T") != inner
            ):
                two = products[inner] if side == inner else tuple(map(_turned, products[inner][::-1]))
                found[name] = (*two, pair[1]) if place == 0 else (pair[0], *two)
                taken.add(inner)
    return found, taken


def _turned(matrix: str) -> str:
    return matrix.removesuffix(".T") if matrix.endswith(".T") else f"{matrix}.T"


__all__ = ["chains"]
