"""The tester of rows of the table of scalar functions: a wrong row must not pass it."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

from flint import arb_series

from gradwright.certify.ball import naive_program
from gradwright.certify.layout import Layout
from gradwright.certify.program import Run, exact, precision
from gradwright.core.build import entry
from gradwright.core.context import Context
from gradwright.tables.scalars import Function

BITS = 192
POINTS = 12


def complaint(row: Function) -> str | None:
    """What is wrong with a row, or None: its derivative by series, and its NumPy spelling, against its ball value."""
    rng = Random(row.name)
    for _ in range(POINTS):
        point = [Fraction(rng.randint(int(low * 512) + 1, int(high * 512) - 1), 512) for low, high in row.domain]
        if len(set(point)) < len(point) or 0 in point:
            continue
        with precision(BITS, 2):
            found = _derivative_complaint(row, point) or _numpy_complaint(row, point)
        if found:
            return f"{row.name} at {[str(x) for x in point]}: {found}"
    return None


def _derivative_complaint(row: Function, point: list[Fraction]) -> str | None:
    if row.partials is None:
        return None
    names = [f"x{k}" for k in range(row.arity)]
    claimed = row.partials(*(entry(name) for name in names))
    if len(claimed) != row.arity:
        return f"{len(claimed)} derivatives for {row.arity} arguments"
    context = Context(symbols=dict.fromkeys(names, ()))
    values = {name: [x] for name, x in zip(names, point, strict=True)}
    run = Run(naive_program(list(claimed), Layout({}), context), values, BITS)
    for k, node in enumerate(claimed):
        arguments: list[Any] = [exact(x) for x in point]
        arguments[k] = arb_series([arguments[k], 1])
        truth = row.ball(*arguments)
        slope = truth[1] if isinstance(truth, arb_series) else exact(0)
        (value,) = run.table(node, ())
        gap = abs(slope - value).abs_upper()
        if not slope.overlaps(value) or not bool(gap < exact(Fraction(1, 2**120)) * (1 + abs(slope))):
            return f"derivative in argument {k + 1} is {slope.str(12)}, the row says {value.str(12)}"
    return None


def _numpy_complaint(row: Function, point: list[Fraction]) -> str | None:
    import numpy as np
    from scipy import special

    arguments = dict(zip("ab", (np.asarray(float(x)) for x in point), strict=False))
    got = float(eval(row.numpy, {"np": np, "special": special, **arguments}))
    truth = float(row.ball(*(exact(x) for x in point)))
    if not abs(got - truth) <= 1e-11 * (1 + abs(truth)):
        return f"its value is {truth!r}, the NumPy spelling gives {got!r}"
    return None
