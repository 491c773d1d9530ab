"""Functions of matrices and of stacks of them, in a plan. Owns: which there is code for, which products are solves.

Never: plans, spells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gradwright.core.build import entry, matfn, open_binder
from gradwright.core.index import Index, free_index
from gradwright.core.node import Entry, MatFn, Mul, Node, Reduce
from gradwright.emit.forms.factor import CHOLESKY, COFACTORS, INVERSE
from gradwright.emit.plan.lets import Let

SPELLED = frozenset(("inv", "det", "logdet", CHOLESKY, INVERSE, COFACTORS))
_MOST_SOLVES = 3  # products with one inverse; beyond that it is formed


class Solve(NamedTuple):
    """A product of an inverse with an array, summed over ``live``; ``kept`` is the inverse's other axis, ``stack`` the
    axes over which there is a matrix each, ``columns`` what is left of the array (at most one axis)."""

    inverse: Entry
    other: Entry
    live: Index
    kept: Index
    stack: tuple[Index, ...]
    columns: tuple[Index, ...]


def solve_of(body: Node, name: str) -> Solve | None:
    """The product as a solve with the matrix whose inverse is called ``name``, if it is one."""
    if not isinstance(body, Reduce) or body.op != "sum" or len(body.bound) != 1:
        return None
    (live,), inside = open_binder(body)
    pair = inside.factors if isinstance(inside, Mul) else ()
    if len(pair) != 2 or not all(isinstance(f, Entry) and len(set(f.slots)) == len(f.slots) for f in pair):
        return None
    one, two = pair
    inverse, other = (one, two) if isinstance(one, Entry) and one.name == name else (two, one)
    if not isinstance(inverse, Entry) or not isinstance(other, Entry) or other.name == name or inverse.name != name:
        return None
    *stack, row, column = inverse.slots
    kept = column if live is row else row
    columns = tuple(i for i in other.slots if i is not live and i not in stack)
    if live not in (row, column) or live not in other.slots or kept in other.slots or len(columns) > 1:
        return None
    return Solve(inverse, other, live, kept, tuple(stack), columns)


def solved(lets: Iterable[Let], outputs: Iterable[Node]) -> dict[str, Let]:
    """Inverses that only ever multiply: each product is a solve, and the inverse is never formed."""
    lets = list(lets)
    found = {let.name: let for let in lets if isinstance(let.body, MatFn) and let.body.fn in ("inv", INVERSE)}
    uses = dict.fromkeys(found, 0)
    for body in (*(let.body for let in lets), *outputs):
        for name in [n for n in found if n in body.names]:
            uses[name] += 1
            solve = solve_of(body, name) if name in found else None
            found.pop(name if solve is None else solve.other.name, None)  # what is solved for has to be there
    return {name: let for name, let in found.items() if 0 < uses[name] <= _MOST_SOLVES}


def oriented(matrix: Entry, other: Node, live: Sequence[Index]) -> Node:
    """A symmetric matrix as it stands beside a vector, rows or columns, so that equal products are found equal."""
    *stack, row, column = matrix.slots
    if len(live) != 1 or not isinstance(other, Entry) or (row in live) == (column in live):
        return matrix
    kept = column if row in live else row
    rows = other.slots[-1] in live and len(other.slots) > len(stack) + 1
    return entry(matrix.name, *stack, *((*live, kept) if rows else (kept, *live)))


def at_own_slots(node: Node) -> tuple[MatFn, dict[Index, Index]] | None:
    """A function of a matrix at indices that meet (a diagonal), as the whole and what its indices are renamed to."""
    if not isinstance(node, MatFn) or node.fn not in SPELLED:
        return None
    indices, body = open_binder(node)
    if len(set(node.slots) | body.free - set(indices)) == len(node.slots) + len(body.free - set(indices)):
        return None
    fresh = [free_index(f"~s{k}", i.dim) for k, i in enumerate(node.slots)]
    whole = matfn(node.fn, 0, fresh, indices, body)
    assert isinstance(whole, MatFn)
    return whole, dict(zip(fresh, node.slots, strict=True))


__all__ = ["SPELLED", "Solve", "at_own_slots", "oriented", "solve_of", "solved"]
