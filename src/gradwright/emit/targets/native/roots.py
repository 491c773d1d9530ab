"""Norms in loops. Owns: plain roots in their place, whose NaN says that the module's NumPy form has to compute instead.

So the loops need no second pass over entries that are neither huge nor tiny. Never: prints.
"""

from __future__ import annotations

from dataclasses import replace

from gradwright.core.build import add, apply, const, entry, mul, open_binder, power, reduce, total
from gradwright.core.node import Apply, Const, MatFn, Mul, Node, Reduce, Where, walk
from gradwright.core.walk import bottom_up
from gradwright.emit.forms.norms import HYPOT, NORM, ROOT, is_root
from gradwright.emit.plan.lets import Let, Plan
from gradwright.emit.plan.names import Names
from gradwright.emit.plan.products import stored


def rooted(plan: Plan) -> Plan:
    """The plan with plain roots, NaN where squares may have overflowed or underflowed: what loops compute first.

    A norm that decides something, under a maximum or in a condition, stays: NaN decides nothing.
    """
    if not any(is_root(n) for let in plan.lets for n in walk(let.body)):
        return plan
    names = Names(plan.context)
    names.taken |= {let.name for let in plan.lets}
    deciding = {n for let in plan.lets if _decides(let.body) for n in let.body.names}
    for let in reversed(plan.lets):
        deciding |= plan.reads(let) if let.name in deciding else set()
    lets: list[Let] = []
    for let in plan.lets:
        body = let.body
        if let.name in deciding:
            lets.append(let)
        elif isinstance(body, MatFn) and body.fn == NORM:
            indices, inside = open_binder(body)
            square = total(indices, power(inside, const(2)))
            squares = Let(names.fresh(None, square), let.axes, square)
            scale, beside = body.given
            inner = add(mul(scale, entry(squares.name, *let.axes)), beside)
            lets += [squares, replace(let, body=apply(ROOT, inner))]
        else:
            indices, inside = open_binder(body) if isinstance(body, Reduce) else ((), body)
            for part in {p: p for n in walk(inside) if _is_hypot(n) for p in n.children if _product(p)}:
                made = Let(names.fresh(None, part), stored(part, (*let.axes, *indices)), part)
                lets.append(made)
                inside = _replaced(inside, part, entry(made.name, *made.axes))
            inside = bottom_up(_plain, inside)
            lets.append(replace(let, body=reduce(body.op, indices, inside) if isinstance(body, Reduce) else inside))
    return replace(plan, lets=lets)


def _replaced(body: Node, part: Node, by: Node) -> Node:
    return bottom_up(lambda node: by if node is part else node, body)


def _plain(node: Node) -> Node:
    return apply(ROOT, add(*(power(part, const(2)) for part in node.children))) if _is_hypot(node) else node


def _is_hypot(node: Node) -> bool:
    return isinstance(node, Apply) and node.fn == HYPOT


def _product(node: Node) -> bool:
    """Whether squaring it would square factors that may be huge or tiny alone."""
    return isinstance(node, Mul) and sum(not isinstance(f, Const) for f in node.factors) > 1


def _decides(body: Node) -> bool:
    return any(isinstance(n, Where) or (isinstance(n, Reduce) and n.op in ("max", "min")) for n in walk(body))


__all__ = ["rooted"]
