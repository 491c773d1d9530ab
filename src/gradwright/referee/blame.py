"""When a relation that does not hold is an error. Owns: the rows that spare one and those that blame one, in order.

An equation between free symbols that is no identity is a condition like any other, unless something shows that it is
meant for all values; where nothing does it is unread, and the reader is told what to write. Never: compares sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from gradwright.core.record import dataclass
from gradwright.read.latex.nodes import Differential, Gradient, Hessian
from gradwright.read.syntax import (
    Call,
    Derivative,
    Group,
    Indexed,
    Letter,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Primed,
    Product,
    Sum,
    Transposed,
    alike,
    bare,
    walk,
)
from gradwright.referee.evidence.imposed import is_number
from gradwright.referee.evidence.wording import Says

TAKEN = (
    "taken for a condition on its symbols: it does not hold for all of them; if it should, write “for all” before it"
)


@dataclass(frozen=True, slots=True)
class Accused:
    """A relation whose sides differ, and what its document says around it.

    ``says``      what the words beside it say that it is for
    ``names``     the symbols of the left and of the right side
    ``rests``     the same with every definition unfolded
    ``earlier``   what the sides before the right one rest on
    ``tied``      the symbols that stand in any definition, on either side of it
    ``slip``      the one change that makes it true, in words
    ``loose``     an index that is free on one side only, in words
    ``first``     whether nothing stands before it in its chain
    ``condition`` the line of an equation that is imposed on its symbols, or 0
    ``leads``     whether ⇒ or ⇔ stands beside it
    ``unknown``   whether derivatives of unknown functions are multiplied in it
    ``opaque``    whether it says what the derivative of an unknown function is
    ``sized``     whether the name of an extent stands in it
    ``constant``  whether a side is a number, zero above all
    ``named``     whether a side is a symbol by itself that nothing defines
    ``ends``      whether a number stands at the end of its chain
    ``foreign``   whether the words around it are in a language that is not read
    ``backward``  whether gradients or a backward pass are spoken of in its sentence
    ``never``     whether the sides differ by a number that is not zero
    """

    left: Node
    right: Node
    says: frozenset[Says]
    names: tuple[frozenset[str], frozenset[str]]
    rests: tuple[frozenset[str], frozenset[str]]
    earlier: frozenset[str] = frozenset()
    tied: frozenset[str] = frozenset()
    slip: str = ""
    loose: str = ""
    condition: int = 0
    leads: bool = False
    unknown: bool = False
    opaque: bool = False
    sized: bool = False
    constant: bool = False
    named: bool = False
    ends: bool = False
    foreign: bool = False
    never: bool = False
    backward: bool = False
    first: bool = True
    derives: bool = False  # its chain begins with the derivative of a formula
    brings: bool = False  # a symbol stands on its right side for the first time
    defined: bool = field(default=False)  # the left side is a name that has a meaning already

    @property
    def derived(self) -> bool:
        nodes = [n for side in (self.left, self.right) for n in walk(side)]
        return any(isinstance(n, _DERIVED) or (isinstance(n, Call) and n.primes > 0) for n in nodes)

    @property
    def kinds(self) -> set[str]:
        """Which signs of a derivative stand in it: d, ∂."""
        return {n.mark for side in (self.left, self.right) for n in walk(side) if isinstance(n, Derivative)}

    @property
    def compound(self) -> bool:
        return not (_bare(self.left) or _bare(self.right))

    @property
    def may_follow(self) -> bool:
        """Whether it may hold under a condition that is imposed before it."""
        return bool(self.condition) and "any" not in self.says and not (self.derivative or self.loose)

    @property
    def derivative(self) -> bool:
        """Whether it says what a derivative is, in symbols that the document ties to it."""
        return self.derived and not self.constant and self.rests[1] <= self.rests[0] | self.tied


_DERIVED = (Derivative, Gradient, Differential, Hessian)


def _bare(tree: Node) -> bool:
    """A symbol by itself, however it is turned."""
    tree = bare(tree, Negative, Transposed)
    return isinstance(tree, Name | Number) or (isinstance(tree, Indexed) and _bare(tree.base))


def _directed(tree: Node) -> bool:
    """dx dy, f′(X)[dX], δA: differentials beside each other, or beside what is applied to one, and variations."""
    for node in walk(tree):
        if isinstance(node, Product):
            factors = [factor for _, factor in node.factors]
            if any(isinstance(f, Name) and f.stem in ("delta", "Delta") for f in factors[:-1]):
                return True
            moved = [f for f in factors if isinstance(f, Differential)]
            applied = any(isinstance(f, Call | Primed) for f in factors)
            if len(moved) > 1 or (applied and any(isinstance(f, Group) and _moves(f) for f in factors)):
                return True
    return False


def _stepped(*sides: Node) -> bool:
    """Δy beside Δx: steps that are tied to each other."""
    return (
        len({n.stem for side in sides for n in walk(side) if isinstance(n, Name) and n.stem.startswith("Delta ")}) > 1
    )


def _is_power(tree: Node) -> bool:
    """σ²."""
    return isinstance(tree, Power) and _bare(tree.base) and is_number(tree.exponent)


def derives(tree: Node) -> bool:
    """Whether a side is the derivative of a formula, and of no symbol alone."""
    return isinstance(tree, Derivative | Gradient) and tree.body is not None and not _bare(bare(tree.body))


def _steps(left: Node, right: Node) -> bool:
    """θ′ = θ − α g."""
    terms = right.terms if isinstance(right, Sum) else ()
    return isinstance(left, Primed) and any(sign == "+" and alike(term, left.body) for sign, term in terms)


def _of_many(one: Node, two: Node) -> bool:
    """x_i = x_j."""
    return isinstance(one, Indexed) and isinstance(two, Indexed) and alike(one.base, two.base)


def _moves(tree: Node) -> bool:
    return any(isinstance(n, Differential) for n in walk(tree))


def numeric(tree: Node, symbols: frozenset[str] = frozenset()) -> bool:
    """Whether a side has no symbol and no index in it; ``symbols``: letters that are no constants here."""
    if is_number(tree):
        return True
    known = CONSTANTS - symbols
    return not any(isinstance(n, Letter) or (isinstance(n, Name) and n.stem not in known) for n in walk(tree))


CONSTANTS = frozenset({"e", "pi", "delta", "I", "0", "1"})


@dataclass(frozen=True, slots=True)
class Row:
    """A ground in words, and where it applies; ``stated``: it says what the relation is for, and nothing is open."""

    ground: str
    applies: Callable[[Accused], bool]
    stated: bool = False


SPARES = (
    Row("the words before it make it a condition",
        lambda it: "condition" in it.says and "any" not in it.says and not it.derivative, stated=True),
    Row("it is an equation of two of many", lambda it: _of_many(it.left, it.right), stated=True),
    Row("it is an equation in a chain of them", lambda it: it.leads and not it.derivative),
    Row("derivatives of functions of which nothing is known are multiplied in it", lambda it: it.unknown),
    Row("it says what the derivative of a function of which nothing is known is", lambda it: it.opaque),
    Row("a prime says what a symbol is after a step",
        lambda it: _steps(it.left, it.right) and it.rests[0] == it.names[0], stated=True),
    Row("it gives a power of a symbol a value", lambda it: it.first and _is_power(it.left) and is_number(it.right)),
    Row("total and partial derivatives stand in it", lambda it: len(it.kinds) > 1),
    Row("d before a symbol may stand for a gradient",
        lambda it: it.backward and isinstance(it.left, Differential) and _moves(it.right)),
    Row("it is of volumes or of a derivative in a direction", lambda it: _directed(it.left) or _directed(it.right)),
    Row("steps of several symbols stand in it", lambda it: _stepped(it.left, it.right)),
    Row("the words around it are in a language that is not read",
        lambda it: it.foreign and it.first and not (it.derived or it.defined or it.loose)),
    Row("it is an equation for a name that stands on both sides",
        lambda it: it.first and isinstance(it.left, Name) and it.names[0] <= it.names[1] and not it.derived,
        stated=True),
)  # fmt: skip
"""Before anything else is tried."""

BLAMES = (
    Row("an index is loose", lambda it: bool(it.loose)),
    Row("no value satisfies it", lambda it: it.never or not (any(it.rests) or it.sized)),
    Row("a name that has a meaning is given another value",
        lambda it: it.defined and not it.constant and it.rests[1] <= it.rests[0]),
    Row("a derivative is what it is", lambda it: it.derivative),
    Row("a step brings nothing new",
        lambda it: (it.compound or it.derives) and not it.ends and it.rests[1] <= it.rests[0] | it.earlier),
    Row("one change makes it an identity",
        lambda it: bool(it.slip) and not (it.ends or it.named or it.foreign or it.brings)),
    Row("it is said to follow, in the same symbols",
        lambda it: bool(it.says & {"inference", "any"})
        and not (it.foreign or it.ends) and bool(it.rests[1]) and it.rests[1] <= it.rests[0]),
)  # fmt: skip
"""Grounds on which it is called an error; the first that applies is the one."""


def spared(accused: Accused) -> Row | None:
    """Why nothing is claimed; or nothing."""
    return next((row for row in SPARES if row.applies(accused)), None)


def blamed(accused: Accused) -> str:
    """Why a relation that does not hold is an error, in words; or nothing."""
    if accused.may_follow and ("inference" in accused.says or not accused.slip):
        return ""
    return next((row.ground for row in BLAMES if row.applies(accused)), "")
