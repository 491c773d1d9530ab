"""What of a question belongs to its formula. Owns: which facts and shapes are awake, why others sleep. Never: derives.

The page keeps facts and shapes while the formula changes. One that is said of a symbol the formula does not have, or
that cannot be true of this formula, sleeps: it is left out, and whoever asks is told why.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field, replace

from gradwright.core.errors import Error
from gradwright.core.record import dataclass
from gradwright.read.reader import Parsed
from gradwright.read.reader import read as parsed_of
from gradwright.service.request import Asked, Shapes

_FACT = re.compile(r"\s*\w+\s*\(\s*([^\W\d]\w*)\s*\)\s*")


@dataclass(frozen=True)
class Awake:
    """The question without what sleeps, the formula as it is read then, and the reasons of the rest."""

    asked: Asked
    parsed: Parsed
    facts: dict[str, str] = field(default_factory=dict)
    shapes: dict[str, str] = field(default_factory=dict)
    refused: Error | None = None


def awake(asked: Asked) -> Awake:
    """Leave out what belongs to another formula; an ``Error`` where the formula by itself cannot be read."""
    declared, parsed, shapes, refused = _declared(asked)
    asked = replace(asked, shapes=declared)
    context = parsed.context
    known = {*context.symbols, *context.functions, *context.definitions}
    facts = {fact: f"there is no {name} in this formula" for fact in asked.given if (name := _absent(fact, known))}
    given: list[str] = []
    for fact in asked.given:
        if fact in facts:
            continue
        try:
            parsed = _read(replace(asked, given=(*given, fact)))
            given.append(fact)
        except Error as error:
            facts[fact] = error.message
            refused = refused or error
    return Awake(replace(asked, given=tuple(given)), parsed, facts, shapes, refused)


def _absent(fact: str, known: set[str]) -> str | None:
    """The symbol a fact is about, where the formula does not have it."""
    found = _FACT.fullmatch(fact)
    return found[1] if found is not None and found[1] not in known else None


def _declared(asked: Asked) -> tuple[Shapes, Parsed, dict[str, str], Error | None]:
    """The shapes the formula can have, and those it has no symbol for or cannot be read with."""
    bare = replace(asked, given=())
    kept, wrong, refused = asked.shapes, dict[str, str](), None
    try:
        parsed = _read(bare)
    except Error as error:
        kept, wrong = _without_wrong(bare, error)
        parsed, refused = _read(replace(bare, shapes=kept)), error
    known = {*parsed.context.symbols, *parsed.context.functions}
    absent = [name for name in (*kept.symbols, *kept.functions) if name not in known]
    return kept, parsed, wrong | {name: f"there is no {name} in this formula" for name in absent}, refused


def _without_wrong(bare: Asked, error: Error) -> tuple[Shapes, dict[str, str]]:
    """The shapes with which the formula can be read, each tried beside those before it."""
    kept: list[str] = []
    wrong: dict[str, str] = {}
    try:
        _read(replace(bare, shapes=_only(bare.shapes, kept)))
    except Error:
        raise error from None  # it is not the shapes
    for name in (*bare.shapes.symbols, *bare.shapes.functions):
        try:
            _read(replace(bare, shapes=_only(bare.shapes, [*kept, name])))
            kept.append(name)
        except Error as refusal:
            wrong[name] = refusal.message
    return _only(bare.shapes, kept), wrong


def _only(shapes: Shapes, names: Sequence[str]) -> Shapes:
    return Shapes(
        {name: shape for name, shape in shapes.symbols.items() if name in names},
        {name: signature for name, signature in shapes.functions.items() if name in names},
    )


def _read(asked: Asked) -> Parsed:
    shapes, functions = asked.shapes.symbols, asked.shapes.functions
    return parsed_of(asked.formula, shapes=shapes, functions=functions, given=asked.given, syntax="auto")
