"""Functions of matrices and of stacks of them, in a plan. Owns: which there is code for, which products are solves.

Never: plans, spells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gradwright.core.build import entry, matfn, open_binder, rename
from gradwright.core.index import Index, free_index
from gradwright.core.node import Entry, MatFn, Node
from gradwright.emit.forms.factor import CHOLESKY, COFACTORS, INVERSE
from gradwright.emit.plan.program import Let, OfMatrix, Operation, Product, Solve

SPELLED = frozenset(("inv", "det", "logdet", CHOLESKY, INVERSE, COFACTORS))
_MOST_SOLVES = 3  # products with one inverse; beyond that it is formed


def solved(lets: Sequence[Let], outputs: Iterable[Node]) -> list[Let]:
    """The statements without inverses that only ever multiply: each product is a solve, and no inverse is formed."""
    found = {x.name: x for x in lets if isinstance(x.operation, OfMatrix) and x.operation.fn in ("inv", INVERSE)}
    uses = dict.fromkeys(found, 0)
    for reads, operation in (*((x.reads, x.operation) for x in lets), *((body.names, None) for body in outputs)):
        for name in [n for n in found if n in reads]:
            uses[name] += 1
            solve = _solve(operation, found[name]) if name in found else None
            found.pop(name if solve is None else solve.other.name, None)  # what is solved for has to be there
    found = {name: x for name, x in found.items() if 0 < uses[name] <= _MOST_SOLVES}
    made = []
    for let in lets:
        by = next((found[name] for name in found if name in let.reads), None)
        solve = _solve(let.operation, by) if by is not None else None
        made += [] if let.name in found else [let if solve is None else replace(let, operation=solve)]
    return made


def _solve(product: Operation | None, by: Let) -> Solve | None:
    """The product as a solve with the matrix whose inverse ``by`` is, if it is one."""
    if not isinstance(product, Product) or len(product.over) != 1:
        return None
    (live,), pair = product.over, (product.left, product.right)
    inverse, other = pair if pair[0].name == by.name else pair[::-1]
    if inverse.name != by.name or other.name == by.name:
        return None
    *stack, row, column = inverse.slots
    kept = column if live is row else row
    columns = tuple(i for i in other.slots if i is not live and i not in stack)
    if live not in (row, column) or live not in other.slots or kept in other.slots or len(columns) > 1:
        return None
    made, at = by.operation, dict(zip(by.axes, inverse.slots, strict=True))
    assert isinstance(made, OfMatrix)
    ends = made.ends[::-1] if made.fn != INVERSE and at[made.slots[1]] is not live else made.ends
    source = rename(made.source, at)
    assert isinstance(source, Entry)
    return Solve(source, ends, made.fn == INVERSE, other, live, kept, tuple(stack), columns)


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
