"""Gradients as programs. Owns: value and gradient of a scalar with every intermediate array computed once.

The formula is cut at its reductions into a chain of named arrays; each link is differentiated by the same prover and
rules as any derivation, and the chain is run backwards, so the gradient costs a small multiple of the value. The cuts
are formulas again: what comes out is one expression over the user's symbols. Never: a rule of calculus of its own.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from gradwright.core.build import ONE, ZERO, add, apply, entry, matfn, mul, open_binder, rename, total
from gradwright.core.context import Context, Facts
from gradwright.core.index import Index, free_index
from gradwright.core.node import Add, Array, Entry, MatFn, Node, Reduce, walk, written_length
from gradwright.core.walk import bottom_up, descend, run
from gradwright.emit.forms.canon import canonical
from gradwright.emit.forms.stable import log_sum_exp, stabilised
from gradwright.prove import Prover

_BAR, _LINK = "~bar", "~link"
_LONG = 10_000  # signs: longer is not told apart


def gradient(goal: Node, context: Context, wrt: str) -> Array:
    """∂goal/∂wrt of a scalar without definitions, as one stable expression whose common parts are shared."""
    cutter = _Cutter(wrt)
    root = cutter.cut(goal)
    links = cutter.links
    symbols = (
        dict(context.symbols) | {n: a.shape for n, a in links.items()} | {_BAR + n: a.shape for n, a in links.items()}
    )
    free = Facts(g for g in context.facts.given if g.symbol != wrt)
    inner = replace(context, symbols=symbols, definitions={}, introduced=[], facts=free)
    bars: dict[str, list[Node]] = {}
    shape = context.symbols[wrt]
    slots = tuple(free_index(f"g{k}", dim) for k, dim in enumerate(shape))
    for name, array in [("", Array((), root)), *reversed(links.items())]:
        if name and not bars.get(name):
            continue
        outer: Node = entry(_BAR + name, *array.axes) if name else ONE
        for below in sorted(array.body.names & (set(links) | {wrt})):
            at = slots if below == wrt else links[below].axes
            fresh = tuple(free_index(f"{i.name}~{k}", i.dim) for k, i in enumerate(at))
            prover = Prover(inner, below, fresh, _width)
            partial = prover.prove(array, "").result
            share = prover.simplified(total(array.axes, mul(outer, partial)), fresh)
            bars.setdefault(below, []).append(rename(share, dict(zip(fresh, at, strict=True))))
    settled: dict[str, Array] = {}
    prover = Prover(replace(inner, facts=context.facts), wrt, slots, _width)
    for name, array in [*reversed(links.items()), (wrt, Array(slots, ZERO))]:
        bar = add(*(_expanded(part, settled, _BAR) for part in bars.get(name, ())))
        bar = prover.simplified(bar, array.axes)
        settled[_BAR + name] = Array(array.axes, bar)
    result = _expanded(settled[_BAR + wrt].body, links, "")
    return Array(slots, stabilised(result, context))


def _width(node: Node, order: Sequence[Index]) -> tuple[int, int]:
    """What counts for code: the most axes of a sum that has to be held; sums put together may need one more."""
    widest = max((len(part.free) for part in walk(node) if isinstance(part, Add)), default=0)
    return widest, written_length(node, _LONG)


def _expanded(node: Node, arrays: dict[str, Array], prefix: str) -> Node:
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
        self.links: dict[str, Array] = {}
        self._named: dict[Node, str] = {}

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
            return self._link(rebuilt) if isinstance(rebuilt, Reduce | MatFn) else rebuilt

        return run(visit, node, memo)

    def _link(self, node: Node) -> Node:
        key, order = canonical(node)
        name = self._named.get(key.body)
        if name is None:
            name = self._named[key.body] = f"{_LINK}{len(self.links)}"
            self.links[name] = key
        return entry(name, *order)

    def _argument(self, node: MatFn) -> Node:
        """A matrix function of a named array, so that its argument is computed once."""
        indices, body = open_binder(node)
        if isinstance(body, Entry):
            return node
        return matfn(node.fn, node.order, node.slots, indices, self._link(body))
