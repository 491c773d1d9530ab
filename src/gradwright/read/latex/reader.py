"""A formula in LaTeX: from characters to the syntax tree. Owns: delimiters, definitions in any order, what the letters
of the whole formula are. Never: gives a meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradwright.core.errors import Error
from gradwright.core.record import dataclass
from gradwright.read.latex.functions import grammar_of
from gradwright.read.latex.lower import Scope, lowered, name_of
from gradwright.read.latex.nodes import Function, Law, symbol
from gradwright.read.latex.parser import parse
from gradwright.read.latex.rows import Line, lines_of
from gradwright.read.latex.segment import segment
from gradwright.read.latex.tokens import macros_in, tokenize
from gradwright.read.syntax import Big, Binder, Call, Indexed, Let, Letter, Name, Node, Norm, Power, Program, walk

_NAMING = (Call, Function, Law, Norm)  # what may stand for the formula: f(x) = …, \\ln p = …
_END = r"(?<!\\);"  # ends a definition, as in the text language


@dataclass(frozen=True)
class _Chain:
    """The sides of one line that relations join."""

    sides: tuple[Node, ...]

    @property
    def defined(self) -> str:
        """The symbol on the left of a definition, or nothing."""
        left = self.sides[0] if len(self.sides) > 1 else None
        base = left.base if isinstance(left, Indexed) else left
        return name_of(base).stem if isinstance(base, Name) else ""


@dataclass(frozen=True)
class Choice:
    """What only the whole formula can decide: a prime transposes, or makes another symbol; a slash divides by the
    whole product that follows, or by its first factor; x_1 beside x is an entry of it, or another symbol.
    """

    transposing: bool = True
    dividing: bool = False
    entries: bool = True


_USUAL = Choice()


def choices(source: str) -> tuple[Choice, ...]:
    """The ways to take a formula, the likelier first."""
    primes = (True, False) if "'" in source or "’" in source or "\\prime" in source else (True,)
    slashes = (False, True) if "/" in source else (False,)
    numbers = (True, False) if re.search(r"_\{?[1-9]|[₁-₉]", source) else (True,)
    return tuple(Choice(t, dividing, entries) for entries in numbers for dividing in slashes for t in primes)


def program_of(source: str, known: frozenset[str], choice: Choice = _USUAL) -> Program:
    """The program; ``known`` are names that mean something by themselves."""
    try:
        chains = _chains(source, choice.dividing)
        scope = _scope(chains, known, choice)
        *definitions, goal = _in_order(chains)
        lets = tuple(_let(chain, scope) for chain in definitions)
        return Program((0, len(source)), (), lets, _goal(goal, scope))
    except Error as error:
        raise Error(error.message, error.span or (0, len(source)), source, error.hint) from None


def name_in(typed: str) -> str:
    r"""The name of a symbol given in LaTeX: ``\mathbf{x}`` is x, ``\Sigma`` is Sigma, ``h_{t-1}`` is h_t_1."""
    body = program_of(typed, frozenset()).body
    if not isinstance(body, Name):
        raise Error("this is not the name of a symbol", (0, len(typed)), typed)
    return body.stem


def _chains(source: str, dividing: bool) -> list[_Chain]:
    lines = [line for start, end in _stretches(source) for line in _lines(source, start, end)]
    grammar = grammar_of(lines)
    grammar.dividing = dividing
    chains = []
    for line in lines:
        if line.error is not None:
            raise line.error
        sides = tuple(parse(side, grammar) for side in line.sides if side)
        if sides:
            chains.append(_Chain(sides))
    if not chains:
        raise Error("there is no formula here", (0, len(source)))
    return chains


def _stretches(source: str) -> Iterator[tuple[int, int]]:
    """Where the mathematics stands: between delimiters if there are some, else everything, cut at semicolons."""
    pieces = [piece for piece in segment(source) if piece.kind == "math"]
    if pieces:
        yield from ((piece.start, piece.end) for piece in pieces)
        return
    start = 0
    for end in re.finditer(_END, source):
        yield start, end.start()
        start = end.end()
    yield start, len(source)


def _lines(source: str, start: int, end: int) -> list[Line]:
    return lines_of(tokenize(source[start:end], start, macros_in(source)))


def _scope(chains: Sequence[_Chain], known: frozenset[str], choice: Choice) -> Scope:
    """What the letters of the formula are, seen as a whole."""
    every = [node for chain in chains for side in chain.sides for node in walk(side)]
    below = {id(node.base) for node in every if isinstance(node, Indexed)}
    bases = {id(node.base) for node in every if isinstance(node, Power)}
    alone = {name_of(node).stem for node in every if isinstance(node, Name) and id(node) not in below}
    bound = {binder.name for node in every if isinstance(node, Big) for binder in node.binders}
    indexed = {
        name_of(node.base).stem
        for node in every
        if isinstance(node, Indexed) and isinstance(node.base, Name)
        and any(isinstance(item, Letter) and item.name in bound for item in node.items)
    }  # fmt: skip
    euler = "e" not in known and all(id(n) in bases for n in every if symbol(n) == "e")
    defined = frozenset(chain.defined for chain in chains)
    whole = frozenset(alone | indexed | known) if choice.entries else frozenset()
    return Scope(frozenset(), whole, frozenset(indexed), euler, choice.transposing, defined, frozenset(bound))


def _in_order(chains: Sequence[_Chain]) -> list[_Chain]:
    """Each definition after those it uses; last the formula, which is the chain that no other uses."""
    uses = [
        {name_of(n).stem for side in chain.sides[1:] for n in walk(side) if isinstance(n, Name)} for chain in chains
    ]
    names = [chain.defined for chain in chains]
    unused = [k for k, name in enumerate(names) if not name or not any(name in used for used in uses)]
    goal = (unused or [len(chains) - 1])[-1]
    waiting = [k for k in range(len(chains)) if k != goal]
    order: list[int] = []
    while waiting:
        still = {names[k] for k in waiting}
        ready = [k for k in waiting if not uses[k] & (still - {names[k]})] or waiting[:1]
        order += ready
        waiting = [k for k in waiting if k not in ready]
    return [chains[k] for k in (*order, goal)]


def _let(chain: _Chain, scope: Scope) -> Let:
    left = chain.sides[0]
    if len(chain.sides) < 2:
        hint = "definitions stand first, the formula to differentiate last"
        raise Error("a formula before the last must be a definition", left.span, hint=hint)
    if not chain.defined:
        raise Error("the left-hand side of a definition is a symbol or an entry of one", left.span)
    name, letters, inner = _left(left, chain.sides[1], scope)
    return Let((left.span[0], chain.sides[1].span[1]), name, letters, lowered(chain.sides[1], inner))


def _goal(chain: _Chain, scope: Scope) -> Node:
    """The formula: what stands right of its name, if it has one; entries by letters are collected."""
    if len(chain.sides) < 2:
        return lowered(chain.sides[0], scope)
    if not chain.defined:
        left = chain.sides[0]
        if not isinstance(left, _NAMING):
            hint = "only a name can be defined: p = …; an equation has no derivative"
            raise Error("this equation defines nothing", left.span, hint=hint)
        return lowered(chain.sides[1], scope)
    _, letters, inner = _left(chain.sides[0], chain.sides[1], scope)
    body = lowered(chain.sides[1], inner)
    return Big(body.span, "tensor", letters, (), body) if letters else body


def _left(left: Node, right: Node, scope: Scope) -> tuple[Name, tuple[Binder, ...], Scope]:
    """The name that is defined, with the letters below it that the right side runs over too."""
    used = {node.name for node in walk(right) if isinstance(node, Letter)}
    below = [item.name for item in left.items if isinstance(item, Letter)] if isinstance(left, Indexed) else []
    letters = [letter for letter in below if letter in used]
    inner = scope.binding(letters)
    made = lowered(left, inner)
    if isinstance(made, Indexed) and isinstance(made.base, Name):
        binders = tuple(Binder(item.span, item.name) for item in made.items if isinstance(item, Letter))
        return made.base, binders, inner
    if isinstance(made, Name):
        return made, (), inner
    raise Error("the left-hand side of a definition is a symbol or an entry of one", left.span)
