"""How a result is said. Owns: the choice between matrix and index notation, and which definitions go with it.

Never: changes what the result is. The text is self-contained: definitions it mentions stand before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from itertools import chain, count

from gradwright.core.build import rename
from gradwright.core.context import Context
from gradwright.core.index import Dim, Index, free_index, times
from gradwright.core.node import Array, Node, written_length
from gradwright.core.record import dataclass
from gradwright.engine.abbreviate import axis_names, taken_names
from gradwright.engine.simplify import multiply_out
from gradwright.write.einsum import einsum_term
from gradwright.write.index import array_term, index_term
from gradwright.write.joined import kronecker_term, reshaped, taken_apart
from gradwright.write.latex import latex
from gradwright.write.letters import Letters
from gradwright.write.matrix import matrix_program, needed_definitions, weight
from gradwright.write.share import shared
from gradwright.write.term import Name, Program, Subscripted, Term
from gradwright.write.text import text
from gradwright.write.traverse import substitute, transformed
from gradwright.write.unicode import unicode

_NOT_SPELLED = 400  # signs: what is longer is compared by its length in index notation
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d+(?:\.\d+)?|\.\*|\./|\.\^|[^\s\w]")


@dataclass(frozen=True, repr=False, eq=False)
class Result:
    """A derivative, as an array and as a person writes it.

    ``str()`` is the text form, which gradwright reads back; ``.latex()`` the typeset form; ``.index`` the entry in
    index notation; ``.shape`` the extents of the axes. ``orientation``: ``row`` where the layout asks for a row vector.
    """

    array: Array
    context: Context
    orientation: str = "column"
    nabla: bool = False
    plain: bool = field(default=False, repr=False)

    def __str__(self) -> str:
        return text(self.program)

    def __repr__(self) -> str:
        return f"<Result {self}, shape {self.shape}>"

    def in_index_notation(self) -> Result:
        """This result without matrix notation."""
        return replace(self, plain=True)

    @property
    def shape(self) -> tuple[Dim, ...]:
        """The extents of the axes; one made of several indices is written as a product."""
        return tuple(times(*(index.dim for index in part)) for part in self.array.parts)

    @cached_property
    def matrix(self) -> Term | None:
        """In matrix notation (names of definitions left standing), or None where it cannot be said so."""
        if self.plain:
            return None
        for body in dict.fromkeys((multiply_out(self.array.body), self.array.body)):
            found = matrix_program(replace(self.array, body=body), self.context, orientation=self.orientation)
            if found is not None:
                return found
        return None

    @cached_property
    def letters(self) -> Letters:
        return Letters(self.context, self.array.axes)

    @cached_property
    def index_term(self) -> Term:
        """The entry at the axes' letters, in index notation."""
        return index_term(self.array.body, self.letters, self.context)

    @property
    def index(self) -> str:
        return text(self.index_term)

    @cached_property
    def said(self) -> Term:
        """The preferred form beside the definitions of the question; what a long one repeats has names of its own."""
        if self.context.inner:
            other, units = self._plain_axes
            return _with(dict(units), other.said)
        return shared(self._chosen, taken_names(self.context))

    @cached_property
    def _chosen(self) -> Term:
        if self.array.groups:
            joint = None if self.plain else kronecker_term(self.array, self.context)
            return joint or reshaped(replace(self, array=replace(self.array, groups=()))._chosen, self.array)
        if self.matrix is not None:
            return self.matrix
        spelled = array_term(self.array, self.letters, self.context)
        joined = None if self.plain else einsum_term(self.array, self.context)
        return joined if joined is not None and _length(joined) <= _length(spelled) else spelled

    @cached_property
    def _plain_axes(self) -> tuple[Result, tuple[tuple[str, Term], ...]]:
        """This result in symbols without axes of several indices, and what these symbols are."""
        array, context, lets = taken_apart(self.array, self.context)
        return replace(self, array=array, context=context), lets

    @cached_property
    def program(self) -> Term:
        """The preferred form after the definitions it needs; one gradwright made is put in its place where shorter."""
        if self.context.inner:
            other, units = self._plain_axes
            return _with(dict(units), other.program)
        term = self._chosen
        lets = _flat(
            {name: definition_term(name, self.context, self.plain) for name in needed_definitions(term, self.context)}
        )
        best = _with(lets, term)
        for name in [n for n in reversed(lets) if n in self.context.introduced]:
            rest = {n: _replaced(t, name, lets[name]) for n, t in lets.items() if n != name}
            if any(t is None for t in rest.values()):
                continue
            inner = _replaced(term, name, lets[name])
            if inner is None:
                continue
            candidate = _with({n: t for n, t in rest.items() if t is not None}, inner)
            if _length(candidate) <= _length(best):
                best, term, lets = candidate, inner, {n: t for n, t in rest.items() if t is not None}
        return shared(best, taken_names(self.context))

    def latex(self) -> str:
        """LaTeX of the result, in matrix notation where there is one."""
        return latex(self.said, nabla=self.nabla)

    def unicode(self) -> str:
        return unicode(self.said, nabla=self.nabla)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def definition_term(name: str, context: Context, plain: bool = False) -> Term:
    """The right-hand side of a definition, in matrix notation where there is one."""
    array = context.definitions[name]
    matrix = None if plain else matrix_program(array, context)
    return matrix or array_term(array, Letters(context, array.axes), context)


def length_as_written(context: Context) -> Callable[[Node, Sequence[Index]], tuple[int, int]]:
    """How long a body is over its axes, as a person would write it: what has no matrix notation comes last."""

    def measure(body: Node, axes: Sequence[Index]) -> tuple[int, int]:
        size = written_length(body, _NOT_SPELLED)
        if len(axes) > 2 or size >= _NOT_SPELLED:
            return 1, size
        term = matrix_program(Array(tuple(axes), multiply_out(body)), context)
        return (1, size) if term is None else (0, weight(term))

    return measure


def _flat(lets: Mapping[str, Term]) -> dict[str, Term]:
    """The definitions with what a right-hand side defines for itself before it, under a name of its own."""
    found: dict[str, Term] = {}
    for name, term in lets.items():
        found[name] = _hoisted(term, found)
    return found


def _hoisted(term: Term, found: dict[str, Term]) -> Term:
    """The body of a term, once what it defines for itself is among those definitions."""
    if not isinstance(term, Program):
        return term
    body = term.body
    for old, value in term.lets:
        own = chain((old,), (f"{old}_{k}" for k in count(1)))
        new = next(name for name in own if found.get(name, value) == value)
        found[new] = value
        body = body if new == old else _renamed(body, old, new)
    return body


def _renamed(term: Term, old: str, new: str) -> Term:
    def change(part: Term) -> Term | None:
        if isinstance(part, Subscripted) and part.base == Name(old):
            return replace(part, base=Name(new))
        return Name(new) if part == Name(old) else None

    return transformed(term, change)


def _with(lets: Mapping[str, Term], body: Term) -> Term:
    every = dict(lets)
    body = _hoisted(body, every)
    return Program(tuple(every.items()), body) if every else body


def _length(term: Term) -> int:
    return len(_TOKEN.findall(text(term)))


def _replaced(term: Term, name: str, value: Term) -> Term | None:
    """The term with the name replaced; None where the name is indexed, which a value cannot be."""
    return substitute(term, Name(name), value)


Part = tuple[Index, ...]


def joined_array(parts: Sequence[Part], body: Node) -> Array:
    """The array whose axes are made of those indices."""
    groups = tuple(map(len, parts))
    return Array(tuple(index for part in parts for index in part), body, groups if max(groups, default=1) > 1 else ())


def laid_out(axes: Sequence[Part], variables: Sequence[Sequence[Part]], layout: str) -> tuple[tuple[Part, ...], str]:
    """The order of axes in a layout, each with the indices it is made of, and whether a single axis is a row.

    ``mixed``: the function's axes, then the variable's. ``numerator``: the same, with the derivative of a scalar
    transposed (a row for a vector). ``denominator``: the variable's axes first, as in ∇(uᵀ)_ij = ∂u_j/∂x_i.
    """
    flat = tuple(part for parts in variables for part in parts)
    if layout == "mixed":
        return (*axes, *flat), "column"
    if layout == "numerator":
        if not axes and len(variables) == 1:
            return flat[::-1], "row" if len(flat) == 1 else "column"
        return (*axes, *flat), "column"
    row = "row" if len(axes) == 1 and not flat else "column"
    return (*flat, *axes), row


def named_axes(array: Array, context: Context, avoid: Sequence[str] = ()) -> Array:
    """The array with its axes called i, j, … where those letters are free."""
    names = axis_names(len(array.axes), context, avoid=avoid)
    axes = tuple(free_index(name, axis.dim) for name, axis in zip(names, array.axes, strict=True))
    return Array(axes, rename(array.body, dict(zip(array.axes, axes, strict=True))), array.groups)
