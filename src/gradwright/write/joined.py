"""Arrays with axes made of several indices, as Kronecker products. Owns: that notation. Never: sees a plain array.

A term whose factors touch the first indices of the axes, or the second ones, but not both, is a Kronecker product of
arrays, each with an axis for every axis of the whole. Whatever else is written over its indices and reshaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from gradwright.core.build import entry, mul, open_binder, split_coefficient, total
from gradwright.core.context import Context
from gradwright.core.index import Index, free_index, times
from gradwright.core.node import Array, Entry, Node, Reduce, factors_in, terms_in
from gradwright.core.walk import bottom_up
from gradwright.write.algebra import joined_sum, product
from gradwright.write.contract import Form
from gradwright.write.einsum import Einsum
from gradwright.write.index import extent_term
from gradwright.write.network import Unfit, products
from gradwright.write.term import Call, Name, Num, Program, Term

Part = tuple[Index, ...]


def kronecker_term(array: Array, context: Context) -> Term | None:
    """The array as a sum of Kronecker products, where it is one."""
    writer = _Kronecker(context, array.parts)
    for multiplied in (False, True):
        try:
            terms = products(array.body, context) if multiplied else terms_in(array.body)
            return writer.finished(joined_sum([writer.said(term) for term in sorted(terms, key=writer.rank)]))
        except Unfit:
            continue
    return None


def reshaped(term: Term, array: Array) -> Term:
    """What is written over the indices of an array, over the axes that are made of them."""
    dims = [extent_term(times(*(index.dim for index in part))) for part in array.parts]
    if isinstance(term, Program):
        return Program(term.lets, Call("reshape", (term.body, *dims)))
    return Call("reshape", (term, *dims))


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
        if None not in places or places == [None, None]:
            one = Call("ones", (Num(1), Num(1)))
            return term if None not in places else product(term, one) if term != Num(1) else one
        return term if places[1] is None else self.turned(term)


def taken_apart(array: Array, context: Context) -> tuple[Array, Context, tuple[tuple[str, Term], ...]]:
    """The array and its context with a symbol for each whose axes are several indices, and what those symbols are."""
    taken = {*context.symbols, *context.definitions, *context.functions, *context.dims}
    names = {name: next(n for k in count(1) if (n := f"{name}{k}") not in taken) for name in context.inner}

    def opened(node: Node) -> Node:
        return entry(names[node.name], *node.slots) if isinstance(node, Entry) and node.name in names else node

    dims = {name: tuple(dim for part in context.parts(name) for dim in part) for name in names}
    said = {name: Call("reshape", (Name(name), *map(extent_term, dims[name]))) for name in names}
    mentioned = array.body.names.union(*(a.body.names for a in context.definitions.values()))
    lets = tuple((names[name], said[name]) for name in names if name in mentioned)
    inner = {names[name]: dims[name] for name in names}
    definitions = {n: replace(a, body=bottom_up(opened, a.body)) for n, a in context.definitions.items()}
    plain = replace(context, inner={}, symbols={**context.symbols, **inner}, definitions=definitions, found={})
    return replace(array, body=bottom_up(opened, array.body)), plain, lets
