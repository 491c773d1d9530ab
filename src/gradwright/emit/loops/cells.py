"""A formula at one row and column. Owns: how a loop computes it, in numbers of the arrays' own type. Never: loops.

What it asks of the loop it stands in is a ``Reader``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from fractions import Fraction
from functools import reduce
from typing import ClassVar

from gradwright.core.build import mul, negate, rename, subtract
from gradwright.core.errors import Error
from gradwright.core.node import Add, Apply, Const, Delta, Entry, Mul, Node, Ordinal, Pow, Size, Where, walk
from gradwright.emit.forms.canon import canonical
from gradwright.emit.loops import program as ir
from gradwright.emit.loops.layout import Layout
from gradwright.emit.loops.read import template
from gradwright.emit.loops.sweeps import LOOPED, Place
from gradwright.emit.plan.program import Fold, Map
from gradwright.emit.spell.numpy import NUMPY
from gradwright.emit.spell.spell import number, signed, spelled
from gradwright.tables.scalars import FUNCTIONS

DOWN, ALONG = ir.Var("i", ir.Kind.INDEX), ir.Var("j", ir.Kind.INDEX)
_MOST_FACTORS = 4


class Reader(ABC):
    """What a formula in a loop asks of it: where arrays, numbers of the row and constants are."""

    def __init__(self, layout: Layout, constants: dict[str, str]) -> None:
        self.layout, self.constants = layout, constants

    def constant(self, text: str) -> ir.Var:
        """A number passed in, so that it has the type the arrays have."""
        return ir.Var(self.constants.setdefault(text, f"number{len(self.constants)}"))

    @abstractmethod
    def cell(self, name: str) -> ir.Cell:
        """An array's cell at hand: a given array's, or an output's."""

    @abstractmethod
    def stored(self, name: str) -> ir.Cell:
        """Where a cell kept between passes is."""

    @abstractmethod
    def number(self, name: str, hoists: bool) -> ir.Expr:
        """A number of the row that the sweep has computed."""

    @abstractmethod
    def held(self, made: ir.Expr, node: Node, number: int) -> ir.Expr:
        """What is the same along the row, computed before the loop along it."""

    @abstractmethod
    def read(self, made: ir.Expr, name: str) -> ir.Expr:
        """A given number of the row, in a loop along it."""


class Numbers(ABC):
    """An elementwise formula as numbers at one place, of the arrays' own type."""

    templates: ClassVar[Mapping[str, str]] = LOOPED

    @abstractmethod
    def constant(self, text: str) -> ir.Var:
        """A number passed in, so that it has the type the arrays have."""

    @abstractmethod
    def entry(self, node: Entry) -> ir.Expr:
        """An array's entry."""

    @abstractmethod
    def ordinal(self, node: Ordinal) -> ir.Expr:
        """A place along an axis as a number."""

    def delta(self, node: Delta) -> ir.Expr:
        """1 where two places are one."""
        raise AssertionError("a sweep has no δ")

    def say(self, node: Node) -> ir.Expr:
        number_alone = isinstance(node, Apply | Pow | Size | Mul) and not node.free
        if number_alone and not any(isinstance(n, Entry | Where) for n in walk(node)):
            return self.constant(spelled(node, (), NUMPY))
        match node:
            case Const():
                return ir.ONE if node.value == 1 else self.constant(number(node.value)[0])
            case Size():
                return self.constant(spelled(node, (), NUMPY))
            case Entry():
                return self.entry(node)
            case Ordinal():
                return self.ordinal(node)
            case Delta():
                return self.delta(node)
            case _:
                return self.operation(node)

    def operation(self, node: Node) -> ir.Expr:
        match node:
            case Add():
                return self.add(node)
            case Mul():
                return self.mul(node)
            case Pow():
                return self.power(node)
            case Apply():
                return self.apply(node)
            case Where():
                left, right, then, other = map(self.say, node.children)
                return ir.Choose(ir.Op(node.op, left, right), then, other)
        raise AssertionError(f"no loop computes {node!r}")

    def add(self, node: Add) -> ir.Expr:
        first, *rest = sorted(node.terms, key=lambda term: signed(term)[0] == "-")
        found = self.say(first)
        for term in rest:
            sign, positive = signed(term)
            found = ir.Op(sign, found, self.say(positive))
        return found

    def mul(self, node: Mul) -> ir.Expr:
        """Signs and numbers are typed constants; powers of −1 divide."""
        over: list[ir.Expr] = []
        under: list[ir.Expr] = []
        minus = False
        for factor in sorted(node.factors, key=lambda f: len(f.free)):
            if isinstance(factor, Const) and factor.value == -1:
                minus = True
            elif isinstance(factor, Pow) and isinstance(factor.exponent, Const) and factor.exponent.value == -1:
                under.append(self.say(factor.base))
            else:
                over.append(self.say(factor))
        found = reduce(ir.product, over) if over else ir.ONE
        found = reduce(lambda top, by: ir.Op("/", top, by), under, found)
        return ir.negative(found) if minus else found

    def power(self, node: Pow) -> ir.Expr:
        exponent = node.exponent
        value = Fraction(exponent.value) if isinstance(exponent, Const) else None
        base = self.say(node.base)
        if value is None or value.denominator > 2 or abs(value) > _MOST_FACTORS:
            return ir.Op("**", base, self.say(exponent))
        whole, half = divmod(abs(value), 1)
        roots: list[ir.Expr] = [ir.Call("math.sqrt", (base,))] if half else []
        apart = whole > 1 and not isinstance(node.base, Entry)
        factors = [ir.Call(f"_power{whole}", (base,))] if apart else [base] * int(whole)
        found = reduce(ir.product, [*factors, *roots])
        return found if value > 0 else ir.Op("/", ir.ONE, found)

    def apply(self, node: Apply) -> ir.Expr:
        given = dict(zip(("a", "b"), map(self.say, node.args), strict=False))
        text = self.templates.get(node.fn) or FUNCTIONS[node.fn].numpy
        if "special." in text:
            raise Error(f"{node.fn} has no spelling for this target")
        return ir.substituted(template(text), lambda name: given.get(name.name, name))


class Cells(Numbers):
    """An elementwise formula at row i and column j."""

    def __init__(self, reader: Reader, place: Place, number: int, hoists: bool = True) -> None:
        self.reader, self.layout = reader, reader.layout
        self.place, self.number, self.hoists = place, number, hoists

    def hoisted(self, node: Node) -> ir.Expr:
        """A name for what is the same along the row, computed before the loop along it."""
        made = Cells(self.reader, self.place, self.number, False).say(node)
        return made if isinstance(made, ir.Var) else self.reader.held(made, node, self.number)

    def same(self, node: Node) -> bool:
        """Whether the node is the same in every cell of a row."""
        return self.hoists and node.free <= {self.place.row}

    def constant(self, text: str) -> ir.Var:
        return self.reader.constant(text)

    def say(self, node: Node) -> ir.Expr:
        if self.same(node) and isinstance(node, Apply | Pow | Mul | Add) and (node.names or isinstance(node, Add)):
            return self.hoisted(node)
        return super().say(node)

    def entry(self, node: Entry) -> ir.Expr:
        layout, name = self.layout, node.name
        if name in layout.schedule.inlined:  # computed again where it is used
            return self.say(self.written(node))
        if name in layout.sweep.names:
            if node.slots == (self.place.row,):
                return self.reader.number(name, self.hoists)
            kept = name in layout.store and layout.schedule.passes[name] < self.number
            return self.reader.stored(name) if kept else layout.local(name)
        if len(node.slots) == 2:
            return self.reader.cell(name)
        array = layout.within(name)
        if not isinstance(array, ir.Array):
            return array
        along = node.slots == (self.place.row,)
        made = ir.Cell(array, (DOWN if along else ALONG,))
        return self.reader.read(made, name) if along and self.hoists else made

    def ordinal(self, node: Ordinal) -> ir.Expr:
        return ir.Call("np.int64", (DOWN,), ir.Kind.INDEX) if node.index is self.place.row else ALONG

    def apply(self, node: Apply) -> ir.Expr:
        if node.fn == "exp" and self.below_its_top(node.args[0]):
            inner = self.written(node.args[0]) if isinstance(node.args[0], Entry) else node.args[0]
            inner = inner.args[0] if isinstance(inner, Apply) and inner.fn == "finite" else inner  # exp(-inf) is 0
            return ir.Call("_exp_below", (self.say(inner),))
        return super().apply(node)

    def below_its_top(self, node: Node) -> bool:
        """Whether the node is f − max f, so never above 0."""
        node = self.written(node) if isinstance(node, Entry) else node
        node = node.args[0] if isinstance(node, Apply) and node.fn == "finite" else node
        for term in node.terms if isinstance(node, Add) else ():
            top = negate(term)
            let = self.layout.tops.get(top.name) if isinstance(top, Entry) else None
            if let is not None and isinstance(let.operation, Fold):
                rest = subtract(node, term)
                return canonical(let.operation.body)[0].body is canonical(rest)[0].body
        return False

    def mul(self, node: Mul) -> ir.Expr:
        """Signs and numbers are typed constants; powers of −1 divide; what is the same along the row is one factor."""
        node = self.flat(node)
        if self.hoists:
            fixed = [f for f in node.factors if self.same(f) and not (isinstance(f, Const) and f.value == -1)]
            if len(fixed) > 1 or any(isinstance(f, Pow) for f in fixed):
                left = mul(*(f for f in node.factors if f not in fixed))
                inner = self.mul(left) if isinstance(left, Mul) else self.say(left)
                return ir.product(inner, self.hoisted(mul(*fixed)))
        return super().mul(node)

    def flat(self, node: Mul) -> Mul:
        """The product with the products among its factors, computed again here, taken apart."""
        factors = [self.written(f) if isinstance(f, Entry) else f for f in node.factors]
        whole = mul(*factors)
        return whole if isinstance(whole, Mul) and any(isinstance(f, Mul | Pow) for f in factors) else node

    def written(self, node: Entry) -> Node:
        """What is computed again where it is used, written out."""
        let = self.layout.schedule.inlined.get(node.name)
        if let is None or not isinstance(let.operation, Map):
            return node
        return rename(let.operation.body, dict(zip(let.axes, node.slots, strict=True)))
