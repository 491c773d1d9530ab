"""Arrays with axes made of several indices, as Kronecker products. Owns: that notation. Never: sees a plain array.

A term whose factors touch the first indices of the axes, or the second ones, but not both, is a Kronecker product of
arrays, each with an axis for every axis of the whole. Whatever else is unfolded: U takes an axis apart into indices.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.build import mul, open_binder, split_coefficient, total
from gradwright.core.context import Context
from gradwright.core.index import Dim, Index, free_index
from gradwright.core.node import Array, Node, Reduce, factors_in, terms_in
from gradwright.write.algebra import joined_sum, product
from gradwright.write.contract import Form
from gradwright.write.einsum import Einsum
from gradwright.write.index import array_term, extent_term
from gradwright.write.letters import Letters
from gradwright.write.network import Unfit, products
from gradwright.write.term import Call, Name, Num, Program, Quoted, Term, Transpose

Part = tuple[Index, ...]


def joined_term(array: Array, context: Context, letters: Letters, *, plain: bool = False) -> Term:
    """The array as Kronecker products where it is a sum of them (unless ``plain``), else unfolded."""
    if not plain:
        writer = _Kronecker(context, array.parts)
        for multiplied in (False, True):
            try:
                terms = products(array.body, context) if multiplied else terms_in(array.body)
                return writer.finished(joined_sum([writer.said(term) for term in sorted(terms, key=writer.rank)]))
            except Unfit:
                continue
    return _unfolded(array, context, letters)


class _Kronecker(Einsum):
    """Writes products over axes that are, all that have several indices, made of equally many."""

    def __init__(self, context: Context, parts: Sequence[Part]) -> None:
        super().__init__(context)
        self.parts = parts
        self.depth = max(map(len, parts))
        self.level = {index: k for part in parts if len(part) > 1 for k, index in enumerate(part)}
        self.single = [part[0] for part in parts if len(part) == 1]

    def said(self, node: Node) -> Term:
        """One product as a Kronecker product."""
        if any(len(part) not in (1, self.depth) for part in self.parts):
            raise Unfit
        coefficient, rest = split_coefficient(node)
        levels, scalars = self._levels(rest)
        arrays = [self._array(k, level) for k, level in enumerate(levels)]
        call = arrays[0]
        for other in arrays[1:]:
            call = Call("kron", (call, other))
        return self._scaled_by(coefficient, [self.form(f).term for f in scalars], call)

    def _levels(self, node: Node) -> tuple[list[Node], list[Node]]:
        """What depends on the first indices of the axes, on the second, …; and what depends on none."""
        levels: list[list[Node]] = [[] for _ in range(self.depth)]
        home = dict(self.level)
        pieces: list[Node] = []
        scalars: list[Node] = []
        for factor in self._pieces(node):
            (pieces if factor.free else scalars).append(factor)
        for _ in self.single:  # an axis of one index goes with what it meets
            for factor in pieces:
                met = {home[index] for index in factor.free if index in home}
                if len(met) == 1:
                    home |= {index: next(iter(met)) for index in factor.free if index not in home}
        for factor in pieces:
            met = {home.setdefault(index, 0) for index in factor.free}
            if len(met) > 1:
                raise Unfit
            levels[met.pop()].append(factor)
        self.home = home
        return [mul(*level) for level in levels], scalars

    def _pieces(self, node: Node) -> list[Node]:
        """Factors; a Σ over indices of several levels taken apart where what it sums parts ways."""
        pieces = []
        for factor in factors_in(node):
            met = {self.level[index] for index in factor.free if index in self.level}
            if len(met) > 1 and isinstance(factor, Reduce) and factor.op == "sum":
                indices, body = open_binder(factor, avoid=node.free)
                pieces += self._parted(indices, body)
            else:
                pieces.append(factor)
        return pieces

    def _parted(self, indices: Part, body: Node) -> list[Node]:
        """Σ of a product as a product of sums over what hangs together by the summed indices."""
        groups: list[tuple[set[Index], list[Node]]] = []
        for factor in factors_in(body):
            shared, members = set(factor.free & frozenset(indices)), [factor]
            for other in [g for g in groups if g[0] & shared]:
                groups.remove(other)
                shared, members = shared | other[0], other[1] + members
            groups.append((shared, members))
        return [total([i for i in indices if i in shared], mul(*members)) for shared, members in groups]

    def _array(self, k: int, node: Node) -> Term:
        """The k-th factor: an axis for every axis of the whole, of extent 1 where that has no index here."""
        places: list[Index | None] = []
        for part in self.parts:
            index = part[k] if len(part) > 1 else part[0]
            places.append(index if len(part) > 1 or self.home.get(index, 0) == k else None)
        axes = tuple(index for index in places if index is not None)
        if len(places) <= 2:
            try:
                return self._matrix(self.array(node, axes).term, places)
            except Unfit:
                pass
        ones = [Form(Call("ones", (Num(1),)), (free_index(f"~one{n}", 1),)) for n, i in enumerate(places) if i is None]
        rest = iter(ones)
        return self.term(node, tuple(i if i is not None else next(rest).axes[0] for i in places), ones)

    def _matrix(self, term: Term, places: Sequence[Index | None]) -> Term:
        one = Call("ones", (Num(1),))
        if None not in places:
            return term
        if places == [None, None]:
            return product(term, Call("ones", (Num(1), Num(1)))) if term != Num(1) else Call("ones", (Num(1), Num(1)))
        return product(term, Transpose(one)) if places[1] is None else product(one, self.turned(term))


def _unfolded(array: Array, context: Context, letters: Letters) -> Term:
    """einsum of the array over its indices with U, which is 1 where a place along an axis is that of its indices."""
    taken = {*context.symbols, *context.definitions, *context.functions, *context.dims}
    names = (name for name in ("U", "V", "W", *(f"U{n}" for n in range(1, 99))) if name not in taken)
    inner = array_term(Array(array.axes, array.body), letters, context)
    lets, body = (inner.lets, inner.body) if isinstance(inner, Program) else ((), inner)
    unfoldings: dict[tuple[Dim, ...], tuple[str, Term]] = {}
    alphabet = iter("abcdefghijklmnopqrstuvwxyz")
    below, above, operands = [], "", ""
    for part in array.parts:
        flat = "".join(next(alphabet) for _ in part)
        operands += flat
        if len(part) == 1:
            above += flat
            continue
        dims = tuple(index.dim for index in part)
        if dims not in unfoldings:
            unfoldings[dims] = next(names), _unfolding(part)
        joint = next(alphabet)
        below.append((joint + flat, Name(unfoldings[dims][0])))
        above += joint
    spec = ",".join([*(subscripts for subscripts, _ in below), operands]) + "->" + above
    call = Call("einsum", (Quoted(spec), *(name for _, name in below), body))
    return Program((*unfoldings.values(), *lets), call)


def _unfolding(part: Part) -> Term:
    """U[a, i, j, …]: 1 where a is the place of (i, j, …)."""
    arrays = []
    for k, index in enumerate(part):
        spec = "ab," + ",".join("cdefgh"[: len(part) - 1]) + "->a"
        others = iter("cdefgh")
        spec += "".join("b" if place == k else next(others) for place in range(len(part)))
        arrays.append(
            Call(
                "einsum",
                (Quoted(spec), Call("eye", (extent_term(index.dim),)), *[Call("ones", (Num(1),))] * (len(part) - 1)),
            )
        )
    call: Term = arrays[0]
    for other in arrays[1:]:
        call = Call("kron", (call, other))
    return call
