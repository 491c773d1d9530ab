"""Arrays that are written rather than computed. Owns: which they are: passes from programs to programs. Never: spells.

A share at class labels alone is added there, an array on a diagonal is written onto it, and three matrices in a row are
multiplied in the order that their extents make cheapest: (U Vᵀ) V and U (Vᵀ V) differ by orders of magnitude.
"""

from __future__ import annotations

from dataclasses import replace

from gradwright.core.build import mul, rename
from gradwright.core.node import Delta, factors_in
from gradwright.emit.forms.labels import linear_in_label, present, zero_rows
from gradwright.emit.plan.program import Chain, Diagonal, Let, Map, Program, Scatter, matrices


def on_diagonal(let: Let) -> Let:
    """δ_ij f as f where i = j."""
    factors = factors_in(let.operation.body) if isinstance(let.operation, Map) else ()
    deltas = [f for f in factors if isinstance(f, Delta)]
    if len(deltas) != 1 or not deltas[0].free <= set(let.axes) or len(deltas[0].free) < 2:
        return let
    first, second = sorted((deltas[0].left, deltas[0].right), key=let.axes.index)
    body = rename(mul(*(f for f in factors if f is not deltas[0])), {second: first})
    return replace(let, operation=Diagonal((first, second), body))


def at_labels(let: Let, program: Program) -> Let:
    """A matrix a + bY of class labels Y as a, with b added at each row's label."""
    body = let.operation.body if isinstance(let.operation, Map) and len(let.axes) == 2 else None
    found = linear_in_label(body, program.labels) if body is not None else None
    if found is None or let.axes[0] not in found[2].free or set(found[0].free) != set(let.axes):
        return let
    base, share, label = found
    optional = zero_rows(program.context, label.name)
    return replace(
        let, operation=Scatter(base, present(label.name, label.slots, share, program.context), label, optional)
    )


def chained(program: Program) -> Program:
    """Products of three matrices, of which the product of two is read nowhere else."""
    products = {let.name: pair for let in program.lets if len(let.axes) == 2 and (pair := matrices(let)) is not None}
    reads = [*(let.reads for let in program.lets), *(array.body.names for array in program.outputs.values())]
    once = {name for name in products if sum(name in names for names in reads) == 1}
    found: dict[str, Chain] = {}
    taken: set[str] = set()
    for name, pair in products.items():
        for place, side in enumerate(pair):
            inner, other = side.name, pair[1 - place]
            if inner in once and inner not in found and name not in found and other.name != inner:
                left, right = products[inner]
                two = (right.transposed, left.transposed) if side.turned else (left, right)
                found[name] = Chain((*two, other) if place == 0 else (other, *two))
                taken.add(inner)
    lets = [replace(let, operation=found.get(let.name, let.operation)) for let in program.lets if let.name not in taken]
    return replace(program, lets=lets)
