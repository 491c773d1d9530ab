"""The formula of a program, as an expression. Owns: how it is said as text that reads back. Never: traces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradwright.certify.verdict import judge
from gradwright.core.build import rename
from gradwright.core.errors import Error, plainly
from gradwright.core.node import Array
from gradwright.expression import Expression, Form
from gradwright.read.program.lift import Lifted, Wanted, lifted
from gradwright.read.reader import read
from gradwright.write.answer import Result


@plainly
def formula(
    program: Callable[..., object],
    shapes: Mapping[str, Any] | None = None,
    *,
    given: Sequence[str] = (),
    **named: Any,
) -> Expression:
    """What a function of JAX or PyTorch, or an ``nn.Module``, computes, as a formula in its own argument names.

    ``shapes``, or each by its name, are the arguments' extents: ``gw.formula(loss, W="m k", X="n m", y="n in k")``.
    ``"n in k"`` are class labels, which the formula has as one-hot rows; ``"= h"`` is the extent h as a number; a
    dictionary or a list is an argument that is one; anything else is handed to the program as it is. A module's
    parameters go by their names, ``{"linear.weight": "k m"}``; one that is not named has the extents it has.

    The program is traced, on symbols, and computes nothing. Raises ``gradwright.Error`` with the line of the program
    for what has no formula.
    """
    return expression(lifted(program, {**(shapes or {}), **named}, Wanted(tuple(given))))


def expression(found: Lifted) -> Expression:
    """The formula as text that was read back and found to mean the same."""
    result = Result(found.array, found.context)
    shapes = {name: shape for name, shape in found.context.symbols.items() if name in found.array.body.names}
    for said in (result, result.in_index_notation()):
        text = str(said)
        if _reads_back(text, found):
            return Expression(text, shapes, Form(result.shape) if len(result.shape) <= 2 else None)
    raise Error("the program's formula cannot be said as text", hint="gw.derive takes the program itself")


def _reads_back(text: str, found: Lifted) -> bool:
    """Whether the text means what the program does."""
    try:
        again = read(text, context=found.context, strict=True)
    except Error:
        return False
    if (again.array.shape, again.array.groups) != (found.array.shape, found.array.groups):
        return False
    axes = found.array.axes
    body = rename(again.array.body, dict(zip(again.array.axes, axes, strict=True)))
    if body is found.array.body:
        return True
    verdict = judge(Array(axes, found.array.body), Array(axes, body), again.context)
    return verdict.verdict in ("confirmed", "proved")
