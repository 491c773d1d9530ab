"""The elaborator of documents. Owns: what letters, symbols and places stand for where a side is read.

Every kind of syntax means what ``read.meaning`` says, with rules of its own for what only documents have (``rules``).
The elaborator of what stands below a Σ, in a definition or under a bar is another value (``inside``): nothing is
switched back and forth. Never: guesses; an ``Error`` says what is not understood. Shapes are found by unification, so
a chain is read once for its shapes and once for its nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import field, replace
from typing import NoReturn, TypeVar

from gradwright.core.build import ONE, ZERO, delta, mul, rename
from gradwright.core.errors import Misfit
from gradwright.core.extents import Clash
from gradwright.core.index import Dim, Index, free_index
from gradwright.core.node import Const
from gradwright.core.node import Node as Body
from gradwright.core.record import dataclass
from gradwright.core.value import Value
from gradwright.read.meaning.elaborator import At, Elaborator, Rule, Solved, Visit
from gradwright.read.reading import Reading
from gradwright.read.syntax import Node
from gradwright.referee.meaning.symbols import Definition
from gradwright.referee.meaning.value import World, shaped
from gradwright.tables.products import Done, renewed

_READING = Reading("", {}, {}, {}, {}, {}, first=1, typeset=True)
_K = TypeVar("_K", bound=Node)


@dataclass(frozen=True, slots=True)
class Place:
    """What is particular to where something stands.

    ``scope``   the indices of the letters that a Σ or a definition binds
    ``env``     the values of parameters, of what is averaged and of what a bar puts in place (those alone: ``at``)
    ``own``     in a definition the letters it is for, else None
    ``chosen``  the numbers that the cases around give to a symbol
    ``zero``    the bound letters that count from 0
    """

    scope: Mapping[str, Index] = field(default_factory=dict)
    env: Mapping[str, Value] = field(default_factory=dict)
    at: Mapping[str, Value] = field(default_factory=dict)
    own: frozenset[str] | None = None
    chosen: Mapping[str, list[Body]] = field(default_factory=dict)
    zero: frozenset[str] = frozenset()


SPREAD = "a number is added to every entry"


class Document(Elaborator):
    """What the sides of one chain mean, in one world."""

    def __init__(self, world: World, rules: dict[type[Node], Rule]) -> None:
        super().__init__(_READING, world.learned.sizes, rules, Solved({}, {}), {})
        self.world, self.symbols, self.place = world, world.symbols, Place()
        self.rank, self.shape = world.rank, world.shape

    def inside(self, place: Place) -> Document:
        """The elaborator of what stands in another place."""
        inner = copy(self)
        inner.place = place
        return inner

    def binding(self, letters: Mapping[str, Index], zero: frozenset[str] = frozenset()) -> Document:
        """The elaborator of what stands below a sign that binds letters; those in ``zero`` count from 0."""
        counted = (self.place.zero - set(letters)) | zero
        return self.inside(replace(self.place, scope={**self.place.scope, **letters}, zero=counted))

    def local(self, definition: Definition, letters: Mapping[str, Index]) -> Document:
        """The elaborator of what a definition says, which knows nothing of the place where it is used."""
        return self.inside(Place(scope=letters, own=frozenset(definition.letters)))

    def knowing(self, env: Mapping[str, Value]) -> Document:
        return self.inside(replace(self.place, env=env))

    # --- what rules ask

    def remark(self, words: str) -> None:
        self.world.notes[words] = None

    def leveled(self, left: Value, right: Value) -> tuple[Value, Value]:
        """What is added to a matrix: a number to every entry, or as so much of the identity; a bias to every row."""
        if right.kind == "matrix":
            return self.beside(left, right), right
        if left.kind == "matrix":
            return left, self.beside(right, left)
        if not (left.axes and right.axes):
            self.spread(left if right.axes else right)
        return left, right

    def beside(self, term: Value, matrix: Value) -> Value:
        rows, columns = (self.find(index.dim) for index in matrix.axes)
        if not term.axes and self.world.reading.scaled and rows == columns:
            return replace(matrix, body=mul(term.body, delta(*matrix.axes)))
        if not term.axes:
            self.spread(term)
        elif term.kind in ("column", "row") and rows != columns == self.find(term.axes[0].dim):
            self.remark("a vector that is added to a matrix goes with every row")
            return replace(matrix, body=rename(term.body, {term.axes[0]: matrix.axes[1]}))
        return term

    def spread(self, number: Value) -> None:
        """A number is added to every entry of an array, which formulas say and documents rarely mean."""
        if number.body not in (ZERO, ONE):
            self.remark(SPREAD)
            self.world.spread |= not isinstance(number.body, Const) and not self.world.busy

    def find(self, dim: Dim) -> Dim:
        return self.extents.find(dim)

    def say(self, value: Value) -> str:
        return shaped(value, self.find)

    def unify(self, left: Dim, right: Dim, node: Node, what: str = "") -> None:
        try:
            self.extents.unify(left, right)
        except Clash:
            said = f"the shapes do not fit{what}: {self.find(left)} on one side, {self.find(right)} on the other"
            raise Misfit(said, node.span) from None

    def misfit(self, done: Done, left: Value, right: Value, node: Node, hint: str | None = None) -> NoReturn:
        raise Misfit(f"the shapes do not fit: {self.say(left)} and {self.say(right)} are {done}", node.span)

    def scalar(self, value: Value, node: Node) -> Body:
        if value.axes:
            self.fail(f"{self.say(value)} where a number is meant", node)
        return value.body

    def number(self, tree: Node) -> Body:
        """The value of a tree that has to be a number."""
        return self.scalar(self.value(tree), tree)

    def renewed(self, value: Value, node: Node) -> Value:
        return renewed(At(self, node), value)

    # --- letters and symbols

    def letter(self, name: str) -> Index:
        """The index a letter stands for; one that nothing binds is free in the whole chain."""
        known = self.place.scope.get(name)
        if known is not None:
            return free_index(str(known.name), self.find(known.dim))
        return free_index(name, self.find(f"?ix{self.world.chain}:{name}"))

    def definition(self, key: str) -> Definition | None:
        return self.symbols.definition(key, self.world.place)


Meaning = Callable[[Document, _K], Value]


def rule(kind: type[_K], meaning: Meaning[_K]) -> tuple[type[Node], Rule]:
    """A meaning in documents as a row of the table of rules."""

    def visit(e: Elaborator, node: Node) -> Visit:
        assert isinstance(e, Document)
        assert isinstance(node, kind)
        yield from ()
        return meaning(e, node)

    return kind, visit


def entries(e: Document, value: Value, axes: tuple[Index, ...], tree: Node) -> Body:
    """The entry of a value at some indices, one for every axis."""
    if len(value.axes) != len(axes):
        e.fail(f"{len(axes)} indices for a {value.kind}", tree)
    return e.onto(value, axes, tree)
