"""Names and indices. Owns: what a symbol, an index and an unknown function mean. Never: operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NoReturn

from gradwright.core.build import ONE, add, apply, const, delta, entry, matfn, mul, ordinal, rename, size
from gradwright.core.context import Signature
from gradwright.core.errors import Error
from gradwright.core.extents import Clash
from gradwright.core.index import Dim, Index, free_index, position
from gradwright.core.node import Array, Node
from gradwright.core.value import Value
from gradwright.read.latex.grammar import GREEK
from gradwright.read.latex.nodes import Noted
from gradwright.read.syntax import Group, Indexed, Item, Name, Norm, Number, walk
from gradwright.read.syntax import Node as Tree
from gradwright.referee.meaning.einstein import summed
from gradwright.referee.meaning.symbols import Definition, latest, symbol_key
from gradwright.referee.meaning.value import HIDDEN, KINDS, Misfit, World, scalar, shaped


class Basics:
    """Names, indices and unknown functions; what stands above them is added by the classes that follow."""

    def __init__(self, world: World, scope: Mapping[str, Index] | None = None) -> None:
        self.world, self.symbols = world, world.symbols
        self.scope: dict[str, Index] = dict(scope or {})
        self.env: dict[str, Value] = {}
        self.at: dict[str, Value] = {}
        self.chosen: dict[str, list[Node]] = {}
        self.own: set[str] | None = None

    # --- helpers

    def fail(self, message: str, tree: Tree) -> NoReturn:
        raise Error(message, tree.span)

    def find(self, dim: Dim) -> Dim:
        return self.symbols.sizes.find(dim)

    def unify(self, a: Dim, b: Dim, tree: Tree) -> None:
        try:
            self.symbols.sizes.unify(a, b)
        except Clash:
            message = f"the shapes do not fit: {self.find(a)} on one side, {self.find(b)} on the other"
            raise Misfit(message, tree.span) from None

    def misfit(self, done: str, left: Value, right: Value, tree: Tree) -> NoReturn:
        one, two = (shaped(v, self.find) for v in (left, right))
        raise Misfit(f"the shapes do not fit: {one} and {two} are {done}", tree.span)

    def fresh(self, tree: Tree, tag: str, dim: Dim | None = None) -> Index:
        name = f"~{tree.span[0]}.{tree.span[1]}{tag}"
        return free_index(name, self.find(dim if dim is not None else f"?at{name}"))

    def letter(self, name: str) -> Index:
        """The index a letter stands for; one that nothing binds is free in the whole chain."""
        known = self.scope.get(name)
        if known is not None:
            return free_index(str(known.name), self.find(known.dim))
        return free_index(name, self.find(f"?ix{self.world.chain}:{name}"))

    def value(self, tree: Tree) -> Value:
        raise NotImplementedError

    def scalar(self, tree: Tree) -> Node:
        value = self.value(tree)
        if value.axes:
            self.fail(f"a {value.kind} where a number is meant", tree)
        return value.body

    # --- atoms

    def _group(self, tree: Group) -> Value:
        return self.value(tree.body)

    def _noted(self, tree: Noted) -> Value:
        self.world.notes[tree.note] = None
        return self.value(tree.body)

    def _number(self, tree: Number) -> Value:
        if len(tree.text) > 40:
            self.fail("a number too long to read", tree)
        return scalar(const(Fraction(tree.text)))

    def _name(self, tree: Name) -> Value:
        name, style = tree.stem, tree.font
        key = self.symbols.key(name, style)
        self.world.direct.add(key)
        if key in self.env:
            return self.env[key]
        if key == name and self.is_lone(key, style):
            return scalar(entry(key + " alone"))
        if name == "e" and self.symbols.rank(key) == 0 and self.symbols.definition(key, self.world.place) is None:
            return scalar(apply("exp", ONE))
        if name == "pi" and self.symbols.definition(key, self.world.place) is None and not self.symbols.rank(key):
            return scalar(apply("pi"))
        if key in self.symbols.extents:
            return scalar(size(self.find(key)))
        if name == "I" and self.symbols.definition(key, self.world.place) is None and key not in self.symbols.shapes:
            return self.identity("", tree)
        if name in ("1", "0") and style == "bold":
            dims = self.symbols.shape(key) if self.symbols.rank(key) == 1 else (f"?at{tree.span}",)
            axis = self.fresh(tree, "o", dims[0])
            kind = "row" if self.symbols.row_vectors else "column"
            return Value(kind, (axis,), ONE) if name == "1" else scalar(const(0))
        if key in self.scope:
            return scalar(add(ordinal(self.letter(key)), ONE))
        return self.entry_value(key, tree)

    def identity(self, extent: str, tree: Tree) -> Value:
        """I, and I_n with its extent."""
        dim: Dim = int(extent) if extent.isdigit() else extent or f"?at{tree.span}"
        if isinstance(dim, str) and extent:
            self.symbols.extents.add(dim)
        i, j = self.fresh(tree, "i", dim), self.fresh(tree, "j", dim)
        return Value("matrix", (i, j), delta(i, j))

    def entry_value(self, key: str, tree: Tree) -> Value:
        self.define(key, tree)
        array = self.world.arrays.get(key)
        shape = tuple(self.find(d) for d in array.shape) if array is not None else self.symbols.shape(key)
        hidden = self.world.implicit.get(key, ())
        shown = [self.letter(x) for x in hidden]
        for index, dim in zip(shown, shape, strict=False):
            self.unify(index.dim, dim, tree)
        shown = [self.letter(x) for x in hidden]
        shape = shape[len(hidden) :]
        axes = tuple(self.fresh(tree, f".{k}", dim) for k, dim in enumerate(shape))
        kind = KINDS[len(axes)] if len(axes) < 3 else "tensor"
        if kind == "column" and (self.symbols.row_vectors or key in self.symbols.rows):
            kind = "row"
        return Value(kind, axes, entry(key, *shown, *axes))

    def define(self, key: str, tree: Tree) -> None:
        """Elaborate what the symbol is defined as, once per reading."""
        world = self.world
        if key in world.arrays or key in world.own or key in world.busy:
            return
        definition = latest(self.symbols, key, world.place)
        if definition is not None and not self.is_forgotten(key, definition):
            world.busy.add(key)
            try:
                world.arrays[key] = self.array_of(definition)
            finally:
                world.busy.discard(key)
            return
        self.unknown_function(key, tree)

    def array_of(self, definition: Definition) -> Array:
        inner = type(self)(self.world)
        inner.own = set(definition.letters)
        local = {letter: free_index(f"~d{definition.key}.{letter}", self.find(f"?df{definition.place}:{letter}"))
                 for letter in definition.letters}  # fmt: skip
        inner.scope = dict(local)
        axes: tuple[Index, ...]
        try:
            value = inner.value(definition.body)
        except Error:
            if len(definition.params) != 1 or not self.symbols.rank(definition.params[0]) or definition.letters:
                raise
            param = self.entry_value(definition.params[0], definition.body)
            inner.env = {definition.params[0]: scalar(param.body)}  # a function of numbers, entry by entry
            value = Value(param.kind, param.axes, inner.scalar(definition.body))
        if self.symbols.einstein:
            value = summed(inner.value, definition.body, set(definition.letters) | set(map(str, local)))
        axes = tuple(inner.letter(x) for x in definition.letters)
        if value.axes and axes:
            value = Value("scalar", (), self.entries(value, axes, definition.body))
        shape = self.symbols.shape(definition.key) if self.symbols.rank(definition.key) else ()
        result = Array((*axes, *value.axes), value.body)
        named = {str(i.name) for i in result.axes}
        loose = sorted(
            {i for i in value.body.free if len(str(i.name)) == 1 and i.name not in named}, key=lambda i: str(i.name)
        )
        if loose:  # u = Σ_j x_ij²: the name hides an index of the formula
            self.world.implicit[definition.key] = tuple(str(i.name) for i in loose)
            return Array((*loose, *result.axes), value.body)
        if not result.axes and shape:
            self.symbols.ranks[definition.key] = 0
        elif len(result.axes) != len(shape):
            self.symbols.ranks[definition.key] = len(result.axes)
            shape = self.symbols.shape(definition.key)
        for axis, dim in zip(result.axes, shape, strict=False):
            self.unify(axis.dim, dim, definition.body)
        return result

    def entries(self, value: Value, axes: Sequence[Index], tree: Tree) -> Node:
        if len(value.axes) != len(axes):
            self.fail(f"{len(axes)} indices for a {value.kind}", tree)
        for a, b in zip(value.axes, axes, strict=True):
            self.unify(a.dim, b.dim, tree)
        return rename(value.body, dict(zip(value.axes, axes, strict=True)))

    # --- unknown functions

    def unknown_function(self, key: str, tree: Tree) -> None:
        """A symbol that is differentiated though nothing defines it is an unknown function of what it is taken in."""
        world = self.world
        if key in self.symbols.hidden:
            shape = self.symbols.shape(key)
            dim = self.find("?hidden")
            slots = tuple(self.fresh(tree, f"u{k}", d) for k, d in enumerate(shape))
            b = free_index("~hidden", dim)
            world.functions[f"{key}°f"] = Signature((dim,), shape)
            world.arrays[key] = Array(slots, matfn(f"{key}°f", 0, slots, (b,), entry(HIDDEN, b)))
            return
        wanted = world.depends.get(key)
        if not wanted or key in world.busy:
            return
        world.busy.add(key)
        try:
            wanted = {k: None for k in wanted if key not in self.reaches(k)}
            arguments = [k for k in wanted if not self.upstream(k, wanted)]
            values = [(k, self.variable(k, tree)) for k in arguments if k != key]
        finally:
            world.busy.discard(key)
        if not values:
            return
        shape = self.symbols.shape(key)
        slots = tuple(self.fresh(tree, f"f{k}{key}", d) for k, d in enumerate(shape))
        body = self.applied(key, slots, [v for _, v in values], tree, "~".join(k for k, _ in values))
        if len(slots) == 2 and any(s.key == key and s.fact in ("symmetric", "posdef") for s in self.symbols.facts):
            self.unify(slots[0].dim, slots[1].dim, tree)
            body = add(body, rename(body, {slots[0]: slots[1], slots[1]: slots[0]}))
        world.arrays[key] = Array(slots, body)

    def variable(self, key: str, tree: Tree) -> Value:
        """A symbol as it stands by itself."""
        lone = self.is_lone(key, "") and self.symbols.definition(key, self.world.place) is None
        return self._name(Name(tree.span, key)) if lone else self.entry_value(key, tree)

    def is_lone(self, key: str, style: str) -> bool:
        """Whether the letter of a vector is read as one number here."""
        if not self.world.plain_scalars or style == "bold" or not (key in GREEK or len(key) == 1):
            return False
        if key.isupper():  # a matrix by its letter alone
            return self.world.capitals and key in self.symbols.guessed
        if key in self.symbols.transposed or self.symbols.declared.get(key) == self.symbols.section:
            return False
        definition = self.symbols.definition(key, self.world.place)
        return bool(self.symbols.rank(key)) and (definition is None or bool(definition.letters))

    def upstream(self, key: str, among: Mapping[str, None]) -> bool:
        """Whether another of the variables depends on this one, so that it is reached through it."""
        return any(other != key and key in self.reaches(other) for other in among)

    def reaches(self, key: str) -> set[str]:
        """Every symbol that this one depends on, by definition or by what it is differentiated in."""
        found: set[str] = set()
        stack = [key]
        while stack:
            current = stack.pop()
            for other in self.nexts(current):
                if other != current and other not in found:
                    found.add(other)
                    stack.append(other)
        return found

    def is_forgotten(self, key: str, definition: Definition) -> bool:
        """An L that is differentiated here in what the L of another section is not made of is another L."""
        wanted = self.world.depends.get(key)
        if not wanted or definition.section == self.symbols.section or definition.params:
            return False
        if key not in self.world.forgotten:
            self.world.forgotten[key] = False
            self.world.forgotten[key] = not set(wanted) <= self.reaches(key)
        return self.world.forgotten[key]

    def nexts(self, key: str) -> list[str]:
        definition = latest(self.symbols, key, self.world.place)
        if definition is None or key in self.world.own or self.world.forgotten.get(key):
            return list(self.world.depends.get(key, ()))
        found = {symbol_key(self.symbols, n): None for n in walk(definition.body) if isinstance(n, Indexed)}
        for name, style in ((n.stem, n.font) for n in walk(definition.body) if isinstance(n, Name)):
            found |= dict.fromkeys(self.symbols.key(name, style, k) for k in (0, 1, 2))
        return [key for key in found if key]

    def applied(self, key: str, slots: tuple[Index, ...], values: Sequence[Value], tree: Tree, tag: str = "") -> Node:
        """An unknown function of some arrays, entry by entry."""
        name = f"{key}{tag and '.' + tag}°f"
        shape = tuple(s.dim for s in slots)
        if len(values) == 1 or all(not v.axes for v in values):
            if len(values) == 1:
                bound, body = values[0].axes, values[0].body
            else:
                b = free_index("~arg", len(values))
                bound = (b,)
                body = add(*(mul(delta(b, position(k, len(values))), v.body) for k, v in enumerate(values)))
            self.world.functions[name] = Signature(tuple(self.find(b.dim) for b in bound), shape)
            fresh = tuple(free_index(f"~a{k}", self.find(b.dim)) for k, b in enumerate(bound))
            return matfn(name, 0, slots, fresh, rename(body, dict(zip(bound, fresh, strict=True))))
        # of several arrays: a sum of products of functions of each, general enough to tell a false claim
        self.world.stand_ins.add(key)
        factors, terms = [], []
        for k, value in enumerate(values):
            factors.append(self.applied(key, slots, [value], tree, f"{tag}*{k}"))
            terms.append(self.applied(key, slots, [value], tree, f"{tag}+{k}"))
        return add(mul(*factors), *terms)

    # --- what the classes above bring

    def slots(self, items: Sequence[Item], value: Value, tree: Tree) -> list[Index]:
        raise NotImplementedError

    def pick(self, value: Value, slots: Sequence[Index], tree: Tree) -> Node:
        raise NotImplementedError

    def norm(self, tree: Norm, items: Sequence[Item]) -> Value:
        raise NotImplementedError

    def symbolic(self, body: Node, name: str, slots: tuple[Index, ...], tree: Tree) -> Node:
        raise NotImplementedError
