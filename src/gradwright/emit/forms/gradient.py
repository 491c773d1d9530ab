"""Gradients as programs. Owns: value and gradient of a scalar with every intermediate array computed once.

The formula is cut at its reductions into a chain of named arrays; each link is differentiated by the same prover and
rules as any derivation, and the chain is run backwards, so the gradient costs a small multiple of the value. The cuts
are formulas again: what comes out is one expression over the user's symbols. Never: a rule of calculus of its own.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

from gradwright.core.build import ONE, add, apply, entry, matfn, mul, open_binder, rename, split_coefficient, total
from gradwright.core.context import Context
from gradwright.core.facts import Facts
from gradwright.core.index import Index, free_index
from gradwright.core.node import Add, Array, Entry, MatFn, Node, Reduce, factors_in, walk, written_length
from gradwright.core.walk import bottom_up, descend, run
from gradwright.emit.forms.canon import Named, canonical
from gradwright.emit.forms.stable import log_sum_exp, stabilised
from gradwright.engine.prove import Prover

_BAR, _DOT, _LINK = "~bar", "~dot", "~link"
_LONG = 10_000  # signs: longer is not told apart


def gradient(goal: Node, context: Context, wrt: str) -> Array:
    """∂goal/∂wrt of a scalar without definitions, as one stable expression whose common parts are shared."""
    program = _Program(Array((), goal), context, wrt)
    bars: dict[str, list[Node]] = {}
    for name, array in [("", program.root), *reversed(program.links.items())]:
        if name and name not in bars:
            continue
        outer: Node = entry(_BAR + name, *array.axes) if name else ONE
        for below in sorted(array.body.names & {*program.links, wrt}):
            prover, partial, fresh = program.partial(array, below)
            share = prover.simplified(total(array.axes, mul(outer, partial)), fresh)
            at = program.axes(below)
            bars.setdefault(below, []).append(rename(share, dict(zip(fresh, at, strict=True))))
    parts = {name: Array(program.axes(name), add(*bars.get(name, ()))) for name in (*reversed(program.links), wrt)}
    return program.written_out(parts, _BAR)


def along(array: Array, context: Context, wrt: str, direction: str) -> Array:
    """The derivative of an array along a direction of the variable, cut in the same way and run forwards."""
    program = _Program(array, context, wrt)
    dots: dict[str, Array] = {}
    for name, link in [*program.links.items(), ("", program.root)]:
        parts = []
        for below in sorted(link.body.names & {*program.links, wrt}):
            prover, partial, fresh = program.partial(link, below)
            moving = direction if below == wrt else _DOT + below
            parts.append(prover.simplified(total(fresh, mul(partial, entry(moving, *fresh))), link.axes))
        dots[name] = Array(link.axes, add(*parts))
    return program.written_out(dots, _DOT)


class _Program:
    """An array cut at its reductions: ``links`` in order of computation, and ``root``, which is made of them."""

    def __init__(self, array: Array, context: Context, wrt: str) -> None:
        self.context, self.wrt = context, wrt
        cutter = _Cutter(wrt)
        self.root, self.links = Array(array.axes, cutter.cut(array.body)), cutter.links
        self.slots = tuple(free_index(f"g{k}", dim) for k, dim in enumerate(context.symbols[wrt]))
        named = {prefix + name: link.shape for name, link in self.links.items() for prefix in ("", _BAR, _DOT)}
        free = Facts(g for g in context.facts.given if g.symbol != wrt)
        symbols = {**context.symbols, **named}
        self._inner = replace(context, symbols=symbols, definitions={}, introduced=[], facts=free)

    def axes(self, name: str) -> tuple[Index, ...]:
        """The axes of a link, or of the variable."""
        return self.slots if name == self.wrt else self.links[name].axes

    def partial(self, array: Array, below: str) -> tuple[Prover, Node, tuple[Index, ...]]:
        """Who differentiates in ``below``, the derivative of an entry of the array, and the indices it is taken in."""
        fresh = tuple(free_index(f"{i.name}~{k}", i.dim) for k, i in enumerate(self.axes(below)))
        prover = Prover(self._inner, below, fresh, _width)
        return prover, prover.prove(array, "").result, fresh

    def written_out(self, arrays: Mapping[str, Array], prefix: str) -> Array:
        """The last of the arrays over the user's symbols; each may stand in those after it, with the prefix."""
        prover = Prover(replace(self._inner, facts=self.context.facts), self.wrt, self.slots, _width)
        settled: dict[str, Array] = {}
        for name, array in arrays.items():
            body = prover.simplified(_expanded(array.body, settled), array.axes)
            settled[prefix + name] = Array(array.axes, body)
        last = settled[prefix + name]
        return Array(last.axes, stabilised(_expanded(last.body, self.links), self.context))


def _width(node: Node, order: Sequence[Index]) -> tuple[int, int]:
    """What counts for code: the most axes of a sum that has to be held; sums put together may need one more."""
    widest = max((len(part.free) for part in walk(node) if isinstance(part, Add)), default=0)
    return widest, written_length(node, _LONG)


def _expanded(node: Node, arrays: Mapping[str, Array]) -> Node:
    """The node with every named array among ``arrays`` written out, to the bottom."""

    def unfold(current: Node) -> Node:
        if not isinstance(current, Entry) or current.name not in arrays:
            return current
        array = arrays[current.name]
        body = rename(array.body, dict(zip(array.axes, current.slots, strict=True)))
        return bottom_up(unfold, body) if body.names & arrays.keys() else body

    return bottom_up(unfold, node)


class _Cutter:
    """Names for the reductions and matrix functions that move with the variable, each defined by those before it."""

    def __init__(self, wrt: str) -> None:
        self.wrt = wrt
        self._link = Named(_LINK)
        self.links = self._link.arrays

    def cut(self, node: Node) -> Node:
        memo: dict[Node, Node] = {}

        def visit(current: Node) -> Generator[Node, Node, Node]:
            if self.wrt not in current.names:
                return current
            found = log_sum_exp(current)
            if found is not None:  # log Σ exp is one link: its derivative is a softmax
                indices, body = found
                body = yield body
                inner = total(indices, apply("exp", body))
                return self._link(apply("log", inner))
            rebuilt = yield from descend(current)
            if isinstance(rebuilt, MatFn):
                rebuilt = self._argument(rebuilt)
            linked = isinstance(rebuilt, Reduce | MatFn) or (isinstance(rebuilt, Add) and self._centred(rebuilt))
            return self._link(rebuilt) if linked else rebuilt

        return run(visit, node, memo)

    def _centred(self, node: Add) -> bool:
        """Whether an array has a sum of its own entries added to it, their mean taken away say: multiplied out, what is
        left of it would be a difference of large numbers."""
        for term in node.terms:
            links = [f for f in factors_in(term) if isinstance(f, Entry) and f.name in self.links]
            sums = [self.links[link.name].body for link in links]
            inner = [open_binder(body)[1] for body in sums if isinstance(body, Reduce) and body.op == "sum"]
            summed = {canonical(factor)[0].body for body in inner for factor in factors_in(body)}
            others = (split_coefficient(other)[1] for other in node.terms if other is not term)
            if any(canonical(other)[0].body in summed for other in others):
                return True
        return False

    def _argument(self, node: MatFn) -> Node:
        """A matrix function of a named array, so that its argument is computed once."""
        indices, body = open_binder(node)
        if isinstance(body, Entry):
            return node
        return matfn(node.fn, node.order, node.slots, indices, self._link(body))
