"""The text language: from a source string to an array in a context. Owns: ranks, names, facts. Never: differentiates.

The elaborator runs twice over the syntax tree: with open extents, which collects every equation between them, and then
with the extents that solve those equations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from gradwright.core.context import Context, Signature
from gradwright.core.errors import Error, Span
from gradwright.core.extents import Clash, Extents
from gradwright.core.facts import ALIASES, FACTS, Facts, Given, of_rank
from gradwright.core.index import Dim
from gradwright.core.node import Array
from gradwright.core.value import Symbols
from gradwright.read.text.elaborate import Elaborator, Promoted, is_function
from gradwright.read.text.grammar import Syntax, nearest, parse, walk
from gradwright.tables.arrays import ARRAYS
from gradwright.tables.scalars import NAMED

_VECTOR_LETTERS = frozenset("oprsquvwxyz")
_FUNCTION_VECTORS = frozenset("uvwyzpqr")
_LONG = 2000  # characters: of a longer formula one reading is tried


@dataclass
class Parsed:
    """A formula read: its array, how a single axis lies, the context, where names stand, which shapes were given."""

    array: Array
    orientation: str
    context: Context
    names: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    declared: dict[str, tuple[Dim, ...]] = field(default_factory=dict)


def read(
    source: str,
    *,
    shapes: Mapping[str, tuple[Dim, ...]] | None = None,
    functions: Mapping[str, tuple[tuple[Dim, ...], tuple[Dim, ...]]] | None = None,
    given: Sequence[str] = (),
    context: Context | None = None,
) -> Parsed:
    """Read a formula; with a ``context``, read a further one in which its names mean what they mean there."""
    tree = parse(source)
    spans = _names(tree)
    known = Symbols(source)
    if context is not None:
        known.shapes |= context.symbols
        known.functions |= context.functions
        known.definitions |= context.definitions
        known.inherited = frozenset(context.definitions)
    known.shapes |= {name: tuple(shape) for name, shape in (shapes or {}).items()}
    known.functions |= {name: Signature(tuple(a), tuple(v)) for name, (a, v) in (functions or {}).items()}
    known.dims = {d for s in known.shapes.values() for d in s if isinstance(d, str)} | {
        d for s in known.functions.values() for d in (*s.argument, *s.value) if isinstance(d, str)
    }
    known.later = frozenset(_defined(tree))
    known.dims |= context.dims if context else frozenset()
    known.dims |= _dimensions(tree) - {*known.names(), *_defined(tree)}
    _infer_ranks(tree, known)
    stated = [_stated(text) for text in given]
    value, elaborated = _elaborated(tree, known, [item.symbol for item in stated if FACTS[item.fact].square])
    mentioned = {*spans, *(item.symbol for item in stated)}
    order = [n for n in dict.fromkeys((context.order if context else []) + list(spans)) if elaborated.knows(n)]
    result = Context(
        source=source,
        symbols={n: s for n, s in elaborated.shapes.items() if n in mentioned or (context and n in context.symbols)},
        definitions=elaborated.definitions,
        functions={n: s for n, s in elaborated.functions.items() if n in spans or (context and n in context.functions)},
        facts=context.facts if context else Facts(),
        order=order,
        decimals=context.decimals if context else bool(re.search(r"\d\.\d", source)),
        introduced=list(context.introduced) if context else [],
        dims=frozenset(known.dims),
    )
    if given:
        result.facts = Facts([*result.facts.given, *(_fitting(item, result) for item in stated)])
    declared = {name: tuple(shape) for name, shape in (shapes or {}).items()}
    return Parsed(value.array, value.plain, result, spans, declared)


def _elaborated(tree: Syntax, known: Symbols, square: Sequence[str]) -> tuple[Any, Symbols]:
    """The value and its symbols. Where the ranks that letters suggest make no sense, or a row, others are tried."""
    guessed = dict(known.ranks)
    known.wary = bool(known.weak)
    first = _attempt(tree, known, square)
    strange = False
    if known.wary and isinstance(first, Error):
        known.wary = False
        first = _attempt(tree, known, square)
        strange = not isinstance(first, Error)  # a sum over a scalar was all that was wrong
    if (isinstance(first, Error) or first[0].kind == "row" or strange) and tree.span[1] <= _LONG:
        for ranks in _other_ranks(tree, known, guessed):
            known.ranks, known.wary = ranks, True
            other = _attempt(tree, known, square)
            if not isinstance(other, Error) and (isinstance(first, Error) or other[0].kind == "scalar"):
                return other
    if isinstance(first, Error):
        raise first
    return first


def _attempt(tree: Syntax, known: Symbols, square: Sequence[str]) -> tuple[Any, Symbols] | Error:
    try:
        return _solved(tree, known, square)
    except Error as error:
        return error


def _other_ranks(tree: Syntax, known: Symbols, guessed: dict[str, int]) -> Iterator[dict[str, int]]:
    """Letters that look like scalars as vectors, all and each; those that look like vectors, below ^, as scalars."""
    weak = [name for name in guessed if name in known.weak and len(name) == 1 and name.isascii()]
    nodes = list(walk(tree))
    bases = {n.parts[0] for n in nodes if n.kind == "binary" and str(n.parts[1]) == "^"}
    matrices = any(rank > 1 for rank in guessed.values())
    elsewhere = {n.parts[0] for n in nodes if matrices and n.kind == "name" and n not in bases}
    raised = {base.parts[0] for base in bases} - elsewhere
    lowered = [name for name in guessed if guessed[name] == 1 and name in known.lettered and name in raised]
    for rank, names in ((1, weak), (0, lowered)):
        for chosen in [names, *([name] for name in names)]:
            if chosen:
                yield guessed | dict.fromkeys(chosen, rank)


def _solved(tree: Syntax, known: Symbols, square: Sequence[str]) -> tuple[Any, Symbols]:
    while True:
        extents = Extents()
        open_symbols = known.opened(extents)
        try:
            Elaborator(open_symbols, extents).run(tree)
            extents.settle()
            _make_square(open_symbols, extents, square)
            break
        except Promoted as promoted:
            known.ranks[promoted.name] = 1
    letters = {str(item.parts[0]) for node in walk(tree) if node.kind == "items" for item in node.parts}
    extents.name(open_symbols.all_dims(), {*known.names(), *known.ranks, *letters} - known.dims)
    closed = open_symbols.closed(extents)
    return Elaborator(closed, extents).run(tree), closed


def _names(tree: Syntax) -> dict[str, tuple[Span, ...]]:
    found: dict[str, list[Span]] = {}
    operators = _operators(tree)
    for node in sorted(walk(tree), key=lambda n: n.span):
        if node.kind in ("name", "call", "let", "let_indexed") and node not in operators:
            name = str(node.parts[0])
            found.setdefault(name, []).append((node.span[0], node.span[0] + len(name)))
    return {name: tuple(dict.fromkeys(spans)) for name, spans in found.items()}


def _operators(tree: Syntax) -> set[Syntax]:
    """The names that are no symbols: the ``sum`` of ``sum[i](…)``, the ``delta`` of ``delta[i,j]``."""
    return {
        node.parts[0]
        for node in walk(tree)
        if node.kind == "scoped" or (node.kind == "indexed" and node.parts[0].parts[:1] == ("delta",))
    }


def _defined(tree: Syntax) -> set[str]:
    return {str(n.parts[0]) for n in walk(tree) if n.kind in ("let", "let_indexed")}


def _dimensions(tree: Syntax) -> set[str]:
    """What ``ones(n)``, ``eye(n)`` or ``X^n`` says is a dimension."""
    found: set[str] = set()
    for node in walk(tree):
        if node.kind == "call" and _of_dims(node):
            found |= {str(argument.parts[0]) for argument in node.parts[1:] if argument.kind == "name"}
        elif node.kind == "binary" and str(node.parts[1]) == "^" and _matrix(node.parts[0]):
            found |= {str(part.parts[0]) for part in walk(node.parts[2]) if part.kind == "name"}
        elif node.kind == "item" and len(node.parts) == 3 and not str(node.parts[2]).isdigit():
            found.add(str(node.parts[2]))
    letters = {str(item.parts[0]) for node in walk(tree) if node.kind == "items" for item in node.parts}
    return found - letters


def _of_dims(call: Syntax) -> bool:
    """Whether a call's arguments are extents."""
    row = ARRAYS.get(str(call.parts[0]))
    return row is not None and row.of_dims is not None


def _matrix(tree: Syntax) -> bool:
    """Whether a formula is plainly a matrix: a capital, transposed, or in a product or a sum."""
    while tree.kind in ("transpose", "group"):
        tree = tree.parts[0]
    if tree.kind == "binary" and str(tree.parts[1]) in ("*", "+", "-"):
        return _matrix(tree.parts[0]) or _matrix(tree.parts[2])
    return tree.kind == "name" and str(tree.parts[0])[0].isupper()


# --- ranks -----------------------------------------------------------------------------------------------------------


def _infer_ranks(tree: Syntax, known: Symbols) -> None:
    """A rank for every symbol and unknown function: declared, from how it is used, or from its letter."""
    defined = _defined(tree) | set(known.definitions)
    operators = _operators(tree)
    evidence: dict[str, int] = {}
    for node in walk(tree):
        if not operators.intersection(node.parts[:1]):
            _evidence(node, evidence)
    indices = {str(i.parts[0]) for n in walk(tree) if n.kind == "items" for i in n.parts}
    for node in walk(tree):
        if node.kind == "name" and node not in operators:
            name = str(node.parts[0])
            if known.knows(name) or name in defined or (is_function(name) and len(name) > 1):
                continue
            if name in indices and name not in evidence:
                continue
            known.ranks[name] = evidence.get(name, _default_rank(name))
            if name not in evidence:
                (known.weak if known.ranks[name] == 0 else known.lettered).add(name)
        elif node.kind == "call":
            _infer_function(node, known)


def _evidence(node: Syntax, evidence: dict[str, int]) -> None:
    if node.kind == "indexed" and node.parts[0].kind == "name":
        evidence[str(node.parts[0].parts[0])] = len(node.parts[1].parts)
    elif node.kind == "transpose" and node.parts[0].kind == "name":
        name = str(node.parts[0].parts[0])
        evidence.setdefault(name, max(1, _default_rank(name)))
    elif node.kind == "call" and len(node.parts) == 2 and node.parts[1].kind == "name":
        name, argument = str(node.parts[0]), str(node.parts[1].parts[0])
        expects = ARRAYS[name].expects if name in ARRAYS else None
        if expects is not None:
            evidence.setdefault(argument, expects)


def _default_rank(name: str) -> int:
    if name[0].isupper():
        return 2
    return 1 if len(name) == 1 and name in _VECTOR_LETTERS else 0


_ELSEWHERE = {"trace": "tr(A)", "transpose": "A'", "dot": "x'*y", "inner": "x'*y", "outer": "x*y'", "matmul": "A*B",
              "cross_entropy": "-y'*log(p)", "crossentropy": "-y'*log(p)", "mse": "mean((x - y).^2)",
              "hadamard": "x.*y", "pow": "x^2 or x.^2", "power": "x^2 or x.^2", "kl": "sum(p.*log(p./q))",
              "std": "sqrt(var(x))", "len": "mean(x), or the extent n of x"}  # fmt: skip


def _infer_function(node: Syntax, known: Symbols) -> None:
    name = str(node.parts[0])
    if name in known.functions or is_function(name) or name == "delta":
        return
    if name.partition("_")[0] in ("sum", "prod", "max", "min") and len(name.partition("_")[2]) > 0:
        return
    if len(name) > 1:
        span = (node.span[0], node.span[0] + len(name))
        close = _ELSEWHERE.get(name.lower()) or nearest(name.lower(), [*NAMED, *ARRAYS])
        hint = f"did you mean {close}?" if close else "declare an unknown function with its shapes: 'u: n -> m'"
        raise Error(f"there is no function {name}", span, known.source, hint)
    known.unknown[name] = 2 if name.isupper() else 1 if name in _FUNCTION_VECTORS else 0


# --- facts -----------------------------------------------------------------------------------------------------------


def _stated(text: str) -> Given:
    """``onehot(y)`` as a fact about a symbol."""
    match = re.fullmatch(r"\s*([\w ]+?)\s*\(\s*(\w+)\s*\)\s*", text)
    if match is None:
        words = re.findall(r"\w+", text)
        said = [word for word in words if word.lower() in FACTS]
        others = [word for word in words if word not in said and len(word) == 1]
        example = f"{said[0].lower()}({others[0] if others else 'A'})" if said else "onehot(y)"
        raise Error("a fact is written name(symbol)", (0, max(1, len(text))), text, f"for example {example}")
    fact, symbol = match.group(1).replace(" ", "_"), match.group(2)
    fact = ALIASES.get(fact, fact)
    if fact not in FACTS:
        close = nearest(fact, list(FACTS))
        hint = f"did you mean {close}?" if close else "known: " + ", ".join(FACTS)
        raise Error(f"{fact} is not a fact gradwright knows", match.span(1), text, hint)
    return Given(fact, symbol, text, match.span())


def _make_square(symbols: Symbols, extents: Extents, names: Sequence[str]) -> None:
    """What is said to be symmetric, invertible, … has as many rows as columns."""
    for name in names:
        shape = symbols.shapes.get(name, ())
        if len(shape) >= 2:
            with suppress(Clash):  # of shapes that were declared: said once the formula is read
                extents.unify(shape[0], shape[1])


def _fitting(item: Given, context: Context) -> Given:
    """The fact, if its symbol has a shape of which it can be said; one-hot of a matrix means its rows."""
    if item.symbol not in context.symbols and item.symbol not in context.definitions:
        raise Error(f"there is no {item.symbol} in the formula", _symbol_span(item), item.source)
    shape = context.shape(item.symbol)
    item = replace(item, fact=of_rank(item.fact, len(shape)))
    fact = FACTS[item.fact]
    if len(shape) not in fact.ranks:
        what = ("a scalar", "a vector", "a matrix", "a tensor")[min(len(shape), 3)]
        raise Error(f"{item.fact} cannot be said of {item.symbol}, which is {what}", _symbol_span(item), item.source)
    if fact.square and shape[0] != shape[1]:
        size = "×".join(map(str, shape))
        raise Error(
            f"{item.symbol} is {size}, so it cannot be {fact.says.removeprefix('is ')}", _symbol_span(item), item.source
        )
    return item


def _symbol_span(item: Given) -> Span:
    start = item.source.rindex(item.symbol)
    return start, start + len(item.symbol)
