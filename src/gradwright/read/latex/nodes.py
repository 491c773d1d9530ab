"""What only a document writes. Owns: a class for every kind of node that LaTeX has beside those of all formulas.

A symbol of LaTeX carries its accents and what is written above it in its name, until ``lower`` takes them apart for a
formula. Never: says what a node means.
"""

from __future__ import annotations

from gradwright.core.record import dataclass
from gradwright.read.syntax import Binder, Comparison, Derivative, Item, Label, Letter, Name, Node, Pair, Place
from gradwright.read.syntax import Differential as Differential


@dataclass(frozen=True, slots=True, eq=False)
class Function(Node):
    """A function that everybody knows by its name, applied."""

    name: str
    arguments: tuple[Node, ...]
    primes: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Law(Node):
    """p(x_n | μ), which is one symbol: ``text`` as it is written, ``spelled`` without its indices ``letters``.

    ``below``  the names that stand below its own, as θ in p_θ(x)
    """

    text: str
    letters: tuple[str, ...]
    spelled: str
    arguments: tuple[Node, ...]
    below: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Factorial(Node):
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated(Node):
    """With a bar that says where."""

    body: Node
    conditions: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Gradient(Node):
    """∇ of something, in what stands below it."""

    wrt: Node | None
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Hessian(Node):
    """∇² of something."""

    wrt: Node | None
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Vector(Node):
    """(a, b, c): the column of what stands in the brackets."""

    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Run(Node):
    """A vector or a matrix with an ellipsis: what stands at every place, and the places."""

    body: Node
    binders: tuple[Binder, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Dots(Node):
    """An ellipsis among terms or factors, until what it stands for is seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Range(Node):
    """1, …, n: what a letter runs over."""


@dataclass(frozen=True, slots=True, eq=False)
class Braces(Node):
    """A set, by a list or a description."""


@dataclass(frozen=True, slots=True, eq=False)
class Optimum(Node):
    """argmin over something, with all that follows."""


@dataclass(frozen=True, slots=True, eq=False)
class Expectation(Node):
    """A moment of ``bodies``: what is random by its subscript (``names``, ``law``), and the text of what is given.

    ``drawn`` is the law as a formula, where it is one.
    """

    moment: str
    names: tuple[str, ...]
    law: str
    given: str
    bodies: tuple[Node, ...]
    drawn: Node | None


@dataclass(frozen=True, slots=True, eq=False)
class Integral(Node):
    """∫ body d variables, with the text of its bounds."""

    variables: tuple[Node, ...]
    bounds: str
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Indicator(Node):
    """1 where the conditions hold."""

    conditions: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Noted(Node):
    """What was read in spite of something that a reader is told."""

    body: Node
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class Known(Node):
    """A symbol by the key under which a document's are known."""

    key: str


ENDLESS = "∞"
"""The name above a Σ that does not end."""
WITHOUT_MEANING: dict[type[Node], str] = {
    Dots: "dots", Range: "range", Braces: "set", Optimum: "optimum",
}  # fmt: skip
"""Kinds that stand where a value is, and have none; in the words a reader is told."""


def written(item: Item) -> str:
    """A subscript as it is written."""
    match item:
        case Letter(name=name):
            return name
        case Label(text=text, bold=bold):
            return f"bold {text}" if bold else text
        case Place(text=text) | Pair(text=text):
            return text
    return ":"


def variables_of(node: Node) -> tuple[Node, ...]:
    """What a derivative is taken in, as far as it says so; nothing of any other node."""
    if isinstance(node, Derivative):
        return node.wrt
    return (node.wrt,) if isinstance(node, Gradient | Hessian) and node.wrt is not None else ()


def symbol(node: Node) -> str:
    """The name of a symbol as it is written; nothing for what is none."""
    return node.stem if isinstance(node, Name) else ""


def is_sample(item: Item) -> bool:
    """Whether a letter stands above: x^{(i)}."""
    return isinstance(item, Letter) and item.sample
