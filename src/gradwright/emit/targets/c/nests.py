"""Whole arrays as loops. Owns: the loops, over any axes, of an operation that is no part of a sweep. Never: plans, C.

What is written is the Python of our loops; functions of matrices are calls of the library, on matrices whose rows stand
one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gradwright.core.index import AT, Index
from gradwright.core.node import Delta, Entry, Node, Ordinal, Size
from gradwright.emit.plan.names import extent, identifier
from gradwright.emit.plan.program import Fold, Gather, Let, Map, Norm, OfMatrix, Product, Rowwise, Solve
from gradwright.emit.spell.primitives import spellings
from gradwright.emit.spell.spell import Dialect, Said
from gradwright.emit.targets.native.cells import NumberSpeller
from gradwright.emit.targets.native.loops import LOOPED

_LOOPS = Dialect(
    "np",
    {
        **spellings(lambda code: code.numpy),
        **LOOPED,
        "hypot": "math.hypot(a, b)",
        "logaddexp": "logaddexp(a, b)",
        "sinc": "sinc(a)",
    },
)
Constant = Callable[[str], str]


class _Cell(NumberSpeller):
    """A formula at an index of each axis."""

    def __init__(self, places: Mapping[Index, str], constant: Constant) -> None:
        super().__init__((), _LOOPS)
        self.places, self._constant = places, constant

    def constant(self, text: str) -> str:
        return self._constant(text)

    def at(self, index: Index) -> str:
        return str(index.name) if index.kind == AT else self.places[index]

    def entry(self, node: Entry) -> Said:
        name = identifier(node.name)
        return (f"{name}[{', '.join(map(self.at, node.slots))}]" if node.slots else name), 4

    def size(self, node: Size) -> Said:
        return self.constant(identifier(str(node.dim))), 4

    def ordinal(self, node: Ordinal) -> Said:
        return self.at(node.index), 4

    def delta(self, node: Delta) -> Said:
        return f"(one if {self.at(node.left)} == {self.at(node.right)} else zero)", 4


def nest(let: Let, constant: Constant) -> list[str]:
    """The loops that compute the array, which is there to be written to."""
    match let.operation:
        case Map(body):
            return _map(let.name, let.axes, body, constant)
        case Fold() | Product():
            return _fold(let, constant)
        case Gather(source, at, label, optional):
            return _gather(let, source, at, label, optional)
        case Norm() as norm:
            return _norm(let, norm, constant)
        case OfMatrix() | Solve() | Rowwise():
            raise AssertionError("a function of a whole matrix is no loop")


def _places(axes: Sequence[Index]) -> dict[Index, str]:
    return {index: f"i{k}" for k, index in enumerate(dict.fromkeys(axes))}


def _around(axes: Sequence[Index], places: Mapping[Index, str], inner: list[str]) -> list[str]:
    """Statements in loops over the axes."""
    for index in reversed(axes):
        inner = [f"for {places[index]} in range({extent(index.dim)}):", *(f"    {line}" for line in inner)]
    return inner


def _entry(name: str, axes: Sequence[Index], places: Mapping[Index, str]) -> str:
    return f"{identifier(name)}[{', '.join(places[i] for i in axes)}]" if axes else identifier(name)


def _map(name: str, axes: tuple[Index, ...], body: Node, constant: Constant) -> list[str]:
    places = _places(axes)
    text = _Cell(places, constant).say(body)[0]
    return _around(axes, places, [f"{_entry(name, axes, places)} = {text}"])


_STARTS = {"sum": "0.0", "prod": "1.0", "max": "-np.inf", "min": "np.inf"}
_TAKEN = {"sum": "_plus({a}, {b})", "prod": "{a} * ({b})", "max": "_larger({a}, {b})", "min": "_smaller({a}, {b})"}


def _fold(let: Let, constant: Constant) -> list[str]:
    """A fold; a sum along whose axes the arrays do not lie is gathered in the array itself, so that loops run along
    what lies together."""
    fold = let.operation
    assert isinstance(fold, Fold | Product)
    places = _places((*let.axes, *fold.over))
    text = _Cell(places, constant).say(fold.body)[0]
    entry = _entry(let.name, let.axes, places)
    last = [n.slots[-1] for n in let.nodes if isinstance(n, Entry) and n.slots]
    if fold.op == "sum" and let.axes and last.count(let.axes[-1]) > sum(i in fold.over for i in last):
        *outer, inner = let.axes
        adding = _around([inner], places, [f"{entry} = _plus({entry}, {text})"])
        clear = _around([inner], places, [f"{entry} = zero"])
        return _around(outer, places, [*clear, *_around(fold.over, places, adding)])
    taken = f"total = {_TAKEN[fold.op].format(a='total', b=text)}"
    inside = [f"total = {_STARTS[fold.op]}", *_around(fold.over, places, [taken]), f"{entry} = total"]
    return _around(let.axes, places, inside)


def _gather(let: Let, source: Entry, at: Index, label: Entry, optional: bool) -> list[str]:
    places = _places(let.axes)
    read = _entry(label.name, label.slots, places)
    place = f"max({read}, 0)" if optional else read
    slots = ", ".join(place if i is at else places[i] for i in source.slots)
    return _around(let.axes, places, [f"{_entry(let.name, let.axes, places)} = {identifier(source.name)}[{slots}]"])


def _norm(let: Let, norm: Norm, constant: Constant) -> list[str]:
    """By way of the entries over the largest, so that no square overflows or underflows."""
    places = _places((*let.axes, *norm.over))
    cell = _Cell(places, constant)
    source = cell.say(norm.source)[0]
    scale, beside = (cell.say(number)[0] for number in (norm.scale, norm.beside))
    root = f"math.sqrt({scale}) * top * math.sqrt(total)"
    inside = [
        "top = zero",
        *_around(norm.over, places, [f"top = _larger(top, abs({source}))"]),
        "top = top if top > zero and top < inf else one",
        "total = 0.0",
        *_around(norm.over, places, [f"total = _plus(total, ({source} / top) * ({source} / top))"]),
        f"{_entry(let.name, let.axes, places)} = math.hypot({root}, math.sqrt({beside}))",
    ]
    return _around(let.axes, places, inside)


def laid_out(name: str, axes: Sequence[Index], source: Entry, constant: Constant) -> list[str]:
    """A copy of an array over these axes."""
    return _map(name, tuple(axes), source, constant)


__all__ = ["Constant", "laid_out", "nest"]
