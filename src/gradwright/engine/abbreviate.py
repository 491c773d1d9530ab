"""Names for what a person would name. Owns: recognising normalised exponentials and defining them as p. Never: guesses.

exp(f_i)/Σ_j exp(f_j) is softmax however it was written, so it gets a name before anything is differentiated: its
derivative is then a lemma, and the answer can be said in p. Any f, any number of further axes.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from gradwright.core.build import MINUS_ONE, entry, mul, power, rename, total
from gradwright.core.context import Context
from gradwright.core.index import Index, free_index, names_of
from gradwright.core.node import Apply, Array, Mul, Node, Pow, Reduce
from gradwright.core.walk import descend, run

_VECTOR_NAMES = ("p", "q", "s", "r", "g", "h")
_MATRIX_NAMES = ("P", "Q", "S", "R", "G", "H")
_AXIS_NAMES = ("i", "j", "l", "q", "r")


def abbreviate_all(body: Node, context: Context) -> Node:
    """Name every normalised exponential in the body and in the definitions (new names are added to the context)."""
    given = list(context.definitions.items())
    defined = [name for name, _ in given]
    context.definitions.clear()
    for name, array in given:
        array = _lettered(array, context, defined)
        new = array.body if _is_softmax(array.body) else abbreviate(array.body, context)
        context.definitions[name] = Array(array.axes, new)
    return abbreviate(body, context)


def _lettered(array: Array, context: Context, defined: Sequence[str]) -> Array:
    """The definition with its axes called i, j, …"""
    names = axis_names(len(array.axes), context, avoid=defined)
    axes = tuple(free_index(name, axis.dim) for name, axis in zip(names, array.axes, strict=True))
    return Array(axes, rename(array.body, dict(zip(array.axes, axes, strict=True))))


def abbreviate(node: Node, context: Context) -> Node:
    """The node with each exp(f_i)/Σ_j exp(f_j) in it replaced by an entry of a definition in the context."""

    def visit(current: Node) -> Generator[Node, Node, Node]:
        rebuilt = yield from descend(current)
        while isinstance(rebuilt, Mul):
            found = softmax_factors(rebuilt)
            if found is None:
                return rebuilt
            top, bottom, index = found
            pattern = mul(top, power(bottom, MINUS_ONE))
            rebuilt = mul(rebuilt, power(pattern, MINUS_ONE), _defined(pattern, index, context))
        return rebuilt

    return run(visit, node, {})


def softmax_factors(product: Mul) -> tuple[Node, Reduce, Index] | None:
    """exp(f_i), Σ_j exp(f_j) and i, where the product holds the quotient of the two."""
    for factor in product.factors:
        if not (isinstance(factor, Pow) and factor.exponent is MINUS_ONE and isinstance(factor.base, Reduce)):
            continue
        bottom = factor.base
        if bottom.op != "sum" or len(bottom.bound) != 1:
            continue
        for top in product.factors:
            if isinstance(top, Apply) and top.fn == "exp":
                for index in sorted(top.free - bottom.free, key=lambda i: i.digest):
                    if total([index], top) is bottom:
                        return top, bottom, index
    return None


def _is_softmax(body: Node) -> bool:
    return isinstance(body, Mul) and len(body.factors) == 2 and softmax_factors(body) is not None


def _defined(pattern: Node, index: Index, context: Context) -> Node:
    """The entry that stands for the pattern: of a definition already there, or of a new one."""
    rows = sorted(pattern.free - {index}, key=lambda i: i.digest)
    slots = (*rows, index)
    for name, array in context.definitions.items():
        fits = array.shape == tuple(i.dim for i in slots)
        if fits and rename(array.body, dict(zip(array.axes, slots, strict=True))) is pattern:
            return entry(name, *slots)
    name = unused_name(_VECTOR_NAMES if len(slots) == 1 else _MATRIX_NAMES, context)
    axes = tuple(
        free_index(letter, slot.dim) for letter, slot in zip(axis_names(len(slots), context), slots, strict=True)
    )
    context.definitions[name] = Array(axes, rename(pattern, dict(zip(slots, axes, strict=True))))
    context.introduced.append(name)
    return entry(name, *slots)


def taken_names(context: Context) -> set[str]:
    """Every name that already means something."""
    dims = names_of(*(d for shape in context.symbols.values() for d in shape))
    dims |= names_of(*(d for s in context.functions.values() for d in (*s.argument, *s.value)))
    return {*context.symbols, *context.definitions, *context.functions, *dims, *context.dims}


def unused_name(candidates: Sequence[str], context: Context) -> str:
    taken = taken_names(context)
    numbered = (f"{candidates[0]}{number}" for number in range(1, len(taken) + 2))
    return next(name for name in (*candidates, *numbered) if name not in taken)


def axis_names(
    count: int, context: Context, first: Sequence[str] = _AXIS_NAMES, avoid: Sequence[str] = ()
) -> list[str]:
    """Letters for axes, none of which means anything else here."""
    taken = taken_names(context) | set(avoid)
    numbered = [f"{first[0]}{number}" for number in range(1, count + 1)]
    return [name for name in (*first, *numbered) if name not in taken][:count]
