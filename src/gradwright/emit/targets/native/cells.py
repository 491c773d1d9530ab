"""A formula at one row and column. Owns: how it reads in a loop, in numbers of the arrays' own type. Never: loops.

What it asks of the loop it stands in is a ``Reader``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction

from gradwright.core.build import mul, negate, rename, subtract
from gradwright.core.node import Add, Apply, Const, Entry, Mul, Node, Ordinal, Pow, Size, Where, walk
from gradwright.emit.forms.canon import canonical
from gradwright.emit.plan.program import Fold, Map
from gradwright.emit.spell.numpy import NUMPY
from gradwright.emit.spell.spell import Dialect, Said, _Speller, spelled
from gradwright.emit.targets.native.layout import Layout
from gradwright.emit.targets.native.loops import LOOPED, Place

_SCALAR = Dialect("math", LOOPED)
_MOST_FACTORS = 4


class Reader(ABC):
    """What a formula in a loop asks of it: where arrays, numbers of the row and constants are."""

    def __init__(self, layout: Layout, constants: dict[str, str]) -> None:
        self.layout, self.constants = layout, constants

    def constant(self, text: str) -> str:
        """A number passed in, so that it has the type the arrays have."""
        return self.constants.setdefault(text, f"number{len(self.constants)}")

    @abstractmethod
    def cell(self, name: str) -> str:
        """An array's cell at hand: a given array's, or an output's."""

    @abstractmethod
    def stored(self, name: str) -> str:
        """Where a cell kept between passes is."""

    @abstractmethod
    def number(self, name: str, hoists: bool) -> str:
        """A number of the row that the sweep has computed."""

    @abstractmethod
    def held(self, text: str, node: Node, number: int) -> str:
        """What is the same along the row, computed before the loop along it."""

    @abstractmethod
    def read(self, text: str, name: str) -> str:
        """A given number of the row, in a loop along it."""


class NumberSpeller(_Speller):
    """An elementwise formula as numbers at one place, of the arrays' own type."""

    def constant(self, text: str) -> str:
        """A number passed in, so that it has the type the arrays have."""
        raise NotImplementedError

    def say(self, node: Node) -> Said:
        number = isinstance(node, Apply | Pow | Size | Mul) and not node.free
        if number and not any(isinstance(n, Entry) for n in walk(node)):
            return self.constant(spelled(node, (), NUMPY)), 4
        return super().say(node)

    def const(self, node: Const) -> Said:
        return ("one", 4) if node.value == 1 else (self.constant(super().const(node)[0]), 4)

    def mul(self, node: Mul) -> Said:
        """Signs and numbers are typed constants; powers of −1 divide."""
        over: list[str] = []
        under: list[str] = []
        sign = ""
        for factor in sorted(node.factors, key=lambda f: len(f.free)):
            if isinstance(factor, Const) and factor.value == -1:
                sign = "-"
            elif isinstance(factor, Pow) and isinstance(factor.exponent, Const) and factor.exponent.value == -1:
                under.append(self.bracketed(factor.base, 3))
            else:
                over.append(self.bracketed(factor, 2))
        text = " * ".join(over) or "one"
        return sign + text + "".join(f" / {u}" for u in under), 1 if sign else 2

    def power(self, node: Pow) -> Said:
        exponent = node.exponent
        value = Fraction(exponent.value) if isinstance(exponent, Const) else None
        if value is None or value.denominator > 2 or abs(value) > _MOST_FACTORS:
            return f"{self.bracketed(node.base, 4)} ** {self.bracketed(exponent, 4)}", 3
        whole, half = divmod(abs(value), 1)
        base = self.bracketed(node.base, 4)
        roots = [f"math.sqrt({base})"] if half else []
        if whole > 1 and not isinstance(node.base, Entry):
            text = " * ".join([f"_power{whole}({base})", *roots])
        else:
            text = " * ".join([*[base] * int(whole), *roots])
        level = 4 if "*" not in text else 2
        return (text, level) if value > 0 else (f"one / {text if level == 4 else f'({text})'}", 2)

    def where(self, node: Where) -> Said:
        left, right, then, other = (self.say(child)[0] for child in node.children)
        return f"({then} if {left} {node.op} {right} else {other})", 4


class CellSpeller(NumberSpeller):
    """An elementwise formula at row i and column j."""

    def __init__(self, reader: Reader, place: Place, number: int, hoists: bool = True) -> None:
        super().__init__((), _SCALAR)
        self.reader, self.layout = reader, reader.layout
        self.place, self.number, self.hoists = place, number, hoists

    def outside(self) -> CellSpeller:
        """The same, before the loop along the row."""
        return CellSpeller(self.reader, self.place, self.number, False)

    def hoisted(self, node: Node) -> str:
        """A name for what is the same along the row."""
        text = self.outside().say(node)[0]
        if text.isidentifier():
            return text
        return self.reader.held(text, node, self.number)

    def same(self, node: Node) -> bool:
        """Whether the node is the same in every cell of a row."""
        return self.hoists and node.free <= {self.place.row}

    def constant(self, text: str) -> str:
        return self.reader.constant(text)

    def say(self, node: Node) -> Said:
        if self.same(node) and isinstance(node, Apply | Pow | Mul | Add) and (node.names or isinstance(node, Add)):
            return self.hoisted(node), 4
        return super().say(node)

    def entry(self, node: Entry) -> Said:
        layout, name = self.layout, node.name
        if name in layout.schedule.inlined:  # computed again where it is used
            return self.say(self.written(node))
        if name in layout.sweep.names:
            if node.slots == (self.place.row,):
                return self.reader.number(name, self.hoists), 4
            kept = name in layout.store and layout.schedule.passes[name] < self.number
            return self.reader.stored(name) if kept else layout.local(name), 4
        letters = ["i" if s is self.place.row else "j" for s in node.slots]
        if len(letters) == 2:
            return self.reader.cell(name), 4
        text = layout.within_name(name)
        text += f"[{letters[0]}]" if letters else ""
        return self.reader.read(text, name) if letters == ["i"] and self.hoists else text, 4

    def ordinal(self, node: Ordinal) -> Said:
        return "np.int64(i)" if node.index is self.place.row else "j", 4

    def apply(self, node: Apply) -> Said:
        if node.fn == "exp" and self.below_its_top(node.args[0]):
            inner = self.written(node.args[0]) if isinstance(node.args[0], Entry) else node.args[0]
            inner = inner.args[0] if isinstance(inner, Apply) and inner.fn == "finite" else inner  # exp(-inf) is 0
            return f"_exp_below({self.say(inner)[0]})", 4
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

    def mul(self, node: Mul) -> Said:
        """Signs and numbers are typed constants; powers of −1 divide; what is the same along the row is one factor."""
        node = self.flat(node)
        if self.hoists:
            fixed = [f for f in node.factors if self.same(f) and not (isinstance(f, Const) and f.value == -1)]
            if len(fixed) > 1 or any(isinstance(f, Pow) for f in fixed):
                left = mul(*(f for f in node.factors if f not in fixed))
                inner = self.mul(left)[0] if isinstance(left, Mul) else self.bracketed(left, 2)
                return f"{inner} * {self.hoisted(mul(*fixed))}", 1 if inner.startswith("-") else 2
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
