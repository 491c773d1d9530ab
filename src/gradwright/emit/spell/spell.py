"""Elementwise formulas as source text. Owns: operators, brackets, broadcasting. Never: plans, names, runs anything.

A ``Language`` says how one target spells a scalar function, a broadcast and a reduction; everything else is shared.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

from gradwright.core.build import MINUS_ONE, ONE, ZERO, const, mul, negate, power
from gradwright.core.index import AT, Index
from gradwright.core.node import Add, Apply, Const, Delta, Entry, Mul, Node, Ordinal, Pow, Size, Where, walk
from gradwright.emit.plan.names import extent, identifier
from gradwright.emit.spell.language import Language
from gradwright.emit.spell.primitives import all_with, spellings
from gradwright.tables.scalars import FUNCTIONS

_CHOICE, _SUM, _PRODUCT, _POWER, _ATOM = 0, 1, 2, 3, 4
Said = tuple[str, int]


def spelled(node: Node, axes: tuple[Index, ...], language: Language) -> str:
    """The node as an array that broadcasts against ``axes``."""
    return _Speller(axes, language).say(node)[0]


def spelled_atom(node: Node, axes: tuple[Index, ...], language: Language) -> str:
    """The same as an operand of anything, in brackets where it needs them."""
    return _Speller(axes, language).bracketed(node, _ATOM)


def laid(text: str, slots: tuple[Index, ...], axes: tuple[Index, ...], language: Language) -> str:
    """An array over ``slots``, which is a name or a call, so that it broadcasts against ``axes``."""
    return _Speller(axes, language).placed(text, slots)


class _Speller:
    def __init__(self, axes: tuple[Index, ...], language: Language) -> None:
        self.axes, self.language = axes, language

    def say(self, node: Node) -> Said:
        if isinstance(node, Apply | Pow) and _is_number(node):
            return _Math((), replace(_MATH, wide=self.language.wide)).say(node)
        return self.plainly(node)

    def plainly(self, node: Node) -> Said:
        """By the method for its kind."""
        said: Said = getattr(self, _SAY[type(node)])(node)
        return said

    def bracketed(self, node: Node, least: int) -> str:
        text, level = self.say(node)
        return text if level >= least else f"({text})"

    def const(self, node: Const) -> Said:
        return number(node.value)

    def size(self, node: Size) -> Said:
        return identifier(str(node.dim)), _ATOM

    def ordinal(self, node: Ordinal) -> Said:
        text = self.language.local(self.language.arange.format(n=extent(node.index.dim)))
        return self.placed(text, (node.index,)), _ATOM

    def delta(self, node: Delta) -> Said:
        text = self.language.local(
            self.language.eye.format(n=extent((node.left if node.left.kind != AT else node.right).dim))
        )
        ends: tuple[Index, ...] = (node.left, node.right)
        if set(ends) <= set(self.axes):  # either way round it is the same
            ends = tuple(sorted(ends, key=self.axes.index))
        return self.placed(text, ends), _ATOM

    def entry(self, node: Entry) -> Said:
        return self.placed(identifier(node.name), node.slots), _ATOM

    def placed(self, text: str, slots: tuple[Index, ...]) -> str:
        """An array over ``slots`` with its axes where ``self.axes`` wants them."""
        if any(i.kind == AT for i in slots):
            text += "[" + ", ".join(str(i.name) if i.kind == AT else ":" for i in slots) + "]"
            slots = tuple(i for i in slots if i.kind != AT)
        once = tuple(dict.fromkeys(slots))
        if len(once) < len(slots):
            letters = {i: chr(ord("a") + k) for k, i in enumerate(once)}
            subscripts = "".join(letters[i] for i in slots) + "->" + "".join(letters[i] for i in once)
            text = self.language.local(self.language.diagonal.format(a=text, subscripts=subscripts))
            slots = once
        order = tuple(i for i in self.axes if i in slots)
        if order != slots:
            if len(slots) == 2:
                text += ".T"
            else:
                axes = ", ".join(str(slots.index(i)) for i in order)
                text = self.language.permute.format(a=text, axes=axes)
        if order and order != self.axes[len(self.axes) - len(order) :]:
            first = self.axes.index(order[0])
            text += "[" + ", ".join(":" if i in order else "None" for i in self.axes[first:]) + "]"
        return text

    def add(self, node: Add) -> Said:
        first, *rest = sorted(node.terms, key=negative)
        text = self.bracketed(first, _SUM)
        for term in rest:
            sign, positive = signed(term)
            text += f" {sign} {self.bracketed(positive, _SUM if sign == '+' else _PRODUCT)}"
        return text, _SUM

    def mul(self, node: Mul) -> Said:
        sign = ""
        numbers = [f for f in node.factors if not f.free]
        arrays = [f for f in node.factors if f.free]
        if len([f for f in numbers if f is not MINUS_ONE]) > 1 and any(not inverted(f) for f in arrays):
            scale, rest = mul(*numbers), mul(*arrays)  # one pass over the array, not one per number
            minus, scale = signed(scale)
            first = self.bracketed(rest, _PRODUCT)
            return (
                f"{minus if minus == '-' else ''}{first} * ({self.say(scale)[0]})",
                _PRODUCT if minus == "+" else _SUM,
            )
        factors = sorted(node.factors, key=lambda f: len(f.free))
        lead = factors[0] if isinstance(factors[0], Const) else node.factors[0]
        over: list[Node] = []
        under: list[Node] = []
        for factor in factors:
            if factor is lead and isinstance(factor, Const):
                continue
            if isinstance(factor, Pow) and inverted(factor):
                under.append(power(factor, MINUS_ONE))
            else:
                over.append(factor)
        tops = self.multiplied(over, _PRODUCT)
        if isinstance(lead, Const):
            if lead.value == -1 and tops:
                sign = "-"
            elif lead.value < 0:
                sign, tops = "-", [number(-lead.value)[0], *tops]
            else:
                tops = [number(lead.value)[0], *tops]
        text = " * ".join(tops) or "1"
        if under:
            bottoms = self.multiplied(under, _POWER)
            below = bottoms[0] if len(bottoms) == 1 else "(" + " * ".join(bottoms) + ")"
            text += f" / {below}"
            if _counted(mul(*under), node):
                return f"{sign}{text} if {below} else {sign}math.inf", _CHOICE
        return sign + text, _PRODUCT if not sign else _SUM

    def multiplied(self, factors: list[Node], least: int) -> list[str]:
        """The factors as text; of several extents all are wide."""
        many = sum(isinstance(f, Size) for f in factors) > 1
        texts = ((f, self.bracketed(f, least)) for f in factors)
        return [self.language.wide.format(n=text) if many and isinstance(f, Size) else text for f, text in texts]

    def power(self, node: Pow) -> Said:
        exponent = node.exponent
        if isinstance(exponent, Const) and exponent.value < 0:
            below = self.bracketed(power(node.base, const(-exponent.value)), _POWER)
            chosen = _counted(node.base, node)
            return (f"1 / {below} if {below} else math.inf", _CHOICE) if chosen else (f"1 / {below}", _PRODUCT)
        if isinstance(exponent, Const) and exponent.value == Fraction(1, 2):
            return self.language.local(self.language.sqrt.format(a=self.say(node.base)[0])), _ATOM
        base, up = self.bracketed(node.base, _ATOM), self.bracketed(exponent, _ATOM)
        if isinstance(node.base, Size):
            base = self.language.wide.format(n=base)
        return self.language.power.format(a=base, b=up), _POWER

    def apply(self, node: Apply) -> Said:
        given = dict(zip(("a", "b"), (self.say(arg)[0] for arg in node.args), strict=False))
        text = self.language.function(node.fn)
        simple = {k: v if re.search(rf"[(,] ?{k}[,)]", text) else f"({v})" for k, v in given.items()}
        return re.sub(r"\b[ab]\b", lambda m: simple[m.group()], text), _ATOM if text.endswith(
            ")"
        ) or not given else _SUM

    def where(self, node: Where) -> Said:
        left, right, then, other = (self.say(child)[0] for child in node.children)
        cond = " ".join((self._compared(left), node.op, self._compared(right)))
        if _is_number(node.left) and _is_number(node.right):
            cond = self.language.local(self.language.known.format(cond=cond))
        if self.language.mark and node.then is ONE and node.other is ZERO:
            return self.language.mark.format(cond=cond), _ATOM
        if _is_number(node.then) and not node.other.names:
            then = self.language.lone.format(a=then)
        return self.language.local(self.language.where.format(cond=cond, then=then, other=other)), _ATOM

    @staticmethod
    def _compared(text: str) -> str:
        return f"({text})" if re.search(r"\s(?![^(\[]*[)\]])", text) else text


def _is_number(node: Node) -> bool:
    """Whether Python's own numbers suffice: no array stands in it."""
    return not any(isinstance(n, Entry | Ordinal | Delta | Where) for n in walk(node))


def _counted(below: Node, node: Node) -> bool:
    """Whether Python divides a number by extents, of which any may be 0: arrays divide as IEEE says."""
    return _is_number(node) and any(isinstance(n, Size) for n in walk(below))


class _Math(_Speller):
    """A number: Python's own functions where they have its digits, else computed here, in ball arithmetic."""

    def say(self, node: Node) -> Said:
        return self.plainly(node)

    def apply(self, node: Apply) -> Said:
        if node.fn in _EXACT or any(isinstance(n, Size) for n in walk(node)):
            return super().apply(node)
        return number(float(_ball(node)))


def _ball(node: Node) -> Any:
    """An exact number's enclosure."""
    from flint import arb, fmpq

    if isinstance(node, Const):
        value = node.value
        return arb(fmpq(value.numerator, value.denominator)) if isinstance(value, Fraction) else arb(value)
    parts = [_ball(child) for child in node.children]
    if isinstance(node, Apply):
        return FUNCTIONS[node.fn].ball(*parts)
    if isinstance(node, Pow):
        return parts[0] ** parts[1]
    found = arb(int(isinstance(node, Mul)))
    for part in parts:
        found = found * part if isinstance(node, Mul) else found + part
    return found


_SAY: dict[type[Node], str] = {
    Const: "const", Size: "size", Ordinal: "ordinal", Delta: "delta", Entry: "entry", Add: "add", Mul: "mul",
    Pow: "power", Apply: "apply", Where: "where",
}  # fmt: skip


_EXACT = all_with(lambda code: code.exact)
_MATH = Language("math", spellings(lambda code: code.math))


def number(value: int | Fraction | float) -> Said:
    """An exact number as a person writes it."""
    if isinstance(value, Fraction) and value.denominator not in (2, 4, 5, 8, 10, 20, 25, 100):
        return f"{value.numerator} / {value.denominator}", _PRODUCT if value > 0 else _SUM
    text = repr(value) if isinstance(value, int) else repr(float(value))
    return text, _ATOM if value >= 0 else _SUM


def inverted(node: Node) -> bool:
    """Whether it is written under a fraction bar."""
    return isinstance(node, Pow) and isinstance(node.exponent, Const) and node.exponent.value < 0


def negative(node: Node) -> bool:
    return signed(node)[0] == "-"


def signed(node: Node) -> tuple[str, Node]:
    lead = node.factors[0] if isinstance(node, Mul) else node
    return ("-", negate(node)) if isinstance(lead, Const) and lead.value < 0 else ("+", node)
