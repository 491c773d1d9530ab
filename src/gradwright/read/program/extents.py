"""Extents and numbers that a trace gives. Owns: reading them back in names. Never: traces.

A trace has symbols, whose text is an extent. Where a program needs numbers for its extents (``math.sqrt(d)``), it is
traced at sizes that are primes: a number that is divisible by one is made of its name, and the program is only believed
if it reads the same at other primes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from numbers import Integral
from typing import Protocol

from gradwright.core.build import HALF, apply, const, mul, negate, power, size
from gradwright.core.errors import Error
from gradwright.core.index import Dim, names_of, plus, times, valued
from gradwright.core.node import Node
from gradwright.core.record import dataclass
from gradwright.read.program.numbers import multiples, number

SMALL = (53, 67, 83, 97, 113, 131, 149, 167, 191, 211, 233, 257)
MIDDLE = (61, 73, 89, 103, 127, 139, 157, 173, 181, 197, 223, 241)
LARGE = (20011, 20023, 20047, 20063, 20089, 20101, 20113, 20129, 20143, 20161, 20173, 20201)
MANY = (331, 347, 367, 389, 409, 431, 449, 467, 487, 509, 541, 557)
"""Far enough from each other that a number beside one belongs to it, and none twice. The large ones are beyond what a
program would compare a size with, where an array of as many axes can still be counted; a loop over an extent is told by
the middle ones.
"""
_MOST_LARGE = 4  # axes of so many large extents fill what 64 bits count
_BESIDE = 4
_TIMES = 16
_LARGEST = 1e15


def assignments(extents: Sequence[str]) -> Iterator[dict[str, int]]:
    """Sizes at which a program is traced."""
    for primes in (SMALL, MIDDLE, LARGE if len(extents) <= _MOST_LARGE else MANY):
        yield dict(zip(extents, primes, strict=False))


class Opaque(Error):
    """A symbol of a trace that is no sum of products of names, as of a division: numbers may say more."""


class Extents(Protocol):
    """How numbers of a trace are read."""

    def dim(self, traced: object) -> Dim:
        """An extent."""

    def number(self, value: bool | int | float) -> Node:
        """A number of the program, which may be made of extents."""


@dataclass(frozen=True)
class Symbols:
    """Extents are symbols, and no number is one."""

    def dim(self, traced: object) -> Dim:
        if isinstance(traced, Integral):
            return int(traced)
        return plus(
            *(self._term(sign, term) for sign, term in re.findall(r"(^|[+-])([^+-]+)", str(traced).replace(" ", "")))
        )

    def _term(self, sign: str, term: str) -> Dim:
        found: list[Dim] = [-1] if sign == "-" else []
        for atom in term.split("*"):
            base, _, exponent = atom.partition("^")
            if not re.fullmatch(r"\w+", base):
                raise Opaque(f"an extent of the program is {term}, which is no sum of products of names")
            found += [int(base) if base.isdigit() else base] * int(exponent or 1)
        return times(*found)

    def number(self, value: bool | int | float) -> Node:
        return number(value)


@dataclass(frozen=True)
class Primes:
    """Extents are numbers of which each name has a prime of its own.

    ``own``  numbers of the program that stand for no extent, for it has them at other sizes, too
    """

    sizes: Mapping[str, int]
    own: frozenset[float] = frozenset()

    def dim(self, traced: object) -> Dim:
        assert isinstance(traced, Integral)
        return self._read(int(traced))

    def _read(self, value: int) -> Dim:
        """The extent: a product of names and a small number, or a sum of such a product and a small number."""
        best = self._product(value)
        if best is not None:
            return best
        for more in range(1, _BESIDE):
            for sign in (1, -1):
                near = self._product(value - sign * more)
                if near is not None:
                    return plus(near, sign * more)
        for name, prime in self.sizes.items():
            for other, second in self.sizes.items():
                if prime + second == value and name < other:
                    return plus(name, other)
        return value

    def _product(self, value: int) -> Dim | None:
        """A product of names, and of names that are a little more or less, and a small number."""
        if value <= 0:
            return None
        found, value = self._names(value)
        for name, prime in self.sizes.items():
            for more in (-1, 1, -2, 2):
                if value > _TIMES and value % (prime + more) == 0:
                    found.append(plus(name, more))
                    value //= prime + more
        return times(value, *found) if found and value <= _TIMES else None

    def _names(self, value: int) -> tuple[list[Dim], int]:
        """The names whose primes a number is divisible by, and what is left of it."""
        found: list[Dim] = []
        for name, prime in self.sizes.items():
            while value and value % prime == 0:
                found.append(name)
                value //= prime
        return found, value

    def _plain(self, value: int) -> Dim:
        """A product of names and a small number; else the number."""
        found, rest = self._names(value)
        return times(rest, *found) if found and rest <= _TIMES else value

    def number(self, value: bool | int | float) -> Node:
        if isinstance(value, bool) or value in self.own:
            return number(value)
        if isinstance(value, int):
            return size(self._read(value)) if value > 0 else number(value)
        return self._float(value)

    def _float(self, value: float) -> Node:
        """A root, a reciprocal, a logarithm or a known multiple of an extent, by its digits."""
        if not math.isfinite(value) or abs(value) > _LARGEST:
            return number(value)
        for below in range(1, _TIMES):
            exact = abs(int(value * below)) if value * below == int(value * below) else 0
            whole = self._read(exact) if below == 1 else self._plain(exact)  # a fraction of n, and not of n − 1
            if names_of(whole):
                return mul(const(Fraction(1 if value > 0 else -1, below)), size(whole))
        for count, constant in multiples(value):
            counted = self._plain(count)
            if names_of(counted):
                return mul(constant, size(counted))
        for dim in self._candidates():
            at = valued(dim, self.sizes)
            known = {
                math.sqrt(at): power(size(dim), HALF),
                at**-0.5: power(size(dim), negate(HALF)),
                1 / math.sqrt(at): power(size(dim), negate(HALF)),
                1 / at: power(size(dim), const(-1)),
                math.log(at): apply("log", size(dim)),
            }
            if abs(value) in known:
                return mul(const(1 if value > 0 else -1), known[abs(value)])
        return number(value)

    def _candidates(self) -> Sequence[Dim]:
        names = list(self.sizes)
        pairs = [times(one, other) for k, one in enumerate(names) for other in names[k:]]
        return [*names, *pairs, *(times(2, name) for name in names), *(plus(name, -1) for name in names)]
