"""Inverses of products. Owns: (A B)⁻¹ = B⁻¹A⁻¹, (Aᵀ)⁻¹, (A⁻¹)⁻¹, Q⁻¹ = Qᵀ. Never: cancels, differentiates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from gradwright.core.build import entry, matfn, mul, open_binder, open_sums, rename, total
from gradwright.core.context import Context
from gradwright.core.index import Index, free_index
from gradwright.core.node import Entry, MatFn, Mul, Node, Reduce
from gradwright.core.walk import descend, run
from gradwright.engine.simplify import Used, Visit
from gradwright.tables import simplifications as rows

INVERSE_OF_PRODUCT = rows.INVERSE_OF_PRODUCT.rule


def inverses_apart(node: Node, context: Context, used: Used) -> Node:
    """Every inverse of a product of square matrices as the product of theirs: it exists where all of them do."""

    def visit(current: Node) -> Visit:
        rebuilt = yield from descend(current)
        if isinstance(rebuilt, MatFn) and rebuilt.fn == "inv" and rebuilt.order == 0:
            return inverse_of_product(rebuilt, context, used, square=True) or rebuilt
        return rebuilt

    return run(visit, node, {})


def inverse_of_product(node: MatFn, context: Context, used: Used, square: bool = False) -> Node | None:
    """inv(A B)_ij as Σ_k inv(B)_ik inv(A)_kj, where every factor is known to be invertible, or square; inv(Q) = Qᵀ."""
    if len(node.bound) != 2:
        return None
    (row, column), body = open_binder(node, avoid=frozenset(node.slots))
    chain = _chain(body, row, column)
    if chain is None:
        return None
    whys = [str(context.facts.why("invertible", link.name) or "") for link, _ in chain if isinstance(link, Entry)]
    if "" in whys and not (square and all(slot.dim == row.dim for link, _ in chain for slot in link.slots)):
        return None
    if len(chain) == 1:
        return _inverse_of_one(chain[0], node.slots, context, used)
    links = [free_index(f"~c{k}", row.dim) for k in range(len(chain) - 1)]
    ends = [node.slots[0], *links, node.slots[1]]
    factors = []
    for (single, straight), left, right in zip(reversed(chain), ends, ends[1:], strict=False):
        factors.append(_inverse(single, (left, right) if straight else (right, left)))
    used.note(INVERSE_OF_PRODUCT, ", ".join(dict.fromkeys(whys)) if whys and "" not in whys else None)
    return total(links, mul(*factors))


Link = tuple[Entry | MatFn, bool]
"""A matrix in a product, and whether it stands untransposed."""


def _inverse_of_one(link: Link, slots: tuple[Index, ...], context: Context, used: Used) -> Node | None:
    """inv(Q) = Qᵀ, inv(Aᵀ) = inv(A)ᵀ, inv(inv(A)) = A."""
    single, straight = link
    slots = slots if straight else slots[::-1]
    if isinstance(single, MatFn):
        return _inverse(single, slots) if single.fn == "inv" else None
    why = context.facts.why("orthogonal", single.name)
    if why is not None:
        used.since(rows.INVERSE_IS_TRANSPOSE, why)
        return entry(single.name, *slots[::-1])
    return None if straight else _inverse(single, slots)


def _inverse(matrix: Entry | MatFn, slots: Sequence[Index]) -> Node:
    """The entry at ``slots`` of the inverse of the matrix of which an entry is given."""
    if isinstance(matrix, MatFn) and matrix.fn == "inv":
        bound, body = open_binder(matrix, avoid=frozenset(slots))
        return rename(body, dict(zip(bound, slots, strict=True)))
    fresh = [free_index(f"~d{k}", slot.dim) for k, slot in enumerate(slots)]
    return matfn("inv", 0, tuple(slots), fresh, rename(matrix, dict(zip(matrix.slots, fresh, strict=True))))


def _chain(body: Node, row: Index, column: Index) -> list[Link] | None:
    """The matrices of a product from ``row`` to ``column``: symbols and inverses."""
    indices: tuple[Index, ...] = ()
    if isinstance(body, Reduce) and body.op == "sum":
        indices, body = open_sums(body)
    rest = list(body.factors) if isinstance(body, Mul) else [body]
    if len(rest) != len(indices) + 1:
        return None
    found: list[Link] = []
    at = row
    while rest:
        step = next((f for f in rest if _is_link(f) and at in f.slots), None)
        if step is None or step.slots[0] is step.slots[1]:
            return None
        rest.remove(step)
        found.append((step, step.slots[0] is at))
        at = step.slots[1] if step.slots[0] is at else step.slots[0]
    return found if at is column else None


def _is_link(node: Node) -> TypeGuard[Entry | MatFn]:
    inverse = isinstance(node, MatFn) and node.fn == "inv" and node.order == 0 and len(node.bound) == 2
    return inverse or (isinstance(node, Entry) and len(node.slots) == 2)
