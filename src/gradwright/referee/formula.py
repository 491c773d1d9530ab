"""A formula in LaTeX as one in the text language, to be derived. Owns: the spelling of each kind of tree, and which
characters of the LaTeX each character of the text came from.

``p = \\operatorname{softmax}(o), \\quad \\sum_i y_i \\log p_i`` becomes ``p = softmax(o); sum[i](y[i]*log(p[i]))``.
Never: guesses; a construction that the text language has no word for is an ``Error`` that points at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NoReturn

from gradwright.core.errors import Error, Span
from gradwright.read.text.grammar import is_latex
from gradwright.read.tree import Tree, subtrees
from gradwright.referee.evidence.collect import Chain, collect
from gradwright.referee.formats.segment import segment
from gradwright.referee.formats.source import source_of
from gradwright.tables import arrays, scalars

_SUM, _PRODUCT, _POWER, _ATOM = range(4)
_END = r"(?<!\\);"  # ends a definition, as in the text language
_READ_BREAK = r"\]\["
_BREAK = _READ_BREAK.replace("\\", "\\\\")
Piece = tuple[str, Span]


@dataclass
class InText:
    """A formula in the text language, where in what was typed each stretch of it stands, and what that says of shapes.

    An extent that begins with ? is still open. ``renamed``: vectors x_i that have become the rows of a matrix X.
    """

    typed: str
    text: str
    pieces: list[Piece] = field(default_factory=list)
    shapes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    @property
    def translated(self) -> bool:
        return self.text is not self.typed

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Errors that point into the text point into what was typed instead."""
        try:
            yield
        except Error as error:
            if self.translated and error.source == self.text and error.span is not None:
                raise Error(error.message, self._typed(error.span), self.typed, error.hint) from error
            raise

    def _typed(self, span: Span) -> Span:
        found, at = [], 0
        for text, place in self.pieces:
            if at < max(span[1], span[0] + 1) and at + len(text) > span[0]:
                found.append(place)
            at += len(text)
        return (min(p[0] for p in found), max(p[1] for p in found)) if found else (0, len(self.typed))


def in_text(source: str, syntax: str = "auto") -> InText:
    """The formula in the text language; ``auto`` takes what has a backslash or a brace for LaTeX."""
    if not is_latex(source, syntax):
        return InText(source, source)
    delimited = any(piece.kind == "math" for piece in segment(source))
    whole = source if delimited else rf"\[{re.sub(_END, _BREAK, source)}\]"
    back = _origins(source, delimited)
    chains = [c for c in collect(source_of(whole)).chains if any(s.tokens for s in c.sides)]
    if not chains:
        raise Error("there is no formula here", (0, len(source)), source)
    try:
        writer = _Writer([s.tree for c in chains for s in c.sides if s.tree is not None])
        *definitions, goal = _in_order(chains)
        pieces = [piece for chain in definitions for piece in writer.definition(chain)]
        pieces += writer.side(goal, min(1, len(goal.sides) - 1))
    except Error as error:
        at = error.span or (0, len(whole))
        raise Error(error.message, _moved(at, back), source, error.hint) from None
    moved = [(text, _moved(span, back)) for text, span in pieces]
    return InText(source, "".join(text for text, _ in moved), moved, writer.shapes(), writer.renamed)


def name_in_text(typed: str) -> str:
    r"""The name in the text language of a symbol given in LaTeX: ``\mathbf{x}`` is x, ``\Sigma`` is Sigma."""
    return in_text(typed, "auto").text


def _in_order(chains: Sequence[Chain]) -> list[Chain]:
    """Each definition after those it uses; last the formula, which is the chain that no other uses."""
    names = [_defined(chain) for chain in chains]
    uses = [
        {_plain(n) for side in c.sides[1:] if side.tree for n in subtrees(side.tree) if _is_name(n)} for c in chains
    ]
    unused = [k for k, name in enumerate(names) if name is None or not any(name in used for used in uses)]
    goal = (unused or [len(chains) - 1])[-1]
    waiting = [k for k in range(len(chains)) if k != goal]
    order: list[int] = []
    while waiting:
        still = {names[k] for k in waiting}
        ready = [k for k in waiting if not uses[k] & (still - {names[k]})] or waiting[:1]
        order += ready
        waiting = [k for k in waiting if k not in ready]
    return [chains[k] for k in (*order, goal)]


def _defined(chain: Chain) -> str | None:
    """The symbol on the left of a definition."""
    left = chain.sides[0].tree if len(chain.sides) > 1 else None
    if left is not None and left.kind == "index":
        left = left.parts[0]
    return _plain(left) if left is not None and _is_name(left) else None


def _origins(source: str, delimited: bool) -> list[int]:
    """For every place of the text that is read, the place it has in what was typed."""
    if delimited:
        return list(range(len(source) + 1))
    back, at = [0, 0], 0
    for end in re.finditer(_END, source):
        back += [*range(at, end.start()), *[end.start()] * len(_READ_BREAK)]
        at = end.end()
    return [*back, *range(at, len(source) + 1), len(source), len(source)]


def _moved(span: Span, back: Sequence[int]) -> Span:
    start = back[min(span[0], len(back) - 1)]
    return start, max(back[min(span[1], len(back) - 1)], start + 1)


def _fail(message: str, tree: Tree, hint: str | None = None) -> NoReturn:
    raise Error(message, tree.span, hint=hint)


class _Writer:
    """Spells trees as pieces of text."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        every = [node for tree in trees for node in subtrees(tree)]
        self.indexed = {_plain(n.parts[0]) for n in every if n.kind == "index" and _letters(n) and _is_name(n.parts[0])}
        bold = {_plain(n) for n in every if _is_name(n) and n.parts[1] == "bold"}
        self.rows = {_plain(node.parts[0]) for node in _rows(every)}
        self.vectors = {name for name in bold if name[0].islower()} - self.rows
        self.every = every
        taken = {_plain(node) for node in every if _is_name(node)}
        self.renamed = {x: x.upper() for x in self.rows if len(x) == 1 and x.upper() not in taken}

    def shapes(self) -> dict[str, tuple[str, ...]]:
        """A bold letter is a vector; an index that is summed from 1 to n runs over an extent of that name."""
        bounds = {str(b[0]): _plain(b[2]) for n in self.every if n.kind == "big" for b in n.parts[1] if _ends(b)}
        found: dict[str, tuple[str, ...]] = {name: (f"?{name}",) for name in self.vectors}
        for node in self.every:
            if node.kind == "index" and _is_name(node.parts[0]) and _letters(node):
                name = _plain(node.parts[0])
                known = found.get(name, ())
                dims = [bounds.get(str(i.parts[0]), f"?{name}{k}") for k, i in enumerate(node.parts[1])]
                dims += [f"?{name}"] * (name in self.rows)
                found[name] = tuple(d if d[0] != "?" else (*known, *dims)[k] for k, d in enumerate(dims))
        said = {name for name, shape in found.items() if any(dim[0] != "?" for dim in shape)} | self.vectors
        return {self.renamed.get(name, name): found[name] for name in sorted(said)}

    def name(self, tree: Tree) -> str:
        return self.renamed.get(_plain(tree), _plain(tree))

    def definition(self, chain: Chain) -> list[Piece]:
        if len(chain.sides) < 2:
            raise Error("a formula before the last must be a definition", chain.sides[0].span)
        left = chain.sides[0].tree
        if left is None or not (_is_name(left) or (left.kind == "index" and _is_name(left.parts[0]))):
            raise Error("the left-hand side of a definition is a symbol or an entry of one", chain.sides[0].span)
        return [*self.spelled(left)[0], (" = ", left.span), *self.side(chain, 1), ("; ", left.span)]

    def side(self, chain: Chain, number: int) -> list[Piece]:
        side = chain.sides[number]
        if side.tree is None:
            raise side.error or Error("this is not understood", side.span)
        return self.spelled(side.tree)[0]

    def spelled(self, tree: Tree) -> tuple[list[Piece], int]:
        """The pieces of a tree, and how tightly they hold together."""
        rule = getattr(self, f"_{tree.kind}", None)
        if rule is None:
            _fail("this has no form in the text language", tree, "write it with functions that gradwright derives")
        pieces, level = rule(tree)
        return pieces, level

    def at(self, tree: Tree, level: int) -> list[Piece]:
        pieces, own = self.spelled(tree)
        return pieces if own >= level else [("(", tree.span), *pieces, (")", tree.span)]

    # --- atoms

    def _num(self, tree: Tree) -> tuple[list[Piece], int]:
        return [(str(tree.parts[0]), tree.span)], _POWER if str(tree.parts[0]).startswith("-") else _ATOM

    def _sym(self, tree: Tree) -> tuple[list[Piece], int]:
        if tree.parts == ("e", ""):
            return [("exp(1)", tree.span)], _ATOM
        if str(tree.parts[0])[0].isdigit():
            _fail("a bold number has no extent here", tree, "write ones(n) in the text language")
        return [(self.name(tree), tree.span)], _ATOM

    def _group(self, tree: Tree) -> tuple[list[Piece], int]:
        pieces, level = self.spelled(tree.parts[0])
        return ([("(", tree.span), *pieces, (")", tree.span)], _ATOM) if level < _ATOM else (pieces, level)

    def _index(self, tree: Tree) -> tuple[list[Piece], int]:
        base, items = tree.parts
        if base.kind == "norm":
            return self._norm(base, str(items[0].parts[0]))
        letters = _letters(tree)
        if _is_name(base) and not letters and _plain(base) not in self.indexed:
            return [("_".join([_plain(base), *(_identifier(str(i.parts[0])) for i in items)]), tree.span)], _ATOM
        labels = [i for i in items if i.kind not in ("letter", "place")]
        if labels:
            _fail("a subscript that is neither a letter nor a number", labels[0])
        inside = ",".join(str(i.parts[0]) for i in items) + (
            ",:" if _is_name(base) and _plain(base) in self.rows else ""
        )
        return [*self.at(base, _ATOM), (f"[{inside}]", tree.span)], _ATOM

    # --- operators

    def _add(self, tree: Tree) -> tuple[list[Piece], int]:
        pieces: list[Piece] = []
        for place, (sign, term) in enumerate(tree.parts[0]):
            if place or sign == "-":
                pieces.append((f" {sign} " if place else sign, term.span))
            pieces += self.at(term, _PRODUCT)
        return pieces, _SUM

    def _neg(self, tree: Tree) -> tuple[list[Piece], int]:
        return [("-", tree.span), *self.at(tree.parts[0], _PRODUCT)], _SUM

    def _mul(self, tree: Tree) -> tuple[list[Piece], int]:
        (_, first), *rest = tree.parts[0]
        pieces = self.at(first, _PRODUCT)
        for op, factor in rest:
            if op == "kron":
                pieces = [("kron(", tree.span), *pieces, (", ", tree.span), *self.spelled(factor)[0], (")", tree.span)]
                continue
            sign = {"juxt": "*", "cdot": "*", "times": "*", "odot": ".*", "odiv": "./", "slash": "/"}.get(op)
            if sign is None:
                _fail("this product has no form in the text language", tree)
            pieces = [*pieces, (sign, tree.span), *self.at(factor, _POWER)]
        return pieces, _PRODUCT

    def _frac(self, tree: Tree) -> tuple[list[Piece], int]:
        top, bottom = tree.parts
        return [*self.at(top, _PRODUCT), ("/", tree.span), *self.at(bottom, _POWER)], _PRODUCT

    def _pow(self, tree: Tree) -> tuple[list[Piece], int]:
        base, exponent = tree.parts
        if base.kind == "sym" and base.parts == ("e", ""):
            return [("exp(", tree.span), *self.spelled(exponent)[0], (")", tree.span)], _ATOM
        return [*self.at(base, _ATOM), ("^", tree.span), *self.at(exponent, _ATOM)], _POWER

    def _T(self, tree: Tree) -> tuple[list[Piece], int]:
        return [*self.at(tree.parts[0], _ATOM), ("'", tree.span)], _ATOM

    # --- functions

    def _fn(self, tree: Tree) -> tuple[list[Piece], int]:
        name, args, power = str(tree.parts[0]), tree.parts[1], tree.parts[2] if len(tree.parts) > 2 else 0
        if power:
            _fail("a mark on a function", tree)
        return self.applied(_named(name), args, tree)

    def _call(self, tree: Tree) -> tuple[list[Piece], int]:
        if tree.parts[2] or not _is_name(tree.parts[0]):
            _fail("a derivative of a function that is not given", tree)
        name = _plain(tree.parts[0])
        name = "sigmoid" if name == "sigma" else name
        return self.applied(_named(name), tree.parts[1], tree)

    def _root(self, tree: Tree) -> tuple[list[Piece], int]:
        if len(tree.parts) > 1 and isinstance(tree.parts[1], Tree):
            _fail("a root that is not square", tree, "write it as a power")
        return self.applied("sqrt", tree.parts[:1], tree)

    def _bars(self, tree: Tree) -> tuple[list[Piece], int]:
        inner = tree.parts[0]
        matrix = _is_name(inner) and _plain(inner)[0].isupper()
        return self.applied("det" if matrix else "abs", (inner,), tree)

    def _norm(self, tree: Tree, which: str = "2") -> tuple[list[Piece], int]:
        name = {"1": "norm1", "2": "norm2", "F": "norm2"}.get(which)
        if name is None:
            _fail("this norm has no form in the text language", tree)
        return self.applied(name, tree.parts[:1], tree)

    def _inner(self, tree: Tree) -> tuple[list[Piece], int]:
        left, right = tree.parts
        return [*self.at(left, _ATOM), ("'*", tree.span), *self.at(right, _POWER)], _PRODUCT

    def applied(self, name: str, args: Sequence[Tree], tree: Tree) -> tuple[list[Piece], int]:
        pieces: list[Piece] = [(f"{name}(", (tree.span[0], max(tree.span[0] + 1, args[0].span[0])))]
        for place, arg in enumerate(args):
            pieces += [(", ", tree.span)] if place else []
            inner = arg.parts[0] if arg.kind == "group" else arg
            pieces += self.spelled(inner)[0]
        return [*pieces, (")", tree.span)], _ATOM

    def _big(self, tree: Tree) -> tuple[list[Piece], int]:
        op, binders, conditions, body = tree.parts
        letters = [str(binder[0]) for binder in binders]
        if conditions or not letters or op not in ("sum", "prod", "max", "min") or not all(map(_whole, binders)):
            _fail("a sum over part of an axis has no form in the text language", tree)
        return [(f"{op}[{','.join(letters)}](", tree.span), *self.spelled(body)[0], (")", tree.span)], _ATOM


def _named(name: str) -> str:
    """The name in the text language of a function that LaTeX calls so."""
    row = scalars.WRITTEN.get(name) or arrays.WRITTEN.get(name)
    return row.name if row is not None else name


def _whole(binder: Sequence[Any]) -> bool:
    """Whether a letter runs from 1, or over all there is."""
    low = binder[1] if len(binder) > 1 else None
    return low is None or (isinstance(low, Tree) and low.kind == "num" and str(low.parts[0]) == "1")


def _is_name(tree: Tree) -> bool:
    return tree.kind == "sym"


def _letters(tree: Tree) -> bool:
    return any(item.kind == "letter" for item in tree.parts[1])


def _rows(every: Sequence[Tree]) -> Iterator[Tree]:
    """Letters of one index that are used as vectors, which are the rows of a matrix.

    They stand transposed, after a transpose or a bold capital, or inside a norm.
    """
    for node in every:
        found: list[Tree] = []
        if node.kind == "T":
            found = [node.parts[0]]
        elif node.kind == "norm":
            found = [term for part in subtrees(node.parts[0]) if part.kind == "add" for _, term in part.parts[0]]
            found.append(node.parts[0])
        elif node.kind == "mul":
            found = [right for left, right in pairwise(f for _, f in node.parts[0]) if _turns(left)]
        yield from (t for t in found if t.kind == "index" and len(t.parts[1]) == 1 and _letters(t) and _small(t))


def _small(tree: Tree) -> bool:
    return _is_name(tree.parts[0]) and _plain(tree.parts[0])[0].islower()


def _turns(tree: Tree) -> bool:
    """Whether what stands to the right of it is a vector."""
    return tree.kind == "T" or (_is_name(tree) and tree.parts[1] == "bold" and _plain(tree)[0].isupper())


def _ends(binder: Sequence[Any]) -> bool:
    """Whether a letter runs to a symbol, which is then the name of an extent."""
    return _whole(binder) and len(binder) > 2 and isinstance(binder[2], Tree) and _is_name(binder[2])


def _plain(tree: Tree) -> str:
    """The name of a symbol: accents and labels become part of it."""
    *accents, stem = str(tree.parts[0]).split(" ")
    return _identifier("_".join([stem, *accents]))


def _identifier(text: str) -> str:
    return re.sub(r"\W+", "_", text.replace("*", "star")).strip("_")
