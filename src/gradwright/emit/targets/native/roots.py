"""Norms in loops. Owns: plain roots in their place, whose NaN says that the module's NumPy form has to compute instead.

So the loops need no second pass over entries that are neither huge nor tiny. Never: prints.
"""

from __future__ import annotations

from dataclasses import replace

from gradwright.core.build import add, apply, const, entry, mul, power, total
from gradwright.core.node import Apply, Const, Mul, Node, Where, walk
from gradwright.core.walk import bottom_up
from gradwright.emit.forms.norms import HYPOT, ROOT
from gradwright.emit.plan.names import Names
from gradwright.emit.plan.products import stored
from gradwright.emit.plan.program import Fold, Let, Map, Norm, Product, Program


def rooted(plan: Program) -> Program:
    """The program with plain roots, NaN where squares may have overflowed or underflowed: what loops compute first.

    A norm that decides something, under a maximum or in a condition, stays: NaN decides nothing.
    """
    if not any(isinstance(let.operation, Norm) for let in plan.lets) and not any(map(_is_hypot, plan.nodes)):
        return plan
    names = Names(plan.context)
    names.taken |= {let.name for let in plan.lets}
    deciding = {n for let in plan.lets if _decides(let) for n in let.reads}
    for let in reversed(plan.lets):
        deciding |= let.reads if let.name in deciding else set()
    lets: list[Let] = []
    for let in plan.lets:
        lets += [let] if let.name in deciding else _plain_root(let, names)
    return replace(plan, lets=lets)


def _plain_root(let: Let, names: Names) -> list[Let]:
    """The statement with plain roots, after those for what is squared."""
    if isinstance(let.operation, Norm):
        norm = let.operation
        square = power(norm.source, const(2))
        squares = Let(names.fresh(None, total(norm.over, square)), let.axes, Product(norm.over, *(norm.source,) * 2))
        inner = add(mul(norm.scale, entry(squares.name, *let.axes)), norm.beside)
        return [squares, replace(let, operation=Map(apply(ROOT, inner)))]
    if not isinstance(let.operation, Map | Fold):
        return [let]
    inside, lets, by = let.operation.body, list[Let](), dict[Node, Node]()
    for part in {p: p for n in walk(inside) if _is_hypot(n) for p in n.children if _product(p)}:
        made = Let(names.fresh(None, part), stored(part, (*let.axes, *let.operation.over)), Map(part))
        lets.append(made)
        by[part] = entry(made.name, *made.axes)
    inside = bottom_up(lambda node: _plain(by.get(node, node)), inside)
    return [*lets, replace(let, operation=replace(let.operation, body=inside))]


def _plain(node: Node) -> Node:
    return apply(ROOT, add(*(power(part, const(2)) for part in node.children))) if _is_hypot(node) else node


def _is_hypot(node: Node) -> bool:
    return isinstance(node, Apply) and node.fn == HYPOT


def _product(node: Node) -> bool:
    """Whether squaring it would square factors that may be huge or tiny alone."""
    return isinstance(node, Mul) and sum(not isinstance(f, Const) for f in node.factors) > 1


def _decides(let: Let) -> bool:
    folded = isinstance(let.operation, Fold) and let.operation.op in ("max", "min")
    return folded or any(isinstance(n, Where) for n in let.nodes)
