"""From trees to nodes. Owns: what every construction of the mathematics in a document means. Never: guesses; an
``Error`` says what is not understood. Shapes are found by unification, so a chain is read once for its shapes and
once for its nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NoReturn

from gradwright.core.build import (
    HALF,
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    apply,
    const,
    delta,
    deriv,
    divide,
    entry,
    matfn,
    mul,
    negate,
    ordinal,
    power,
    reduce,
    rename,
    size,
    subtract,
    total,
    where,
)
from gradwright.core.context import Context, Signature
from gradwright.core.errors import Error
from gradwright.core.index import Dim, Index, free_index, position
from gradwright.core.node import Array, Node
from gradwright.core.walk import bottom_up
from gradwright.document.parser import ELEMENTWISE
from gradwright.document.symbols import MATRIX_LETTERS, Definition, Symbols, dependencies, symbol_key
from gradwright.document.tree import Tree, subtrees
from gradwright.read.extents import Clash

HIDDEN = "x°"
_KINDS = ("scalar", "column", "matrix")
_TURNED = {"scalar": "scalar", "column": "row", "row": "column", "matrix": "matrix"}


@dataclass(frozen=True)
class Value:
    """A scalar body over axes; the kind tells a row from a column."""

    kind: str
    axes: tuple[Index, ...]
    body: Node


def scalar(body: Node) -> Value:
    return Value("scalar", (), body)


@dataclass
class World:
    """What stays the same while one chain is read: the symbols, the place, the conventions."""

    symbols: Symbols
    place: int
    chain: int
    layout: str = "mixed"
    elementwise: bool = True
    plain_scalars: bool = False
    depends: dict[str, dict[str, None]] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    functions: dict[str, Signature] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    stand_ins: set[str] = field(default_factory=set)
    outer: set[str] = field(default_factory=set)
    varying: set[str] = field(default_factory=set)
    lifted: bool = False
    implicit: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def context(self, roots: Sequence[Node]) -> Context:
        """The definitions that the nodes reach, in order, with everything they need."""
        order: dict[str, Array] = {}
        symbols: dict[str, tuple[Dim, ...]] = {}

        def visit(name: str, above: tuple[str, ...]) -> None:
            if name in order or name.endswith("°f"):
                return
            array = self.arrays.get(name)
            if array is None:
                return
            if name in above:
                raise Error(f"{name} is defined by itself")
            for other in sorted(array.body.names):
                visit(other, (*above, name))
            order[name] = array

        for root in roots:
            for name in sorted(root.names):
                visit(name, ())
        return Context("", symbols, order, dict(self.functions))


class Reader:
    """One reading of one side."""

    def __init__(self, world: World, scope: Mapping[str, Index] | None = None) -> None:
        self.world, self.symbols = world, world.symbols
        self.scope: dict[str, Index] = dict(scope or {})
        self.env: dict[str, Value] = {}
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
            self.fail(f"the shapes do not fit: {self.find(a)} on one side, {self.find(b)} on the other", tree)

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
        method: Callable[[Tree], Value] | None = getattr(self, f"_{tree.kind}", None)
        if method is None:
            self.fail(f"{tree.kind} is not understood here", tree)
        return method(tree)

    def scalar(self, tree: Tree) -> Node:
        value = self.value(tree)
        if value.axes:
            self.fail(f"a {value.kind} where a number is meant", tree)
        return value.body

    # --- atoms

    def _group(self, tree: Tree) -> Value:
        return self.value(tree.parts[0])

    def _num(self, tree: Tree) -> Value:
        text = str(tree.parts[0])
        if len(text) > 40:
            self.fail("a number too long to read", tree)
        return scalar(const(Fraction(text)))

    def _sym(self, tree: Tree) -> Value:
        name, style = str(tree.parts[0]), str(tree.parts[1])
        key = self.symbols.key(name, style)
        if key in self.env:
            return self.env[key]
        if self.world.plain_scalars and style != "bold" and len(name) == 1 and not name.isupper():
            if self.symbols.rank(key) == 1 and self.symbols.definition(key, self.world.place) is None:
                return scalar(entry(key + " alone"))
        if name == "e" and self.symbols.rank(key) == 0 and self.symbols.definition(key, self.world.place) is None:
            return scalar(apply("exp", ONE))
        if name == "pi" and self.symbols.definition(key, self.world.place) is None and not self.symbols.rank(key):
            return scalar(apply("pi"))
        if key in self.symbols.extents:
            return scalar(size(self.find(key)))
        if name == "I" and self.symbols.definition(key, self.world.place) is None and key not in self.symbols.shapes:
            i, j = self.fresh(tree, "i", f"?at{tree.span}"), self.fresh(tree, "j", f"?at{tree.span}")
            return Value("matrix", (i, j), delta(i, j))
        if key in self.scope:
            return scalar(add(ordinal(self.letter(key)), ONE))
        return self.entry_value(key, tree)

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
        kind = _KINDS[len(axes)] if len(axes) < 3 else "tensor"
        if kind == "column" and self.symbols.row_vectors:
            kind = "row"
        return Value(kind, axes, entry(key, *shown, *axes))

    def define(self, key: str, tree: Tree) -> None:
        """Elaborate what the symbol is defined as, once per reading."""
        world = self.world
        if key in world.arrays or key in world.own or key in world.busy:
            return
        definition = self.symbols.definition(key, world.place)
        if definition is not None:
            world.busy.add(key)
            try:
                world.arrays[key] = self.array_of(definition)
            finally:
                world.busy.discard(key)
            return
        self.unknown_function(key, tree)

    def array_of(self, definition: Definition) -> Array:
        inner = Reader(self.world)
        inner.own = set(definition.letters)
        local = {letter: free_index(f"~d{definition.key}.{letter}", self.find(f"?df{definition.place}:{letter}"))
                 for letter in definition.letters}  # fmt: skip
        inner.scope = dict(local)
        value = inner.value(definition.body)
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
            values = [(k, self.entry_value(k, tree)) for k in arguments if k != key]
        finally:
            world.busy.discard(key)
        if not values:
            return
        shape = self.symbols.shape(key)
        slots = tuple(self.fresh(tree, f"f{k}{key}", d) for k, d in enumerate(shape))
        body = self.applied(key, slots, [v for _, v in values], tree, "~".join(k for k, _ in values))
        world.arrays[key] = Array(slots, body)

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

    def nexts(self, key: str) -> list[str]:
        definition = self.symbols.definition(key, self.world.place)
        if definition is None or key in self.world.own:
            return list(self.world.depends.get(key, ()))
        names = [(str(n.parts[0]), str(n.parts[1])) for n in subtrees(definition.body) if n.kind == "sym"]
        return list(dict.fromkeys(self.symbols.key(name, style, k) for name, style in names for k in (0, 1, 2)))

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

    # --- indices

    def _index(self, tree: Tree) -> Value:
        items: list[Tree] = list(tree.parts[1])
        base = tree.parts[0]
        while base.kind == "index":
            items = [*base.parts[1], *items]
            base = base.parts[0]
        if base.kind == "T" and base.parts[0].kind in ("sym", "group", "index"):
            pass
        if base.kind == "sym":
            return self.indexed_symbol(base, items, tree)
        if base.kind == "norm":
            return self.norm(base, items)
        labels = [i for i in items if i.kind == "label"]
        if labels and base.kind in ("group", "bars"):
            self.fail("a subscript that is not understood", tree)
        value = self.value(base)
        return scalar(self.pick(value, self.slots(items, value, tree), tree))

    def slots(self, items: Sequence[Tree], value: Value, tree: Tree) -> list[Index]:
        found: list[Index] = []
        dims = [a.dim for a in value.axes]
        for item in items:
            if item.kind == "letter":
                found.append(self.letter(str(item.parts[0])))
            elif item.kind in ("place", "pair"):
                for digit in str(item.parts[0]) if item.kind == "pair" else [str(item.parts[0])]:
                    if digit == "0" or int(digit) > 9:
                        self.fail("an entry counted from 0, or a far one", item)
                    dim = dims[len(found)] if len(found) < len(dims) else 0
                    found.append(position(int(digit) - 1, self.find(dim)))
            else:
                self.fail(f"the subscript {item.parts[0]} is not understood here", item)
        return found

    def pick(self, value: Value, slots: Sequence[Index], tree: Tree) -> Node:
        if len(slots) != len(value.axes):
            self.fail(f"{len(slots)} indices for a {value.kind}", tree)
        for axis, slot in zip(value.axes, slots, strict=True):
            self.unify(axis.dim, slot.dim, tree)
        return rename(value.body, dict(zip(value.axes, slots, strict=True)))

    def indexed_symbol(self, base: Tree, items: Sequence[Tree], tree: Tree) -> Value:
        name, style = str(base.parts[0]), str(base.parts[1])
        real = [i for i in items if i.kind in ("letter", "place", "pair")]
        if name in ("delta",) and len(real) == 2 and self.symbols.definition("delta", self.world.place) is None:
            left, right = self.slots(real, Value("tensor", (), ONE), tree)
            self.unify(left.dim, right.dim, tree)
            return scalar(delta(left, right))
        samples = [i for i in real if len(i.parts) > 1]
        if samples:
            return self.sampled(base, [i for i in real if len(i.parts) == 1], samples, tree)
        labels = [str(i.parts[0]) for i in items if i.kind == "label"]
        if name in self.symbols.labelled and not labels and real and not any(i.kind == "letter" for i in real):
            labels, real = ["".join(str(i.parts[0]) for i in real)], []
        if labels:
            name = f"{name}_{','.join(labels)}"
            self.symbols.ranks.setdefault(self.symbols.key(name, style), self.guess(str(base.parts[0]), style, real))
        key = self.symbols.key(name, style, len(real))
        if name == "I" and not real:
            return self._sym(Tree("sym", ("I", style), tree.span))
        value = self.env[key] if key in self.env else self.entry_value(key, Tree(base.kind, base.parts, tree.span))
        if not real:
            return value
        if not value.axes and key not in self.env and self.symbols.rank(key) == 0:
            # y is one number, y_i one of many such: a symbol of its own, related to y by nothing that is said
            self.world.lifted = True
            self.symbols.ranks[key + "[]"] = len(real)
            value = self.entry_value(key + "[]", base)
        if style == "bold" and len(real) < len(value.axes):
            self.fail("a row or a column of an array taken by a subscript", tree)
        return scalar(self.pick(value, self.slots(real, value, tree), tree))

    def sampled(self, base: Tree, real: Sequence[Tree], samples: Sequence[Tree], tree: Tree) -> Value:
        """x^{(i)}, x_j^{(i)}: the i-th of many x; the sample's axis stands last."""
        key = self.symbols.key(str(base.parts[0]), str(base.parts[1]), len(real))
        rank = max(len(real), self.symbols.rank(key))
        many = key + "()"
        self.symbols.ranks.setdefault(many, rank + 1)
        value = self.entry_value(many, base)
        if len(value.axes) != rank + 1:
            self.fail(f"{key} with a sample's number has not the shape it has without", tree)
        last = value.axes[-1]
        index = self.letter(str(samples[0].parts[0]))
        self.unify(last.dim, index.dim, tree)
        body = rename(value.body, {last: self.letter(str(samples[0].parts[0]))})
        kind = _KINDS[rank] if rank < 3 else "tensor"
        one = Value(kind, value.axes[:-1], body)
        return scalar(self.pick(one, self.slots(real, one, tree), tree)) if real else one

    def guess(self, name: str, style: str, real: Sequence[Tree]) -> int:
        if real:
            return len(real)
        if style == "bold" or self.symbols.rank(self.symbols.key(name, style)):
            return 2 if name[:1].isupper() else 1
        return 2 if name in MATRIX_LETTERS else 0

    # --- operators

    def _neg(self, tree: Tree) -> Value:
        value = self.value(tree.parts[0])
        return Value(value.kind, value.axes, negate(value.body))

    def _add(self, tree: Tree) -> Value:
        result: Value | None = None
        for sign, term in tree.parts[0]:
            value = self.value(term)
            if sign == "-":
                value = Value(value.kind, value.axes, negate(value.body))
            result = value if result is None else self.entrywise(result, value, add, tree)
        assert result is not None
        return result

    def entrywise(self, left: Value, right: Value, op: Callable[[Node, Node], Node], tree: Tree) -> Value:
        if not right.axes or not left.axes:
            if (left.axes or right.axes) and op is add and not (_zero(left) or _zero(right)):
                self.world.notes["a number is added to every entry"] = None
            shaped = left if left.axes else right
            return Value(shaped.kind, shaped.axes, op(left.body, right.body))
        if left.kind != right.kind:
            if {left.kind, right.kind} == {"matrix", "column"} or {left.kind, right.kind} == {"matrix", "row"}:
                self.fail(f"a {left.kind} and a {right.kind} are added", tree)
            if not {left.kind, right.kind} <= {"row", "column"}:
                self.fail(f"a {left.kind} and a {right.kind} are added", tree)
            self.fail("a row and a column are added", tree)
        body = self.entries(right, left.axes, tree)
        return Value(left.kind, left.axes, op(left.body, body))

    def _mul(self, tree: Tree) -> Value:
        # rows times columns first gives scalars that may stand anywhere: multiply from the left, matrices by shape
        values = [(op, self.value(factor), factor) for op, factor in tree.parts[0]]
        _, result, _ = values[0]
        for op, value, factor in values[1:]:
            result = self.product(result, value, op, factor)
        return result

    def product(self, left: Value, right: Value, op: str, tree: Tree) -> Value:
        if not left.axes or not right.axes:
            shaped = left if left.axes else right
            return Value(shaped.kind, shaped.axes, mul(left.body, right.body))
        if op == "odot" or op == "star":
            return self.entrywise(left, right, mul, tree)
        if op == "odiv":
            return self.entrywise(left, right, divide, tree)
        if op == "kron":
            self.fail("a Kronecker product", tree)
        if left.kind == right.kind and left.kind in ("column", "row"):
            if op == "cdot":
                return scalar(total([left.axes[0]], mul(left.body, self.entries(right, left.axes, tree))))
            self.fail(f"two {left.kind}s are multiplied", tree)
        if "tensor" in (left.kind, right.kind):
            self.fail("a product with an array of three or more axes", tree)
        if left.kind == "column" and right.kind == "row":
            return Value("matrix", (left.axes[0], self.apart(right.axes[0], left, tree)),
                         mul(left.body, rename(right.body, {right.axes[0]: self.apart(right.axes[0], left, tree)})))  # fmt: skip
        if left.kind == "column" or right.kind == "row":
            if left.kind == "column" and right.kind == "matrix":
                self.fail("a column times a matrix: the shapes do not fit", tree)
            self.fail(f"a {left.kind} times a {right.kind}: the shapes do not fit", tree)
        inner, outer = left.axes[-1], right.axes[0]
        self.unify(inner.dim, outer.dim, tree)
        bound = free_index(f"~m{tree.span[0]}.{tree.span[1]}", self.find(inner.dim))
        first = rename(left.body, {inner: bound})
        rest = tuple(self.apart(a, left, tree) for a in right.axes[1:])
        second = rename(right.body, {outer: bound, **dict(zip(right.axes[1:], rest, strict=True))})
        axes = (*left.axes[:-1], *rest)
        kind = {("row", "column"): "scalar", ("row", "matrix"): "row", ("matrix", "column"): "column"}
        return Value(kind.get((left.kind, right.kind), "matrix"), axes, total([bound], mul(first, second)))

    def apart(self, axis: Index, left: Value, tree: Tree) -> Index:
        """The axis, renamed where the left factor uses the same index (A A)."""
        if axis not in left.body.free:
            return axis
        return free_index(f"{axis.name}'{tree.span[0]}", self.find(axis.dim))

    def _T(self, tree: Tree) -> Value:
        value = self.value(tree.parts[0])
        if value.kind not in _TURNED:
            self.fail("the transpose of an array of three or more axes", tree)
        return Value(_TURNED[value.kind], value.axes[::-1], value.body)

    def _frac(self, tree: Tree) -> Value:
        top, bottom = self.value(tree.parts[0]), self.value(tree.parts[1])
        if bottom.axes:
            if top.axes and top.kind != bottom.kind:
                self.fail("a division by an array of another shape", tree)
            self.world.notes["arrays are divided entry by entry"] = None
            return self.entrywise(top, bottom, divide, tree)
        return Value(top.kind, top.axes, divide(top.body, bottom.body))

    def _pow(self, tree: Tree) -> Value:
        base, exponent = tree.parts
        if base.kind == "sym" and base.parts[0] == "e" and not self.symbols.rank("e") and "e" not in self.env:
            if self.symbols.definition("e", self.world.place) is None:
                inner = self.value(exponent)
                return Value(inner.kind, inner.axes, apply("exp", inner.body))
        if base.kind == "norm":
            value = self.norm(base, [])
        elif base.kind == "index" and base.parts[0].kind == "norm":
            value = self.norm(base.parts[0], list(base.parts[1]))
        else:
            value = self.value(base)
        raised = self.value(exponent)
        if raised.axes:
            self.fail("an array in an exponent", tree)
        if value.kind == "matrix":
            return self.matrix_power(value, raised.body, tree)
        if value.axes:
            self.world.notes["a power of a vector is taken entry by entry"] = None
        self.bounded(raised.body, tree)
        return Value(value.kind, value.axes, power(value.body, raised.body))

    def bounded(self, exponent: Node, tree: Tree) -> None:
        from gradwright.core.node import Const

        if isinstance(exponent, Const) and abs(exponent.value) > 64:
            self.fail("an exponent too large to check", tree)

    def matrix_power(self, value: Value, exponent: Node, tree: Tree) -> Value:
        self.unify(value.axes[0].dim, value.axes[1].dim, tree)
        rows = tuple(free_index(f"~p{tree.span[0]}.{k}", self.find(a.dim)) for k, a in enumerate(value.axes))
        if exponent is MINUS_ONE:
            return Value("matrix", rows, matfn("inv", 0, rows, value.axes, value.body))
        if exponent is const(2):
            return self.product(value, Value("matrix", rows, rename(value.body, dict(zip(value.axes, rows, strict=True)))),
                                "juxt", tree)  # fmt: skip
        self.fail("this power of a matrix is not understood", tree)

    def _root(self, tree: Tree) -> Value:
        value = self.value(tree.parts[0])
        if tree.parts[1] is not None:
            return Value(value.kind, value.axes, power(value.body, power(self.scalar(tree.parts[1]), MINUS_ONE)))
        return Value(value.kind, value.axes, power(value.body, HALF))

    def _factorial(self, tree: Tree) -> Value:
        return scalar(apply("exp", apply("lgamma", add(ONE, self.scalar(tree.parts[0])))))

    def _norm(self, tree: Tree) -> Value:
        return self.norm(tree, [])

    def norm(self, tree: Tree, items: Sequence[Tree]) -> Value:
        value = self.value(tree.parts[0])
        which = str(items[0].parts[0]) if items else "2"
        body = value.body
        if which in ("2", "F", "ell"):
            if which == "2" and items and value.kind == "matrix":
                self.fail("the spectral norm", tree)
            return scalar(power(total(value.axes, power(body, const(2))), HALF))
        if which == "1":
            return scalar(total(value.axes, apply("abs", body)))
        self.fail(f"the norm {which} is not understood", tree)

    def _bars(self, tree: Tree) -> Value:
        value = self.value(tree.parts[0])
        if value.kind == "matrix":
            self.unify(value.axes[0].dim, value.axes[1].dim, tree)
            return scalar(matfn("det", 0, (), value.axes, value.body))
        if value.axes:
            return scalar(power(total(value.axes, power(value.body, const(2))), HALF))
        return scalar(apply("abs", value.body))

    def _inner(self, tree: Tree) -> Value:
        left, right = self.value(tree.parts[0]), self.value(tree.parts[1])
        return scalar(total(left.axes, mul(left.body, self.entries(right, left.axes, tree))))

    # --- functions

    def _fn(self, tree: Tree) -> Value:
        name, args, primes = tree.parts
        key = str(name)
        if key in self.symbols.functions and self.symbols.definition(key, self.world.place) is not None:
            return self._call(Tree("call", (Tree("sym", (key, "roman"), tree.span), args, primes), tree.span))
        if primes:
            self.fail(f"a derivative of {name} by a prime", tree)
        if key in ELEMENTWISE:
            fn = ELEMENTWISE[key]
            if not fn:
                self.fail(f"{name} has no value here", tree)
            value = self.value(args[0])
            return Value(value.kind, value.axes, apply(fn, value.body))
        if len(args) != 1:
            return self.several(key, args, tree)
        value = self.value(args[0])
        if key in ("tr", "Tr", "trace", "Trace"):
            if not value.axes:
                return value
            self.require(value, "matrix", tree)
            return scalar(self.trace(value, tree))
        if key in ("det", "logdet"):
            self.require(value, "matrix", tree)
            self.unify(value.axes[0].dim, value.axes[1].dim, tree)
            return scalar(matfn(key, 0, (), value.axes, value.body))
        if key == "adj":
            self.require(value, "matrix", tree)
            self.unify(value.axes[0].dim, value.axes[1].dim, tree)
            rows = tuple(free_index(f"~j{tree.span[0]}.{k}", self.find(a.dim)) for k, a in enumerate(value.axes))
            det = matfn("det", 0, (), value.axes, value.body)
            return Value("matrix", rows, mul(det, matfn("inv", 0, rows, value.axes, value.body)))
        if key in ("diag", "Diag"):
            return self.diagonal(value, tree)
        if key in ("softmax", "Softmax"):
            if value.kind not in ("column", "row"):
                self.fail("softmax of what is not a vector", tree)
            top = apply("exp", value.body)
            return Value(value.kind, value.axes, divide(top, total(value.axes, top)))
        if key in ("logsumexp", "LSE"):
            return scalar(apply("log", total(value.axes, apply("exp", value.body))))
        if key in ("sum", "mean"):
            whole = total(value.axes, value.body)
            count = mul(*(size(self.find(a.dim)) for a in value.axes))
            return scalar(whole if key == "sum" else divide(whole, count))
        if key in ("max", "min") and value.axes:
            return scalar(reduce(key, value.axes, value.body))
        if key == "norm":
            return scalar(power(total(value.axes, power(value.body, const(2))), HALF))
        self.fail(f"{name} is not understood here", tree)

    def several(self, key: str, args: Sequence[Tree], tree: Tree) -> Value:
        if key in ("max", "min") and len(args) == 2:
            left, right = self.value(args[0]), self.value(args[1])
            return self.entrywise(left, right, lambda a, b: apply(key, a, b), tree)
        self.fail(f"{key} of several things", tree)

    def require(self, value: Value, kind: str, tree: Tree) -> None:
        if value.kind != kind:
            self.fail(f"a {kind} is needed here, and this is a {value.kind}", tree)

    def trace(self, value: Value, tree: Tree) -> Node:
        a, b = value.axes
        self.unify(a.dim, b.dim, tree)
        bound = free_index(f"~t{tree.span[0]}.{tree.span[1]}", self.find(a.dim))
        return total([bound], rename(value.body, {a: bound, b: bound}))

    def diagonal(self, value: Value, tree: Tree) -> Value:
        if value.kind in ("column", "row"):
            other = free_index(f"~g{tree.span[0]}.{tree.span[1]}", self.find(value.axes[0].dim))
            return Value("matrix", (value.axes[0], other), mul(delta(value.axes[0], other), value.body))
        self.require(value, "matrix", tree)
        a, b = value.axes
        self.unify(a.dim, b.dim, tree)
        return Value("column", (a,), rename(value.body, {b: a}))

    def _call(self, tree: Tree) -> Value:
        fn, args, primes = tree.parts
        items: list[Tree] = []
        if fn.kind == "index":
            fn, items = fn.parts[0], list(fn.parts[1])
        name, style = str(fn.parts[0]), str(fn.parts[1])
        if items and all(i.kind == "label" for i in items):
            name, items = f"{name}_{','.join(str(i.parts[0]) for i in items)}", []
        key = self.symbols.key(name, style)
        definition = self.symbols.definition(key, self.world.place)
        if definition is None and style == "bold":
            key, definition = name, self.symbols.definition(name, self.world.place)
        if items:
            self.fail("a call with indices before its brackets", tree)
        if definition is not None and definition.params and key not in self.world.own and not primes:
            return self.called(definition, args, tree)
        if fn.parts[1] == "roman" and definition is None and len(name) > 1:
            self.fail(f"it is not said what {name} does", tree)
        if definition is None and not primes and len(args) > 1 and all(a.kind == "sym" for a in args):
            keys = [self.symbols.key(str(a.parts[0]), str(a.parts[1])) for a in args]
            if not any(k in self.env for k in keys) and key not in self.world.arrays:
                self.world.depends[key] = dict.fromkeys(keys)
                return self.entry_value(key, tree)
            if list(self.world.depends.get(key, ())) == keys:
                return self.entry_value(key, tree)
        values = [self.value(a) for a in args]
        if definition is not None and definition.params and primes:
            return self.primed(definition, values, primes, tree)
        if name == "sigma" and definition is None and "sigmoid" in self.symbols.words and not primes:
            return Value(values[0].kind, values[0].axes, apply("sigmoid", values[0].body))
        if name == "sigma" and definition is None and "sigmoid" in self.symbols.words and primes == 1:
            s = apply("sigmoid", values[0].body)
            return Value(values[0].kind, values[0].axes, mul(s, subtract(ONE, s)))
        return self.unknown_call(key, style, values, int(primes), tree)

    def unknown_call(self, key: str, style: str, values: Sequence[Value], primes: int, tree: Tree) -> Value:
        first = values[0]
        elementwise = len(values) == 1 and (
            not first.axes or key in self.symbols.elementwise or key in ("sigma", "phi", "psi", "rho", "varphi")
        )
        if elementwise and not self.symbols.rank(key) and style != "bold":
            name = f"{key}°f"
            self.world.functions[name] = Signature((), ())
            return Value(first.kind, first.axes, matfn(name, primes, (), (), first.body))
        if primes:
            self.fail("a prime on a function of several variables", tree)
        shape = self.symbols.shape(key)
        slots = tuple(self.fresh(tree, f"c{k}", d) for k, d in enumerate(shape))
        kind = _KINDS[len(slots)] if len(slots) < 3 else "tensor"
        return Value(kind, slots, self.applied(key, slots, values, tree, "call"))

    def called(self, definition: Definition, args: Sequence[Tree], tree: Tree) -> Value:
        """A defined function: its own symbol where it is applied to its own parameters, its formula elsewhere."""
        own = len(args) == len(definition.params) and all(
            self.is_parameter(a, p) for a, p in zip(args, definition.params, strict=True)
        )
        if own and not any(p in self.env for p in definition.params):
            return self.entry_value(definition.key, tree)
        if len(args) != len(definition.params) and all(a.kind == "sym" for a in args):
            reached = self.reaches(definition.key)
            if all(self.symbols.key(str(a.parts[0]), str(a.parts[1])) in reached for a in args):
                return self.entry_value(definition.key, tree)
        if len(args) != len(definition.params):
            self.fail(f"{definition.key} takes {len(definition.params)} arguments", tree)
        if definition.key in self.world.busy:
            self.fail(f"{definition.key} is defined by itself", tree)
        values = [self.value(a) for a in args]
        self.world.busy.add(definition.key)
        try:
            inner = Reader(self.world)
            inner.own = set(definition.letters)
            inner.env = dict(zip(definition.params, values, strict=True))
            tag = f"{tree.span[0]}.{tree.span[1]}"
            local = {x: free_index(f"~c{tag}.{x}", self.find(f"?c{tag}:{x}")) for x in definition.letters}
            inner.scope = dict(local)
            value = inner.value(definition.body)
            axes = (*(inner.letter(x) for x in definition.letters), *value.axes)
        finally:
            self.world.busy.discard(definition.key)
        return Value(_KINDS[len(axes)] if len(axes) < 3 else "tensor", axes, value.body)

    def is_parameter(self, tree: Tree, key: str) -> bool:
        return tree.kind == "sym" and self.symbols.key(str(tree.parts[0]), str(tree.parts[1])) == key

    def primed(self, definition: Definition, values: Sequence[Value], primes: int, tree: Tree) -> Value:
        if len(values) != 1 or definition.letters:
            self.fail("a prime on a function of several variables", tree)
        inner = Reader(self.world)
        name = f"{definition.key}°x"
        inner.env = {definition.params[0]: scalar(entry(name))}
        body = inner.scalar(definition.body)
        for _ in range(primes):
            body = self.symbolic(body, name, (), tree)
        value = values[0]
        return Value(value.kind, value.axes, bottom_up(lambda n: value.body if n is entry(name) else n, body))

    def _opaque(self, tree: Tree) -> Value:
        text, letters = str(tree.parts[0]), tree.parts[1]
        self.symbols.ranks.setdefault(text, len(letters))
        value = self.entry_value(text, tree)
        if not letters:
            return value
        return scalar(self.pick(value, [self.letter(x) for x in letters], tree))

    def _prime(self, tree: Tree) -> Value:
        base = tree.parts[0]
        value = self.value(base)
        if value.kind in ("matrix", "row", "column") and base.kind in ("sym", "group", "prime", "index", "T"):
            if base.kind == "sym" and str(base.parts[0]) in self.symbols.functions:
                self.fail("a function's derivative without its argument", tree)
            return Value(_TURNED[value.kind], value.axes[::-1], value.body)
        self.fail("a prime that is not understood", tree)

    # --- Σ, cases, matrices

    def _big(self, tree: Tree) -> Value:
        op, binders, conditions, body = tree.parts
        before = dict(self.scope)
        bound: list[Index] = []
        masks: list[Node] = []
        if op in ("max", "min"):
            self.fail(f"{op} over something", tree)
        if not binders:
            binders = self.implied(body, tree)
        for name, lower, upper in binders:
            index = free_index(f"~s{tree.span[0]}.{name}", self.find(f"?s{tree.span}:{name}"))
            self.scope[name] = index
            self.bounds(name, lower, upper, masks, tree)
            bound.append(self.letter(name))
        for comparison, left, right in conditions:
            if upper_of(binders):
                pass
            masks.append(self.condition(comparison, left, right, tree))
        value = self.value(body)
        bound = [self.letter(name) for name, _, _ in binders]
        self.scope = before
        inner = value.body
        if op == "sum":
            return Value(value.kind, value.axes, total(bound, mul(*masks, inner)))
        if masks:
            inner = add(mul(*masks, subtract(inner, ONE)), ONE)
        return Value(value.kind, value.axes, reduce(op, bound, inner))

    def implied(self, body: Tree, tree: Tree) -> tuple[tuple[str, None, None], ...]:
        """The letters an index-less Σ must mean: those of its summand that nothing outside mentions."""
        inside = {str(n.parts[0]) for n in subtrees(body) if n.kind == "letter"}
        left = sorted(inside - (self.world.outer if self.own is None else self.own) - set(self.scope))
        if len(left) != 1:
            self.fail("a sum that does not say over what", tree)
        return ((left[0], None, None),)

    def bounds(self, name: str, lower: Tree | None, upper: Tree | None, masks: list[Node], tree: Tree) -> None:
        """From 1 to n, or from 0 to n − 1: the whole axis, of extent n. Other bounds cut it with a mask."""
        index = self.letter(name)
        start = str(lower.parts[0]) if lower is not None and lower.kind == "num" else None
        if upper is not None:
            last = upper
            while last.kind == "group":
                last = last.parts[0]
            if start == "0" and last.kind == "add" and len(last.parts[0]) == 2:
                terms = last.parts[0]
                if (
                    terms[0][0] == "+"
                    and terms[1][0] == "-"
                    and terms[1][1].kind == "num"
                    and terms[1][1].parts[0] == "1"
                ):
                    last, start = terms[0][1], "1"
            if last.kind == "sym":
                key = self.symbols.key(str(last.parts[0]), str(last.parts[1]))
                if start == "0":
                    self.fail("a sum from 0 up to and including its bound", tree)
                self.symbols.extents.add(key)
                self.unify(index.dim, key, tree)
            elif last.kind == "num" and str(last.parts[0]).isdigit() and 0 < int(last.parts[0]) < 50:
                self.unify(index.dim, int(last.parts[0]), tree)
            else:
                self.fail("the upper bound of this sum is not understood", tree)
        if lower is not None and start not in ("0", "1", None):
            masks.append(where("<", add(ordinal(self.letter(name)), ONE), const(int(str(start))), ZERO, ONE))
        elif lower is not None and start is None:
            low = lower
            while low.kind == "group":
                low = low.parts[0]
            shift = 0
            if low.kind == "add" and len(low.parts[0]) == 2 and low.parts[0][1][1].kind == "num":
                shift = int(low.parts[0][1][1].parts[0]) * (1 if low.parts[0][1][0] == "+" else -1)
                low = low.parts[0][0][1]
            if low.kind != "sym" or len(str(low.parts[0])) != 1:
                self.fail("the lower bound of this sum is not understood", tree)
            if str(low.parts[0]) not in self.scope and upper is not None:
                # \sum_{i=c}^{C}: a slip of the pen in many texts; not read
                self.fail("the lower bound of this sum is not understood", tree)
            other = self.letter(str(low.parts[0]))
            self.unify(other.dim, self.letter(name).dim, tree)
            other, mine = self.letter(str(low.parts[0])), self.letter(name)
            masks.append(where("<", ordinal(mine), add(ordinal(other), const(shift)), ZERO, ONE))

    def condition(self, op: str, left: Tree, right: Tree, tree: Tree) -> Node:
        """1 where it holds, 0 elsewhere; between indices a δ."""
        a, b = self.index_of(left), self.index_of(right)
        if a is not None and b is not None:
            self.unify(a.dim, b.dim, tree)
            a, b = self.index_of(left), self.index_of(right)
            assert a is not None
            assert b is not None
            if op in ("=", "!="):
                return delta(a, b) if op == "=" else subtract(ONE, delta(a, b))
            x, y = ordinal(a), ordinal(b)
        elif op in ("=", "!="):
            self.fail("a case by the value of a variable", tree)
        else:
            x, y = self.scalar(left), self.scalar(right)
        if op in (">", ">="):
            x, y, op = y, x, "<" if op == ">" else "<="
        return where(op, x, y, ONE, ZERO)

    def index_of(self, tree: Tree) -> Index | None:
        while tree.kind == "group":
            tree = tree.parts[0]
        if tree.kind != "sym" or len(str(tree.parts[0])) != 1:
            return None
        name = str(tree.parts[0])
        if name in self.scope:
            return self.letter(name)
        key = self.symbols.key(name, str(tree.parts[1]))
        if key in self.env or key in self.symbols.extents or self.symbols.rank(key):
            return None
        if name in self.world.outer or name in "ijklmnpqrstabcd":
            return self.letter(name)
        return None

    def _cases(self, tree: Tree) -> Value:
        rest: Node = ONE
        pieces: list[Node] = []
        for body, conditions in tree.parts[0]:
            value = self.scalar(body)
            if conditions is None:
                pieces.append(mul(rest, value))
                return scalar(add(*pieces))
            mask: Node = ONE
            for op, left, right in conditions:
                mask = mul(mask, self.condition(op, left, right, tree))
            pieces.append(mul(mask, value))
            rest = mul(rest, subtract(ONE, mask))
        return scalar(add(*pieces))

    def _matrix(self, tree: Tree) -> Value:
        rows = tree.parts[0]
        height, width = len(rows), len(rows[0]) if rows else 0
        if not width or any(len(r) != width for r in rows) or height * width > 64:
            self.fail("a matrix whose rows differ in length, or a large one", tree)
        i = free_index(f"~x{tree.span[0]}i", height)
        j = free_index(f"~x{tree.span[0]}j", width)
        terms = []
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                marks = [delta(i, position(r, height))] if height > 1 or width == 1 else []
                marks += [delta(j, position(c, width))] if width > 1 else []
                terms.append(mul(*marks, self.scalar(cell)))
        body = add(*terms)
        if width == 1:
            return Value("column", (i,), body)
        if height == 1:
            return Value("row", (j,), body)
        return Value("matrix", (i, j), body)

    def _at(self, tree: Tree) -> Value:
        body, assignments = tree.parts
        if all(op == "=" and left.kind == "sym" for op, left, _ in assignments) and assignments:
            before = dict(self.env)
            new = {self.symbols.key(str(left.parts[0]), str(left.parts[1])): self.value(right)
                   for _, left, right in assignments}  # fmt: skip
            result = self.value(body)
            names = {key: v for key, v in new.items()}
            self.env = before
            return Value(result.kind, result.axes, self.substituted(result.body, names, tree))
        self.fail("a bar that says where to evaluate, not understood", tree)

    def substituted(self, body: Node, values: Mapping[str, Value], tree: Tree) -> Node:
        from gradwright.core.node import Entry

        if body.derivs:
            self.fail("an evaluation bar after a derivative", tree)

        def rule(node: Node) -> Node:
            if isinstance(node, Entry) and node.name in values:
                value = values[node.name]
                if len(value.axes) == len(node.slots):
                    return rename(value.body, dict(zip(value.axes, node.slots, strict=True)))
            return node

        return bottom_up(rule, body)

    # --- derivatives

    def _derivative(self, tree: Tree) -> Value:
        _, _, body, wrts, note = tree.parts
        if body is None:
            self.fail("a derivative of nothing", tree)
        if note:
            self.world.notes[note] = None
        if len(wrts) > 2:
            self.fail("a derivative above the second", tree)
        value = self.value(body)
        for wrt in reversed(wrts):
            value = self.differentiated(value, wrt, tree)
        return value

    def target(self, tree: Tree) -> tuple[str, tuple[Index, ...], str, tuple[Index, ...]]:
        """The variable of a derivative: its name, the slots, its kind, and the axes that are new."""
        from gradwright.core.node import Entry

        turned = False
        while tree.kind in ("group", "T"):
            turned ^= tree.kind == "T"
            tree = tree.parts[0]
        if tree.kind not in ("sym", "index", "call", "opaque"):
            self.fail("a derivative in what is not a symbol", tree)
        kept, self.env = self.env, {k: v for k, v in self.env.items() if not isinstance(v.body, Entry)}
        value = self.value(tree)
        self.env = kept
        if not isinstance(value.body, Entry):
            self.fail("a derivative in what is not a symbol", tree)
        kind = _TURNED.get(value.kind, value.kind) if turned else value.kind
        renamed = {a: free_index(f"{a.name}w", a.dim) for a in value.axes}
        slots = tuple(renamed.get(s, s) for s in value.body.slots)
        return value.body.name, slots, kind, tuple(renamed[a] for a in value.axes)

    def differentiated(self, value: Value, wrt: Tree, tree: Tree) -> Value:
        name, slots, kind, axes = self.target(wrt)
        taken = {a: free_index(f"{a.name}v", self.find(a.dim)) for a in axes if a in value.body.free}
        slots = tuple(taken.get(s, s) for s in slots)
        axes = tuple(taken.get(a, a) for a in axes)
        body = self.derived(value.body, name, slots, tree)
        return self.laid_out(value, body, kind, axes, tree)

    def laid_out(self, value: Value, body: Node, kind: str, axes: tuple[Index, ...], tree: Tree) -> Value:
        layout = self.world.layout
        if not axes:
            if value.kind in ("column", "row") and layout == "denominator":
                return Value(_TURNED[value.kind], value.axes, body)
            if value.kind == "matrix" and layout == "denominator":
                return Value("matrix", value.axes[::-1], body)
            return Value(value.kind, value.axes, body)
        if not value.axes:
            if layout == "numerator":
                return Value(_TURNED.get(kind, kind), axes[::-1], body)
            return Value(kind, axes, body)
        if len(value.axes) == 1 and len(axes) == 1:
            first = layout == "denominator"
            if value.kind == "row" and kind == "column" and not self.symbols.row_vectors:
                first = True
            if value.kind == "column" and kind == "row":
                first = False
            return Value("matrix", (*axes, *value.axes) if first else (*value.axes, *axes), body)
        return Value("tensor", (*value.axes, *axes), body)

    def derived(self, body: Node, name: str, slots: tuple[Index, ...], tree: Tree) -> Node:
        """∂body/∂name[slots]: by arithmetic where the name is a variable, by the rules where it is defined."""
        world = self.world
        context = world.context([body])
        if not context.depends(body, name):
            if name in world.arrays or (body.names and self.loose(body, context, name)):
                self.fail(f"it is not said how this depends on {name}", tree)
        if name not in world.arrays and not body.derivs:
            return deriv(body, name, slots)
        return self.symbolic(body, name, slots, tree)

    def loose(self, body: Node, context: Context, name: str) -> bool:
        """Whether the body is a lone symbol of which nothing is known."""
        from gradwright.core.node import Entry

        if not isinstance(body, Entry) or body.name in context.definitions or body.name == name:
            return False
        return not (self.symbols.rank(body.name) and self.symbols.rank(name) and body.name in self.symbols.constants)

    def symbolic(self, body: Node, name: str, slots: tuple[Index, ...], tree: Tree) -> Node:
        from gradwright.document.proof import derivative

        context = self.world.context([body])
        context.definitions.pop(name, None)
        free = tuple(free_index(f"~q{k}.{tree.span[0]}.{tree.span[1]}", self.find(s.dim)) for k, s in enumerate(slots))
        result = derivative(body, name, free, context)
        return rename(result, dict(zip(free, slots, strict=True)))

    def _nabla(self, tree: Tree) -> Value:
        wrt, body = tree.parts
        value = self.value(body)
        if wrt is not None:
            return self.gradient(value, wrt, tree)
        names = self.world.context([value.body]).definitions
        hidden = [n for n in self.symbols.hidden if n in value.body.names or n in names]
        if hidden:
            dim = self.find("?hidden")
            axis = free_index(f"~n{tree.span[0]}.{tree.span[1]}", dim)
            node = deriv(value.body, HIDDEN, (axis,))
            for k in sorted(self.constants_in(body)):
                self.world.notes[f"{k} constant"] = None
            if not value.axes:
                return Value("column", (axis,), node)
            if len(value.axes) == 1:
                first = value.kind == "row" or self.world.layout != "numerator"
                return Value("matrix", (axis, *value.axes) if first else (*value.axes, axis), node)
            self.fail("∇ of a matrix", tree)
        self.fail("∇ in a variable that is not said", tree)

    def constants_in(self, tree: Tree) -> set[str]:
        keys = {self.symbols.key(str(n.parts[0]), str(n.parts[1])) for n in subtrees(tree) if n.kind == "sym"}
        return {k for k in keys if k not in self.symbols.hidden and self.symbols.rank(k)}

    def gradient(self, value: Value, wrt: Tree, tree: Tree) -> Value:
        name, slots, kind, axes = self.target(wrt)
        taken = {a: free_index(f"{a.name}v", self.find(a.dim)) for a in axes if a in value.body.free}
        slots, axes = tuple(taken.get(s, s) for s in slots), tuple(taken.get(a, a) for a in axes)
        body = self.derived(value.body, name, slots, tree)
        return self.laid_out(value, body, kind, axes, tree)

    def _diff(self, tree: Tree) -> Value:
        """dX: the differential, Σ over the varying symbols of ∂/∂v dv."""
        body = tree.parts[0]
        value = self.value(body)
        context = self.world.context([value.body])
        terms = []
        for key in sorted(self.world.varying):
            if key in self.world.arrays or not context.depends(value.body, key):
                continue
            shape = self.symbols.shape(key)
            slots = tuple(free_index(f"~v{tree.span[0]}.{tree.span[1]}.{key}{k}", d) for k, d in enumerate(shape))
            step = entry("d " + key, *slots)
            terms.append(total(slots, mul(deriv(value.body, key, slots), step)))
        if not terms and not self.constants_in_only(body):
            self.fail("a differential of what does not vary", tree)
        return Value(value.kind, value.axes, add(*terms))

    def constants_in_only(self, tree: Tree) -> bool:
        return all(k in self.symbols.constants for k in self.constants_in(tree))


def _zero(value: Value) -> bool:
    return value.body is ZERO


def upper_of(binders: Sequence[tuple[str, Tree | None, Tree | None]]) -> Tree | None:
    return binders[-1][2] if binders else None


def local_dependencies(trees: Sequence[Tree], symbols: Symbols) -> dict[str, dict[str, None]]:
    """The chain's own ∂-fractions, and the document's for the symbols it does not differentiate itself."""
    own = dependencies(trees, symbols)
    moved = {symbol_key(symbols, n.parts[0]) for t in trees for n in subtrees(t) if n.kind == "diff"}
    rest = {k: v for k, v in symbols.depends.items() if k not in moved}
    for tree in trees:
        for node in subtrees(tree):
            if node.kind == "call" and len(node.parts[1]) > 1 and all(a.kind == "sym" for a in node.parts[1]):
                key = symbol_key(symbols, node.parts[0])
                keys = [symbols.key(str(a.parts[0]), str(a.parts[1])) for a in node.parts[1]]
                if key and not any(d.key == key for d in symbols.definitions):
                    own[key] = dict.fromkeys(keys)
    return {**rest, **own}
