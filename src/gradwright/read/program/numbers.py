"""Numbers of a program as a person writes them. Owns: which double stands for which constant. Never: rounds.

A double has the shortest decimal that reads back to it, which is what was typed: 1e-5 is 1/100000. Some are roots and
logarithms that the program's language computed before anything was traced; those are known by their digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from gradwright.core.build import HALF, ONE, apply, const, divide, mul, negate, power
from gradwright.core.node import Node
from gradwright.read.program.truth import INFINITY, UNDEFINED

BEYOND = 1e29
"""What is larger stands for infinity: the least float in a mask."""
_PI, _TWO = apply("pi"), const(2)
_TWO_PI = mul(_TWO, _PI)


def _log(node: Node) -> Node:
    return apply("log", node)


_KNOWN: dict[float, Node] = {
    math.pi: _PI,
    2 * math.pi: _TWO_PI,
    math.pi / 2: mul(HALF, _PI),
    math.pi**2: power(_PI, _TWO),
    math.log(2): _log(_TWO),
    math.log(10): _log(const(10)),
    math.log(math.pi): _log(_PI),
    math.log(2 * math.pi): _log(_TWO_PI),
    0.5 * math.log(2 * math.pi): mul(HALF, _log(_TWO_PI)),
    math.sqrt(2): power(_TWO, HALF),
    math.sqrt(0.5): power(_TWO, negate(HALF)),
    1 / math.sqrt(2): power(_TWO, negate(HALF)),
    math.sqrt(3): power(const(3), HALF),
    math.sqrt(5): power(const(5), HALF),
    math.sqrt(math.pi): power(_PI, HALF),
    math.sqrt(2 * math.pi): power(_TWO_PI, HALF),
    1 / math.sqrt(2 * math.pi): power(_TWO_PI, negate(HALF)),
    math.sqrt(2 / math.pi): power(divide(_TWO, _PI), HALF),
    math.e: apply("exp", ONE),
}


def multiples(value: float) -> Iterator[tuple[int, Node]]:
    """The whole numbers and known constants, or halves of those, whose product a number is."""
    for constant, node in _KNOWN.items():
        for below in (1, 2):
            whole = round(abs(value) * below / constant)
            if whole * constant / below == abs(value):
                yield whole, mul(const(Fraction(1 if value > 0 else -1, below)), node)


def number(value: bool | int | float, shown: str = "") -> Node:
    """The node of a number; ``shown`` are its digits where it is no double."""
    if isinstance(value, int):
        return const(int(value))
    if math.isnan(value):
        return UNDEFINED
    if abs(value) > BEYOND:
        return INFINITY if value > 0 else negate(INFINITY)
    known = _KNOWN.get(abs(value))
    if known is not None:
        return known if value > 0 else negate(known)
    return const(Fraction(shown or repr(float(value))))
