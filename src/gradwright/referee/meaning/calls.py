"""Functions. Owns: named functions, calls of defined and unknown ones, primes. Never: derivatives by a fraction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from itertools import count
from typing import NoReturn

from gradwright.core.build import (
    HALF,
    MINUS_ONE,
    ONE,
    apply,
    const,
    divide,
    entry,
    matfn,
    mul,
    negate,
    power,
    size,
    subtract,
)
from gradwright.core.context import Signature
from gradwright.core.errors import Error
from gradwright.core.index import Dim, Index, free_index
from gradwright.core.record import dataclass
from gradwright.core.value import Value
from gradwright.core.walk import bottom_up
from gradwright.read.latex.grammar import VALUELESS
from gradwright.read.latex.nodes import Function, Law, written
from gradwright.read.syntax import Call, Derivative, Group, Indexed, Letter, Name, Node, Place, Primed, Transposed, walk
from gradwright.referee.meaning.operations import Operations
from gradwright.referee.meaning.symbols import Definition, applied_name, is_name, overloaded, symbol_key
from gradwright.referee.meaning.value import KINDS, STACKED, TURNED, scalar, shaped
from gradwright.tables import arrays
from gradwright.tables.scalars import WRITTEN, Scalar


@dataclass(frozen=True)
class _At:
    """A place of a side, as the tables of functions ask for it."""

    calls: Calls
    tree: Node
    made: count[int] = field(default_factory=count)

    def fresh(self, dim: Dim) -> Index:
        return self.calls.fresh(self.tree, f"a{next(self.made)}", dim)

    def sized(self, number: int) -> Dim:
        return number

    def unsaid(self, axis: int) -> Dim:
        return self.calls.find(f"?of{self.tree.span[0]}.{axis}")

    def find(self, dim: Dim) -> Dim:
        return self.calls.find(dim)

    def unify(self, left: Dim, right: Dim, why: str = "") -> None:
        self.calls.unify(left, right, self.tree)

    def match(self, left: Sequence[Index], right: Sequence[Index], why: str = "") -> None:
        if len(left) != len(right):
            self.refuse("one axis is a product")
        for here, there in zip(left, right, strict=True):
            self.unify(here.dim, there.dim, why)

    def describe(self, value: Value) -> str:
        return shaped(value, self.calls.find)

    def remark(self, words: str) -> None:
        self.calls.world.notes[words] = None

    def refuse(self, message: str, hint: str | None = None) -> NoReturn:
        self.calls.fail(message, self.tree)


def _row(name: str) -> arrays.One:
    """What the table says that a function is of one array."""
    meaning = arrays.ARRAYS[name].of_one
    assert meaning is not None
    return meaning


_AS_THEIR_ROWS = frozenset(
    ("tr", "det", "logdet", "logsumexp", "sum", "mean", "sym", "skew", "dev", "cofac", "log_softmax")
)
"""Functions of arrays by which documents mean what formulas mean."""


@dataclass(frozen=True)
class Link:
    """∂body/∂wrt as one factor of the chain rule."""

    body: Node
    wrt: Node
    place: int


def links_of(items: Sequence[Node]) -> list[Link]:
    """The factors as derivatives of one in one; none where they are something else."""
    links = [
        Link(item.body, item.wrt[0], item.span[0])
        for item in items
        if isinstance(item, Derivative) and len(item.wrt) == 1 and item.body is not None
    ]
    return links if len(links) == len(items) > 1 else []


class Calls(Operations):
    """What functions mean."""

    # --- functions

    def _function(self, tree: Function) -> Value:
        key, args, primes = tree.name, tree.arguments, tree.primes
        if key in self.symbols.functions and self.symbols.definition(key, self.world.place) is not None:
            return self._call(Call(tree.span, Name(tree.span, key, "roman"), args, primes))
        row = WRITTEN.get(key)
        if row is not None and row.arity == 1:
            value = self.value(args[0])
            if primes:
                return self.primed_name(row, value, primes, tree)
            return Value(value.kind, value.axes, row.of(value.body))
        if primes:
            self.fail(f"a derivative of {key} by a prime", tree)
        if key in VALUELESS:
            self.fail(f"{key} has no value here", tree)
        if len(args) != 1:
            return self.several(key, args, tree)
        return self.of_array(key, self.value(args[0]), tree)

    def of_array(self, key: str, value: Value, tree: Node) -> Value:
        """A function of a whole array: as its row says, where documents mean the same by it."""
        row = arrays.WRITTEN.get(key)
        name, at = row.name if row is not None else key, _At(self, tree)
        if name == "tr" and not value.axes:
            return value
        if name in ("tr", "det", "logdet", "adj"):
            self.require(value, "matrix", tree)
        if name == "adj":
            det, inverse = _row("det")(at, value), _row("inv")(at, value)
            return Value("matrix", inverse.axes, mul(det.body, inverse.body))
        if name == "vec" and value.kind in ("column", "matrix"):
            return Value(STACKED if value.kind == "matrix" else "column", value.axes, value.body)
        if name == "diag":
            return self.diagonal(value, tree)
        if name == "softmax":
            return self.softmax(value, tree)
        if name == "norm":
            return _row("norm2")(at, value)
        if name in _AS_THEIR_ROWS or (name in ("max", "min") and value.axes):
            return _row(name)(at, value)
        self.fail(f"{key} is not understood here", tree)

    def softmax(self, value: Value, tree: Node) -> Value:
        if value.kind not in ("column", "row", "matrix"):
            self.fail("softmax of what is not a vector or a matrix", tree)
        if value.kind == "matrix":
            self.world.notes["softmax is taken row by row"] = None
        return _row("softmax_rows" if value.kind == "matrix" else "softmax")(_At(self, tree), value)

    def primed_name(self, row: Scalar, value: Value, primes: int, tree: Node) -> Value:
        """tanh′(z): the derivative by the rules, entry by entry."""
        name = f"{row.name}°x"
        body = row.of(entry(name))
        for _ in range(primes):
            body = self.symbolic(body, name, (), tree)
        return Value(value.kind, value.axes, bottom_up(lambda n: value.body if n is entry(name) else n, body))

    def several(self, key: str, args: Sequence[Node], tree: Node) -> Value:
        row = WRITTEN.get(key)
        if row is not None and row.arity == len(args) == 2:
            left, right = self.value(args[0]), self.value(args[1])
            return self.entrywise(left, right, row.of, tree)
        self.fail(f"{key} of several things", tree)

    def require(self, value: Value, kind: str, tree: Node) -> None:
        if value.kind != kind:
            self.fail(f"a {kind} is needed here, and this is a {value.kind}", tree)

    def diagonal(self, value: Value, tree: Node) -> Value:
        loose = {i for i in value.body.free if len(str(i.name)) == 1} if not value.axes else set()
        loose = {i for i in loose if i.name not in self.scope and i.name not in self.world.outer}
        if len(loose) == 1:  # diag(μ_i (1 − μ_i)): over all i
            value = Value("column", (loose.pop(),), value.body)
        if value.kind not in ("column", "row"):
            self.require(value, "matrix", tree)
        return _row("diag")(_At(self, tree), value)

    def _call(self, tree: Call) -> Value:
        fn, args, primes = tree.function, tree.arguments, tree.primes
        if isinstance(fn, Name) and not primes and self.symbols.definition(applied_name(tree), self.world.place):
            letters = [n.name for a in args for n in walk(a) if isinstance(n, Letter)]
            value = self.entry_value(applied_name(tree), tree)
            return scalar(self.pick(value, [self.letter(x) for x in letters], tree))
        if isinstance(fn, Indexed) and any(isinstance(i, Letter | Place) for i in fn.items):
            return self.entry_of_call(fn, args, primes, tree)
        labels: list[str] = []
        key = ""
        if isinstance(fn, Indexed):
            labels = [self.symbols.key(written(i), "") for i in fn.items]
            key, fn = symbol_key(self.symbols, fn), fn.base
        if not isinstance(fn, Name):
            self.fail("only a name can be applied", tree)
        key = key or self.symbols.key(fn.stem, fn.font)
        name, style = fn.stem, fn.font
        if name == "prod" and len(args) == 2 and (links := links_of(args)):
            return self.chained(links, tree)
        names = [symbol_key(self.symbols, a) for a in args]
        key = overloaded(self.symbols, key, names)
        definition = self.symbols.definition(key, self.world.place)
        if definition is None and style == "bold":
            key, definition = name, self.symbols.definition(name, self.world.place)
        if definition is not None and definition.params and key not in self.world.own and not primes:
            if len(args) == len(definition.params) or self.is_restated(definition, args):
                return self.called(definition, args, tree)
            key, definition = f"{key}({','.join(names)})", None
        bound = [a.stem for a in args if isinstance(a, Name) and a.stem in self.scope]
        if definition is None and bound and not primes:
            over = f"{key}({','.join(names)})[{','.join(bound)}]"
            self.symbols.ranks[over] = len(bound) + self.symbols.rank(key)
            self.world.depends[over] = {x: None for x in labels if x in self.symbols.wrts}
            value = self.entry_value(over, tree)
            first, rest = value.axes[: len(bound)], value.axes[len(bound) :]
            one = Value("tensor", first, value.body)
            return Value(KINDS[len(rest)], rest, self.pick(one, [self.letter(x) for x in bound], tree))
        if fn.font == "roman" and definition is None and len(name) > 1:
            self.fail(f"it is not said what {name} does", tree)
        if definition is None and not primes and len(args) > 1 and all(isinstance(a, Name) for a in args):
            keys = [self.symbols.key(a.stem, a.font) for a in args if isinstance(a, Name)]
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
        values += [self.variable(x, tree) for x in labels if x in self.symbols.wrts and not primes]
        return self.unknown_call(key, style, values, primes, tree)

    def entry_of_call(self, fn: Indexed, args: tuple[Node, ...], primes: int, tree: Node) -> Value:
        """f_i(x): the i-th entry of f(x), or of an unknown vector of functions."""
        base, items = fn.base, fn.items
        key = symbol_key(self.symbols, fn)
        if self.symbols.definition(key, self.world.place) is None:
            self.symbols.ranks[key] = max(self.symbols.rank(key), len(items))
        value = self._call(Call(tree.span, base, args, primes))
        return scalar(self.pick(value, self.slots(items, value, tree), tree))

    def chained(self, items: Sequence[Link], tree: Node) -> Value:
        raise NotImplementedError

    def unknown_call(self, key: str, style: str, values: Sequence[Value], primes: int, tree: Node) -> Value:
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
        kind = KINDS[len(slots)] if len(slots) < 3 else "tensor"
        return Value(kind, slots, self.applied(key, slots, values, tree, "call"))

    def called(self, definition: Definition, args: Sequence[Node], tree: Node) -> Value:
        """A defined function: its own symbol where it is applied to its own parameters, its formula elsewhere."""
        own = len(args) == len(definition.params) and all(
            self.is_parameter(a, p) for a, p in zip(args, definition.params, strict=True)
        )
        if own and not any(p in self.env or self.is_lone(p, "") for p in definition.params):
            return self.entry_value(definition.key, tree)
        if len(args) != len(definition.params):
            return self.entry_value(definition.key, tree)
        if definition.key in self.world.busy:
            self.fail(f"{definition.key} is defined by itself", tree)
        values = [self.value(a) for a in args]
        self.world.busy.add(definition.key)
        try:
            inner = type(self)(self.world)
            inner.own = set(definition.letters)
            inner.env = dict(zip(definition.params, values, strict=True))
            tag = f"{tree.span[0]}.{tree.span[1]}"
            local = {x: free_index(f"~c{tag}.{x}", self.find(f"?c{tag}:{x}")) for x in definition.letters}
            inner.scope = dict(local)
            try:
                value = inner.value(definition.body)
            except Error:
                if len(values) != 1 or not values[0].axes or definition.letters:
                    raise
                inner.env = {definition.params[0]: scalar(values[0].body)}  # a function of numbers, entry by entry
                return Value(values[0].kind, values[0].axes, inner.scalar(definition.body))
            if not definition.letters:
                return value
            axes = (*(inner.letter(x) for x in definition.letters), *value.axes)
        finally:
            self.world.busy.discard(definition.key)
        return Value(KINDS[len(axes)] if len(axes) < 3 else "tensor", axes, value.body)

    def is_restated(self, definition: Definition, args: Sequence[Node]) -> bool:
        """f(x), where f(u, v) is defined and u, v are made of x."""
        reached = self.reaches(definition.key)
        return all(is_name(self.symbols, a) and symbol_key(self.symbols, a) in reached for a in args)

    def is_parameter(self, tree: Node, key: str) -> bool:
        return is_name(self.symbols, tree) and symbol_key(self.symbols, tree) == key

    def primed(self, definition: Definition, values: Sequence[Value], primes: int, tree: Node) -> Value:
        if len(values) != 1 or definition.letters:
            self.fail("a prime on a function of several variables", tree)
        inner = type(self)(self.world)
        name = f"{definition.key}°x"
        inner.env = {definition.params[0]: scalar(entry(name))}
        body = inner.scalar(definition.body)
        for _ in range(primes):
            body = self.symbolic(body, name, (), tree)
        value = values[0]
        return Value(value.kind, value.axes, bottom_up(lambda n: value.body if n is entry(name) else n, body))

    def _law(self, tree: Law) -> Value:
        """p(x | θ): a defined one with its arguments put in; else a symbol of its own, one per value of its letters."""
        text, letters, base, trees = tree.text, tree.letters, tree.spelled, tree.arguments
        definition = self.symbols.definition(base, self.world.place)
        if definition is not None and base not in self.world.own and base not in self.world.busy:
            return self.called(definition, trees, tree)
        if base.startswith("N(") and len(trees) == 3:
            x, mean, spread = (self.value(t) for t in trees)
            return self.gaussian(x, mean, spread, tree)
        if any(symbol_key(self.symbols, t) in self.env for t in trees):
            return scalar(self.applied(base, (), [self.value(t) for t in trees], tree, "call"))
        letters = (*letters, *(t.stem for t in trees if isinstance(t, Name) and t.stem in self.scope))
        if len(letters) > len(tree.letters):
            text = f"{text}[{','.join(letters)}]"
        self.symbols.ranks.setdefault(text, len(letters))
        value = self.entry_value(text, tree)
        if not letters:
            return value
        return scalar(self.pick(value, [self.letter(x) for x in letters], tree))

    def gaussian(self, x: Value, mean: Value, spread: Value, tree: Node) -> Value:
        """The density of N(x | μ, σ²), or with a covariance matrix."""
        off = self.entrywise(x, mean, subtract, tree)
        if not off.axes:
            peak = power(mul(const(2), apply("pi"), spread.body), negate(HALF))
            return scalar(
                mul(peak, apply("exp", negate(divide(power(off.body, const(2)), mul(const(2), spread.body)))))
            )
        inverse = self.matrix_power(spread, MINUS_ONE, tree)
        row = Value("row", off.axes, off.body)
        square = self.product(self.product(row, inverse, " ", tree), off, " ", tree).body
        n = size(self.find(off.axes[0].dim))
        scale = mul(power(mul(const(2), apply("pi")), n), matfn("det", 0, (), spread.axes, spread.body))
        return scalar(mul(power(scale, negate(HALF)), apply("exp", negate(mul(HALF, square)))))

    def _primed(self, tree: Primed) -> Value:
        base = tree.body
        value = self.value(base)
        if value.kind in ("matrix", "row", "column") and isinstance(base, Name | Group | Primed | Indexed | Transposed):
            if isinstance(base, Name) and base.stem in self.symbols.functions:
                self.fail("a function's derivative without its argument", tree)
            return Value(TURNED[value.kind], value.axes[::-1], value.body)
        self.fail("a prime that is not understood", tree)
