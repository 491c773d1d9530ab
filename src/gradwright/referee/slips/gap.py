"""What is left between the sides of a false relation. Owns: their difference or their ratio, where it is short.

Never: searches; a difference nobody would read is not said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradwright.certify.layout import reach, symbols_in
from gradwright.core.build import divide, subtract
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index
from gradwright.core.node import Add, Array, Node, walk
from gradwright.engine.derivatives import resolved
from gradwright.engine.normal import TooLong
from gradwright.engine.passes import normal_form
from gradwright.engine.prove import Prover
from gradwright.engine.simplify import Used
from gradwright.referee.compare.proof import without
from gradwright.write.answer import Result
from gradwright.write.unicode import unicode

_LONGEST = 36
_MOST_NODES = 400


def gap(left: Node, right: Node, axes: Sequence[Index], context: Context, apart: Sequence[tuple[Index, Index]]) -> str:
    """What the right side lacks, in words; nothing where that is long."""
    symbols = dict(symbols_in(list(reach([left, right], context)), context))
    context = replace(context, symbols=symbols)
    found: list[str] = []
    for what, node in (("", subtract(left, right)), ("the factor ", divide(left, right))):
        if what and axes:
            continue
        said = _said(node, axes, context, apart, bool(what))
        if said:
            found.append(f"the right side lacks {what}{said}")
    return min(found, key=len, default="")


def _said(
    node: Node, axes: Sequence[Index], context: Context, apart: Sequence[tuple[Index, Index]], factor: bool
) -> str:
    try:
        node = resolved(node, context)
        for a, b in apart:
            node = without(node, a, b)
        if sum(1 for _ in walk(node)) > _MOST_NODES:
            return ""
        prover = Prover(context, "", ())
        forms = [prover.simplified(node, axes), prover.simplified(normal_form(node, axes, context, Used()), axes)]
        if factor and any(isinstance(form, Add) for form in forms):
            return ""
        texts = [_text(form, axes, context) for form in forms]
    except (Error, TooLong, ArithmeticError, RecursionError):
        return ""
    text = min(texts, key=len)
    unsaid = any(mark in text for mark in ("?", "~", "°", "tensor", "einsum", ";"))
    return "" if unsaid or len(text) > _LONGEST else text


def _text(node: Node, axes: Sequence[Index], context: Context) -> str:
    """In matrix notation for an array; in index notation for a number, which may have letters of its own."""
    if axes and not node.free <= set(axes):
        return "?"
    result = Result(Array(tuple(axes), node), context)
    return result.unicode() if axes else unicode(result.index_term)
