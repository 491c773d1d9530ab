"""From syntax to nodes. Owns: what names and definitions mean, indices in scope, extents that become one.

A value is a scalar body with axes (``core.value``). Every kind of syntax has a rule in ``rules.RULES``; what is not
understood is refused with the place and what to write instead. Never: guesses a shape, parses.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from itertools import count
from typing import NoReturn

from gradwright.core.build import entry, rename
from gradwright.core.context import Signature
from gradwright.core.errors import Error, Misfit
from gradwright.core.extents import Clash, Extents, open_extent
from gradwright.core.index import Dim, Index, free_index, names_of
from gradwright.core.node import Array
from gradwright.core.node import Node as Entry
from gradwright.core.record import dataclass
from gradwright.core.value import BLOCK, Value, kind_of
from gradwright.core.walk import run
from gradwright.engine.normal import same
from gradwright.read.reading import Reading
from gradwright.read.syntax import Binder, Let, Node, Number, extent_in
from gradwright.tables.products import Done

Visit = Generator[Node, Value, Value]
Rule = Callable[..., Visit]
"""What a kind of syntax means: made of the elaborator and a node of that kind."""
MISFITS: dict[Done, str] = {"added": "{} and {} have different shapes", "multiplied": "{} times {} is not defined"}


class Apart(Exception):
    """Axes of symbols that have to be taken for several indices: which of each, and how many."""

    def __init__(self, axes: frozenset[tuple[str, int]], count: int) -> None:
        super().__init__()
        self.axes, self.count = axes, count


class Elaborator:
    """One run over a program, with open extents or with those that solve the equations between them (``final``).

    ``shapes`` are the extents of the indices of symbols, ``groups`` how many of them make each axis where not one does.
    """

    def __init__(
        self, reading: Reading, extents: Extents, rules: dict[type[Node], Rule], solved: Solved | None,
        apart: Mapping[tuple[str, int], int],
    ) -> None:  # fmt: skip
        self.reading, self.extents, self.rules, self.final = reading, extents, rules, solved is not None
        self.groups = {name: tuple(map(len, parts)) for name, parts in reading.inner.items()}
        opened = self._opened(apart)
        self.shapes = dict(solved.shapes) if solved else opened
        self.functions = dict(solved.functions if solved else reading.functions)
        self.definitions = dict(reading.definitions)
        self.joined: dict[str, Value] = {}
        self.scope: dict[str, Index] = {}
        self.remarks: dict[str, None] = {}
        self.parts: dict[Entry, None] = {}
        self._numbers = count(1)

    def _opened(self, apart: Mapping[tuple[str, int], int]) -> dict[str, tuple[Dim, ...]]:
        shapes = {**self.reading.shapes, **{name: (None,) * rank for name, rank in self.reading.ranks.items()}}
        found: dict[str, tuple[Dim, ...]] = {}
        for name, shape in shapes.items():
            groups = self.groups.get(name) or tuple(apart.get((name, axis), 1) for axis in range(len(shape)))
            if max(groups, default=1) > 1:
                self.groups[name] = groups
            given = self.reading.inner.get(name) or [
                (dim,) if dim is not None and count == 1 else tuple(self.extents.fresh() for _ in range(count))
                for dim, count in zip(shape, groups, strict=True)
            ]
            found[name] = tuple(dim for part in given for dim in part)
        return found

    def program(self, lets: Sequence[Let], body: Node) -> Value:
        for let in lets:
            self._define(let)
        return self.value(body)

    def value(self, node: Node) -> Value:
        return run(self._visit, node, {})

    def by(self, rule: Rule, node: Node) -> Value:
        """What a rule makes of a node, whichever rule is in force for its kind."""

        def visit(here: Node) -> Visit:
            return rule(self, here) if here is node else self._visit(here)

        return run(visit, node, {})

    def _visit(self, node: Node) -> Visit:
        rule = self.rules.get(type(node))
        if rule is None:
            self.fail("this stands where a value is needed", node)
        value = yield from rule(self, node)
        self.parts[value.body] = None
        return value

    # --- what rules ask

    def branch(self, node: Node) -> Visit:
        """The value of what is needed under a condition alone: its parts may be without a value elsewhere."""
        before = len(self.parts)
        value = yield node
        while len(self.parts) > before:
            self.parts.popitem()
        return value

    def fail(self, message: str, node: Node, hint: str | None = None) -> NoReturn:
        raise Error(message, node.span, self.reading.source, hint)

    def remark(self, words: str) -> None:
        """Something a reader is told about how the formula was taken."""
        self.remarks[words] = None

    def leveled(self, left: Value, right: Value) -> tuple[Value, Value]:
        """Two terms of different kinds as they are meant: a number goes with every entry, as a rule."""
        return left, right

    def fresh(self, dim: Dim) -> Index:
        return free_index(f"~r{next(self._numbers)}", self.extents.find(dim))

    def unify(self, left: Dim, right: Dim, node: Node, what: str = "") -> None:
        try:
            self.extents.unify(left, right)
        except Clash:
            a, b = self.extents.find(left), self.extents.find(right)
            said = f"shapes cannot agree{what}: {a} on one side, {b} on the other"
            raise Misfit(said, node.span, self.reading.source) from None

    def misfit(self, done: Done, left: Value, right: Value, node: Node, hint: str | None = None) -> NoReturn:
        """Two arrays whose kinds cannot be added, or multiplied."""
        said = MISFITS[done].format(self.say(left), self.say(right))
        raise Misfit(said, node.span, self.reading.source, hint)

    def match(self, left: Sequence[Index], right: Sequence[Index], node: Node, what: str = "") -> None:
        """Make two axes one, index by index; a symbol's axis of one index that meets several is taken for as many."""
        if len(left) != len(right):
            one, many = sorted((left, right), key=len)
            if len(one) == 1:
                self.take_apart(one[0], len(many), node, what)
            self.fail(f"shapes cannot agree{what}: one axis is a product", node)
        for here, there in zip(left, right, strict=True):
            self.unify(here.dim, there.dim, node, what)

    def take_apart(self, index: Index, count: int, node: Node, what: str = "") -> NoReturn:
        """Begin anew with the axes of symbols that have the index's extent, each for so many indices."""
        found = set()
        for name, shape in self.shapes.items():
            place = 0
            for axis, many in enumerate(self.groups.get(name, (1,) * len(shape))):
                if many == 1 and self.extents.find(shape[place]) == self.extents.find(index.dim):
                    found.add((name, axis))
                place += many
        if not found:
            self.fail(f"shapes cannot agree{what}: one axis is a product", node)
        raise Apart(frozenset(found), count)

    def onto(self, value: Value, axes: Sequence[Index], node: Node, what: str = "") -> Entry:
        """The value's body with its axes renamed to ``axes``."""
        for here, there in zip(value.axes, axes, strict=True):
            self.unify(there.dim, here.dim, node, what)
        return rename(value.body, dict(zip(value.axes, axes, strict=True)))

    def say(self, value: Value) -> str:
        dims = ["·".join(str(self.extents.find(index.dim)) for index in part) for part in value.parts]
        known = dims and not any("?" in dim for dim in dims)
        return f"a {value.plain}" + (f" ({'×'.join(dims)})" if known else "")

    def scalar(self, value: Value, node: Node) -> Entry:
        if value.axes:
            self.fail(f"inside an index sum everything is an entry, and this is {self.say(value)}", node)
        return value.body

    # --- names

    def symbol(self, name: str) -> Value | None:
        """The value of a symbol or a definition, over indices of its own."""
        if name in self.joined:
            value = self.joined[name]
            fresh = tuple(self.fresh(axis.dim) for axis in value.axes)
            return Value(value.kind, fresh, rename(value.body, dict(zip(value.axes, fresh, strict=True))), value.groups)
        shape = self.definitions[name].shape if name in self.definitions else self.shapes.get(name)
        if shape is None:
            return None
        axes = tuple(self.fresh(d) for d in shape)
        groups = self.groups.get(name)
        if groups is None:
            return Value(kind_of(len(shape)), axes, entry(name, *axes))
        return Value(f"{BLOCK}{kind_of(len(groups))}", axes, entry(name, *axes), groups)

    def _define(self, let: Let) -> None:
        name = let.name.stem
        if name in self.shapes or (name in self.definitions and name not in self.reading.definitions):
            raise Error(f"{name} already means something", let.name.span, self.reading.source)
        if let.letters:
            letters = self.opened(let.letters)
            array = Array(tuple(letters.values()), self.scalar(self.value(let.body), let.body))
            self.close(letters)
        else:
            value = self.value(let.body)
            if value.groups:
                self.joined[name] = value
                return
            array = Array(value.axes, value.body)
        known = self.definitions.get(name)
        if known is not None and self.final and not same(known, array, self.definitions):
            raise Error(f"{name} already means something else", let.span, self.reading.source)
        self.definitions[name] = known or array

    def knows(self, name: str) -> bool:
        return name in self.shapes or name in self.definitions or name in self.joined or name in self.reading.dims

    # --- indices

    def opened(self, binders: Sequence[Binder]) -> dict[str, Index]:
        """The letters in scope from here on."""
        letters: dict[str, Index] = {}
        for binder in binders:
            letter = binder.name
            if letter in self.scope or letter in letters:
                self.fail(f"index {letter} is already bound here", binder, "use another letter for the inner one")
            dim = self._extent(binder)
            if self.final and open_extent(dim):
                written = next((n for n in self.shapes if n.endswith(f"_{letter}")), f"x_{letter}")
                stem = written.removesuffix(f"_{letter}")
                self.fail(f"nothing says how far index {letter} runs", binder,
                          f"an entry is written {stem}[{letter}]; {written} is a name")  # fmt: skip
            letters[letter] = free_index(letter, dim)
        self.scope |= letters
        return letters

    def close(self, letters: dict[str, Index]) -> None:
        for letter in letters:
            del self.scope[letter]

    def _extent(self, binder: Binder) -> Dim:
        """How far a letter runs: r:k is a number from 0 to k − 1, \\sum_{i=1}^n goes over an axis of n."""
        key = f"?at{binder.span[0]}.{binder.name}"
        if binder.extent is not None:
            self.unify(key, binder.extent, binder)
        if binder.low is not None and not (isinstance(binder.low, Number) and binder.low.text == "1"):
            self.fail("a sum over part of an axis", binder, "a letter runs from 1, over the whole axis")
        if binder.high is not None:
            self.unify(key, self._bound(binder.high), binder.high)
        return self.extents.find(key)

    def _bound(self, high: Node) -> Dim:
        dim = self.written(high)
        if dim is None:
            self.fail("a sum over part of an axis", high, "a letter runs to a number or to the name of an extent")
        return dim

    def written(self, node: Node) -> Dim | None:
        """The extent that a node writes, if its names are no symbols."""
        dim = extent_in(node)
        known = dim is not None and any(n not in self.reading.dims and self.knows(n) for n in names_of(dim))
        return None if known or (isinstance(dim, int) and dim < 1) else dim


@dataclass(frozen=True)
class Solved:
    """Symbols and functions with the extents that were found."""

    shapes: dict[str, tuple[Dim, ...]]
    functions: dict[str, Signature]


@dataclass(frozen=True)
class At:
    """The elaborator at one node, as meanings of the tables ask for it."""

    elaborator: Elaborator
    node: Node

    def fresh(self, dim: Dim) -> Index:
        return self.elaborator.fresh(dim)

    def find(self, dim: Dim) -> Dim:
        return self.elaborator.extents.find(dim)

    def sized(self, number: int) -> Dim:
        return number if self.elaborator.final else self.elaborator.extents.sized(number)

    def unsaid(self, axis: int) -> Dim:
        dim = self.find(f"?of{self.node.span[0]}.{axis}")
        if self.elaborator.final and open_extent(dim):
            self.refuse("nothing says how large this is", "ones(n, m) says it")
        return dim

    def unify(self, left: Dim, right: Dim, why: str = "") -> None:
        self.elaborator.unify(left, right, self.node, why)

    def misfit(self, done: Done, left: Value, right: Value, hint: str | None = None) -> NoReturn:
        self.elaborator.misfit(done, left, right, self.node, hint)

    def match(self, left: Sequence[Index], right: Sequence[Index], why: str = "") -> None:
        self.elaborator.match(left, right, self.node, why)

    def describe(self, value: Value) -> str:
        return self.elaborator.say(value)

    def remark(self, words: str) -> None:
        self.elaborator.remark(words)

    def refuse(self, message: str, hint: str | None = None) -> NoReturn:
        self.elaborator.fail(message, self.node, hint)
