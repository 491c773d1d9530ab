"""What is asked, read from plain data. Owns: the fields of requests, their types and limits. Never: answers.

A request is an object: ``formula`` (text or LaTeX), ``wrt``, ``given`` (a list of facts), ``shapes`` (``{"A": "n m"}``
or ``["A: n m"]``), ``order``, ``layout``, ``independent``, ``detail``; for a document ``text``, ``name``, ``seconds``.
What is missing has its usual value; what has another type is refused, whoever asks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gradwright.api import Derivation, derive
from gradwright.core.errors import Error
from gradwright.core.record import dataclass
from gradwright.derivation import LAYOUTS
from gradwright.documents import Report, check
from gradwright.read.text.declared import Shape, declared
from gradwright.referee.clock import SECONDS
from gradwright.show.outline import DETAILS

_LONGEST = 20_000  # characters of a formula
_MOST = 500  # facts or shapes
_MOST_SECONDS = 600

Body = Mapping[str, object]


def text_of(body: Body, name: str, default: str = "") -> str:
    value = body.get(name, default)
    if not isinstance(value, str):
        raise Error(f"{name} must be text")
    return _whole(value, name)


def _whole(value: str, name: str) -> str:
    """Text of whole characters: half of one can be neither shown nor sent on."""
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Error(f"{name} has half of a character in it (a lone surrogate)")
    return value


def formula_of(body: Body, name: str = "formula") -> str:
    """A text that is short enough to be read as one formula."""
    formula = text_of(body, name)
    if len(formula) > _LONGEST:
        raise Error(f"the formula has {len(formula)} characters; more than {_LONGEST} are not read")
    return formula


def texts_of(body: Body, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    value = body.get(name, default)
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value) or len(value) > _MOST:
        raise Error(f"{name} must be a list of texts")
    return tuple(_whole(item, name) for item in value)


def whole_of(body: Body, name: str, default: int) -> int:
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Error(f"the {name} must be a whole number")
    return value


def one_of(body: Body, name: str, allowed: Collection[str], default: str) -> str:
    value = text_of(body, name, default)
    if value not in allowed:
        raise Error(f"unknown {name} {value!r}", hint="one of " + ", ".join(allowed))
    return value


def flag_of(body: Body, name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise Error(f"{name} must be true or false")
    return value


@dataclass(frozen=True)
class Shapes:
    """The shapes that are declared: of symbols, and of unknown functions."""

    symbols: Mapping[str, Shape]
    functions: Mapping[str, tuple[Shape, Shape]]

    @classmethod
    def of(cls, body: Body) -> Shapes:
        shapes = body.get("shapes", {})
        if isinstance(shapes, dict):
            return cls(*declared([_whole(f"{name}: {said}", "shapes") for name, said in shapes.items()]))
        if not isinstance(shapes, list | tuple):
            raise Error("shapes must be an object: a name and its extents")
        return cls(*declared(texts_of(body, "shapes"), "shapes "))


@dataclass(frozen=True)
class Asked:
    """A question about a formula."""

    formula: str
    wrt: str
    given: tuple[str, ...]
    shapes: Shapes
    order: int
    layout: str
    independent: bool
    detail: str

    @classmethod
    def of(cls, body: Body) -> Asked:
        order = whole_of(body, "order", 1)
        if order not in (1, 2):
            raise Error("the order of a derivative is 1 or 2")
        return cls(
            formula_of(body), text_of(body, "wrt"), texts_of(body, "given"), Shapes.of(body), order,
            one_of(body, "layout", LAYOUTS, "mixed"), flag_of(body, "independent"),
            one_of(body, "detail", DETAILS, "textbook"),
        )  # fmt: skip

    def derivation(self, certify: bool = True) -> Derivation:
        return derive(
            self.formula, self.wrt, given=self.given, shapes=self.shapes.symbols, functions=self.shapes.functions,
            order=self.order, layout=self.layout, independent=self.independent, certify=certify,
        )  # fmt: skip


@dataclass(frozen=True)
class Document:
    """A document to check."""

    text: str
    name: str
    given: tuple[str, ...]
    shapes: tuple[str, ...]
    seconds: float

    @classmethod
    def of(cls, body: Body) -> Document:
        seconds = body.get("seconds", SECONDS)
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds <= _MOST_SECONDS:
            raise Error(f"seconds must be a number between 0 and {_MOST_SECONDS}")
        return cls(
            text_of(body, "text"), text_of(body, "name"), texts_of(body, "given"), texts_of(body, "shapes"), seconds
        )

    def report(self) -> Report:
        return check(self.text, self.name or None, self.given, self.shapes, self.seconds)
