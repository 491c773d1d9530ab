"""A formula at one row and column. Owns: how a loop computes it, in numbers of the arrays' own type. Never: loops.

What it asks of the loop it stands in are its ``Places``.
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

DOWN, ALONG, SLOT = (ir.Var(name, ir.Kind.INDEX) for name in ("i", "j", "slot"))
_MOST_FACTORS = 4


class Places:
    """Where arrays, numbers of the row and constants are in the loop at hand.

    Rows are taken one at a time, or several together, of which each has its slot; narrow ones are ``tiled``: turned so
    that a tile has the columns one after another, and loops a row per lane.
    """

    def __init__(self, layout: Layout, constants: dict[str, str], tiled: bool) -> None:
        self.layout, self.constants, self.tiled = layout, constants, tiled
        self.slots = tiled or (layout.costly and bool(layout.columns))
        self.hoisted: dict[ir.Expr, ir.Var] = {}
        """What is the same along a row, computed before the loop at hand, and its names."""
        self.here: set[str] = set()
        """Numbers of the row that the loop at hand has computed."""

    def constant(self, text: str) -> ir.Var:
        """A number passed in, so that it has the type the arrays have."""
        return ir.Var(self.constants.setdefault(text, f"number{len(self.constants)}"))

    def matrix(self, name: str) -> ir.Array:
        """A given array, or an output."""
        if self.tiled:
            return ir.Array(self.layout.marked(name, "_tile"), 2)
        array = self.layout.output(name) if name in self.layout.sweep.names else self.layout.within(name)
        assert isinstance(array, ir.Array)
        return array

    def cell(self, name: str) -> ir.Cell:
        """Its cell at hand."""
        return ir.Cell(self.matrix(name), (ALONG, SLOT) if self.tiled else (DOWN, ALONG))

    def kept(self, name: str) -> ir.Array:
        """Cells that are kept between passes, and that no output has room for."""
        return ir.Array(self.layout.marked(name, "_kept"), 1 + self.slots)

    def stored(self, name: str) -> ir.Cell:
        """Where a cell kept between passes is."""
        at = (ALONG, SLOT) if self.tiled else (SLOT, ALONG) if self.slots else (ALONG,)
        return self.cell(output) if (output := self.layout.store[name]) else ir.Cell(self.kept(name), at)

    def rows(self, name: str) -> ir.Array:
        """A number for each of the rows that are taken together."""
        return ir.Array(self.layout.marked(name, "_rows"), 1)

    def place(self, name: str) -> ir.Cell | None:
        """Where a number of the row is kept; nowhere if only the loop at hand needs it."""
        if any(let.name == name for let in self.layout.made):
            return ir.Cell(self.layout.output(name), (DOWN,))
        return ir.Cell(self.rows(name), (SLOT,)) if self.slots and name in self.layout.between else None

    def number(self, name: str, hoists: bool) -> ir.Expr:
        """A number of the row that the sweep has computed."""
        place = self.place(name) if self.slots and name not in self.here else None
        if place is None:
            return self.layout.local(name)
        return self.read(place, name) if hoists else place

    def read(self, made: ir.Expr, name: str) -> ir.Expr:
        """A number of the row, in a loop along it."""
        if self.tiled:
            return made
        return self.hoisted.setdefault(made, ir.Var(self.layout.local(name).name, ir.kind_of(made)))

    def held(self, made: ir.Expr, node: Node, number: int) -> ir.Expr:
        """What is the same along the row, computed before the loop along it."""
        if self.tiled and isinstance(made, ir.Cell) and len(made.at) == 1 and isinstance(made.at[0], ir.Var):
            return made
        name = self.hoisted.setdefault(made, ir.Var(f"held{number}{len(self.hoisted)}", ir.kind_of(made)))
        return ir.Cell(rows_of(name), (SLOT,)) if self.tiled and node.free else name


def rows_of(name: ir.Var) -> ir.Array:
    """The row of numbers of which each is held for its row of a tile."""
    return ir.Array(f"{name.name}_rows", 1)


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

    def __init__(self, at_hand: Places, place: Place, number: int, hoists: bool = True) -> None:
        self.at_hand, self.layout = at_hand, at_hand.layout
        self.place, self.number, self.hoists = place, number, hoists

    def hoisted(self, node: Node) -> ir.Expr:
        """A name for what is the same along the row, computed before the loop along it."""
        made = Cells(self.at_hand, self.place, self.number, False).say(node)
        return made if isinstance(made, ir.Var) else self.at_hand.held(made, node, self.number)

    def same(self, node: Node) -> bool:
        """Whether the node is the same in every cell of a row."""
        return self.hoists and node.free <= {self.place.row}

    def constant(self, text: str) -> ir.Var:
        return self.at_hand.constant(text)

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
                return self.at_hand.number(name, self.hoists)
            kept = name in layout.store and layout.schedule.passes[name] < self.number
            return self.at_hand.stored(name) if kept else layout.local(name)
        if len(node.slots) == 2:
            return self.at_hand.cell(name)
        array = layout.within(name)
        if not isinstance(array, ir.Array):
            return array
        along = node.slots == (self.place.row,)
        made = ir.Cell(array, (DOWN if along else ALONG,))
        return self.at_hand.read(made, name) if along and self.hoists else made

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
