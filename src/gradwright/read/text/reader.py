"""The text language: from characters to the syntax tree. Owns: declarations among the statements, names that are
spelled with their index, and where spellings are forgiven. Never: gives a meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import replace
from itertools import pairwise

from gradwright.core.errors import Span
from gradwright.core.record import dataclass
from gradwright.core.walk import run
from gradwright.read.names import canonical, is_word
from gradwright.read.syntax import (
    Big,
    Call,
    Declared,
    Indexed,
    Inner,
    Letter,
    Name,
    Node,
    Number,
    Power,
    Product,
    Program,
    Sum,
    Transposed,
    descend,
    walk,
)
from gradwright.read.text.declared import extents
from gradwright.read.text.forgiving import Remark, Setting, forgiven
from gradwright.read.text.parser import parse
from gradwright.read.text.tokens import tokenize

_DECLARED = re.compile(r"\s*([^\W\d]\w*)\s*:\s*([\w\s,×*·+-]*)(?:->([\w\s,×*·+-]*))?\s*$")


def program_of(source: str, known: frozenset[str], strict: bool = False) -> tuple[Program, tuple[Remark, ...]]:
    """The program, and a remark on every spelling that is not the language's own.

    ``known`` are names that mean something by themselves. What is printed is read ``strict``: nothing is forgiven.
    """
    statements, declared = _declarations(source)
    tokens = tokenize(statements)
    defined = frozenset(a.text for a, b in pairwise(tokens) if b.kind == "EQUAL")
    names = known | defined | {d.name.stem for d in declared if d.value is None}
    tokens, remarks = (tokens, ()) if strict else forgiven(tokens, Setting(source, names, is_word))
    program = parse(source, tokens, declared)
    return (program if strict else _resolved(program, names)), remarks


def _declarations(source: str) -> tuple[str, tuple[Declared, ...]]:
    """The statements ``A: n m;`` and ``u: n -> m;`` are taken out, blanks left in their places."""
    declared, kept, at = [], [], 0
    for statement in source.split(";"):
        match = _DECLARED.match(statement) if at + len(statement) < len(source) else None
        if match is not None:
            span = (at + match.start(1), at + match.end(1))
            dims = extents(match.group(2), source, at + match.start(2))
            value = None if match.group(3) is None else extents(match.group(3), source, at + match.start(3))
            declared.append(Declared((span[0], at + len(statement)), Name(span, match.group(1)), dims, value))
            kept.append(" " * (len(statement) + 1))
        else:
            kept.append(statement + ";")
        at += len(statement) + 1
    return "".join(kept)[: len(source)], tuple(declared)


@dataclass(frozen=True)
class _Scope:
    """What surrounds a name: letters that are bound, names that mean something, whether e is Euler's number."""

    bound: frozenset[str]
    known: frozenset[str]
    euler: bool


def _resolved(program: Program, known: frozenset[str]) -> Program:
    """The names that are more than names: ``x_i`` under a Σ over i is an entry, ``e^x`` is the exponential."""
    names = [node for node in walk(program) if isinstance(node, Name)]
    bases = {node.base for node in walk(program) if isinstance(node, Power)}
    euler = "e" not in known and all(name in bases for name in names if name.stem == "e")
    whole: tuple[Node, _Scope] = (program, _Scope(frozenset(), known, euler))
    made = run(_visit, whole, {})
    assert isinstance(made, Program)
    return made


def _visit(key: tuple[Node, _Scope]) -> Generator[tuple[Node, _Scope], Node, Node]:
    node, scope = key
    if isinstance(node, Big):
        scope = replace(scope, bound=scope.bound | {binder.name for binder in node.binders})
    if isinstance(node, Name) and scope.bound and node.stem not in scope.known:
        return _entry(node, scope.bound)
    if scope.euler and isinstance(node, Power) and isinstance(node.base, Name) and node.base.stem == "e":
        return Call(node.span, Name(node.base.span, "exp"), ((yield node.exponent, scope),))
    below = descend(node)
    try:
        child = next(below)
        while True:
            child = below.send((yield child, scope))
    except StopIteration as stop:
        made = stop.value
    return _spelled(made, scope.known) if isinstance(made, Call) else made


def _entry(name: Name, bound: frozenset[str]) -> Node:
    """``x_i`` and ``W_ij`` below a Σ over their letters."""
    stem, _, letters = name.stem.rpartition("_")
    if not stem or not letters or not set(letters) <= bound:
        return name
    at = name.span[1] - len(letters)
    items = tuple(Letter((at + k, at + k + 1), letter) for k, letter in enumerate(letters))
    return Indexed(name.span, Name((name.span[0], at - 1), stem), items)


def _spelled(call: Call, known: frozenset[str]) -> Node:
    """A call by the name that the tables have, or as the operator that it spells out."""
    name = call.function.stem if isinstance(call.function, Name) else ""
    if not name or name in known:
        return call
    operator = SPELLED_OUT.get((name, len(call.arguments)))
    if operator is not None and canonical(name) is None:
        return operator(call.span, *call.arguments)
    found = canonical(name)
    return call if found is None else replace(call, function=Name(call.function.span, found))


def _mean_square(span: Span, left: Node, right: Node) -> Node:
    gap = Sum(span, (("+", left), ("-", right)))
    return Call(span, Name(span, "mean"), (Power(span, gap, Number(span, "2"), python=True),))


def _clipped(span: Span, body: Node, low: Node, high: Node) -> Node:
    return Call(span, Name(span, "min"), (Call(span, Name(span, "max"), (body, low)), high))


def _polygamma(span: Span, order: Node, body: Node) -> Node:
    """The derivatives of digamma that have names."""
    name = {"0": "digamma", "1": "trigamma", "2": "tetragamma"}.get(
        order.text if isinstance(order, Number) else "", "polygamma"
    )
    return Call(span, Name(span, name), (body,))


SPELLED_OUT: dict[tuple[str, int], Callable[..., Node]] = {
    ("transpose", 1): Transposed,
    ("dot", 2): lambda span, a, b: Product(span, (("*", a), ("dot", b))),
    ("inner", 2): Inner,
    ("outer", 2): lambda span, a, b: Product(span, (("*", a), ("*", Transposed(b.span, b)))),
    ("matmul", 2): lambda span, a, b: Product(span, (("*", a), ("cdot", b))),
    ("hadamard", 2): lambda span, a, b: Product(span, (("*", a), (".*", b))),
    ("multiply", 2): lambda span, a, b: Product(span, (("*", a), (".*", b))),
    ("clip", 3): _clipped,
    ("clamp", 3): _clipped,
    ("polygamma", 2): _polygamma,
    ("mse", 2): _mean_square,
}  # fmt: skip
"""Operators that people write as functions, by name and number of arguments."""
