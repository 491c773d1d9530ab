"""Functions of matrices, solves and products of stacks, as text. Owns: their axes and transposes. Never: plans."""

from __future__ import annotations

from gradwright.core.index import Index, free_index
from gradwright.core.node import Entry
from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import OfMatrix, Solve
from gradwright.emit.spell.language import Language
from gradwright.emit.spell.spell import laid


def function(made: OfMatrix, axes: tuple[Index, ...], language: Language) -> str:
    """A function of a matrix, or of each matrix of a stack."""
    stack = axes[: len(axes) - len(made.slots)]
    text = language.local(language.matrix[made.fn].format(a=_matrix(made.source, stack, made.ends, language)))
    return laid(text, (*stack, *made.slots), axes, language)


def solve(found: Solve, axes: tuple[Index, ...], language: Language) -> str:
    """inv(M) times an array, by solving with M or its transpose; with Cholesky's factor of M, by that."""
    inner_stack = tuple(i for i in found.source.slots if i not in found.ends)
    matrix = _matrix(found.source, inner_stack, found.ends, language)
    plain = not found.stack and not found.columns
    columns = found.columns or ((free_index("one~", 1),) if not plain else ())
    right = laid(identifier(found.other.name), found.other.slots, (*found.stack, found.live, *columns), language)
    by_rows = language.cho_solve_rows if found.cholesky else language.solve_rows
    if by_rows and found.columns and found.other.slots == (*found.stack, *found.columns, found.live):
        text = language.local(by_rows.format(a=matrix, b=identifier(found.other.name)))
        return laid(text, (*found.stack, *found.columns, found.kept), axes, language)
    absent = next((k for k, i in enumerate(found.stack) if i in found.other.slots), len(found.stack))
    right += f"[{'None, ' * absent}...]" if absent else ""
    spelling = language.cho_solve if found.cholesky else language.solve
    if not plain:
        spelling = language.cho_solve_many if found.cholesky else language.solve_many
    text = language.local(spelling.format(a=matrix, b=right))
    if plain or found.columns:
        return laid(text, (*found.stack, found.kept, *found.columns), axes, language)
    return laid(f"{text}[..., 0]", (*found.stack, found.kept), axes, language)


def _matrix(inner: Entry, stack: tuple[Index, ...], indices: tuple[Index, ...], language: Language) -> str:
    return laid(identifier(inner.name), inner.slots, (*stack, *indices), language)


def stacked_product(
    left: Entry, right: Entry, live: Index, stack: tuple[Index, ...], axes: tuple[Index, ...], language: Language
) -> str | None:
    """A product of two stacks by ``@``, which takes the matrices one after another; None where it is none."""
    own = [tuple(i for i in o.slots if i is not live and i not in stack) for o in (left, right)]
    if any(len(o) > 1 for o in own) or not any(own) or axes[: len(stack)] != stack:
        return None
    if axes[len(stack) :] != (*own[0], *own[1]):
        return None
    one = free_index("one~", 1)
    rows, columns = own[0] or (one,), own[1] or (one,)
    a = laid(identifier(left.name), left.slots, (*stack, *rows, live), language)
    b = laid(identifier(right.name), right.slots, (*stack, live, *columns), language)
    text = f"{a} @ {b}"
    if own[0] and own[1]:
        return text
    return f"({text})[..., 0]" if own[0] else f"({text})[..., 0, :]"
