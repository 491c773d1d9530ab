"""Walking notation trees. Owns: the parts of a term, replacement, the names in it. Never: spells."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import fields
from typing import Any

from gradwright.core.walk import run
from gradwright.write.term import Name, Program, Subscripted, Term


def parts(term: Term) -> Iterator[Term]:
    """The terms directly inside a term, in the order they are written."""
    if isinstance(term, Program):
        yield from (value for _, value in term.lets)
        yield term.body
        return
    for field in fields(term):
        value = getattr(term, field.name)
        if isinstance(value, tuple):
            yield from (item for item in value if not isinstance(item, str))
        elif _is_term(value):
            yield value


def _is_term(value: object) -> bool:
    return hasattr(value, "__dataclass_fields__")


def marks(term: Term) -> tuple[object, ...]:
    """What a term says besides its parts: an operator, a name, letters, a number."""
    values = [getattr(term, field.name) for field in fields(term)]
    return tuple(v for v in values if not any(map(_is_term, v if isinstance(v, tuple) else (v,))))


def each(term: Term) -> Iterator[Term]:
    """Every part at any depth, and the term itself; one that stands in several places comes once."""
    seen: set[Key] = set()
    stack = [term]
    while stack:
        current = stack.pop()
        if Key(current) not in seen:
            seen.add(Key(current))
            yield current
            stack.extend(parts(current))


def rebuilt(term: Term, new: list[Term]) -> Term:
    """The same term with other parts (given in the order of ``parts``)."""
    queue = iter(new)
    if isinstance(term, Program):
        return Program(tuple((name, next(queue)) for name, _ in term.lets), next(queue))
    values: list[Any] = []
    for field in fields(term):
        value = getattr(term, field.name)
        if isinstance(value, tuple):
            values.append(tuple(item if isinstance(item, str) else next(queue) for item in value))
        else:
            values.append(next(queue) if _is_term(value) else value)
    return type(term)(*values)


def names(term: Term) -> set[str]:
    """Every name that stands in the term."""
    return {part.name for part in each(term) if isinstance(part, Name)}


def transformed(term: Term, change: Callable[[Term], Term | None]) -> Term:
    """Replace, from the outside in, every term for which ``change`` gives another."""

    def visit(key: Key) -> Generator[Key, Term, Term]:
        other = change(key.term)
        if other is not None:
            return other
        new = []
        for part in parts(key.term):
            new.append((yield Key(part)))
        return rebuilt(key.term, new) if new else key.term

    return run(visit, Key(term), {})


def substitute(term: Term, name: Name, value: Term) -> Term | None:
    """The term with a name replaced by its value; None where the name is indexed, which a value cannot be."""
    indexed = False

    def change(current: Term) -> Term | None:
        nonlocal indexed
        if isinstance(current, Subscripted) and current.base == name:
            indexed = True
            return current
        return value if current == name else None

    result = transformed(term, change)
    return None if indexed else result


class Key:
    """A term by identity: hashing a deep record would recurse."""

    __slots__ = ("term",)

    def __init__(self, term: Term) -> None:
        self.term = term

    def __hash__(self) -> int:
        return id(self.term)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and other.term is self.term
